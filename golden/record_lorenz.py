"""The Lorenz system of examples/lorenz.rs in JAX: end points and gradients, recorded to golden/lorenz.txt.

    pip install jax==0.10.2
    python golden/record_lorenz.py
"""

import pathlib

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
SIGMA, RHO, BETA, STEP = 10.0, 28.0, 8.0 / 3.0, 0.01


def slope(s):
    x, y, z = s
    return jnp.stack([SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z])


def rk4(s):
    k1 = slope(s)
    k2 = slope(s + STEP / 2 * k1)
    k3 = slope(s + STEP / 2 * k2)
    k4 = slope(s + STEP * k3)
    return s + STEP / 6 * k1 + STEP / 3 * k2 + STEP / 3 * k3 + STEP / 6 * k4


def after(s, steps):
    return jax.lax.fori_loop(0, steps, lambda _, s: rk4(s), s)


lines = [f"// JAX {jax.__version__}, float64: steps, the state after them, the gradient of its z."]
for steps in [100, 200, 400, 800]:
    start = jnp.ones(3)
    end = after(start, steps)
    gradient = jax.grad(lambda s: after(s, steps)[2])(start)
    lines.append(" ".join([str(steps), *(repr(float(v)) for v in [*end, *gradient])]))
pathlib.Path(__file__).with_name("lorenz.txt").write_text("\n".join(lines) + "\n")
