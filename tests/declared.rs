//! Shapes stated in signatures: what is checked while tracing, and the text of each fault.

use jax::prelude::*;

#[jit]
fn linear(x: f32![B, 4], w: f32![4, 3], b: f32![3]) -> f32![B, 3] {
    x.dot(w) + b
}

#[track_caller]
fn fails(result: jax::Result<Array>, expected: &str) {
    let text = result.expect_err("a fault").to_string();
    let first = text.lines().next().unwrap_or_default();
    assert_eq!(first, expected);
    assert!(text.contains(file!()), "{text}");
}

#[test]
fn what_fits_runs() {
    let out = linear(jnp::ones((2, 4)), jnp::ones((4, 3)), jnp::ones(3));
    assert_eq!(out.to_string(), "[[5. 5. 5.]\n [5. 5. 5.]]");
    assert_eq!(linear(jnp::ones((1, 4)), jnp::ones((4, 3)), jnp::ones(3)).shape(), [1, 3]);
}

#[test]
fn sizes_and_axes_are_compared() {
    fails(linear::try_call(jnp::ones((2, 4)), jnp::ones((5, 3)), jnp::ones(3)), {
        "jit: argument `w` is f32[5,3] but is declared f32![4, 3]: axis 0 is 5, not 4"
    });
    fails(linear::try_call(jnp::ones(4), jnp::ones((4, 3)), jnp::ones(3)), {
        "jit: argument `x` is f32[4] but is declared f32![B, 4]: its ndim is 1, not 2"
    });
    fails(linear::try_call(jnp::ones((2, 4)), jnp::ones((4, 3)), jnp::ones(3).astype(DType::I32)), {
        "jit: argument `b` is i32[3] but is declared f32![3]: its dtype is int32, not float32"
    });
    // After a fault everything stays usable.
    assert_eq!(linear(jnp::ones((2, 4)), jnp::ones((4, 3)), jnp::ones(3)).shape(), [2, 3]);
}

#[jit]
fn mean_of(x: f32![N], weights: (f32![N], Vec<f32![N]>)) -> f32![N] {
    let (first, rest) = weights;
    let mut sum: f32![N] = x * first;
    for weight in rest {
        sum += weight;
    }
    sum / N as f32
}

#[test]
fn one_name_is_one_size() {
    let ones = || jnp::ones(4);
    assert_eq!(mean_of(ones(), (ones(), vec![ones(), ones()])).to_string(), "[0.75 0.75 0.75 0.75]");
    fails(mean_of::try_call(ones(), (jnp::ones(3), Vec::new())), {
        "jit: argument `weights.0` is f32[3] but is declared f32![N]: `N` is 3 here but 4 in argument `x`"
    });
    fails(mean_of::try_call(ones(), (ones(), vec![ones(), jnp::ones(5)])), {
        "jit: argument `weights.1[_]` is f32[5] but is declared f32![N]: `N` is 5 here but 4 in argument `x`"
    });
}

fn helper(x: Array) -> Array {
    x.reshape(-1)
}

#[jit]
fn flattened(x: f32![B, C], n: usize) -> f32![n] {
    let flat: f32![n] = helper(x);
    flat
}

#[test]
fn results_and_variables_are_compared_when_the_macro_cannot() {
    assert_eq!(flattened(jnp::ones((2, 3)), 6).shape(), [6]);
    fails(flattened::try_call(jnp::ones((2, 3)), 5), {
        "jit: variable `flat` is f32[6] but is declared f32![n]: `n` is 6 here but 5 in the argument of that name"
    });
}

#[jit]
fn declared_result(x: f32![B, C]) -> f32![C] {
    helper(x)
}

#[test]
fn the_result_is_compared() {
    assert_eq!(declared_result(jnp::ones((1, 3))).shape(), [3]);
    fails(declared_result::try_call(jnp::ones((2, 3))), {
        "jit: the result is f32[6] but is declared f32![C]: `C` is 6 here but 3 in argument `x`"
    });
}

#[grad(wrt = w)]
fn loss(x: &f32![B, D], w: f32![D]) -> f32 {
    jnp::mean(x.dot(w).powi(2))
}

#[test]
fn transforms_see_the_shapes_of_one_lane() {
    let batched = vmap(linear).in_axes((0, None, None));
    assert_eq!(batched(jnp::ones((5, 2, 4)), jnp::ones((4, 3)), jnp::ones(3)).shape(), [5, 2, 3]);
    assert_eq!(loss_grad(&jnp::ones((2, 3)), jnp::ones(3)).to_string(), "[6. 6. 6.]");
    let wrong = loss_grad::try_call(&jnp::ones((2, 3)), jnp::ones(4));
    assert!(wrong.expect_err("a fault").to_string().contains("`D` is 4 here but 3 in argument `x`"));
}

/// Outside staged functions the macro is the type alone.
fn plain(x: &f32![B, 4]) -> f32![B] {
    x.sum(1)
}

#[test]
fn plain_functions_read_the_same() {
    assert_eq!(plain(&jnp::ones((2, 4))).to_string(), "[4. 4.]");
}
