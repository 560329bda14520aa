# SPDX-License-Identifier: GPL-3.0-or-later
"""Traces, sessions, conversations, changes and findings, as people hear and see them in the window."""
import contextlib
import pathlib
import shutil
import sqlite3
import sys
import tempfile

from captured import AGENT, PYTHON, capture, simulator
from harness import Desktop, wait
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1))
PICTURES = pathlib.Path(sys.argv.pop(1))

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))
folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-traces-"))


@contextlib.contextmanager
def window(pane):
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        app.find("list item", contains=pane).point_and_click()
        yield app


def rows(app, name="Traces"):
    lists = app.look_for("list", name)
    return lists[-1].look_for("list item", contains=" ", showing=False) if lists else []


def names(app, name="Traces"):
    return [row.name for row in rows(app, name)]


def find_row(app, words, name="Traces"):
    return wait(f"a row “{words}” in {name}", lambda: [row for row in rows(app, name) if words in row.name])[0]


def unfold(app, words):
    find_row(app, words).point_and_click()
    app.key("Right")
    wait(f"{words} unfolded", lambda: find_row(app, words).has_state("expanded"))


def says(app, words):
    found = []
    with contextlib.suppress(Exception):  # widgets go away while we walk
        for node in app.root.walk():
            with contextlib.suppress(Exception):
                if (words in node.content() or words in node.name) and node.showing:
                    found.append(node)
    return found


def said(app, words):
    return wait(f"“{words}” on screen", lambda: says(app, words))[0]


def page(app, words):
    wait(f"a tab {words}", lambda: app.look_for(contains=words, showing=False))[0].click()


@check("a trace unfolds into its calls, attempts, tools and spans, each a whole sentence, in order")
def tree():
    with window("Traces") as app:
        unfold(app, "trip-planning")
        wait("eleven rows below it", lambda: len(names(app)) >= 14)
        found = names(app)
        desktop.screenshot("traces")
        starts = ["Trace trip-planning, session sess-abc, user user-123, 4 calls, 1 retried",
                  "Call: POST api.anthropic.com/v1/messages, status 200, tool_use",
                  'Tool get_weather, input {"location":"Paris"}', 'Tool get_weather, input {"location":"Rome"}',
                  "Call: POST api.anthropic.com/v1/messages, status 200, end_turn", "Attempt 1: ", "Attempt 2: ", "Attempt 3: ",
                  "Span look up trains", "Span ask twice", "Call: ", "Call: ", "Trace food-recommendations"]
        for start, name in zip(starts, found):
            assert name.startswith(start), f"{name!r} does not start with {start!r}"
        assert "2 retried" in found[4] and "paused" in found[4] and "cost $0.0" in found[4], found[4]
        assert "status 529" in found[5] and "status 429" in found[6], found[5:7]
        assert "server asked 2.0 s, too early" in found[7], found[7]


def lines(app):
    found = app.look_for("list", "Timeline of the trace")
    return [node.name for node in found[0].look_for("list item", contains=" ")] if found else []


def drag(app, row):
    """Over the bar of a row, from the first to the last quarter of what is shown."""
    x, y, width, height = row.extents()
    y += height // 2 + 4
    app.desktop.run("xdotool", "mousemove", str(x + width - 60), str(y), "mousedown", "1")
    for step in range(4):
        app.desktop.run("xdotool", "mousemove", str(x + width - 60 + 10 * step), str(y))
    app.desktop.run("xdotool", "mouseup", "1")


@check("a trace shows the timeline of all that is in it, whose lines lead there, and a drag zooms into it")
def timeline():
    with window("Traces") as app:
        find_row(app, "trip-planning").point_and_click()
        found = wait("eight lines", lambda: len(lines(app)) >= 8 and lines(app))
        assert found[0].startswith("Call: ") and found[1].startswith("Tool get_weather") and len(found) == 8, found
        said(app, "session sess-abc · user user-123 · started")
        desktop.screenshot("trace-timeline")
        bar = app.look_for("list", "Timeline of the trace")[0].look_for("list item", contains="ask twice")[0]
        drag(app, bar)
        app.find("push button", "Show all the time").click()
        wait("all the time", lambda: not app.look_for("push button", "Show all the time"))
        bar.point_and_click()
        wait("the span selected", lambda: find_row(app, "Span ask twice").has_state("selected"))
        wait("its one call", lambda: len(lines(app)) == 1)


@check("a tool shows its input, its result and its time, and leads to the calls around it")
def tool():
    with window("Traces") as app:
        unfold(app, "trip-planning")
        find_row(app, '{"location":"Rome"}').point_and_click()
        said(app, '"location": "Rome"')
        said(app, "Sunny, 22C")
        assert "took" in said(app, "Tool · started").content()
        desktop.screenshot("trace-tool")
        app.find("push button", contains="Go to the Call That Brought the Result").click()
        wait("that call selected",
             lambda: any(row.has_state("selected") and ("2 retried" in row.name or row.name.startswith("Attempt 1"))
                         for row in rows(app)))


@check("a cost that is not known is said to be unknown, not to be nothing")
def unknown():
    with window("Traces") as app:
        name = find_row(app, "What an odd model costs").name
        assert "cost unknown" in name and "$" not in name, name


@check("Left and Right fold and unfold, and go to what is around and below")
def keys():
    with window("Traces") as app:
        unfold(app, "trip-planning")
        find_row(app, "2 retried").point_and_click()
        app.key("Left")
        wait("the attempts folded", lambda: not any(name.startswith("Attempt") for name in names(app)))
        assert find_row(app, "2 retried").has_state("selected")
        app.key("Right")
        wait("the attempts unfolded", lambda: sum(name.startswith("Attempt") for name in names(app)) == 3)
        app.key("Right")
        wait("the first attempt selected", lambda: find_row(app, "Attempt 1").has_state("selected"))
        app.key("Left")
        wait("the call selected again", lambda: find_row(app, "2 retried").has_state("selected"))


@check("Changes tells what is new against the call before, which is a link")
def changes():
    with window("Traces") as app:
        unfold(app, "trip-planning")
        rows(app)[10].point_and_click()
        page(app, "Changes +1")
        said(app, "System prompt changed")
        said(app, "First differs at character 16.")
        said(app, "temperature: 0.5, not given before")
        said(app, "1 new message")
        said(app, "And in Osaka?")
        desktop.screenshot("changes")
        app.find("push button", contains="Against call").click()
        wait("the call before selected",
             lambda: any(row.has_state("selected") and ("2 retried" in row.name or row.name.startswith("Attempt 3"))
                         for row in rows(app)))
        said(app, "System prompt, tools and parameters are the same.")
        rows(app)[1].point_and_click()
        said(app, "This is the first call of its conversation.")


@check("a finding is told over its exchange, and muted for good")
def finding():
    with window("Traces") as app:
        unfold(app, "trip-planning")
        rows(app)[1].point_and_click()
        said(app, " retired ")
        app.find("push button", "Mute").click()
        wait("the finding gone", lambda: not app.look_for("push button", "Mute"))
        rows(app)[4].point_and_click()
        rows(app)[1].point_and_click()
        said(app, "Let me look at both.")
        assert not app.look_for("push button", "Mute")


@check("a session reads as one conversation, each message once, over its traces")
def session():
    with window("Sessions") as app:
        row = find_row(app, "sess-abc", "Sessions")
        assert "user-123 · 2 traces · 7 calls" in row.name and "cost $0.00" in row.name, row.name
        row.point_and_click()
        said(app, "trip-planning · conversation")
        desktop.screenshot("sessions")
        said(app, "What should I wear in Paris and in Rome?")
        trace = find_row(app, "Trace food-recommendations", "Sessions")
        assert trace.name.startswith("Trace food-recommendations, user-123 · 3 calls · "), trace.name
        found = [name.split(",")[0] for name in names(app, "Sessions")]
        assert found[found.index("Session sess-abc") + 1:][:2] == ["Trace trip-planning", "Trace food-recommendations"], found
        trace.point_and_click()
        wait("the timeline of the trace", lambda: len(lines(app)) == 3)
        desktop.screenshot("sessions-trace")


@check("sessions are those of one user where one is chosen")
def users():
    with window("Sessions") as app:
        find_row(app, "sess-def", "Sessions")
        app.find(name="User").point_and_click()
        wait("the user's name", lambda: says(app, "user-123"))
        app.key("Down", "Return")
        wait("one session", lambda: len(names(app, "Sessions")) == 1)


@check("a conversation with two ends has two rows below it, each read in the detail")
def branches():
    with window("Sessions") as app:
        find_row(app, "sess-abc", "Sessions")
        app.find(name="Conversations").point_and_click()
        find_row(app, "What should I eat in Osaka?, 3 calls · 2 branches", "Sessions")
        found = names(app, "Sessions")
        at = next(i for i, name in enumerate(found) if "2 branches" in name)
        assert found[at + 1].startswith("And in Kyoto?, Branch") and found[at + 2].startswith("And in Tokyo?, Branch"), found
        rows(app, "Sessions")[at + 2].point_and_click()
        said(app, "Edomae sushi")
        desktop.screenshot("conversations")


@check("everything is read again in the background, and what comes of it is shown")
def reread():
    data = capture(folder)
    with contextlib.closing(sqlite3.connect(data / "overhear.db")) as database:
        database.execute("UPDATE place SET cost = NULL")
        database.commit()
    with desktop.app(data=data) as app:
        app.focus_window()
        app.find("list item", contains="Traces").point_and_click()
        wait("a trace without a price", lambda: "cost unknown" in find_row(app, "Trace trip-planning").name)
        app.key("F10")
        app.find("menu item", "Read Everything Again…").click()
        app.find("push button", contains="Read Again").click()
        wait("its price", lambda: "cost $0.0" in find_row(app, "Trace trip-planning").name)


@check("a trace grows while it runs, without folding and without the selection moving")
def live():
    with simulator(1) as upstream, \
            desktop.app("--run", PYTHON, AGENT, "trip", upstreams=[upstream]) as app:
        app.wait_rows(1)
        app.focus_window()
        app.find("list item", contains="Traces").point_and_click()
        first = find_row(app, "Call: ")
        first.point_and_click()
        wait("the call selected", lambda: find_row(app, "Call: ").has_state("selected"))
        wait("the last call", lambda: sum("end_turn" in name and name.startswith("Call: ") for name in names(app)) == 3)
        desktop.screenshot("traces-live")
        assert rows(app)[0].has_state("expanded")
        assert rows(app)[1].has_state("selected"), names(app)
        wait("the end", lambda: "running" not in names(app)[0])


with desktop:
    try:
        main()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
