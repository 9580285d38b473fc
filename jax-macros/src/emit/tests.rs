//! The text of expansions, and its growth with the body.

use quote::{ToTokens, quote};

use super::*;

/// The rewritten body of a function, spaces as in source.
fn body(source: &str) -> String {
    let mut errors = Errors::default();
    let item: ItemFn = syn::parse_str(source).expect("a function");
    let function = Function::read(item, None, Options::default(), &mut errors);
    assert!(errors.is_empty());
    let tokens = rewrite::body(&function, &Build::new(&quote!(::jax))).into_token_stream().to_string();
    let text = tokens.replace(":: jax :: __private :: ", "").replace(" . ", ".");
    text[1..text.len() - 1].trim().to_owned()
}

fn expanded(kind: Kind, args: TokenStream, item: TokenStream) -> String {
    expand_for(&quote!(::jax), kind, args, item).to_string()
}

#[track_caller]
fn check(source: &str, expected: &str) {
    assert_eq!(body(source), expected);
}

#[test]
fn only_the_last_use_moves() {
    check("fn f(x: Array) -> Array { x * x }", "(& & Dup (& x)).dup () * x");
    check("fn f(x: Array) -> Array { let y = x; y }", "let y = x ; y");
    check("fn f(n: usize) -> Array { G(n, n) }", "G (n , n)");
    check("fn f(x: Array) -> Array { let x = x + 1.0; x }", "let x = x + 1.0 ; x");
}

#[test]
fn branches_move_on_their_own() {
    check(
        "fn f(x: Array, n: usize) -> Array { if n == 0 { return x; } if n == 1 { x } else { x + x } }",
        "if n == 0 { return x ; } if n == 1 { x } else { (& & Dup (& x)).dup () + x }",
    );
}

#[test]
fn loops_and_closures_never_move_what_is_outside() {
    check("fn f(x: Array) -> Array { for i in 0..3 { G(x); } h() }", {
        "{ let () = range (0 , 3).each (& [] , () , | i , () | { { G ((& & Dup (& x)).dup ()) ; } ; () }) ; } h ()"
    });
    check("fn f(x: Array) -> Array { let g = |a| a + x; g(x) }", {
        "let g = | a | a + (& & Dup (& x)).dup () ; g ((& & Dup (& x)).dup ())"
    });
    check("fn f(x: Array) -> Array { #[unroll] for i in 0..3 { let y = h(); G(y); } h() }", {
        "for i in 0 .. 3 { let y = h () ; G (y) ; } h ()"
    });
}

#[test]
fn transforms_own_what_their_closures_capture() {
    check("fn f(x: Array, w: Array) -> Array { vmap(|a: Array| a * w)(x) + w }", {
        "vmap ({ let w = (& & Dup (& w)).dup () ; move | a : Array | a * (& & Dup (& w)).dup () }) (x) + w"
    });
}

#[test]
fn an_overwritten_value_moves() {
    check("fn f(mut x: Array) -> Array { x = G(x); x = G(x); x }", "x = G (x) ; x = G (x) ; x");
}

#[test]
fn places_stay() {
    check("fn f(x: Array) -> Array { x.dot(x) }", "x.dot ((& & Dup (& x)).dup ())");
    check("fn f(p: Layer) -> Array { G(&p.w, p.b) }", "G (& p.w , last (& p.b))");
    check("fn f(x: Array) -> Array { let s = x.shape(); let y = G(x); y * s[0] }", {
        "let s = x.shape () ; let y = G ((& & Dup (& x)).dup ()) ; y * s [0]"
    });
}

#[test]
fn keys_move_however_often() {
    check("fn f(k: Key) -> Array { random::normal(k, 3) + random::uniform(k, 3) }", {
        "random :: normal (k , 3) + random :: uniform (k , 3)"
    });
}

#[test]
fn fields_are_used_on_their_own() {
    check("fn f(p: Layer) -> Array { G(p.w, p.b, p.w) }", "G ((& & Dup (& p.w)).dup () , last (& p.b) , last (& p.w))");
    check("fn f(s: State) -> Array { random::normal(s.key, 3) + s.x }", {
        "random :: normal (last (& s.key) , 3) + last (& s.x)"
    });
    check("fn f(s: State) -> Array { random::normal(s.key, 3) + random::uniform(s.key, 3) }", {
        "random :: normal (s.key , 3) + random :: uniform (last (& s.key) , 3)"
    });
    check("fn f(keys: Vec<Key>) -> Vec<Array> { keys.into_iter().map(g).collect() }", {
        "keys.into_iter ().map (g).collect ()"
    });
    check("fn f(s: State) -> State { let k = Next(s.key); State { key: k, ..s } }", {
        "let k = Next (last (& s.key)) ; State { key : k , .. s }"
    });
    check("fn f(s: State) -> State { let k = Next(s.key); Step(s) }", {
        "let k = Next ((& & Dup (& s.key)).dup ()) ; Step (s)"
    });
    check("fn f(mut s: State) -> Array { s.key = Next(s.key); G(s.key) }", {
        "s.key = Next (last (& s.key)) ; G (last (& s.key))"
    });
    check("fn f(m: Model) -> Array { G(m.a.w, m.a, m.b) }", {
        "G ((& & Dup (& m.a.w)).dup () , last (& m.a) , last (& m.b))"
    });
}

#[test]
fn calls_that_may_be_of_staged_functions() {
    check("fn f(x: Array, a: f32) -> Array { g(x, a * 2.0) }", {
        "match (x , a * 2.0 ,) { (value0 , value1 ,) => { let passing = Passing :: to (\"g\") ; \
         (& & passing.given (g (value0 , passing.scalar (1usize , value1)))).take () } }"
    });
    check("fn f(n: usize) -> Array { g(n) }", "g (n)");
    check("fn f(x: Array) -> Array { jnp::exp(x) }", "jnp :: exp (x)");
    check("fn f(x: Array) -> Option<Array> { Some(x) }", "Some (x)");
}

#[test]
fn operators() {
    check("fn f(x: Array, y: Array) -> Array { x > y }", "(& & & Cmp (& (x) , & (y))).gt ()");
    check("fn f(x: Array, n: usize) -> Array { G(n > 1, x.ndim() == 2) }", "G (n > 1 , x.ndim () == 2)");
    check("fn f(x: Array) -> Array { -2.0 * x }", "(& & LitBin (- 2.0 , x)).mul ()");
    check("fn f(x: Array, n: usize) -> Array { x * (2 * n) }", "x * (2 * n)");
}

#[test]
fn scalars() {
    check("fn f(x: f32) -> f32 { x + 1.0 }", "into_array (x + 1.0)");
    check("fn f(x: f32, n: usize) -> f32 { let y: f32 = x; let z: f32 = 1.0; y * z }", {
        "let y = into_array (x) ; let z : f32 = 1.0 ; into_array (y * z)"
    });
    check("fn f(k: i32, n: usize) -> f64 { k as f64 + n as f64 }", "into_array (cast :: < f64 > (k) + n as f64)");
    check("fn f(x: f32) -> (f32, Array) { return (x, x); }", "return (into_array ((& & Dup (& x)).dup ()) , x) ;");
}

#[test]
fn accumulators_begin_as_arrays() {
    check("fn f(x: f32) -> f32 { let mut a = 0.0; let mut i = 0; a += x; i += 1; a }", {
        "let mut a = into_array (0.0) ; let mut i = 0 ; a += x ; i += 1 ; into_array (a)"
    });
}

#[test]
fn macros_are_read() {
    check("fn f(x: Array) -> Array { G(vec![x, x]) }", "G (vec ! [(& & Dup (& x)).dup () , x])");
    check("fn f(x: Array) -> Array { let y = G(x); assert!(true, \"{x}\"); y }", {
        "let y = G ((& & Dup (& x)).dup ()) ; assert ! (true , \"{x}\") ; y"
    });
}

#[test]
fn marks_never_leave() {
    let text = expanded(
        Kind::Jit,
        quote!(),
        quote!(
            fn f(x: Array, w: Array) -> Array {
                G(vec![P { x, w }, x])
            }
        ),
    );
    assert!(!text.contains("__jax_use"), "{text}");
}

#[test]
fn stacked_attributes_stage_once() {
    let one = expanded(
        Kind::Jit,
        quote!(static(n)),
        quote!(
            #[jax::grad]
            fn f(x: Array, n: i32) -> Array {
                x
            }
        ),
    );
    let other = expanded(
        Kind::Grad,
        quote!(),
        quote!(
            #[jit(static(n))]
            fn f(x: Array, n: i32) -> Array {
                x
            }
        ),
    );
    assert_eq!(one, other);
    assert_eq!(one.matches("fn __jax_traced").count(), 1);
    for name in ["fn f (", "fn f_grad (", "fn f_value_and_grad ("] {
        assert_eq!(one.matches(name).count(), 1, "{name}");
    }
}

#[test]
fn a_renamed_library_is_named() {
    let text = expand_for(
        &quote!(::xla),
        Kind::Jit,
        quote!(),
        quote!(
            fn f(x: Array) -> Array {
                x * x
            }
        ),
    )
    .to_string();
    assert!(!text.contains(":: jax ::") && text.contains(":: xla :: __private :: Dup"), "{text}");
}

#[test]
fn expansion_is_linear() {
    let source = |lines: usize| {
        let line = "let y = (2.0 * x).sum(0) + if x > 1.0 { y } else { y * x };";
        format!("fn f(x: Array, y: Array) -> Array {{ {} y }}", line.repeat(lines))
    };
    let length = |lines| body(&source(lines)).len();
    let (one, two, four) = (length(500), length(1000), length(2000));
    assert_eq!(four - two, 2 * (two - one));
}
