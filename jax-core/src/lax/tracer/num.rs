//! The traits of `num-traits` beside `Float`: identities, conversions, powers, signs.

use std::str::FromStr;

use num_traits::{
    AsPrimitive, Bounded, ConstOne, ConstZero, FloatConst, FromPrimitive, Inv, MulAdd, MulAddAssign, Num, NumCast, One,
    Pow, Signed, ToPrimitive, Zero,
};

use super::{FloatElement, Tracer};

impl<T: FloatElement> Zero for Tracer<T> {
    fn zero() -> Tracer<T> {
        Tracer::known(T::zero())
    }

    #[track_caller]
    fn is_zero(&self) -> bool {
        self.host("is_zero").is_zero()
    }
}

impl<T: FloatElement> One for Tracer<T> {
    fn one() -> Tracer<T> {
        Tracer::known(T::one())
    }

    #[track_caller]
    fn is_one(&self) -> bool {
        self.host("is_one").is_one()
    }
}

impl<T: FloatElement> ConstZero for Tracer<T> {
    const ZERO: Tracer<T> = Tracer::known(T::ZERO);
}

impl<T: FloatElement> ConstOne for Tracer<T> {
    const ONE: Tracer<T> = Tracer::known(T::ONE);
}

impl<T: FloatElement> Num for Tracer<T> {
    type FromStrRadixErr = T::FromStrRadixErr;

    fn from_str_radix(text: &str, radix: u32) -> Result<Tracer<T>, T::FromStrRadixErr> {
        T::from_str_radix(text, radix).map(Tracer::known)
    }
}

impl<T: FloatElement + FromStr> FromStr for Tracer<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Tracer<T>, T::Err> {
        text.parse().map(Tracer::known)
    }
}

impl<T: FloatElement> Bounded for Tracer<T> {
    fn min_value() -> Tracer<T> {
        Tracer::known(<T as num_traits::Float>::min_value())
    }

    fn max_value() -> Tracer<T> {
        Tracer::known(<T as num_traits::Float>::max_value())
    }
}

/// Implements the conversions of known numbers to Rust's; of a staged value each is an error that names it.
macro_rules! to_primitive {
    ($($method:ident: $ty:ty;)*) => {
        impl<T: FloatElement> ToPrimitive for Tracer<T> {
            $(
                #[track_caller]
                fn $method(&self) -> Option<$ty> {
                    self.host(stringify!($method)).$method()
                }
            )*
        }
    };
}

to_primitive! {
    to_isize: isize;
    to_i8: i8;
    to_i16: i16;
    to_i32: i32;
    to_i64: i64;
    to_i128: i128;
    to_usize: usize;
    to_u8: u8;
    to_u16: u16;
    to_u32: u32;
    to_u64: u64;
    to_u128: u128;
    to_f32: f32;
    to_f64: f64;
}

/// Implements the conversions of Rust's numbers, which are known.
macro_rules! from_primitive {
    ($($method:ident: $ty:ty;)*) => {
        impl<T: FloatElement> FromPrimitive for Tracer<T> {
            $(
                fn $method(number: $ty) -> Option<Tracer<T>> {
                    T::$method(number).map(Tracer::known)
                }
            )*
        }

        $(impl<T: FloatElement> AsPrimitive<Tracer<T>> for $ty {
            fn as_(self) -> Tracer<T> {
                Tracer::known(T::$method(self).unwrap_or_else(T::nan))
            }
        })*
    };
}

from_primitive! {
    from_isize: isize;
    from_i8: i8;
    from_i16: i16;
    from_i32: i32;
    from_i64: i64;
    from_i128: i128;
    from_usize: usize;
    from_u8: u8;
    from_u16: u16;
    from_u32: u32;
    from_u64: u64;
    from_u128: u128;
    from_f32: f32;
    from_f64: f64;
}

impl<T: FloatElement> NumCast for Tracer<T> {
    #[track_caller]
    fn from<N: ToPrimitive>(number: N) -> Option<Tracer<T>> {
        <T as NumCast>::from(number).map(Tracer::known)
    }
}

/// Implements constants of mathematics as known numbers.
macro_rules! constants {
    ($($name:ident)*) => {
        impl<T: FloatElement> FloatConst for Tracer<T> {
            $(
                fn $name() -> Tracer<T> {
                    Tracer::known(T::$name())
                }
            )*
        }
    };
}

constants! {
    E FRAC_1_PI FRAC_1_SQRT_2 FRAC_2_PI FRAC_2_SQRT_PI FRAC_PI_2 FRAC_PI_3 FRAC_PI_4 FRAC_PI_6 FRAC_PI_8
    LN_10 LN_2 LOG10_E LOG2_E PI SQRT_2 TAU LOG10_2 LOG2_10
}

impl<T: FloatElement> Signed for Tracer<T> {
    #[track_caller]
    fn abs(&self) -> Tracer<T> {
        num_traits::Float::abs(*self)
    }

    #[track_caller]
    fn abs_sub(&self, other: &Tracer<T>) -> Tracer<T> {
        num_traits::Float::abs_sub(*self, *other)
    }

    #[track_caller]
    fn signum(&self) -> Tracer<T> {
        num_traits::Float::signum(*self)
    }

    #[track_caller]
    fn is_positive(&self) -> bool {
        self.host("is_positive").is_positive()
    }

    #[track_caller]
    fn is_negative(&self) -> bool {
        self.host("is_negative").is_negative()
    }
}

impl<T: FloatElement> Inv for Tracer<T> {
    type Output = Tracer<T>;

    #[track_caller]
    fn inv(self) -> Tracer<T> {
        num_traits::Float::recip(self)
    }
}

impl<T: FloatElement> Inv for &Tracer<T> {
    type Output = Tracer<T>;

    #[track_caller]
    fn inv(self) -> Tracer<T> {
        num_traits::Float::recip(*self)
    }
}

impl<T: FloatElement> MulAdd for Tracer<T> {
    type Output = Tracer<T>;

    #[track_caller]
    fn mul_add(self, a: Tracer<T>, b: Tracer<T>) -> Tracer<T> {
        num_traits::Float::mul_add(self, a, b)
    }
}

impl<T: FloatElement> MulAddAssign for Tracer<T> {
    #[track_caller]
    fn mul_add_assign(&mut self, a: Tracer<T>, b: Tracer<T>) {
        *self = num_traits::Float::mul_add(*self, a, b);
    }
}

/// Implements a power by value and by reference.
macro_rules! powers {
    ($($ty:ty: |$x:ident, $y:ident| $power:expr;)*) => {
        $(
            impl<T: FloatElement> Pow<$ty> for Tracer<T> {
                type Output = Tracer<T>;

                #[track_caller]
                fn pow(self, $y: $ty) -> Tracer<T> {
                    let $x = self;
                    $power
                }
            }

            impl<T: FloatElement> Pow<&$ty> for Tracer<T> {
                type Output = Tracer<T>;

                #[track_caller]
                fn pow(self, exponent: &$ty) -> Tracer<T> {
                    Pow::pow(self, *exponent)
                }
            }

            impl<T: FloatElement> Pow<$ty> for &Tracer<T> {
                type Output = Tracer<T>;

                #[track_caller]
                fn pow(self, exponent: $ty) -> Tracer<T> {
                    Pow::pow(*self, exponent)
                }
            }

            impl<T: FloatElement> Pow<&$ty> for &Tracer<T> {
                type Output = Tracer<T>;

                #[track_caller]
                fn pow(self, exponent: &$ty) -> Tracer<T> {
                    Pow::pow(*self, *exponent)
                }
            }
        )*
    };
}

powers! {
    Tracer<T>: |x, y| num_traits::Float::powf(x, y);
    f32: |x, y| num_traits::Float::powf(x, Tracer::known(T::of_f64(y as f64)));
    f64: |x, y| num_traits::Float::powf(x, Tracer::known(T::of_f64(y)));
    i8: |x, y| num_traits::Float::powi(x, y as i32);
    i16: |x, y| num_traits::Float::powi(x, y as i32);
    i32: |x, y| num_traits::Float::powi(x, y);
    u8: |x, y| num_traits::Float::powi(x, y as i32);
    u16: |x, y| num_traits::Float::powi(x, y as i32);
}
