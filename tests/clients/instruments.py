# SPDX-License-Identifier: GPL-3.0-or-later
"""What instrumented programs tell of themselves, and what they say on the wire, are one: the real SDKs, unmodified."""
import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import tempfile
import threading

import packages
from fixtures.simulator import Simulator
from tap import check, main

PROGRAMS = pathlib.Path(__file__).parent / "programs"


class Told:
    """What Overhear says of one run."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.lower().endswith("_proxy")
                            and not name.startswith(("ANTHROPIC_", "PYTHON", "OTEL_", "SIDESEAT_"))} | {
            "ANTHROPIC_API_KEY": "sk-ant-test-0123456789abcdef", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder),
            "OVERHEAR_DATA_DIR": str(self.folder / "data"), "PYTHONDONTWRITEBYTECODE": "1"}

    def lines(self, *words):
        done = subprocess.run([os.environ["OVERHEAR"], *words, "--json"], env=self.environment, capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def traces(self):
        return sorted(self.lines("traces"), key=lambda trace: trace["started"])

    def tree(self, trace):
        """(depth, kind, name) of each span."""
        return [(span["depth"], span["kind"], span["name"]) for span in self.lines("traces", str(trace["id"]))]


@contextlib.contextmanager
def run(program, *arguments, requirements="requirements-instruments.txt", by=(), status=0, **environment):
    python = packages.python(requirements)
    with tempfile.TemporaryDirectory(prefix="overhear-instruments-") as folder:
        told = Told(folder)
        with Simulator(told.folder / "simulator") as simulator:
            done = subprocess.run(
                [os.environ["OVERHEAR"], "run", f"--upstream=api.anthropic.com={simulator.url}", "--",
                 *([str(python.parent / by[0]), *by[1:]] if by else [str(python)]), str(PROGRAMS / program), *arguments],
                env=told.environment | environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
            told.seen = list(simulator.exchanges())
        assert done.returncode == status, done.stderr
        assert "CRITICAL" not in done.stderr and "Failed to export" not in done.stderr, done.stderr
        yield told


def check_joined(instrumentation, compression):
    @check(f"{instrumentation} by OTLP over HTTP with protobuf ({compression}): each call is one, told and on the wire")
    def joined():
        with run("otel.py", instrumentation, OTEL_EXPORTER_OTLP_COMPRESSION=compression) as told:
            [trace] = told.traces()
            assert (trace["name"], trace["session"], trace["user"]) == ("trip-planning", "sess-abc", "user-123"), trace
            assert (trace["calls"], trace["failed"]) == (2, 0), trace
            tree = told.tree(trace)
            assert [kind for _, kind, _ in tree] == ["trace", "span", "call", "call"], tree
            assert tree[1] == (1, "span", "SELECT cities"), tree
            calls = told.lines("list")
            assert [call["status"] for call in calls] == [200, 200], calls
            assert trace["input_tokens"] == sum(call["input_tokens"] for call in calls), (trace, calls)
            for call in calls:
                accounts = told.lines("show", str(call["id"]))[0]["accounts"]
                assert len(accounts) >= 2, "the SDK and the instrumentation both tell of it"
                assert all(account["output_tokens"] == call["output_tokens"] for account in accounts), accounts
            assert not [finding for finding in told.lines("findings") if finding["kind"] == "accounts-differ"]


check_joined("openllmetry", "none")
check_joined("openinference", "gzip")


@check("spans of a program whose calls are not instrumented stand in the tree; what was on the wire stays what it was")
def bare():
    with run("otel.py", "nothing") as told:
        names = [trace["name"] for trace in told.traces()]
        assert "trip-planning" in names, names
        assert len(told.lines("list")) == 2 and sum(trace["calls"] for trace in told.traces()) == 2, names


@check("SideSeat's guide: one trace of three calls in one session, a streamed one among them, each once and with its tokens")
def sideseat():
    with run("sideseat_guide.py") as told:
        [trace] = told.traces()
        assert (trace["name"], trace["session"], trace["user"]) == ("geography-chat", "sess-abc", "user-123"), trace
        assert (trace["calls"], trace["failed"]) == (3, 0), trace
        tree = told.tree(trace)
        # Of the stream Logfire tells a second time, once it is over.
        assert [(depth, kind) for depth, kind, _ in tree] == [(0, "trace")] + [(1, "call")] * 3 + [(1, "span")], tree
        calls = told.lines("list")
        assert [call["streamed"] for call in calls] == [False, False, True], calls
        assert all(call["output_tokens"] > 0 for call in calls), calls


@check("OpenTelemetry's exporters over gRPC, with gzip: spans, a log record below its span, a metric, three megabytes in one message")
def by_grpc():
    with run("otel_grpc.py", requirements="requirements-grpc.txt", OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
             OTEL_EXPORTER_OTLP_COMPRESSION="gzip", OTEL_EXPORTER_OTLP_HEADERS="own=1") as told:
        [trace] = told.traces()
        assert (trace["name"], trace["session"]) == ("trip-planning", "sess-abc"), trace
        assert told.tree(trace) == [(0, "trace", "trip-planning"), (1, "span", "SELECT cities"), (2, "span", "no city")], trace
        [record] = told.lines("list", "kind:log level:warn")
        assert record["run"] == 1, record


class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(202)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments):
        pass


@check("Smello's client under `smello run`: what it tells of calls is what was on the wire; what else it tells stands between them, "
       "each as what it is")
def smello():
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    with run("smello_app.py", f"http://127.0.0.1:{service.server_port}/stock", requirements="requirements-smello.txt",
             by=("smello", "run"), status=1, SMELLO_CAPTURE_LOGS="1", PATH=str(packages.python("requirements-smello.txt").parent) + ":/usr/bin:/bin") as told:
        rows = told.lines("list")
        assert [(row["method"], row["status"]) for row in rows] == \
            [("POST", 200), ("WARNING", None), ("POST", 200), ("POST", 202), ("EXCEPTION", None)], rows
        first, record, second, stock, exception = rows
        assert [len(told.lines("show", str(row["id"]))[0]["accounts"]) for row in rows] == [1, 0, 1, 0, 0]
        assert first["output_tokens"] > 0 and second["streamed"] and second["output_tokens"] > 0, (first, second)
        assert sum(trace["calls"] for trace in told.traces()) == 2, told.traces()
        assert stock["url"].startswith("http://127.0.0.1:") and stock["url"].endswith("/stock"), stock
        [message] = told.lines("show", str(record["id"]))[0]["messages"]
        assert "asked for pears" in json.dumps(message) and '"order":7' in message["content"][0]["text"], message
        [message] = told.lines("show", str(exception["id"]))[0]["messages"]
        text = message["content"][0]["text"]
        assert "KeyError: 'pear'" in text and ">    23      return stock[item]  # the line that fails" in text, text
        assert (exception["error"]["type"], exception["error"]["message"]) == ("KeyError", "'pear'"), exception
        for search, found in (("kind:log level:warning", [record]), ("kind:exception", [exception]), ("kind:log level:error", []),
                              ("pears", [record]), ("is:error", [exception])):
            assert [row["id"] for row in told.lines("list", search)] == [row["id"] for row in found], search
        stored = b"".join(path.read_bytes() for path in (told.folder / "data").rglob("*") if path.is_file())
        assert b"Zq3Zq3Zq3" not in stored


@check("smello.init() in a web application: a request that came in, and the error that it logged")
def smello_web():
    with run("smello_web.py", requirements="requirements-smello.txt", SMELLO_CAPTURE_LOGS="1") as told:
        incoming = told.lines("list", "kind:incoming")
        assert [(row["method"], row["status"], row["url"]) for row in incoming] == \
            [("GET", 404, "incoming://shop.example/fruit/pear")], incoming
        shown = told.lines("show", str(incoming[0]["id"]))[0]
        assert "No such fruit." in json.dumps(shown["messages"]), shown
        [record] = told.lines("list", "kind:log level:error")
        assert "no ```pears``` left" in json.dumps(told.lines("show", str(record["id"]))[0]["messages"])


main()
