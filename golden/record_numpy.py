"""Records golden/numpy.txt: what functions of jax.numpy and jax.random.choice give.

    python golden/record_numpy.py > golden/numpy.txt

The grammar is in golden/README.md.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import random

nan = np.nan
INPUTS = {
    "x": np.array([[0.5, -1.25, 3.0, 2.0], [7.5, -0.75, 0.125, -4.0], [1.5, 2.5, -6.0, 9.0]], np.float32),
    "n": np.array([[0.5, nan, 3.0, 2.0], [nan, nan, nan, nan], [1.5, 2.5, -6.0, nan]], np.float32),
    "i": np.array([[3, -1, 3, 2], [7, 0, 0, -4], [3, 2, -6, 9]], np.int32),
    "m": np.array([[True, False, True, True], [False, False, False, False], [True, True, False, True]]),
    "v": np.array([4.0, 1.0, 3.0, 1.0, 2.0, 4.0, 4.0], np.float32),
    "u": np.array([nan, 1.0, nan, 3.0, 1.0], np.float32),
    "w": np.array([0.5, 1.0, 0.25, 2.0], np.float32),
    "q": np.array([0.0, 0.3, 0.5, 1.0], np.float32),
    "c": (np.arange(24, dtype=np.float32).reshape(2, 3, 4) - 11) / 4,
    "p": np.array([0.1, 0.4, 0.0, 0.3, 0.2], np.float32),
}
globals().update({name: jnp.asarray(value) for name, value in INPUTS.items()})
key = random.key(42)

CASES = """
sum_where jnp.sum(x, axis=1, where=m)
sum_initial jnp.sum(x, axis=0, initial=2.5)
sum_where_int jnp.sum(i, where=m, initial=10)
prod_where jnp.prod(x, axis=0, where=m, initial=2.0)
mean_where jnp.mean(x, axis=1, where=m)
mean_where_row jnp.mean(x, axis=0, where=m[0], keepdims=True)
var_where jnp.var(x, axis=1, where=m, ddof=1)
std_where jnp.std(x, axis=0, where=m)
max_where jnp.max(x, axis=1, where=m, initial=-1.0)
max_initial jnp.max(x, axis=0, initial=2.0)
max_empty jnp.max(jnp.zeros((0, 2)), axis=0, initial=-3.0)
min_where jnp.min(i, axis=1, where=m, initial=5)
min_where_all jnp.min(x, where=m, initial=jnp.inf)
all_where jnp.all(i, axis=1, where=m)
any_where jnp.any(i > 3, axis=0, where=m)
nansum_axis jnp.nansum(n, axis=0)
nanmean_axis jnp.nanmean(n, axis=1)
nanmean_where jnp.nanmean(n, axis=1, where=m)
nanvar jnp.nanvar(n)
nanvar_axis jnp.nanvar(n, axis=0, ddof=1, keepdims=True)
nanstd_axis jnp.nanstd(n, axis=1)
nanargmax_axis jnp.nanargmax(n, axis=1)
nanargmin_axis jnp.nanargmin(n, axis=0)
nanargmin jnp.nanargmin(n)
nanargmax_keepdims jnp.nanargmax(n, axis=0, keepdims=True)
nancumsum jnp.nancumsum(n)
nancumprod_axis jnp.nancumprod(n, axis=1)
median jnp.median(x)
median_axis jnp.median(x, axis=0)
median_keepdims jnp.median(x, axis=1, keepdims=True)
median_int jnp.median(i, axis=1)
median_nan jnp.median(n, axis=0)
nanmedian jnp.nanmedian(n)
nanmedian_axis jnp.nanmedian(n, axis=1)
quantile_many jnp.quantile(x, q, axis=1)
quantile_axes jnp.quantile(c, q, axis=(0, 2), keepdims=True)
quantile_lower jnp.quantile(x, 0.3, method='lower')
quantile_higher jnp.quantile(x, q, axis=0, method='higher')
quantile_nearest jnp.quantile(x, q, axis=0, method='nearest')
quantile_midpoint jnp.quantile(x, 0.3, axis=1, method='midpoint')
percentile jnp.percentile(x, jnp.array([10, 75]), axis=0)
nanquantile jnp.nanquantile(n, q, axis=1)
nanpercentile jnp.nanpercentile(n, 30.0, axis=0)
average jnp.average(x, weights=m)
average_axis jnp.average(x, axis=1, weights=w)
geomspace jnp.geomspace(1.0, 256.0, 9)
geomspace_negative jnp.geomspace(-2.0, -32.0, 5)
geomspace_int jnp.geomspace(1, 1000, 4)
unique jnp.unique(i)
unique_nan jnp.unique(u)
unique_size jnp.unique(v, size=6)
unique_fill jnp.unique(v, size=6, fill_value=-1.0)
unique_short jnp.unique(v, size=2)
unique_all tuple(jnp.unique_all(i))
unique_all_size tuple(jnp.unique_all(v, size=6))
unique_bool jnp.unique(m)
nonzero jnp.nonzero(i)
nonzero_size jnp.nonzero(m, size=10, fill_value=-1)
nonzero_short jnp.nonzero(m, size=2)
flatnonzero jnp.flatnonzero(m)
argwhere jnp.argwhere(i)
bincount jnp.bincount(jnp.abs(i).ravel())
bincount_negative jnp.bincount(i.ravel(), length=4)
bincount_weights jnp.bincount(jnp.array([1, 3, 1, 6]), weights=w, length=5)
isin jnp.isin(i, jnp.array([3, 0]))
union1d jnp.union1d(i, jnp.array([5, 3]))
union1d_size jnp.union1d(v, w, size=8)
intersect1d jnp.intersect1d(i, jnp.array([3, 9, 5]))
setdiff1d jnp.setdiff1d(i, jnp.array([3, 9, 5]))
norm jnp.linalg.norm(x)
norm_1 jnp.linalg.norm(x, 1)
norm_minus_1 jnp.linalg.norm(x, -1)
norm_inf jnp.linalg.norm(x, jnp.inf)
norm_minus_inf jnp.linalg.norm(x, -jnp.inf, keepdims=True)
norm_fro jnp.linalg.norm(x, 'fro')
norm_matrices jnp.linalg.norm(c, 1, axis=(0, 2))
norm_matrices_turned jnp.linalg.norm(c, 1, axis=(2, 0))
norm_vectors_3 jnp.linalg.norm(c, 3, axis=1)
norm_vectors_0 jnp.linalg.norm(i, 0, axis=0)
norm_vectors_half jnp.linalg.norm(v, 0.5)
norm_vectors_inf jnp.linalg.norm(c, -jnp.inf, axis=-1, keepdims=True)
einsum_dots jnp.einsum('...ij,jk->...ik', c, x.T)
einsum_batch jnp.einsum('...ij,...kj->...ik', c, c)
einsum_spread jnp.einsum('...j,...j->...', c, x[:1])
einsum_implicit jnp.einsum('...ij,...jk', c, x.T)
einsum_first jnp.einsum('i...->...', c)
einsum_middle jnp.einsum('i...j,j->...i', c, w)
arange_step jnp.arange(7, -8, -3)
divide_int i.at[1].divide(2)
divide_float x.at[0, :2].divide(jnp.array([2.0, 4.0]))
choice_p random.choice(key, 5, (12,), p=p)
choice_p_rows random.choice(key, x, (4,), p=jnp.array([0.2, 0.5, 0.3]))
choice_p_once random.choice(key, 5, (4,), replace=False, p=p)
choice_p_once_axis random.choice(key, x, (2,), replace=False, p=w / w.sum(), axis=1)
choice_axis random.choice(key, x, (2, 3), axis=1)
choice_axis_once random.choice(key, x, (3,), replace=False, axis=1)
choice_rows random.choice(key, i, (5,))
choice_none random.choice(key, x, (0,))
"""


def number(value):
    return str(int(value)) if value.dtype.kind in "iub" else repr(float(value))


def shown(array):
    array = np.asarray(array)
    extents = ",".join(map(str, array.shape))
    return f"{array.dtype.name}[{extents}]: {' '.join(map(number, array.ravel()))}".rstrip()


print("// Functions of jax.numpy as JAX", jax.__version__, "computes them. Written by record_numpy.py; grammar in README.md.")
for name, value in INPUTS.items():
    print(f"input {name} | {shown(value)}")
for line in CASES.strip().splitlines():
    name, source = line.split(" ", 1)
    result = eval(source)
    results = result if isinstance(result, tuple) else (result,)
    print(f"{name} | {source} | {' ; '.join(map(shown, results))}")
