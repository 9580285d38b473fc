//! Looking into programs while they run: prints, callbacks and checks inside staged functions.

use std::cell::RefCell;
use std::fmt;

use super::fun::{Args, Fun, Transformed};
use super::jit::jit;
use crate::array::{Array, IntoArray, catch, watch};
use crate::base::error::ErrorKind;
use crate::base::{Error, Kind, Result, Scalar};
use crate::prim::callback::{Callback, Purpose, host_call};
use crate::prim::logic::not;
use crate::tree::{Arg, Flat, Leaves, PyTree};

thread_local! {
    static CAPTURED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A value in a message: an array that the program computed, or what the host knew while it was staged.
#[derive(Clone, Debug)]
pub enum Value {
    /// An array.
    Array(Array),
    /// The text of a value of the host.
    Text(String),
}

/// An argument of a message, by reference: an array or number, or anything of the host that prints.
#[derive(Debug)]
pub struct Shown<'a, T: ?Sized>(pub &'a T);

/// What is an array, or becomes one.
pub trait ShownArray {
    /// The value handed over.
    fn shown(&self) -> Value;
}

impl<T: IntoArray + Clone> ShownArray for Shown<'_, T> {
    #[track_caller]
    fn shown(&self) -> Value {
        Value::Array(self.0.clone().into_array())
    }
}

/// What is none, and prints.
pub trait ShownText {
    /// The value handed over.
    fn shown(&self) -> Value;
}

impl<T: fmt::Display + ?Sized> ShownText for &Shown<'_, T> {
    fn shown(&self) -> Value {
        Value::Text(self.0.to_string())
    }
}

/// As NumPy prints it; a number with a precision or a width as Rust prints it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let array = match self {
            Value::Text(text) => return f.pad(text),
            Value::Array(array) => array,
        };
        match (array.as_constant(), f.precision()) {
            (Some(value), Some(_)) if matches!(value.dtype().kind(), Kind::Float) => {
                fmt::Display::fmt(&value.as_f64(), f)
            }
            (Some(_), _) => f.pad(&array.to_string()),
            (None, _) => f.write_str(&array.to_string()),
        }
    }
}

impl fmt::LowerExp for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Array(array) => match array.as_constant() {
                Some(value) => fmt::LowerExp::fmt(&value.as_f64(), f),
                None => f.write_str(&array.to_string()),
            },
            Value::Text(text) => f.pad(text),
        }
    }
}

/// Hands values to `f` when the program runs; what `f` depends on beside its code and the arrays is `Value::Text`.
#[track_caller]
fn hand_over<F: 'static>(
    purpose: Purpose,
    text: &str,
    when: &Array,
    values: Vec<Value>,
    f: impl Fn(&[Value]) -> Result<()> + Send + Sync + 'static,
) {
    let mut arrays = Vec::new();
    let texts: Vec<Option<String>> = values
        .into_iter()
        .map(|value| match value {
            Value::Array(array) => {
                arrays.push(array);
                None
            }
            Value::Text(text) => Some(text),
        })
        .collect();
    let callback = Callback::new::<F>(format!("{texts:?}"), move |arrays| {
        let mut arrays = arrays.iter().cloned();
        let value = |text: &Option<String>| match text {
            Some(text) => Some(Value::Text(text.clone())),
            None => arrays.next().map(Value::Array),
        };
        f(&texts.iter().filter_map(value).collect::<Vec<_>>())
    });
    host_call(purpose, text, callback, when, &arrays);
}

/// What `debug::print!` expands to.
#[track_caller]
pub fn print<F>(text: &str, values: Vec<Value>, format: F)
where
    F: Fn(&[Value]) -> String + Send + Sync + 'static,
{
    let print = move |values: &[Value]| {
        emit(&format(values));
        Ok(())
    };
    hand_over::<F>(Purpose::Print, text, &Array::scalar(Scalar::bool(true)), values, print);
}

/// What `check!` expands to.
#[track_caller]
pub fn check<C, F>(condition: &C, text: &str, values: Vec<Value>, format: F)
where
    C: IntoArray + Clone,
    F: Fn(&[Value]) -> String + Send + Sync + 'static,
{
    let condition = condition.clone().into_array();
    if condition.as_constant().is_some_and(Scalar::as_bool) {
        return;
    }
    let fail = move |values: &[Value]| Err(Error::new(ErrorKind::Check, "check", format(values)));
    hand_over::<F>(Purpose::Check, text, &not(&condition), values, fail);
}

#[expect(clippy::print_stdout, reason = "printing is what the user asked for")]
fn emit(line: &str) {
    let kept = CAPTURED.with_borrow_mut(|captured| match captured {
        Some(text) => {
            text.push_str(line);
            text.push('\n');
            true
        }
        None => false,
    });
    if !kept {
        println!("{line}");
    }
}

/// Runs `f` and gives, beside its result, what `debug::print!` printed meanwhile on this thread.
///
/// ```
/// use jax_core::api::{debug, jit};
/// use jax_core::array::{Array, IntoArray};
/// let f = jit(|x: Array| {
///     debug::print("x", vec![debug::Value::Array(x.clone())], |values| format!("x = {}", values[0]));
///     x
/// });
/// let (_, text) = debug::captured(|| f(2.0f32.into_array()));
/// assert_eq!(text, "x = 2.0\n");
/// ```
pub fn captured<R>(f: impl FnOnce() -> R) -> (R, String) {
    struct Restore(Option<Option<String>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(before) = self.0.take() {
                CAPTURED.replace(before);
            }
        }
    }
    let mut restore = Restore(Some(CAPTURED.replace(Some(String::new()))));
    let result = f();
    let before = restore.0.take().flatten();
    let text = CAPTURED.replace(before).unwrap_or_default();
    (result, text)
}

/// Calls `f` on the host with the values of `args` whenever the program comes by, in the order of the program: once
/// for each turn of a loop, each lane of a `vmap`, and in the forward pass of a derivative.
///
/// A panic in `f` comes back as an error of the call of the staged function.
///
/// ```
/// use std::sync::Mutex;
/// use jax_core::api::{debug, jit};
/// use jax_core::array::{Array, IntoArray};
/// static SEEN: Mutex<Vec<f32>> = Mutex::new(Vec::new());
/// let f = jit(|x: Array| {
///     debug::callback(|(x,): (Array,)| SEEN.lock().unwrap().push(x.item_f32()), (&x,));
///     x * 2.0
/// });
/// f(2.0f32.into_array());
/// f(3.0f32.into_array());
/// assert_eq!(*SEEN.lock().unwrap(), [2.0, 3.0]);
/// ```
#[track_caller]
pub fn callback<T, F>(f: F, args: T)
where
    T: Arg<Staged: PyTree>,
    F: Fn(T::Staged) + Send + Sync + 'static,
{
    let mut flat = Flat::new();
    args.flatten(&mut flat);
    let tokens = flat.tokens.clone();
    let callback = Callback::new::<F>(format!("{tokens:?}"), move |arrays| {
        f(T::Staged::unflatten(&mut Leaves::new(arrays, &tokens)));
        Ok(())
    });
    let name = std::any::type_name::<F>();
    host_call(Purpose::Callback, name, callback, &Array::scalar(Scalar::bool(true)), &flat.leaves);
}

/// The function, staged, with what fails in it as an `Err`: the first of its `check!`s that does not hold, or a
/// mistake in it.
///
/// Errors of a staged function leave through the outermost call; called inside another staged function this gives
/// `Ok`, and a check that fails is the outer call's error.
///
/// ```
/// use jax_core::api::{checkify, debug};
/// use jax_core::array::{Array, IntoArray};
/// let root = checkify(|x: Array| {
///     debug::check(&x.greater_equal(0.0), "", vec![debug::Value::Array(x.clone())], |v| format!("{} < 0", v[0]));
///     x.sqrt()
/// });
/// assert_eq!(root(4.0f32.into_array()).unwrap().item_f32(), 2.0);
/// assert_eq!(root((-1.0f32).into_array()).unwrap_err().message, "-1.0 < 0");
/// ```
#[track_caller]
pub fn checkify<'f, A, F>(f: F) -> Transformed<'f, A, Result<F::Out>>
where
    A: Args + 'f,
    F: Fun<A> + 'f,
    F::Out: 'f,
{
    let staged = jit(f);
    Transformed::of_call(move |args| catch(|| staged.apply(args)))
}

/// Runs `f`; the first operation in it that makes a NaN is an error, also inside compiled code, with the line that it
/// came from and, in a backward pass, where the derivative was asked for. JAX's `jax.debug_nans`.
///
/// Programs run as they are; only if a result has a NaN is the program run again, with a look at every operation.
///
/// ```
/// use jax_core::api::{debug, jit};
/// use jax_core::array::{Array, IntoArray, catch};
/// let f = jit(|x: Array| x.ln() + 1.0);
/// let error = catch(|| debug::nans(|| f((-1.0f32).into_array()))).unwrap_err();
/// assert_eq!(error.message, "invalid value (nan) encountered in log");
/// assert_eq!(debug::nans(|| f(1.0f32.into_array())).item_f32(), 1.0);
/// ```
pub fn nans<R>(f: impl FnOnce() -> R) -> R {
    watch::watching(|watch| watch.nans = true, f)
}

/// Runs `f`; the first operation in it that makes an infinity is an error: see [`nans`]. JAX's `jax.debug_infs`.
///
/// ```
/// use jax_core::api::debug;
/// use jax_core::array::{IntoArray, catch};
/// let x = 0.0f32.into_array();
/// let error = catch(|| debug::infs(|| 1.0 / x)).unwrap_err();
/// assert_eq!(error.message, "invalid value (inf) encountered in div");
/// ```
pub fn infs<R>(f: impl FnOnce() -> R) -> R {
    watch::watching(|watch| watch.infs = true, f)
}

/// Whether operations that make a NaN are errors from now on, on all threads: see [`nans`]. The environment variable
/// `JAX_DEBUG_NANS` says what holds at first.
///
/// ```
/// use jax_core::api::debug;
/// debug::set_nans(true);
/// debug::set_nans(false);
/// ```
pub fn set_nans(on: bool) {
    watch::set_global(|watch| watch.nans = on);
}

/// Whether operations that make an infinity are errors from now on, on all threads: see [`infs`]. The environment
/// variable `JAX_DEBUG_INFS` says what holds at first.
///
/// ```
/// use jax_core::api::debug;
/// debug::set_infs(true);
/// debug::set_infs(false);
/// ```
pub fn set_infs(on: bool) {
    watch::set_global(|watch| watch.infs = on);
}
