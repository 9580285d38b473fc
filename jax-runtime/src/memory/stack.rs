//! Stacks: what loops push, in memory that grows while a program runs.
//!
//! A run's stacks belong to a [`Region`]. What is made in a turn of a loop and does not leave it goes with the turn;
//! the rest goes with the region, which stacks among a program's results keep.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use jax_core::machine::{Device, Memory, Storage};

use super::{Buffer, Pool};

/// Bytes that a stack takes at first.
const FIRST: usize = 256;

/// A stack as compiled code sees it: a handle is a pointer to one, or null for the stack without records.
#[repr(C)]
#[derive(Debug)]
pub struct Stack {
    /// The first record.
    data: *mut u8,
    /// Number of records.
    len: usize,
    /// Records that fit.
    capacity: usize,
    /// Bytes of a record.
    record: usize,
    /// What `data` leads to.
    buffer: Buffer,
}

/// Where compiled code finds the parts of a stack, in bytes.
pub mod layout {
    use super::Stack;

    /// The first record.
    pub const DATA: i32 = std::mem::offset_of!(Stack, data) as i32;
    /// Number of records.
    pub const LEN: i32 = std::mem::offset_of!(Stack, len) as i32;
    /// Records that fit.
    pub const CAPACITY: i32 = std::mem::offset_of!(Stack, capacity) as i32;
}

impl Stack {
    fn records(&self) -> usize {
        self.len
    }

    /// Makes room for so many records, the present ones staying.
    fn reserve(&mut self, pool: &Arc<Pool>, records: usize) {
        if records <= self.capacity {
            return;
        }
        let bytes = records.checked_mul(self.record).and_then(usize::checked_next_power_of_two).unwrap_or(usize::MAX);
        let mut buffer = allocate(pool, bytes.max(FIRST));
        let used = self.len * self.record;
        buffer.bytes_mut()[..used].copy_from_slice(&self.buffer.bytes()[..used]);
        self.data = buffer.as_ptr();
        self.capacity = buffer.bytes().len() / self.record;
        self.buffer = buffer;
    }
}

/// Memory, or the end of the process: compiled code has no way to go on without it.
fn allocate(pool: &Arc<Pool>, bytes: usize) -> Buffer {
    match pool.buffer(bytes) {
        Ok(buffer) => buffer,
        Err(_) => {
            let layout = std::alloc::Layout::from_size_align(bytes.min(isize::MAX as usize / 2), 1);
            std::alloc::handle_alloc_error(layout.unwrap_or(std::alloc::Layout::new::<u8>()))
        }
    }
}

/// The stacks that a run, or one thread of it, has made.
#[derive(Debug)]
pub struct Region {
    pool: Arc<Pool>,
    /// Boxed, since handles point at them.
    #[expect(clippy::vec_box, reason = "handles point at the stacks")]
    stacks: Vec<Box<Stack>>,
    /// The regions of threads that made stacks which outlive their part of a loop.
    inner: Mutex<Vec<Region>>,
}

// SAFETY: the pointers in stacks lead to buffers that the stacks own; a region is changed by one thread at a time, and
// stacks that leave it are only read.
unsafe impl Send for Region {}
// SAFETY: as above; a shared region gives no access to its stacks.
unsafe impl Sync for Region {}

impl Region {
    /// A region without stacks.
    pub fn new(pool: &Arc<Pool>) -> Region {
        Region { pool: pool.clone(), stacks: Vec::new(), inner: Mutex::new(Vec::new()) }
    }

    /// A new stack with room for so many records.
    pub fn stack(&mut self, record: usize, records: usize) -> &mut Stack {
        let buffer = allocate(&self.pool, if record == 0 { 0 } else { FIRST });
        // Records without bytes are only counted.
        let capacity = buffer.bytes().len().checked_div(record).unwrap_or(usize::MAX);
        let mut stack = Box::new(Stack { data: buffer.as_ptr(), len: 0, capacity, record, buffer });
        stack.reserve(&self.pool, records);
        self.stacks.push(stack);
        let last = self.stacks.len() - 1;
        &mut self.stacks[last]
    }

    /// How many stacks there are, for [`Region::release`].
    pub fn mark(&self) -> usize {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.stacks.len() << 32 | inner
    }

    /// Frees the stacks made since there were so many.
    pub fn release(&mut self, mark: usize) {
        self.stacks.truncate(mark >> 32);
        self.inner.get_mut().unwrap_or_else(PoisonError::into_inner).truncate(mark & u32::MAX as usize);
    }

    /// A region of the same pool for another thread.
    pub fn open(&self) -> Region {
        Region::new(&self.pool)
    }

    /// Takes over what another thread made.
    pub fn keep(&self, region: Region) {
        let inner = region.inner.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if !region.stacks.is_empty() || !inner {
            self.inner.lock().unwrap_or_else(PoisonError::into_inner).push(region);
        }
    }
}

/// A new stack, as compiled code asks for one: with `records` records, which compiled code then writes.
///
/// # Safety
/// `region` leads to a region that nobody else uses meanwhile.
pub unsafe extern "C" fn make(region: *mut Region, record: i64, records: i64) -> *mut Stack {
    // SAFETY: the caller's promise.
    let region = unsafe { &mut *region };
    let stack = region.stack(record as usize, records as usize);
    stack.len = records as usize;
    stack
}

/// Makes room for one more record.
///
/// # Safety
/// `region` leads to a region that nobody else uses meanwhile, and `stack` to a stack of it.
pub unsafe extern "C" fn grow(region: *mut Region, stack: *mut Stack) {
    // SAFETY: the caller's promise; the stack is boxed, apart from what `region` borrows.
    let (region, stack) = unsafe { (&*region, &mut *stack) };
    stack.reserve(&region.pool, stack.len + 1);
}

/// The first of `records` records of this size: those of the stack, or a copy of them with zeros where the stack has
/// none, or has others.
///
/// # Safety
/// `region` leads to a region that nobody else uses meanwhile; `stack` is null or leads to a stack that nobody changes.
pub unsafe extern "C" fn read(region: *mut Region, stack: *const Stack, record: i64, records: i64) -> *const u8 {
    let (record, records) = (record as usize, records as usize);
    // SAFETY: the caller's promise.
    let (region, stack) = unsafe { (&mut *region, stack.as_ref()) };
    let found = stack.filter(|stack| stack.record == record);
    if let Some(stack) = found.filter(|stack| stack.records() >= records) {
        return stack.data;
    }
    let copy = region.stack(record, records);
    copy.len = records;
    let used = found.map_or(0, |stack| stack.len * record);
    let all = &mut copy.buffer.bytes_mut()[..records * record];
    all[used..].fill(0);
    if let Some(stack) = found {
        all[..used].copy_from_slice(&stack.buffer.bytes()[..used]);
    }
    copy.data
}

/// How many stacks there are.
///
/// # Safety
/// `region` leads to a region that nobody changes meanwhile.
pub unsafe extern "C" fn mark(region: *const Region) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { &*region }.mark() as i64
}

/// Frees the stacks made since there were `mark`.
///
/// # Safety
/// `region` leads to a region that nobody else uses meanwhile; no handle to those stacks is used any more.
pub unsafe extern "C" fn release(region: *mut Region, mark: i64) {
    // SAFETY: the caller's promise.
    unsafe { &mut *region }.release(mark as usize);
}

/// A region for a thread.
///
/// # Safety
/// `region` leads to a region that lives until `close`, and whose stacks nobody changes meanwhile.
pub unsafe extern "C" fn open(region: *const Region) -> *mut Region {
    // SAFETY: the caller's promise.
    Box::into_raw(Box::new(unsafe { &*region }.open()))
}

/// Gives what a thread made to the region that its own was opened from.
///
/// # Safety
/// `own` came from `open` of `region` and is not used any more.
pub unsafe extern "C" fn close(region: *const Region, own: *mut Region) {
    // SAFETY: the caller's promise; the box is made again once.
    let (region, own) = unsafe { (&*region, *Box::from_raw(own)) };
    region.keep(own);
}

/// Handles among the results of a program, with the regions of the stacks that they may lead to. Nobody but compiled
/// code writes handles.
#[derive(Debug)]
pub struct Handles {
    memory: Storage,
    regions: Vec<Arc<Region>>,
}

impl Handles {
    /// Handles and all regions that they may lead into.
    pub fn new(memory: Storage, regions: Vec<Arc<Region>>) -> Handles {
        Handles { memory, regions }
    }

    /// The regions that the handles may lead into.
    pub fn regions(&self) -> &[Arc<Region>] {
        &self.regions
    }
}

impl Memory for Handles {
    fn bytes(&self) -> &[u8] {
        self.memory.bytes()
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut []
    }

    fn device(&self) -> Device {
        self.memory.device()
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
    fn stacks_grow_read_and_go() {
        let pool = Pool::new(1 << 24);
        let mut region = Region::new(&pool);
        let region = &raw mut region;
        // SAFETY: the region is this test's own; records are written within `len`.
        unsafe {
            let stack = make(region, 8, 0);
            for number in 0..10_000u64 {
                if (*stack).len == (*stack).capacity {
                    grow(region, stack);
                }
                (*stack).data.cast::<u64>().add((*stack).len).write(number);
                (*stack).len += 1;
            }
            let read_at = |records: i64, at: usize| read(region, stack, 8, records).cast::<u64>().add(at).read();
            assert_eq!((read_at(10_000, 0), read_at(10_000, 9_999)), (0, 9_999));
            assert_eq!((*stack).records(), 10_000);
            // Records that are not there, or of another size, are zeros.
            assert_eq!((read_at(10_001, 9_999), read_at(10_001, 10_000)), (9_999, 0));
            assert_eq!(read(region, stack, 4, 3).cast::<u32>().add(2).read(), 0);
            assert_eq!(read(region, std::ptr::null(), 8, 1).cast::<u64>().read(), 0);
            assert_eq!(mark(region), 5 << 32);
            release(region, 1 << 32);
            assert_eq!(mark(region), 1 << 32);
            let own = open(region);
            make(own, 8, 1);
            close(region, own);
            assert_eq!(mark(region), 1 << 32 | 1);
            let held = pool.held();
            release(region, 0);
            assert!(pool.held() >= held + 80_000, "the records go back to the pool");
        }
    }

    #[test]
    fn records_without_bytes_are_counted() {
        let pool = Pool::new(1 << 16);
        let mut region = Region::new(&pool);
        let stack = region.stack(0, 1 << 40);
        stack.len = 1 << 40;
        assert_eq!((stack.records(), stack.capacity), (1 << 40, usize::MAX));
    }
}
