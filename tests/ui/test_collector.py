# SPDX-License-Identifier: GPL-3.0-or-later
"""The collector's page of the preferences: what ends is sent from then on, and where it is not the window says so."""
import os
import pathlib
import subprocess
import sys
import time

from fixtures.collector import Collector
from fixtures.simulator import Simulator
from harness import TIMEOUT, Desktop, wait
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1))
PICTURES = pathlib.Path(sys.argv.pop(1))

desktop = Desktop(PROGRAM, PICTURES, size=(1280, 800))


def search(app, *args, **kwargs):
    """In the preferences, the newest window."""
    for window in reversed([window for window in app.root.children() if window.name != "Overhear"]):
        yield from window.search(*args, **kwargs)


def find(app, *args, **kwargs):
    return wait(f"{args} {kwargs}", lambda: next(search(app, *args, **kwargs), None), TIMEOUT)


def talk(app):
    with Simulator(app.folder / "simulator") as simulator:
        subprocess.run([os.environ["OVERHEAR"], "run", f"--upstream=api.anthropic.com={simulator.url}", "--", "/usr/bin/python3", "-c",
                        "import urllib.request as u; u.urlopen(u.Request('https://api.anthropic.com/v1/messages',"
                        "b'{\"model\": \"claude-haiku-4-5\", \"max_tokens\": 9, \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}',"
                        "{'content-type': 'application/json', 'x-api-key': 'k', 'anthropic-version': '2023-06-01'})).read()"],
                       env=app.environment, check=True, capture_output=True, timeout=60)


@check("an address and a switch send what ends; where nothing gets through the window says so, until it does")
def page():
    with desktop.app() as app:
        with Collector() as collector:
            port = collector.port
            app.focus_window()
            app.key("ctrl+comma")
            find(app, name="Collector").click()
            app.type_into(find(app, contains="Address, such as", role="text"), "no address")
            app.key("Return")
            find(app, contains="“no address” is no address of a collector")
            # Also after it was looked whether something was sent.
            time.sleep(3)
            find(app, contains="“no address” is no address of a collector")
            app.type_into(find(app, contains="Address, such as", role="text"), collector.url)
            app.key("Return")
            # What is typed there cannot be read.
            find(app, contains="Header, as NAME", role="text").point_and_click()
            app.type("X-Key: secret")
            app.key("Return")
            find(app, "label", name="Send What Ends").point_and_click()
            wait("the file", lambda: "on=true" in (app.data / "collector").read_text() if (app.data / "collector").exists() else False)
            find(app, "label", contains="0 sent, 0 waiting")
            time.sleep(0.5)
            desktop.screenshot("collector-page")
            talk(app)
            wait("the spans", lambda: len(collector.taken) == 2)
            assert collector.requests[0][1]["X-Key"] == "secret", collector.requests
            find(app, "label", contains="1 sent, 0 waiting")
        talk(app)
        find(app, "alert", contains="Nothing has reached the collector since")
        app.key("Escape")
        app.find("label", contains="Nothing has reached the collector since")
        time.sleep(0.5)
        desktop.screenshot("collector-failing")
        with Collector(port=port) as collector:
            wait("what waited", lambda: len(collector.taken) == 2, 90)
            wait("the banner to go", lambda: not app.look_for("label", contains="Nothing has reached the collector"))


@check("what a run told of itself went to its user's own collector, too: the window says so when it has ended")
def copies():
    tell = ("import os, urllib.request as u; u.urlopen(u.Request(os.environ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], b'',"
            "{'content-type': 'application/x-protobuf'}))")
    with Collector() as collector:
        os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = collector.url + "/v1/traces"
        try:
            with desktop.app("--run", "/usr/bin/python3", "-c", tell) as app:
                # A toast, which may have gone before it is looked for, and what assistive technologies are told.
                app.find("alert", contains="was also sent where its environment says", showing=False)
        finally:
            del os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
        assert [path for path, _, _ in collector.requests] == ["/v1/traces"], collector.requests


with desktop:
    main()
