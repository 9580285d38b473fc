//! Shapes: the extents of an array, outermost axis first.

use smallvec::SmallVec;

/// The extents of an array, outermost axis first; empty for a scalar.
pub type Shape = SmallVec<[usize; 4]>;

/// Number of elements of an array of this shape.
pub fn size(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Row-major strides in elements.
pub fn strides(shape: &[usize]) -> Shape {
    let mut strides: Shape = SmallVec::from_elem(1, shape.len());
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}
