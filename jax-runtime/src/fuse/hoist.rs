//! Loop invariants: steps of a loop's body that read nothing of the loop are moved before it.

use jax_core::kernel::{Block, Buf, Program, Step};

use super::walk;

/// Moves invariant steps out of loops, as far out as they go.
pub fn hoist(program: &mut Program) {
    // How many loops stand around each buffer's definition.
    let mut depths = vec![0; program.bufs.len()];
    let mut body = std::mem::take(&mut program.body);
    measure(&mut body, 0, &mut depths);
    block(&mut body, 0, &mut depths);
    program.body = body;
}

fn measure(block: &mut Block, depth: u32, depths: &mut [u32]) {
    for step in &mut block.steps {
        let inner = depth + matches!(step, Step::Loop(_)) as u32;
        match step {
            Step::Loop(_) => {
                let outside = results(step);
                walk::for_each_buf(step, |buf, read| {
                    if !read {
                        depths[buf.0 as usize] = if outside.contains(buf) { depth } else { inner };
                    }
                });
            }
            _ => walk::for_each_buf(step, |buf, read| {
                if !read {
                    depths[buf.0 as usize] = depth;
                }
            }),
        }
        walk::blocks(step).into_iter().for_each(|block| measure(block, inner, depths));
    }
}

/// The buffers that a loop defines for what follows it.
fn results(step: &Step) -> Vec<Buf> {
    match step {
        Step::Loop(inner) => {
            inner.carry.iter().map(|carry| carry.last).chain(inner.ys.iter().map(|&(_, stacked)| stacked)).collect()
        }
        _ => Vec::new(),
    }
}

fn block(outer: &mut Block, depth: u32, depths: &mut [u32]) {
    let mut steps = Vec::with_capacity(outer.steps.len());
    for mut step in std::mem::take(&mut outer.steps) {
        let is_loop = matches!(step, Step::Loop(_));
        for inner in walk::blocks(&mut step) {
            block(inner, depth + is_loop as u32, depths);
            if !is_loop {
                continue;
            }
            let mut rest = Vec::with_capacity(inner.steps.len());
            for mut step in std::mem::take(&mut inner.steps) {
                if invariant(&mut step, depth, depths) {
                    walk::for_each_buf(&mut step, |buf, read| {
                        if !read {
                            depths[buf.0 as usize] = depth;
                        }
                    });
                    steps.push(step);
                } else {
                    rest.push(step);
                }
            }
            inner.steps = rest;
        }
        steps.push(step);
    }
    outer.steps = steps;
}

fn invariant(step: &mut Step, depth: u32, depths: &[u32]) -> bool {
    let mut free = matches!(step, Step::Nest { .. } | Step::Reshape { .. } | Step::Sort(_));
    walk::for_each_buf(step, |buf, read| free &= !read || depths[buf.0 as usize] <= depth);
    free
}
