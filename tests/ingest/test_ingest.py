# SPDX-License-Identifier: GPL-3.0-or-later
"""What a launched program tells of itself, from its endpoint to the command line."""
import contextlib
import gzip
import http.server
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.parse

from fixtures.simulator import Simulator
from tap import check, main

PROGRAM = pathlib.Path(__file__).parent / "programs" / "told.py"
TRACE = "ab" * 16
MODEL = "claude-sonnet-4-5-20250929"


def make_span(number, parent, name, attributes=None, *, trace=TRACE, ms=0, took=500, failed=None, **members):
    start = time.time_ns() - 60_000_000_000 + ms * 1_000_000
    return {"traceId": trace, "spanId": f"{number:016x}", **({"parentSpanId": f"{parent:016x}"} if parent else {}),
            "name": name, "kind": 1, "startTimeUnixNano": str(start), "endTimeUnixNano": start + took * 1_000_000,
            "attributes": [{"key": key, "value": {"intValue": str(value)} if isinstance(value, int)
                            else {"stringValue": value}} for key, value in (attributes or {}).items()],
            "status": {"code": 2, "message": failed} if failed else {}} | members


def make_call(number, parent, answer="msg_1", *, messages=None, said="South of the Sahara.", **keywords):
    parts = lambda role, text: json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])
    return make_span(number, parent, f"chat {MODEL}", {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": MODEL,
        "gen_ai.response.id": answer, "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 50,
        "gen_ai.input.messages": json.dumps(messages) if messages else parts("user", "Where do swallows winter?"),
        "gen_ai.output.messages": parts("assistant", said)}, **keywords)


def body(*spans):
    return {"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "birds"}}]},
                               "scopeSpans": [{"scope": {"name": "app"}, "spans": spans}]}]}


class Place:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.lower().endswith("_proxy") and not name.startswith(("OTEL_", "SIDESEAT_", "SMELLO_", "CLAUDE_"))} | {
            "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "OVERHEAR_DATA_DIR": str(self.folder / "data")}

    def tell(self, *posts, options=(), **environment):
        """Runs the program that POSTs these. Returns: what was answered."""
        (self.folder / "posts.json").write_text(json.dumps(posts))
        done = subprocess.run([os.environ["OVERHEAR"], "run", *options, "--", "/usr/bin/python3", str(PROGRAM),
                               str(self.folder / "posts.json")], env=self.environment | environment, cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and "CRITICAL" not in done.stderr, done.stderr
        return json.loads(done.stdout)

    def lines(self, *words):
        done = subprocess.run([os.environ["OVERHEAR"], *words, "--json"], env=self.environment, capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def tree(self):
        [trace] = self.lines("traces")
        return trace, [(span["depth"], span["kind"], span["name"]) for span in self.lines("traces", str(trace["id"]))]


@contextlib.contextmanager
def a_place():
    with tempfile.TemporaryDirectory(prefix="overhear-ingest-") as folder:
        yield Place(folder)


@check("a call that was only told is a call: tokens, cost, session, search, and its place in the tree; other spans beside it")
def told():
    with a_place() as place:
        root = make_span(1, 0, "migration", {"session.id": "sess-1", "user.id": "ann"}, took=900)
        spans = [make_call(2, 1, ms=10), make_span(3, 1, "SELECT birds", ms=600, took=5),
                 make_span(4, 3, "network", ms=601, took=2, failed="reset by peer"), root]
        assert [answer[:2] for answer in place.tell({"json": body(*spans)})] == [[200, "application/json"]]
        trace, tree = place.tree()
        assert tree == [(0, "trace", "migration"), (1, "call", MODEL), (1, "span", "SELECT birds"),
                        (2, "span", "network")], tree
        assert (trace["session"], trace["user"], trace["calls"], trace["input_tokens"], trace["output_tokens"]) == \
            ("sess-1", "ann", 1, 1000, 50), trace
        assert (trace["failed"], trace["failed_spans"]) == (0, 1), trace
        # The cache is not told of: it cost no more than this.
        [call] = place.lines("list")
        assert abs(call["cost"] - (1000 * 3 + 50 * 15) / 1e6) < 1e-9 and call["cost_approximate"], call
        assert (call["provider"], call["model"], call["status"], call["method"]) == ("anthropic", MODEL, None, "SPAN"), call
        assert [row["id"] for row in place.lines("list", "swallows model:sonnet")] == [call["id"]]
        assert place.lines("list", "SELECT") == [], "a span is no call"


@check("spans in any order, each in a request of its own, sent again, and with a run in between, make the same tree")
def order():
    spans = [make_span(1, 0, "root", took=900), make_span(2, 1, "step", took=800), make_call(3, 2, ms=5)]
    with a_place() as place:
        place.tell({"json": body(spans[2])}, {"json": body(spans[2])})
        place.tell({"json": body(spans[1])}, {"json": body(spans[0], spans[2])})
        trace, tree = place.tree()
        assert tree == [(0, "trace", "root"), (1, "span", "step"), (2, "call", MODEL)], tree
        assert trace["calls"] == 1 and len(place.lines("list")) == 1, trace


def make_turn(number, said, answer, *, parent=0, name=None, ms=0, **keywords):
    """A call of a conversation: what was said in turns, the first by the user."""
    messages = [{"role": ("user", "assistant")[i % 2], "parts": [{"type": "text", "content": text}]} for i, text in enumerate(said)]
    return make_call(number, parent, name or f"msg_{number}", ms=ms, messages=messages, said=answer, **keywords)


# Three turns, and one that goes on from the first otherwise.
TURNS = [(1, ["Where do swallows winter?"], "South of the Sahara."),
         (2, ["Where do swallows winter?", "South of the Sahara.", "And storks?"], "There, too."),
         (3, ["Where do swallows winter?", "South of the Sahara.", "And storks?", "There, too.", "And swifts?"], "They do."),
         (4, ["Where do swallows winter?", "South of the Sahara.", "And owls?"], "They stay.")]


def make_turns(*numbers):
    return [make_turn(*TURNS[number - 1], ms=1000 * number, trace=f"{number:032x}") for number in numbers]


def get_thread(place, rows=None):
    """The one conversation, and what each of its calls continues, by their titles."""
    [thread] = place.lines("threads")
    rows = sorted(row["id"] for row in rows or place.lines("list"))
    assert sorted(span["exchange"] for span in place.lines("threads", str(thread["id"]))) == rows, rows
    with contextlib.closing(sqlite3.connect(f"file:{place.folder}/data/overhear.db?mode=ro", uri=True)) as database:
        calls = database.execute("SELECT e.title, f.title FROM place p JOIN exchange e ON e.id = p.id LEFT JOIN exchange f"
                                 " ON f.id = p.parent_id WHERE p.thread_id <> 0 ORDER BY e.title").fetchall()
    return thread, calls


THREAD = [("And owls?", "Where do swallows winter?"), ("And storks?", "Where do swallows winter?"), ("And swifts?", "And storks?"),
          ("Where do swallows winter?", None)]


@check("calls that were only told are in one conversation by their messages, each in a trace of its own, in whatever order they "
       "come, with a restart in between")
def conversation():
    for posts in ([make_turns(1, 2, 3, 4)], [make_turns(4, 3, 2, 1)], [make_turns(3), make_turns(1), make_turns(4, 2)]):
        with a_place() as place:
            place.tell(*({"json": body(*spans)} for spans in posts))
            thread, calls = get_thread(place)
            assert calls == THREAD and (thread["calls"], thread["branches"]) == (4, 2), (thread, calls)
            assert len(place.lines("traces")) == 4
    with a_place() as place:
        # Two runs are two programs, that go on from what is stored.
        place.tell({"json": body(*make_turns(1, 2))})
        place.tell({"json": body(*make_turns(3, 4))})
        thread, calls = get_thread(place)
        assert calls == THREAD, calls


@check("a call that was told and on the wire is in its conversation once, whichever comes first, and what was told only goes on "
       "from there")
def conversation_joined():
    def call(number):
        _, said, answer = TURNS[number - 1]
        return {"url": "https://api.anthropic.com/v1/messages",
                "headers": {"x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01", "x-sim": json.dumps({"text": answer}),
                            "traceparent": f"00-{number:032x}-{number:016x}-01"},
                "json": {"model": MODEL, "max_tokens": 100, "messages": [
                    {"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(said)]}}

    tell = lambda *numbers: {"json": body(*make_turns(*numbers))}
    for posts in ([call(1), tell(1), call(2), tell(2, 3, 4)], [tell(1, 2, 3, 4), call(1), call(2)], [call(1), call(2), tell(4, 3, 2, 1)],
                  [tell(1), call(1), tell(2, 3), call(2), call(3), tell(4)], [tell(1, 2, 3, 4), *map(call, (1, 2, 3, 4))]):
        with a_place() as place, Simulator(place.folder / "simulator") as simulator:
            place.tell(*posts, options=[f"--upstream=api.anthropic.com={simulator.url}"])
            thread, calls = get_thread(place)
            assert calls == THREAD and thread["calls"] == 4, (posts, thread, calls)
    with a_place() as place, Simulator(place.folder / "simulator") as simulator:
        options = [f"--upstream=api.anthropic.com={simulator.url}"]
        place.tell(call(1), tell(1), options=options)
        place.tell(tell(2), tell(3, 4), options=options)
        thread, calls = get_thread(place)
        assert calls == THREAD, calls


def count(place, run=1):
    """How many calls the run is said to have, which are as many as stand in the list."""
    [row] = [row for row in place.lines("runs") if row["id"] == run]
    assert row["exchanges"] == len(place.lines("list", f"--run={run}")), row
    return row["exchanges"]


@check("a run counts what stands in the list of it: calls that were only told, each once, and those on the wire; also once they are read "
       "again, or brought along from an older database")
def counted():
    with a_place() as place:
        place.tell({"json": body(make_span(1, 0, "root"), make_call(2, 1, "msg_2"), make_call(3, 1, "msg_3"), make_call(4, 3, "msg_3"))})
        assert count(place) == 2
        place.lines("reread")
        assert count(place) == 2
        with contextlib.closing(sqlite3.connect(place.folder / "data" / "overhear.db")) as database:
            database.executescript("UPDATE run SET exchanges = 0; DROP INDEX notice_at; PRAGMA user_version = 18")
        place.tell()
        assert count(place) == 2
    call = {"url": "https://api.anthropic.com/v1/messages",
            "headers": {"x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01", "traceparent": f"00-{TRACE}-{2:016x}-01"},
            "json": {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Where do swallows winter?"}]}}
    spans = {"json": body(make_span(1, 0, "root"), make_call(2, 1, "msg_2"), make_call(3, 1, "msg_3"))}
    record = {"path": "/v1/logs", "json": {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "swallows"}}]}]}]}}
    for posts in ([call, spans, record], [spans, call, record]):
        with a_place() as place, Simulator(place.folder / "simulator") as simulator:
            place.tell(*posts, options=[f"--upstream=api.anthropic.com={simulator.url}"])
            assert count(place) == 3


@check("a run that told of spans only is not said to have been silent: what came is said; one that told of a call says nothing")
def spans_only():
    for spans, note in (([make_span(1, 0, "migration")], "told of 1 span,"), ([make_span(1, 0, "migration"), make_span(2, 1, "SELECT")], "told of 2 spans"),
                        ([make_call(1, 0)], None)):
        with a_place() as place:
            place.tell({"json": body(*spans)})
            [run] = place.lines("runs")
            assert (note in run["note"] if note else run["note"] is None), run
        with a_place() as place:
            place.tell()
            [run] = place.lines("runs")
            assert "No call of" in run["note"], run


@check("two instruments that tell of one call make one, the one that tells what was said, also where each has traces of its own")
def twice():
    bare = lambda: make_bare(1) | {"spanId": "9" * 16, "traceId": "9" * 32, "name": "messages.create"}
    for spans in ([bare(), *make_turns(1, 2)], [*make_turns(2, 1), bare()], [make_turns(1)[0], bare(), make_turns(2)[0]]):
        with a_place() as place:
            place.tell({"json": body(*spans)})
            thread, calls = get_thread(place)
            assert calls == THREAD[1:2] + THREAD[3:] and thread["calls"] == 2 == len(place.lines("traces")), (thread, calls)
    with a_place() as place:
        place.tell({"json": body(make_call(2, 1), make_call(1, 0))})
        trace, tree = place.tree()
        assert trace["calls"] == 1 and [kind for _, kind, _ in tree].count("call") == 1, (trace, tree)


def make_bare_call(number, parent, **keywords):
    """As the Anthropic SDK tells of its own calls: without a word of what was said."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": MODEL,
                  "http.response.status_code": 200} | keywords.pop("attributes", {})
    return make_span(number, parent, "anthropic.messages.create", attributes, **keywords)


@check("of two instruments, that which knows what was said stands for both, whichever comes first, with the other's account beside it")
def richer():
    bare = make_bare_call(2, 1, attributes={"gen_ai.response.id": "msg_1", "gen_ai.usage.output_tokens": 48})
    for spans in ((bare, make_call(3, 1)), (make_call(3, 1), bare), (bare, make_call(3, 1), bare, make_call(3, 1))):
        with a_place() as place:
            place.tell(*({"json": body(span)} for span in spans))
            [row] = place.lines("list", "swallows")
            assert row["output_tokens"] == 50 and len(place.lines("list")) == 1, row
            [shown] = place.lines("show", str(row["id"]))
            assert [account["output_tokens"] for account in shown["accounts"]] == [48], shown["accounts"]


@check("a call that failed is one as well: by the request that the error's text names, or where one span is right inside of the other; "
       "two within one are two where their ids say so")
def failed_twice():
    text = ("Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}, "
            "'request_id': 'req_011Ckup'}")
    bare = {"anthropic.request.id": "req_011Ckup", "error.type": "overloaded_error"}
    beside = [make_bare_call(2, 1, failed="", attributes=bare), make_call(3, 1, None, failed=text)]
    inside = [make_bare_call(3, 2, failed="Connection error."), make_call(2, 1, None, failed="Connection error.")]
    for spans in (beside, beside[::-1], inside, inside[::-1]):
        for span in spans:
            span["attributes"] = [pair for pair in span["attributes"] if pair["value"].get("stringValue", "") is not None
                                  and not pair["key"].startswith(("gen_ai.usage.", "gen_ai.output."))]
        with a_place() as place:
            place.tell({"json": body(*spans)})
            [trace] = place.lines("traces")
            [row] = place.lines("list")
            assert (trace["calls"], trace["failed"]) == (1, 1) and place.lines("list", "swallows") == [row], (trace, row)
            if spans[0] in beside:
                assert row["error"]["type"] == "overloaded_error" and row["cost"] == 0, row
    with a_place() as place, Simulator(place.folder / "simulator") as simulator:
        place.tell({"json": body(make_bare_call(3, 2, attributes={"gen_ai.response.id": "msg_1"}),
                                 make_bare_call(4, 2, attributes={"gen_ai.response.id": "msg_2"}), make_call(2, 1, "msg_2"))})
        assert sorted(len(place.lines("show", str(row["id"]))[0]["accounts"]) for row in place.lines("list")) == [0, 1]


@check("a call that failed and has no id is the one that failed on the wire then, whichever comes first; one that was told as failed "
       "another time, or asked for something else, is another")
def failed_without_ids():
    def fail(text, status=400):
        return {"url": "https://api.anthropic.com/v1/messages",
                "headers": {"x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01", "x-sim": json.dumps({"fail": [status]})},
                "json": {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": text}]}}

    def span(number, text, ms=0):
        messages = [{"role": "user", "parts": [{"type": "text", "content": text}]}]
        made = make_call(number, 1, messages=messages, ms=ms, took=200_000, failed="Overloaded")
        made["attributes"] = [attribute for attribute in made["attributes"]
                              if "response" not in attribute["key"] and "usage" not in attribute["key"] and "output" not in attribute["key"]]
        return {"json": body(made)}

    for posts, calls in (([fail("Storks?"), span(2, "Storks?")], 1), ([span(2, "Storks?"), fail("Storks?")], 1),
                         ([fail("Storks?"), span(2, "Owls?")], 2), ([span(2, "Owls?"), fail("Storks?")], 2),
                         ([fail("Storks?"), span(2, "Storks?", -600_000)], 2), ([span(2, "Storks?", -600_000), fail("Storks?")], 2),
                         ([fail("Storks?"), span(2, "Storks?"), span(3, "Storks?")], 2),
                         ([fail("Storks?"), fail("Owls?"), span(2, "Owls?"), span(3, "Storks?")], 2)):
        with a_place() as place, Simulator(place.folder / "simulator") as simulator:
            place.tell(*posts, options=[f"--upstream=api.anthropic.com={simulator.url}"])
            assert count(place) == calls, (posts, place.lines("list"))


@check("a call that was told without an id, with several right inside of it, sums them up and is none, whichever comes first; one that has "
       "an id of its own is one of them")
def wrapper():
    def without_id(span):
        span["attributes"] = [attribute for attribute in span["attributes"] if attribute["key"] != "gen_ai.response.id"]
        return span

    outer = without_id(make_call(2, 1, ms=5, took=800)) | {"name": "outer"}
    quiet = without_id(make_span(2, 1, "quiet", {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic",
                                                 "gen_ai.request.model": MODEL}, ms=5, took=800))
    inner = [make_call(3, 2, "msg_3", ms=10), make_call(4, 2, "msg_4", ms=510), make_call(5, 2, "msg_5", ms=520)]
    alike = [without_id(make_call(number, 2, ms=10 * number)) for number in (3, 4)]
    for around, within in ((outer, inner), (quiet, inner), (outer, alike), (quiet, alike)):
        spans = [make_span(1, 0, "root", took=900), around, *within]
        for order in (spans, spans[::-1], [spans[0], within[0], around, *within[1:]]):
            with a_place() as place:
                place.tell(*({"json": body(*post)} for post in ([order] if within is alike else [[span] for span in order])))
                trace, tree = place.tree()
                assert tree == [(0, "trace", "root"), (1, "span", around["name"]), *[(2, "call", MODEL)] * len(within)], (tree, order)
                assert trace["calls"] == count(place) == len(within) and trace["input_tokens"] == 1000 * len(within), trace
                assert abs(trace["cost"] - len(within) * (1000 * 3 + 50 * 15) / 1e6) < 1e-9, (trace, order)
                if order is spans:
                    place.lines("reread")
                    assert place.tree() == (trace, tree), place.tree()
    with a_place() as place:
        place.tell({"json": body(make_span(1, 0, "root", took=900), make_call(2, 1, "msg_2", ms=5, took=800), *inner)})
        trace, tree = place.tree()
        assert trace["calls"] == count(place) == 4 and [kind for _, kind, _ in tree].count("call") == 4, tree


@check("a call right around one that was on the wire is that one, too, in whatever order they come; around two of them it is none")
def around():
    outer = make_call(2, 1, ms=5, took=800) | {"name": "outer"}
    outer["attributes"] = [attribute for attribute in outer["attributes"] if attribute["key"] != "gen_ai.response.id"]
    inner = [make_call(number, 2, f"msg_{number}", ms=10 * number) for number in (3, 4)]
    sent = [{"url": "https://api.anthropic.com/v1/messages",
             "headers": {"x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01", "traceparent": f"00-{TRACE}-{number:016x}-01"},
             "json": {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Where do swallows winter?"}]}}
            for number in (3, 4)]
    told = lambda *spans: {"json": body(*spans)}
    for posts in ([sent[0], told(inner[0]), told(outer)], [sent[0], told(outer), told(inner[0])], [told(inner[0]), sent[0], told(outer)],
                  [told(outer), sent[0], told(inner[0])], [told(outer), told(inner[0]), sent[0]], [*sent, told(*inner), told(outer)],
                  [*sent, told(outer), told(*inner)], [told(outer), sent[0], told(inner[0]), told(inner[1]), sent[1]]):
        with a_place() as place, Simulator(place.folder / "simulator") as simulator:
            place.tell(told(make_span(1, 0, "root", took=900)), *posts, options=[f"--upstream=api.anthropic.com={simulator.url}"])
            trace, tree = place.tree()
            calls = len([post for post in posts if post in sent])
            want = [(0, "trace", "root"), (1, "call", MODEL)] if calls == 1 else \
                [(0, "trace", "root"), (1, "span", "outer"), (2, "call", MODEL), (2, "call", MODEL)]
            assert tree == want and trace["calls"] == count(place) == calls, (tree, posts)


@check("an instrument that has traces of its own tells of the same calls as the others by the ids of their answers; where a server "
       "answers all alike, each call is still one")
def other_trace():
    with a_place() as place:
        place.tell({"json": body(make_span(1, 0, "trip", took=900), *(
            make_bare_call(number, 1, ms=ms, took=100, attributes={"gen_ai.response.id": "msg_same"}) for number, ms in ((2, 0), (3, 200))))},
                   {"json": body(*(make_call(number, 5, "msg_same", trace="cd" * 16, ms=ms, took=100)
                                   for number, ms in ((6, 0), (7, 200))), make_span(5, 0, "chain", trace="cd" * 16, took=900))})
        traces = place.lines("traces")
        assert {trace["name"]: trace["calls"] for trace in traces} == {"trip": 0, "chain": 2}, traces
        assert [len(place.lines("show", str(row["id"]))[0]["accounts"]) for row in place.lines("list", "swallows")] == [1, 1]
        assert len(place.lines("list")) == 2


@check("a call on the wire of which two instruments tell, each in a trace of its own, is in one of these, and the other is no more")
def other_trace_on_the_wire():
    call = {"url": "https://api.anthropic.com/v1/messages",
            "headers": {"x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01",
                        "traceparent": f"00-{TRACE}-{2:016x}-01"},
            "json": {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello."}]}}
    answers = []
    # Its seed makes the same ids each time: the first time tells which.
    for _ in range(2):
        with a_place() as place, Simulator(place.folder / "simulator") as simulator:
            known = answers[0] if answers else "msg_0"
            spans = [make_bare_call(2, 0, attributes={"gen_ai.response.id": known}),
                     make_call(6, 5, known, trace="cd" * 16), make_span(5, 0, "chain", trace="cd" * 16, took=900)]
            place.tell(call, *({"json": body(span)} for span in spans), options=[f"--upstream=api.anthropic.com={simulator.url}"])
            answers += [exchange.message["id"] for exchange in simulator.exchanges()]
            trace = place.lines("traces")
            [row] = place.lines("list") if len(answers) == 2 else [None]
    assert answers[0] == answers[1], answers
    assert [(each["name"], each["calls"]) for each in trace] == [("chain", 1)], trace


@check("a streamed answer that is told by a span behind its call (Logfire's) is that call, from its beginning to its end, whichever "
       "comes first; each of two at once has its own")
def answer_behind():
    def pair(number, text, answer):
        asked = json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}])
        common = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": MODEL,
                  "request_data": json.dumps({"model": MODEL}), "gen_ai.input.messages": asked}
        said = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": f"About {text}"}]}])
        return (make_span(number, 1, "Message", common | {"logfire.span_type": "span"}, took=20),
                make_span(number + 1, 1, "streamed", common | {
                    "logfire.span_type": "log", "gen_ai.response.id": answer, "gen_ai.usage.input_tokens": 10,
                    "gen_ai.usage.output_tokens": 7, "gen_ai.output.messages": said}, ms=400, took=0))

    first, second = pair(2, "swallows", "msg_1"), pair(4, "geese", "msg_2")
    for spans in ([*first, *second], [first[0], second[0], second[1], first[1]], [first[1], second[1], second[0], first[0]]):
        post = body(*spans)
        post["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"] = "logfire.anthropic"
        with a_place() as place:
            place.tell({"json": post}, {"json": body(make_span(1, 0, "root", took=900))})
            trace, tree = place.tree()
            assert tree == [(0, "trace", "root"), (1, "call", MODEL), (1, "call", MODEL)], tree
            assert (trace["calls"], trace["output_tokens"], trace["unpriced_calls"]) == (2, 14, 0), trace
            for word in ("swallows", "geese"):
                [row] = place.lines("list", word)
                [shown] = place.lines("show", str(row["id"]))
                assert [message["content"][0]["content"] for message in shown["messages"]] == [word, f"About {word}"], shown["messages"]
                assert abs(row["duration_ms"] - 400) < 1 and len(shown["accounts"]) == 1, shown


@check("what nobody can have counted is not known, and takes no sum of others with it")
def absurd():
    with a_place() as place:
        most = 2 ** 63 - 1
        place.tell({"json": body(make_span(1, 0, "root", took=900), make_call(2, 1), *(
            make_bare_call(number, 1, attributes={"gen_ai.usage.input_tokens": -5, "gen_ai.usage.output_tokens": most,
                                                  "gen_ai.usage.cache_read.input_tokens": most}) for number in (3, 4)))})
        [trace] = place.lines("traces")
        assert (trace["calls"], trace["input_tokens"], trace["output_tokens"]) == (3, 1000, 50), trace
        assert [row["output_tokens"] for row in place.lines("list")] == [50, None, None]


@check("requests below a call that was told, of which one says that it was sent again, are its attempts in the tree, whichever comes "
       "first, and cost nothing; where the call was on the wire they are what they were there; Claude Code says how many there were")
def attempts():
    def request(number, parent, again=0, **keywords):
        return make_span(number, parent, "POST", {"http.request.method": "POST", "url.full": "https://api.anthropic.com/v1/messages",
                                                  **({"http.request.resend_count": again} if again else {})}, **keywords)

    spans = [make_span(1, 0, "root", took=900), request(3, 2, ms=10, took=5, failed="529"), request(4, 2, 1, ms=20, took=5, failed="529"),
             request(5, 2, 2, ms=30, took=5), make_span(6, 2, "DNS", ms=9, took=1), make_call(2, 1, ms=8, took=40),
             make_call(7, 1, "msg_7", ms=60, took=10), request(8, 7, ms=61, took=8)]
    want = [("trace", "root", False), ("call", MODEL, False), ("span", "DNS", False), ("attempt", "/POST", True), ("attempt", "/POST", True),
            ("attempt", "/POST", False), ("call", MODEL, False), ("span", "POST", False)]
    for order in (spans, spans[::-1]):
        with a_place() as place:
            place.tell({"json": body(*order[:3])}, {"json": body(*order[3:])})
            [trace] = place.lines("traces")
            tree = place.lines("traces", str(trace["id"]))
            assert [(span["kind"], span["name"], span["error"]) for span in tree] == want, tree
            assert (trace["calls"], trace["attempts"], trace["failed"]) == (2, 2, 0) and count(place) == 2, trace
            assert abs(trace["cost"] - 2 * (1000 * 3 + 50 * 15) / 1e6) < 1e-9, trace
    with a_place() as place, Simulator(place.folder / "simulator") as simulator:
        call = {"url": "https://api.anthropic.com/v1/messages",
                "headers": {"x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01", "traceparent": f"00-{TRACE}-{5:016x}-01"},
                "json": {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Where do swallows winter?"}]}}
        place.tell({"json": body(*spans)}, call, options=[f"--upstream=api.anthropic.com={simulator.url}"])
        _, tree = place.tree()
        assert [kind for _, kind, _ in tree].count("attempt") == 0 and count(place) == 2, tree
    with a_place() as place:
        told = {"json": {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "com.anthropic.claude_code.tracing"}, "spans": [
            make_span(1, 0, "claude_code.llm_request", {"model": MODEL, "input_tokens": 10, "output_tokens": 5, "attempt": 3})]}]}]}}
        place.tell(told)
        trace, tree = place.tree()
        assert [kind for _, kind, _ in tree] == ["trace", "call"] and (trace["calls"], trace["retried"]) == (1, 1), (trace, tree)
        [_, shown] = place.lines("traces", str(trace["id"]))
        assert (shown["attempt"], shown["attempts"]) == (3, 3), shown


@check("spans that are nested deep and sent again hold up nobody: each is climbed once")
def deep_again():
    chain = [make_span(number, number - 1, "step", ms=number) for number in range(1, 41)]
    with a_place() as place:
        place.tell({"json": body(*chain)}, {"json": body(*chain)}, {"json": body(make_call(100, 40))})
        trace, tree = place.tree()
        assert trace["calls"] == 1 and tree[-1] == (40, "call", MODEL), tree
        [row] = place.lines("list")
        assert place.lines("show", str(row["id"]))[0]["accounts"] == []


@check("what was told and what was on the wire are one by traceparent, whichever comes first, told beside each other; where "
       "they contradict a finding says so")
def joined():
    def call(span):
        return {"url": "https://api.anthropic.com/v1/messages",
                "headers": {"x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01",
                            "traceparent": f"00-{TRACE}-{span:016x}-01"},
                "json": {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello."}]}}

    for first in (0, 1):
        with a_place() as place, Simulator(place.folder / "simulator") as simulator:
            # The call was sent by a client that has a span of its own inside the one that tells of the call.
            spans = body(make_call(2, 1, "msg_other"), make_span(3, 2, "POST"), make_span(1, 0, "root", took=900))
            posts = [call(3), {"json": spans}]
            said = place.tell(*(posts if first == 0 else posts[::-1]), options=[f"--upstream=api.anthropic.com={simulator.url}"])
            assert [answer[0] for answer in said] == [200, 200], said
            trace, tree = place.tree()
            assert tree == [(0, "trace", "root"), (1, "call", MODEL), (2, "span", "POST")], tree
            [row] = place.lines("list")
            assert trace["calls"] == 1 and trace["output_tokens"] == row["output_tokens"] != 50, (trace, row)
            [shown] = place.lines("show", str(row["id"]))
            [account] = shown["accounts"]
            assert (account["service"], account["name"], account["input_tokens"], account["output_tokens"]) == \
                ("birds", f"chat {MODEL}", 1000, 50), account
            findings = [finding for finding in place.lines("findings") if finding["kind"] == "accounts-differ"]
            assert len(findings) == 1 and "1000 input tokens, not" in findings[0]["text"], findings


@check("what has no id in common but that which the client gave the request is one call, whichever comes first; a call that "
       "was told as failed and was answered is a finding")
def asked():
    asked_id = "4615c942-48ed-433a-bf79-2af6ea43a07c"
    call = {"url": "https://api.anthropic.com/v1/messages",
            "headers": {"x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01",
                        "x-client-request-id": asked_id},
            "json": {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello."}]}}
    span = make_span(1, 0, "claude_code.llm_request", {"model": MODEL, "client_request_id": asked_id}, failed="gone")
    told = body(span)
    told["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"] = "com.anthropic.claude_code.tracing"
    for posts in ([call, {"json": told}], [{"json": told}, call]):
        with a_place() as place, Simulator(place.folder / "simulator") as simulator:
            place.tell(*posts, options=[f"--upstream=api.anthropic.com={simulator.url}"])
            [row] = place.lines("list")
            [trace] = place.lines("traces")
            assert (row["status"], trace["calls"]) == (200, 1), (row, trace)
            assert len(place.lines("show", str(row["id"]))[0]["accounts"]) == 1
            [finding] = [finding for finding in place.lines("findings") if finding["kind"] == "accounts-differ"]
            assert "answered with 200" in finding["text"], finding


@check("Claude Code's requests and tools are a trace each, as it tells it: they stand in that of the conversation, tools with the "
       "time that they took, whichever of them comes first")
def pieces():
    session = "1fba8dfd-2041-4eb4-b689-9bbd6e6bb2c6"

    def call(span, trace, steering, *messages):
        return {"url": "https://api.anthropic.com/v1/messages",
                "headers": {"x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01", "x-sim": json.dumps(steering),
                            "x-claude-code-session-id": session, "x-client-request-id": f"ask-{span}",
                            "traceparent": f"00-{trace}-{span:016x}-01"},
                "json": {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello."}, *messages]}}

    def told(number, parent, name, trace, **attributes):
        spans = body(make_span(number, parent, f"claude_code.{name}", {"session.id": session} | attributes, trace=trace, took=3000))
        spans["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"] = "com.anthropic.claude_code.tracing"
        return {"json": spans}

    use = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}
    calls = [call(1, "a1" * 16, {"blocks": [use]}),
             call(2, "a2" * 16, {"text": "Done."}, {"role": "assistant", "content": [use]},
                  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "note.txt"}]})]
    requests = [told(number, 0, "llm_request", f"a{number}" * 16, model=MODEL, client_request_id=f"ask-{number}") for number in (1, 2)]
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.id": "toolu_1", "tool_name": "Bash"}
    tools = [told(4, 3, "tool.blocked_on_user", "b1" * 16), told(3, 0, "tool", "b1" * 16, **tool),
             told(5, 3, "tool.execution", "b1" * 16, **tool | {"gen_ai.operation.name": "x"})]
    decision = {"path": "/v1/logs", "json": {"resourceLogs": [{"scopeLogs": [{
        "scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": [{
            "body": {"stringValue": "claude_code.tool_decision"}, "traceId": "b1" * 16, "spanId": f"{3:016x}", "attributes": [
                {"key": key, "value": {"stringValue": value}} for key, value in {
                    "session.id": session, "tool_name": "Bash", "tool_use_id": "toolu_1", "decision": "accept"}.items()]}]}]}]}}
    below = (2, "span", "claude_code.tool_decision Bash")
    # Its children end before the tool; an exporter that is late tells of the first request last.
    for posts in ([calls[0], requests[0], *tools, calls[1], requests[1]], [requests[0], calls[0], tools[0], tools[1], calls[1], tools[2], requests[1]],
                  [*calls, *tools[::-1], *requests],
                  [decision, calls[0], requests[0], *tools, calls[1], requests[1]], [*calls, *tools, *requests, decision],
                  [calls[0], tools[0], decision, *tools[1:], calls[1], *requests]):
        with a_place() as place, Simulator(place.folder / "simulator") as simulator:
            place.tell(*posts, options=[f"--upstream=api.anthropic.com={simulator.url}"])
            trace, tree = place.tree()
            assert (trace["name"], trace["session"], trace["calls"]) == ("Hello.", session, 2), trace
            assert sorted(tree[1:]) == sorted([(1, "call", MODEL)] * 2 + [(1, "tool", "Bash"), (2, "span", "claude_code.tool.blocked_on_user"),
                                                                         (2, "span", "claude_code.tool.execution")] +
                                              [below] * (decision in posts)), tree
            [bash] = [span for span in place.lines("traces", str(trace["id"])) if span["kind"] == "tool"]
            assert bash["duration_ms"] == 3000 and bash["result"] == "note.txt", bash
            for row in place.lines("list", "not kind:log"):
                assert len(place.lines("show", str(row["id"]))[0]["accounts"]) == 1, row
    with a_place() as place, Simulator(place.folder / "simulator") as simulator:
        # Whoever has its log records only.
        place.tell(*calls, decision, options=[f"--upstream=api.anthropic.com={simulator.url}"])
        assert (1, *below[1:]) in place.tree()[1], place.tree()


@check("answers say what was wrong, in the type of the request; what is good is kept")
def answers():
    with a_place() as place:
        good = json.dumps(body(make_span(1, 0, "packed"))).encode()
        said = place.tell(
            {"json": {}}, {"hex": "", "headers": {"Content-Type": "application/x-protobuf"}}, {"json": []},
            {"hex": "0a", "headers": {"Content-Type": "application/x-protobuf"}},
            {"json": body({"traceId": "xyz"}, make_span(2, 1, "kept"))}, {"json": {}, "path": "/v1/profiles"},
            {"json": {}, "headers": {"Content-Type": "text/plain"}},
            {"hex": gzip.compress(good).hex(), "headers": {"Content-Encoding": "gzip"}},
            {"hex": good.hex(), "headers": {"Content-Encoding": "gzip"}},
            *({"json": event, "path": f"/api/capture/{kind}"} for kind, event in
              (("log", {}), ("log", []), ("log", {"data": {"level": 3, "message": None, "extra": "x"}, "timestamp": "never"}),
               ("exception", {"data": {"frames": [{}, 7, {"lineno": -1, "pre_context": "x"}]}}), ("http", {"request": {}}),
               ("http", {"request": {"url": "not an address"}}), ("http_incoming", {"request": {"url": "http://a/b"}}),
               ("test", {"data": []}), ("profile", {}))),
            {"hex": (b'{"data":{"extra":' + b"[" * 500000 + b"]" * 500000 + b"}}").hex(), "path": "/api/capture/log"})
        assert [answer[0] for answer in said] == \
            [200, 200, 400, 400, 200, 404, 415, 200, 200, 201, 400, 201, 201, 400, 400, 201, 201, 404, 201], said
        assert [row["method"] for row in place.lines("list", "kind:log or kind:exception or kind:incoming or kind:test")] == \
            ["INFO", "INFO", "EXCEPTION", "GET", "TEST", "INFO"]
        assert said[1][1:] == ["application/x-protobuf", ""] and bytes.fromhex(said[0][2]) == b"{}", said
        partial = json.loads(bytes.fromhex(said[4][2]))["partialSuccess"]
        assert partial["rejectedSpans"] == "1" and "trace id" in partial["errorMessage"], partial
        _, tree = place.tree()
        assert sorted(name for _, _, name in tree[1:]) == ["kept"] and tree[0][2] == "packed", tree


def make_log(message, span=None, *, trace=TRACE, attributes=None, **members):
    return {"timeUnixNano": str(time.time_ns()), "severityNumber": 9, "body": {"stringValue": message} if isinstance(message, str)
            else {"kvlistValue": {"values": [{"key": key, "value": {"stringValue": value}} for key, value in message.items()]}},
            "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in (attributes or {}).items()],
            **({"traceId": trace, "spanId": f"{span:016x}"} if span else {})} | members


def logs(*records, scope="app.birds"):
    return {"path": "/v1/logs", "json": {"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "birds"}}]},
        "scopeLogs": [{"scope": {"name": scope}, "logRecords": records}]}]}}


@check("log records stand in the Timeline, and below the span that was current in the tree; GenAI's events and Claude Code's too; "
       "metrics are taken")
def records():
    with a_place() as place:
        said = place.tell(
            {"json": body(make_span(1, 0, "migration", took=900), make_call(2, 1, ms=10))},
            logs(make_log("swallows leave", 1, severityText="Warn", severityNumber=13,
                          attributes={"code.file.path": "/app/birds.py", "exception.stacktrace": "Traceback: cold", "place": "Kiel"})),
            logs(make_log({"content": "Where do swallows winter?"}, 2, eventName="gen_ai.evaluation.result", severityNumber=0)),
            logs(make_log("claude_code.api_request", attributes={"model": MODEL, "session.id": "s-9"}), make_log("alone", trace="x", span=7)),
            {"path": "/v1/metrics", "json": {"resourceMetrics": [{}]}}, {"path": "/v1/logs", "json": []},
            {"path": "/v1/metrics", "hex": "ff", "headers": {"Content-Type": "application/x-protobuf"}})
        assert [answer[0] for answer in said] == [200, 200, 200, 200, 200, 400, 200], said
        [trace] = place.lines("traces")
        tree = [(span["depth"], span["kind"], span["name"]) for span in place.lines("traces", str(trace["id"]))]
        assert sorted(tree) == [(0, "trace", "migration"), (1, "call", MODEL), (1, "span", "swallows leave"),
                                (2, "span", "gen_ai.evaluation.result: Where do swallows winter?")], tree
        assert (trace["calls"], trace["input_tokens"], trace["failed"]) == (1, 1000, 0), trace
        rows = place.lines("list", "kind:log")
        assert sorted(row["method"] for row in rows) == ["INFO"] * 3 + ["WARN"], rows
        [warning] = place.lines("list", "kind:log level:warn")
        told = json.dumps(place.lines("show", str(warning["id"])))
        assert all(word in told for word in ("/app/birds.py", "Traceback: cold", "app.birds", "Kiel")), told
        [request] = place.lines("list", "kind:log api_request sonnet")
        assert "s-9" in json.dumps(place.lines("show", str(request["id"])))


def make_bare(number, **keywords):
    """A call whose span says nothing of what was said."""
    span = make_turn(*TURNS[number - 1], ms=1000 * number, trace=f"{number:032x}", **keywords)
    span["attributes"] = [one for one in span["attributes"] if "messages" not in one["key"]]
    return span


def make_records(number):
    """What was said in it, a record a message; sent twice, as by an exporter that had no answer."""
    _, said, answer = TURNS[number - 1]
    at = lambda i: {"timeUnixNano": str(time.time_ns() - 50_000_000_000 + number * 1_000_000_000 + i)}
    records = [make_log({"content": text}, number, trace=f"{number:032x}", eventName=f"gen_ai.{('user', 'assistant')[i % 2]}.message", **at(i))
               for i, text in enumerate(said)]
    records.append(make_log({"finish_reason": "stop"}, number, trace=f"{number:032x}", attributes={"event.name": "gen_ai.choice"}, **at(99)))
    records[-1]["body"]["kvlistValue"]["values"].append({"key": "message", "value": {"kvlistValue": {"values": [
        {"key": "content", "value": {"stringValue": answer}}]}}})
    return records + records[-2:]


def make_details(number):
    """The same in one."""
    _, said, answer = TURNS[number - 1]
    parts = lambda role, text: {"role": role, "parts": [{"type": "text", "content": text}]}
    return make_log("", number, trace=f"{number:032x}", eventName="gen_ai.client.inference.operation.details", attributes={
        "gen_ai.input.messages": json.dumps([parts(("user", "assistant")[i % 2], text) for i, text in enumerate(said)]),
        "gen_ai.output.messages": json.dumps([parts("assistant", answer)])})


@check("log records that tell what was said in a call fill it, whichever comes first, in whatever posts, with a restart in between; "
       "they stand nowhere by themselves; what tells of no call stands where it stood")
def filled():
    spans = [make_bare(number) for number in (1, 2, 3, 4)]
    told = [record for number in (1, 2, 3, 4) for record in make_records(number)]
    tell, note = {"json": body(*spans)}, make_log("migrated", 1, trace=f"{1:032x}")
    for runs in ([[tell, logs(*told, note)]], [[logs(*told, note), tell]], [[logs(*told[:5])], [tell], [logs(*told[5:]), logs(note)]],
                 [[*({"json": body(span)} for span in spans[::-1]), logs(note), *(logs(make_details(number)) for number in (1, 2, 3, 4))]]):
        with a_place() as place:
            for posts in runs:
                place.tell(*posts)
            calls = [row for row in place.lines("list") if row["method"] == "SPAN"]
            assert [row["method"] for row in place.lines("list", "kind:log")] == ["INFO"], place.lines("list", "kind:log")
            for row, (_, said, answer) in zip(calls, TURNS):
                shown = place.lines("show", str(row["id"]))[0]["messages"]
                assert [next(block.get("text", block.get("content")) for block in message["content"]) for message in shown] == [*said, answer], (runs, shown)
            assert [row["id"] for row in place.lines("list", "swifts")] == [calls[2]["id"]]
            thread, found = get_thread(place, calls)
            assert found == THREAD and thread["calls"] == 4, (runs, thread, found)
            kinds = [span["kind"] for trace in place.lines("traces") for span in place.lines("traces", str(trace["id"]))]
            assert sorted(kinds) == ["call"] * 4 + ["span"] + ["trace"] * 4, kinds


@check("a request that came in, as Smello's client tells it, stands below the span that sent it")
def incoming():
    with a_place() as place:
        event = {"request": {"method": "GET", "url": "http://shop.example/pear", "path": "/pear",
                             "headers": {"traceparent": f"00-{TRACE}-{1:016x}-01"}}, "response": {"status_code": 404, "headers": {}}}
        for posts in ([event, None], [None, event]):
            place.tell(*({"path": "/api/capture/http_incoming", "json": post} if post else {"json": body(make_span(1, 0, "order", took=900))}
                         for post in posts))
        trace, tree = place.tree()
        assert tree[0] == (0, "trace", "order") and [(depth, kind) for depth, kind, _ in tree[1:]] == [(1, "span")] * 2, tree
        assert all(name == "GET /pear" for _, _, name in tree[1:]) and trace["calls"] == 0, tree


@check("a request whose body went packed is one with what Smello's client tells of it unpacked")
def packed():
    text = json.dumps({"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello. " * 50}]})
    body_bytes = gzip.compress(text.encode())
    url, headers = "https://api.anthropic.com/v1/messages", {
        "x-api-key": "sk-ant-test-0123456789", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    event = {"request": {"method": "POST", "url": url, "body": text, "body_size": len(body_bytes),
                         "headers": headers | {"content-encoding": "gzip", "content-length": str(len(body_bytes))}},
             "response": {"status_code": 400, "headers": {}, "body": "{}", "body_size": 2}}
    with a_place() as place, Simulator(place.folder / "simulator") as simulator:
        said = place.tell({"url": url, "hex": body_bytes.hex(), "headers": headers | {"content-encoding": "gzip"}},
                          options=[f"--upstream=api.anthropic.com={simulator.url}"])
        event["response"]["status_code"] = said[0][0]
        place.tell({"url": url, "hex": body_bytes.hex(), "headers": headers | {"content-encoding": "gzip"}},
                   {"path": "/api/capture/http", "json": event}, options=[f"--upstream=api.anthropic.com={simulator.url}"])
        rows = place.lines("list", "--run", "2")
        assert len(rows) == 1 and len(place.lines("show", str(rows[0]["id"]))[0]["accounts"]) == 1, rows


@check("an exporter that dies within a body leaves nothing, and one that stalls keeps nobody; what is too large is refused")
def dying():
    def post(port, head):
        connection = socket.create_connection(("127.0.0.1", port), 30)
        connection.sendall(head.encode())
        return connection

    with a_place() as place:
        keeper = subprocess.Popen([os.environ["OVERHEAR"], "run", "--", "sh", "-c",
                                   "echo $OTEL_EXPORTER_OTLP_TRACES_ENDPOINT; read end"], env=place.environment,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        address = urllib.parse.urlsplit(keeper.stdout.readline().strip())
        head = f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
        half = [post(address.port, head + "Content-Length: 60000000\r\n\r\n{" + " " * 1000) for _ in range(8)]
        half.pop().close()
        whole = post(address.port, head + "Content-Length: 2\r\n\r\n{}")
        assert whole.recv(1000).startswith(b"HTTP/1.1 200 "), "the others keep it waiting"
        large = post(address.port, head + "Content-Length: 67108865\r\n\r\n")
        assert large.recv(1000).startswith(b"HTTP/1.1 413 ")
        for connection in (*half, whole, large):
            connection.close()
        keeper.communicate("\n", timeout=60)
        assert keeper.returncode == 0 and place.lines("traces") == [] and place.lines("list") == []


@check("clocks from 1970 and 2100: the span is there, at the time that it came")
def clocks():
    with a_place() as place:
        before = time.time()
        place.tell({"json": body(make_call(1, 0, startTimeUnixNano="1", endTimeUnixNano="5"))},
                   {"json": body(make_call(2, 0, "msg_2", trace="cd" * 16, startTimeUnixNano="4102444800000000000",
                                           endTimeUnixNano="4102444801000000000"))})
        started = [time.mktime(time.strptime(call["started"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
                   for call in place.lines("list")]
        assert len(started) == 2 and all(before - 5 <= at <= time.time() + 5 for at in started), started


@check("secrets in what is told are replaced before it is stored")
def secrets():
    with a_place() as place:
        key = "sk-ant-api03-" + "Zq3" * 20
        spans = body(make_span(1, 0, f"call {key} " + "long " * 1000, {"http.request.header.x-api-key": key, "note": key},
                               failed=f"refused {key}"))
        spans["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"] = f"birds {key}"
        other = "sk-ant-api03-" + "Yp7" * 20
        place.tell({"json": spans}, {"path": "/api/capture/log", "json": {"data": {"level": "INFO", "message": f"api_key={other}"}}})
        stored = b"".join(path.read_bytes() for path in (place.folder / "data").rglob("*") if path.is_file())
        assert key.encode() not in stored and other.encode() not in stored
        [trace] = place.lines("traces")
        assert key not in json.dumps(place.lines("show", str(trace["id"])))


@check("whoever says where spans go, or has something that listens there, keeps it")
def kept():
    def see(place, **environment):
        done = subprocess.run([os.environ["OVERHEAR"], "run", "--", "env"], env=place.environment | environment,
                              capture_output=True, text=True, timeout=60)
        return {line.partition("=")[0]: line.partition("=")[2] for line in done.stdout.splitlines()
                if line.startswith(("OTEL_", "SIDESEAT_", "SMELLO_", "CLAUDE_"))}

    asked = {"CLAUDE_CODE_ENABLE_TELEMETRY", "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "OTEL_TRACES_EXPORTER", "OTEL_TRACES_EXPORT_INTERVAL"}
    with a_place() as place:
        free = not any(socket.socket().connect_ex(("127.0.0.1", port)) == 0 for port in (4317, 4318, 5110, 5388))
        given = see(place)
        assert not free or set(given) == {f"OTEL_EXPORTER_OTLP_{signal}_{what}" for signal in ("TRACES", "LOGS", "METRICS")
                                          for what in ("ENDPOINT", "PROTOCOL")} | asked | {"SIDESEAT_ENDPOINT", "SMELLO_URL"}, given
        for said in ({"CLAUDE_CODE_ENABLE_TELEMETRY": "0"}, {"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_LOGS_EXPORTER": "console"},
                     {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, {"OTEL_SDK_DISABLED": "true"}):
            kept = see(place, **said)
            assert not free or {name: value for name, value in kept.items() if name in asked | set(said)} == said, kept
        assert not free or see(place, OTEL_TRACES_EXPORT_INTERVAL="7")["OTEL_TRACES_EXPORT_INTERVAL"] == "7"
        said = see(place, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT="http://127.0.0.1:1")
        assert not free or (said["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"], len(said)) == ("http://127.0.0.1:1", 11), said
        said = see(place, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT="http://127.0.0.1:1/v1/metrics")
        assert not free or (said["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"], len(said)) == ("http://127.0.0.1:1/v1/metrics", 11), said
        said = see(place, OTEL_EXPORTER_OTLP_PROTOCOL="grpc", OTEL_EXPORTER_OTLP_HEADERS="own=1")
        assert not free or said["OTEL_EXPORTER_OTLP_LOGS_HEADERS"].startswith("own=1,overhear-token="), said
        assert not free or said["OTEL_EXPORTER_OTLP_METRICS_HEADERS"] == said["OTEL_EXPORTER_OTLP_LOGS_HEADERS"], said
        assert not free or "/" not in said["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"].removeprefix("http://"), said
        # Not certainly HTTP, or with certificates of their own.
        for own in ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
                    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
                    {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:4318", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/a.pem"}):
            assert see(place, SMELLO_URL="unix:2", **own) == own | {"SMELLO_URL": "unix:2"}, own
        ours = see(place, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318/", SIDESEAT_ENDPOINT="http://127.0.0.1:5", SMELLO_URL="http://127.0.0.1:6")
        assert "/in/" in ours["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] and "/in/" in ours["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"]
        assert "/otel/" in ours["SIDESEAT_ENDPOINT"] and "/in/" in ours["SMELLO_URL"], ours


class Collector(http.server.ThreadingHTTPServer):
    """Whom the user sends to. `answers`: what it answers first; None: nothing, until it is closed."""

    def __init__(self, *answers):
        super().__init__(("127.0.0.1", 0), CollectorHandler)
        self.got, self.answers, self.closing = [], list(answers), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class CollectorHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.got.append((self.path, {name.lower(): value for name, value in self.headers.items()},
                                self.rfile.read(int(self.headers["content-length"]))))
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status is None:
            self.server.closing.wait(60)
            return
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@check("whoever had set an endpoint gets the same bytes and fields, too, again where it passes; a sender does not wait for that, "
       "and what did not arrive is said")
def copies():
    def tell(place, *posts, status=0, **environment):
        (place.folder / "posts.json").write_text(json.dumps(posts))
        done = subprocess.run([os.environ["OVERHEAR"], "run", "--", "/usr/bin/python3", str(PROGRAM), str(place.folder / "posts.json")],
                              env=place.environment | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and "CRITICAL" not in done.stderr, done.stderr
        return [answer[0] for answer in json.loads(done.stdout)], done.stderr

    packed = gzip.compress(json.dumps(body(make_span(1, 0, "root"))).encode())
    post = {"hex": packed.hex(), "headers": {"Content-Encoding": "gzip", "X-Own": "mine", "User-Agent": "exporter/1"}}
    http_protobuf = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    with a_place() as place:
        collector, other = Collector(503, 200), Collector()
        said, words = tell(place, post, {"json": {"data": {"message": "x"}}, "path": "/api/capture/log"},
                           {"json": body(make_span(2, 1, "by SideSeat")), "path": "/otel/sideseat/v1/traces"},
                           OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, SMELLO_URL=other.url + "/", SIDESEAT_ENDPOINT=other.url,
                           SIDESEAT_PROJECT="birds", **http_protobuf)
        assert said == [200, 201, 200] and "also sent" in words, (said, words)
        assert [path for path, _, _ in collector.got] == ["/v1/traces"] * 2, collector.got
        for _, fields, sent in collector.got:
            assert sent == packed and (fields["x-own"], fields["content-encoding"], fields["user-agent"]) == \
                ("mine", "gzip", "exporter/1"), fields
            assert fields["host"] == collector.url.removeprefix("http://"), fields
        assert sorted(path for path, _, _ in other.got) == ["/api/capture/log", "/otel/birds/v1/traces"], other.got
        assert place.tree()[1] == [(0, "trace", "root"), (1, "span", "by SideSeat")]
    with a_place() as place:
        collector = Collector(None)
        said, words = tell(place, post, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **http_protobuf)
        collector.closing.set()
        assert said == [200] and "did not arrive" in words and place.tree()[1][0][2] == "root", (said, words)
    with a_place() as place:
        said, words = tell(place, post, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://127.0.0.1:1/v1/traces")
        assert said == [200] and "did not arrive" in words and place.tree()[1][0][2] == "root", (said, words)


main()
