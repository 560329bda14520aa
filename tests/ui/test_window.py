# SPDX-License-Identifier: GPL-3.0-or-later
"""The window as people use it. Pictures of it are kept in the folder given."""
import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

from harness import Desktop, wait
from tap import Skip, check, main
from upstream import Upstream

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
CLIENT = pathlib.Path(__file__).resolve().with_name("client.py")

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))


def command(model, *kinds):
    return ["--run", "/usr/bin/python3", str(CLIENT), model, *kinds]


def open_run_dialog(app):
    app.find("push button", "Run a Script…").click()
    entry = app.find("text", "Command line or script")
    app.focus_window("Run")
    return entry


@check("an empty window offers to run a script, and the demonstration")
def empty():
    with desktop.app() as app:
        app.find("push button", "Run a Script…")
        app.find("push button", "Try the Demonstration")
        desktop.screenshot("empty")


@check("a script typed into the Run dialog runs, and its console shows what it said")
def run_dialog():
    with Upstream() as upstream, desktop.app(upstreams=[upstream.line]) as app:
        entry = open_run_dialog(app)
        app.type_into(entry, f"/usr/bin/python3 {CLIENT} claude-typed-1 plain exit3")
        desktop.screenshot("run-dialog")
        app.key("Return")
        row = app.wait_rows(1, "typed-1")[0]
        assert "POST api.anthropic.com/v1/messages, status 200, end_turn" in row.name, row.name
        assert "tokens 12 → 7" in row.name, row.name
        app.find("label", contains="Exited with status 3")
        app.find("list item", contains="exit 3")


@check("the Run dialog reads a further host, and says what is none")
def run_dialog_hosts():
    with Upstream() as upstream, desktop.app(upstreams=[upstream.line]) as app:
        # The program finds among its variables what is read.
        app.type_into(open_run_dialog(app), f"sh -c '/usr/bin/python3 {CLIENT} claude-${{OVERHEAR_HOSTS%%,*}} plain'")
        app.find("label", "More").point_and_click()
        entry = app.find("text", contains="Further hosts to read")
        app.scroll_to(entry, "Run")
        entry.point_and_click()
        app.type_into(entry, "https://gateway.example")
        app.key("Return")
        app.find("alert", contains="such as gateway.example")
        app.type_into(entry, "gateway.example")
        app.key("Return")
        app.wait_rows(1, "gateway.example")


@check("the Run dialog says whose traces the calls are, and holds what was given last, until another script is chosen")
def run_dialog_again():
    with Upstream() as upstream, desktop.app(upstreams=[upstream.line]) as app:
        entry = open_run_dialog(app)
        app.type_into(entry, f"/usr/bin/python3 {CLIENT} claude-owned plain plain")
        app.find("label", "More").point_and_click()
        for title, text in ("Session its traces", "tuesday"), ("User its traces", "ada"), ("One trace for all", "checkout"):
            row = app.find("text", contains=title)
            app.scroll_to(row, "Run")
            row.point_and_click()
            app.type_into(row, text)
        desktop.screenshot("run-dialog-more")
        app.key("Return")
        app.wait_rows(2, "owned")
        told = subprocess.run([PROGRAM.parent.parent / "cli" / "overhear", "traces", "--json"], env=app.environment, check=True,
                              capture_output=True, text=True, timeout=60).stdout
        traces = [json.loads(line) for line in told.splitlines()]
        assert [(trace["name"], trace["session"], trace["user"], trace["calls"]) for trace in traces] == [("checkout", "tuesday", "ada", 2)], traces
        app.focus_window()
        app.key("ctrl+r")
        entry = app.find("text", "Command line or script")
        app.focus_window("Run")
        assert "claude-owned" in entry.content(), entry.content()
        assert app.find("text", contains="Session its traces").content() == "tuesday"
        app.find("push button", "Choose a Script").point_and_click()
        app.find("push button", contains="Select")
        app.focus_window("Script or Program")
        app.type(str(CLIENT))
        app.key("Return")
        wait("the script", lambda: entry.content() == "./client.py")
        assert app.find("text", contains="Session its traces").content() == ""
        app.find("label", str(CLIENT.parent))


@check("the Run dialog gives a program a network of its own, which is read whatever it ignores")
def run_dialog_isolated():
    with Upstream() as upstream, desktop.app(upstreams=[upstream.line]) as app:
        script = f"unset HTTPS_PROXY https_proxy ALL_PROXY all_proxy; exec /usr/bin/python3 {CLIENT} claude-isolated-1 plain"
        app.type_into(open_run_dialog(app), f"sh -c '{script}'")
        app.find("label", "A Network of Its Own").point_and_click()
        desktop.screenshot("run-dialog-isolated")
        app.key("ctrl+Return")
        found = wait("a row, or a refusal", lambda: app.rows("isolated-1") or app.look_for("alert", contains="cannot be isolated"))
        if not app.rows("isolated-1"):
            raise Skip("this machine does not isolate programs: " + str(found[0].name))
        app.find("label", contains="Exited with status 0")
        with contextlib.closing(sqlite3.connect(app.data / "overhear.db")) as store:
            assert store.execute("SELECT isolated, exit_status FROM run").fetchall() == [(1, 0)]


@check("a command that does not exist is told where it was typed, and nothing is lost")
def bad_command():
    with desktop.app() as app:
        entry = open_run_dialog(app)
        app.type_into(entry, "no-such-program --at-all")
        app.key("Return")
        app.find("alert", contains="no-such-program")
        desktop.screenshot("run-dialog-problem")


@check("unbalanced quotes are told where they were typed")
def bad_quotes():
    with desktop.app() as app:
        entry = open_run_dialog(app)
        app.type_into(entry, "python3 'agent.py")
        app.key("Return")
        app.find("alert")


@check("a row is there while its answer still streams, and becomes final in place")
def streaming():
    with Upstream(held=True) as upstream, \
            desktop.app(*command("claude-streamed-1", "stream"), upstreams=[upstream.line]) as app:
        row = app.wait_rows(1, "streaming…")[0]
        assert "streamed-1" in row.name and "1104 →" in row.name.replace(",", "", 1), row.name
        app.find("list item", contains="running")
        desktop.screenshot("streaming")
        upstream.gate.set()
        row = app.wait_rows(1, "end_turn")[0]
        assert "→ 284" in row.name, row.name
        assert len(app.rows()) == 1
        app.find("label", contains="Exited with status 0")


@check("the conversation paints itself while it streams")
def conversation():
    with Upstream(held=True) as upstream, \
            desktop.app(*command("claude-painted-1", "stream"), upstreams=[upstream.line]) as app:
        app.wait_rows(1, "streaming…")
        # The first call of a run is opened by itself where nothing else is.
        said = lambda words: [node for node in app.root.walk() if words in node.content()]
        wait("the first half", lambda: said("The first half was heard"))
        assert not said("before the second")
        desktop.screenshot("conversation-streaming")
        upstream.gate.set()
        wait("the second half", lambda: said("The first half was heard before the second."))


@check("what the command line captures appears in the open window at once")
def command_line():
    with Upstream() as upstream, desktop.app() as app:
        app.find("push button", "Run a Script…")
        subprocess.run([PROGRAM.parent.parent / "cli" / "overhear", "run", "--name", "From the terminal", "--upstream",
                        upstream.line, "--", "/usr/bin/python3", str(CLIENT), "claude-elsewhere-1", "plain"],
                       env=app.environment, check=True, timeout=60)
        app.wait_rows(1, "elsewhere-1")
        app.find("list item", contains="From the terminal")


@check("a script given by the file manager is offered to be run in its folder")
def open_file():
    with desktop.app(str(CLIENT)) as app:
        entry = app.find("text", "Command line or script")
        assert entry.content() == "./client.py", entry.content()
        app.find("label", str(CLIENT.parent))


@check("a HAR given by the file manager is imported")
def open_har():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "Browser.HAR"
        path.write_text(json.dumps({"log": {"version": "1.2", "entries": [
            {"startedDateTime": "2026-01-02T03:04:05Z", "time": 12, "timings": {"send": 1, "wait": 2, "receive": 3},
             "request": {"method": "GET", "url": "https://api.anthropic.com/v1/models", "headers": []},
             "response": {"status": 200, "headers": [], "content": {"size": 2, "text": "{}"}}}]}}))
        with desktop.app(str(path)) as app:
            app.wait_rows(1, "/v1/models")
            assert not app.look_for("text", "Command line or script")


def delete_everything(app):
    app.focus_window()
    app.find("push button", "Main Menu").click()
    app.find("menu item", contains="Delete Everything").click()
    app.find("push button", contains="Delete Everything").click()


def stands_still(node):
    before = node.extents()
    time.sleep(0.5)
    return node.extents() == before


@check("deleting can be taken back")
def undo():
    with Upstream() as upstream, \
            desktop.app(*command("claude-kept-1", "plain"), upstreams=[upstream.line],
                        settings={"undo-seconds": 3600}) as app:
        app.wait_rows(1)
        app.find("label", contains="Exited with status 0")
        delete_everything(app)
        button = app.find("push button", contains="Undo")
        wait("the toast to stand still", lambda: stands_still(button))
        button.click()
        wait("nothing that waits to be deleted", lambda: not app.look_for("push button", contains="Undo"))
        app.wait_rows(1, "kept-1")
        # What was to be deleted would be by the end.
        app.focus_window()
        app.key("ctrl+q")
        wait("its end", lambda: app.process.poll() is not None)
        with contextlib.closing(sqlite3.connect(app.data / "overhear.db")) as db:
            assert db.execute("SELECT count(*) FROM exchange").fetchone() == (1,)


@check("each data folder has a window of its own, and a second start finds the one of its folder")
def folders():
    with desktop.app() as app, desktop.app() as other:
        app.find("push button", "Run a Script…")
        other.find("push button", "Run a Script…")
        again = subprocess.run([PROGRAM, "--run", "/usr/bin/python3", "-c", "pass"], env=other.environment, timeout=60,
                               capture_output=True, text=True)
        assert again.returncode == 0, again.stderr
        other.find("label", contains="Exited with status 0")
        assert not app.look_for("label", contains="Exited with status 0")


@check("the window ends by its keys")
def endings():
    for key in "ctrl+q", "ctrl+w":
        with desktop.app() as app:
            app.find("push button", "Run a Script…")
            app.focus_window()
            app.key(key)
            wait("its end", lambda: app.process.poll() is not None)


@check("closing asks before it stops what runs, and keeps what was captured")
def stop_and_close():
    def close():
        app.find("frame", "Overhear").find("push button", "Close").point_and_click()

    with Upstream(held=True) as upstream, \
            desktop.app(*command("claude-stopped-1", "stream"), upstreams=[upstream.line],
                        settings={"undo-seconds": 3600}) as app:
        app.wait_rows(1, "streaming…")
        close()
        app.find("push button", contains="Cancel").click()
        wait("the question gone", lambda: not app.look_for("push button", contains="Cancel"))
        assert app.rows("streaming…")
        # Asking is not closing: what waits to be deleted can still be taken back.
        delete_everything(app)
        app.find("push button", contains="Undo")
        close()
        app.find("push button", contains="Cancel").click()
        wait("the question gone", lambda: not app.look_for("push button", contains="Cancel"))
        button = app.find("push button", contains="Undo")
        wait("the toast to stand still", lambda: stands_still(button))
        button.click()
        wait("nothing that waits to be deleted", lambda: not app.look_for("push button", contains="Undo"))
        close()
        app.find("push button", contains="Stop and Close").click()
        wait("its end", lambda: app.process.poll() is not None)
        assert not desktop.output("pgrep", "-f", "client.py claude-stopped-1")
        with contextlib.closing(sqlite3.connect(app.data / "overhear.db")) as db:
            assert db.execute("SELECT count(*) FROM exchange").fetchone() == (1,)


@check("a deleted run is gone, and an empty window offers the first step again")
def delete():
    with Upstream() as upstream, \
            desktop.app(*command("claude-deleted-1", "plain"), upstreams=[upstream.line],
                        settings={"undo-seconds": 2}) as app:
        app.wait_rows(1)
        app.find("label", contains="Exited with status 0")
        delete_everything(app)
        app.find("push button", "Run a Script…", timeout=60)
        assert not app.look_for("list item", contains="client.py")


@check("the console shows colours as text, takes input, and tells the exit status")
def console():
    with desktop.app(*command("m", "hello")) as app:
        terminal = app.find(name="Console", showing=False)
        wait("the program’s words", lambda: "green words" in terminal.description)
        app.focus_window()
        terminal.point_and_click()
        app.type("typed by hand")
        app.key("Return")
        wait("the typed words", lambda: "heard: typed by hand" in terminal.description)
        assert "[32m" not in terminal.description
        app.find("label", contains="Exited with status 0")


@check("Stop ends the program, and the run says by what it ended")
def stop():
    with desktop.app(*command("m", "sleep")) as app:
        terminal = app.find(name="Console", showing=False)
        wait("the program to sleep", lambda: "sleeping" in terminal.description)
        app.find("push button", "Stop the Program").click()
        app.find("label", contains="Ended by signal 15")
        app.find("list item", contains="stopped")


@check("the search keeps what contains the words, and says when nothing does")
def search():
    with Upstream() as upstream, \
            desktop.app(*command("claude-sought-1", "plain", "plain", "fail"), upstreams=[upstream.line]) as app:
        app.wait_rows(3)
        app.find("label", contains="Exited with status 0")
        app.focus_window()
        app.find("push button", "Search").click()
        entry = app.find("entry", "Search")
        app.type_into(entry, "SOUGHT")
        wait("all rows", lambda: len(app.rows()) == 3)
        app.type("-and-lost")
        app.find("panel", "Nothing Found")
        desktop.screenshot("nothing-found")
        app.key("Escape")
        wait("all rows again", lambda: len(app.rows()) == 3)


@check("a search is completed by keyboard, and says what is wrong with it while the rows stay")
def search_language():
    with Upstream() as upstream, \
            desktop.app(*command("claude-sought-1", "plain", "plain", "fail"), upstreams=[upstream.line]) as app:
        app.wait_rows(3)
        app.find("label", contains="Exited with status 0")
        app.focus_window()
        app.find("push button", "Search").click()
        app.type_into(app.find("entry", "Search"), "stat")
        app.find("label", "status:")
        desktop.screenshot("search-completed")
        app.key("Tab")
        app.type("5xx")
        app.find("label", contains="At character 8: here comes a number")
        desktop.screenshot("search-wrong")
        assert len(app.rows()) == 3
        for _ in range(3):
            app.key("BackSpace")
        app.type("200")
        wait("the rows with that status", lambda: len(app.rows()) == 2)


@check("j and k move the cursor, and the cursor stays when rows are added")
def keys():
    with Upstream(held=True) as upstream, \
            desktop.app(*command("claude-keys-1", "plain", "plain", "stream"), upstreams=[upstream.line]) as app:
        app.wait_rows(1, "streaming…")
        app.focus_window()
        app.rows()[0].point_and_click()
        wait("the first row chosen", lambda: app.rows()[0].has_state("selected"))
        app.key("j")
        wait("the second row chosen", lambda: app.rows()[1].has_state("selected"))
        app.key("k")
        wait("the first row chosen again", lambda: app.rows()[0].has_state("selected"))
        upstream.gate.set()
        app.wait_rows(1, "→ 284")
        assert app.rows()[0].has_state("selected")


@check("a row has a menu, by the pointer and by keys: it selects the row, pins it and searches for what it has")
def menu():
    with Upstream() as upstream, \
            desktop.app(*command("claude-menu-1", "plain", "fail"), upstreams=[upstream.line]) as app:
        app.wait_rows(2)

        item = app.open_menu(lambda: app.rows()[1], "Only This Status", "menu item")
        wait("the second row chosen", lambda: app.rows()[1].has_state("selected"))
        desktop.run("import", "-window", "root", str(PICTURES / "row-menu.png"))
        item.click()
        wait("it alone", lambda: len(app.rows()) == 1 and "status 529" in app.rows()[0].name)
        assert app.find("entry", "Search").content() == "status:529"
        app.focus_window()
        app.key("Escape")
        app.wait_rows(2)
        app.open_menu(lambda: app.rows()[0], "Pin", "menu item").click()
        wait("it pinned", lambda: "pinned" in app.rows()[0].name)
        app.rows()[0].point_and_click()
        app.focus_window()
        app.key("shift+F10")
        app.find("menu item", "Unpin")
        app.key("Escape")


@check("a failed answer is told in words, not by colour alone")
def failure():
    with Upstream() as upstream, \
            desktop.app(*command("claude-failing-1", "fail"), upstreams=[upstream.line]) as app:
        row = app.wait_rows(1, "status 529")[0]
        assert "overloaded" in row.name, row.name


@check("a database of a newer Overhear is left alone, and the window says so")
def newer_database():
    with tempfile.TemporaryDirectory() as folder:
        leave_newer_alone(folder)


def leave_newer_alone(folder):
    data = pathlib.Path(folder)
    with desktop.app(data=data) as app:
        app.find("push button", "Run a Script…")
    for path in data.glob("*.db"):
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version = 99999")
        before = path.read_bytes()
    with desktop.app(data=data) as app:
        app.find("panel", "Overhear Could Not Start")
        app.find("push button", "Try Again")
        desktop.screenshot("could-not-start")
    assert path.read_bytes() == before


@check("preferences and shortcuts open")
def dialogs():
    with desktop.app() as app:
        app.find("push button", "Main Menu").click()
        app.find("menu item", "Preferences").click()
        app.find("text", "Add one, as HOST=URL")
        app.focus_window("Preferences")
        desktop.screenshot("preferences")
        app.key("Escape")
        app.focus_window("Overhear")
        app.key("question")
        app.find("label", "Open in a Window of Its Own")
        desktop.screenshot("shortcuts")


@check("dark, narrow, and with text twice as large")
def looks():
    def look(name, width, height, **kwargs):
        with Upstream() as upstream, \
                desktop.app(*command("claude-sonnet-4-5-20250929", "plain", "fail", "stream", "plain"),
                            upstreams=[upstream.line], **kwargs) as app:
            app.wait_rows(4)
            app.find("label", contains="Exited with status 0")
            app.resize(width, height)
            frame = app.find("frame")
            wait(f"a window {width} wide", lambda: abs(frame.extents()[2] - width) < 40)
            desktop.screenshot(name)
            if width < 400:
                app.find("push button", "Back to the List").click()
                wait("the list in place of the detail", lambda: all(row.showing for row in app.wait_rows(4)))
                desktop.screenshot(f"{name}-list")

    dark = {"settings": {"color-scheme": "'dark'"}}
    look("wide-light", 1280, 800)
    look("wide-dark", 1280, 800, **dark)
    look("beside-light", 900, 600)
    look("stacked-dark", 700, 860, **dark)
    look("narrow-light", 360, 720)
    desktop.set_text_scale(2)
    look("large-text", 1280, 800)
    desktop.set_text_scale(1)


with desktop:
    main()
