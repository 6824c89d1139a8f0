"""Opens and trains everyday tables with the default command; see `everyday`."""

import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

BIN, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
PYDATASET = "resources/rdata/csv"

# Name, package, file, and what is said beside it: the column to learn where another than the usual one would be taken.
SETS = [
    ("penguins", "palmerpenguins", "palmerpenguins/data/penguins.csv", []),
    ("Titanic", "pydataset", f"{PYDATASET}/COUNT/titanic.csv", []),
    ("tips", "pydataset", f"{PYDATASET}/reshape2/tips.csv", []),
    ("adult", "hypernets", "hypernets/tabular/datasets/adult-uci.csv.gz", []),
    ("diamonds", "pydataset", f"{PYDATASET}/ggplot2/diamonds.csv", []),
    ("airquality", "pydataset", f"{PYDATASET}/datasets/airquality.csv", []),
    ("mtcars", "pydataset", f"{PYDATASET}/datasets/mtcars.csv", []),
    # Without names; what is learnt is last.
    ("auto-mpg", "mlxtend", "mlxtend/data/data/autompg.csv.gz", ["--target", "9"]),
    ("breast cancer", "scikit-learn", "sklearn/datasets/data/breast_cancer.csv", []),
]


def run(*arguments):
    return subprocess.run([BIN, *map(str, arguments)], capture_output=True, text=True, timeout=1200)


def both(path, said, seed, folder):
    """Accuracy or R² on the test part: the network's and the regression's."""
    out = folder / "run"
    own = run("train", path, *said, "--set", f"data.shuffle={seed}", "--out", out, "--overwrite", "--json", folder / "r.json")
    if own.returncode != 0:
        raise SystemExit(f"{path}: {own.stderr.strip()}")
    report = json.loads((folder / "r.json").read_text())
    about = json.loads((out / "run.json").read_text())["data"]
    n, split = about["examples"], about["split"]
    # The rows as they are dealt to the parts, all in one.
    everything = ["--set", f"data.split={{train={n},validation=0,test=0}}", "--set", "learning.batch=1", "--updates", "1"]
    again = run("train", out / "experiment.toml", *everything, "--out", folder / "all", "--overwrite", "--record-batches")
    if again.returncode != 0:
        raise SystemExit(f"{path}: {again.stderr.strip()}")
    z = np.load(folder / "all" / "batches.npz")
    inputs, targets = z["inputs"].astype(float), z["targets"].astype(float)
    inputs = inputs.reshape(len(inputs), -1)
    train, test = slice(*split["train"]), slice(*split["test"])
    classes = bool(about["learnt"]["classes"])
    if classes:
        targets = targets.argmax(axis=1)
        model = LogisticRegression(max_iter=5000)
    else:
        targets = targets.ravel()
        model = LinearRegression()
    model = make_pipeline(StandardScaler(), model).fit(inputs[train], targets[train])
    other = model.score(inputs[test], targets[test])
    return report["learns"], n, classes, report["test_accuracy" if classes else "test_r2"], other


def compare(name, package, path, said, folder):
    first = both(path, said, 0, folder)
    learns, n, classes = first[:3]
    splits = [first[3:]]
    if n < 500:
        splits += [both(path, said, seed, folder)[3:] for seed in range(1, 20)]
    own, other = (statistics.median(s[i] for s in splits) for i in (0, 1))
    enough = own >= other - (0.03 if classes else 0.05)
    what = learns.split(":")[0].removeprefix("learns ")
    kind = "accuracy" if classes else "R²"
    print(f"{name:14s} {package:14s} {n:6d} rows, {len(splits):2d} splits, {what}: {kind} {own:.3f}, regression {other:.3f}{'' if enough else '   BELOW'}", flush=True)
    return enough


def made(folder):
    """Tables in the layouts of two sets that no package carries."""
    draw = random.Random(1)
    wine = ["fixed acidity", "volatile acidity", "citric acid", "residual sugar", "chlorides", "free sulfur dioxide",
            "total sulfur dioxide", "density", "pH", "sulphates", "alcohol", "quality"]
    lines = [";".join(f'"{name}"' for name in wine)]
    for _ in range(1599):
        values = [draw.uniform(0, 10) for _ in wine[1:]]
        quality = min(8, max(3, round(5.6 + 0.15 * (values[10] - 5) - 0.1 * (values[1] - 5) + draw.gauss(0, 0.5))))
        lines.append(";".join([f"{v:.4g}" for v in values] + [str(quality)]))
    (folder / "winequality-red.csv").write_text("\n".join(lines) + "\n")
    near = ["NEAR BAY", "<1H OCEAN", "INLAND", "NEAR OCEAN", "ISLAND"]
    lines = ["longitude,latitude,housing_median_age,total_rooms,total_bedrooms,population,households,median_income,median_house_value,ocean_proximity"]
    for i in range(4000):
        income, where = draw.uniform(0.5, 15), draw.choice(near)
        rooms = draw.randint(10, 8000)
        bedrooms = "" if i % 97 == 5 else f"{rooms / 5:.1f}"
        value = min(500001, max(15000, 40000 * income + 50000 * near.index(where) + draw.gauss(0, 20000)))
        lines.append(f"{draw.uniform(-124, -114):.2f},{draw.uniform(32, 42):.2f},{draw.randint(1, 52)}.0,{rooms}.0,{bedrooms},"
                     f"{rooms // 2}.0,{rooms // 6}.0,{income:.4f},{value:.1f},{where}")
    (folder / "housing.csv").write_text("\n".join(lines) + "\n")
    fine = True
    for file, learns in (("winequality-red.csv", "quality"), ("housing.csv", "median_house_value")):
        report = run("train", folder / file)
        line = (report.stdout + report.stderr).strip().splitlines()
        well = report.returncode == 0 and line[0].startswith(f"learns {learns}")
        fine &= well
        print(f"{file:20s} made in its layout: {line[0]} {'' if well else '   FAILS'}")
    return fine


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        enough = [compare(name, package, FOLDER / file, said, folder) for name, package, file, said in SETS]
        fine = made(folder)
    sys.exit(not (all(enough) and fine))


main()
