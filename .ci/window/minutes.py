"""The README's first three minutes, walked in a real window from an empty HOME; each promise is looked up in what the window says.

minutes.py BIN: exit 1 if a promise is not kept.
"""
import re
import sys
import time

from drive import Ended, Frozen, Window

failed = []
count = 0


def promise(words, kept, seen=""):
    """One promise of the README, kept or not."""
    global count
    count += 1
    print(f"  {'ok    ' if kept else 'FAILED'}  {words}" + (f"  [{seen}]" if seen and not kept else ""), flush=True)
    if not kept:
        failed.append(f"{words}: {seen}")
    return kept


class Reader:
    """What a user reads off the window."""

    def __init__(self, window):
        self.w = window

    def names(self, role=None):
        return [n.name for n in self.w.tree() if role is None or n.role == role]

    def match(self, pattern, within=2.0, role=None):
        """The first match of a pattern among the names; none if it does not come."""
        end = time.monotonic() + within
        while True:
            for node in self.w.tree():
                if role is None or node.role == role:
                    found = re.search(pattern, node.name)
                    if found:
                        return found
            if time.monotonic() > end:
                return None
            self.w.until(lambda: False, 0.05)

    def t(self):
        found = self.match(r"^t = (\d+) of (\d+)$")
        return (int(found[1]), int(found[2])) if found else (None, None)

    def wave(self):
        """The state shown, and the size of ε by vertex, output first."""
        found = self.match(r"^Error wave, size of \S+ at t = (\d+): (.*)$")
        if not found:
            return None, {}
        sizes = (part.rsplit(" ", 1) for part in found[2].split(", "))
        return int(found[1]), {name: float(size.replace("−", "-")) for name, size in sizes}

    def levels(self):
        """Level by short name, from the network's vertices."""
        found = {}
        for name in self.names():
            m = re.match(r"^([^,]+), .*level (\d+), size of ε", name)
            if m:
                found[m[1]] = int(m[2])
        return found

    def numbers(self):
        """Every number of the state: all names, but those of what passes (rates, badges, what is kept)."""
        passing = re.compile(r"drawn \d+/s|at rest|LIVE|HISTORY|PAUSED|COMPUTING|^plays$|^pauses$")
        # A sentence may say more once the states that follow are there; its numbers stand beside it.
        return [n.name for n in self.w.tree()
                if not passing.search(n.name) and n.role != "status bar" and not n.name.endswith(".")]

    def verdict(self, within=2.0):
        found = self.match(r"^(EXACT SO FAR|EXACT|ROUNDING|RIGHT DIRECTION|DIFFERENT RULE|NO UPDATE|NOT COMPARED|NOT FINITE"
                           r"|nothing captured yet)(?:, .*)?$", within)
        return found[1] if found else None

    def energy(self):
        found = self.match(r"energy ([−\d.,e]+)")
        return float(found[1].rstrip(",").replace(",", "").replace("−", "-")) if found else None

    def update(self):
        found = self.match(r"^update ([\d,]+)$")
        return int(found[1].replace(",", "")) if found else None


def press(w, name, role=None):
    node = w.find(name, role)
    if node is None:
        return False
    return w.press_node(node)


def at_the_end(w, r):
    """Plays on to the last state, and waits for it."""
    _, last = r.t()
    for _ in range(8):
        w.key("End")
        w.settle()
        t, _ = r.t()
        if t == last:
            return True
        for _ in range(last - (t or 0)):
            w.key("Right")
        w.settle()
    return r.t()[0] == last


def first(w, r):
    print("1. The window opens on a handwritten 3 that an untrained CNN gets wrong")
    r.match(r"^t = \d+ of \d+$", 10)
    before = r.t()
    moved = w.until(lambda: r.t() != before, 6, 0.2)
    promise("it opens already running", moved, f"t = {before[0]} stands still")
    w.key("space")
    w.key("Home")
    w.settle()
    promise("the example is a handwritten 3", bool(r.match(r"^Example [\d,]+, a 3$")), str(r.names("image")))
    promise("the network is a CNN, not trained yet", bool(r.match(r"small CNN")) and bool(r.match(r"^update 0, not trained yet$")))
    t, wave = r.wave()
    output = {n: s for n, s in wave.items() if n == "output"}
    others = {n: s for n, s in wave.items() if n != "output"}
    promise("t = 0: the output's error is not 0", t == 0 and all(s > 0 for s in output.values()) and len(output) == 1, f"{t} {wave}")
    promise("t = 0: every other error is exactly 0", t == 0 and len(others) >= 4 and all(s == 0 for s in others.values()), str(wave))
    node = w.find(re.compile(r"^output, 10, level 0"))
    read = False
    if node and w.press_node(node):
        w.settle()
        number = r"[+−]?[\d.]+(?:e[+−]?\d+)?"
        rows = [re.match(rf"^(.+?) {number} ({number}) {number}$", n) for n in r.names("list item")]
        rows = [(m[1], float(m[2].replace("−", "-"))) for m in rows if m]
        read = len(rows) == 10
        best = max(rows, key=lambda row: row[1])[0] if rows else None
        promise("it gets the digit wrong: the largest prediction is not that of 3", read and not re.search(r"(^|\D)3(\D|$)", best),
                f"{rows}")
    else:
        promise("it gets the digit wrong: the output can be opened", False)


def second(w, r):
    print("2. The error wave; Space pauses, ← and → step, backward exactly")
    levels = r.levels()
    w.key("Home")
    w.settle()
    _, last = r.t()
    seen, right = {}, True
    for t in range(0, (last or 0) + 1):
        if t:
            w.key("Right")
            w.until(lambda: r.t()[0] == t, 2, 0.03)
            w.settle()
        at, wave = r.wave()
        right &= at == t
        for name, size in wave.items():
            level = levels.get(name)
            # On the front and behind it there is an error, ahead of it none.
            right &= level is not None and (size == 0) == (level > t)
        seen[t] = r.numbers()
    promise("→ steps, a state at a time, to the last", r.t()[0] == last and last, str(r.t()))
    promise("the wave goes down one level per step: 0 ahead of it, not 0 on it", right and len(levels) >= 6, str(levels))
    same = True
    for t in range(last - 1, -1, -1):
        w.key("Left")
        w.until(lambda: r.t()[0] == t, 2, 0.03)
        w.settle()
        same &= r.numbers() == seen[t]
        if r.numbers() != seen[t]:
            print("      differs at", t, [a for a in zip(r.numbers(), seen[t]) if a[0] != a[1]][:3])
    promise("← steps back, exactly: the same numbers at every state", same and r.t()[0] == 0)
    w.key("space")
    playing = w.until(lambda: r.t()[0] not in (0, None), 4, 0.1)
    w.key("space")
    w.settle()
    still = r.t()
    w.until(lambda: False, 1.5)
    promise("Space plays, and pauses", playing and r.t() == still and bool(r.match(r"at rest")), f"{playing} {still} {r.t()}")


def third(w, r):
    print("3. The meter says EXACT")
    w.key("Home")
    w.key("Right")
    w.settle()
    promise("while levels are still to come: EXACT, so far", (r.verdict() or "").startswith("EXACT"), str(r.verdict()))
    at_the_end(w, r)
    promise("at the end of the phase: EXACT", r.verdict() == "EXACT", str(r.verdict()))
    found = r.match(r"(?:^|\D)([\d,]+) of ([\d,]+) weights differ")
    promise("0 weights differ from backprop's update", bool(found) and found[1] == "0" and int(found[2].replace(",", "")) > 100_000,
            str(found and found[0]))


CONDITION = "level l taken at t = l"


def conditions_seen(w):
    heading = w.find(re.compile("^Conditions of exactness"))
    switch = w.find(CONDITION, "toggle button")
    size = w.window.get_geometry()
    return bool(heading and switch and switch.rect and 0 <= switch.rect[1] < size.height - 20)


def fourth(w, r):
    print("4. Break it, and mend it")

    def chip():
        return press(w, "Break it", "button")

    def key():
        w.key("a")
        return True

    def menu():
        return press(w, "View", "menu item") and press(w, "Conditions of exactness", "menu item")

    def palette():
        w.key("ctrl+k")
        w.settle()
        w.type("conditions of exact")
        w.settle()
        w.key("Return")
        return True

    for name, way in [("the chip", chip), ("key A", key), ("the menu", menu), ("the palette", palette)]:
        there = way()
        w.settle()
        promise(f"Break it by {name}: the conditions are shown, and the window answers", there and conditions_seen(w),
                "not found" if not there else "not shown")
    promise("the switch can be pressed", press(w, CONDITION, "toggle button"))
    w.settle()
    at_the_end(w, r)
    promise("the verdict falls to DIFFERENT RULE", r.verdict() == "DIFFERENT RULE", str(r.verdict()))
    w.key("ctrl+4")
    w.settle()
    fails = r.match(r"^(\d)\. (\w+) fails first here\. (.*)$")
    promise("Compare says which step of the proof fails", bool(fails) and fails[2] == "Capture", str(fails and fails[0]))
    promise("and points at the first wrong number", bool(fails) and bool(re.search(r"taken at t = \d+, where .* = [\d.]+, not [\d.]+", fails[3])),
            str(fails and fails[3]))
    w.key("ctrl+1")
    w.settle()
    promise("“Hold all conditions” is there", press(w, "Hold all conditions", "button"))
    w.settle()
    at_the_end(w, r)
    switch = w.find(CONDITION, "toggle button")
    promise("it puts it right: the condition holds, the verdict is EXACT",
            bool(switch) and bool({"pressed", "checked"} & switch.states) and r.verdict() == "EXACT", f"{switch and switch.states} {r.verdict()}")


def fifth(w, r):
    print("5. IL")
    promise("IL can be chosen", press(w, "IL", "radio button"))
    w.settle()
    w.key("Home")
    w.settle()
    start = r.energy()
    _, last = r.t()
    w.key("5")
    w.key("space")
    ran = w.until(lambda: r.t()[0] == last, 15, 0.1)
    w.key("space")
    w.settle()
    at_the_end(w, r)
    end = r.energy()
    promise("let run, it comes to its last state", ran, str(r.t()))
    promise("energy falls", None not in (start, end) and end < start, f"{start} to {end}")
    _, wave = r.wave()
    names = r.levels()
    band = {n: s for n, s in wave.items() if n in names}
    promise("the wave relaxes into a band: an error at every level", len(band) >= 6 and all(s > 0 for s in band.values()), str(wave))
    promise("the update drifts away from backprop's: DIFFERENT RULE", r.verdict() == "DIFFERENT RULE", str(r.verdict()))
    promise("a rule of its own, it is said", bool(r.match(r"(?i)\ba rule of its own")), "")
    press(w, "Z-IL", "radio button")
    w.settle()


def sixth(w, r):
    print("6. Draw your own digit")
    there = press(w, "Draw your own digit", "button")
    w.settle()
    pad = w.find(re.compile(r"^Drawing pad, 28 × 28 pixels, 0 inked$"))
    promise("the chip opens an empty pad at the left", there and bool(pad) and pad.rect[0] < 200, str(pad and pad.rect))
    if not pad:
        return
    x, y, wide, high = pad.rect
    blank = r.wave()[1]
    ink = lambda: int((r.match(r"^Drawing pad, .* (\d+) inked$") or [0, 0])[1])  # noqa: E731
    # With the button held: inference follows the pen, not the end of the stroke.
    w.doing = "drawing on the pad"
    w.move(x + wide * 0.3, y + high * 0.3)
    w.until(lambda: False, 0.05)
    w.button(True)
    followed, waves, inks = 0, [blank], [0]
    for i in range(1, 5):
        before = w.frames
        w.move(x + wide * (0.3 + 0.1 * i), y + high * (0.3 + 0.12 * (i % 2)))
        w.answer(before)
        w.until(lambda: r.wave()[1] != waves[-1], 1.5, 0.05)
        wave = r.wave()[1]
        followed += wave != waves[-1]
        waves.append(wave)
        inks.append(ink())
    w.button(False)
    w.answer()
    promise("the pen leaves ink", inks == sorted(set(inks)) and inks[-1] > 10, str(inks))
    promise("inference follows the pen while it is drawing", followed == 4, f"{followed} of 4 strokes moved the wave")
    promise("the pad can be closed", press(w, "Close the pad", "button"))
    w.settle()
    promise("and the example is back", bool(r.match(r"^Example [\d,]+, ")), "")


def seventh(w, r):
    print("7. Train")
    promise("the button is there", press(w, "Train", "button"))
    moved = w.until(lambda: (r.update() or 0) >= 5, 60, 0.3)
    promise("updates are counted", moved, str(r.update()))
    lanes = [n for n in w.tree() if n.role == "check box"]
    kinds = [n.name for n in lanes]
    promise("three lanes race: BP, Z-IL and IL",
            any("BP" in n for n in kinds) and "Z-IL" in kinds and any(n.startswith("IL,") for n in kinds)
            and sum("checked" in n.states for n in lanes) == 3, str([(n.name, n.states) for n in lanes]))
    always, looks, il = True, 0, None
    until = time.monotonic() + 6
    while time.monotonic() < until:
        found = r.match(r"^Z-IL(?:, [^:]*)?: ([\d,]+|—) weights and ([\d,]+|—) bits differ from BP, distance (\S+)$")
        if found:
            looks += 1
            always &= (found[1], found[2], found[3]) == ("0", "0", "0")
        il = r.match(r"^IL(?:, [^:]*)?: ([\d,]+) weights and ([\d,]+) bits differ from BP") or il
        w.until(lambda: False, 0.3)
    promise("two of the three curves are one curve: the counter of differing weights stays at 0", always and looks >= 5,
            str(found and found[0]))
    promise("and IL's is not", bool(il) and il[1] != "0", str(il and il[0]))
    at = r.update() or 0
    promise("it goes on", w.until(lambda: (r.update() or 0) > at, 20, 0.3), f"{at}")
    press(w, "Pause", "button")
    w.settle(most=3)
    promise("and pauses", w.until(lambda: bool(r.match(r"at rest", 0)), 5, 0.2))


def walk(binary):
    w = Window(binary)
    try:
        r = Reader(w)
        w.connect()
        for step in (first, second, third, fourth, fifth, sixth, seventh):
            step(w, r)
    except (Frozen, Ended) as problem:
        failed.append(str(problem))
        print(f"  FAILED  {problem}")
    finally:
        w.close()
    print(f"{count - len(failed)} of {count} promises of the first three minutes kept" if not failed else
          f"{len(failed)} of the first three minutes' promises FAILED:\n  " + "\n  ".join(failed))
    return not failed


if __name__ == "__main__":
    sys.exit(0 if walk(sys.argv[1]) else 1)
