# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever comes without a run is known: which process, which program, which application; secrets stay out of it."""
import http.client
import http.server
import json
import itertools
import os
import ssl
import subprocess
import sys
import threading
import time

import jsonschema

import session
from tap import check, main

HOME = session.enter()
OVERHEAR = os.environ["OVERHEAR"]
KEY = "sk-ant-api03-" + "Zq7" * 20


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *arguments):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


upstream, secure = serve(), serve()
CA = HOME / "own.pem"
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=own",
                "-addext", "subjectAltName=DNS:secure.localhost", "-keyout", HOME / "key.pem", "-out", CA], check=True, capture_output=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CA, HOME / "key.pem")
secure.socket = context.wrap_socket(secure.socket, server_side=True)
FOLDER = HOME / "project"
FOLDER.mkdir()
(FOLDER / "agent.py").write_text("""import http.client, os, sys
proxy = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
for path in sys.argv[2:]:
    if not path.startswith("-"):
        proxy.request("GET", "http://api.test" + path)
        print(proxy.getresponse().read().decode())
print(os.getpid())
""")
for name in "main.py", "weather-app":
    (FOLDER / name).write_bytes((FOLDER / "agent.py").read_bytes())
APPLICATIONS = HOME / ".local/share/applications"
APPLICATIONS.mkdir(parents=True)
(APPLICATIONS / "weather-app.desktop").write_text(
    "[Desktop Entry]\nType=Application\nName=Weather\nExec=sh weather-app\nIcon=weather-clear\n")
(APPLICATIONS / "console-app.desktop").write_text(
    "[Desktop Entry]\nType=Application\nName=Console\nExec=sh console-app\nCategories=System;TerminalEmulator;\n")


def overhear(*words, status=0):
    done = subprocess.run([OVERHEAR, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, (words, done)
    return done.stdout


def rows(*words):
    return [json.loads(line) for line in overhear("list", "--json", *words).splitlines()]


def wait_for(what):
    deadline = time.monotonic() + 60
    while not (found := what()):
        assert time.monotonic() < deadline, rows()
        time.sleep(0.05)
    return found


def row_of(path):
    return wait_for(lambda: next((row for row in rows() if row["url"].endswith(path) and row["status"]), None))


on = subprocess.Popen([OVERHEAR, "desktop", "on", "--json", "--read", "api.test", "--read", "secure.localhost",
                       "--upstream", f"api.test=http://127.0.0.1:{upstream.server_port}",
                       "--upstream", f"secure.localhost=http://127.0.0.1:{upstream.server_port}"], stdout=subprocess.PIPE, text=True)
PORT = str(json.loads(on.stdout.readline())["port"])


def run(*words, **more):
    done = subprocess.run([*words], capture_output=True, text=True, timeout=120, cwd=FOLDER, **more)
    assert done.returncode == 0, done
    return int(done.stdout.split()[-1])


@check("a script is called by its file, with pid, executable and command line")
def script():
    pid = run(sys.executable, "agent.py", PORT, "/script", "/again")
    for path in "/script", "/again":
        row = row_of(path)
        jsonschema.validate(row, json.loads(overhear("schema", "exchange")))
        program = row["program"]
        assert program["name"] == "agent.py" and program["pid"] == pid and program["desktop"] is None, program
        assert os.path.basename(program["executable"]).startswith("python"), program
        assert program["command"].endswith(f"agent.py {PORT} /script /again"), program
    assert f"Program   agent.py ({pid}): " in overhear("show", str(row["id"]))


@check("a process that becomes another program is called by what it is then")
def becomes():
    (FOLDER / "launch.py").write_text((FOLDER / "agent.py").read_text() +
                                      "os.execv(sys.executable, [sys.executable, 'second.py', sys.argv[1], '/after'])\n")
    (FOLDER / "second.py").write_bytes((FOLDER / "agent.py").read_bytes())
    pid = run(sys.executable, "launch.py", PORT, "/before")
    names = {path: (row_of(path)["program"]["name"], row_of(path)["program"]["pid"]) for path in ("/before", "/after")}
    assert names == {"/before": ("launch.py", pid), "/after": ("second.py", pid)}, names


@check("one whose file says little is called with its folder")
def folder():
    run(sys.executable, "main.py", PORT, "/folder")
    assert row_of("/folder")["program"]["name"] == "project/main.py"


@check("an application is called by its desktop file")
def application():
    run(sys.executable, "weather-app", PORT, "/application")
    program = row_of("/application")["program"]
    assert (program["name"], program["desktop"]) == ("Weather", "weather-app"), program


@check("secrets of a command line are marked, those of its environment too")
def secrets():
    run(sys.executable, "agent.py", PORT, "/secret", f"--api-key={KEY}", "-word-of-the-environment",
        env=dict(os.environ, MY_TOKEN="word-of-the-environment"))
    command = row_of("/secret")["program"]["command"]
    assert KEY not in command and "word-of-the-environment" not in command and "--api-key=<redacted" in command, command


@check("it can be searched for, and goes along with what is exported")
def search():
    assert {row["program"]["name"] for row in rows("program:weather")} == {"Weather"}
    assert {row["program"]["name"] for row in rows("program=agent.py")} == {"agent.py"}
    assert rows("program=agent") == [] and len(rows("program:agent")) == 3
    lines, copy = HOME / "all.jsonl", HOME / "all.db"
    overhear("export", "--format", "jsonl", "-o", str(lines), "program:weather")
    said = next(line for line in map(json.loads, lines.read_text().splitlines()) if line["type"] == "exchange")
    assert said["program"]["name"] == "Weather" and said["program"]["desktop"] == "weather-app", said
    other = dict(os.environ, OVERHEAR_DATA_DIR=str(HOME / "other"))
    subprocess.run([OVERHEAR, "import", str(lines)], check=True, env=other, capture_output=True)
    read = json.loads(subprocess.run([OVERHEAR, "list", "--json"], check=True, env=other, capture_output=True, text=True).stdout)
    assert read["program"] == rows("program:weather")[0]["program"], read


@check("a terminal's programs, which have a token, are known as well, and by a base URL too")
def terminal():
    for path, words in ("/terminal", ["curl", "-sS", "http://api.test/terminal"]), \
                       ("/base", ["sh", "-c", 'exec curl -sS "$OVERHEAR_VIA/api.test/base"']):
        script = f'eval "$({OVERHEAR} env)"; "$@"'
        done = subprocess.run(["sh", "-c", script, "sh", *words], capture_output=True, text=True, timeout=120)
        assert done.stdout == "hello", done
        program = row_of(path)["program"]
        assert program["name"] == "curl" and program["command"].startswith("curl -sS http://"), program
    # The token is in the address.
    assert "/via/" not in program["command"] or "<redacted" in program["command"], program


@check("a run is known already, by its token or by its process: what it starts is no program of its own")
def of_run():
    for path, words in ("/run", ["curl", "-sS", "http://api.test/run"]), \
                       ("/nameless", ["sh", "-c", f'port=${{HTTP_PROXY##*:}}; exec {sys.executable} agent.py "${{port%/}}" /nameless']):
        subprocess.run([OVERHEAR, "run", "--read", "api.test", "--upstream", f"api.test=http://127.0.0.1:{upstream.server_port}",
                        "--", *words], check=True, capture_output=True, cwd=FOLDER)
        row = row_of(path)
        assert row["run"] and row["program"] is None, row


numbers = itertools.count()


def is_silent(word, other):
    """Whether a request of the word's program has no row, now that there is one of another program behind it."""
    path, mark = f"/number{next(numbers)}", f"/number{next(numbers)}"
    run(sys.executable, word, PORT, path)
    run(sys.executable, other, PORT, mark)
    row_of(mark)
    return not any(row["url"].endswith(path) for row in rows())


def until_silent(word, other):
    wait_for(lambda: is_silent(word, other))


def until_heard(word, other):
    wait_for(lambda: not is_silent(word, other))


def fetch():
    """From the host itself, with curl, which trusts nobody but the server's own authority."""
    done = subprocess.run(["curl", "-sS", "--cacert", CA, "-x", f"http://127.0.0.1:{PORT}", f"https://secure.localhost:{secure.server_port}/tls"],
                          capture_output=True, text=True, timeout=120)
    return done.stdout if done.returncode == 0 else done.returncode


def rules(*words):
    said = json.loads(overhear("desktop", *words, "--json"))
    jsonschema.validate(said, json.loads(overhear("schema", "desktop")))
    return said["only"], said["excluded"]


@check("an excluded program's connections pass unread and unrecorded to the host that they are for, until it is included again")
def excluded():
    assert rules("exclude", "agent.py") == ([], ["agent.py"])
    assert rules("exclude", "CURL") == ([], ["agent.py", "CURL"]) == rules("status")
    assert "Not listened to: agent.py, CURL\n" in overhear("desktop", "status")
    # A name that none has is kept, but said to be none's; one of another case is somebody's.
    said = {name: subprocess.run([OVERHEAR, "desktop", "exclude", name], capture_output=True, text=True, check=True).stderr
            for name in ("nobody", "AGENT.py")}
    assert "No program called “nobody”" in said["nobody"] and said["AGENT.py"] == "", said
    assert rules("include") == ([], []) and rules("exclude", "agent.py") == ([], ["agent.py"])
    assert rules("exclude", "CURL") == ([], ["agent.py", "CURL"])
    until_silent("agent.py", "weather-app")
    assert fetch() == "hello" and not [row for row in rows() if "secure.localhost" in row["url"]]
    assert rules("include", "curl") == ([], ["agent.py"])
    assert rules("include") == ([], [])
    until_heard("agent.py", "weather-app")
    # It does not accept our certificate, so it was read.
    assert fetch() == 60 and fetch() == fetch() == "hello"
    found = wait_for(lambda: (found := [row["unread"] for row in rows() if "secure.localhost" in row["url"]])[2:] and found)
    assert [why and why["code"] for why in found] == [None, "certificate-refused", "certificate-refused"], found
    assert sum("our certificate refused" in line for line in overhear("list").splitlines()) == 3


@check("the only program that is listened to; others, known or not, pass")
def only():
    assert rules("only", "agent.py") == (["agent.py"], []) and rules("only", "Weather") == (["Weather"], [])
    assert "Only this program is listened to: Weather\n" in overhear("desktop", "status")
    until_silent("agent.py", "weather-app")
    assert rules("exclude", "weather") == ([], ["weather"])
    until_silent("weather-app", "agent.py")
    assert rules("include", "Weather") == ([], [])
    until_heard("weather-app", "agent.py")
    assert "Which program?" in subprocess.run([OVERHEAR, "desktop", "only"], capture_output=True, text=True, check=False).stderr


@check("rules that are set at the same time are all kept; a file that is not understood is not thrown away")
def at_once():
    overhear("desktop", "include")
    names = [f"program {number}" for number in range(12)]
    commands = [subprocess.Popen([OVERHEAR, "desktop", "exclude", name], stdout=subprocess.DEVNULL) for name in names]
    assert [command.wait(60) for command in commands] == [0] * len(names)
    assert sorted(rules("exclude", names[0])[1]) == sorted(names)
    file = HOME / ".config/overhear/programs"
    file.write_text("not what it was\n")
    done = subprocess.run([OVERHEAR, "desktop", "exclude", "one more"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "desktop include" in done.stderr and file.read_text() == "not what it was\n", done
    overhear("desktop", "include")
    assert not rules("include", "nobody")[1]


try:
    main()
finally:
    on.terminate()
    on.communicate(timeout=60)
