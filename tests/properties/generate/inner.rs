//! Steps with programs inside, which are made of such steps again.

use std::sync::Arc;

use super::{Generator, all_axes, avals, int, number};
use jax_core::array::{Array, builder};
use jax_core::base::DType;
use jax_core::control::cond::cond;
use jax_core::control::custom::{CustomJvpCall, Rule, custom_jvp_call};
use jax_core::control::remat::{Remat, remat};
use jax_core::control::scan::{Scan, scan};
use jax_core::control::while_loop::{While, while_loop};
use jax_core::ir::{Aval, ClosedJaxpr, Jaxpr};
use jax_core::prim::{arith, compare, logic, reduce, select, trig};

impl Generator {
    /// A program from these types to these, of a few steps on values that there are.
    fn program(&mut self, ins: &[Aval], outs: &[Aval]) -> Arc<Jaxpr> {
        self.depth += 1;
        let steps = self.rng.below(4);
        let closed = builder::trace(ins, |args| {
            let mut pool = args.to_vec();
            (0..steps).for_each(|_| self.step(&mut pool));
            outs.iter()
                .map(|aval| {
                    let x = self.any(&pool);
                    self.coerce(&x, aval.dtype, &aval.shape)
                })
                .collect()
        });
        self.depth -= 1;
        assert!(closed.consts.is_empty(), "an inner program closes over an array");
        closed.jaxpr
    }

    /// Whether programs may stand in programs here.
    fn deep(&self) -> bool {
        self.depth >= 2
    }

    fn several(&mut self, pool: &[Array]) -> Vec<Array> {
        let count = 1 + self.rng.below(2);
        let mut several: Vec<Array> = (0..count).map(|_| self.float(pool)).collect();
        several.push(self.of(pool, DType::I32, 0..=2));
        several
    }

    pub(super) fn branches(&mut self, pool: &[Array]) -> Vec<Array> {
        if self.deep() {
            return vec![self.unary(pool)];
        }
        let operands = self.several(pool);
        let ins = avals(&operands);
        let outs = vec![ins[0].clone(), self.out(), ins[ins.len() - 1].clone()];
        let count = 1 + self.rng.below(3);
        let branches: Vec<Arc<Jaxpr>> = (0..count).map(|_| self.program(&ins, &outs)).collect();
        // As `lax::switch` does; alone, an index out of range is taken into it.
        let index = self.places(pool, 1).swap_remove(0);
        let index = select::clamp(&int(0), &index, &int(count as i32 - 1));
        cond(&index, branches, &operands)
    }

    /// A type for a result.
    fn out(&mut self) -> Aval {
        let shape = self.shape();
        Aval::new(self.float, &shape)
    }

    pub(super) fn scanned(&mut self, pool: &[Array]) -> Vec<Array> {
        if self.deep() {
            return vec![self.binary(pool)];
        }
        // Many turns would make rounding errors large.
        let length = self.extent().min(4);
        let consts = self.several(pool);
        let carry = self.several(pool);
        let shape = self.shape();
        let stacked: Vec<usize> = [&[length], &shape[..shape.len().min(2)]].concat();
        let x = self.any(pool);
        let xs = [self.coerce(&x, self.float, &stacked)];
        let sliced: Vec<Aval> = xs.iter().map(|x| x.aval().with_shape(&x.shape()[1..])).collect();
        let ins = [avals(&consts), avals(&carry), sliced].concat();
        let outs = [avals(&carry), vec![self.out()]].concat();
        let jaxpr = self.program(&ins, &outs);
        let reverse = self.rng.chance(2);
        let unroll = 1 + self.rng.below(2);
        let primitive =
            Scan { jaxpr, length: Some(length), num_consts: consts.len(), num_carry: carry.len(), reverse, unroll };
        let results = scan(primitive, &[consts, carry, xs.to_vec()].concat());
        let most = self.most();
        results.into_iter().filter(|x| x.size() <= most).collect()
    }

    /// A loop of so many turns, or of fewer if a value that it carries says so.
    pub(super) fn looped(&mut self, pool: &[Array]) -> Vec<Array> {
        if self.deep() {
            return vec![self.unary(pool)];
        }
        let consts = self.several(pool);
        let value = self.float(pool);
        let carry = vec![int(0), value];
        let turns = if self.rng.chance(2) {
            int(self.rng.below(4) as i32)
        } else {
            let n = self.any(pool);
            let n = self.coerce(&n, DType::I32, &[]);
            arith::rem(&n, &int(4))
        };
        let bound = self.rng.float();
        let early = !self.smooth() && self.rng.chance(2);
        let ins = avals(&[std::slice::from_ref(&turns), &carry].concat());
        let cond_jaxpr = builder::trace(&ins, |args| {
            let counted = compare::lt(&args[1], &args[0]);
            if !early {
                return vec![counted];
            }
            let sum = reduce::reduce_sum(&args[2], &all_axes(&args[2]));
            vec![logic::and(&counted, &compare::gt(&sum, &number(sum.dtype(), bound)))]
        })
        .jaxpr;
        let ins = avals(&[&consts[..], &carry].concat());
        let next = self.program(&ins, &ins[ins.len() - 1..]);
        let body_jaxpr = builder::trace(&ins, |args| {
            let next = ClosedJaxpr { jaxpr: next.clone(), consts: Vec::new() };
            let mut next = jax_core::transform::eval(&next, args);
            vec![arith::add(&args[consts.len()], &int(1)), next.swap_remove(0)]
        })
        .jaxpr;
        let primitive =
            While { cond_jaxpr, body_jaxpr, cond_nconsts: 1, body_nconsts: consts.len(), checkpoints: None };
        while_loop(primitive, &[vec![turns], consts, carry].concat())
    }

    /// `x y + sin x` with its derivative as a rule.
    pub(super) fn custom(&mut self, pool: &[Array]) -> Array {
        let x = self.float(pool);
        let y = self.any(pool);
        let y = self.coerce(&y, x.dtype(), x.shape());
        let value = |x: &Array, y: &Array| arith::add(&arith::mul(x, y), &trig::sin(x));
        let call_jaxpr = builder::trace(&avals(&[x.clone(), y.clone()]), |args| vec![value(&args[0], &args[1])]).jaxpr;
        let jvp = Rule::new(move |args| {
            let [x, y, x_dot, y_dot] = args else { panic!("a rule of 2 operands got {}", args.len()) };
            let slope = arith::add(y, &trig::cos(x));
            vec![value(x, y), arith::add(&arith::mul(x_dot, &slope), &arith::mul(x, y_dot))]
        });
        custom_jvp_call(CustomJvpCall { name: "f".into(), call_jaxpr, jvp, num_consts: 0 }, &[x, y]).swap_remove(0)
    }

    pub(super) fn rematerialized(&mut self, pool: &[Array]) -> Vec<Array> {
        if self.deep() {
            return vec![self.unary(pool)];
        }
        let operands = self.several(pool);
        let outs = [self.out(), operands[0].aval().clone()];
        let jaxpr = self.program(&avals(&operands), &outs);
        remat(Remat { jaxpr, differentiated: false }, &operands)
    }
}
