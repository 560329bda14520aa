# SPDX-License-Identifier: GPL-3.0-or-later
"""`overhear run --isolate`: programs that ignore their environment are read, and find the network as it is without us. Run
as root they are tried as an ordinary user, for whom this is harder."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from faults.proxyhost import Server, answering, make_certificate, reply
from launch.desk import Desk, build_go
from tap import Skip, check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
PYTHON = "/usr/bin/python3"
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
home.chmod(0o777)
CERTIFICATE = make_certificate()
ROOTS = home / "roots.pem"
shutil.copy(CERTIFICATE[0], ROOTS)
ROOTS.chmod(0o644)
os.environ["CGO_ENABLED"] = "0"


def may_be_nobody():
    """Whether an ordinary user can run what was built, too."""
    return os.geteuid() == 0 and subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", OVERHEAR, "--version"],
                                                capture_output=True).returncode == 0


WHO = NOBODY if may_be_nobody() else {}
server = Server(answering(reply(b"hello")), CERTIFICATE)
plain = Server(answering(reply(b"plain")))
desk = Desk(OVERHEAR, home, server, str(ROOTS))
desk.as_user = WHO
refusal = None


def isolated(*words, options=(), **environment):
    if refusal:
        raise Skip(refusal)
    return desk.run(list(words), "--isolate", *options, CURL_CA_BUNDLE=str(ROOTS), **environment)


def bare(*words, **changes):
    """The same program without us."""
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=60, cwd=home,
                          env=desk.environment(CURL_CA_BUNDLE=str(ROOTS), **changes), **WHO)


def python(code):
    return PYTHON, "-c", """
import socket, struct, sys
def question(name, kind):
    return (b"\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0" + b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
            + b"\\0" + struct.pack("!HH", kind, 1))
def ask(name, kind, server="10.1.2.3"):
    s = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(20)
    s.connect((server, 53))
    s.send(question(name, kind))
    return s.recv(4096)
def address(answer):
    return socket.inet_ntoa(answer[-4:]) if answer[7] else None
def address6(answer):
    return socket.inet_ntop(socket.AF_INET6, answer[-16:]) if answer[7] else None
def get(*place):
    s = socket.create_connection(place, 20)
    s.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    data = s.recv(1000)
    s.shutdown(socket.SHUT_WR)
    while piece := s.recv(1000):
        data += piece
    return data[-5:].decode()
""" + code


@check("where it is refused, the program is not started, and what to do is said")
def fail_closed():
    global refusal
    done, _ = desk.run(["true"], "--isolate")
    if done.returncode != 0:
        refusal = "isolation is not possible here"
        assert done.returncode == 125 and "was not started" in done.said, done
        return
    if subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True).returncode != 0:
        raise Skip("root can isolate here, but there is no user namespace to forbid it in")
    # A namespace whose own limits allow no further one.
    script = ("for limit in user net; do echo 0 >/proc/sys/user/max_${limit}_namespaces || exit 99; done; "
              f"exec {OVERHEAR} run --isolate -- touch {home}/started")
    done = subprocess.run(["unshare", "--user", "--map-root-user", "sh", "-c", script], capture_output=True, text=True, timeout=60,
                          cwd=home, env=desk.environment(OVERHEAR_DATA_DIR=tempfile.mkdtemp(dir=home)))
    assert done.returncode == 125 and "was not started" in done.stderr and "max_user_namespaces" in done.stderr, done
    assert not (home / "started").exists()


def check_read(*words, out="hello", **environment):
    done, rows = isolated(*words, **environment)
    assert (done.returncode, done.stdout, done.stderr, done.said) == (0, out, "", ""), (done, rows)
    assert [row["kind"] for row in rows] == ["read"], rows
    assert rows[0]["url"] == desk.url, rows
    return done


@check("curl --noproxy '*'")
def noproxy():
    assert bare("curl", "-sS", "--noproxy", "*", desk.url).stdout == "hello"
    check_read("curl", "-sS", "--noproxy", "*", desk.url)


@check("curl with its proxy, which it finds inside")
def with_proxy():
    check_read("curl", "-sS", desk.url)


@check("env -i")
def no_environment():
    check_read("env", "-i", "/usr/bin/curl", "-ksS", desk.url)


@check("Python with trust_env=False, by a transport of its own")
def python_direct():
    code = ("import urllib.request\nopener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
            f"print(opener.open('{desk.url}').read().decode(), end='')")
    check_read(PYTHON, "-c", code)
    check_read(PYTHON, "-I", "-c", code)


@check("a static Go binary without a proxy")
def go():
    program = build_go(home / "static", """
package main
import ("io"; "net/http"; "os")
func main() {
  answer, err := (&http.Client{Transport: &http.Transport{}}).Get(os.Args[1])
  if err != nil { panic(err) }
  io.Copy(os.Stdout, answer.Body)
}""")
    check_read(program, desk.url)


@check("who brings roots of its own: a row that says so, and the next connection passes through")
def own_roots():
    done, rows = isolated("sh", "-c", f"curl -sS --noproxy '*' --cacert {ROOTS} {desk.url} || curl -sS --noproxy '*' "
                                      f"--cacert {ROOTS} {desk.url}")
    assert (done.returncode, done.stdout) == (0, "hello"), (done, rows)
    assert [row["kind"] for row in rows] == ["refused", "unread"], rows
    assert "did not accept Overhear’s certificate" in done.said, done.said


@check("a child that daemonises is read, and the run ends with it")
def daemon():
    done, rows = isolated("sh", "-c", f"(setsid sh -c 'sleep 1; curl -sS --noproxy \"*\" {desk.url}; mv made out' >made 2>&1 &) "
                                      "; cat /proc/self/net/dev >interfaces")
    assert done.returncode == 0 and "still runs" in done.said, done
    deadline = time.monotonic() + 30
    while not (home / "out").exists() or [row["status"] for row in desk.ask("list")] != [200]:
        assert time.monotonic() < deadline, ((home / "made").read_text(), desk.ask("list"))
        time.sleep(0.1)
    assert (home / "out").read_text() == "hello"
    names = {line.split(":")[0].strip() for line in (home / "interfaces").read_text().splitlines() if ":" in line}
    assert names == {"lo", "overhear"}, names


@check("names: of both versions, over UDP and TCP, wherever they ask, and to a port that is none of the web's")
def names():
    done, rows = isolated(*python(f"""
port = {plain.port}
four, six = address(ask("x.localhost", 1)), address6(ask("x.localhost", 28, "2001:db8::1"))
assert four.startswith("198.18.") and six.startswith("fd6f:7665:7268:1:"), (four, six)
assert address(ask("x.localhost", 1, "127.0.0.53")) == four == address(ask("x.localhost", 1, "::1"))
tcp = socket.create_connection(("10.9.8.7", 53), 20)
for _ in range(2):
    message = question("x.localhost", 1)
    tcp.sendall(struct.pack("!H", len(message)) + message)
    length, = struct.unpack("!H", tcp.recv(2))
    assert address(tcp.recv(length)) == four
reverse = ask(".".join(reversed(four.split("."))) + ".in-addr.arpa", 12)
assert reverse.endswith(b"\\x01x\\x09localhost\\0"), reverse
def odd(at, byte):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(20)
    s.connect(("10.1.2.3", 53))
    s.send(question("x.localhost", 1)[:at] + byte + question("x.localhost", 1)[at + len(byte):])
    return s.recv(4096)[3] & 15
assert (odd(5, b"\\2"), odd(12, b"\\xc0\\x0c"), odd(2, b"\\x29")) == (1, 1, 4)
assert ask("x.localhost", 65)[7] == 0 and ask("x.localhost", 65)[3] & 15 == 0
print(get(four, port), get(six, port), socket.create_connection((four, port)).getpeername() == (four, port))
"""))
    assert (done.returncode, done.stdout) == (0, "plain plain True\n"), done
    assert {(row["kind"], row["url"]) for row in rows} == {("unread", f"https://x.localhost:{plain.port}")}, rows


@check("what fails, fails as without us: no such name, a refused port, QUIC, a host that cannot be had")
def failures():
    code = """
import errno
def fails(what):
    try:
        what()
    except OSError as error:
        return errno.errorcode.get(error.errno, type(error).__name__)
def udp(host):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(20)
    s.connect((host, 443))
    s.send(b"hello")
    s.recv(1)
"""
    without = bare(*python(code + 'print(fails(lambda: get("127.0.0.1", 1)), fails(lambda: get("::1", 1)), fails(lambda: udp("127.0.0.1")))'))
    done, rows = isolated(*python(code + """
assert ask("nothing.invalid", 1)[3] & 15 == ask("nothing.invalid", 28)[3] & 15 == 3
print(fails(lambda: get(address(ask("x.localhost", 1)), 1)), fails(lambda: get(address6(ask("x.localhost", 28)), 1)), fails(lambda: udp("10.1.1.1")))
print(fails(lambda: get("127.0.0.1", 1)), fails(lambda: get("::1", 1)), fails(lambda: udp("127.0.0.1")))
print(fails(lambda: get("198.18.77.77", 443)))
"""))
    assert done.returncode == 0 and without.stdout == "ECONNREFUSED ECONNREFUSED ECONNREFUSED\n", (done, without)
    assert done.stdout == 2 * without.stdout + "ECONNREFUSED\n", done
    assert [row["error"]["message"] for row in rows] == ["x.localhost refused the connection."] * 2, rows


@check("services of this computer's loopback, also such as begin later, and Unix sockets")
def services():
    path = str(home / "unix")
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(path)
    os.chmod(path, 0o777)
    unix.listen()
    later = socket.socket()

    def serve():
        client, _ = unix.accept()
        later.bind(("127.0.0.1", 0))
        later.listen()
        client.sendall(str(later.getsockname()[1]).encode())
        for _ in range(2):
            asker, _ = later.accept()
            asker.sendall(b"I speak first")
            asker.recv(10)
            asker.close()

    threading.Thread(target=serve, daemon=True).start()
    done, rows = isolated(*python(f"""
import time
print(get("127.0.0.1", {plain.port}))
s = socket.socket(socket.AF_UNIX)
s.connect("{path}")
port = int(s.recv(10))
until = time.monotonic() + 20
while True:
    try:
        late = socket.create_connection(("localhost", port), 20)
        break
    except ConnectionRefusedError:
        assert time.monotonic() < until
        time.sleep(0.05)
print(late.recv(100).decode())
# A port that is taken is taken, and one's own services are one's own.
for taken, expected in ((port, True), (0, False)):
    mine = socket.socket()
    try:
        mine.bind(("127.0.0.1", taken))
        mine.listen()
        failed = False
    except OSError:
        failed = True
    assert failed == expected, taken
socket.create_connection(mine.getsockname(), 20)
"""))
    assert (done.returncode, done.stdout) == (0, "plain\nI speak first\n"), done
    assert [row["kind"] for row in rows] == ["unread"] * len(rows) and len(rows) == 2, rows


@check("whoever speaks first, in whatever protocol, gets an answer")
def protocols():
    def answer(connection):
        connection.sendall(b"got " + connection.recv(100))
    with Server(answer) as server:
        done, rows = isolated(*python(f"""
for words in b"PING", b"GET key\\r\\n", b"hello", b"\\x16":
    s = socket.create_connection(("127.0.0.1", {server.port}), 20)
    s.sendall(words)
    if words == b"\\x16":
        s.shutdown(socket.SHUT_WR)
    assert s.recv(100) == b"got " + words
"""))
    assert (done.returncode, len(rows)) == (0, 4), (done, rows)


@check("ids are the user's own; who needs another one's is told before it starts")
def ids():
    done, _ = isolated("sh", "-c", "id -u; id -g; touch mine; ls -ln mine | cut -d' ' -f3,4")
    uid, gid = WHO.get("user", os.getuid()), WHO.get("group", os.getgid())
    assert done.stdout == f"{uid}\n{gid}\n{uid} {gid}\n", done
    if not shutil.which("sudo") or uid == 0:
        raise Skip("there is no sudo, or no need of it")
    done, _ = isolated("sudo", "-n", "true")
    assert done.returncode == 125 and "another user" in done.said, done


@check("exit values, signals and streams as in a plain run")
def endings():
    for words, status in ((("sh", "-c", "exit 7"), 7), (("sh", "-c", "kill -TERM $$"), -signal.SIGTERM), (("no-such-program",), 127),
                          (("/etc/passwd",), 126)):
        done, _ = isolated(*words)
        assert done.returncode == status, (words, done)
    script = home / "script"
    script.write_text("echo $0 $1 $2; cat\n")
    script.chmod(0o755)
    if not refusal:
        done = subprocess.run([OVERHEAR, "run", "--isolate", "--", script, "a b", "c"], input="in", capture_output=True, text=True,
                              timeout=60, cwd=home, env=desk.last, **WHO)
        assert (done.returncode, done.stdout) == (0, f"{script} a b c\nin"), done


@check("much passes through whole, both ways, from many connections at once")
def much():
    def echo(connection):
        while data := connection.recv(1 << 16):
            connection.sendall(data)
    with Server(echo) as echoing:
        done, rows = isolated(*python(f"""
import hashlib, os, threading
place = (address(ask("x.localhost", 1)), {echoing.port})
def work(seed, size):
    data = hashlib.shake_128(bytes([seed])).digest(size)
    s = socket.create_connection(place, 60)
    def send():
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    got = b""
    while piece := s.recv(1 << 16):
        got += piece
    sender.join()
    assert got == data
    sys.stdout.write("fine\\n")
threads = [threading.Thread(target=work, args=(i, 2000000 if i < 3 else 1000)) for i in range(40)]
for t in threads: t.start()
for t in threads: t.join()
"""))
    assert (done.returncode, done.stdout) == (0, "fine\n" * 40), done
    assert len(rows) == 40 and {row["kind"] for row in rows} == {"unread"}, rows


main()
