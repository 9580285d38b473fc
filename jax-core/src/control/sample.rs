//! Operands that laws are tested on, for primitives with programs inside.

use std::sync::Arc;

use super::cond::Cond;
use super::custom::{CustomJvpCall, CustomVjpCall, Rule};
use super::remat::Remat;
use super::scan::Scan;
use super::while_loop::While;
use crate::array::{Array, builder};
use crate::base::{DType, Scalar};
use crate::ir::{Aval, Jaxpr, Sample};
use crate::prim::arith::{add, mul, neg, sub};
use crate::prim::compare::lt;
use crate::prim::exp_log::exp;
use crate::prim::reduce::reduce_sum;
use crate::prim::sample::{cycle, integers};
use crate::prim::shape::broadcast_in_dim;
use crate::prim::trig::{cos, sin, tanh};

/// The program of a function that closes over nothing but scalars.
fn program(args: &[Array], f: impl Fn(&[Array]) -> Vec<Array>) -> Arc<Jaxpr> {
    let avals: Vec<Aval> = args.iter().map(|arg| arg.aval().clone()).collect();
    builder::trace(&avals, f).jaxpr
}

fn integer(value: i32) -> Array {
    Array::scalar(Scalar::from_i128(DType::I32, value as i128))
}

/// Makers of scalars and of arrays of a float dtype.
fn floats(dtype: DType) -> (impl Fn(f64) -> Array + Copy, impl Fn(&[usize]) -> Array + Copy) {
    let float = move |value| Array::scalar(Scalar::from_f64(dtype, value));
    (float, move |shape: &[usize]| cycle(dtype, shape, &[0.3, -1.5, 0.7, -0.2, 1.1]))
}

/// A scalar repeated to a shape.
fn repeat(x: &Array, shape: &[usize]) -> Array {
    broadcast_in_dim(x, shape, &[])
}

fn conds(dtype: DType) -> Vec<Sample> {
    let (float, vector) = floats(dtype);
    let operands = [vector(&[3]), float(0.4), integer(5)];
    let branches = vec![
        program(&operands, |x| vec![mul(&sin(&x[0]), &repeat(&x[1], &[3])), x[2].clone()]),
        program(&operands, |x| vec![x[0].clone(), add(&x[2], &integer(1))]),
        program(&operands, |x| vec![exp(&repeat(&x[1], &[3])), integer(7)]),
    ];
    let at = |index| Sample::new(Cond { branches: branches.clone() }, [&[integer(index)], &operands[..]].concat());
    let one = Cond { branches: vec![program(&operands[..1], |x| vec![neg(&x[0])])] };
    vec![at(0), at(1), at(2), at(-4), at(9), Sample::new(one, vec![integer(0), vector(&[3])])]
}

fn whiles(dtype: DType) -> Vec<Sample> {
    let (float, vector) = floats(dtype);
    // Carried: a counter, and a value that is doubled and shifted; the limit and the shift are consts.
    let carry = [integer(0), vector(&[2])];
    let limit = integer(3);
    let shift = float(0.25);
    let counted = While {
        cond_jaxpr: program(&[std::slice::from_ref(&limit), &carry].concat(), |x| vec![lt(&x[1], &x[0])]),
        body_jaxpr: program(&[std::slice::from_ref(&shift), &carry].concat(), |x| {
            vec![add(&x[1], &integer(1)), add(&mul(&x[2], &sin(&x[2])), &repeat(&x[0], &[2]))]
        }),
        cond_nconsts: 1,
        body_nconsts: 1,
        checkpoints: None,
    };
    let given = |limit: Array| [&[limit, shift.clone()], &carry[..]].concat();
    // The predicate depends on the value itself.
    let start = [float(1.0)];
    let growing = While {
        cond_jaxpr: program(&start, |x| vec![lt(&x[0], &float(50.0))]),
        body_jaxpr: program(&start, |x| vec![mul(&x[0], &float(2.5))]),
        cond_nconsts: 0,
        body_nconsts: 0,
        checkpoints: None,
    };
    vec![
        Sample::new(counted.clone(), given(limit)),
        Sample::new(counted, given(integer(0))),
        Sample::new(While { checkpoints: Some(2), ..growing.clone() }, vec![float(1.3)]),
        Sample::new(growing.clone(), vec![float(1.3)]),
        Sample::new(growing, vec![float(60.0)]),
    ]
}

fn scans(dtype: DType) -> Vec<Sample> {
    let (float, vector) = floats(dtype);
    let turn = |length, reverse, unroll| {
        // A const, a carried value and a carried counter, slices of floats and of integers.
        let ins = [float(0.5), vector(&[2]), integer(0), vector(&[2]), integer(1)];
        let jaxpr = program(&ins, |x| {
            let next = add(&mul(&x[1], &sin(&x[3])), &repeat(&x[0], &[2]));
            vec![next.clone(), add(&x[2], &x[4]), reduce_sum(&mul(&next, &x[1]), &[0]), x[4].clone()]
        });
        let scan = Scan { jaxpr, length: Some(length), num_consts: 1, num_carry: 2, reverse, unroll };
        let xs = [vector(&[length, 2]), integers(DType::I32, &[length], 0)];
        Sample::new(scan, [&ins[..3], &xs[..]].concat())
    };
    let carry_only = {
        let jaxpr = program(&[float(0.0)], |x| vec![tanh(&x[0])]);
        Scan { jaxpr, length: Some(4), num_consts: 0, num_carry: 1, reverse: false, unroll: 1 }
    };
    let map_only = {
        let jaxpr = program(&[float(2.0), vector(&[2])], |x| vec![mul(&repeat(&x[0], &[2]), &cos(&x[1]))]);
        Scan { jaxpr, length: Some(3), num_consts: 1, num_carry: 0, reverse: false, unroll: 1 }
    };
    vec![
        turn(3, false, 1),
        turn(3, true, 1),
        turn(4, false, 2),
        turn(1, false, 1),
        turn(0, false, 1),
        Sample::new(carry_only, vec![float(0.9)]),
        Sample::new(map_only, vec![float(2.0), vector(&[3, 2])]),
    ]
}

fn custom(dtype: DType) -> Vec<Sample> {
    let (_, vector) = floats(dtype);
    // `x y + sin x`, with its true derivative as the rule.
    let operands = [vector(&[3]), vector(&[3])];
    let call_jaxpr = program(&operands, |x| vec![add(&mul(&x[0], &x[1]), &sin(&x[0]))]);
    let jvp = Rule::new(|args| {
        let [x, y, x_dot, y_dot] = args else { crate::bug!("a rule of 2 operands got {}", args.len()) };
        let ans = add(&mul(x, y), &sin(x));
        vec![ans, add(&mul(x_dot, &add(y, &cos(x))), &mul(x, y_dot))]
    });
    let fwd = Rule::new(|args| {
        let (x, y) = (&args[0], &args[1]);
        vec![add(&mul(x, y), &sin(x)), x.clone(), add(y, &cos(x))]
    });
    let bwd = Rule::new(|args| vec![mul(&args[1], &args[2]), mul(&args[0], &args[2])]);
    let with_jvp = CustomJvpCall { name: "f".into(), call_jaxpr: call_jaxpr.clone(), jvp, num_consts: 0 };
    let with_vjp = CustomVjpCall { name: "f".into(), call_jaxpr, fwd, bwd, num_consts: 0 };
    vec![Sample::new(with_jvp, operands.to_vec()), Sample::new(with_vjp, operands.to_vec())]
}

fn remats(dtype: DType) -> Vec<Sample> {
    let (float, vector) = floats(dtype);
    let operands = [vector(&[3]), float(0.4), integer(2)];
    let jaxpr = program(&operands, |x| {
        let y = mul(&sin(&x[0]), &repeat(&x[1], &[3]));
        vec![sub(&mul(&y, &y), &x[0]), add(&x[2], &integer(1))]
    });
    vec![Sample::new(Remat { jaxpr, differentiated: false }, operands.to_vec())]
}

/// Operands that laws are tested on.
pub(crate) fn samples() -> Vec<Sample> {
    let of = |dtype| [conds(dtype), whiles(dtype), scans(dtype), custom(dtype), remats(dtype)].concat();
    [of(DType::F32), of(DType::F64)].concat()
}
