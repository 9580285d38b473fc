//! The CPU as a machine: programs compiled to native code, memory from a pool.

use std::sync::{Arc, OnceLock};

use jax_core::base::DType;
use jax_core::base::error::{Error, ErrorKind, Result};
use jax_core::bug;
use jax_core::kernel::{self, Block, Buf, LoopKind, Op, Program, Step};
use jax_core::machine::{Analysis, Device, Executable, Input, Machine, Memory, Storage};
use smallvec::SmallVec;

use crate::backend::cranelift::{self, Code};
use crate::fuse::fuse;
use crate::memory::Pool;
use crate::memory::stack::{Handles, Region};
use crate::schedule::{self, Schedule, Target};

/// Bytes of freed buffers that the pool keeps for reuse.
const POOL_BUDGET: usize = 1 << 30;

/// The CPU of this process.
#[derive(Debug)]
pub struct CpuMachine {
    pool: Arc<Pool>,
    target: Target,
}

impl CpuMachine {
    /// A machine with its own pool, for this processor.
    pub fn new() -> CpuMachine {
        CpuMachine::with(Target::host(), POOL_BUDGET)
    }

    /// A machine with its own pool of this budget, for this target.
    pub fn with(target: Target, budget: usize) -> CpuMachine {
        CpuMachine { pool: Pool::new(budget), target }
    }

    /// The machine that the process shares.
    pub fn shared() -> Arc<CpuMachine> {
        static SHARED: OnceLock<Arc<CpuMachine>> = OnceLock::new();
        SHARED.get_or_init(|| Arc::new(CpuMachine::new())).clone()
    }

    /// The pool that buffers come from.
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Compiles a program, for callers that want more than the trait.
    pub fn compile_program(&self, program: Program) -> Result<CpuExecutable> {
        let fused = fuse(program.clone());
        self.compile_stages(program, fused)
    }

    /// Compiles a program that was fused already; `program` is kept for its text.
    pub fn compile_stages(&self, program: Program, fused: Program) -> Result<CpuExecutable> {
        let schedule = schedule::schedule(kernel::expand(fused.clone()), &self.target);
        let code = cranelift::compile(&schedule)?;
        let input_bytes = schedule.inputs.iter().map(|buf| schedule.bufs[buf.0 as usize].bytes()).collect();
        let output_bytes = schedule.outputs.iter().map(|buf| schedule.bufs[buf.0 as usize].bytes()).collect();
        let temp = schedule.arena.max(1);
        let arena = if schedule.arena > cranelift::program::STACK_ARENA { temp } else { 0 };
        let stacks = schedule.bufs.iter().any(|ty| ty.dtype == DType::Stack);
        let pool = self.pool.clone();
        Ok(CpuExecutable { code, schedule, arena, input_bytes, output_bytes, program, fused, stacks, pool })
    }
}

impl Default for CpuMachine {
    fn default() -> CpuMachine {
        CpuMachine::new()
    }
}

impl Machine for CpuMachine {
    fn compile(&self, program: Program) -> Result<Arc<dyn Executable>> {
        Ok(Arc::new(self.compile_program(program)?))
    }

    fn allocate(&self, bytes: usize) -> Result<Box<dyn Memory>> {
        Ok(Box::new(self.pool.buffer(bytes)?))
    }

    fn devices(&self) -> Vec<Device> {
        vec![Device { platform: "cpu", id: 0 }]
    }
}

/// A program compiled for the CPU.
#[derive(Debug)]
pub struct CpuExecutable {
    code: Code,
    schedule: Schedule,
    /// Bytes of the arena that the caller allocates; none if it is on the stack.
    arena: usize,
    input_bytes: SmallVec<[usize; 8]>,
    output_bytes: SmallVec<[usize; 4]>,
    program: Program,
    fused: Program,
    /// Whether stacks are made or read.
    stacks: bool,
    pool: Arc<Pool>,
}

impl CpuExecutable {
    /// The schedule that the code follows.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }
}

fn mismatch(position: usize, need: usize, have: usize) -> Error {
    let message = format!("argument {position} has {have} bytes, the program needs {need}");
    Error::new(ErrorKind::Runtime, "call", message)
}

impl Executable for CpuExecutable {
    fn run(&self, inputs: &mut [Input<'_>]) -> Result<Vec<Storage>> {
        if inputs.len() != self.input_bytes.len() {
            return Err(mismatch(inputs.len(), self.input_bytes.len(), inputs.len()));
        }
        // Values are parked where compiled code can point at them.
        let mut scalars: SmallVec<[u128; 8]> = SmallVec::from_elem(0, inputs.len());
        for (position, input) in inputs.iter().enumerate() {
            let have = match input {
                Input::Scalar(value) => {
                    scalars[position] = value.bits();
                    value.dtype().size()
                }
                Input::Shared(storage) => storage.bytes().len(),
                Input::Donated(storage) => storage.bytes().len(),
            };
            if have < self.input_bytes[position] {
                return Err(mismatch(position, self.input_bytes[position], have));
            }
        }
        let regions = if self.stacks { self.regions(inputs)? } else { Vec::new() };
        let mut storages: Vec<Storage> = Vec::with_capacity(self.output_bytes.len());
        let mut pointers: SmallVec<[*mut u8; 4]> = SmallVec::new();
        let mut taken: SmallVec<[(usize, *mut u8); 4]> = SmallVec::new();
        for (output, &bytes) in self.output_bytes.iter().enumerate() {
            let donation = self.schedule.donations.iter().find(|donation| donation.output == output);
            let donated =
                donation.and_then(|donation| donate(&mut inputs[donation.input], bytes).map(|d| (donation.input, d)));
            match donated {
                Some((input, (storage, pointer))) => {
                    taken.push((input, pointer));
                    pointers.push(pointer);
                    storages.push(storage);
                }
                None => {
                    let buffer = self.pool.buffer(bytes)?;
                    pointers.push(buffer.as_ptr());
                    storages.push(Arc::new(buffer));
                }
            }
        }
        let mut sources: SmallVec<[*const u8; 8]> = SmallVec::new();
        for (position, input) in inputs.iter().enumerate() {
            let given = taken.iter().find(|(input, _)| *input == position);
            sources.push(match (given, input) {
                (Some((_, pointer)), _) => pointer.cast_const(),
                (None, Input::Scalar(_)) => (&raw const scalars[position]).cast(),
                (None, Input::Shared(storage)) => storage.bytes().as_ptr(),
                (None, Input::Donated(storage)) => storage.bytes().as_ptr(),
            });
        }
        let arena = if self.arena > 0 { Some(self.pool.buffer(self.arena)?) } else { None };
        let temporary = arena.as_ref().map_or(std::ptr::null_mut(), |arena| arena.as_ptr());
        let mut region = self.stacks.then(|| Region::new(&self.pool));
        let stacks = region.as_mut().map_or(std::ptr::null_mut(), |region| &raw mut *region);
        // SAFETY: one pointer for each input, checked to lead to enough bytes, and for each output, to a fresh buffer
        // of its size or to the memory of the input that the schedule's donation pairs it with, which nobody else
        // holds; the arena has the schedule's size. All of them outlive the call.
        // Handles among the inputs are null or in memory that only compiled code writes, with the regions they lead to.
        unsafe { self.code.call(&sources, &pointers, temporary, stacks) }?;
        if let Some(region) = region {
            self.keep(&mut storages, regions, region);
        }
        Ok(storages)
    }

    fn analysis(&self) -> Analysis {
        let mut analysis = Analysis {
            temp_bytes: self.schedule.arena as u64,
            argument_bytes: self.input_bytes.iter().sum::<usize>() as u64,
            output_bytes: self.output_bytes.iter().sum::<usize>() as u64,
            code_bytes: self.code.bytes as u64,
            ..Analysis::default()
        };
        count(&self.fused.body, &self.fused, 1, &mut analysis);
        analysis.stages = vec![
            ("nests", self.program.to_string()),
            ("fused", self.fused.to_string()),
            ("schedule", self.schedule.to_string()),
            ("code", cranelift::text(&self.schedule)),
        ];
        analysis
    }
}

impl CpuExecutable {
    fn dtype(&self, buf: Buf) -> DType {
        self.schedule.bufs[buf.0 as usize].dtype
    }

    /// The regions that handles among the inputs lead to.
    fn regions(&self, inputs: &[Input<'_>]) -> Result<Vec<Arc<Region>>> {
        let mut regions: Vec<Arc<Region>> = Vec::new();
        for (input, &buf) in inputs.iter().zip(&self.schedule.inputs) {
            if self.dtype(buf) != DType::Stack {
                continue;
            }
            let handles = match input {
                Input::Scalar(value) if value.bits() == 0 => continue,
                Input::Scalar(_) => None,
                Input::Shared(storage) => storage.as_any().downcast_ref::<Handles>(),
                Input::Donated(storage) => storage.as_any().downcast_ref::<Handles>(),
            };
            let Some(handles) = handles else {
                return Err(Error::new(ErrorKind::Runtime, "call", "an argument of stacks was not made by a program"));
            };
            for region in handles.regions() {
                if !regions.iter().any(|known| Arc::ptr_eq(known, region)) {
                    regions.push(region.clone());
                }
            }
        }
        Ok(regions)
    }

    /// Gives results that hold handles the regions that these may lead to.
    fn keep(&self, storages: &mut [Storage], mut regions: Vec<Arc<Region>>, region: Region) {
        if self.schedule.outputs.iter().all(|&buf| self.dtype(buf) != DType::Stack) {
            return;
        }
        regions.push(Arc::new(region));
        for (storage, &buf) in storages.iter_mut().zip(&self.schedule.outputs) {
            if self.dtype(buf) == DType::Stack {
                *storage = Arc::new(Handles::new(storage.clone(), regions.clone()));
            }
        }
    }
}

/// The memory of an input that the caller gives up, if nobody else holds it and it is of this size.
fn donate(input: &mut Input<'_>, bytes: usize) -> Option<(Storage, *mut u8)> {
    let Input::Donated(storage) = input else { return None };
    let memory = Arc::get_mut(storage)?;
    if memory.bytes().len() != bytes {
        return None;
    }
    let pointer = memory.bytes_mut().as_mut_ptr();
    let empty = Input::Scalar(jax_core::base::Scalar::bool(false));
    match std::mem::replace(input, empty) {
        Input::Donated(storage) => Some((storage, pointer)),
        _ => bug!("a donated input changed"),
    }
}

/// Adds the costs of a block that runs so many times.
fn count(block: &Block, program: &Program, times: u64, analysis: &mut Analysis) {
    for step in &block.steps {
        match step {
            Step::Nest { nest, ins, outs, .. } => {
                let points = nest.extents.iter().product::<usize>() as u64;
                let float = |node: &&kernel::Node| {
                    let inputs = match &node.op {
                        Op::Unary(_, a) | Op::Binary(_, a, _) | Op::MulAdd(a, ..) => nest.body.dtype(*a),
                        _ => return false,
                    };
                    inputs.is_inexact()
                };
                let reduced = u64::from(matches!(nest.sink, kernel::Sink::Reduce { .. }));
                analysis.flops += times * points * (nest.body.nodes().iter().filter(float).count() as u64 + reduced);
                let bytes: usize = ins.iter().chain(outs).map(|&buf| program.ty(buf).bytes()).sum();
                analysis.bytes_accessed += times * bytes as u64;
                analysis.kernels += 1;
            }
            Step::Sort(sort) => {
                let bytes: usize = sort.ins.iter().chain(&sort.outs).map(|&buf| program.ty(buf).bytes()).sum();
                analysis.bytes_accessed += times * bytes as u64;
                analysis.kernels += 1;
            }
            Step::Reshape { .. } | Step::Call(_) => {}
            Step::Cond { branches, .. } => branches.iter().for_each(|b| count(&b.body, program, times, analysis)),
            Step::Loop(inner) => {
                let turns = match &inner.kind {
                    LoopKind::Counted { extent, .. } => *extent as u64,
                    LoopKind::Stacked { .. } => 1,
                    LoopKind::While { cond, .. } => {
                        count(cond, program, times, analysis);
                        1
                    }
                };
                count(&inner.body, program, times * turns, analysis);
            }
        }
    }
}
