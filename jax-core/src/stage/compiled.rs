//! The stages of a staged function: jaxpr, lowered, compiled.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use crate::array::Array;
use crate::array::builder::leaked;
use crate::array::data::Repr;
use crate::array::eager::input;
use crate::array::watch;
use crate::base::{Result, Scalar};
use crate::ir::lower::lower;
use crate::ir::{Aval, ClosedJaxpr, Jaxpr};
use crate::kernel::Program;
use crate::machine::{Analysis, Executable, Input, machine};
use crate::transform::optimize;
use crate::tree::{Flat, Ret, Token};

/// How many programs of transforms stay compiled when the transformed functions themselves are gone.
const KEPT: usize = 1024;

/// Executables of programs that transforms made, each with the time of its last use: so that `grad(f)(x)` in a loop,
/// which makes a new function at every turn, compiles once.
#[derive(Default)]
struct Programs {
    executables: HashMap<Arc<Jaxpr>, (Arc<dyn Executable>, u64)>,
    clock: u64,
}

static PROGRAMS: LazyLock<Mutex<Programs>> = LazyLock::new(Mutex::default);

impl Programs {
    fn find(&mut self, jaxpr: &Arc<Jaxpr>) -> Option<Arc<dyn Executable>> {
        self.clock += 1;
        let (executable, used) = self.executables.get_mut(jaxpr)?;
        *used = self.clock;
        Some(executable.clone())
    }

    /// Keeps an executable; when there are too many, the half that was used longest ago goes.
    fn keep(&mut self, jaxpr: Arc<Jaxpr>, executable: Arc<dyn Executable>) {
        self.clock += 1;
        self.executables.insert(jaxpr, (executable, self.clock));
        if self.executables.len() > KEPT {
            let mut times: Vec<u64> = self.executables.values().map(|(_, used)| *used).collect();
            let (_, &mut middle, _) = times.select_nth_unstable(KEPT / 2);
            self.executables.retain(|_, (_, used)| *used >= middle);
        }
    }
}

fn programs() -> MutexGuard<'static, Programs> {
    PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A traced function: its jaxpr and the structure of its results.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The program, with what it closed over.
    pub closed: ClosedJaxpr,
    /// The structure of the results.
    pub out_tokens: SmallVec<[Token; 6]>,
}

/// A staged function lowered to nests for arguments of one signature.
///
/// `compile` makes it runnable; `text` shows the nests.
#[derive(Clone, Debug)]
pub struct Lowered {
    traced: Traced,
    program: Program,
}

/// A staged function compiled for arguments of one signature.
#[derive(Clone)]
pub struct Compiled {
    traced: Traced,
    out_avals: Vec<Aval>,
    executable: Arc<dyn Executable>,
}

impl Traced {
    /// The program as the passes of [`pipeline`](crate::transform::pipeline) leave it.
    pub fn optimize(self) -> Traced {
        let jaxpr = Arc::new(optimize(&self.closed.jaxpr));
        Traced { closed: ClosedJaxpr { jaxpr, ..self.closed }, ..self }
    }

    /// The executable, found if the same program was compiled before. What the function closed over is an input of
    /// the program.
    pub(crate) fn compile_shared(self) -> Result<Compiled> {
        let traced = self.optimize();
        let found = programs().find(&traced.closed.jaxpr);
        let executable = match found {
            Some(executable) => executable,
            None => {
                let executable = machine().compile(lower(&traced.closed.jaxpr))?;
                programs().keep(traced.closed.jaxpr.clone(), executable.clone());
                executable
            }
        };
        let out_avals = traced.closed.out_avals();
        Ok(Compiled { traced, out_avals, executable })
    }

    /// The nests.
    pub fn lower(self) -> Lowered {
        let program = lower(&self.closed.jaxpr);
        Lowered { traced: self, program }
    }
}

impl Lowered {
    /// The jaxpr.
    pub fn jaxpr(&self) -> &ClosedJaxpr {
        &self.traced.closed
    }

    /// The types of the results.
    pub fn out_avals(&self) -> Vec<Aval> {
        self.traced.closed.out_avals()
    }

    /// The program of nests before fusion.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Machine code.
    ///
    /// # Errors
    /// If the backend cannot compile it.
    pub fn compile(self) -> Result<Compiled> {
        let executable = machine().compile(self.program)?;
        let out_avals = self.traced.closed.out_avals();
        Ok(Compiled { traced: self.traced, out_avals, executable })
    }
}

impl Compiled {
    /// The jaxpr that was compiled.
    pub fn jaxpr(&self) -> &ClosedJaxpr {
        &self.traced.closed
    }

    /// Floating-point operations and bytes of a call, from the schedule.
    pub fn cost_analysis(&self) -> Analysis {
        self.executable.analysis()
    }

    /// Bytes of arguments, results, temporaries and code: the same record, for JAX's name.
    pub fn memory_analysis(&self) -> Analysis {
        self.executable.analysis()
    }

    /// Runs it on flattened arguments of the signature that it was compiled for. An array that nobody else holds
    /// may become a result's memory.
    ///
    /// # Errors
    /// If the machine fails, or an argument is a tracer whose function is done.
    pub fn run(&self, args: SmallVec<[Array; 6]>) -> Result<Flat> {
        let Some(watch) = watch::current() else { return self.run_unwatched(args) };
        // Kept for a second run, so nothing is donated.
        let kept = args.clone();
        let out = self.run_unwatched(args)?;
        watch::verify(watch, &out.leaves, || self.traced.closed.clone(), &kept)?;
        Ok(out)
    }

    fn run_unwatched(&self, args: SmallVec<[Array; 6]>) -> Result<Flat> {
        let consts = &self.traced.closed.consts;
        let mut inputs: SmallVec<[Input<'_>; 8]> = SmallVec::with_capacity(consts.len() + args.len());
        inputs.extend(consts.iter().map(input));
        for arg in args {
            inputs.push(match arg.0 {
                Repr::Concrete(_, storage) => Input::Donated(storage),
                Repr::Scalar(aval, bits, _) => Input::Scalar(Scalar::from_bits(aval.dtype, bits)),
                Repr::Traced(tracer) => return Err(leaked(&tracer)),
            });
        }
        let storages = self.executable.run(&mut inputs)?;
        let leaves = storages
            .into_iter()
            .zip(&self.out_avals)
            .map(|(storage, aval)| Array(Repr::Concrete(aval.clone(), storage)))
            .collect();
        Ok(Flat { leaves, tokens: self.traced.out_tokens.clone() })
    }

    /// Runs it and builds the result.
    ///
    /// # Errors
    /// If the machine fails.
    pub fn call<R: Ret>(&self, args: Flat) -> Result<R> {
        let out = self.run(args.leaves)?;
        Ok(R::rebuild(&mut out.read()))
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compiled({})", self.traced.closed)
    }
}
