"""Records golden/printing.txt: str() and repr() of JAX arrays.

    python golden/record_printing.py > golden/printing.txt

The format is described in golden/README.md.
"""

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

COUNT = 0


def emit(x):
    """One block: header, bits, str and repr, the texts with their length in bytes."""
    global COUNT
    COUNT += 1
    weak = " weak" if x.weak_type else ""
    v = np.asarray(x)
    kind = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
    if v.dtype.kind == "c":
        bits = v.ravel().view(kind[v.dtype.itemsize // 2])
    else:
        bits = v.ravel().view(kind[v.dtype.itemsize])
    width = bits.dtype.itemsize * 2
    print(f"array {v.dtype.name} [{','.join(map(str, v.shape))}]{weak}")
    if bits.size > 100 and v.dtype != bool and (np.diff(v.ravel()) == v.ravel()[1] - v.ravel()[0]).all():
        print(f"iota {bits.size} start={int(v.ravel()[0])} step={int(v.ravel()[1]) - int(v.ravel()[0])}")
    else:
        print("data" + "".join(f" {int(b):0{width}x}" for b in bits))
    for name, text in [("str", str(x)), ("repr", repr(x))]:
        print(f"{name} {len(text.encode())}")
        print(text)


def arr(values, dtype=None):
    emit(jnp.asarray(np.asarray(values, dtype)))


nan, inf = np.nan, np.inf
f32, f64, f16 = np.float32, np.float64, np.float16
bf16 = jnp.bfloat16
rng = np.random.RandomState(0)  # the legacy generator: its stream is fixed across NumPy versions

print("// Arrays as JAX", jax.__version__, "with NumPy", np.__version__, "prints them. Written by record_printing.py.")
print("// Grammar: README.md.")

# bool
for v in (True, False, [True, False], [[True, False, True], [False, False, False]], [True] * 30):
    arr(v, bool)
# integers
for v in (0, 7, -3, [1, 2, 3], [1, -20, 300], [[1, 2], [3, 4]], [[0, 100], [-1000, 5]], [2147483647, -2147483648, 0]):
    arr(v, np.int32)
for d in (np.int8, np.uint8, np.int16, np.uint16, np.uint32, np.int64, np.uint64):
    arr([np.iinfo(d).min, 0, np.iinfo(d).max], d)
arr(np.arange(24), np.int32)
arr(np.arange(40), np.int32)
arr(np.arange(24).reshape(2, 3, 4), np.int32)
arr(np.arange(16).reshape(2, 2, 2, 2), np.int32)
arr(np.arange(60).reshape(2, 30) * 1000, np.int32)
# empty
for shape in ((0,), (0, 3), (3, 0), (2, 0, 4)):
    arr(np.zeros(shape), f32)
arr(np.zeros((0,)), np.int32)
arr(np.zeros((0,)), bool)
# f32 scalars
for v in (0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 1 / 3, 2 / 3, 3.14159274, 100.0, 123456.789, 1e5, 16777216.0, 16777217.0, 99999999.0,
          1e8, 1e15, 9.999999e15, 1e16, 1.5e16, 123456789e10, 1e-3, 1e-4, 9.999e-5, 1e-5, 1.2345e-5, 1e-10, 3.4028235e38,
          1.17549435e-38, 1e-45, 1.1e-44, nan, inf, -inf, 0.42672753, 5e-324):
    arr(v, f32)
# f32 vectors
for v in ([5, 5, 5], [0.1086251, -0.16293764, -0.54312545], [1.2, 3.2, 4.0], [0, 5, 10], [0.1, 0.2, 0.3], [1, 10, 100], [1.5, 10.25, 100.125],
          [1e-3, 1], [1e-4, 1], [1e-5, 1], [1e-5, 2e-5], [1, 1e7], [1, 1e8], [0.5, 1e8], [1e8, 2e8], [1, 1e15], [1e16, 1],
          [1e10, 1e-10], [1, 1001], [0.001, 1.1], [0.001, 1.0009], [0.0001, 0.1], [0.00011, 0.1], [1e-45, 1], [1e-45, 1e-44],
          [1e38, 3e38], [1e-38, 1e-37], [1.0, -1.0], [0.0, -0.0], [-0.0, -0.0], [nan, 1], [inf, 1], [-inf, 1], [nan, inf, -inf],
          [nan, nan], [inf, inf], [1.5, nan, -inf], [1e20, nan, -inf], [1e-20, inf], [-1e-5, 1e5], [0, 1e-30], [0, 1e30],
          [0.00001234, 123.4], [1 / 3, 2 / 3, 1], [0.1 + 0.2, 0.3], [16777216, 1], [33554432, 0.5], [123456789, 0.125], [1e5, 1e6],
          [3.0], [0.33333334], [1e-7], [1234567.0, 1.2345678], [0.99999994, 1.0000001], [2.5, -2.5], [1e9, 1, 0]):
    arr(v, f32)
arr(np.linspace(0, 1, 11), f32)
arr(np.linspace(-1, 1, 7).reshape(7, 1), f32)
arr(np.zeros((2, 5)), f32)
arr(np.ones((2, 5)), f32)
arr(np.full((5, 3), 5.0), f32)
arr(np.eye(3), f32)
arr([[1, 2.5], [-3.25, 4]], f32)
arr([[1e-8, 1], [1e8, 2]], f32)
arr([[1, nan], [inf, -2]], f32)
arr(rng.standard_normal(6), f32)
arr(rng.standard_normal(20), f32)
arr(rng.standard_normal((3, 4)), f32)
arr(rng.standard_normal((2, 12)), f32)
arr(rng.standard_normal((2, 2, 3)), f32)
arr(rng.standard_normal((2, 1, 2, 2)), f32)
arr(np.exp(rng.standard_normal(10) * 10), f32)
arr(np.exp(rng.standard_normal((3, 5)) * 20), f32)
arr(rng.uniform(0, 1, 13), f32)
arr(rng.uniform(0, 1e-3, 9), f32)
arr(rng.randint(0, 1000, 25), f32)
# lines of a length close to the width
for n in range(3, 8):
    arr(np.full(n, 1.2345678), f32)
for n in (17, 18, 19, 20, 21, 22, 23, 24, 25):
    arr(np.arange(n), f32)
for n in (4, 5, 6, 7):
    arr(np.full((n,), 123456789012), np.int64)
arr(np.full((2, 6), 1234567890), np.int32)
# f64
for v in (0.1, 1 / 3, 1e16, 1e-5, 1e300, 5e-324, np.pi, [0.1, 1 / 3], [1e-300, 1], [1e16, 1], [0.1 + 0.2, 0.3], [1.7976931348623157e308, 2.2250738585072014e-308],
          [np.pi, np.e], [1e15, 0.1], [nan, 1e-12], [[1, 2.5], [-3.25, 4]]):
    arr(v, f64)
arr(rng.standard_normal(8), f64)
arr(np.exp(rng.standard_normal(5) * 30), f64)
# f16 and bf16
for v in (0.1, 65504, 6e-8, 1 / 3, [0.1, 1 / 3, 1000], [65504, 6.1e-5], [1, nan, inf], [0.001, 1], [2048, 2049], [1e-4, 1e-3], [[1, 2], [3, 4.5]]):
    arr(v, f16)
for v in (0.1, 1 / 3, 3e38, 1e-40, [0.1, 1 / 3, 1000], [1, nan, inf], [1e-5, 1], [1e5, 1e6], [1e20, 1], [256, 257.0], [[1, 2], [3, 4.5]], np.arange(10), 1e-5,
          [0.0, -0.0], [3.14159, -2.71828], np.linspace(0, 1, 9)):
    arr(v, bf16)
# complex
for v in (1 + 2j, 0j, -1j, complex(nan, 1), complex(1, inf), [1 + 2j, -3.5 - 0.25j], [1e-10 + 1j, 1 + 1e10j], [complex(0.0, -0.0)], [[1, 1j], [-1j, 1]],
          [complex(nan, inf), complex(-inf, nan)], [0.1 + 0.2j, 1 / 3 + 2j / 3]):
    arr(v, np.complex64)
for v in (1 / 3 + 2j, [0.1 + 0.2j, 1e-20 - 1e20j]):
    arr(v, np.complex128)
arr(rng.standard_normal(5) + 1j * rng.standard_normal(5), np.complex64)
# summarized
for shape in ((1000,), (1001,), (2000,), (20, 51), (10, 11, 12), (1001, 1), (1, 1001), (2, 3, 400), (6, 7, 30), (5, 5, 5, 10), (7, 200)):
    arr(np.arange(np.prod(shape)).reshape(shape), np.int32 if len(shape) != 2 else f32)
arr(np.arange(1200).reshape(1200) * 1000, f32)
arr(rng.standard_normal((4, 300)), f32)
arr(np.arange(2000) % 2 == 0, bool)
arr(np.ones(1500), bf16)
# weak types
emit(jnp.asarray(1.0))
emit(jnp.asarray(3))
emit(jnp.asarray(1j))
emit(jnp.sin(2.0) * 2)
assert COUNT >= 120
