"""Writes coefficients.rs: Chebyshev interpolations, computed with mpmath at 220 bits, lowest degree first.

    pip install mpmath==1.4.1
    python coefficients.py > coefficients.rs
"""
from mpmath import (acos, asin, atan, atanh, chebyfit, cos, erf, erfc, erfinv, exp, expm1, log, log1p, mp, mpf, pi, sin,
                    sinh, sqrt, tanh)

mp.prec = 220


def at_zero(f, value):
    return lambda x: value if abs(x) < mpf(10) ** -30 else f(x)


def odd(f, second):
    """(f(x) / x - 1) / x**2 as a function of z = x**2."""
    return at_zero(lambda z: (f(sqrt(z)) / sqrt(z) - 1) / z, second)


def erfcx(x):
    return exp(x * x) * erfc(x)


def scaled_erfcx(u):
    x = K * (1 + u) / (1 - u)
    return erfcx(x) * (x + mpf(1) / 2)


def inverse_erfc(c):
    if c > mpf('0.3'):
        return erfinv(1 - c)
    y = sqrt(-log(c * sqrt(pi) * sqrt(-log(c))))
    for _ in range(60):
        step = (log(erfc(y)) - log(c)) * erfc(y) * sqrt(pi) / 2 * exp(y * y)
        y += step
        if abs(step) < mpf(10) ** -33:
            break
    return y


def erf_inv(w):
    """erf_inv(x) / x where w = -log(1 - x**2)."""
    if w == 0:
        return sqrt(pi) / 2
    x = sqrt(-expm1(-w))
    return inverse_erfc(exp(-w) / (1 + x)) / x


K = mpf('3.75')
HALF_LN2 = log(2) / 2 * mpf('1.0001')
LOG_END = mpf('0.02945')  # ((sqrt(2) - 1) / (sqrt(2) + 1))**2
QUARTER = (pi / 4 * mpf('1.001')) ** 2
HALF = (pi / 2 * mpf('1.001')) ** 2
FS = (sqrt(mpf(1) / 2) - mpf('1.0001'), sqrt(mpf(2)) - mpf('0.9999'))
U = lambda x: (mpf(x) - K) / (mpf(x) + K)

# (name, what it is, function, first, last, coefficients for f32 results, for f64 results)
TABLE = [
    ("EXP", "(e^r - 1 - r) / r^2 for |r| <= ln 2 / 2", at_zero(lambda r: (expm1(r) - r) / r**2, mpf(1) / 2), -HALF_LN2,
     HALF_LN2, 5, 11),
    ("LOG", "(2 atanh(s) / s - 2) / z where z = s^2 for |s| <= 3 - sqrt 8",
     at_zero(lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z, mpf(2) / 3), 0, LOG_END, 5, 8),
    ("LOG_LINE", "(log(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt 2",
     at_zero(lambda f: (log1p(f) - f + f * f / 2) / f**3, mpf(1) / 3), FS[0], FS[1], 9, None),
    ("LOG_TAIL", "(atanh(s) / s - 1 - z / 3) / z^2 where z = s^2 for |s| <= 3 - sqrt 8",
     at_zero(lambda z: (atanh(sqrt(z)) / sqrt(z) - 1 - z / 3) / z**2, mpf(1) / 5), 0, LOG_END, None, 8),
    ("SIN", "(sin(r) / r - 1) / z where z = r^2 for |r| <= pi / 4", odd(sin, -mpf(1) / 6), 0, QUARTER, 4, 7),
    ("COS", "(cos(r) - 1 + z / 2) / z^2 where z = r^2 for |r| <= pi / 4",
     at_zero(lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, mpf(1) / 24), 0, QUARTER, 4, 6),
    ("SIN_WIDE", "(sin(r) / r - 1) / z where z = r^2 for |r| <= pi / 2", odd(sin, -mpf(1) / 6), 0, HALF, 5, None),
    ("ATAN", "(atan(a) / a - 1) / z where z = a^2 for |a| <= sqrt 2 - 1", odd(atan, -mpf(1) / 3), 0, mpf('0.1716'), 6, 13),
    ("ASIN", "(asin(a) / a - 1) / z where z = a^2 for |a| <= 1 / 2", odd(asin, mpf(1) / 6), 0, mpf('0.25'), 7, 14),
    ("SINH", "(sinh(x) / x - 1) / z where z = x^2 for |x| <= 1", odd(sinh, mpf(1) / 6), 0, 1, 4, 8),
    ("TANH", "(tanh(x) / x - 1) / z where z = x^2 for |x| <= 5 / 8", odd(tanh, -mpf(1) / 3), 0, mpf('0.390626'), 6, 13),
    ("ERF", "erf(x) / x - 1 as a function of x^2 for |x| <= 1",
     at_zero(lambda z: erf(sqrt(z)) / sqrt(z) - 1, 2 / sqrt(pi) - 1), 0, 1, 8, 14),
    ("ERFC", "(x + 1/2) e^(x^2) erfc(x) as a function of (x - 3.75) / (x + 3.75) for 1/2 <= x <= 11 (f64: 28)",
     scaled_erfcx, U('0.5'), (U(11), U(28)), 12, 24),
    ("ERF_INV", "erf_inv(x) / x as a function of w - 2.5 where w = -log(1 - x^2) for w <= 5",
     lambda w: erf_inv(w + mpf(5) / 2), -mpf(5) / 2, mpf(5) / 2, None, 12),
    ("ERF_INV_TAIL", "erf_inv(x) / x as a function of sqrt(w) - 3 where w = -log(1 - x^2) for 5 <= w <= 16.4 (f64: 38)",
     lambda s: erf_inv((s + 3)**2), mpf('-0.765'), (mpf('1.05'), mpf('3.17')), 12, 15),
]


def array(name, what, f, first, last, count):
    coefficients, error = chebyfit(f, [mpf(first), mpf(last)], count, error=True)
    print(f"/// `{what}`, within 2^{float(log(error, 2)):.1f}.")
    print(f"pub const {name}: [f64; {count}] = [")
    for c in reversed(coefficients):
        print(f"    {float(c)!r},")
    print("];")


print("//! Coefficients of polynomials, lowest degree first. Written by `coefficients.py`; those ending in `_32` are for")
print("//! results that are rounded to `f32`.")
for name, what, f, first, last, single, double in TABLE:
    lasts = last if isinstance(last, tuple) else (last, last)
    if single:
        print()
        array(name + "_32", what, f, first, lasts[0], single)
    if double:
        print()
        array(name, what, f, first, lasts[1], double)

BITS = 1280
mp.prec = BITS + 64
two_over_pi = int(2 / pi * mpf(2) ** BITS)
print()
print(f"/// The first {BITS} bits of 2 / pi after the binary point, 64 in a word.")
print(f"pub const TWO_OVER_PI: [u64; {BITS // 64}] = [")
for word in range(BITS // 64):
    print(f"    {(two_over_pi >> (BITS - 64 * (word + 1))) & (2**64 - 1):#018x},")
print("];")
