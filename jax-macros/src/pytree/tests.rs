//! The text of derived implementations.

use quote::quote;

use super::*;

fn derived(item: TokenStream) -> String {
    expand_for(&quote!(::jax), item).to_string().replace(":: jax :: __private :: ", "")
}

#[test]
fn leaves_are_written_and_read_in_order() {
    let text = derived(quote!(
        struct Layer {
            w: Array,
            #[pytree(static)]
            n: usize,
            b: Array,
        }
    ));
    let write = "flat . node (3usize) ; < Array as PyTree > :: flatten (field0 , flat) ; flat . static_value (field1) ; \
                 < Array as PyTree > :: flatten (field2 , flat) ;";
    let read = "Self { w : < Array as PyTree > :: unflatten (leaves) , n : leaves . static_value :: < usize > () , \
                b : < Array as PyTree > :: unflatten (leaves) }";
    assert!(text.contains(write), "{text}");
    assert!(text.contains(read), "{text}");
}

#[test]
fn variants_are_tagged() {
    let text = derived(quote!(
        enum Choice {
            None,
            Some(Array),
        }
    ));
    assert!(text.contains("Self :: None { } => { flat . tag (0u64) ; flat . node (0usize) ; }"), "{text}");
    assert!(text.contains("match leaves . tag () { 0u64 => Self :: None { } , _ => Self :: Some {"), "{text}");
}

#[test]
fn bounds_follow_the_fields() {
    let text = derived(quote!(
        struct Tagged<T, S, U> {
            value: Vec<T>,
            #[pytree(static)]
            tag: S,
            unit: std::marker::PhantomData<U>,
        }
    ));
    assert!(text.contains("T : PyTree") && text.contains("S : :: core :: clone :: Clone"), "{text}");
    assert!(!text.contains("S : PyTree") && !text.contains("T : :: core"), "{text}");
}

#[test]
fn axes_are_declared_when_asked_for() {
    let text = derived(quote!(
        #[pytree(axes)]
        pub struct Layer(pub Array, #[pytree(static)] usize, Array);
    ));
    assert!(text.contains("pub struct LayerAxes < A0 , A1 > (# [doc = \"Of `0`.\"] pub A0 ,"), "{text}");
    assert!(text.contains("into_axis (self . 0) , IntoAxis :: into_axis (self . 1)"), "{text}");
    assert!(
        !derived(quote!(
            struct Layer(Array);
        ))
        .contains("LayerAxes")
    );
}
