#!/usr/bin/env bash
# ngclearn 3.2.1 with ngcsimlib 3.1.1, jax and jaxlib 0.10.2, numpy 2.4.6; Python 3.11 to 3.13, on the CPU.
# Seen on 2026-11-30. (3.2.3 with jax 0.12, which needs Python 3.12, gave the same.)
#
# One would guess: GaussianErrorCell(sigma=2) has a standard deviation of 2, as the constructor's reference says of a
# number, so its error is (target - mu) / 4, and its L is the energy: what settling lowers, with derivatives dmu and
# dSigma.
# What happens: the error is (target - mu) / 2: the number is taken as the variance. L is minus the energy, a log density
# without its constant, summed over the units and the whole batch, and settling raises it. dmu is L's derivative;
# dSigma is 1 at any error, so a Sigma that follows it learns nothing from the data.
# Why it matters: beside pcscope's inference.precision, sigma = 1 / precision makes the same dynamics, not its root; and F
# is minus the sum of L over the cells.
#
# Output seen (errors 1 and 2 in each example):
#   sigma 1: dmu [1.0, 2.0], L -2.5, dSigma 1.0
#   sigma 2: dmu [0.5, 1.0], L -1.25, dSigma 1.0
#   sigma 4: dmu [0.25, 0.5], L -0.625, dSigma 1.0
#   sigma 4, 3 examples: L -1.875
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --no-compile ngclearn==3.2.1 ngcsimlib==3.1.1 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$dir/expected" <<'TEXT'
sigma 1: dmu [1.0, 2.0], L -2.5, dSigma 1.0
sigma 2: dmu [0.5, 1.0], L -1.25, dSigma 1.0
sigma 4: dmu [0.25, 0.5], L -0.625, dSigma 1.0
sigma 4, 3 examples: L -1.875
TEXT
cd "$dir"
JAX_PLATFORMS=cpu "$dir/venv/bin/python" - > "$dir/seen" <<'PYTHON'
import jax.numpy as jnp
import numpy as np
from ngclearn import Context, MethodProcess
from ngclearn.components import GaussianErrorCell


def cell(sigma, examples):
    with Context(f"sigma{sigma}of{examples}"):
        error = GaussianErrorCell("e", n_units=2, batch_size=examples, sigma=float(sigma))
        advance = MethodProcess("advance") >> error.advance_state
    error.mu.set(jnp.tile(jnp.array([[1.0, 2.0]]), (examples, 1)))
    error.target.set(jnp.tile(jnp.array([[2.0, 4.0]]), (examples, 1)))
    advance.run(dt=1.0)
    return error


text = lambda values: [round(float(v), 4) for v in np.ravel(values)]
for sigma in (1, 2, 4):
    error = cell(sigma, 1)
    print(f"sigma {sigma}: dmu {text(error.dmu.get())}, L {text(error.L.get())[0]}, dSigma {text(error.dSigma.get())[0]}")
print(f"sigma 4, 3 examples: L {text(cell(4, 3).L.get())[0]}")
PYTHON
cat "$dir/seen"
diff "$dir/expected" "$dir/seen"
