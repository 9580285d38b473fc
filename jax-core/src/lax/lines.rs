//! Methods of [`Array`] that go along an axis: cumulating, sorting, iterating; and sums of iterators of arrays.

use std::iter::{Product, Sum};

use super::axes::axis_of;
use super::operators;
use crate::array::fail::raise;
use crate::array::{Array, IntoArray};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error};
use crate::prim::convert::convert_element_type;
use crate::prim::{cumulative, iota, sort};

impl Array {
    /// The array and the axis that it is cumulated along; truth values count.
    #[track_caller]
    fn line(&self, op: &'static str, axis: Option<i32>) -> (Array, usize) {
        let x = if self.dtype() == DType::Bool { convert_element_type(self, DType::I32, false) } else { self.clone() };
        match axis {
            Some(axis) => {
                let axis = axis_of(op, axis as i64, x.ndim());
                (x, axis)
            }
            None => (x.ravel(), 0),
        }
    }

    /// The sums of the elements up to each along an axis, or in row-major order: `None`.
    ///
    /// # Panics
    /// If the axis is out of bounds.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [[1, 2], [3, 4]].into_array();
    /// assert_eq!(x.cumsum(0).to_string(), "[[1 2]\n [4 6]]");
    /// assert_eq!(x.cumsum(None).to_string(), "[ 1  3  6 10]");
    /// ```
    #[track_caller]
    pub fn cumsum(&self, axis: impl Into<Option<i32>>) -> Array {
        let (x, axis) = self.line("cumsum", axis.into());
        cumulative::cumsum(&x, axis, false)
    }

    /// The products of the elements up to each along an axis, or in row-major order: `None`.
    ///
    /// # Panics
    /// If the axis is out of bounds.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// assert_eq!([1, 2, 3].into_array().cumprod(0).to_string(), "[1 2 6]");
    /// ```
    #[track_caller]
    pub fn cumprod(&self, axis: impl Into<Option<i32>>) -> Array {
        let (x, axis) = self.line("cumprod", axis.into());
        cumulative::cumprod(&x, axis, false)
    }

    /// The elements in increasing order along an axis; NaN last.
    ///
    /// # Panics
    /// If the axis is out of bounds.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// assert_eq!([3, 1, 2].into_array().sort(-1).to_string(), "[1 2 3]");
    /// ```
    #[track_caller]
    pub fn sort(&self, axis: i32) -> Array {
        let axis = axis_of("sort", axis as i64, self.ndim());
        sort::sort(&[self], axis, true, 1).swap_remove(0)
    }

    /// The positions of the elements in increasing order along an axis; equal ones keep their order.
    ///
    /// # Panics
    /// If the axis is out of bounds.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// assert_eq!([3, 1, 2].into_array().argsort(-1).to_string(), "[1 2 0]");
    /// ```
    #[track_caller]
    pub fn argsort(&self, axis: i32) -> Array {
        let axis = axis_of("argsort", axis as i64, self.ndim());
        let positions = iota::iota(DType::I32, self.shape(), axis);
        sort::sort(&[self, &positions], axis, true, 1).swap_remove(1)
    }

    /// The slices along the first axis, one after the other.
    ///
    /// # Panics
    /// If there is no axis.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [[1, 2], [3, 4]].into_array();
    /// assert_eq!(x.iter().map(|row| row.sum(None).item_i64()).collect::<Vec<_>>(), [3, 7]);
    /// ```
    #[track_caller]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Array> + '_ {
        let Some(&count) = self.shape().first() else {
            raise(Error::new(ErrorKind::Shape, "iter", "iteration over a 0-d array"));
        };
        (0..count).map(move |place| self.index(place as i32))
    }
}

/// Declares that arrays, and references to them, of an iterator are put together by an operator.
macro_rules! folds {
    ($($trait:ident $method:ident $function:ident $empty:literal;)*) => {
        $(
            /// Of no array it is the number that changes nothing.
            impl $trait for Array {
                fn $method<I: Iterator<Item = Array>>(arrays: I) -> Array {
                    arrays.reduce(|x, y| operators::$function(&x, &y)).unwrap_or_else(|| $empty.into_array())
                }
            }

            /// Of no array it is the number that changes nothing.
            impl<'a> $trait<&'a Array> for Array {
                fn $method<I: Iterator<Item = &'a Array>>(arrays: I) -> Array {
                    arrays.cloned().$method()
                }
            }
        )*
    };
}

folds! {
    Sum sum add 0;
    Product product mul 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterators_of_arrays_sum() {
        let x = [[1, 2], [3, 4]].into_array();
        assert_eq!(x.iter().sum::<Array>().to_string(), "[4 6]");
        assert_eq!(x.iter().product::<Array>().to_string(), "[3 8]");
        let rows: Vec<Array> = x.iter().collect();
        assert_eq!(rows.iter().sum::<Array>().to_string(), "[4 6]");
        assert_eq!(Vec::<Array>::new().iter().sum::<Array>().to_string(), "0");
    }
}
