"""The preset `mnist-cnn` in PyTorch: the same network, data, split, batches of 64 and SGD, on as many threads.

    python .ci/peers/mnist_cnn.py --threads 2 --epochs 5        # needs torch and numpy; run it where the repository lies

Every batch is cut from tensors that lie in memory already: no loader is timed; glibc is told to keep freed memory, which makes
PyTorch's convolutions faster. Prints the time so far and the accuracy on the test set after every epoch, and what was spent on
updates alone."""

import argparse
import gzip
import os
import sys
import time

# Read when a process starts, so it starts again with them.
kept = {"MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TOP_PAD_": "67108864"}
if not kept.items() <= os.environ.items():
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | kept)

import numpy as np
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--seed", type=int, default=7)
parser.add_argument("--compile", action="store_true", help="through torch.compile")
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)


def idx(name, header, shape):
    with gzip.open(f"datasets/mnist/{name}.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header).reshape(shape)


def images(name):
    pixels = torch.tensor(idx(name, 16, (-1, 1, 28, 28)).astype(np.float32) / 255)
    return pixels.contiguous(memory_format=torch.channels_last)


def labels(name):
    return torch.tensor(idx(name, 8, -1).astype(np.int64))


train = images("train-images-idx3-ubyte")[:55_000], labels("train-labels-idx1-ubyte")[:55_000]
test = images("t10k-images-idx3-ubyte"), labels("t10k-labels-idx1-ubyte")

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.Tanh(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.Tanh(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(1568, 64),
    nn.Tanh(),
    nn.Linear(64, 10),
).to(memory_format=torch.channels_last)
run = torch.compile(net) if options.compile else net
optimiser = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
loss = nn.CrossEntropyLoss()

begun, spent = time.perf_counter(), 0.0
for epoch in range(1, options.epochs + 1):
    first = time.perf_counter()
    for batch in torch.randperm(55_000).split(64):
        optimiser.zero_grad()
        loss(run(train[0][batch]), train[1][batch]).backward()
        optimiser.step()
    spent += time.perf_counter() - first
    with torch.no_grad():
        hits = sum(
            (net(x).argmax(1) == y).sum().item() for x, y in zip(test[0].split(1000), test[1].split(1000))
        )
    total = time.perf_counter() - begun
    print(f"epoch {epoch}  test accuracy {hits / 100:.2f} %  {total:.1f} s, {spent:.1f} s of it in updates", flush=True)
