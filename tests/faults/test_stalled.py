# SPDX-License-Identifier: GPL-3.0-or-later
"""Fail open: another process keeps the database locked, or its disk is a slow one, while several clients talk through
Overhear. They go on, memory stays bounded, and when it is over everything they were sent is there; when a lock never ends,
Overhear says so.

STALL_SECONDS=30 in the environment makes it long.
"""
import contextlib
import http.client
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from desk import OVERHEAR, Desk, read_talks
from fixtures.keeper import only_child
from fixtures.outgoing import a_place, receiver, wait_for
from fixtures.simulator import Simulator
from tap import check, main

SECONDS = float(os.environ.get("STALL_SECONDS", "3"))
LATE, LOST = 4, 3  # OhGap


def count_whole(folder):
    return sum(talk.whole for talk in read_talks(folder).values())


def lock(desk):
    connection = sqlite3.connect(desk.folder / "data" / "overhear.db", isolation_level=None, timeout=30)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def get_resident(process):
    with open(f"/proc/{only_child(process.pid)}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def go_on(name, environment, trouble):
    """trouble (desk): a context manager, in which the store is in trouble."""
    with tempfile.TemporaryDirectory(prefix="overhear-stalled-") as folder, \
            Simulator(pathlib.Path(folder) / "simulator", speed=20) as simulator:
        desk = Desk(folder, simulator)
        desk.environment |= environment(desk)
        talks = pathlib.Path(folder) / "talks"
        process = desk.start_talkers(talks)
        try:
            with trouble(desk):
                before, peak, until = count_whole(talks), 0, time.monotonic() + SECONDS
                while time.monotonic() < until:
                    peak = max(peak, get_resident(process))
                    time.sleep(0.05)
                during = count_whole(talks) - before
            # Two more answers to each of the four.
            target, until = count_whole(talks) + 8, time.monotonic() + 60
            while count_whole(talks) < target:
                assert process.poll() is None and time.monotonic() < until, (process.poll(), target)
                time.sleep(0.05)
            process.terminate()
            process.wait(30)
            said = process.stderr.read().decode()
        finally:
            desk.end(process)
        received = read_talks(talks)
        desk.check_talks({name: talk for name, talk in received.items() if talk.whole}, time.monotonic())
        desk.check_sound()
        with sqlite3.connect(f"file:{folder}/data/overhear.db?mode=ro", uri=True) as db:
            late, lost = db.execute("SELECT count (*) FILTER (WHERE gaps & ?), count (*) FILTER (WHERE gaps & ?)"
                                    " FROM exchange", (LATE, LOST)).fetchone()
        print(f"# {during} whole answers while {name}, {late} of all late, {lost} incomplete; {peak} MB at most", flush=True)
        assert during >= 4, during
        assert late > 0 and lost == 0, (late, lost)
        assert peak <= 150, peak
        assert "locked" not in said, said


@check(f"locked for {SECONDS:g} s: clients go on, memory is bounded, and all they were sent is there afterwards")
def locked():
    @contextlib.contextmanager
    def locking(desk):
        other = lock(desk)
        yield
        other.execute("ROLLBACK")
        other.close()
    go_on("it was locked", lambda desk: {}, locking)


@check(f"a slow disk for {SECONDS:g} s: the same")
def slow():
    @contextlib.contextmanager
    def slowing(desk):
        mark = desk.folder / "data" / "slow"
        mark.touch()
        yield
        mark.unlink()
    go_on("the disk was slow", lambda desk: {"LD_PRELOAD": os.environ["SLOW_DISK_LIBRARY"],
                                             "SLOW_DISK": str(desk.folder / "data" / "slow")}, slowing)


@check("locked for 11 s behind a post of more than the queue holds: its sender waits, and each of its spans is whole")
def told():
    long = "0123456789abcdef" * (1 << 15)
    spans = [{"traceId": f"{i + 1:032x}", "spanId": f"{i + 1:016x}", "name": "job", "kind": 1, "startTimeUnixNano": "1",
              "endTimeUnixNano": "2", "attributes": [{"key": "text", "value": {"stringValue": f"{i} {long}"}}]} for i in range(100)]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    with a_place() as outer, receiver(outer.folder / "receiver") as place:
        path = place.folder / "data" / "overhear.db"
        other = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        unlocking = threading.Timer(11, lambda: other.execute("ROLLBACK"))
        connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=120)
        unlocking.start()
        connection.request("POST", "/v1/traces", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 200 and unlocking.finished.is_set(), answer.status
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            # It is answered soon after its last span was taken, stored or not.
            wait_for((len(spans),), lambda: db.execute("SELECT count(*) FROM exchange WHERE writer = 0").fetchone())
            lost, shortest = db.execute("SELECT sum(gaps & ?), min(request_length) FROM exchange", (LOST,)).fetchone()
        assert lost == 0 and shortest > len(long), (lost, shortest)


@check("locked to the end: it says so, and a later start goes on by itself")
def locked_to_the_end():
    with tempfile.TemporaryDirectory(prefix="overhear-locked-") as folder, \
            Simulator(pathlib.Path(folder) / "simulator") as simulator:
        desk = Desk(folder, simulator)
        process = subprocess.Popen([OVERHEAR, "run", "sh", "-c", "echo up; read line"], env=desk.environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "up\n"
        other = lock(desk)
        _, said = process.communicate("\n", timeout=60)
        assert process.returncode == 0, (process.returncode, said)
        assert "locked" in said, said
        done = subprocess.run([OVERHEAR, "run", "true"], env=desk.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 125 and "locked" in done.stderr, done
        other.close()
        assert desk.overhear("run", sys.executable, "-c", "pass") == ""
        desk.check_sound()


main()
