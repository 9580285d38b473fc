//! Staged functions in modules and in function bodies, with every visibility; names that the expansion uses are free.
#![deny(warnings)]
use jax::Array;

mod layers {
    use super::Array;

    #[jax::jit]
    pub(crate) fn double(x: Array) -> Array {
        x + x
    }

    pub mod inner {
        /// Triples.
        #[jax::jit]
        pub(in crate::layers) fn triple(call: super::Array) -> super::Array {
            call + call + call
        }

        pub fn sextuple(x: super::Array) -> super::Array {
            super::double(triple(x))
        }
    }
}

#[jax::jit]
fn calls_others(leaves: Array, out: Array) -> Array {
    fn helper(x: Array) -> Array {
        x * 10.0
    }
    layers::double(leaves) + helper(out) + leaves
}

#[cfg(any())]
#[jax::jit]
fn absent(x: Array) -> Array {
    does_not_exist(x)
}

fn main() {
    #[jax::jit]
    fn local(x: Array) -> Array {
        x - 1.0
    }
    let x = Array::from_slice(&[1.0f32, 3.0], &[2]);
    assert_eq!(local(x.clone()).to_string(), "[0. 2.]");
    assert_eq!(local::compile_count(), 1);
    assert_eq!(layers::inner::sextuple(x.clone()).to_string(), "[ 6. 18.]");
    assert_eq!(calls_others(x.clone(), x).to_string(), "[13. 39.]");
}
