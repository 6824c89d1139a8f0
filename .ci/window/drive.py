"""A real window, driven as a user drives it: pointer and keyboard through XTEST, read back through AT-SPI, and watched.

Debian's python3, python3-gi and python3-xlib. After every input the window must answer: the X ping of its event loop and a frame
within LIMIT seconds, or it is killed and `Frozen` says which control of which preset it was.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIMIT = float(os.environ.get("WATCHDOG", "2"))  # seconds without an answer
READ = 2000  # milliseconds for a reply of the accessibility bus

# Roles and states of AT-SPI by number (atspi-constants.h).
ROLES = {7: "check box", 11: "combo box", 12: "spin button", 16: "dialog", 23: "frame", 27: "image", 29: "label", 31: "list",
         32: "list item", 33: "menu", 35: "menu item", 37: "tab", 38: "tab list", 39: "panel", 42: "progress bar", 43: "button",
         44: "radio button", 54: "status bar", 67: "unnamed", 83: "heading", 48: "scroll bar", 49: "scroll pane", 50: "separator", 51: "slider", 52: "spin button", 55: "table",
         56: "cell", 61: "text", 62: "toggle button", 75: "application", 79: "entry", 86: "node", 88: "link", 91: "tree item",
         98: "list box", 101: "notification", 116: "static"}
STATES = {1: "active", 4: "checked", 8: "enabled", 11: "focusable", 12: "focused", 20: "pressed", 23: "selected", 24: "sensitive",
          25: "showing", 30: "visible"}


def on_desktop():
    """Starts this program again on a desktop of its own, unless it is on one."""
    if "PCSCOPE_DESKTOP" not in os.environ:
        os.execv(str(HERE / "desktop"), ["desktop", "/usr/bin/python3", *sys.argv])


on_desktop()

import gi  # noqa: E402

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402
from Xlib import X, XK, Xatom, display, error  # noqa: E402
from Xlib.ext import damage, xtest  # noqa: E402
from Xlib.protocol import event  # noqa: E402


class Frozen(Exception):
    """The window did not answer in time; it has been killed."""


class Ended(Exception):
    """The program ended by itself."""


class Node:
    """A node of the accessibility tree as it was when it was read."""

    __slots__ = ("path", "parent", "index", "interfaces", "name", "role", "description", "states", "rect", "value", "text", "depth")

    def __init__(self, path, parent, index, interfaces, name, role, description, states):
        self.path, self.parent, self.index = path, parent, index
        self.interfaces = {i.rsplit(".", 1)[-1] for i in interfaces}
        self.name, self.description = name, description
        self.role = ROLES.get(role, str(role))
        bits = states[0] | (states[1] << 32 if len(states) > 1 else 0)
        self.states = {word for bit, word in STATES.items() if bits >> bit & 1}
        self.rect = self.value = self.text = None

    @property
    def centre(self):
        x, y, w, h = self.rect
        return x + w // 2, y + h // 2

    def __repr__(self):
        return f"{self.role} “{self.name}”"


def words(text):
    return re.sub(r"\s+", " ", text or "").strip()


class Window:
    """The program in a window of its own. `preset` is named where it freezes; `arguments` go to the command line."""

    def __init__(self, binary, *arguments, preset="", own_home=False):
        self.preset, self.doing = preset, "start"
        self.display = display.Display()
        self.root = self.display.screen().root
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.pongs, self.frames, self.last_frame, self.sent = 0, 0, 0.0, 0
        self.frame_times = None  # a list, while frames are to be timed
        self.root.change_attributes(event_mask=X.SubstructureNotifyMask)
        self.started = time.monotonic()
        # A HOME of its own is empty; the other is the desktop's. Nothing is written where the program was started.
        self.home = tempfile.mkdtemp() if own_home else None
        home = self.home or os.environ["HOME"]
        self.process = subprocess.Popen([os.path.abspath(binary), *arguments], stdout=self.log, stderr=subprocess.STDOUT, cwd=home,
                                        env={**os.environ, "HOME": home})
        self.window = self._find()
        self.display.damage_query_version()
        self.watch = self.window.damage_create(damage.DamageReportNonEmpty)
        self.window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self.display.sync()
        self.bus = self._accessibility()
        self.address = None
        self._keys, self.last = {}, []

    # --- starting and ending

    def _find(self):
        pid = self.display.intern_atom("_NET_WM_PID")
        until = time.monotonic() + 20
        while time.monotonic() < until:
            self.alive()
            for child in self.root.query_tree().children:
                try:
                    own = child.get_full_property(pid, Xatom.CARDINAL)
                    if own and own.value[0] == self.process.pid and child.get_attributes().map_state == X.IsViewable:
                        return child
                except error.XError:
                    continue
            time.sleep(0.05)
        self.kill()
        raise Frozen("no window within 20 s of starting")

    def _accessibility(self):
        session = Gio.bus_get_sync(Gio.BusType.SESSION)
        (address,) = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None, 0, 10000).unpack()
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        return Gio.DBusConnection.new_for_address_sync(address, flags, None, None)

    def alive(self):
        if self.process.poll() is not None:
            said = "".join(f"\n    {line}" for line in self.said())
            raise Ended(f"the program ended with {self.process.returncode} ({self.doing}; preset {self.preset or 'of first launch'}){said}")

    def said(self):
        """What the program wrote last, or where it panicked."""
        self.log.seek(0)
        lines = self.log.read().splitlines()
        at = next((i for i, line in enumerate(lines) if "panicked" in line), None)
        return lines[-6:] if at is None else [line for line in lines[at:] if not line.strip().startswith("at ")][:30]

    def panics(self):
        self.log.seek(0)
        return [line for line in self.log.read().splitlines() if "panicked" in line]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def close(self):
        """Ends the program as a session manager would, and waits."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.display.close()
        if self.home:
            shutil.rmtree(self.home, ignore_errors=True)

    # --- what comes from the window

    def pump(self):
        """Takes what the X server has for us."""
        while self.display.pending_events():
            e = self.display.next_event()
            if e.type == self.display.extension_event.DamageNotify:
                now = time.monotonic()
                self.frames += 1
                self.last_frame = now
                if self.frame_times is not None:
                    self.frame_times.append(now)
                self.watch_again()
            elif e.type == X.ClientMessage and e.window == self.root:
                self.pongs = max(self.pongs, e.data[1][1])

    def watch_again(self):
        self.display.damage_subtract(self.watch, 0, 0)
        self.display.flush()

    def until(self, what, most, pause=0.004):
        """Waits until `what()` is true; false if it is not within `most` seconds."""
        end = time.monotonic() + most
        while True:
            self.pump()
            if what():
                return True
            self.alive()
            if time.monotonic() > end:
                return False
            time.sleep(pause)

    def ping(self):
        self.sent += 1
        protocols = self.display.intern_atom("WM_PROTOCOLS")
        data = (self.display.intern_atom("_NET_WM_PING"), self.sent, self.window.id, 0, 0)
        self.window.send_event(event.ClientMessage(window=self.window, client_type=protocols, data=(32, data)))
        self.display.flush()
        return self.sent

    def _frozen(self, what):
        self.kill()
        raise Frozen(f"no answer within {LIMIT:g} s ({what}): {self.doing}; preset {self.preset or 'of first launch'}")

    def answer(self, frames_before=None):
        """The watchdog: the event loop must answer, and a frame be drawn, within LIMIT seconds of an input."""
        began = time.monotonic()
        left = lambda: LIMIT - (time.monotonic() - began)  # noqa: E731
        self.loop_answers("X ping")
        if frames_before is not None and not self.until(lambda: self.frames > frames_before, left()):
            self._frozen("frame")
        # What an input sets off can stand still in a frame after: asked once more when that has had its time.
        self.until(lambda: False, 0.05)
        self.loop_answers("X ping after the frame")

    def begin(self, doing):
        """Before an input: the one before is still answered for."""
        self.loop_answers("X ping before the next input")
        self.doing = doing

    def loop_answers(self, what):
        ping = self.ping()
        if not self.until(lambda: self.pongs >= ping, LIMIT):
            self._frozen(what)

    def settle(self, quiet=0.12, most=1.5):
        """Waits until no frame has been drawn for `quiet` seconds; false if the picture goes on moving."""
        began = time.monotonic()
        rests = self.until(lambda: time.monotonic() - max(self.last_frame, began) > quiet, most)
        self.loop_answers("X ping at rest" if rests else "X ping")
        return rests

    def picture(self, rect=None):
        """The bytes of a part of the window (x, y, width, height), or of all of it."""
        if rect is None:
            g = self.window.get_geometry()
            rect = (0, 0, g.width, g.height)
        return self.window.get_image(*rect, X.ZPixmap, 0xFFFFFFFF).data

    # --- input

    def move(self, x, y):
        xtest.fake_input(self.display, X.MotionNotify, x=int(x), y=int(y))
        self.display.flush()

    def button(self, pressed, button=1):
        xtest.fake_input(self.display, X.ButtonPress if pressed else X.ButtonRelease, button)
        self.display.flush()

    def click(self, x, y, button=1, doing=None):
        """A click; the pointer rests a moment before and between, as a hand does."""
        self.begin(doing or f"click at {x}, {y}")
        self.move(x, y)
        self.until(lambda: False, 0.04)
        self.button(True, button)
        self.until(lambda: False, 0.04)
        before = self.frames
        self.button(False, button)
        self.answer(before)

    def drag(self, points, button=1, doing=None):
        self.begin(doing or f"drag from {points[0]} to {points[-1]}")
        self.move(*points[0])
        self.until(lambda: False, 0.03)
        self.button(True, button)
        for point in points[1:]:
            self.until(lambda: False, 0.015)
            self.move(*point)
        self.until(lambda: False, 0.03)
        before = self.frames
        self.button(False, button)
        self.answer(before)

    def scroll(self, x, y, clicks, doing=None):
        """Turns the wheel; positive clicks go down."""
        self.begin(doing or f"wheel at {x}, {y}")
        self.move(x, y)
        before = self.frames
        for _ in range(abs(clicks)):
            self.button(True, 5 if clicks > 0 else 4)
            self.button(False, 5 if clicks > 0 else 4)
        self.answer(before)

    def _code(self, name):
        """Keycode and whether Shift is held for a key's name or a character."""
        if name not in self._keys:
            symbol = XK.string_to_keysym(name) or ord(name)
            found = None
            for code, index in self.display.keysym_to_keycodes(symbol):
                if index < 2 and (found is None or index < found[1]):
                    found = (code, index)
            if found is None:
                raise ValueError(f"no key for {name!r}")
            self._keys[name] = found
        return self._keys[name]

    def press(self, combination):
        """The events of a key, such as `ctrl+k`, without waiting for an answer."""
        *modifiers, name = combination.split("+") if combination != "+" else ["+"]
        held = {"ctrl": "Control_L", "shift": "Shift_L", "alt": "Alt_L"}
        code, shifted = self._code(name)
        down = [self._code(held[m])[0] for m in modifiers]
        if shifted and "shift" not in modifiers:
            down.append(self._code("Shift_L")[0])
        for c in [*down, code]:
            xtest.fake_input(self.display, X.KeyPress, c)
        for c in [code, *reversed(down)]:
            xtest.fake_input(self.display, X.KeyRelease, c)
        self.display.flush()

    def key(self, combination, doing=None):
        self.begin(doing or f"key {combination}")
        before = self.frames
        self.press(combination)
        self.answer(before)

    def type(self, text, doing=None):
        self.begin(doing or f"typing {text!r}")
        before = self.frames
        names = {" ": "space", ".": "period", ",": "comma", "-": "minus", "/": "slash", "_": "underscore", "\n": "Return"}
        for letter in text:
            self.press(names.get(letter, letter))
            self.until(lambda: False, 0.012)
        self.answer(before)

    # --- the accessibility tree

    def _call(self, path, interface, method, arguments, reply=None):
        return self.bus.call_sync(self.address, path, interface, method, arguments, reply, 0, READ, None).unpack()

    def _connect(self):
        """Finds the program on the accessibility bus."""
        (children,) = self.bus.call_sync("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root", "org.a11y.atspi.Accessible",
                                         "GetChildren", None, None, 0, READ, None).unpack()
        for name, _ in children:
            try:
                (pid,) = self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                            "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)), None, 0, READ, None).unpack()
            except GLib.Error:
                continue
            if pid == self.process.pid:
                self.address = name
                return True
        return False

    def connect(self, most=15):
        end = time.monotonic() + most
        while self.address is None and not self._connect():
            self.alive()
            if time.monotonic() > end:
                raise Ended("the window is not on the accessibility bus")
            time.sleep(0.1)

    def tree(self, places=False, values=False):
        """Every node, in the order of the tree. `places` reads where they are, `values` their values and texts."""
        self.connect()
        end = time.monotonic() + max(LIMIT, 2)
        while True:
            try:
                (items,) = self._call("/org/a11y/atspi/cache", "org.a11y.atspi.Cache", "GetItems", None)
                break
            except GLib.Error as problem:
                self.alive()
                if time.monotonic() > end:
                    self._frozen(f"accessibility: {problem.message}")
                self.until(lambda: False, 0.1)  # it may not be on the bus yet
        nodes = {}
        for (_, path), _, (_, parent), index, _, interfaces, name, role, description, states in items:
            nodes[path] = Node(path, parent, index, interfaces, words(name), role, words(description), states)
        children = {}
        for node in nodes.values():
            children.setdefault(node.parent, []).append(node)
        # The program's own root; its parent has the same path on another bus name.
        ordered, stack = [], [n for n in nodes.values() if n.path.endswith("/root")]
        for n in stack:
            n.depth = 0
        while stack:
            node = stack.pop()
            ordered.append(node)
            below = sorted((n for n in children.get(node.path, []) if n is not node), key=lambda n: -n.index)
            for child in below:
                child.depth = node.depth + 1
            stack.extend(below)
        wanted = []
        if places:
            wanted += [(n, "rect", "Component", "GetExtents", GLib.Variant("(u)", (1,))) for n in ordered if "Component" in n.interfaces]
        if values:
            get = lambda interface, name: GLib.Variant("(ss)", (f"org.a11y.atspi.{interface}", name))  # noqa: E731
            wanted += [(n, "value", None, "Get", get("Value", "CurrentValue")) for n in ordered if "Value" in n.interfaces]
            wanted += [(n, "text", "Text", "GetText", GLib.Variant("(ii)", (0, -1))) for n in ordered if "Text" in n.interfaces]
        self._ask(wanted)
        self.last = ordered
        return ordered

    def _ask(self, wanted):
        """Many questions at once; a node that has gone meanwhile keeps `None`."""
        loop, left = GLib.MainContext.default(), [len(wanted)]

        def done(bus, result, asked):
            left[0] -= 1
            try:
                answer = bus.call_finish(result).unpack()
            except GLib.Error:
                return
            setattr(asked[0], asked[1], answer[0])

        for asked in wanted:
            node, _, interface, method, arguments = asked
            interface = f"org.a11y.atspi.{interface}" if interface else "org.freedesktop.DBus.Properties"
            self.bus.call(self.address, node.path, interface, method, arguments, None, 0, READ, None, done, asked)
        end = time.monotonic() + 2 * READ / 1000
        while left[0] and time.monotonic() < end:
            loop.iteration(True)

    def place(self, node):
        """Where a node is now (x, y, width, height) in the window; none if it is gone."""
        self._ask([(node, "rect", "Component", "GetExtents", GLib.Variant("(u)", (1,)))])
        return node.rect

    def find(self, name, role=None, within=2.0, places=True, nodes=None):
        """The first node of this name (a string, or a pattern) and role; waits for it. None if it does not come."""
        fits = (lambda n: n.name == name) if isinstance(name, str) else (lambda n: name.search(n.name))
        end = time.monotonic() + within
        while True:
            for node in nodes if nodes is not None else self.tree():
                if fits(node) and (role is None or node.role == role):
                    if places:
                        self.place(node)
                    return node
            if nodes is not None or time.monotonic() > end:
                return None
            self.until(lambda: False, 0.06)

    def act(self, node, doing=None):
        """The node's own action, as a screen reader would ask for it."""
        self.begin(doing or f"action of {node}")
        before = self.frames
        try:
            self._call(node.path, "org.a11y.atspi.Action", "DoAction", GLib.Variant("(i)", (0,)))
        except GLib.Error:
            return False  # gone meanwhile
        self.answer(before)
        return True

    def press_node(self, node, button=1, doing=None):
        """A click on the middle of a node; false if it cannot be seen."""
        if not self.visible(node):
            return False
        self.click(*node.centre, button, doing or f"click on {node}")
        return True

    def visible(self, node):
        """Brings a node into sight, scrolling if need be; false if its middle cannot be seen."""
        size = self.window.get_geometry()

        def inside():
            return (self.place(node) and 0 <= node.centre[0] < size.width and 0 <= node.centre[1] < size.height
                    and node.rect[2] > 0 and node.rect[3] > 0)

        if inside() and not self._scrolled_out(node) and self._on_top(node):
            return True
        try:
            self._call(node.path, "org.a11y.atspi.Component", "ScrollTo", GLib.Variant("(u)", (6,)))
        except GLib.Error:
            return False
        self.until(lambda: False, 0.3)
        return bool(inside())

    def _scrolled_out(self, node):
        """True if a scroll bar at its right says that the node may be beyond what is shown."""
        bars = [n for n in self.last if n.role == "scroll bar" and n.parent == node.parent]
        for bar in bars:
            x, y, wide, high = bar.rect or self.place(bar) or (0, 0, 0, 0)
            if high > wide and node.rect[0] < x and not (y <= node.rect[1] and node.rect[1] + node.rect[3] <= y + high):
                return True
        return False

    def _on_top(self, node):
        """True if what is found at the node's middle is the node, or a part of it."""
        try:
            ((_, path),) = self._call("/org/a11y/atspi/accessible/root", "org.a11y.atspi.Accessible", "GetChildAtIndex",
                                      GLib.Variant("(i)", (0,)))
            ((_, found),) = self._call(path, "org.a11y.atspi.Component", "GetAccessibleAtPoint",
                                       GLib.Variant("(iiu)", (*node.centre, 1)))
        except GLib.Error:
            return False
        return found == node.path or found.endswith("/null")
