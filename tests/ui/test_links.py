# SPDX-License-Identifier: GPL-3.0-or-later
"""Links and the session bus: a call, a run or a trace is opened by its number, from the command line, by URI and by action,
in the window that is there or in one that the bus starts; and nothing but numbers passes over the bus."""
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
home = tempfile.TemporaryDirectory(prefix="overhear-links-")
HOME = pathlib.Path(home.name)
SERVICES = HOME / "dbus-1" / "services"
SERVICES.mkdir(parents=True)
(SERVICES / "org.overhear.Overhear.service").write_text(
    f"[D-BUS Service]\nName=org.overhear.Overhear\nExec={PROGRAM} --gapplication-service\n")
os.environ.update(XDG_DATA_HOME=str(HOME), GSK_RENDERER="cairo", GDK_BACKEND="x11", GTK_A11Y="atspi",
                  ADW_DISABLE_PORTAL="1", GTK_USE_PORTAL="0", LC_ALL="C.UTF-8")
os.environ.pop("OVERHEAR_DATA_DIR", None)

from fixtures.captured import OVERHEAR, Desk, Simulator  # noqa: E402
from harness import App, Desktop, wait  # noqa: E402
from tap import check, main  # noqa: E402

SECRET = "sk-ant-bus-5b1f0c77aa"
desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))
desk = Desk(HOME)
DATA = HOME / "overhear"


def capture():
    with Simulator(HOME / "simulator") as simulator:
        for place in "France", "Germany":
            code = f"from say import *\nchat('What is the capital of {place}?', 'Is {place} large?')"
            desk.overhear("run", f"--name=About {place}", f"--upstream=api.anthropic.com={simulator.url}", "--",
                          sys.executable, "-c", code, data="overhear")


def words(app):
    """What the detail shows."""
    return app.root.text()


def shows(app, text):
    wait(f"“{text}”", lambda: text in words(app))


def gdbus(name, method, *arguments):
    path = "/" + re.sub(r"[^A-Za-z0-9/]", "_", name.replace(".", "/"))
    done = subprocess.run(["gdbus", "call", "--session", "--timeout", "60", "--dest", name, "--object-path", path, "--method", method,
                           *arguments], capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr


def open_by_cli(*arguments, status=0, data=DATA):
    environment = {**os.environ, "OVERHEAR_DATA_DIR": str(data), "ANTHROPIC_API_KEY": SECRET}
    done = subprocess.run([OVERHEAR, "open", *arguments], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, (arguments, done)
    return done.stderr


@contextlib.contextmanager
def monitor():
    """Notes all that passes over the bus. Gives what was noted when it is over, in a list."""
    noted = []
    path = HOME / "bus"
    with open(path, "wb") as file:
        process = subprocess.Popen(["dbus-monitor", "--session"], stdout=file)
    try:
        wait("the monitor", lambda: b"NameAcquired" in path.read_bytes() or path.stat().st_size > 0)
        yield noted
    finally:
        process.terminate()
        process.wait()
        noted.append(path.read_bytes().decode(errors="replace"))


def find_name():
    names = subprocess.run(["gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/org/freedesktop/DBus",
                            "--method", "org.freedesktop.DBus.ListNames"], capture_output=True, text=True).stdout
    return re.search(r"org\.overhear\.Overhear\.Folder[0-9a-f]+", names)[0]


@check("in a window that is open: a call, a trace and a run by number; nothing but numbers passes over the bus")
def numbers():
    os.environ["ANTHROPIC_API_KEY"] = SECRET
    with monitor() as noted, desktop.app(data=DATA) as app:
        del os.environ["ANTHROPIC_API_KEY"]
        app.wait_rows(4)
        name = find_name()
        open_by_cli("call", "1")
        shows(app, "The capital of France is Paris.")
        open_by_cli("overhear://call/3")
        shows(app, "The capital of Germany is Berlin.")
        gdbus(name, "org.freedesktop.Application.Open", "['overhear://call/2']", "{}")
        shows(app, "Is France large?")
        gdbus(name, "org.freedesktop.Application.ActivateAction", "open-call", "[<int64 4>]", "{}")
        shows(app, "Is Germany large?")
        gdbus(name, "org.freedesktop.Application.ActivateAction", "open-run", "[<int64 1>]", "{}")
        wait("the rows of the run", lambda: len(app.rows()) == 2)
        open_by_cli("trace", "3")
        app.find(contains="What is the capital of Germany?")
        open_by_cli("run", "2")
        wait("the rows of the run", lambda: len(app.rows()) == 2)
    said = noted[0]
    assert "overhear://call/2" in said and "open-run" in said, "the monitor saw nothing"
    for secret in SECRET, "ANTHROPIC", "capital", "France", "Paris", "claude", "x-api-key":
        assert secret not in said, (secret, [line for line in said.splitlines() if secret in line])


@check("links that lead nowhere say so, and do nothing")
def nowhere():
    for arguments, said, status in (
            (("call", "99"), "nothing at overhear://call/99", 1), (("run", "99"), "nothing at", 1), (("trace", "2"), "nothing at", 1),
            (("call", "0"), "What is to be opened", 2), (("call",), "What is to be opened", 2), ((), "What is to be opened", 2),
            (("session", "1"), "What is to be opened", 2), (("call", "x"), "What is to be opened", 2),
            (("overhear://call/1/2",), "What is to be opened", 2), (("overhear://call/1?x",), "What is to be opened", 2),
            (("file:///etc/passwd",), "What is to be opened", 2), (("overhear://call/-1",), "What is to be opened", 2),
            (("overhear://call/99999999999999999999",), "What is to be opened", 2)):
        assert said in open_by_cli(*arguments, status=status), arguments
    assert "nothing at" in open_by_cli("call", "1", status=1, data=HOME / "nothing")
    with desktop.app(data=DATA) as app:
        app.wait_rows(4)
        name = find_name()
        for link, said in (("overhear://call/99", "nothing at overhear://call/99"), ("overhear://nonsense", "leads nowhere"),
                           ("overhear:call/1", "leads nowhere"), ("overhear://call/%32", "leads nowhere")):
            gdbus(name, "org.freedesktop.Application.Open", f"['{link}']", "{}")
            app.find("label", contains=said)
        gdbus(name, "org.freedesktop.Application.ActivateAction", "open-trace", "[<int64 2>]", "{}")
        app.find("label", contains="nothing at overhear://trace/2")


class Activated(App):
    """One that the bus started."""

    def __init__(self, desktop, pid):
        self.desktop, self.pid, self.root = desktop, pid, None
        self.process = self
        self.log_path = HOME / "no-log"
        self.log_path.touch()

    def poll(self):
        return None if pathlib.Path(f"/proc/{self.pid}").exists() else 0


@check("where there is no window, the bus starts one that shows it")
def activated():
    name = "org.overhear.Overhear"
    gdbus(name, "org.freedesktop.Application.Open", "['overhear://call/3']", "{}")
    done = subprocess.run(["gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/org/freedesktop/DBus",
                           "--method", "org.freedesktop.DBus.GetConnectionUnixProcessID", name], capture_output=True, text=True)
    app = Activated(desktop, int(re.search(r"uint32 (\d+)", done.stdout)[1])).attach()
    shows(app, "The capital of Germany is Berlin.")
    gdbus(name, "org.freedesktop.Application.ActivateAction", "quit", "[]", "{}")
    wait("its end", lambda: app.poll() is not None)


with desktop:
    capture()
    main()
