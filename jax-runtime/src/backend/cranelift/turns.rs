//! Loops: carried values in registers or in alternating slots, slices and stacks bound to where they are, and lanes
//! that threads share.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{FuncRef, InstBuilder, StackSlotData, StackSlotKind, Value};
use cranelift_module::Module;
use jax_core::bug;
use jax_core::kernel::Buf;

use super::host::Compiled;
use super::nest::block_args;
use super::program::{Steps, copy, kernel_signature};
use super::value::{Val, flags};
use crate::memory::stack::layout;
use crate::schedule::{Carry, Lanes, Loop, LoopKind, makes_stacks};

/// The stacks of a loop while it runs.
struct Stacks {
    /// The records of the longest that is read.
    trips: Value,
    /// The first record of each that is read.
    read: Vec<Value>,
    /// The handles of those that are made.
    made: Vec<Value>,
}

/// How a value is carried.
enum Slot {
    /// In registers, in this form.
    Register(Val),
    /// In memory: what it is now, where its next value goes, where the one after that; these change if they alternate.
    Memory([Value; 3]),
}

impl<'a> Steps<'a, '_, '_> {
    /// Before a loop: how a value is carried into the first turn.
    fn slot(&mut self, carry: &Carry, kind: &LoopKind) -> Slot {
        if self.schedule.bufs[carry.bufs.current.0 as usize].size() == 1 {
            return Slot::Register(self.fetch(carry.bufs.init));
        }
        let (init, last) = (self.pointer(carry.bufs.init), self.place(carry.bufs.last));
        let bytes = self.bytes(carry.bufs.current);
        match carry.spare {
            None => {
                copy(&mut self.e, last, init, bytes);
                Slot::Memory([last; 3])
            }
            Some(offset) => {
                let spare = self.e.b.ins().iadd_imm_s(self.arena, offset as i64);
                // With a known number of turns the last one writes into the result.
                let odd = !matches!(kind, LoopKind::Counted { extent, .. } if extent % 2 == 0);
                let (first, second) = if odd { (last, spare) } else { (spare, last) };
                Slot::Memory([init, first, second])
            }
        }
    }

    /// A loop.
    pub fn turns(&mut self, turns: &'a Loop) -> Compiled<()> {
        let (extent, reverse) = match turns.kind {
            LoopKind::Counted { extent, reverse, .. } => (Some(extent as i64), reverse),
            LoopKind::Stacked { reverse } => (None, reverse),
            LoopKind::While { .. } => (None, false),
        };
        if extent == Some(0) {
            for carry in &turns.carry {
                let (init, last) = (self.pointer(carry.bufs.init), self.place(carry.bufs.last));
                let bytes = self.bytes(carry.bufs.init);
                copy(&mut self.e, last, init, bytes);
            }
            return Ok(());
        }
        let first = self.e.int(I64, 0);
        let trips = extent.map(|extent| self.e.int(I64, extent));
        self.run(turns, first, trips, reverse.then_some(extent).flatten())
    }

    /// The turns from `first` to before `end`, of which there is one at least; without an end, as many as the kind says.
    fn run(&mut self, turns: &'a Loop, first: Value, end: Option<Value>, mirror: Option<i64>) -> Compiled<()> {
        self.warm(turns);
        let slots: Vec<Slot> = turns.carry.iter().map(|carry| self.slot(carry, &turns.kind)).collect();
        let stacks = self.open_stacks(turns);
        let scope = self.scope();
        let (head, exit) = (self.e.b.create_block(), self.e.b.create_block());
        let mut arguments = vec![first];
        for (slot, carry) in slots.iter().zip(&turns.carry) {
            match slot {
                Slot::Register(value) => arguments.extend(value.values()),
                Slot::Memory(places) if carry.spare.is_some() => arguments.extend(places),
                Slot::Memory(_) => {}
            }
        }
        for &argument in &arguments {
            let ty = self.e.b.func.dfg.value_type(argument);
            self.e.b.append_block_param(head, ty);
        }
        self.e.b.ins().jump(head, &block_args(&arguments));
        self.e.b.switch_to_block(head);
        let parameters = self.e.b.block_params(head).to_vec();
        let counter = parameters[0];
        let mut rest = parameters[1..].iter().copied();
        let slots: Vec<Slot> = slots
            .into_iter()
            .zip(&turns.carry)
            .map(|(slot, carry)| match slot {
                Slot::Register(value) => Slot::Register(value.with(&mut rest)),
                Slot::Memory(places) if carry.spare.is_some() => Slot::Memory(places.map(|p| rest.next().unwrap_or(p))),
                memory => memory,
            })
            .collect();
        for (slot, carry) in slots.iter().zip(&turns.carry) {
            let (now, next) = match slot {
                Slot::Register(value) => {
                    self.define(carry.bufs.current, value.clone());
                    let last = self.place(carry.bufs.last);
                    let spare = carry.spare.map(|offset| self.e.b.ins().iadd_imm_s(self.arena, offset as i64));
                    (last, spare.unwrap_or(last))
                }
                Slot::Memory(places) => (places[0], places[1]),
            };
            self.bind(carry.bufs.current, now);
            if !carry.copy {
                self.bind(carry.bufs.next, next);
            }
        }
        let mark = turns.frees.then(|| self.call(self.e.host.mark, &[self.region]));
        let more = match &turns.kind {
            LoopKind::Counted { .. } => None,
            LoopKind::Stacked { .. } => Some(self.e.b.ins().icmp(IntCC::SignedLessThan, counter, stacks.trips)),
            LoopKind::While { steps, pred } => {
                self.block(steps)?;
                let Val::One(pred) = self.fetch(*pred) else { bug!("a predicate in parts") };
                Some(pred)
            }
        };
        if let Some(more) = more {
            let body = self.e.b.create_block();
            self.e.b.ins().brif(more, body, &[], exit, &[]);
            self.e.b.switch_to_block(body);
        }
        let places = self.bind_slices(turns, &stacks, counter, mirror);
        self.block(&turns.steps)?;
        for (&(slice, _, copied), place) in turns.ys.iter().zip(places) {
            let bytes = self.bytes(slice);
            match self.value(slice) {
                Some(value) if copied || !self.is_stored(slice) => {
                    let dtype = self.schedule.bufs[slice.0 as usize].dtype;
                    self.e.store_scalar(dtype, &value, place, 0);
                }
                None if copied => {
                    let from = self.pointer(slice);
                    copy(&mut self.e, place, from, bytes);
                }
                _ => {}
            }
        }
        let mut next: Vec<Slot> = Vec::new();
        for (slot, carry) in slots.iter().zip(&turns.carry) {
            next.push(match slot {
                Slot::Register(_) => Slot::Register(self.fetch(carry.bufs.next)),
                Slot::Memory(places) => {
                    if carry.copy {
                        let (from, bytes) = (self.pointer(carry.bufs.next), self.bytes(carry.bufs.next));
                        copy(&mut self.e, places[1], from, bytes);
                    }
                    Slot::Memory([places[1], places[2], places[1]])
                }
            });
        }
        if let Some(mark) = mark {
            self.e.b.ins().call(self.e.host.release, &[self.region, mark]);
        }
        let following = self.e.b.ins().iadd_imm_s(counter, 1);
        let mut arguments = vec![following];
        for (slot, carry) in next.iter().zip(&turns.carry) {
            match slot {
                Slot::Register(value) => arguments.extend(value.values()),
                Slot::Memory(places) if carry.spare.is_some() => arguments.extend(places),
                Slot::Memory(_) => {}
            }
        }
        match end {
            Some(end) => {
                let more = self.e.b.ins().icmp(IntCC::SignedLessThan, following, end);
                self.e.b.ins().brif(more, head, &block_args(&arguments), exit, &[]);
            }
            None => {
                self.e.b.ins().jump(head, &block_args(&arguments));
            }
        }
        self.e.b.switch_to_block(exit);
        self.leave(scope);
        // A loop that counts ends after a turn, the others before one.
        let lasts = if end.is_some() { next } else { slots };
        for (slot, carry) in lasts.into_iter().zip(&turns.carry) {
            match slot {
                Slot::Register(value) => self.define(carry.bufs.last, value),
                Slot::Memory(places) if carry.spare.is_some() && end.is_none() => {
                    let (last, bytes) = (self.place(carry.bufs.last), self.bytes(carry.bufs.last));
                    self.settle(last, places[0], bytes);
                }
                Slot::Memory(_) => {}
            }
        }
        Ok(())
    }

    /// Takes what turns read of single elements from outside into registers.
    fn warm(&mut self, turns: &'a Loop) {
        for &buf in &turns.warm {
            self.fetch(buf);
        }
    }

    /// In a turn: where it reads its slices, and the places of those that it gives.
    fn bind_slices(&mut self, turns: &Loop, stacks: &Stacks, counter: Value, mirror: Option<i64>) -> Vec<Value> {
        let LoopKind::Counted { counter: index, .. } = &turns.kind else {
            return self.bind_stacks(turns, stacks, counter);
        };
        let mut turn = counter;
        if let Some(extent) = mirror {
            let last = self.e.int(I64, extent - 1);
            turn = self.e.b.ins().isub(last, counter);
        }
        if let Some(index) = index {
            self.define(*index, Val::One(turn));
        }
        for &(stacked, slice) in &turns.xs {
            let place = self.slice(stacked, slice, turn);
            self.bind(slice, place);
        }
        let mut places = Vec::new();
        for &(slice, stacked, copied) in &turns.ys {
            let place = self.slice(stacked, slice, turn);
            if !copied {
                self.bind(slice, place);
            }
            places.push(place);
        }
        places
    }

    /// Calls a function of the host that gives a value.
    pub fn call(&mut self, function: FuncRef, arguments: &[Value]) -> Value {
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
            let Val::One(handle) = self.fetch(stack) else { bug!("a handle in parts") };
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
            self.define(stack, Val::One(handle));
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
        let bytes = self.bytes(slice) as i64;
        let distance = self.e.b.ins().imul_imm_s(turn, bytes);
        self.e.b.ins().iadd(base, distance)
    }

    /// A loop whose turns threads share: they run in a function of their own, each thread with memory of its own.
    pub fn lanes(&mut self, turns: &'a Loop, lanes: &'a Lanes) -> Compiled<()> {
        let LoopKind::Counted { extent, reverse, .. } = turns.kind else { bug!("lanes without a number") };
        let outer: Vec<Buf> = lanes.outer.clone();
        let own_region = makes_stacks(&turns.steps);
        let id = self.module.declare_anonymous_function(&kernel_signature(self.module))?;
        self.function(id, |steps, params| {
            let mut pointers: Vec<Value> = Vec::new();
            for at in 0..outer.len() + 2 {
                pointers.push(steps.e.b.ins().load(I64, flags(), params[0], 8 * at as i32));
            }
            let (claims, shared) = (pointers[outer.len()], pointers[outer.len() + 1]);
            let region = if own_region { steps.call(steps.e.host.open, &[shared]) } else { shared };
            steps.adopt([claims, region], outer.iter().copied().zip(pointers));
            if !lanes.arena.is_empty() {
                let bytes = (lanes.arena.end - lanes.arena.start) as u32;
                let slot = steps.e.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 6));
                let own = steps.e.b.ins().stack_addr(I64, slot, 0);
                steps.arena = steps.e.b.ins().iadd_imm_s(own, -(lanes.arena.start as i64));
            }
            steps.run(turns, params[1], Some(params[2]), reverse.then_some(extent as i64))?;
            if own_region {
                steps.e.b.ins().call(steps.e.host.close, &[shared, region]);
            }
            Ok(())
        })?;
        let mut pointers: Vec<Value> = outer.iter().map(|&buf| self.pointer(buf)).collect();
        pointers.extend(self.surroundings());
        let table = self.table(&pointers);
        let kernel = self.module.declare_func_in_func(id, self.e.b.func);
        let kernel = self.e.b.ins().func_addr(I64, kernel);
        let (extent, chunk) = (self.e.int(I64, extent as i64), self.e.int(I64, lanes.chunk as i64));
        self.e.b.ins().call(self.e.host.parallel, &[kernel, table, extent, chunk]);
        Ok(())
    }
}
