# SPDX-License-Identifier: GPL-3.0-or-later
"""What is selected is selected again when it is seen again, in each pane; meanwhile the detail shows nothing of it."""
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
