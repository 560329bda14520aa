# SPDX-License-Identifier: GPL-3.0-or-later
"""Traces that are sent to a collector: to another Overhear, and to one that is busy, gone, or does not like what it gets."""
import contextlib
import json
import pathlib
import re
import signal
import subprocess
import time

from fixtures.collector import Collector
from fixtures.outgoing import OVERHEAR, PROGRAM, SECRET, a_place, receiver, wait_for
from tap import check, main

# One call, and what hangs on it.
CALL = PROGRAM.split("for attempt in")[0]


def exported(place):
    """The spans that there are."""
    found = []
    for line in place.overhear("export", "--format", "otlp").splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            found += [(span["traceId"], span["spanId"]) for scope in resource["scopeSpans"] for span in scope["spans"]]
    return sorted(found)


@check("a selection goes to another Overhear and is the same there; twice is once")
def selection():
    with a_place() as place, receiver(place.folder / "other") as other:
        place.capture()
        wanted = place.trees()
        for _ in range(2):
            [told] = place.lines("send", "--to", other.url)
            assert told["spans"] == len(exported(place)) and told["lost"] == 0 and told["problem"] is None, told
            wait_for(wanted, other.trees)
        assert "no address" in place.overhear("send", "--to", "nowhere", status=2)
        assert "NAME: VALUE" in place.overhear("send", "--to", other.url, "--header", "what", status=2)


@check("a collector gets the headers, packed by gzip or not as it can; one that is busy, gives up or breaks off is asked again, "
       "when it says")
def patience():
    with a_place() as place:
        place.capture()
        wanted = exported(place)
        with Collector((429, {"Retry-After": "1"}, b""), 503, "die") as collector:
            [told] = place.lines("send", "--to", f"{collector.url}/otel", "--header", "X-Key: s3cret")
            assert told["spans"] == len(wanted) and sorted(collector.taken) == wanted, told
            path, headers, _ = collector.requests[0]
            assert path == "/otel/v1/traces" and headers["X-Key"] == "s3cret" and headers["Content-Encoding"] == "gzip", headers
            assert headers["Content-Type"] == "application/x-protobuf", headers
            assert len(collector.requests) == 4 and collector.requests[1][2] - collector.requests[0][2] > 0.9
        with Collector(packed=False) as collector:
            place.overhear("send", "--to", f"{collector.url}/v1/traces")
            assert sorted(collector.taken) == wanted and len(collector.requests) == 2


@check("what is too much comes in halves; what one does not like takes no other with it; what was rejected is said")
def refusals():
    with a_place() as place:
        place.capture()
        wanted = exported(place)
        with Collector(limit=2) as collector:
            [told] = place.lines("send", "--to", collector.url)
            assert told["spans"] == len(wanted) and sorted(collector.taken) == wanted, told
        with Collector(limit=0) as collector:
            said = place.overhear("send", "--to", collector.url, status=1)
            assert "413" in said and collector.taken == [], said
        # ExportTraceServiceResponse { partial_success { rejected_spans: 2, error_message: "no birds" } }
        with Collector((200, {}, b"\x0a\x0c\x08\x02\x12\x08no birds")) as collector:
            said = place.overhear("send", "--to", collector.url, status=1)
            assert "2 spans: no birds" in said, said
        with Collector((200, {"Content-Type": "text/html"}, b"\n<!doctype html><title>Welcome</title>")) as collector:
            said = place.overhear("send", "--to", collector.url, status=1)
            assert "web page" in said and "arrived" not in said, said
        with Collector(*[401] * 9) as collector:
            said = place.overhear("send", "--to", collector.url, status=1)
            assert "401" in said and len(collector.requests) == 1, said


@check("while it is on, what a run did has arrived when the run has ended, each span once; what was there before is not sent")
def live():
    with a_place() as place, Collector() as collector:
        place.capture(CALL)
        before = exported(place)
        [told] = place.lines("send", "--on", "--to", collector.url, "--header", "X-Key: " + SECRET)
        assert told["on"] and told["waiting"] == 0 and told["thinking"] is False, told
        file = place.folder / "data" / "collector"
        assert file.stat().st_mode & 0o777 == 0o600
        place.capture()
        wanted = [span for span in exported(place) if span not in before]
        assert sorted(collector.taken) == wanted, (collector.taken, wanted)
        [told] = place.lines("send", "--status")
        assert told["waiting"] == 0 and told["sent"] > 4 and told["failing_since"] is None, told
        assert all(headers["X-Key"] == SECRET for _, headers, _ in collector.requests)
        place.overhear("send", "--off")
        place.capture(CALL)
        assert sorted(collector.taken) == wanted
        assert "Nothing is sent" in place.overhear("send", "--status")


@check("what does not get through waits in the store, the run says why and since when; another process sends it once it can")
def restart():
    with a_place() as place:
        with Collector() as collector:
            port = collector.port
        place.overhear("send", "--on", "--to", f"http://127.0.0.1:{port}")
        place.capture(CALL)
        [told] = place.lines("send", "--status")
        assert told["waiting"] > 1 and told["sent"] == 0 and told["failing_since"] and "reached" in told["problem"], told
        said = place.overhear("send", "--status")
        assert "Nothing has reached the collector since" in said, said
        with Collector(503, "die", port=port) as collector, listening(place):
            wait_for(0, lambda: place.lines("send", "--status")[0]["waiting"])
            wait_for(exported(place), lambda: sorted(set(collector.taken)))
            [told] = place.lines("send", "--status")
            assert told["failing_since"] is None and told["problem"] is None, told


@contextlib.contextmanager
def listening(place):
    process = subprocess.Popen([OVERHEAR, "listen", "--json", "--otlp=0", "--grpc=0", "--smello=0", "--sideseat=0"],
                               env=place.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        told = json.loads(process.stdout.readline())
        yield process, next(door["port"] for door in told["ports"] if door["for"] == "otlp")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


def wakings(process):
    """How often the thread that sends has slept; None: it has not begun."""
    for status in pathlib.Path(f"/proc/{process.pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):
            text = status.read_text()
            if text.startswith("Name:\tsender\n"):
                return re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M)[1]


@check("who has nothing to send sleeps, whether it is switched off, or on and all has arrived; what another process stores wakes it")
def asleep():
    with a_place() as place, Collector() as collector, listening(place) as (process, _):
        def sleeps():
            before = wakings(process)
            time.sleep(2.5)
            return before is not None and wakings(process) == before

        wait_for(True, sleeps)
        place.overhear("send", "--on", "--to", collector.url)
        place.capture(CALL)
        wait_for(exported(place), lambda: sorted(set(collector.taken)))
        wait_for(True, sleeps)
        place.overhear("send", "--off")
        wait_for(True, sleeps)
        place.overhear("send", "--on", "--to", collector.url)
        n = len(collector.requests)
        place.capture(CALL)
        wait_for(True, lambda: len(collector.requests) > n)
        wait_for(0, lambda: place.lines("send", "--status")[0]["waiting"])


@check("it never goes round in circles: an address that is our own is refused, and what comes back by another is not sent again")
def circles():
    with a_place() as place, listening(place) as (_, port):
        place.capture(CALL)
        wanted = exported(place)
        said = place.overhear("send", "--to", f"http://127.0.0.1:{port}", status=1)
        assert "circles" in said, said
        assert exported(place) == wanted


main()
