#!/usr/bin/env python3
"""Trains the network of a run again, by backpropagation in NumPy, and says how far its weights are from the run's.

  pcscope train digits-mlp --rule zil --dtype f64 --epochs 3 --out RUN --record-batches
  examples/replay_numpy.py RUN

For dense layers with tanh, and SGD with momentum. Exits 1 where a weight is further than 1e-12 away.
"""
import json
import sys
import tomllib
from pathlib import Path

import numpy as np


def tensors(path):
    """A safetensors file: 8 bytes of length, a header of JSON, numbers."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8:start])
    head.pop("__metadata__", None)
    kinds = {"F64": "<f8", "F32": "<f4"}
    return {
        name: np.frombuffer(raw[start:], kinds[t["dtype"]], int(np.prod(t["shape"])), t["data_offsets"][0]).reshape(t["shape"]).astype("f8")
        for name, t in head.items()
    }


run = Path(sys.argv[1])
experiment, record = tomllib.loads((run / "experiment.toml").read_text()), json.loads((run / "run.json").read_text())
network, learning, batches = experiment["network"], experiment["learning"], np.load(run / "batches.npz")
if experiment["dtype"] != "f64":
    sys.exit("the run is in f32; expected one with --dtype f64")
if bytes(batches["run"]).decode() != record["id"]:
    sys.exit("batches.npz is of another run")
if any("dense" not in layer or "activation" in layer or "skip" in layer for layer in network["layers"]) or network["activation"] != "tanh":
    sys.exit("only dense layers with tanh are replayed here")
if learning["optimiser"] != "sgd" or learning["nesterov"] or learning["weight_decay"]:
    sys.exit("only SGD, with or without momentum, is replayed here")
layers = [f"dense{i + 1}" for i in range(len(network["layers"]) - 1)] + ["output"]
theta = tensors(run / "initial.safetensors")
velocity = {name: np.zeros_like(value) for name, value in theta.items()}
inputs, targets, order, size = batches["inputs"], batches["targets"], batches["order"], learning["batch"]
if inputs.ndim == 3:
    # Of sequences, a row a channel.
    inputs = inputs.transpose(0, 2, 1)
inputs = inputs.reshape(len(inputs), -1)
per_epoch = -(-len(inputs) // size)
entropy = network.get("loss", "cross-entropy" if record["data"]["learnt"]["classes"] else "squared-error") == "cross-entropy"
for update in range(record["updates"]):
    epoch, position = divmod(update, per_epoch)
    rows = order[epoch, position * size:(position + 1) * size]
    seen = [inputs[rows]]
    for name in layers:
        value = seen[-1] @ theta[name + ".weight"].T + theta.get(name + ".bias", 0.0)
        seen.append(np.tanh(value) if name != "output" else value)
    if entropy:
        value = np.exp(value - value.max(1, keepdims=True))
        value /= value.sum(1, keepdims=True)
    error = experiment["inference"]["output_precision"] * (targets[rows] - value)
    down, scale = {}, 1 / len(rows) if learning["reduction"] == "mean" else 1.0
    for i in reversed(range(len(layers))):
        down[layers[i] + ".weight"], down[layers[i] + ".bias"] = error.T @ seen[i], error.sum(0)
        error = (error @ theta[layers[i] + ".weight"]) * (1 - seen[i] ** 2)
    for name in theta:
        velocity[name] = learning["momentum"] * velocity[name] + scale * down[name]
        theta[name] = theta[name] + learning["rate"] * velocity[name]
trained = tensors(run / "weights.safetensors")
apart = max(float(np.abs(trained[name] - theta[name]).max()) for name in theta)
print(f"{record['rule']}, {record['updates']} updates: the weight furthest from the replay's is {apart:.3g} away")
sys.exit(apart > 1e-12)
