//! What a leaf may be: arrays, Rust scalars, and values that are part of the structure.

use super::{Arg, Flat, Leaves, PyTree, Ret, Reusable};
use crate::array::fail::raise;
use crate::array::{Array, IntoArray};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Scalar};
use crate::prim::convert::convert_element_type;

impl Reusable for Array {}

impl PyTree for Array {
    fn flatten(self, flat: &mut Flat) {
        flat.leaf(self);
    }

    fn unflatten(leaves: &mut Leaves<'_>) -> Array {
        leaves.leaf()
    }
}

/// Implements `Arg` and `Ret` for trees.
#[doc(hidden)]
#[macro_export]
macro_rules! tree_argument {
    ($([$($generics:tt)*] $ty:ty;)*) => {
        $(
            impl<$($generics)*> $crate::tree::Arg for $ty {
                type Staged = $ty;
                type Grad = $ty;

                fn flatten(self, flat: &mut $crate::tree::Flat) {
                    <$ty as $crate::tree::PyTree>::flatten(self, flat);
                }

                fn stage(leaves: &mut $crate::tree::Leaves<'_>) -> $ty {
                    <$ty as $crate::tree::PyTree>::unflatten(leaves)
                }

                fn rebuild(leaves: &mut $crate::tree::Leaves<'_>) -> $ty {
                    <$ty as $crate::tree::PyTree>::unflatten(leaves)
                }
            }

            impl<$($generics)*> $crate::tree::Ret for $ty {
                type Staged = $ty;

                fn flatten(staged: $ty, flat: &mut $crate::tree::Flat) {
                    <$ty as $crate::tree::PyTree>::flatten(staged, flat);
                }

                fn flatten_self(self, flat: &mut $crate::tree::Flat) {
                    <$ty as $crate::tree::PyTree>::flatten(self, flat);
                }

                fn rebuild(leaves: &mut $crate::tree::Leaves<'_>) -> $ty {
                    <$ty as $crate::tree::PyTree>::unflatten(leaves)
                }
            }
        )*
    };
}

tree_argument! { [] Array; }

/// Not of keys, and trees that hold some: what is lent can be used again.
impl<T: PyTree + Clone + Reusable> Arg for &T {
    type Staged = T;
    type Grad = T;

    fn flatten(self, flat: &mut Flat) {
        PyTree::flatten(self.clone(), flat);
    }

    fn stage(leaves: &mut Leaves<'_>) -> T {
        PyTree::unflatten(leaves)
    }

    fn rebuild(_: &mut Leaves<'_>) -> Self {
        raise(Error::new(
            ErrorKind::Transform,
            "transform",
            "a function that takes a reference cannot be transformed: take the array by value",
        ))
    }
}

macro_rules! scalar_arguments {
    ($($ty:ty => $dtype:ident $make:ident $via:ty;)*) => {
        $(
            impl Arg for $ty {
                type Staged = Array;
                type Grad = $ty;

                fn flatten(self, flat: &mut Flat) {
                    flat.leaf(Array::weak_scalar(Scalar::$make(DType::$dtype, self as $via)));
                }

                fn flatten_operand(self, flat: &mut Flat) {
                    flat.leaf(self.into_array());
                }

                fn stage(leaves: &mut Leaves<'_>) -> Array {
                    leaves.leaf()
                }

                fn rebuild(leaves: &mut Leaves<'_>) -> $ty {
                    leaves.scalar()
                }
            }

            impl Ret for $ty {
                type Staged = Array;
                const IS_SCALAR: bool = true;

                fn flatten(staged: Array, flat: &mut Flat) {
                    let staged = scalar_result(staged, DType::$dtype, stringify!($ty));
                    flat.leaf(staged);
                }

                fn flatten_self(self, flat: &mut Flat) {
                    Arg::flatten(self, flat);
                }

                fn rebuild(leaves: &mut Leaves<'_>) -> $ty {
                    leaves.scalar()
                }
            }
        )*
    };
}

scalar_arguments! {
    f32 => F32 from_f64 f64;
    f64 => F64 from_f64 f64;
    i32 => I32 from_i128 i128;
    i64 => I64 from_i128 i128;
    u32 => U32 from_i128 i128;
    u64 => U64 from_i128 i128;
    bool => Bool from_i128 i128;
}

/// What a body gives for a scalar result: a rank-0 array of the scalar's kind, in the scalar's dtype.
fn scalar_result(staged: Array, dtype: DType, name: &str) -> Array {
    if staged.ndim() != 0 {
        raise(Error::new(
            ErrorKind::Shape,
            "jit",
            format!("a staged function that returns {name} gave an array of type {}", staged.aval()),
        ));
    }
    if staged.dtype().kind() != dtype.kind() && !(dtype.is_float() && staged.dtype().is_integer()) {
        raise(Error::new(
            ErrorKind::DType,
            "jit",
            format!("a staged function that returns {name} gave a value of dtype {}", staged.dtype()),
        ));
    }
    let weak = staged.weak_type();
    convert_element_type(&staged, dtype, weak)
}

macro_rules! static_arguments {
    ($($ty:ty),*) => {
        $(impl Arg for $ty {
            type Staged = $ty;
            type Grad = ();

            fn flatten(self, flat: &mut Flat) {
                flat.static_value(self);
            }

            fn stage(leaves: &mut Leaves<'_>) -> $ty {
                leaves.static_value()
            }

            fn rebuild(leaves: &mut Leaves<'_>) -> $ty {
                leaves.static_value()
            }
        })*
    };
}

static_arguments!(usize, &'static str, String, char);
