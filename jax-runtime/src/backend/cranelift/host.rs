//! What compiled code asks of the host: copies, sorts, matrix products, sharing work between threads.

use std::cell::Cell;

use cranelift_codegen::ir::types::{F32, F64, I64};
use cranelift_codegen::ir::{AbiParam, FuncRef, Function};
use cranelift_codegen::isa::CallConv;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module, ModuleError};
use gemm::Parallelism;
use jax_core::base::error::{Error, ErrorKind};
use jax_core::base::{DType, Kind, Scalar, Span, shape::strides};
use jax_core::bug;
use jax_core::kernel::{HostArg, HostFn, Ty};
use rayon::prelude::*;

use crate::memory::stack;
use crate::schedule::Gemm;

/// The result of handing code to a module.
pub type Compiled<T> = Result<T, Box<ModuleError>>;

/// The host's functions as a function of compiled code names them.
#[derive(Clone, Copy, Debug)]
pub struct Refs {
    /// `copy`.
    pub copy: FuncRef,
    /// `claim`.
    pub claim: FuncRef,
    /// `call`.
    pub call: FuncRef,
    /// `parallel`.
    pub parallel: FuncRef,
    /// `stack::make`.
    pub make: FuncRef,
    /// `stack::grow`.
    pub grow: FuncRef,
    /// `stack::read`.
    pub read: FuncRef,
    /// `stack::mark`.
    pub mark: FuncRef,
    /// `stack::release`.
    pub release: FuncRef,
    /// `stack::open`.
    pub open: FuncRef,
    /// `stack::close`.
    pub close: FuncRef,
    /// Remainder of `f32`.
    pub fmod32: FuncRef,
    /// Remainder of `f64`.
    pub fmod64: FuncRef,
}

/// The host's functions as a module names them.
#[derive(Clone, Copy, Debug)]
pub struct Ids([FuncId; 13]);

/// What a step leaves to the host, with everything known at compile time.
#[derive(Clone, PartialEq, Debug)]
pub enum Claim {
    /// A matrix product.
    Gemm(Gemm),
    /// A sort of operands of these element types along an axis.
    Sort {
        /// The element types, keys first.
        dtypes: Vec<DType>,
        /// The shape.
        shape: Vec<usize>,
        /// The axis.
        axis: usize,
        /// How many operands are compared.
        keys: usize,
    },
    /// A call of the user's function with buffers of these types.
    Call {
        /// The function.
        host: HostFn,
        /// The types.
        types: Vec<Ty>,
        /// The user's line.
        span: Option<Span>,
    },
}

/// A range of a nest's outermost loop: pointers of the buffers, first turn, turn after the last, chunk number.
type Kernel = unsafe extern "C" fn(*const *mut u8, i64, i64, i64);

/// Makes the host's functions known to a module's linker.
pub fn symbols(builder: &mut JITBuilder) {
    builder.symbol("jax_copy", copy as *const u8);
    builder.symbol("jax_claim", claim as *const u8);
    builder.symbol("jax_call", call as *const u8);
    builder.symbol("jax_parallel", parallel as *const u8);
    builder.symbol("jax_make", stack::make as *const u8);
    builder.symbol("jax_grow", stack::grow as *const u8);
    builder.symbol("jax_read", stack::read as *const u8);
    builder.symbol("jax_mark", stack::mark as *const u8);
    builder.symbol("jax_release", stack::release as *const u8);
    builder.symbol("jax_open", stack::open as *const u8);
    builder.symbol("jax_close", stack::close as *const u8);
    builder.symbol("jax_fmod32", fmod32 as *const u8);
    builder.symbol("jax_fmod64", fmod64 as *const u8);
}

/// Declares the host's functions.
pub fn declare(module: &mut JITModule) -> Compiled<Ids> {
    let mut function = |name: &str, params: &[_], returns: &[_]| -> Compiled<FuncId> {
        let mut signature = module.make_signature();
        signature.call_conv = CallConv::triple_default(module.isa().triple());
        signature.params = params.iter().map(|&ty| AbiParam::new(ty)).collect();
        signature.returns = returns.iter().map(|&ty| AbiParam::new(ty)).collect();
        Ok(module.declare_function(name, Linkage::Import, &signature)?)
    };
    Ok(Ids([
        function("jax_copy", &[I64; 3], &[])?,
        function("jax_claim", &[I64; 3], &[])?,
        function("jax_call", &[I64; 3], &[I64])?,
        function("jax_parallel", &[I64; 4], &[])?,
        function("jax_make", &[I64; 3], &[I64])?,
        function("jax_grow", &[I64; 2], &[])?,
        function("jax_read", &[I64; 4], &[I64])?,
        function("jax_mark", &[I64; 1], &[I64])?,
        function("jax_release", &[I64; 2], &[])?,
        function("jax_open", &[I64; 1], &[I64])?,
        function("jax_close", &[I64; 2], &[])?,
        function("jax_fmod32", &[F32; 2], &[F32])?,
        function("jax_fmod64", &[F64; 2], &[F64])?,
    ]))
}

/// Makes the host's functions callable from a function.
pub fn import(ids: Ids, module: &mut JITModule, func: &mut Function) -> Refs {
    let [copy, claim, call, parallel, make, grow, read, mark, release, open, close, fmod32, fmod64] =
        ids.0.map(|id| module.declare_func_in_func(id, func));
    Refs { copy, claim, call, parallel, make, grow, read, mark, release, open, close, fmod32, fmod64 }
}

extern "C" fn fmod32(a: f32, b: f32) -> f32 {
    a % b
}

extern "C" fn fmod64(a: f64, b: f64) -> f64 {
    a % b
}

unsafe extern "C" fn copy(to: *mut u8, from: *const u8, bytes: usize) {
    if !std::ptr::eq(to, from) {
        // SAFETY: compiled code passes two buffers of at least `bytes` bytes; `copy` allows overlap.
        unsafe { std::ptr::copy(from, to, bytes) }
    }
}

/// A pointer that work shared between threads may use.
#[derive(Clone, Copy)]
struct Shared<T>(T);

// SAFETY: the work items write disjoint parts of what the pointer leads to; see the uses.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T: Copy> Shared<T> {
    fn get(&self) -> T {
        self.0
    }
}

unsafe extern "C" fn parallel(kernel: Kernel, table: *const *mut u8, extent: i64, chunk: i64) {
    let table = Shared(table);
    let run = |number: i64| {
        let begin = number * chunk;
        // SAFETY: compiled code passes its own kernel and a table of the buffers that it reads and writes, alive
        // until this function returns; chunks write disjoint elements.
        unsafe { kernel(table.get(), begin, (begin + chunk).min(extent), number) }
    };
    let chunks = (extent + chunk - 1) / chunk;
    if rayon::current_num_threads() == 1 {
        (0..chunks).for_each(run);
    } else {
        (0..chunks).into_par_iter().for_each(run);
    }
}

unsafe extern "C" fn claim(claims: *const Claim, number: usize, table: *const *mut u8) {
    // SAFETY: compiled code passes the claims that its executable owns and a number within them.
    match unsafe { &*claims.add(number) } {
        // SAFETY: the table holds out, lhs and rhs, of the sizes that the schedule derived the strides from.
        Claim::Gemm(gemm) => unsafe { matmul(gemm, *table, *table.add(1), *table.add(2)) },
        // SAFETY: the table holds the operands and then the results, each of the claim's shape.
        Claim::Sort { dtypes, shape, axis, keys } => unsafe { sort(dtypes, shape, *axis, *keys, table) },
        Claim::Call { .. } => bug!("a call of the host as a claim without an outcome"),
    }
}

thread_local! {
    /// What the last call of the host on this thread failed with, until the run that made it takes it.
    static FAILED: Cell<Option<Error>> = const { Cell::new(None) };
}

/// What became of the calls of the host in the run that just ended on this thread. A run that a callback makes inside
/// of another has taken its own outcome before the callback returns.
pub fn outcome() -> Result<(), Error> {
    FAILED.take().map_or(Ok(()), Err)
}

/// Calls a function of the user: 0 if all went well, 1 if the program must end.
///
/// Nothing unwinds from here into compiled code: `HostFn::call` turns a panic into an error.
unsafe extern "C" fn call(claims: *const Claim, number: usize, table: *const *const u8) -> i64 {
    // SAFETY: compiled code passes the claims that its executable owns and a number within them.
    let Claim::Call { host, types, span } = (unsafe { &*claims.add(number) }) else {
        // A panic could not leave this function: the program ends as if a callback had failed.
        FAILED.set(Some(Error::new(ErrorKind::Runtime, "callback", "compiled code called no function of the host")));
        return 1;
    };
    let arg = |(position, ty)| -> HostArg<'_> {
        // SAFETY: the table holds a pointer for each type, in order, to a buffer of that type, which nobody writes
        // while compiled code, on this thread, waits for this function.
        let bytes = unsafe { std::slice::from_raw_parts(*table.add(position), Ty::bytes(ty)) };
        HostArg { ty, bytes }
    };
    let args: Vec<HostArg<'_>> = types.iter().enumerate().map(arg).collect();
    match host.call(&args) {
        Ok(()) => 0,
        Err(error) => {
            FAILED.set(Some(match span {
                Some(span) => error.at(*span),
                None => error,
            }));
            1
        }
    }
}

/// Calls the library for each matrix of the batch.
///
/// # Safety
/// The pointers lead to buffers that the strides and extents of `claim` stay within, `out` to one that nobody else
/// uses.
unsafe fn matmul(claim: &Gemm, out: *mut u8, lhs: *const u8, rhs: *const u8) {
    let size = claim.dtype.size() as isize;
    let matrices: usize = claim.batch.iter().map(|(extent, _)| extent).product();
    let work = claim.m.0 * claim.n.0 * claim.k.0;
    let (out, lhs, rhs) = (Shared(out), Shared(lhs), Shared(rhs));
    let one = |number: usize, parallelism: Parallelism| {
        let mut offsets = [0, claim.offset[0] as isize, claim.offset[1] as isize];
        let mut rest = number;
        for (extent, strides) in claim.batch.iter().rev() {
            for (offset, stride) in offsets.iter_mut().zip(strides) {
                *offset += (rest % extent) as isize * *stride as isize;
            }
            rest /= extent;
        }
        let offsets = offsets.map(|offset| offset * size);
        // SAFETY: the caller's promise; each matrix of the batch writes its own part of the result.
        unsafe {
            let (out, lhs, rhs) =
                (out.get().offset(offsets[0]), lhs.get().offset(offsets[1]), rhs.get().offset(offsets[2]));
            match claim.dtype {
                DType::F32 => product::<f32>(claim, out, lhs, rhs, (0.0, 1.0), parallelism),
                DType::F64 => product::<f64>(claim, out, lhs, rhs, (0.0, 1.0), parallelism),
                DType::C64 => {
                    product(claim, out, lhs, rhs, (gemm::c32::new(0.0, 0.0), gemm::c32::new(1.0, 0.0)), parallelism)
                }
                _ => product(claim, out, lhs, rhs, (gemm::c64::new(0.0, 0.0), gemm::c64::new(1.0, 0.0)), parallelism),
            }
        }
    };
    if matrices > 1 && matrices * work > 1 << 18 && rayon::current_num_threads() > 1 {
        (0..matrices).into_par_iter().for_each(|number| one(number, Parallelism::None));
        return;
    }
    let parallelism = if work > 1 << 18 { Parallelism::Rayon(0) } else { Parallelism::None };
    (0..matrices).for_each(|number| one(number, parallelism));
}

/// One matrix product.
///
/// # Safety
/// As `matmul`; `T` is the claim's element type.
unsafe fn product<T: 'static>(
    claim: &Gemm,
    out: *mut u8,
    lhs: *const u8,
    rhs: *const u8,
    (zero, one): (T, T),
    parallelism: Parallelism,
) {
    let Gemm { m, n, k, .. } = claim;
    // SAFETY: the caller's promise.
    unsafe {
        gemm::gemm(
            m.0,
            n.0,
            k.0,
            out.cast::<T>(),
            n.1[0] as isize,
            m.1[0] as isize,
            false,
            lhs.cast::<T>(),
            k.1[0] as isize,
            m.1[1] as isize,
            rhs.cast::<T>(),
            n.1[1] as isize,
            k.1[1] as isize,
            zero,
            one,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// A number that orders like the element: floats as numbers, `-0` with `0`, NaN last.
fn order(dtype: DType, element: Scalar) -> (u128, u128) {
    let float = |value: f64| {
        if value.is_nan() {
            return u128::from(u64::MAX);
        }
        let bits = (value + 0.0).to_bits();
        u128::from(if bits >> 63 == 1 { !bits } else { bits | 1 << 63 })
    };
    match dtype.kind() {
        Kind::Complex => {
            let z = element.as_complex();
            (float(z.re), float(z.im))
        }
        Kind::Float => (float(element.as_f64()), 0),
        Kind::Signed => ((element.as_i128() + (1 << 64)) as u128, 0),
        Kind::Bool | Kind::Unsigned | Kind::Opaque => (element.bits(), 0),
    }
}

/// Sorts every line along an axis, all operands by the same permutation.
///
/// # Safety
/// The table holds a pointer for each operand and then one for each result, each leading to a buffer of this
/// shape; the results are not otherwise in use.
unsafe fn sort(dtypes: &[DType], shape: &[usize], axis: usize, keys: usize, table: *const *mut u8) {
    let count = dtypes.len();
    let (length, step) = (shape[axis], strides(shape)[axis]);
    let lines = shape.iter().product::<usize>().checked_div(length).unwrap_or(0);
    let table = Shared(table);
    let line = |number: usize| {
        let origin = number / step * step * length + number % step;
        let element = |operand: usize, place: usize| {
            let size = dtypes[operand].size();
            // SAFETY: `place` is within the line and the line within the operand's buffer.
            unsafe { std::slice::from_raw_parts((*table.get().add(operand)).add((origin + place * step) * size), size) }
        };
        let ranks: Vec<Vec<(u128, u128)>> = (0..keys)
            .map(|key| {
                let rank = |place| order(dtypes[key], Scalar::from_bytes(dtypes[key], element(key, place)));
                (0..length).map(rank).collect()
            })
            .collect();
        let mut places: Vec<usize> = (0..length).collect();
        places.sort_by(|&a, &b| {
            ranks.iter().map(|rank| rank[a].cmp(&rank[b])).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        for (operand, dtype) in dtypes.iter().enumerate() {
            let size = dtype.size();
            for (place, &from) in places.iter().enumerate() {
                // SAFETY: as above, in the result's buffer, which no operand shares.
                unsafe {
                    let to = (*table.get().add(count + operand)).add((origin + place * step) * size);
                    std::ptr::copy_nonoverlapping(element(operand, from).as_ptr(), to, size);
                }
            }
        }
    };
    if lines > 1 && lines * length > 1 << 12 && rayon::current_num_threads() > 1 {
        (0..lines).into_par_iter().for_each(line);
    } else {
        (0..lines).for_each(line);
    }
}
