//! Methods and associated functions.
use jax::prelude::*;

#[derive(Clone, PyTree)]
pub struct Model {
    w: Array,
    b: Array,
    #[pytree(static)]
    name: &'static str,
}

impl Model {
    /// Documented.
    #[jit]
    pub fn forward(&self, x: Array) -> Array {
        let Model { w, b, .. } = self;
        let y = x * w + b;
        if self.name == "negative" { -y } else { y }
    }

    #[jit]
    #[grad]
    #[allow(clippy::needless_return)]
    fn loss(&self, x: Array) -> Array {
        let each = vmap(|row: Array| self.forward(row).sum(0));
        return (each(x) * self.helper()).sum(None);
    }

    fn helper(&self) -> f32 {
        2.0
    }

    #[jit]
    fn step(mut self, rate: f32) -> Self {
        self.w = self.w * rate;
        self
    }

    #[jit(static(n))]
    fn identity(n: i32, like: &Self) -> Array {
        jnp::eye(n as usize) * like.w
    }

    #[grad(method, wrt = y)]
    fn free(x: Array, y: Array) -> Array {
        assert_eq!(x.ndim(), 1);
        (x * y).sum(0)
    }
}

fn main() {
    let x = jnp::array([1.0, 2.0]);
    let model = Model { w: x.clone(), b: x.clone(), name: "positive" };
    assert_eq!(model.forward(x.clone()).to_string(), "[2. 6.]");
    let negative = Model { name: "negative", ..model.clone() };
    assert_eq!(negative.forward(x.clone()).to_string(), "[-2. -6.]");
    assert_eq!(Model::forward_compile_count(), 2);
    assert_eq!(model.loss_grad(jnp::ones((3, 2))).w.to_string(), "[6. 6.]");
    let (value, slope) = model.loss_value_and_grad(jnp::ones((3, 2)));
    assert_eq!((value.to_string(), slope.b.to_string()), ("36.0".to_owned(), "[6. 6.]".to_owned()));
    assert!(model.forward_try_call(jnp::ones(3)).is_err());
    assert_eq!(model.forward_lower(x.clone()).out_avals()[0].to_string(), "f32[2]");
    assert_eq!(model.clone().step(3.0).w.to_string(), "[3. 6.]");
    assert_eq!(grad(|m: Model, x: Array| m.loss(x))(model.clone(), jnp::ones((3, 2))).w.to_string(), "[6. 6.]");
    assert_eq!(Model::identity(2, &model).to_string(), "[[1. 0.]\n [0. 2.]]");
    assert_eq!(Model::free_grad(x.clone(), x.clone()).to_string(), "[1. 2.]");
}
