"""Trains the digits MLP in JAX and records golden/digits_losses.txt; also the descent runs on rms_error.

    python golden/digits_train.py > golden/digits_losses.txt

What a second implementation must do to arrive at the same losses:

data    examples/data/digits.csv; x = pixels / 16 as f32, shape (1797, 64); one-hot labels f32, shape (1797, 10).
        perm = permutation(key(1), 1797); perm[:1437] trains, perm[1437:] (360 images) tests.
model   64-128-64-10: h = maximum(h @ w + b, 0) twice, then logits = h @ w + b.
init    k = split(key(0), 3); w_i = normal(k[i], (n_in, n_out)) * sqrt(2 / n_in), the factor rounded to f32; b_i = 0.
loss    logp = z - logsumexp(z, axis=1, keepdims); loss = -mean(sum(onehot * logp, axis=1)).
step    SGD with momentum: v = 0.9 * v + g; p = p - 0.05 * v; v starts at 0.
epochs  EPOCHS; epoch e (from 0): p = permutation(fold_in(key(2), e), 1437); batch j takes
        train rows p[32 j : 32 j + 32], j = 0..43; the 29 rows left over are dropped.

Keys are today's default: threefry2x32, the partitionable layout. permutation is of integers, as
jax.random.permutation(key, n). The matmuls are f32 on the CPU, so another order of summation moves the last bits:
compare the first 20 losses within 1e-4 relative, later ones only by the accuracy reached.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

EPOCHS, BATCH, RATE, MOMENTUM, TRAIN = 30, 32, 0.05, 0.9, 1437
SIZES = (64, 128, 64, 10)


def f32(v):
    v = np.asarray(v, np.float32)
    return f"{v.view(np.uint32):08x} {v.item():.9g}"


def rms_error(x, y):
    return jnp.sqrt(jnp.mean((x - y) ** 2))


def init(key):
    keys = jax.random.split(key, len(SIZES) - 1)
    return [
        (jax.random.normal(k, (i, o)) * np.sqrt(2 / i), jnp.zeros(o))
        for k, i, o in zip(keys, SIZES, SIZES[1:])
    ]


def logits(params, x):
    for w, b in params[:-1]:
        x = jnp.maximum(x @ w + b, 0)
    w, b = params[-1]
    return x @ w + b


def loss(params, x, onehot):
    z = logits(params, x)
    logp = z - jax.nn.logsumexp(z, axis=1, keepdims=True)
    return -jnp.mean(jnp.sum(onehot * logp, axis=1))


@jax.jit
def step(params, velocity, x, onehot):
    value, g = jax.value_and_grad(loss)(params, x, onehot)
    velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocity, g)
    params = jax.tree.map(lambda p, v: p - RATE * v, params, velocity)
    return value, params, velocity


def digits():
    data = np.loadtxt(Path(__file__).parent.parent / "examples" / "data" / "digits.csv", delimiter=",", dtype=int)
    x, labels = jnp.asarray(data[:, :-1] / 16, jnp.float32), jnp.asarray(data[:, -1])
    onehot = jax.nn.one_hot(labels, 10)
    perm = jax.random.permutation(jax.random.key(1), len(data))
    train, test = perm[:TRAIN], perm[TRAIN:]
    print("split_permutation_first_10", *perm[:10].tolist())
    print("epoch_0_permutation_first_10", *jax.random.permutation(jax.random.fold_in(jax.random.key(2), 0), TRAIN)[:10].tolist())
    params = init(jax.random.key(0))
    for i, (w, _) in enumerate(params):
        for j, v in enumerate(np.asarray(w).ravel()[:8]):
            print("weight", i, j, f32(v))
    velocity = jax.tree.map(jnp.zeros_like, params)
    seen = 0
    for e in range(EPOCHS):
        perm = jax.random.permutation(jax.random.fold_in(jax.random.key(2), e), TRAIN)
        total = 0.0
        for j in range(TRAIN // BATCH):
            batch = train[perm[BATCH * j : BATCH * (j + 1)]]
            value, params, velocity = step(params, velocity, x[batch], onehot[batch])
            total += float(value)
            if seen < 20:
                print("loss", seen, f32(value))
            seen += 1
        print("epoch_mean_loss", e, f"{total / (TRAIN // BATCH):.9g}")
    print("final_train_loss", f32(loss(params, x[train], onehot[train])))
    correct = int(jnp.sum(jnp.argmax(logits(params, x[test]), 1) == labels[test]))
    print("test_correct", correct, "of", len(test), f"{correct / len(test):.6f}")
    assert correct / len(test) >= 0.97


def descent():
    x, y = jnp.array([1.2, 3.2, 4.0]), jnp.array([0.0, 5.0, 10.0])
    gradient = jax.jit(jax.grad(rms_error))
    for i, v in enumerate(gradient(x, y)):
        print("descent_grad", i, f32(v))
    print("descent_grad_repr", repr(gradient(x, y)))
    error = jax.jit(rms_error)
    p = x
    for i in range(200):
        print("descent_error_before_step", i, f32(error(p, y)))
        p = p - 0.05 * gradient(p, y)
    print("descent_final_error", f32(error(p, y)))
    for i, v in enumerate(p):
        print("descent_end", i, f32(v))
    p, rate = x, 0.1
    for i in range(1000):
        if i > 0 and i % 50 == 0:
            rate *= 0.75
        p = p - rate * gradient(p, y)
        if i % 50 == 49:
            print("annealed_error_after_step", i, f32(error(p, y)))
    print("annealed_final_error", f32(error(p, y)))
    for i, v in enumerate(p):
        print("annealed_end", i, f32(v))


if __name__ == "__main__":
    print("// Written by digits_train.py with JAX", jax.__version__, "and NumPy", np.__version__)
    print("// Numbers: f32 bits in hexadecimal, then the value in decimal. Grammar: README.md.")
    digits()
    descent()
