//! What is found wrong in bodies whose signatures state shapes, and what is left to the tracing.

use quote::quote;

use super::*;

/// The faults of a function, as text.
fn faults(source: &str) -> Vec<String> {
    let mut item: ItemFn = syn::parse_str(source).expect("a function");
    let mut errors = Errors::default();
    let shapes = Shapes::take(&mut item, &quote!(::jax), &mut errors);
    shapes.check(&item, &mut errors);
    errors.into_messages()
}

#[track_caller]
fn fits(source: &str) {
    assert_eq!(faults(source), Vec::<String>::new(), "{source}");
}

#[track_caller]
fn fails(source: &str, expected: &str) {
    let faults = faults(source);
    assert!(faults.len() == 1 && faults[0].contains(expected), "{source}\n  expected {expected}\n  found {faults:?}");
}

#[test]
fn operators_broadcast() {
    fits("fn f(x: f32![B, 4], y: f32![4]) -> f32![B, 4] { x * y + 1.0 }");
    fits("fn f(x: f32![B, 1], y: f32![1, C]) -> f32![B, C] { x - y }");
    fits("fn f(x: f32![B, 4], s: f32) -> bool![B, 4] { x > s }");
    fails("fn f(x: f32![B, 4], y: f32![3]) -> f32![B, 4] { x + y }", {
        "add got incompatible shapes for broadcasting: f32[B, 4] and f32[3]; 4 is not 3"
    });
    fails("fn f(x: f32![B], y: f32![C]) -> f32![B] { x + y }", "`B` and `C` stand for any two sizes");
    fails("fn f(x: f32![B]) -> f32![B] { x + jnp::ones(3) }", "`B` stands for any size, so it need not be 3");
    fails("fn f(x: f32![4], y: f32![3]) -> f32![4] { let mut x = x; x += y; x }", "incompatible shapes");
}

#[test]
fn one_fault_does_not_hide_or_repeat() {
    assert_eq!(faults("fn f(x: f32![4], y: f32![3]) -> f32![4] { let z = x + y; let w = x * y; z + w }").len(), 2);
}

#[test]
fn products_contract() {
    fits("fn f(x: f32![B, 4], w: f32![4, 3], b: f32![3]) -> f32![B, 3] { x.dot(w) + b }");
    fits("fn f(x: f32![4], w: f32![4, 3]) -> f32![3] { jnp::dot(x, w) }");
    fits("fn f(x: f32![4], y: f32![4]) -> f32 { x.dot(y) }");
    fits("fn f(x: f32![N, B, 4], w: f32![4, 3]) -> f32![N, B, 3] { jnp::matmul(x, w) }");
    fits("fn f(x: f32![B], y: f32![C]) -> f32![B, C] { jnp::outer(x, y) }");
    fails("fn f(x: f32![B, 4], w: f32![5, 3]) -> f32![B, 3] { x.dot(w) }", {
        "dot requires contracting dimensions to have the same shape, got 4 and 5 of f32[B, 4] and f32[5, 3]"
    });
    fails("fn f(x: f32![B, 4], w: f32![4, 3]) -> f32![B, 4] { x.dot(w) }", {
        "the result is declared `f32![B, 4]`, but this is f32[B, 3]"
    });
}

#[test]
fn axes_are_counted() {
    fits("fn f(x: f32![B, 4]) -> f32![4] { x.sum(0) }");
    fits("fn f(x: f32![B, 4]) -> f32![B] { x.mean(-1) }");
    fits("fn f(x: f32![B, 4]) -> f32![] { x.sum((0, 1)) }");
    fits("fn f(x: f32![B, 4]) -> f32 { jnp::sum(x) }");
    fits("fn f(x: f32![4], w: f32![4, 3], b: f32![3]) -> f32![3] { (x.expand_dims(1) * w).sum(0) + b }");
    fits("fn f(x: f32![B, 4]) -> f32![4, B] { x.t() }");
    fits("fn f(x: f32![A, B, C]) -> f32![C, A, B] { x.transpose((2, 0, 1)) }");
    fails("fn f(x: f32![B, 4]) -> f32![B] { x.sum(2) }", "sum: axis 2 is out of bounds for array of dimension 2");
    fails("fn f(x: f32![B, 4]) -> f32![4] { x.squeeze(0) }", "which has size not equal to one: axis 0");
    fails("fn f(x: f32![B, 4]) -> f32![B] { x.sum(0) }", "declared `f32![B]`, but this is f32[4]");
}

#[test]
fn shapes_follow_from_sizes() {
    fits("fn f(x: f32![n], n: usize) -> f32![n, 2] { x.expand_dims(1) + jnp::zeros((n, 2)) }");
    fits("fn f(x: f32![B, 4]) -> f32![_, 2] { x.reshape((-1, 2)) }");
    fits("fn f(x: f32![2, 6]) -> f32![3, 4] { x.reshape([3, 4]) }");
    fails(
        "fn f(x: f32![2, 6]) -> f32![3, 5] { x.reshape([3, 5]) }",
        "cannot reshape array of shape f32[2, 6] (size 12)",
    );
}

#[test]
fn dtypes_promote() {
    fits("fn f(x: f32![N], y: f64![N]) -> f64![N] { x * y }");
    fits("fn f(x: i32![N], y: f32![N]) -> f32![N] { x * y }");
    fits("fn f(x: i32![N]) -> f32![N] { jnp::exp(x) }");
    fits("fn f(x: f16![N], y: bf16![N]) -> f32![N] { x + y }");
    fails("fn f(x: f32![N], y: f64![N]) -> f32![N] { x * y }", "declared `f32![N]`, but this is f64[N]");
    fails("fn f(x: f32![N]) -> f32![N] { x > 0.0 }", "but this is bool[N]");
}

#[test]
fn control_flow_joins() {
    fits("fn f(x: f32![N], y: f32![N], deep: bool) -> f32![N] { if deep { x } else { y * 2.0 } }");
    fits("fn f(x: f32![N]) -> f32![N] { let mut y = x; for i in 0..3 { y = y.sin(); } y }");
    fits("fn f(x: f32![N], deep: bool) -> f32 { if deep { return jnp::sum(x); } x.max(0) }");
    fails("fn f(x: f32![N], y: f32![3]) -> f32![N] { for i in 0..3 { let z = x + y; } x }", "add got incompatible");
    fails("fn f(x: f32![N]) -> f32![N] { if true { return jnp::sum(x); } x }", "but this is f32[]");
    fails("fn f(x: f32![N], m: f32![3, 3]) -> f32![N] { vmap(|row: Array| row + m.dot(x))(m) }", "dot requires");
}

#[test]
fn what_is_not_known_is_left_to_the_tracing() {
    fits("fn f(x: f32![N], y: Array) -> f32![N] { x + y }");
    fits("fn f(x: f32![N], y: f32![_]) -> f32![N] { x + y }");
    fits("fn f(x: f32![N]) -> f32![3] { helper(x) }");
    fits("fn f(x: f32![N], i: i32) -> f32 { x[i] }");
}

#[test]
fn variables_declare() {
    fits("fn f(x: f32![B, 4], w: f32![4, 8]) -> f32![B] { let h: f32![B, 8] = x.dot(w); h.sum(1) }");
    fails("fn f(x: f32![B, 4], w: f32![4, 8]) -> f32![B] { let h: f32![B, 9] = x.dot(w); h.sum(1) }", {
        "variable `h` is declared `f32![B, 9]`, but this is f32[B, 8]"
    });
}

#[test]
fn spellings() {
    fails("fn f(x: f32![B, 4.0]) -> f32![B] { x.sum(1) }", "expected a dimension");
    fails("fn f(x: Box<f32![B]>) -> f32![B] { *x }", "a shape inside `Box<…>` would not be checked");
    fits("fn f(x: (f32![B], f32![C]), y: Vec<f32![B]>) -> (f32![C], f32![B]) { (x.1, x.0) }");
    fails("fn f(x: (f32![B], f32![C])) -> f32![B] { let (a, b) = x; a + b }", "use one name");
}
