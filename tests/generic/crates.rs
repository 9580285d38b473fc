//! Crates that never heard of this one.

use easer::functions::{Back, Cubic, Easing, Quint, Sine};
use jax::prelude::*;
use num_complex::Complex;
use num_quaternion::{Quaternion, UnitQuaternion};

use crate::{close, difference};

type Number = Tracer<f64>;

/// Complex functions of one complex number, against num-complex on `f64`, with the derivative of the real part along
/// the real axis.
#[test]
fn complex_functions() {
    macro_rules! check {
        ($($name:literal |$z:ident| $body:expr;)*) => {
            $({
                let plain = |$z: Complex<f64>| $body;
                let traced = |$z: Complex<Number>| $body;
                let staged = jit(traced);
                let slope = grad(move |z: Complex<Number>| traced(z).re);
                for (re, im) in [(0.5, 0.25), (-1.5, 2.0)] {
                    let z = Complex::new(Number::known(re), Number::known(im));
                    let (got, expected) = (staged(z), plain(Complex::new(re, im)));
                    close($name, got.re.number(), expected.re, 1e-13);
                    close($name, got.im.number(), expected.im, 1e-13);
                    let d = slope(z);
                    close($name, d.re.number(), difference(|re| plain(Complex::new(re, im)).re, re), 1e-8);
                    close($name, d.im.number(), difference(|im| plain(Complex::new(re, im)).re, im), 1e-8);
                }
            })*
        };
    }
    check! {
        "mul" |z| z * z;
        "div" |z| z / (z + z * z);
        "ln" |z| z.ln();
        "sin" |z| z.sin();
        "cos" |z| z.cos();
        "tan" |z| z.tan();
        "sinh" |z| z.sinh();
        "cosh" |z| z.cosh();
        "tanh" |z| z.tanh();
        "norm" |z| Complex::from(z.norm());
        "arg" |z| Complex::from(z.arg());
        "polar" |z| { let (r, theta) = z.to_polar(); Complex::from_polar(r, theta) };
        "inv" |z| z.inv();
        "powi" |z| z.powi(5);
        "powu" |z| z.powu(3);
        "conj" |z| z.conj() * z;
        "scale" |z| z.scale(z.re).unscale(z.im);
        "l1_norm" |z| Complex::from(z.l1_norm());
    }
}

/// The angle by which a rotation turns a vector, as a function of the three angles of Euler.
fn turned<T: num_traits::Float>(roll: T, pitch: T, yaw: T) -> T {
    let q = UnitQuaternion::from_euler_angles(roll, pitch, yaw).into_quaternion();
    let v = Quaternion::new(T::zero(), T::one(), T::one() + T::one(), T::zero());
    let r = q * v * q.conj();
    r.x * T::from(3.0).unwrap() - r.y * r.z
}

#[test]
fn quaternions() {
    let (a, b, c) = (0.3, -0.8, 1.7);
    let staged = jit(turned::<Number>);
    close("value", staged(a.into(), b.into(), c.into()).number(), turned(a, b, c), 1e-13);
    let (da, db, dc) = grad(turned::<Number>).argnums((ARG0, ARG1, ARG2))(a.into(), b.into(), c.into());
    close("roll", da.number(), difference(|a| turned(a, b, c), a), 1e-8);
    close("pitch", db.number(), difference(|b| turned(a, b, c), b), 1e-8);
    close("yaw", dc.number(), difference(|c| turned(a, b, c), c), 1e-8);
}

#[test]
fn easing() {
    let ease = |t: Number| {
        let (b, c, d) = (Number::known(2.0), Number::known(3.0), Number::known(4.0));
        Back::ease_in(t, b, c, d)
            + Cubic::ease_out(t, b, c, d)
            + Quint::ease_in(t, b, c, d)
            + Sine::ease_in_out(t, b, c, d)
    };
    let plain = |t: f64| {
        let (b, c, d) = (2.0, 3.0, 4.0);
        Back::ease_in(t, b, c, d)
            + Cubic::ease_out(t, b, c, d)
            + Quint::ease_in(t, b, c, d)
            + Sine::ease_in_out(t, b, c, d)
    };
    let (staged, slope) = (jit(ease), grad(ease));
    let frames = vmap(move |t: Array| Array::from(ease(t.into())));
    let all = frames(jnp::array(vec![0.0, 1.0, 2.5])).to_vec::<f64>();
    for (i, t) in [0.0, 1.0, 2.5].into_iter().enumerate() {
        close("value", staged(t.into()).number(), plain(t), 1e-13);
        close("grad", slope(t.into()).number(), difference(plain, t), 1e-8);
        close("vmap", all[i], plain(t), 1e-13);
    }
}

#[test]
fn matrices_of_ndarray() {
    let energy = |x: Number| {
        let a = ndarray::arr2(&[[x, 2.0.into()], [x * x, x.inv_square()]]);
        let b = a.dot(&a.t());
        b.dot(&ndarray::arr1(&[x, 1.0.into()])).sum() / b.diag().mean().unwrap()
    };
    let plain = |x: f64| {
        let a = ndarray::arr2(&[[x, 2.0], [x * x, 1.0 / (x * x)]]);
        let b = a.dot(&a.t());
        b.dot(&ndarray::arr1(&[x, 1.0])).sum() / b.diag().mean().unwrap()
    };
    close("value", jit(energy)(0.7.into()).number(), plain(0.7), 1e-13);
    close("grad", grad(energy)(0.7.into()).number(), difference(plain, 0.7), 1e-8);
}

trait InverseSquare {
    fn inv_square(self) -> Self;
}

impl<T: num_traits::Float> InverseSquare for T {
    fn inv_square(self) -> T {
        (self * self).recip()
    }
}
