"""Opens and trains every CSV table below a folder with the default command; see `tables`."""

import collections
import csv
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

BIN, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
# Results that tests compare with are no data.
FILES = sorted(f for f in FOLDER.rglob("*.csv") if "tests" not in f.parts and not f.name.startswith("._"))
# Parts of names of what counts up by one and is an input all the same.
TIMES = ("time", "year", "day", "date", "week", "month", "quarter")


def run(*arguments, seconds=120):
    return subprocess.run([BIN, *map(str, arguments)], capture_output=True, text=True, timeout=seconds)


def counts_rows(column):
    try:
        numbers = np.array([float(c) for c in column])
    except ValueError:
        return False
    return len(numbers) > 5 and numbers[0] in (0, 1) and np.all(np.diff(numbers) == 1)


def split_is_empty(part):
    return part[0] == part[1]


def line(inputs, targets, train, test):
    """R² on `test` of a straight line through `train`, against the mean of the test part, as pcscope prints it."""
    ones = np.ones((len(inputs), 1))
    if split_is_empty(test):
        return math.nan
    x = np.hstack([inputs, ones])
    w = np.linalg.lstsq(x[slice(*train)], targets[slice(*train)], rcond=1e-8)[0]
    true = targets[slice(*test)]
    left = np.sum((true - x[slice(*test)] @ w) ** 2)
    whole = np.sum((true - true.mean(axis=0)) ** 2)
    return 1 - left / whole if whole > 0 else math.nan


def trained(path, folder):
    """What the default command comes to, and a line on the same rows."""
    out = folder / "run"
    report = run("train", path, "--out", out, "--overwrite", "--json", folder / "r.json")
    if report.returncode != 0:
        return {"failed": report.stderr.strip()[:200]}
    report = json.loads((folder / "r.json").read_text())
    about = json.loads((out / "run.json").read_text())
    split, table = about["data"]["split"], about["data"]["learnt"]["table"]
    counted = []
    if table is not None:
        with open(path, newline="", encoding="utf-8", errors="replace") as file:
            rows = [r for r in csv.reader(file) if r][1:]
        for place in table["inputs"]:
            at = place["number"] - 1
            name = place["name"] or ""
            # When it was, or the only input, which is then what was counted.
            means = any(t in name.lower() for t in TIMES) or name and len(table["inputs"]) == 1
            if not means and counts_rows([r[at] for r in rows if len(r) > at]):
                counted.append(place["name"])
    found = {"report": report, "split": split, "counted": counted}
    if not about["data"]["learnt"]["classes"]:
        # The rows as they are dealt to the parts, all in one.
        n = about["data"]["examples"]
        everything = ["--set", f"data.split={{train={n},validation=0,test=0}}", "--set", "learning.batch=1", "--updates", "1"]
        again = run("train", out / "experiment.toml", *everything, "--out", folder / "all", "--overwrite", "--record-batches")
        if again.returncode == 0:
            z = np.load(folder / "all" / "batches.npz")
            found["line"] = line(z["inputs"].astype(float), z["targets"].astype(float), split["train"], split["test"])
        else:
            found["again"] = again.stderr.strip()[:200]
    return found


def main():
    kinds, asked, refused, failed, numbered, regressions = collections.Counter(), [], [], [], [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for path in FILES:
            name = path.relative_to(FOLDER)
            seen = run("inspect", path)
            if seen.returncode != 0 or seen.stdout.startswith(("asks", "two readings")):
                (asked if "--" in seen.stderr + seen.stdout[:400] else refused).append(f"{name}: {(seen.stderr or seen.stdout).strip()[:300]}")
                continue
            kinds[seen.stdout.split("(", 1)[1].split(")")[0] if "(" in seen.stdout.splitlines()[0] else "?"] += 1
            found = trained(path, folder)
            if "failed" in found:
                failed.append(f"{name}: {found['failed']}")
                continue
            numbered += [f"{name}: {c}" for c in found["counted"]]
            if "line" in found and math.isfinite(found["line"]):
                report = found["report"]
                own = report["test_r2"]
                own = -math.inf if own is None else own
                beats = report["test_loss"] is not None and report["test_loss"] < report["loss_of_the_mean"]
                regressions.append((str(name), found["line"], own, beats, report["test_examples"]))
    opened = sum(kinds.values())
    print(f"{len(FILES)} tables: {opened} open, {len(asked)} ask or name the way on, {len(refused)} are refused, {len(failed)} do not train")
    for words in asked + refused + failed:
        print("  ", words)
    print(f"{len(numbered)} inputs count rows", *numbered, sep="\n   ")
    straight = [r for r in regressions if r[1] > 0.2]
    beat = sum(r[3] for r in straight)
    reach = sum(r[2] >= r[1] - 0.1 for r in straight)
    print(f"{len(regressions)} regressions, {len(straight)} with a line above 0.2: {beat} beat the mean ({beat / len(straight):.1%}), {reach} within 0.1 of the line ({reach / len(straight):.1%})")
    for r in straight:
        if r[2] < r[1] - 0.1 or not r[3]:
            print(f"   {r[0]}: line {r[1]:.3f}, network {r[2]:.3f}, {r[4]} examples to test")
    bad = opened < 0.9 * len(FILES) or numbered or beat < 0.95 * len(straight) or reach < 0.85 * len(straight)
    sys.exit(bool(bad))


main()
