//! Machine code through Cranelift: a pure translation of schedules, and the memory that the code lives in.
//!
//! Code pages are never writable and executable at once, and are freed with the program they belong to.

pub mod data;
pub mod host;
pub mod nest;
pub mod ops;
pub mod program;
mod turns;
pub mod value;

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{ModuleError, default_libcall_names};
use jax_core::base::error::{Error, ErrorKind, Result};

use self::host::Claim;
use crate::memory::stack::Region;
use crate::schedule::Schedule;

/// The compiled entry: tables of input and output pointers, the arena, the host's part, the stacks.
type Entry = unsafe extern "C" fn(*const *const u8, *const *mut u8, *mut u8, *const Claim, *mut Region);

/// How many programs' code is in memory.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// How many programs' code is in memory.
pub fn alive() -> usize {
    ALIVE.load(Ordering::Relaxed)
}

/// Compiled code and the memory it lives in.
pub struct Code {
    entry: Entry,
    claims: Vec<Claim>,
    calls_host: bool,
    /// Bytes of machine code.
    pub bytes: usize,
    module: ManuallyDrop<Mutex<JITModule>>,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("bytes", &self.bytes).finish()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: `module` is taken once, here, and not used after.
        let module = unsafe { ManuallyDrop::take(&mut self.module) };
        let module = module.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: the code is only reached through `entry`, which is gone with `self`; no call of it is running,
        // because a call borrows `self`.
        unsafe { module.free_memory() };
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

fn unable(stage: &str, error: &dyn fmt::Display) -> Error {
    Error::new(ErrorKind::Runtime, "compile", format!("cannot {stage}: {error}"))
}

/// The instruction set of this machine, found once.
fn isa() -> Result<OwnedTargetIsa> {
    static ISA: OnceLock<Result<OwnedTargetIsa>> = OnceLock::new();
    let find = || {
        let mut flags = settings::builder();
        let options = [
            ("opt_level", "speed"),
            ("is_pic", "false"),
            ("use_colocated_libcalls", "false"),
            ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
            ("enable_probestack", "false"),
        ];
        for (name, value) in options {
            flags.set(name, value).map_err(|error| unable("configure the compiler", &error))?;
        }
        let isa = cranelift_native::builder().map_err(|error| unable("generate code for this machine", &error))?;
        isa.finish(settings::Flags::new(flags)).map_err(|error| unable("generate code for this machine", &error))
    };
    ISA.get_or_init(find).clone()
}

fn module() -> Result<JITModule> {
    let mut builder = JITBuilder::with_isa(isa()?, default_libcall_names());
    host::symbols(&mut builder);
    Ok(JITModule::new(builder))
}

/// A module that is freed if compilation fails half-way.
struct Unfinished(Option<JITModule>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(module) = self.0.take() {
            // SAFETY: no pointer into the module's code has left this file.
            unsafe { module.free_memory() };
        }
    }
}

/// Compiles a schedule.
pub fn compile(schedule: &Schedule) -> Result<Code> {
    let mut unfinished = Unfinished(Some(module()?));
    let Some(module) = &mut unfinished.0 else { return Err(unable("compile", &"no module")) };
    let failed = |error: Box<ModuleError>| unable("compile", &format!("{error:?}"));
    let translated = program::functions(schedule, module).map_err(failed)?;
    let Some(id) = translated.functions.first().map(|(id, _)| *id) else { return Err(unable("compile", &"no entry")) };
    let bytes = program::define(module, translated.functions).map_err(failed)?;
    let address = module.get_finalized_function(id);
    // SAFETY: the entry was declared with this signature in the platform's C calling convention.
    let entry = unsafe { std::mem::transmute::<*const u8, Entry>(address) };
    let Some(module) = unfinished.0.take() else { return Err(unable("compile", &"no module")) };
    ALIVE.fetch_add(1, Ordering::Relaxed);
    let calls_host = translated.claims.iter().any(|claim| matches!(claim, Claim::Call { .. }));
    Ok(Code { entry, claims: translated.claims, calls_host, bytes, module: ManuallyDrop::new(Mutex::new(module)) })
}

/// The code of a schedule as Cranelift's text.
pub fn text(schedule: &Schedule) -> String {
    let Ok(module) = module() else { return String::new() };
    let mut unfinished = Unfinished(Some(module));
    let Some(module) = &mut unfinished.0 else { return String::new() };
    match program::functions(schedule, module) {
        Ok(translated) => {
            translated.functions.iter().map(|(_, function)| format!("{}\n", function.display())).collect()
        }
        Err(error) => format!("{error:?}"),
    }
}

impl Code {
    /// Runs the code.
    ///
    /// # Safety
    /// The tables hold a pointer for each input and output of the schedule, to at least as many bytes as its type has
    /// and aligned to it; the arena has the schedule's size. Inputs are initialized and not written meanwhile, except
    /// by donation: an output that is one of the schedule's donations may be the memory of its input. All other
    /// outputs and the arena are in use by nobody else. `region` leads to a region in use by nobody else if the schedule
    /// has stacks; handles among the inputs are null or lead to stacks that outlive the call and that nobody changes.
    ///
    /// # Errors
    /// What a call of the host failed with; the outputs, and what is in the region, are not defined then.
    pub unsafe fn call(
        &self,
        inputs: &[*const u8],
        outputs: &[*mut u8],
        arena: *mut u8,
        region: *mut Region,
    ) -> Result<()> {
        // SAFETY: the caller's promise, and the claims are those that the code was compiled with.
        unsafe { (self.entry)(inputs.as_ptr(), outputs.as_ptr(), arena, self.claims.as_ptr(), region) };
        if self.calls_host { host::outcome() } else { Ok(()) }
    }
}
