//! Indexing in NumPy's way: numbers, ranges, arrays of integers, and mixtures of them; reading and updating.

mod at;
mod parts;
mod read;
mod take;

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

pub use at::At;
pub use read::index;
pub use take::{take, take_along_axis};

use crate::array::{Array, IntoArray};
use crate::base::tuples::for_tuples;
use crate::prim::gather::GatherScatterMode;

/// One part of an index.
#[derive(Clone, Debug)]
pub enum Index {
    /// One place of an axis; a negative one counts from the end.
    At(i64),
    /// The places from `start` to `stop`, without it, in steps; negative ones count from the end, and those out of
    /// range are brought into it.
    Range {
        /// The first place.
        start: Option<i64>,
        /// The end.
        stop: Option<i64>,
        /// The distance between places; a negative one goes backwards.
        step: i64,
    },
    /// The places that an array of integers says, or where an array of truth values holds.
    Array(Array),
    /// A new axis of extent 1.
    NewAxis,
    /// As many whole axes as are left.
    Ellipsis,
}

/// A new axis of extent 1, in an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewAxis;

/// As many whole axes as are left, in an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ellipsis;

/// The places of a range in steps, in an index: `step(1..9, 2)`, `step(.., -1)`.
pub fn step(range: impl IntoRange, step: i64) -> Index {
    let (start, stop) = range.into_range();
    Index::Range { start, stop, step }
}

/// A Rust range as an index has it.
pub trait IntoRange {
    /// Start and end.
    fn into_range(self) -> (Option<i64>, Option<i64>);
}

/// An index: a number, a range, an array of integers, [`NewAxis`], [`Ellipsis`], or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an index",
    note = "indices are numbers, ranges, `step(range, n)`, arrays of integers, `NewAxis`, `Ellipsis`, and tuples of them"
)]
pub trait IntoIndex {
    /// The parts.
    fn into_index(self) -> Vec<Index>;
}

macro_rules! ranges {
    ($($ty:ty),*) => {
        $(
            impl IntoRange for Range<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (Some(self.start as i64), Some(self.end as i64))
                }
            }

            impl IntoRange for RangeFrom<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (Some(self.start as i64), None)
                }
            }

            impl IntoRange for RangeTo<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (None, Some(self.end as i64))
                }
            }

            impl IntoRange for RangeInclusive<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (Some(*self.start() as i64), after(*self.end() as i64))
                }
            }

            impl IntoRange for RangeToInclusive<$ty> {
                fn into_range(self) -> (Option<i64>, Option<i64>) {
                    (None, after(self.end as i64))
                }
            }

            impl IntoIndex for $ty {
                fn into_index(self) -> Vec<Index> {
                    vec![Index::At(self as i64)]
                }
            }
        )*

        ranges!(@ Range<i32> Range<usize> RangeFrom<i32> RangeFrom<usize> RangeTo<i32> RangeTo<usize>
            RangeInclusive<i32> RangeInclusive<usize> RangeToInclusive<i32> RangeToInclusive<usize> RangeFull);
    };
    (@ $($range:ty)*) => {
        $(impl IntoIndex for $range {
            fn into_index(self) -> Vec<Index> {
                vec![step(self, 1)]
            }
        })*
    };
}

ranges!(i32, usize);

/// The end of a range that includes its last place; behind -1 is the end of the axis.
fn after(last: i64) -> Option<i64> {
    if last == -1 { None } else { Some(last + 1) }
}

impl IntoRange for RangeFull {
    fn into_range(self) -> (Option<i64>, Option<i64>) {
        (None, None)
    }
}

macro_rules! single {
    ($($ty:ty => |$x:ident| $index:expr;)*) => {
        $(impl IntoIndex for $ty {
            fn into_index(self) -> Vec<Index> {
                let $x = self;
                vec![$index]
            }
        })*
    };
}

single! {
    Index => |x| x;
    NewAxis => |_x| Index::NewAxis;
    Ellipsis => |_x| Index::Ellipsis;
    Array => |x| Index::Array(x);
    &Array => |x| Index::Array(x.clone());
    &[i32] => |x| Index::Array(x.into_array());
    Vec<i32> => |x| Index::Array(x.into_array());
}

impl<const N: usize> IntoIndex for [i32; N] {
    fn into_index(self) -> Vec<Index> {
        vec![Index::Array(self.into_array())]
    }
}

impl IntoIndex for Vec<Index> {
    fn into_index(self) -> Vec<Index> {
        self
    }
}

macro_rules! tuples {
    ($(($($name:ident $number:tt),*);)*) => {
        $(impl<$($name: IntoIndex),*> IntoIndex for ($($name,)*) {
            fn into_index(self) -> Vec<Index> {
                [$(self.$number.into_index()),*].concat()
            }
        })*
    };
}

for_tuples!(tuples);

impl Array {
    /// What is at an index: a number, a range, an array of integers, [`NewAxis`], [`Ellipsis`], or a tuple of them.
    ///
    /// Negative numbers count from the end. Places that are known while tracing must lie within the array; others
    /// are brought into it.
    ///
    /// # Panics
    /// If there are more indices than axes, or one that is known is out of bounds.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// use jax_core::lax::index::{NewAxis, step};
    /// let x = [[1, 2, 3], [4, 5, 6]].into_array();
    /// assert_eq!(x.index(-1).to_string(), "[4 5 6]");
    /// assert_eq!(x.index((.., 1..)).to_string(), "[[2 3]\n [5 6]]");
    /// assert_eq!(x.index((0, step(.., -1))).to_string(), "[3 2 1]");
    /// assert_eq!(x.index(([1, 0], [2, 0])).to_string(), "[6 1]");
    /// assert_eq!(x.index((NewAxis, 0)).shape(), [1, 3]);
    /// ```
    #[track_caller]
    pub fn index(&self, index: impl IntoIndex) -> Array {
        self::index(self, index)
    }

    /// The place at an index, to be updated: `x.at(0).set(1.0)`, `x.at(&i).add(y)`. The array itself stays as it is.
    /// Places out of the array that are known only when the function runs are not updated.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [[1, 2], [3, 4]].into_array();
    /// assert_eq!(x.at((.., 0)).set([8, 9]).to_string(), "[[8 2]\n [9 4]]");
    /// ```
    pub fn at(&self, index: impl IntoIndex) -> At {
        At::new(self, index)
    }

    /// The slices along an axis at these places, in the places' shape. Negative places count from the end; places out
    /// of the array give NaN, or the least signed and greatest unsigned integers.
    ///
    /// # Panics
    /// If the places are not integers, or the axis is out of bounds.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [[1, 2, 3], [4, 5, 6]].into_array();
    /// assert_eq!(x.take([2, 0], 1).to_string(), "[[3 1]\n [6 4]]");
    /// ```
    #[track_caller]
    pub fn take(&self, places: impl IntoArray, axis: impl Into<Option<i32>>) -> Array {
        take(self, &places.into_array(), axis.into(), GatherScatterMode::FillOrDrop)
    }
}
