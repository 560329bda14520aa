# SPDX-License-Identifier: GPL-3.0-or-later
"""What the window does with files and with what is old: Export, Import, pinning, limits of size and age."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from harness import TIMEOUT, Desktop, wait
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1))
PICTURES = pathlib.Path(sys.argv.pop(1))
OVERHEAR = os.environ["OVERHEAR"]

desktop = Desktop(PROGRAM, PICTURES, size=(1280, 800))
home = pathlib.Path(tempfile.mkdtemp(prefix="overhear-keeping-"))


def entry(name, date):
    return {"startedDateTime": date, "time": 12, "cache": {}, "timings": {"send": 1, "wait": 2, "receive": 3},
            "request": {"method": "GET", "url": f"https://api.anthropic.com/v1/{name}", "httpVersion": "HTTP/1.1", "cookies": [],
                        "headers": [], "queryString": [], "headersSize": -1, "bodySize": 0},
            "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
                         "content": {"size": 2, "mimeType": "application/json", "text": "{}"}, "redirectURL": "",
                         "headersSize": -1, "bodySize": 2}}


def har():
    """Two exchanges of long ago and one of the future, when this test is still to be run."""
    path = home / "browser.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": [
        entry("oldest", "2020-01-02T03:04:05Z"), entry("old", "2021-01-02T03:04:05Z"), entry("new", "2100-01-02T03:04:05Z")]}}))
    return path


def fresh_data(name):
    data = home / name
    data.mkdir(mode=0o700)
    environment = {**os.environ, "OVERHEAR_DATA_DIR": str(data), "XDG_RUNTIME_DIR": str(home)}
    subprocess.run([OVERHEAR, "import", har()], env=environment, check=True, stdout=subprocess.DEVNULL, timeout=60)
    return data


def menu(app, item):
    app.focus_window()
    app.key("F10")
    app.find("menu item", item).click()


def choose_file(app, title, path):
    app.focus_window(title)
    time.sleep(0.3)
    app.key("ctrl+l" if title == "Import" else "ctrl+a")
    app.type(str(path))
    app.key("Return")
    # In a dialog that opens, the first one may only have completed the name.
    buttons = app.look_for("push button", "Import")
    if title == "Import" and buttons:
        buttons[0].click()


@check("a pinned exchange says so, and outlives the limits; the others go once it has been said")
def limits():
    data = fresh_data("limits")
    with desktop.app(data=data, settings={"max-age": 365}) as app:
        app.wait_rows(3)
        toast = app.find("label", contains="2 exchanges are beyond the limits", timeout=2 * TIMEOUT)
        assert toast.name == "2 exchanges are beyond the limits and will be deleted"
        app.focus_window()
        desktop.screenshot("limits")
        # The cursor starts at the newest; the oldest is two rows up.
        app.key("j", "k", "k", "k")
        app.key("ctrl+d")
        pinned = wait("a pinned row", lambda: app.rows(", pinned"))[0]
        assert "/v1/oldest" in pinned.name, pinned.name
        wait("the old one to go", lambda: not app.rows("/v1/old,"), timeout=30 + 2 * TIMEOUT)
        assert app.rows("/v1/oldest") and app.rows("/v1/new")


@check("“Keep Them” keeps them")
def undo():
    data = fresh_data("undo")
    with desktop.app(data=data, settings={"max-age": 365}) as app:
        app.wait_rows(3)
        app.find(contains="Keep Them", timeout=2 * TIMEOUT).point_and_click()
        time.sleep(3)
        assert len(app.rows()) == 3


@check("without limits nothing is said and nothing deleted; Export writes the chosen file, Import reads it")
def files():
    data = fresh_data("files")
    with desktop.app(data=data) as app:
        app.wait_rows(3)
        menu(app, "Export…")
        path = home / "exported.jsonl"
        choose_file(app, "Export Everything", path)
        wait("the file", path.exists)
        assert len(path.read_text().splitlines()) == 5, path.read_text()
        menu(app, "Import…")
        choose_file(app, "Import", path)
        app.find("list item", contains="exported.jsonl")
        desktop.screenshot("imported")


try:
    with desktop:
        main()
finally:
    shutil.rmtree(home, ignore_errors=True)
