//! Keys and samplers under the transforms, and the samples' statistics.

use jax::random::{self, Key, Layout};
use jax::{Array, DType, PyTree, jit};
use jax_core::api::{grad, vmap};
use jax_core::lax;

#[jit]
fn walk(key: Key, start: Array) -> (Array, Key) {
    let [key, subkey] = random::split(key);
    (start + random::normal(subkey, (3,)), key)
}

#[test]
fn staged_and_eager_samplers_agree() {
    let [next, subkey] = random::split(random::key(3));
    let start = Array::from_slice(&[1.0f32, 2.0, 3.0], &[3]);
    let expected = &start + random::normal(subkey, 3);
    let (end, key) = walk(random::key(3), start);
    assert_eq!(end.to_vec::<f32>(), expected.to_vec::<f32>());
    assert_eq!(key.to_string(), next.to_string());
}

#[jit]
fn draw(key: Key) -> Array {
    random::uniform(key, ())
}

#[test]
fn a_staged_function_is_compiled_for_each_layout() {
    let key = random::key(42);
    assert_eq!(draw(key.clone()).to_string(), "0.48870957");
    assert_eq!(draw(key.clone().with_layout(Layout::Original)).to_string(), "0.42672753");
    assert_eq!(draw(key).to_string(), "0.48870957");
    assert_eq!(draw::compile_count(), 2);
}

#[test]
fn layouts_are_kept_by_split_and_fold_in() {
    let key = random::key(0).with_layout(Layout::Original);
    let [a, b] = random::split(key);
    assert_eq!(random::fold_in(a, 1).layout(), Layout::Original);
    assert!(random::split_array(b, 2).into_iter().all(|key| key.layout() == Layout::Original));
}

#[test]
fn keys_are_mapped_over() {
    for layout in [Layout::Partitionable, Layout::Original] {
        let keys = random::split_array(random::key(7).with_layout(layout), 4);
        let batched = vmap(|key: Key| random::normal(key, (2, 3)))(keys.clone());
        let stacked: Vec<f32> = keys.into_iter().flat_map(|key| random::normal(key, (2, 3)).to_vec::<f32>()).collect();
        assert_eq!((batched.shape(), batched.to_vec::<f32>()), (&[4, 2, 3][..], stacked));
    }
}

#[test]
fn every_sampler_maps_over_keys() {
    let keys = || random::split_array(random::key(5), 3);
    fn same(sample: impl Fn(Key) -> Array + Copy + Send + Sync, keys: Key) {
        let batched = vmap(sample)(keys.clone());
        let stacked: Vec<_> = keys.into_iter().flat_map(|key| sample(key).scalars()).collect();
        assert_eq!(batched.scalars(), stacked);
    }
    same(|key| random::bits_with(key, 5, DType::U64), keys());
    same(|key| random::uniform(key, 5), keys());
    same(|key| random::randint(key, (2, 2), -3, 9), keys());
    same(|key| random::bernoulli(key, 0.3, 5), keys());
    same(|key| random::permutation(key, 9), keys());
    same(|key| random::choice_with(key, 9, 4, random::ChoiceOptions::default().replace(false)), keys());
    same(|key| random::key_data(&random::fold_in(key, 3)), keys());
    same(|key| random::key_data(&random::split_array(key, (2, 2))), keys());
    same(|key| random::categorical(key, Array::from_slice(&[0.0f32, 1.0, 2.0], &[3])), keys());
}

#[test]
fn keys_are_scanned_over() {
    let keys = random::split_array(random::key(1), 5);
    let zero = Array::from_slice(&[0.0f32; 2], &[2]);
    let step = |sum: Array, key: Key| {
        let sum = sum + random::uniform(key, 2);
        (sum.clone(), sum)
    };
    let (total, partial) = lax::scan(step, zero.clone(), keys.clone());
    let mut expected = zero;
    for key in keys {
        expected += random::uniform(key, 2);
    }
    assert_eq!(total.to_vec::<f32>(), expected.to_vec::<f32>());
    assert_eq!(partial.shape(), [5, 2]);
}

#[test]
fn a_key_is_carried_through_a_loop() {
    let draw = |(key, sum): (Key, Array)| {
        let [key, subkey] = random::split(key);
        (key, sum + random::uniform(subkey, ()))
    };
    let zero = || Array::from_slice(&[0.0f32], &[]);
    let (last, sum) = lax::fori_loop(0, 10, |_, carry| draw(carry), (random::key(9), zero()));
    let (expected, total) = (0..10).fold((random::key(9), zero()), |carry, _| draw(carry));
    assert_eq!((last.to_string(), sum.to_string()), (expected.to_string(), total.to_string()));
}

#[derive(Clone, PyTree)]
struct State {
    key: Key,
    position: Array,
}

#[jit]
fn advance(state: State) -> State {
    let State { key, position } = state;
    let [key, subkey] = random::split(key);
    State { key, position: position + random::uniform(subkey, ()) }
}

#[test]
fn a_key_is_a_field_of_a_tree() {
    let start = State { key: random::key(2), position: Array::from_slice(&[1.0f32], &[]) };
    let [key, subkey] = random::split(start.key.clone());
    let end = advance(start);
    assert_eq!(end.key.to_string(), key.to_string());
    assert_eq!(end.position.to_string(), (random::uniform(subkey, ()) + 1.0).to_string());
}

#[test]
fn gradients_pass_through_what_is_drawn() {
    let noisy = |scale: Array| {
        let noise = random::uniform(random::key(4), 8);
        (noise * scale).sum(0)
    };
    let slope = grad(noisy)(Array::from_slice(&[2.0f32], &[]));
    assert_eq!(slope.to_string(), random::uniform(random::key(4), 8).sum(0).to_string());
    // A bound is differentiated, too: d/dh of sum(l + u (h - l)) is sum(u).
    let stretched = |high: Array| random::uniform_with(random::key(4), 8, DType::F32, 0.0, high).sum(0);
    let slope = grad(stretched)(Array::from_slice(&[3.0f32], &[]));
    assert_eq!(slope.to_string(), random::uniform(random::key(4), 8).sum(0).to_string());
}

#[test]
fn a_seed_may_be_traced() {
    let data = vmap(|seed: Array| random::key_data(&random::key(seed)))(Array::from_slice(&[1i32, -1], &[2]));
    assert_eq!(data.to_vec::<u32>(), [0, 1, 0, u32::MAX]);
    let wide = random::key(Array::from_slice(&[-1i64], &[]));
    assert_eq!(random::key_data(&wide).to_vec::<u32>(), [u32::MAX, u32::MAX]);
}

/// The largest distance between a sample's distribution and a known one (Kolmogorov and Smirnov).
fn distance(mut sample: Vec<f32>, distribution: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f32::total_cmp);
    let count = sample.len() as f64;
    let off = sample.iter().enumerate().map(|(i, &x)| {
        let known = distribution(x as f64);
        (known - i as f64 / count).abs().max(((i + 1) as f64 / count - known).abs())
    });
    off.fold(0.0, f64::max)
}

fn moments(sample: &[f32]) -> (f64, f64) {
    let count = sample.len() as f64;
    let mean = sample.iter().map(|&x| x as f64).sum::<f64>() / count;
    (mean, sample.iter().map(|&x| (x as f64 - mean).powi(2)).sum::<f64>() / count)
}

const COUNT: usize = 100_000;

/// What a distance exceeds once in a thousand samples of this size.
fn critical() -> f64 {
    1.95 / (COUNT as f64).sqrt()
}

/// The integral of the normal density, by Simpson's rule from -8.
fn normal_distribution(x: f64) -> f64 {
    let steps = 400;
    let width = (x + 8.0) / steps as f64;
    let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let weight = |i: usize| if i == 0 || i == steps { 1.0 } else { [2.0, 4.0][i % 2] };
    (0..=steps).map(|i| weight(i) * density(-8.0 + i as f64 * width)).sum::<f64>() * width / 3.0
}

#[test]
fn uniform_samples_are_uniform() {
    for layout in [Layout::Partitionable, Layout::Original] {
        let sample = random::uniform(random::key(0).with_layout(layout), COUNT).to_vec::<f32>();
        assert!(sample.iter().all(|x| (0.0..1.0).contains(x)));
        let (mean, variance) = moments(&sample);
        assert!((mean - 0.5).abs() < 0.004 && (variance - 1.0 / 12.0).abs() < 0.002, "{mean} {variance}");
        assert!(distance(sample, |x| x) < critical());
    }
}

#[test]
fn normal_samples_are_normal() {
    let sample = random::normal(random::key(1), COUNT).to_vec::<f32>();
    let (mean, variance) = moments(&sample);
    assert!(mean.abs() < 0.013 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    assert!(distance(sample, normal_distribution) < critical());
}

#[test]
fn dice_are_fair() {
    let dice = random::randint(random::key(0), 60_000, 0, 6).to_vec::<i32>();
    let mut counts = [0f64; 6];
    dice.iter().for_each(|&face| counts[face as usize] += 1.0);
    let chi_squared: f64 = counts.iter().map(|count| (count - 1e4).powi(2) / 1e4).sum();
    // 5 degrees of freedom: exceeded once in a thousand.
    assert!(chi_squared < 20.5, "{counts:?}");
}

#[test]
fn mistakes_are_named() {
    #[track_caller]
    fn message(f: impl FnOnce() -> Array) -> String {
        jax_core::array::catch(f).expect_err("a mistake").message
    }
    let keys = || random::split_array(random::key(0), 2);
    assert_eq!(
        message(|| random::uniform(keys(), ())),
        "uniform accepts a single key, but was given a key array of shape (2,) != (). Use vmap for batching."
    );
    assert!(
        message(|| random::normal_with(random::key(0), (), DType::I32)).contains("must be a float dtype, got int32")
    );
    assert!(message(|| random::bits_with(random::key(0), (), DType::I32)).contains("unsigned int dtype, got int32"));
    assert!(message(|| random::randint(random::key(0), (), 0.5, 2)).contains("requires integer minval and maxval"));
    let once = || random::ChoiceOptions::default().replace(false);
    assert!(message(|| random::choice_with(random::key(0), 3, 4, once())).contains("larger sample (size 4)"));
    assert!(message(|| random::choice_with(random::key(0), 3, 1, once().p([0.5, 0.5]))).contains("p has shape (2,)"));
    assert!(message(|| random::uniform(random::key(0), -1)).contains("non-negative"));
    assert!(
        message(|| random::key_data(&random::wrap_key_data(Array::from_slice(&[0u32; 3], &[3]))))
            .contains("uint32[..., 2]")
    );
}
