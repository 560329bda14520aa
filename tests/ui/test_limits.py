# SPDX-License-Identifier: GPL-3.0-or-later
"""The panes that add up, read as a screen reader reads them: rate limits, the overview, and what stands of them elsewhere."""
import json
import pathlib
import re
import sys
import time

from harness import Desktop, wait
from limited import Limited
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
CLIENT = pathlib.Path(__file__).resolve().with_name("limited.py")
ONE, TWO = "sk-ant-api03-of-one-x7Qa", "sk-ant-api03-of-two-B2zz"
desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))


def command(key, model, *scripts):
    return ["--run", "/usr/bin/python3", str(CLIENT), key, model, *scripts]


def open_pane(app, name):
    app.find("list item", contains=name).point_and_click()


def texts(app, contains):
    return [node.name for node in app.look_for(contains=contains)]


def wait_until_still(node):
    """The chart and the cards over a row take their heights one after the other."""
    places = []

    def still():
        places.append(node.extents())
        return len(places) > 5 and len(set(places[-5:])) == 1
    wait("a row that stands still", still)


def ended(app, status=0):
    app.find("label", contains=f"Exited with status {status}")


@check("without a word about limits, the pane says what will stand there")
def nothing():
    with Limited() as upstream, desktop.app(*command(ONE, "claude-haiku-4-5", "200"), upstreams=[upstream.line]) as app:
        ended(app)
        open_pane(app, "Rate limits")
        app.find("label", "No Limits Told Yet")
        assert not app.look_for("push button", contains="Rate limit")


@check("each bucket says what is left of it, how that is, and when it is full again, counting down")
def buckets():
    with Limited() as upstream:
        upstream.limits[ONE] = {"requests": (50, 19, 418), "input-tokens": (30000, 2400, 300),
                                "output-tokens": (8000, 7810, 200)}
        with desktop.app(*command(ONE, "claude-sonnet-4-5", "200", "200"), upstreams=[upstream.line]) as app:
            ended(app)
            open_pane(app, "Rate limits")
            app.find(contains="Requests: 19 of 50 left, Getting low")
            app.find(contains="Input tokens: 2400 of 30000 left, Nearly used up")
            app.find(contains="Output tokens: 7810 of 8000 left, Plenty left")
            app.find("label", contains="key …x7Qa")

            def seconds():
                found = [re.search(r"full again in (\d+) min (\d+) s", node.content() or node.name)
                         for node in app.look_for("label", contains="full again in 6 min")]
                return found and found[0] and int(found[0][1]) * 60 + int(found[0][2])
            first = wait("a countdown", seconds)
            wait("the countdown to go on", lambda: (seconds() or first) < first)
            desktop.screenshot("limits")


@check("a limit nearly used up stands in the header bar and the sidebar, and leads to the pane")
def gauge():
    with Limited() as upstream:
        upstream.limits[ONE] = {"requests": (50, 4, 500)}
        with desktop.app(*command(ONE, "claude-sonnet-4-5", "200"), upstreams=[upstream.line]) as app:
            ended(app)
            button = app.find("push button", contains="Rate limit “Requests” of key …x7Qa: 92 % used, full again in")
            app.find("list item", "Rate limits, 92 %")
            button.click()
            app.find(contains="Requests: 4 of 50 left, Nearly used up")


@check("two keys are told apart, and the user chooses")
def keys():
    with Limited() as upstream:
        upstream.limits[ONE] = {"requests": (50, 45, 300)}
        upstream.limits[TWO] = {"unified-5h": {"utilization": "0.87", "status": "allowed_warning",
                                               "reset": int(time.time()) + 7300}}
        first, second = (command(key, "claude-haiku-4-5", "200")[1:] for key in (ONE, TWO))
        script = " && ".join(" ".join(f"'{word}'" for word in line) for line in (first, second))
        with desktop.app("--run", "/bin/sh", "-c", script, upstreams=[upstream.line]) as app:
            ended(app)
            open_pane(app, "Rate limits")
            app.find(contains="Five hours: 13 % left, Nearly used up")
            assert not app.look_for(contains="Requests: ")
            app.focus_window()
            keys = app.find(name="API key")
            keys.point_and_click()
            wait("the other key to choose", lambda: app.look_for("label", contains="…x7Qa"))
            app.key("Down", "Return")
            app.find(contains="Requests: 45 of 50 left, Plenty left")


@check("retries say what was asked, what was waited, that it was too early, and how it ended")
def retries():
    with Limited() as upstream:
        upstream.limits[ONE] = {"requests": (50, 40, 60)}
        with desktop.app(*command(ONE, "claude-sonnet-4-5", "200", "529,429,200", "429,429,429"),
                         upstreams=[upstream.line]) as app:
            ended(app)
            app.wait_rows(7)
            for number in 1, 2, 3:
                app.wait_rows(2, f"attempt {number} of 3")
            open_pane(app, "Rate limits")
            table = app.find("list", "Retries")
            good = table.find("list item", contains="attempts 529 429 200, server asked to wait 6.0 s")
            assert re.search(r"client waited \d+ ms, \d+ ms: too early, recovered after", good.name), good.name
            bad = table.find("list item", contains="attempts 429 429 429")
            assert bad.name.endswith("gave up"), bad.name
            desktop.screenshot("limits-retries")

            wait_until_still(bad)
            bad.point_and_click()
            wait("a window of the exchange", lambda: len(app.look_for("frame")) > 1)


@check("the chart is read by keyboard, value by value")
def chart():
    with Limited() as upstream:
        upstream.limits[ONE] = {"requests": (50, 19, 400)}
        with desktop.app(*command(ONE, "claude-sonnet-4-5", "200"), upstreams=[upstream.line]) as app:
            ended(app)
            open_pane(app, "Rate limits")
            picture = app.find("image", "Left over the last 15 minutes")
            wait("the newest values", lambda: "Requests 38 %" in picture.description)
            picture.point_and_click()
            app.focus_window()
            app.key("Home")
            wait("the oldest values", lambda: re.match(r"\d\d:\d\d:\d\d;Requests 38 %", picture.description))
            app.find("push button", "The last hour").click()
            app.find("image", "Left over the last hour")


@check("the overview adds up calls, cost, time, cache and errors, and says what it does not know")
def overview():
    with Limited() as upstream:
        with desktop.app(*command(ONE, "claude-sonnet-4-5", "200", "200", "529,200", "429"),
                         upstreams=[upstream.line]) as app:
            ended(app)
            open_pane(app, "Overview")
            app.find(contains="Calls: 4, 1 retried · 1 failed · 0 cut")
            # 120 fresh at $3, 680 read at $0.30, 200 written at $3.75, 90 answered at $15 a million, three times.
            card = app.find(contains="Cost: $")
            cost = 3 * (120 * 3 + 680 * 0.3 + 200 * 3.75 + 90 * 15) / 1e6
            assert f"Cost: ${cost:.4f}" in card.name, card.name
            app.find(contains="Cache hits: 68 %")
            app.find(contains="Errors: 25 %")
            picture = app.find("image", "Cost by hour")
            assert picture.has_state("focusable") or picture.description
            app.find("push button", "All time").click()
            app.find("image", "Cost by day")
            app.find("label", contains="prices as of 20")
            desktop.screenshot("overview")
            traces = app.find("list", "Latest traces")
            traces.find("list item", contains="calls 1, tokens 1090")


@check("a model without a price costs unknown, never nothing")
def unknown():
    with Limited() as upstream:
        with desktop.app(*command(ONE, "claude-mystery-9", "200"), upstreams=[upstream.line]) as app:
            ended(app)
            wait("the cost in the row", lambda: app.rows("cost unknown"))
            open_pane(app, "Overview")
            app.find(contains="Cost: –, + 1 of unknown price")
            assert not texts(app, "$0"), texts(app, "$0")


@check("a finding is muted, and shown again when wanted")
def findings():
    with Limited() as upstream:
        with desktop.app(*command(ONE, "claude-haiku-4-5", ",".join(["529"] * 7 + ["200"])),
                         upstreams=[upstream.line]) as app:
            ended(app)
            open_pane(app, "Overview")
            found = app.find("list", "Findings")
            found.find("list item", contains="attempts")
            found.find("push button", "Mute").click()
            app.find("label", "Nothing stands out.")
            app.find("check box", "Show muted").click()
            app.find("list", "Findings").find("list item", contains="muted")


@check("prices of the user's own are checked in the preferences, and their errors said in words")
def prices():
    with Limited() as upstream, desktop.app(*command(ONE, "claude-haiku-4-5", "200"), upstreams=[upstream.line]) as app:
        ended(app)
        app.focus_window()
        app.key("ctrl+comma")
        app.find(name="Prices").click()
        app.find("label", contains="There is none. It would be")
        path = app.data / "prices.json"
        path.write_text(json.dumps({"rows": [{"models": ["mine"], "input": "three"}]}))
        app.find(contains="Your own prices cannot be used:")
        path.write_text(json.dumps({"rows": [{"models": ["mine"], "input": 3, "cache_write_5m": 3.75,
                                              "cache_write_1h": 6, "cache_read": 0.3, "output": 15}]}))
        app.find("label", contains="counts before the built-in prices")


with desktop:
    main()
