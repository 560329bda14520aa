# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs and clients do under `overhear run` that proxy variables do not reach: read, or gone around with its
reason. Each gets its answer as without Overhear."""
import os
import pathlib
import signal
import socket
import tempfile
import time

import packages
from faults.proxyhost import Server, answering, make_certificate, reply
from launch.desk import Desk
from tap import check, main

folder = tempfile.TemporaryDirectory()
CERTIFICATE = make_certificate()
server = Server(answering(reply(b"hello")), CERTIFICATE)
desk = Desk(os.environ["OVERHEAR"], pathlib.Path(folder.name), server, CERTIFICATE[0])
PROGRAMS = pathlib.Path(__file__).parent / "programs"

# By client: what becomes of it, and with --insist.
PYTHON = {
    "urllib3": ("read", "read"),
    "urllib3, own roots": ("around", "read"),
    "urllib3, own context": ("around", "read"),
    "urllib3, unverified": ("read", "read"),
    "requests, trust_env=False": ("around", "read"),
    "aiohttp": ("read", "read"),
    "aiohttp, trust_env=False": ("around", "read"),
    "aiohttp, own roots": ("around", "read"),
    "aiohttp, unverified": ("read", "read"),
    "httpx, transport": ("read", "read"),
    "httpx, async transport": ("read", "read"),
    "httpx, trust_env=False": ("around", "read"),
    "httpx, async trust_env=False": ("around", "read"),
    "httpx, mounts": ("around", "read"),
    "httpx, async mounts": ("around", "read"),
}


def add_python(client, requirements, expected, *options):
    name = client.replace("httpx", "httpx2") if requirements == "requirements.txt" else client

    @check(" ".join([f"Python's {name}:", *options, expected]))
    def _():
        done, rows = desk.run([packages.python(requirements), "-W", "error", PROGRAMS / "around.py", client], *options,
                              OWN_ROOTS=CERTIFICATE[0])
        assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", ""), done
        assert [row["kind"] for row in rows] == [expected], rows
        if expected == "around":
            reason = "trust_env=False" if "trust_env" in client else "certificates of its own"
            assert reason in rows[0]["error"]["message"] and reason in done.said, (rows, done)


for client, (plain, insisted) in PYTHON.items():
    for requirements in ("requirements.txt", "requirements-2023.txt") if "httpx" in client else ("requirements.txt",):
        add_python(client, requirements, plain)
        if plain != insisted:
            add_python(client, requirements, insisted, "--insist")


for client in "requests", "httpx2":
    @check(f"Python's {client} with verify=certifi.where(): refused, then unread, or as ever with --no-fallback")
    def _(client=client):
        words = [packages.python("requirements.txt"), PROGRAMS / "certifi_twice.py", client]
        for options, out, kinds in ([], "failed\nhello\n", ["refused", "unread"]), \
                                   (["--no-fallback"], "failed\nfailed\n", ["refused", "refused"]):
            done, rows = desk.run(words, *options, OWN_ROOTS=CERTIFICATE[0])
            assert (done.returncode, done.stdout) == (0, out), (done, rows)
            assert [row["kind"] for row in rows] == kinds and "certificate" in done.said, (rows, done)


@check("gunicorn --daemon: read, also once its run has returned")
def gunicorn():
    program = packages.python("requirements-gunicorn.txt").parent / "gunicorn"
    front = pathlib.Path(folder.name, "gunicorn.socket")
    pid = pathlib.Path(folder.name, "gunicorn.pid")
    done, _ = desk.run([program, "--daemon", "--chdir", PROGRAMS, "-b", f"unix:{front}", "-p", pid, "daemon"])
    assert done.returncode == 0 and "still runs" in done.said, done
    wait_for(front.exists)
    try:
        for _ in range(2):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(60)
                connection.connect(str(front))
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answer = connection.makefile("rb").read()
            assert answer.endswith(b"\r\n\r\nhello"), answer
        assert [row["status"] for row in desk.ask("list")] == [200, 200]
    finally:
        os.kill(int(pid.read_text()), signal.SIGTERM)
    wait_for(lambda: not pid.exists())


def wait_for(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


if __name__ == "__main__":
    main()
