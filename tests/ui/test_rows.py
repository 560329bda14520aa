# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with what stands in a row, by the pointer's other button and by keys."""
import pathlib
import shutil
import sys
import tempfile

from captured import capture
from harness import Desktop, wait
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))
folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-rows-"))


def names(app, pane):
    lists = app.look_for("list", pane)
    return [row.name for row in lists[-1].look_for("list item", contains=" ", showing=False)] if lists else []


def row(app, words, pane):
    def found():
        lists = app.look_for("list", pane)
        return next(lists[-1].search("list item", contains=words), None) if lists else None
    return wait(f"a row “{words}” in {pane}", found)


def go(app, pane):
    app.focus_window()
    app.find("list item", contains=pane).point_and_click()


def items(app):
    return [node.name for node in app.look_for("menu item")]


def close_menu(app):
    app.key("Escape")
    wait("no menu", lambda: not items(app))


def choose(app, item):
    """Of the menu that is open, by keys: where a menu is on the screen is not told."""
    wanted = app.find("menu item", item)
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
        app.open_menu(lambda: row(app, "Trace trip-planning", "Traces"), "Unfold")
        desktop.run("import", "-window", "root", str(PICTURES / "trace-menu.png"))
        assert {"Copy Name", "Only This in the Timeline", "Export…", "Delete"} <= set(items(app)), items(app)
        choose(app, "Unfold")
        wait("its calls", lambda: any(name.startswith("Tool get_weather") for name in names(app, "Traces")))
        app.key("shift+F10")
        app.find("menu item", "Fold")
        close_menu(app)
        app.open_menu(lambda: row(app, "Tool get_weather", "Traces"), "Copy Result")
        assert "Open the Call That Asked for It" in items(app), items(app)
        close_menu(app)
        app.open_menu(lambda: row(app, "Call: ", "Traces"), "Copy as cURL")
        wait("the call selected", lambda: row(app, "Call: ", "Traces").has_state("selected"))
        close_menu(app)
        app.open_menu(lambda: row(app, "Trace trip-planning", "Traces"), "Only This in the Timeline")
        choose(app, "Only This in the Timeline")
        wait("its exchanges", lambda: len(app.rows()) == 6)
        assert app.find("entry", "Search").content() == "trace:trip-planning"


@check("a deleted trace goes when it was not taken back, and is there again where it was")
def deleted():
    with desktop.app(data=capture(folder), settings={"undo-seconds": "3"}) as app:
        go(app, "Traces")
        app.open_menu(lambda: row(app, "Trace trip-planning", "Traces"), "Delete")
        choose(app, "Delete")
        app.find("label", "6 exchanges will be deleted")
        app.find("push button", "Undo").point_and_click()
        wait("no toast", lambda: not app.look_for("push button", "Undo"))
        row(app, "Trace trip-planning", "Traces")
        app.open_menu(lambda: row(app, "Trace trip-planning", "Traces"), "Delete")
        choose(app, "Delete")
        wait("it gone", lambda: names(app, "Traces") and not any("trip-planning" in name for name in names(app, "Traces")))
        row(app, "Trace food-recommendations", "Traces")


@check("sessions, conversations and their ends have menus")
def sessions():
    with desktop.app(data=capture(folder)) as app:
        go(app, "Sessions")
        app.open_menu(lambda: row(app, "Session sess-abc", "Sessions"), "Only This in the Timeline")
        desktop.run("import", "-window", "root", str(PICTURES / "session-menu.png"))
        close_menu(app)
        app.key("Menu")
        assert {"Copy Name", "Export…", "Delete"} <= {app.find("menu item", "Delete").name, *items(app)}, items(app)
        close_menu(app)
        app.open_menu(lambda: row(app, "Trace food-recommendations", "Sessions"), "Show in Traces")
        choose(app, "Show in Traces")
        wait("the trace there", lambda: any("food-recommendations" in name for name in names(app, "Traces")))
        go(app, "Sessions")
        app.find(name="Conversations").point_and_click()
        app.open_menu(lambda: row(app, "What should I eat in Osaka?", "Sessions"), "Open the Last Call in a Window")
        close_menu(app)


@check("a message has a menu that copies it, unless words of it are selected")
def messages():
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        app.wait_rows(6)[0].point_and_click()

        def words():
            return app.find("label", contains="What should I wear in Paris")
        app.open_menu(words, "Copy as Markdown")
        desktop.run("import", "-window", "root", str(PICTURES / "message-menu.png"))
        assert {"Copy as JSON", "Open This Call in a Window"} <= set(items(app)), items(app)
        choose(app, "Copy as Markdown")
        assert pasted(app) == "What should I wear in Paris and in Rome?"


@check("a run has a menu: its command, its file, its end")
def runs():
    with desktop.app(data=capture(folder)) as app:
        app.wait_rows(6)
        app.open_menu(lambda: app.find("list item", contains="traces_agent"), "Copy Command")
        desktop.run("import", "-window", "root", str(PICTURES / "run-menu.png"))
        assert {"Run Again", "Export…", "Delete"} <= set(items(app)), items(app)
        choose(app, "Copy Command")
        assert pasted(app).endswith("traces_agent.py trip food unnamed")


@check("any two calls are compared: the later one against the other")
def compared():
    with desktop.app(data=capture(folder)) as app:
        app.wait_rows(6)
        app.open_menu(lambda: app.rows()[-1], "Compare with the Call Before")
        choose(app, "Compare with the Call Before")
        app.find(contains="Against call")


with desktop:
    try:
        main()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
