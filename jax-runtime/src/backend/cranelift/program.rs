//! Steps of a schedule: pointers of buffers, loops, branches, and calls of the host.

use std::collections::HashMap;

use cranelift_codegen::Context;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{
    AbiParam, Function, InstBuilder, Signature, StackSlotData, StackSlotKind, UserFuncName, Value,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::JITModule;
use cranelift_module::{FuncId, Linkage, Module};
use jax_core::bug;
use jax_core::kernel::{Buf, Call, Sink, Sort};

use super::data::Data;
use super::host::{self, Claim, Compiled};
use super::nest::{self, INLINE_COPY, Source, block_args, copy_words};
use super::value::{Emit, Val, flags};
use crate::schedule::{Home, LoopNest, Schedule, Split, Step};

/// Arenas of at most this many bytes live on the native stack.
pub const STACK_ARENA: usize = 4096;

/// The parameters of the entry function: tables of input and output pointers, the arena, the host's claims, the region
/// of stacks.
const ENTRY_PARAMS: usize = 5;

/// The functions of a schedule, the entry first, and the host's part of it.
pub struct Functions {
    /// Names and code.
    pub functions: Vec<(FuncId, Function)>,
    /// What steps leave to the host.
    pub claims: Vec<Claim>,
}

/// Copies a buffer, unless it is there already.
pub fn copy(e: &mut Emit<'_>, to: Value, from: Value, bytes: usize) {
    if bytes == 0 || to == from {
        return;
    }
    if bytes <= INLINE_COPY {
        return copy_words(e, to, from, bytes);
    }
    let bytes = e.int(I64, bytes as i64);
    let function = e.host.copy;
    e.b.ins().call(function, &[to, from, bytes]);
}

pub(super) fn kernel_signature(module: &JITModule) -> Signature {
    let mut signature = module.make_signature();
    signature.params = vec![AbiParam::new(I64); 4];
    signature
}

/// Translates a schedule into functions of a module.
pub fn functions(schedule: &Schedule, module: &mut JITModule) -> Compiled<Functions> {
    let host = host::declare(module)?;
    let mut signature = module.make_signature();
    signature.params = vec![AbiParam::new(I64); ENTRY_PARAMS];
    let entry = module.declare_function("entry", Linkage::Export, &signature)?;
    let mut context = FunctionBuilderContext::new();
    let mut func = Function::with_name_signature(UserFuncName::user(0, 0), signature);
    let refs = host::import(host, module, &mut func);
    let mut builder = FunctionBuilder::new(&mut func, &mut context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let params = builder.block_params(block).to_vec();
    let mut steps = Steps {
        schedule,
        module: &mut *module,
        claims: Vec::new(),
        kernels: Vec::new(),
        pointers: HashMap::new(),
        known: HashMap::new(),
        outer: HashMap::new(),
        functions: Vec::new(),
        apart: false,
        inputs: Vec::new(),
        outputs: Vec::new(),
        arena: params[2],
        host_claims: params[3],
        region: params[4],
        e: Emit {
            b: builder,
            lanes: 1,
            vector_bytes: schedule.target.vector_bytes,
            fma: schedule.target.fma,
            host: refs,
        },
    };
    steps.entry(params[0], params[1])?;
    let Steps { e, claims, kernels, functions: lanes, .. } = steps;
    e.b.finalize(module.target_config());
    let mut functions = vec![(entry, func)];
    functions.extend(lanes);
    for Kernel { id, loops, ins } in kernels {
        let mut func = Function::with_name_signature(UserFuncName::user(0, id.as_u32()), kernel_signature(module));
        let refs = host::import(host, module, &mut func);
        let mut builder = FunctionBuilder::new(&mut func, &mut context);
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        let params = builder.block_params(block).to_vec();
        let data = Data::new(loops, &schedule.target, module, builder.func)?;
        let outs = loops.nest.outputs();
        let mut e = Emit {
            b: builder,
            lanes: 1,
            vector_bytes: schedule.target.vector_bytes,
            fma: schedule.target.fma,
            host: refs,
        };
        let mut pointers: Vec<Value> = (0..ins + outs.len())
            .map(|position| e.b.ins().load(I64, flags(), params[0], 8 * position as i32))
            .collect();
        if let Split::Reduced { .. } = loops.split {
            for (position, ty) in outs.iter().enumerate() {
                let distance = e.b.ins().imul_imm_s(params[3], ty.bytes() as i64);
                pointers[ins + position] = e.b.ins().iadd(pointers[ins + position], distance);
            }
        }
        let sources: Vec<Source> = pointers[..ins].iter().copied().map(Source::Memory).collect();
        nest::emit(&mut e, loops, &data, &sources, &pointers[ins..], Some((params[1], params[2])));
        e.b.ins().return_(&[]);
        e.b.seal_all_blocks();
        e.b.finalize(module.target_config());
        functions.push((id, func));
    }
    Ok(Functions { functions, claims })
}

/// Compiles functions into their module.
pub fn define(module: &mut JITModule, functions: Vec<(FuncId, Function)>) -> Compiled<usize> {
    let mut bytes = 0;
    for (id, func) in functions {
        let mut context = Context::for_function(func);
        module.define_function(id, &mut context)?;
        bytes += context.compiled_code().map_or(0, |code| code.code_buffer().len());
    }
    module.finalize_definitions()?;
    Ok(bytes)
}

/// What was in registers at a point.
pub(super) struct Scope(HashMap<Buf, Known>);

/// A nest that runs as a function of its own.
struct Kernel<'a> {
    id: FuncId,
    loops: &'a LoopNest,
    ins: usize,
}

/// A value of one element in registers.
#[derive(Clone)]
struct Known {
    value: Val,
    /// Whether memory does not have it yet.
    dirty: bool,
}

/// Steps of one function. Values of one element stay in registers until a step needs them in memory.
pub(super) struct Steps<'a, 'm, 'f> {
    pub schedule: &'a Schedule,
    pub module: &'m mut JITModule,
    pub e: Emit<'f>,
    /// The functions of lanes, finished.
    functions: Vec<(FuncId, Function)>,
    claims: Vec<Claim>,
    kernels: Vec<Kernel<'a>>,
    /// Where enclosing loops have put buffers.
    pointers: HashMap<usize, Value>,
    /// Values in registers here, by the buffer that memory knows them as.
    known: HashMap<Buf, Known>,
    /// Buffers of the function around this one.
    outer: HashMap<Buf, Value>,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
    pub arena: Value,
    host_claims: Value,
    /// Where stacks are made.
    pub region: Value,
    /// Whether this function runs lanes already.
    pub apart: bool,
}

impl<'a> Steps<'a, '_, '_> {
    /// Emits a function of lanes: `f` gets its steps, and its parameters: a table of pointers, the first turn, the turn
    /// after the last.
    pub fn function(
        &mut self,
        id: FuncId,
        f: impl FnOnce(&mut Steps<'a, '_, '_>, &[Value]) -> Compiled<()>,
    ) -> Compiled<()> {
        let signature = kernel_signature(self.module);
        let mut context = FunctionBuilderContext::new();
        let mut func = Function::with_name_signature(UserFuncName::user(0, id.as_u32()), signature);
        let refs = host::import(host::declare(self.module)?, self.module, &mut func);
        let mut builder = FunctionBuilder::new(&mut func, &mut context);
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        let params = builder.block_params(block).to_vec();
        let mut steps = Steps {
            schedule: self.schedule,
            claims: std::mem::take(&mut self.claims),
            kernels: std::mem::take(&mut self.kernels),
            functions: std::mem::take(&mut self.functions),
            module: &mut *self.module,
            pointers: HashMap::new(),
            known: HashMap::new(),
            outer: HashMap::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            arena: params[0],
            host_claims: params[0],
            region: params[0],
            apart: true,
            e: Emit {
                b: builder,
                lanes: 1,
                vector_bytes: self.schedule.target.vector_bytes,
                fma: self.schedule.target.fma,
                host: refs,
            },
        };
        f(&mut steps, &params)?;
        steps.e.b.ins().return_(&[]);
        steps.e.b.seal_all_blocks();
        let Steps { e, claims, kernels, mut functions, .. } = steps;
        e.b.finalize(self.module.target_config());
        functions.push((id, func));
        (self.claims, self.kernels, self.functions) = (claims, kernels, functions);
        Ok(())
    }

    /// What a function of lanes needs of the one around it besides buffers: the host's claims and the region.
    pub fn surroundings(&self) -> [Value; 2] {
        [self.host_claims, self.region]
    }

    /// Takes over what the function around this one has: `surroundings`, and these buffers where they are.
    pub fn adopt(&mut self, [claims, region]: [Value; 2], outer: impl Iterator<Item = (Buf, Value)>) {
        (self.host_claims, self.region) = (claims, region);
        self.outer.extend(outer);
    }

    fn entry(&mut self, inputs: Value, outputs: Value) -> Compiled<()> {
        if (1..=STACK_ARENA).contains(&self.schedule.arena) {
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, self.schedule.arena as u32, 4);
            let slot = self.e.b.create_sized_stack_slot(data);
            self.arena = self.e.b.ins().stack_addr(I64, slot, 0);
        }
        let mut table = |table: Value, count: usize| -> Vec<Value> {
            (0..count).map(|at| self.e.b.ins().load(I64, flags(), table, 8 * at as i32)).collect()
        };
        let inputs = table(inputs, self.schedule.inputs.len());
        let outputs = table(outputs, self.schedule.outputs.len());
        (self.inputs, self.outputs) = (inputs, outputs);
        self.block(&self.schedule.steps)?;
        // What is left in registers goes where the caller looks.
        for &output in &self.schedule.outputs {
            self.pointer(output);
        }
        for &(from, output) in &self.schedule.copies {
            let from_pointer = self.pointer(from);
            copy(&mut self.e, self.outputs[output], from_pointer, self.schedule.bufs[from.0 as usize].bytes());
        }
        self.e.b.ins().return_(&[]);
        self.e.b.seal_all_blocks();
        Ok(())
    }

    pub fn bytes(&self, buf: Buf) -> usize {
        self.schedule.bufs[buf.0 as usize].bytes()
    }

    /// The buffer whose memory a buffer is.
    pub fn root(&self, mut buf: Buf) -> Buf {
        while let Home::Same(other) = self.schedule.homes[buf.0 as usize] {
            buf = other;
        }
        buf
    }

    /// A value of one element, if it is in registers.
    pub fn value(&self, buf: Buf) -> Option<Val> {
        self.known.get(&self.root(buf)).map(|known| known.value.clone())
    }

    /// Whether memory has the value of a buffer.
    pub fn is_stored(&self, buf: Buf) -> bool {
        self.known.get(&self.root(buf)).is_none_or(|known| !known.dirty)
    }

    /// Gives a buffer of one element its value, in registers.
    pub fn define(&mut self, buf: Buf, value: Val) {
        self.known.insert(self.root(buf), Known { value, dirty: true });
    }

    /// A value of one element in registers.
    pub fn fetch(&mut self, buf: Buf) -> Val {
        if let Some(value) = self.value(buf) {
            return value;
        }
        let (pointer, dtype) = (self.place(buf), self.schedule.bufs[buf.0 as usize].dtype);
        let value = self.e.load_scalar(dtype, pointer, 0);
        self.known.insert(self.root(buf), Known { value: value.clone(), dirty: false });
        value
    }

    /// What is in registers here: to go back to where code goes on that this point does not lead through.
    pub fn scope(&self) -> Scope {
        Scope(self.known.clone())
    }

    /// Forgets what has come into registers since.
    pub fn leave(&mut self, Scope(known): Scope) {
        self.known = known;
    }

    /// Where a buffer is, which then has its value.
    pub fn pointer(&mut self, buf: Buf) -> Value {
        let (root, place) = (self.root(buf), self.place(buf));
        if let Some(known) = self.known.get_mut(&root)
            && known.dirty
        {
            known.dirty = false;
            let value = known.value.clone();
            self.e.store_scalar(self.schedule.bufs[root.0 as usize].dtype, &value, place, 0);
        }
        place
    }

    /// Where a buffer is.
    pub fn place(&mut self, buf: Buf) -> Value {
        if let Some(&pointer) = self.outer.get(&self.root(buf)) {
            return pointer;
        }
        match self.schedule.homes[buf.0 as usize] {
            Home::Input(position) => self.inputs[position],
            Home::Output(position) => self.outputs[position],
            Home::Arena(0) => self.arena,
            Home::Arena(offset) => self.e.b.ins().iadd_imm_s(self.arena, offset as i64),
            Home::Same(other) => self.place(other),
            Home::Bound(place) => match self.pointers.get(&place) {
                Some(&pointer) => pointer,
                None => bug!("buffer {} is used outside its loop", buf.0),
            },
            Home::None => bug!("buffer {} is nowhere", buf.0),
        }
    }

    /// Makes every buffer that lives where this one does live there.
    pub fn bind(&mut self, buf: Buf, pointer: Value) {
        if let Home::Bound(place) = self.schedule.homes[self.root(buf).0 as usize] {
            self.pointers.insert(place, pointer);
        }
    }

    pub fn block(&mut self, steps: &'a [Step]) -> Compiled<()> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &'a Step) -> Compiled<()> {
        match step {
            Step::Loops { loops, ins, outs, partials } => self.loops(loops, ins, outs, *partials)?,
            Step::Gemm { gemm, ins, out } => {
                let table = [*out, ins[0], ins[1]].map(|buf| self.pointer(buf));
                self.claim(Claim::Gemm(gemm.clone()), &table);
            }
            Step::Sort(sort) => self.sort(sort),
            Step::Call(call) => self.call_host(call),
            Step::Loop(turns) => match &turns.lanes {
                Some(lanes) if !self.apart => self.lanes(turns, lanes)?,
                _ => self.turns(turns)?,
            },
            Step::Cond { index, branches, outs } => {
                let Val::One(index) = self.fetch(*index) else { bug!("an index in parts") };
                // Results of one element come as parameters of what follows.
                let single: Vec<bool> = outs.iter().map(|out| self.schedule.bufs[out.0 as usize].size() == 1).collect();
                let mut shape: Option<Vec<Val>> = None;
                let join = self.e.b.create_block();
                for (number, branch) in branches.iter().enumerate() {
                    let (here, next) = (self.e.b.create_block(), self.e.b.create_block());
                    if number + 1 < branches.len() {
                        let chosen = self.e.b.ins().icmp_imm_s(IntCC::SignedLessThanOrEqual, index, number as i64);
                        self.e.b.ins().brif(chosen, here, &[], next, &[]);
                    } else {
                        self.e.b.ins().jump(here, &[]);
                    }
                    self.e.b.switch_to_block(here);
                    let scope = self.scope();
                    self.block(&branch.steps)?;
                    let mut values = Vec::new();
                    for (position, (&from, &to)) in branch.results.iter().zip(outs).enumerate() {
                        if single[position] {
                            values.push(self.fetch(from));
                        } else if branch.copies.contains(&(from, to)) {
                            let (source, target) = (self.pointer(from), self.place(to));
                            copy(&mut self.e, target, source, self.schedule.bufs[to.0 as usize].bytes());
                        }
                    }
                    let registers: Vec<Value> = values.iter().flat_map(Val::values).collect();
                    if shape.is_none() {
                        for &register in &registers {
                            let ty = self.e.b.func.dfg.value_type(register);
                            self.e.b.append_block_param(join, ty);
                        }
                        shape = Some(values);
                    }
                    self.e.b.ins().jump(join, &block_args(&registers));
                    self.leave(scope);
                    if number + 1 < branches.len() {
                        self.e.b.switch_to_block(next);
                    }
                }
                self.e.b.switch_to_block(join);
                let mut parameters = self.e.b.block_params(join).to_vec().into_iter();
                let shapes = shape.into_iter().flatten();
                let singles = outs.iter().zip(&single).filter(|(_, single)| **single).map(|(out, _)| out);
                for (&out, shape) in singles.zip(shapes) {
                    self.define(out, shape.with(&mut parameters));
                }
            }
        }
        Ok(())
    }

    /// A table of pointers on the stack.
    pub fn table(&mut self, pointers: &[Value]) -> Value {
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 8 * pointers.len().max(1) as u32, 3);
        let slot = self.e.b.create_sized_stack_slot(data);
        let table = self.e.b.ins().stack_addr(I64, slot, 0);
        for (position, &pointer) in pointers.iter().enumerate() {
            self.e.b.ins().store(flags(), pointer, table, 8 * position as i32);
        }
        table
    }

    fn claim(&mut self, claim: Claim, pointers: &[Value]) {
        let table = self.table(pointers);
        let number = self.e.int(I64, self.claims.len() as i64);
        self.claims.push(claim);
        let function = self.e.host.claim;
        self.e.b.ins().call(function, &[self.host_claims, number, table]);
    }

    /// Calls the host where `when` holds, and returns if that fails: everything is in memory of the caller's.
    fn call_host(&mut self, call: &Call) {
        let Val::One(when) = self.fetch(call.when) else { bug!("a condition in parts") };
        let scope = self.scope();
        let [here, failed, join] = [(); 3].map(|()| self.e.b.create_block());
        self.e.b.ins().brif(when, here, &[], join, &[]);
        self.e.b.switch_to_block(here);
        let types = call.ins.iter().map(|buf| self.schedule.bufs[buf.0 as usize].clone()).collect();
        let pointers: Vec<Value> = call.ins.iter().map(|&buf| self.pointer(buf)).collect();
        let table = self.table(&pointers);
        let number = self.e.int(I64, self.claims.len() as i64);
        self.claims.push(Claim::Call { host: call.host.clone(), types, span: call.span });
        let status = self.call(self.e.host.call, &[self.host_claims, number, table]);
        self.e.b.ins().brif(status, failed, &[], join, &[]);
        self.e.b.switch_to_block(failed);
        self.e.b.ins().return_(&[]);
        self.e.b.switch_to_block(join);
        self.leave(scope);
    }

    fn sort(&mut self, sort: &Sort) {
        let Some(first) = sort.ins.first() else { return };
        let shape = self.schedule.bufs[first.0 as usize].shape.to_vec();
        if shape.contains(&0) {
            return;
        }
        let dtypes = sort.ins.iter().map(|buf| self.schedule.bufs[buf.0 as usize].dtype).collect();
        let pointers: Vec<Value> = sort.ins.iter().chain(&sort.outs).map(|&buf| self.pointer(buf)).collect();
        self.claim(Claim::Sort { dtypes, shape, axis: sort.axis, keys: sort.keys }, &pointers);
    }

    fn loops(&mut self, loops: &'a LoopNest, ins: &[Buf], outs: &[Buf], partials: Option<usize>) -> Compiled<()> {
        let results: Vec<Value> = outs.iter().map(|&buf| self.place(buf)).collect();
        let chunk = match loops.split {
            Split::None => {
                let scatters = matches!(loops.nest.sink, Sink::Scatter { .. });
                let source = |&buf: &Buf| match self.value(buf).filter(|_| !scatters) {
                    Some(value) => Source::Register(value),
                    None => Source::Memory(self.pointer(buf)),
                };
                let sources: Vec<Source> = ins.iter().map(source).collect();
                let data = Data::new(loops, &self.schedule.target, self.module, self.e.b.func)?;
                let values = nest::emit(&mut self.e, loops, &data, &sources, &results, None);
                outs.iter().zip(values).for_each(|(&out, value)| self.define(out, value));
                return Ok(());
            }
            Split::Kept { chunk } | Split::Reduced { chunk } => chunk,
        };
        let sources: Vec<Value> = ins.iter().map(|&buf| self.pointer(buf)).collect();
        let id = self.module.declare_anonymous_function(&kernel_signature(self.module))?;
        self.kernels.push(Kernel { id, loops, ins: ins.len() });
        let mut pointers = sources;
        let mut parts = Vec::new();
        match partials {
            None => pointers.extend(&results),
            Some(offset) => {
                let mut at = offset;
                for ty in loops.nest.outputs() {
                    parts.push(self.e.b.ins().iadd_imm_s(self.arena, at as i64));
                    at += (loops.extents[0].div_ceil(chunk) * ty.bytes()).next_multiple_of(16);
                }
                pointers.extend(&parts);
            }
        }
        let table = self.table(&pointers);
        let kernel = self.module.declare_func_in_func(id, self.e.b.func);
        let kernel = self.e.b.ins().func_addr(I64, kernel);
        let (extent, turns) = (self.e.int(I64, loops.extents[0] as i64), self.e.int(I64, chunk as i64));
        let function = self.e.host.parallel;
        self.e.b.ins().call(function, &[kernel, table, extent, turns]);
        if let (Some(_), Sink::Reduce { reductions, .. }) = (partials, &loops.nest.sink) {
            let chunks = loops.extents[0].div_ceil(chunk) as i64;
            let types = loops.nest.outputs();
            let part = |e: &mut Emit<'_>, number: Value| -> Vec<Val> {
                let load = |(pointer, ty): (&Value, &jax_core::kernel::Ty)| {
                    let distance = e.b.ins().imul_imm_s(number, ty.bytes() as i64);
                    let address = e.b.ins().iadd(*pointer, distance);
                    e.load_scalar(ty.dtype, address, 0)
                };
                parts.iter().zip(&types).map(load).collect()
            };
            let zero = self.e.int(I64, 0);
            let first = part(&mut self.e, zero);
            let total = self.counted(1, chunks, first, |e, number, total| {
                let new = part(e, number);
                let (mut at, mut next) = (0, Vec::new());
                for reduction in reductions {
                    let end = at + reduction.values.len();
                    next.extend(nest::combine(e, reduction, &total[at..end], &new[at..end]));
                    at = end;
                }
                next
            });
            for ((value, ty), &result) in total.iter().zip(&types).zip(&results) {
                self.e.store_scalar(ty.dtype, value, result, 0);
            }
        }
        Ok(())
    }

    /// A loop that carries values: from `first` to before `end`, of which there is at least one turn.
    fn counted(
        &mut self,
        first: i64,
        end: i64,
        state: Vec<Val>,
        turn: impl FnOnce(&mut Emit<'_>, Value, &[Val]) -> Vec<Val>,
    ) -> Vec<Val> {
        if first >= end {
            return state;
        }
        let e = &mut self.e;
        let (head, exit) = (e.b.create_block(), e.b.create_block());
        let registers: Vec<Value> = state.iter().flat_map(Val::values).collect();
        let counter = e.b.append_block_param(head, I64);
        let mut carried = Vec::new();
        for &register in &registers {
            let ty = e.b.func.dfg.value_type(register);
            carried.push(e.b.append_block_param(head, ty));
        }
        let start = e.int(I64, first);
        let mut arguments = block_args(&[start]);
        arguments.extend(block_args(&registers));
        e.b.ins().jump(head, &arguments);
        e.b.switch_to_block(head);
        let mut values = carried.into_iter();
        let inner: Vec<Val> = state.iter().map(|val| val.with(&mut values)).collect();
        let results = turn(e, counter, &inner);
        let next = e.b.ins().iadd_imm_s(counter, 1);
        let more = e.b.ins().icmp_imm_s(IntCC::SignedLessThan, next, end);
        let mut arguments = block_args(&[next]);
        arguments.extend(block_args(&results.iter().flat_map(Val::values).collect::<Vec<_>>()));
        e.b.ins().brif(more, head, &arguments, exit, &[]);
        e.b.switch_to_block(exit);
        results
    }
}
