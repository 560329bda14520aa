# SPDX-License-Identifier: GPL-3.0-or-later
"""What outlives what, under `overhear run`: the program, its descendants, the front that the shell knows and the keeper with
the proxy. Each is ended, stopped or left alone in turn.
"""
import http.server
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from fixtures.keeper import only_child
from tap import Skip, check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
PYTHON = "/usr/bin/python3"
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
AGENT = home / "agent.py"
# Leaves its parent, session and streams, as daemons do. Calls once the file GATE is there and writes what came of it to
# ANSWER. With an argument its parent stays, until a line comes.
AGENT.write_text("""
import os, sys, time, urllib.request
with open(os.environ['TRUSTED'], 'a') as file:
    print(os.environ['SSL_CERT_FILE'], file=file)
child = os.fork()
if child:
    if sys.argv[1:]:
        os.waitpid(child, 0)
        print('rea' + 'dy', flush=True)
        print('<' + input() + '>')
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
nothing = os.open('/dev/null', os.O_RDWR)
for fd in 0, 1, 2:
    os.dup2(nothing, fd)
while not os.path.exists(os.environ['GATE']):
    time.sleep(0.02)
try:
    with urllib.request.urlopen('https://api.anthropic.com/v1/messages', data=b'{}', timeout=30) as answer:
        result = answer.read().decode()
except OSError as error:
    result = repr(error)
with open(os.environ['ANSWER'] + '.new', 'w') as file:
    file.write(result)
os.rename(os.environ['ANSWER'] + '.new', os.environ['ANSWER'])
""")


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "6")
        self.end_headers()
        self.wfile.write(b"answer")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Upstream)
threading.Thread(target=server.serve_forever, daemon=True).start()
RUN = [OVERHEAR, "run", f"--upstream=api.anthropic.com=http://127.0.0.1:{server.server_port}"]


class Room:
    """Folders and environment of one test."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(dir=home))
        self.gate, self.answer = self.path / "gate", self.path / "answer"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("OVERHEAR_")}
        self.trusted = self.path / "trusted"
        self.environment.update(OVERHEAR_DATA_DIR=str(self.path / "data"), XDG_RUNTIME_DIR=str(self.path), HOME=str(home),
                                LC_ALL="C.UTF-8", GATE=str(self.gate), ANSWER=str(self.answer), TRUSTED=str(self.trusted))

    def run(self, *words):
        return subprocess.run([*RUN, *words], env=self.environment, capture_output=True, text=True, timeout=90)

    def start(self, script):
        """Returns: the front, once the script has printed a line."""
        script = f'echo "$SSL_CERT_FILE" >>$TRUSTED; {script}'
        front = subprocess.Popen([*RUN, "sh", "-c", script], env=self.environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        assert front.stdout.readline() == "ready\n"
        return front

    def trust_files(self):
        """The folders that programs of this test were pointed to and that are there still."""
        return [path.parent for path in map(pathlib.Path, self.trusted.read_text().split()) if path.parent.exists()]

    def let_agent_call(self):
        self.gate.touch()
        wait_for(self.answer.exists)
        assert self.answer.read_text() == "answer", self.answer.read_text()

    def rows(self):
        listed = subprocess.run([OVERHEAR, "list", "--json"], env=self.environment, capture_output=True, timeout=60)
        return [json.loads(line) for line in listed.stdout.splitlines()]

    def ends(self):
        with sqlite3.connect(f"file:{self.path}/data/overhear.db?mode=ro", uri=True) as db:
            return db.execute("SELECT exit_status, term_signal FROM run").fetchall()


def wait_for(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


@check("a daemon goes on calling, and everything goes with it")
def daemon():
    room = Room()
    done = room.run(PYTHON, AGENT)
    assert (done.returncode, done.stdout) == (0, "") and "still runs" in done.stderr, done
    assert len(room.trust_files()) == 1
    room.let_agent_call()
    wait_for(lambda: not room.trust_files())
    [row] = room.rows()
    assert (row["status"], row["outcome"], row["run"]) == (200, "finished", 1), row


@check("whoever waits for the end of our output waits for no daemon")
def output_ends():
    room = Room()
    done = subprocess.run(["bash", "-c", '"$@" 2>&1 | cat', "-", *RUN, PYTHON, AGENT], env=room.environment,
                          stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0 and "still runs" in done.stdout and not room.answer.exists()
    room.let_agent_call()


@check("helpers that end with their program are no daemons")
def helper():
    done = Room().run("sh", "-c", "sleep 0.02 & exit 3")
    assert done.returncode == 3 and "still runs" not in done.stderr, done


@check("the keeper is killed: the program goes on, and its end is ours")
def keeper_killed():
    room = Room()
    front = room.start(f"echo ready; while ! test -e {room.gate}; do sleep 0.05; done; exit 5")
    os.kill(only_child(front.pid), signal.SIGKILL)
    assert "killed" in front.stderr.readline()
    assert front.poll() is None
    room.gate.touch()
    assert front.wait(60) == 5, (front.returncode, front.stderr.read())


@check("the front is killed: so is the program, and what it said is kept")
def front_killed():
    room = Room()
    front = room.start("echo ready; exec sleep 1000")
    program = only_child(only_child(front.pid))
    front.kill()
    front.wait(60)
    wait_for(lambda: not os.path.exists(f"/proc/{program}"))
    wait_for(lambda: not room.trust_files())
    assert room.ends() == [(-1, signal.SIGKILL)], room.ends()


@check("the front is killed: what the program leaves behind goes on, and nobody talks into the terminal")
def front_killed_alone():
    room = Room()
    front = room.start(f"sh -c 'while ! test -e {room.gate}; do sleep 0.05; done' >/dev/null 2>&1 & echo ready; wait")
    front.kill()
    assert (front.wait(60), front.stdout.read(), len(room.trust_files())) == (-signal.SIGKILL, "", 1)
    room.gate.touch()
    assert front.stderr.read() == ""
    wait_for(lambda: not room.trust_files())


@check("a program that stops by itself stops us, and goes on with us")
def stopped():
    room = Room()
    front = room.start("echo ready; kill -STOP $$; exit 6")
    program = only_child(only_child(front.pid))
    pid, status = os.waitpid(front.pid, os.WUNTRACED)
    assert pid == front.pid and os.WIFSTOPPED(status), status
    os.kill(program, signal.SIGCONT)
    assert front.wait(60) == 6


@check("what a killed Overhear left behind is removed, and nothing else that has such a name")
def left_behind():
    room = Room()
    victim = room.path / "victim"
    end = os.urandom(2).hex()
    own, foreign, longer, file, link = paths = [pathlib.Path(f"/tmp/overhear.run.{begin}{end}")
                                                for begin in ("aa", "bb", "ccc", "dd", "ee")]
    try:
        for path in victim, own, foreign, longer:
            path.mkdir()
            (path / "file").touch()
        file.touch()
        link.symlink_to(victim)
        (own / "link").symlink_to(victim)
        stays = [victim / "file", longer / "file", file, link]
        if os.geteuid() == 0:
            os.chown(foreign, 65534, 65534)
            stays.append(foreign / "file")
        front = room.start(f"echo ready; while ! test -e {room.gate}; do sleep 0.05; done")
        assert not own.exists() and all(path.exists() for path in stays), paths
        # One that is in use stays.
        [used] = room.trust_files()
        room.run("true")
        assert used.exists()
        room.gate.touch()
        front.communicate(timeout=60)
        assert not used.exists()
    finally:
        for path in paths:
            shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True) if not path.is_dir() or path.is_symlink() else None


CALL = f"""{PYTHON} -c 'import urllib.request; print(urllib.request.urlopen("https://api.anthropic.com/v1/messages", data=b"").read())'"""


def limited(limits):
    if b"__asan_init" in pathlib.Path(OVERHEAR).read_bytes():
        raise Skip("AddressSanitizer wants more address space than any limit leaves")
    room = Room()
    done = subprocess.run(["bash", "-c", f"{limits}; exec \"$@\"", "-", *RUN, "sh", "-c", f"ulimit -v; ulimit -n; {CALL}"],
                          env=room.environment, capture_output=True, text=True, timeout=90)
    return room, done


@check("limits of memory and files leave us enough, and are the program's own")
def limits():
    for words, seen in (("ulimit -v 300000 -n 64", ["300000", "64"]), ("ulimit -n 200; ulimit -Sv 120000", ["120000", "200"]),
                        ("ulimit -v unlimited; ulimit -Sn 20", ["unlimited", "20"])):
        room, done = limited(words)
        assert (done.returncode, done.stderr) == (0, "") and done.stdout.endswith("b'answer'\n"), (words, done)
        assert done.stdout.splitlines()[:2] == seen, (words, done)
        assert [row["status"] for row in room.rows()] == [200], words


@check("limits under which we cannot work are named, and nothing is started")
def too_low():
    for words, said in (("ulimit -v 50000", "ulimit -a"), ("ulimit -n 12", "Too many open files"),
                        ("ulimit -f 100", "cannot be written")):
        _, done = limited(words)
        assert (done.returncode, done.stdout) == (125, "") and said in done.stderr, (words, done)


@check("Ctrl+Z and the end of the terminal: the daemon's proxy goes on")
def terminal():
    room = Room()
    words = " ".join([*RUN, PYTHON, str(AGENT), "stay"])
    pid, master = pty.fork()
    if pid == 0:
        # Whoever runs the tests may not mind the end of a terminal (nohup).
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.execvpe("bash", ["bash", "--norc", "-i"], {**room.environment, "PS1": "$ ", "HISTFILE": ""})
    seen = b""

    def read_until(text):
        nonlocal seen
        until = time.monotonic() + 60
        while text not in seen:
            assert time.monotonic() < until, seen
            if select.select([master], [], [], 0.2)[0]:
                seen += os.read(master, 4096)
        seen = seen.partition(text)[2]

    read_until(b"$ ")
    os.write(master, words.encode() + b"\n")
    read_until(b"ready")
    os.write(master, b"\x1a")
    read_until(b"Stopped")
    room.let_agent_call()
    # A shell that is hung up ends what it had stopped; nothing of us is left then.
    assert len(room.trust_files()) == 1
    os.close(master)
    os.waitpid(pid, 0)
    wait_for(lambda: not room.trust_files())
    assert room.ends() in ([(-1, signal.SIGHUP)], [(-1, signal.SIGTERM)]), room.ends()


main()
