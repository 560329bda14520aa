# SPDX-License-Identifier: GPL-3.0-or-later
"""What is selected is selected again when it is seen again, in each pane; meanwhile the detail shows nothing of it."""
import pathlib
import shutil
import sys
import tempfile
import time

from captured import capture
from harness import Desktop, wait
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))
folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-selected-"))


def rows(app, name):
    lists = app.look_for("list", name)
    return [node for node in lists[0].children() if node.name] if lists else []


def row(app, words, name):
    return wait(f"a row “{words}” in {name}", lambda: next((node for node in rows(app, name) if words in node.name), None))


def go(app, pane):
    app.focus_window()
    app.find("list item", contains=pane).point_and_click()


def search(app, words):
    app.focus_window()
    app.key("ctrl+f")
    app.type_into(app.find("entry", "Search"), words)


def says(app, words):
    return any(words in node.content() for node in app.look_for("label"))


def hide_and_show(app, words, name, shown):
    """@shown: what the detail says of the row that has these words"""
    row(app, words, name).point_and_click()
    wait("the row selected", lambda: row(app, words, name).has_state("selected"))
    wait("it in the detail", lambda: says(app, shown))
    # Nobody searched for that word; then for one that is in the row, and it is the same as before.
    search(app, "zeppelin")
    wait("no row", lambda: not rows(app, name))
    # Sessions have its room meanwhile.
    wait("nothing in the detail", lambda: not says(app, shown) and says(app, "Nothing Selected") == (name != "Sessions"))
    app.key("ctrl+a", "BackSpace")
    wait("the row selected again", lambda: row(app, words, name).has_state("selected"))
    wait("it in the detail again", lambda: says(app, shown))
    assert sum(node.has_state("selected") for node in rows(app, name)) == 1


@check("a call of the Timeline")
def timeline():
    with desktop.app(data=capture(folder)) as app:
        go(app, "Timeline")
        hide_and_show(app, "Tokyo", "Exchanges", "And in Tokyo?")
        # Whoever chooses another one meanwhile keeps that.
        row(app, "Tokyo", "Exchanges").point_and_click()
        search(app, "Kyoto")
        wait("no Tokyo", lambda: len(rows(app, "Exchanges")) == 1)
        row(app, "Kyoto", "Exchanges").point_and_click()
        wait("the other selected", lambda: row(app, "Kyoto", "Exchanges").has_state("selected"))
        search(app, " ")
        wait("both", lambda: row(app, "Tokyo", "Exchanges"))
        assert row(app, "Kyoto", "Exchanges").has_state("selected") and not row(app, "Tokyo", "Exchanges").has_state("selected")


@check("a trace, a call and a tool of the Traces, by whatever they are sorted")
def traces():
    with desktop.app(data=capture(folder)) as app:
        go(app, "Traces")
        hide_and_show(app, "Trace food-recommendations", "Traces", "food-recommendations")
        row(app, "Trace trip-planning", "Traces").point_and_click()
        app.key("Right")
        hide_and_show(app, "get_weather", "Traces", "Sunny, 22C")
        call = row(app, "Call: ", "Traces").name.split(",")[0]
        hide_and_show(app, call, "Traces", "Let me look at both.")
        # In another order it is the same.
        heading = app.find(name="OhTraces").find("label", "Tokens")
        heading.point_and_click()
        wait("the order of tokens", lambda: heading.content() == "↑ Tokens")
        wait("it still selected", lambda: row(app, call, "Traces").has_state("selected"))
        # What is folded away gives the selection to what it is folded into.
        x, y, _, height = row(app, "Trace trip-planning", "Traces").extents()
        desktop.run("xdotool", "mousemove", str(x + 14), str(y + height // 2), "click", "1")
        wait("the trace selected", lambda: row(app, "Trace trip-planning", "Traces").has_state("selected"))


def is_blue(x, y, width, height):
    """Whether a whole row there has the colour of what is selected."""
    pixels = desktop.bytes("import", "-window", "root", "-crop", f"{width}x{height}+{x}+{y}", "-depth", "8", "rgb:-")
    blue = sum(pixels[at + 2] > pixels[at] + 20 and pixels[at] > 160 for at in range(0, len(pixels), 3))
    return blue > 10 * width


@check("a row that is clicked stays in sight when the detail opens below the list")
def in_sight():
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        app.resize(800, 600)
        app.key("ctrl+2")
        exchanges = wait("the list", lambda: next(iter(app.look_for("list", "Exchanges")), None))
        words = wait("rows", lambda: len(rows(app, "Exchanges")) > 5 and rows(app, "Exchanges")[1].name)
        top, height = exchanges.extents()[1::2]
        row(app, words, "Exchanges").point_and_click()
        app.find(name="Pages")
        wait("a smaller list", lambda: exchanges.extents()[3] < height / 2)
        wait("the row selected", lambda: row(app, words, "Exchanges").has_state("selected"))
        wait("it in sight", lambda: is_blue(*exchanges.extents()))
        # The list goes where it wants to a moment later, at the latest when the pointer goes.
        desktop.screenshot("stays-in-sight")
        time.sleep(1)
        assert is_blue(*exchanges.extents())


@check("a session, a trace of it, and a conversation")
def sessions():
    with desktop.app(data=capture(folder)) as app:
        go(app, "Sessions")
        row(app, "Session sess-abc", "Sessions").point_and_click()
        wait("the session selected", lambda: row(app, "Session sess-abc", "Sessions").has_state("selected"))
        assert not says(app, "Nothing Selected")
        hide_and_show(app, "Trace food-recommendations", "Sessions", "food-recommendations")
        app.find(name="Conversations").point_and_click()
        hide_and_show(app, "Conversation What should I wear", "Sessions", "And in Osaka?")


with desktop:
    try:
        main()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
