//! Every equation knows its line of this file, whatever transforms it went through; one of a backward pass knows the
//! forward line and where the derivative was asked for.

use jax::ClosedJaxpr;
use jax::prelude::*;
use jax_core::base::Span;
use jax_core::ir::Jaxpr;
use jax_core::transform::optimize;

/// The places of all equations, those of inner programs included, with what each does.
fn places(jaxpr: &Jaxpr) -> Vec<(&'static str, Span)> {
    let mut found = Vec::new();
    for eqn in &jaxpr.eqns {
        found.push((eqn.prim.name(), eqn.span));
        found.extend(eqn.prim.subjaxprs().into_iter().flat_map(places));
    }
    found
}

/// Checks that every equation is in this file, within these lines; gives the places, before and after the passes.
fn within(closed: &ClosedJaxpr, first: u32, last: u32) -> Vec<(&'static str, Span)> {
    let all = places(&closed.jaxpr);
    for (op, span) in all.iter().chain(&places(&optimize(&closed.jaxpr))) {
        assert_eq!(span.file(), file!(), "{op} at {span}\n{closed}");
        assert!((first..=last).contains(&span.line()), "{op} at {span}, not in {first}..={last}\n{closed}");
    }
    all
}

/// The lines that operations of this name come from.
fn lines(places: &[(&'static str, Span)], name: &str) -> Vec<u32> {
    places.iter().filter(|(op, _)| *op == name).map(|(_, span)| span.line()).collect()
}

fn x() -> Array {
    jnp::array([0.5, 1.5, 2.5])
}

#[test]
fn straight_lines_through_every_transform() {
    let first = line!();
    let f = |x: Array| {
        let y = x.sin();
        let z = y.exp();
        z.sum(None)
    };
    let (sin, exp) = (first + 2, first + 3);
    let traced = within(&make_jaxpr(f)(x()), first, line!());
    assert_eq!((lines(&traced, "sin"), lines(&traced, "exp")), (vec![sin], vec![exp]));
    let gradient = within(&make_jaxpr(grad(f))(x()), first, line!());
    assert_eq!((lines(&gradient, "sin"), lines(&gradient, "cos")), (vec![sin], vec![sin]));
    assert_eq!(lines(&gradient, "mul"), [exp, sin]);
    let second = within(&make_jaxpr(grad(move |x: Array| grad(f)(x).sum(None)))(x()), first, line!());
    assert!(lines(&second, "mul").iter().all(|line| [sin, exp].contains(line)));
    within(&make_jaxpr(vmap(f))(jnp::ones((2, 3))), first, line!());
    within(&make_jaxpr(vmap(grad(f)))(jnp::ones((2, 3))), first, line!());
    within(&make_jaxpr(grad(move |x: Array| vmap(f)(x).sum(None)))(jnp::ones((2, 3))), first, line!());
    within(&make_jaxpr(move |x: Array| jvp(f, (x.clone(),), (x,)).1)(x()), first, line!());
    within(&make_jaxpr(jacfwd(|x: Array| x.sin()))(x()), first, line!());
    within(&make_jaxpr(jacrev(|x: Array| x.sin()))(x()), first, line!());
    within(&make_jaxpr(hessian(f))(x()), first, line!());
    within(&make_jaxpr(move |x: Array| vjp(f, (x,)).1.call(jnp::array(1.0f32)).0)(x()), first, line!());
}

#[test]
fn inner_programs() {
    let first = line!();
    let f = |x: Array| {
        let (c, ys) = lax::scan(
            |c: Array, x: Array| {
                let next = (c * x).sin();
                (next.clone(), next)
            },
            0.5f32,
            x,
        );
        let d = lax::cond(c.greater(0.0), |c: Array| c.exp(), |c: Array| c.cos(), c);
        let e = checkpoint(|d: Array| d.tanh())(d);
        (ys * e).sum(None)
    };
    let gradient = within(&make_jaxpr(grad(f))(x()), first, line!());
    assert!(lines(&gradient, "scan").iter().all(|&line| line == first + 2));
    assert!(lines(&gradient, "cond").iter().all(|&line| line == first + 10));
    assert!(lines(&gradient, "cos").iter().all(|&line| [first + 4, first + 10].contains(&line)));
    assert!(lines(&gradient, "tanh").iter().all(|&line| line == first + 11));
    within(&make_jaxpr(vmap(f))(jnp::ones((2, 3))), first, line!());
    within(&make_jaxpr(vmap(grad(f)))(jnp::ones((2, 3))), first, line!());
    within(&make_jaxpr(jit(grad(f)))(x()), first, line!());
}

#[test]
fn while_loops() {
    let first = line!();
    let f = |x: Array| lax::while_loop(|x: Array| x.less(100.0), |x: Array| x.clone() * x, x);
    let tangent = move |x: Array| jvp(f, (x.clone(),), (x,)).1;
    let forward = within(&make_jaxpr(tangent)(jnp::array(2.0f32)), first, line!());
    assert!(lines(&forward, "mul").iter().all(|&line| line == first + 1));
    within(&make_jaxpr(vmap(f))(x()), first, line!());
    within(&make_jaxpr(vmap(tangent))(x()), first, line!());
}

#[jit]
fn staged(x: Array) -> Array {
    let y = jnp::log(x);
    y.tanh()
}

#[test]
fn staged_functions_inlined() {
    let first = line!() - 7;
    let closed = make_jaxpr(grad(|x: Array| staged(x).sum(None)))(x());
    let gradient = within(&closed, first, line!());
    assert_eq!(lines(&gradient, "log"), [first + 1]);
    assert_eq!(lines(&gradient, "tanh"), [first + 2]);
}

#[test]
fn a_backward_equation_knows_both_lines() {
    let first = line!();
    let f = |x: Array| x.sin().sum(None);
    let closed = make_jaxpr(grad(f))(x());
    let (forward, backward): (Vec<_>, Vec<_>) =
        places(&closed.jaxpr).into_iter().partition(|(_, span)| !span.is_backward());
    assert_eq!(forward.iter().map(|(op, _)| *op).collect::<Vec<_>>(), ["sin", "cos", "reduce_sum"]);
    assert_eq!(backward.iter().map(|(op, _)| *op).collect::<Vec<_>>(), ["broadcast_in_dim", "mul"]);
    for (_, span) in backward {
        assert_eq!((span.line(), span.forward().line()), (first + 1, first + 1));
        let note = format!("in the backward pass of the derivative taken at {}:{}:29", file!(), first + 2);
        assert_eq!(span.note(), Some(note));
    }
}

#[test]
fn a_rule_of_the_user_keeps_its_own_lines() {
    let first = line!();
    let bwd = |(), ct: Array| (ct.sin(),);
    let clip = custom_vjp("clip", |x: Array| x, |(x,): (Array,)| (x, ()), bwd);
    let all = within(&make_jaxpr(grad(move |x: Array| clip(x).sum(None)))(x()), first, line!());
    let (_, sin) = all.iter().find(|(op, _)| *op == "sin").expect("the backward rule");
    assert_eq!((sin.line(), sin.forward().line(), sin.is_backward()), (first + 1, first + 2, true));

    let first = line!();
    let rule = |(x,): (Array,), (t,): (Array,)| (x * 2.0, t * 3.0);
    let twice = custom_jvp("twice", |x: Array| x * 2.0, rule);
    let all = within(&make_jaxpr(grad(move |x: Array| twice(x).sum(None)))(x()), first, line!());
    let (_, mul) = all.iter().rfind(|(op, _)| *op == "mul").expect("the rule");
    assert_eq!((mul.line(), mul.forward().line(), mul.is_backward()), (first + 1, first + 2, true));
}

#[test]
fn errors_of_transforms_name_the_original_line() {
    let line = line!() + 1;
    let f = |x: Array| lax::while_loop(|x: Array| x.less(9.0), |x: Array| x * 2.0, x);
    let error = jax_core::array::catch(|| grad(f)(jnp::array(1.0f32)));
    if let Err(error) = error {
        let span = error.span.expect("a place");
        assert_eq!((span.file(), span.line()), (file!(), line), "{error}");
    }
    let line = line!() + 1;
    let bad = custom_vjp("bad", |x: Array| x, |(x,): (Array,)| (x, ()), |(), ct: Array| (ct + jnp::ones(2),));
    let error = jax_core::array::catch(|| grad(move |x: Array| bad(x).sum(None))(x())).expect_err("shapes differ");
    let expected = format!(
        "add got incompatible shapes for broadcasting: (3,), (2,).\n  --> {0}:{line}:90\n      in the backward pass of \
         the call at {0}:{line}:15",
        file!()
    );
    assert_eq!(error.to_string(), expected);
}
