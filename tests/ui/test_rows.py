# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with what stands in a row, by the pointer's other button and by keys."""
import contextlib
import pathlib
import shutil
import sys
import tempfile

from captured import capture
from harness import Desktop, NotFound, wait
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))
folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-rows-"))


def around(node, into=()):
    """All that is not in a list: to walk takes long."""
    yield node
    if node.role not in ("list", "list box", "grid", *into):
        for child in node.children():
            yield from around(child, into)


def find_list(app, name):
    found = [node for node in around(app.root) if node.role == "list" and node.name == name]
    return found[-1] if found else None


def rows(app, pane):
    found = find_list(app, pane)
    return [node for node in found.children() if node.name] if found else []


def names(app, pane):
    return [node.name for node in rows(app, pane)]


def row(app, words, pane):
    return wait(f"a row “{words}” in {pane}", lambda: [node for node in rows(app, pane) if words in node.name])[0]


def wait_rows(app, count):
    return wait(f"{count} exchanges", lambda: (found := rows(app, "Exchanges")) and len(found) >= count and found)


def go(app, pane):
    app.focus_window()
    app.find("list item", contains=pane).point_and_click()


def items(app):
    return [node.name for node in around(app.root) if node.role == "menu item" and node.showing]


def open_menu(app, find, item):
    """By the pointer's other button. Now and then a press is lost."""
    def opened():
        if not items(app):
            x, y, width, height = find().extents()
            desktop.run("xdotool", "mousemove", str(x + width // 2), str(y + height // 2), "click", "3")
        with contextlib.suppress(NotFound):
            return wait("a menu", lambda: items(app), timeout=5)
        return None
    found = wait(f"the menu with {item}", opened, timeout=120)
    assert item in found, found
    return found


def close_menu(app):
    app.key("Escape")
    wait("no menu", lambda: not items(app))


def choose(app, item):
    """Of the menu that is open, by keys: where a menu is on the screen is not told."""
    wanted = next(node for node in around(app.root) if node.role == "menu item" and node.name == item)
    for _ in items(app):
        if wanted.has_state("focused"):
            break
        app.key("Down")
    assert wanted.has_state("focused"), item
    app.key("Return")
    wait("no menu", lambda: not items(app))


def pasted(app):
    """What was copied, as far as an entry of one line takes it."""
    app.focus_window()
    app.key("ctrl+f")
    entry = app.find("entry", "Search")
    app.key("ctrl+a", "ctrl+v")
    return wait("something pasted", entry.content)


@check("a trace, a call and a tool have menus with what can be done to each, by pointer and by keys")
def traces():
    with desktop.app(data=capture(folder)) as app:
        go(app, "Traces")
        open_menu(app, lambda: row(app, "Trace trip-planning", "Traces"), "Unfold")
        desktop.run("import", "-window", "root", str(PICTURES / "trace-menu.png"))
        assert {"Copy Name", "Only This in the Timeline", "Export…", "Delete"} <= set(items(app)), items(app)
        choose(app, "Unfold")
        wait("its calls", lambda: any(name.startswith("Tool get_weather") for name in names(app, "Traces")))
        app.key("shift+F10")
        wait("a menu", lambda: "Fold" in items(app))
        close_menu(app)
        open_menu(app, lambda: row(app, "Tool get_weather", "Traces"), "Copy Result")
        assert "Open the Call That Asked for It" in items(app), items(app)
        close_menu(app)
        open_menu(app, lambda: row(app, "Call: ", "Traces"), "Copy as cURL")
        wait("the call selected", lambda: row(app, "Call: ", "Traces").has_state("selected"))
        close_menu(app)
        open_menu(app, lambda: row(app, "Trace trip-planning", "Traces"), "Only This in the Timeline")
        choose(app, "Only This in the Timeline")
        wait("its exchanges", lambda: len(rows(app, "Exchanges")) == 6)
        assert app.find("entry", "Search").content() == "trace:trip-planning"


@check("a deleted trace goes when it was not taken back, and is there again where it was")
def deleted():
    with desktop.app(data=capture(folder), settings={"undo-seconds": "3"}) as app:
        go(app, "Traces")
        open_menu(app, lambda: row(app, "Trace trip-planning", "Traces"), "Delete")
        choose(app, "Delete")
        app.find("label", "6 exchanges will be deleted")
        app.find("push button", "Undo").point_and_click()
        wait("no toast", lambda: not app.look_for("push button", "Undo"))
        row(app, "Trace trip-planning", "Traces")
        open_menu(app, lambda: row(app, "Trace trip-planning", "Traces"), "Delete")
        choose(app, "Delete")
        wait("it gone", lambda: names(app, "Traces") and not any("trip-planning" in name for name in names(app, "Traces")))
        row(app, "Trace food-recommendations", "Traces")


@check("sessions, conversations and their ends have menus")
def sessions():
    with desktop.app(data=capture(folder)) as app:
        go(app, "Sessions")
        open_menu(app, lambda: row(app, "Session sess-abc", "Sessions"), "Only This in the Timeline")
        desktop.run("import", "-window", "root", str(PICTURES / "session-menu.png"))
        close_menu(app)
        app.key("Menu")
        wait("the same by a key", lambda: {"Copy Name", "Export…", "Delete"} <= set(items(app)))
        close_menu(app)
        open_menu(app, lambda: row(app, "Trace food-recommendations", "Sessions"), "Show in Traces")
        choose(app, "Show in Traces")
        wait("the trace there", lambda: any("food-recommendations" in name for name in names(app, "Traces")))
        go(app, "Sessions")
        app.find(name="Conversations").point_and_click()
        open_menu(app, lambda: row(app, "What should I eat in Osaka?", "Sessions"), "Open the Last Call in a Window")
        close_menu(app)


@check("a message has a menu that copies it, unless words of it are selected")
def messages():
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        wait_rows(app, 6)[0].point_and_click()

        def words():
            return app.find("label", contains="What should I wear in Paris")
        open_menu(app, words, "Copy as Markdown")
        desktop.run("import", "-window", "root", str(PICTURES / "message-menu.png"))
        assert {"Copy as JSON", "Open This Call in a Window"} <= set(items(app)), items(app)
        choose(app, "Copy as Markdown")
        assert pasted(app) == "What should I wear in Paris and in Rome?"


@check("a run has a menu: its command, its file, its end")
def runs():
    with desktop.app(data=capture(folder)) as app:
        wait_rows(app, 6)
        open_menu(app, lambda: app.find("list item", contains="traces_agent"), "Copy Command")
        desktop.run("import", "-window", "root", str(PICTURES / "run-menu.png"))
        assert {"Run Again", "Export…", "Delete"} <= set(items(app)), items(app)
        choose(app, "Copy Command")
        assert pasted(app).endswith("traces_agent.py trip food unnamed")


def selected(app):
    return [number for number, row in enumerate(rows(app, "Exchanges")) if row.has_state("selected")]


def press(app, row, modifier):
    app.desktop.run("xdotool", "keydown", modifier)
    row.point_and_click()
    app.desktop.run("xdotool", "keyup", modifier)


@check("several calls are selected by pointer and keys: compared, deleted and taken back")
def several():
    with desktop.app(data=capture(folder), settings={"undo-seconds": "4"}) as app:
        app.focus_window()
        wait_rows(app, 10)[1].point_and_click()
        wait("one selected", lambda: selected(app) == [1])
        press(app, rows(app, "Exchanges")[3], "Control_L")
        wait("two selected", lambda: selected(app) == [1, 3])
        app.find("label", "2 selected")
        desktop.screenshot("several")
        app.find("push button", "Compare").point_and_click()
        app.find(contains="Against call 2,")
        rows(app, "Exchanges")[1].point_and_click()
        wait("one selected", lambda: selected(app) == [1])
        app.key("shift+Down", "shift+Down")
        wait("three selected", lambda: selected(app) == [1, 2, 3])
        open_menu(app, lambda: rows(app, "Exchanges")[2], "Export…")
        assert items(app) == ["Export…", "Delete"], items(app)
        close_menu(app)
        assert selected(app) == [1, 2, 3], selected(app)
        app.key("Delete")
        app.find("label", "3 exchanges will be deleted")
        wait("seven rows", lambda: len(rows(app, "Exchanges")) == 7)
        rows(app, "Exchanges")[0].point_and_click()
        app.key("ctrl+a")
        app.find("label", "7 selected")


@check("any two calls are compared: the later one against the other")
def compared():
    with desktop.app(data=capture(folder)) as app:
        wait_rows(app, 6)
        open_menu(app, lambda: rows(app, "Exchanges")[-1], "Compare with the Call Before")
        choose(app, "Compare with the Call Before")
        app.find(contains="Against call")


with desktop:
    try:
        main()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
