//! Devices, and what goes to and from them.

use jax_core::array::{Array, Element, IntoArray};
use jax_core::machine::{Device, machine};

/// The devices that programs run on, the default first.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(devices()[0].to_string(), "cpu(id=0)");
/// ```
pub fn devices() -> Vec<Device> {
    machine().devices()
}

/// A value as an array on the default device.
///
/// ```
/// use jax::prelude::*;
/// let x = device_put(vec![1.0f32, 2.0]);
/// assert_eq!(format!("{:?}", x.devices()), "{cpu(id=0)}");
/// ```
#[track_caller]
pub fn device_put(x: impl IntoArray) -> Array {
    x.into_array()
}

/// The elements of an array as an `ndarray` array, copied.
///
/// # Panics
/// If the array is traced, or `T` is not its element type.
///
/// ```
/// use jax::prelude::*;
/// let x: ndarray::ArrayD<i32> = device_get(&jnp::arange(6));
/// assert_eq!(x.to_string(), "[0, 1, 2, 3, 4, 5]");
/// ```
#[track_caller]
pub fn device_get<T: Element>(x: &Array) -> ndarray::ArrayD<T> {
    x.to_ndarray()
}

/// Waits until an array's elements are computed, and gives it back. On the CPU calls return finished.
///
/// ```
/// use jax::prelude::*;
/// assert_eq!(block_until_ready(jnp::ones(2)).to_string(), "[1. 1.]");
/// ```
pub fn block_until_ready(x: Array) -> Array {
    x.block_until_ready();
    x
}
