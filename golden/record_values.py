"""Records golden/values.txt: what numeric functions return, floats correctly rounded, integers as JAX has them.

    python golden/record_values.py > golden/values.txt

Float results for finite arguments come from mpmath (400 bits) rounded once to the type; those for zeros, infinities and
NaN from NumPy (C99's rules). Where NumPy and JAX differ (the sign of a zero from sign, mod and floor_divide; lgamma(-inf),
digamma(0), erf_inv(-0)) the value is JAX's. Subnormals are kept throughout. Integer results are computed by JAX on the CPU. The format is described in golden/README.md.
"""

from fractions import Fraction
import warnings

import jax

jax.config.update("jax_enable_x64", True)
from jax import lax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from mpmath import mp, mpf  # noqa: E402
import mpmath  # noqa: E402
import numpy as np  # noqa: E402
import scipy  # noqa: E402
from scipy import special  # noqa: E402

warnings.filterwarnings("ignore")
np.seterr(all="ignore")
mp.prec = 400

# dtype: (precision, exponent of the smallest subnormal, overflow exponent, bits type)
FORMATS = {np.float32: (24, -149, 128, np.uint32), np.float64: (53, -1074, 1024, np.uint64)}


def to_float(value, dtype):
    """An mpf, rounded to nearest, ties to even."""
    precision, least, overflow, _ = FORMATS[dtype]
    if value == 0:
        return dtype(0)
    sign = -1 if value < 0 else 1
    value = abs(value)
    magnitude = mpmath.mag(value)
    if mpmath.isinf(value) or magnitude > overflow + 1:
        return dtype(sign * np.inf)
    if magnitude < least - 1:
        return dtype(sign * 0.0)
    _, man, exp, _ = value._mpf_
    exact = Fraction(int(man)) * Fraction(2) ** int(exp)
    unit = max(int(magnitude) - precision, least)
    n = round(exact / Fraction(2) ** unit)
    if n * Fraction(2) ** unit >= Fraction(2) ** overflow:
        return dtype(sign * np.inf)
    return dtype(sign * float(n * Fraction(2) ** unit))


def is_nonpositive_integer(x):
    return x <= 0 and x == mp.floor(x)


def erf(x): return mp.sign(x) if abs(x) > 40 else mp.erf(x)
def erfc(x): return mpf(0) if x > 60 else mpf(2) if x < -40 else mp.erfc(x)
def lgamma(x): return mp.inf if is_nonpositive_integer(x) else mp.log(abs(mp.gamma(x))) if x < 0 else mp.loggamma(x)
def digamma(x): return mp.nan if is_nonpositive_integer(x) else mp.digamma(x)
def logistic(x): return 1 / (1 + mp.exp(-x))
def softplus(x): return x + mp.log1p(mp.exp(-x)) if x > 0 else mp.log1p(mp.exp(x))
def half_away(x): return mp.sign(x) * mp.floor(abs(x) + mpf(0.5))
def np_half_away(x): return np.copysign(np.floor(np.abs(x) + 0.5), x)


# name: (mpmath function, NumPy function for the special values and as a check)
UNARY = {
    "exp": (mp.exp, np.exp), "exp2": (lambda x: mpf(2) ** x, np.exp2), "expm1": (mp.expm1, np.expm1),
    "log": (mp.log, np.log), "log2": (lambda x: mp.log(x) / mp.log(2), np.log2), "log10": (lambda x: mp.log(x) / mp.log(10), np.log10),
    "log1p": (mp.log1p, np.log1p), "sin": (mp.sin, np.sin), "cos": (mp.cos, np.cos), "tan": (mp.tan, np.tan),
    "asin": (mp.asin, np.arcsin), "acos": (mp.acos, np.arccos), "atan": (mp.atan, np.arctan),
    "sinh": (mp.sinh, np.sinh), "cosh": (mp.cosh, np.cosh), "tanh": (mp.tanh, np.tanh),
    "asinh": (mp.asinh, np.arcsinh), "acosh": (mp.acosh, np.arccosh), "atanh": (mp.atanh, np.arctanh),
    "sqrt": (mp.sqrt, np.sqrt), "rsqrt": (lambda x: 1 / mp.sqrt(x), lambda x: 1 / np.sqrt(x)), "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), np.cbrt),
    "erf": (erf, special.erf), "erfc": (erfc, special.erfc), "erf_inv": (mp.erfinv, lambda x: x if x == 0 else special.erfinv(x)),
    "lgamma": (lgamma, lambda x: np.inf if np.isinf(x) else special.gammaln(x)), "digamma": (digamma, lambda x: np.nan if x == 0 else special.psi(x)),
    "logistic": (logistic, special.expit), "softplus": (softplus, lambda x: np.logaddexp(x, x.dtype.type(0))),
    "abs": (abs, np.abs), "neg": (lambda x: -x, np.negative), "sign": (mp.sign, lambda x: np.asarray(lax.sign(jnp.asarray(x)))),
    "square": (lambda x: x * x, np.square), "cube": (lambda x: x**3, lambda x: x**3), "reciprocal": (lambda x: 1 / x, np.reciprocal),
    "floor": (mp.floor, np.floor), "ceil": (mp.ceil, np.ceil), "trunc": (lambda x: mp.sign(x) * mp.floor(abs(x)), np.trunc),
    "round_half_even": (lambda x: mp.nint(x), np.round), "round_half_away": (half_away, np_half_away),
}
DOMAIN = {  # where the real function is undefined the result is NaN; poles are infinite
    "log": lambda x: x > 0, "log2": lambda x: x > 0, "log10": lambda x: x > 0, "log1p": lambda x: x > -1, "sqrt": lambda x: x >= 0,
    "rsqrt": lambda x: x > 0, "asin": lambda x: abs(x) <= 1, "acos": lambda x: abs(x) <= 1, "acosh": lambda x: x >= 1,
    "atanh": lambda x: abs(x) < 1, "erf_inv": lambda x: abs(x) < 1,
}


def jax_binary(f): return lambda a, b: np.asarray(f(jnp.asarray(a), jnp.asarray(b)))


BINARY = {
    "add": (lambda a, b: a + b, np.add), "sub": (lambda a, b: a - b, np.subtract), "mul": (lambda a, b: a * b, np.multiply),
    "div": (lambda a, b: a / b, np.divide), "pow": (lambda a, b: mp.power(a, b), np.power), "atan2": (mp.atan2, np.arctan2),
    "hypot": (mp.hypot, np.hypot), "logaddexp": (lambda a, b: max(a, b) + mp.log1p(mp.exp(-abs(a - b))), np.logaddexp),
    "max": (max, np.maximum), "min": (min, np.minimum), "rem": (None, np.fmod), "mod": (None, jax_binary(jnp.mod)),
    "floor_divide": (None, jax_binary(jnp.floor_divide)), "nextafter": (None, np.nextafter),
}
BITWISE = {"rem", "mod", "floor_divide", "nextafter", "max", "min"}  # exact: NumPy's result, bit for bit


def bits(x):
    dtype = x.dtype.type
    if np.isnan(x):
        return "nan"
    return f"{int(np.asarray(x).view(FORMATS[dtype][3])):0{2 * x.dtype.itemsize}x}"


def inputs(dtype):
    info = np.finfo(dtype)
    tiny, least, huge = info.tiny, info.smallest_subnormal, info.max
    positive = [0.0, least, 3 * least, tiny / 2, tiny, 1e-30, info.eps / 4, info.eps, 1e-5, 0.1, 0.5, np.nextafter(dtype(0.5), dtype(0)), 1 - info.epsneg, 1.0,
                1 + info.eps, 1.5, 2.0, 2.5, 3.0, np.pi / 4, np.pi / 2, np.pi, 7.0, 10.0, 20.0, 88.0, 89.0, 100.0, 104.0, 128.0, 710.0, 746.0, 1e4, 33554435.0, 1e10, 1e22, 1e38, huge, np.inf]
    values = [dtype(v) for v in positive] + [dtype(-v) for v in positive] + [dtype(np.nan)]
    rng = np.random.RandomState(7)  # the legacy generator: its stream is fixed across NumPy versions
    values += [dtype(v) for v in rng.uniform(-10, 10, 10)] + [dtype(v) for v in rng.uniform(-1, 1, 10)]
    values += [dtype(v) for v in np.exp(rng.uniform(-60, 60, 10)) * rng.choice([-1, 1], 10)]
    return values


def pairs(dtype):
    info = np.finfo(dtype)
    some = [0.0, info.smallest_subnormal, 0.1, 1.0, 1 + info.eps, 2.0, 3.0, 1e10, info.max, np.inf]
    some = [dtype(v) for v in some] + [dtype(-v) for v in some] + [dtype(np.nan)]
    rng = np.random.RandomState(11)
    random = [(dtype(a), dtype(b)) for a, b in zip(rng.uniform(-10, 10, 20), rng.uniform(-10, 10, 20))]
    random += [(dtype(a), dtype(b)) for a, b in zip(rng.uniform(0, 100, 20), rng.uniform(-20, 20, 20))]
    return [(a, b) for a in some for b in some] + random


def check(name, got, args):
    """SciPy or NumPy in f64 is near the result: a wrong formula above would not be."""
    dtype = got.dtype.type
    f = (UNARY if name in UNARY else BINARY)[name][1]
    near = dtype(f(*(np.float64(a) for a in args)))
    if name == "digamma" and args[0] < 0:
        return  # SciPy is far off near the poles
    if np.isnan(near) or np.isinf(near) or np.isinf(got):
        assert bits(got) == bits(near) or name in ("lgamma", "digamma", "erf_inv"), (name, args, got, near)
    else:
        slack = 1e-14 if name in ("lgamma", "digamma") else 1e-300  # SciPy loses digits at their zeros
        assert abs(float(got) - float(near)) <= 1e-6 * abs(float(got)) + slack, (name, args, got, near)


def unary(name, x, dtype):
    exact, numpy = UNARY[name]
    with_numpy = dtype(numpy(x))
    if not np.isfinite(x) or x == 0:
        return with_numpy
    v = mpf(float(x))
    if name in DOMAIN and not DOMAIN[name](v):
        return with_numpy if np.isinf(with_numpy) else dtype(np.nan)
    if name in ("floor", "ceil", "trunc", "round_half_even", "round_half_away", "sign", "abs", "neg"):
        value = to_float(exact(v), dtype)
        return dtype(np.copysign(value, with_numpy)) if value == 0 else value  # the sign of a zero result
    value = exact(v)
    got = dtype(np.nan) if mpmath.isnan(value) else to_float(value, dtype)
    check(name, got, (x,))
    return got


def binary(name, a, b, dtype):
    exact, numpy = BINARY[name]
    with_numpy = dtype(numpy(a, b))
    if name in BITWISE or not (np.isfinite(a) and np.isfinite(b)) or a == 0 or b == 0:
        return with_numpy
    x, y = mpf(float(a)), mpf(float(b))
    if name == "pow" and x < 0:
        if y != mp.floor(y):
            return dtype(np.nan)
        if abs(y) > 2**60:
            return with_numpy
    value = exact(x, y)
    if value == 0:
        return with_numpy  # the sign of an exact zero
    got = to_float(value, dtype)
    check(name, got, (a, b))
    return got


INTEGER = {
    "add": jnp.add, "sub": jnp.subtract, "mul": jnp.multiply, "div": lax.div, "rem": lax.rem, "floor_divide": jnp.floor_divide, "mod": jnp.mod,
    "shift_left": lax.shift_left, "shift_right_arithmetic": lax.shift_right_arithmetic, "shift_right_logical": lax.shift_right_logical,
}
INTEGER_UNARY = {"abs": jnp.abs, "neg": lax.neg, "not": lax.bitwise_not, "sign": lax.sign, "population_count": lax.population_count, "clz": lax.clz}


def main():
    print("// Values of numeric functions. Written by record_values.py with JAX", jax.__version__, "NumPy", np.__version__,
          "SciPy", scipy.__version__, "mpmath", mpmath.__version__)
    print("// Grammar: README.md.")
    for dtype in FORMATS:
        kind = np.dtype(dtype).name
        for name in UNARY:
            for x in inputs(dtype):
                print(name, kind, bits(x), "=", bits(unary(name, x, dtype)))
        for name in BINARY:
            for a, b in pairs(dtype):
                if name in ("max", "min") and a == 0 and b == 0 and np.signbit(a) != np.signbit(b):
                    continue  # which zero is left open by JAX
                if name in ("mod", "floor_divide") and any(0 < abs(v) < np.finfo(dtype).tiny for v in (a, b)):
                    continue  # XLA on the CPU takes subnormals for zeros
                print(name, kind, bits(a), bits(b), "=", bits(binary(name, a, b, dtype)))
    for kind in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
        info = np.iinfo(kind)
        width = info.bits
        some = sorted({info.min, info.max, 0, 1, 2, 3, 7, width - 1, width, *((-1, -2, -7) if info.min else ())})
        a, b = (jnp.asarray(np.array(v, kind)) for v in zip(*((x, y) for x in some for y in some)))
        for name, f in INTEGER.items():
            for x, y, r in zip(a.tolist(), b.tolist(), f(a, b).tolist()):
                print(name, kind, x, y, "=", r)
        one = jnp.asarray(np.array(some, kind))
        for name, f in INTEGER_UNARY.items():
            if name == "neg" and info.min == 0:
                continue
            for x, r in zip(some, f(one).tolist()):
                print(name, kind, x, "=", r)
    for source in FORMATS:
        values = np.array([0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, 127.9, 128.0, 255.5, 256.0, -129.0, 32768.0, 2147483647.0, 2147483648.0, -2147483648.0, -2147483904.0,
                           4294967296.0, 9.3e18, -9.3e18, 2e19, 1e30, -1e30, np.inf, -np.inf, np.nan], source)
        for kind in ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
            out = jax.jit(lambda v: v.astype(kind))(values)
            for x, r in zip(values, out.tolist()):
                print(f"to_{kind}", np.dtype(source).name, bits(x), "=", int(r))


if __name__ == "__main__":
    main()
