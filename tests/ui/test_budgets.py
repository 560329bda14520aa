# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets in the window: the Run dialog's fields, the banner of what waits; and what the desktop is told meanwhile."""
import json
import pathlib
import subprocess
import sys
import threading
import time

from harness import Desktop, look_away, wait
from tap import check, main
from upstream import Upstream

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
HERE = pathlib.Path(__file__).resolve().parent
CLIENT = HERE / "client.py"
desktop = Desktop(PROGRAM, PICTURES, size=(1280, 800))


class Notifications:
    """What the desktop is told while a with block lasts."""

    def __enter__(self):
        self.process = subprocess.Popen(["/usr/bin/python3", str(HERE / "notifications.py")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "here\n"
        self.told = []

        def read():
            for line in self.process.stdout:
                self.told.append(json.loads(line))
        self.thread = threading.Thread(target=read, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)
        self.thread.join()
        self.process.stdout.close()

    def find(self, words):
        return wait(f"a notification “{words}”", lambda: [one for one in self.told if words in one["body"]])[0]

    def answer(self, one):
        self.process.stdin.write(f"{one['number']}\n")
        self.process.stdin.flush()


def launch(app, *kinds, **limits):
    """By the Run dialog."""
    app.find("push button", "Run a Script…").click()
    entry = app.find("text", "Command line or script")
    app.focus_window("Run")
    app.type_into(entry, f"/usr/bin/python3 {CLIENT} claude-budget-1 {' '.join(kinds)}")
    app.find("label", "Budget").point_and_click()
    for name, value in limits.items():
        field = app.find("text", contains=name)
        wait("a field that stands", lambda: field.extents()[3] > 20)
        time.sleep(0.5)
        field.point_and_click()
        app.type_into(field, value)


@check("the Run dialog has a budget; what waits goes on, is raised and refused by the banner; the desktop is told")
def banner():
    with Notifications() as notifications, Upstream() as upstream, desktop.app(upstreams=[upstream.line]) as app:
        launch(app, "plain", "plain", "plain", "plain", Calls="0")
        app.key("Return")
        app.find(contains="“0” is no number of calls")
        field = app.find("text", contains="Calls")
        field.point_and_click()
        app.type_into(field, "1")
        desktop.screenshot("budget-dialog")
        app.key("Return")
        app.find("label", contains="1 call of “client.py claude-budget-1 plain plain plain plain” waits")
        assert len(upstream.requests) == 1
        look_away()
        desktop.screenshot("budget-banner")
        for width, height in ((900, 600), (1280, 800)):
            app.resize(width, height)
            desktop.screenshot(f"budget-banner-{width}")
        # Raised by one, it waits again.
        app.find("push button", "Raise…").point_and_click()
        amount = app.find("text", contains="How many more calls?")
        wait("as much again", lambda: amount.content() == "1")
        desktop.screenshot("budget-raise")
        app.find("push button", "Raise").click()
        look_away()
        app.find("label", contains="2 of 2 calls")
        assert len(upstream.requests) == 2
        app.find("push button", "Refuse").point_and_click()
        app.wait_rows(2, "refused by the budget")
        app.find("label", contains="Exited with status 0")
        wait("no banner", lambda: not app.look_for("label", contains="waits: its budget"))
        assert len(upstream.requests) == 2


@check("who looks elsewhere is told what ended and what failed, and goes there")
def told():
    for kinds, words in (["stream"], "Has ended."), (["stream", "exit3"], "Failed with status 3."):
        with Notifications() as notifications, Upstream(held=True) as upstream, desktop.app(
                "--run", "/usr/bin/python3", str(CLIENT), "claude-told-1", *kinds, upstreams=[upstream.line]) as app:
            app.wait_rows(1)
            app.find("list item", contains="Rate limits").point_and_click()
            run = app.find("list item", contains="claude-told-1")
            wait("another pane", lambda: not run.has_state("selected"))
            look_away()
            upstream.gate.set()
            one = notifications.find(words)
            assert "client.py" in one["title"] and "default" in one["actions"], one
            notifications.answer(one)
            wait("the run", lambda: run.has_state("selected"))


@check("a budget that holds a call is told of; each kind can be turned off; who looks at the window needs no telling")
def budget_told():
    with Notifications() as notifications, Upstream() as upstream:
        with desktop.app(upstreams=[upstream.line], settings={"notify-ended": "false"}) as app:
            launch(app, "plain", "plain", Calls="1")
            app.key("Return")
            look_away()
            app.find("label", contains="waits: its budget")
            wait("a word of it", lambda: any("budget" in one["body"] for one in notifications.told))
            app.find("push button", "Continue").point_and_click()
            app.find("label", contains="Exited with status 0")
            look_away()
    with Notifications() as seen, Upstream(held=True) as upstream:
        with desktop.app("--run", "/usr/bin/python3", str(CLIENT), "claude-seen-1", "stream",
                         upstreams=[upstream.line]) as app:
            app.wait_rows(1)
            app.focus_window()
            time.sleep(0.5)
            upstream.gate.set()
            app.find("label", contains="Exited with status 0")
            time.sleep(1)
    for one in notifications.told + seen.told:
        assert "ended" not in one["body"], one


@check("the preferences list them")
def preferences():
    with desktop.app() as app:
        app.focus_window()
        app.key("ctrl+comma")
        for title in ("A Run Has Ended", "A Run Has Failed", "A Budget Is Nearly or All Used Up", "A Run Goes in Circles",
                      "A Rate Limit Is Nearly Used Up"):
            app.find(name=title)
        time.sleep(0.5)
        desktop.screenshot("notification-preferences")


with desktop:
    main()
