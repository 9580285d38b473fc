"""Records golden/promotion.txt: JAX's type promotion with 64-bit types enabled.

    python golden/record_promotion.py > golden/promotion.txt

The format is described in golden/README.md.
"""

import itertools

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp  # noqa: E402

NAMES = {
    "b1": "bool", "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64", "i8": "int8", "i16": "int16",
    "i32": "int32", "i64": "int64", "bf16": "bfloat16", "f16": "float16", "f32": "float32", "f64": "float64",
    "c64": "complex64", "c128": "complex128",
}
SHORT = {long: short for short, long in NAMES.items()}
WEAK = {"int64": "i*", "float64": "f*", "complex128": "c*"}
samples = {short: jnp.zeros((), long) for short, long in NAMES.items()} | {"i*": 1, "f*": 1.0, "c*": 1j}


def show(a, b, out):
    dtype, weak = out.dtype.name, bool(out.weak_type)
    print(a, b, WEAK[dtype] if weak else SHORT[dtype], int(weak))


print("// Type promotion as JAX", jax.__version__, "does it. Written by record_promotion.py; grammar in README.md.")
for a, b in itertools.product(samples, samples):
    x, y = samples[a], samples[b]
    if isinstance(x, (int, float, complex)):
        x = jnp.asarray(x)  # stays weakly typed; two Python scalars would never reach JAX by themselves
        assert x.weak_type
    show(a, b, jnp.add(x, y))
