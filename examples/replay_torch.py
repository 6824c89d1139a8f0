#!/usr/bin/env python3
"""Trains the network of a run again, by PyTorch's autograd, and says how far its weights are from the run's.

  pcscope train digits-mlp --rule zil --dtype f64 --epochs 3 --out RUN --record-batches
  pcscope export RUN weights --out weights.safetensors
  examples/replay_torch.py RUN weights.safetensors

For what `export` covers, and SGD, Adam or AdamW. Exits 1 where a weight is further than 1e-12 away.
Needs torch, safetensors and numpy.
"""
import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

run, exported = Path(sys.argv[1]), sys.argv[2]
experiment, record = tomllib.loads((run / "experiment.toml").read_text()), json.loads((run / "run.json").read_text())
learning, batches = experiment["learning"], np.load(run / "batches.npz")
about = json.loads(safe_open(exported, "pt").metadata()["pcscope"])
if experiment["dtype"] != "f64":
    sys.exit("the run is in f32; expected one with --dtype f64")
if {bytes(batches["run"]).decode(), about["run"]} != {record["id"]} or about["updates"] != record["updates"]:
    sys.exit("the exported weights or batches.npz are of another run, or of another moment of it")
trained = load_file(exported)
torch.set_default_dtype(next(iter(trained.values())).dtype)
m = eval(about["module"], {"nn": nn})
m.load_state_dict(trained, strict=True)
# The initial weights have pcscope's own names: conv, dense and recurrent layers counted apart, in the order of the modules.
initial, counts, names = load_file(run / "initial.safetensors"), {}, []
layers = experiment["network"]["layers"]
for i, layer in enumerate(layers):
    kind = next((k for k in ("dense", "conv", "rnn") if k in layer), None)
    counts[kind] = counts.get(kind, 0) + 1
    own = "output" if kind == "dense" and i + 1 == len(layers) else f"{kind}{counts[kind]}"
    parts = ("weight_ih", "weight_hh", "bias_ih") if kind == "rnn" else ("weight", "bias") if kind else ()
    names += [f"{own}.{part}" for part in parts if f"{own}.{part}" in initial]
free = [p for name, p in m.named_parameters() if "bias_hh" not in name]
with torch.no_grad():
    for parameter, name in zip(free, names, strict=True):
        parameter.copy_(initial[name])
rate, decay = learning["rate"], learning["weight_decay"]
if learning["optimiser"] == "sgd":
    optimiser = torch.optim.SGD(free, lr=rate, momentum=learning["momentum"], nesterov=learning["nesterov"], weight_decay=decay)
else:
    kind = torch.optim.Adam if learning["optimiser"] == "adam" else torch.optim.AdamW
    optimiser = kind(free, lr=rate, betas=learning["betas"], eps=learning["epsilon"], weight_decay=decay)
inputs, targets = torch.tensor(batches["inputs"]), torch.tensor(batches["targets"])
lengths = batches["lengths"] if "lengths" in batches and "nn.RNN" in about["module"] else None
if "lengths" in batches and lengths is None:
    # What is not recurrent reads a map of one row, a column a step.
    inputs = inputs.transpose(1, 2)[:, :, None, :]
order, size = batches["order"].astype("i8"), learning["batch"]
per_epoch = -(-len(inputs) // size)
loss = experiment["network"].get("loss", "cross-entropy" if record["data"]["learnt"]["classes"] else "squared-error")
for update in range(record["updates"]):
    epoch, position = divmod(update, per_epoch)
    rows = torch.tensor(order[epoch, position * size:(position + 1) * size])
    # Of sequences what is missing stands at the front: each is read alone, without it.
    parts = [inputs[rows]] if lengths is None else [inputs[r:r + 1, inputs.shape[1] - int(lengths[r]):] for r in rows.tolist()]
    outputs = torch.cat([eval(about["call"], {"m": m, "x": x}) for x in parts])
    if loss == "cross-entropy":
        total = nn.functional.cross_entropy(outputs, targets[rows], reduction="sum")
    else:
        total = 0.5 * ((outputs - targets[rows]) ** 2).sum()
    optimiser.zero_grad()
    total = experiment["inference"]["output_precision"] * total
    (total / len(rows) if learning["reduction"] == "mean" else total).backward()
    optimiser.step()
apart = max(float((value - trained[name]).abs().max()) for name, value in m.state_dict().items())
print(f"{record['rule']}, {record['updates']} updates: the weight furthest from the replay's is {apart:.3g} away")
sys.exit(apart > 1e-12)
