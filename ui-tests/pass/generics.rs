//! Generic staged functions: bounds, where clauses, const generics, lifetimes, trees, and calls of each other.
use jax::prelude::*;

trait Activation {
    fn activate(self) -> Self;
}

impl<T: std::ops::Mul<Output = T> + Copy> Activation for T {
    fn activate(self) -> T {
        self * self
    }
}

#[jit]
fn inline<T: Activation + std::ops::Add<Output = T> + Copy>(x: T) -> T {
    x.activate() + x
}

#[grad]
fn clause<T>(x: T, y: T) -> T
where
    T: Activation + Copy + std::ops::Add<Output = T>,
    for<'a> &'a T: std::ops::Add<&'a T, Output = T>,
{
    let z = &x + &y;
    inline(z)
}

#[jit]
fn counted<const N: usize, T: Copy + std::ops::Add<Output = T>>(x: [T; N], y: (T, Vec<T>)) -> (T, [T; N]) {
    let mut total = y.0;
    #[unroll]
    for i in 0..N {
        total = total + x[i] + y.1[i];
    }
    (total, x)
}

#[jit]
fn borrowed<'a>(x: &'a Array, y: &'a Array) -> Array {
    x + y
}

trait Layer {
    fn apply(&self, x: Array) -> Array;
}

#[derive(Clone, PyTree)]
struct Scale(Array);

impl Layer for Scale {
    fn apply(&self, x: Array) -> Array {
        x * &self.0
    }
}

#[grad]
fn loss<M: Layer + PyTree>(model: M, x: Array) -> Array {
    model.apply(x).sum(None)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Twice;

trait Times {
    const TIMES: f32;
}

impl Times for Twice {
    const TIMES: f32 = 2.0;
}

#[jit(static(_how))]
fn by_type<H: Times + Clone + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync>(x: Array, _how: H) -> Array {
    H::TIMES * x
}

mod inner {
    pub mod deeper {
        use jax::jit;

        /// Documented.
        #[jit]
        pub fn negate<T: std::ops::Neg<Output = T>>(x: T) -> T {
            -x
        }
    }
}

fn main() {
    assert_eq!((inline(2.0f32), inline(3.0f64)), (6.0, 12.0));
    assert_eq!((clause(1.0f64, 2.0), clause_grad(1.0f64, 2.0)), (12.0, 7.0));
    assert_eq!(counted([1.0f32, 2.0], (3.0, vec![4.0, 5.0])), (15.0, [1.0, 2.0]));
    let x = jnp::array([1.0, 2.0]);
    assert_eq!(borrowed(&x, &x).to_string(), "[2. 4.]");
    assert_eq!(loss(Scale(x.clone()), x.clone()).to_string(), "5.0");
    assert_eq!(loss_grad(Scale(x.clone()), x.clone()).0.to_string(), "[1. 2.]");
    assert_eq!(by_type(x.clone(), Twice).to_string(), "[2. 4.]");
    assert_eq!(inner::deeper::negate(2.0f32), -2.0);
    assert_eq!(inner::deeper::negate(x).to_string(), "[-1. -2.]");
    assert_eq!(inner::deeper::negate::<f32>::compile_count(), 1);
    assert_eq!(grad(inner::deeper::negate::<f64>)(2.0), -1.0);
}
