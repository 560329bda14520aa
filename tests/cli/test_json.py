# SPDX-License-Identifier: GPL-3.0-or-later
"""What every command prints with --json, in every form of it, is what `overhear schema` says: no member less, none more."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

from fixtures.simulator import Simulator
from tap import check, main

OVERHEAR = os.environ["OVERHEAR"]
PROGRAMS = pathlib.Path(__file__).parent.parent / "insight" / "programs"
PROGRAM = """
from say import *
chat("What is the capital of France?", "What about Germany?")
tools = [{"name": "get_weather", "description": "Weather", "input_schema": {"type": "object",
          "properties": {"location": {"type": "string"}}, "required": ["location"]}}]
messages = [{"role": "user", "content": "What's the weather in Paris?"}]
for _ in range(4):
    first = ask(messages, tools=tools)
    use = next((block for block in first["content"] if block["type"] == "tool_use"), None)
    if use is None:
        break
    messages += [{"role": "assistant", "content": first["content"]}, {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": use["id"], "content": "No such place", "is_error": True}]}]
body = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 64, "stream": True, "messages": [
    {"role": "user", "content": "What is the speed of light?"}]}, indent=1).encode()
for count in 0, 1:
    try:
        urllib.request.urlopen(urllib.request.Request(URL, body, {"x-api-key": "sk-ant-test-key-1111",
            "content-type": "application/json", "anthropic-version": "2023-06-01", "x-sim": json.dumps({"fail": [529], "retry_after": 0}),
            "x-stainless-retry-count": str(count)})).read()
    except urllib.error.HTTPError as error:
        error.read()
send(bytes(range(256)))
print("the program's own words")
"""

home = tempfile.TemporaryDirectory(prefix="overhear-json-")
folder = pathlib.Path(home.name)
os.chmod(folder, 0o700)
environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")} | {
    "OVERHEAR_DATA_DIR": str(folder / "data"), "XDG_RUNTIME_DIR": str(folder), "LC_ALL": "C.UTF-8",
    "PYTHONPATH": str(PROGRAMS)}


def overhear(*words, status=0, data="data"):
    done = subprocess.run([OVERHEAR, *map(str, words)], env=environment | {"OVERHEAR_DATA_DIR": str(folder / data)},
                          capture_output=True, text=True, timeout=90)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done


def members(schema, root):
    """All that an object of this schema may have: for none more than that."""
    if "$ref" in schema:
        return members(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    found = set(schema.get("properties", ()))
    for part in schema.get("allOf", ()):
        found |= members(part, root)
    return found


def validate(command, text):
    """The objects of the lines, each checked."""
    root = json.loads(overhear("schema", command).stdout)
    validator = jsonschema.Draft202012Validator(root)
    objects = [json.loads(line) for line in text.splitlines()]
    assert objects, f"{command} printed nothing"
    for found in objects:
        validator.validate(found)
        allowed = [members(one, root) for one in root.get("anyOf", [root])]
        assert any(set(found) <= names for names in allowed), (command, set(found) - set.union(*allowed))
    return objects


@check("each command's schema, and all of them together, are schemas")
def schemas():
    whole = json.loads(overhear("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(whole)
    for name in whole["$defs"]:
        jsonschema.Draft202012Validator.check_schema(json.loads(overhear("schema", name, "--json").stdout))
    assert "prints no JSON" in overhear("schema", "nonsense", status=2).stderr
    overhear("schema", "list", "show", status=2)


@check("where nothing was captured, nothing is printed")
def nothing():
    for command in "list", "traces", "threads", "sessions", "limits", "costs", "findings", "runs":
        done = overhear(command, "--json", data="empty")
        assert (done.stdout, done.stderr) == ("", ""), command


@check("run: the last line of standard error says how it ended; standard output is the program's own")
def run():
    with Simulator(folder / "sim", "--speed", "0") as simulator:
        done = overhear("run", "--json", "--session", "s1", "--user", "u1", f"--upstream=api.anthropic.com={simulator.url}",
                        "--", sys.executable, "-c", PROGRAM)
    assert done.stdout == "the program's own words\n", done.stdout
    end, = validate("run", done.stderr)
    assert end["exit_status"] == 0 and end["session"] == "s1" and end["exchanges"] >= 6 and end["note"] is None, end
    end, = validate("run", overhear("run", "--json", "--", "sh", "-c", "exit 3", status=3).stderr)
    assert end["exit_status"] == 3 and end["note"] and end["exchanges"] == 0, end


@check("list and show")
def exchanges():
    rows = validate("list", overhear("list", "--json").stdout)
    assert len(rows) >= 6 and {row["status"] for row in rows} >= {200, 529}
    assert validate("list", overhear("list", "is:error", "--json", "--limit", 1).stdout)[0]["error"]["type"]
    for row in rows:
        first = overhear("show", row["id"], "--json").stdout
        assert first == overhear("show", "--json", row["id"]).stdout
        call, = validate("show", first)
        assert call["id"] == row["id"]
    assert any(call["streamed"] for call in rows)
    binary = json.loads(overhear("show", rows[-1]["id"], "--json").stdout)
    assert binary["request"]["body"] is None and binary["request"]["body_base64"]


@check("traces, as a list and as a tree, wherever the option stands")
def traces():
    rows = validate("traces", overhear("traces", "--json", "--session", "s1").stdout)
    kinds = set()
    for row in rows:
        before, after = overhear("traces", "--json", row["id"]).stdout, overhear("traces", row["id"], "--json").stdout
        assert before == after
        spans = validate("traces", after)
        assert spans[0]["kind"] == "trace" and "findings" in spans[0] and not any("findings" in s for s in spans[1:])
        kinds |= {span["kind"] for span in spans}
    assert kinds >= {"trace", "call", "tool", "attempt"}, kinds
    assert "a number" in overhear("traces", "first", "--json", status=2).stderr
    overhear("traces", 1, 2, status=2)


@check("threads, sessions, limits, costs, findings, runs")
def sums():
    for command in "threads", "sessions", "limits", "costs", "findings", "runs":
        validate(command, overhear(command, "--json").stdout)
        assert overhear(command).stdout.strip(), command
    assert [run["id"] for run in validate("runs", overhear("runs", "--limit", 1, "--json").stdout)] == [2]
    found = validate("findings", overhear("findings", "--json").stdout)[0]
    assert found in validate("findings", overhear("findings", "--json", "--trace", found["trace"]).stdout)
    overhear("limits", "tomorrow", status=2)


@check("export, import, reread")
def transfers():
    file = folder / "calls.har"
    told, = validate("export", overhear("export", "--json", "-o", file).stdout)
    assert (told["file"], told["format"]) == (str(file), "har") and told["exchanges"] >= 6, told
    assert json.loads(file.read_text())["log"]["entries"]
    overhear("export", "--json", "--format", "har", status=2)
    imported, = validate("import", overhear("import", file, "--json", data="other").stdout)
    assert (imported["run"], imported["exchanges"], imported["skipped"]) == (1, told["exchanges"], 0), imported
    again, = validate("reread", overhear("reread", "--json").stdout)
    assert again["exchanges"] >= told["exchanges"], again


@check("demo: standard output is JSON only")
def demo():
    assert len(validate("demo", overhear("demo", "--json", data="demo").stdout)) > 3


main()
