# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that do not accept our certificate, in all the ways there are: while the desktop is listened to, each goes on working
as it does without us, and is a row that says why it is not read."""
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import time

import session
from tap import check, main

HOME = session.enter()
OVERHEAR = os.environ["OVERHEAR"]
HOST = "a.localhost"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.says)))
        self.end_headers()
        self.wfile.write(self.server.says)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, says, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.says = says
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass


CA = HOME / "own.pem"
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=own",
                "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", HOME / "key.pem", "-out", CA], check=True, capture_output=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CA, HOME / "key.pem")
# The host itself, and where its requests are sent by the user.
real, elsewhere = Server(b"real", context), Server(b"elsewhere")
URL = f"https://{HOST}:{real.server_port}/"

# How often each of several connections had the answer it wanted: one after the other, and at once.
CLIENT = f"""
import base64, os, socket, ssl, struct, sys, threading, urllib.parse
port, ways, calls, at_once = int(sys.argv[1]), os.path.basename(sys.argv[0])[:-3].split("-"), int(sys.argv[2]), int(sys.argv[3])
run = urllib.parse.urlsplit(os.environ.get("HTTPS_PROXY", ""))
login = b"Proxy-Authorization: Basic %b\\r\\n" % base64.b64encode(f"{{run.username}}:{{run.password}}".encode()) if run.username else b""
def tunnel():
    raw = socket.create_connection(("127.0.0.1", run.port or port), 60)
    raw.sendall(b"CONNECT {HOST}:{real.server_port} HTTP/1.1\\r\\nHost: {HOST}\\r\\n%b\\r\\n" % login)
    said = b""
    while not said.endswith(b"\\r\\n\\r\\n"):
        said += raw.recv(1)
    assert b" 200 " in said, said
    return raw
def leave(raw):
    if "reset" in ways:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if "half" in ways:
        raw.shutdown(socket.SHUT_WR)
        raw.settimeout(20)
        while raw.recv(4096): pass
    raw.close()
def handshake(raw, ca):
    context = ssl.create_default_context(cafile=ca)
    if "old" in ways:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if "alert" in ways:
        return context.wrap_socket(raw, server_hostname="{HOST}")
    # It looks at the certificate itself, and says nothing: as soon as it has it, or behind the handshake.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    trusted = ssl.PEM_cert_to_DER_cert(open(ca).read())
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="{HOST}")
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            raw.sendall(outgoing.read())
            incoming.write(raw.recv(65536))
    # Of TLS 1.3 it has the certificate before it has said anything more.
    if tls.getpeercert(True) == trusted or "early" not in ways:
        raw.sendall(outgoing.read())
    if tls.getpeercert(True) == trusted:
        return tls, incoming, outgoing
    leave(raw)
    return None
def call():
    try:
        raw = tunnel()
        tls = handshake(raw, os.environ["WHOM"])
        if tls is None:
            return False
        request = b"GET / HTTP/1.1\\r\\nHost: {HOST}\\r\\nConnection: close\\r\\n\\r\\n"
        if not isinstance(tls, tuple):
            tls.sendall(request)
            return bool(b"".join(iter(lambda: tls.recv(4096), b"")))
        tls, incoming, outgoing = tls
        tls.write(request)
        raw.sendall(outgoing.read())
        while True:
            try:
                data = tls.read(4096)
                if not data or b"real" in data:
                    return b"real" in data
            except ssl.SSLWantReadError:
                more = raw.recv(65536)
                if not more:
                    return False
                incoming.write(more)
    except OSError:
        return False
results = []
for _ in range(calls):
    threads = [threading.Thread(target=lambda: results.append(call())) for _ in range(at_once)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(results.count(True))
"""


def overhear(*words, status=0):
    done = subprocess.run([OVERHEAR, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, (words, done)
    return done.stdout


def rows(*words):
    return [json.loads(line) for line in overhear("list", "--json", *words).splitlines()]


BUNDLE = HOME / "root/etc/ssl/certs/ca-certificates.crt"
BUNDLE.parent.mkdir(parents=True)
BUNDLE.write_text("")
os.environ["OVERHEAR_SYSROOT"] = str(HOME / "root")
on = subprocess.Popen([OVERHEAR, "desktop", "on", "--json", "--read", HOST, "--upstream",
                       f"{HOST}=http://127.0.0.1:{elsewhere.server_port}"], stdout=subprocess.PIPE, text=True)
PORT = str(json.loads(on.stdout.readline())["port"])
# Nothing says whom they trust but the system's store, which does not trust us; or something does, so that they may well trust us.
BARE = {name: value for name, value in os.environ.items() if "CA" not in name and "CERT" not in name and "SSL" not in name}
BARE["WHOM"] = str(CA)
TRUSTING = dict(BARE, SSL_CERT_FILE=str(CA))


def count(name, calls, at_once=1, environment=TRUSTING):
    """How many of them succeeded."""
    path = HOME / f"{name}.py"
    path.write_text(CLIENT)
    done = subprocess.run([sys.executable, path, PORT, str(calls), str(at_once)], capture_output=True, text=True, timeout=240,
                          env=environment)
    assert done.returncode == 0, done
    return int(done.stdout)


def rows_of(program):
    return tell(rows(f"program={program}"))


def tell(mine):
    """(how many were refused, how many passed unread and say why)"""
    return (sum((row["error"] or {}).get("type") == "client-tls" for row in mine),
            sum((row["unread"] or {}).get("code") == "certificate-refused" for row in mine))


def wait_for(what):
    deadline = time.monotonic() + 60
    while not (found := what()):
        assert time.monotonic() < deadline, rows()
        time.sleep(0.05)
    return found


for name in "alert", "alert-old", "late", "late-old", "late-reset", "late-half", "early", "early-reset":
    @check(f"one connection is lost at most, of those in turn and of those at once: {name}")
    def ways(name=name):
        assert count(name, 8) == 7
        refused, passed = wait_for(lambda: (found := rows_of(f"{name}.py"))[1] >= 7 and found)
        assert (refused, passed) == (1, 7)
        assert count(f"{name}-x", 2, 10) == 19


for name in "alert", "alert-old", "early", "early-reset", "early-half":
    @check(f"a run, which says whom to trust, loses one connection at most of those in turn: {name}")
    def run_ways(name=name):
        path = HOME / f"{name}-run.py"
        path.write_text(CLIENT)
        done = subprocess.run([OVERHEAR, "run", "--read", HOST, "--", sys.executable, path, "0", "8", "1"], capture_output=True, text=True,
                              timeout=240, env=TRUSTING)
        assert (done.returncode, done.stdout) == (0, "7\n"), done
        found = [row for row in rows() if row["run"]]
        assert tell([row for row in found if row["run"] == max(other["run"] for other in found)]) == (1, 7), found


@check("who trusts us is read, all of those at once, behind one that does not")
def trusted():
    authority = str(HOME / "data/authority.pem")
    own = dict(BARE, SSL_CERT_FILE=authority, WHOM=authority)
    assert count("alert", 1, 10, own) == 10
    wait_for(lambda: [row["status"] for row in rows("program=alert.py")].count(200) == 10)


UNUSED = CLIENT.partition("results = []")[0] + """
import time
def open_unused(): return handshake(tunnel(), os.environ["WHOM"])
# As a browser that foresees a request, and gives up waiting for it; then one that is read, and needs fewer than it has.
for _ in range(3):
    one = open_unused()
    time.sleep(2.5)
    one.close()
results = [call()]
for _ in range(3):
    open_unused().close()
    results.append(call())
print(results.count(True))
"""


@check("a connection that is opened and left unused is no refusal, before the first request and behind it")
def unused():
    authority = str(HOME / "data/authority.pem")
    (HOME / "alert-unused.py").write_text(UNUSED)
    done = subprocess.run([sys.executable, HOME / "alert-unused.py", PORT, "1", "1"], capture_output=True, text=True, timeout=240,
                          env=dict(BARE, SSL_CERT_FILE=authority, WHOM=authority))
    assert (done.returncode, done.stdout) == (0, "4\n"), done
    wait_for(lambda: len(rows("program=alert-unused.py")) >= 4)
    found = rows("program=alert-unused.py")
    assert [row["status"] for row in found] == [200] * 4, found


GIVING_UP = CLIENT.partition("results = []")[0] + """
# Read once, then it gives up in the midst of a handshake, as whoever has a deadline does, without a word or by a reset.
results = [call()]
for way in "early", "early-reset":
    ways[:] = way.split("-")
    other = tunnel()
    assert handshake(other, os.environ["OTHER"]) is None
    ways[:] = ["alert"]
    results.append(call())
print(results.count(True))
"""


@check("who was read before, and gives up in the midst of a handshake, goes on being read")
def giving_up():
    authority = str(HOME / "data/authority.pem")
    (HOME / "alert-giving.py").write_text(GIVING_UP)
    own = dict(BARE, SSL_CERT_FILE=authority, WHOM=authority, OTHER=str(CA))
    done = subprocess.run([sys.executable, HOME / "alert-giving.py", PORT, "1", "1"], capture_output=True, text=True, timeout=240, env=own)
    assert (done.returncode, done.stdout) == (0, "3\n"), done
    wait_for(lambda: len(rows("program=alert-giving.py")) >= 3)
    assert [row["status"] for row in rows("program=alert-giving.py")] == [200] * 3, rows("program=alert-giving.py")


@check("a connection that is kept and short-lived processes are as well off; the same reason stands in all that tells of it")
def others():
    def curl(*more):
        return subprocess.run(["curl", "-sS", "--cacert", CA, "-x", f"http://127.0.0.1:{PORT}", *more, URL], capture_output=True, text=True,
                              timeout=60)
    assert sum(curl().stdout == "real" for _ in range(12)) == 11
    # A broken handshake is none that curl would retry by itself; with --retry-all-errors, as an SDK does, all are well.
    assert curl("--retry", "2", "--retry-all-errors", "-A", "another", "--proxy-header", "User-Agent: another").stdout == "real"
    done = subprocess.run(["curl", "-sS", "--cacert", CA, "-x", f"http://127.0.0.1:{PORT}", URL, URL, URL], capture_output=True, text=True,
                          timeout=60)
    assert done.stdout == "real" * 3, done
    row = wait_for(lambda: next((row for row in rows("program=curl") if row["unread"]), None))
    assert row["unread"]["code"] == "certificate-refused" and "did not accept Overhear" in row["unread"]["message"], row
    assert "Unread    It passed through unread because its program did not accept" in overhear("show", str(row["id"]))
    assert "our certificate refused" in next(line for line in overhear("list").splitlines() if line.split()[0] == str(row["id"]))


@check("while no store of its kind trusts us, a program loses nothing; once one does, it and all that refused us are tried again")
def stores():
    assert count("alert-bare", 2, 4, BARE) == 8
    assert wait_for(lambda: (found := [row["unread"] for row in rows("program=alert-bare.py")])[7:] and found)
    assert {(row["unread"] or {}).get("code") for row in rows("program=alert-bare.py")} == {"nobody-trusts"}
    assert count("alert-old", 2) == 2
    BUNDLE.write_text((HOME / "data/authority.pem").read_text())
    # As “overhear trust add” does; what others change is seen a little later.
    os.utime(HOME / "data/authority.pem")
    assert count("alert-bare", 2, 1, BARE) == 1 and count("alert-old", 2) == 1
    assert count("alert-bare", 2, 1, BARE) == 2 and count("alert-old", 2) == 2
    BUNDLE.write_text("")
    os.utime(HOME / "data/authority.pem")
    assert count("alert-bare", 2, 1, BARE) == 2


try:
    main()
finally:
    on.terminate()
    on.communicate(timeout=60)
