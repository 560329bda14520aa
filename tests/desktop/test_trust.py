# SPDX-License-Identifier: GPL-3.0-or-later
"""The authority of the whole desktop: made as it is first switched on, for its hosts; terminals and programs that trust it are read,
and one that does not is a row that says so."""
import http.server
import json
import os
import pathlib
import subprocess
import threading

import session
from tap import check, main

HOME = session.enter()
OVERHEAR = os.environ["OVERHEAR"]
DATA = pathlib.Path(os.environ.get("OVERHEAR_DATA_DIR") or HOME / ".local/share/overhear")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()


def overhear(*words, status=0):
    done = subprocess.run([OVERHEAR, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, (words, done)
    return done.stdout


def trust():
    return json.loads(overhear("trust", "--json"))


class On:
    def __init__(self, *words):
        self.process = subprocess.Popen([OVERHEAR, "desktop", "on", "--json", "--upstream",
                                         f"api.localhost=http://127.0.0.1:{server.server_port}", *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.port = json.loads(line)["port"]
        return self

    def __exit__(self, *problem):
        self.process.terminate()
        self.process.communicate(timeout=60)


def curl(*words, status=0, **environment):
    done = subprocess.run(["curl", "-sS", "--max-time", "60", *words, "https://api.localhost/page"], capture_output=True, text=True,
                          env=os.environ | environment)
    assert done.returncode == status, (words, done)
    return done.stdout


@check("the authority is made with the first switch-on and not before, kept by the next, and for the hosts that are read")
def made():
    assert trust()["authority"] is None
    overhear("desktop", "status")
    assert not list(DATA.glob("authority*"))
    with On("--read", "api.localhost"):
        assert (DATA / "authority.key").stat().st_mode & 0o777 == 0o600
        first = trust()["authority"]
        assert first and "PRIVATE" not in (DATA / "authority.pem").read_text()
    with On("--read", "api.localhost"):
        assert trust()["authority"] == first
    text = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", DATA / "authority.pem"], capture_output=True, text=True).stdout
    assert "X509v3 Name Constraints: critical" in text and "DNS:api.localhost" in text and "Excluded:" in text, text


def read_on(process):
    """What `overhear desktop on` says as it is on."""
    said = ""
    while "Ctrl+C" not in said:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        said += line
    return said


def key():
    """The authority's key and certificate; and the certificate's own names."""
    text = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", DATA / "authority.pem"], capture_output=True, text=True).stdout
    return (DATA / "authority.key").read_text(), text


@check("hosts come and go: the authority is the same, grows where it has to, which is said before, and what trusts it goes on")
def stable():
    with On("--read", "api.localhost"):
        first, trusted = key(), (DATA / "authority.pem").read_text()
    (HOME / "trusted.pem").write_text(trusted)
    with On():
        assert key() == first
    with On("--read", "api.localhost", "--read", "v2.api.localhost"):
        assert key() == first
    assert trust()["good"]
    on = subprocess.Popen([OVERHEAR, "desktop", "on", "--read", "other.test", "--upstream",
                           f"api.localhost=http://127.0.0.1:{server.server_port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = on.stderr.readline()
    assert "other.test" in said and "given the new one" in said, said
    said = read_on(on)
    on.terminate()
    on.communicate(timeout=60)
    assert "made its certificate anew" in said, said
    assert all(f"DNS:{name}" in key()[1] for name in ("api.localhost", "other.test", "api.anthropic.com")), key()[1]
    with On("--read", "api.localhost") as on:
        # By the certificate that was trusted at first.
        assert curl("--proxy", f"http://127.0.0.1:{on.port}", "--cacert", HOME / "trusted.pem") == "hello"


@check("what is refused has changed nothing of the authority: no host, nobody's host, no settings, another's switch")
def refused():
    before = sorted((path.name, path.read_bytes()) for path in DATA.glob("authority.[kp]*"))
    memory = os.environ | {"GSETTINGS_BACKEND": "memory"}
    for words, environment in ((["--read", "https://more.test/v1"], None), (["--read", "a b"], None), (["--read", "*"], None),
                               (["--read", "more.test"], memory)):
        done = subprocess.run([OVERHEAR, "desktop", "on", *words], capture_output=True, text=True, timeout=60, env=environment)
        assert done.returncode == 1, (words, done)
        assert sorted((path.name, path.read_bytes()) for path in DATA.glob("authority.[kp]*")) == before, words
    with On("--read", "api.localhost"):
        overhear("desktop", "on", "--read", "more.test", status=1)
        overhear("desktop", "on", "--background", "--read", "more.test", status=1)
        assert sorted((path.name, path.read_bytes()) for path in DATA.glob("authority.[kp]*")) == before
    # Nor is one made.
    overhear("trust", "forget")
    done = subprocess.run([OVERHEAR, "desktop", "on", "--read", "more.test"], capture_output=True, text=True, timeout=60, env=memory)
    assert done.returncode == 1 and not list(DATA.glob("authority.[kp]*")), done


@check("what is no host is refused at once, with what would be right; a name of any script is used as the wire has it")
def hosts():
    for typed, said in (("https://api.localhost/v1", "say “api.localhost”"), ("api.localhost:8443", "say “api.localhost”"), ("a b", "“a b”"), ("", "“”")):
        done = subprocess.run([OVERHEAR, "desktop", "on", "--read", typed], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and said in done.stderr and len(done.stderr.splitlines()) == 1, (typed, done)
    file = HOME / ".config/overhear/hosts"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("bücher.test\nhttps://nonsense.test/\n")
    try:
        found = trust()
        assert found["hosts"] == ["xn--bcher-kva.test"], found["hosts"]
        overhear("trust", "new")
        said = overhear("trust")
        assert "bücher.test" in said and "nonsense" not in said and "xn--" not in said, said
        assert trust()["names"] == ["xn--bcher-kva.test"]
        on = subprocess.Popen([OVERHEAR, "desktop", "on"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said += read_on(on)
        on.terminate()
        on.communicate(timeout=60)
        assert "say “nonsense.test”" in said and "is left out" in said, said
        file.write_text("# nothing\n")
        done = subprocess.run([OVERHEAR, "desktop", "on"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "names none" in done.stderr, done
        overhear("trust")
        overhear("trust", "add", "all", "-n", status=1)
        overhear("trust", "new", status=1)
        file.write_bytes(b"\xef\xbb\xbfapi.test\r\n\0\xff\xfe\r\n" + b"".join(b"h%d.test\n" % number for number in range(600)))
        found = trust()["hosts"]
        assert found[0] == "api.test" and 490 < len(found) < 501, found[:3]
    finally:
        file.unlink()


@check("who trusts it is read, a terminal too; who does not may be told, or is passed on, and is a row that says so")
def read():
    with On("--read", "api.localhost") as on:
        proxy = f"http://127.0.0.1:{on.port}"
        assert curl("--proxy", proxy, "--cacert", DATA / "authority.pem") == "hello"
        shell = subprocess.run(["sh", "-c", 'eval "$("$OVERHEAR" env)"; exec curl -sS https://api.localhost/page'], capture_output=True,
                               text=True, timeout=60)
        assert shell.stdout == "hello", shell
        curl("--proxy", proxy, "--capath", "/etc/ssl/certs", status=60)
        # Nobody listens where the host itself is.
        bare = {name: value for name, value in os.environ.items() if "CA" not in name and "CERT" not in name and "SSL" not in name}
        done = subprocess.run(["curl", "-sS", "--proxy", proxy, "https://api.localhost:1/page"], env=bare, capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 56, done
    rows = [json.loads(line) for line in overhear("list", "--json").splitlines()]
    assert [row["status"] for row in rows].count(200) == 3 and {row["run"] for row in rows} <= {None, 0}, rows
    refused, = [row for row in rows if row["status"] is None and not row["unread"]]
    assert "did not accept Overhear" in json.dumps(refused, ensure_ascii=False), refused
    passed, = [row for row in rows if row["unread"]]
    assert passed["unread"]["code"] == "nobody-trusts" and "overhear trust" in passed["unread"]["message"], passed


@check("it is not forgotten while the desktop is listened to, and leaves nothing afterwards")
def forgotten():
    with On("--read", "api.localhost"):
        first = trust()["authority"]
        done = subprocess.run([OVERHEAR, "trust", "forget"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "switch that off first" in done.stderr, done
        assert trust()["authority"] == first and (DATA / "authority.key").exists()
    overhear("trust", "forget")
    assert trust()["authority"] is None and not (DATA / "authority.key").exists()


@check("a host that nobody could vouch for is refused with a plain sentence, and nothing is switched on")
def too_wide():
    done = subprocess.run([OVERHEAR, "desktop", "on", "--read", "*"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "all there are" in done.stderr, done
    assert not json.loads(overhear("desktop", "status", "--json"))["on"]


main()
