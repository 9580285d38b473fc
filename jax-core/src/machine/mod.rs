//! The door to the machine: what jax-core asks of a runtime. `jax-runtime` installs the real one; without it
//! programs run through `kernel::interp`.

mod interp;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

pub use interp::InterpMachine;

use crate::base::{Result, Scalar};
use crate::kernel::Program;

/// A place where arrays live and programs run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device {
    /// `cpu` or `cuda`.
    pub platform: &'static str,
    /// Which one, from 0.
    pub id: usize,
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(id={})", self.platform, self.id)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The bytes of one array, aligned to 64 bytes at least, row-major and contiguous.
pub trait Memory: Send + Sync + fmt::Debug {
    /// The bytes.
    fn bytes(&self) -> &[u8];
    /// The bytes, to write.
    fn bytes_mut(&mut self) -> &mut [u8];
    /// Where they are.
    fn device(&self) -> Device;
    /// For the runtime to recognize its own.
    fn as_any(&self) -> &dyn Any;
    /// For the runtime to recognize its own.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// The shared bytes of an array.
pub type Storage = Arc<dyn Memory>;

/// An argument of an executable.
#[derive(Debug)]
pub enum Input<'a> {
    /// A rank-0 value, by value.
    Scalar(Scalar),
    /// Memory to read.
    Shared(&'a Storage),
    /// Memory that the caller gives up: if nobody else holds it, it may become a result's memory.
    Donated(Storage),
}

/// What a call of an executable, or its compilation, costs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// Floating-point operations of a call (loops of unknown trip count counted once).
    pub flops: u64,
    /// Bytes read and written by a call.
    pub bytes_accessed: u64,
    /// Bytes of temporaries.
    pub temp_bytes: u64,
    /// Bytes of arguments.
    pub argument_bytes: u64,
    /// Bytes of results.
    pub output_bytes: u64,
    /// Bytes of machine code.
    pub code_bytes: u64,
    /// Number of kernels after fusion.
    pub kernels: u64,
    /// Every stage as text, by name: `nests`, `fused`, `schedule`, `code`.
    pub stages: Vec<(&'static str, String)>,
}

/// A compiled program.
pub trait Executable: Send + Sync + fmt::Debug {
    /// Runs it. The inputs have the types that the program says, in order; so have the outputs.
    fn run(&self, inputs: &mut [Input<'_>]) -> Result<Vec<Storage>>;
    /// Costs and texts, made on demand.
    fn analysis(&self) -> Analysis;
}

/// A runtime.
pub trait Machine: Send + Sync + fmt::Debug {
    /// Compiles a verified program.
    fn compile(&self, program: Program) -> Result<Arc<dyn Executable>>;
    /// Fresh memory of this many bytes, its contents unspecified but initialized.
    fn allocate(&self, bytes: usize) -> Result<Box<dyn Memory>>;
    /// The devices, the default first.
    fn devices(&self) -> Vec<Device>;
}

/// A runtime that is linked into the program. `inventory::submit!` one to install it.
pub struct Installed {
    /// Makes the runtime, on first use.
    pub make: fn() -> Box<dyn Machine>,
}

inventory::collect!(Installed);

/// The runtime that programs run on: the installed one, or the interpreter.
pub fn machine() -> &'static dyn Machine {
    static MACHINE: OnceLock<Box<dyn Machine>> = OnceLock::new();
    let make = || match inventory::iter::<Installed>().next() {
        Some(installed) => (installed.make)(),
        None => Box::new(InterpMachine),
    };
    &**MACHINE.get_or_init(make)
}
