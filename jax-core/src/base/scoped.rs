//! Thread-local values that hold for the time of a call.

use std::cell::Cell;
use std::thread::LocalKey;

/// Runs `f` while the cell has this value; what it had before is set back when `f` ends, also by a panic.
pub fn scoped<T: 'static, R>(cell: &'static LocalKey<Cell<T>>, value: T, f: impl FnOnce() -> R) -> R {
    struct Restore<T: 'static>(&'static LocalKey<Cell<T>>, Option<T>);
    impl<T> Drop for Restore<T> {
        fn drop(&mut self) {
            if let Some(before) = self.1.take() {
                self.0.set(before);
            }
        }
    }
    let _restore = Restore(cell, Some(cell.replace(value)));
    f()
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        static CELL: Cell<i32> = const { Cell::new(1) };
    }

    #[test]
    fn the_value_before_comes_back_after_results_and_panics() {
        assert_eq!(scoped(&CELL, 2, || scoped(&CELL, 3, || CELL.get()) + CELL.get()), 5);
        assert_eq!(CELL.get(), 1);
        let ended = std::panic::catch_unwind(|| scoped(&CELL, 2, || std::panic::resume_unwind(Box::new(()))));
        assert!(ended.is_err());
        assert_eq!(CELL.get(), 1);
    }
}
