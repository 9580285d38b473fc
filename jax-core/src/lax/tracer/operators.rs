//! Operators and comparisons of [`Tracer`]: with each other, with Rust floats, with arrays, by value and by reference.

use std::cmp::Ordering;
use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};

use super::{FloatElement, Known, Tracer};
use crate::array::Array;
use crate::array::fail::raise;
use crate::lax::{operators, promote};
use crate::prim::arith;

/// Rust's remainder, with the sign of `x`.
#[track_caller]
fn remainder(x: &Array, y: &Array) -> Array {
    let (x, y) = promote::binary(x, y);
    arith::rem(&x, &y)
}

/// Implements an operator: of known numbers Rust's, otherwise that of arrays.
macro_rules! operators {
    ($($trait:ident $method:ident $assign:ident $assigned:ident $function:path, $mixed:path;)*) => {
        $(
            impl<T: FloatElement> $trait for Tracer<T> {
                type Output = Tracer<T>;

                #[track_caller]
                fn $method(self, other: Tracer<T>) -> Tracer<T> {
                    match (self.0, other.0) {
                        (Known(x, a), Known(y, b)) => Tracer(Known($trait::$method(x, y), a && b)),
                        _ => Tracer::of(&$function(&self.array(), &other.array())),
                    }
                }
            }

            impl<T: FloatElement> $trait<&Tracer<T>> for Tracer<T> {
                type Output = Tracer<T>;

                #[track_caller]
                fn $method(self, other: &Tracer<T>) -> Tracer<T> {
                    $trait::$method(self, *other)
                }
            }

            impl<T: FloatElement> $trait<Tracer<T>> for &Tracer<T> {
                type Output = Tracer<T>;

                #[track_caller]
                fn $method(self, other: Tracer<T>) -> Tracer<T> {
                    $trait::$method(*self, other)
                }
            }

            impl<T: FloatElement> $trait for &Tracer<T> {
                type Output = Tracer<T>;

                #[track_caller]
                fn $method(self, other: &Tracer<T>) -> Tracer<T> {
                    $trait::$method(*self, *other)
                }
            }

            impl<T: FloatElement> $trait<T> for Tracer<T> {
                type Output = Tracer<T>;

                #[track_caller]
                fn $method(self, other: T) -> Tracer<T> {
                    $trait::$method(self, Tracer::known(other))
                }
            }

            operators! { @left $trait $method f32 f64 }

            impl<T: FloatElement> $trait<Array> for Tracer<T> {
                type Output = Array;

                #[track_caller]
                fn $method(self, other: Array) -> Array {
                    $mixed(&self.array(), &other)
                }
            }

            impl<T: FloatElement> $trait<&Array> for Tracer<T> {
                type Output = Array;

                #[track_caller]
                fn $method(self, other: &Array) -> Array {
                    $mixed(&self.array(), other)
                }
            }

            impl<T: FloatElement> $assign for Tracer<T> {
                #[track_caller]
                fn $assigned(&mut self, other: Tracer<T>) {
                    *self = $trait::$method(*self, other);
                }
            }

            impl<T: FloatElement> $assign<&Tracer<T>> for Tracer<T> {
                #[track_caller]
                fn $assigned(&mut self, other: &Tracer<T>) {
                    *self = $trait::$method(*self, *other);
                }
            }

            impl<T: FloatElement> $assign<T> for Tracer<T> {
                #[track_caller]
                fn $assigned(&mut self, other: T) {
                    *self = $trait::$method(*self, Tracer::known(other));
                }
            }
        )*
    };
    (@left $trait:ident $method:ident $($ty:ty)*) => {
        $(impl $trait<Tracer<$ty>> for $ty {
            type Output = Tracer<$ty>;

            #[track_caller]
            fn $method(self, other: Tracer<$ty>) -> Tracer<$ty> {
                $trait::$method(Tracer::known(self), other)
            }
        })*
    };
}

operators! {
    Add add AddAssign add_assign operators::add, operators::add;
    Sub sub SubAssign sub_assign operators::sub, operators::sub;
    Mul mul MulAssign mul_assign operators::mul, operators::mul;
    Div div DivAssign div_assign operators::div, operators::div;
    Rem rem RemAssign rem_assign remainder, operators::rem;
}

impl<T: FloatElement> Neg for Tracer<T> {
    type Output = Tracer<T>;

    #[track_caller]
    fn neg(self) -> Tracer<T> {
        match self.0 {
            Known(x, weak) => Tracer(Known(-x, weak)),
            _ => Tracer::of(&arith::neg(&self.array())),
        }
    }
}

impl<T: FloatElement> Neg for &Tracer<T> {
    type Output = Tracer<T>;

    #[track_caller]
    fn neg(self) -> Tracer<T> {
        -*self
    }
}

/// Implements the sum or the product of an iterator: of no number the neutral one, which is otherwise left out.
macro_rules! folds {
    ($($trait:ident $method:ident $op:tt $neutral:ident;)*) => {
        $(
            impl<T: FloatElement> $trait for Tracer<T> {
                #[track_caller]
                fn $method<I: Iterator<Item = Tracer<T>>>(mut numbers: I) -> Tracer<T> {
                    let Some(mut total) = numbers.next() else { return Tracer::known(T::$neutral()) };
                    for number in numbers {
                        total $op number;
                    }
                    total
                }
            }

            impl<'a, T: FloatElement> $trait<&'a Tracer<T>> for Tracer<T> {
                #[track_caller]
                fn $method<I: Iterator<Item = &'a Tracer<T>>>(numbers: I) -> Tracer<T> {
                    $trait::$method(numbers.copied())
                }
            }
        )*
    };
}

folds! {
    Sum sum += zero;
    Product product *= one;
}

impl<T: FloatElement> Tracer<T> {
    /// Both numbers, for a comparison on the host.
    #[track_caller]
    fn compared(self, operator: &str, other: Tracer<T>) -> (T, T) {
        match (self.0, other.0) {
            (Known(x, _), Known(y, _)) => (x, y),
            (Known(..), _) => raise(other.concretization(&format!("{self} {operator} _"), "the truth value")),
            (_, Known(..)) => raise(self.concretization(&format!("_ {operator} {other}"), "the truth value")),
            _ => raise(self.concretization(&format!("_ {operator} _"), "the truth value")),
        }
    }
}

/// On the host: of known numbers.
///
/// # Panics
/// If one is a value of a function being staged.
impl<T: FloatElement> PartialEq for Tracer<T> {
    #[track_caller]
    fn eq(&self, other: &Tracer<T>) -> bool {
        let (x, y) = self.compared("==", *other);
        x == y
    }

    #[track_caller]
    #[allow(clippy::partialeq_ne_impl, reason = "the error of a staged value names the operator")]
    fn ne(&self, other: &Tracer<T>) -> bool {
        let (x, y) = self.compared("!=", *other);
        x != y
    }
}

/// On the host: of known numbers.
///
/// # Panics
/// If one is a value of a function being staged.
impl<T: FloatElement> PartialOrd for Tracer<T> {
    #[track_caller]
    fn partial_cmp(&self, other: &Tracer<T>) -> Option<Ordering> {
        let (x, y) = self.compared("partial_cmp", *other);
        x.partial_cmp(&y)
    }

    #[track_caller]
    fn lt(&self, other: &Tracer<T>) -> bool {
        let (x, y) = self.compared("<", *other);
        x < y
    }

    #[track_caller]
    fn le(&self, other: &Tracer<T>) -> bool {
        let (x, y) = self.compared("<=", *other);
        x <= y
    }

    #[track_caller]
    fn gt(&self, other: &Tracer<T>) -> bool {
        let (x, y) = self.compared(">", *other);
        x > y
    }

    #[track_caller]
    fn ge(&self, other: &Tracer<T>) -> bool {
        let (x, y) = self.compared(">=", *other);
        x >= y
    }
}
