//! Functions of `nn`, cumulations, and updates of repeated places beside closed forms: values far from zero, and
//! derivatives.

use jax::prelude::*;

/// Double precision, elementwise: to 14 digits, or to 1e-16, the rounding of numbers below 1 that a result near zero
/// may be the sum of.
#[track_caller]
fn assert_near(found: &Array, wanted: &[f64]) {
    let found = found.to_vec::<f64>();
    assert_eq!(found.len(), wanted.len());
    let near = |(x, y): (&f64, &f64)| x == y || (x - y).abs() <= 1e-14 * x.abs().max(y.abs()).max(1e-2);
    assert!(found.iter().zip(wanted).all(near), "{found:?} is not {wanted:?}");
}

fn f64s(values: &[f64]) -> Array {
    Array::from_slice(values, &[values.len()])
}

/// The derivative at each of these places.
fn slopes(f: impl Fn(Array) -> Array + Send + Sync, places: &[f64]) -> Array {
    grad(|x: Array| f(x).sum(None))(f64s(places))
}

/// Ordinary places, the turning point, and places where a careless formula overflows or cancels.
const PLACES: [f64; 9] = [-1e4, -30.0, -2.5, -0.5, 0.0, 0.25, 3.0, 40.0, 1e4];

#[test]
fn softmax_of_large_elements() {
    let e = 1.0f64.exp();
    for offset in [-1e4, 0.0, 1e4] {
        let x = f64s(&[offset, offset + 1.0]);
        assert_near(&nn::softmax(&x), &[1.0 / (1.0 + e), e / (1.0 + e)]);
        assert_near(&nn::log_softmax(&x), &[-(1.0 + e).ln(), 1.0 - (1.0 + e).ln()]);
        assert_near(&nn::logsumexp(&x), &[offset + (1.0 + e).ln()]);
    }
    let apart = f64s(&[-1e4, 1e4]);
    assert_near(&nn::softmax(&apart), &[0.0, 1.0]);
    assert_near(&nn::log_softmax(&apart), &[-2e4, 0.0]);
    assert_near(&nn::logsumexp(&apart), &[1e4]);
    assert_near(&nn::logsumexp(f64s(&[f64::NEG_INFINITY; 2])), &[f64::NEG_INFINITY]);
    assert_near(&nn::logsumexp(f64s(&[f64::INFINITY, 0.0])), &[f64::INFINITY]);
}

/// With `p` the softmax: `p (dx - sum(p dx))`, `dx - sum(p dx)` and `sum(p dx)`.
#[test]
fn derivatives_of_softmax() {
    for offset in [-1e4, 0.0, 1e4] {
        let x = f64s(&[offset, offset + 1.0, offset - 2.0]);
        let weights: Vec<f64> = [0.0f64, 1.0, -2.0].iter().map(|x| x.exp()).collect();
        let total: f64 = weights.iter().sum();
        let p: Vec<f64> = weights.iter().map(|w| w / total).collect();
        let first = |f: fn(Array) -> Array| grad(move |x: Array| f(x).index(0))(x.clone());
        assert_near(&first(|x| nn::softmax(x)), &[p[0] * (1.0 - p[0]), -p[0] * p[1], -p[0] * p[2]]);
        assert_near(&first(|x| nn::log_softmax(x)), &[1.0 - p[0], -p[1], -p[2]]);
        assert_near(&grad(|x: Array| nn::logsumexp(x))(x.clone()), &p);
    }
}

#[test]
fn derivatives_of_activations() {
    let at = |f: fn(f64) -> f64| PLACES.map(f);
    let sigmoid = |x: f64| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) };
    assert_near(&nn::sigmoid(f64s(&PLACES)), &at(sigmoid));
    assert_near(&slopes(|x| nn::softplus(x), &PLACES), &at(sigmoid));
    assert_near(&slopes(|x| nn::log_sigmoid(x), &PLACES), &at(|x| 1.0 / (1.0 + x.exp())));
    assert_near(&slopes(|x| nn::relu(x), &PLACES), &at(|x| f64::from(x > 0.0)));
    assert_near(&slopes(|x| nn::elu(x), &PLACES), &at(|x| x.min(0.0).exp()));
    // No cancellation where `exp(x)` is far below 1.
    for x in [-15.0f32, -30.0, -80.0] {
        let slope = grad(|x: Array| nn::elu_with(x, 2.0).sum(None))(jnp::array([x])).to_vec::<f32>()[0] as f64;
        let exact = 2.0 * (x as f64).exp();
        assert!((slope - exact).abs() <= 1e-6 * exact, "{x}: {slope} and {exact}");
        let second = grad(|x: Array| grad(|x: Array| nn::selu(x).sum(None))(x).sum(None))(jnp::array([x]));
        let exact = 1.050_700_987_355_480_5 * 1.673_263_242_354_377_2 * (x as f64).exp();
        assert!((second.to_vec::<f32>()[0] as f64 - exact).abs() <= 2e-6 * exact, "{x}: {second} and {exact}");
    }
    assert_near(&slopes(|x| nn::soft_sign(x), &PLACES), &at(|x| (1.0 + x.abs()).powi(-2)));
    let gelu = |x: f64| {
        let c = (2.0 / std::f64::consts::PI).sqrt();
        let t = (c * (x + 0.044715 * x.powi(3))).tanh();
        0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * c * (1.0 + 3.0 * 0.044715 * x * x)
    };
    assert_near(&slopes(|x| nn::gelu(x), &PLACES), &at(gelu));
}

#[test]
fn softplus_is_the_identity_far_out() {
    let ln_2 = std::f64::consts::LN_2;
    assert_near(
        &nn::softplus(f64s(&[-1e4, -1.0, 0.0, 1.0, 1e4])),
        &[0.0, (-1.0f64).exp().ln_1p(), ln_2, 1.0 + (-1.0f64).exp().ln_1p(), 1e4],
    );
}

/// Repeated places: every update counts, and so do their derivatives.
#[test]
fn updates_of_repeated_places() {
    let x = f64s(&[2.0, 3.0, 5.0]);
    let (places, y) = ([0, 0, 2], f64s(&[7.0, 11.0, 13.0]));
    assert_near(&x.at(places).multiply(&y), &[154.0, 3.0, 65.0]);
    assert_near(&x.at(places).divide(&y), &[2.0 / 77.0, 3.0, 5.0 / 13.0]);
    assert_near(&x.at(places).min(&y), &[2.0, 3.0, 5.0]);
    assert_near(&x.at(places).max(&y), &[11.0, 3.0, 13.0]);
    let by_x = grad(|x: Array| x.at([0, 0, 2]).multiply(f64s(&[7.0, 11.0, 13.0])).sum(None))(x.clone());
    assert_near(&by_x, &[77.0, 1.0, 13.0]);
    let largest = |y: Array| f64s(&[2.0, 3.0, 5.0]).at([0, 0, 2]).max(y).sum(None);
    assert_near(&grad(largest)(f64s(&[7.0, 7.0, 4.0])), &[0.5, 0.5, 0.0]);
}

/// The derivative of a product by one factor is the product of the others, zeros among them or not.
#[test]
fn cumulations_and_their_derivatives() {
    let x = f64s(&[2.0, 0.0, 5.0, -3.0]);
    assert_near(&jnp::cumsum(&x), &[2.0, 2.0, 7.0, 4.0]);
    assert_near(&lax::cumprod(&x, 0, true), &[0.0, 0.0, -15.0, -3.0]);
    assert_near(&jnp::cummin(&x), &[2.0, 0.0, 0.0, -3.0]);
    assert_near(&grad(|x: Array| jnp::cumsum(x).sum(None))(x.clone()), &[4.0, 3.0, 2.0, 1.0]);
    assert_near(&grad(|x: Array| jnp::cumprod(x).index(-1))(x.clone()), &[0.0, -30.0, 0.0, 0.0]);
    assert_near(&grad(|x: Array| jnp::cummax(x).sum(None))(x), &[2.0, 0.0, 2.0, 0.0]);
}
