#!/usr/bin/env bash
# ngclearn 3.2.1 with ngcsimlib 3.1.1, jax and jaxlib 0.10.2, numpy 2.4.6; Python 3.11 to 3.13, on the CPU.
# Seen on 2026-11-30. (3.2.3 with jax 0.12, which needs Python 3.12, gave the same.)
#
# One would guess: HebbianSynapse adds rate * pre' post. Its reference says of sign_value that it turns the usual ascent
# into descent where it is negative, and is 1 where nothing is said. So an error cell's dmu, which is +(target - mu), as
# "post" learns: the delta rule, a layer of predictive coding.
# What happens: the optimiser behind it subtracts, and sign_value multiplies before that. With 1 the synapse goes away from
# the target, with -1 towards it. And w_bound, 1 where nothing is said, multiplies the step of every weight by
# 1 - abs(W) besides clipping W: a weight of 0.5 learns at half the rate, one of -0.25 at three quarters. Only
# sign_value = -1 with w_bound = 0 makes the step that is rate * pre' post.
# Why it matters: a first network put together from these parts has an error that grows with every update, which looks like
# a rate that is too large. pcscope's update is rate * error * f(x), divided by the batch; to compare, give both.
#
# Output seen (W begins as 0.5, -0.25; pre is 1, 2; post is 1; rate 0.1):
#   nothing said                    dW [-0.05, -0.15]
#   sign_value -1                   dW [0.05, 0.15]
#   w_bound 0                       dW [-0.1, -0.2]
#   sign_value -1 and w_bound 0     dW [0.1, 0.2]
#   a layer, target 0.8, its error before each of five updates
#   nothing said                    [0.8, 0.94, 1.0942, 1.2607, 1.4373]
#   sign_value -1 and w_bound 0     [0.8, 0.6, 0.45, 0.3375, 0.2531]
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --no-compile ngclearn==3.2.1 ngcsimlib==3.1.1 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$dir/expected" <<'TEXT'
nothing said                    dW [-0.05, -0.15]
sign_value -1                   dW [0.05, 0.15]
w_bound 0                       dW [-0.1, -0.2]
sign_value -1 and w_bound 0     dW [0.1, 0.2]
a layer, target 0.8, its error before each of five updates
nothing said                    [0.8, 0.94, 1.0942, 1.2607, 1.4373]
sign_value -1 and w_bound 0     [0.8, 0.6, 0.45, 0.3375, 0.2531]
TEXT
cd "$dir"
JAX_PLATFORMS=cpu "$dir/venv/bin/python" - > "$dir/seen" <<'PYTHON'
import jax.numpy as jnp
import numpy as np
from ngclearn import Context, MethodProcess
from ngclearn.components import GaussianErrorCell, HebbianSynapse

BEGIN = jnp.array([[0.5], [-0.25]])
PRE = jnp.array([[1.0, 2.0]])
text = lambda values: [round(float(v), 4) for v in np.ravel(values)]
settings = {
    "nothing said": {},
    "sign_value -1": {"sign_value": -1.0},
    "w_bound 0": {"w_bound": 0.0},
    "sign_value -1 and w_bound 0": {"sign_value": -1.0, "w_bound": 0.0},
}
for i, (name, chosen) in enumerate(settings.items()):
    with Context(f"synapse{i}"):
        synapse = HebbianSynapse("W", shape=(2, 1), eta=0.1, **chosen)
        evolve = MethodProcess("evolve") >> synapse.evolve
    synapse.weights.set(BEGIN)
    synapse.pre.set(PRE)
    synapse.post.set(jnp.ones((1, 1)))
    evolve.run(dt=1.0)
    print(f"{name:<32}dW", text(synapse.weights.get() - BEGIN))

print("a layer, target 0.8, its error before each of five updates")
for i, name in enumerate(("nothing said", "sign_value -1 and w_bound 0")):
    with Context(f"layer{i}"):
        synapse = HebbianSynapse("W", shape=(2, 1), eta=0.05, **settings[name])
        error = GaussianErrorCell("e", n_units=1)
        synapse.outputs >> error.mu
        synapse.inputs >> synapse.pre
        error.dmu >> synapse.post
        advance = MethodProcess("advance") >> synapse.advance_state >> error.advance_state
        evolve = MethodProcess("evolve") >> synapse.evolve
    synapse.weights.set(BEGIN)
    synapse.inputs.set(PRE)
    error.target.set(jnp.array([[0.8]]))
    errors = []
    for _ in range(5):
        advance.run(dt=1.0)
        errors.append(error.dmu.get())
        evolve.run(dt=1.0)
    print(f"{name:<32}{text(errors)}")
PYTHON
cat "$dir/seen"
diff "$dir/expected" "$dir/seen"
