# SPDX-License-Identifier: GPL-3.0-or-later
"""What stood before us stands behind us: a script's whole list, asked as browsers ask, and nothing of it leads back to us."""
import base64
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import threading
import time

import session
from tap import Skip, check, main

HOME = session.enter()
OVERHEAR, OWNER = os.environ["OVERHEAR"], os.environ["OWNER"]
STATE = HOME / ".local/state/overhear/desktop.journal"


class Server(http.server.ThreadingHTTPServer):
    """A proxy, and a server of scripts: answers every GET, opens every tunnel to itself, and remembers both. @login: what it wants
    to hear before."""
    daemon_threads = True

    def __init__(self, tunnels=200, login=None):
        self.asked, self.pages, self.tunnels, self.login = [], {}, tunnels, login
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def die(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    known = False  # within a tunnel

    def refuse(self):
        """Whether it was."""
        if self.known or self.server.login in (None, self.headers.get("Proxy-Authorization")):
            return False
        self.send_response(407)
        self.send_header("Proxy-Authenticate", 'Basic realm="corp"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def do_GET(self):
        if self.refuse():
            return
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path.split("?")[0], "hello")
        if callable(page):
            page = page(self)
        if page is None:
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(page.encode())))
        self.end_headers()
        self.wfile.write(page.encode())

    def do_CONNECT(self):
        if self.refuse():
            return
        self.known = True
        self.server.asked.append("CONNECT " + self.path)
        self.send_response(self.server.tunnels)
        self.end_headers()
        self.close_connection = self.server.tunnels != 200

    def log_message(self, *arguments):
        pass


class Socks(socketserver.ThreadingTCPServer):
    """SOCKS 4a alone: closes what begins in another way."""
    daemon_threads = True

    def __init__(self):
        self.asked = []
        super().__init__(("127.0.0.1", 0), SocksHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class SocksHandler(socketserver.StreamRequestHandler):
    def handle(self):
        head = self.rfile.read(1)
        if head != b"\x04":
            return
        self.rfile.read(7)
        while self.rfile.read(1) != b"\0":
            pass
        name = b""
        while (byte := self.rfile.read(1)) != b"\0":
            name += byte
        self.server.asked.append(name.decode())
        self.wfile.write(b"\0\x5a" + bytes(6))
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nsocks")


def nobody():
    """A port where nobody listens, now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until(true, what):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def choose(url):
    session.write({"/system/proxy/mode": "'auto'", "/system/proxy/autoconfig-url": f"'{url}'"} if url else {"/system/proxy/": None})


class On:
    """`overhear desktop on` in the foreground, behind what is chosen."""

    def __init__(self, *words, environment=None, read=("read.test",)):
        self.before = session.dump()
        hosts = [word for host in read for word in ("--read", host)]
        self.process = subprocess.Popen([OVERHEAR, "desktop", "on", "--json", *hosts, *words], env=os.environ | (environment or {}),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.said = json.loads(line)
        self.port = self.said["port"]
        return self

    def __exit__(self, *problem):
        self.process.terminate()
        self.process.communicate(timeout=60)
        if problem[0] is None:
            wait_until(lambda: session.dump() == self.before and not STATE.exists(), (session.dump(), self.before))

    def get(self, url):
        """As a program does that was sent to us."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", url)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def tunnel(self, host):
        """What stands at the end of a tunnel that nobody reads."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.set_tunnel(host, 443)
        try:
            connection.request("GET", "/within")
        except OSError as problem:
            return str(problem)
        return connection.getresponse().read().decode()


class Behind(On):
    """Behind a script of that body of FindProxyForURL."""

    def __init__(self, body, *words, **more):
        self.scripts = Server()
        self.scripts.pages["/own.pac"] = f"const say = (url, host) => {{ {body} }};\nfunction FindProxyForURL(url, host) {{ return say(url, host); }}"
        choose(f"http://127.0.0.1:{self.scripts.server_port}/own.pac")
        super().__init__(*words, **more)

    def __exit__(self, *problem):
        super().__exit__(*problem)
        choose(None)
        self.scripts.die()


@check("the next proxy of a script's list is tried where one is not there or reaches nobody, and DIRECT at its end")
def list_of_proxies():
    good, broken, closed, socks = Server(), Server(tunnels=502), Server(tunnels=403), Socks()
    dead = nobody()
    with Behind(f"""
            const good = "PROXY 127.0.0.1:{good.server_port}", dead = "PROXY 127.0.0.1:{dead}";
            switch (host) {{
              case "broken.test": return "PROXY 127.0.0.1:{broken.server_port}; " + good;
              case "closed.test": return "PROXY 127.0.0.1:{closed.server_port}; " + good;
              case "unknown.test": return "PROXY no-such-name.invalid:1; " + good;
              case "socks.test": return dead + "; SOCKS 127.0.0.1:{socks.server_address[1]}";
              case "0.0.0.0": return dead + "; SOCKS5 127.0.0.1:{dead}; DIRECT";
              case "none.test": return dead;
              case "odd.test": return "QUIC x:1; FOO; " + good;
              case "throws.test": throw new Error("no");
              default: return dead + "; " + good + "; DIRECT";
            }}""") as on:
        assert "stays in use" in on.said["behind"], on.said
        assert on.get("http://read.test/a?b") == (200, "hello") and good.asked[-1] == "http://read.test/a?b", good.asked
        assert on.get("http://unknown.test/") == (200, "hello") and good.asked[-1] == "http://unknown.test/", good.asked
        assert on.get("http://odd.test/") == (200, "hello") and good.asked[-1] == "http://odd.test/", good.asked
        assert on.tunnel("blind.test") == "hello" and good.asked[-2:] == ["CONNECT blind.test:443", "/within"], good.asked
        assert on.tunnel("broken.test") == "hello" and broken.asked == ["CONNECT broken.test:443"], (good.asked, broken.asked)
        assert "502" in on.tunnel("closed.test") and closed.asked == ["CONNECT closed.test:443"], closed.asked
        assert "CONNECT closed.test:443" not in good.asked
        assert on.get("http://socks.test/") == (200, "socks") and socks.asked == ["socks.test"], socks.asked
        direct = Server()
        assert on.get(f"http://0.0.0.0:{direct.server_port}/direct") == (200, "hello") and direct.asked == ["/direct"], direct.asked
        assert on.get("http://none.test/")[0] == 502
        # Nobody there is tried last for some minutes; one that is there and forbids is not.
        late = http.server.ThreadingHTTPServer(("127.0.0.1", dead), Handler)
        late.asked, late.pages, late.tunnels, late.login = [], {}, 200, None
        threading.Thread(target=late.serve_forever, daemon=True).start()
        assert on.get("http://read.test/later") == (200, "hello") and good.asked[-1] == "http://read.test/later", good.asked
        assert on.get("http://none.test/again") == (200, "hello") and late.asked == ["http://none.test/again"], late.asked
        assert on.get("http://read.test/back") == (200, "hello") and late.asked[-1] == "http://read.test/back", late.asked
        late.shutdown()


@check("a script is asked of what is really requested: its scheme, port and path; of TLS no more than the host")
def real_url():
    one, two = Server(), Server()
    with Behind(f"""
            return url == "http://read.test:81/path?key=1" || url == "https://blind.test/"
                ? "PROXY 127.0.0.1:{one.server_port}" : "PROXY 127.0.0.1:{two.server_port}";""") as on:
        for url in "http://read.test:81/path?key=1", "http://read.test:81/path?key=2", "http://read.test/path?key=1":
            assert on.get(url) == (200, "hello"), url
        assert on.tunnel("blind.test") == "hello"
        assert one.asked == ["http://read.test:81/path?key=1", "CONNECT blind.test:443", "/within"], one.asked
        assert two.asked == ["http://read.test:81/path?key=2", "http://read.test/path?key=1"], two.asked


@check("the functions that scripts may call")
def functions():
    own = Server()
    with Behind(f"""
            const checks = [
              isPlainHostName("intern") && !isPlainHostName("a.b"), dnsDomainIs("a.b.c", ".b.c"), dnsDomainLevels("a.b.c") == 2,
              localHostOrDomainIs("www", "www.a.b") && !localHostOrDomainIs("www.x", "www.a.b"),
              isInNet("10.1.2.3", "10.0.0.0", "255.0.0.0") && !isInNet("11.1.2.3", "10.0.0.0", "255.0.0.0"),
              isInNetEx("fe80::1", "fe80::/10"), isResolvable("localhost"), !isResolvable("no-such-name.invalid"),
              dnsResolve("127.0.0.1") == "127.0.0.1", /[.:]/.test(myIpAddress()), convert_addr("0.0.1.2") == 258,
              shExpMatch("a.b.c", "*.b.?") && !shExpMatch("axbxc", "a.b.c") && shExpMatch("a+b(c)", "a+b(*)"),
              weekdayRange("SUN", "SAT") && weekdayRange("MON", "SUN", "GMT"), timeRange(0, 23) && timeRange(0, 0, 0, 23, 59, 59),
              dateRange("JAN", "DEC") && dateRange(1, 31) && dateRange(2000, 2999) && dateRange(1, "JAN", 31, "DEC", "GMT"),
              !dateRange(2000, 2001) && !dateRange(31, "DEC", 1999), alert("x") === undefined,
            ];
            return "PROXY " + (checks.every(Boolean) ? "127.0.0.1:{own.server_port}" : checks.indexOf(false) + ".invalid:1");""") as on:
        assert on.get("http://read.test/") == (200, "hello"), subprocess.run([OVERHEAR, "list", "--json"], capture_output=True).stdout


def find_port(pid):
    """Where it listens, before it has said so."""
    inodes = set()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        # What it has just closed is gone.
        with contextlib.suppress(FileNotFoundError):
            inodes.add(link.readlink().as_posix()[8:-1])
    for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and words[9] in inodes:
            return int(words[1].split(":")[1], 16)
    return None


@check("a script, or a proxy, that leads back to us is none")
def loops():
    scripts, good = Server(), Server()
    started = []

    def ours():
        wait_until(lambda: started, "not started")
        return find_port(started[0].process.pid)

    # Our own script by another name, and then a script that names us.
    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", f"http://localhost:{ours()}/proxy.pac")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def script(handler):
        return f"""function FindProxyForURL(url, host) {{
            var us = "{"127.0.0.1" if "four" in handler.path else "[::1]" if "six" in handler.path else "localhost"}:{ours()}";
            return host == "only.test" ? "PROXY " + us : host == "0.0.0.0" ? "PROXY " + us + "; DIRECT"
                 : "PROXY " + us + "; PROXY 127.0.0.1:{good.server_port}"; }}"""

    scripts.pages |= {"/redirect": redirect, "/loop": script}
    for path in "redirect", "loop?four", "loop?six", "loop?name":
        started.clear()
        good.asked.clear()
        choose(f"http://127.0.0.1:{scripts.server_port}/{path}")
        try:
            on = On()
            started.append(on)
            with on:
                if path == "redirect":
                    assert on.get("/proxy.pac")[1].count("overhearBefore") == 0 and on.said["behind"], on.said
                    continue
                assert on.get("http://read.test/") == (200, "hello") and good.asked == ["http://read.test/"], good.asked
                assert on.tunnel("blind.test") == "hello", good.asked
                direct = Server()
                assert on.get(f"http://0.0.0.0:{direct.server_port}/") == (200, "hello") and direct.asked == ["/"]
                # Straight, where there is no such host.
                assert on.get("http://only.test/")[0] == 502
        finally:
            choose(None)


@check("a proxy of the settings stays for what we do not read, as they say for each host")
def manual():
    session.write({"/system/proxy/mode": "'manual'", "/system/proxy/http/host": "'plain.corp'", "/system/proxy/http/port": "3128",
                   "/system/proxy/https/host": "'tls.corp'", "/system/proxy/https/port": "3129",
                   "/system/proxy/ignore-hosts": "['localhost', '10.0.0.0/8', '*.inner.test', 'only.test:8443', 'odd\\\"name', '::1']"})
    asked = {"http://other.test/": "http://plain.corp:3128", "https://other.test/": "http://tls.corp:3129",
             "https://inner.test/": "direct://", "https://a.inner.test/": "direct://", "https://notinner.test/": "http://tls.corp:3129",
             "https://only.test:8443/": "direct://", "https://only.test/": "http://tls.corp:3129",
             "http://10.1.2.3/": "direct://", "http://11.1.2.3/": "http://plain.corp:3128",
             "http://localhost:8000/": "direct://", "http://127.0.0.1:8000/": "direct://", "ftp://other.test/": "direct://"}
    program = "import sys; from gi.repository import Gio; print(*Gio.ProxyResolver.get_default().lookup(sys.argv[1]))"
    try:
        with On() as on:
            for url, right in asked.items():
                said = subprocess.run(["/usr/bin/python3", "-c", program, url], capture_output=True, text=True, check=True).stdout.split()
                assert said == [right], (url, said, right)
            said = subprocess.run(["/usr/bin/python3", "-c", program, "https://read.test/"], capture_output=True, text=True, check=True).stdout.split()
            assert said == [f"http://127.0.0.1:{on.port}", "http://tls.corp:3129"], said
    finally:
        choose(None)


@check("the login that the settings have for their proxy is said there, also for what we do not read, and is in no record")
def settings_login():
    own = Server(login="Basic " + base64.b64encode("me:p@ss: 'ü".encode()).decode())
    session.write({"/system/proxy/mode": "'manual'", "/system/proxy/http/host": "'127.0.0.1'", "/system/proxy/http/port": str(own.server_port),
                   "/system/proxy/https/host": "'127.0.0.1'", "/system/proxy/https/port": str(own.server_port),
                   "/system/proxy/http/use-authentication": "true", "/system/proxy/http/authentication-user": "'me'",
                   "/system/proxy/http/authentication-password": '"p@ss: \'ü"'})
    try:
        with On() as on:
            assert on.get("http://read.test/mine") == (200, "hello") and on.get("http://other.test/mine") == (200, "hello")
            assert on.tunnel("blind.test") == "hello"
            assert own.asked == ["http://read.test/mine", "http://other.test/mine", "CONNECT blind.test:443", "/within"], own.asked
            script = on.get("/proxy.pac")[1]
            assert f'"PROXY 127.0.0.1:{on.port}; PROXY 127.0.0.1:{own.server_port}"' in script, script
            assert "p@ss" not in script + json.dumps(on.said)
        kept = b"".join(path.read_bytes() for path in (HOME / "data").rglob("*") if path.is_file())
        assert b"p@ss" not in kept and own.login[6:].encode() not in kept
    finally:
        choose(None)


@check("a proxy of a script that wants a login is answered by the program itself")
def script_login():
    own = Server(login="Basic bWU6bWluZQ==")
    with Behind(f'return "PROXY 127.0.0.1:{own.server_port}";') as on:
        for host in "read.test", "blind.test":
            client = http.client.HTTPConnection("127.0.0.1", on.port, timeout=60)
            client.request("CONNECT", f"{host}:443")
            answer = client.getresponse()
            assert answer.status == 407 and answer.getheader("Proxy-Authenticate") == 'Basic realm="corp"', (host, answer.headers)
            assert not own.asked, own.asked
        client = http.client.HTTPConnection("127.0.0.1", on.port, timeout=60)
        client.set_tunnel("blind.test", 443, {"Proxy-Authorization": own.login})
        client.request("GET", "/within")
        assert client.getresponse().read() == b"hello" and own.asked == ["CONNECT blind.test:443", "/within"], own.asked


@check("who had been sent to our own port has nobody behind us, by whatever name; another port is another proxy")
def own_port():
    names = ["127.0.0.1", "localhost", "LOCALHOST", "::1", "0.0.0.0", "127.1"]
    cases = [(name, 7001, "-", "-") for name in names]
    cases += [("127.0.0.1", 7002, "http://127.0.0.1:7002", "http://127.0.0.1:7002/x.pac"),
              ("proxy.invalid", 7001, "http://proxy.invalid:7001", "http://proxy.invalid:7001/x.pac")]
    for name, port, proxy, script in cases:
        for values in ({"mode": "'manual'", "http/host": f"'{name}'", "http/port": str(port), "https/host": f"'{name}'",
                        "https/port": str(port)},
                       {"mode": "'auto'", "autoconfig-url": f"'http://{'[::1]' if name == '::1' else name}:{port}/x.pac'"}):
            session.write({f"/system/proxy/{key}": value for key, value in values.items()})
            try:
                owner = subprocess.Popen([OWNER, "auto", "7001", "behind"], stdout=subprocess.PIPE, text=True)
                said = owner.stdout.readline().split()
                owner.terminate()
                owner.communicate(timeout=60)
                assert said == (["-", proxy, proxy] if "http/host" in values else [script, "-", "-"]), (name, port, said)
            finally:
                choose(None)


@check("what we give has another address where it is another script: who keeps scripts by their address has the right one")
def version():
    seen = []
    for read in (["a.test"], ["b.test"], ["a.test"]):
        with On(read=read):
            seen.append(re.search(r"proxy\.pac\?([0-9a-f]+)", session.dump())[1])
    # The port is in it, too.
    assert len(set(seen)) == 3, seen


@check("a script that does not come, or is none, is said, and nothing waits for it")
def bad_scripts():
    scripts = Server()

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b" ")
                time.sleep(0.5)
        except OSError:
            pass

    def drip_head(handler):
        try:
            for _ in range(1000):
                handler.wfile.write(b"H")
                time.sleep(0.5)
        except OSError:
            pass

    pipe, huge = HOME / "pipe.pac", HOME / "huge.pac"
    os.mkfifo(pipe)
    huge.write_bytes(b"/" * 2_000_000)
    scripts.pages |= {"/drip": drip, "/head": drip_head, "/bad": "function FindProxyForURL(url, host) { return",
                      "/none": "var x = 1;", "/endless": "while (true) {}"}
    where = f"http://127.0.0.1:{scripts.server_port}"
    for url, why in ((f"{where}/drip", "within"), (f"{where}/head", "within"), (f"{where}/bad", "SyntaxError"),
                     (f"{where}/none", "FindProxyForURL"), (f"{where}/endless", "end"), (f"file://{pipe}", "no file"),
                     (f"file://{huge}", "1 MiB"), (f"file://{HOME}", "no file"), (f"file://{HOME}/nothing", "nothing"),
                     (f"http://127.0.0.1:{nobody()}/x", "refused")):
        choose(url)
        try:
            with On() as on:
                assert "cannot be used now" in on.said["behind"] and url in on.said["behind"] and why in on.said["behind"], (url, on.said)
                assert on.said["behind"] in subprocess.run([OVERHEAR, "desktop", "status"], capture_output=True, text=True).stdout
                direct = Server()
                assert on.get(f"http://0.0.0.0:{direct.server_port}/")[0] == 200
                assert "overhearBefore" not in on.get("/proxy.pac")[1]
        finally:
            choose(None)
    # Whoever ends it meanwhile does not wait either.
    for number in signal.SIGTERM, signal.SIGINT:
        asked = len(scripts.asked)
        choose(f"{where}/drip")
        on = On()
        wait_until(lambda: len(scripts.asked) > asked, "not loaded")
        on.process.send_signal(number)
        assert on.process.wait(60) == 1 and "before anything" in on.process.stderr.read()
        assert session.dump() == on.before and not STATE.exists()
        choose(None)


@check("a switch behind nothing has nothing of an earlier one behind it")
def forgotten():
    own = Server()
    with Behind(f'return "PROXY 127.0.0.1:{own.server_port}";') as on:
        assert on.get("http://read.test/") == (200, "hello")
    with On() as on:
        assert on.said["behind"] is None and on.get("http://read.test/")[0] == 502, on.said


def terminal(script, shell="sh", **environment):
    """What a shell writes, after `eval "$(overhear env)"`."""
    done = subprocess.run([shell, "-c", f'eval "$({OVERHEAR} env)"; {script}'], env=os.environ | environment, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, done
    return done.stdout


def captured():
    said = subprocess.run([OVERHEAR, "list", "--json"], capture_output=True, text=True, check=True).stdout
    return [json.loads(line)["url"] for line in said.splitlines()]


@check("a terminal goes on by what it had itself, and so by nothing if it had nothing, whatever else stands behind us")
def terminals():
    owners, own, direct = Server(), Server(), Server()
    proxy = {"http_proxy": f"http://127.0.0.1:{own.server_port}", "HTTPS_PROXY": f"http://me:p%40ss@127.0.0.1:{own.server_port}"}
    here = f"0.0.0.0:{direct.server_port}"
    with On(environment={"http_proxy": f"http://127.0.0.1:{owners.server_port}"}, read=("read.test", "0.0.0.0")) as on:
        assert terminal("curl -sS http://read.test/mine http://other.test/mine", **proxy) == "hellohello"
        assert own.asked == ["http://read.test/mine", "http://other.test/mine"] and not owners.asked, (own.asked, owners.asked)
        assert any("read.test/mine" in url for url in captured())
        # A tunnel that is not read, at once and by a program that comes first.
        own.asked.clear()
        own.login = "Basic bWU6cEBzcw=="
        assert terminal("curl -sS --proxytunnel -x $HTTPS_PROXY http://blind.test:443/in", **proxy | {"A": "1"}) == "hello"
        assert own.asked == ["CONNECT blind.test:443", "/in"], own.asked
        own.login = None
        # A host that is read and was an exception goes straight on; what is not read is left out as before.
        said = terminal(f'curl -sS http://{here}/straight; echo; echo "$NO_PROXY"; echo "$no_proxy"', **proxy, NO_PROXY="0.0.0.0,intern.example")
        assert said.splitlines()[0] == "hello" and direct.asked == ["/straight"], (said, direct.asked)
        assert any("/straight" in url for url in captured())
        for line in said.splitlines()[1:]:
            assert "intern.example" in line.split(",") and "0.0.0.0" not in line.split(","), said
        assert terminal(f"curl -sS http://{here}/nothing") == "hello" and direct.asked[-1] == "/nothing" and not owners.asked
        # The credentials that it has are in nobody's sight.
        folder = pathlib.Path(terminal("echo $NODE_EXTRA_CA_CERTS").strip()).parent / "terminals"
        assert folder.stat().st_mode & 0o777 == 0o700 and {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
        assert on.get("http://read.test/desktop") == (200, "hello") and owners.asked == ["http://read.test/desktop"], owners.asked
    assert not folder.exists()


@check("what a terminal was given stands behind nobody: what it had before does, of a switch and of a run")
def given_terminal():
    own = Server()
    with On():
        lines = terminal("env", http_proxy=f"http://127.0.0.1:{own.server_port}").splitlines()
        given = dict(line.split("=", 1) for line in lines if "=" in line)
        assert "overhear:" in given["http_proxy"] and str(own.server_port) in given["__overhear_http_proxy"], given
    with On(environment=given) as on:
        assert on.get("http://other.test/switch") == (200, "hello") and own.asked == ["http://other.test/switch"], own.asked
    done = subprocess.run([OVERHEAR, "run", "--", "sh", "-c", 'curl -sS http://other.test/run; echo "$__overhear"'], env=os.environ | given,
                          capture_output=True, text=True, timeout=120)
    assert done.stdout == "hello\n" and own.asked[1:] == ["http://other.test/run"], (done, own.asked)
    # Nor where nothing else tells.
    bare = {"http_proxy": given["http_proxy"]}
    with On(environment=bare) as on:
        direct = Server()
        assert on.get(f"http://0.0.0.0:{direct.server_port}/") == (200, "hello"), direct.asked


@check("Claude Code's own proxy stays behind us, as do its exceptions")
def claude():
    own = Server(login="Basic bWU6cFwicw==")
    path = HOME / ".claude/settings.json"
    path.parent.mkdir(exist_ok=True)
    address = f"http://me:p\\u005C\\\"s@127.0.0.1:{own.server_port}"
    path.write_text('{"env": {"https_proxy": "%s", "HTTPS_PROXY": "http://nobody:1", "NO_PROXY": "intern.example"}}' % address)
    before = path.read_bytes()
    with On("--claude-code") as on:
        given = json.loads(path.read_text())["env"]
        assert str(on.port) in given["https_proxy"] == given["HTTPS_PROXY"] and "intern.example" in given["NO_PROXY"].split(","), given
        done = subprocess.run(["curl", "-sS", "-p", "-x", given["HTTPS_PROXY"], "http://blind.test:443/in"], capture_output=True, text=True)
        assert done.stdout == "hello" and own.asked == ["CONNECT blind.test:443", "/in"], (done, own.asked)
    assert path.read_bytes() == before


@check("a terminal's own certificates are trusted beside ours, by its programs and by us behind them")
def own_trust():
    key, certificate = HOME / "own.key", HOME / "own.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secure = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    secure.asked, secure.pages, secure.tunnels, secure.login = server.asked, {}, 200, None
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    with On("--upstream", f"read.test=https://127.0.0.1:{secure.server_port}"):
        text = terminal('cat "$SSL_CERT_FILE"', SSL_CERT_FILE=str(certificate))
        assert certificate.read_text().strip() in text and text.count("BEGIN CERTIFICATE") == 3, text.count("BEGIN CERTIFICATE")
        assert terminal("curl -sS https://read.test/mine", SSL_CERT_FILE=str(certificate)) == "hello", server.asked
        assert terminal("curl -sS -o /dev/null -w '%{http_code}' https://read.test/mine") == "502"
    secure.shutdown()


@check("a terminal has back what it had, exported or not")
def given_back():
    shells = [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell)]
    bare = {name: value for name, value in os.environ.items() if re.match("PATH$|HOME$|XDG_|DBUS_|OVERHEAR_DATA", name)}
    with On():
        for shell in shells:
            script = f"""export HTTP_PROXY='http://a b' no_proxy= ; ALL_PROXY="it's mine"; set -eu
                eval "$({OVERHEAR} env)"; eval "$({OVERHEAR} env)"; PIP_CERT=/later; export PIP_CERT; eval "$({OVERHEAR} env)"
                [ "$PIP_CERT" != /later ]; eval "$({OVERHEAR} env --unset)"; echo "$ALL_PROXY"; env"""
            done = subprocess.run([shell, "-c", script], env=bare, capture_output=True, text=True, timeout=120)
            lines = done.stdout.splitlines()
            assert done.returncode == 0 and lines[0] == "it's mine", (shell, done)
            assert {"HTTP_PROXY=http://a b", "no_proxy=", "PIP_CERT=/later"} <= set(lines), (shell, lines)
            assert not [line for line in lines[1:] if re.match("ALL_PROXY|https_proxy|HTTPS_PROXY|SSL_CERT|__overhear|OVERHEAR_(TOKEN|VIA|HOSTS)=",
                                                              line)], (shell, lines)


@check("fish gives and takes them in its own language, as it asks or as it is said")
def fish():
    shell = shutil.which("fish")
    bare = {name: value for name, value in os.environ.items() if re.match("PATH$|HOME$|XDG_|DBUS_|OVERHEAR_DATA|LD_", name)}
    own = {"HTTPS_PROXY": r"http://j\\\x:it's$a`b`@e:1", "no_proxy": ""}
    with On() as on:
        if not shell:
            said = subprocess.run([OVERHEAR, "env", "--shell", "fish"], env=bare | own, capture_output=True, text=True, check=True).stdout
            assert f"set -gx https_proxy 'http://overhear:" in said and f":{on.port}';" in said, said
            raise Skip("fish is not installed")
        script = f"""set -g ALL_PROXY "it's mine"; {OVERHEAR} env | source; eval ({OVERHEAR} env); set -gx PIP_CERT /later
            {OVERHEAR} env | source; string match -q 'http://overhear:*' $HTTPS_PROXY; or exit 3
            curl -sS http://127.0.0.1:{on.port}/ >/dev/null; or exit 4
            {OVERHEAR} env --unset | source; echo $ALL_PROXY; env"""
        done = subprocess.run([shell, "--no-config", "-c", script], env=bare | own, capture_output=True, text=True, timeout=120)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and not done.stderr and lines[0] == "it's mine", done
    assert {f"HTTPS_PROXY={own['HTTPS_PROXY']}", "no_proxy=", "PIP_CERT=/later"} <= set(lines), lines
    assert not [line for line in lines if re.match("ALL_PROXY|https_proxy|SSL_CERT|__overhear|OVERHEAR_(TOKEN|VIA|HOSTS)=", line)], lines


main()
