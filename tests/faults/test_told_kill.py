# SPDX-License-Identifier: GPL-3.0-or-later
"""Overhear is killed (SIGKILL) while ten thousand calls are told to it, and while they go on to a collector: what was answered
is there, each call arrives, and no more than what was under way arrives twice."""
import contextlib
import http.client
import json
import pathlib
import random
import sqlite3
import subprocess
import tempfile
import threading
import time

from fixtures.collector import Collector
from fixtures.otlp import attribute, field, fixed64
from fixtures.outgoing import OVERHEAR, Place
from tap import check, main

POSTS, AT_ONCE, CLIENTS = 500, 20, 4
# An answer waits for its commit as long as that of a captured call does (HACKING.md): a later one is not certain.
CERTAIN_S = 0.2


def post_of(number):
    """Its body, its type, and the ids in it: calls of a minute ago, each a trace. Every other post is kept as it is before it is taken
    apart."""
    since = time.time_ns() - 90_000_000_000
    said = [("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "claude-sonnet-4-5"),
            ("gen_ai.output.messages", '[{"role": "assistant", "parts": [{"type": "text", "content": "Yes."}]}]')]
    names = {(f"{number * AT_ONCE + i + 1:032x}", f"{i + 1:016x}") for i in range(AT_ONCE)}
    if number % 2 == 0:
        packed = b"".join(
            field(2, field(1, bytes.fromhex(trace)) + field(2, bytes.fromhex(span)) + field(5, "chat") + field(6, 3) + fixed64(7, since) +
                  fixed64(8, since + 50_000_000) + b"".join(field(9, attribute(*one)) for one in said)) for trace, span in sorted(names))
        return field(1, field(2, packed)), "application/x-protobuf", names
    text = lambda name, value: {"key": name, "value": {"stringValue": value}}
    spans = [{"traceId": trace, "spanId": span, "name": "chat", "kind": 3, "startTimeUnixNano": str(since),
              "endTimeUnixNano": str(since + 50_000_000), "attributes": [text(*one) for one in said]} for trace, span in sorted(names)]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "app"}, "spans": spans}]}]}).encode()
    return body, "application/json", names


class Listener:
    def __init__(self, place):
        self.process = subprocess.Popen([OVERHEAR, "listen", "--json", "--otlp=0", "--grpc=0", "--smello=0", "--sideseat=0"],
                                        env=place.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        told = json.loads(self.process.stdout.readline())
        self.port = next(door["port"] for door in told["ports"] if door["for"] == "otlp")

    def kill(self):
        self.process.kill()
        self.process.communicate()


def tell(port, posts, answered):
    """Tells from several clients, until all is told or nobody answers. @answered: number → how soon"""
    waiting = list(posts)[::-1]

    def send():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.suppress(OSError, http.client.HTTPException):
            while waiting:
                number = waiting.pop()
                since = time.monotonic()
                connection.request("POST", "/v1/traces", bodies[number][0], {"Content-Type": bodies[number][1]})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
                answered[number] = time.monotonic() - since

    threads = [threading.Thread(target=send) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    return threads


def wait_until(true, what):
    until = time.monotonic() + 300
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.05)


bodies = [post_of(number) for number in range(POSTS)]


@check(f"killed while {POSTS * AT_ONCE} calls come in, and while they are sent on: what was answered is there, and each arrives")
def killed():
    everything = set().union(*(ids for *_, ids in bodies))
    with tempfile.TemporaryDirectory(prefix="overhear-told-") as folder, Collector() as collector:
        place, answered = Place(folder), {}
        place.overhear("send", "--on", "--to", collector.url)
        first = Listener(place)
        threads = tell(first.port, range(POSTS), answered)
        enough = random.Random("overhear").randrange(100, 300)
        wait_until(lambda: len(answered) >= enough, "answers")
        first.kill()
        for thread in threads:
            thread.join()
        certain = [number for number, soon in answered.items() if soon < CERTAIN_S]
        with contextlib.closing(sqlite3.connect(pathlib.Path(folder) / "data/overhear.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)

        # As an exporter does: what had no answer is told again.
        second = Listener(place)
        told = {}
        for thread in tell(second.port, [number for number in range(POSTS) if number not in certain], told):
            thread.join()
        assert len(told) + len(certain) == POSTS, (len(told), len(certain))
        wait_until(lambda: len(collector.taken) >= 2000, "spans")
        second.kill()
        third = Listener(place)
        try:
            wait_until(lambda: everything <= set(collector.taken), "all spans")
            wait_until(lambda: place.lines("send", "--status")[0]["waiting"] == 0, "that nothing waits")
        finally:
            third.kill()
        calls = place.lines("traces")
        assert len(calls) == POSTS * AT_ONCE and all(trace["calls"] == 1 for trace in calls), len(calls)
        twice = len(collector.taken) - len(set(collector.taken))
        print(f"# {len(answered)} of {POSTS} posts had been answered before the first kill, {len(certain)} of them at once; {twice} spans arrived "
              f"twice, in posts of at most {max(collector.sizes)}", flush=True)
        assert set(collector.taken) == everything and twice <= 2 * max(collector.sizes), twice


main()
