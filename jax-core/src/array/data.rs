//! The one array type, concrete or traced.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::fail::raise;
use crate::base::error::ErrorKind;
use crate::base::print::{self, PrintOptions};
use crate::base::{DType, Error, Kind, Scalar, Span};
use crate::ir::{Aval, Var};
use crate::machine::{Device, Storage};

/// An n-dimensional array: concrete, with its elements in memory, or traced, standing for a value that a staged
/// function will compute.
///
/// Cloning is cheap and shares the elements. Arrays are immutable; passing one by value to a staged function
/// gives up its memory for a result, unless somebody else still holds it.
#[derive(Clone)]
pub struct Array(pub(crate) Repr);

/// What an array is made of.
#[derive(Clone)]
pub(crate) enum Repr {
    /// Elements in memory.
    Concrete(Aval, Storage),
    /// One element, in place: its bits in the aval's dtype, and its value as it was given, which a weakly typed
    /// scalar keeps so that it loses no precision when it meets a wider dtype.
    Scalar(Aval, u128, Scalar),
    /// A variable of a builder.
    Traced(Tracer),
}

/// A variable of a jaxpr under construction.
#[derive(Clone, Debug)]
pub(crate) struct Tracer {
    pub aval: Aval,
    pub builder: u64,
    pub var: Var,
    pub made: Span,
}

/// A Rust type that is the element of an array.
pub trait Element: bytemuck::Pod + PartialEq + fmt::Debug + Send + Sync {
    /// Its dtype.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($ty:ty => $dtype:ident),* $(,)?) => {
        $(impl Element for $ty {
            const DTYPE: DType = DType::$dtype;
        })*
    };
}

elements! {
    i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64,
    half::f16 => F16, half::bf16 => BF16, f32 => F32, f64 => F64,
    num_complex::Complex<f32> => C64, num_complex::Complex<f64> => C128,
}

impl Array {
    /// An array of elements that are in memory already.
    pub fn from_storage(aval: Aval, storage: Storage) -> Array {
        if storage.bytes().len() < aval.ty().bytes() {
            crate::bug!("{aval} needs {} bytes, not {}", aval.ty().bytes(), storage.bytes().len());
        }
        Array(Repr::Concrete(aval, storage))
    }

    /// A rank-0 array.
    pub fn scalar(value: Scalar) -> Array {
        Array(Repr::Scalar(Aval::new(value.dtype(), &[]), value.bits(), value))
    }

    /// A rank-0 array whose dtype yields in promotion, as that of a Rust scalar.
    pub fn weak_scalar(value: Scalar) -> Array {
        Array::weak_scalar_as(value.dtype(), value)
    }

    /// A weakly typed rank-0 array of this dtype that remembers `value` as it is.
    pub(crate) fn weak_scalar_as(dtype: DType, value: Scalar) -> Array {
        Array(Repr::Scalar(Aval::weak(dtype), value.cast(dtype).bits(), value))
    }

    /// A rank-0 constant in another dtype, converted from the value that it was given as; `None` for other arrays.
    pub(crate) fn constant_as(&self, dtype: DType, weak: bool) -> Option<Array> {
        match &self.0 {
            Repr::Scalar(_, _, exact) => {
                let aval = Aval::new(dtype, &[]).with_weak(weak);
                Some(Array(Repr::Scalar(aval, exact.cast(dtype).bits(), *exact)))
            }
            _ => None,
        }
    }

    /// An array of this shape from its bytes in row-major order.
    pub fn from_bytes(dtype: DType, shape: &[usize], bytes: &[u8]) -> Array {
        let aval = Aval::new(dtype, shape);
        let mut memory = crate::machine::machine().allocate(bytes.len()).unwrap_or_else(|e| raise(e));
        memory.bytes_mut()[..bytes.len()].copy_from_slice(bytes);
        Array::from_storage(aval, Arc::from(memory))
    }

    /// An array of this shape from its elements in row-major order.
    ///
    /// # Panics
    /// If the number of elements is not the shape's.
    #[track_caller]
    pub fn from_slice<T: Element>(elements: &[T], shape: &[usize]) -> Array {
        if elements.len() != crate::base::shape::size(shape) {
            raise(Error::new(
                ErrorKind::Shape,
                "array",
                format!("cannot reshape array of size {} into shape {shape:?}", elements.len()),
            ));
        }
        Array::from_bytes(T::DTYPE, shape, bytemuck::cast_slice(elements))
    }

    /// An array of truth values of this shape.
    #[track_caller]
    pub fn from_bools(elements: &[bool], shape: &[usize]) -> Array {
        if elements.len() != crate::base::shape::size(shape) {
            raise(Error::new(
                ErrorKind::Shape,
                "array",
                format!("cannot reshape array of size {} into shape {shape:?}", elements.len()),
            ));
        }
        let bytes: Vec<u8> = elements.iter().map(|&b| b as u8).collect();
        Array::from_bytes(DType::Bool, shape, &bytes)
    }

    /// Dtype, shape and weakness.
    pub fn aval(&self) -> &Aval {
        match &self.0 {
            Repr::Concrete(aval, _) | Repr::Scalar(aval, ..) => aval,
            Repr::Traced(tracer) => &tracer.aval,
        }
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> DType {
        self.aval().dtype
    }

    /// The extents, outermost axis first.
    pub fn shape(&self) -> &[usize] {
        &self.aval().shape
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.aval().ndim()
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.aval().size()
    }

    /// Number of bytes that the elements take.
    pub fn nbytes(&self) -> usize {
        self.aval().ty().bytes()
    }

    /// Whether the dtype is weak: it came from a Rust scalar and yields in promotion.
    pub fn weak_type(&self) -> bool {
        self.aval().weak
    }

    /// Whether the array stands for a value of a function being staged.
    pub fn is_traced(&self) -> bool {
        matches!(self.0, Repr::Traced(_))
    }

    /// The same array with this weakness of its dtype.
    pub(crate) fn with_weak(mut self, weak: bool) -> Array {
        match &mut self.0 {
            Repr::Concrete(aval, _) | Repr::Scalar(aval, ..) => aval.weak = weak,
            Repr::Traced(_) => {}
        }
        self
    }

    /// The bytes of a concrete array, or `None` for a traced one.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Concrete(aval, storage) => storage.bytes().get(..aval.ty().bytes()),
            Repr::Scalar(aval, bits, _) => bytemuck::bytes_of(bits).get(..aval.dtype.size()),
            Repr::Traced(_) => None,
        }
    }

    /// The bytes of a concrete array.
    ///
    /// # Panics
    /// If the array is traced: its value does not exist yet.
    #[track_caller]
    fn concrete_bytes(&self) -> &[u8] {
        match self.bytes() {
            Some(bytes) => bytes,
            None => raise(self.concretization_error()),
        }
    }

    pub(crate) fn concretization_error(&self) -> Error {
        Error::new(
            ErrorKind::Concretization,
            "array",
            format!(
                "Abstract tracer value encountered where concrete value is expected: traced array with shape \
                 {}. Inside a staged function a value does not exist while the function is traced.",
                self.aval()
            ),
        )
    }

    /// The elements in row-major order.
    ///
    /// # Panics
    /// If the array is traced, or `T` is not its element type.
    #[track_caller]
    pub fn as_slice<T: Element>(&self) -> &[T] {
        if self.dtype() != T::DTYPE {
            raise(Error::new(
                ErrorKind::DType,
                "as_slice",
                format!("array has dtype {}, not {}", self.dtype(), T::DTYPE),
            ));
        }
        bytemuck::cast_slice(self.concrete_bytes())
    }

    /// The elements in row-major order, copied.
    ///
    /// # Panics
    /// If the array is traced, or `T` is not its element type.
    #[track_caller]
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        self.as_slice::<T>().to_vec()
    }

    /// The truth values in row-major order.
    ///
    /// # Panics
    /// If the array is traced, or not of dtype `bool`.
    #[track_caller]
    pub fn to_bools(&self) -> Vec<bool> {
        if self.dtype() != DType::Bool {
            raise(Error::new(ErrorKind::DType, "to_bools", format!("array has dtype {}, not bool", self.dtype())));
        }
        self.concrete_bytes().iter().map(|&b| b != 0).collect()
    }

    /// The elements in row-major order, each as a [`Scalar`].
    ///
    /// # Panics
    /// If the array is traced.
    #[track_caller]
    pub fn scalars(&self) -> Vec<Scalar> {
        let dtype = self.dtype();
        self.concrete_bytes().chunks_exact(dtype.size()).map(|bytes| Scalar::from_bytes(dtype, bytes)).collect()
    }

    /// The one element of an array of size 1.
    ///
    /// # Panics
    /// If the array is traced, or has another number of elements.
    #[track_caller]
    pub fn item(&self) -> Scalar {
        if self.size() != 1 {
            raise(Error::new(
                ErrorKind::Shape,
                "item",
                format!("can only convert an array of size 1 to a Rust scalar, got shape {:?}", self.shape()),
            ));
        }
        Scalar::from_bytes(self.dtype(), self.concrete_bytes())
    }

    /// The constant that the array is, if it is a concrete scalar.
    pub fn as_constant(&self) -> Option<Scalar> {
        match &self.0 {
            Repr::Scalar(aval, bits, _) => Some(Scalar::from_bits(aval.dtype, *bits)),
            Repr::Concrete(aval, _) if aval.ndim() == 0 && !aval.is_stack() => {
                Some(Scalar::from_bytes(aval.dtype, self.bytes()?))
            }
            _ => None,
        }
    }

    /// The devices that hold the array: `{cpu(id=0)}` as it prints.
    pub fn devices(&self) -> BTreeSet<Device> {
        match &self.0 {
            Repr::Concrete(_, storage) => BTreeSet::from([storage.device()]),
            _ => crate::machine::machine().devices().into_iter().take(1).collect(),
        }
    }

    /// Waits until the elements are computed, and gives the array back. On the CPU calls return finished.
    pub fn block_until_ready(&self) -> &Array {
        self
    }

    /// Whether two arrays are the same object.
    pub(crate) fn same(&self, other: &Array) -> bool {
        match (&self.0, &other.0) {
            (Repr::Concrete(a, x), Repr::Concrete(b, y)) => a == b && Arc::ptr_eq(x, y),
            (Repr::Scalar(a, x, _), Repr::Scalar(b, y, _)) => a == b && x == y,
            (Repr::Traced(a), Repr::Traced(b)) => a.builder == b.builder && a.var == b.var,
            _ => false,
        }
    }
}

/// As NumPy prints it. A scalar takes width and precision as Rust's numbers do, `{x:8.3}`; of other arrays the precision
/// is the most digits after the point.
impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(bytes) = self.bytes() else {
            return write!(f, "JitTracer({})", self.aval());
        };
        let (dtype, shape) = (self.dtype(), self.shape());
        match (f.precision(), f.width()) {
            (Some(_), _) if shape.is_empty() && dtype.is_float() => {
                fmt::Display::fmt(&Scalar::from_bytes(dtype, bytes).as_f64(), f)
            }
            (Some(precision), _) if !shape.is_empty() => {
                let options = PrintOptions { precision, ..PrintOptions::default() };
                f.write_str(&print::str_with(dtype, shape, bytes, &options))
            }
            (_, Some(width)) if shape.is_empty() && f.align().is_none() => {
                write!(f, "{:>width$}", print::str(dtype, shape, bytes))
            }
            (_, Some(_)) if shape.is_empty() => f.pad(&print::str(dtype, shape, bytes)),
            _ => f.write_str(&print::str(dtype, shape, bytes)),
        }
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bytes() {
            Some(bytes) => f.write_str(&print::repr(self.dtype(), self.shape(), bytes, self.weak_type())),
            None => write!(f, "JitTracer({})", self.aval()),
        }
    }
}

macro_rules! scalar_reads {
    ($($name:ident: $ty:ty, $kinds:pat, $doc:literal;)*) => {
        impl Array {
            $(
                #[doc = $doc]
                ///
                /// # Panics
                /// If the array is traced, has not exactly one element, or holds another kind of number.
                #[track_caller]
                pub fn $name(&self) -> $ty {
                    let item = self.item();
                    if !matches!(item.dtype().kind(), $kinds) {
                        raise(Error::new(
                            ErrorKind::DType,
                            stringify!($name),
                            format!("cannot convert an array of dtype {} to {}", item.dtype(), stringify!($ty)),
                        ));
                    }
                    <$ty as FromScalar>::from_scalar(item)
                }
            )*
        }
    };
}

scalar_reads! {
    item_f32: f32, Kind::Bool | Kind::Signed | Kind::Unsigned | Kind::Float, "The one element as `f32`.";
    item_f64: f64, Kind::Bool | Kind::Signed | Kind::Unsigned | Kind::Float, "The one element as `f64`.";
    item_i64: i64, Kind::Bool | Kind::Signed | Kind::Unsigned, "The one element as `i64`, wrapped.";
    item_bool: bool, Kind::Bool, "The one element as `bool`.";
}

/// A Rust scalar read from an element.
pub(crate) trait FromScalar {
    fn from_scalar(value: Scalar) -> Self;
}

macro_rules! from_scalar {
    ($($ty:ty: $value:ident => $read:expr;)*) => {
        $(impl FromScalar for $ty {
            fn from_scalar($value: Scalar) -> $ty {
                $read
            }
        })*
    };
}

from_scalar! {
    f32: v => v.as_f64() as f32;
    f64: v => v.as_f64();
    i32: v => v.as_i128() as i32;
    i64: v => v.as_i128() as i64;
    u32: v => v.as_i128() as u32;
    u64: v => v.as_i128() as u64;
    bool: v => v.as_bool();
}
