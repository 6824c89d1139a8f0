"""Learns time series with the default command, against logistic regression; see `series`."""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.linear_model import LogisticRegression

BIN, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
SETS = ["GunPoint", "ArrowHead", "BasicMotions", "PickupGestureWiimoteZ", "ItalyPowerDemand"]


def read(path):
    """The series of a file, channel after channel, and their classes."""
    lines = path.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.lower().startswith("@data"))
    rows = [line.rsplit(":", 1) for line in lines[start + 1 :] if line.strip()]
    return [[[float(v) for v in c.split(",")] for c in r[0].split(":")] for r in rows], [r[1].strip() for r in rows]


def flat(series, longest):
    return np.array([np.concatenate([[0.0] * (longest - len(c)) + c for c in s]) for s in series])


def main():
    enough = True
    for name in SETS:
        train = FOLDER / name / f"{name}_TRAIN.ts"
        (a, own), (b, other) = read(train), read(FOLDER / name / f"{name}_TEST.ts")
        longest = max(len(s[0]) for s in a + b)
        model = LogisticRegression(max_iter=10000).fit(flat(a, longest), own)
        line = model.score(flat(b, longest), other)
        seeds = []
        for seed in range(1, 6):
            with tempfile.NamedTemporaryFile(suffix=".json") as out:
                subprocess.run([BIN, "train", train, "--seed", str(seed), "--json", out.name], check=True, capture_output=True)
                report = json.loads(pathlib.Path(out.name).read_text())
            assert report["test_examples"] == len(b)
            seeds.append(report["test_accuracy"])
        median = statistics.median(seeds)
        fine = median >= line - 0.03
        enough &= fine
        print(f"{name:22s} {len(a):3d} to train on, {len(b):4d} to test: median {median:.3f} ({min(seeds):.3f} to {max(seeds):.3f}), logistic regression {line:.3f}{'' if fine else '   BELOW'}", flush=True)
    sys.exit(not enough)


main()
