//! Primitives with programs inside, their programs being run one turn after another.

use std::sync::Arc;

use jax_core::array::Array;
use jax_core::control::cond::Cond;
use jax_core::control::custom::{CustomJvpCall, CustomVjpCall};
use jax_core::control::remat::Remat;
use jax_core::control::scan::Scan;
use jax_core::control::while_loop::While;
use jax_core::ir::{ClosedJaxpr, Jaxpr, Sample};
use jax_core::transform::eval;

use super::super::batching::stack;
use super::super::check::*;

fn call(jaxpr: &Arc<Jaxpr>, args: &[Array]) -> Vec<Array> {
    eval(&ClosedJaxpr { jaxpr: jaxpr.clone(), consts: Vec::new() }, args)
}

/// The results of a sample; `None` for other families.
pub fn results(sample: &Sample) -> Option<Vec<Array>> {
    let (prim, args) = (&sample.prim, &sample.args);
    if let Some(p) = prim.downcast::<Cond>() {
        let index = args[0].item_i64().clamp(0, p.branches.len() as i64 - 1);
        Some(call(&p.branches[index as usize], &args[1..]))
    } else if let Some(p) = prim.downcast::<While>() {
        let (cond_consts, rest) = args.split_at(p.cond_nconsts);
        let (body_consts, init) = rest.split_at(p.body_nconsts);
        let mut carry = init.to_vec();
        while call(&p.cond_jaxpr, &[cond_consts, &carry].concat())[0].item_bool() {
            carry = call(&p.body_jaxpr, &[body_consts, &carry].concat());
        }
        Some(carry)
    } else if let Some(p) = prim.downcast::<Scan>() {
        Some(scan(p, args))
    } else if let Some(p) = prim.downcast::<CustomJvpCall>() {
        Some(call(&p.call_jaxpr, args))
    } else if let Some(p) = prim.downcast::<CustomVjpCall>() {
        Some(call(&p.call_jaxpr, args))
    } else {
        prim.downcast::<Remat>().map(|p| call(&p.jaxpr, args))
    }
}

fn scan(p: &Scan, args: &[Array]) -> Vec<Array> {
    let (consts, rest) = args.split_at(p.num_consts);
    let (init, xs) = rest.split_at(p.num_carry);
    let mut carry = init.to_vec();
    let length = p.length.unwrap_or_else(|| panic!("a length of run time"));
    let mut ys = vec![Vec::new(); length];
    let turns: Vec<usize> = if p.reverse { (0..length).rev().collect() } else { (0..length).collect() };
    for turn in turns {
        let slice = |x: &Array| {
            let size: usize = x.shape()[1..].iter().product();
            array(x.dtype(), &x.shape()[1..], x.scalars()[turn * size..][..size].to_vec())
        };
        let slices: Vec<Array> = xs.iter().map(slice).collect();
        carry = call(&p.jaxpr, &[consts, &carry, &slices].concat());
        ys[turn] = carry.split_off(p.num_carry);
    }
    let outs = &p.jaxpr.out_avals()[p.num_carry..];
    let stacked = outs.iter().enumerate().map(|(i, aval)| {
        let elements: Vec<Array> = ys.iter().map(|ys| ys[i].clone()).collect();
        stack(&elements, aval.dtype, &aval.shape, 0)
    });
    carry.into_iter().chain(stacked).collect()
}
