//! The machine that interprets: what arrays run on when no runtime is linked.

use std::any::Any;
use std::sync::Arc;

use super::{Analysis, Device, Executable, Input, Machine, Memory, Storage};
use crate::base::error::ErrorKind;
use crate::base::{DType, Error, Result};
use crate::kernel::interp::{self, Stacks};
use crate::kernel::{Buf, Program};

/// Runs programs through [`kernel::interp`](crate::kernel::interp).
#[derive(Clone, Copy, Debug)]
pub struct InterpMachine;

/// The machine has one device: memory of the process.
const DEVICE: Device = Device { platform: "cpu", id: 0 };

/// The alignment that [`Memory`] promises, in 16-byte words.
const ALIGN_WORDS: usize = 64 / size_of::<u128>();

/// Memory of the process, in words that are aligned by skipping the first few.
#[derive(Debug)]
struct HostMemory {
    words: Vec<u128>,
    skip: usize,
    bytes: usize,
}

impl HostMemory {
    fn new(bytes: usize) -> Result<HostMemory> {
        let count = bytes.div_ceil(size_of::<u128>()) + ALIGN_WORDS;
        let mut words: Vec<u128> = Vec::new();
        words.try_reserve_exact(count).map_err(|_| {
            Error::new(ErrorKind::Runtime, "allocate", format!("out of memory allocating {bytes} bytes"))
        })?;
        words.resize(count, 0);
        let skip = words.as_ptr().align_offset(64).min(ALIGN_WORDS);
        Ok(HostMemory { words, skip, bytes })
    }
}

impl Memory for HostMemory {
    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words[self.skip..])[..self.bytes]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words[self.skip..])[..self.bytes]
    }

    fn device(&self) -> Device {
        DEVICE
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Numbers of stacks, with the stacks.
#[derive(Debug)]
struct StackMemory {
    numbers: HostMemory,
    stacks: Arc<Stacks>,
}

impl Memory for StackMemory {
    fn bytes(&self) -> &[u8] {
        self.numbers.bytes()
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut []
    }

    fn device(&self) -> Device {
        DEVICE
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// A program, run as it is.
#[derive(Debug)]
struct Interpreted(Program);

impl Executable for Interpreted {
    fn run(&self, inputs: &mut [Input<'_>]) -> Result<Vec<Storage>> {
        let scalars: Vec<_> = inputs
            .iter()
            .map(|input| match input {
                Input::Scalar(value) => value.to_bytes(),
                Input::Shared(_) | Input::Donated(_) => Default::default(),
            })
            .collect();
        let bytes: Vec<&[u8]> = inputs
            .iter()
            .zip(&scalars)
            .zip(&self.0.inputs)
            .map(|((input, scalar), &buf)| match input {
                Input::Scalar(_) => scalar,
                Input::Shared(storage) => &storage.bytes()[..self.0.ty(buf).bytes()],
                Input::Donated(storage) => &storage.bytes()[..self.0.ty(buf).bytes()],
            })
            .collect();
        let mut stacks = Stacks::new();
        for input in inputs.iter() {
            let memory = match input {
                Input::Shared(storage) => storage.as_any(),
                Input::Donated(storage) => storage.as_any(),
                Input::Scalar(_) => continue,
            };
            if let Some(memory) = memory.downcast_ref::<StackMemory>() {
                stacks.extend(memory.stacks.iter().map(|(&number, records)| (number, records.clone())));
            }
        }
        let outputs = interp::run_with(&self.0, &bytes, &mut stacks)?;
        let stacks = Arc::new(stacks);
        let keep = |(output, &buf): (Vec<u8>, &Buf)| {
            let mut memory = HostMemory::new(output.len())?;
            memory.bytes_mut().copy_from_slice(&output);
            Ok(match self.0.ty(buf).dtype {
                DType::Stack => Arc::new(StackMemory { numbers: memory, stacks: stacks.clone() }),
                _ => Arc::new(memory) as Storage,
            })
        };
        outputs.into_iter().zip(&self.0.outputs).map(keep).collect()
    }

    fn analysis(&self) -> Analysis {
        let bytes = |bufs: &[Buf]| bufs.iter().map(|&buf| self.0.ty(buf).bytes() as u64).sum();
        Analysis {
            argument_bytes: bytes(&self.0.inputs),
            output_bytes: bytes(&self.0.outputs),
            stages: vec![("nests", self.0.to_string())],
            ..Analysis::default()
        }
    }
}

impl Machine for InterpMachine {
    fn compile(&self, program: Program) -> Result<Arc<dyn Executable>> {
        Ok(Arc::new(Interpreted(program)))
    }

    fn allocate(&self, bytes: usize) -> Result<Box<dyn Memory>> {
        Ok(Box::new(HostMemory::new(bytes)?))
    }

    fn devices(&self) -> Vec<Device> {
        vec![DEVICE]
    }
}
