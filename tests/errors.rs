//! Mistaken calls: each gives an error in JAX's words that names the operation, the shapes and dtypes, and the user's
//! line; as a panic from an operator, as an `Err` from `try_call`; and everything stays usable.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jax::prelude::*;
use jax::{ErrorKind, lax::DotDimensionNumbers};

/// Runs a mistaken call: its error must say this, at a line of the call.
#[track_caller]
fn fails<R>(message: &str, f: impl FnOnce() -> R) -> Error {
    let line = std::panic::Location::caller().line();
    let Err(error) = jax_core::array::catch(f) else { panic!("nothing failed: {message}") };
    let text = error.to_string();
    let (said, place) = text.split_once("\n  --> ").unwrap_or((&text, "nowhere"));
    assert_eq!(said, message);
    let span = error.span.unwrap_or_else(|| panic!("no place: {text}"));
    assert!(place.starts_with(&format!("{}:", file!())), "{place}: {message}");
    assert!((line..line + 4).contains(&span.line()), "{place} is not at line {line}: {message}");
    assert_eq!(place, format!("{}:{}:{}", span.file(), span.line(), span.column()));
    assert_eq!(jnp::arange(2).to_string(), "[0 1]", "nothing works after: {message}");
    error
}

fn x() -> Array {
    jnp::array([0.0, 1.0, 2.0])
}

fn m() -> Array {
    jnp::ones((2, 3))
}

fn i() -> Array {
    jnp::arange(3)
}

#[test]
fn shapes_that_do_not_fit() {
    let four = || jnp::ones(4);
    fails("add got incompatible shapes for broadcasting: (3,), (4,).", || x() + four());
    fails("mul got incompatible shapes for broadcasting: (2, 3), (1, 4).", || m() * four());
    fails("lt got incompatible shapes for broadcasting: (3,), (4,).", || x().less(four()));
    fails("max got incompatible shapes for broadcasting: (3,), (4,).", || jnp::maximum(x(), four()));
    fails("where: Incompatible shapes for broadcasting: shapes=[(3,), (3,), (4,)]", || {
        jnp::where_(x().greater(0), x(), four())
    });
    fails("broadcast_to: Incompatible shapes for broadcasting: (2, 3) and requested shape (3, 3)", || {
        jnp::broadcast_to(m(), (3, 3))
    });
    fails("broadcast_to: Cannot broadcast to shape with fewer dimensions: arr_shape=(2, 3) shape=(3,)", || {
        jnp::broadcast_to(m(), 3)
    });
    fails("cannot reshape array of shape (3,) (size 3) into shape (2, 2) (size 4)", || x().reshape((2, 2)));
    fails(
        "cannot reshape array of shape (3,) (size 3) into shape (-1, 2) because the product of specified axis sizes (2) \
         does not evenly divide 3",
        || jnp::reshape(x(), (-1, 2)),
    );
    fails("reshape: can only specify one unknown axis size with a `-1` value, got (-1, -1)", || x().reshape((-1, -1)));
    fails(
        "Cannot concatenate arrays with shapes that differ in dimensions other than the one being concatenated: \
         concatenating along dimension 0 for shapes (2, 3), (2, 4).",
        || jnp::concatenate(&[m(), jnp::ones((2, 4))]),
    );
    fails("Cannot concatenate arrays with different numbers of dimensions: got (2, 3), (3,).", || {
        jnp::concatenate(&[m(), x()])
    });
    fails("concatenate: Zero-dimensional arrays cannot be concatenated.", || jnp::concatenate(&[jnp::ones(())]));
    fails("Need at least one array to concatenate.", || jnp::concatenate(&[]));
    fails("Need at least one array to stack.", || jnp::stack(&[]));
    fails("stack: All input arrays must have the same shape, got f32[3] and f32[2,3].", || jnp::stack(&[x(), m()]));
    fails("dot_general requires contracting dimensions to have the same shape, got (3,) and (2,).", || {
        jnp::matmul(m(), m())
    });
    fails("dot_general requires contracting dimensions to have the same shape, got (3,) and (2,).", || {
        lax::dot_general(&m(), &m(), DotDimensionNumbers::contracting(&[1], &[0]), None)
    });
    fails("matmul input operand 1 must have ndim at least 1, but it has ndim 0", || jnp::matmul(m(), 2.0));
    fails("einsum: Size of label 'j' for operand 1 (3) does not match previous terms (2).", || {
        jnp::einsum("ij,jk", &[m(), m()])
    });
    fails("einsum: Einstein sum subscript 'ijk' does not contain the correct number of indices for operand 0.", || {
        jnp::einsum("ijk,jk", &[m(), m()])
    });
    fails("array split does not result in an equal division: rest is 1", || jnp::split(x(), 2));
    fails("zero-size array to reduction operation max which has no identity", || jnp::max(jnp::zeros(0)));
    fails(
        "reduction operation max does not have an identity, so to use a where mask one has to specify 'initial'",
        || jnp::max_with(x(), jnp::axis(0).where_([true, false, true])),
    );
    fails("Invalid order '2' for matrix norm.", || jnp::linalg::norm_with(m(), 2, jnp::axis(None)));
    fails(
        "Improper number of axes for norm: axis=[0, 1, 2]. Pass one axis to compute a vector-norm, or two axes to compute a \
         matrix-norm.",
        || jnp::linalg::norm_with(jnp::ones((2, 2, 2)), 1, jnp::axis(None)),
    );
    fails("quantile: q must be have rank <= 1, got shape [1, 2]", || jnp::quantile(x(), [[0.1, 0.2]]));
    fails("x argument to bincount must have an integer type; got float32", || jnp::bincount(x()));
    fails("einsum: Incompatible shapes for broadcasting: extents 2 and 3 of unnamed axes.", || {
        jnp::einsum("...i,...i->...", &[jnp::ones((2, 4)), jnp::ones((3, 4))])
    });
    fails("attempt to get argmax of an empty sequence", || jnp::argmax(jnp::zeros(0)));
    fails("take_along_axis: indices and arr must have the same number of dimensions; 1 vs. 2", || {
        jnp::take_along_axis(m(), i(), 1)
    });
    fails("diag input must be 1d or 2d", || jnp::diag(jnp::ones((2, 2, 2)), 0));
    fails("zeros: shape must have every element be nonnegative, got [-1].", || jnp::zeros(-1));
    fails(
        "jnp.pad: pad_width with nd=1 has unsupported shape (2, 2). Valid shapes are (1, 2), (1, 2), (2,), (1,), or ().",
        || jnp::pad(x(), [(1, 2), (1, 1)]),
    );
}

#[test]
fn axes_and_indices() {
    fails("sum: axis 1 is out of bounds for array of dimension 1", || x().sum(1));
    fails("mean: axis -3 is out of bounds for array of dimension 2", || jnp::mean_with(m(), jnp::axis(-3)));
    fails("sum: duplicate value in 'axis': (0, 0)", || m().sum((0, 0)));
    fails("argmax: axis 3 is out of bounds for array of dimension 2", || m().argmax(3));
    fails(
        "transpose permutation isn't a permutation of operand dimensions, got permutation (0, 0) for operand shape (2, 3).",
        || m().transpose((0, 0)),
    );
    fails("transpose: axis 2 is out of bounds for array of dimension 2", || m().transpose((0, 2)));
    fails(
        "cannot select an axis to squeeze out which has size not equal to one, got shape=(2, 3) and \
         dimensions=(0,)",
        || m().squeeze(0),
    );
    fails("expand_dims: axis 5 is out of bounds for array of dimension 3", || m().expand_dims(5));
    fails("swapaxes: axis 3 is out of bounds for array of dimension 2", || m().swapaxes(0, 3));
    fails("moveaxis: Inconsistent number of elements: 2 vs 1", || jnp::moveaxis(m(), (0, 1), 0));
    fails("sort: axis 2 is out of bounds for array of dimension 2", || jnp::sort_with(m(), jnp::axis(2)));
    fails("index 5 is out of bounds for axis 0 with size 3", || x().index(5));
    fails("index -4 is out of bounds for axis 0 with size 3", || x().index(-4));
    fails("index 3 is out of bounds for axis 1 with size 3", || m().index((0, 3)));
    fails("index 7 is out of bounds for axis 0 with size 3", || x().at(7).set(1.0));
    fails("Too many indices: array is 2-dimensional, but 3 were indexed", || m().index((0, 0, 0)));
    fails("Indexer must have integer or boolean type, got indexer with type float32", || x().index(x()));
    fails("take: indices must have an integer type, got float32", || jnp::take(x(), [1.5]));
    fails("at: Cannot broadcast to shape with fewer dimensions: arr_shape=(2,) shape=()", || x().at(0).set([1.0, 2.0]));
}

#[test]
fn dtypes() {
    fails("and does not accept dtype float32. It accepts integers and bool.", || x() & x());
    fails("shift_left does not accept dtype float32. It accepts integers.", || x() << 1);
    fails("not does not accept dtype float32. It accepts integers and bool.", || !x());
    fails("sin does not accept dtype int32. It accepts floats and complex numbers.", || lax::sin(&i()));
    fails("add requires arguments to have the same dtypes, got float32, int32.", || lax::add(&x(), &i()));
    fails("Integers cannot be raised to negative powers.", || jnp::power(i(), -2));
    fails("as_slice: array has dtype float32, not float64", || x().to_vec::<f64>());
    fails("as_slice: array has dtype float32, not int32", || device_get::<i32>(&x()));
    fails("item: can only convert an array of size 1 to a Rust scalar, got shape [3]", || x().item_f32());
    fails("iinfo: Invalid integer data type 'float32'.", || jnp::iinfo(DType::F32));
}

#[test]
fn derivatives() {
    let error = fails("grad: Gradient only defined for scalar-output functions. Output had shape: (3,).", || {
        grad(|x: Array| x * 2.0)(x())
    });
    assert_eq!(error.kind, ErrorKind::Transform);
    fails(
        "grad requires real- or complex-valued inputs (input dtype that is a sub-dtype of np.inexact), but got int32. If \
         you want to use Boolean- or integer-valued inputs, use vjp or convert them.",
        || grad(|x: Array| x.sum(None))(i()),
    );
    fails(
        "grad requires real-valued outputs (output dtype that is a sub-dtype of np.floating), but got int32.",
        || grad(|x: Array| x.greater(0.0).sum(None))(x()),
    );
    fails(
        "primal and tangent arguments to jvp must have the same structure, shapes and dtypes, but got (f32[3]) and \
         (f32[4]).",
        || jvp(|x: Array| x.sin(), (x(),), (jnp::ones(4),)),
    );
    fails("vjp: the cotangent must have the type of the function's result, (f32[3]), but got (f32[4]).", || {
        vjp(|x: Array| x.sin(), (x(),)).1.call(jnp::ones(4))
    });
}

#[test]
fn batches() {
    fails(
        "vmap got inconsistent sizes for array axes to be mapped:\n  * one axis had size 3: axis 0 of args[0] of type \
         float32[3];\n  * one axis had size 4: axis 0 of args[1] of type float32[4]",
        || vmap(|x: Array, y: Array| x + y)(x(), jnp::ones(4)),
    );
    fails(
        "vmap got inconsistent sizes for array axes to be mapped:\n  * most axes (2 of them) had size 3, e.g. axis 0 of \
         args[0][0] of type float32[3];\n  * one axis had size 2: axis -1 of args[1] of type float32[3,2]",
        || vmap(|(x, _): (Array, Array), _: Array| x).in_axes((0, -1))((x(), x()), jnp::ones((3, 2))),
    );
    fails(
        "vmap got inconsistent sizes for array axes to be mapped:\n  * the `axis_size` argument was 5;\n  * one axis had \
         size 3: axis 0 of args[0] of type float32[3]",
        || vmap(|x: Array| x).axis_size(5)(x()),
    );
    fails(
        "vmap in_axes specification must be a tree prefix of the corresponding value, but at vmap in_axes[0] the lengths \
         differ, 2 and 3: got specification (0, None) for a value of structure (*, *, *).",
        || vmap(|(x, _, _): (Array, Array, Array), _: Array| x).in_axes(((0, None), 0))((x(), x(), x()), x()),
    );
    fails(
        "vmap in_axes specification must be a tree prefix of the corresponding value, but at vmap in_axes[0][1] there is \
         one array: got specification (1, 2) for a value of structure *.",
        || vmap(|(x, _): (Array, Array)| x).in_axes(((0, (1, 2)),))((x(), x())),
    );
    fails(
        "vmap out_axes specification must be a tree prefix of the corresponding value, but at vmap out_axes[1] the \
         lengths differ, 1 and 2: got specification (0,) for a value of structure (*, *).",
        || vmap(|x: Array| (x.clone(), (x.clone(), x))).out_axes((0, (0,)))(x()),
    );
    fails("at vmap out_axes[1][0], got axis spec None but output was batched on axis 0", || {
        vmap(|x: Array| (x.clone(), vec![x])).out_axes((0, [None]))(x())
    });
    fails(
        "vmap was requested to map its argument along axis 2, which implies that its rank should be at least 3, but is \
         only 1 (its shape is (3,)).",
        || vmap(|x: Array| x).in_axes(2)(x()),
    );
    fails("vmap must have at least one non-None value in in_axes or axis_size must be specified", || {
        vmap(|x: Array| x).in_axes(None)(x())
    });
    fails(
        "vmap in_axes must be an int, None, or a tuple of entries corresponding to the positional arguments passed to the \
         function, but got len(in_axes)=1, len(args)=2",
        || vmap(|x: Array, _: Array| x).in_axes((0,))(x(), x()),
    );
    fails("at vmap out_axes, got axis spec None but output was batched on axis 0", || {
        vmap(|x: Array| x).out_axes(None)(x())
    });
    fails("vmap out_axes: axis 3 is out of bounds for array of dimension 1", || vmap(|x: Array| x).out_axes(3)(x()));
}

#[test]
fn control_flow() {
    fails("scan got values with different leading axis sizes: 3 and 4.", || {
        lax::scan(|c: Array, (a, _): (Array, Array)| (c + a, ()), 0.0, (x(), jnp::ones(4)))
    });
    fails("cond: Pred must be a scalar, got an array of type f32[3].", || {
        lax::cond(x(), |x: Array| x, |x: Array| x * 2.0, x())
    });
    fails("while_loop: cond_fun must return a boolean scalar, but got output type f32[].", || {
        lax::while_loop(|c: Array| c, |c: Array| c + 1.0, 1.0f32)
    });
}

#[test]
fn values_that_do_not_exist_yet() {
    let unknown = "Abstract tracer value encountered where concrete value is expected: traced array with shape ";
    let inside = ". Inside a staged function a value does not exist while the function is traced.";
    fails(&format!("{unknown}bool[]{inside}"), || {
        jit(|x: Array| if x.sum(None).greater(0.0).item_bool() { x } else { -x })(x())
    });
    fails(&format!("{unknown}f32[]{inside}"), || jit(|x: Array| x.sum(None).item_f32())(x()));
    fails(&format!("{unknown}f32[3]{inside}"), || jit(|x: Array| x.to_vec::<f32>().len() as f32)(x()));
    fails(
        "Abstract tracer value encountered where concrete value is expected: arange got a traced array with shape \
         i32[]. The length of the result must be known while the function is traced.",
        || jit(|n: Array| jnp::arange(n))(jnp::array(3)),
    );
    fails(
        "index: Array boolean indices must be concrete; got bool[3]. The shape of the result would depend on a value that \
         is not known while the function is traced: use where instead.",
        || jit(|x: Array| x.index(x.greater(0.0)))(x()),
    );
}

#[test]
fn tracers_that_leak() {
    thread_local!(static KEPT: RefCell<Option<Array>> = const { RefCell::new(None) });
    let leaky = jit(|x: Array| {
        KEPT.set(Some(x.clone() * 2.0));
        x
    });
    let made = line!() - 3;
    leaky(x());
    let Some(kept) = KEPT.take() else { panic!("the function was not traced") };
    let error = jax_core::array::catch(|| kept + 1.0).expect_err("a leaked tracer was used");
    assert_eq!(error.kind, ErrorKind::LeakedTracer);
    let place = format!("{}:{made}:23", file!());
    let expected = format!(
        "Encountered an unexpected tracer: an array of type f32[3] made at {place} while a function was staged is used \
         outside of that function. Return it as a result instead of storing it."
    );
    assert_eq!(error.message, expected);
}

#[jit]
fn linear(x: Array, w: Array, b: Array) -> Array {
    let hidden = jnp::matmul(x, w);
    jnp::tanh(hidden + b)
}

#[test]
fn staged_functions_return_errors() {
    let body = line!() - 6;
    for _ in 0..2 {
        let error = linear::try_call(m(), m(), x()).expect_err("shapes that do not fit");
        let message = "dot_general requires contracting dimensions to have the same shape, got (3,) and (2,).";
        assert_eq!(error.to_string(), format!("{message}\n  --> {}:{}:18", file!(), body));
        let error = linear::try_call(m(), jnp::ones((3, 4)), x()).expect_err("shapes that do not fit");
        let message = "add got incompatible shapes for broadcasting: (2, 4), (1, 3).";
        assert_eq!(error.to_string(), format!("{message}\n  --> {}:{}:15", file!(), body + 1));
    }
    let good = linear::try_call(m(), jnp::zeros((3, 4)), jnp::zeros(4)).expect("shapes that fit");
    assert_eq!(good.shape(), [2, 4]);
    assert_eq!(linear::compile_count(), 1);
}

#[test]
fn a_panic_that_is_caught_leaves_everything_usable() {
    let bad = || linear(m(), jnp::ones((3, 4)), x());
    let caught = catch_unwind(AssertUnwindSafe(bad)).expect_err("shapes that do not fit");
    let text = caught.downcast_ref::<String>().expect("a panic with a text");
    assert!(text.starts_with("add got incompatible shapes for broadcasting: (2, 4), (1, 3).\n  --> "), "{text}");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                let failed = linear::try_call(m(), m(), x()).is_err();
                (failed, linear(m(), jnp::zeros((3, 4)), jnp::zeros(4)).to_string())
            })
        })
        .collect();
    for thread in threads {
        let (failed, good) = thread.join().expect("a thread that does not panic");
        assert!(failed);
        assert_eq!(good, "[[0. 0. 0. 0.]\n [0. 0. 0. 0.]]");
    }
    // Tracing goes on to work too: a panic while a function was staged took its builder with it.
    let caught = catch_unwind(AssertUnwindSafe(|| jit(|x: Array| x.reshape((2, 2)))(x())));
    assert!(caught.is_err());
    assert_eq!(grad(|x: Array| (x.clone() * x).sum(None))(x()).to_string(), "[0. 2. 4.]");
}
