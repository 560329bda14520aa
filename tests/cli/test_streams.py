# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are not what they are called, not whole, or not in order: what can be read of them is, and what is wrong is
named. Each case says what Overhear has to say of it: tokens, text, and one expression for each problem."""
import base64
import gzip
import json
import os
import pathlib
import re
import subprocess
import tempfile
import zlib

from tap import check, main

OVERHEAR = os.environ["OVERHEAR"]
JSON, SSE, TEXT = "application/json", "text/event-stream", "text/plain"
ASK = {"model": "claude-sonnet-4-5", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "ping"}]}
ANSWER = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [{"type": "text", "text": "pöng"}],
          "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 10, "output_tokens": 5}}
SAY = json.dumps(ANSWER, ensure_ascii=False).encode()
START = ("message_start", {"message": ANSWER | {"content": [], "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 1}}})
DELTA, STOP = ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}), ("message_stop", {})


def begin(index=0, **block):
    return "content_block_start", {"index": index, "content_block": {"type": "text", "text": ""} | block}


def text(words, index=0):
    return "content_block_delta", {"index": index, "delta": {"type": "text_delta", "text": words}}


def tool(piece, index=0):
    return "content_block_delta", {"index": index, "delta": {"type": "input_json_delta", "partial_json": piece}}


def end(index=0):
    return "content_block_stop", {"index": index}


def events(*which, ending="\n"):
    return "".join(f"event: {kind}{ending}data: {json.dumps({'type': kind} | event, ensure_ascii=False)}{ending}{ending}" for kind, event in which).encode()


BLOCK = begin(), text("pö"), text("ng"), end()
GOOD = START, *BLOCK, DELTA, STOP
STREAM = events(*GOOD)
CASES = []


def case(name, body, *problems, type=SSE, encodings=(), tokens=(10, 5), words="pöng", kind=None, outcome="finished"):
    CASES.append((name, body, problems, type, encodings, tokens, words, kind, outcome))


OTHER, NONE = "content type says something else", "called an event stream, but is none"
# What it is called.
for label in JSON, TEXT, "application/octet-stream", "text/html", "", "text/event-stream-x", "application/x-ndjson":
    case(f"a stream called “{label}”", STREAM, OTHER, type=label)
case("a stream called JSON, behind a byte order mark and empty lines", b"\xef\xbb\xbf\n\n" + STREAM, OTHER, type=JSON)
case("a stream called JSON that begins with a comment", b": hello\n\n" + STREAM, OTHER, type=JSON)
case("a stream called JSON that begins with data", STREAM.replace(b"event: message_start\n", b"", 1), OTHER, type=JSON)
case("JSON called a stream", SAY, NONE)
case("JSON called a stream, behind white space", b"\r\n \t" + SAY, NONE)
case("JSON called nothing", SAY, type="")
case("a page called a stream", b"<html><title>Sign in</title></html>", NONE, "not valid JSON", tokens=(None, None), words="")
case("SSE, called so in capitals", STREAM, type="TEXT/EVENT-STREAM; charset=UTF-8")

# How it is packed, or said to be.
GZ = gzip.compress(STREAM)
for coding in "gzip", "br", "zstd", "deflate", "gzip, br":
    case(f"not packed, though called {coding}", STREAM, f"(?i){coding.split(', ')[0]}|{coding.split(', ')[-1]}", encodings=[coding])
    case(f"JSON that is not packed, though called {coding}", SAY, f"(?i){coding.split(', ')[0]}|{coding.split(', ')[-1]}", encodings=[coding], type=JSON)
for coding in "utf-8", "none", "UTF-8", "plain", "x-unknown":
    case(f"an encoding that is none: {coding}", STREAM, re.escape(coding), encodings=[coding])
case("identity", STREAM, encodings=["identity"])
case("an empty encoding", STREAM, encodings=[""])
case("gzip in capitals", GZ, encodings=["GZIP"])
case("x-gzip", GZ, encodings=["x-gzip"])
case("two lines, two layers", gzip.compress(zlib.compress(STREAM)), encodings=["deflate", "gzip"])
case("two lines, one of them untrue", GZ, ".", encodings=["gzip", "utf-8"])
case("junk behind gzip", GZ + b"\0\0junk", "behind|after|follow", encodings=["gzip"])
case("zeros behind gzip", GZ + bytes(512), "behind|after|follow", encodings=["gzip"])
case("two members of gzip", gzip.compress(STREAM[:300]) + gzip.compress(STREAM[300:]), encodings=["gzip"])
case("raw deflate", zlib.compress(STREAM)[2:-4], encodings=["deflate"])
case("gzip that was cut", GZ[:-20], "ended|end|cut|early", "ended before", encodings=["gzip"], tokens=..., words=...)
case("gzip whose sum is wrong", GZ[:-8] + bytes(4) + GZ[-4:], "not sound", encodings=["gzip"])

# What is missing, doubled or out of order.
EARLY, HEADLESS = "ended before the message did", "does not begin with message_start"
case("only message_stop", events(STOP), HEADLESS, tokens=(None, None), words="")
case("no message_start", events(*GOOD[1:]), HEADLESS, tokens=(None, 5))
case("no message_stop", events(*GOOD[:-1]), EARLY)
case("cut behind a delta", events(*GOOD[:3]), EARLY, tokens=(10, 1), words="pö")
case("cut inside an event", STREAM[:STREAM.index(b"ng\"")], EARLY, tokens=(10, 1), words="pö")
case("cut inside a character", STREAM[:STREAM.index("ö".encode()) + 1], EARLY, tokens=(10, 1), words=...)
case("cut, as the connection says itself", STREAM[:-200], outcome="cut", tokens=..., words="pöng")
case("nothing at all", b"", EARLY, tokens=(None, None), words="")
case("only pings", b"event: ping\ndata: {\"type\": \"ping\"}\n\n" * 3, EARLY, tokens=(None, None), words="")
case("indices 0 and 2", events(START, *BLOCK, begin(2), text("!", 2), end(2), DELTA, STOP), "block 2 where block 1", words="pöng!")
case("an index from 1", events(START, begin(1), text("pöng", 1), end(1), DELTA, STOP), "block 1 where block 0")
case("index 0 twice", events(START, *BLOCK, *BLOCK, DELTA, STOP), "block 0 a second time", words="pöngpöng")
case("a block begun again before its end", events(START, begin(), text("pö"), begin(), text("ng"), end(), DELTA, STOP), "block 0 again before it ended")
case("a delta without a block", events(START, text("pöng"), DELTA, STOP), "did not begin")
case("a delta behind the end", events(START, *BLOCK, text("!"), DELTA, STOP), "had ended", words="pöng!")
case("an end without a block", events(START, *BLOCK, end(7), DELTA, STOP), "block 7, which it did not begin")
case("two message_starts", events(START, *GOOD), "second message_start")
case("a tool's input that is no JSON", events(START, *BLOCK, begin(1, type="tool_use", id="t", name="n", input={}), tool('{"a": ', 1), end(1), DELTA, STOP))
case("data that is no JSON", events(*GOOD[:3]) + b"event: content_block_delta\ndata: {oops}\n\n" + events(*GOOD[3:]), "not valid JSON")
case("events without names", re.sub(rb"event: \w+\n", b"", STREAM))
case("names without types", STREAM.replace(b'"type": "content_block_delta", ', b""))
case("[DONE] at the end", STREAM + b"data: [DONE]\n\n")
case("events of another kind", events(START, ("new_event", {"a": 1}), *GOOD[1:]))
case("blocks of another kind", events(START, *BLOCK, begin(1, type="new_block", text="x"), end(1), DELTA, STOP), words="pöngx")
case("an error in the middle", events(*GOOD[:3], ("error", {"error": {"type": "overloaded_error", "message": "Busy"}})), tokens=(10, 1), words="pö",
     kind="overloaded_error")
case("an error behind the end of a block", events(*GOOD[:5], ("error", {"error": {"type": "api_error", "message": "Lost"}})), tokens=(10, 1), kind="api_error")

# The lines.
for name, ending in (("CR LF", "\r\n"), ("CR", "\r")):
    case(f"lines that end with {name}", events(*GOOD, ending=ending))
case("lines that end in every way", events(*GOOD[:2], ending="\r") + events(*GOOD[2:4], ending="\r\n") + events(*GOOD[4:]))
case("no empty line at the end", STREAM.rstrip(b"\n"))
case("a byte order mark", b"\xef\xbb\xbf" + STREAM)
case("data over several lines", STREAM.replace(b', "message"', b',\ndata: "message"'))
case("no space behind the colon", STREAM.replace(b"data: ", b"data:").replace(b"event: ", b"event:"))
case("comments, ids and times to retry", b": hi\nid: 1\nretry: 5\n\n" + STREAM.replace(b"\n\n", b"\n: keep-alive\n\n"))
case("NUL in a text", events(START, begin(), text("p\0ng"), end(), DELTA, STOP), "NUL", words="p\0ng")
case("half of a character", events(START, begin(), text("pX"), text("ng"), end(), DELTA, STOP).replace(b"pX", b"p\\ud83d"), "half of a character", words=...)
case("a character in two deltas", events(START, begin(), text("pX"), text("Yng"), end(), DELTA, STOP).replace(b"pX", b"p\\ud83d").replace(b"Yng", b"\\ude00ng"),
     words="p😀ng")
case("bytes that are no UTF-8", STREAM.replace("ö".encode(), b"\xf6"), words=...)
case("a long event", events(START, begin(), text("x" * 1000000), end(), DELTA, STOP), words="x" * 1000000)

# Amazon's frames, as Bedrock streams.
AWS = "application/vnd.amazon.eventstream"


def frame(payload, **headers):
    head = b"".join(bytes([len(name)]) + name.encode() + b"\x07" + len(value).to_bytes(2, "big") + value.encode() for name, value in headers.items())
    prelude = (16 + len(head) + len(payload)).to_bytes(4, "big") + len(head).to_bytes(4, "big")
    whole = prelude + zlib.crc32(prelude).to_bytes(4, "big") + head + payload
    return whole + zlib.crc32(whole).to_bytes(4, "big")


def frames(*which):
    return [frame(json.dumps({"bytes": base64.b64encode(json.dumps({"type": kind} | event).encode()).decode(), "p": "abcd"}).encode(), **{
        ":event-type": "chunk", ":content-type": JSON, ":message-type": "event"}) for kind, event in which]


THROTTLED = frame(b'{"message":"Too many requests"}', **{":exception-type": "throttlingException", ":content-type": JSON, ":message-type": "exception"})
case("frames", b"".join(frames(*GOOD)), type=AWS)
case("frames without the last", b"".join(frames(*GOOD[:-1])), EARLY, type=AWS)
case("frames that were cut", b"".join(frames(*GOOD))[:-9], ".", EARLY, type=AWS)
case("frames, then an exception", b"".join(frames(*GOOD[:3])) + THROTTLED, type=AWS, tokens=(10, 1), words="pö", kind="throttlingException")
case("a frame whose sum is wrong", b"".join(frames(*GOOD[:3])) + bytes(20) + b"".join(frames(*GOOD[3:])), ".", EARLY, type=AWS, tokens=(10, 1), words="pö")


def lines():
    yield {"type": "overhear", "format": 1}
    for n, (_, body, _, kind, encodings, _, _, _, outcome) in enumerate(CASES):
        yield {"type": "exchange", "started_ns": (1800000000 + 60 * n) * 10**9, "route": "tunnel", "method": "POST", "scheme": "https", "host": "api.anthropic.com",
               "port": 443, "target": "/v1/messages", "http_version": "1.1", "outcome": outcome, "ended_by": "upstream", "timings": {
                   "request_sent_ns": 1, "response_head_ns": 2, "ended_ns": 9}, "request": {"headers": [["Content-Type", JSON]], "body": json.dumps(ASK)},
               "response": {"status": 200, "headers": ([["Content-Type", kind]] if kind else []) + [["Content-Encoding", coding] for coding in encodings],
                            "body_base64": base64.b64encode(body).decode()}}


home = tempfile.TemporaryDirectory(prefix="overhear-streams-")
environment = os.environ | {"OVERHEAR_DATA_DIR": f"{home.name}/data", "XDG_RUNTIME_DIR": home.name, "LC_ALL": "C.UTF-8"}


def overhear(*words):
    done = subprocess.run([OVERHEAR, *map(str, words)], env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout.decode()


pathlib.Path(home.name, "streams.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines()))
overhear("import", f"{home.name}/streams.jsonl")


def register(number, name, body, problems, label, encodings, tokens, words, kind, outcome):
    @check(name)
    def test():
        shown = json.loads(overhear("show", number, "--json"))
        said = "".join(block.get("text", "") for message in shown["messages"] if message["role"] == "assistant" for block in message["content"])
        if tokens is not ...:
            assert shown["input_tokens"] == tokens[0], shown["input_tokens"]
            assert shown["output_estimated"] or shown["output_tokens"] == tokens[1], shown["output_tokens"]
        assert words is ... or said == words, said[:200]
        assert len(shown["problems"]) == len(problems), shown["problems"]
        for expression in problems:
            assert any(re.search(expression, problem) for problem in shown["problems"]), (expression, shown["problems"])
        assert (shown["error"] or {}).get("type") == kind, shown["error"]
        # The bytes are there as they came.
        kept = shown["response"]
        assert (base64.b64decode(kept["body_base64"]) if "body_base64" in kept else kept["body"].encode()) == body or encodings, kept


for n, entry in enumerate(CASES, 1):
    register(n, *entry)
main()
