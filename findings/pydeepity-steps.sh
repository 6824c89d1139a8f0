#!/usr/bin/env bash
# pydeepity 0.1.0a3 (numpy 2.4.6, rich 15.0.0), Python 3.11 to 3.13, Linux. Seen on 2026-11-30.
#
# One would guess: of SimplePCN, train_step(x, y, steps) returns the energy F of the state that settling ended in, so more
# steps return less; and predict(x, steps) returns the answer of the network, whatever the steps, since without a
# target nothing pulls it away from its feed-forward values.
# What happens: train_step returns the sum of F over all steps. F falls with every step here, what is returned rises.
# predict begins with every vertex above the input at 0 and returns the output's value on its way from there: nothing
# after 1 step, 31 % of the answer after 20, all of it after some thousand. With predict_with_projection the first step
# has the answer.
# Why it matters: fit() prints the mean of the same sums as "energy"; pcscope's F is of one state. A lane of IL with
# T = 20 and one with T = 200 cannot be compared by what train_step returns; nor regressions by predict after the steps
# that training took, since the answers are too small by a factor that depends on steps, rate and depth.
#
# Output seen (the last column is F of the last state that was summed, by hand in f64):
#   steps   1  train_step 1.6724  sum of F 1.6724  F 1.6724
#   steps   2  train_step 2.4158  sum of F 2.4158  F 0.7435
#   steps   3  train_step 2.776  sum of F 2.776  F 0.3602
#   steps  20  train_step 3.6531  sum of F 3.6531  F 0.0197
#   steps 200  train_step 6.7018  sum of F 6.7018  F 0.0169
#   the network's answer [1.0062, -1.3004]
#   steps    1  predict [0.0, 0.0]  predict_with_projection [1.0062, -1.3004]
#   steps    5  predict [0.0615, -0.0831]  predict_with_projection [1.0062, -1.3004]
#   steps   20  predict [0.3144, -0.4487]  predict_with_projection [1.0062, -1.3004]
#   steps  200  predict [0.9932, -1.2873]  predict_with_projection [1.0062, -1.3004]
#   steps 2000  predict [1.0062, -1.3004]  predict_with_projection [1.0062, -1.3004]
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --no-compile pydeepity==0.1.0a3 numpy==2.4.6 rich==15.0.0
cat > "$dir/expected" <<'TEXT'
steps   1  train_step 1.6724  sum of F 1.6724  F 1.6724
steps   2  train_step 2.4158  sum of F 2.4158  F 0.7435
steps   3  train_step 2.776  sum of F 2.776  F 0.3602
steps  20  train_step 3.6531  sum of F 3.6531  F 0.0197
steps 200  train_step 6.7018  sum of F 6.7018  F 0.0169
the network's answer [1.0062, -1.3004]
steps    1  predict [0.0, 0.0]  predict_with_projection [1.0062, -1.3004]
steps    5  predict [0.0615, -0.0831]  predict_with_projection [1.0062, -1.3004]
steps   20  predict [0.3144, -0.4487]  predict_with_projection [1.0062, -1.3004]
steps  200  predict [0.9932, -1.2873]  predict_with_projection [1.0062, -1.3004]
steps 2000  predict [1.0062, -1.3004]  predict_with_projection [1.0062, -1.3004]
TEXT
"$dir/venv/bin/python" - > "$dir/seen" <<'PYTHON'
import numpy as np
from deepity import Linear, SimplePCN, TanH

RATE = 0.1
W1 = np.array([[0.5, -0.25, 0.75], [-0.5, 0.5, 0.25], [0.25, 1.0, -0.5], [1.0, 0.25, 0.5]], np.float32)
W2 = np.array([[0.5, -1.0, 0.25, 0.75], [-0.75, 0.5, 1.0, -0.25]], np.float32)
x = np.array([0.5, -0.25, 0.75], np.float32)
y = np.array([1.0, -1.0], np.float32)


def network():
    net = SimplePCN(Linear(3, 4), TanH(), Linear(4, 2), batch_size=1)
    net.configure(learning_rate=0.0, inference_rate=RATE, lmbda=0.0, seed=1)
    net[0].set_weights(W1)
    net[1].set_weights(W2)
    return net


def energies(steps):
    """F of each state, from a hidden vertex at 0, with the input squashed as this library does."""
    below, hidden, found = W1.astype(float) @ np.tanh(x.astype(float)), np.zeros(4), []
    for _ in range(steps):
        e1, e2 = hidden - below, y - W2 @ hidden
        found.append((e1 @ e1 + e2 @ e2) / 2)
        hidden = hidden - RATE * (e1 - W2.T @ e2)
    return found


def text(values):
    return [round(float(v), 4) + 0.0 for v in np.ravel(values)]


for steps in (1, 2, 3, 20, 200):
    f = energies(steps)
    returned = network().train_step(x, y, steps)
    print(f"steps {steps:>3}  train_step {round(returned, 4)}  sum of F {round(sum(f), 4)}  F {round(f[-1], 4)}")
print("the network's answer", text(W2 @ (W1 @ np.tanh(x))))
for steps in (1, 5, 20, 200, 2000):
    print(f"steps {steps:>4}  predict {text(network().predict(x, steps))}  "
          f"predict_with_projection {text(network().predict_with_projection(x, steps))}")
PYTHON
cat "$dir/seen"
diff "$dir/expected" "$dir/seen"
