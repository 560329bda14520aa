# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching as people do it: what is found is marked and stepped through, values are offered, searches are kept."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from harness import Desktop, wait
from tap import check, main
from upstream import Upstream

PROGRAM = pathlib.Path(sys.argv.pop(1))
COMMAND = pathlib.Path(os.environ["OVERHEAR"])
PICTURES = pathlib.Path(sys.argv.pop(1))
AGENT = str(pathlib.Path(__file__).with_name("search_agent.py"))

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))
folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-search-"))


def capture():
    """What the tests look through, captured once."""
    data = folder / "data"
    if not data.exists():
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        with Upstream() as upstream:
            subprocess.run([COMMAND, "run", "--name", "Harbour talk", "--session", "bay watch", "--upstream", upstream.line,
                            "--", "/usr/bin/python3", AGENT],
                           env=dict(os.environ, OVERHEAR_DATA_DIR=str(data), XDG_RUNTIME_DIR=str(runtime)), check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    copy = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "data"
    shutil.copytree(data, copy)
    return copy


@contextlib.contextmanager
def window(**kwargs):
    with desktop.app(data=capture(), **kwargs) as app:
        app.wait_rows(4)
        app.focus_window()
        yield app


def write(app, text):
    app.focus_window()
    app.key("ctrl+f")
    entry = app.find("entry", "Search")
    app.type_into(entry, text)
    # What stands around the entry, and the list: the whole window takes long to walk.
    app.box = entry.parent
    app.list = app.find("list", "Exchanges")
    return entry


def wait_rows(app, count):
    wait(f"{count} rows", lambda: len(app.list.look_for("list item", contains="status ", showing=False)) == count)


def search(app, text, rows):
    entry = write(app, text)
    wait_rows(app, rows)
    return entry


def wait_count(app, words):
    """What is said beside the entry about the matches."""
    return wait(words, lambda: any(node.content() == words for node in app.box.look_for("label")))


@check("next and previous go through the matches of an exchange, then to the next exchange, and round")
def steps():
    with window() as app:
        search(app, "lighthouse", 3)
        app.key("ctrl+g")
        wait_count(app, "1 of 2")
        app.find("label", "Where is the lighthouse? The old Lighthouse.")
        desktop.screenshot("search-first")
        app.key("ctrl+g")
        wait_count(app, "2 of 2")
        app.key("ctrl+g")
        wait_count(app, "1 of 3")
        # Far down in a text of which only the beginning is shown otherwise.
        app.find("label", contains="The LIGHTHOUSE stands")
        app.key("ctrl+g")
        wait_count(app, "2 of 3")
        # Folded otherwise.
        app.find("label", contains="a lighthouse, then")
        desktop.screenshot("search-folded")
        app.box.find("push button", "Next match").click()
        wait_count(app, "3 of 3")
        app.box.find("push button", "Next match").click()
        wait_count(app, "1 of 1")
        app.find("label", "Tell of the lighthouse")
        app.box.find("push button", "Next match").click()
        wait_count(app, "1 of 2")
        app.box.find("push button", "Previous match").click()
        wait_count(app, "1 of 1")
        app.key("ctrl+shift+g")
        wait_count(app, "3 of 3")
        # In a window of its own the same is searched for, and something else.
        app.key("ctrl+Return")
        app.focus_window("POST /v1/messages")
        other = wait("the other window", lambda: [node for node in app.root.children() if node.name == "POST /v1/messages"])[0]
        entry = other.find("entry", "Search")
        assert entry.content() == "lighthouse", entry.content()
        other.box = entry.parent
        wait("its matches", lambda: any(node.content() == "3 matches" for node in other.box.look_for("label")))
        for words in "1 of 3", "2 of 3":
            app.key("ctrl+g")
            wait(words, lambda: any(node.content() == words for node in other.box.look_for("label")))
        desktop.screenshot("search-detached")
        app.key("ctrl+f")
        app.type_into(entry, "cape")
        wait("another count", lambda: any(node.content() == "1 match" for node in other.box.look_for("label")))


@check("matches are counted for the page that is open; fields and what is not wanted are not marked")
def pages():
    with window() as app:
        search(app, "lighthouse model:coast-3 not mill", 1)
        app.key("ctrl+g")
        wait_count(app, "1 of 1")
        app.find("page tab", "Headers").point_and_click()
        wait_count(app, "1 match")
        app.focus_window()
        app.key("ctrl+g")
        wait_count(app, "1 of 1")
        desktop.screenshot("search-headers")
        app.find("page tab", "Request").point_and_click()
        wait_count(app, "1 match")
        app.key("ctrl+g")
        wait_count(app, "1 of 1")
        # The tree gave way to the text, where the match is.
        wait("the body as text", lambda: [node for node in app.look_for("text", "Text")
                                          if "Tell of the lighthouse" in node.content()])
        desktop.screenshot("search-request")
        app.find("page tab", "Response").point_and_click()
        wait_count(app, "not here")
        # Without words there is nothing to step through.
        write(app, "model:coast-3")
        wait("no more steps", lambda: not app.box.find("push button", "Next match").has_state("sensitive"))


@check("after a field the values of the database are offered, and taken with the keyboard")
def values():
    with window() as app:
        entry = write(app, "model:")
        app.find("label", "model:claude-coast-3")
        desktop.screenshot("search-values")
        app.key("Down", "Tab")
        wait("a model", lambda: entry.content().startswith("model:claude-"))
        wait_rows(app, 1)
        # A value with a space is put in quotation marks; a field's name leads on to its values.
        app.type_into(entry, "sessi")
        app.find("label", "session:")
        app.key("Tab")
        app.find("label", 'session:"bay watch"')
        app.key("Tab")
        wait("the session", lambda: entry.content() == 'session:"bay watch"')
        wait_rows(app, 4)
        app.type_into(entry, "is:")
        app.find("label", "is:streaming")
        # Escape takes the offers away, and leaves the search.
        app.key("Escape")
        wait("no offers", lambda: not app.box.look_for("label", "is:streaming"))
        assert entry.content() == "is:", entry.content()


def quotes(app):
    """What rows say of where they were found."""
    return [node.name.split("found: ")[1] for node in app.list.look_for("list item", contains="found: ", showing=False)]


@check("a row says where it was found, in the sentence: a message, thinking, a header")
def sentences():
    with window() as app:
        for text, words in (("lighthouse", "Where is the lighthouse?"), ("\"a lighthouse, then\"", "…x x x x a lighthouse, then"),
                            ("none", "X-Harbour: none")):
            write(app, text)
            wait(f"“{words}” said of {text}", lambda: [quote for quote in quotes(app) if words in quote])
        write(app, "model:claude")
        wait("nothing said of a condition", lambda: app.list.look_for("list item", showing=False) and not quotes(app))


@check("what a console has is shown there")
def console():
    with Upstream() as upstream, desktop.app("--run", "/usr/bin/python3", AGENT, upstreams=[upstream.line]) as app:
        app.wait_rows(4)
        app.find(name="Console")
        app.focus_window()
        app.find(name="Hide the Console").click()
        wait("no console", lambda: not app.look_for(name="Console"))
        search(app, "in:console periwinkle", 4)
        wait("the line said", lambda: any("Console: …says periwinkle" in quote for quote in quotes(app)))
        app.list.look_for("list item", contains="status ", showing=False)[0].point_and_click()
        app.find("push button", "Show in Console").click()
        app.find(name="Console")
        desktop.screenshot("search-console")
        write(app, "in:console lighthouse")
        wait("no way to the console", lambda: not app.look_for("push button", "Show in Console"))


@check("a wrong search says where and why; sessions and traces are searched, and a trace is stepped through")
def wrong():
    with window() as app:
        write(app, "lighthouse status>many")
        app.find("label", "At character 19: here comes a number, such as 429 or 10k.")
        desktop.screenshot("search-wrong")
        app.find("list item", contains="Sessions").point_and_click()
        write(app, "mill")
        sessions = app.find("list", "Sessions")
        wait("the session", lambda: [row.name for row in sessions.look_for("list item") if "bay watch" in row.name])
        write(app, "model:nowhere")
        app.find("label", "Nothing Found")
        app.focus_window()
        app.find("list item", contains="Traces").point_and_click()
        write(app, "lighthouse")
        traces = app.find("list", "Traces")
        rows = wait("traces", lambda: traces.look_for("list item", contains="Where is the lighthouse"))
        rows[0].point_and_click()
        wait_count(app, "2 matches")
        app.focus_window()
        app.key("ctrl+g")
        wait_count(app, "1 of 2")
        desktop.screenshot("search-trace")


def settings_without(app, word):
    """The searches as they are in the settings' file, once that word is gone from them."""
    keyfile = app.folder / "config/glib-2.0/settings/keyfile"
    lines = [line for line in keyfile.read_text().splitlines() if line.startswith("saved-searches=") and word not in line]
    return lines and lines[0].partition("=")[2]


def saved(app):
    app.sidebar = getattr(app, "sidebar", None) or app.find(name="Panes, searches, programs and runs")
    rows = app.sidebar.look_for("list item")
    return [row.name for row in rows if row.name in ("lighthouse", "Lights", "mill")]


@check("a search is kept in the sidebar, chosen, renamed, deleted and brought back, and is there after a restart")
def keep():
    with window() as app:
        search(app, "lighthouse", 3)
        app.key("ctrl+s")
        wait("it in the sidebar", lambda: saved(app) == ["lighthouse"])
        search(app, "mill", 1)
        app.box.find(name="Save this search").click()
        wait("two in the sidebar", lambda: saved(app) == ["lighthouse", "mill"])
        app.sidebar.find("list item", "lighthouse").point_and_click()
        wait_rows(app, 3)
        desktop.screenshot("search-kept")
        app.focus_window()
        app.key("F2")
        name = app.find("text", "Name of the search")
        app.type_into(name, "Lights")
        app.key("Return")
        wait("the new name", lambda: saved(app) == ["Lights", "mill"])
        app.sidebar.find("list item", "mill").point_and_click()
        wait_rows(app, 1)
        app.focus_window()
        app.key("Delete")
        app.find("push button", contains="Undo").click()
        wait("both again", lambda: saved(app) == ["Lights", "mill"])
        app.sidebar.find("list item", "mill").point_and_click()
        app.focus_window()
        app.key("Delete")
        wait("one left", lambda: saved(app) == ["Lights"])
        kept = wait("the settings on the disk", lambda: settings_without(app, "mill"))
    with window(settings={"saved-searches": kept}) as app:
        wait("it after a restart", lambda: saved(app) == ["Lights"])


with desktop:
    try:
        main()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
