//! Updates at an index: [`Array::at`].

use super::parts::parts;
use super::read::{Plan, index, new_axes};
use super::{Index, IntoIndex};
use crate::array::{Array, IntoArray, at_caller};
use crate::lax::{operators, promote};
use crate::prim::convert::convert_element_type;
use crate::prim::elementwise::constant_like;
use crate::prim::scatter::{Scatter, scatter, scatter_add, scatter_max, scatter_min, scatter_mul};

/// A place of an array that is to be updated: [`Array::at`].
#[derive(Clone, Debug)]
pub struct At {
    x: Array,
    index: Vec<Index>,
}

impl At {
    pub(super) fn new(x: &Array, index: impl IntoIndex) -> At {
        At { x: x.clone(), index: index.into_index() }
    }

    /// The plan, and the values in the array's dtype in the shape that it writes.
    #[track_caller]
    fn plan(&self, values: Array) -> (Plan, Array) {
        let parts = parts(self.x.shape(), self.index.clone());
        let plan = Plan::new(&self.x, &parts);
        let values = convert_element_type(&values, self.x.dtype(), false);
        let mut full = plan.shape.clone();
        let new = new_axes(&parts);
        new.iter().for_each(|&axis| full.insert(axis as usize, 1));
        let values = promote::broadcast_to("at", &values, &full).squeeze(new.as_slice());
        (plan, values)
    }

    #[track_caller]
    fn update(self, values: Array, op: fn(&Array, &Array, &Array, Scatter) -> Array) -> Array {
        let (plan, values) = self.plan(values);
        at_caller(|| op(&self.x, &plan.indices, &values, plan.scatter()))
    }

    /// The array with these values there; of several for one place the last one.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1, 2, 3].into_array();
    /// assert_eq!(x.at(1..).set(7).to_string(), "[1 7 7]");
    /// ```
    #[track_caller]
    pub fn set(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter)
    }

    /// The array with these values added there; all of several for one place.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).add(1).to_string(), "[3 2 4]");
    /// ```
    #[track_caller]
    #[expect(clippy::should_implement_trait, reason = "the name is JAX's")]
    pub fn add(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter_add)
    }

    /// The array with these values subtracted there; all of several for one place.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).subtract(1).to_string(), "[-1  2  2]");
    /// ```
    #[track_caller]
    pub fn subtract(self, values: impl IntoArray) -> Array {
        self.add(operators::sub(&0.into_array(), &values.into_array()))
    }

    /// The array with a function applied to what is there. Of several indices for one place the last one counts.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1.0, 4.0, 9.0].into_array();
    /// assert_eq!(x.at(1..).apply(|there| there.sqrt()).to_string(), "[1. 2. 3.]");
    /// ```
    #[track_caller]
    pub fn apply(self, f: impl FnOnce(Array) -> Array) -> Array {
        let there = self.clone().get();
        self.set(f(there))
    }

    /// The array with what is there multiplied by these values; by all of several for one place.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).multiply(4).to_string(), "[16  2 12]");
    /// ```
    #[track_caller]
    pub fn multiply(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter_mul)
    }

    /// The array with what is there divided by these values; by all of several for one place. Of integers it is the
    /// float quotient, all of it: integers do not divide into integers.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [1.0, 2.0, 3.0].into_array();
    /// assert_eq!(x.at([0, 0, -1]).divide(2).to_string(), "[0.25 2.   1.5 ]");
    /// ```
    #[track_caller]
    pub fn divide(self, values: impl IntoArray) -> Array {
        // Each place is divided by the product of its values, as in JAX.
        let ones = promote::broadcast_to("at", &constant_like(&self.x, 1.0), self.x.shape());
        let divisors = At { x: ones, index: self.index }.multiply(values);
        operators::div(&self.x, &divisors)
    }

    /// The array with the smallest of what is there and these values there.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [5, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).min([1, 4, 9]).to_string(), "[1 2 3]");
    /// ```
    #[track_caller]
    pub fn min(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter_min)
    }

    /// The array with the largest of what is there and these values there.
    ///
    /// ```
    /// use jax_core::array::IntoArray;
    /// let x = [5, 2, 3].into_array();
    /// assert_eq!(x.at([0, 0, -1]).max([7, 4, 9]).to_string(), "[7 2 9]");
    /// ```
    #[track_caller]
    pub fn max(self, values: impl IntoArray) -> Array {
        self.update(values.into_array(), scatter_max)
    }

    /// What is there.
    #[track_caller]
    pub fn get(self) -> Array {
        index(&self.x, self.index)
    }
}
