# SPDX-License-Identifier: GPL-3.0-or-later
"""The window by keyboard alone, and what those hear who cannot see it."""
import contextlib
import os
import pathlib
import sys
import tempfile

from harness import Desktop, Node, NotFound, wait
from tap import check, main
from upstream import Upstream

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
CLIENT = pathlib.Path(__file__).resolve().with_name("client.py")
PANES = "Overview", "Timeline", "Traces", "Sessions", "Rate limits"
PAGES = "Conversation", "Changes", "Request", "Response", "Headers", "Timing", "Stream"

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))


@contextlib.contextmanager
def window(*kinds, held=False):
    with Upstream(held=held) as upstream, \
            desktop.app("--run", "/usr/bin/python3", str(CLIENT), "claude-keys-1", *kinds, upstreams=[upstream.line]) as app:
        app.upstream = upstream
        yield app


def ended(app, rows):
    app.wait_rows(rows)
    app.find("label", contains="Exited with status 0")
    app.focus_window()


class Ears:
    """What a screen reader is told: where the focus goes, and what alerts say."""

    def __enter__(self):
        self.events = desktop.listen("object:state-changed:focused", "object:property-change:accessible-name",
                                     "object:children-changed:add", "object:announcement")
        self.desktop, self.node, self.said = desktop, None, []
        return self

    def __exit__(self, *_):
        pass

    def hear(self):
        desktop.heard()
        while self.events:
            event = self.events.pop(0)
            with contextlib.suppress(Exception):
                if event.type.startswith("object:state-changed:focused"):
                    if event.detail1:
                        self.node = event.source
                    continue
                node = event.any_data if event.type.startswith("object:children-changed") else event.source
                if node.get_role_name() in ("alert", "notification"):
                    self.said.append(node.get_name())

    def path(self):
        """The names of what has the focus, and of what it is in, innermost first."""
        self.hear()
        node, names = self.node, []
        while node is not None and len(names) < 40:
            names.append(node.get_name() or "")
            node = node.get_parent()
        return names

    def wait(self, words):
        def said():
            self.hear()
            return [name for name in self.said if words in name]
        try:
            return wait(f"“{words}” to be told", said)
        except NotFound as error:
            raise NotFound(f"{error}, only {self.said}") from None


ears = Ears()


def focused():
    ears.hear()
    return Node(ears, (ears.node.app.bus_name, ears.node.path)) if ears.node is not None else None


def is_in(part):
    return part in ears.path()


def place():
    """The part of the window that has the focus."""
    names, node = ears.path(), focused()
    if node is None:
        return None
    x, y, _, _ = node.extents()
    return "console" if "OhConsole" in names else "list" if "Exchanges" in names else \
        "elsewhere" if y < 40 else "sidebar" if x < 200 else "detail" if x > 750 else "elsewhere"


def go(app, key, part):
    app.key(key)
    wait(f"the focus in the {part}, by {key}", lambda: place() == part)


def step(app, key, part):
    """By one stop after the other; there are some in between."""
    for _ in range(16):
        before = ears.path()
        if place() == part:
            return
        app.key(key)
        wait("the focus elsewhere", lambda: ears.path() != before)
    assert place() == part, ears.path()


@check("Tab leaves a list and an ended program's console, and comes back to the row that it left")
def tab():
    with window("plain", "plain", "plain") as app:
        ended(app, 3)
        app.rows()[1].point_and_click()
        wait("the second row chosen", lambda: app.rows()[1].has_state("selected"))
        wait("the focus on it", lambda: is_in("Exchanges"))
        app.key("Tab")
        wait("the focus out of the list", lambda: not is_in("Exchanges"))
        step(app, "Tab", "console")
        step(app, "Tab", "detail")
        step(app, "shift+Tab", "console")
        step(app, "shift+Tab", "list")
        app.key("Down")
        wait("the third row chosen", lambda: app.rows()[2].has_state("selected"))


@check("F6 goes round the parts of the window, and Shift+F6 back")
def parts():
    with window("plain", "plain") as app:
        ended(app, 2)
        app.rows()[1].point_and_click()
        wait("the focus in the list", lambda: place() == "list")
        for part in "detail", "console", "sidebar", "list":
            go(app, "F6", part)
        for part in "sidebar", "console", "detail", "list":
            go(app, "shift+F6", part)
        app.key("F8")
        wait("no console", lambda: not app.look_for(name="Console"))
        go(app, "F6", "detail")
        go(app, "F6", "sidebar")


def is_open(tabs, page):
    return any(tab.has_state("selected") for tab in tabs.children() if tab.name.startswith(page))


@check("Ctrl and a number goes to a pane, Alt and a number to a page, also out of the console and the search")
def numbers():
    with window("plain") as app:
        ended(app, 1)
        app.find(name="Console").point_and_click()
        wait("the focus in the console", lambda: place() == "console")
        items = {pane: app.find("list item", contains=pane) for pane in PANES}
        for number, pane in list(enumerate(PANES, 1))[::-1]:
            app.key(f"ctrl+{number}")
            wait(pane, lambda: items[pane].has_state("selected"))
        app.key("ctrl+2")
        app.rows()[0].point_and_click()
        app.key("ctrl+f")
        entry = app.find("entry", "Search")
        tabs = app.find(name="Pages")
        for number, page in list(enumerate(PAGES, 1))[::-1]:
            app.key(f"alt+{number}")
            wait(page, lambda: is_open(tabs, page))
        assert entry.content() == "", entry.content()


@check("a program is run again and stopped by keys")
def again():
    with window("sleep") as app:
        terminal = app.find(name="Console", showing=False)
        wait("the program to sleep", lambda: "sleeping" in terminal.description)
        app.focus_window()
        app.find("list item", contains="running").point_and_click()
        app.key("shift+F5")
        app.find("list item", contains="stopped")
        app.key("F5")
        app.find("list item", contains="running")
        wait("two runs", lambda: len(app.look_for("list item", contains="client.py")) == 2)
        app.key("shift+F5")
        wait("both ended", lambda: len(app.look_for("list item", contains="stopped")) == 2)


@check("Ctrl+C copies a call as a command, Ctrl+Shift+C its answer, and it is told")
def copy():
    with window("plain", "plain") as app:
        ended(app, 2)
        for key, what in ("ctrl+c", "curl "), ("ctrl+shift+c", "A whole answer"):
            app.rows()[1].point_and_click()
            wait("the second row chosen", lambda: app.rows()[1].has_state("selected"))
            ears.said.clear()
            app.key(key)
            ears.wait("Copied")
            app.key("ctrl+f")
            entry = app.find("entry", "Search")
            # Keys before it has the focus are lost.
            wait(what, lambda: app.key("ctrl+a", "ctrl+v") or what in entry.content(), every=0.5)
            app.key("Escape")
            app.wait_rows(2)


@check("the end of an answer, the end of a run and what is deleted are told")
def told():
    with window("stream", held=True) as app:
        app.wait_rows(1, "streaming…")
        app.focus_window()
        app.rows()[0].point_and_click()
        wait("the first half", lambda: [node for node in app.root.walk() if "The first half was heard" in node.content()])
        app.upstream.gate.set()
        ears.wait("The answer has ended: end_turn")
        ears.wait("Exited with status 0")
        app.find("push button", "Main Menu").click()
        app.find("menu item", contains="Delete Everything").click()
        app.find("push button", contains="Delete Everything").click()
        ears.wait("Everything will be deleted")


@check("text grows and shrinks by keys, and stays as large")
def zoom():
    with window("plain") as app:
        ended(app, 1)
        height = lambda: app.rows()[0].extents()[3]
        usual = height()
        app.key(*["ctrl+plus"] * 5)
        wait("larger rows", lambda: height() > usual * 1.3)
        assert "text-scale=1.5" in (app.folder / "config/glib-2.0/settings/keyfile").read_text()
        app.key(*["ctrl+minus"] * 3)
        wait("smaller rows", lambda: height() < usual * 1.3)
        app.key("ctrl+0")
        wait("rows as before", lambda: height() == usual)


@check("F1 opens the guide, at the page of the pane that is shown")
def guide():
    with tempfile.TemporaryDirectory() as data:
        applications, opened = pathlib.Path(data, "applications"), pathlib.Path(data, "opened")
        applications.mkdir()
        viewer = pathlib.Path(data, "viewer")
        viewer.write_text(f'#!/bin/sh\necho "$1" > {opened}.new; mv {opened}.new {opened}\n')
        viewer.chmod(0o755)
        kinds = "x-scheme-handler/help", "x-scheme-handler/file", "text/html"
        (applications / "viewer.desktop").write_text(
            f"[Desktop Entry]\nType=Application\nName=Viewer\nExec={viewer} %u\nMimeType={';'.join(kinds)};\n")
        (applications / "mimeinfo.cache").write_text("[MIME Cache]\n" + "".join(f"{kind}=viewer.desktop;\n" for kind in kinds))
        (applications / "mimeapps.list").write_text("[Default Applications]\n" + "".join(f"{kind}=viewer.desktop\n" for kind in kinds))
        os.environ["XDG_DATA_HOME"] = data
        try:
            with window("plain") as app:
                ended(app, 1)
                for key, page in ("ctrl+2", "timeline"), ("ctrl+5", "limits"):
                    app.key(key, "F1")
                    wait(f"the page {page}", lambda: opened.exists() and page in opened.read_text())
        finally:
            del os.environ["XDG_DATA_HOME"]


@check("a text that gets the focus is not selected")
def texts():
    with window("plain") as app:
        ended(app, 1)
        app.rows()[0].point_and_click()
        go(app, "F6", "detail")
        seen = 0
        for _ in range(25):
            node = focused()
            if node is not None and node.role == "label":
                seen += 1
                assert node.call("org.a11y.atspi.Text", "GetNSelections") == 0, node.content()
            app.key("Tab")
        assert seen, "no label was reached"


with desktop, ears:
    main()
