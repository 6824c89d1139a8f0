#!/usr/bin/env bash
# pydeepity 0.1.0a3 (numpy 2.4.6, rich 15.0.0), Python 3.11 to 3.13, Linux. Seen on 2026-11-30.
#
# One would guess: Linear(3, 4), TanH(), Linear(4, 2) answers W2 tanh(W1 x), as in torch, whose order of layers the
# library takes as its model.
# What happens: in SimplePCN it answers W2 W1 tanh(x). An activation belongs to the vertex that the Linear before it
# reads, so the input goes through tanh and the hidden layer is linear. FullPCN, given the same declaration and the same
# weights, answers W2 tanh(W1 x). In SimplePCN that network is written Linear(3, 4), Linear(4, 2), TanH().
# So the two-layer SimplePCN of that form learns no XOR at any width; FullPCN learns it.
# Why it matters: pcscope's { dense = 4 }, { dense = 2 } is W2 f(W1 x). Curves of SimplePCN beside it are curves of a
# network that has one nonlinear layer less and an input that is squashed.
#
# Output seen:
#   SimplePCN  Linear TanH Linear  [1.0062, -1.3004]
#   SimplePCN  Linear Linear TanH  [0.925, -1.2505]
#   FullPCN    Linear TanH Linear  [0.925, -1.2505]
#   by hand    W2 W1 tanh(x)       [1.0062, -1.3004]
#   by hand    W2 tanh(W1 x)       [0.925, -1.2505]
#   XOR after 3000 updates, wanted -1 1 1 -1
#   SimplePCN  Linear TanH Linear  [0, 0, 0, 0]
#   FullPCN    Linear TanH Linear  [-1, 1, 1, -1]
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --no-compile pydeepity==0.1.0a3 numpy==2.4.6 rich==15.0.0
cat > "$dir/expected" <<'TEXT'
SimplePCN  Linear TanH Linear  [1.0062, -1.3004]
SimplePCN  Linear Linear TanH  [0.925, -1.2505]
FullPCN    Linear TanH Linear  [0.925, -1.2505]
by hand    W2 W1 tanh(x)       [1.0062, -1.3004]
by hand    W2 tanh(W1 x)       [0.925, -1.2505]
XOR after 3000 updates, wanted -1 1 1 -1
SimplePCN  Linear TanH Linear  [0, 0, 0, 0]
FullPCN    Linear TanH Linear  [-1, 1, 1, -1]
TEXT
"$dir/venv/bin/python" - > "$dir/seen" <<'PYTHON'
import numpy as np
from deepity import FullPCN, Linear, SimplePCN, TanH

W1 = np.array([[0.5, -0.25, 0.75], [-0.5, 0.5, 0.25], [0.25, 1.0, -0.5], [1.0, 0.25, 0.5]], np.float32)
W2 = np.array([[0.5, -1.0, 0.25, 0.75], [-0.75, 0.5, 1.0, -0.25]], np.float32)
x = np.array([0.5, -0.25, 0.75], np.float32)


def with_weights(kind, *declaration):
    net = kind(*declaration, batch_size=1)
    net.configure(learning_rate=0.0, inference_rate=0.1, lmbda=0.0, seed=1)
    net[0].set_weights(W1)
    net[1].set_weights(W2)
    return net


def text(values, digits=4):
    return [round(float(v), digits) for v in np.ravel(values)]


between = lambda: (Linear(3, 4), TanH(), Linear(4, 2))
simple = with_weights(SimplePCN, *between())
behind = with_weights(SimplePCN, Linear(3, 4), Linear(4, 2), TanH())
full = with_weights(FullPCN, *between())
print("SimplePCN  Linear TanH Linear ", text(simple.predict_with_projection(x, 1)))
print("SimplePCN  Linear Linear TanH ", text(behind.predict_with_projection(x, 1)))
print("FullPCN    Linear TanH Linear ", text(full.predict(x, 1)))
print("by hand    W2 W1 tanh(x)      ", text(W2 @ (W1 @ np.tanh(x))))
print("by hand    W2 tanh(W1 x)      ", text(W2 @ np.tanh(W1 @ x)))

X = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], np.float32)
Y = np.array([[-1], [1], [1], [-1]], np.float32)
print("XOR after 3000 updates, wanted -1 1 1 -1")
for kind in (SimplePCN, FullPCN):
    net = kind(Linear(2, 8), TanH(), Linear(8, 1), batch_size=4)
    net.configure(learning_rate=0.05, inference_rate=0.1, lmbda=0.0, seed=1, dist="normal(0,0.5)")
    for _ in range(3000):
        net.train_step(X, Y, 30)
    answer = net.predict_with_projection(X, 1) if kind is SimplePCN else net.predict(X, 1)
    print(f"{kind.__name__:<10} Linear TanH Linear ", [int(round(v)) for v in text(answer)])
PYTHON
cat "$dir/seen"
diff "$dir/expected" "$dir/seen"
