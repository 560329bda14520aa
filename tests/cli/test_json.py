# SPDX-License-Identifier: GPL-3.0-or-later
"""What every command prints with --json, in every form of it, is what `overhear schema` says, no member less or more."""
import json
import pathlib
import tempfile

import jsonschema

from fixtures.captured import Desk, members
from tap import check, main

home = tempfile.TemporaryDirectory(prefix="overhear-json-")
folder = pathlib.Path(home.name)
desk = Desk(folder)
overhear = desk.overhear


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
    done = desk.capture("--json", "--session", "s1", "--user", "u1")
    assert done.stdout == "the program's own words\n", done.stdout
    end, = validate("run", done.stderr)
    assert end["exit_status"] == 0 and end["session"] == "s1" and end["exchanges"] >= 6 and end["note"] is None, end
    said = overhear("run", "--json", "--", "sh", "-c", "exit 3", status=3).stderr
    end, = validate("run", said.splitlines()[-1])
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
    requests = [json.loads(overhear("show", row["id"], "--json").stdout)["request"] for row in rows]
    assert [r for r in requests if r["body"] is None and r["body_base64"]] and [r for r in requests if r["body"]]


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
