# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of other programs: HAR as each of them writes it, with its own habits, and mitmproxy's flows of every version. The
shapes are those of files that the programs wrote, of their sources and of their documentation; hosts and texts are made
up. Each case is a file and, of each exchange in the order of time, what is right of it."""
import base64
import datetime
import gzip
import json
import os
import pathlib
import subprocess
import tempfile
import zlib

from tap import check, main

OVERHEAR = os.environ["OVERHEAR"]
API = "https://api.anthropic.com/v1/messages"
START = datetime.datetime(2026, 11, 20, 10, tzinfo=datetime.timezone.utc).timestamp()
QUESTION = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "ping"}]}
ANSWER = {"type": "message", "role": "assistant", "id": "msg_1", "model": "claude-sonnet-4-5", "stop_reason": "end_turn",
          "content": [{"type": "text", "text": "pöng"}], "usage": {"input_tokens": 10, "output_tokens": 5}}
ASK, SAY = json.dumps(QUESTION), json.dumps(ANSWER, ensure_ascii=False)
EVENTS = [("message_start", {"message": ANSWER | {"content": [], "usage": {"input_tokens": 10, "output_tokens": 1}}}),
          ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
          ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "pöng"}}),
          ("content_block_stop", {"index": 0}),
          ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}), ("message_stop", {})]
STREAM = "".join(f"event: {kind}\ndata: {json.dumps({'type': kind} | event)}\n\n" for kind, event in EVENTS)
JSON, SSE = "application/json", "text/event-stream; charset=utf-8"
WHOLE = {"tokens": (10, 5), "text": "pöng", "outcome": "finished", "gaps": 0, "problems": [], "url": API}

home = tempfile.TemporaryDirectory(prefix="overhear-import-")
folder = pathlib.Path(home.name)
count = 0


def read(content, suffix):
    """What Overhear has of a file, exchange by exchange."""
    global count
    count += 1
    place = folder / str(count)
    environment = os.environ | {"OVERHEAR_DATA_DIR": str(place), "XDG_RUNTIME_DIR": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def say(*words):
        done = subprocess.run([OVERHEAR, *words], env=environment, capture_output=True, timeout=60)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout.decode(), done.stderr.decode()

    path = folder / f"file-{count}{suffix}"
    path.write_bytes(content)
    said = say("import", str(path))[1]
    found = []
    lines = [json.loads(line) for line in say("export", "--format", "jsonl")[0].splitlines()]
    for line in sorted((line for line in lines if line["type"] == "exchange"), key=lambda line: line["id"]):
        shown = json.loads(say("show", "--json", str(line["id"]))[0])
        answer = line.get("response", {})
        found.append({
            "tokens": (shown["input_tokens"], shown["output_tokens"]), "outcome": line["outcome"], "gaps": line.get("gaps", 0),
            "text": "".join(b.get("text", "") for m in shown["messages"] if m["role"] == "assistant" for b in m["content"]),
            "asked": [b.get("text") for m in shown["messages"] if m["role"] == "user" for b in m["content"]],
            "problems": shown["problems"], "url": shown["url"], "status": answer.get("status", 0), "reason": answer.get("reason"),
            "version": line["http_version"], "method": line["method"], "error": line.get("error"), "ended_by": line["ended_by"],
            "started": line["started_ns"] / 1e9 - START, "times": [
                round(line["timings"].get(f"{name}_ns", -1e6) / 1e6) for name in ("resolved", "connected", "secured",
                                                                                "request_sent", "response_head", "ended")],
            "request": body(line["request"]), "response": body(answer), "lengths": (shown["request_bytes"], shown["response_bytes"]),
            "headers": [name for name, _ in answer.get("headers", [])], "sent": line["request"].get("headers", []),
            "oddities": shown["oddities"], "told": shown["error"],
            "events": [(event["event"], event["data"], event["at_ms"]) for event in shown["events"]]})
    return found, said


def body(side):
    return base64.b64decode(side["body_base64"]) if "body_base64" in side else side.get("body", "").encode()


def har(creator, *entries, **more):
    return json.dumps({"log": {"version": "1.2", "creator": creator, **more, "entries": entries}}, ensure_ascii=False).encode()


def fields(*pairs, **more):
    return [{"name": name, "value": value, **more} for name, value in pairs]


CASES = []


def case(name, content, *right, suffix=".har", said=""):
    CASES.append((name, content, right, suffix, said))


# Chromium: HTTP/2's pseudo fields, phases of -1, "blocked" with the queue in it, base64 where it liked, no text of what it did
# not keep, "connection" a number that is no port, a stream of an EventSource only in its events, and what it gave up.
def chrome(**parts):
    request = {"method": "POST", "url": API, "httpVersion": "h2", "headers": fields(
        (":authority", "api.anthropic.com"), (":method", "POST"), (":path", "/v1/messages"), (":scheme", "https"),
        ("content-type", JSON), ("x-api-key", "not-a-key")), "queryString": [], "cookies": [], "headersSize": -1,
        "bodySize": len(ASK), "postData": {"mimeType": JSON, "text": ASK}} | parts.get("request", {})
    response = {"status": 200, "statusText": "", "httpVersion": "h2", "headers": fields(
        ("content-encoding", "br"), ("content-type", parts.get("type", JSON)), ("request-id", "req_1")), "cookies": [],
        "content": {"size": len(SAY.encode()), "mimeType": parts.get("type", JSON).split(";")[0]} | parts.get("content", {}),
        "redirectURL": "", "headersSize": -1, "bodySize": -1, "_transferSize": 213, "_error": None,
        "_fetchedViaServiceWorker": False} | parts.get("response", {})
    return {"_connectionId": "159834", "_initiator": {"type": "script", "stack": {"callFrames": [
        {"functionName": "ask", "scriptId": "8", "url": "https://app.test/a.js", "lineNumber": 2, "columnNumber": 5}]}},
        "_priority": "High", "_resourceType": "fetch", "cache": {}, "connection": "443", "pageref": "page_1",
        "request": request, "response": response, "serverIPAddress": "[2607:6bc0::10]",
        "startedDateTime": "2026-11-20T10:00:00.250Z", "time": 114.666000031866133, "timings": {
            "blocked": 5.397000045232475, "dns": -1, "ssl": -1, "connect": -1, "send": 0.237, "wait": 107.330000007074326,
            "receive": 1.7019999795593321, "_blocked_queueing": 3.293000045232475, "_workerStart": -1}} | parts.get("entry", {})


case("Chrome", har(
    {"name": "WebInspector", "version": "537.36"},
    chrome(content={"text": SAY}),
    chrome(content={"text": base64.b64encode(SAY.encode()).decode(), "encoding": "base64"},
           entry={"startedDateTime": "2026-11-20T10:00:01.000Z", "timings": {
               "blocked": 1, "dns": 10, "ssl": 30, "connect": 70, "send": 1, "wait": 100, "receive": 8}}),
    chrome(type=SSE, content={"size": 812}, entry={"startedDateTime": "2026-11-20T10:00:02.000Z"}),
    chrome(type=SSE, content={"size": 0}, response={"status": 0, "httpVersion": "", "headers": [], "_error": "net::ERR_INTERNET_DISCONNECTED"},
           request={"httpVersion": "", "headers": fields(("Content-Type", JSON))}, entry={"startedDateTime": "2026-11-20T10:00:03.000Z"}),
    chrome(type=SSE, content={"size": 0}, entry={"startedDateTime": "2026-11-20T10:00:04.000Z", "_resourceType": "eventsource",
           "_eventSourceMessages": [{"time": START + 4.25 + n / 10, "eventName": kind, "eventId": "", "data": json.dumps(
               {"type": kind} | event)} for n, (kind, event) in enumerate(EVENTS)]}),
    chrome(content={"size": 0}, response={"status": 0, "httpVersion": "", "headers": [], "_error": None},
           entry={"startedDateTime": "2026-11-20T10:00:05.000Z", "time": 0}),
    chrome(type=SSE, content={"text": STREAM[:-200]}, response={"_error": "net::ERR_ABORTED"},
           entry={"startedDateTime": "2026-11-20T10:00:06.000Z"}),
    pages=[{"startedDateTime": "2026-11-20T10:00:00.000Z", "id": "page_1", "title": "https://app.test/", "pageTimings": {
        "onContentLoad": 51.2, "onLoad": -1}}]),
    WHOLE | {"version": "2", "started": 0.25, "headers": ["content-type", "request-id"],
             "sent": [["content-type", JSON], ["x-api-key", ...]], "times": [-1, -1, -1, 6, 113, 115]},
    WHOLE | {"times": [11, 51, 81, 82, 182, 190]},
    {"outcome": "finished", "gaps": 2, "problems": [], "lengths": (len(ASK), 812), "tokens": (None, None), "asked": ["ping"]},
    {"outcome": "failed", "error": "net::ERR_INTERNET_DISCONNECTED", "status": 0, "version": "1.1", "gaps": 0},
    WHOLE | {"times": [-1, -1, -1, 6, 113, 750]},
    {"outcome": "cut", "error": "There was no answer yet when this was exported.", "status": 0, "ended_by": "none"},
    {"outcome": "cut", "error": "net::ERR_ABORTED", "ended_by": "client", "text": "pöng", "problems": []})

# A WebSocket, whose URL is of its own kind.
SOCKET = [{"type": "send", "time": START + 0.5, "opcode": 1, "data": '{"a": 1}'},
          {"type": "receive", "time": START + 1.25, "opcode": 1, "data": "two\r\nlines"},
          {"type": "receive", "time": START + 2, "opcode": 2, "data": "AAEC"}]
SOCKETS = {"outcome": "finished", "status": 101, "url": "https://chat.test/v1/realtime?model=a", "events": [
    ("send", '{"a": 1}', 500.0), ("receive", "two\nlines", 1250.0), ("receive base64", "AAEC", 2000.0)]}
case("Chrome's WebSocket", har({"name": "WebInspector", "version": "537.36"}, chrome(
    request={"method": "GET", "url": "wss://chat.test/v1/realtime?model=a", "httpVersion": "HTTP/1.1", "bodySize": 0, "headers": fields(
        ("Upgrade", "websocket"), ("Connection", "Upgrade")), "postData": None},
    response={"status": 101, "statusText": "Switching Protocols", "httpVersion": "HTTP/1.1", "headers": fields(("Upgrade", "websocket"))},
    content={"size": 0, "mimeType": "x-unknown"},
    entry={"startedDateTime": "2026-11-20T10:00:00.000Z", "_resourceType": "websocket", "_webSocketMessages": SOCKET})),
    SOCKETS | {"sent": [["Upgrade", "websocket"], ["Connection", "Upgrade"]]})


# Firefox: members in another order, local times, no timings of what it did not time, comments instead of bodies, null sizes.
def firefox(at, timings=None, headers=(("content-type", JSON), ("content-encoding", "gzip")), content=None, post=None, **response):
    return {"pageref": "page_1", "startedDateTime": at, "request": {
        "bodySize": len(ASK), "method": "POST", "url": API, "httpVersion": "HTTP/3", "headers": fields(
            ("Host", "api.anthropic.com"), ("Content-Type", JSON), ("Accept-Encoding", "gzip, deflate, br, zstd")), "cookies": [],
        "queryString": [], "headersSize": None, "postData": post or {"mimeType": JSON, "params": [], "text": ASK}}, "response": {
        "status": 200, "statusText": "OK", "httpVersion": "HTTP/3", "headers": fields(*headers), "cookies": [],
        "content": content or {"mimeType": JSON, "size": len(SAY.encode()), "text": SAY}, "redirectURL": "", "headersSize": 386,
        "bodySize": 559} | response, "cache": {}, "timings": {"blocked": 17, "dns": 0, "connect": 0, "ssl": 0, "send": 0, "wait": 600,
        "receive": 6} if timings is None else timings, "time": 623, "_securityState": "secure",
        "serverIPAddress": "160.79.104.10", "connection": "443"}


case("Firefox", har(
    {"name": "Firefox", "version": "145.0"},
    firefox("2026-11-20T11:00:00.500+01:00"),
    firefox("2026-11-20T02:00:01.000-08:00", timings={}, content={"mimeType": JSON, "size": 196, "comment": "Response bodies are not included."}),
    firefox("2026-11-20T15:45:02.000+05:45", content={"mimeType": JSON, "size": 2 * 1048576, "text": SAY[:60], "comment": "Response body was truncated."}),
    firefox("2026-11-20T10:00:03.000Z", post={"mimeType": JSON, "params": [], "comment": "Request bodies are not included."}),
    browser={"name": "Firefox", "version": "145.0"}, pages=[]),
    WHOLE | {"version": "3", "started": 0.5, "times": [-1, -1, -1, 17, 617, 623], "headers": ["content-type"]},
    {"outcome": "finished", "started": 1.0, "gaps": 2, "lengths": (len(ASK), 196), "problems": []},
    {"gaps": 2, "lengths": (len(ASK), 2097152), "started": 2.0}, {"tokens": (10, 5), "text": "pöng", "gaps": 1, "asked": []})


# Safari: floating times, sizes of -1, "compression" that may be negative, empty status texts.
def safari(at, text, kind, **content):
    return {"pageref": "page_0", "startedDateTime": at, "time": 111.34259781101719, "request": {
        "method": "POST", "url": API, "httpVersion": "HTTP/2", "cookies": [], "headers": fields(
            ("Content-Type", JSON), ("Content-Length", str(len(ASK)))), "queryString": [], "headersSize": 216, "bodySize": len(ASK),
        "postData": {"mimeType": JSON, "text": ASK, "params": []}}, "response": {
        "status": 200, "statusText": "", "httpVersion": "HTTP/2", "cookies": [], "headers": fields(
            ("Content-Type", kind), ("Content-Encoding", "gzip")), "content": {
            "size": len(text.encode()), "compression": -18, "mimeType": kind, "text": text} | content, "redirectURL": "",
        "headersSize": 345, "bodySize": 5150, "_transferSize": 5495}, "cache": {}, "timings": {
        "blocked": 2.400923112872988, "dns": 50.99903920199722, "connect": 29.000284848734736, "ssl": 19.000165397301316,
        "send": 0.7859446341171861, "wait": 6.00014696829021, "receive": 21.15597511874512}, "serverIPAddress": "160.79.104.10",
        "_serverPort": 443, "connection": "1", "_fetchType": "Network Load", "_priority": "high"}


case("Safari", har({"name": "WebKit Web Inspector", "version": "1.0"}, safari("2026-11-20T10:00:00.418Z", SAY, JSON),
                   safari("2026-11-20T10:00:01.418Z", STREAM, SSE, size=0), pages=[{"id": "page_0", "title": "x", "pageTimings": {}}]),
     WHOLE | {"version": "2", "started": 0.418, "times": [53, 63, 82, 83, 89, 111]}, WHOLE)


# Charles: local offsets, the version of HTTP as it was, a null redirectURL, -1 for sizes it has not, its own states.
def charles(state, **parts):
    return {"startedDateTime": "2026-11-20T03:00:00.482-07:00", "time": 107, "request": {
        "method": "POST", "url": API, "httpVersion": "HTTP/2.0", "cookies": [], "headers": fields(
            (":method", "POST"), ("content-type", JSON)), "queryString": [], "postData": {"mimeType": JSON, "text": ASK},
        "headersSize": 68, "bodySize": len(ASK)}, "response": {
        "_charlesStatus": state, "status": 200, "statusText": None, "httpVersion": "HTTP/2.0", "cookies": [], "headers": fields(
            ("content-type", JSON), ("content-encoding", "gzip")), "content": {"size": 210, "compression": -3, "mimeType": JSON,
                                                                             "text": SAY}, "redirectURL": None,
        "headersSize": 0, "bodySize": 213} | parts, "serverIPAddress": "160.79.104.10", "cache": {}, "timings": {
        "dns": 43, "connect": 37, "ssl": 26, "send": 1, "wait": 24, "receive": 2}}


case("Charles", har(
    {"name": "Charles Proxy", "version": "5.0.2"}, charles("COMPLETE"),
    charles("COMPLETE", content={"size": 210, "mimeType": JSON, "encoding": "base64", "text": base64.encodebytes(
        gzip.compress(SAY.encode())).decode()}),
    charles("FAILED", status=0, httpVersion=None, headers=[], content={"size": 0}, bodySize=0)),
    WHOLE | {"version": "2", "started": 0.482, "times": [43, 54, 80, 81, 105, 107]},
    WHOLE | {"headers": ["content-type", "content-encoding"]}, {"outcome": "failed", "status": 0})

# Proxyman: whole milliseconds, "comment" everywhere, its notes on the entry, text of what is no text as base64.
case("Proxyman", har({"name": "Proxyman", "version": "5.22.0", "comment": ""}, {
    "comment": "", "startedDateTime": "2026-11-20T10:00:00.000Z", "time": 900, "serverIPAddress": "160.79.104.10", "connection": "18",
    "cache": {}, "_id": "18", "_clientName": "python3.12", "request": {
        "method": "POST", "url": API + "?beta=true", "httpVersion": "HTTP/1.1", "comment": "", "cookies": [], "queryString": fields(("beta", "true")),
        "headers": fields(("Host", "api.anthropic.com"), ("Content-Type", JSON), ("Authorization", "Bearer not-a-token"), comment=""),
        "bodySize": len(ASK), "headersSize": 190, "postData": {"mimeType": JSON, "text": ASK, "params": [], "comment": ""}},
    "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [], "comment": "", "headers": fields(
        ("Content-Type", SSE), ("Content-Encoding", "gzip"), comment=""), "content": {"size": len(STREAM.encode()), "mimeType": SSE,
        "encoding": "base64", "text": base64.b64encode(STREAM.encode()).decode(), "comment": ""}, "redirectURL": "", "bodySize": 400,
        "headersSize": 90}, "timings": {"blocked": 0, "dns": -1, "connect": -1, "ssl": -1, "send": 5, "wait": 800, "receive": 95,
                                       "comment": ""}}, pages=[], comment=""),
    WHOLE | {"url": API + "?beta=true", "times": [-1, -1, -1, 5, 805, 900], "version": "1.1"})


# Insomnia: requests with an empty postData, no headers at all, everything in "wait", and a failure as status 0.
def insomnia(**parts):
    return {"startedDateTime": "2026-11-20T10:00:18.981Z", "time": 970.402, "request": {
        "method": "POST", "url": API, "httpVersion": "HTTP/1.1", "cookies": [], "headers": fields(("Content-Type", JSON)), "queryString": [],
        "postData": {"mimeType": JSON, "text": ASK}, "headersSize": -1, "bodySize": -1, "settingEncodeUrl": True} | parts.get("request", {}),
        "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/2", "cookies": [], "headers": fields(("Content-Type", JSON)),
                     "content": {"size": len(SAY.encode()), "mimeType": JSON, "text": SAY}, "redirectURL": "", "headersSize": -1,
                     "bodySize": -1} | parts.get("response", {}), "cache": {}, "timings": {
            "blocked": -1, "dns": -1, "connect": -1, "send": 0, "wait": 970.402, "receive": 0, "ssl": -1}, "comment": "Ask"}


case("Insomnia", har({"name": "Insomnia REST Client", "version": "insomnia.desktop.app:v11.6.0"}, insomnia(), insomnia(
    request={"method": "GET", "url": "https://api.anthropic.com/v1/models", "postData": {"mimeType": "", "text": "", "params": []}},
    response={"status": 0, "statusText": "", "httpVersion": "", "headers": [], "content": {"size": 0, "mimeType": "", "text": ""}})),
    WHOLE | {"version": "1.1", "started": 18.981, "times": [-1, -1, -1, 0, 970, 970], "lengths": (len(ASK), len(SAY.encode()))},
    {"outcome": "failed", "method": "GET", "gaps": 0, "request": b"", "url": "https://api.anthropic.com/v1/models"})

# Fiddler: a byte order mark, seven digits of a second, tunnels, forms as params, texts with CRLF, sizes in the wrong places.
case("Fiddler", b"\xef\xbb\xbf" + har({"name": "Fiddler", "version": "5.0.20251.1171", "comment": "https://fiddler2.com"}, {
    "startedDateTime": "2026-11-20T11:00:00.0931234+01:00", "time": 300, "comment": "", "_fiddlerId": 7, "request": {
        "method": "POST", "url": API, "httpVersion": "HTTP/1.1", "headersSize": 311, "bodySize": len(ASK), "cookies": [], "queryString": [],
        "headers": fields(("Host", "api.anthropic.com"), ("Content-Type", JSON)), "postData": {"mimeType": JSON, "text": ASK}},
    "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headersSize": 399, "bodySize": 153, "redirectURL": "",
                 "cookies": [], "headers": fields(("Content-Type", JSON), ("Content-Encoding", "br"), ("Transfer-Encoding", "chunked")),
                 "content": {"size": len(SAY.encode()), "compression": 57, "mimeType": JSON, "text": SAY}}, "cache": {}, "timings": {
        "blocked": -1, "dns": 5, "connect": 12, "ssl": 0, "send": 1, "wait": 250, "receive": 32}, "connection": "ClientPort:60231;EgressPort:60232",
    "serverIPAddress": "160.79.104.10"}, {
    "startedDateTime": "2026-11-20T11:00:01.0000000+01:00", "time": 30, "request": {
        "method": "POST", "url": "https://auth.test/token", "httpVersion": "HTTP/1.1", "headersSize": 1, "bodySize": 31, "cookies": [],
        "queryString": [], "headers": fields(("Content-Type", "application/x-www-form-urlencoded")), "postData": {
            "mimeType": "application/x-www-form-urlencoded", "params": fields(("grant_type", "refresh"), ("für", "a b&c"))}},
    "response": {"status": 204, "statusText": "No Content", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [], "content": {"size": 0},
                 "redirectURL": "", "headersSize": 1, "bodySize": 0}, "cache": {}, "timings": {"send": 0, "wait": 30, "receive": 0}}, pages=[]),
    WHOLE | {"started": 0.093123, "times": [5, 17, -1, 18, 268, 300]},
    {"request": b"grant_type=refresh&f%C3%BCr=a%20b%26c", "status": 204, "gaps": 0})


# HTTP Toolkit: zones as +00:00, bodies beyond its limit as comments, bytes as "_content", trailers, WebSockets, TLS errors.
def toolkit(at, request=None, response=None, **more):
    return {"pageref": "Python 3.12", "startedDateTime": at, "time": 812.25, "request": {
        "method": "POST", "url": API, "httpVersion": "HTTP/2.0", "cookies": [], "headers": fields((":authority", "api.anthropic.com"),
        ("content-type", JSON)), "queryString": [], "headersSize": -1, "bodySize": len(ASK), "postData": {"mimeType": JSON, "text": ASK}}
        | (request or {}), "response": {"status": 200, "statusText": "", "httpVersion": "HTTP/2.0", "cookies": [], "headers": fields(
        ("Content-Type", JSON), ("content-encoding", "zstd")), "content": {"mimeType": JSON, "size": len(SAY.encode()), "text": SAY},
        "redirectURL": "", "headersSize": -1, "bodySize": 180} | (response or {}), "cache": {}, "timings": {
        "blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 2.5, "wait": 800.25, "receive": 9.5}} | more


LIMIT = "Body discarded during HAR generation: longer than limit of 500000 bytes"
NOTHING = {"status": 0, "statusText": "", "httpVersion": "", "headers": [], "cookies": [], "content": {
    "size": 0, "mimeType": "application/x-unknown"}, "redirectURL": "", "headersSize": -1, "bodySize": -1}
case("HTTP Toolkit", har(
    {"name": "HTTP Toolkit", "version": "2026.11.1"},
    toolkit("2026-11-20T10:00:00.250+00:00", response={"_trailers": fields(("x-took", "9"))}),
    toolkit("2026-11-20T10:00:01.000+00:00", {"postData": None, "bodySize": 700000, "_requestBodyStatus": "discarded:too-large", "comment": LIMIT},
            {"content": {"mimeType": JSON, "size": 900000, "comment": LIMIT}}),
    toolkit("2026-11-20T10:00:02.000+00:00", {"postData": None, "bodySize": 4, "_requestBodyStatus": "discarded:not-representable",
                                              "_content": {"text": "AAH/gA==", "size": 4, "encoding": "base64"}}),
    toolkit("2026-11-20T10:00:03.000+00:00", response=NOTHING, time=-1),
    toolkit("2026-11-20T10:00:04.000+00:00", response=NOTHING),
    toolkit("2026-11-20T10:00:00.000+00:00", {"method": "GET", "url": "https://chat.test/v1/realtime?model=a", "postData": None, "bodySize": 0},
            {"status": 101, "content": {"mimeType": "application/octet-stream", "size": 0, "text": ""}}, _resourceType="websocket",
            _webSocketMessages=SOCKET, _webSocketClose={"code": 1000, "reason": "", "timestamp": START + 3}),
    pages=[], _tlsErrors=[{"startedDateTime": "2026-11-20T10:00:00.250+00:00", "time": 3, "hostname": "pinned.test", "cause": "reset"}]),
    SOCKETS, WHOLE | {"version": "2", "started": 0.25, "headers": ["Content-Type", "x-took"], "oddities": ["trailers"],
                      "times": [-1, -1, -1, 2, 803, 812]},
    {"gaps": 3, "lengths": (700000, 900000), "problems": []}, {"request": b"\0\x01\xff\x80", "gaps": 0},
    {"outcome": "cut", "error": "There was no answer yet when this was exported."}, {"outcome": "failed"})

# k6's recorder and its converter: no sizes, times in microseconds, fields of a form, headers as an object, no version.
case("k6", har({"name": "k6 Browser Recorder", "version": "0.3.8"}, {
    "pageref": "page_0", "startedDateTime": "2026-11-20T10:00:00.123456Z", "time": 77, "request": {
        "method": "POST", "url": API, "headers": fields(("content-type", JSON)), "queryString": [], "cookies": [], "headersSize": -1,
        "bodySize": -1, "httpVersion": "HTTP/1.1", "postData": {"mimeType": JSON, "text": ASK}},
    "response": {"status": 200, "statusText": "HTTP/1.1 200 OK", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [], "content": {
        "text": SAY, "mimeType": ""}, "redirectURL": "", "headersSize": -1, "bodySize": -1}, "cache": {}, "timings": {}}, {
    "startedDateTime": "2026-11-20T10:00:01", "request": {"method": "POST", "url": "HTTPS://api.anthropic.com:443/v1/messages",
        "headers": {"Content-Type": JSON, "X-Number": 7}, "postData": {"mimeType": JSON, "text": ASK}},
    "response": {"status": 200, "headers": {"content-type": JSON, "set-cookie": ["a=1", "b=2"]}, "content": {"text": SAY}}},
    pages=[], browser={"name": "Chrome", "version": "142"}, comment="recorded"),
    WHOLE | {"started": 0.123456, "times": [-1, -1, -1, 0, 0, 77]},
    WHOLE | {"started": 1.0, "version": "1.1", "headers": ["content-type", "set-cookie", "set-cookie"], "sent": [
        ["Content-Type", JSON], ["X-Number", "7"]]})


# Playwright: bodies in files of their own, "_failureText", "_transferSize", a sub-second clock, times of -1.
def playwright(at, content, **response):
    return {"startedDateTime": at, "time": 41.523, "request": {
        "method": "POST", "url": API, "httpVersion": "HTTP/2.0", "cookies": [], "headers": fields(("content-type", JSON)), "queryString": [],
        "headersSize": 412, "bodySize": len(ASK), "postData": {"mimeType": JSON, "text": ASK, "params": []}}, "response": {
        "status": 200, "statusText": "", "httpVersion": "HTTP/2.0", "cookies": [], "headers": fields(("content-type", JSON), ("content-encoding", "gzip")),
        "content": content, "headersSize": 300, "bodySize": 190, "redirectURL": "", "_transferSize": 490} | response, "cache": {}, "timings": {
        "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 38.04, "receive": 3.483}, "pageref": "page@1", "_frameref": "frame@1",
        "_monotonicTime": 1234.5, "serverIPAddress": "160.79.104.10", "_serverPort": 443, "_securityDetails": {"protocol": "TLS 1.3"}}


case("Playwright", har({"name": "Playwright", "version": "1.57.0"},
                       playwright("2026-11-20T10:00:00.001Z", {"size": len(SAY.encode()), "mimeType": JSON, "compression": 6, "text": SAY}),
                       playwright("2026-11-20T10:00:01.001Z", {"size": -1, "mimeType": JSON, "_file": "0b5c6e.json"}),
                       playwright("2026-11-20T10:00:02.001Z", {"size": -1, "mimeType": "x-unknown"}, status=-1, headers=[], bodySize=-1,
                                  _failureText="net::ERR_NAME_NOT_RESOLVED"), browser={"name": "chromium", "version": "142"}, pages=[]),
     WHOLE | {"version": "2", "started": 0.001, "times": [-1, -1, -1, 0, 38, 42]}, {"gaps": 2, "outcome": "finished", "problems": []},
     {"outcome": "failed", "error": "net::ERR_NAME_NOT_RESOLVED", "status": 0})

# Burp: everything is base64, times are whole, versions as written on the first line.
case("Burp", har({"name": "Burp Suite Professional", "version": "2026.10"}, {
    "startedDateTime": "2026-11-20T10:00:00.000Z", "time": 250, "request": {
        "method": "POST", "url": API, "httpVersion": "HTTP/2", "cookies": [], "headers": fields(("Host", "api.anthropic.com"), ("Content-Type", JSON)),
        "queryString": [], "headersSize": 100, "bodySize": len(ASK), "postData": {"mimeType": JSON, "encoding": "base64",
                                                                              "text": base64.urlsafe_b64encode(ASK.encode()).decode()}},
    "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/2", "cookies": [], "headers": fields(("Content-Type", JSON),
        ("Content-Encoding", "deflate")), "content": {"size": 160, "mimeType": JSON, "encoding": "base64", "text": base64.b64encode(
            zlib.compress(SAY.encode())).decode()}, "redirectURL": "", "headersSize": 80, "bodySize": 160},
    "cache": {}, "timings": {"send": -1, "wait": 250, "receive": -1}, "_severity": "none"}),
    WHOLE | {"version": "2", "asked": ["ping"], "headers": ["Content-Type", "Content-Encoding"]})


# mitmproxy's HAR: offsets of +00:00 with microseconds, "size" of the packed body, "_error": null while there is no answer.
def mitm(at, response=None, **more):
    return {"startedDateTime": at, "time": 1214.1, "request": {
        "method": "POST", "url": API, "httpVersion": "HTTP/2.0", "cookies": [], "headers": fields(("content-type", JSON)), "queryString": [],
        "headersSize": 90, "bodySize": len(ASK), "postData": {"mimeType": JSON, "text": ASK, "params": []}}, "response": response or {
        "status": 200, "statusText": "", "httpVersion": "HTTP/2.0", "cookies": [], "headers": fields(("content-type", JSON), ("content-encoding", "gzip")),
        "content": {"size": 150, "compression": 60, "mimeType": JSON, "text": SAY}, "redirectURL": "", "headersSize": 80, "bodySize": 150},
        "cache": {}, "timings": {"connect": 7.5, "ssl": 20.25, "send": 1.1, "receive": 5.0, "wait": 1200.5},
        "serverIPAddress": "160.79.104.10"} | more


ERROR = {"status": 0, "statusText": "", "httpVersion": "", "headers": [], "cookies": [], "content": {}, "redirectURL": "", "headersSize": -1,
         "bodySize": -1, "_transferSize": 0}
case("mitmproxy's HAR", har(
    {"name": "mitmproxy", "version": "12.2.0", "comment": ""}, mitm("2026-11-20T10:00:00.195591+00:00"),
    mitm("2026-11-20T10:00:01.195591+00:00", ERROR | {"_error": "Multiple exceptions: [Errno 61] Connect call failed"}),
    mitm("2026-11-20T10:00:02.195591+00:00", ERROR | {"_error": None}),
    mitm("2026-11-20T10:00:00+00:00", {"status": 101, "statusText": "Switching Protocols", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
         "content": {"size": 0, "compression": 0, "mimeType": "", "text": ""}, "redirectURL": "", "headersSize": 1, "bodySize": 0},
         request={"method": "GET", "url": "https://chat.test/v1/realtime?model=a", "headers": []}, _resourceType="websocket",
         _webSocketMessages=SOCKET), pages=[]),
    SOCKETS, WHOLE | {"version": "2", "started": 0.195591, "times": [-1, -13, 8, 9, 1209, 1214]},
    {"outcome": "failed", "error": "Multiple exceptions: [Errno 61] Connect call failed"},
    {"outcome": "cut", "error": "There was no answer yet when this was exported."})

# Habits that no single program owns.
def plain(at="2026-11-20T10:00:00Z", kind=JSON, headers=None, **content):
    return {"startedDateTime": at, "time": 10, "request": {"method": "POST", "url": API, "httpVersion": "HTTP/1.1", "headers": [["content-type", JSON]],
            "postData": {"text": ASK}}, "response": {"status": 200, "headers": headers or [["content-type", kind]], "content": {"text": SAY} | content}}


ENCODED = lambda coding: [["content-type", JSON], ["content-encoding", coding]]
PACKED = lambda packed: {"encoding": "base64", "text": base64.b64encode(packed).decode()}
DEFLATED = zlib.compress(SAY.encode())
case("still packed, as its header says", har(
    {"name": "a test"}, plain(headers=ENCODED("gzip"), **PACKED(gzip.compress(SAY.encode()))),
    plain(headers=ENCODED("deflate"), **PACKED(DEFLATED)), plain(headers=ENCODED("deflate"), **PACKED(DEFLATED[2:-4])),
    plain(headers=ENCODED("br"), **PACKED(bytes.fromhex("8b") + b"\x01\x80{}\n\x03")),
    plain(headers=ENCODED("deflate, gzip"), **PACKED(gzip.compress(DEFLATED))), plain(headers=ENCODED("br")), plain(headers=ENCODED("utf-8")),
    plain(headers=ENCODED("gzip"), text=gzip.compress(SAY.encode()).decode("latin-1"))),
    WHOLE, WHOLE, WHOLE, {"response": b"\x8b\x01\x80{}\n\x03", "gaps": 0}, WHOLE, WHOLE | {"headers": ["content-type"]}, WHOLE, WHOLE)
ZONES = ["2026-11-20T10:00:00.000z", "2026-11-20T10:00:01", "2026-11-20 10:00:02Z", "2026-11-20T10:00:03+0000", "2026-11-20T05:00:04-05:00",
         "2026-11-20T10:00:05,5Z", "20261120T100006Z"]
case("times in their many forms", har({"name": "a test"}, *map(plain, ZONES)), *(WHOLE | {"started": at} for at in (0, 1, 2, 3, 4, 5.5, 6)))
case("entries in no order", har({"name": "a test"}, *(plain(f"2026-11-20T10:00:{at:02}Z", text=json.dumps(ANSWER | {"id": f"msg_{at}"}))
                                                     for at in (30, 10, 50, 20, 40))), *({"started": at} for at in (10, 20, 30, 40, 50)))
case("entries without times stay where they are", har({"name": "a test"}, plain("2026-11-20T10:00:05Z"), plain(None, text='"a"'), plain("2026-11-20T10:00:01Z"),
     plain("yesterday", text='"b"')), {"started": 1}, {"response": b'"b"'}, {"started": 5}, {"response": b'"a"'})
for coding in "utf-16", "utf-16-le", "utf-16-be":
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(coding, b"")
    case(f"{coding}, CRLF", mark + har({"name": "a test"}, plain()).decode().replace(', "', ',\r\n "').encode(coding), WHOLE)
case("what is not there", har({"name": "a test"}, {"request": {"method": "POST", "url": API}, "response": {"status": 200}}, {"request": {
    "method": "GET", "url": "data:text/plain,x"}}, {"request": {"url": API}}, {}, 7, None), {"outcome": "finished", "status": 200, "gaps": 0},
    said="5 entries were no exchanges")

case("packed as a whole, as mitmproxy does", zlib.compress(har({"name": "mitmproxy"}, plain())), WHOLE, suffix=".zhar")
case("packed as a whole with gzip", gzip.compress(b"\xef\xbb\xbf" + har({"name": "a test"}, plain())), WHOLE, suffix=".har.gz")
case("a file that was cut", har({"name": "a test"}, plain(), plain("2026-11-20T10:00:01Z"), plain("2026-11-20T10:00:02Z"))[:-60], WHOLE, WHOLE,
     said="1 entry was no exchange")
case("an entry that is no JSON", har({"name": "a test"}, plain(), plain() | {"time": float("nan")}, plain()), WHOLE, WHOLE, said="1 entry was no exchange")

case("a length beyond all bounds", har({"name": "a test"}, plain(text=None, size=2**63 - 1)), {"lengths": (len(ASK), 2**40), "gaps": 2})


# mitmproxy's flows, version by version: what the names of its fields were, and what a value looked like.
def tnet(value):
    if isinstance(value, bool):
        text, kind = str(value).lower().encode(), b"!"
    elif value is None:
        text, kind = b"", b"~"
    elif isinstance(value, bytes):
        text, kind = value, b","
    elif isinstance(value, str):
        text, kind = value.encode(), b";"
    elif isinstance(value, int):
        text, kind = str(value).encode(), b"#"
    elif isinstance(value, float):
        text, kind = repr(value).encode(), b"^"
    elif isinstance(value, (list, tuple)):
        text, kind = b"".join(map(tnet, value)), b"]"
    else:
        text, kind = b"".join(tnet(key) + tnet(item) for key, item in value.items()), b"}"
    return str(len(text)).encode() + b":" + text + kind


def old(value):
    """Of Python 2: bytes wherever text is."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict):
        return {old(key): old(item) for key, item in value.items()}
    return [old(item) for item in value] if isinstance(value, (list, tuple)) else value


def flow(version, at=0.0, code=200, answer=SAY.encode(), error=None, pending=False, missing=False, **more):
    minor = version[1] if isinstance(version, tuple) and version[0] == 0 else 100
    number = version if isinstance(version, int) else 0
    start = START + at
    nothing = 0 if minor <= 13 else None
    request = {"method": b"POST", "scheme": b"https", "host": b"api.anthropic.com" if number < 10 else "api.anthropic.com", "port": 443,
               "path": b"/v1/messages", "headers": [[b"Content-Type", JSON.encode()]], "timestamp_start": start,
               "timestamp_end": start + 0.25}
    response = {"headers": [[b"Content-Type", JSON.encode()], [b"Content-Encoding", b"gzip"]], "timestamp_start": start + 0.75, "timestamp_end": start + 1.0}
    response["code" if minor <= 13 else "status_code"] = code
    response["msg" if minor <= 15 else "reason"] = b"Fine"
    for message, body_ in (request, ASK.encode()), (response, gzip.compress(answer)):
        message["body" if minor in (14, 15) else "content"] = nothing if missing else body_
        if minor <= 13:
            message["httpversion"] = [1, 1]
        else:
            message["http_version"] = b"HTTP/1.1" if number < 10 else b"HTTP/2.0"
        if number >= 8:
            message["trailers"] = None
    trouble = {"msg": error if minor >= 18 else error.encode(), "timestamp": start + 1.5} if error else None
    data = {"request": request, "response": None if pending else response, "error": trouble, "version": list(version) if number == 0 else number}
    if minor == 10:
        request |= {"client_conn": {"address": [b"127.0.0.1", 1], "requestcount": 1, "error": None}, "ip": b"160.79.104.10",
                    "tcp_setup_timestamp": start + 0.3, "ssl_setup_timestamp": start + 0.4}
    else:
        layer = "tls" if number >= 6 else "ssl"
        data |= {"type": b"http" if minor < 18 else "http", "id": b"1" if minor < 18 else "1", "intercepted": False, "server_conn": {
            "address": ["api.anthropic.com", 443] if number >= 2 or isinstance(version, tuple) and version[0] >= 2 else {
                "address": ["api.anthropic.com", 443], "use_ipv6": False}, "timestamp_start": start + 0.26,
            "timestamp_tcp_setup": start + 0.3, f"timestamp_{layer}_setup": start + 0.4, "timestamp_end": None, "via": None},
            "client_conn": {"timestamp_start": start - 1, f"timestamp_{layer}_setup": start - 0.5}}
    if minor >= 19:
        data["metadata"] = {}
    if number >= 12:
        data["websocket"] = None
    return tnet((old if minor < 18 else lambda same: same)(data | more))


TIMES = [-1, 300, 400, 250, 750, 1000]
for version in [(0, n, 0) for n in range(10, 20)] + [(1, 0, 0), (2, 0, 0), (3, 0, 0)] + list(range(4, 23)):
    label = ".".join(map(str, version)) if isinstance(version, tuple) else str(version)
    case(f"mitmproxy's flows, version {label}",
         flow(version, 9, pending=True) + flow(version) + flow(version, 1, code=529, answer=b'{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}')
         + flow(version, 2, pending=True, error="Connection refused") + flow(version, 3, error="stream reset") + flow(version, 4, missing=True),
         WHOLE | {"status": 200, "reason": "Fine", "times": TIMES, "version": "2" if isinstance(version, int) and version >= 10 else "1.1"},
         {"status": 529, "told": {"type": "overloaded_error", "message": "Busy"}, "outcome": "finished"},
         {"status": 0, "outcome": "failed", "error": "Connection refused"},
         {"status": 200, "outcome": "cut", "error": "stream reset", "text": "pöng"},
         {"status": 200, "outcome": "finished", "gaps": 3, "problems": []},
         {"status": 0, "outcome": "cut", "error": "There was no answer yet when this was exported."}, suffix=".flow")

MESSAGES = [[1, True, b'{"a": 1}', START + 0.5], [1, False, b"two\r\nlines", START + 1.25], [2, False, b"\0\1\2", START + 2.0]]
HANDSHAKE = {"request": {"method": b"GET", "scheme": b"https", "host": "chat.test", "port": 443, "path": b"/v1/realtime?model=a", "headers": [
    [b"Upgrade", b"websocket"]], "content": b"", "http_version": b"HTTP/1.1", "timestamp_start": START, "timestamp_end": START},
    "response": {"status_code": 101, "reason": b"Switching Protocols", "headers": [], "content": b"", "http_version": b"HTTP/1.1",
                 "timestamp_start": START + 0.1, "timestamp_end": START + 0.1}}
case("mitmproxy's WebSockets, of their own until version 11",
     flow(7, **HANDSHAKE, id="h1", metadata={"websocket": True}) + flow(7, 5)
     + tnet({"type": "websocket", "version": 7, "id": "w1", "messages": [[kind, sent, data if kind == 2 else data.decode(), at] for kind, sent, data, at in MESSAGES],
             "metadata": {"websocket_handshake": "h1"}, "close_code": 1000})
     + tnet({"type": "websocket", "version": 7, "id": "w2", "messages": [], "metadata": {"websocket_handshake": "lost"}})
     + tnet({"type": "tcp", "version": 7, "id": "t1", "messages": [[True, b"x", START]], "metadata": {}}), SOCKETS | {"times": [-1, 300, 400, 0, 100, 2000]}, WHOLE,
     suffix=".flow", said="2 entries were no exchanges")
case("mitmproxy's WebSockets since version 12",
     flow(20, **HANDSHAKE, websocket={"messages": [message + [False, False] for message in MESSAGES], "closed_by_client": False, "close_code": 1000}),
     SOCKETS, suffix=".flow")
case("mitmproxy's trailers", flow(20, response={"status_code": 200, "reason": b"OK", "http_version": b"HTTP/2.0", "headers": [[b"content-type", JSON.encode()]],
     "content": SAY.encode(), "trailers": [[b"x-took", b"9"]], "timestamp_start": None, "timestamp_end": None}),
     WHOLE | {"headers": ["content-type", "x-took"], "oddities": ["trailers"]}, suffix=".flow")


def compare(got, right):
    for key, value in right.items():
        if key == "started":
            assert abs(got[key] - value) < 2e-6, f"{key}: said {got[key]!r}, right is {value!r}"
        elif key == "sent":
            assert [[name, ...] if ... in pair else [name, said] for (name, said), pair in zip(got[key], value)] == value and len(got[key]) == len(value), got[key]
        elif key == "times":
            assert all(abs(a - b) <= 1 or b == -13 for a, b in zip(got[key], value)), f"{key}: said {got[key]!r}, right is {value!r}"
        else:
            assert got[key] == value, f"{key}: said {got[key]!r}, right is {value!r}"


def register(name, content, right, suffix, said):
    @check(name)
    def test():
        found, told = read(content, suffix)
        assert said in told and (said or not told), told
        assert len(found) == len(right), [(line["url"], line["started"]) for line in found]
        for number, (got, wanted) in enumerate(zip(found, right)):
            try:
                compare(got, wanted)
            except AssertionError as error:
                raise AssertionError(f"exchange {number + 1}: {error}") from None


for entry in CASES:
    register(*entry)
main()
