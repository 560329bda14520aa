# SPDX-License-Identifier: GPL-3.0-or-later
"""`overhear listen`: what programs that were not launched tell of themselves."""
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
from random import Random

import jsonschema

from tap import check, main

OVERHEAR = os.environ["OVERHEAR"]
JSON = {"Content-Type": "application/json"}


def spans(name, number=[0]):
    number[0] += 1
    start = time.time_ns()
    return json.dumps({"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "birds"}}]},
                                          "scopeSpans": [{"spans": [{
                                              "traceId": f"{number[0]:032x}", "spanId": "01" * 8, "name": name,
                                              "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + 1000)}]}]}]})


class Listening:
    def __init__(self, folder, *options):
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.lower().endswith("_proxy") and not name.startswith(("OTEL_", "SIDESEAT_", "SMELLO_"))} | {
            "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "OVERHEAR_DATA_DIR": str(pathlib.Path(folder) / "data")}
        self.process = subprocess.Popen([OVERHEAR, "listen", "--json", *options], env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.told = json.loads(self.process.stdout.readline())
        self.ports = {door["for"]: door["port"] for door in self.told["ports"]}

    def post(self, door, path, body, headers=JSON, host="127.0.0.1", method="POST"):
        connection = http.client.HTTPConnection(host, self.ports[door], timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def lines(self, *words):
        done = subprocess.run([OVERHEAR, *words, "--json"], env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_lines(self, number, *words):
        """Once as many are understood."""
        until = time.monotonic() + 60
        while len(found := self.lines(*words)) < number:
            assert time.monotonic() < until, found
            time.sleep(0.05)
        return found

    def end(self):
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=60)
        assert (self.process.returncode, said) == (0, ""), (self.process.returncode, said)


ANY = ("--otlp=0", "--grpc=0", "--smello=0", "--sideseat=0")


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def call_by_grpc(port, message, *more, authority="localhost", host="127.0.0.1"):
    """One call of Export, with HTTP/2's frames as they are. Returns when the answer has ended."""
    fields = {":method": "POST", ":scheme": "http", ":path": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
              ":authority": authority, "content-type": "application/grpc", **dict(more)}
    head = b"".join(b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
                    for name, value in fields.items())
    with socket.create_connection((host, port), 60) as connection, connection.makefile("rb") as answer:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(1, 4, 1, head)
                           + frame(0, 1, 1, b"\0" + len(message).to_bytes(4, "big") + message))
        while True:
            start = answer.read(9)
            answer.read(int.from_bytes(start[:3], "big"))
            if start[3] in (0, 1) and start[4] & 1 and start[8] == 1:
                return


def record(text):
    """An ExportLogsServiceRequest of one record."""
    field = lambda number, content: bytes([number << 3 | 2, len(content)]) + content
    return field(1, field(2, field(2, field(5, field(1, text.encode())))))


@contextlib.contextmanager
def listening(*options):
    with tempfile.TemporaryDirectory(prefix="overhear-listen-") as folder:
        made = Listening(folder, *options)
        try:
            yield made
            made.end()
        finally:
            made.process.kill()
            made.process.communicate()


@check("spans, events and SideSeat's projects come in by IPv4, IPv6 and name, under the program that sent them; Ctrl+C ends it")
def comes_in():
    with listening(*ANY) as here:
        jsonschema.Draft202012Validator(json.loads(subprocess.run([OVERHEAR, "schema", "listen"], capture_output=True).stdout)
                                        ).validate(here.told)
        assert all(here.ports.values()) and len(set(here.ports.values())) == len(here.ports), here.told
        assert here.post("otlp", "/v1/traces", spans("by v4")) == (200, b"{}")
        if socket.has_ipv6:
            assert here.post("otlp", "/v1/traces?x=1", spans("by v6"), host="::1")[0] == 200
        assert here.post("sideseat", "/otel/default/v1/traces", spans("to a project"), host="localhost")[0] == 200
        assert here.post("smello", "/api/capture/log", json.dumps({"data": {"level": "INFO", "message": "swallows"}}))[0] == 201
        # Who joins addresses with a slash too many.
        for path in ("//v1/traces", "/v1/traces/", "/otel/default/v1/traces//", "//api/capture/log/"):
            assert here.post("otlp", path, "[]")[0] == 400, path
        assert here.post("otlp", "/v1/nothing", "{}")[0] == 404 and here.post("otlp", "/v1/traces", None, method="GET")[0] == 405
        names = {trace["name"] for trace in here.wait_lines(3 if socket.has_ipv6 else 2, "traces")}
        assert names >= {"by v4", "to a project"} | ({"by v6"} if socket.has_ipv6 else set()), names
        [log] = here.wait_lines(1, "list", "kind:log")
        assert log["run"] is None and log["program"]["pid"] == os.getpid(), log
        assert "test_listen.py" in log["program"]["command"], log


def turn(number, said, service, instance=None):
    """The request of a call of a conversation: what was said in turns, and the answer."""
    *asked, answer = said
    message = lambda i, text: {"role": ("user", "assistant")[i % 2], "parts": [{"type": "text", "content": text}]}
    strings = lambda **values: [{"key": key.replace("_", "."), "value": {"stringValue": value}} for key, value in values.items() if value]
    start = time.time_ns() + number * 1_000_000
    return json.dumps({"resourceSpans": [{"resource": {"attributes": strings(service_name=service, service_instance_id=instance)},
                                          "scopeSpans": [{"spans": [{
                                              "traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "chat",
                                              "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + 1000), "attributes": [
                                                  {"key": f"gen_ai.{key}", "value": {"stringValue": value}} for key, value in {
                                                      "operation.name": "chat", "provider.name": "anthropic",
                                                      "request.model": "claude-sonnet-4-5", "response.id": f"msg_{number}",
                                                      "input.messages": json.dumps([message(i, text) for i, text in enumerate(asked)]),
                                                      "output.messages": json.dumps([message(1, answer)])}.items()]}]}]}]})


POST = """import sys, urllib.request
for body in sys.stdin.read().splitlines():
    urllib.request.urlopen(urllib.request.Request(sys.argv[1], body.encode(), {"Content-Type": "application/json"}))
"""


@check("what two programs say without a run is two conversations, also where they say the same; so is that of two services of which one "
       "process tells; an edited history is found within one program only")
def two_programs():
    first, second = ["Where do swallows winter, and by which of the ways?", "South of the Sahara, and they get there across Gibraltar, along the coast of the Atlantic, in October. " * 3], ["And storks?", "There, too."]
    edited = ["Say it in short.", *first[1:], *second]
    for same, services in ((False, ("birds", "birds")), (True, ("birds", "bees"))):
        with listening(*ANY) as here:
            url = f"http://127.0.0.1:{here.ports['otlp']}/v1/traces"
            mine = [turn(1, first, services[0]), turn(3, first + second, services[0]), turn(5, edited, services[0])]
            others = [turn(2, first, services[1]), turn(4, first + second, services[1])]
            for bodies in ([[*mine, *others]] if same else [mine, others]):
                subprocess.run(["/usr/bin/python3", "-c", POST, url], input="\n".join(bodies), text=True, check=True, timeout=60)
            here.wait_lines(5, "list")
            threads = {thread["calls"] for thread in here.wait_lines(2, "threads")}
            assert threads == {3, 2}, here.lines("threads")
    with listening(*ANY) as here:
        subprocess.run(["/usr/bin/python3", "-c", POST, f"http://127.0.0.1:{here.ports['otlp']}/v1/traces"], text=True, check=True, timeout=60,
                       input="\n".join([turn(1, first, "birds"), turn(2, ["Say it in short.", *first[1:], *second], "bees")]))
        here.wait_lines(2, "list")
        assert [thread["calls"] for thread in here.wait_lines(2, "threads")] == [1, 1], here.lines("threads")


@check("a web page cannot post: not with its Origin, and not by a name that it made up")
def pages():
    with listening(*ANY) as here:
        for door, path, body in (("otlp", "/v1/traces", spans("x")), ("smello", "/api/capture/log", "{}"),
                                 ("sideseat", "/otel/p/v1/traces", spans("x"))):
            for headers in ({"Origin": "https://page.example"}, {"Origin": "null"}, {"Origin": "http://localhost:3000"},
                            {"Host": "page.example"}, {"Host": f"page.example:{here.ports[door]}"}, {"Host": ""},
                            {"Host": "127.0.0.1.page.example"}):
                assert here.post(door, path, body, JSON | headers)[0] == 403, headers
        # Nor is it the proxy.
        assert here.post("otlp", "http://page.example/v1/traces", spans("x"), JSON | {"Host": "page.example"})[0] == 403
        assert here.post("otlp", "page.example:443", None, {"Host": "page.example"}, method="CONNECT")[0] == 403
        assert here.lines("traces") == [] and here.lines("list") == []


@check("gRPC: a call comes in, one of a web page does not; what is no HTTP/2 ends")
def by_grpc():
    with listening(*ANY) as here:
        call_by_grpc(here.ports["grpc"], record("by gRPC"))
        call_by_grpc(here.ports["otlp"], record("at any of the ports"), host="::1" if socket.has_ipv6 else "127.0.0.1")
        call_by_grpc(here.ports["grpc"], record("by a name of its own"), authority="page.example")
        call_by_grpc(here.ports["grpc"], record("with an origin"), ("origin", "https://page.example"))
        with socket.create_connection(("127.0.0.1", here.ports["grpc"]), 60) as connection:
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 1000)
            while connection.recv(1000):
                pass
        rows = here.wait_lines(2, "list", "kind:log")
        assert sorted(row["url"].rpartition("/")[2] for row in rows) == ["at any of the ports", "by gRPC"], rows
        assert all(row["program"]["pid"] == os.getpid() for row in rows), rows


class Shared:
    """What a connection answers, one answer behind the other."""

    def __init__(self, connection):
        self.file = connection.makefile("rb")

    def makefile(self, mode):
        return self

    def __getattr__(self, name):
        return getattr(self.file, name)

    def close(self):
        pass


def answer_of(shared):
    """The status of the next answer, and whether another may follow; None: the connection has ended."""
    answer = http.client.HTTPResponse(shared)
    try:
        answer.begin()
        answer.read()
    except (ConnectionError, http.client.HTTPException):
        return None
    return answer.status, not answer.will_close


def deep(levels):
    return '{"resourceSpans":' + "[" * levels + "]" * levels + "}"


def make_post(random, good):
    """A request, and what it may be answered with."""
    name = f"span {random.getrandbits(64):x}"
    body, headers, path = spans(name).encode(), {"Content-Type": "application/json"}, "/v1/traces"
    half = json.loads(body)
    half["resourceSpans"][0]["scopeSpans"][0]["spans"].insert(random.randrange(2), {"traceId": "zz", "spanId": 7, "name": ["?"]})
    wrong = {
        "cut": lambda: (body[:random.randrange(1, len(body) - 1)], {}, (400,)),
        "bytes": lambda: (random.randbytes(random.randrange(1, 400)), {}, (400,)),
        "type": lambda: (body, {"Content-Type": "text/plain"}, (415,)),
        "other type": lambda: (body, {"Content-Type": "application/x-protobuf"}, (400,)),
        "encoding": lambda: (body, {"Content-Encoding": "zstd+x"}, (200,)),
        "not packed": lambda: (body, {"Content-Encoding": "gzip"}, (200,)),
        "cut packed": lambda: (gzip.compress(body)[:-random.randrange(1, 30)], {"Content-Encoding": "gzip"}, (400,)),
        "deep": lambda: (deep(random.choice([10, 1000, 100000])).encode(), {}, (200, 400)),
        "scalar": lambda: (random.choice([b"null", b"7", b'"x"', b"[]"]), {}, (400,)),
        "empty": lambda: (b"{}", {}, (200,)),
        "one bad span": lambda: (json.dumps(half).encode(), {}, (200,)),
    }
    expected = (200,)
    if good:
        if random.random() < 0.4:
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    else:
        kind = random.choice(sorted(wrong))
        body, more, expected = wrong[kind]()
        headers |= more
        # What is not packed as it says is taken as it is.
        good = kind in ("one bad span", "encoding", "not packed")
    if random.random() < 0.3:
        at = random.randrange(len(body) + 1)
        framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:at], body[at:]) if piece) + b"0\r\n\r\n"
        headers["Transfer-Encoding"] = "chunked"
    else:
        framed, headers["Content-Length"] = body, str(len(body))
    head = "".join(f"{key}: {value}\r\n" for key, value in {"Host": "localhost", **headers}.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + framed, expected, name if good else None


@check("many posts on one connection, some at once, cut anywhere, with malformed ones between: each is answered as what it is, and every "
       "good span is there once")
def sequences():
    for seed in range(int(os.environ.get("OH_SEQUENCES", "4"))):
        random, kept, connection = Random(seed), [], None
        with listening(*ANY) as here:
            waiting = [make_post(random, random.random() < 0.5) for _ in range(60)]
            while waiting:
                if connection is None:
                    connection = socket.create_connection(("127.0.0.1", here.ports["otlp"]), 60)
                    answers = Shared(connection)
                sent = waiting[:random.randrange(1, 5)]
                text = b"".join(request for request, _, _ in sent)
                try:
                    while text:
                        n = random.choice([1, 7, 100, 5000, len(text)])
                        connection.sendall(text[:n])
                        text = text[n:] if len(text) < 20000 else (connection.sendall(text[n:]) or b"")
                except ConnectionError:
                    pass
                more = True
                for request, expected, name in sent:
                    answer = answer_of(answers) if more else None
                    # What is behind the end of a connection was not taken, and comes again.
                    more = answer is not None and answer[1]
                    if answer is None:
                        break
                    assert answer[0] in expected, (seed, answer, expected, request[:300])
                    waiting.pop(0)
                    if name:
                        kept.append(name)
                if not more:
                    connection.close()
                    connection = None
            here.wait_lines(len(kept), "traces")
            names = [trace["name"] for trace in here.lines("traces")]
            assert sorted(names) == sorted(kept) and len(kept) > 20, (seed, set(names) ^ set(kept), len(names), len(kept))


@check("a port that is taken is said by the name of the program that has it, and the others are open; where all are taken it fails")
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with listening(f"--otlp={port}", *ANY[1:]) as here:
            [problem] = [door["problem"] for door in here.told["ports"] if door["for"] == "otlp"]
            assert str(port) in problem and "test_listen.py" in problem and str(os.getpid()) in problem, problem
            assert here.ports["otlp"] is None and here.ports["smello"] and here.ports["sideseat"]
            said = subprocess.run([OVERHEAR, "listen", f"--otlp={port}", f"--smello={port}", f"--sideseat={port}", f"--grpc={port}"],
                                  env=here.environment, capture_output=True, text=True, timeout=60)
            assert said.returncode == 1 and said.stderr.count("test_listen.py") == 4 and said.stdout == "", said
            # Once it is free it is taken, and that is told.
            server.close()
            told = json.loads(here.process.stdout.readline())
            assert {door["for"]: door["port"] for door in told["ports"]} == here.ports | {"otlp": port}, told
            here.ports["otlp"] = port
            assert here.post("otlp", "/v1/logs", b"{}")[0] == 200
    for wrong in (["--otlp=70000"], ["--otlp=-2"], ["--otlp=x"], ["here"]):
        done = subprocess.run([OVERHEAR, "listen", *wrong], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and done.stderr, (wrong, done)


main()
