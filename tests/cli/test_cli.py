# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line as people use it: programs in many languages under `overhear run`, unmodified, against an upstream of
the test's own that stands in for https://api.anthropic.com; their certificates are verified.
"""
import base64
import contextlib
import ctypes
import http.server
import json
import os
import pathlib
import pty
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from clients import packages
from launch.desk import build_go
from fixtures.keeper import only_child
from tap import Skip, check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
PYTHON = "/usr/bin/python3"
URL = "https://api.anthropic.com/v1/echo"
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)


slow = threading.Event()


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: a client that reads the status only has the whole answer then

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/slow":
            slow.set()
            time.sleep(30)
        text = json.dumps({"path": self.path, "method": self.command, "length": len(body),
                           "headers": {k.lower(): v for k, v in self.headers.items()
                                                                              if k.lower() != "x-api-key"}}).encode()
        if "/info/refs" in self.path:  # git's dumb protocol
            text = b"0123456789abcdef0123456789abcdef01234567\trefs/heads/main\n"
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Upstream)
threading.Thread(target=server.serve_forever, daemon=True).start()
DETOUR = f"--upstream=api.anthropic.com=http://127.0.0.1:{server.server_port}"
data_number = 0


def fresh():
    """A data directory of its own for each test."""
    global data_number
    data_number += 1
    return home / f"data{data_number}"


def environment(data, **changes):
    env = {name: value for name, value in os.environ.items() if not name.startswith("OVERHEAR_")}
    env.update(OVERHEAR_DATA_DIR=str(data), XDG_RUNTIME_DIR=str(home), LC_ALL="C.UTF-8", HOME=str(home))
    env.update(changes)
    return env


def overhear(data, *words, stdin="", timeout=90, env=None):
    return subprocess.run([OVERHEAR, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=timeout,
                          env=env or environment(data), cwd=home)


def listed(data):
    done = overhear(data, "list", "--json")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def captured(data, path="/v1/echo"):
    rows = [row for row in listed(data) if row["url"] == "https://api.anthropic.com" + path]
    return rows


def expect_captured(data, done, path="/v1/echo", count=1):
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    rows = captured(data, path)
    assert len(rows) == count, (listed(data), done.stdout, done.stderr)
    for row in rows:
        assert (row["status"], row["outcome"], row["run"]) == (200, "finished", 1), row
    return rows


def need(program):
    return shutil.which(program) or packages.unavailable(f"{program} is not installed")


# --- programs in many languages

@check("curl")
def curl():
    data = fresh()
    done = overhear(data, "run", DETOUR, need("curl"), "-sS", "-d", "hello", URL)
    seen = json.loads(done.stdout)
    assert (seen["method"], seen["length"], seen["headers"]["host"]) == ("POST", 5, f"127.0.0.1:{server.server_port}")
    assert done.stderr == ""
    expect_captured(data, done)


@check("Python's urllib, from a lone .py file")
def urllib_client():
    data = fresh()
    (home / "client.py").write_text(f"import sys, urllib.request\nanswer = urllib.request.urlopen('{URL}')\n"
                                    "answer.read()\nprint(answer.status, sys.argv[1])")
    done = overhear(data, "run", DETOUR, "client.py", "argument")
    assert done.stdout == "200 argument\n", (done.stdout, done.stderr)
    expect_captured(data, done)


SCRIPTS = {
    "requests": f"import requests; print(requests.get('{URL}').status_code)",
    "httpx": f"import httpx; print(httpx.get('{URL}').status_code)",
    "aiohttp": f"""
import aiohttp, asyncio
async def main():
    async with aiohttp.ClientSession(trust_env=True) as session:
        print((await session.get('{URL}')).status)
asyncio.run(main())"""}
for module, script in SCRIPTS.items():
    @check(f"Python's {module}, of an environment of its own and of those that have it")
    def other_pythons(module=module, script=script):
        pythons = {packages.python("requirements-2023.txt" if module == "httpx" else "requirements.txt")}
        for python in {PYTHON, shutil.which("python3")}:
            if subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0:
                pythons.add(python)
        for python in pythons:
            data = fresh()
            done = overhear(data, "run", DETOUR, python, "-c", script)
            assert done.stdout == "200\n", (module, done.stdout, done.stderr)
            expect_captured(data, done)


@check("Node's fetch, in a lone .mjs file")
def node_fetch():
    need("node")
    data = fresh()
    (home / "client.mjs").write_text(f"""
      const answer = await fetch('{URL}', {{ method: 'POST', body: 'x'.repeat(100000) }});
      console.log(answer.status, (await answer.json()).length);""")
    done = overhear(data, "run", DETOUR, "client.mjs")
    assert (done.stdout, done.stderr) == ("200 100000\n", ""), (done.stdout, done.stderr)
    expect_captured(data, done)


@check("Node's https with an agent of its own")
def node_https():
    need("node")
    data = fresh()
    (home / "client.js").write_text(f"""
      const https = require('https');
      const agent = new https.Agent({{ keepAlive: true }});
      https.get('{URL}', {{ agent }}, (answer) => answer.resume().on('end', () => {{
        console.log(answer.statusCode);
        agent.destroy();
      }}));""")
    done = overhear(data, "run", DETOUR, "client.js")
    assert (done.stdout, done.stderr) == ("200\n", ""), (done.stdout, done.stderr)
    expect_captured(data, done)


@check("Java, which cannot send credentials")
def java():
    need("java")
    data = fresh()
    (home / "Client.java").write_text("""
      public class Client {
        public static void main(String[] words) throws Exception {
          var client = java.net.http.HttpClient.newHttpClient();
          var request = java.net.http.HttpRequest.newBuilder(java.net.URI.create(words[0])).build();
          System.out.println(client.send(request, java.net.http.HttpResponse.BodyHandlers.ofString()).statusCode());
          var old = (java.net.HttpURLConnection) new java.net.URL(words[0]).openConnection();
          System.out.println(old.getResponseCode());
          old.getInputStream().readAllBytes();
        }
      }""")
    done = overhear(data, "run", DETOUR, "java", "-Xint", "Client.java", URL)
    assert done.stdout == "200\n200\n", (done.stdout, done.stderr)
    expect_captured(data, done, count=2)


@check("Go")
def go():
    data = fresh()
    program = build_go(home / "client-go", f"""
      package main
      import ("fmt"; "io"; "net/http")
      func main() {{
        answer, err := http.Get("{URL}")
        if err != nil {{ panic(err) }}
        io.Copy(io.Discard, answer.Body)
        fmt.Println(answer.StatusCode)
      }}""")
    done = overhear(data, "run", DETOUR, program)
    assert done.stdout == "200\n", (done.stdout, done.stderr)
    expect_captured(data, done)


@check("Ruby")
def ruby():
    need("ruby")
    data = fresh()
    done = overhear(data, "run", DETOUR, "ruby", "-rnet/http", "-e", f"puts Net::HTTP.get_response(URI('{URL}')).code")
    assert done.stdout == "200\n", (done.stdout, done.stderr)
    expect_captured(data, done)


@check("PHP's curl")
def php():
    need("php")
    data = fresh()
    (home / "client.php").write_text(f"""<?php
      if (!function_exists('curl_init')) exit(77);
      $curl = curl_init('{URL}');
      curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
      curl_exec($curl);
      echo curl_getinfo($curl, CURLINFO_HTTP_CODE), curl_error($curl);""")
    done = overhear(data, "run", DETOUR, "php", "client.php")
    if done.returncode == 77:
        packages.unavailable("PHP has no curl here")
    assert done.stdout == "200", (done.stdout, done.stderr)
    expect_captured(data, done)


@check("git")
def git():
    need("git")
    data = fresh()
    done = overhear(data, "run", DETOUR, "git", "ls-remote", "https://api.anthropic.com/repo.git")
    assert done.stdout.split() == ["0123456789abcdef0123456789abcdef01234567", "refs/heads/main"], done.stderr
    assert any("/repo.git/info/refs" in row["url"] for row in listed(data))


@check("base-URL mode needs no certificate")
def via():
    data = fresh()
    done = overhear(data, "run", DETOUR, "sh", "-c",
                    f"exec {need('curl')} -sS --noproxy '*' $OVERHEAR_VIA/api.anthropic.com/v1/echo")
    assert json.loads(done.stdout)["path"] == "/v1/echo"
    expect_captured(data, done)


@check("children of children, too")
def descendants():
    data = fresh()
    done = overhear(data, "run", DETOUR, "sh", "-c",
                    f"{need('curl')} -sS {URL} >&2; ({PYTHON} -c \"import subprocess; subprocess.run(['curl', '-sS', '{URL}'])\")")
    expect_captured(data, done, count=2)


@check("NO_PROXY=* does not hide an API, and localhost stays direct")
def no_proxy():
    data = fresh()
    done = overhear(data, "run", DETOUR, "sh", "-c",
                    f"{need('curl')} -sS {URL} && curl -sS http://127.0.0.1:{server.server_port}/mine",
                    env=environment(data, NO_PROXY="*", no_proxy="*"))
    rows = expect_captured(data, done)
    assert rows == listed(data), "localhost went through"


@check("the user's own certificate file goes on being trusted")
def own_trust():
    data = fresh()
    corp = home / "corp.pem"
    certificate = "-----BEGIN CERTIFICATE-----\nbXkgb3du\n-----END CERTIFICATE-----\n"
    corp.write_text(certificate + "-----BEGIN PRIVATE KEY-----\na2V5\n-----END PRIVATE KEY-----\n")
    done = overhear(data, "run", "sh", "-c", "cat $SSL_CERT_FILE", env=environment(data, SSL_CERT_FILE=str(corp)))
    assert done.stdout.startswith(certificate + "-----BEGIN CERTIFICATE-----"), done.stdout[:200]
    assert "PRIVATE" not in done.stdout


@check("through the user's own proxy, trusting what the user trusts")
def own_proxy():
    data = fresh()
    certificate, key = home / "company.pem", home / "company.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=company", "-addext",
                    "subjectAltName=DNS:api.anthropic.com"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asked = []

    class Company(Upstream):
        """A proxy that answers for every host by itself, as those that look into TLS do."""
        wbufsize = 0

        def do_CONNECT(self):
            asked.append((self.path, self.headers["proxy-authorization"]))
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.setup_streams()

        def setup_streams(self):
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
            self.close_connection = False

    company = Server(("127.0.0.1", 0), Company)
    threading.Thread(target=company.serve_forever, daemon=True).start()
    proxies = {"HTTPS_PROXY": f"http://me:secret@127.0.0.1:{company.server_port}", "https_proxy": "", "NO_PROXY": "other.example"}
    done = overhear(data, "run", need("curl"), "-sS", "--http1.1", URL,
                    env=environment(data, CURL_CA_BUNDLE=str(certificate), **proxies))
    assert json.loads(done.stdout)["headers"]["host"] == "api.anthropic.com", (done.stdout, done.stderr)
    credentials = "Basic " + base64.b64encode(b"me:secret").decode()
    assert asked == [("api.anthropic.com:443", credentials)], asked
    expect_captured(data, done)
    company.shutdown()
    company.server_close()
    done = overhear(data, "run", need("curl"), "-sS", URL, env=environment(data, **proxies))
    assert f"Your own proxy, 127.0.0.1:{company.server_port}, refused" in done.stdout, done.stdout
    assert "secret" not in done.stdout


# --- labels

@check("--name, --trace, --session and --user")
def labels():
    data = fresh()
    done = overhear(data, "run", DETOUR, "--name", "the name", "--trace", "trip", "--session", "Köln", "--user", "me", "--",
                    "sh", "-c", "echo \"$ANTHROPIC_CUSTOM_HEADERS\"",
                    env=environment(data, ANTHROPIC_CUSTOM_HEADERS="x-mine: 1"))
    assert done.stdout.splitlines() == ["x-mine: 1", "overhear-trace: trip", "overhear-session: K%C3%B6ln",
                                        "overhear-user: me"], done.stdout
    with sqlite3.connect(f"file:{data}/overhear.db?mode=ro", uri=True) as db:
        assert db.execute("SELECT name, trace, session, user FROM run").fetchall() == [("the name", "trip", "Köln", "me")]


@check("children of other users are read like the program")
def other_user():
    if os.geteuid() != 0:
        raise Skip("only root can start them here")
    as_nobody = f"{need('setpriv')} --reuid=65534 --regid=65534 --clear-groups"
    sudo = shutil.which("sudo")
    code = "import overhear, sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"
    programs = [(f"curl -sS -o /dev/null -w '%{{http_code}}\\n' {URL}", True), (f"{PYTHON} -c '{code}' {URL}", True),
                (f"node -e \"fetch('{URL}').then((answer) => console.log(answer.status))\"", shutil.which("node", path=os.defpath))]
    for command in [command for command, there in programs if there]:
        for start in [as_nobody] + ([f"{sudo} -E -u nobody --"] if sudo else []):
            data = fresh()
            if start != as_nobody:
                command = command.replace("import overhear, ", "import ")  # sudo drops PYTHONPATH
            done = overhear(data, "run", DETOUR, "sh", "-c", f"umask 077; cd /; {start} {command}")
            assert done.stdout == "200\n", (start, command, done.stdout, done.stderr)
            expect_captured(data, done)


# --- nothing captured

@check("a run of which nothing was captured says so, and why; list does too")
def silent():
    data = fresh()
    done = overhear(data, "run", "--name", "quiet one", "sh", "-c", "env -i true; exit 3")
    assert (done.returncode, done.stdout) == (3, "") and done.stderr.count("\n") == 1, done
    assert done.stderr.startswith("overhear: No call of “quiet one” came") and "$OVERHEAR_VIA/" in done.stderr, done.stderr
    assert " It ended with status 3, maybe before its first one. " in done.stderr, done.stderr
    assert overhear(data, "list").stdout == done.stderr.replace("overhear:", "Run 1:")
    assert overhear(data, "list", "--json").stdout == "" and overhear(data, "list", "demo").stdout == "Nothing matches.\n"
    overhear(data, "run", DETOUR, need("curl"), "-sS", URL)
    assert "Run 1:" not in overhear(data, "list").stdout
    assert overhear(data, "list", "--run", "1").stdout == done.stderr.replace("overhear:", "Run 1:")
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = overhear(data, "run", "--name", "unread", "curl", "-sS", "-m", "1",
                        f"https://localhost:{other.getsockname()[1]}/", "--noproxy", "none")
    assert "overhear: Nothing of “unread” was read." in done.stderr and "no known LLM APIs: localhost." in done.stderr, done
    table = overhear(data, "list").stdout.splitlines()
    assert "CONNECT localhost" in table[-2] and table[-1].startswith("Run 3: Nothing of “unread” was read."), table
    with sqlite3.connect(f"{data}/overhear.db") as db:
        db.execute("UPDATE run SET ended_ns = ended_ns - 3600000000000")
    assert "Run 3:" not in overhear(data, "list").stdout and "Run 3:" in overhear(data, "list", "--run", "3").stdout


@check("a run that goes on, or could not be started, is not called silent")
def not_silent():
    data = fresh()
    overhear(data, "run", "no-such-program")
    assert overhear(data, "list").stdout == "Nothing has been captured yet. Try: overhear demo\n"
    front = subprocess.Popen([OVERHEAR, "run", "sh", "-c", "echo ready; read line"], env=environment(data),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert front.stdout.readline() == "ready\n"
    assert overhear(data, "list").stdout == "Nothing has been captured yet. Try: overhear demo\n"
    assert "No call of" in front.communicate("\n", timeout=60)[1]


# --- passed through untouched

@check("exit status")
def exit_status():
    data = fresh()
    for status in (0, 1, 42, 255):
        done = overhear(data, "run", "sh", "-c", f"exit {status}")
        assert (done.returncode, done.stdout) == (status, "") and done.stderr.count("\n") == 1, done


@check("death by a signal, and signals sent to us")
def signals():
    data = fresh()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what nohup ignores stays ignored in what we start
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV):
        assert overhear(data, "run", "sh", "-c", f"kill -{number.value} $$").returncode == -number
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        # It waits for a blocked signal: with a handler, Python sleeps through one that comes just before its sleep.
        process = subprocess.Popen([OVERHEAR, "run", PYTHON, "-c", f"""
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [{number.value}])
print('ready', flush=True)
sys.exit(7 if signal.sigtimedwait([{number.value}], 60) else 8)"""], stdout=subprocess.PIPE, text=True,
                                   env=environment(data))
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(90) == 7, number


@check("what nohup and scripts ignore stays ignored, and reaches who wants it; a limit for files ends no capture")
def ignored_signals():
    data = fresh()
    for names in "HUP INT QUIT", "PIPE", "XFSZ TERM":
        script = f"trap '' {names}; grep SigIgn /proc/self/status; '{OVERHEAR}' run -- grep SigIgn /proc/self/status"
        direct, through = subprocess.run(["bash", "-c", script], env=environment(data), capture_output=True,
                                         timeout=90).stdout.splitlines()
        assert direct == through, (names, direct, through)
    code = "import signal, sys, time; signal.signal(2, lambda *a: sys.exit(7)); print('ready', flush=True); time.sleep(60)"
    script = f"'{OVERHEAR}' run -- {PYTHON} -c \"{code}\" > ready & while ! grep -qs ready ready; do sleep 0.1; done;" \
             " kill -INT $!; wait $!; echo $?"
    done = subprocess.run(["sh", "-c", script], env=environment(data), capture_output=True, timeout=90, cwd=home)
    assert done.stdout == b"7\n", done
    script = f"ulimit -Sf 1500; '{OVERHEAR}' run {DETOUR} -- sh -c 'for i in 1 2 3 4 5 6; do head -c 200000 /dev/urandom |" \
             " curl -s -o /dev/null -w \"%{http_code} \" --data-binary @- https://api.anthropic.com/v1/echo; done'"
    done = subprocess.run(["sh", "-c", script], env=environment(fresh()), capture_output=True, timeout=90, cwd=home)
    assert done.stdout == b"200 " * 6, done


@check("standard input, output and error, byte for byte")
def streams():
    data = fresh()
    binary = bytes(range(256)) * 4000
    done = subprocess.run([OVERHEAR, "run", "sh", "-c", "cat; echo trouble >&2"], input=binary, capture_output=True,
                          env=environment(data), timeout=30)
    assert done.stdout == binary and done.stderr.startswith(b"trouble\noverhear: "), done.stderr


@check("files that the shell opened for it")
def descriptors():
    data = fresh()
    done = subprocess.run(["bash", "-c", f"{OVERHEAR} run cat <(echo one) /dev/fd/5 5< <(echo two)"], capture_output=True,
                          text=True, env=environment(data), timeout=30)
    assert done.stdout == "one\ntwo\n", (done.stdout, done.stderr)


@check("we may open as many files as can be; the program as many as ever")
def limits():
    data = fresh()
    script = f"ulimit -Sn 250; {OVERHEAR} run sh -c 'ulimit -Sn; ulimit -Hn; grep \"open files\" /proc/$PPID/limits'"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment(data), timeout=60)
    soft, hard, ours = done.stdout.splitlines()
    assert soft == "250" and ours.split()[3:5] == [hard, hard], (done.stdout, done.stderr)


@check("a pipeline and a closed pipe")
def pipeline():
    data = fresh()
    done = subprocess.run(["bash", "-c", f"{OVERHEAR} run yes | head -2; echo ${{PIPESTATUS[0]}}"], capture_output=True,
                          text=True, env=environment(data), timeout=30)
    assert done.stdout == "y\ny\n141\n", (done.stdout, done.stderr)


def in_terminal(data, command, talk):
    """Runs a shell command line in a new terminal; talk(read_until, type) plays the user."""
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe("bash", ["bash", "--norc", "-i", "-c", command] if command else ["bash", "--norc", "-i"],
                   environment(data, PS1="$ ", HISTFILE=""))
    seen = b""

    def read_until(text, timeout=15):
        nonlocal seen
        import select
        end = time.time() + timeout
        while text.encode() not in seen:
            assert time.time() < end, f"no {text!r} in {seen!r}"
            if select.select([master], [], [], 0.2)[0]:
                try:
                    seen += os.read(master, 4096)
                except OSError:
                    break
        assert text.encode() in seen, f"no {text!r} in {seen!r}"
        before, _, seen = seen.partition(text.encode())
        return before.decode()

    try:
        talk(read_until, lambda text: os.write(master, text.encode()))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(master)


@check("Ctrl+C reaches the program, once")
def control_c():
    data = fresh()
    script = home / "interrupted.py"
    script.write_text("""
import signal, time
count = 0
def on_interrupt(*_):
    global count
    count += 1
signal.signal(signal.SIGINT, on_interrupt)
print('rea' + 'dy', flush=True)
while not count:
    time.sleep(0.05)
time.sleep(0.3)
print('interrupts', count, flush=True)
""")

    def talk(read_until, type):
        read_until("$ ")
        type(f"{OVERHEAR} run interrupted.py; echo status=$?\n")
        read_until("ready")
        type("\x03")
        read_until("interrupts 1")
        read_until("status=0")
    os.chdir(home)
    in_terminal(data, None, talk)


@check("Ctrl+Z stops, fg goes on, and the program reads the terminal")
def control_z():
    data = fresh()

    def talk(read_until, type):
        read_until("$ ")
        # An empty line may be left over from what bash was asked below.
        code = "print('rea' + 'dy', flush=True); print('<' + next(filter(None, iter(input, None))) + '>')"
        type(f"{OVERHEAR} run {PYTHON} -c \"{code}\"; echo status=$?\n")
        read_until("ready")
        type("\x1a")
        read_until("Stopped")
        read_until("$ ")
        for last in False, False, True:  # what is typed before bash reads again may be lost, in part too
            type("\n")
            try:
                read_until("$ ", 5)
                break
            except AssertionError:
                assert not last
        type("echo in bet''ween; fg\n")
        read_until("in between")
        time.sleep(0.3)
        type("hello\n")
        read_until("<hello>")
    in_terminal(data, None, talk)


# --- what killed a reader

@check("an exchange that killed its reader is not read again, and says so; its bytes are there")
def fatal_read():
    data = fresh()
    overhear(data, "run", DETOUR, need("curl"), "-sS", "-d", "{}", "https://api.anthropic.com/v1/messages")
    assert "crashed" not in overhear(data, "show", "1").stdout
    (data / "unreadable").write_text("1\n")
    shown = json.loads(overhear(data, "show", "1", "--json").stdout)
    assert ["crashed" in problem for problem in shown["problems"]] == [True], shown
    assert shown["request"]["body"] in ({}, "{}"), shown["request"]
    done = overhear(data, "reread")
    assert done.returncode == 0, done
    assert listed(data)[0]["provider"] == "http"


# --- runs and the list

@check("two runs at once never mix")
def two_runs():
    data = fresh()
    script = home / "many.py"
    script.write_text("""
import sys, urllib.request
for i in range(20):
    urllib.request.urlopen('https://api.anthropic.com/v1/' + sys.argv[1]).read()
""")
    processes = [subprocess.Popen([OVERHEAR, "run", DETOUR, "--name", name, PYTHON, script, name], env=environment(data))
                 for name in ("one", "two")]
    assert [process.wait(60) for process in processes] == [0, 0]
    with sqlite3.connect(f"file:{data}/overhear.db?mode=ro", uri=True) as db:
        runs = dict(db.execute("SELECT name, id FROM run"))
    rows = listed(data)
    assert len(rows) == 40
    for row in rows:
        assert row["run"] == runs[row["url"].rsplit("/", 1)[1]], row


@check("list and show")
def list_and_show():
    data = fresh()
    assert overhear(data, "list", "--json").stdout == ""
    assert "Nothing" in overhear(data, "list").stdout
    for word in ("a", "b", "c"):
        overhear(data, "run", DETOUR, need("curl"), "-sS", "-H", "x-api-key: sk-ant-secret-1234", "-d", f"body {word} é",
                 f"https://api.anthropic.com/{word}")
    rows = listed(data)
    assert [row["url"][-1] for row in rows] == ["a", "b", "c"]
    assert list(rows[0]) == ["id", "started", "run", "program", "trace", "thread", "method", "url", "status", "outcome",
                             "ended_by", "unread", "request_bytes", "response_bytes", "provider", "model",
                             "stop_reason", "streamed", "input_tokens", "output_tokens", "output_estimated",
                             "cache_read_tokens", "cache_write_tokens", "cost", "cost_approximate", "duration_ms",
                             "ttft_ms", "error"]
    row = rows[1]
    assert (row["method"], row["status"], row["outcome"], row["streamed"], row["model"]) == ("POST", 200, "finished", False, None)
    assert row["duration_ms"] > 0 and row["started"].endswith("Z") and row["error"] is None
    newest = [json.loads(line) for line in overhear(data, "list", "--json", "--limit", "2").stdout.splitlines()]
    assert newest == rows[1:]
    table = overhear(data, "list").stdout.splitlines()
    assert len(table) == 4 and "api.anthropic.com/c" in table[3]

    for words, found in ((["\"body b é\""], "b"), (["body", "b"], "abc"), (["/c", "or", '"BODY A"'], "ac"), (["not", "path:/b"], "ac"), (["is:error"], ""),
                         (["status:200", "in:request", "é"], "abc"), (["in:response", '"body a"'], ""), (["secret-1234"], ""),
                         (["id>1", "--limit", "1"], "c"), (["--", "-d"], "")):
        done = overhear(data, "list", "--json", *words)
        assert "".join(json.loads(line)["url"][-1] for line in done.stdout.splitlines()) == found, (words, done)
    assert "Nothing matches" in overhear(data, "list", "no such words").stdout
    done = overhear(data, "list", "café", "status:4x9", "or", "b")
    assert done.returncode == 2 and done.stdout == "", done
    complaint, query, mark = done.stderr.splitlines()
    assert complaint.startswith("overhear: At character 13: "), complaint
    assert query == "  café status:4x9 or b" and mark == " " * query.index("4x9") + "^^^", done.stderr

    done = overhear(data, "show", row["id"], "--json")
    shown = json.loads(done.stdout)
    assert {name: shown[name] for name in row} == row
    assert list(shown)[len(row):] == ["resend_of", "accounts", "request", "response", "messages", "events", "problems", "oddities"]
    assert shown["request"]["body"] == "body b é"
    assert json.loads(shown["response"]["body"])["path"] == "/b"
    headers = {name.lower(): value for name, value in shown["request"]["headers"]}
    assert "secret" not in json.dumps(shown) and headers["x-api-key"].startswith("<redacted …1234")
    assert "body b é" in overhear(data, "show", row["id"]).stdout
    assert overhear(data, "show", row["id"], "--answer").stdout == shown["response"]["body"]
    assert overhear(data, "show", row["id"], "--answer", "--json").returncode == 2
    assert "sk-ant-secret" not in "".join(path.read_bytes().decode("latin-1") for path in data.rglob("*") if path.is_file())


@check("bytes that are no text are shown as base64")
def binary_body():
    data = fresh()
    (home / "binary").write_bytes(bytes(range(256)))
    overhear(data, "run", DETOUR, need("curl"), "-sS", "-H", "content-type: application/octet-stream", "--data-binary",
             "@binary", URL)
    shown = json.loads(overhear(data, "show", "--json", captured(data)[0]["id"]).stdout)
    assert shown["request"]["body"] is None and base64.b64decode(shown["request"]["body_base64"]) == bytes(range(256))


@check("a program that is killed in the middle of a call")
def killed():
    data = fresh()
    slow.clear()
    process = subprocess.Popen([OVERHEAR, "run", DETOUR, "sh", "-c", f"{need('curl')} -sS https://api.anthropic.com/slow & "
                                "read line; kill -9 $!; kill -9 $$"], stdin=subprocess.PIPE, env=environment(data))
    assert slow.wait(60)
    process.communicate(b"\n", timeout=60)
    assert process.returncode == -signal.SIGKILL
    row = captured(data, "/slow")[0]
    assert (row["outcome"], row["ended_by"]) == ("failed", "client"), row


# --- trouble

@check("commands that do not exist or may not be executed; the failed run is kept")
def not_found():
    data = fresh()
    (home / "plain").write_text("text")
    for word, status in (("no-such-program", 127), ("./no-such-file", 127), ("./plain", 126), (home, 126)):
        done = overhear(data, "run", word)
        assert (done.returncode, done.stdout) == (status, ""), done
        assert done.stderr.startswith("overhear: ") and done.stderr.count("\n") == 1, done.stderr
    with sqlite3.connect(f"file:{data}/overhear.db?mode=ro", uri=True) as db:
        errors = [error for (error,) in db.execute("SELECT error FROM run")]
    assert len(errors) == 4 and all(errors), errors


@check("wrong usage")
def usage():
    data = fresh()
    for words, status in ((["run"], 125), (["run", "--no-such-option", "true"], 125), (["run", "--port", "70000", "true"], 125),
                          (["run", "--upstream", "nonsense", "true"], 125), (["show"], 2), (["show", "x"], 2),
                          (["show", "999"], 1), (["list", "--limit", "-1"], 2), (["nonsense"], 2), (["demo", "x"], 2)):
        done = overhear(data, *words)
        assert (done.returncode, done.stdout) == (status, ""), (words, done)
        assert done.stderr.startswith("overhear: ") and done.stderr.count("\n") == 1, done.stderr
    for words in (["--help"], ["run", "--help"], ["list", "--help"], ["show", "--help"], ["demo", "--help"]):
        done = overhear(data, *words)
        assert done.returncode == 0 and done.stdout.startswith("Usage:") and done.stderr == "", done
    assert overhear(data, "--version").stdout.split()[0] == "overhear"


@check("a port that is taken, and one that is free")
def ports():
    data = fresh()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = overhear(data, "run", "--port", port, "true")
        assert done.returncode == 125 and str(port) in done.stderr and done.stderr.count("\n") == 1, done
    done = overhear(data, "run", "--port", port, "sh", "-c", "echo $OVERHEAR_VIA")
    assert done.stdout.startswith(f"http://127.0.0.1:{port}/via/"), done


@check("a data directory that cannot be written")
def read_only():
    data = home / "a-file"
    data.write_text("")
    done = overhear(data, "run", "true")
    assert done.returncode == 125 and "a-file" in done.stderr and done.stderr.count("\n") == 1, done
    if os.geteuid() == 0:
        return
    data = fresh()
    data.mkdir(mode=0o500)
    done = overhear(data, "run", "true")
    assert done.returncode == 125 and done.stderr.count("\n") == 1, done


@check("a data directory that can only be read is listed, shown and exported")
def only_read():
    data = fresh()
    expect_captured(data, overhear(data, "run", DETOUR, "curl", "-s", URL))

    def go_without_privileges():  # Root may write everywhere.
        if os.geteuid() == 0:
            for capability in 1, 2:  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH; 24 is PR_CAPBSET_DROP
                assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0

    def read(*words):
        return subprocess.run([OVERHEAR, *words], capture_output=True, text=True, timeout=90, env=environment(data),
                              preexec_fn=go_without_privileges)

    os.chmod(data / "overhear.db", 0o400)
    os.chmod(data, 0o500)
    try:
        for words in ["list"], ["list", "echo"], ["show", "1"], ["export", "--format=har"]:
            done = read(*words)
            assert done.returncode == 0 and done.stderr == "" and "echo" in done.stdout, (words, done)
        done = read("run", "true")
        assert done.returncode == 125 and str(data) in done.stderr and done.stderr.count("\n") == 1, done
    finally:
        os.chmod(data, 0o700)


@check("a damaged database: it is said, and the next start carries over what can be read and says how much")
def damaged():
    data = fresh()
    expect_captured(data, overhear(data, "run", DETOUR, "sh", "-c", f"curl -s {URL}; curl -s {URL}"), count=2)
    with contextlib.closing(sqlite3.connect(data / "overhear.db")) as db:
        page, = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'detail'").fetchone()
        size, = db.execute("PRAGMA page_size").fetchone()
    with open(data / "overhear.db", "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"x" * size)
    done = overhear(data, "show", "1")
    assert done.returncode == 1 and "damaged" in done.stderr and done.stderr.count("\n") == 1, done
    done = overhear(data, "reread")
    assert done.returncode == 0 and "2 exchanges that could be read were carried over" in done.stderr, done
    assert "2 of them are incomplete" in done.stderr, done
    assert len(captured(data)) == 2
    assert len(list(data.glob("overhear-damaged-*.db"))) == 1, list(data.iterdir())


@check("a database from a newer version is left alone")
def newer():
    data = fresh()
    overhear(data, "run", "true")
    with sqlite3.connect(data / "overhear.db") as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {version + 1000}")
    for words in (["run", "true"], ["list"]):
        done = overhear(data, *words)
        assert done.returncode in (125, 1) and done.stderr.count("\n") == 1, done
        assert "newer" in done.stderr, done.stderr
    with sqlite3.connect(data / "overhear.db") as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == version + 1000


@check("trust files are gone at the end, and those of a killed one at the next start")
def cleaned():
    data = fresh()

    def run(*words, **environ):
        return overhear(data, "run", *words, env=environment(data, **environ))
    print_folder = 'dirname "$SSL_CERT_FILE"'
    folder = pathlib.Path(run("sh", "-c", print_folder).stdout.strip())
    assert folder.name.startswith("overhear.run.") and not folder.exists(), folder
    process = subprocess.Popen([OVERHEAR, "run", "sh", "-c", f"{print_folder}; read line"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env=environment(data))
    left = pathlib.Path(process.stdout.readline().strip())
    assert run("test", "-e", left / "trust.pem").returncode == 0, "the files of a living one are gone"
    os.kill(only_child(process.pid), signal.SIGKILL)
    process.communicate()
    run("true")
    assert not left.exists()


@check("a program's temporary files may be anywhere, or be removed")
def temporary():
    data = fresh()
    gone = home / "gone"
    for folder in "/proc", "/nonexistent", str(home) + 20 * ("/" + "x" * 200), "relative", "", str(gone):
        gone.mkdir(exist_ok=True)
        done = overhear(data, "run", "sh", "-c", f'rm -r {gone}; test -s "$SSL_CERT_FILE" && printf %s "$TMPDIR"',
                        env=environment(data, TMPDIR=folder))
        assert (done.returncode, done.stdout) == (0, folder), done


@check("without the window's program a clear message")
def no_window():
    data = fresh()
    alone = home / "alone" / "overhear"
    alone.parent.mkdir()
    shutil.copy(OVERHEAR, alone)
    done = subprocess.run([alone], capture_output=True, text=True, env=environment(data), timeout=30)
    if done.returncode == 0:
        raise Skip("overhear-app is installed on this machine")
    assert done.returncode == 1 and "overhear-app" in done.stderr, done


@check("the demonstration")
def demonstration():
    data = fresh()
    done = overhear(data, "demo", "--text", timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    rows = listed(data)
    assert len(rows) >= 5 and {429, 200} <= {row["status"] for row in rows}
    assert any(row["streamed"] and row["stop_reason"] == "end_turn" and row["output_tokens"] > 0 for row in rows)
    assert any(row["stop_reason"] == "tool_use" for row in rows)
    assert "[tool_use get_weather]" in done.stdout


main()
