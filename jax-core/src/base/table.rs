//! A hash table that only grows: readers take no lock and write to no shared memory, so that calls on many threads
//! do not slow each other down.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::Result;

/// Values found by a hash and a test, in `N` chains.
pub struct Table<T, const N: usize> {
    chains: [OnceLock<Box<Node<T>>>; N],
    len: AtomicUsize,
    making: Mutex<()>,
}

struct Node<T> {
    hash: u64,
    /// How many values were there before.
    order: usize,
    value: T,
    next: OnceLock<Box<Node<T>>>,
}

impl<T, const N: usize> Table<T, N> {
    /// An empty table.
    pub const fn new() -> Table<T, N> {
        Table { chains: [const { OnceLock::new() }; N], len: AtomicUsize::new(0), making: Mutex::new(()) }
    }

    /// The value of this hash that fits.
    pub fn find(&self, hash: u64, fits: impl Fn(&T) -> bool) -> Option<&T> {
        let mut link = &self.chains[hash as usize % N];
        while let Some(node) = link.get() {
            if node.hash == hash && fits(&node.value) {
                return Some(&node.value);
            }
            link = &node.next;
        }
        None
    }

    /// The value of this hash that fits, made if there is none. Threads that ask for it at the same time make it once.
    ///
    /// # Errors
    /// What `make` gives; the table is as before then.
    pub fn find_or_make(&self, hash: u64, fits: impl Fn(&T) -> bool, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        if let Some(value) = self.find(hash, &fits) {
            return Ok(value);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = self.find(hash, &fits) {
            return Ok(value);
        }
        let value = make()?;
        let order = self.len.fetch_add(1, Ordering::Relaxed);
        let mut node = Box::new(Node { hash, order, value, next: OnceLock::new() });
        let mut link = &self.chains[hash as usize % N];
        // Only the holder of the lock appends, so an empty link found at the end of the chain stays empty.
        loop {
            match link.set(node) {
                Ok(()) => break,
                Err(back) => node = back,
            }
            match link.get() {
                Some(taken) => link = &taken.next,
                None => crate::bug!("a link of a table is neither empty nor taken"),
            }
        }
        match link.get() {
            Some(node) => Ok(&node.value),
            None => crate::bug!("a value that was put into a table is not there"),
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values in the order in which they were made.
    pub fn in_order(&self) -> Vec<&T> {
        let mut nodes = Vec::with_capacity(self.len());
        for chain in &self.chains {
            let mut link = chain;
            while let Some(node) = link.get() {
                nodes.push(node);
                link = &node.next;
            }
        }
        nodes.sort_by_key(|node| node.order);
        nodes.into_iter().map(|node| &node.value).collect()
    }
}

impl<T, const N: usize> Default for Table<T, N> {
    fn default() -> Table<T, N> {
        Table::new()
    }
}

impl<T: fmt::Debug, const N: usize> fmt::Debug for Table<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.in_order()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;
    use crate::base::Error;
    use crate::base::error::ErrorKind;

    #[test]
    fn values_are_found_in_their_chains_and_listed_in_order() {
        let table: Table<u64, 4> = Table::new();
        for value in 0..100u64 {
            // Eight hashes for a hundred values: the test decides within one hash.
            let made = table.find_or_make(value % 8, |&found| found == value, || Ok(value)).expect("made");
            assert_eq!(*made, value);
        }
        assert_eq!(table.len(), 100);
        assert_eq!(table.in_order().into_iter().copied().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        assert_eq!(table.find(3, |&found| found == 11), Some(&11));
        assert_eq!(table.find(3, |&found| found == 12), None);
    }

    #[test]
    fn a_failure_leaves_the_table_as_it_was() {
        let table: Table<u64, 4> = Table::new();
        let fail = || Err(Error::new(ErrorKind::Runtime, "make", "no"));
        assert!(table.find_or_make(1, |_| true, fail).is_err());
        assert!(table.is_empty());
        assert!(table.find_or_make(1, |_| true, || Ok(1)).is_ok());
    }

    #[test]
    fn threads_make_a_value_once() {
        let table: Table<usize, 4> = Table::new();
        let (made, barrier) = (AtomicUsize::new(0), Barrier::new(8));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    for key in 0..50 {
                        let make = || {
                            made.fetch_add(1, Ordering::Relaxed);
                            Ok(key)
                        };
                        assert_eq!(table.find_or_make(key as u64, |&v| v == key, make).ok(), Some(&key));
                    }
                });
            }
        });
        assert_eq!((made.into_inner(), table.len()), (50, 50));
    }
}
