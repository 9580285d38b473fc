//! Staged functions as users meet them: the deck's texts, arguments and results of every kind, questions, donation.
#![allow(missing_docs, clippy::unwrap_used)]

use jax::prelude::*;

#[jit]
fn selu(x: Array, alpha: f32, lambda: f32) -> Array {
    lambda * jnp::where_(x > 0.0, x, alpha * jnp::exp(x) - alpha)
}

#[grad]
fn rms_error(x: Array, y: Array) -> Array {
    jnp::sqrt(jnp::mean((x - y).powi(2)))
}

#[jit]
fn single_linear(x: Array, w: Array, b: Array) -> Array {
    (x.expand_dims(1) * w).sum(0) + b
}

#[jit]
fn area(r: Array) -> Array {
    // A literal times a constant of the host, whose name does not show that it is one.
    2.0 * jnp::pi * r + 1.0 / jnp::e
}

#[test]
fn literals_meet_constants() {
    let expected = 2.0 * std::f64::consts::PI as f32 * 3.0 + (1.0 / std::f64::consts::E) as f32;
    assert!((area(jnp::array(3.0)).item_f32() - expected).abs() < 1e-5);
}

#[test]
fn the_decks_texts() {
    let x = jnp::array([1.2, 3.2, 4.0]);
    let y = jnp::array([0.0, 5.0, 10.0]);
    assert_eq!(selu::jaxpr(&x + 0.0, 1.67, 1.05).out_avals()[0].to_string(), "f32[3]");
    let expected = "Array([ 0.1086251 , -0.16293764, -0.54312545], dtype=float32)";
    assert_eq!(format!("{:?}", rms_error_grad(x.clone(), y.clone())), expected);
    assert_eq!(format!("{:?}", grad(rms_error)(x.clone(), y.clone())), expected);
    let (value, gradient) = rms_error_value_and_grad(x.clone(), y.clone());
    assert_eq!(value.item_f32(), rms_error(x.clone(), y.clone()).item_f32());
    assert_eq!(format!("{gradient:?}"), expected);

    let (w, b) = (jnp::ones((4, 3)), jnp::ones(3));
    assert_eq!(
        format!("{:?}", single_linear(jnp::ones(4), w.clone(), b.clone())),
        "Array([5., 5., 5.], dtype=float32)"
    );
    let batched = vmap(single_linear).in_axes((0, None, None)).out_axes(0);
    let rows = batched(jnp::ones((5, 4)), w, b);
    assert_eq!((rows.shape(), rows.to_vec::<f32>()), (&[5, 3][..], vec![5.0; 15]));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mode {
    Sum,
    Mean,
}

#[derive(Clone, PyTree)]
struct Layer {
    w: Array,
    b: Array,
    #[pytree(static)]
    name: &'static str,
}

#[derive(Clone, PyTree)]
struct Net {
    layers: Vec<Layer>,
    scale: Option<Array>,
    pair: (Array, [Array; 2]),
}

type Numbers = (f32, f64, i32, i64, u32, u64, bool);

#[jit]
fn numbers(a: f32, b: f64, c: i32, d: i64, e: u32, f: u64, g: bool) -> Numbers {
    (a + 1.0, b + 1.0, c + 1, d + 1, e + 1, f + 1, !g)
}

#[jit(static(mode))]
fn everything(
    x: Array,
    kept: &Array,
    n: usize,
    how: &'static str,
    mode: Mode,
    pair: (Array, f32),
    many: Vec<Array>,
    maybe: Option<Array>,
    two: [Array; 2],
    net: &Net,
) -> (Array, Vec<Array>, Option<Array>, [Array; 2], Layer) {
    let mut total = x + kept;
    for _ in 0..n {
        total += pair.0 * pair.1;
    }
    if how == "negative" {
        total = -total;
    }
    let total = match mode {
        Mode::Sum => total.sum(0),
        Mode::Mean => total.mean(0),
    };
    let many = many.iter().map(|one| one * 2.0).collect();
    let layer = Layer { w: net.layers[0].w * 2.0, b: net.layers[0].b, name: net.layers[0].name };
    (total, many, maybe, [two[1], two[0]], layer)
}

fn net() -> Net {
    let layer = Layer { w: jnp::array([1.0, 2.0]), b: jnp::array([3.0, 4.0]), name: "first" };
    Net {
        layers: vec![layer],
        scale: Some(jnp::array([2.0, 2.0])),
        pair: (jnp::array([1.0, 1.0]), [jnp::array([5.0, 6.0]), jnp::array([7.0, 8.0])]),
    }
}

#[test]
fn arguments_and_results_of_every_kind() {
    assert_eq!(numbers(1.5, -2.5, 3, -4, 5, 6, true), (2.5, -1.5, 4, -3, 6, 7, false));
    let x = jnp::array([1.0, 2.0]);
    let call = |n: usize, how: &'static str, mode: Mode, maybe: Option<Array>| {
        let (many, two) = (vec![x.clone(); 3], [x.clone(), &x * 10.0]);
        everything(x.clone(), &x, n, how, mode, (x.clone(), 2.0), many, maybe, two, &net())
    };
    let (total, many, maybe, two, layer) = call(2, "positive", Mode::Sum, Some(x.clone()));
    assert_eq!(total.item_f32(), 18.0);
    assert_eq!((many.len(), many[2].to_vec::<f32>()), (3, vec![2.0, 4.0]));
    assert_eq!(maybe.map(|m| m.to_vec::<f32>()), Some(vec![1.0, 2.0]));
    assert_eq!(two[0].to_vec::<f32>(), [10.0, 20.0]);
    assert_eq!((layer.name, layer.w.to_vec::<f32>()), ("first", vec![2.0, 4.0]));
    assert_eq!(call(0, "negative", Mode::Mean, None).0.item_f32(), -3.0);
    assert_eq!(everything::compile_count(), 2);
    let reasons = everything::recompiles();
    for part in ["`n`", "`how`", "`mode`", "`maybe`"] {
        assert!(reasons[0].contains(part), "{reasons:?}");
    }
    assert!(!reasons[0].contains("`x`"), "{reasons:?}");
}

#[grad(wrt = (net, x))]
#[grad(argnums = -1, name = "by_k", value_and_grad_name = "value_and_by_k")]
fn loss(net: &Net, x: Array, k: f32) -> Array {
    let Net { layers, scale, pair } = net;
    let mut y = x;
    for layer in layers {
        y = y * layer.w + layer.b;
    }
    let y = match scale {
        Some(scale) => y * scale,
        None => y,
    };
    (y * pair.0 * k).sum(None) + (pair.1[0] * pair.1[1]).sum(None)
}

#[test]
fn gradients_have_the_structure_of_what_they_are_taken_of() {
    let x = jnp::array([1.0, 10.0]);
    let (slope, dx) = loss_grad(&net(), x.clone(), 3.0);
    assert_eq!((slope.layers.len(), slope.layers[0].name), (1, "first"));
    assert_eq!(slope.layers[0].w.to_vec::<f32>(), [6.0, 60.0]);
    assert_eq!(slope.layers[0].b.to_vec::<f32>(), [6.0, 6.0]);
    assert_eq!(slope.scale.unwrap().to_vec::<f32>(), [12.0, 72.0]);
    assert_eq!(slope.pair.1[0].to_vec::<f32>(), [7.0, 8.0]);
    assert_eq!(dx.to_vec::<f32>(), [6.0, 12.0]);
    assert_eq!(by_k(&net(), x.clone(), 3.0), 56.0);
    let (value, slope) = value_and_by_k(&net(), x, 3.0);
    assert_eq!((value.item_f32(), slope), (168.0 + 83.0, 56.0));
}

#[jit]
fn staged_scalar(x: f32) -> f32 {
    let y = 3.0 * x * x;
    let mut z = y - x / 2.0;
    z += 1.0;
    z.max(0.5) + x.abs().sqrt().floor()
}

#[jit]
fn staged_pieces(x: f32) -> f32 {
    x.fract().max(x.trunc()) * x.signum() + x.to_degrees().to_radians().min(3.0)
}

fn plain_pieces(x: f32) -> f32 {
    x.fract().max(x.trunc()) * x.signum() + x.to_degrees().to_radians().min(3.0)
}

fn plain_scalar(x: f32) -> f32 {
    let y = 3.0 * x * x;
    let mut z = y - x / 2.0;
    z += 1.0;
    z.max(0.5) + x.abs().sqrt().floor()
}

#[test]
fn a_scalar_function_is_the_same_program_with_and_without_the_attribute() {
    for x in [-7.5f32, -1.0, 0.0, 0.25, 3.0, 1e6] {
        assert_eq!(staged_scalar(x), plain_scalar(x), "at {x}");
        let (staged, plain) = (staged_pieces(x), plain_pieces(x));
        assert!((staged - plain).abs() <= 2.0 * f32::EPSILON * plain.abs(), "at {x}: {staged} and {plain}");
    }
    assert!(staged_pieces(f32::NAN).is_nan());
    assert_eq!(staged_scalar::compile_count(), 1);
    assert_eq!(grad(staged_scalar)(2.0), 12.0 - 0.5);
}

#[jit]
fn product(x: Array, y: Array) -> Array {
    (x * y).sum(None)
}

#[test]
fn a_staged_function_answers_questions() {
    let x = jnp::ones(1000);
    let jaxpr = product::jaxpr(x.clone(), x.clone());
    assert_eq!(jaxpr.out_avals()[0].to_string(), "f32[]");
    assert_eq!(
        jaxpr.to_string(),
        "{ lambda ; a:f32[1000] b:f32[1000]. let\n    c:f32[1000] = mul a b\n    d:f32[] = reduce_sum[axes=(0,) out_sharding=None] c\n  in (d,) }"
    );
    assert_eq!(product::compile_count(), 0);
    let compiled = product::lower(x.clone(), x.clone()).compile().unwrap();
    let cost = compiled.cost_analysis();
    assert_eq!(cost.flops, 2000);
    assert_eq!((compiled.memory_analysis().argument_bytes, cost.output_bytes), (8000, 4));
    assert_eq!(cost.kernels, 1, "the product is fused into the sum");
    let stages: Vec<&str> = cost.stages.iter().map(|(name, _)| *name).collect();
    assert_eq!(stages, ["nests", "fused", "schedule", "code"]);
    assert!(cost.stages.iter().all(|(_, text)| !text.is_empty() && !text.contains("Nest {")), "{:?}", cost.stages);

    assert_eq!(product(x.clone(), x.clone()).item_f32(), 1000.0);
    assert_eq!(product(jnp::ones(3), jnp::ones(3)).item_f32(), 3.0);
    assert_eq!((product::compile_count(), product::recompiles().len()), (2, 1));
    let error = product::try_call(x.clone(), jnp::ones(3)).unwrap_err();
    assert!(error.to_string().contains("incompatible shapes for broadcasting"), "{error}");
    assert!(error.to_string().contains("staged.rs:"), "{error}");
    assert!(product::try_jaxpr(x.clone(), jnp::ones(3)).is_err());
    assert_eq!(product::try_call(x.clone(), x).unwrap().item_f32(), 1000.0);
    assert_eq!(product::compile_count(), 2);
}

#[jit]
fn by_value(x: Array) -> Array {
    x * 2.0 + 1.0
}

#[jit]
fn by_reference(x: &Array) -> Array {
    x * 2.0 + 1.0
}

#[test]
fn arrays_given_by_value_are_donated_unless_somebody_holds_them() {
    let fresh = || jnp::arange(100_000).astype(DType::F32) + 0.0;
    let place = |x: &Array| x.as_slice::<f32>().as_ptr();
    let x = fresh();
    let before = place(&x);
    let y = by_value(x);
    assert_eq!(place(&y), before, "the buffer is reused");
    assert_eq!(y.as_slice::<f32>()[..3], [1.0, 3.0, 5.0]);

    let x = fresh();
    let (held, before) = (x.clone(), place(&x));
    let y = by_value(x);
    assert_ne!(place(&y), before);
    assert_eq!(held.as_slice::<f32>()[..3], [0.0, 1.0, 2.0], "a clone that is held keeps its elements");
    drop(y);

    let x = fresh();
    let y = by_reference(&x);
    assert_ne!(place(&y), place(&x));
    assert_eq!(x.as_slice::<f32>()[..3], [0.0, 1.0, 2.0]);

    // A transform's result takes its arguments by value too.
    let (doubled, x) = (jit(|x: Array| x * 2.0), fresh());
    let before = place(&x);
    assert_eq!(place(&doubled(x)), before);
}

mod elsewhere {
    use jax::prelude::*;

    #[jit]
    pub fn square(x: Array) -> Array {
        x * x
    }
}

#[jit]
fn calls_others(x: Array, n: usize) -> Array {
    let mut y = elsewhere::square(x);
    for _ in 0..n {
        y = by_value(y);
    }
    y + staged_scalar(2.0)
}

#[test]
fn staged_functions_call_each_other_and_live_anywhere() {
    let offset = staged_scalar(2.0);
    let staged = elsewhere::square::compile_count();
    assert_eq!(calls_others(jnp::array([1.0, 2.0]), 2).to_vec::<f32>(), [7.0 + offset, 19.0 + offset]);
    assert_eq!(elsewhere::square::compile_count(), staged, "what is called inside becomes part of the caller");

    #[jit]
    fn inside(x: Array) -> Array {
        #[jit]
        fn deeper(x: Array) -> Array {
            x + 1.0
        }
        deeper(x) * 2.0
    }
    assert_eq!(inside(jnp::array([1.0])).to_vec::<f32>(), [4.0]);
    assert_eq!(inside::compile_count(), 1);
    assert_eq!(grad(|x: Array| inside(x).sum(None))(jnp::array([1.0])).to_vec::<f32>(), [2.0]);
}

#[jit]
fn contested(x: &Array, k: i32) -> Array {
    let mut y = x * 1.0;
    for _ in 0..50 {
        y = y * 0.5 + k;
    }
    y
}

#[test]
fn threads_that_call_first_compile_once() {
    let x = jnp::ones(10);
    let barrier = std::sync::Barrier::new(8);
    let results: Vec<Vec<f32>> = std::thread::scope(|scope| {
        let call = || {
            barrier.wait();
            (0..20).map(|_| contested(&x, 3).to_vec::<f32>()).next_back().unwrap()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(call)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(contested::compile_count(), 1);
    assert!(results.iter().all(|result| *result == results[0]));
}
