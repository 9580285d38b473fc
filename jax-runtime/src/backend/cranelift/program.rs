//! Steps of a schedule: pointers of buffers, loops, branches, and calls of the host.

use std::collections::HashMap;

use cranelift_codegen::Context;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{
    AbiParam, FuncRef, Function, InstBuilder, Signature, StackSlotData, StackSlotKind, UserFuncName, Value,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::JITModule;
use cranelift_module::{FuncId, Linkage, Module};
use jax_core::bug;
use jax_core::kernel::{Buf, Call, Sink, Sort};

use super::data::Data;
use super::host::{self, Claim, Compiled};
use super::nest::{self, INLINE_COPY, block_args, copy_words};
use super::value::{Emit, Val, flags};
use crate::memory::stack::layout;
use crate::schedule::{Home, Loop, LoopKind, LoopNest, Schedule, Split, Step};

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

fn kernel_signature(module: &JITModule) -> Signature {
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
    let Steps { e, claims, kernels, .. } = steps;
    e.b.finalize(module.target_config());
    let mut functions = vec![(entry, func)];
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
        nest::emit(&mut e, loops, &data, &pointers[..ins], &pointers[ins..], Some((params[1], params[2])));
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

/// A nest that runs as a function of its own.
struct Kernel<'a> {
    id: FuncId,
    loops: &'a LoopNest,
    ins: usize,
}

/// The stacks of a loop while it runs.
struct Stacks {
    /// The records of the longest that is read.
    trips: Value,
    /// The first record of each that is read.
    read: Vec<Value>,
    /// The handles of those that are made.
    made: Vec<Value>,
}

struct Steps<'a, 'm, 'f> {
    schedule: &'a Schedule,
    module: &'m mut JITModule,
    e: Emit<'f>,
    claims: Vec<Claim>,
    kernels: Vec<Kernel<'a>>,
    /// Where enclosing loops have put buffers.
    pointers: HashMap<usize, Value>,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
    arena: Value,
    host_claims: Value,
    /// Where stacks are made.
    region: Value,
}

impl<'a> Steps<'a, '_, '_> {
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
        for &(from, output) in &self.schedule.copies {
            let from_pointer = self.pointer(from);
            copy(&mut self.e, self.outputs[output], from_pointer, self.schedule.bufs[from.0 as usize].bytes());
        }
        self.e.b.ins().return_(&[]);
        self.e.b.seal_all_blocks();
        Ok(())
    }

    fn bytes(&self, buf: Buf) -> usize {
        self.schedule.bufs[buf.0 as usize].bytes()
    }

    fn pointer(&mut self, buf: Buf) -> Value {
        match self.schedule.homes[buf.0 as usize] {
            Home::Input(position) => self.inputs[position],
            Home::Output(position) => self.outputs[position],
            Home::Arena(0) => self.arena,
            Home::Arena(offset) => self.e.b.ins().iadd_imm_s(self.arena, offset as i64),
            Home::Same(other) => self.pointer(other),
            Home::Bound(place) => match self.pointers.get(&place) {
                Some(&pointer) => pointer,
                None => bug!("buffer {} is used outside its loop", buf.0),
            },
            Home::None => bug!("buffer {} is nowhere", buf.0),
        }
    }

    /// Makes every buffer that lives where this one does live there.
    fn bind(&mut self, buf: Buf, pointer: Value) {
        let mut root = buf;
        while let Home::Same(other) = self.schedule.homes[root.0 as usize] {
            root = other;
        }
        if let Home::Bound(place) = self.schedule.homes[root.0 as usize] {
            self.pointers.insert(place, pointer);
        }
    }

    fn block(&mut self, steps: &'a [Step]) -> Compiled<()> {
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
            Step::Loop(turns) => self.turns(turns)?,
            Step::Cond { index, branches } => {
                let pointer = self.pointer(*index);
                let index = self.e.b.ins().load(I32, flags(), pointer, 0);
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
                    self.block(&branch.steps)?;
                    for &(from, to) in &branch.copies {
                        let (source, target) = (self.pointer(from), self.pointer(to));
                        copy(&mut self.e, target, source, self.schedule.bufs[to.0 as usize].bytes());
                    }
                    self.e.b.ins().jump(join, &[]);
                    if number + 1 < branches.len() {
                        self.e.b.switch_to_block(next);
                    }
                }
                self.e.b.switch_to_block(join);
            }
        }
        Ok(())
    }

    /// A table of pointers on the stack.
    fn table(&mut self, pointers: &[Value]) -> Value {
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
        let when = self.pointer(call.when);
        let when = self.e.b.ins().load(I8, flags(), when, 0);
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
        let sources: Vec<Value> = ins.iter().map(|&buf| self.pointer(buf)).collect();
        let results: Vec<Value> = outs.iter().map(|&buf| self.pointer(buf)).collect();
        let chunk = match loops.split {
            Split::None => {
                let data = Data::new(loops, &self.schedule.target, self.module, self.e.b.func)?;
                nest::emit(&mut self.e, loops, &data, &sources, &results, None);
                return Ok(());
            }
            Split::Kept { chunk } | Split::Reduced { chunk } => chunk,
        };
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

    fn turns(&mut self, turns: &'a Loop) -> Compiled<()> {
        // The slots of every carried value: what it is now, where its next value goes, where the one after that.
        let mut slots: Vec<Value> = Vec::new();
        let mut lasts = Vec::new();
        for carry in &turns.carry {
            let (init, last) = (self.pointer(carry.bufs.init), self.pointer(carry.bufs.last));
            let bytes = self.bytes(carry.bufs.current);
            lasts.push(last);
            match carry.spare {
                None => {
                    copy(&mut self.e, last, init, bytes);
                    slots.extend([last; 3]);
                }
                Some(offset) => {
                    let spare = self.e.b.ins().iadd_imm_s(self.arena, offset as i64);
                    // With a known number of turns the last one writes into the result.
                    let odd = !matches!(turns.kind, LoopKind::Counted { extent, .. } if extent % 2 == 0);
                    let (first, second) = if odd { (last, spare) } else { (spare, last) };
                    slots.extend([init, first, second]);
                }
            }
        }
        let counted = match &turns.kind {
            LoopKind::Counted { extent, .. } => Some(*extent as i64),
            LoopKind::Stacked { .. } | LoopKind::While { .. } => None,
        };
        if counted == Some(0) {
            for (carry, &last) in turns.carry.iter().zip(&lasts) {
                let init = self.pointer(carry.bufs.init);
                copy(&mut self.e, last, init, self.schedule.bufs[carry.bufs.init.0 as usize].bytes());
            }
            return Ok(());
        }
        let stacks = self.open_stacks(turns);
        let (head, exit) = (self.e.b.create_block(), self.e.b.create_block());
        let counter = self.e.b.append_block_param(head, I64);
        let parameters: Vec<Value> = slots.iter().map(|_| self.e.b.append_block_param(head, I64)).collect();
        let zero = self.e.int(I64, 0);
        let mut arguments = block_args(&[zero]);
        arguments.extend(block_args(&slots));
        self.e.b.ins().jump(head, &arguments);
        self.e.b.switch_to_block(head);
        let place = |position: usize, slot: usize| match turns.carry[position].spare {
            Some(_) => parameters[3 * position + slot],
            None => lasts[position],
        };
        for (position, carry) in turns.carry.iter().enumerate() {
            self.bind(carry.bufs.current, place(position, 0));
            if !carry.copy {
                self.bind(carry.bufs.next, place(position, 1));
            }
        }
        let mark = turns.frees.then(|| self.call(self.e.host.mark, &[self.region]));
        if let LoopKind::While { steps, pred } = &turns.kind {
            self.block(steps)?;
            let pointer = self.pointer(*pred);
            let more = self.e.b.ins().load(I8, flags(), pointer, 0);
            let body = self.e.b.create_block();
            self.e.b.ins().brif(more, body, &[], exit, &[]);
            self.e.b.switch_to_block(body);
        }
        if let LoopKind::Stacked { .. } = &turns.kind {
            let more = self.e.b.ins().icmp(IntCC::SignedLessThan, counter, stacks.trips);
            let body = self.e.b.create_block();
            self.e.b.ins().brif(more, body, &[], exit, &[]);
            self.e.b.switch_to_block(body);
        }
        if let LoopKind::Counted { extent, reverse, counter: index } = &turns.kind {
            let mut turn = counter;
            if *reverse {
                let last = self.e.int(I64, *extent as i64 - 1);
                turn = self.e.b.ins().isub(last, counter);
            }
            if let Some(index) = index {
                let pointer = self.pointer(*index);
                self.e.b.ins().store(flags(), turn, pointer, 0);
            }
            let stacks = turns.xs.iter().map(|&(stacked, slice)| (stacked, slice, true));
            let stacks = stacks.chain(turns.ys.iter().map(|&(slice, stacked, copied)| (stacked, slice, !copied)));
            for (stacked, slice, direct) in stacks {
                if direct {
                    let place = self.slice(stacked, slice, turn);
                    self.bind(slice, place);
                }
            }
            self.block(&turns.steps)?;
            for &(slice, stacked, copied) in &turns.ys {
                if copied {
                    let (to, from) = (self.slice(stacked, slice, turn), self.pointer(slice));
                    copy(&mut self.e, to, from, self.schedule.bufs[slice.0 as usize].bytes());
                }
            }
        } else {
            let places = self.bind_stacks(turns, &stacks, counter);
            self.block(&turns.steps)?;
            for (&(slice, _, copied), place) in turns.ys.iter().zip(places) {
                if copied {
                    let (from, bytes) = (self.pointer(slice), self.bytes(slice));
                    copy(&mut self.e, place, from, bytes);
                }
            }
        }
        for (position, carry) in turns.carry.iter().enumerate() {
            if carry.copy {
                let from = self.pointer(carry.bufs.next);
                copy(&mut self.e, place(position, 1), from, self.schedule.bufs[carry.bufs.next.0 as usize].bytes());
            }
        }
        if let Some(mark) = mark {
            self.e.b.ins().call(self.e.host.release, &[self.region, mark]);
        }
        let next = self.e.b.ins().iadd_imm_s(counter, 1);
        let mut arguments = block_args(&[next]);
        for slots in parameters.chunks(3) {
            arguments.extend(block_args(&[slots[1], slots[2], slots[1]]));
        }
        match counted {
            Some(extent) => {
                let more = self.e.b.ins().icmp_imm_s(IntCC::SignedLessThan, next, extent);
                self.e.b.ins().brif(more, head, &arguments, exit, &[]);
            }
            None => {
                self.e.b.ins().jump(head, &arguments);
            }
        }
        self.e.b.switch_to_block(exit);
        if counted.is_none() {
            for (position, carry) in turns.carry.iter().enumerate() {
                if carry.spare.is_some() {
                    let bytes = self.bytes(carry.bufs.last);
                    self.settle(lasts[position], place(position, 0), bytes);
                }
            }
        }
        Ok(())
    }

    /// Calls a function of the host that gives a value.
    fn call(&mut self, function: FuncRef, arguments: &[Value]) -> Value {
        let call = self.e.b.ins().call(function, arguments);
        self.e.b.inst_results(call)[0]
    }

    /// Before a loop: the stacks that it reads and makes.
    fn open_stacks(&mut self, turns: &Loop) -> Stacks {
        let mut stacks = Stacks { trips: self.e.int(I64, 0), read: Vec::new(), made: Vec::new() };
        if let LoopKind::Counted { .. } = turns.kind {
            return stacks;
        }
        let mut handles = Vec::new();
        for &(stack, slice) in &turns.xs {
            let pointer = self.pointer(stack);
            let handle = self.e.b.ins().load(I64, flags(), pointer, 0);
            stacks.trips = self.longer(stacks.trips, handle);
            handles.push((handle, self.bytes(slice)));
        }
        for (handle, bytes) in handles {
            let bytes = self.e.int(I64, bytes as i64);
            stacks.read.push(self.call(self.e.host.read, &[self.region, handle, bytes, stacks.trips]));
        }
        for &(slice, stack, _) in &turns.ys {
            let bytes = self.bytes(slice) as i64;
            let bytes = self.e.int(I64, bytes);
            let handle = self.call(self.e.host.make, &[self.region, bytes, stacks.trips]);
            let pointer = self.pointer(stack);
            self.e.b.ins().store(flags(), handle, pointer, 0);
            stacks.made.push(handle);
        }
        stacks
    }

    /// The greater of a number and the number of records of a stack.
    fn longer(&mut self, trips: Value, handle: Value) -> Value {
        let (some, join) = (self.e.b.create_block(), self.e.b.create_block());
        self.e.b.append_block_param(join, I64);
        self.e.b.ins().brif(handle, some, &[], join, &block_args(&[trips]));
        self.e.b.switch_to_block(some);
        let records = self.e.b.ins().load(I64, flags(), handle, layout::LEN);
        let longer = self.e.b.ins().smax(trips, records);
        self.e.b.ins().jump(join, &block_args(&[longer]));
        self.e.b.switch_to_block(join);
        self.e.b.block_params(join)[0]
    }

    /// In a turn: where it reads its records, and the places of those that it gives.
    fn bind_stacks(&mut self, turns: &Loop, stacks: &Stacks, counter: Value) -> Vec<Value> {
        let mut turn = counter;
        if let LoopKind::Stacked { reverse: true } = turns.kind {
            let last = self.e.b.ins().iadd_imm_s(stacks.trips, -1);
            turn = self.e.b.ins().isub(last, counter);
        }
        for (&(_, slice), &first) in turns.xs.iter().zip(&stacks.read) {
            let bytes = self.bytes(slice) as i64;
            let distance = self.e.b.ins().imul_imm_s(turn, bytes);
            let place = self.e.b.ins().iadd(first, distance);
            self.bind(slice, place);
        }
        let mut places = Vec::new();
        for (&(slice, _, copied), &handle) in turns.ys.iter().zip(&stacks.made) {
            if let LoopKind::While { .. } = turns.kind {
                self.push(handle, turn);
            }
            let first = self.e.b.ins().load(I64, flags(), handle, layout::DATA);
            let bytes = self.bytes(slice) as i64;
            let distance = self.e.b.ins().imul_imm_s(turn, bytes);
            let place = self.e.b.ins().iadd(first, distance);
            if !copied {
                self.bind(slice, place);
            }
            places.push(place);
        }
        places
    }

    /// Adds a record, number `turn`, to a stack.
    fn push(&mut self, handle: Value, turn: Value) {
        let (full, join) = (self.e.b.create_block(), self.e.b.create_block());
        self.e.b.set_cold_block(full);
        let capacity = self.e.b.ins().load(I64, flags(), handle, layout::CAPACITY);
        let fits = self.e.b.ins().icmp(IntCC::UnsignedLessThan, turn, capacity);
        self.e.b.ins().brif(fits, join, &[], full, &[]);
        self.e.b.switch_to_block(full);
        self.e.b.ins().call(self.e.host.grow, &[self.region, handle]);
        self.e.b.ins().jump(join, &[]);
        self.e.b.switch_to_block(join);
        let records = self.e.b.ins().iadd_imm_s(turn, 1);
        self.e.b.ins().store(flags(), records, handle, layout::LEN);
    }

    /// Copies a value to where it belongs, unless turns happened to leave it there.
    fn settle(&mut self, to: Value, from: Value, bytes: usize) {
        let (moved, join) = (self.e.b.create_block(), self.e.b.create_block());
        let elsewhere = self.e.b.ins().icmp(IntCC::NotEqual, to, from);
        self.e.b.ins().brif(elsewhere, moved, &[], join, &[]);
        self.e.b.switch_to_block(moved);
        copy(&mut self.e, to, from, bytes);
        self.e.b.ins().jump(join, &[]);
        self.e.b.switch_to_block(join);
    }

    fn slice(&mut self, stacked: Buf, slice: Buf, turn: Value) -> Value {
        let base = self.pointer(stacked);
        let distance = self.e.b.ins().imul_imm_s(turn, self.schedule.bufs[slice.0 as usize].bytes() as i64);
        self.e.b.ins().iadd(base, distance)
    }
}
