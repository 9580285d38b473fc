//! Batch axes of trees: one axis over several arrays, parts, structs, keys; of arguments and of results.
#![allow(missing_docs, clippy::unwrap_used)]

use jax::prelude::*;
use jax::random::Key;

/// A layer, whose axes have names.
#[derive(Clone, PyTree)]
#[pytree(axes)]
struct Layer {
    w: Array,
    #[pytree(static)]
    scale: i32,
    b: Array,
}

#[derive(Clone, PyTree)]
struct Model {
    layers: Vec<Layer>,
    bias: Option<Array>,
}

#[derive(PyTree)]
#[pytree(axes)]
struct Pair<T>(T, #[pytree(static)] u8, Array);

fn numbers(shape: &[usize]) -> Array {
    jnp::arange(shape.iter().product::<usize>() as f64).reshape(shape.to_vec())
}

fn values(x: &Array) -> (Vec<usize>, Vec<f32>) {
    (x.shape().to_vec(), x.to_vec())
}

#[test]
fn one_part_covers_what_is_below_it() {
    let f = |(x, v): (Array, Array), z: Array| (&x * &v).sum(None) + z;
    let (x, v, z) = (numbers(&[3, 2]), jnp::array([1.0, 10.0, 100.0]), jnp::array([0.5, 0.25]));
    // 0 + 20 + 400, 1 + 30 + 500
    let mapped = vmap(f).in_axes(((1, None), 0))((x.clone(), v), z.clone());
    assert_eq!(mapped.to_vec::<f32>(), [420.5, 531.25]);
    let pair = (x.clone(), x.clone());
    let all = vmap(|(x, y): (Array, Array), z: Array| x.sum(None) * z + y.sum(None)).in_axes((-1, None));
    assert_eq!(all(pair, jnp::array(2.0)).to_vec::<f32>(), [18.0, 27.0]);
    // Two single axes beside each other, each over several arrays.
    let g = |xs: Vec<Array>, ys: [Array; 2]| &xs[0] + &xs[1] + &xs[2] + &ys[0] * &ys[1];
    let xs = vec![numbers(&[2, 3]), numbers(&[2, 3]), numbers(&[2, 3])];
    let ys = [numbers(&[3]), numbers(&[3])];
    let sums = vmap(g).in_axes((0, None))(xs.clone(), ys.clone());
    assert_eq!(values(&sums), (vec![2, 3], vec![0.0, 4.0, 10.0, 9.0, 13.0, 19.0]));
    // Nested: over the columns of `xs` outside, over the numbers of `ys` inside.
    let outer = vmap(vmap(g).in_axes((None, 0))).in_axes((1, None));
    let expected: Vec<f32> =
        (0..3).flat_map(|i| (0..3).flat_map(move |j| [3 * i + j * j, 3 * (i + 3) + j * j])).map(|x| x as f32).collect();
    assert_eq!(values(&outer(xs, ys)), (vec![3, 3, 2], expected));
}

#[test]
fn structs_take_one_axis_tuples_and_structs_of_axes() {
    let apply = |l: Layer, x: Array| (&l.w * &x).sum(None) * l.scale + &l.b;
    let layer = || Layer { w: numbers(&[2, 3]), scale: 2, b: jnp::array([1.0, 2.0, 3.0]) };
    let x = jnp::array([1.0, 10.0]);
    let columns = vec![61.0, 84.0, 107.0];
    assert_eq!(vmap(apply).in_axes((LayerAxes { w: 1, b: 0 }, None))(layer(), x.clone()).to_vec::<f32>(), columns);
    assert_eq!(vmap(apply).in_axes(((1, 0), None))(layer(), x.clone()).to_vec::<f32>(), columns);
    // A static field may be counted, as it is a field.
    assert_eq!(vmap(apply).in_axes(((-1, None, 0), None))(layer(), x.clone()).to_vec::<f32>(), columns);
    assert_eq!(vmap(apply).in_axes((-1, None))(layer(), x.clone()).to_vec::<f32>(), columns);
    let shared = LayerAxes { w: -1, b: None };
    let twos = vmap(apply).in_axes((shared.clone(), None))(Layer { b: jnp::array(2.0), ..layer() }, x.clone());
    assert_eq!(twos.to_vec::<f32>(), [62.0, 84.0, 106.0]);

    // Trees of structs; an absent value takes any axis, a present one its own.
    let model = |bias| Model { layers: vec![layer(), Layer { scale: 1, ..layer() }], bias };
    let run = |m: Model, x: Array| {
        let sum = m.layers.into_iter().map(|l| apply(l, x.clone())).reduce(|a, b| a + b).unwrap();
        m.bias.map_or(sum.clone(), |bias| sum + bias)
    };
    let doubled = vec![92.0, 127.0, 162.0];
    let same = vmap(run).in_axes((([LayerAxes { w: 1, b: 0 }, LayerAxes { w: 1, b: 0 }], 0), None));
    assert_eq!(same(model(None), x.clone()).to_vec::<f32>(), doubled);
    let added = vmap(run).in_axes(((1, Some(0)), None));
    let wide = |l: Layer| Layer { b: jnp::stack(&[l.b.clone(), l.b]), ..l };
    let m = model(Some(jnp::array([0.5, 0.5, 0.5])));
    let m = Model { layers: m.layers.into_iter().map(wide).collect(), ..m };
    assert_eq!(values(&added(m, x)).0, [3, 2]);
}

#[test]
fn results_take_axes_of_the_same_kinds() {
    let split = |x: Array| Layer { w: jnp::stack(&[x.clone(), &x * 2.0]), scale: 3, b: x };
    let x = numbers(&[3, 2]);
    let layer = vmap(split).out_axes(LayerAxes { w: 2, b: -1 })(x.clone());
    assert_eq!((layer.w.shape(), layer.b.shape(), layer.scale), (&[2, 2, 3][..], &[2, 3][..], 3));
    assert_eq!(layer.b.to_vec::<f32>(), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
    let (layer, whole) = vmap(|x: Array| (Layer { w: jnp::ones(2), scale: 1, b: x }, jnp::zeros(2)))
        .out_axes((LayerAxes { w: None, b: 1 }, None))(x.clone());
    assert_eq!((layer.w.shape(), layer.b.shape(), whole.shape()), (&[2][..], &[2, 3][..], &[2][..]));
    // One axis over a whole result.
    let pair = vmap(|x: Array| Pair((x.clone(), vec![x.clone()]), 1, x)).out_axes(1)(x.clone());
    assert_eq!((pair.0.0.shape(), pair.0.1[0].shape(), pair.2.shape()), (&[2, 3][..], &[2, 3][..], &[2, 3][..]));
    let pair = vmap(|x: Array| Pair((x.clone(), vec![x.clone()]), 1, x)).out_axes(PairAxes((1, 0), 1))(x.clone());
    assert_eq!((pair.0.0.shape(), pair.0.1[0].shape(), pair.2.shape()), (&[2, 3][..], &[3, 2][..], &[2, 3][..]));
    // Of transforms that put results together.
    let loss = |l: Layer, x: Array| ((&l.w * &x).sum(None) * l.scale + (&l.b * &l.b), x);
    let layers = Layer { w: numbers(&[2, 3]), scale: 2, b: jnp::array([1.0, 2.0, 3.0]) };
    let per_column = vmap(value_and_grad(loss).has_aux()).in_axes((LayerAxes { w: 1, b: 0 }, None));
    let per_column = per_column.out_axes(((0, None), LayerAxes { w: -1, b: 0 }));
    let ((value, aux), slopes) = per_column(layers.clone(), jnp::array([1.0, 10.0]));
    assert_eq!((value.to_vec::<f32>(), aux.shape()), (vec![61.0, 86.0, 113.0], &[2][..]));
    assert_eq!(values(&slopes.w), (vec![2, 3], vec![2.0, 2.0, 2.0, 20.0, 20.0, 20.0]));
    let both = vmap(grad(loss).argnums((ARG0, ARG1)).has_aux()).in_axes((LayerAxes { w: 1, b: 0 }, None));
    let ((slopes, of_x), _) = both.out_axes(((LayerAxes { w: 1, b: 0 }, -1), None))(layers, jnp::array([1.0, 10.0]));
    assert_eq!(
        (slopes.w.shape(), of_x.shape(), slopes.b.to_vec::<f32>()),
        (&[2, 3][..], &[2, 3][..], vec![2.0, 4.0, 6.0])
    );
}

#[test]
fn negative_axes_of_keys_count_their_own_axes() {
    let keys = random::split_array(random::key(0), (2, 3));
    let draw = |key: Key| vmap(|key: Key| random::uniform(key, ()))(key);
    let rows = vmap(draw)(keys.clone());
    let columns = vmap(draw).in_axes(-1)(keys.clone());
    assert_eq!((columns.shape(), columns.t().to_vec::<f32>()), (&[3, 2][..], rows.to_vec::<f32>()));
    let moved = vmap(|key: Key| key).out_axes(-1)(keys.clone());
    assert_eq!(moved.shape(), [3, 2]);
    let back = vmap(|key: Key| key).in_axes(1)(moved);
    assert_eq!(random::key_data(&back).to_vec::<u32>(), random::key_data(&keys).to_vec::<u32>());
}
