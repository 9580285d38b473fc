//! To and from `ndarray`.

use ndarray::{ArrayBase, ArrayD, Data, Dimension, IxDyn};

use super::convert::IntoArray;
use super::data::{Array, Element};

/// The elements in row-major order, whatever the layout.
fn from_ndarray<T: Element, S: Data<Elem = T>, D: Dimension>(array: &ArrayBase<S, D>) -> Array {
    match array.as_slice() {
        Some(elements) => Array::from_slice(elements, array.shape()),
        None => Array::from_slice(&array.iter().copied().collect::<Vec<T>>(), array.shape()),
    }
}

impl<T: Element, S: Data<Elem = T>, D: Dimension> From<ArrayBase<S, D>> for Array {
    fn from(array: ArrayBase<S, D>) -> Array {
        from_ndarray(&array)
    }
}

impl<T: Element, S: Data<Elem = T>, D: Dimension> From<&ArrayBase<S, D>> for Array {
    fn from(array: &ArrayBase<S, D>) -> Array {
        from_ndarray(array)
    }
}

impl<T: Element, S: Data<Elem = T>, D: Dimension> IntoArray for ArrayBase<S, D> {
    fn into_array(self) -> Array {
        from_ndarray(&self)
    }
}

impl<T: Element, S: Data<Elem = T>, D: Dimension> IntoArray for &ArrayBase<S, D> {
    fn into_array(self) -> Array {
        from_ndarray(self)
    }
}

impl Array {
    /// The elements as an `ndarray` array, copied.
    ///
    /// # Panics
    /// If the array is traced, or `T` is not its element type.
    ///
    /// ```
    /// use jax_core::array::{Array, IntoArray};
    /// let x = [[1, 2, 3], [4, 5, 6]].into_array();
    /// assert_eq!(x.to_ndarray::<i32>(), ndarray::arr2(&[[1, 2, 3], [4, 5, 6]]).into_dyn());
    /// assert_eq!(Array::from(x.to_ndarray::<i32>().reversed_axes()).shape(), [3, 2]);
    /// ```
    #[track_caller]
    pub fn to_ndarray<T: Element>(&self) -> ArrayD<T> {
        match ArrayD::from_shape_vec(IxDyn(self.shape()), self.to_vec::<T>()) {
            Ok(array) => array,
            Err(error) => crate::bug!("an array's elements do not fit its shape: {error}"),
        }
    }
}
