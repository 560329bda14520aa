# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that ended with nothing captured says why, and has a button that mends it. Pictures are kept in the folder given."""
import pathlib
import sys

from faults.proxyhost import Server, answering, make_certificate, reply
from harness import Desktop, wait
from tap import check, main
from upstream import Upstream

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
# Says something to its base URL, if there is one.
ASK = """
import os, urllib.request
url = os.environ.get("ANTHROPIC_BASE_URL")
if url:
    urllib.request.urlopen(url + "/v1/models").read()
"""
BARE = ["--run", "/usr/bin/env", "-i", "/usr/bin/python3", "-c", ASK]

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))


def mend(app, label):
    """By the pointer. Returns: the entry for the command, with what is offered in it."""
    app.focus_window()
    app.find("push button", contains=label).point_and_click()
    entry = app.find("text", "Command line or script")
    app.focus_window("Run")
    return entry


@check("env -i: it says so, and the button runs it again by its base URL, captured")
def bare():
    with Upstream() as upstream, desktop.app(*BARE, upstreams=[upstream.line]) as app:
        said = app.find("alert", contains="“env -i” starts the program without the environment of the run")
        assert said.name.startswith("No call of “env -i "), said.name
        desktop.screenshot("silence-bare")
        entry = mend(app, "Run Again, Mended…")
        assert entry.content().startswith("sh -c '/usr/bin/env -i ANTHROPIC_BASE_URL=$OVERHEAR_VIA/api.anthropic.com /usr/bin"), \
            entry.content()
        desktop.screenshot("silence-dialog")
        app.key("ctrl+Return")
        app.wait_rows(1, "GET api.anthropic.com/v1/models, status 200")
        wait("no strip over a run that was read", lambda: not app.look_for("alert", contains="No call of"))


@check("a host that is no known API: the button reads it")
def unread():
    certificate = make_certificate()
    server = Server(answering(reply(b"hello")), certificate)
    ask = ("import ssl, urllib.request; urllib.request.urlopen"
           f"('https://127.0.0.2:{server.port}/', context=ssl._create_unverified_context())")
    with desktop.app("--run", "/usr/bin/python3", "-c", ask) as app:
        app.find("alert", contains="It spoke to hosts that are no known LLM APIs: 127.0.0.2.")
        desktop.screenshot("silence-unread")
        mend(app, "Run Again, Reading 127.0.0.2…")
        assert app.find("text", contains="Further hosts to read").content() == "127.0.0.2"
        app.key("ctrl+Return")
        app.wait_rows(1, "GET 127.0.0.2")


@check("a program of which nothing is known: the button gives it a base URL")
def unknown():
    with desktop.app("--run", "/usr/bin/python3", "-c", "1") as app:
        app.find("alert", contains="No call of “python3 -c 1” came through Overhear. Programs that lose")
        assert mend(app, "Run Again With a Base URL…").content() == \
            "sh -c 'ANTHROPIC_BASE_URL=$OVERHEAR_VIA/api.anthropic.com /usr/bin/python3 -c 1'"


@check("the strip in the sizes of a window, light and dark")
def looks():
    for name, size, settings in (("wide-light", (1280, 800), {}), ("wide-dark", (1280, 800), {"color-scheme": "'dark'"}),
                                 ("small-light", (900, 600), {}), ("small-dark", (900, 600), {"color-scheme": "'dark'"})):
        with desktop.app(*BARE, settings=settings) as app:
            app.find("alert", contains="“env -i” starts")
            app.resize(*size)
            wait(f"a window {size[0]} wide", lambda: abs(app.find("frame").extents()[2] - size[0]) < 40)
            button = app.find("push button", contains="Run Again, Mended…")
            x, y, width, height = button.extents()
            assert x >= 0 and x + width <= size[0] + 40 and y + height <= size[1] + 40, button.extents()
            desktop.screenshot(f"silence-{name}")


with desktop:
    main()
