# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of durability share: clients that talk through Overhear, and whether the store has what they were sent."""
import base64
import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time

from fixtures.keeper import only_child

OVERHEAR = os.environ["OVERHEAR"]
TALKERS = pathlib.Path(__file__).parent / "programs" / "talkers.py"
LAG = 0.1  # seconds of a cut stream that may be missing


class Talk:
    """One answer as its client received it."""

    def __init__(self):
        self.request = self.data = b""
        self.arrivals = []
        self.whole = False
        self.status = None


def read_talks(folder):
    talks = {}
    for path in folder.iterdir():
        for line in path.read_bytes().split(b"\n")[:-1]:
            line = json.loads(line)
            talk = talks.setdefault(line["name"], Talk())
            talk.whole = line.get("whole", talk.whole)
            if "status" in line:
                talk.status, talk.request = line["status"], base64.b64decode(line["request"])
            if "data" in line:
                talk.data += base64.b64decode(line["data"])
                talk.arrivals.append((line["at"], len(talk.data)))
    return talks


class Desk:
    def __init__(self, folder, simulator):
        self.folder = pathlib.Path(folder)
        self.detour = f"--upstream=api.anthropic.com={simulator.url}"
        self.environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | {
            "OVERHEAR_DATA_DIR": str(self.folder / "data"), "XDG_RUNTIME_DIR": str(self.folder), "LC_ALL": "C.UTF-8"}
        self.seen = 0
        self.counts = {"whole": 0, "cut": 0}

    def overhear(self, *words):
        done = subprocess.run([OVERHEAR, *words], env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (words, done.returncode, done.stderr)
        return done.stdout

    def time_start(self):
        begun = time.monotonic()
        self.overhear("run", "true")
        return time.monotonic() - begun

    def start_talkers(self, folder):
        """Returns: Overhear, once the first of its clients has begun to write what it is sent into the folder."""
        folder.mkdir()
        process = subprocess.Popen([OVERHEAR, "run", self.detour, "--", sys.executable, str(TALKERS), str(folder)],
                                   env=self.environment, start_new_session=True, stderr=subprocess.PIPE)
        try:
            until = time.monotonic() + 30
            while not any(folder.iterdir()):
                assert process.poll() is None and time.monotonic() < until, process.poll()
                time.sleep(0.002)
        except BaseException:
            self.end(process)
            raise
        return process

    def end(self, process):
        process.stderr.close()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(10)

    def kill_at(self, round_number, moment):
        """Returns: what the clients received, and when Overhear died."""
        folder = self.folder / f"talks{round_number}"
        process = self.start_talkers(folder)
        try:
            time.sleep(moment)
            assert process.poll() is None, process.stderr.read()
            died = time.monotonic()
            os.kill(only_child(process.pid), signal.SIGKILL)
            # The clients hold the other end of our pipe until each has noticed.
            process.stderr.read()
            process.wait(10)
        finally:
            self.end(process)
        return read_talks(folder), died

    def open(self):
        return contextlib.closing(sqlite3.connect(f"file:{self.folder}/data/overhear.db?mode=ro", uri=True))

    def check_sound(self):
        with self.open() as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    def check_talks(self, talks, died):
        rows = {row["url"].rpartition("?talk=")[2]: row for row in map(json.loads, self.overhear("list", "--json").splitlines())
                if row["id"] > self.seen and "?talk=" in row["url"]}
        for name, talk in talks.items():
            due = talk.whole or any(at < died - LAG for at, _ in talk.arrivals)
            if not due and name not in rows:
                continue
            assert name in rows, (name, "is missing", talk.whole)
            row = rows[name]
            shown = json.loads(self.overhear("show", "--json", str(row["id"])))
            kept, kept_request = get_body(shown["response"]), get_body(shown["request"])
            if talk.whole:
                assert row["outcome"] == "finished" and row["status"] == talk.status, (row, len(kept), len(talk.data))
                assert kept == talk.data and kept_request == talk.request, (row, len(kept), len(talk.data))
                self.counts["whole"] += 1
                continue
            assert row["outcome"] == "cut" and row["ended_by"] == "us" or row["outcome"] == "finished", row
            due = max([length for at, length in talk.arrivals if at < died - LAG], default=0)
            assert len(kept) >= due, (row, len(kept), due, len(talk.data))
            shorter = min(len(kept), len(talk.data))
            assert kept[:shorter] == talk.data[:shorter], (row, kept, talk.data)
            assert kept_request == talk.request, row
            self.counts["cut"] += 1
        # Nothing is left open, whoever made it.
        assert all(row["outcome"] != "pending" for row in rows.values()), rows
        self.seen = max([row["id"] for row in rows.values()], default=self.seen)


def get_body(side):
    if side is None:
        return b""
    return base64.b64decode(side["body_base64"]) if side["body"] is None else side["body"].encode()
