//! The macros under another name of the library: what they emit must follow it.

use jaxx::prelude::*;

/// A tree.
#[derive(Clone, PyTree)]
pub struct Line {
    /// The slope.
    pub slope: Array,
    /// The offset.
    pub offset: Array,
}

/// Points on a line.
#[grad]
pub fn distance(line: Line, x: Array, y: Array) -> Array {
    let error = line.slope * x + line.offset - y;
    jnp::where_(error > 0.0, error, -error).sum(None)
}

/// A generic function, vectorized.
#[vmap(in_axes = (0, None))]
#[grad]
pub fn product<T: std::ops::Mul<Output = T>>(x: T, y: T) -> T {
    x * y
}

impl Line {
    /// The line at a point.
    #[jit]
    pub fn at(&self, x: Array) -> Array {
        self.slope * x + self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macros_follow_the_librarys_name() {
        let line = Line { slope: jnp::array(2.0), offset: jnp::array(1.0) };
        let (x, y) = (jnp::array([1.0, 2.0]), jnp::array([0.0, 10.0]));
        assert_eq!(distance(line.clone(), x.clone(), y.clone()).item_f32(), 8.0);
        let slope = distance_grad(line, x, y);
        assert_eq!((slope.slope.item_f32(), slope.offset.item_f32()), (-1.0, 0.0));
        assert_eq!(distance_grad::compile_count(), 1);
    }

    #[test]
    fn generic_functions_and_methods_do_too() {
        assert_eq!(product_grad::<f32>(jnp::array([1.0, 2.0]), 3.0).to_string(), "[3. 3.]");
        let line = Line { slope: jnp::array(2.0), offset: jnp::array(1.0) };
        assert_eq!(line.at(jnp::array([1.0, 2.0])).to_string(), "[3. 5.]");
    }
}
