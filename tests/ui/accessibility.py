# SPDX-License-Identifier: GPL-3.0-or-later
"""Widgets as AT-SPI shows them, asked over its bus. What is asked of many is asked at once: to wait for each answer before
the next question takes minutes in a large window. (libatspi asks one by one.)"""
import contextlib
import os
import time

TIMEOUT = 20 * float(os.environ.get("MESON_TEST_TIMEOUT_MULTIPLIER", "1"))
ANSWER_MS = 10000
ACCESSIBLE = "org.a11y.atspi.Accessible"
PROPERTIES = "org.freedesktop.DBus.Properties"
REGISTRY = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")


class NotFound(AssertionError):
    pass


def wait(what, condition, timeout=TIMEOUT, every=0.05):
    """Waits until condition() is true and returns what it returned; fails with `what` after the timeout."""
    from gi.repository import GLib
    end = time.monotonic() + timeout
    while True:
        result = None
        with contextlib.suppress(GLib.Error):  # a widget went away while it was looked at
            result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise NotFound(f"after {timeout:.0f} s still not: {what}")
        time.sleep(every)


class Bus:
    """The accessibility bus of the session's bus."""

    def __init__(self):
        from gi.repository import Gio, GLib
        session = Gio.bus_get_sync(Gio.BusType.SESSION)
        address = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None, 0,
                                    ANSWER_MS).unpack()[0]
        self.context = GLib.MainContext.new()
        self.context.push_thread_default()
        self.connection = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.context.pop_thread_default()

    def call(self, where, interface, method, arguments=None):
        """Returns: what it returned. @where: the name on the bus, and the path"""
        answer = self.connection.call_sync(*where, interface, method, arguments, None, 0, ANSWER_MS).unpack()
        return answer[0] if len(answer) == 1 else answer

    def ask(self, everywhere, interface, method, arguments=None):
        """The same of many. Returns: the answers in that order; None of what has gone."""
        from gi.repository import GLib
        answers, left = [None] * len(everywhere), len(everywhere)

        def done(connection, result, index):
            nonlocal left
            left -= 1
            with contextlib.suppress(GLib.Error):
                answers[index] = connection.call_finish(result).unpack()[0]

        self.context.push_thread_default()
        for index, where in enumerate(everywhere):
            self.connection.call(*where, interface, method, arguments, None, 0, ANSWER_MS, None, done, index)
        while left > 0:
            self.context.iteration(True)
        self.context.pop_thread_default()
        return answers

    def applications(self):
        """Where they are, by process: [(process, where)]"""
        from gi.repository import GLib
        found = self.call(REGISTRY, ACCESSIBLE, "GetChildren")
        bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
        return [(self.call(bus, "org.freedesktop.DBus", "GetConnectionUnixProcessID", GLib.Variant("(s)", (where[0],))), where)
                for where in found]


def role_name(number):
    from gi.repository import Atspi
    return Atspi.role_get_name(Atspi.Role(number))


def get(interface, name):
    from gi.repository import GLib
    return PROPERTIES, "Get", GLib.Variant("(ss)", (interface, name))


class Node:
    """A widget. Its role and its name are those it had when it was found by a walk, if it was."""

    def __init__(self, app, where, role=None):
        self.app = app
        self.where = where
        self._role = role

    def call(self, interface, method, arguments=None):
        return self.app.desktop.bus.call(self.where, interface, method, arguments)

    def get(self, interface, name):
        return self.call(*get(interface, name))

    @property
    def role(self):
        return self._role or role_name(self.call(ACCESSIBLE, "GetRole"))

    @property
    def name(self):
        return self.get(ACCESSIBLE, "Name")

    @property
    def description(self):
        return self.get(ACCESSIBLE, "Description")

    @property
    def parent(self):
        return Node(self.app, self.get(ACCESSIBLE, "Parent"))

    def has_state(self, state):
        from gi.repository import Atspi
        number = int(getattr(Atspi.StateType, state.upper()))
        return bool(self.call(ACCESSIBLE, "GetState")[number // 32] >> number % 32 & 1)

    @property
    def showing(self):
        """GTK 4.8 says SHOWING of windows only; what is in no window has no size."""
        return self.has_state("visible") and min(self.extents()[2:]) > 0

    def children(self):
        return [Node(self.app, where) for where in self.call(ACCESSIBLE, "GetChildren")]

    def walk(self):
        """It and all below, in the order of the tree."""
        ask = self.app.desktop.bus.ask
        below, level = {}, [self]
        while level:
            everywhere = [node.where for node in level]
            roles, children = ask(everywhere, ACCESSIBLE, "GetRole"), ask(everywhere, ACCESSIBLE, "GetChildren")
            following = []
            for node, role, found in zip(level, roles, children):
                node._role = role_name(role) if role is not None else None
                below[node.where] = [Node(self.app, where) for where in found or ()]
                following += below[node.where]
            level = following
        stack = [self]
        while stack:
            node = stack.pop()
            if node._role is not None:  # else it went away
                yield node
                stack += reversed(below[node.where])

    def search(self, role=None, name=None, contains=None, showing=True):
        """Those below that fit, one after the other."""
        nodes = [node for node in self.walk() if role is None or node.role == role]
        if name is not None or contains is not None:
            names = self.app.desktop.bus.ask([node.where for node in nodes], *get(ACCESSIBLE, "Name"))
            nodes = [node for node, said in zip(nodes, names) if said is not None and (name is None or said == name) and
                     (contains is None or contains in said)]
        for node in nodes:
            fits = False
            with contextlib.suppress(Exception):  # widgets go away while we walk
                fits = not showing or node.showing
            if fits:
                yield node

    def look_for(self, *args, **kwargs):
        """All below that fit."""
        return list(self.search(*args, **kwargs))

    def find(self, role=None, name=None, contains=None, showing=True, timeout=TIMEOUT):
        """The first below that fits, as soon as there is one."""
        words = f"{role or 'anything'} {name or contains or ''}".strip()
        return wait(words, lambda: next(self.search(role, name, contains, showing), None), timeout)

    def text(self):
        """All text below, in the order of the tree."""
        parts = []
        for node in self.walk():
            if node.role in ("label", "static", "text", "paragraph", "heading", "entry") and node.showing:
                parts.append(node.content() or node.name)
        return "\n".join(part for part in parts if part)

    def content(self):
        from gi.repository import GLib
        with contextlib.suppress(GLib.Error):  # it has none
            length = self.get("org.a11y.atspi.Text", "CharacterCount")
            return self.call("org.a11y.atspi.Text", "GetText", GLib.Variant("(ii)", (0, length)))
        return ""

    def extents(self):
        """In its window: x, y, width, height."""
        from gi.repository import Atspi, GLib
        return self.call("org.a11y.atspi.Component", "GetExtents", GLib.Variant("(u)", (int(Atspi.CoordType.WINDOW),)))

    def click(self):
        """By its action where it has one (it works under other windows, too), else with the pointer."""
        from gi.repository import GLib
        actions = 0
        with contextlib.suppress(GLib.Error):
            actions = self.get("org.a11y.atspi.Action", "NActions")
        if actions > 0:
            self.call("org.a11y.atspi.Action", "DoAction", GLib.Variant("(i)", (0,)))
        else:
            self.point_and_click()

    def point_and_click(self):
        x, y, width, height = self.extents()
        self.app.desktop.run("xdotool", "mousemove", str(x + width // 2), str(y + height // 2), "click", "1")

    def focus(self):
        self.call("org.a11y.atspi.Component", "GrabFocus")

    def dump(self, depth=0):
        lines = []
        with contextlib.suppress(Exception):
            marks = "" if self.showing else " (hidden)"
            lines.append(f"{'  ' * depth}{self.role} “{self.name}”{marks}")
            for child in self.children():
                lines.append(child.dump(depth + 1))
        return "\n".join(lines)
