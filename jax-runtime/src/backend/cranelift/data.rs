//! The constants of a nest that its code reads from memory: tables, and the addends of multiply-adds.

use cranelift_codegen::ir::{Function, GlobalValue};
use cranelift_jit::JITModule;
use cranelift_module::{DataDescription, Module};
use jax_core::kernel::Op;

use super::host::Compiled;
use crate::memory::ALIGN;
use crate::schedule::{LoopNest, Target};

/// Where a nest's constants are.
#[derive(Debug)]
pub struct Data {
    /// The tables, by node.
    pub tables: Vec<Option<GlobalValue>>,
    /// The addends.
    pub addends: Option<GlobalValue>,
    /// Where among the addends those of a multiply-add are: by node, the first byte. Each vector of a step has a copy
    /// of its own, so that each is read once, by the instruction that adds it.
    pub places: Vec<Option<usize>>,
}

impl Data {
    /// Puts the constants of a nest into a module, for use by a function.
    pub fn new(loops: &LoopNest, target: &Target, module: &mut JITModule, func: &mut Function) -> Compiled<Data> {
        let nodes = loops.nest.body.nodes();
        let mut tables = vec![None; nodes.len()];
        for (node, _) in loops.needed.iter().enumerate().filter(|(_, needed)| **needed) {
            if let Op::Table { table, .. } = &nodes[node].op {
                let bytes = table.iter().flat_map(|entry| entry.to_bytes()).collect();
                tables[node] = Some(define(bytes, module, func)?);
            }
        }
        let (bytes, places) = addends(loops, target);
        let addends = if bytes.is_empty() { None } else { Some(define(bytes, module, func)?) };
        Ok(Data { tables, addends, places })
    }
}

/// The addends of a nest's multiply-adds as vectors, and where each begins.
fn addends(loops: &LoopNest, target: &Target) -> (Vec<u8>, Vec<Option<usize>>) {
    let body = &loops.nest.body;
    let (mut bytes, mut places) = (Vec::new(), vec![None; body.nodes().len()]);
    let Some(vector) = loops.vector.filter(|_| target.memory_operands && target.fma) else { return (bytes, places) };
    for (node, place) in places.iter_mut().enumerate() {
        let Op::MulAdd(_, _, addend) = body.nodes()[node].op else { continue };
        let Some(value) = body.as_const(addend).filter(|value| value.dtype().is_float()) else { continue };
        // Narrower elements than those that the lanes were chosen for are not in vector registers.
        if loops.needed[node] && vector.lanes * value.dtype().size() >= target.vector_bytes {
            *place = Some(bytes.len());
            (0..vector.lanes * vector.unroll).for_each(|_| bytes.extend(value.to_bytes()));
        }
    }
    (bytes, places)
}

fn define(bytes: Vec<u8>, module: &mut JITModule, func: &mut Function) -> Compiled<GlobalValue> {
    let data = module.declare_anonymous_data(false, false)?;
    let mut description = DataDescription::new();
    description.define(bytes.into_boxed_slice());
    description.set_align(ALIGN as u64);
    module.define_data(data, &description)?;
    Ok(module.declare_data_in_func(data, func))
}
