# SPDX-License-Identifier: GPL-3.0-or-later
"""Browsers of Debian that no run started: they find the proxy by a script, trust it by their own stores, are read, and refuse a
certificate of ours for a host that the authority is not for; what refuses us is a row that says so."""
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading

from faults.proxyhost import Proxy
from tap import Skip, check, main

OVERHEAR = os.environ["OVERHEAR"]
SECONDS = 60 * float(os.environ.get("MESON_TEST_TIMEOUT_MULTIPLIER", "1"))
READ, OTHER = "api.example.com", "bank.example.net"
PAGE = b"<!doctype html><title>Read</title><script>fetch('/done').then(r => r.text()).then(t => document.title = t)</script>a page"


class Server(http.server.ThreadingHTTPServer):
    """The test's upstream, and the script that leads to the proxy: whatever else a browser wants leads nowhere."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []
        self.changed = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait(self, path):
        with self.changed:
            assert self.changed.wait_for(lambda: any(path == seen for _, seen in self.seen), SECONDS), self.seen


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        pac = self.path == "/proxy.pac"
        body = PAGE if self.path == "/" else b"done"
        if pac:
            body = ("function FindProxyForURL(url, host) { return host == '%s' || host == '%s' ? 'PROXY 127.0.0.1:%d; DIRECT' : "
                    "'PROXY 127.0.0.1:9'; }" % (READ, OTHER, self.server.proxy)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ns-proxy-autoconfig" if pac else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        with self.server.changed:
            self.server.seen.append((self.headers.get("Host"), self.path))
            self.server.changed.notify_all()

    def log_message(self, *args):
        pass


class Desk:
    """A home of its own, the authority that is kept there, a proxy that signs with it, and the upstream."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-browsers-"))
        self.home = self.folder / "home"
        (self.home / ".config/overhear").mkdir(parents=True)
        (self.home / ".config/overhear/hosts").write_text(f"{READ}\n")
        self.data = self.folder / "data"
        self.server = Server()
        self.proxy = Proxy("--hosts", READ, allow=False)
        self.server.proxy = self.proxy.port
        self.pac = f"http://127.0.0.1:{self.server.server_port}/proxy.pac"
        self.proxy.order("open 1")
        for host in READ, OTHER:
            assert self.proxy.order(f"upstream 0 {host} http://127.0.0.1:{self.server.server_port}") is None
        self.proxy.order(f"standing {self.data}")

    def environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        return kept | {"HOME": str(self.home), "OVERHEAR_DATA_DIR": str(self.data), "OVERHEAR_SYSROOT": str(self.folder)}

    def trust(self, *words):
        subprocess.run([OVERHEAR, "trust", *words], env=self.environment(), check=True, stdout=subprocess.DEVNULL, timeout=60)

    def captured(self, host, code):
        """The end of an exchange of that host."""
        return self.proxy.wait(lambda c: c["kind"] == "end" and c["exchange"]["host"] == host
                               and c["exchange"]["error_code"] == code, SECONDS)["exchange"]

    @contextlib.contextmanager
    def browser(self, *command):
        with open(self.folder / "said", "w") as said:
            process = subprocess.Popen(list(map(str, command)), env=self.environment(), stdin=subprocess.DEVNULL, stdout=said,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self):
        self.proxy.stop()
        self.server.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Skip(f"{program} is not installed")


@contextlib.contextmanager
def desk():
    made = Desk()
    try:
        yield made
    finally:
        made.close()


def chromium(one, url):
    options = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
               "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage", f"--user-data-dir={one.folder}/chromium",
               f"--proxy-pac-url={one.pac}", "--enable-logging=stderr", "--dump-dom"]
    # Neither root nor a container gives it one; the page is ours.
    with one.browser("chromium", "--no-sandbox", *options, url) as process:
        process.wait(2 * SECONDS)
        return (one.folder / "said").read_text(errors="replace")


def make_store(folder):
    """As the browser would at its first start."""
    folder.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "-d", f"sql:{folder}", "--empty-password"], check=True)


@check("Chromium trusts us by its NSS database, finds us by a script, and is read; a host outside the constraints it refuses")
def by_chromium():
    need("chromium", "certutil")
    with desk() as one:
        make_store(one.home / ".local/share/pki/nssdb")
        one.trust("new")
        said = chromium(one, f"https://{READ}/")
        assert "net::ERR_CERT_AUTHORITY_INVALID" in said and "a page" not in said, said
        refused = one.captured(READ, "client-tls")
        assert refused["run"] == 0 and "certificate" in refused["error"], refused
        assert READ not in {host for host, _ in one.server.seen}
        one.trust("add", "chromium")
        one.proxy.order("forget")
        said = chromium(one, f"https://{READ}/")
        assert "a page" in said, said
        read = one.captured(READ, None)
        assert (read["run"], read["status"], read["scheme"]) == (0, 200, "https"), read
        # The same authority, the same store: it is the constraint that is heeded.
        said = chromium(one, f"https://{OTHER}/")
        assert "net::ERR_CERT_INVALID" in said and "a page" not in said, said
        assert one.captured(OTHER, "client-tls")["run"] == 0
        assert OTHER not in {host for host, _ in one.server.seen}


PREFERENCES = {
    "network.proxy.type": 2, "app.update.enabled": False, "browser.shell.checkDefaultBrowser": False, "browser.aboutwelcome.enabled": False,
    "browser.startup.homepage_override.mstone": "ignore", "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True, "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False, "toolkit.telemetry.reportingpolicy.firstRun": False,
    "services.settings.server": "http://127.0.0.1:9", "browser.safebrowsing.update.enabled": False, "extensions.update.enabled": False,
    "network.trr.mode": 5, "termsofuse.bypassNotification": True,
}


@check("Firefox ESR the same, by its profile")
def by_firefox():
    need("firefox-esr", "certutil")
    with desk() as one:
        root = one.home / ".mozilla/firefox"
        profile = root / "test.default"
        make_store(profile)
        (root / "profiles.ini").write_text("[Profile0]\nName=default\nIsRelative=1\nPath=test.default\nDefault=1\n")
        preferences = PREFERENCES | {"network.proxy.autoconfig_url": one.pac}
        (profile / "user.js").write_text("".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
                                                 for name, value in preferences.items()))
        one.trust("add", "firefox")
        command = ["firefox-esr", "--headless", "--no-remote", "--profile", profile]
        with one.browser(*command, f"https://{OTHER}/"):
            assert one.captured(OTHER, "client-tls")["run"] == 0
        with one.browser(*command, f"https://{READ}/"):
            one.server.wait("/done")
        read = one.captured(READ, None)
        assert (read["run"], read["status"], read["scheme"]) == (0, 200, "https"), read
        assert OTHER not in {host for host, _ in one.server.seen}


main()
