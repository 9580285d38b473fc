//! `x[i]` in a staged body: of an array what is at a traced or known index, of anything else what Rust means.
//!
//! Both readings are methods of one name, so that it is the type of what is indexed that chooses, through any number of
//! references.

use std::ops::{self, Deref};

use crate::array::{Array, IntoArray};
use crate::lax::index::IntoIndex;

/// An element or a part of an array, where Rust would have a place.
#[derive(Debug)]
pub struct Part(Array);

impl Deref for Part {
    type Target = Array;

    fn deref(&self) -> &Array {
        &self.0
    }
}

/// Indexing of arrays.
pub trait ArrayPlace {
    /// `x[index]`.
    fn jax_at(&self, index: impl IntoIndex) -> Part;
    /// `x[index] = value`: the array becomes one with that value there.
    fn jax_set(&mut self, index: impl IntoIndex, value: impl IntoArray);
    /// `x[index] += value`, of all values for one place.
    fn jax_add_assign(&mut self, index: impl IntoIndex, value: impl IntoArray);
    /// `x[index] -= value`, of all values for one place.
    fn jax_sub_assign(&mut self, index: impl IntoIndex, value: impl IntoArray);
    /// `x[index] *= value`, of all values for one place.
    fn jax_mul_assign(&mut self, index: impl IntoIndex, value: impl IntoArray);
    /// `x[index] /= value`, of all values for one place.
    fn jax_div_assign(&mut self, index: impl IntoIndex, value: impl IntoArray);
}

impl ArrayPlace for Array {
    #[track_caller]
    fn jax_at(&self, index: impl IntoIndex) -> Part {
        Part(self.index(index))
    }

    #[track_caller]
    fn jax_set(&mut self, index: impl IntoIndex, value: impl IntoArray) {
        *self = self.at(index).set(value);
    }

    #[track_caller]
    fn jax_add_assign(&mut self, index: impl IntoIndex, value: impl IntoArray) {
        *self = self.at(index).add(value);
    }

    #[track_caller]
    fn jax_sub_assign(&mut self, index: impl IntoIndex, value: impl IntoArray) {
        *self = self.at(index).subtract(value);
    }

    #[track_caller]
    fn jax_mul_assign(&mut self, index: impl IntoIndex, value: impl IntoArray) {
        *self = self.at(index).multiply(value);
    }

    #[track_caller]
    fn jax_div_assign(&mut self, index: impl IntoIndex, value: impl IntoArray) {
        *self = self.at(index).divide(value);
    }
}

/// Indexing of everything else, as Rust does it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be indexed by `{I}`",
    label = "indexed by `{I}`",
    note = "the variable of a rolled loop is traced: write `#[unroll]` above a loop whose variable indexes a `Vec`, a slice or a Rust array, or stack what it holds into one `Array`"
)]
pub trait HostPlace<I> {
    /// What is there.
    type Place: ?Sized;
    /// `x[index]`.
    fn jax_at(&self, index: I) -> &Self::Place;
}

#[diagnostic::do_not_recommend]
impl<T: ops::Index<I> + ?Sized, I> HostPlace<I> for T {
    type Place = T::Output;

    #[track_caller]
    fn jax_at(&self, index: I) -> &T::Output {
        &self[index]
    }
}

macro_rules! host_updates {
    ($($method:ident $trait:ident $op:tt;)*) => {
        /// Updates in place of everything else, as Rust does them.
        #[diagnostic::on_unimplemented(message = "no place of `{Self}` can be assigned by an index of type `{I}`")]
        pub trait HostPlaceMut<I>: ops::IndexMut<I> {
            /// `x[index] = value`.
            #[track_caller]
            fn jax_set(&mut self, index: I, value: Self::Output)
            where
                Self::Output: Sized,
            {
                self[index] = value;
            }

            $(
                #[doc = concat!("`x[index] ", stringify!($op), " value`.")]
                #[track_caller]
                fn $method<V>(&mut self, index: I, value: V)
                where
                    Self::Output: ops::$trait<V>,
                {
                    self[index] $op value;
                }
            )*
        }
    };
}

host_updates! {
    jax_add_assign AddAssign +=;
    jax_sub_assign SubAssign -=;
    jax_mul_assign MulAssign *=;
    jax_div_assign DivAssign /=;
}

#[diagnostic::do_not_recommend]
impl<T: ops::IndexMut<I> + ?Sized, I> HostPlaceMut<I> for T {}
