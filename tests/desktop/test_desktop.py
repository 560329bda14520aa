# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole desktop comes to us: by a PAC that real clients follow, behind what the user had, for this user only, and back."""
import http.client
import http.server
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import jsonschema
from gi.repository import Gio, GLib

import session
from tap import Skip, check, main

HOME = session.enter()
OVERHEAR, WATCHDOG = os.environ["OVERHEAR"], os.environ["WATCHDOG"]
KDE, STATE = HOME / ".config/kioslaverc", HOME / ".local/state/overhear/desktop.journal"
LOGIN = HOME / ".config/autostart/org.overhear.Overhear.Restore.desktop"


class Server(http.server.ThreadingHTTPServer):
    """Answers every GET with what `pages` has for its path, and remembers what it was asked; a proxy as well."""
    daemon_threads = True

    def __init__(self):
        self.asked, self.pages = [], {}
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.server.pages.get(self.path, "hello").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


upstream = Server()
UPSTREAM = f"api.test=http://127.0.0.1:{upstream.server_port}"
PAGE = f"http://api.test:{upstream.server_port}/page"


def overhear(*words, status=0):
    done = subprocess.run([OVERHEAR, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, (words, done)
    return done


def wait_until(true, what):
    deadline = time.monotonic() + 60
    while not true():
        # GLib's resolver hears of new settings in the main context.
        while GLib.MainContext.default().iteration(False):
            pass
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def status():
    said = json.loads(overhear("desktop", "status", "--json").stdout)
    jsonschema.validate(said, json.loads(overhear("schema", "desktop").stdout))
    return said


def state():
    return session.dump(), KDE.read_bytes() if KDE.exists() else None


class On:
    """`overhear desktop on` in the foreground."""

    def __init__(self, *words, before=(), environment=None):
        self.before = state()
        self.process = subprocess.Popen([*before, OVERHEAR, "desktop", "on", "--json", "--read", "api.test", "--upstream", UPSTREAM, *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | (environment or {}))

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
            wait_until(lambda: state() == self.before and not STATE.exists() and not LOGIN.exists(), (state(), self.before))

    def get(self, path, host=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def resolver():
    return Gio.ProxyResolver.get_default()


def needs_resolver():
    """A client of its own kind: what GNOME's programs ask, with a service that understands scripts."""
    if resolver().__gtype__.name != "GProxyResolverGnome":
        raise Skip("GLib has no resolver here that reads the desktop's settings")
    with tempfile.NamedTemporaryFile("w", suffix=".pac") as script:
        script.write('function FindProxyForURL(url, host) { return "PROXY 127.0.0.1:9"; }')
        script.flush()
        session.write({"/system/proxy/mode": "'auto'", "/system/proxy/autoconfig-url": f"'file://{script.name}'"})
        try:
            wait_until(lambda: resolver().lookup("http://api.test/") != [] and settings.get_string("mode") == "auto"
                       and not GLib.MainContext.default().pending(), "dconf tells of nothing")
            if resolver().lookup("http://api.test/") != ["http://127.0.0.1:9"]:
                raise Skip("libproxy has nothing here that understands scripts")
        finally:
            session.write({"/system/proxy/": None})
            wait_until(lambda: resolver().lookup("http://api.test/") == ["direct://"], "dconf tells of nothing")


settings = Gio.Settings.new("org.gnome.system.proxy")


def fetch(url):
    """As a program of the desktop does: what the resolver says, one after the other."""
    for proxy in resolver().lookup(url):
        where = urllib.parse.urlsplit(proxy)
        try:
            if proxy == "direct://":
                connection = http.client.HTTPConnection("127.0.0.1", urllib.parse.urlsplit(url).port, timeout=60)
                connection.request("GET", urllib.parse.urlsplit(url).path)
            else:
                connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
                connection.request("GET", url)
        except OSError:
            continue
        answer = connection.getresponse()
        return answer.status, answer.read()
    raise AssertionError("no proxy of the list took it")


@check("on: settings, script, status; a second start says who has it; off from elsewhere, and all is as before")
def on_and_off():
    before = state()
    with On() as on:
        said = status()
        assert said == on.said and said["on"] and said["pid"] == on.process.pid and said["owner"] == "cli", said
        assert re.search(rf"autoconfig-url='http://127.0.0.1:{on.port}/proxy.pac\?[0-9a-f]+'", session.dump()) and "mode='auto'" in session.dump()
        code, script = on.get("/proxy.pac")
        assert code == 200 and '["api.test"]' in script and f'"PROXY 127.0.0.1:{on.port}; " + rest' in script, script
        assert LOGIN.exists()
        refused = overhear("desktop", "on", status=1)
        assert f"process {on.process.pid}" in refused.stderr, refused
        off = json.loads(overhear("desktop", "off", "--json").stdout)
        assert not off["on"] and off["kept"] == [], off
        assert state() == before and not LOGIN.exists()
        assert on.process.wait(60) == 0
        assert "nothing to give back" in overhear("desktop", "restore").stdout


@check("Ctrl+Z and a terminal that is another's do not stop it, for others wait for it; the first is told of")
def never_stopped():
    process = subprocess.Popen([OVERHEAR, "desktop", "on", "--json", "--read", "api.test"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, process_group=0)
    port = json.loads(process.stdout.readline())["port"]
    for how in signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU:
        process.send_signal(how)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/proxy.pac")
        assert connection.getresponse().status == 200
    process.terminate()
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0 and said.count("Ctrl+C ends it") == 1, said


@check("the script is for programs of this user, and not for what a page in a browser asks for by a name of its own")
def strangers():
    with On() as on:
        for host in f"evil.example:{on.port}", "", "127.0.0.1.evil.example":
            assert on.get("/proxy.pac", host or "evil")[0] == 403, host
        for host in f"127.0.0.1:{on.port}", f"localhost:{on.port}", f"[::1]:{on.port}":
            assert on.get("/proxy.pac", host)[0] == 200, host
        if os.getuid() != 0:
            raise Skip("only root can be another user")
        for words in [f"http://127.0.0.1:{on.port}/proxy.pac"], ["-x", f"http://127.0.0.1:{on.port}", PAGE]:
            done = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                                   *words], capture_output=True, text=True, cwd="/")
            assert done.stdout in ("403", "407"), done
        assert not [path for path in upstream.asked if "stranger" in path]


@check("a terminal's programs come by overhear env, are captured without a run, and find nothing once it is off")
def environment():
    with On() as on:
        script = f'eval "$({OVERHEAR} env)"; curl -sS {PAGE}?terminal; eval "$({OVERHEAR} env --unset)"; echo "${{HTTPS_PROXY-none}}"'
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
        assert done.stdout == "hellonone\n", done
        wait_until(lambda: "terminal" in overhear("list", "--json").stdout, "not captured")
        row = json.loads(next(line for line in overhear("list", "--json").stdout.splitlines() if "terminal" in line))
        assert row["run"] is None and row["status"] == 200 and row["url"].startswith("http://api.test"), row
    assert "desktop --help" in overhear("env", status=1).stderr


@check("a terminal has back what it had, also once nobody listens")
def terminal_given_back():
    shells = [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell)]
    for shell in shells:
        with On():
            script = f'export HTTPS_PROXY="http://my own" NO_PROXY=; unset https_proxy SSL_CERT_FILE; set -eu; ' \
                     f'eval "$({OVERHEAR} env)"; eval "$({OVERHEAR} env)"; echo "$HTTPS_PROXY"; read go; ' \
                     f'eval "$({OVERHEAR} env --unset)"; eval "$({OVERHEAR} env --unset)"; env'
            terminal = subprocess.Popen([shell, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert terminal.stdout.readline().startswith("http://overhear:"), shell
        lines = terminal.communicate("\n", timeout=30)[0].splitlines()
        assert terminal.returncode == 0 and {"HTTPS_PROXY=http://my own", "NO_PROXY="} <= set(lines), (shell, lines)
        assert not [line for line in lines if re.match("https_proxy|SSL_CERT_FILE|__overhear|OVERHEAR_TOKEN", line)], (shell, lines)


@check("a terminal's values pass as they are, whatever its bytes and its locale")
def bytes_given_back():
    own = {b"NO_PROXY": "müller.example".encode(), b"HTTPS_PROXY": b"http://j\xfc:a$(b)`c`'d\n@e:1"}
    with On():
        for locale in b"C", b"C.UTF-8":
            script = f'set -eu; eval "$({OVERHEAR} env)"; printf "%s|" "$NO_PROXY"; eval "$({OVERHEAR} env --unset)"; printf %s "$HTTPS_PROXY"'
            done = subprocess.run(["sh", "-c", script], capture_output=True, env=os.environb | own | {b"LC_ALL": locale}, timeout=60)
            given, back = done.stdout.split(b"|")
            assert own[b"NO_PROXY"] in given.split(b",") and back == own[b"HTTPS_PROXY"], (locale, done)


@check("KDE's file in the form that it has, all hosts with --mode manual, and back byte for byte")
def kde():
    for text, gap in (b"[Proxy Settings]\nProxyType=0\nhttpProxy=http://a:1", ":"), (b"[X]\nhttpProxy=no\n", " "):
        KDE.write_bytes(text)
        with On("--mode", "manual") as on:
            changed = KDE.read_text()
            assert f"httpsProxy=http://127.0.0.1{gap}{on.port}\n" in changed and "ProxyType=1\n" in changed, changed
            assert "mode='manual'" in session.dump() and f"port={on.port}" in session.dump()
        with On() as on:
            assert f"Proxy Config Script=http://127.0.0.1:{on.port}/proxy.pac?" in KDE.read_text()
        assert KDE.read_bytes() == text
    KDE.unlink()


@check("the hosts are those of the user's file, if there is one")
def hosts():
    path = HOME / ".config/overhear/hosts"
    path.parent.mkdir(exist_ok=True)
    path.write_text("# mine\n gateway.example # here\n*.intern.example\nno host at all/\n")
    process = subprocess.Popen([OVERHEAR, "desktop", "on", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        port = json.loads(process.stdout.readline())["port"]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/proxy.pac")
        assert '["gateway.example", "*.intern.example"]' in connection.getresponse().read().decode()
    finally:
        process.terminate()
        process.communicate(timeout=60)
        path.unlink()


@check("a proxy that the user had stays behind us")
def chained_proxy():
    own = Server()
    session.write({"/system/proxy/mode": "'manual'", "/system/proxy/http/host": "'127.0.0.1'",
                   "/system/proxy/http/port": str(own.server_port), "/system/proxy/ignore-hosts": "['direct.test']"})
    try:
        with On() as on:
            code, body = on.get("http://other.test/through?own")
            # It was asked before whether it is another Overhear.
            assert code == 200 and body == "hello" and own.asked == ["/proxy.pac", "http://other.test/through?own"], (code, body, own.asked)
    finally:
        session.write({"/system/proxy/": None})


@check("a script that the user had is asked for what comes behind us, and for all else")
def chained_script():
    needs_resolver()
    own, second = Server(), Server()
    own.pages["/own.pac"] = f"""
        var where = "PROXY 127.0.0.1:{own.server_port}"; // no line feed at its end
        FindProxyForURL = function (url, host) {{
          return host == "plain.test" ? "DIRECT" : host == "second.test" ? "PROXY 127.0.0.1:{second.server_port}" : where;
        }} // so"""
    session.write({"/system/proxy/mode": "'auto'",
                   "/system/proxy/autoconfig-url": f"'http://127.0.0.1:{own.server_port}/own.pac'"})
    try:
        with On("--read", "second.test") as on:
            wait_until(lambda: str(on.port) in str(resolver().lookup("http://api.test/")), "dconf tells of nothing")
            behind, ours = f"http://127.0.0.1:{own.server_port}", f"http://127.0.0.1:{on.port}"
            assert resolver().lookup("http://api.test/") == [ours, behind], resolver().lookup("http://api.test/")
            assert resolver().lookup("http://other.test/") == [behind]
            assert resolver().lookup("http://plain.test/") == ["direct://"]
            code, body = on.get("http://another.test/by?script")
            assert code == 200 and own.asked[-1] == "http://another.test/by?script", (code, body, own.asked)
            code, body = on.get("http://second.test/another")
            assert code == 200 and second.asked == ["http://second.test/another"], (code, body, second.asked)
    finally:
        session.write({"/system/proxy/": None})


@check("a client that follows the script sees no failed request while we come, are killed and come again")
def never_fails():
    needs_resolver()
    done, failed, stop = [], [], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                done.append(fetch(PAGE)[0])
            except Exception as problem:  # pylint: disable=broad-except
                failed.append(repr(problem))

    client = threading.Thread(target=ask)
    client.start()
    try:
        for how in signal.SIGKILL, signal.SIGTERM, signal.SIGKILL:
            with On() as on:
                already = len(done)
                wait_until(lambda: len(done) > already + 20, failed)
                # What is under way in a process that is killed is lost, whoever that is: the client holds still for it.
                if how == signal.SIGKILL:
                    stop.set()
                    client.join()
                os.kill(on.process.pid, how)
                if how == signal.SIGKILL:
                    on.process.wait()
                    stop.clear()
                    client = threading.Thread(target=ask)
                    client.start()
                already = len(done)
                wait_until(lambda: len(done) > already + 20, failed)
    finally:
        stop.set()
        client.join()
    assert not failed and set(done) == {200}, ({status: done.count(status) for status in set(done)}, failed[:3])


@check("Chromium follows the script, is captured, and loads its pages directly once we have been killed")
def chromium():
    browser = shutil.which("chromium")
    if not browser:
        raise Skip("chromium is not installed")

    def load(word):
        done = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={HOME}/chromium",
                               "--host-resolver-rules=MAP api.test 127.0.0.1", "--dump-dom", f"{PAGE}?{word}"],
                              capture_output=True, text=True, timeout=120)
        assert "hello" in done.stdout, done

    with On() as on:
        load("browser")
        assert "browser" in overhear("list", "--json").stdout
        on.process.kill()
        load("alone")
    assert "alone" not in overhear("list", "--json").stdout


@check("after a power cut the next login gives back, as does the next start")
def power_cut():
    for again in (lambda: subprocess.run(login, check=True)), (lambda: overhear("list")), (lambda: overhear("desktop", "restore")):
        before = state()
        on = On()
        with on:
            login = shlex.split(next(line for line in LOGIN.read_text().splitlines() if line.startswith("Exec="))[5:])
            tasks = pathlib.Path(f"/proc/{on.process.pid}/task").glob("*/children")
            watchdogs = [pid for task in tasks for pid in task.read_text().split()]
            assert watchdogs
            # The owner only sees its watchdog's end once it goes on, which it never does.
            on.process.send_signal(signal.SIGSTOP)
            for pid in watchdogs:
                os.kill(int(pid), signal.SIGKILL)
            on.process.kill()
            on.process.wait()
            assert state() != before and STATE.exists()
            again()
            assert state() == before and not STATE.exists() and not LOGIN.exists()


@check("an owner that has been stopped, or hangs, is not waited for: its watchdog gives back, and it hears that once it goes on")
def stalled():
    before = state()
    for mode in "auto", "manual":
        with On("--mode", mode) as on:
            assert state() != before
            on.process.send_signal(signal.SIGSTOP)
            wait_until(lambda: state() == before and not STATE.exists(), "not given back")
            on.process.send_signal(signal.SIGCONT)
            said = on.process.communicate(timeout=60)
            assert on.process.returncode == 0 and "did not answer" in said[0], said


def find_writer():
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    return bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixProcessID",
                         GLib.Variant("(s)", ("ca.desrt.dconf",)), None, Gio.DBusCallFlags.NONE, 10000, None).unpack()[0]


@check("where dconf's writer is stopped, nothing is begun, nothing waits for long, and it is said; what was changed is given back later")
def writer_stopped():
    before = state()
    with On():
        writer = find_writer()
        changed = state()
        os.kill(writer, signal.SIGSTOP)
        try:
            begun = time.monotonic()
            assert "dconf-service" in overhear("desktop", "off", status=1).stderr and STATE.exists() and state() == changed
            assert time.monotonic() - begun < 40
        finally:
            os.kill(writer, signal.SIGCONT)
        overhear("desktop", "off")
        assert state() == before
    os.kill(writer, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        assert "dconf-service" in overhear("desktop", "on", "--background", "--read", "api.test", status=1).stderr and not STATE.exists()
        assert time.monotonic() - begun < 40
    finally:
        os.kill(writer, signal.SIGCONT)
    wait_until(lambda: state() == before, "changed all the same")


@check("any key of the settings that may not be changed is asked for, before anything is")
def locked_keys():
    before = state()
    for key, modes in ("autoconfig-url", ["auto"]), ("mode", ["auto", "manual"]), ("https/port", ["manual"]):
        locks = HOME / "locked.d/locks"
        locks.mkdir(parents=True, exist_ok=True)
        (locks / "here").write_text(f"/system/proxy/{key}\n")
        (locks.parent / "values").write_text("[system/proxy]\n")
        subprocess.run(["dconf", "compile", HOME / "locked.db", locks.parent], check=True)
        (HOME / "locked.profile").write_text(f"user-db:user\nfile-db:{HOME}/locked.db\n")
        environment = os.environ | {"DCONF_PROFILE": str(HOME / "locked.profile")}
        for mode in "auto", "manual":
            done = subprocess.run([OVERHEAR, "desktop", "on", "--background", "--mode", mode, "--read", "api.test"], env=environment,
                                  capture_output=True, text=True, timeout=120)
            assert (done.returncode != 0) == (mode in modes), (key, mode, done)
            if mode in modes:
                assert f"/system/proxy/{key}" in done.stderr and state() == before and not STATE.exists(), (key, done)
            else:
                subprocess.run([OVERHEAR, "desktop", "off"], env=environment, check=True, capture_output=True, timeout=120)
                assert state() == before


@check("what still comes once it is off is neither read nor recorded, by whatever it came before")
def off_is_off():
    def ask(connection, path):
        try:
            connection.request("GET", f"http://api.test/{path}")
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            connection.close()  # it is gone
            return None

    with On() as on:
        kept = http.client.HTTPConnection("127.0.0.1", on.port, timeout=60)
        assert ask(kept, "while-on") == b"hello"
        overhear("desktop", "off")
        for n in range(10):
            ask(kept, f"afterwards{n}")
            ask(http.client.HTTPConnection("127.0.0.1", on.port, timeout=60), f"afterwards-too{n}")
        kept.close()
        assert on.process.wait(60) == 0
    said = overhear("list", "--json").stdout
    assert "while-on" in said and "afterwards" not in said, said


SYSTEMD = """
<node><interface name='org.freedesktop.systemd1.Manager'>
<property name='Environment' type='as' access='read'/>
<method name='UnsetAndSetEnvironment'><arg type='as' direction='in'/><arg type='as' direction='in'/></method>
</interface></node>"""


@check("where the next login cannot be told, nothing is switched on and nothing is left; one that cannot be untold is no trouble")
def no_login():
    before, folder = state(), LOGIN.parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("")
    try:
        overhear("desktop", "on", "--background", status=1)
        assert state() == before and not STATE.exists() and not status()["on"]
        folder.unlink()
        overhear("desktop", "on", "--background", "--read", "api.test")
        shutil.rmtree(folder)
        folder.write_text("")
        overhear("desktop", "off")
        wait_until(lambda: state() == before and not status()["on"], "not off")
    finally:
        folder.unlink()


@check("what systemd's user manager gives to its programs is set when asked for, and given back")
def systemd():
    own = Server()
    variables = {"HTTPS_PROXY": "http://mine:1", "http_proxy": f"http://127.0.0.1:{own.server_port}", "OTHER": "x=y"}
    before = dict(variables)
    answers = threading.Event()
    answers.set()

    def called(connection, sender, path, interface, method, arguments, invocation):
        unset, added = arguments.unpack()
        for name in unset:
            variables.pop(name, None)
        variables.update(line.split("=", 1) for line in added)
        invocation.return_value(None)

    def read(connection, sender, path, interface, name):
        answers.wait(60)
        return GLib.Variant("as", [f"{key}={value}" for key, value in variables.items()])

    loop = GLib.MainLoop()
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    info = Gio.DBusNodeInfo.new_for_xml(SYSTEMD).interfaces[0]
    number = bus.register_object("/org/freedesktop/systemd1", info, called, read, None)
    owned = Gio.bus_own_name_on_connection(bus, "org.freedesktop.systemd1", Gio.BusNameOwnerFlags.NONE, None, None)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        with On("--session") as on:
            assert str(on.port) in variables["HTTPS_PROXY"] and "NODE_EXTRA_CA_CERTS" in variables, variables
            # Its own proxy is behind that.
            said = subprocess.run(["curl", "-sS", "http://other.test/mine"], env=os.environ | variables, capture_output=True, text=True)
            assert said.stdout == "hello" and own.asked == ["http://other.test/mine"], (said, own.asked)
            variables["CURL_CA_BUNDLE"] = "mine now"
            on.process.kill()
            wait_until(lambda: not STATE.exists(), "not given back")
            assert variables == before | {"CURL_CA_BUNDLE": "mine now"}, variables
        del variables["CURL_CA_BUNDLE"]
        # One that is busy still has it.
        with On("--session"):
            answers.clear()
            assert "does not answer" in overhear("desktop", "off", status=1).stderr and STATE.exists()
            answers.set()
            overhear("desktop", "off")
            assert variables == before, variables
    finally:
        answers.set()
        loop.quit()
        thread.join()
        bus.unregister_object(number)
        Gio.bus_unown_name(owned)


@check("where a session has no settings that we know, it is said, and what can be done")
def none():
    done = subprocess.run([OVERHEAR, "desktop", "on"], capture_output=True, text=True,
                          env=os.environ | {"GSETTINGS_BACKEND": "memory"})
    assert done.returncode == 1 and "overhear run" in done.stderr, done
    assert not STATE.exists()


@check("other settings than the desktop's, by this program's environment, are neither changed nor taken for those that were")
def elsewhere():
    others = {"XDG_CONFIG_HOME": str(HOME / "other")}, {"GSETTINGS_BACKEND": "keyfile"}, {"DCONF_PROFILE": str(HOME / "none")}

    def said(environment, *words):
        return subprocess.run([OVERHEAR, *words], capture_output=True, text=True, env=os.environ | environment, timeout=120)
    before = state()
    for variable in "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR":
        done = said({variable: str(HOME / "other")}, "desktop", "on", "--background", "--read", "api.test")
        assert done.returncode == 1 and f"(“{HOME}/other”)" in done.stderr and state() == before, (done, state())
    for environment in others:
        with On() as on:
            changed = state()
            done = said(environment, "desktop", "off")
            assert done.returncode == 1 and "others than this program finds" in done.stderr, done
            assert state() == changed and STATE.exists() and status()["pid"] == on.process.pid
    # One that has its record elsewhere, and then is gone.
    with On() as on:
        changed = state()
        done = said({"XDG_STATE_HOME": str(HOME / "other/state")}, "desktop", "on", "--background", "--read", "api.test")
        assert done.returncode == 1 and f"on port {on.port}" in done.stderr and state() == changed, done
    with On("--mode", "manual") as on:
        changed = state()
        done = said({"XDG_STATE_HOME": str(HOME / "other/state")}, "desktop", "on", "--background", "--read", "api.test")
        assert done.returncode == 1 and f"on port {on.port}" in done.stderr and state() == changed, done
        # A relative one is none.
        done = said({"XDG_STATE_HOME": "other/state"}, "desktop", "on", "--background", "--read", "api.test")
        assert done.returncode == 1 and f"process {on.process.pid}" in done.stderr and state() == changed, done
    # The same folder, by another name.
    (HOME / "link").symlink_to(HOME)
    # What is no text.
    KDE.write_bytes(b"[Proxy Settings]\nProxyType=2\nProxy Config Script=http://127.0.0.1:9/\xfc.pac\n")
    odd = os.fsencode(HOME) + b"/\xfc"
    os.makedirs(odd + b"/.config")
    (odd_kde := pathlib.Path(os.fsdecode(odd + b"/.config/kioslaverc"))).write_bytes(KDE.read_bytes())
    script = f"{OVERHEAR} desktop on --background --read api.test && {OVERHEAR} env >&2 && {OVERHEAR} desktop off"
    for more in {}, {b"XDG_CONFIG_HOME": odd + b"/.config", b"HOME": odd}:
        environment = os.environb | {b"XDG_CURRENT_DESKTOP": b"KDE"} | more
        done = subprocess.run(["dbus-run-session", "--", "sh", "-c", script], capture_output=True, env=environment, timeout=120)
        assert done.returncode == 0 and b"CRITICAL" not in done.stderr, done
        assert b"export NODE_EXTRA_CA_CERTS='/" in done.stderr, done
        assert KDE.read_bytes() == odd_kde.read_bytes() and b"ProxyType=2" in KDE.read_bytes() and b":9/" in KDE.read_bytes()
    KDE.unlink()
    with On() as on:
        assert said({"XDG_CONFIG_HOME": str(HOME / "link/.config")}, "desktop", "off").returncode == 0
        assert state() == before and on.process.wait(60) == 0


def tunnelled(port, path):
    """A request within a tunnel to a.localhost, of a program that hides what it is."""
    code = f"""if True:
        import ctypes, http.client
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
        connection = http.client.HTTPConnection("127.0.0.1", {port}, timeout=60)
        connection.set_tunnel("a.localhost", {upstream.server_port})
        connection.request("GET", "{path}")
        print(connection.getresponse().read().decode())"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "hello\n" and path in upstream.asked, (done, upstream.asked)


def listed(what):
    rows = [json.loads(line) for line in overhear("list", "--json").stdout.splitlines()]
    return [row for row in rows if f"a.localhost:{upstream.server_port}" in row["url"] and what(row)]


@check("what a program is that hides cannot be known: it passes through unread, and unheard where one is left out")
def hidden():
    # Root sees all but what another one's number is here.
    apart = ["unshare", "--pid", "--fork", "--mount-proc"] if os.getuid() == 0 else []
    with On("--read", "a.localhost", before=apart) as on:
        tunnelled(on.port, "/hidden")
        wait_until(lambda: listed(lambda row: row["program"] is None and (row["unread"] or {}).get("code") == "nobody-trusts"), "no row")
        assert not listed(lambda row: "/hidden" in row["url"])
        known = len(listed(lambda row: True))
        overhear("desktop", "exclude", "somebody")
        try:
            # It hears of that a little later.
            def unheard():
                number = len(listed(lambda row: True))
                tunnelled(on.port, "/unheard")
                on.get("/")
                overhear("env")
                return len(listed(lambda row: True)) == number
            wait_until(unheard, known)
        finally:
            overhear("desktop", "include")
            overhear("desktop", "off")
            assert on.process.wait(60) == 0


@check("a host that was once read, and stands in no list any more, is not")
def unlisted():
    with On("--read", "a.localhost"):
        pass
    with On("--mode", "manual", environment={"ANTHROPIC_BASE_URL": "http://a.localhost/"}) as on:
        before = len(listed(lambda row: True))
        tunnelled(on.port, "/unlisted")
        wait_until(lambda: len(listed(lambda row: True)) > before, "no row")
        assert not listed(lambda row: "/unlisted" in row["url"])
        assert listed(lambda row: (row["unread"] or {}).get("code") == "host")


LOCKED = b"[Proxy Settings][$i]\nProxyType=0\n"


def odd_files():
    """KDE's file as nobody can change it. Yields what it is, and afterwards takes it away."""
    for name, text in (("locked", LOCKED), ("a locked key", b"[Proxy Settings]\nProxyType[$i]=0\n"), ("locked as a whole", b"[$i]\n[X]\n"),
                       ("a nul", b"[Proxy Settings]\nProxyType=0\0\n"), ("too large", b"# x\n" * 1100000)):
        KDE.write_bytes(text)
        yield name
        assert KDE.read_bytes() == text, name
        KDE.unlink()
    for name, make, remove in (("a folder", KDE.mkdir, KDE.rmdir), ("a pipe", lambda: os.mkfifo(KDE), KDE.unlink),
                               ("a loop", lambda: KDE.symlink_to(KDE), KDE.unlink),
                               ("where nothing can be written", lambda: KDE.symlink_to("/proc/version"), KDE.unlink)):
        make()
        yield name
        remove()
    system = HOME / "xdg"
    system.mkdir()
    (system / "kioslaverc").write_bytes(LOCKED)
    KDE.write_bytes(b"[Proxy Settings]\n")
    os.environ["XDG_CONFIG_DIRS"] = str(system)
    yield "locked for all users"
    del os.environ["XDG_CONFIG_DIRS"]
    KDE.unlink()


@check("KDE's file, where that cannot be changed: said and left so in another session, an error in KDE's own, and never a hang")
def unchangeable():
    before = session.dump()
    for name in odd_files():
        done = overhear("desktop", "on", "--background", "--read", "api.test")
        assert "Left as it is: the proxy settings of KDE" in done.stdout and "KDE" not in "".join(status()["places"]), (name, done)
        assert "proxy.pac" in session.dump(), name
        overhear("desktop", "off")
        refused = subprocess.run([OVERHEAR, "desktop", "on", "--background", "--read", "api.test"], capture_output=True, text=True,
                                 timeout=60, env=os.environ | {"XDG_CURRENT_DESKTOP": "KDE"})
        assert refused.returncode == 1 and ("kioslaverc" in refused.stderr or "administers" in refused.stderr), (name, refused)
        assert session.dump() == before and not STATE.exists() and not LOGIN.exists(), name


@check("however many begin at once, one has it on, and the others say who and fail")
def at_once():
    wait_until(lambda: not status()["on"], "still on")
    commands = [subprocess.Popen([OVERHEAR, "desktop", "on", "--background", "--read", "api.test"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True) for _ in range(6)]
    ends = [(command.wait(120), command.stdout.read(), command.stderr.read()) for command in commands]
    assert sorted(code for code, _, _ in ends) == [0, 1, 1, 1, 1, 1], ends
    pid = status()["pid"]
    assert all(f"process {pid}" in said for code, _, said in ends if code), ends
    overhear("desktop", "off")
    # Whoever still ends has the lock: what he left is not yet abandoned.
    wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "it does not end")


@check("a record that is damaged is put aside, with what it has left in the settings, and is in nobody's way")
def damaged():
    before = state()
    on, seen, other = ("desktop", "on", "--background", "--read", "api.test"), ("desktop", "status"), ("list",)
    for text, ways in ((b"", [seen]), (b"nonsense", [on, seen, other]), (b"\xff\0\xfe", [seen]),
                       (b"{'token': <'x'>, 'port': <uint16 7>}", [other]), (None, [on])):
        for again in ways:
            STATE.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                STATE.mkdir()
            else:
                STATE.write_bytes(text)
            session.write({"/system/proxy/mode": "'auto'", "/system/proxy/autoconfig-url": "'http://127.0.0.1:7/proxy.pac'"})
            KDE.write_bytes(b"[Proxy Settings]\nProxyType=2\nProxy Config Script=http://127.0.0.1:7/proxy.pac\n")
            done = overhear(*again)
            assert "damaged" in done.stdout + done.stderr and "unknown keyword" not in done.stdout + done.stderr, (again, done)
            if again == on:
                pid = status()["pid"]
                overhear("desktop", "off")
                wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "it does not end")
            assert not STATE.exists() and session.dump() == before[0], (again, session.dump())
            assert KDE.read_bytes() == b"[Proxy Settings]\nProxyType=0\n", KDE.read_bytes()
            aside, = STATE.parent.glob("desktop.journal.*")
            if text is None:
                aside.rmdir()
            else:
                assert aside.read_bytes() == text
                aside.unlink()
    KDE.unlink()
    # While somebody has it on, it takes a word more.
    with On():
        STATE.write_bytes(b"nonsense")
        assert "restore --force" in overhear("desktop", "restore", status=1).stderr
        overhear("desktop", "status", status=1)
        done = overhear("desktop", "restore", "--force")
        assert "damaged" in done.stderr and not STATE.exists() and session.dump() == before[0], done
        LOGIN.unlink(missing_ok=True)
    for aside in STATE.parent.glob("desktop.journal.*"):
        aside.unlink()


@check("somebody else's settings that lead to this computer stay where the record is damaged")
def damaged_else():
    STATE.write_bytes(b"{'port': <uint16 8>")
    session.write({"/system/proxy/mode": "'auto'", "/system/proxy/autoconfig-url": "'http://127.0.0.1:7/proxy.pac'"})
    before = session.dump()
    overhear("desktop", "status")
    assert session.dump() == before and not STATE.exists()
    session.write({"/system/proxy/": None})
    next(STATE.parent.glob("desktop.journal.*")).unlink()


main()
