# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts are read, and how people and programs may write them."""
import http.server
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading

from faults.proxyhost import Server, answering, make_certificate, reply
from launch.desk import Desk
from tap import Skip, check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
CERTIFICATE = make_certificate()
server = Server(answering(reply(b"hello")), CERTIFICATE)
desk = Desk(OVERHEAR, home, server, CERTIFICATE[0])
API = "https://api.anthropic.com/v1/models"


class Plain(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.headers["host"].encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Plain6(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def serve(kind, address):
    try:
        plain = kind((address, 0), Plain)
    except OSError:
        raise Skip(f"{address} is not to be had here")
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    return plain.server_port


def curl(url, *options, expect="hello", **environment):
    done, rows = desk.run(["curl", "-sSg", url], *options, CURL_CA_BUNDLE=CERTIFICATE[0], **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, expect, ""), (done, rows)
    return done, rows


@check("--read reads a host that is no known one, by its name or a pattern")
def read():
    url = f"https://localhost:{server.port}/v1/models"
    for options, kinds in (((), []), (("--read", "localhost"), ["read"]), (("--read=no.example", "--read=LOCAL*."), ["read"]),
                           (("--read", "127.0.0.1"), [])):
        _, rows = curl(url, *options, ANTHROPIC_BASE_URL="")
        assert [row["kind"] for row in rows] == kinds, (options, rows)
    # What is unread says how it can be read.
    done, rows = desk.run(["curl", "-sS", "--noproxy", "none", url], ANTHROPIC_BASE_URL="", CURL_CA_BUNDLE=CERTIFICATE[0])
    assert [row["kind"] for row in rows] == ["unread"] and "overhear run --read HOST" in done.said, (rows, done)
    for wrong in "https://gateway.example/", "gateway.example:8080", "me@gateway.example", "[gateway.example]", "":
        done, _ = desk.run(["true"], "--read", wrong)
        assert done.returncode == 125 and "is not a host name" in done.said, (wrong, done)


@check("a name with a dot at its end is that name")
def dot():
    _, rows = curl(f"https://localhost.:{server.port}/v1/models")
    assert [(row["kind"], row["url"]) for row in rows] == [("read", f"https://localhost:{server.port}/v1/models")], rows
    port = serve(http.server.ThreadingHTTPServer, "127.0.0.1")
    for name in "api.anthropic.com", "api.anthropic.com.", "API.anthropic.com":
        _, rows = curl(API.replace(".com/", ".com./"), f"--upstream={name}=http://127.0.0.1:{port}", expect=f"127.0.0.1:{port}")
        assert [(row["kind"], row["url"]) for row in rows] == [("read", API)], rows


@check("IPv6 addresses: where a host is sent, and as the host itself")
def address():
    port = serve(Plain6, "::1")
    _, rows = curl(API, f"--upstream=api.anthropic.com=http://[::1]:{port}", expect=f"[::1]:{port}")
    assert [(row["kind"], row["url"]) for row in rows] == [("read", API)], rows
    for name in "::1", "[::1]":
        _, rows = curl("https://[::1]/v1/models", f"--upstream={name}=http://[::1]:{port}", expect=f"[::1]:{port}")
        assert [(row["kind"], row["url"]) for row in rows] == [("read", "https://[::1]/v1/models")], rows
    _, rows = curl(f"http://[::1]:{port}/v1/models", "--read", "::1", expect=f"[::1]:{port}")
    assert [row["url"] for row in rows] == [f"http://[::1]:{port}/v1/models"], rows


# In a network of its own that has nothing but loopback.
ALONE = """
import fcntl, http.server, os, socket, struct, subprocess, sys, threading
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH22x", b"lo", 0x41))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
subprocess.run(["mount", "--bind", sys.argv[1], "/etc/hosts"], check=True)
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
threading.Thread(target=server.serve_forever, daemon=True).start()
subprocess.run([sys.argv[2], "run", f"--upstream=api.anthropic.com=http://only.test:{server.server_port}", "curl", "-sS",
                sys.argv[3]])
subprocess.run([sys.argv[2], "run", "curl", "-sS", "https://nothing.test/"])
"""


@check("without a network names of /etc/hosts are found, and no others")
def no_network():
    unshare = ["unshare", "--net", "--mount"]
    if os.geteuid() != 0 or subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        raise Skip("only root can take the network away, and not everywhere")
    hosts = home / "hosts"
    hosts.write_text("127.0.0.1 localhost only.test\n")
    data = tempfile.mkdtemp(dir=home)
    done = subprocess.run([*unshare, "/usr/bin/python3", "-c", ALONE, hosts, OVERHEAR, API], capture_output=True, text=True,
                          env=desk.environment(OVERHEAR_DATA_DIR=data), timeout=90)
    assert done.stdout == "hello", done
    assert "502" in done.stderr, done


@check("a password in the URL of --upstream is warned of, and neither shown nor kept")
def password():
    port = serve(http.server.ThreadingHTTPServer, "127.0.0.1")
    line = f"api.anthropic.com=http://me:hunter2-hunter2@127.0.0.1:{port}"
    done, rows = curl(API, "--upstream", line, expect=f"127.0.0.1:{port}")
    assert [row["kind"] for row in rows] == ["read"] and "The URL for “api.anthropic.com” names a user" in done.said, done
    kept = [desk.last["OVERHEAR_DATA_DIR"]]
    for wrong in "https://me:hunter2-hunter2@127.0.0.1/", "api.anthropic.com=ftp://me:hunter2-hunter2@127.0.0.1/":
        done, _ = desk.run(["true"], "--upstream", wrong)
        assert done.returncode == 125 and "http://127.0.0.1:8080" in done.said and "hunter2" not in done.said, done
        kept.append(desk.last["OVERHEAR_DATA_DIR"])
    for data in kept:
        for path in pathlib.Path(data).iterdir():
            assert path.is_dir() or b"hunter2" not in path.read_bytes(), path


main()
