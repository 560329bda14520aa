# SPDX-License-Identifier: GPL-3.0-or-later
"""What leaves the window as a file, and what the desktop asks of it: printing, dragging out, the actions of its menu."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

from captured import capture
from harness import Desktop, wait
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1))
PICTURES = pathlib.Path(sys.argv.pop(1))
DROP = sys.argv.pop(1)

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))
folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-files-"))


@contextlib.contextmanager
def window():
    with desktop.app(data=capture(folder)) as app:
        app.resize(1100, 880)
        app.find("list item", contains="Timeline").point_and_click()
        row = app.wait_rows(3)[-1]
        row.point_and_click()
        wait("the conversation", lambda: app.look_for(contains="Conversation"))
        yield app


@contextlib.contextmanager
def taker(*arguments):
    """A window of another program beside ours. What it is given comes as lines."""
    process = subprocess.Popen([DROP, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        found = wait("its window", lambda: desktop.output("xdotool", "search", "--onlyvisible", "--name", "^Drop Here$").split())
        desktop.run("xdotool", "windowmove", found[-1], "1130", "300")
        time.sleep(0.5)
        yield process
    finally:
        process.kill()
        process.wait()


def drag(node, process):
    x, y, width, height = node.extents()
    x, y = x + min(width, 400) // 2, y + height // 2
    desktop.run("xdotool", "mousemove", str(x), str(y), "mousedown", "1")
    for step in range(1, 13):
        desktop.run("xdotool", "mousemove", str(x + (1280 - x) * step // 12), str(y + (400 - y) * step // 12))
        time.sleep(0.05)
    desktop.run("xdotool", "mousemove", "1281", "401")
    time.sleep(0.3)
    desktop.run("xdotool", "mouseup", "1")
    return process.stdout


@check("a row is dragged out as a HAR file, which goes with the program")
def row():
    with window() as app, taker() as process:
        uri = drag(app.rows()[-1], process).readline().strip()
        path = pathlib.Path(urllib.parse.unquote(uri.removeprefix("file://")))
        assert path.suffix == ".har" and path.stat().st_mode & 0o777 == 0o600, uri
        entries = json.loads(path.read_text())["log"]["entries"]
        assert len(entries) == 1 and "sk-ant" not in path.read_text(), entries
        base = path.parent.parent
        assert base.stat().st_mode & 0o777 == 0o700, base
    assert not base.exists(), base


@check("the conversation is dragged out as text, and a body as its file")
def texts():
    with window() as app:
        with taker("text") as process:
            text = drag(app.find(name="Copy"), process).readline()
            assert text.startswith("# "), text
        app.focus_window()
        app.key("alt+4")
        with taker() as process:
            uri = drag(app.find("push button", contains="Save body"), process).readline().strip()
            assert uri.startswith("file://") and "-" in uri, uri


@check("Ctrl+P prints the conversation")
def printing():
    with window() as app:
        app.key("ctrl+p")
        dialog = wait("the dialog", lambda: app.look_for(contains="Print to File", showing=False))
        desktop.screenshot("print")
        assert dialog
        app.key("Escape")


@check("the desktop's menu runs the last command again and asks for a file, over the bus and by options")
def errands():
    data = folder / "runs"
    environment = {**os.environ, "OVERHEAR_DATA_DIR": str(data), "XDG_STATE_HOME": str(folder / "state")}
    subprocess.run([os.environ["OVERHEAR"], "run", "true"], env=environment, check=True, timeout=60)

    def runs():
        listed = subprocess.run([os.environ["OVERHEAR"], "runs", "--json"], env=environment, check=True, capture_output=True,
                                text=True, timeout=60).stdout
        return len(listed.splitlines())

    def activate(action):
        names = desktop.output("gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/", "--method",
                               "org.freedesktop.DBus.ListNames")
        name = re.search(r"org\.overhear\.Overhear[\w.]*", names)[0]
        desktop.run("gdbus", "call", "--session", "--dest", name, "--object-path", "/" + name.replace(".", "/"), "--method",
                    "org.freedesktop.Application.ActivateAction", action, "[]", "{}")

    def dialogs():
        return desktop.output("xdotool", "search", "--onlyvisible", "--name", "Import").split()

    before = runs()
    with desktop.app("--again", data=data):
        wait("a second run", lambda: runs() == before + 1)
        activate("again")
        wait("a third run", lambda: runs() == before + 2)
        activate("import")
        wait("the dialog", dialogs)
    with desktop.app("--import", data=data):
        wait("the dialog", dialogs)


with desktop:
    try:
        main()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
