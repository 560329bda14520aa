# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch in the header bar: the desktop's settings change, come back, and it is said where one looks."""
import fcntl
import http.client
import http.server
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

from harness import App, Desktop, NotFound, wait
from tap import check, main
from upstream import Upstream

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
OVERHEAR = os.environ["OVERHEAR"]
NAME = "Listen to the Whole Desktop"
desktop = Desktop(PROGRAM, PICTURES, size=(1280, 800))


def settings(app):
    """What the session has of proxies, as its file of settings says."""
    text = (app.folder / "config/glib-2.0/settings/keyfile").read_text()
    return "\n".join(line for part in re.findall(r"^\[system/proxy[^\]]*\]\n(?:[^\[].*\n?)*", text, re.M)
                     for line in part.splitlines())


def toggle(app):
    return app.find("check box", NAME)


def is_on(node):
    return node.has_state("checked")


def overhear(app, *words):
    return subprocess.run([OVERHEAR, *words], env=app.environment, capture_output=True, text=True, check=True).stdout


@check("the first time it says what it will do; on it changes the settings and says so; off, all is as before")
def first():
    with desktop.app() as app:
        before = settings(app)
        node = toggle(app)
        assert not is_on(node)
        here = node.extents()
        node.point_and_click()
        app.find("push button", contains="Cancel").click()
        wait("off again", lambda: not is_on(node))
        assert settings(app) == before
        node.point_and_click()
        app.find("push button", contains="Listen").click()
        wait("on", lambda: is_on(node) and "proxy.pac" in settings(app))
        port = int(re.search(r"127\.0\.0\.1:(\d+)/proxy\.pac", settings(app))[1])
        app.find(contains="Listening to the whole desktop")
        app.find(contains='eval "$(overhear env)"')
        app.find(contains="certificate authority of its own")
        assert node.extents() == here, "it has moved"
        desktop.screenshot("desktop-on-light")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/proxy.pac")
        assert b"api.anthropic.com" in connection.getresponse().read()
        assert '"owner": "window"' in overhear(app, "desktop", "status", "--json")
        node.point_and_click()
        wait("off", lambda: not is_on(node) and "proxy.pac" not in settings(app))
        app.find(contains="Hear What Your Script Says")
        assert settings(app).replace("[system/proxy]", "").strip() == before, settings(app)


@check("what the command line switches, the window sees, and the other way around; dark, and in a small window")
def another():
    with desktop.app(settings={"desktop-explained": "true", "color-scheme": "'dark'"}) as app:
        node = toggle(app)
        node.point_and_click()
        wait("on", lambda: is_on(node))
        app.resize(900, 600)
        desktop.screenshot("desktop-on-dark-small")
        overhear(app, "desktop", "off")
        app.find(contains="The desktop is no longer listened to.")
        wait("off", lambda: not is_on(node))
        process = subprocess.Popen([OVERHEAR, "desktop", "on", "--json"], env=app.environment, stdout=subprocess.PIPE)
        try:
            assert b'"on": true' in process.stdout.readline()
            wait("another's is shown", lambda: is_on(node))
            node.point_and_click()
            wait("off", lambda: not is_on(node))
            assert process.wait(60) == 0 and "proxy.pac" not in settings(app)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


@check("a window that is killed or ended leaves nothing behind")
def endings():
    for end in (lambda app: app.process.kill(), lambda app: app.process.terminate()):
        app = App(desktop, [], settings={"desktop-explained": "true"})
        try:
            app.attach()
            toggle(app).click()
            wait("on", lambda: "proxy.pac" in settings(app))
            end(app)
            wait("given back", lambda: "proxy.pac" not in settings(app)
                 and not (app.folder / ".local/state/overhear/desktop.journal").exists())
            app.process.wait(60)
        finally:
            app.stop()


@check("while it switches on the window goes on, and says that it works; an error is said; whoever ends it then leaves nothing")
def working():
    with desktop.app(settings={"desktop-explained": "true"}) as app:
        node = toggle(app)
        # As another Overhear that makes the authority just now.
        with open(app.data / "authority.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            node.point_and_click()
            app.find(name="Switching")  # the window answers
            desktop.screenshot("desktop-switching")
            assert "proxy.pac" not in settings(app)
        wait("on", lambda: is_on(node) and "proxy.pac" in settings(app))
        wait("that it works no more", lambda: not app.look_for(name="Switching"))
        node.point_and_click()
        wait("off", lambda: not is_on(node) and "proxy.pac" not in settings(app))
        wait("that it works no more", lambda: not app.look_for(name="Switching"))
        for path in app.data.glob("authority.*"):
            path.unlink()
        (app.data / "authority.key").mkdir()
        node.point_and_click()
        app.find(contains="The desktop is not listened to.")
        assert not is_on(node) and "proxy.pac" not in settings(app)
    app = App(desktop, [], settings={"desktop-explained": "true"})
    try:
        app.attach()
        with open(app.data / "authority.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            toggle(app).click()
            app.find(name="Switching")
            app.process.terminate()
            time.sleep(0.2)
        assert app.process.wait(60) in (0, -signal.SIGTERM), app.process.returncode
        wait("given back", lambda: "proxy.pac" not in settings(app))
    finally:
        app.stop()


@check("what cannot be given back is asked about: it stays so until somebody decides, and then Overhear’s own script is out of it")
def stuck():
    with desktop.app(settings={"desktop-explained": "true"}) as app:
        node, journal = toggle(app), app.folder / ".local/state/overhear/desktop.journal"
        node.point_and_click()
        wait("on", lambda: is_on(node) and "proxy.pac" in settings(app))
        with open(journal, "r+") as record:
            record.truncate()
            record.write("nonsense")
        node.point_and_click()
        app.find(contains="Cannot Be Given Back")
        time.sleep(0.5)
        desktop.screenshot("desktop-stuck")
        app.find("push button", "Cancel").click()
        wait("the question to go", lambda: not app.look_for(contains="Cannot Be Given Back"))
        assert is_on(node) and journal.exists()
        node.point_and_click()
        app.find("push button", "Leave Them So").click()
        app.find(contains="was damaged")
        wait("off", lambda: not is_on(node) and "proxy.pac" not in settings(app) and not journal.exists())


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers when it may."""
    asked, may = threading.Event(), threading.Event()

    def do_GET(self):
        self.asked.set()
        self.may.wait(120)
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *arguments):
        pass


@check("a window that is closed is gone at once, and the settings are back; what is under way ends as its program expects")
def closed():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = App(desktop, [], [f"api.test=http://127.0.0.1:{server.server_port}"], settings={"desktop-explained": "true"})
    try:
        app.attach()
        hosts = app.folder / "config/overhear/hosts"
        hosts.parent.mkdir(parents=True, exist_ok=True)
        hosts.write_text("api.test\n")
        toggle(app).click()
        wait("on", lambda: "proxy.pac" in settings(app))
        port = int(re.search(r"127\.0\.0\.1:(\d+)/proxy\.pac", settings(app))[1])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        client.request("GET", "http://api.test/page")
        assert Slow.asked.wait(60)
        app.find("push button", "Close").click()
        wait("the window to go", lambda: not desktop.output("xdotool", "search", "--onlyvisible", "--pid",
                                                             str(app.process.pid)).split())
        wait("given back", lambda: "proxy.pac" not in settings(app))
        assert app.process.poll() is None
        Slow.may.set()
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, b"hello")
        client.close()
        assert app.process.wait(60) == 0 and not app.complaints(), app.complaints()
        assert '"status":200' in overhear(app, "list", "--json").replace(" ", "")
    finally:
        Slow.may.set()
        app.stop()
        server.shutdown()
        server.server_close()


@check("hosts and mode are in the preferences, with what each mode costs")
def preferences():
    with desktop.app() as app:
        app.focus_window()
        app.key("ctrl+comma")
        app.find(name="Desktop").click()
        hosts = app.find(name="Hosts", role="text")
        wait("the known hosts", lambda: "api.anthropic.com" in hosts.content())
        app.find(contains="Where it is gone, programs go on directly.")
        time.sleep(0.5)
        desktop.screenshot("desktop-preferences")


def listen_to_programs(app, names):
    """Three calls of each of these scripts, as from a terminal of this desktop."""
    talk = pathlib.Path(__file__).with_name("talk.py")
    applications = app.folder / ".local/share/applications"
    applications.mkdir(parents=True)
    picture = talk.parent.parent / "fixtures/image.jpg"
    (applications / "weather.desktop").write_text(
        f"[Desktop Entry]\nType=Application\nName=Weather Helper\nExec=sh\nIcon={picture}\n")
    toggle(app).click()
    wait("on", lambda: "proxy.pac" in settings(app))
    for name in names:
        copy = app.folder / name
        shutil.copy(talk, copy)
        subprocess.run(["sh", "-c", f'eval "$({shlex.quote(OVERHEAR)} env)"; exec "$@"', "sh", sys.executable, copy, "--api-key=sk-of-the-line"],
                       env=app.environment, check=True, capture_output=True, timeout=120)


ONE_CALL = """
import json, urllib.request
body = json.dumps({"model": "claude-one-1", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello"}]}).encode()
urllib.request.urlopen(urllib.request.Request("https://api.anthropic.com/v1/messages", body, {
    "content-type": "application/json", "x-api-key": "sk-ant-of-one", "anthropic-version": "2023-06-01"}), timeout=60).read()
"""


def choose(app, row, item):
    """From the menu of a row."""
    app.open_menu(lambda: app.find("list item", name=row), item).click()


@check("programs are a group of the sidebar: one is chosen, excluded, the only one, and all again")
def programs():
    with Upstream() as upstream, desktop.app(settings={"desktop-explained": "true"}, upstreams=[upstream.line]) as app:
        assert not app.look_for(name="Programs")
        listen_to_programs(app, ["talk.py", "weather"])
        app.find(name="Programs")
        app.find("list item", name="Weather Helper, 3")
        app.find("list item", name="talk.py, 3").point_and_click()
        wait("its calls alone", lambda: len(app.rows()) == 3)
        assert "First question" in app.rows()[0].name and "by talk.py" in app.rows()[0].name, app.rows()[0].name
        app.find("label", name="Program")
        app.rows()[0].point_and_click()
        app.find(contains="by talk.py · ", role="label")
        app.find(name="Headers").click()
        about = app.find(contains="Made by talk.py (process ").name
        assert "--api-key=<redacted" in about and "sk-of-the-line" not in about, about
        desktop.screenshot("programs-light")
        choose(app, "talk.py, 3", "Exclude")
        app.find("list item", name="talk.py, 3, excluded")
        assert "Not listened to: talk.py" in overhear(app, "desktop", "status")
        choose(app, "talk.py, 3, excluded", "Only This Program")
        app.find("list item", name="talk.py, 3, only")
        assert "Only this program is listened to: talk.py" in overhear(app, "desktop", "status")
        choose(app, "talk.py, 3, only", "All Programs Again")
        app.find("list item", name="talk.py, 3")
        # What the command line says is seen, by whatever name it has.
        overhear(app, "desktop", "exclude", "weather")
        overhear(app, "desktop", "exclude", "nobody")
        app.find("list item", name="nobody, excluded")
        choose(app, "Weather Helper, 3, excluded", "Include Again")
        app.find("list item", name="Weather Helper, 3")
        overhear(app, "desktop", "include")
        wait("nobody is gone", lambda: not app.look_for("list item", contains="nobody"))


@check("whatever is chosen, typed or cleared, in any order: the row that stands out is what the list shows")
def one_truth():
    """Each call by each script is a row; what is typed finds all, or none."""
    found = {"": {"talk.py": 3, "weather": 3, "run": 1}, "status:200": {"talk.py": 3, "weather": 3, "run": 1},
             "status:404": {}}
    seed = int(os.environ.get("OH_SEED", 1))
    chance = random.Random(seed)
    with Upstream() as upstream, desktop.app(settings={"desktop-explained": "true", "saved-searches": "[('Gone', 'status:404')]"},
                                             upstreams=[upstream.line]) as app:
        listen_to_programs(app, ["talk.py", "weather"])
        subprocess.run([OVERHEAR, "run", "--upstream", upstream.line, sys.executable, "-c", ONE_CALL], env=app.environment,
                       check=True, capture_output=True, timeout=120)
        # The whole window takes long to walk.
        sidebar, exchanges = app.find(name="Panes, searches, programs and runs"), app.find("list", "Exchanges")
        entry = app.find("entry", "Search", showing=False)
        places = {"Timeline": "Timeline", "talk.py": "talk.py", "Weather Helper": "weather", "Gone": "Gone", "python3": "run"}

        def row(name):
            return sidebar.find("list item", contains=name)

        def chosen():
            return [name for node in sidebar.children() if node.has_state("selected") for name in places if name in node.name]

        def count_rows():
            return len(exchanges.look_for("list item", contains="status ", showing=False)) if exchanges.showing else 0

        def is_so():
            """Where each of both says the same: [what stands out] and what is searched for, and how many rows there are."""
            text = entry.content() if entry.showing else ""
            now = chosen()
            if len(now) != 1:
                return False
            place, count = places[now[0]], count_rows()
            if place in ("talk.py", "weather"):
                name = "talk.py" if place == "talk.py" else '"Weather Helper"'
                return text == f"program={name}" and count == 3
            if place == "Gone":
                return text == "status:404" and count == 0
            if text not in found:
                return False
            return count == (found[text].get("run", 0) if place == "run" else sum(found[text].values()))

        done = []

        def step(what, action):
            done.append(what)
            action()
            try:
                wait("what stands out to be what is shown", is_so)
            except NotFound as error:
                raise NotFound(f"seed {seed}, after {done}: {chosen()} stands out, “{entry.content()}”, {count_rows()} rows: {error}") from None

        def click(name):
            step(f"click {name}", lambda: row(name).point_and_click())

        def write(text):
            def action():
                app.focus_window()
                app.key("ctrl+f")
                app.type_into(entry, text)
            step(f"type {text}", action)

        def clear():
            step("Escape", lambda: (app.focus_window(), app.key("ctrl+f"), app.key("Escape")))

        def rule(item):
            def action():
                choose(app, row("talk.py").name, item)
                wait(item, lambda: row("talk.py").name == "talk.py, 3" + {"Exclude": ", excluded", "Only This Program": ", only"}.get(item, ""))
            step(item, action)

        # What went wrong once, and then anything.
        click("talk.py")
        click("Timeline")
        click("Weather Helper")
        clear()
        click("python3")
        write("status:200")
        click("Gone")
        rule("Only This Program")
        app.find(contains="Listening to talk.py only")
        rule("Exclude")
        app.find(contains="Listening to the whole desktop but talk.py")
        rule("Include Again")
        for _ in range(int(os.environ.get("OH_STEPS", 10))):
            chance.choice([lambda: click(chance.choice(list(places))), lambda: write(chance.choice(["status:200", "status:404"])),
                           clear])()


@check("programs in the dark and in a small window")
def small():
    with Upstream() as upstream, desktop.app(settings={"desktop-explained": "true", "color-scheme": "'dark'"},
                                             upstreams=[upstream.line]) as app:
        listen_to_programs(app, ["weather", "a-program-with-a-name-that-is-much-too-long-for-a-sidebar.py"])
        overhear(app, "desktop", "exclude", "weather")
        app.find("list item", name="Weather Helper, 3, excluded")
        desktop.screenshot("programs-dark")
        app.resize(900, 600)
        app.key("F9")
        app.find("list item", name="Weather Helper, 3, excluded")
        time.sleep(0.5)
        desktop.screenshot("programs-dark-small")


with desktop:
    main()
