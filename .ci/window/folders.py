"""Runs in folders, in a real window: saved while it trains, opened again; killed, asked for once, restored; closed, and simply there.

folders.py BIN: exit 1 if something is not so. With KILLS= (0) the window is killed so many times in the midst of saving: the folder is
whole or not there, and `replay` computes it again to the same bits.
"""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from drive import Window

binary = os.path.abspath(sys.argv[1])
home = Path(tempfile.mkdtemp())
os.environ["HOME"] = str(home)
failed = []
draw = random.Random(int(os.environ.get("SEED", "1")))


def promise(words, kept, seen=""):
    print(f"  {'ok    ' if kept else 'FAILED'}  {words}" + (f"  [{seen}]" if seen and not kept else ""), flush=True)
    if not kept:
        failed.append(words)


def names(window):
    return [node.name for node in window.tree()]


def says(window, pattern, within=8.0):
    """What a pattern finds in what the window says; none if it does not come."""
    end = time.monotonic() + within
    while True:
        for name in names(window):
            found = re.search(pattern, name)
            if found:
                return found
        if time.monotonic() > end:
            return None
        window.until(lambda: False, 0.1)


def updates(window):
    found = says(window, r"^update ([\d,]+)", 3)
    return int(found[1].replace(",", "")) if found else None


def replay(folder):
    ran = subprocess.run([binary, "replay", str(folder)], capture_output=True, text=True)
    return ran.returncode, ran.stdout.strip() + ran.stderr.strip()


def save(window, path):
    window.key("ctrl+s")
    window.settle()
    window.key("ctrl+a")
    window.type(str(path))
    window.settle()
    window.key("Return")


def kept():
    """The folders that are kept by themselves."""
    return sorted(home.rglob("autosave/*/run"))


first = Window(binary, "moons", preset="moons")
first.connect()
first.settle()
first.key("t")
promise("it trains", says(first, r"^update [1-9]"))
save(first, home / "mine")
promise("the run is saved while it trains", says(first, r"Saved\. Run A after update|^Run A after update|in .*mine"), str(names(first)[:40]))
before = updates(first)
first.until(lambda: False, 1.0)
promise("and it goes on", (updates(first) or 0) > (before or 0))
code, words = replay(home / "mine")
promise("replay computes it again to the same bits", code == 0, words)
first.until(lambda: False, float(os.environ.get("MINUTE", "65")))
promise("after a minute it is kept by itself", len(kept()) == 1, str(kept()))
code, words = replay(kept()[0]) if kept() else (1, "nothing is kept")
promise("whole, and computed again to the same bits", code == 0, words)
first.process.send_signal(signal.SIGKILL)
first.process.wait()
first.close()

second = Window(binary)
second.connect()
second.settle()
promise("after a kill the next start asks once", says(second, r"Restore the last run\?"), str(names(second)[:40]))
second.press_node(second.find("Restore it", "button"))
promise("restored, it is at its update", says(second, r"^update [1-9]"), str(names(second)[:40]))
at = updates(second)
second.key("ctrl+q")
second.process.wait(timeout=15)
promise("it is closed without a question", second.process.returncode == 0)
second.close()

third = Window(binary)
third.connect()
third.settle()
promise("what was closed is simply there", says(third, rf"^update {at:,}") and not says(third, r"Restore the last run", 0.5), str(names(third)[:40]))
third.process.send_signal(signal.SIGTERM)
third.process.wait()
third.close()

for kill in range(int(os.environ.get("KILLS", "0"))):
    window = Window(binary, "moons", preset="moons")
    window.connect()
    window.settle()
    window.key("t")
    window.until(lambda: False, draw.uniform(0.3, 1.5))
    save(window, home / "killed")
    if (home / "killed").exists():
        # There is a run already: said once.
        window.settle()
        window.key("Return")
    time.sleep(draw.uniform(0, 0.25))
    window.process.send_signal(signal.SIGKILL)
    window.process.wait()
    window.close()
    if (home / "killed").exists():
        code, words = replay(home / "killed")
        if code != 0:
            promise(f"kill {kill}: a whole folder", False, words)
print(f"{int(os.environ.get('KILLS', '0'))} kills, {len(failed)} failed")
sys.exit(bool(failed))
