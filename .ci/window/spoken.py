"""The README's first three minutes by AT-SPI alone: nothing is pointed at and no key is pressed. What minutes.py does with pointer and
keys is done here by the actions of what the tree names, as somebody does who hears the window.

spoken.py BIN: exit 1 if a promise is not kept. Drawing needs a pen: of the pad, what it says of its keys is heard.
"""
import re
import sys

import minutes
from drive import Window

# Keys of minutes.py, by the name of the control that does the same.
KEYS = {
    "space": "Play or pause",
    "Home": "First state",
    "End": "Latest state, and follow",
    "Right": "Step forward",
    "Left": "Step back",
    "ctrl+1": "Teach",
    "ctrl+2": "Explore",
    "ctrl+3": "Train",
    "ctrl+4": "Compare",
    "ctrl+5": "Present",
    "ctrl+k": "Command palette",
}


class Spoken(Window):
    """A window of which only the accessibility tree is used."""

    typed = ""

    def by_name(self, name, role=None):
        node = self.find(name, role, places=False)
        return node is not None and self.act(node)

    def press_node(self, node, button=1, doing=None):
        return self.act(node, doing)

    def key(self, combination, doing=None):
        if combination in KEYS:
            return self.by_name(KEYS[combination])
        if combination == "a":
            return self.by_name("View", "menu item") and self.by_name("Conditions of exactness", "menu item")
        if combination == "5":
            # The speed goes round.
            for _ in range(8):
                if self.find("Speed 30 steps/s", within=0.3, places=False):
                    return True
                self.by_name(re.compile("^Speed "))
            return False
        if combination == "Return":
            rows = [n for n in self.tree() if n.role == "menu item" and self.typed.lower() in n.name.lower()]
            return bool(rows) and self.act(rows[-1])
        raise SystemExit(f"no control does what {combination} does")

    def type(self, text, doing=None):
        self.typed = text

    def click(self, *_arguments, **_more):
        raise SystemExit("nothing is pointed at here")

    move = button = drag = scroll = click


def sixth(w, r):
    print("6. Draw your own digit: the pad, as far as it can be heard")
    there = minutes.press(w, "Draw your own digit", "button")
    w.settle()
    pad = w.find(re.compile(r"^Drawing pad, 28 × 28 pixels, 0 inked$"), places=False)
    minutes.promise("the chip opens an empty pad", there and bool(pad))
    keys = r"^Pen up at column \d+, row \d+\. Arrows move it, Space sets it down or lifts it, Delete wipes\.$"
    minutes.promise("it says how keys draw on it", bool(pad) and bool(re.search(keys, pad.description)), pad and pad.description)
    minutes.promise("the pad can be closed", minutes.press(w, "Close the pad", "button"))
    w.settle()
    minutes.promise("and the example is back", bool(r.match(r"^Example [\d,]+, ")), "")


def aloud(w, r):
    print("8. What is said as it happens")
    w.key("ctrl+1")
    w.settle()
    live = [n.name for n in w.tree() if n.role == "status bar"]
    minutes.promise("a pause is announced", any(re.match(r"^Training is paused after update [\d,]+\.$", n) for n in live), str(live))
    frame = w.find(re.compile(r"^pcscope, "), "frame", places=False)
    minutes.promise("the window has a name", frame is not None)
    nameless = [n for n in w.tree() if "focusable" in n.states and not n.name]
    minutes.promise("all that takes the focus has one", not nameless, str([(n.role, n.path) for n in nameless]))


if __name__ == "__main__":
    minutes.Window = Spoken
    minutes.sixth = sixth
    seventh = minutes.seventh
    minutes.seventh = lambda w, r: (seventh(w, r), aloud(w, r))
    sys.exit(0 if minutes.walk(sys.argv[1]) else 1)
