# SPDX-License-Identifier: GPL-3.0-or-later
"""What instrumented programs tell of themselves, and what they say on the wire, are one: the real SDKs, unmodified."""
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

import packages
from fixtures.simulator import Simulator
from tap import check, main

PROGRAMS = pathlib.Path(__file__).parent / "programs"
IMAGE = pathlib.Path(__file__).parent.parent / "fixtures" / "image.jpg"


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
def run_command(*command, prepare=lambda folder: None, status=0, **environment):
    with tempfile.TemporaryDirectory(prefix="overhear-instruments-") as folder:
        told = Told(folder)
        prepare(told.folder)
        with Simulator(told.folder / "simulator") as simulator:
            done = subprocess.run(
                [os.environ["OVERHEAR"], "run", f"--upstream=api.anthropic.com={simulator.url}", "--",
                 *(str(word).format(simulator=simulator.url) for word in command)],
                env=told.environment | environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
            told.seen = list(simulator.exchanges())
        assert done.returncode == status, done.stderr
        assert "CRITICAL" not in done.stderr and "Failed to export" not in done.stderr, done.stderr
        yield told


def run(program, *arguments, requirements="requirements-instruments.txt", by=(), **keywords):
    python = packages.python(requirements)
    return run_command(*([python.parent / by[0], *by[1:]] if by else [python]), PROGRAMS / program, *arguments,
                       prepare=lambda folder: shutil.copy(IMAGE, folder), **keywords)


def run_node(program, *arguments, source, **keywords):
    def prepare(folder):
        (folder / "node_modules").symlink_to(packages.node_modules(PROGRAMS.parent / source))
        shutil.copy(PROGRAMS / program, folder)

    return run_command(packages.node(), program, *arguments, prepare=prepare, **keywords)


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
        # Of the stream Logfire tells a second time, once it is over: that is the same call.
        assert [(depth, kind) for depth, kind, _ in tree] == [(0, "trace")] + [(1, "call")] * 3, tree
        calls = told.lines("list")
        assert [call["streamed"] for call in calls] == [False, False, True], calls
        assert all(call["output_tokens"] > 0 for call in calls), calls


def check_told(instrumentation):
    @check(f"{instrumentation}: a chat that went around Overhear is one conversation of three calls, with what was said in each")
    def told_only():
        with run("told_chat.py", instrumentation, "{simulator}") as told:
            rows = told.lines("list")
            # The SDK tells of each call, too, and not what was said.
            assert [row["method"] for row in rows] == ["SPAN"] * 3 and len(list(told.seen)) == 3, rows
            [thread] = told.lines("threads")
            assert (thread["calls"], thread["branches"]) == (3, 1), thread
            assert {row["thread"] for row in rows} == {thread["id"]}, rows
            for turn, row in enumerate(rows):
                messages = told.lines("show", str(row["id"]))[0]["messages"]
                roles = [message["role"] for message in messages if message["role"] != "system"]
                assert roles == ["user", "assistant"] * (turn + 1), (row, messages)
                assert "swallows" in json.dumps(messages[:2]), messages
            assert told.lines("runs")[0]["note"] is None


for one in ("openllmetry", "openinference", "logfire", "logfire-latest", "records"):
    check_told(one)


# What each program of SideSeat's guide says in its traces: (name, session, user, calls), and the blocks of its last call.
GEOGRAPHY = ("geography-chat", None, None, 3)
SIDESEAT = {
    "first": ([("What is the speed of light?", None, None, 1)], [["text"], ["text"]]),
    "turns-traced": ([GEOGRAPHY], [["text"]] * 6),
    "sessions-traced": ([(name, "sess-abc", "user-123", 2) for name in ("trip-planning", "food-recommendations")], [["text"]] * 4),
    "streaming": ([("What is the boiling point of water?", None, None, 1)], [["text"], ["text"]]),
    "thinking": ([("What is 27 * 453?", None, None, 1)], [["text"], ["thinking", "text"]]),
    "tools": ([("What's the weather in Paris?", None, None, 1)] * 2, [["text"], ["text", "tool_use"], ["tool_result"], ["text"]]),
    "image": ([("What's in this image?", None, None, 1)], [["text", "image"], ["text"]]),
}


def check_guide(name, traces, blocks):
    @check(f"SideSeat's guide, {name}: what it promises of it, and each call once, with the tokens of the wire")
    def guide():
        own = name.endswith("-traced")
        with run(f"../guides/sideseat-{name}.py" if own else "sideseat_one.py", *([] if own else [name])) as told:
            found = told.traces()
            assert [(trace["name"], trace["session"], trace["user"], trace["calls"]) for trace in found] == traces, found
            for trace in found:
                calls = [span for span in told.tree(trace) if span[1] == "call"]
                assert [depth for depth, _, _ in calls] == [1] * trace["calls"], told.tree(trace)
            rows = told.lines("list")
            assert len(rows) == len(told.seen) == sum(calls for _, _, _, calls in traces), rows
            for row, seen in zip(rows, told.seen):
                usage = seen.message["usage"]
                assert (row["input_tokens"], row["output_tokens"]) == (usage["input_tokens"], usage["output_tokens"]), (row, usage)
                shown = told.lines("show", str(row["id"]))[0]
                # Of a stream it tells twice: when it is asked for, and when it is over.
                assert row["streamed"] == (name == "streaming"), row
                told_output = [account["output_tokens"] for account in shown["accounts"]]
                assert told_output == [None] * row["streamed"] + [usage["output_tokens"]], shown["accounts"]
            assert [[block["type"] for block in message["content"]] for message in shown["messages"]] == blocks, shown["messages"]
            sessions = [(session["name"], session["traces"], session["calls"]) for session in told.lines("sessions")]
            assert sessions == ([("sess-abc", 2, 4)] if name == "sessions-traced" else []), sessions
            assert not [finding for finding in told.lines("findings") if finding["kind"] == "accounts-differ"]


for guide_name, promised in SIDESEAT.items():
    check_guide(guide_name, *promised)


@check("SideSeat: a call that took two attempts is one, and one that failed, with the trace that it failed in, says so")
def sideseat_failing():
    with run("sideseat_failing.py", status=1) as told:
        [trace] = told.traces()
        assert (trace["name"], trace["calls"], trace["attempts"], trace["retried"], trace["failed"]) == ("failing", 2, 3, 1, 1), trace
        spans = told.lines("traces", str(trace["id"]))
        assert [(span["depth"], span["kind"], span["error"]) for span in spans] == \
            [(0, "trace", True), (1, "call", False), (2, "attempt", True), (2, "attempt", False), (1, "call", True)], spans
        rows = told.lines("list")
        assert [row["status"] for row in rows] == [529, 200, 400], rows
        assert [len(told.lines("show", str(row["id"]))[0]["accounts"]) for row in rows] == [0, 1, 1]


@check("OpenTelemetry's exporters over gRPC, with gzip: spans, a log record below its span, a metric, three megabytes in one message")
def by_grpc():
    with run("otel_grpc.py", requirements="requirements-grpc.txt", OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
             OTEL_EXPORTER_OTLP_COMPRESSION="gzip", OTEL_EXPORTER_OTLP_HEADERS="own=1") as told:
        [trace] = told.traces()
        assert (trace["name"], trace["session"]) == ("trip-planning", "sess-abc"), trace
        assert told.tree(trace) == [(0, "trace", "trip-planning"), (1, "span", "SELECT cities"), (2, "span", "no city")], trace
        [record] = told.lines("list", "kind:log level:warn")
        assert record["run"] == 1, record


@check("OpenTelemetry's auto-instrumentation, with no exporter but that over gRPC and nothing said of it, tells by that")
def by_itself():
    with run("otel_auto.py", requirements="requirements-grpc.txt",
             by=("opentelemetry-instrument", packages.python("requirements-grpc.txt"))) as told:
        assert [trace["name"] for trace in told.traces()] == ["trip-planning"], told.traces()


class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(202)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments):
        pass


def check_ai_sdk(name, source, *arguments):
    @check(f"the AI SDK ({name}): each call is one, told and on the wire, also where it failed or was tried again")
    def told_by_it():
        with run_node("ai_sdk.mjs", *arguments, source=source) as told:
            assert [exchange.status for exchange in told.seen] == [200, 400, 529, 200, 529, 529], told.seen
            rows = told.lines("list")
            assert [row["status"] for row in rows] == [exchange.status for exchange in told.seen], rows
            assert [len(told.lines("show", str(row["id"]))[0]["accounts"]) for row in rows] == [1, 1, 0, 1, 0, 1]
            traces = told.traces()
            assert [(trace["calls"], trace["attempts"], trace["failed"]) for trace in traces] == \
                [(1, 1, 0), (1, 1, 1), (1, 2, 0), (1, 2, 1)], traces
            for trace in traces:
                tree = [span for span in told.tree(trace) if span[1] != "attempt"]
                assert [kind for _, kind, _ in tree][-1] == "call" and [depth for depth, _, _ in tree] == list(range(len(tree))), tree
            assert not [finding for finding in told.lines("findings") if finding["kind"] == "accounts-differ"]


check_ai_sdk("7", "ai-sdk/package.json")
check_ai_sdk("7, as before it", "ai-sdk/package.json", "legacy")
check_ai_sdk("newest", "ai-sdk/newest/package.json")


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


@check("Smello's guide under `smello run`: the loop is one trace of two calls and its tool, each call once, with Smello's account beside it")
def smello_guide():
    with run("../guides/smello-tool-loop.py", requirements="requirements-smello.txt", by=("smello", "run"),
             PATH=str(packages.python("requirements-smello.txt").parent) + ":/usr/bin:/bin") as told:
        [trace] = told.traces()
        assert (trace["calls"], trace["failed"]) == (2, 0), trace
        assert told.tree(trace)[1:] == [(1, "call", "claude-sonnet-4-5-20250929"), (1, "tool", "get_weather"),
                                        (1, "call", "claude-sonnet-4-5-20250929")], told.tree(trace)
        rows = told.lines("list")
        assert [row["stop_reason"] for row in rows] == ["tool_use", "end_turn"] and len(told.seen) == 2, rows
        assert [len(told.lines("show", str(row["id"]))[0]["accounts"]) for row in rows] == [1, 1]


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
