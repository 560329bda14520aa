# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange, as its pages show it."""
import pathlib
import sys

from harness import Desktop, wait
from tap import check, main
from upstream import Upstream

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
TALK = pathlib.Path(__file__).resolve().with_name("talk.py")

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))


def fine(app):
    assert not app.complaints(), "\n".join(app.complaints())


def open_row(app, row):
    row.point_and_click()
    wait("the row chosen", lambda: row.has_state("selected"))


@check("messages that were sent before are folded, by button and key, and what is new says so")
def folded():
    with Upstream() as upstream, \
            desktop.app("--run", "/usr/bin/python3", str(TALK), upstreams=[upstream.line]) as app:
        rows = app.wait_rows(3, "talk-1")
        app.find("label", contains="Exited with status 0")
        app.focus_window()
        open_row(app, rows[2])
        app.find("push button", "3 earlier messages, unchanged since call 2")
        conversation = app.find("list", "Conversation")
        conversation.find("label", "ASSISTANT · call 2")
        conversation.find("label", "Third question")
        assert len(conversation.look_for("label", "new in this call")) == 1
        assert not conversation.look_for("label", "First question")
        desktop.screenshot("folded")

        conversation.find("push button", contains="earlier messages").click()
        conversation.find("label", "First question")
        conversation.find("label", "Second question")
        conversation.find("push button", "Hide 3 earlier messages")
        desktop.screenshot("unfolded")

        conversation.find("label", "Third question").point_and_click()
        app.key("h")
        conversation.find("push button", "3 earlier messages, unchanged since call 2")
        wait("the first question folded", lambda: not conversation.look_for("label", "First question"))
        fine(app)


@check("a window of its own says whose it is, has all pages, and Escape closes it")
def detached():
    with Upstream() as upstream, \
            desktop.app("--run", "/usr/bin/python3", str(TALK), upstreams=[upstream.line]) as app:
        rows = app.wait_rows(3, "talk-1")
        app.find("label", contains="Exited with status 0")
        app.focus_window()
        open_row(app, rows[1])
        app.key("ctrl+Return")
        window = app.find("frame", "POST /v1/messages")
        window.find("label", contains="api.anthropic.com · call 2 · ")
        window.find("label", "Second question")
        assert not window.look_for("push button", "Open in a window of its own")
        window.find("page tab", "Timing").click()
        window.find("label", "The whole answer was passed on.")
        desktop.screenshot("detached")
        app.focus_window("POST /v1/messages")
        app.key("Escape")
        wait("the window to close", lambda: not app.look_for("frame", "POST /v1/messages"))
        fine(app)


with desktop:
    main()
