//! The price of an option by Black and Scholes, written once for any float: the price, its derivatives, a book of them.

use jax::prelude::*;
use num_traits::Float;

use crate::{close, difference};

/// The cumulative normal distribution, by the series of Zelen and Severo (Abramowitz and Stegun 26.2.17, which is
/// accurate to 7.5e-8).
fn normal_cdf<T: Float>(x: T) -> T {
    let c = |value: f64| T::from(value).unwrap();
    let t = (T::one() + c(0.2316419) * x.abs()).recip();
    let series = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.319381530];
    let tail = series.iter().fold(T::zero(), |sum, &next| (sum + c(next)) * t);
    let density = (-x * x / c(2.0)).exp() / c(2.0 * std::f64::consts::PI).sqrt();
    c(0.5) + x.signum() * (c(0.5) - density * tail)
}

fn black_scholes<T: Float>(spot: T, strike: T, rate: T, volatility: T, time: T) -> T {
    let two = T::one() + T::one();
    let deviation = volatility * time.sqrt();
    let d1 = ((spot / strike).ln() + (rate + volatility * volatility / two) * time) / deviation;
    let d2 = d1 - deviation;
    spot * normal_cdf(d1) - strike * (-rate * time).exp() * normal_cdf(d2)
}

/// The same on arrays, as one would write it without generics.
fn on_arrays(spot: Array, strike: Array, rate: Array, volatility: Array, time: Array) -> Array {
    let cdf = |x: &Array| {
        let slope: Array = 1.0 + 0.2316419 * x.abs();
        let t = slope.recip();
        let series = [-1.821255978, 1.781477937, -0.356563782, 0.319381530];
        let tail = series.iter().fold(1.330274429 * &t, |sum, &next| (sum + next) * &t);
        let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        0.5 + x.signum() * (0.5 - density * tail)
    };
    let deviation = &volatility * time.sqrt();
    let d1 = ((&spot / &strike).ln() + (&rate + &volatility * &volatility / 2.0) * &time) / &deviation;
    let d2 = &d1 - &deviation;
    &spot * cdf(&d1) - &strike * (-&rate * &time).exp() * cdf(&d2)
}

type Number = Tracer<f64>;
const POINT: (f64, f64, f64, f64, f64) = (100.0, 95.0, 0.03, 0.25, 0.5);

fn plain(spot: f64, volatility: f64) -> f64 {
    black_scholes(spot, POINT.1, POINT.2, volatility, POINT.4)
}

fn point() -> (Number, Number, Number, Number, Number) {
    (POINT.0.into(), POINT.1.into(), POINT.2.into(), POINT.3.into(), POINT.4.into())
}

#[test]
fn price_and_greeks() {
    let (s, k, r, v, t) = point();
    let price = jit(black_scholes::<Number>);
    close("price", price(s, k, r, v, t).number(), plain(POINT.0, POINT.3), 1e-13);

    let delta = grad(black_scholes::<Number>);
    close("delta", delta(s, k, r, v, t).number(), difference(|s| plain(s, POINT.3), POINT.0), 1e-8);
    let vega = grad(black_scholes::<Number>).argnums(ARG3);
    close("vega", vega(s, k, r, v, t).number(), difference(|v| plain(POINT.0, v), POINT.3), 1e-7);
    let gamma = grad(grad(black_scholes::<Number>));
    let expected = difference(|s| delta(s.into(), k, r, v, t).number(), POINT.0);
    close("gamma", gamma(s, k, r, v, t).number(), expected, 1e-8);
    let vanna = grad(grad(black_scholes::<Number>)).argnums(ARG3);
    let expected = difference(|v| delta(s, k, r, v.into(), t).number(), POINT.3);
    close("vanna", vanna(s, k, r, v, t).number(), expected, 1e-7);

    let (value, slope) =
        jvp(black_scholes::<Number>, (s, k, r, v, t), (1.0.into(), 0.0.into(), 0.0.into(), 0.0.into(), 0.0.into()));
    close("jvp", value.number(), plain(POINT.0, POINT.3), 1e-13);
    close("jvp", slope.number(), delta(s, k, r, v, t).number(), 1e-13);
}

#[test]
fn a_book_of_options() {
    let spots = [80.0, 100.0, 120.0, 140.0];
    let volatilities = [0.1, 0.2, 0.3, 0.4];
    let priced = |spot: Array, volatility: Array| {
        let (_, k, r, _, t) = point();
        Array::from(black_scholes(spot.into(), k, r, volatility.into(), t))
    };
    let book = vmap(priced);
    let prices = book(jnp::array(vec![80.0, 100.0, 120.0, 140.0]), jnp::array(volatilities.to_vec())).to_vec::<f64>();
    let deltas = vmap(grad(priced)).in_axes((0, None));
    let deltas = deltas(jnp::array(spots.to_vec()), Array::from_slice(&[0.25], &[])).to_vec::<f64>();
    for i in 0..4 {
        close("price", prices[i], plain(spots[i], volatilities[i]), 1e-13);
        close("delta", deltas[i], difference(|s| plain(s, 0.25), spots[i]), 1e-8);
    }
}

#[test]
fn the_jaxpr_is_that_of_arrays() {
    let array = |value: f64| value.into_array();
    let (s, k, r, v, t) = POINT;
    let generic = make_jaxpr(black_scholes::<Tracer>)(s.into(), k.into(), r.into(), v.into(), t.into());
    let written = make_jaxpr(on_arrays)(array(s), array(k), array(r), array(v), array(t));
    // The zero that the generic sum begins with is a known number, and so is what is added to it.
    assert_eq!(generic.to_string(), written.to_string());
    let deltas = (make_jaxpr(grad(black_scholes::<Tracer>)), make_jaxpr(grad(on_arrays)));
    let generic = deltas.0(s.into(), k.into(), r.into(), v.into(), t.into());
    assert_eq!(generic.to_string(), deltas.1(array(s), array(k), array(r), array(v), array(t)).to_string());
}
