# SPDX-License-Identifier: GPL-3.0-or-later
"""`overhear mcp` line by line, without a display: both eras, every tool, pages, fences, hostile input."""
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

import jsonschema

from fixtures import mcp
from fixtures.captured import HOSTILE, LONG, OVERHEAR, Desk, members
from fixtures.mcp import HANDSHAKES, STATELESS
from tap import check, main

META = mcp.make_meta()
PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602

home = tempfile.TemporaryDirectory(prefix="overhear-mcp-")
desk = Desk(home.name)


class Session(mcp.Session):
    def __init__(self, data="data", revision=None):
        super().__init__(desk, data=data, revision=revision)


def pages(session, name, **arguments):
    """All items, page by page."""
    items, cursor = [], {}
    for _ in range(300):
        page = session.get(name, **arguments, **cursor)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        assert page["items"]
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("pages without end")


def listed(*command):
    return [json.loads(line) for line in desk.overhear(*command, "--json").stdout.splitlines()]


@check("without a capture lists are empty, and the first capture is seen")
def empty():
    with Session("late") as session:
        for name in ("list_calls", "list_runs", "list_traces", "list_threads", "list_sessions", "list_findings",
            "get_limits",
                     "get_costs"):
            assert session.get(name)["items"] == [], name
        for name in "get_call", "get_trace", "get_thread", "explain_call", "compare_calls":
            assert session.call(name, id=1)["isError"], name
        lists = ["overhear://calls", "overhear://runs"]
        assert [resource["uri"] for resource in session.ask("resources/list")["resources"]] == lists
        assert all(session.ask("resources/read", uri=uri)["contents"][0]["uri"] == uri for uri in lists)
        desk.capture(data="late", program="from say import *\nchat('Hello')")
        assert [call["id"] for call in session.get("list_calls")["items"]] == [1]


@check("the handshake's revisions: each is spoken, an unknown one gets the newest")
def handshakes():
    desk.capture("--session", "s1", "--user", "u1")
    for asked, spoken in [(revision, revision) for revision in HANDSHAKES] + [("1999-01-01", HANDSHAKES[0])]:
        with Session(revision=asked) as session:
            assert session.hello["protocolVersion"] == spoken and session.hello["serverInfo"]["name"] == "overhear"
            assert session.ask("ping") == {}
            assert set(session.hello["capabilities"]) == {"tools", "resources", "prompts"}
            assert len(session.hello["instructions"].encode()) <= 2048
            assert "ttlMs" not in session.ask("tools/list")
            assert session.answer("server/discover")["error"]["code"] == METHOD
            assert session.answer("resources/read", uri="overhear://call/999")["error"]["code"] == -32002


@check("the stateless revision: discovery, metadata, errors")
def stateless():
    with Session() as session:
        found = session.ask("server/discover")
        assert found["supportedVersions"] == [STATELESS, *HANDSHAKES]
        for method in "server/discover", "tools/list", "resources/list", "resources/templates/list", "prompts/list":
            result = session.ask(method)
            assert result["ttlMs"] >= 0 and result["cacheScope"] == "private", method
            assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "overhear"
        for method in "ping", "logging/setLevel", "resources/subscribe", "nonsense":
            assert session.answer(method)["error"]["code"] == METHOD, method
        assert session.answer("resources/read", uri="overhear://call/999")["error"]["code"] == PARAMS
        session.stateless = False
        error = session.answer("tools/list", _meta={**META,
            "io.modelcontextprotocol/protocolVersion": "1900-01-01"})["error"]
        assert error["code"] == -32022 and error["data"] == {"supported": [STATELESS, *HANDSHAKES],
            "requested": "1900-01-01"}
        name = "io.modelcontextprotocol/protocolVersion"
        for meta in {}, {name: STATELESS}, {name: 5}, {name: None}:
            assert session.answer("tools/list", _meta=meta)["error"]["code"] == PARAMS, meta
        # Both eras in one process: the handshake does not end the other.
        assert session.ask("initialize", protocolVersion=HANDSHAKES[1],
            capabilities={})["protocolVersion"] == HANDSHAKES[1]
        assert session.ask("tools/list")["tools"]
        session.stateless = True
        assert session.ask("tools/list")["tools"]


@check("tools: named by the rules, described within the clients' limits, with schemas that are ones")
def tools():
    with Session() as session:
        first, second = session.ask("tools/list")["tools"], session.ask("tools/list")["tools"]
    assert first == second and len({tool["name"] for tool in first}) == len(first) == 16
    for tool in first:
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", tool["name"]) and len(tool["description"].encode()) <= 2048
        acts = tool["name"] in ("launch", "resend")
        assert tool["annotations"]["readOnlyHint"] is not acts and tool["annotations"]["openWorldHint"] is acts
        assert tool.get("_meta", {}).get("anthropic/requiresUserInteraction", False) is acts
        for schema in tool["inputSchema"], tool["outputSchema"]:
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
        assert tool["inputSchema"]["additionalProperties"] is False


@check("every tool answers what its schema says, no member less and none more")
def answers():
    calls, traces, threads = listed("list"), listed("traces"), listed("threads")
    retried = next(call["id"] for call in calls if call["status"] == 529)
    arguments = {
        "list_calls": [{}, {"search": "is:error"}, {"run": 1, "limit": 3}], "list_runs": [{}],
        "list_traces": [{}, {"session": "s1"}, {"user": "u1"}], "list_threads": [{}], "list_sessions": [{}],
        "list_findings": [{}], "get_limits": [{}], "get_costs": [{}], "get_trace": [{"id": t["id"]} for t in traces],
        "get_thread": [{"id": t["id"]} for t in threads],
        "get_call": [{"id": c["id"], "path": path} for c in calls for path in ("", "request", "request.headers",
        "messages")],
        "explain_call": [{"id": c["id"]} for c in calls], "wait_for_call": [{"after": 1}, {"timeout": 0}],
        "compare_calls": [{"id": calls[1]["id"]}, {"id": calls[-1]["id"], "before": calls[-2]["id"]}]}
    with Session() as session:
        described = {tool["name"]: tool["outputSchema"] for tool in session.ask("tools/list")["tools"]}
        assert set(described) == {*arguments, "launch", "resend"}
        for name, cases in arguments.items():
            assert cases, name
            for case in cases:
                found = session.get(name, **case)
                jsonschema.Draft202012Validator(described[name]).validate(found)
                assert set(found) <= members(described[name], described[name]), name
                for item in found.get("items", ()):
                    schema = described[name]["properties"]["items"]["items"]
                    assert set(item) <= members(schema, described[name]), (name, set(item))
        rows = session.get("list_calls", search="tool:get_weather")["items"]
        assert {row["trace"] for row in rows} <= {t["id"] for t in traces} and all(row["thread"] for row in rows), rows
        chain = session.get("explain_call", id=retried)
        assert [attempt["status"] for attempt in chain["attempts"]] == [529, 200], chain
        changes = session.get("compare_calls", id=calls[-1]["id"], before=calls[-2]["id"])
        assert changes["system_changed"] and [tool["name"] for tool in changes["tools"]] == ["get_weather"], changes
        assert "".join(piece["text"] for piece in changes["system"] if piece["kind"] != "removed") == "Be very brief."


@check("pages hold everything once, in whatever size")
def paged():
    with Session() as session:
        for limit in 1, 3, 100:
            assert [c["id"] for c in pages(session, "list_calls",
                limit=limit)] == [c["id"] for c in listed("list")][::-1]
            assert pages(session, "list_findings", limit=limit) == listed("findings")
            assert [t["id"] for t in pages(session, "list_traces", limit=limit)] == [t["id"] for t in listed("traces")]
        for trace in listed("traces"):
            spans = listed("traces", trace["id"])
            assert [s["kind"] for s in pages(session, "get_trace", id=trace["id"],
                limit=2)] == [s["kind"] for s in spans]
        assert session.call("list_calls", cursor="nonsense")["isError"]


@check("a call is walked into, from the outline to the last byte")
def walk():
    last = listed("list")[-1]["id"]
    with Session() as session:
        outline = session.get("get_call", id=last)
        assert outline["value"] is None and {c["path"] for c in outline["children"]} >= {"request", "response",
            "messages"}
        body = session.get("get_call", id=last, path="request.body")
        assert body["value"] is None and "request.body.messages" in {c["path"] for c in body["children"]}, body
        messages = session.get("get_call", id=last, path="request.body.messages")
        assert [c["path"] for c in messages["children"]] == [f"request.body.messages[{n}]" for n in range(3)]
        assert session.get("get_call", id=last, path="$.request.body.messages[0].content")["value"] == HOSTILE
        assert session.get("get_call", id=last, path='["request"].body.messages[-2]["content"]')["value"] == "No."
        text, offset = "", 0
        while offset is not None:
            piece = session.get("get_call", id=last, path="request.body.messages[-1].content", offset=offset,
                max_bytes=15000)
            text, offset = text + piece["value"], piece["next_offset"]
        assert text == LONG and piece["bytes"] == len(LONG.encode())
        for path in ("nothing", "request.body.messages[99]", "request.body.model.x", "messages[", "messages[x]", '["',
            "a..b"):
            assert session.call("get_call", id=last, path=path)["isError"], path
        error = listed("list", "status:400")[0]["id"]
        assert session.get("get_call", id=error, path="response.body.error.type")["value"] == "invalid_request_error"


ODD = r"""
from say import *
send(b'{"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": [{"type": "text",\r\n'
     b'"text": "half \\ud800 nul \\u0000", "odd.name[0]": 1, "": {"a": 1, "a": 2}}]}], "deep": '
     + b"[" * 3000 + b"]" * 3000 + b"}")
"""


class Upstream(http.server.BaseHTTPRequestHandler):
    """Swallows anything."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@check("whatever was captured, an answer is one line of sound JSON, and every place of it can be reached")
def everything():
    def visit(path, depth):
        found = session.get("get_call", id=call["id"], path=path, max_bytes=200)
        json.dumps(found, ensure_ascii=False).encode()  # no half of a character
        seen.append(path)
        children = list(found["children"])
        while found["next_cursor"] and len(children) < 60:
            found = session.get("get_call", id=call["id"], path=path, max_bytes=200, cursor=found["next_cursor"])
            children += found["children"]
        for child in children[:60] if depth < 7 else ():
            visit(child["path"], depth + 1)

    with http.server.HTTPServer(("127.0.0.1", 0), Upstream) as upstream, Session() as session:
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        desk.overhear("run", f"--upstream=api.anthropic.com=http://127.0.0.1:{upstream.server_port}", "--",
                      sys.executable, "-c", ODD)
        upstream.shutdown()
        for call in listed("list"):
            seen = []
            visit("", 0)
            assert len(seen) > 10 and len(set(seen)) == len(seen), seen
        odd = listed("list")[-1]["id"]
        block = "request.body.messages[0].content[0]"
        assert session.get("get_call", id=odd, path=block + '["odd.name[0]"]')["value"] == "1"
        assert session.get("get_call", id=odd, path=block + '[""].a')["value"] == "2"
        assert session.get("get_call", id=odd, path="request.body.deep" + "[0]" * 2999)["value"] == "[]"


@check("waiting: the next call is told, a timeout is none, a cancelled wait says nothing")
def wait():
    with Session() as session:
        assert session.get("wait_for_call", timeout=0)["timed_out"]
        session.send(session.request("tools/call", {"name": "wait_for_call", "arguments": {"timeout": 500}}))
        session.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": session.n}})
        session.send(session.request("tools/call", {"name": "wait_for_call", "arguments": {"timeout": 500,
            "search": "status:200"}}))
        waiting = session.n
        assert session.get("list_runs")["items"]
        desk.capture(program="from say import *\nask([{'role': 'user', 'content': 'Now'}])")
        answer = session.read()
        assert answer["id"] == waiting and not answer["result"]["structuredContent"]["timed_out"], answer
        assert answer["result"]["structuredContent"]["call"]["id"] == listed("list")[-1]["id"]
        assert session.call("wait_for_call", search="status:(")["isError"]


@check("resources and prompts")
def offers():
    with Session() as session:
        found = session.ask("resources/list")["resources"]
        assert found[0]["uri"] == f"overhear://call/{listed('list')[-1]['id']}" and len(found) >= 8
        for uri in found[0]["uri"], f"overhear://trace/{listed('traces')[0]['id']}":
            content, = session.ask("resources/read", uri=uri)["contents"]
            assert content["uri"] == uri and "never instructions" in json.loads(content["text"])["notice"]
        assert {t["uriTemplate"] for t in session.ask("resources/templates/list")["resourceTemplates"]} == {
            "overhear://call/{id}", "overhear://trace/{id}"}
        for prompt in session.ask("prompts/list")["prompts"]:
            message, = session.ask("prompts/get", name=prompt["name"])["messages"]
            assert message["role"] == "user" and "newest run" in message["content"]["text"]
            message, = session.ask("prompts/get", name=prompt["name"], arguments={"run": "7"})["messages"]
            assert "run 7" in message["content"]["text"] and "{" not in message["content"]["text"]


@check("who listens is told of new calls and of changes to what they name, and of nothing else")
def listening():
    first = "overhear://call/1"
    with Session("listened") as session:
        desk.capture(data="listened", program="from say import *\nchat('Hello')")

        def listen(**notifications):
            session.send(session.request("subscriptions/listen", {"notifications": notifications}))
            notice = json.loads(session.process.stdout.readline())
            assert notice["method"] == "notifications/subscriptions/acknowledged", notice
            assert notice["params"]["_meta"] == {"io.modelcontextprotocol/subscriptionId": session.n}
            return session.n, notice["params"]["notifications"]

        assert session.ask("server/discover")["capabilities"]["resources"] == {"subscribe": True, "listChanged": True}
        n, told = listen(resourcesListChanged=True, toolsListChanged=True, promptsListChanged=True)
        assert told == {"resourcesListChanged": True}, told
        uris = [first, "overhear://trace/1", "overhear://trace/2", "overhear://calls", "overhear://runs"]
        m, told = listen(resourceSubscriptions=[*uris, "file:///etc/passwd", 5, "overhear://call/x"])
        assert told == {"resourceSubscriptions": uris}, told
        nothing, told = listen(resourcesListChanged="yes", resourceSubscriptions={"a": 5})
        assert told == {}, told
        cancelled, _ = listen(resourcesListChanged=True)
        session.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": cancelled}})
        desk.capture(data="listened", program="from say import *\nchat('Hello again')")
        seen = set()
        wanted = {(n, "list_changed", None), *((m, "updated", uri) for uri in uris[2:])}
        while not wanted <= seen:
            notice = json.loads(session.process.stdout.readline())
            kind = notice["method"].removeprefix("notifications/resources/")
            seen.add((notice["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], kind, notice["params"].get("uri")))
        assert seen == wanted, seen
        for wrong in {}, {"notifications": []}, {"notifications": None}, {"notifications": True}:
            session.send(session.request("subscriptions/listen", wrong))
            while "error" not in (answer := json.loads(session.process.stdout.readline())):
                assert "method" in answer, answer
            assert answer["error"]["code"] == PARAMS, answer
        session.process.stdin.close()
        lines = [json.loads(line) for line in session.process.stdout.read().splitlines()]
        ends = [line for line in lines if "id" in line]
        assert [line["id"] for line in ends] == [n, m, nothing], ends
        assert all(line["result"]["_meta"] == {"io.modelcontextprotocol/subscriptionId": line["id"]} for line in ends)
    with Session(revision=HANDSHAKES[0]) as session:
        assert session.answer("subscriptions/listen", notifications={})["error"]["code"] == METHOD


def envelope(**members):
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/list", **members}).encode()


def tool_call(name, arguments):
    return envelope(method="tools/call", params={"name": name, "arguments": arguments, "_meta": META})


def nested(depth, opening, closing):
    whole = envelope(params={"_meta": META, "cursor": 1})
    return whole[:-2] + b', "x": ' + opening * depth + b"1" + closing * depth + b"}}"


HOSTILE_LINES = [
    # (line, code) of an error by the book; None: the tool says what is wrong
    *[(line, PARSE) for line in (
        b"{", b"}", b"[", b"{]", b"nonsense", b"'", b'"', b'{"jsonrpc": "2.0", "id": 7,', b"{'a': 1}", b"\xff\xfe",
        b'{"a": "\xc3"}',
        b'{"a": "\xed\xa0\x80"}', b'"\x00"', b"\x00", b'{"a": 01}', b'{"a": .5}', b'{"a": NaN}', b'{"a": Infinity}',
        b"{} {}",
        b'{"a": "\x01"}', b'{"a": "\\x"}', b'{"a": "\\u12"}', b'{"a" 1}', b'{"a": 1,}', b"[1,]", b"tru", b"-", b"1e",
        b"/* */ {}",
        b"Content-Length: 20", b"GET / HTTP/1.1", b"[" * 200000, b'{"a":' * 200000, b"\xef\xbb\xbf{}", b"x" * 5000000)],
    *[(line, REQUEST) for line in (
        b"null", b"true", b"1", b'"text"', b"[]", b"[1]", b"{}", b"[" * 100000 + b"]" * 100000,
        b"[" + envelope() + b"]", b'{"jsonrpc": "2.0"}', b'{"jsonrpc": "1.0", "id": 7, "method": "ping"}',
        b'{"id": 7, "method": "ping"}',
        envelope(jsonrpc=2.0), envelope(jsonrpc=None), envelope(method=5), envelope(method=None),
        envelope(method=["ping"]),
        envelope(method={}), envelope(id=None), envelope(id=1.5), envelope(id=True), envelope(id=[7]), envelope(id={}),
        b'{"jsonrpc": "2.0", "id": 1e3, "method": "ping"}')],
    *[(line, PARAMS) for line in (
        envelope(params=[]), envelope(params="x"), envelope(params=None), envelope(params=7), envelope(),
        envelope(params={}),
        envelope(params={"_meta": None}), envelope(params={"_meta": []}),
        envelope(params={"_meta": META, "cursor": "x"}),
        envelope(params={"_meta": META, "cursor": {}}), nested(50000, b"[", b"]"), nested(50000, b'{"a":', b"}"),
        envelope(method="tools/call", params={"_meta": META}),
        envelope(method="tools/call", params={"_meta": META, "name": 5}),
        envelope(method="initialize", params={}), envelope(method="initialize", params={"protocolVersion": 7}),
        tool_call("nonsense", {}), tool_call("", {}), tool_call("get_call\x00", {}), tool_call("get_call", []),
        tool_call("get_call", "1"),
        tool_call("x" * 1000000, {}), envelope(method="resources/read", params={"_meta": META}),
        *[envelope(method="resources/read", params={"_meta": META, "uri": uri}) for uri in (
            5, "", "file:///etc/passwd", "overhear://", "overhear://call/", "overhear://call/-1", "overhear://call/0",
            "overhear://call/1/2",
            "overhear://call/99999999999999999999", "overhear://call/../trace/1", "overhear://run/1",
            "OVERHEAR://call/1")],
        *[envelope(method="prompts/get", params={"_meta": META, **more}) for more in (
            {}, {"name": 7}, {"name": "nonsense"}, {"name": "why_was_it_expensive", "arguments": []},
            {"name": "why_was_it_expensive", "arguments": {"run": 7}},
            {"name": "why_was_it_expensive", "arguments": {"run": "7; rm"}})])],
    *[(line, METHOD) for line in (
        envelope(method="", params={"_meta": META}), envelope(method="x" * 1000000, params={"_meta": META}),
        envelope(method="tools/list\n", params={"_meta": META}), envelope(method="TOOLS/LIST", params={"_meta": META}),
        envelope(method="../tools/list", params={"_meta": META}),
        envelope(method="notifications/cancelled", params={"_meta": META}))],
    *[(tool_call(name, arguments), None) for name, arguments in (
        ("get_call", {}), ("get_call", {"id": "1"}), ("get_call", {"id": 0}), ("get_call", {"id": -1}),
        ("get_call", {"id": 1.5}),
        ("get_call", {"id": 10 ** 30}), ("get_call", {"id": 2 ** 63}), ("get_call", {"id": None}),
        ("get_call", {"id": [1]}),
        ("get_call", {"id": 10 ** 9}), ("get_call", {"id": 1, "path": 5}),
        ("get_call", {"id": 1, "path": "[" * 100000}),
        ("get_call", {"id": 1, "path": "a." * 100000}), ("get_call", {"id": 1, "offset": -1}),
        ("get_call", {"id": 1, "max_bytes": 10 ** 9}),
        ("get_call", {"id": 1, "nonsense": 1}), ("list_calls", {"search": "("}), ("list_calls", {"search": 5}),
        ("list_calls", {"search": "x" * 200000 + "("}), ("list_calls", {"limit": 0}),
        ("list_calls", {"limit": 10 ** 6}),
        ("list_calls", {"cursor": "-5"}), ("list_calls", {"cursor": 5}),
        ("list_calls", {"run": "'; DROP TABLE exchange; --"}),
        ("list_traces", {"session": 5}), ("get_trace", {"id": 10 ** 9}), ("get_thread", {"id": 10 ** 9}),
        ("compare_calls", {"id": 1}),
        ("compare_calls", {"id": 2, "before": 10 ** 9}), ("explain_call", {"id": 10 ** 9}),
        ("wait_for_call", {"timeout": 10 ** 9}))],
]


@check(f"{len(HOSTILE_LINES)} hostile lines get errors by the book, and the server goes on")
def hostile():
    with Session() as session:
        for line, code in HOSTILE_LINES:
            session.write(line + b"\n")
            answer = session.read()
            if code is None:
                assert answer["result"]["isError"] and answer["result"]["content"][0]["text"], (line[:100], answer)
                assert "structuredContent" not in answer["result"]
            else:
                assert answer.get("error", {}).get("code") == code, (line[:100], answer)
                assert code in (PARSE, REQUEST) or answer["id"] == 7, (line[:100], answer)
                assert code != PARSE or answer["id"] is None, (line[:100], answer)
        # What asks for no answer gets none; ids come back as they were.
        for line in (b"", b"   ", b"\r", b'{"jsonrpc": "2.0", "method": "nonsense"}',
            b'{"jsonrpc": "2.0", "method": "notifications/x", "params": 5}',
                     b'{"jsonrpc": "2.0", "id": 9, "result": {}}',
                     b'{"jsonrpc": "2.0", "id": 9, "error": {"code": 1, "message": ""}}'):
            session.write(line + b"\n")
        for id in "text", "", "\u202e\"", 0, -5, 2 ** 53:
            session.write(envelope(id=id, params={"_meta": META}) + b"\r\n")
            assert session.read()["id"] == id
        rss = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{session.process.pid}/status").read_text())[1])
        assert rss < 300000 or "asan" in OVERHEAR, rss


@check("a line without end takes no memory; half a line at the end of input is an error")
def endless():
    with Session() as session:
        for _ in range(64):
            session.write(b"[" * 1024 * 1024)
        session.write(b"\n")
        assert session.read()["error"]["code"] == PARSE
        session.write(b'{"jsonrpc": "2.0"')
        session.process.stdin.close()
        assert session.read()["error"]["code"] == PARSE
    for split in range(1, 60, 7):
        with Session() as session:
            line = envelope(params={"_meta": META}) + b"\n"
            session.write(line[:split])
            session.write(line[split:])
            assert session.read()["result"]["tools"]


@check("batches, in the one revision that has them")
def batches():
    with Session(revision="2025-03-26") as session:
        session.send([session.request("ping", {}), {"jsonrpc": "2.0", "method": "notifications/x"}, 5,
                      session.request("tools/call", {"name": "wait_for_call", "arguments": {}})])
        answers = session.read()
        assert [answer["id"] for answer in answers] == [session.n - 1, None, session.n], answers
        session.send([{"jsonrpc": "2.0", "method": "notifications/x"}])
        session.write(b"[" + b"5," * 1000000 + b"5]\n")
        assert session.read()["error"]["code"] == REQUEST
        assert session.ask("ping") == {}


main()
