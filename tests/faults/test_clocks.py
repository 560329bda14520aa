# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock is set, forwards and backwards, while a program runs; the machine sleeps."""
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import tempfile
import time

from desk import OVERHEAR, Desk, read_talks
from fixtures.keeper import only_child
from fixtures.simulator import Simulator
from proxyhost import Proxy, Server, answering, read_answer, reply
from tap import check, main

HOUR, DAY = 3600, 86400
# Each line is a call on a connection of its own, whose certificate is verified by the clock of just then.
CALLER = """
import json, sys, urllib.request
for line in sys.stdin:
    body = {"model": "claude-sonnet-4-5-20250929", "max_tokens": 20, "messages": [{"role": "user", "content": line}]}
    request = urllib.request.Request("https://api.anthropic.com/v1/messages", json.dumps(body).encode(), {
        "content-type": "application/json", "x-api-key": "sk-ant-test-0123456789abcdef", "anthropic-version": "2023-06-01"})
    print(urllib.request.urlopen(request, timeout=60).status, flush=True)
"""


def set_clocks(path, date=0, slept=0):
    whole = path.with_suffix(".new")
    whole.write_text(f"{date} {slept}")
    whole.rename(path)


@check("the clock of dates is set: programs go on, each call is recorded, and nothing ends before it began")
def dates():
    steps = [0, 2 * HOUR, -2 * HOUR, 20 * DAY, 100 * DAY, -20 * DAY, 0]
    with tempfile.TemporaryDirectory(prefix="overhear-clocks-") as folder, \
            Simulator(pathlib.Path(folder) / "simulator") as simulator:
        desk = Desk(folder, simulator)
        clocks = desk.folder / "clocks"
        set_clocks(clocks, 0)
        environment = desk.environment | {"LD_PRELOAD": os.environ["CLOCKS_LIBRARY"], "CLOCKS": str(clocks)}
        process = subprocess.Popen([OVERHEAR, "run", desk.detour, sys.executable, "-c", CALLER], env=environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number, step in enumerate(steps):
            set_clocks(clocks, step)
            process.stdin.write(f"call {number}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "200\n", (step, process.communicate())
        set_clocks(clocks, -DAY)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0 and said == "", said
        now = time.time()
        rows = [json.loads(line) for line in desk.overhear("list", "--json").splitlines()]
        assert len(rows) == len(steps), rows
        for row in rows:
            shown = json.loads(desk.overhear("show", "--json", str(row["id"])))
            step = steps[int(shown["request"]["body"].split("call ")[1][0])]
            assert row["outcome"] == "finished" and row["status"] == 200, row
            assert 0 <= row["duration_ms"] < 600000, row
            with desk.open() as db:
                started, = db.execute("SELECT started_ns FROM exchange WHERE id = ?", (row["id"],)).fetchone()
            assert abs(started / 1e9 - now - step) < 600, (row, step)
        with desk.open() as db:
            started, ended = db.execute("SELECT started_ns, ended_ns FROM run").fetchone()
        assert 0 < ended - started < 600e9, (started, ended)
        desk.check_sound()


@check("after a sleep a pooled connection is as old as it is")
def slept():
    with tempfile.TemporaryDirectory(prefix="overhear-clocks-") as folder, Server(answering(reply())) as server:
        clocks = pathlib.Path(folder) / "clocks"
        set_clocks(clocks)
        os.environ |= {"LD_PRELOAD": os.environ["CLOCKS_LIBRARY"], "CLOCKS": str(clocks)}
        try:
            proxy = Proxy()
        finally:
            del os.environ["LD_PRELOAD"]
        with proxy:
            client = proxy.connect()
            for seconds, connections in (0, 1), (0, 1), (600, 2), (600, 2):
                set_clocks(clocks, 0, seconds)
                client.sendall(f"GET http://localhost:{server.port}/ HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}\r\n".encode())
                assert read_answer(client)[1] == b"hello"
                assert server.connections == connections, (seconds, server.connections)


@check("a certificate that was refused for the clock's sake is offered again once that has been set")
def refused():
    with tempfile.TemporaryDirectory(prefix="overhear-clocks-") as folder, Server(answering(reply())) as server:
        clocks = pathlib.Path(folder) / "clocks"
        set_clocks(clocks)
        os.environ |= {"LD_PRELOAD": os.environ["CLOCKS_LIBRARY"], "CLOCKS": str(clocks)}
        try:
            proxy = Proxy("--hosts", "api.test")
        finally:
            del os.environ["LD_PRELOAD"]
        with proxy:
            proxy.order("open 1")
            proxy.order(f"upstream 0 api.test http://127.0.0.1:{server.port}")
            # The clock of the programs is another one, and sees a certificate of the future.
            set_clocks(clocks, 400 * DAY)
            for _ in range(2):
                try:
                    proxy.tls("api.test", 443, None)
                    raise AssertionError("it was accepted")
                except (ssl.SSLError, OSError):
                    pass
            set_clocks(clocks)
            client = proxy.tls("api.test", 443, None)
            client.sendall(b"GET / HTTP/1.1\r\nHost: api.test\r\n\r\n")
            assert read_answer(client)[1] == b"hello"
            client.close()


@check("stopped for a while in the middle of everything: clients go on, and all they were sent is there")
def stopped():
    with tempfile.TemporaryDirectory(prefix="overhear-clocks-") as folder, \
            Simulator(pathlib.Path(folder) / "simulator", speed=20) as simulator:
        desk = Desk(folder, simulator)
        talks = pathlib.Path(folder) / "talks"
        process = desk.start_talkers(talks)
        try:
            keeper = only_child(process.pid)
            for _ in range(3):
                os.kill(keeper, signal.SIGSTOP)
                time.sleep(0.7)
                os.kill(keeper, signal.SIGCONT)
                target, until = sum(talk.whole for talk in read_talks(talks).values()) + 8, time.monotonic() + 60
                while sum(talk.whole for talk in read_talks(talks).values()) < target:
                    assert process.poll() is None and time.monotonic() < until, process.poll()
                    time.sleep(0.05)
            process.terminate()
            process.wait(30)
        finally:
            desk.end(process)
        desk.check_talks({name: talk for name, talk in read_talks(talks).items() if talk.whole}, time.monotonic())
        desk.check_sound()


main()
