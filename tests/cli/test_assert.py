# SPDX-License-Identifier: GPL-3.0-or-later
"""`overhear run --assert` and `--report`: what holds and what does not, the exit status, and the files for builds."""
import json
import pathlib
import tempfile
import xml.etree.ElementTree

import jsonschema

from fixtures.captured import Desk
from tap import check, main

home = tempfile.TemporaryDirectory(prefix="overhear-assert-")
desk = Desk(home.name)

HOLD = ["calls>=8", "calls<=20", "calls == {calls}", "calls!=0", "attempts=={attempts}", "retries==1", "errors==1",
    "cut==0",
        "tokens>1k", "input_tokens=={input_tokens}", "output_tokens>=1", "tokens<1M", "cost>0", "cost<=1.00",
        "cache_hit<=1%",
        "cache_hit>=0.0", "p95_ttft<60s", "p50_ttft<=60000ms", "p95_duration<1min", "p50_duration>=0ms", "status:529",
        "tool:get_weather", "not tool:delete_file", "not status:500", "is:retried", "not (cost>0.5 or status:404)",
        "model:sonnet is:error", "not \"no such phrase anywhere\""]
FAIL = ["calls<=3", "calls>20", "calls!={calls}", "retries==0", "errors<1", "tokens<10", "cost<=0.000001", "cost==0",
        "cache_hit>=80%", "p95_ttft<0ms", "p50_duration>1min", "not tool:get_weather", "tool:delete_file",
        "not is:error",
        "status:500", "not status>=400"]
WRONG = ["", " ", "calls<=", "calls<=many", "calls<=-1", "calls=5", "calls<=5s", "cost<=5%", "cost<=$5", "p95_ttft<2",
    "p95_ttft<2h",
         "cache_hit>=80%%", "status:(", "not status:(", "tool:get_weather )", "calls<=1e999"]


def report(name):
    return desk.folder / name


@check(f"{len(HOLD) + len(FAIL)} assertions: each is right, and the exit status says whether all hold")
def assertions():
    first = json.loads(desk.capture("--json", data="first").stderr.splitlines()[-1])
    assert "assertions" not in first
    known = {name: first[name] for name in ("calls", "attempts", "input_tokens")}
    hold, fail = [text.format(**known) for text in HOLD], [text.format(**known) for text in FAIL]
    options = [f"--assert={text}" for text in hold]
    end = json.loads(desk.capture("--json", *options, data="hold").stderr.splitlines()[-1])
    assert [(a["text"], a["holds"]) for a in end["assertions"]] == [(text, True) for text in hold], end["assertions"]
    said = desk.capture("--json", *[f"--assert={text}" for text in fail], status=3, data="fail").stderr
    end = json.loads(said.splitlines()[-1])
    assert [(a["text"], a["holds"]) for a in end["assertions"]] == [(text, False) for text in fail], end["assertions"]
    assert said.count("does not hold") == len(fail), said
    jsonschema.Draft202012Validator(json.loads(desk.overhear("schema", "run").stdout)).validate(end)


@check("what is wrong is said before the program runs")
def wrong():
    for text in WRONG:
        done = desk.overhear("run", f"--assert={text}", "--", "touch", desk.folder / "ran", status=125)
        assert done.stderr.startswith("overhear: "), (text, done.stderr)
    for name in "report", "report.txt", "report.xml.gz":
        assert ".xml" in desk.overhear("run", "--report", name, "--", "touch", desk.folder / "ran", status=125).stderr
    assert not (desk.folder / "ran").exists()


@check("a price that is unknown holds nothing but a lower bound")
def unknown():
    program = "from say import *\nask([{'role': 'user', 'content': 'Hi'}], model='claude-nobody-9')"
    options = [f"--assert={text}" for text in ("cost<=5", "cost>=0", "cost==0", "p95_ttft<5s")]
    end = json.loads(desk.capture("--json", *options, status=3, data="unknown",
        program=program).stderr.splitlines()[-1])
    assert [a["holds"] for a in end["assertions"]] == [False, True, False, False], end["assertions"]
    assert "unknown price" in end["assertions"][0]["found"] and end["assertions"][3]["found"] == "unknown"


@check("a program's own end goes before")
def own_end():
    for code, status in ("import sys; sys.exit(7)", 7), ("", 3), ("import os; os.kill(os.getpid(), 15)", -15):
        desk.capture("--assert=calls>=1", status=status, data="ends", program=code)
    desk.overhear("run", "--assert=calls>=1", "--report", report("none.xml"), "--", "/does/not/exist", status=127,
        data="ends")


@check("reports: JUnit, JSON and Markdown")
def reports():
    names = [report(name) for name in ("out.xml", "out.json", "out.md")]
    said = desk.capture("--name", "a <run> & \x01 “more”", "--assert=calls>=1", "--assert=not status:200",
                        "--assert=not \"</x> | & \x02 \u202e\"", *[f"--report={name}" for name in names], status=3,
                        data="reports")
    suite, traces = xml.etree.ElementTree.parse(names[0]).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1") and float(suite.get("time")) > 0
    assert [case.get("name") for case in suite][:2] == ["calls>=1", "not status:200"]
    assert traces.get("tests") == str(len(traces)) and {case.get("classname") for case in traces} == {"overhear.trace"}
    failure, = suite.iter("failure")
    assert "#" in failure.get("message")
    run = json.loads(names[1].read_text())
    jsonschema.Draft202012Validator(json.loads(desk.overhear("schema", "run").stdout)).validate(run)
    assert [a["holds"] for a in run["assertions"]] == [True, False, True]
    rows = names[2].read_text().splitlines()
    assert len(rows) == 8 + len(run["traces"]) and len(traces) == len(run["traces"]) > 1
    assert "**does not hold**" in rows[3] and r"\|" in rows[4], rows
    assert said.stdout == "the program's own words\n"
    desk.capture("--report", report("plain.json"), data="reports")
    said = desk.capture("--report", "/does/not/exist/x.xml", status=1, data="reports").stderr
    assert "/does/not/exist" in said


main()
