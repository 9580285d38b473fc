"""Records golden/prng.txt: jax.random under both threefry layouts.

    python golden/record_prng.py > golden/prng.txt

The format is described in golden/README.md.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import random

SHAPES = [(), (3,), (5,), (2, 3)]


def field(v):
    """Values as text: integers and bools in decimal, floats as their bits; then floats in decimal."""
    v = np.asarray(v)
    flat = v.ravel()
    if np.issubdtype(v.dtype, np.integer) or v.dtype == bool:
        return " ".join(str(int(e)) for e in flat), ""
    digits = {2: 5, 4: 9, 8: 17}[v.dtype.itemsize]
    bits = flat.view({2: np.uint16, 4: np.uint32, 8: np.uint64}[v.dtype.itemsize])
    width = v.dtype.itemsize * 2
    return " ".join(f"{int(b):0{width}x}" for b in bits), " ".join(f"{float(e):.{digits}g}" for e in flat)


def words(key):
    return ",".join(map(str, np.asarray(random.key_data(key)).ravel().tolist()))


def dims(shape):
    return "[" + ",".join(map(str, shape)) + "]"


class Recorder:
    def __init__(self, layout, x64):
        self.prefix = f"{layout} {'x64' if x64 else 'x32'}"

    def case(self, name, value, **args):
        if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
            value = random.key_data(value)
        value = np.asarray(value)
        spec = "".join(f" {k}={v}" for k, v in args.items())
        bits, decimal = field(value)
        print(f"{self.prefix} {name}{spec} | {value.dtype.name}{dims(value.shape)} | {bits} | {decimal}".rstrip())


def record(layout, x64):
    r = Recorder(layout, x64)
    seeds = [0, 1, 42, 2**31 - 1, 2**32 + 5, -1, -42, -(2**33)]
    for seed in seeds:
        r.case("key", random.key(seed), seed=seed)
    keys = [random.key(0), random.key(42), random.wrap_key_data(jnp.array([0xDEADBEEF, 0x12345678], jnp.uint32))]
    for key in keys:
        k = {"key": words(key)}
        for num in (1, 2, 3, 7):
            r.case("split", random.split(key, num), **k, num=num)
        r.case("split", random.split(key, (2, 3)), **k, num="2,3")
        for data in (0, 1, 42, 2**31, 2**32 - 1):
            r.case("fold_in", random.fold_in(key, data), **k, data=data)
        for bits in (8, 16, 32) + ((64,) if x64 else ()):
            for shape in SHAPES:
                r.case("bits", random.bits(key, shape, f"uint{bits}"), **k, dtype=f"uint{bits}", shape=dims(shape))
        for dtype in ("float32", "bfloat16", "float16") + (("float64",) if x64 else ()):
            for shape in SHAPES:
                a = {**k, "dtype": dtype, "shape": dims(shape)}
                r.case("uniform", random.uniform(key, shape, dtype), **a, minval=0, maxval=1)
                r.case("normal", random.normal(key, shape, dtype), **a)
            r.case("uniform", random.uniform(key, (5,), dtype, -2.0, 3.0), **k, dtype=dtype, shape="[5]", minval=-2, maxval=3)
        for dtype, lo, hi in [
            ("int32", 0, 10), ("int32", -5, 5), ("int32", 0, 1), ("int32", -(2**31), 2**31 - 1), ("int32", 5, 5), ("int32", 7, 2),
            ("uint32", 0, 1000), ("uint8", 0, 255), ("uint8", 0, 256), ("int8", -128, 127), ("int16", -300, 300), ("uint16", 0, 65535),
        ] + ([("int64", 0, 10**12), ("int64", -7, 7), ("uint64", 0, 2**62)] if x64 else []):
            r.case("randint", random.randint(key, (6,), lo, hi, dtype), **k, dtype=dtype, shape="[6]", minval=lo, maxval=hi)
        r.case("randint", random.randint(key, (), 0, 100), **k, dtype="int64" if x64 else "int32", shape="[]", minval=0, maxval=100)
        for p in (0.5, 0.25, 0.0, 1.0):
            r.case("bernoulli", random.bernoulli(key, np.float32(p), (8,)), **k, p=p, shape="[8]")
        for n in (1, 2, 5, 10, 100):
            r.case("permutation", random.permutation(key, n), **k, n=n)
        matrix = jnp.arange(12, dtype=jnp.int32).reshape(4, 3)
        r.case("permutation_rows", random.permutation(key, matrix), **k, iota="[4,3]", axis=0)
        r.case("permutation_rows", random.permutation(key, matrix, axis=1), **k, iota="[4,3]", axis=1)
        r.case("permutation_rows", random.permutation(key, matrix, axis=1, independent=True), **k, iota="[4,3]", axis=1, independent=1)
        logits = jnp.array([0.0, 1.0, 2.0, -1.0], jnp.float32)
        r.case("categorical", random.categorical(key, logits), **k, logits="0,1,2,-1", shape="[]")
        r.case("categorical", random.categorical(key, logits, shape=(10,)), **k, logits="0,1,2,-1", shape="[10]")
        r.case("choice", random.choice(key, 10, (6,)), **k, n=10, shape="[6]", replace=1)
        r.case("choice", random.choice(key, 10, (6,), replace=False), **k, n=10, shape="[6]", replace=0)
        r.case("gumbel", random.gumbel(key, (5,), jnp.float32), **k, dtype="float32", shape="[5]")
        r.case("exponential", random.exponential(key, (5,), jnp.float32), **k, dtype="float32", shape="[5]")
        r.case("truncated_normal", random.truncated_normal(key, -1.0, 2.0, (5,), jnp.float32), **k, dtype="float32", shape="[5]", lower=-1, upper=2)
        r.case("laplace", random.laplace(key, (5,), jnp.float32), **k, dtype="float32", shape="[5]")
        r.case("rademacher", random.rademacher(key, (5,), jnp.int32), **k, dtype="int32", shape="[5]")
    key = random.key(42)
    k = {"key": words(key)}
    r.case("uniform", random.uniform(key, (1000,), jnp.float32)[-4:], **k, dtype="float32", shape="[1000]", minval=0, maxval=1, last=4)
    r.case("normal", random.normal(key, (1000,), jnp.float32)[-4:], **k, dtype="float32", shape="[1000]", last=4)
    r.case("permutation", random.permutation(key, 3000)[-8:], **k, n=3000, last=8)
    if not x64:
        r.case("deck_uniform", random.uniform(key), **k)
        r.case("deck_uniform_plus_normal", random.uniform(key) + random.normal(key), **k)
        r.case("deck_normal_plus_uniform", random.normal(key) + random.uniform(key), **k)


def texts():
    for seed in (0, 42, -1):
        key = random.key(seed)
        for name, v in [("str", str(key)), ("repr", repr(key))]:
            print(f"text {name} seed={seed} split=0 | {v!r}")
        keys = random.split(key, 2)
        for name, v in [("str", str(keys)), ("repr", repr(keys))]:
            print(f"text {name} seed={seed} split=2 | {v!r}")
    print(f"text dtype seed=0 split=0 | {str(random.key(0).dtype)!r}")
    print(f"text key_data_repr seed=42 split=0 | {repr(random.key_data(random.key(42)))!r}")


print("// jax.random as JAX", jax.__version__, "computes it. Written by record_prng.py; grammar in README.md.")
for layout in ("original", "partitionable"):
    with jax.threefry_partitionable(layout == "partitionable"):
        for x64 in (False, True):
            with jax.enable_x64(x64):
                record(layout, x64)
texts()
