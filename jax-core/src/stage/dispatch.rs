//! Dispatch by type for the macros' expansions, through autoref: the method that needs the fewest references wins.

use crate::array::{Array, IntoArray};
use crate::prim::compare;
use crate::stage::generic::Traced;
use crate::tree::{PyTree, Reusable};

/// A use of a variable that is not its last: a clone, if the type has one.
#[derive(Debug)]
pub struct Dup<'a, T>(pub &'a T);

impl<T: Clone> Dup<'_, T> {
    /// The clone.
    pub fn dup(&self) -> T {
        self.0.clone()
    }
}

/// A use of a tree that is not its last.
///
/// Trees come before other types here, and not only keys, because the type of a closure's parameter may be unknown
/// when rustc chooses the method: then it chooses this one.
pub trait DupTree<T> {
    /// The clone; does not compile for a key.
    fn dup(&self) -> T
    where
        T: Reusable;
}

impl<T: PyTree + Clone> DupTree<T> for &Dup<'_, T> {
    fn dup(&self) -> T
    where
        T: Reusable,
    {
        self.0.clone()
    }
}

/// A comparison of two operands: arrays compare elementwise, anything else as Rust compares it.
#[derive(Debug)]
pub struct Cmp<'a, L: ?Sized, R: ?Sized>(pub &'a L, pub &'a R);

/// A literal to the left of an operator: an array if the right operand is one.
#[derive(Debug)]
pub struct LitBin<L, R>(pub L, pub R);

macro_rules! comparisons {
    ($($method:ident $prim:ident $bound:ident $op:tt;)*) => {
        /// Comparisons with an array on the left.
        pub trait CmpArrayLeft {
            $(
                #[doc = concat!("`", stringify!($op), "`, elementwise.")]
                fn $method(&self) -> Array;
            )*
        }

        impl<L: Traced, R: IntoArray + Clone> CmpArrayLeft for &&Cmp<'_, L, R> {
            $(
                #[track_caller]
                fn $method(&self) -> Array {
                    let (x, y) = (self.0.clone().into_array(), self.1.clone().into_array());
                    let (x, y) = crate::lax::promote::binary(&x, &y);
                    compare::$prim(&x, &y)
                }
            )*
        }

        /// Comparisons with an array on the right.
        pub trait CmpArrayRight {
            $(
                #[doc = concat!("`", stringify!($op), "`, elementwise.")]
                fn $method(&self) -> Array;
            )*
        }

        impl<L: IntoArray + Clone, R: Traced> CmpArrayRight for &Cmp<'_, L, R> {
            $(
                #[track_caller]
                fn $method(&self) -> Array {
                    let (x, y) = (self.0.clone().into_array(), self.1.clone().into_array());
                    let (x, y) = crate::lax::promote::binary(&x, &y);
                    compare::$prim(&x, &y)
                }
            )*
        }

        $(
            #[doc = concat!("`", stringify!($op), "` of host values.")]
            pub trait $bound<L: ?Sized, R: ?Sized> {
                #[doc = concat!("`", stringify!($op), "` of host values.")]
                fn $method(&self) -> bool;
            }
        )*
    };
}

comparisons! {
    eq eq HostEq ==;
    ne ne HostNe !=;
    lt lt HostLt <;
    le le HostLe <=;
    gt gt HostGt >;
    ge ge HostGe >=;
}

impl<L: PartialEq<R> + ?Sized, R: ?Sized> HostEq<L, R> for Cmp<'_, L, R> {
    fn eq(&self) -> bool {
        self.0 == self.1
    }
}

impl<L: PartialEq<R> + ?Sized, R: ?Sized> HostNe<L, R> for Cmp<'_, L, R> {
    fn ne(&self) -> bool {
        self.0 != self.1
    }
}

impl<L: PartialOrd<R> + ?Sized, R: ?Sized> HostLt<L, R> for Cmp<'_, L, R> {
    fn lt(&self) -> bool {
        self.0 < self.1
    }
}

impl<L: PartialOrd<R> + ?Sized, R: ?Sized> HostLe<L, R> for Cmp<'_, L, R> {
    fn le(&self) -> bool {
        self.0 <= self.1
    }
}

impl<L: PartialOrd<R> + ?Sized, R: ?Sized> HostGt<L, R> for Cmp<'_, L, R> {
    fn gt(&self) -> bool {
        self.0 > self.1
    }
}

impl<L: PartialOrd<R> + ?Sized, R: ?Sized> HostGe<L, R> for Cmp<'_, L, R> {
    fn ge(&self) -> bool {
        self.0 >= self.1
    }
}

macro_rules! literals {
    ($($method:ident $trait:ident;)*) => {
        /// Operators with a literal on the left and an array on the right.
        pub trait LitArray {
            $(
                #[doc = concat!("`", stringify!($method), "`, elementwise.")]
                fn $method(self) -> Array;
            )*
        }

        impl<L: IntoArray + Clone> LitArray for &&LitBin<L, Array> {
            $(
                #[track_caller]
                fn $method(self) -> Array {
                    std::ops::$trait::$method(self.0.clone().into_array(), &self.1)
                }
            )*
        }

        /// Operators with a literal on the left and a host value on the right.
        pub trait LitHost<L, R> {
            $(
                #[doc = concat!("`", stringify!($method), "` of host values.")]
                fn $method(self) -> <L as std::ops::$trait<R>>::Output
                where
                    L: std::ops::$trait<R>;
            )*
        }

        impl<L: Clone, R: Clone> LitHost<L, R> for &LitBin<L, R> {
            $(
                fn $method(self) -> <L as std::ops::$trait<R>>::Output
                where
                    L: std::ops::$trait<R>,
                {
                    std::ops::$trait::$method(self.0.clone(), self.1.clone())
                }
            )*
        }
    };
}

literals! {
    add Add;
    sub Sub;
    mul Mul;
    div Div;
    rem Rem;
}
