//! Pooled memory: 64-byte aligned buffers in size classes, recycled when they are dropped: small ones within their
//! thread, without a lock, large ones through the pool.
//!
//! Which buffer lives where in a program is `schedule::place`'s business, not this module's.

pub mod stack;

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jax_core::base::error::{Error, ErrorKind, Result};
use jax_core::machine::{Device, Memory};

/// The alignment of every buffer: a cache line, and enough for the widest vectors.
pub const ALIGN: usize = 64;

/// Sizes grow by quarters of a power of two, so that at most a fifth of a buffer is waste.
const CLASSES: usize = 4 * 48;

/// How many classes are small: up to 4096 bytes. Such buffers come and go with every call.
const SMALL: usize = 20;

/// How many small blocks of one class a thread keeps.
const KEPT: usize = 32;

thread_local! {
    /// The small blocks that this thread keeps, by class.
    static KEEP: RefCell<[Vec<Block>; SMALL]> = const { RefCell::new([const { Vec::new() }; SMALL]) };
}

/// A thread-safe pool of buffers.
pub struct Pool {
    shelves: Mutex<Shelves>,
}

struct Shelves {
    free: Vec<Vec<Block>>,
    held: usize,
    budget: usize,
}

/// One allocation of the size of its class.
struct Block {
    start: NonNull<u8>,
    class: usize,
}

// SAFETY: a block owns its allocation exclusively; the pointer is not tied to a thread.
unsafe impl Send for Block {}
// SAFETY: a shared block gives no access to its bytes; `Buffer` hands them out by the rules of references.
unsafe impl Sync for Block {}

impl Block {
    fn layout(class: usize) -> Option<Layout> {
        Layout::from_size_align(class_bytes(class), ALIGN).ok()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(layout) = Block::layout(self.class) {
            // SAFETY: `start` came from `alloc_zeroed` with this very layout and nobody else frees it.
            unsafe { dealloc(self.start.as_ptr(), layout) }
        }
    }
}

/// The smallest class that holds this many bytes.
fn class_of(bytes: usize) -> usize {
    let units = bytes.div_ceil(ALIGN).max(1);
    if units <= 4 {
        return units - 1;
    }
    let top = (units - 1).ilog2() as usize;
    4 * (top - 1) + (((units - 1) >> (top - 2)) & 3)
}

/// The size of a class.
fn class_bytes(class: usize) -> usize {
    if class < 4 {
        return ALIGN * (class + 1);
    }
    let (top, quarter) = (class / 4 + 1, class % 4);
    ALIGN * (((4 + quarter) << (top - 2)) + (1 << (top - 2)))
}

impl Pool {
    /// An empty pool that keeps at most this many bytes for reuse.
    pub fn new(budget: usize) -> Arc<Pool> {
        let shelves = Shelves { free: (0..CLASSES).map(|_| Vec::new()).collect(), held: 0, budget };
        Arc::new(Pool { shelves: Mutex::new(shelves) })
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A buffer of this many bytes: recycled, its contents what they were, or zeroed by the system.
    pub fn buffer(self: &Arc<Pool>, bytes: usize) -> Result<Buffer> {
        let class = class_of(bytes);
        let too_large =
            || Error::new(ErrorKind::Runtime, "allocate", format!("out of memory allocating {bytes} bytes"));
        if class >= CLASSES {
            return Err(too_large());
        }
        let small = class < SMALL;
        let recycled = if small {
            KEEP.try_with(|keep| keep.borrow_mut()[class].pop()).ok().flatten()
        } else {
            let mut shelves = self.shelves();
            let block = shelves.free[class].pop();
            if block.is_some() {
                shelves.held -= class_bytes(class);
            }
            block
        };
        let block = match recycled {
            Some(block) => block,
            None => {
                let layout = Block::layout(class).ok_or_else(too_large)?;
                // SAFETY: the layout's size is at least `ALIGN`, never zero.
                let start = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or_else(too_large)?;
                Block { start, class }
            }
        };
        let pool = (!small).then(|| self.clone());
        Ok(Buffer { block: Some(block), bytes, pool })
    }

    /// Bytes that wait for reuse.
    pub fn held(&self) -> usize {
        self.shelves().held
    }

    /// Frees everything that waits for reuse.
    pub fn trim(&self) {
        let mut shelves = self.shelves();
        shelves.free.iter_mut().for_each(Vec::clear);
        shelves.held = 0;
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("held", &self.held()).finish()
    }
}

/// A buffer of a [`Pool`], given back when it is dropped: a small one to the thread that drops it.
pub struct Buffer {
    block: Option<Block>,
    bytes: usize,
    /// Where a large one goes.
    pool: Option<Arc<Pool>>,
}

impl Buffer {
    /// The first byte.
    pub fn as_ptr(&self) -> *mut u8 {
        self.block.as_ref().map_or(std::ptr::dangling_mut(), |block| block.start.as_ptr())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let Some(block) = self.block.take() else { return };
        let Some(pool) = &self.pool else {
            // Blocks over the number, and those of a thread that ends, are freed.
            let _ = KEEP.try_with(|keep| {
                let mut keep = keep.borrow_mut();
                let kept = &mut keep[block.class];
                if kept.len() < KEPT {
                    kept.push(block);
                }
            });
            return;
        };
        let size = class_bytes(block.class);
        let mut shelves = pool.shelves();
        if shelves.held + size <= shelves.budget {
            shelves.held += size;
            let class = block.class;
            shelves.free[class].push(block);
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("bytes", &self.bytes).finish()
    }
}

impl Memory for Buffer {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the block holds `bytes` initialized bytes (zeroed by the system or written since), and a shared
        // borrow of the buffer excludes writers.
        unsafe { std::slice::from_raw_parts(self.as_ptr(), self.bytes) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; the unique borrow excludes every other access.
        unsafe { std::slice::from_raw_parts_mut(self.as_ptr(), self.bytes) }
    }

    fn device(&self) -> Device {
        Device { platform: "cpu", id: 0 }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_they_are_asked_for() {
        for bytes in (0..5000).chain([1 << 20, (1 << 20) + 1, 40_000_000, (1 << 40) - 1]) {
            let class = class_of(bytes);
            assert!(class_bytes(class) >= bytes, "{bytes} in class {class}");
            assert!(class == 0 || class_bytes(class - 1) < bytes, "{bytes} fits a smaller class than {class}");
        }
    }

    #[test]
    fn buffers_are_aligned_recycled_and_trimmed() {
        let pool = Pool::new(1 << 16);
        let first = pool.buffer(10_000).expect("memory");
        let place = first.as_ptr();
        assert_eq!(place as usize % ALIGN, 0);
        drop(first);
        assert_eq!(pool.held(), 10_240);
        assert_eq!(pool.buffer(9990).expect("memory").as_ptr(), place);
        drop(pool.buffer(1 << 20).expect("memory"));
        assert_eq!(pool.held(), 10_240, "a buffer over the budget is not kept");
        pool.trim();
        assert_eq!(pool.held(), 0);
        assert!(pool.buffer(usize::MAX / 2).is_err());
    }

    #[test]
    fn small_buffers_stay_with_their_thread() {
        assert_eq!((class_bytes(SMALL - 1), class_of(4096)), (4096, SMALL - 1));
        let pool = Pool::new(1 << 16);
        let first = pool.buffer(1000).expect("memory");
        let place = first.as_ptr();
        assert_eq!(place as usize % ALIGN, 0);
        drop(first);
        assert_eq!(pool.held(), 0);
        let again = pool.buffer(990).expect("memory");
        assert_eq!(again.as_ptr(), place);
        // Dropped by another thread it goes there, and is freed when that thread ends.
        std::thread::spawn(move || drop(again)).join().expect("the thread");
        let many: Vec<Buffer> = (0..3 * KEPT).map(|_| pool.buffer(64).expect("memory")).collect();
        drop(many);
        assert_eq!(KEEP.with_borrow(|keep| keep[0].len()), KEPT);
    }
}
