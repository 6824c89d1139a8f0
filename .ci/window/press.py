"""Presses every control that a real window shows: with the pointer, by its accessible action, typed into, dragged.

press.py BIN: on `mnist-cnn`, in every layout, from an empty HOME. Where nothing unpressed is in sight, what once brought a control
into sight (a menu, a dialog, a section) is pressed again. Prints how many controls were pressed and how, what did nothing, and what
could not be reached; a window that does not answer is killed, and control and preset are printed. Exit 1 if it froze, ended, or opened a
window that is not its own. A control is pressed in one way in each layout that shows it, in another in the next, as far as MINUTES= (3)
allow. FULL=1 presses it in every way in each; exit 1 then also if more than QUIET per cent did nothing, or the time was too short.
"""
import os
import re
import sys
import time
from collections import Counter

from drive import Ended, Frozen, Window

PRESET = "mnist-cnn"
LAYOUTS = ["Teach", "Explore", "Train", "Compare", "Present"]
QUIET = 2.0
FULL = bool(os.environ.get("FULL"))
EDITED = {"spin button", "entry", "text"}
CHOICES = {"radio button", "tab", "list item"}
# Pressed last: the program ends.
LAST = "Quit"
# What a desktop without window manager cannot do.
NO_DESKTOP = {"Full screen": "there is no window manager to make a window full-screen"}
PASSING = re.compile(r"drawn \d+/s")
DIGITS = re.compile(r"[−+-]?\d[\d,]*(\.\d+)?(e[−+-]?\d+)?")
PICTURES = ("Error wave", "Drawing pad", "Energy", "Loss", "Accuracy", "Confusion")


def masked(node):
    """What stays of a name whatever state is shown: the hundred rows of a table are one control."""
    name = node.name
    if node.role == "image":
        return next((p for p in PICTURES if name.startswith(p)), "a map of values")
    if node.role in {"button", "toggle button"}:
        # Rows of tables and vertices say their numbers after their name.
        name = re.split(r", level|: |, \d", name)[0] if re.search(r"level \d|: ", name) else name
    return DIGITS.sub("#", name)[:60]


def is_control(node):
    return ("Action" in node.interfaces and node.role != "scroll bar") or node.role in EDITED | {"slider"} or (
        node.role == "image" and node.name.startswith("Drawing pad"))


class Presser:
    def __init__(self, binary, minutes):
        self.binary, self.w, self.layout, self.title = binary, None, None, None
        self.until = time.monotonic() + 60 * minutes
        self.seen, self.opened = {}, {}  # control -> layout it was first seen in; -> (control, way) that showed it
        self.done = Counter()  # (control, way) -> presses
        self.quiet, self.unreached, self.faults = {}, {}, []
        self.baseline, self.given_up, self.tried = set(), set(), Counter()
        self.here_done = set()  # controls pressed in the present layout
        self.starts = self.presses = 0

    # --- the window

    def fresh(self):
        """A new window on the preset in the layout, paused at its first state."""
        if self.w:
            self.w.close()
        self.starts += 1
        self.w = Window(self.binary, PRESET, preset=PRESET, own_home=True)
        self.w.connect()
        if not self.w.find(re.compile(r"^t = \d+ of \d+$"), within=15):
            raise Ended("nothing was shown within 15 s of starting")
        self.w.settle(most=0.3)
        self.rest()
        self.choose(self.layout)
        self.title = self.experiment(self.w.tree())

    def choose(self, layout):
        for _ in range(3):
            self.w.key("shift+F11" if layout == "Present" else f"ctrl+{LAYOUTS.index(layout) + 1}")
            self.w.settle()
            if self.in_layout(self.w.tree()) == layout:
                return

    def in_layout(self, nodes):
        for n in nodes:
            if n.role == "radio button" and n.name in LAYOUTS and "checked" in n.states:
                return n.name
        return "Present"

    def experiment(self, nodes):
        """The name at the top of the window, beside the layouts; none where it has no room."""
        for at, n in enumerate(nodes[:-1]):
            if n.role == "radio button" and n.name == "Present":
                return nodes[at + 1].name if nodes[at + 1].role == "label" else None
        return None

    def status(self, nodes):
        return next((n.name for n in nodes if n.role == "status bar"), None)

    def rest(self, nodes=None):
        """Pauses what plays or trains; true if anything had to be done."""
        did = False
        for _ in range(6):
            nodes = nodes or self.w.tree()
            status = self.status(nodes)
            training = next((n for n in nodes if n.role == "button" and n.name == "Pause"), None)
            if status is None:
                # Without a status bar: what moves is seen.
                if self.w.settle(0.7, 0.8):
                    return did
                self.w.key("space")
            elif "at rest" in status:
                return did
            elif training:
                self.w.act(training)
            elif not self.w.settle(0.3, 0.8):
                self.w.key("Escape")
                self.w.key("space")
            did, nodes = True, None
            self.w.settle()
        return did

    def state(self, nodes):
        """What the tree says, but for what passes by itself; the focus counts for a field only."""
        return [(n.role, PASSING.sub("", n.name), n.value, n.text, tuple(sorted(n.states - (set() if n.role in EDITED else {"focused"}))))
                for n in nodes]

    def read(self):
        return self.w.tree(values=True)

    # --- one press

    def ident(self, node):
        return node.role, masked(node)

    def ways(self, node):
        if node.role == "slider":
            return ["drag", "key"]
        if node.role in EDITED:
            return ["type", "action"] if "Action" in node.interfaces else ["type"]
        if node.role == "image":
            return ["drag", "pointer"] + (["action"] if "Action" in node.interfaces else [])
        if node.role == "separator" or not node.name and node.rect and min(node.rect[2:]) <= 8:
            return ["drag"]
        return ["pointer", "action"]

    def left(self, node):
        """The ways this control is still to be pressed in here: one in each layout that shows it, with FULL= every way in each."""
        control = self.ident(node)
        if control in self.here_done and not FULL:
            return []
        return [w for w in self.ways(node) if not self.done[control, w]]

    def press(self, node, way):
        """Presses; None if it could not be."""
        words = f"{way} on {node} in {self.layout}"
        w = self.w
        if way == "action":
            return w.act(node, words) or None
        if not w.visible(node):
            return None
        x, y, wide, high = node.rect
        if way == "pointer":
            w.click(*node.centre, doing=words)
        elif way == "drag":
            inset = min(8, wide // 4)
            line = [(x + inset + (wide - 2 * inset) * i // 6, y + high // 2 + (high // 6) * ((i % 3) - 1) * (node.role == "image"))
                    for i in range(7)]
            if not node.name:
                # What divides two tiles moves across its length.
                across = (0, 12) if wide > high else (12, 0)
                cx, cy = node.centre
                line = [(cx + across[0] * i // 3, cy + across[1] * i // 3) for i in range(4)]
            w.drag(line if self.done[self.ident(node), "drag"] % 2 else line[::-1], doing=words)
        elif way == "key":
            w.click(*node.centre, doing=words)
            w.key("Left", doing=words)
            w.key("Left", doing=words)
        elif way == "type":
            w.click(*node.centre, doing=words)
            w.key("ctrl+a", doing=words)
            w.type("35"[self.done[self.ident(node), "type"] % 2], doing=words)
            w.key("Return", doing=words)
        return True

    def one(self, node, way, before=None):
        """Presses one control in one way and notes what came of it; gives what is seen then, or none if it could not be pressed."""
        w, control = self.w, self.ident(node)
        size = w.window.get_geometry()
        corner = (size.width - 1, size.height - 1)
        w.move(*corner)
        w.settle(0.05)
        before = before or self.read()
        picture = w.picture()
        windows = {c.id for c in w.root.query_tree().children}
        self.done[control, way] += 1
        self.here_done.add(control)
        if self.press(node, way) is None:
            self.unreached[control, way] = self.layout
            return None
        self.presses += 1
        self.unreached.pop((control, way), None)
        w.move(*corner)
        moving = not w.settle(most=2.5)
        after = self.read()
        changed = moving or self.state(before) != self.state(after) or w.picture() != picture
        chosen = node.states & {"checked", "selected"} and node.role in CHOICES
        if changed or chosen:
            self.quiet.pop((control, way), None)
        else:
            self.quiet[control, way] = (self.layout, node.name)
        # A portal's or a toolkit's dialog would be a window of its own.
        for child in w.root.query_tree().children:
            if child.id not in windows and child.id != w.window.id:
                attributes = child.get_attributes()
                if attributes.map_state == 2 and not attributes.override_redirect:
                    self.faults.append(f"a window that is not the program's after {way} on {node} in {self.layout}")
        known = {self.ident(n) for n in before}
        for n in after:
            if is_control(n) and self.ident(n) not in known | self.baseline:
                self.opened.setdefault(self.ident(n), (control, way))
        return after

    # --- all of them

    def skip(self, node):
        return masked(node) in NO_DESKTOP or node.name.startswith(LAST) or node.name in LAYOUTS and node.role == "radio button"

    def put_back(self, nodes):
        """To the preset, the layout and rest, whatever the press did; gives the tree if nothing had to be done."""
        named = self.experiment(nodes)
        if named is not None and self.title is not None and named != self.title:
            self.fresh()
            return None
        if self.in_layout(nodes) != self.layout:
            self.w.key("Escape")
            self.choose(self.layout)
            nodes = None
        return nodes if not self.rest(nodes) else None

    def cover(self, layout):
        """Everything this layout shows."""
        self.layout = layout
        self.given_up, self.tried, self.here_done = set(), Counter(), set()
        if FULL:
            self.done.clear()
        self.fresh()
        nodes = self.w.tree(places=True)
        self.baseline = {self.ident(n) for n in nodes if is_control(n)}
        nodes, stuck = None, False
        while time.monotonic() < self.until:
            nodes = nodes or self.w.tree(places=True, values=True)
            here = {}
            for n in nodes:
                if is_control(n) and not self.skip(n):
                    self.seen.setdefault(self.ident(n), layout)
                    here.setdefault(self.ident(n), n)
            todo = [n for n in here.values() if self.left(n)]
            extra = [n for n in todo if self.ident(n) not in self.baseline]
            if todo and not extra and not stuck and any(c not in self.baseline for c in here):
                # A menu or a dialog may stand before the rest.
                self.w.key("Escape")
                self.w.settle()
                nodes, stuck = None, True
                continue
            stuck = False
            if todo:
                node = (extra or todo)[0]
                nodes = self.one(node, self.left(node)[0], nodes)
                nodes = self.put_back(nodes) if nodes else None
                continue
            # Nothing unpressed in sight: what brought it into sight is pressed again.
            hidden = [c for c in self.opened if c not in here and self.wanted(c)]
            if not hidden:
                break
            nodes = None
            if not self.reach(hidden[0]):
                self.given_up.add(hidden[0])
        self.again()
        print(f"  {layout}: {len(self.baseline)} controls at first sight, {len(self.seen)} known, {self.presses} presses", flush=True)

    def again(self):
        """What did nothing is pressed once more in a new window, in the middle of a phase and with another vertex chosen."""
        waiting = [key for key, (layout, _) in self.quiet.items() if layout == self.layout]
        if not waiting or time.monotonic() > self.until:
            return
        self.fresh()
        for control, way in waiting:
            if time.monotonic() > self.until:
                return
            self.w.key("Escape")
            for key in ("Home", "Right", "Right", "bracketright"):
                self.w.key(key)
            self.w.settle()
            if not self.reach(control):
                continue
            if control[1] == "Clear":
                pad = self.w.find(re.compile("^Drawing pad"))
                self.w.drag([pad.centre, (pad.centre[0] + 20, pad.centre[1] + 20)], doing="drawing on the pad")
                self.w.settle()
            node = self.here(control)
            nodes = self.one(node, way) if node else None
            if nodes:
                self.put_back(nodes)

    def here(self, control):
        """The control as it stands now, one that is not chosen yet if there are several."""
        found = [n for n in self.w.tree(places=True, values=True) if is_control(n) and self.ident(n) == control]
        free = [n for n in found if not n.states & {"checked", "selected", "pressed"}]
        return (free or found or [None])[0]

    def wanted(self, control):
        if control in self.given_up or control[1].startswith(LAST) or control[1] in NO_DESKTOP:
            return False
        if control in self.here_done and not FULL:
            return False
        ways = [w for (c, w), n in self.done.items() if c == control and n]
        return len(ways) < (3 if control[0] == "image" else 2 if control[0] != "entry" else 1) and self.tried[control] < 4

    def reach(self, target):
        """Presses its way to a control; false if that is not possible."""
        self.tried[target] += 1
        if self.here(target):
            return True
        chain, at = [], target
        while at in self.opened and len(chain) < 5:
            at, way = self.opened[at]
            chain.append((at, way))
            if self.here(at):
                break
        for control, way in reversed(chain):
            self.w.settle()
            node = self.here(control)
            if node is None:
                self.fresh()
                node = self.here(control)
            if node is None or self.press(node, way) is None:
                return False
            self.w.settle()
        return self.here(target) is not None

    def run(self):
        try:
            for layout in LAYOUTS:
                self.cover(layout)
            # What chooses layouts and what ends the program, last.
            self.layout = "Teach"
            self.fresh()
            for layout in ["Explore", "Train", "Compare", "Teach", "Present"]:
                self.seen.setdefault(("radio button", layout), "Teach")
                self.one(self.w.find(layout, "radio button"), "pointer")
            self.fresh()
            for layout in ["Explore", "Train", "Compare", "Teach", "Present"]:
                self.one(self.w.find(layout, "radio button"), "action")
            self.fresh()
            self.quits()
        except (Frozen, Ended) as problem:
            self.faults.append(str(problem))
        finally:
            if self.w:
                self.w.close()
        return self.report()

    def quits(self):
        self.w.click(*self.w.find("File", "menu item").centre)
        self.w.settle()
        node = self.w.find(re.compile("^Quit"), "menu item")
        self.w.doing = "click on Quit"
        self.w.move(*node.centre)
        self.w.until(lambda: False, 0.1)
        self.w.button(True)
        self.w.button(False)
        end = time.monotonic() + 5
        while self.w.process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        if self.w.process.poll() != 0:
            self.faults.append(f"Quit: the program {'goes on' if self.w.process.poll() is None else 'ended with an error'}")
        self.done[("menu item", "Quit"), "pointer"] += 1

    def report(self):
        ways = Counter(way for (_, way), n in self.done.items() if n)
        pressed = {c for (c, _), n in self.done.items() if n}
        never = sorted(c for c in self.seen if c not in pressed and c[1] not in NO_DESKTOP and not c[1].startswith(LAST))
        print(f"{len(pressed)} of {len(self.seen)} controls of {PRESET} pressed in {len(LAYOUTS)} layouts, {self.presses} presses: "
              + ", ".join(f"{n} by {way}" for way, n in sorted(ways.items())) + f"; {self.starts} windows opened")
        for (control, way), (layout, name) in sorted(self.quiet.items()):
            print(f"  did nothing: {way} on {control[0]} “{name[:100]}” in {layout}")
        for control in never:
            print(f"  never pressed: {control[0]} “{control[1]}”")
        for (control, way), layout in sorted(self.unreached.items()):
            print(f"  could not be reached: {way} on {control[0]} “{control[1]}” in {layout}")
        for name, why in NO_DESKTOP.items():
            print(f"  not pressed: “{name}”: {why}")
        quiet = len({c for c, _ in self.quiet})
        share = 100 * quiet / max(1, len(pressed))
        print(f"{quiet} of {len(pressed)} controls did nothing ({share:.1f} %, at most {QUIET:g} % expected)")
        if time.monotonic() > self.until:
            words = "the time for this was over before every control had been pressed (MINUTES=)"
            print(f"  {words}")
            if FULL:
                self.faults.append(words)
        for fault in self.faults:
            print(f"FAILED  {fault}")
        return not self.faults and (share <= QUIET or not FULL)


if __name__ == "__main__":
    sys.exit(0 if Presser(sys.argv[1], float(os.environ.get("MINUTES", "3"))).run() else 1)
