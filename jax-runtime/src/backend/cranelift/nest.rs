//! Loops of one nest. Each node of the body is computed in the outermost loop that it can be, addresses are
//! advanced loop by loop, and the vector loop runs in steps of several vectors, then of one, then of one point.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};
use jax_core::base::{DType, Scalar};
use jax_core::bug;
use jax_core::kernel::expand;
use jax_core::kernel::{Binary, Body, Combine, Id, Op, Reduction, Sink};
use smallvec::SmallVec;

use super::data::Data;
use super::value::{Emit, Val};
use crate::schedule::{Access, LoopNest, Vector};

/// Where an input of a nest is.
#[derive(Clone, Debug)]
pub enum Source {
    /// In memory.
    Memory(Value),
    /// Its only element is in registers.
    Register(Val),
}

/// Emits one nest, or the range of one that a thread takes.
pub struct Nester<'e, 'f> {
    e: &'e mut Emit<'f>,
    loops: &'e LoopNest,
    /// The body's constants in memory.
    data: &'e Data,
    /// Where the address of the addends is kept, and in a step of the vector loop the address.
    slot: Option<Value>,
    addends: Option<Value>,
    /// Addresses of the loads, by node, and of the results, advanced through the loops entered.
    addresses: Vec<Option<Value>>,
    stores: Vec<Value>,
    ins: &'e [Source],
    /// Results that are one element each, which are not stored.
    results: Vec<Val>,
    /// How many loops each node is within.
    levels: Vec<usize>,
    /// The `Rare` node in whose branch a node is computed.
    context: Vec<Option<usize>>,
    /// The coordinate of each loop entered, of the first point of the step.
    index: Vec<Option<Value>>,
    /// Values of nodes outside the vector loop, then of each vector of a step.
    shared: Vec<Option<Val>>,
    copies: Vec<Vec<Option<Val>>>,
    /// How many vectors a step has.
    unroll: usize,
    /// The vector loop's axis and lanes while inside it.
    inside: bool,
    /// The part of the outermost loop that runs, if not all.
    range: Option<(Value, Value)>,
}

/// Emits the loops of a nest; `range` limits the outermost one. Results of one element each are given back, and not
/// stored.
pub fn emit(
    e: &mut Emit<'_>,
    loops: &LoopNest,
    data: &Data,
    ins: &[Source],
    outs: &[Value],
    range: Option<(Value, Value)>,
) -> Vec<Val> {
    if let Sink::Scatter { base, .. } = &loops.nest.sink {
        let base = *base as usize;
        let Source::Memory(from) = ins[base] else { bug!("a scatter into registers") };
        super::program::copy(e, outs[0], from, loops.nest.inputs[base].bytes());
    }
    let kept: usize = loops.extents[..loops.kept].iter().product();
    if kept == 0 || (loops.points() == 0 && !matches!(loops.nest.sink, Sink::Reduce { .. })) {
        return Vec::new();
    }
    let count = loops.nest.body.nodes().len();
    let context = contexts(loops);
    let levels = levels(loops, &context);
    let mut nester = Nester {
        loops,
        data,
        slot: None,
        addends: None,
        addresses: vec![None; count],
        stores: outs.to_vec(),
        ins,
        results: Vec::new(),
        levels,
        context,
        index: vec![None; loops.extents.len()],
        shared: vec![None; count],
        copies: vec![vec![None; count]],
        unroll: 1,
        inside: false,
        range,
        e,
    };
    nester.slot = data.addends.map(|addends| nester.e.kept_address(addends));
    for (node, access) in loops.loads.iter().enumerate() {
        if let (Some(access), Op::Load { input, .. }) = (access, &loops.nest.body.nodes()[node].op) {
            let size = loops.nest.body.nodes()[node].dtype.size() as i64;
            if let Source::Memory(first) = ins[*input as usize] {
                nester.addresses[node] = Some(nester.offset(first, access.offset * size));
            }
        }
    }
    for (position, ty) in loops.nest.outputs().iter().enumerate() {
        nester.stores[position] = nester.offset(outs[position], loops.store.offset * ty.dtype.size() as i64);
    }
    nester.enter(0, Vec::new());
    nester.results
}

/// In how many loops each node varies: the position after the innermost one.
fn levels(loops: &LoopNest, context: &[Option<usize>]) -> Vec<usize> {
    let nodes = loops.nest.body.nodes();
    let mut levels = vec![0; nodes.len()];
    for (position, node) in nodes.iter().enumerate() {
        let level = match (&node.op, &loops.loads[position]) {
            (Op::Axis(axis), _) => loops.loop_of[*axis as usize].map_or(0, |axis| axis + 1),
            (Op::Load { .. }, Some(access)) => access_level(access, &levels),
            (Op::Load { .. }, None) => 0,
            (op, _) => {
                let mut level = 0;
                op.for_each_arg(|id| level = level.max(levels[id.0 as usize]));
                level
            }
        };
        levels[position] = level;
    }
    // What only a rare value needs is computed where the rare value is.
    for position in (0..nodes.len()).rev() {
        if let Some(rare) = context[position] {
            levels[position] = levels[position].max(levels[rare]);
        }
    }
    levels
}

fn access_level(access: &Access, levels: &[usize]) -> usize {
    let strided = access.strides.iter().rposition(|&stride| stride != 0).map_or(0, |axis| axis + 1);
    access.terms.iter().map(|(id, _)| levels[id.0 as usize]).max().unwrap_or(0).max(strided)
}

/// The innermost `Rare` node that every use of a node goes through on its rare side.
fn contexts(loops: &LoopNest) -> Vec<Option<usize>> {
    let nodes = loops.nest.body.nodes();
    // `None`: no use seen yet. Users come after their arguments, so walking back a node's context is final.
    let mut found: Vec<Option<Option<usize>>> = vec![None; nodes.len()];
    let mut depth = vec![1usize; nodes.len()];
    let roots = loops.values().into_iter().chain(loops.store.terms.iter().map(|&(id, _)| id));
    roots.for_each(|id| found[id.0 as usize] = Some(None));
    for position in (0..nodes.len()).rev() {
        let Some(own) = found[position] else { continue };
        depth[position] = own.map_or(1, |outer| depth[outer] + 1);
        let mut uses: SmallVec<[(Id, Option<usize>); 4]> = SmallVec::new();
        match (&nodes[position].op, &loops.loads[position]) {
            (Op::Load { .. }, Some(access)) => uses.extend(access.terms.iter().map(|&(id, _)| (id, own))),
            (Op::Rare { pred, rare, common }, _) => {
                uses.extend([(*pred, own), (*rare, Some(position)), (*common, own)]);
            }
            (op, _) => op.for_each_arg(|id| uses.push((id, own))),
        }
        for (Id(id), context) in uses {
            let mut contexts = [found[id as usize].unwrap_or(context), context];
            while contexts[0] != contexts[1] {
                let depths = contexts.map(|context| context.map_or(0, |rare| depth[rare]));
                let deeper = usize::from(depths[1] > depths[0]);
                contexts[deeper] = contexts[deeper].and_then(|rare| found[rare].flatten());
            }
            found[id as usize] = Some(contexts[0]);
        }
    }
    found.into_iter().map(Option::flatten).collect()
}

impl Nester<'_, '_> {
    fn offset(&mut self, address: Value, bytes: i64) -> Value {
        if bytes == 0 { address } else { self.e.b.ins().iadd_imm_s(address, bytes) }
    }

    /// Whether each result is one element.
    fn is_single(&self) -> bool {
        self.loops.kept == 0 && self.range.is_none() && !matches!(self.loops.nest.sink, Sink::Scatter { .. })
    }

    fn vector(&self) -> Option<Vector> {
        self.loops.vector.filter(|_| self.inside)
    }

    fn is_shared(&self, node: usize) -> bool {
        self.loops.vector.is_none_or(|vector| self.levels[node] <= vector.axis)
    }

    fn get(&self, id: Id, copy: usize) -> Val {
        let node = id.0 as usize;
        let value = if self.is_shared(node) { &self.shared[node] } else { &self.copies[copy][node] };
        match value {
            Some(value) => value.clone(),
            None => bug!("node {node} of a nest is used before it is computed"),
        }
    }

    /// Computes what `level` loops decide, and what is inside.
    fn enter(&mut self, level: usize, mut state: Vec<Val>) -> Vec<Val> {
        let deepest = self.loops.vector.is_none_or(|vector| level <= vector.axis);
        for copy in 0..if deepest { 1 } else { self.unroll } {
            self.nodes(level, None, copy);
        }
        let reduces = matches!(self.loops.nest.sink, Sink::Reduce { .. }) && level == self.loops.kept;
        if reduces {
            state = self.initial();
        }
        state = if level < self.loops.extents.len() { self.run(level, state) } else { self.point(state) };
        if reduces {
            self.finish(state);
            state = Vec::new();
        }
        state
    }

    /// Computes the nodes of one level and context.
    fn nodes(&mut self, level: usize, context: Option<usize>, copy: usize) {
        for node in 0..self.loops.nest.body.nodes().len() {
            let here = self.loops.needed[node] && self.context[node] == context;
            if here && (self.levels[node] == level || context.is_some()) {
                let value = self.node(node, copy);
                if self.is_shared(node) {
                    self.shared[node] = Some(value);
                } else {
                    self.copies[copy][node] = Some(value);
                }
            }
        }
    }

    fn node(&mut self, node: usize, copy: usize) -> Val {
        let loops = self.loops;
        let body = &loops.nest.body;
        let dtype = body.nodes()[node].dtype;
        match &body.nodes()[node].op {
            Op::Axis(axis) => {
                let Some(axis) = loops.loop_of[*axis as usize] else { return self.e.constant(Scalar::zero(dtype)) };
                let Some(first) = self.index[axis] else { bug!("axis {axis} outside its loop") };
                match self.vector() {
                    Some(vector) if vector.axis == axis => {
                        let first = self.offset(first, (copy * self.e.lanes) as i64);
                        let lanes = (0..self.e.lanes).map(|lane| self.offset(first, lane as i64)).collect();
                        self.e.packed(dtype, lanes)
                    }
                    _ => Val::One(first),
                }
            }
            Op::Load { input, .. } => {
                if let Source::Register(value) = &self.ins[*input as usize] {
                    return value.clone();
                }
                let (Some(access), Some(address)) = (&loops.loads[node], self.addresses[node]) else {
                    bug!("a load without an address")
                };
                self.load(dtype, access, address, copy)
            }
            Op::Table { index, .. } => {
                let index = self.get(*index, copy);
                let Some(table) = self.data.tables[node] else { bug!("a table without data") };
                let base = self.e.b.ins().symbol_value(I64, table);
                let size = dtype.size() as i64;
                let element = |e: &mut Emit<'_>, index: Value| {
                    let offset = e.b.ins().imul_imm_s(index, size);
                    e.b.ins().iadd(base, offset)
                };
                if let Val::One(index) = index {
                    let address = element(self.e, index);
                    return self.e.load_scalar(dtype, address, 0);
                }
                let places = self.e.each(&index);
                let places: Vec<(Value, i64)> = places.into_iter().map(|index| (element(self.e, index), 0)).collect();
                self.e.gather(dtype, &places)
            }
            Op::Rare { pred, rare, common } => self.rare(node, [*pred, *rare, *common], copy),
            Op::Arg(_) => bug!("an argument outside a combiner"),
            Op::MulAdd(a, b, c) => {
                let (a, b) = (self.get(*a, copy), self.get(*b, copy));
                let c = self.addend(node, dtype, copy).unwrap_or_else(|| self.get(*c, copy));
                self.e.mul_add(dtype, &a, &b, &c)
            }
            _ => {
                let get = |id: Id| self.get(id, copy);
                let args = arguments(body, node, get);
                apply(self.e, body, node, &args)
            }
        }
    }

    /// The constant that a multiply-add inside the vector loop adds, read from memory.
    fn addend(&mut self, node: usize, dtype: DType, copy: usize) -> Option<Val> {
        let (address, place) = (self.addends?, self.data.places[node]?);
        let bytes = self.e.lanes * dtype.size();
        (!self.is_shared(node)).then(|| self.e.load_constant(dtype, address, place + copy * bytes))
    }

    /// Branches around a rare value.
    fn rare(&mut self, node: usize, [pred, rare, common]: [Id; 3], copy: usize) -> Val {
        let dtype = self.loops.nest.body.nodes()[node].dtype;
        let (pred, common) = (self.get(pred, copy), self.get(common, copy));
        let uniform = pred.is_one() && common.is_one();
        let any = self.e.any(&pred);
        let (branch, join) = (self.e.b.create_block(), self.e.b.create_block());
        self.e.b.set_cold_block(branch);
        let before = if uniform && self.e.lanes == 1 { common.clone() } else { self.e.canonical(dtype, &common) };
        let arguments = block_args(&before.values());
        for value in before.values() {
            let ty = self.e.b.func.dfg.value_type(value);
            self.e.b.append_block_param(join, ty);
        }
        self.e.b.ins().brif(any, branch, &[], join, &arguments);
        self.e.b.switch_to_block(branch);
        self.nodes(self.levels[node], Some(node), copy);
        let rare = self.get(rare, copy);
        let chosen = self.e.select(dtype, &pred, &rare, &common);
        let chosen = self.e.canonical(dtype, &chosen);
        self.e.b.ins().jump(join, &block_args(&chosen.values()));
        self.e.b.switch_to_block(join);
        let parameters: Vec<Value> = self.e.b.block_params(join).to_vec();
        before.with(&mut parameters.into_iter())
    }

    /// The byte distance that computed terms add: once for all points, or one a point.
    fn terms(&mut self, access: &Access, size: i64, copy: usize) -> Option<Val> {
        let mut sum: Option<Val> = None;
        for &(id, factor) in &access.terms {
            let value = self.get(id, copy);
            let factor = self.e.constant(Scalar::from_i128(DType::I64, i128::from(factor * size)));
            let scaled = self.e.binary(Binary::Mul, DType::I64, &value, &factor);
            sum = Some(match sum {
                Some(sum) => self.e.binary(Binary::Add, DType::I64, &sum, &scaled),
                None => scaled,
            });
        }
        sum
    }

    fn load(&mut self, dtype: DType, access: &Access, address: Value, copy: usize) -> Val {
        let size = dtype.size() as i64;
        let lanes = self.e.lanes as i64;
        let stride = self.vector().map_or(0, |vector| access.strides[vector.axis]) * size;
        let first = stride * copy as i64 * lanes;
        match self.terms(access, size, copy) {
            Some(distance) if !distance.is_one() => {
                let distances = self.e.each(&distance);
                let places: Vec<(Value, i64)> = distances
                    .into_iter()
                    .zip(0..)
                    .map(|(distance, lane)| (self.e.b.ins().iadd(address, distance), first + stride * lane))
                    .collect();
                self.e.gather(dtype, &places)
            }
            distance => {
                let address = match distance {
                    Some(Val::One(distance)) => self.e.b.ins().iadd(address, distance),
                    _ => address,
                };
                match stride {
                    0 => self.e.load_scalar(dtype, address, 0),
                    _ if lanes == 1 => self.e.load_scalar(dtype, address, first),
                    _ if stride == size => self.e.load_vector(dtype, address, first),
                    _ => {
                        let places: Vec<(Value, i64)> =
                            (0..lanes).map(|lane| (address, first + stride * lane)).collect();
                        self.e.gather(dtype, &places)
                    }
                }
            }
        }
    }

    /// Runs a loop: in steps of vectors if it is the vector loop.
    fn run(&mut self, axis: usize, mut state: Vec<Val>) -> Vec<Val> {
        let range = self.range.filter(|_| axis == 0);
        let extent = self.loops.extents[axis] as i64;
        let Some(vector) = self.loops.vector.filter(|vector| vector.axis == axis) else {
            return self.steps(axis, range.map_or(Start::At(0), |(begin, _)| Start::From(begin)), 1, state).1;
        };
        let mut start = range.map_or(Start::At(0), |(begin, _)| Start::From(begin));
        self.inside = true;
        let row = axis >= self.loops.kept;
        let mut forms = vec![(vector.lanes, vector.unroll)];
        if vector.unroll > 1 {
            forms.push((vector.lanes, 1));
        }
        forms.push((1, 1));
        for (lanes, unroll) in forms {
            let step = (lanes * unroll) as i64;
            if let Start::At(at) = start
                && extent - at < step
            {
                continue;
            }
            self.e.lanes = lanes;
            self.unroll = unroll;
            let count = self.loops.nest.body.nodes().len();
            self.copies = vec![vec![None; count]; unroll];
            // A row reduction has accumulators for each vector of a step and then for single points.
            let mine = match row {
                true if lanes > 1 => {
                    let values = state.len() / (vector.unroll + 1);
                    0..values * unroll
                }
                true => state.len() - state.len() / (vector.unroll + 1)..state.len(),
                false => 0..state.len(),
            };
            let part = state[mine.clone()].to_vec();
            let (next, part) = self.steps(axis, start, step, part);
            state.splice(mine, part);
            start = next;
        }
        self.e.lanes = 1;
        self.unroll = 1;
        self.inside = false;
        state
    }

    /// Runs a loop in steps of so many turns from `start` while whole steps are left.
    fn steps(&mut self, axis: usize, start: Start, step: i64, state: Vec<Val>) -> (Start, Vec<Val>) {
        let extent = self.loops.extents[axis] as i64;
        let turns = match start {
            Start::At(at) => Some((extent - at) / step),
            Start::From(_) => None,
        };
        let first = match start {
            Start::At(at) => self.e.int(I64, at),
            Start::From(value) => value,
        };
        let after = match start {
            Start::At(at) => Some(Start::At(at + (extent - at) / step * step)),
            Start::From(_) => None,
        };
        match turns {
            Some(0) => return (after.unwrap_or(start), state),
            Some(1) => {
                let state = self.turn(axis, first, state);
                return (after.unwrap_or(start), state);
            }
            _ => {}
        }
        let end = match (self.range, axis) {
            (Some((_, end)), 0) => end,
            _ => self.e.int(I64, extent),
        };
        let (head, exit) = (self.e.b.create_block(), self.e.b.create_block());
        let registers: Vec<Value> = state.iter().flat_map(Val::values).collect();
        for block in [head, exit] {
            self.e.b.append_block_param(block, I64);
            for &register in &registers {
                let ty = self.e.b.func.dfg.value_type(register);
                self.e.b.append_block_param(block, ty);
            }
        }
        let arguments = |first: Value, registers: &[Value]| {
            let mut arguments = vec![BlockArg::from(first)];
            arguments.extend(block_args(registers));
            arguments
        };
        if turns.is_some() {
            self.e.b.ins().jump(head, &arguments(first, &registers));
        } else {
            let reach = self.e.b.ins().iadd_imm_s(first, step);
            let fits = self.e.b.ins().icmp(IntCC::SignedLessThanOrEqual, reach, end);
            let arguments = arguments(first, &registers);
            self.e.b.ins().brif(fits, head, &arguments, exit, &arguments);
        }
        self.e.b.switch_to_block(head);
        let parameters: Vec<Value> = self.e.b.block_params(head).to_vec();
        let mut carried = parameters[1..].iter().copied();
        let inner: Vec<Val> = state.iter().map(|val| val.with(&mut carried)).collect();
        let results = self.turn(axis, parameters[0], inner);
        let registers: Vec<Value> = results.iter().flat_map(Val::values).collect();
        let next = self.e.b.ins().iadd_imm_s(parameters[0], step);
        let reach = self.e.b.ins().iadd_imm_s(next, step);
        let more = self.e.b.ins().icmp(IntCC::SignedLessThanOrEqual, reach, end);
        let arguments = arguments(next, &registers);
        self.e.b.ins().brif(more, head, &arguments, exit, &arguments);
        self.e.b.switch_to_block(exit);
        let parameters: Vec<Value> = self.e.b.block_params(exit).to_vec();
        let mut carried = parameters[1..].iter().copied();
        let state = state.iter().map(|val| val.with(&mut carried)).collect();
        (after.unwrap_or(Start::From(parameters[0])), state)
    }

    /// One turn of a loop: addresses advance to it, then what is inside runs.
    fn turn(&mut self, axis: usize, index: Value, state: Vec<Val>) -> Vec<Val> {
        let (addresses, stores) = (self.addresses.clone(), self.stores.clone());
        let mut distances: Vec<(i64, Value)> = Vec::new();
        let mut advance = |e: &mut Emit<'_>, address: Value, bytes: i64| {
            if bytes == 0 {
                return address;
            }
            let known = distances.iter().find(|(stride, _)| *stride == bytes).map(|(_, distance)| *distance);
            let distance = known.unwrap_or_else(|| {
                let distance = e.b.ins().imul_imm_s(index, bytes);
                distances.push((bytes, distance));
                distance
            });
            e.b.ins().iadd(address, distance)
        };
        for (node, access) in self.loops.loads.iter().enumerate() {
            if let (Some(access), Some(address)) = (access, &mut self.addresses[node]) {
                let size = self.loops.nest.body.nodes()[node].dtype.size() as i64;
                *address = advance(self.e, *address, access.strides[axis] * size);
            }
        }
        for (position, ty) in self.loops.nest.outputs().iter().enumerate() {
            let bytes = self.loops.store.strides[axis] * ty.dtype.size() as i64;
            self.stores[position] = advance(self.e, self.stores[position], bytes);
        }
        self.index[axis] = Some(index);
        if self.vector().is_some_and(|vector| vector.axis == axis) && self.e.lanes > 1 {
            self.addends = self.slot.map(|slot| self.e.b.ins().load(I64, super::value::flags(), slot, 0));
        }
        let state = self.enter(axis + 1, state);
        self.addends = self.addends.filter(|_| self.vector().is_none_or(|vector| vector.axis != axis));
        (self.addresses, self.stores) = (addresses, stores);
        state
    }

    /// What happens at each point.
    fn point(&mut self, state: Vec<Val>) -> Vec<Val> {
        let loops = self.loops;
        match &loops.nest.sink {
            Sink::Map(values) => {
                if self.is_single() {
                    self.results = values.iter().map(|&id| self.get(id, 0)).collect();
                    return state;
                }
                for copy in 0..self.unroll {
                    for (output, &id) in values.iter().enumerate() {
                        let value = self.get(id, copy);
                        self.store(output, loops.nest.body.dtype(id), &value, copy);
                    }
                }
                state
            }
            Sink::Reduce { reductions, .. } => {
                let mut next = Vec::new();
                let each = state.len() / self.unroll;
                for copy in 0..self.unroll {
                    let mut old = &state[copy * each..(copy + 1) * each];
                    for reduction in reductions {
                        let (mine, rest) = old.split_at(reduction.values.len());
                        next.extend(self.accumulate(reduction, mine, copy));
                        old = rest;
                    }
                }
                next
            }
            Sink::Scatter { keep, value, combine, .. } => {
                self.update(*keep, *value, *combine);
                state
            }
        }
    }

    /// One step of a reduction. A product that is summed is fused with the sum.
    fn accumulate(&mut self, reduction: &Reduction, old: &[Val], copy: usize) -> Vec<Val> {
        let body = &self.loops.nest.body;
        let value = reduction.values[0];
        let dtype = body.dtype(value);
        if let (Combine::Op(Binary::Add), Op::Binary(Binary::Mul, a, b)) = (&reduction.combine, &body.node(value).op)
            && self.e.fma
            && dtype.is_float()
            && self.context[a.0 as usize].is_none()
        {
            let (a, b) = (self.get(*a, copy), self.get(*b, copy));
            let sum = self.e.mul_add(dtype, &a, &b, &old[0]);
            return vec![self.e.canonical(dtype, &sum)];
        }
        let new: Vec<Val> = reduction.values.iter().map(|&id| self.get(id, copy)).collect();
        combine(self.e, reduction, old, &new)
    }

    fn store(&mut self, output: usize, dtype: DType, value: &Val, copy: usize) {
        let address = self.stores[output];
        let bytes = (copy * self.e.lanes * dtype.size()) as i64;
        let bytes = if self.vector().is_some() { bytes } else { 0 };
        if self.e.lanes == 1 {
            return self.e.store_scalar(dtype, value, address, bytes);
        }
        let value = self.e.canonical(dtype, value);
        self.e.store_vector(dtype, &value, address, bytes);
    }

    fn update(&mut self, keep: Id, value: Id, op: Option<Binary>) {
        let loops = self.loops;
        let dtype = loops.nest.body.dtype(value);
        let always = loops.nest.body.as_const(keep).is_some_and(Scalar::as_bool);
        let join = (!always).then(|| {
            let (update, join) = (self.e.b.create_block(), self.e.b.create_block());
            let Val::One(keep) = self.get(keep, 0) else { bug!("a scatter in vectors") };
            self.e.b.ins().brif(keep, update, &[], join, &[]);
            self.e.b.switch_to_block(update);
            join
        });
        let address = match self.terms(&loops.store, dtype.size() as i64, 0) {
            Some(Val::One(distance)) => self.e.b.ins().iadd(self.stores[0], distance),
            _ => self.stores[0],
        };
        let mut value = self.get(value, 0);
        if let Some(op) = op {
            let old = self.e.load_scalar(dtype, address, 0);
            value = match expand::combine(&Combine::Op(op), dtype) {
                Combine::Op(op) => self.e.binary(op, dtype, &old, &value),
                Combine::Body { body, results } => combine_body(self.e, &body, &results, &[old], &[value]).remove(0),
            };
        }
        self.e.store_scalar(dtype, &value, address, 0);
        if let Some(join) = join {
            self.e.b.ins().jump(join, &[]);
            self.e.b.switch_to_block(join);
        }
    }

    fn reductions(&self) -> &[Reduction] {
        match &self.loops.nest.sink {
            Sink::Reduce { reductions, .. } => reductions,
            _ => &[],
        }
    }

    /// Neutral accumulators: for each vector of a step and, where the reduced loop is the vector loop, for points.
    fn initial(&mut self) -> Vec<Val> {
        let row = self.loops.vector.filter(|vector| vector.axis >= self.loops.kept);
        let inits: Vec<Scalar> = self.reductions().iter().flat_map(|r| r.init.iter().copied()).collect();
        let mut state = Vec::new();
        if let Some(vector) = row {
            self.e.lanes = vector.lanes;
            for init in inits.iter().cycle().take(inits.len() * vector.unroll) {
                let one = self.e.constant(*init);
                state.push(self.e.canonical(init.dtype(), &one));
            }
            self.e.lanes = 1;
        }
        for init in inits.iter().cycle().take(inits.len() * self.unroll) {
            let one = self.e.constant(*init);
            state.push(self.e.canonical(init.dtype(), &one));
        }
        state
    }

    /// Combines the accumulators of a step's vectors and lanes and stores the result.
    fn finish(&mut self, mut state: Vec<Val>) {
        let loops = self.loops;
        let reductions = self.reductions().to_vec();
        let count: usize = reductions.iter().map(|r| r.values.len()).sum();
        if let Some(vector) = loops.vector.filter(|vector| vector.axis >= loops.kept) {
            let mut narrow = state.split_off(count * vector.unroll);
            self.e.lanes = vector.lanes;
            // Halves are combined pairwise: a tree whose shape depends on sizes alone.
            while state.len() > count {
                let upper = state.split_off(state.len() / 2);
                state = state
                    .chunks(count)
                    .zip(upper.chunks(count))
                    .flat_map(|(a, b)| combine_all(self.e, &reductions, a, b))
                    .collect();
            }
            let lanes: Vec<Vec<Val>> = state.iter().map(|val| self.e.lane(val)).collect();
            self.e.lanes = 1;
            let mut parts: Vec<Vec<Val>> =
                (0..vector.lanes).map(|lane| lanes.iter().map(|val| val[lane].clone()).collect()).collect();
            while parts.len() > 1 {
                let upper = parts.split_off(parts.len() / 2);
                parts = parts.iter().zip(&upper).map(|(a, b)| combine_all(self.e, &reductions, a, b)).collect();
            }
            if let Some(wide) = parts.pop() {
                narrow = combine_all(self.e, &reductions, &wide, &narrow);
            }
            state = narrow;
        }
        if self.is_single() {
            self.results = state;
            return;
        }
        let types = loops.nest.outputs();
        for (position, value) in state.iter().enumerate() {
            self.store(position % count, types[position % count].dtype, value, position / count);
        }
    }
}

/// Where a loop starts.
#[derive(Clone, Copy)]
enum Start {
    /// At a turn known now.
    At(i64),
    /// At a turn known when the code runs.
    From(Value),
}

/// Registers as arguments of a block.
pub fn block_args(registers: &[Value]) -> Vec<BlockArg> {
    registers.iter().map(|&register| BlockArg::from(register)).collect()
}

fn combine_all(e: &mut Emit<'_>, reductions: &[Reduction], old: &[Val], new: &[Val]) -> Vec<Val> {
    let mut at = 0;
    let mut results = Vec::new();
    for reduction in reductions {
        let next = at + reduction.values.len();
        results.extend(combine(e, reduction, &old[at..next], &new[at..next]));
        at = next;
    }
    results
}

/// Combines two partial results, in the form that loops carry.
pub fn combine(e: &mut Emit<'_>, reduction: &Reduction, old: &[Val], new: &[Val]) -> Vec<Val> {
    let results = match &reduction.combine {
        Combine::Op(op) => vec![e.binary(*op, reduction.init[0].dtype(), &old[0], &new[0])],
        Combine::Body { body, results } => combine_body(e, body, results, old, new),
    };
    results.iter().zip(&reduction.init).map(|(value, init)| e.canonical(init.dtype(), value)).collect()
}

fn combine_body(e: &mut Emit<'_>, body: &Body, results: &[Id], old: &[Val], new: &[Val]) -> Vec<Val> {
    let mut values: Vec<Val> = Vec::new();
    for (position, node) in body.nodes().iter().enumerate() {
        let value = match &node.op {
            Op::Arg(arg) if (*arg as usize) < old.len() => old[*arg as usize].clone(),
            Op::Arg(arg) => new[*arg as usize - old.len()].clone(),
            _ => {
                let args = arguments(body, position, |id| values[id.0 as usize].clone());
                apply(e, body, position, &args)
            }
        };
        values.push(value);
    }
    results.iter().map(|id| values[id.0 as usize].clone()).collect()
}

fn arguments(body: &Body, node: usize, mut get: impl FnMut(Id) -> Val) -> SmallVec<[Val; 3]> {
    let mut args = SmallVec::new();
    body.nodes()[node].op.for_each_arg(|id| args.push(get(id)));
    args
}

/// Computes a node that depends on its arguments alone.
fn apply(e: &mut Emit<'_>, body: &Body, node: usize, args: &[Val]) -> Val {
    let dtype = body.nodes()[node].dtype;
    match &body.nodes()[node].op {
        Op::Const(value) => e.constant(*value),
        Op::Unary(op, a) => e.unary(*op, body.dtype(*a), &args[0]),
        Op::Binary(op, a, _) => e.binary(*op, body.dtype(*a), &args[0], &args[1]),
        Op::MulAdd(..) => e.mul_add(dtype, &args[0], &args[1], &args[2]),
        Op::Select(..) | Op::Rare { .. } => e.select(dtype, &args[0], &args[1], &args[2]),
        Op::Convert(a) => e.convert(body.dtype(*a), dtype, &args[0]),
        Op::Bitcast(a) => e.bitcast(body.dtype(*a), dtype, &args[0]),
        Op::Axis(_) | Op::Arg(_) | Op::Load { .. } | Op::Table { .. } => {
            bug!("{:?} in a combiner", body.nodes()[node].op)
        }
    }
}

/// Copies of few bytes are done inline, in the widest registers that fit.
pub const INLINE_COPY: usize = 64;

/// Copies a buffer word by word.
pub fn copy_words(e: &mut Emit<'_>, to: Value, from: Value, bytes: usize) {
    let mut at = 0;
    while at < bytes {
        let ty = if bytes - at >= 8 { I64 } else { I8 };
        let word = e.b.ins().load(ty, super::value::flags(), from, at as i32);
        e.b.ins().store(super::value::flags(), word, to, at as i32);
        at += ty.bytes() as usize;
    }
}
