# SPDX-License-Identifier: GPL-3.0-or-later
"""`overhear export` and `overhear import`: what goes out comes back, byte for byte where the format can hold it; other
programs' files are read; secrets are in none. fixtures/mitmproxy-8.flows was written by mitmdump 8 in front of a
server and clients made for it."""
import base64
import datetime
import gzip
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unicodedata

from fixtures.simulator import Simulator
from tap import check, main

OVERHEAR = os.environ["OVERHEAR"]
FLOWS = pathlib.Path(__file__).parent.parent / "fixtures" / "mitmproxy-8.flows"
SECRET = "sk-ant-api03-NEVERONDISK-0042"
PROGRAM = """
import json, os, sys, urllib.request
def ask(path, body, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request("https://api.anthropic.com" + path, data, {
        "content-type": "application/json", "x-api-key": %r, "anthropic-version": "2023-06-01", **headers})
    try:
        return urllib.request.urlopen(request).read()
    except urllib.error.HTTPError as error:
        return error.read()
say = lambda *texts, **more: {"model": "claude-sonnet-4-5", "max_tokens": 99, "messages": [
    {"role": ("user", "assistant")[i %% 2], "content": text} for i, text in enumerate(texts)], **more}
first = json.loads(ask("/v1/messages", say("What is the capital of France?")))["content"][0]["text"]
ask("/v1/messages?beta=true&api_key=" + %r, say("What is the capital of France?", first, "And of Föhnland? \\u0000", stream=True))
ask("/v1/messages", bytes(range(256)), **{"content-type": "application/octet-stream"})
ask("/v1/messages", say("Pack it"), **{"accept-encoding": "gzip"})
print("héllo console")
""" % (SECRET, SECRET)

home = tempfile.TemporaryDirectory(prefix="overhear-export-")
folder = pathlib.Path(home.name)


def environment(data):
    return {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | {
        "OVERHEAR_DATA_DIR": str(folder / data), "XDG_RUNTIME_DIR": str(folder), "LC_ALL": "C.UTF-8"}


def overhear(data, *words, status=0):
    done = subprocess.run([OVERHEAR, *map(str, words)], env=environment(data), capture_output=True, timeout=60)
    assert done.returncode == status, (words, done.returncode, done.stderr)
    return (done.stdout if status == 0 else done.stderr).decode()


def export_lines(data, *words):
    lines = [json.loads(line) for line in overhear(data, "export", "--format", "jsonl", *words).splitlines()]
    assert lines[0]["type"] == "overhear", lines[0]
    return [line for line in lines if line["type"] == "exchange"], [line for line in lines if line["type"] == "run"]


def body(side):
    return base64.b64decode(side["body_base64"]) if "body_base64" in side else side["body"].encode()


def compare(first, second, *, without=()):
    """Everything but what a new home changes."""
    assert len(first) == len(second), (len(first), len(second))
    for one, two in zip(first, second):
        for line in one, two:
            for name in ("id", "run", *without):
                line.pop(name, None)
        assert one == two, (one, two)


def assert_no_secret(path):
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    assert files
    for file in files:
        assert SECRET.encode() not in file.read_bytes() and b"NOTAREALKEY" not in file.read_bytes(), file


def captured():
    """The data folder with the exchanges of PROGRAM."""
    if not (folder / "data").exists():
        with Simulator(folder / "simulator") as simulator:
            overhear("data", "run", "--name", "asker", f"--upstream=api.anthropic.com={simulator.url}", "--",
                     sys.executable, "-c", PROGRAM)
    return "data"


@check("JSON Lines hold everything and come back the same")
def lines():
    data = captured()
    path = folder / "all.jsonl"
    overhear(data, "export", "-o", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert_no_secret(path)
    exchanges, runs = export_lines(data)
    assert [len(exchanges), runs[0]["name"], runs[0]["exit_status"]] == [4, "asker", 0]
    assert body(exchanges[2]["request"]) == bytes(range(256))
    assert len(exchanges[1]["response"]["arrivals"]) >= 1 and "event: message_stop" in exchanges[1]["response"]["body"]
    assert exchanges[0]["facts"]["input_tokens"] > 0
    out = overhear("again", "import", path)
    assert out == "4 exchanges are in run 1 now.\n", out
    back, runs = export_lines("again")
    assert runs[0]["name"] == "all.jsonl" and runs[0]["origin"] == "import"
    compare(exchanges, back)


@check("a selection: by ID, by run, by words")
def selection():
    data = captured()
    assert [line["id"] for line in export_lines(data, 3, 1)[0]] == [3, 1]
    assert len(export_lines(data, "--run", 1)[0]) == 4
    assert [line["id"] for line in export_lines(data, "beta")[0]] == [2]
    assert "nothing to export" in overhear(data, "export", "-f", "har", "--run", 77, status=1)


@check("HAR has what the specification asks for, events and timings, and comes back")
def har():
    data = captured()
    path = folder / "all.har"
    overhear(data, "export", "-o", path)
    assert_no_secret(path)
    log = json.loads(path.read_text())["log"]
    assert log["version"] == "1.2" and log["creator"]["name"] == "Overhear"
    for entry in log["entries"]:
        datetime.datetime.fromisoformat(entry["startedDateTime"].replace("Z", "+00:00"))
        assert entry["cache"] == {} and entry["time"] > 0
        phases = entry["timings"]
        assert set(phases) == {"blocked", "dns", "connect", "send", "wait", "receive", "ssl"}, phases
        assert all(phases[name] >= 0 for name in ("send", "wait", "receive"))
        total = sum(max(value, 0) for name, value in phases.items() if name != "ssl")
        assert abs(total - entry["time"]) < 1, (total, entry["time"])
        for name in "method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize":
            assert name in entry["request"], name
        for name in ("status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize",
                     "bodySize"):
            assert name in entry["response"], name
        assert {"size", "mimeType", "text"} <= set(entry["response"]["content"])
        assert re.fullmatch(r"[\w:/?#\[\]@!$&'()*+,;=%.~-]+", entry["request"]["url"], re.A), entry["request"]["url"]
    entries = log["entries"]
    assert any("api_key=%3Credacted%20" in entry["request"]["url"] for entry in entries)
    # Chromium knows a stream by its bare type only, and a phase that begins at 0 is none to it.
    assert entries[1]["response"]["content"]["mimeType"] == "text/event-stream"
    assert all(entry["timings"]["blocked"] > 0 and entry["_resourceType"] == "fetch" for entry in entries)
    events = entries[1]["_eventSourceMessages"]
    assert [event["eventName"] for event in events][-1] == "message_stop" and "_eventSourceMessages" not in entries[0]
    assert "".join(f"event: {event['eventName']}\ndata: {event['data']}\n\n" for event in events) == \
        entries[1]["response"]["content"]["text"]
    started = datetime.datetime.fromisoformat(entries[1]["startedDateTime"].replace("Z", "+00:00")).timestamp()
    times = [event["time"] - started for event in events]
    assert times == sorted(times) and 0 < times[0] and times[-1] * 1000 <= entries[1]["time"] + 1, times
    assert "event: message_stop" in entries[1]["response"]["content"]["text"]
    assert {"name": "beta", "value": "true"} in entries[1]["request"]["queryString"]
    assert base64.b64decode(entries[2]["request"]["postData"]["text"]) == bytes(range(256))
    assert "Pack it" in entries[3]["request"]["postData"]["text"]
    json.loads(entries[3]["response"]["content"]["text"])  # its gzip is undone
    overhear("from-har", "import", path)
    before, after = export_lines(data)[0], export_lines("from-har")[0]
    for one, two in zip(before, after):
        for name in "method", "host", "target", "outcome", "ended_by":
            assert one[name] == two[name], (name, one[name], two[name])
        assert abs(one["started_ns"] - two["started_ns"]) < 1000
        assert body(one["request"]) == body(two["request"])
    assert body(before[1]["response"]) == body(after[1]["response"])
    assert before[1]["response"]["arrivals"] == after[1]["response"]["arrivals"]
    assert before[1]["facts"]["output_tokens"] == after[1]["facts"]["output_tokens"]


@check("another program's HAR: its secrets are replaced, what is no exchange is left out")
def foreign_har():
    path = folder / "browser.har"
    entry = {"startedDateTime": "2026-03-04T05:06:07.5+01:00", "time": 12.5, "cache": {}, "timings": {"send": 1, "wait": 2, "receive": 3},
             "request": {"method": "POST", "url": "https://user@api.anthropic.com:8443/v1/messages?key=" + SECRET + "#x",
                         "httpVersion": "h2", "cookies": [], "queryString": [], "headersSize": -1, "bodySize": 2,
                         "headers": [{"name": ":authority", "value": "x"}, {"name": "X-Api-Key", "value": SECRET},
                                     {"name": "authorization", "value": "Bearer " + SECRET}],
                         "postData": {"mimeType": "application/json", "text": json.dumps({"authorization_token": SECRET})}},
             "response": {"status": 200, "statusText": "", "httpVersion": "h2", "cookies": [], "headers": [
                 {"name": "content-encoding", "value": "br"}, {"name": "set-cookie", "value": "a=" + SECRET}],
                          "content": {"size": 2, "mimeType": "application/json", "text": "e30=", "encoding": "base64"},
                          "redirectURL": "", "headersSize": -1, "bodySize": -1}}
    path.write_text("\ufeff" + json.dumps({"log": {"version": "1.2", "entries": [entry, {"request": {"url": "data:text/html,x"}}, 7]}}))
    overhear("foreign", "import", path)
    assert_no_secret(folder / "foreign")
    exchanges, _ = export_lines("foreign")
    assert len(exchanges) == 1
    line = exchanges[0]
    assert (line["host"], line["port"], line["status"] if "status" in line else line["response"]["status"]) == ("api.anthropic.com", 8443, 200)
    assert line["target"].startswith("/v1/messages?key=") and "0042" in line["target"] and "#" not in line["target"]
    assert body(line["response"]) == b"{}"
    assert line["started_ns"] == 1772597167500000000
    assert line["timings"]["response_head_ns"] == 3000000 and line["timings"]["ended_ns"] == 12500000
    names = [name for name, _ in line["request"]["headers"]]
    assert names == ["X-Api-Key", "authorization"], names


@check("flows that mitmdump wrote")
def flows():
    path = folder / "mitmproxy-8.flows"
    shutil.copy(FLOWS, path)
    overhear("flows", "import", path)
    assert_no_secret(folder / "flows")
    exchanges, runs = export_lines("flows")
    assert runs[0]["name"] == "mitmproxy-8.flows"
    assert [line["outcome"] for line in exchanges[1:]] == ["finished", "finished", "failed"], [line["outcome"] for line in exchanges]
    plain, stream, refused = exchanges[1:]
    assert (plain["facts"]["model"], plain["facts"]["output_tokens"]) == ("claude-sonnet-4-5-20250929", 3)
    assert dict(plain["response"]["headers"])["content-encoding"] == "gzip"
    assert body(plain["response"])[:2] == b"\x1f\x8b"
    assert stream["target"].endswith("/v1/messages?beta=true") and "Grüezi, Welt" in stream["response"]["body"]
    assert stream["facts"]["streamed"] and refused["error"]
    assert 0 < plain["timings"]["request_sent_ns"] <= plain["timings"]["response_head_ns"] <= plain["timings"]["ended_ns"] < 60e9
    threads = [json.loads(line) for line in overhear("flows", "threads", "--json").splitlines()]
    assert len(threads) == 2, threads


@check("a damaged or foreign file: what is whole is read, the rest is said")
def damaged():
    cut = folder / "cut.flows"
    cut.write_bytes(FLOWS.read_bytes()[:-100])
    overhear("cut", "import", cut)
    assert len(export_lines("cut")[0]) == 3
    for name, contents in (("empty", b""), ("text", b"hello there"), ("other.json", b'{"log": 7}'), ("numbers", b"12:abc"),
                           ("list", b"5:1:a,]]"), ("zeros", bytes(5000))):
        path = folder / name
        path.write_bytes(contents)
        error = overhear("wrong", "import", path, status=1)
        assert "neither" in error and str(path) in error, error
    assert "cannot be read" in overhear("wrong", "import", folder / "missing", status=1)


@check("Markdown is the conversation once, as text")
def markdown():
    data = captured()
    text = overhear(data, "export", "--format", "markdown", 1, 2)
    assert text.count("What is the capital of France?\n") == 1 + text.count("# What is the capital of France?"), text
    assert text.count("## User") == 2 and text.count("## Assistant") == 2, text
    assert text.index("## User") < text.index("## Assistant")
    assert SECRET not in text


@check("a database of a selection is a data folder of its own")
def database():
    data = captured()
    (folder / "copy").mkdir(mode=0o700)
    path = folder / "copy" / "overhear.db"
    overhear(data, "export", "-o", path, 1, 2, 4)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in (folder / "copy").iterdir()] == ["overhear.db"]
    assert_no_secret(path)
    copied, runs = export_lines("copy")
    compare([line for line in export_lines(data)[0] if line["id"] != 3], copied)
    assert "h\u00e9llo console" in runs[0].get("console", "h\u00e9llo console") and runs[0]["name"] == "asker"
    assert len(overhear("copy", "threads", "--json").splitlines()) == 2


@check("what cannot be written leaves nothing behind, and what was there stays")
def unwritable():
    data = captured()
    place = folder / "place"
    place.mkdir()
    (place / "is-a-folder.har").mkdir()
    assert "cannot be written" in overhear(data, "export", "-o", place / "is-a-folder.har", status=1)
    assert "cannot be written" in overhear(data, "export", "-o", place / "no" / "such.har", status=1)
    assert [p.name for p in place.iterdir()] == ["is-a-folder.har"]
    old = place / "old.har"
    old.write_text("old")
    old.chmod(0o644)
    overhear(data, "export", "-o", old)
    assert json.loads(old.read_text()) and stat.S_IMODE(old.stat().st_mode) == 0o600
    assert "Which format?" in overhear(data, "export", "-o", place / "x.txt", status=2)
    assert "Which format?" in overhear(data, "export", "--format", "xml", status=2)


@check("a pipe stays a pipe, and gets it; a link stays a link")
def special():
    expected = overhear(captured(), "export", "--format", "markdown")
    pipe, link, file = (folder / f"{name}.md" for name in ("pipe", "link", "linked"))
    os.mkfifo(pipe)
    file.write_text("before")
    link.symlink_to(file)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        overhear(captured(), "export", "-o", pipe)
        assert reader.stdout.read() == expected and pipe.is_fifo()
    overhear(captured(), "export", "-o", link)
    assert link.is_symlink() and file.read_text() == expected
    assert "cannot be written" in overhear(captured(), "export", "--format", "db", "-o", pipe, status=1)
    assert pipe.is_fifo()


def on_terminal(data, *words):
    """What a command sends to a terminal."""
    import pty
    pid, master = pty.fork()
    if pid == 0:
        os.execve(OVERHEAR, [OVERHEAR, *words], environment(data))
    seen = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    os.waitpid(pid, 0)
    return seen


def archive(data, *entries):
    path = folder / f"{data}.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "creator": {"name": "a test"}, "entries": [{
        "startedDateTime": "2026-11-20T10:00:00.000Z", "time": 10, "timings": {},
        "request": {"method": "POST", "url": "https://api.anthropic.com/v1/messages", "httpVersion": "HTTP/1.1",
                    "headers": [], "postData": {"text": json.dumps(request)}},
        "response": {"status": 200, "statusText": "OK", "headers": [
            {"name": "content-type", "value": "application/json"}], "content": {"text": json.dumps(answer)}},
    } for request, answer in entries]}}))
    return path


@check("nothing captured steers a terminal; a pipe gets it raw")
def steering():
    evil = "a\x1b]0;owned\x07b\x1b[2Jc\x9b2J\u202ed\u200be\r\nFORGED"
    data = "steering"
    overhear(data, "import", archive(data, (
        {"model": evil, "max_tokens": 9, "system": evil, "messages": [{"role": "user", "content": evil}]},
        {"type": "message", "role": "assistant", "id": "msg_1", "model": evil, "stop_reason": evil,
         "content": [{"type": "text", "text": evil}, {"type": "tool_use", "id": "t1", "name": evil, "input": {"a": evil}}],
         "usage": {"input_tokens": 1, "output_tokens": 1}})))
    for words in (["list"], ["list", "--json"], ["show", "1"], ["show", "1", "--json"], ["traces"], ["traces", "1"],
                  ["traces", "1", "--json"], ["threads"], ["sessions"], ["costs"], ["limits"], ["import", evil], [evil],
                  ["list", "status:" + evil]):
        seen = on_terminal(data, *words).decode()
        assert seen, words
        assert not [c for c in seen if c in "\x1b\x07\x9b\u202e\u200b"], (words, seen)
        assert not any(line.startswith("FORGED") for line in seen.splitlines()), (words, seen)
    assert "\\u001b[2J" in on_terminal(data, "show", "1").decode()
    assert "\x1b[2J" in overhear(data, "show", "1")


HOSTILE = "x\x1b]52;c;b3du\x07y\x1b]8;;http://evil\x1b\\z\x1b[3J\x9b1m\x90q\x9c\u202e\u2066\u200b\u2028\rOVER\r\nFORGED\t" + "w" * 3000


@check("no command of any kind lets what was captured, or what it was given, steer a terminal")
def every_command():
    data = "every"
    evil = HOSTILE
    latin1 = "caf\xe9 \x9b2J\x85\x1b]0;t\x07"
    tool = {"type": "tool_use", "id": evil, "name": evil, "input": {evil: evil}}
    question = {"model": evil, "max_tokens": 9, "system": evil, "metadata": {"user_id": evil}, "tools": [{"name": evil, "description": evil}],
                "messages": [{"role": "user", "content": evil}, {"role": "assistant", "content": [tool]},
                             {"role": "user", "content": [{"type": "tool_result", "tool_use_id": evil, "content": evil}]}]}
    answer = {"type": "message", "role": "assistant", "id": evil, "model": evil, "stop_reason": evil,
              "content": [{"type": "text", "text": evil}, {"type": "thinking", "thinking": evil}, tool],
              "usage": {"input_tokens": 1, "output_tokens": 1, "service_tier": evil}}
    error = {"type": "error", "error": {"type": evil, "message": evil}}
    limits = [["anthropic-ratelimit-requests-limit", "5"], ["anthropic-ratelimit-requests-remaining", "0"],
              ["anthropic-ratelimit-requests-reset", evil], ["anthropic-organization-id", evil], ["retry-after", evil]]

    def line(number, status, said, **more):
        return {"type": "exchange", "id": number, "run": 1, "started_ns": 1764400000000000000 + number * 10**9, "method": "POST",
                "scheme": "https", "host": "api.anthropic.com", "port": 443, "target": "/v1/messages?" + evil, "outcome": "finished",
                "ended_by": "upstream", "timings": {"ended_ns": 10**9},
                "request": {"headers": [["content-type", "application/json"], ["overhear-trace", evil], ["overhear-session", evil],
                                        ["overhear-user", evil], ["x-" + latin1, latin1]], "headers_latin1": [4],
                            "body": json.dumps(question)},
                "response": {"status": status, "reason": latin1, "reason_latin1": True, "body": json.dumps(said),
                             "headers": [["content-type", "application/json"], ["request-id", evil], *limits]}, **more}

    path = folder / "every.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in [
        {"type": "overhear", "version": 1},
        {"type": "run", "id": 1, "name": evil, "command": [evil, latin1], "directory": "/" + evil, "console": evil},
        line(1, 200, answer), *(line(2 + at, 529, error) for at in range(5)), line(8, 200, answer, target="/v1/messages"),
        line(9, 0, {}, outcome="failed", error_code=evil, error=evil, host=evil.encode("punycode").decode())]))
    overhear(data, "import", path)
    ids = [str(row["id"]) for row in map(json.loads, overhear(data, "list", "--json").strip().split("\n"))]
    assert len(ids) == 8, ids
    commands = set(re.findall(r"^  overhear ([a-z]+)", overhear(data, "--help"), re.M))
    calls = {
        "list": [["list"], ["list", "--json"], ["list", evil], ["list", "status:" + evil], ["list", "--limit", evil]],
        "show": [["show", number, *more] for number in ids for more in ([], ["--json"])] + [["show", evil]],
        "traces": [["traces"], ["traces", "--json"], ["traces", evil], *(["traces", number] for number in ids)],
        "export": [["export", "-o", "/no/" + evil], ["export", "--format", evil], ["export", evil],
                   *(["export", "--format", form] for form in ("har", "jsonl", "markdown"))],
        "import": [["import", evil], ["import", str(path)]],
        "run": [["run", evil], ["run", "--" + evil, "x"], ["run", "--upstream", evil, "x"], ["run", "--read", evil, "x"],
                *(["run", "--" + label, evil, "--", "/bin/true", evil] for label in ("name", "trace", "session", "user"))],
        "schema": [["schema", evil]], "reread": [["reread", evil], ["reread"]], "demo": [["demo", evil]],
        # It waits for an agent's messages.
        "mcp": [["mcp", evil]], "listen": [["listen", evil], ["listen", "--otlp", evil]], "skill": [["skill", evil], ["skill", "install", evil]],
    }
    assert set(calls) <= commands, commands
    for command in sorted(commands):
        for words in calls.get(command, [[command], [command, "--json"], [command, evil]]):
            raw = on_terminal(data, *words)
            seen = raw.decode()
            assert seen or words[0] == "run", words
            odd = sorted({c for c in seen if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")} - {"\r"})
            assert not odd, (words, odd, seen[:2000])
            assert "\r\r\n" not in seen and "\rOVER" not in seen, (words, seen[:2000])
            # A conversation as Markdown has the lines that it has.
            assert "markdown" in words or not any(text.startswith("FORGED") for text in seen.splitlines()), (words, seen[:2000])


@check("bytes that are no UTF-8 come back from JSON Lines as they were, fields from HAR, too; all of it is UTF-8")
def latin_bytes():
    path = folder / "latin.jsonl"
    fields = [["X-A", "caf\xe9"], ["X-B", "caf\u00e9 \u2026"], ["X-C", "\xff\xfe"], ["X-D", "plain"]]
    path.write_text(json.dumps({"type": "overhear", "version": 1}) + "\n" + json.dumps({
        "type": "exchange", "started_ns": 1764400000000000000, "method": "GET", "scheme": "https", "host": "x.example", "port": 443,
        "target": "/a?b=\xff\xe9", "target_latin1": True, "outcome": "finished", "ended_by": "upstream",
        "request": {"headers": fields, "headers_latin1": [0, 2]},
        "response": {"status": 200, "reason": "tr\xe8s", "reason_latin1": True, "headers": fields, "headers_latin1": [0, 2]}}) + "\n")
    overhear("latin", "import", path)
    said = b"".join(subprocess.run([OVERHEAR, *words], env=environment("latin"), capture_output=True).stdout
                    for words in (["list", "--json"], ["show", "1", "--json"], ["export", "--format", "har"]))
    assert said.decode() and b"caf\xc3\xa9" in said
    [first], _ = export_lines("latin")
    assert (first["target"], first["target_latin1"]) == ("/a?b=\xff\xe9", True), first
    for side in first["request"], first["response"]:
        assert (side["headers"], side["headers_latin1"]) == (fields, [0, 2]), side
    assert (first["response"]["reason"], first["response"]["reason_latin1"]) == ("tr\xe8s", True)
    for form in "jsonl", "har":
        overhear("latin", "export", "-o", folder / f"latin-again.{form}")
        overhear("latin-" + form, "import", folder / f"latin-again.{form}")
        [again], _ = export_lines("latin-" + form)
        for side in again["request"], again["response"]:
            assert (side["headers"], side["headers_latin1"]) == (fields, [0, 2]), (form, side)
        assert again["target"] == ("/a?b=\xff\xe9" if form == "jsonl" else "/a?b=%FF%E9"), (form, again["target"])


@check("files as other programs write them: UTF-16, a byte order mark, CRLF, packed bodies, fields as pairs, line breaks in fields")
def other_habits():
    question = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "ping"}]}
    answer = {"type": "message", "role": "assistant", "id": "msg_1", "model": "claude-sonnet-4-5", "stop_reason": "end_turn",
              "content": [{"type": "text", "text": "pöng"}], "usage": {"input_tokens": 10, "output_tokens": 5}}
    plain = archive("habits", (question, answer))
    log = json.loads(plain.read_text())
    packed = json.loads(plain.read_text())
    response = packed["log"]["entries"][0]["response"]
    response["headers"] += [{"name": "content-encoding", "value": "gzip"}, {"name": "x-note", "value": "a\r\nrequest-id: forged"},
                            {"name": "set-cookie", "value": "a=1\nb=2"}]
    response["content"] = {"text": base64.b64encode(gzip.compress(json.dumps(answer).encode())).decode(), "encoding": "base64"}
    pairs = json.loads(plain.read_text())
    pairs["log"]["entries"][0]["startedDateTime"] = "2026-11-20t10:00:00.000z".replace("t", "T")
    pairs["log"]["entries"][0]["request"]["headers"] = [["x-a", "1"]]
    pairs["log"]["entries"][0]["response"]["headers"] = {"content-type": "application/json"}
    for name, content in (("utf16le", json.dumps(log, ensure_ascii=False).encode("utf-16")),
                          ("utf16be", b"\xfe\xff" + json.dumps(log, ensure_ascii=False).encode("utf-16-be")),
                          ("mark", b"\xef\xbb\xbf" + json.dumps(log).encode()),
                          ("packed", json.dumps(packed).encode()), ("pairs", json.dumps(pairs).encode())):
        path = folder / f"{name}.har"
        path.write_bytes(content)
        overhear(name, "import", path)
        shown = json.loads(overhear(name, "show", "1", "--json"))
        assert (shown["input_tokens"], shown["output_tokens"]) == (10, 5), (name, shown)
        assert shown["started"] == "2026-11-20T10:00:00.000000Z", (name, shown["started"])
        assert shown["messages"][-1]["content"][0]["text"] == "pöng", (name, shown["messages"])
        assert shown["problems"] == [], (name, shown["problems"])
        headers = [field.lower() for field, _ in shown["response"]["headers"]]
        assert "request-id" not in headers, (name, shown)
        assert headers.count("set-cookie") == (2 if name == "packed" else 0), (name, headers)
    log["log"]["entries"][0]["response"]["content"]["text"] = '{"type": "message", "content": ['
    (folder / "broken.har").write_text(json.dumps(log))
    overhear("broken", "import", folder / "broken.har")
    assert len(json.loads(overhear("broken", "show", "1", "--json"))["problems"]) == 1
    lines = overhear("mark", "export", "-f", "jsonl").encode()
    for name, content in (("crlf", lines.replace(b"\n", b"\r\n\r\n")), ("marked", b"\xef\xbb\xbf\n" + lines)):
        path = folder / f"{name}.jsonl"
        path.write_bytes(content)
        said = subprocess.run([OVERHEAR, "import", path], env=environment(name), capture_output=True, text=True, timeout=60)
        assert said.stdout.startswith("1 exchange is") and said.stderr == "", (name, said)


@check("a HAR whose stream is only told event by event: the stream again, with its times")
def event_source():
    log = json.loads(archive("events", ({"model": "claude-sonnet-4-5", "stream": True, "messages": []}, {})).read_text())
    entry = log["log"]["entries"][0]
    start = datetime.datetime(2026, 11, 20, 10, tzinfo=datetime.timezone.utc).timestamp()
    events = [("message_start", {"message": {"id": "msg_1", "usage": {"input_tokens": 10, "output_tokens": 1}}}),
              ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
              ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "pöng\n"}}),
              ("content_block_stop", {"index": 0}),
              ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}), ("message_stop", {})]
    entry["response"]["content"] = {"size": 0, "mimeType": "text/event-stream", "text": ""}
    entry["response"]["headers"] = [{"name": "content-type", "value": "text/event-stream"}]
    # The last two carry their names only inside; data of several lines is one event.
    entry["_eventSourceMessages"] = [
        {"time": start + 0.25 + n / 10, "eventName": kind if n < 4 else "message", "eventId": "",
         "data": json.dumps({"type": kind} | event, indent=1 if n == 0 else None)} for n, (kind, event) in enumerate(events)]
    path = folder / "events.har"
    path.write_text(json.dumps(log))
    overhear("events", "import", path)
    shown = json.loads(overhear("events", "show", "1", "--json"))
    assert (shown["input_tokens"], shown["output_tokens"], shown["problems"]) == (10, 5, []), shown
    assert shown["messages"][-1]["content"][0]["text"] == "pöng\n", shown["messages"]
    times = [event["at_ms"] for event in shown["events"]]
    assert [round(at) for at in times] == [250, 350, 450, 550, 650, 750], times
    # A body is the better witness.
    entry["response"]["content"]["text"] = "event: ping\ndata: {}\n\n"
    path.write_text(json.dumps(log))
    overhear("body", "import", path)
    assert [event["event"] for event in json.loads(overhear("body", "show", "1", "--json"))["events"]] == ["ping"]


@check("a HAR's text holds bytes; a run begins with its earliest exchange")
def bytes_and_order():
    question = {"model": "claude-sonnet-4-5", "messages": []}
    log = json.loads(archive("bytes", (question, {}), (question, {}), (question, {})).read_text())
    texts = ["\0\1raw", "mid\0dle \U0001f600", "end\0"]
    for entry, text, hour in zip(log["log"]["entries"], texts, (11, 9, 10)):
        entry["request"]["postData"] = {"mimeType": "application/octet-stream", "text": text}
        entry["startedDateTime"] = f"2026-11-20T{hour:02}:00:00.000Z"
    path = folder / "bytes.har"
    path.write_text(json.dumps(log))
    overhear("bytes", "import", path)
    # Each is known by its place in time, whatever the order of the file.
    for number, text in enumerate(texts[1:] + texts[:1]):
        request = json.loads(overhear("bytes", "show", str(number + 1), "--json"))["request"]
        assert base64.b64decode(request["body_base64"]) == text.encode(), request
    # What goes out is in the order of time.
    back = folder / "bytes-again.har"
    overhear("bytes", "export", "--format", "har", "-o", back)
    overhear("bytes-again", "import", back)
    assert [json.loads(overhear("bytes-again", "show", str(n), "--json"))["request"]["body_base64"] for n in (1, 2, 3)] == [
        base64.b64encode(texts[n].encode()).decode() for n in (1, 2, 0)]
    lines = [json.loads(line) for line in overhear("bytes", "export", "--format", "jsonl").splitlines()]
    run = next(line for line in lines if line["type"] == "run")
    assert run["started_ns"] == min(line["started_ns"] for line in lines if line["type"] == "exchange"), run


@check("a connection that passed through unread: where it led, its bytes and its state")
def tunnel():
    path = folder / "tunnels.jsonl"
    row = {"type": "exchange", "route": "blind", "scheme": "https", "host": "pypi.org", "port": 443, "http_version": "",
           "started_ns": 10**18, "timings": {"ended_ns": 10**9}, "ended_by": "client",
           "request": {"headers": [], "length": 1500}, "response": {"headers": [], "length": 2000000}}
    path.write_text("\n".join(json.dumps(line) for line in (
        {"type": "overhear", "format": 1}, row | {"outcome": "finished"}, row | {"outcome": "cut"})) + "\n")
    overhear("tunnels", "import", path)
    done, cut = overhear("tunnels", "list").splitlines()[1:]
    assert "not read" in done and "CONNECT pypi.org:443" in done and "null" not in done, done
    assert "1.5 kB sent, 2.0 MB received" in done.replace("\u00a0", " "), done
    assert " cut " in cut and "0 cut" not in cut, cut
    shown = overhear("tunnels", "show", "1").replace("\u00a0", " ")
    assert "CONNECT pypi.org:443" in shown and "2.0 MB received" in shown, shown
    told = json.loads(overhear("tunnels", "show", "1", "--json"))
    assert (told["request_bytes"], told["response_bytes"], told["status"]) == (1500, 2000000, None), told


main()
