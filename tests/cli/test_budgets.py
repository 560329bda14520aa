# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets of runs: what is counted, what happens at the limit, what is said of it, and what reaches the API."""
import json
import os
import subprocess
import sys
import tempfile
import time

import jsonschema

from fixtures.captured import Desk
from fixtures.simulator import Simulator
from tap import check, main

home = tempfile.TemporaryDirectory(prefix="overhear-budget-")
desk = Desk(home.name)

# Says what became of each call.
CALLS = """
from say import *
import concurrent.futures, sys, urllib.error
def call(n):
    request = urllib.request.Request(URL, json.dumps({"model": MODEL, "max_tokens": 1024, "messages": [
        {"role": "user", "content": f"Question {n}"}]}).encode(), {"content-type": "application/json",
        "x-api-key": "sk-ant-test-key-1111", "anthropic-version": "2023-06-01"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)["type"], None
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"], error.headers["x-should-retry"]
with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
    print(json.dumps(list(pool.map(call, range(COUNT)))))
"""


def calls(*options, count=8, workers=1, model="claude-sonnet-4-5-20250929", status=0, data="data"):
    """How the program ended, the run, and what it and the API saw."""
    program = CALLS.replace("MODEL", repr(model)).replace("WORKERS", str(workers)).replace("COUNT", str(count))
    done = desk.capture("--json", *options, program=program, status=status, data=data)
    with_budget = json.loads(done.stderr.splitlines()[-1])
    jsonschema.Draft202012Validator(json.loads(desk.overhear("schema", "run").stdout)).validate(with_budget)
    seen = sum(json.loads(line).get("path") == "/v1/messages"
               for log in (desk.folder / f"simulator-{data}").glob("*.jsonl") for line in log.read_text().splitlines())
    return json.loads(done.stdout), with_budget, done.stderr, seen


@check("what is wrong is said before the program runs")
def wrong():
    for option in ("--budget=-1", "--budget=0", "--budget=2,00", "--budget=1e999", "--budget=nan", "--budget=", "--budget=2k",
                   "--max-calls=0", "--max-calls=-1", "--max-calls=1.5", "--max-calls=x", "--max-tokens=1e6", "--max-tokens=",
                   "--over=later", "--over=pause", "--over="):
        words = [option] + (["--max-calls=5"] if option in ("--over=later", "--over=") else [])
        done = desk.overhear("run", *words, "--", "touch", desk.folder / "ran", status=125)
        assert done.stderr.startswith("overhear: ") and "WARNING" not in done.stderr, (option, done.stderr)
    assert not (desk.folder / "ran").exists()


@check("the call after the last is refused with a 402 in the API's form, and reaches nobody")
def refused():
    answers, run, said, seen = calls("--max-calls=5", status=3, data="refused")
    assert [answer[0] for answer in answers] == [200] * 5 + [402] * 3, answers
    for _, error, retry in answers[5:]:
        assert retry == "false" and error["type"] == "overhear_budget", (error, retry)
        assert "Overhear" in error["message"] and "5 of 5 calls" in error["message"], error
        assert "overhear budget 1" in error["message"], error
    assert seen == 5, seen
    budget = run["budget"]
    assert budget["exceeded"] and budget["refused_calls"] == 3 and budget["spent_calls"] == 5, budget
    assert (run["unpriced_calls"], budget["unpriced_calls"]) == (0, 0), run
    assert "next call will be refused" in said and "3 calls were refused" in said, said
    rows = [json.loads(line) for line in desk.overhear("list", "--json", data="refused").stdout.splitlines()]
    last = sorted(rows, key=lambda row: row["id"])[-1]
    assert (last["outcome"], last["ended_by"], last["status"]) == ("failed", "us", None), last
    assert (last["error"]["type"], last["error"]["code"]) == ("budget", "budget-calls"), last
    assert desk.overhear("list", data="refused").stdout.count("refused by the budget") == 3
    shown = desk.overhear("show", last["id"], data="refused").stdout
    assert "Question 7" in shown and "5 of 5 calls" in shown, shown


@check("it is said when four fifths are used")
def warned():
    answers, run, said, seen = calls("--max-calls=5", count=4, data="warned")
    assert [answer[0] for answer in answers] == [200] * 4 and seen == 4, answers
    assert "nearly used up: 4 of 5 calls" in said and "will be refused" not in said, said
    assert not run["budget"]["exceeded"], run


@check("20 at once, and not one too many")
def parallel():
    for limit in 1, 7:
        answers, run, _, seen = calls(f"--max-calls={limit}", count=20, workers=20, status=3, data=f"parallel-{limit}")
        assert sorted(answer[0] for answer in answers) == [200] * limit + [402] * (20 - limit), answers
        assert (seen, run["budget"]["spent_calls"], run["budget"]["refused_calls"]) == (limit, limit, 20 - limit)


@check("all of it is not too much")
def exactly():
    answers, run, said, _ = calls("--max-calls=3", count=3, data="exactly")
    assert not run["budget"]["exceeded"] and "3 of 3 calls" in said, (run, said)


@check("who only wants to be told is")
def told():
    answers, run, said, seen = calls("--max-calls=2", "--over=tell", count=4, status=3, data="told")
    assert {answer[0] for answer in answers} == {200} and seen == 4
    assert run["budget"]["exceeded"] and run["budget"]["spent_calls"] == 4 and "The program goes on." in said, said


@check("tokens and dollars are counted before the next call goes")
def spent():
    answers, run, _, seen = calls("--max-tokens=70", status=3, data="tokens")
    per_call = (run["input_tokens"] + run["output_tokens"]) // seen
    assert seen == -(-70 // per_call), (run, seen)
    answers, run, said, seen = calls("--budget=0.000001", status=3, data="dollars")
    assert seen == 1 and run["budget"]["spent_cost"] == run["cost"] > 0, run
    assert "of $0.000001" in said or "of $0.0000" in said, said


@check("a price that is not known is said at once")
def unpriced():
    answers, run, said, seen = calls("--budget=5", model="claude-nobody-9", count=2, data="unpriced")
    assert seen == 2 and said.count("price of a model that is called is not known") == 1, said
    assert run["budget"]["unpriced_calls"] == 2, run


@check("what asks no model costs nothing")
def free():
    program = """
from say import *
for path in "messages/count_tokens", "messages":
    for _ in range(3):
        body = {"model": "claude-sonnet-4-5-20250929", "messages": [{"role": "user", "content": "Hi"}]}
        if path == "messages":
            body["max_tokens"] = 64
        print(send(json.dumps(body).encode(), url="https://api.anthropic.com/v1/" + path).get("type"))
    urllib.request.urlopen(urllib.request.Request("https://api.anthropic.com/v1/models", headers={
        "x-api-key": "sk-ant-test-key-1111", "anthropic-version": "2023-06-01"})).read()
"""
    done = desk.capture("--json", "--max-calls=2", program=program, status=3, data="free")
    assert done.stdout.split() == ["None"] * 3 + ["message", "message", "error"], done.stdout
    assert json.loads(done.stderr.splitlines()[-1])["budget"]["spent_calls"] == 2


@check("a program's own end goes before")
def own_end():
    program = "from say import *\nfor _ in range(2): ask([{'role': 'user', 'content': 'Hi'}])\nraise SystemExit(7)"
    desk.capture("--max-calls=1", program=program, status=7, data="own")


# A stream's bytes, or how it was refused.
STREAMS = """
from say import *
import sys
for n, steer in enumerate(json.loads(sys.argv[1])):
    body = json.dumps({"model": "claude-sonnet-4-5-20250929", "max_tokens": 64, "stream": True,
                       "messages": [{"role": "user", "content": f"Question {n}"}]}).encode()
    request = urllib.request.Request(URL, body, {"content-type": "application/json", "x-api-key": "sk-ant-test-key-1111",
        "anthropic-version": "2023-06-01", "x-sim": json.dumps(steer), **({"accept-encoding": "gzip"} if n else {})})
    with urllib.request.urlopen(request, timeout=120) as answer:
        print(json.dumps([answer.status, answer.headers["content-encoding"], answer.read().decode()]), flush=True)
"""


def waiting():
    """Calls that went, and calls that wait, of the run that is paused."""
    done = subprocess.run([os.environ["OVERHEAR"], "budget", "1", "--json"], env=desk.environment("paused"),
                          capture_output=True, text=True)
    budget = json.loads(done.stdout) if done.returncode == 0 and done.stdout else {}
    return budget.get("spent_calls"), budget.get("waiting_calls")


def wait_for(what):
    for _ in range(1200):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it does not happen")


@check("what waits gets pings, then what the server says, or that it is refused")
def paused():
    steers = [{}, {}, {"fail": [529]}, {}]
    with Simulator(desk.folder / "paused-simulator", "--speed", "0") as simulator:
        run = subprocess.Popen(
            [os.environ["OVERHEAR"], "run", "--max-calls=1", "--over=pause", f"--upstream=api.anthropic.com={simulator.url}",
             "--", sys.executable, "-c", STREAMS, json.dumps(steers)], env=desk.environment("paused"), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            wait_for((desk.folder / "paused").exists)
            for spent, options in enumerate((["--raise", "1"], ["--raise", "1"], ["--refuse"]), start=1):
                wait_for(lambda: waiting() == (spent, 1))
                assert "1 call waits" in desk.overhear("budget", "1", data="paused").stdout
                # So long that the program would have heard nothing.
                time.sleep(6)
                desk.overhear("budget", "1", *options, data="paused")
            output, said = run.communicate(timeout=60)
        finally:
            run.kill()
        seen = [exchange.status for exchange in simulator.exchanges()]
    first, second, third, fourth = map(json.loads, output.splitlines())
    ping = 'event: ping\ndata: {"type": "ping"}\n\n'
    assert first[0] == 200 and not first[2].startswith(ping)
    for status, encoding, text in second, third, fourth:
        assert (status, encoding) == (200, None) and text.startswith(ping), text
    assert second[2].replace(ping, "").startswith("event: message_start") and "message_stop" in second[2], second
    assert '"overloaded_error"' in third[2] and third[2].replace(ping, "").startswith("event: error\n"), third
    assert '"overhear_budget"' in fourth[2] and "3 of 3 calls" in fourth[2], fourth
    assert seen == [200, 200, 529], seen
    assert run.returncode == 3 and said.count("A call waits") == 3, said
    rows = sorted((json.loads(line) for line in desk.overhear("list", "--json", data="paused").stdout.splitlines()),
                  key=lambda row: row["id"])
    assert [row["status"] for row in rows] == [200, 200, 529, None], rows
    shown = [json.loads(desk.overhear("show", str(row["id"]), "--json", data="paused").stdout) for row in rows]
    assert [call["oddities"] for call in shown] == [
        [], ["paused", "pinged"], ["paused", "pinged", "retold"], ["paused", "pinged"]], rows
    stored = shown[1]["response"]["body"]
    assert "event: message_start" in stored and ping not in stored, stored


@check("overhear budget shows it, and says what it cannot do")
def shown():
    budget = json.loads(desk.overhear("budget", "1", "--json", data="refused").stdout)
    jsonschema.Draft202012Validator(json.loads(desk.overhear("schema", "budget").stdout)).validate(budget)
    assert budget["max_calls"] == 5 and budget["over"] == "refuse", budget
    assert "5 of 5 calls" in desk.overhear("budget", "1", data="refused").stdout
    for words, status, why in ((["1", "--raise", "5"], 1, "has ended"), (["9"], 1, "no run"), (["x"], 2, "Whose"),
                               ([], 2, "Whose"), (["1", "--raise=-5"], 2, "no number"), (["1", "--go", "--refuse"], 2, "one"),
                               (["1", "--budget=2,00"], 2, "2.00")):
        assert why in desk.overhear("budget", *words, status=status, data="refused").stderr, words
    desk.capture(program="pass", data="refused")
    assert "no budget" in desk.overhear("budget", "2", status=1, data="refused").stderr
    assert json.loads(desk.overhear("runs", "--json", data="refused").stdout.splitlines()[0])["budget"] is None


main()
