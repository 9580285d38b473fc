//! Doc comments stay, so that a crate may ask for them.
use jax::prelude::*;

#[deny(missing_docs)]
pub mod documented {
    //! A documented module.
    use jax::prelude::*;

    /// Doubles.
    #[jit]
    pub fn double(
        /* a comment */ x: Array,
    ) -> Array {
        // Another.
        x * 2.0
    }

    /// Squares.
    #[grad]
    pub fn square(x: f32) -> f32 {
        x * x
    }
}

fn main() {
    assert_eq!(documented::double(jnp::ones(1)).to_string(), "[2.]");
    assert_eq!(documented::square_grad(3.0), 6.0);
}
