//! What the macros' expansions name: nothing here is for users, and nothing else of the library is named by them.

pub use jax_core::api::{Axes, IntoAxis};
pub use jax_core::array::IntoArray;
pub use jax_core::base::DType;
pub use jax_core::stage::{Call, Cmp, Dim, Dims, Dup, Instances, LitBin, Passing, Staged, Traceable, Traced, Tree};
pub use jax_core::tree::{Arg, Flat, Leaves, PyTree, Ret, Reusable};

pub use jax_core::stage::flow::{Condition, Exit, Items, Pending, Together, range, range_inclusive, repeat};

pub use jax_core::api::debug::{Shown, Value, check, print as debug_print};
pub use jax_core::array::Array;

use jax_core::array::Element;

/// The traits of `Cmp`, `Dup`, `LitBin` and `Shown`, to be imported without their names.
pub mod methods {
    pub use jax_core::api::debug::{ShownArray as _, ShownText as _};
    pub use jax_core::stage::dispatch::{
        CmpArrayLeft as _, CmpArrayRight as _, DupTree as _, HostEq as _, HostGe as _, HostGt as _, HostLe as _,
        HostLt as _, HostNe as _, LitArray as _, LitHost as _,
    };
    pub use jax_core::stage::passing::{TakeAny as _, TakeScalar as _};
    pub use jax_core::stage::place::{ArrayPlace as _, HostPlace as _, HostPlaceMut as _};
}

/// Batch axes as they are written in an attribute.
pub fn axes(axes: impl IntoAxis) -> Axes {
    axes.into_axis()
}

/// A traced or host value as an array.
#[track_caller]
pub fn into_array<T: IntoArray>(value: T) -> Array {
    value.into_array()
}

/// The value of a field at its last use.
pub fn last<T: Clone>(value: &T) -> T {
    value.clone()
}

/// `value as T`, elementwise.
#[track_caller]
pub fn cast<T: Element>(value: impl IntoArray) -> Array {
    value.into_array().astype(T::DTYPE)
}

/// The condition of an `if`, whose type says whether it is decided while tracing.
pub fn condition<C: Condition>(condition: C) -> C::Branch {
    condition.branch()
}

/// What a `for` goes through, whose type says whether it is a scan.
pub fn items<I: Items>(items: I) -> I::Each {
    items.items()
}

/// A value that is there.
pub fn present<T>(value: T) -> Pending<T> {
    Pending::Present(value)
}

/// A value that is not there yet.
pub fn absent<T>() -> Pending<T> {
    Pending::Absent
}

/// No exit so far.
pub fn no_exit() -> Exit {
    Exit::none()
}

/// A weakly typed scalar of this dtype, as a staged function sees a Rust scalar.
#[track_caller]
pub fn scalar<T: Element>(value: impl IntoArray) -> Array {
    let value = value.into_array_of(T::DTYPE);
    jax_core::prim::convert::convert_element_type(&value, T::DTYPE, true)
}
