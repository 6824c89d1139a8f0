#!/usr/bin/env bash
# fabricpc 0.6.0 with jax and jaxlib 0.10.2, optax 0.2.8, orbax-checkpoint 0.12.8, chex 0.1.92, jaxtyping 0.3.11,
# numpy 2.4.6; Python 3.11 to 3.13, on the CPU. Seen on 2026-11-30.
#
# One would guess: the "energy" of a training step belongs to the settled state that the step returns, the one its weights
# are learnt from, and that state's errors are x - mu.
# What happens: a step of inference works out mu, error and energy, then moves x, and nothing is worked out after the last
# move. Energy and the stored errors are those of the state before it, the weight gradient is taken at the state after
# it. With one step "energy" is the feed-forward loss at any rate, and all hidden errors are stored as 0 while hidden
# weights learn from errors that are not.
# Why it matters: T steps print what pcscope shows at t = T - 1. Near rest the two are alike; after few steps, or at a
# rate past the stable one, they are not: at rate 0.9 the second step prints less than the first, though F has risen.
#
# Output seen (F by hand in f64, all divided by the batch of 4, as the library does):
#   rate 0.1, 1 step   printed 1.0113, F before the last move 1.0113, F of the returned state 0.9319
#   rate 0.1, 2 steps  printed 0.9319, F before the last move 0.9319, F of the returned state 0.8766
#   rate 0.1, 3 steps  printed 0.8766, F before the last move 0.8766, F of the returned state 0.8253
#   rate 0.9, 1 step   printed 1.0113, F before the last move 1.0113, F of the returned state 0.8559
#   rate 0.9, 2 steps  printed 0.8559, F before the last move 0.8559, F of the returned state 1.0671
#   rate 0.9, 3 steps  printed 1.0671, F before the last move 1.0671, F of the returned state 1.4072
#   rate 0.9, 1 step   vertex b: stored error 0.0, x - mu 0.794, weight gradient 0.1787 (largest of each)
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --no-compile fabricpc==0.6.0 jax==0.10.2 jaxlib==0.10.2 optax==0.2.8 orbax-checkpoint==0.12.8 \
    chex==0.1.92 jaxtyping==0.3.11 numpy==2.4.6
cat > "$dir/expected" <<'TEXT'
rate 0.1, 1 step   printed 1.0113, F before the last move 1.0113, F of the returned state 0.9319
rate 0.1, 2 steps  printed 0.9319, F before the last move 0.9319, F of the returned state 0.8766
rate 0.1, 3 steps  printed 0.8766, F before the last move 0.8766, F of the returned state 0.8253
rate 0.9, 1 step   printed 1.0113, F before the last move 1.0113, F of the returned state 0.8559
rate 0.9, 2 steps  printed 0.8559, F before the last move 0.8559, F of the returned state 1.0671
rate 0.9, 3 steps  printed 1.0671, F before the last move 1.0671, F of the returned state 1.4072
rate 0.9, 1 step   vertex b: stored error 0.0, x - mu 0.794, weight gradient 0.1787 (largest of each)
TEXT
JAX_PLATFORMS=cpu "$dir/venv/bin/python" - > "$dir/seen" <<'PYTHON'
import jax
import jax.numpy as jnp
import numpy as np
import optax
from fabricpc.core.activations import TanhActivation
from fabricpc.core.inference import InferenceSGD
from fabricpc.core.topology import Edge
from fabricpc.graph_assembly import TaskMap, graph
from fabricpc.graph_initialization import initialize_params
from fabricpc.nodes import Linear
from fabricpc.training import make_train_step

BATCH = 4
draw = np.random.default_rng(0)
batch = {"x": jnp.asarray(draw.normal(size=(BATCH, 5)), jnp.float32), "y": jnp.asarray(draw.normal(size=(BATCH, 3)), jnp.float32)}


def structure(rate, steps):
    x = Linear(shape=(5,), name="x")
    a, b, y = (Linear(shape=(n,), name=name, activation=TanhActivation()) for n, name in ((6, "a"), (6, "b"), (3, "y")))
    return graph(
        nodes=[x, a, b, y],
        edges=[Edge(source=x, target=a.slot("in")), Edge(source=a, target=b.slot("in")), Edge(source=b, target=y.slot("in"))],
        task_map=TaskMap(x=x, y=y),
        inference=InferenceSGD(eta_infer=rate, infer_steps=steps),
    )


def weights(params):
    return {name: np.asarray(*node.weights.values()).astype(float) for name, node in params.nodes.items() if node.weights}


def step(rate, steps):
    net = structure(rate, steps)
    params = initialize_params(net, jax.random.PRNGKey(0))
    sgd = optax.sgd(1.0)
    after, _, metrics, state = make_train_step(net, sgd)(params, sgd.init(params), batch, jax.random.PRNGKey(1))
    w, new = weights(params), weights(after)
    value = {name: np.asarray(node.z_latent).astype(float) for name, node in state.nodes.items()}
    return w, float(metrics["energy"]), value, state, {name: w[name] - new[name] for name in w}


def errors(w, value):
    return {to: value[to] - np.tanh(value[of] @ w[to]) for of, to in (("x", "a"), ("a", "b"), ("b", "y"))}


def energy(w, value):
    return sum((e**2).sum() for e in errors(w, value).values()) / 2 / BATCH


for rate in (0.1, 0.9):
    w, _, value, _, _ = step(rate, 1)
    forward = {"x": value["x"]}
    for of, to in (("x", "a"), ("a", "b")):
        forward[to] = np.tanh(forward[of] @ w[to])
    forward["y"] = value["y"]
    before = energy(w, forward)
    for steps in (1, 2, 3):
        w, printed, value, _, _ = step(rate, steps)
        returned = energy(w, value)
        print(f"rate {rate}, {steps} {'step ' if steps == 1 else 'steps'}  printed {printed:.4f}, "
              f"F before the last move {before:.4f}, F of the returned state {returned:.4f}")
        before = returned
w, _, value, state, gradient = step(0.9, 1)
largest = lambda a: round(float(np.abs(a).max()), 4)
print(f"rate 0.9, 1 step   vertex b: stored error {largest(state.nodes['b'].error)}, x - mu {largest(errors(w, value)['b'])}, "
      f"weight gradient {largest(gradient['b'])} (largest of each)")
PYTHON
cat "$dir/seen"
diff "$dir/expected" "$dir/seen"
