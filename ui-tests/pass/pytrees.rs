//! Trees as arguments, results and gradients; static fields; enums; generics.
use jax::{Array, PyTree, grad, jit};

#[derive(Clone, PyTree)]
struct Layer {
    weights: Array,
    bias: Array,
    #[pytree(static)]
    name: String,
    #[pytree(static)]
    rate: f32,
}

#[derive(Clone, PyTree)]
struct Pair<T>(T, T);

#[derive(Clone, PyTree)]
struct Tagged<T, S> {
    value: Vec<T>,
    #[pytree(static)]
    tag: S,
}

#[derive(Clone, PyTree)]
struct Nothing;

#[derive(Clone, PyTree)]
enum Shape {
    Point,
    Ball { radius: Array },
    Box(Array, Array),
}

#[grad]
fn loss(layer: &Layer, x: Array) -> Array {
    let y = layer.weights * x + layer.bias;
    if layer.name == "square" { (y * y).sum(0) } else { y.sum(0) }
}

#[jit]
fn step(layer: Layer, x: Array) -> Layer {
    let weights = layer.weights - layer.rate * x;
    Layer { weights, ..layer }
}

#[jit]
fn volume(shape: Shape) -> Array {
    match shape {
        Shape::Point => 0.0 * Array::from_slice(&[1.0f32], &[1]),
        Shape::Ball { radius } => radius * radius,
        Shape::Box(a, b) => a * b,
    }
}

#[jit]
fn swap(pair: Pair<Array>, tagged: Tagged<Array, u8>, none: Nothing) -> (Pair<Array>, Tagged<Array, u8>, Nothing) {
    let Pair(a, b) = pair;
    (Pair(b, a), Tagged { value: vec![tagged.value[0] + 1.0], tag: tagged.tag + 1 }, none)
}

fn main() {
    let x = Array::from_slice(&[1.0f32, 3.0], &[2]);
    let layer = Layer { weights: x.clone(), bias: x.clone(), name: "square".to_owned(), rate: 0.5 };
    let slope = loss_grad(&layer, x.clone());
    assert_eq!(slope.bias.to_string(), "[ 4. 24.]");
    assert_eq!(slope.name, "square");
    assert_eq!(step(layer, x.clone()).weights.to_string(), "[0.5 1.5]");
    assert_eq!(volume(Shape::Point).to_string(), "[0.]");
    assert_eq!(volume(Shape::Ball { radius: x.clone() }).to_string(), "[1. 9.]");
    assert_eq!(volume(Shape::Box(x.clone(), x.clone())).to_string(), "[1. 9.]");
    assert_eq!(volume::compile_count(), 3);
    let y = x.clone() * 2.0;
    let (Pair(a, b), tagged, _) = swap(Pair(x.clone(), y), Tagged { value: vec![x], tag: 7 }, Nothing);
    assert_eq!((a.to_string(), b.to_string()), ("[2. 6.]".to_owned(), "[1. 3.]".to_owned()));
    assert_eq!((tagged.value[0].to_string(), tagged.tag), ("[2. 4.]".to_owned(), 8));
}
