"""JAX's numbers beside ours, for a machine with `pip install jax` and Rust.

    python benches/jax_peer.py            JAX alone
    python benches/jax_peer.py compare    ours and JAX's in turns, three rounds, and their ratios

Medians of wall-clock time on the CPU; every call makes a fresh result, unless it says otherwise, and is waited for.
"""

import pathlib
import re
import statistics
import subprocess
import sys
import time

SELU = "def selu(x, alpha=1.67, lambda_=1.05): return lambda_ * jnp.where(x > 0, x, alpha * jnp.exp(x) - alpha)\n"
FIRST = f"""
import time
import jax, jax.numpy as jnp
{SELU}
x = jnp.arange(1_000_000, dtype=jnp.float32).block_until_ready()
t = time.perf_counter()
jax.jit(selu)(x).block_until_ready()
print(time.perf_counter() - t)
"""


def median_time(f, seconds=2.0, at_least=5):
    for _ in range(3):
        f()
    times, end = [], time.perf_counter() + seconds
    while len(times) < at_least or time.perf_counter() < end:
        t = time.perf_counter()
        f()
        times.append(time.perf_counter() - t)
    return statistics.median(times)


def show(name, seconds):
    scale, unit = next((s, u) for s, u in [(1, "s"), (1e3, "ms"), (1e6, "us")] if seconds * s >= 1 or u == "us")
    print(f"{name:<44} {seconds * scale:10.3f} {unit}", flush=True)


def processes(runs=5):
    """(process start to first selu, its first call alone): fresh interpreters, the first one only warms the disk."""
    whole, call = [], []
    for _ in range(runs + 1):
        t = time.perf_counter()
        out = subprocess.run([sys.executable, "-c", FIRST], check=True, capture_output=True, text=True).stdout
        whole.append(time.perf_counter() - t)
        call.append(float(out))
    return statistics.median(whole[1:]), statistics.median(call[1:])


def main():
    import jax
    import jax.numpy as jnp

    scope = {"jnp": jnp}
    exec(SELU, scope)
    selu = scope["selu"]

    def rms_error(x, y):
        return jnp.sqrt(jnp.mean((x - y) ** 2))

    print("JAX", jax.__version__, jax.devices()[0].platform)
    jitted = jax.jit(selu)
    for n in (10**6, 10**7):
        x = jnp.asarray([(i * 2_654_435_761 % 2**64 % 6000) / 1000 - 3 for i in range(6000)], jnp.float32)
        x = jnp.resize(x, n).block_until_ready()
        show(f"selu eager, n = {n}", median_time(lambda: selu(x).block_until_ready()))
        show(f"selu jitted, n = {n}", median_time(lambda: jitted(x).block_until_ready()))
        give = jax.jit(selu, donate_argnums=0)
        kept = [x + 0]

        def donated():
            kept[0] = give(kept[0])
            kept[0].block_until_ready()

        show(f"selu jitted and donated, n = {n}", median_time(donated))
    x, y = jnp.array([1.2, 3.2, 4.0]), jnp.array([0.0, 5.0, 10.0])
    gradient = jax.jit(jax.grad(rms_error))
    show("grad of rms_error, 3 elements, a call", median_time(lambda: gradient(x, y).block_until_ready()))
    small = jnp.arange(10, dtype=jnp.float32)
    show("selu jitted, n = 10, a call", median_time(lambda: jitted(small).block_until_ready()))
    show("x + x eager, n = 10", median_time(lambda: (small + small).block_until_ready()))
    show("selu eager, n = 10", median_time(lambda: selu(small).block_until_ready()))
    whole, call = processes()
    show("selu's first call (trace, compile, run), 1e6", call)
    show("process start to first selu result, 1e6", whole)


def lines(command, directory):
    """The medians that a program prints, in seconds, by name."""
    text = subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout
    found = re.findall(r"^(.{44}) +([0-9.]+) (s|ms|us|ns)\b", text, re.MULTILINE)
    units = {"s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
    return {name.strip(): float(number) * units[unit] for name, number, unit in found}


def compare(rounds=3):
    root = pathlib.Path(__file__).resolve().parent.parent
    benches = ["selu", "dispatch", "compile"]
    flags = [word for bench in benches for word in ("--bench", bench)]
    subprocess.run(["cargo", "bench", "-p", "jax", "--no-run", *flags], cwd=root, check=True)
    ours, theirs = {}, {}
    for _ in range(rounds):
        for bench in benches:
            for name, seconds in lines(["cargo", "bench", "-q", "-p", "jax", "--bench", bench], root).items():
                ours.setdefault(name, []).append(seconds)
        for name, seconds in lines([sys.executable, __file__], root).items():
            theirs.setdefault(name, []).append(seconds)
    print(f"{'medians of ' + str(rounds) + ' rounds':<46} {'ours':>12} {'JAX':>12} {'JAX / ours':>11}")
    for name, samples in ours.items():
        mine, peer = statistics.median(samples), statistics.median(theirs.get(name, [float("nan")]))
        print(f"{name:<46} {mine * 1e6:9.2f} us {peer * 1e6:9.2f} us {peer / mine:10.2f}x", flush=True)


if __name__ == "__main__":
    compare() if sys.argv[1:] == ["compare"] else main()
