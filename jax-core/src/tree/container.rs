//! What trees may be built of: tuples, vectors, options, arrays and complex numbers.

use num_complex::Complex;

use super::{Arg, Flat, Leaves, PyTree, Ret, Reusable};
use crate::base::tuples::for_tuples;

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {
        $(
            impl<$($name: Reusable),*> Reusable for ($($name,)*) {}

            impl<$($name: PyTree),*> PyTree for ($($name,)*) {
                #[allow(unused_variables, reason = "the empty tuple has nothing to flatten")]
                fn flatten(self, flat: &mut Flat) {
                    flat.node(<[usize]>::len(&[$($index),*]));
                    $(PyTree::flatten(self.$index, flat);)*
                }

                #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple has nothing to build")]
                fn unflatten(leaves: &mut Leaves<'_>) -> Self {
                    ($(<$name as PyTree>::unflatten(leaves),)*)
                }
            }

            impl<$($name: Arg),*> Arg for ($($name,)*) {
                type Staged = ($($name::Staged,)*);
                type Grad = ($($name::Grad,)*);

                #[allow(unused_variables, reason = "the empty tuple has nothing to flatten")]
                fn flatten(self, flat: &mut Flat) {
                    flat.node(<[usize]>::len(&[$($index),*]));
                    $(Arg::flatten(self.$index, flat);)*
                }

                #[allow(unused_variables, reason = "the empty tuple has nothing to flatten")]
                fn flatten_operand(self, flat: &mut Flat) {
                    flat.node(<[usize]>::len(&[$($index),*]));
                    $(self.$index.flatten_operand(flat);)*
                }

                #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple has nothing to build")]
                fn stage(leaves: &mut Leaves<'_>) -> Self::Staged {
                    ($($name::stage(leaves),)*)
                }

                #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple has nothing to build")]
                fn rebuild(leaves: &mut Leaves<'_>) -> Self {
                    ($(<$name as Arg>::rebuild(leaves),)*)
                }
            }

            impl<$($name: Ret),*> Ret for ($($name,)*) {
                type Staged = ($($name::Staged,)*);

                #[allow(unused_variables, reason = "the empty tuple has nothing to flatten")]
                fn flatten(staged: Self::Staged, flat: &mut Flat) {
                    flat.node(<[usize]>::len(&[$($index),*]));
                    $(<$name as Ret>::flatten(staged.$index, flat);)*
                }

                #[allow(unused_variables, reason = "the empty tuple has nothing to flatten")]
                fn flatten_self(self, flat: &mut Flat) {
                    flat.node(<[usize]>::len(&[$($index),*]));
                    $(<$name as Ret>::flatten_self(self.$index, flat);)*
                }

                #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple has nothing to build")]
                fn rebuild(leaves: &mut Leaves<'_>) -> Self {
                    ($(<$name as Ret>::rebuild(leaves),)*)
                }
            }
        )*
    };
}

tuples! { (); }
for_tuples!(tuples);

/// Implements the three traits for a container: how it flattens and how it is built, over each element's way.
macro_rules! containers {
    ($($ty:ident |$this:ident, $flat:ident, $each:ident| $flatten:expr, |$leaves:ident, $build:ident| $unflatten:expr;)*) => {
        $(
            impl<T: Reusable> Reusable for $ty<T> {}

            impl<T: PyTree> PyTree for $ty<T> {
                fn flatten(self, $flat: &mut Flat) {
                    let ($this, $each) = (self, <T as PyTree>::flatten);
                    $flatten
                }

                fn unflatten($leaves: &mut Leaves<'_>) -> Self {
                    let $build = <T as PyTree>::unflatten;
                    $unflatten
                }
            }

            impl<T: Arg> Arg for $ty<T> {
                type Staged = $ty<T::Staged>;
                type Grad = $ty<T::Grad>;

                fn flatten(self, $flat: &mut Flat) {
                    let ($this, $each) = (self, <T as Arg>::flatten);
                    $flatten
                }

                fn flatten_operand(self, $flat: &mut Flat) {
                    let ($this, $each) = (self, T::flatten_operand);
                    $flatten
                }

                fn stage($leaves: &mut Leaves<'_>) -> Self::Staged {
                    let $build = T::stage;
                    $unflatten
                }

                fn rebuild($leaves: &mut Leaves<'_>) -> Self {
                    let $build = <T as Arg>::rebuild;
                    $unflatten
                }
            }

            impl<T: Ret> Ret for $ty<T> {
                type Staged = $ty<T::Staged>;

                fn flatten(staged: Self::Staged, $flat: &mut Flat) {
                    let ($this, $each) = (staged, <T as Ret>::flatten);
                    $flatten
                }

                fn flatten_self(self, $flat: &mut Flat) {
                    let ($this, $each) = (self, <T as Ret>::flatten_self);
                    $flatten
                }

                fn rebuild($leaves: &mut Leaves<'_>) -> Self {
                    let $build = <T as Ret>::rebuild;
                    $unflatten
                }
            }
        )*
    };
}

containers! {
    Vec |this, flat, each| {
        flat.tag(this.len() as u64);
        flat.node(this.len());
        this.into_iter().for_each(|item| each(item, flat));
    }, |leaves, build| {
        let length = leaves.tag();
        (0..length).map(|_| build(leaves)).collect()
    };
    Option |this, flat, each| {
        flat.tag(this.is_some() as u64);
        match this {
            Some(item) => each(item, flat),
            None => flat.node(0),
        }
    }, |leaves, build| match leaves.tag() {
        0 => None,
        _ => Some(build(leaves)),
    };
}

impl<T: Reusable, const N: usize> Reusable for [T; N] {}

impl<T: PyTree, const N: usize> PyTree for [T; N] {
    fn flatten(self, flat: &mut Flat) {
        flat.node(N);
        self.into_iter().for_each(|item| PyTree::flatten(item, flat));
    }

    fn unflatten(leaves: &mut Leaves<'_>) -> Self {
        std::array::from_fn(|_| PyTree::unflatten(leaves))
    }
}

impl<T: Arg, const N: usize> Arg for [T; N] {
    type Staged = [T::Staged; N];
    type Grad = [T::Grad; N];

    fn flatten(self, flat: &mut Flat) {
        flat.node(N);
        self.into_iter().for_each(|item| Arg::flatten(item, flat));
    }

    fn flatten_operand(self, flat: &mut Flat) {
        flat.node(N);
        self.into_iter().for_each(|item| item.flatten_operand(flat));
    }

    fn stage(leaves: &mut Leaves<'_>) -> Self::Staged {
        std::array::from_fn(|_| T::stage(leaves))
    }

    fn rebuild(leaves: &mut Leaves<'_>) -> Self {
        std::array::from_fn(|_| <T as Arg>::rebuild(leaves))
    }
}

impl<T: Ret, const N: usize> Ret for [T; N] {
    type Staged = [T::Staged; N];

    fn flatten(staged: Self::Staged, flat: &mut Flat) {
        flat.node(N);
        staged.into_iter().for_each(|item| <T as Ret>::flatten(item, flat));
    }

    fn flatten_self(self, flat: &mut Flat) {
        flat.node(N);
        self.into_iter().for_each(|item| <T as Ret>::flatten_self(item, flat));
    }

    fn rebuild(leaves: &mut Leaves<'_>) -> Self {
        std::array::from_fn(|_| <T as Ret>::rebuild(leaves))
    }
}

impl<T: Reusable> Reusable for Complex<T> {}

impl<T: PyTree> PyTree for Complex<T> {
    fn flatten(self, flat: &mut Flat) {
        PyTree::flatten((self.re, self.im), flat);
    }

    fn unflatten(leaves: &mut Leaves<'_>) -> Complex<T> {
        let (re, im) = PyTree::unflatten(leaves);
        Complex::new(re, im)
    }
}

impl<T: Arg> Arg for Complex<T> {
    type Staged = Complex<T::Staged>;
    type Grad = Complex<T::Grad>;

    fn flatten(self, flat: &mut Flat) {
        Arg::flatten((self.re, self.im), flat);
    }

    fn stage(leaves: &mut Leaves<'_>) -> Self::Staged {
        let (re, im) = <(T, T) as Arg>::stage(leaves);
        Complex::new(re, im)
    }

    fn rebuild(leaves: &mut Leaves<'_>) -> Complex<T> {
        let (re, im) = <(T, T) as Arg>::rebuild(leaves);
        Complex::new(re, im)
    }
}

impl<T: Ret> Ret for Complex<T> {
    type Staged = Complex<T::Staged>;

    fn flatten(staged: Self::Staged, flat: &mut Flat) {
        <(T, T) as Ret>::flatten((staged.re, staged.im), flat);
    }

    fn flatten_self(self, flat: &mut Flat) {
        Ret::flatten_self((self.re, self.im), flat);
    }

    fn rebuild(leaves: &mut Leaves<'_>) -> Complex<T> {
        let (re, im) = <(T, T) as Ret>::rebuild(leaves);
        Complex::new(re, im)
    }
}
