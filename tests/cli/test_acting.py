# SPDX-License-Identifier: GPL-3.0-or-later
"""What acts: `overhear resend`, and the tools of `overhear mcp` that launch a program and send a call again, which ask the
person first, in both eras."""
import json
import os
import pathlib
import sys
import tempfile
import time

import jsonschema

from fixtures.captured import Desk, Simulator
from fixtures.mcp import HANDSHAKES, Session
from tap import check, main

PROGRAM = "from say import *\nchat('What is the capital of France?')"
KEY = "sk-ant-resent-00004321"
FORM = {"elicitation": {}}
MISSING, PARAMS = -32021, -32602

home = tempfile.TemporaryDirectory(prefix="overhear-acting-")
desk = Desk(home.name)
simulator = Simulator(desk.folder / "simulator", "--speed", "0")


def resend(*words, status=0, key=KEY):
    os.environ.pop("ANTHROPIC_API_KEY", None)
    if key:
        os.environ["ANTHROPIC_API_KEY"] = key
    done = desk.overhear("resend", *words, status=status)
    os.environ.pop("ANTHROPIC_API_KEY", None)
    return done


def show(id):
    return json.loads(desk.overhear("show", id, "--json").stdout)


def count():
    return len(desk.overhear("list", "--json").stdout.splitlines())


@check("resend: the same bytes go to the same server, with the key of the environment")
def same():
    desk.overhear("run", f"--upstream=api.anthropic.com={simulator.url}", "--", sys.executable, "-c", PROGRAM)
    found = json.loads(resend("1", "--json").stdout)
    jsonschema.Draft202012Validator(json.loads(desk.overhear("schema", "resend").stdout)).validate(found)
    first, again = simulator.exchanges()
    assert again.request_wire == first.request_wire and again.path == first.path
    assert again.request_headers["x-api-key"] == KEY != first.request_headers["x-api-key"]
    for name in "user-agent", "anthropic-version", "content-type", "x-stainless-retry-count":
        assert again.request_headers.get(name) == first.request_headers.get(name), name
    call = show(found["call"]["id"])
    assert found["resent"] == call["resend_of"] == 1 and show(1)["resend_of"] is None
    assert call["url"] == show(1)["url"] and call["status"] == 200 and call["run"] == 2
    assert KEY not in json.dumps(call) and "4321" in json.dumps(call)
    assert "Call 1 again" in desk.overhear("runs").stdout and str(found["call"]["id"]) in resend("1").stdout


@check("resend: model, max_tokens and any place of the body can be another")
def edited():
    resend("1", "--model", "claude-haiku-4-5", "--max-tokens", "7", "--set", "temperature=0.5",
           "--set", 'messages[-1].content="Say \\"Hi\\""')
    first, *_, last = [json.loads(exchange.request_wire) for exchange in simulator.exchanges()]
    wanted = {**first, "model": "claude-haiku-4-5", "max_tokens": 7, "temperature": 0.5,
              "messages": [{"role": "user", "content": 'Say "Hi"'}]}
    assert last == wanted and list(last) == [*first, "temperature"], last


@check("resend: what cannot be sent says why, before anything is sent")
def refused():
    before = count()
    for words, said, status in (
            (["1"], "Set ANTHROPIC_API_KEY", 1), (["999"], "no call 999", 1), ([], "Which call", 2), (["x"], "Which call", 2),
            (["1", "2"], "Which call", 2), (["1", "--max-tokens", "-1"], "Which call", 2), (["1", "--max-tokens", "x"], "", 2),
            (["1", "--set", "temperature"], "PATH=JSON", 1), (["1", "--set", "temperature=warm"], "no JSON", 1),
            (["1", "--set", "a.b=1"], "nothing at", 1), (["1", "--set", "=1"], "place", 1), (["1", "--set", "messages[9]=1"], "nothing", 1)):
        done = resend(*words, status=status, key=None if "ANTHROPIC" in said else KEY)
        assert said in done.stderr and done.stdout == "", (words, done)
    assert count() == before
    secret = "from say import *\nask([], mcp_servers=[{'authorization_token': 'tok-0123456789abcdef0123'}])"
    desk.overhear("run", f"--upstream=api.anthropic.com={simulator.url}", "--", sys.executable, "-c", secret)
    new = str(count())
    assert "secret in the body" in resend(new, status=1).stderr
    resend(new, "--set", "mcp_servers=[]")


def launching(folder, code):
    return {"command": [sys.executable, "-c", code], "folder": str(folder)}


def refuse(session, name, arguments):
    """Asks as a client that cannot ask anyone. Returns: what is said."""
    answer = session.answer("tools/call", name=name, arguments=arguments)
    if session.stateless:
        assert answer["error"]["code"] == MISSING, answer
        assert answer["error"]["data"] == {"requiredCapabilities": {"elicitation": {}}}
        return answer["error"]["message"]
    assert answer["result"]["isError"], answer
    return answer["result"]["content"][0]["text"]


def converse(session, name, arguments, action):
    """A call of a tool whose question the person answers like that. Returns: the question, and the result."""
    if session.stateless:
        first = session.answer("tools/call", name=name, arguments=arguments)["result"]
        assert first["resultType"] == "input_required" and set(first["inputRequests"]) == {"confirm"}, first
        question = first["inputRequests"]["confirm"]
        reply = {"inputResponses": {"confirm": {"action": action, "content": {}}}, "requestState": first["requestState"]}
        result = session.ask("tools/call", name=name, arguments=arguments, **reply)
        again = session.answer("tools/call", name=name, arguments=arguments, **reply)
        assert again["error"]["code"] == PARAMS, again
    else:
        request = session.request("tools/call", {"name": name, "arguments": arguments})
        session.send(request)
        question = json.loads(session.process.stdout.readline())
        session.send({"jsonrpc": "2.0", "id": question["id"], "result": {"action": action, "content": {}}})
        answer = session.read()
        assert answer["id"] == request["id"], answer
        result = answer["result"]
    assert question["method"] == "elicitation/create", question
    assert question["params"]["requestedSchema"] == {"type": "object", "properties": {}}
    return question["params"]["message"], result


ERAS = {"stateless": None, **{revision: revision for revision in HANDSHAKES[:2]}}


def in_each_era(text):
    def add(function):
        for name, revision in ERAS.items():
            check(f"{name}: {text}")(lambda revision=revision: function(revision))
    return add


@in_each_era("who cannot ask is refused, and nothing is done")
def cannot_ask(revision):
    for capabilities in {}, {"elicitation": {"url": {}}}, {"elicitation": True}, {"sampling": {}}:
        with Session(desk, revision=revision, capabilities=capabilities, ANTHROPIC_API_KEY=KEY) as session:
            before = count()
            said = refuse(session, "launch", launching(desk.folder, "open('ran', 'w')"))
            assert "--allow-acting" in said and "--allow-acting" in refuse(session, "resend", {"id": 1})
            assert count() == before and not (desk.folder / "ran").exists()


@in_each_era("the person sees what it is, and what they decline or dismiss is not done")
def declined(revision):
    with Session(desk, revision=revision, capabilities=FORM, ANTHROPIC_API_KEY=KEY) as session:
        before = count()
        for action in "decline", "cancel", "nonsense":
            question, result = converse(session, "launch", launching(desk.folder, "open('ran', 'w') # \u202e'"), action)
            assert result["isError"] and "did not agree" in result["content"][0]["text"], result
            assert str(desk.folder) in question and "open(" in question and "\u202e" not in question, question
        question, result = converse(session, "resend", {"id": 1, "model": "claude-x"}, "decline")
        assert "call 1" in question and "claude-x" in question and result["isError"]
        assert count() == before and not (desk.folder / "ran").exists()


@in_each_era("a program is launched: exit status, output and calls come back")
def launched(revision):
    code = "import sys\n" + PROGRAM + "\nprint('x' * 100000)\nprint('the end', file=sys.stderr)\nsys.exit(7)"
    arguments = launching(desk.folder, code)
    arguments |= {"upstreams": [f"api.anthropic.com={simulator.url}"], "name": "by an agent", "trace": "t", "session": "s"}
    capabilities = {"elicitation": {"form": {}, "url": {}}}
    with Session(desk, revision=revision, capabilities=capabilities) as session:
        schema = {tool["name"]: tool["outputSchema"] for tool in session.ask("tools/list")["tools"]}["launch"]
        question, result = converse(session, "launch", arguments, "accept")
        assert simulator.url in question, question
    found = result["structuredContent"]
    jsonschema.Draft202012Validator(schema).validate(found)
    assert found["exit_status"] == 7 and not found["timed_out"], found
    assert found["stdout"]["bytes"] == 100001 and len(found["stdout"]["text"]) < 7000 and "left out" in found["stdout"]["text"]
    assert "the end" in found["stderr"]["text"], found["stderr"]
    run = found["run"]
    assert (run["name"], run["trace"], run["session"], run["exit_status"]) == ("by an agent", "t", "s", 7)
    assert (run["calls"], run["failed"]) == (1, 0) and run["output_tokens"] > 0, run
    assert result["content"][0]["text"].startswith("What stands in <captured-")


@in_each_era("a call is sent again, with changes, and what goes wrong is told")
def resent(revision):
    with Session(desk, revision=revision, capabilities=FORM, ANTHROPIC_API_KEY=KEY) as session:
        schema = {tool["name"]: tool["outputSchema"] for tool in session.ask("tools/list")["tools"]}["resend"]
        arguments = {"id": 1, "model": "claude-haiku-4-5", "max_tokens": 9, "edits": {"system": "Be brief.", "messages[0].content": "Hi"}}
        _, result = converse(session, "resend", arguments, "accept")
        found = result["structuredContent"]
        jsonschema.Draft202012Validator(schema).validate(found)
        assert found["resent"] == 1 and found["call"]["status"] == 200 and show(found["call"]["id"])["resend_of"] == 1
        sent = json.loads(simulator.exchanges()[-1].request_wire)
        assert (sent["model"], sent["max_tokens"], sent["system"]) == ("claude-haiku-4-5", 9, "Be brief."), sent
        assert sent["messages"] == [{"role": "user", "content": "Hi"}]
        for wrong, said in ({"id": 999}, "no call 999"), ({"id": 1, "edits": {"a.b": 1}}, "nothing at"):
            _, result = converse(session, "resend", wrong, "accept")
            assert result["isError"] and said in result["content"][0]["text"], result
    with Session(desk, revision=revision, capabilities=FORM) as session:
        _, result = converse(session, "resend", {"id": 1}, "accept")
        assert result["isError"] and "ANTHROPIC_API_KEY" in result["content"][0]["text"], result


@check("--allow-acting: who cannot ask need not; who can, asks")
def allowed():
    for revision in ERAS.values():
        with Session(desk, "--allow-acting", revision=revision) as session:
            found = session.get("launch", **launching(desk.folder, "print('hello')"))
            assert found["exit_status"] == 0 and found["stdout"] == {"bytes": 6, "text": "hello\n"}, found
            assert session.get("launch", command=["/does/not/exist"])["exit_status"] == 127
            assert session.call("launch", command=["true"], folder="/does/not/exist")["isError"]
        with Session(desk, "--allow-acting", revision=revision, capabilities=FORM) as session:
            assert converse(session, "launch", launching(desk.folder, ""), "decline")[1]["isError"]


@check("what takes too long is ended, others are served meanwhile, and what is cancelled or left is ended too")
def ended():
    code = "import os, time, signal\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(600)"
    path = desk.folder / "pid"

    def wait_for_pid():
        while not path.exists() or not path.read_text():
            time.sleep(0.02)
        return int(path.read_text())

    def wait_for_end(pid):
        while pathlib.Path(f"/proc/{pid}").exists():
            time.sleep(0.02)
        path.unlink()

    with Session(desk, "--allow-acting") as session:
        request = session.request("tools/call", {"name": "launch", "arguments": {**launching(desk.folder, code), "timeout": 3}})
        session.send(request)
        pid = wait_for_pid()
        session.send(session.request("tools/list", {}))
        assert session.read()["id"] == session.n, "was not served meanwhile"
        answer = session.read()
        assert answer["id"] == request["id"] and answer["result"]["structuredContent"]["timed_out"], answer
        wait_for_end(pid)
        cancelled = session.request("tools/call", {"name": "launch", "arguments": launching(desk.folder, code)})
        session.send(cancelled)
        pid = wait_for_pid()
        session.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": cancelled["id"]}})
        wait_for_end(pid)
        left = session.request("tools/call", {"name": "launch", "arguments": launching(desk.folder, code)})
        session.send(left)
        pid = wait_for_pid()
    wait_for_end(pid)


@check("answers that nobody asked for, states of others, and wrong arguments do nothing")
def hostile():
    arguments = launching(desk.folder, "open('ran', 'w')")
    with Session(desk, capabilities=FORM) as session:
        first = session.answer("tools/call", name="launch", arguments=arguments)["result"]
        yes = {"confirm": {"action": "accept"}}
        for more in ({"requestState": "x"}, {"requestState": 5}, {"requestState": None}, {"requestState": {}}):
            answer = session.answer("tools/call", name="launch", arguments=arguments, inputResponses=yes, **more)
            assert answer["error"]["code"] == PARAMS, answer
        # Without a state, an answer is to no question.
        answer = session.answer("tools/call", name="launch", arguments=arguments, inputResponses=yes)
        assert answer["result"]["resultType"] == "input_required"
        # A state is for what was asked with it.
        other = {**arguments, "folder": "/"}
        answer = session.answer("tools/call", name="launch", arguments=other, inputResponses=yes, requestState=first["requestState"])
        assert answer["error"]["code"] == PARAMS
        first = session.answer("tools/call", name="launch", arguments=arguments)["result"]
        for responses in {}, {"confirm": {}}, {"confirm": {"action": 1}}, {"other": {"action": "accept"}}, [], "accept":
            first = session.answer("tools/call", name="launch", arguments=arguments, inputResponses=responses,
                                   requestState=first["requestState"])["result"]
            assert first["resultType"] == "input_required", (responses, first)
        for wrong in ({}, {"command": []}, {"command": "rm"}, {"command": [1]}, {"command": [["a"]]}, {"command": ["a"] * 501},
                      {"command": ["a"], "timeout": 0}, {"command": ["a"], "nonsense": 1}, {"command": ["x" * 5000]}):
            assert session.call("launch", **wrong)["isError"], wrong
        for wrong in {}, {"id": "1"}, {"id": 1, "edits": []}, {"id": 1, "max_tokens": 0}, {"id": 1, "model": 5}:
            assert session.call("resend", **wrong)["isError"], wrong
        for _ in range(40):
            assert session.answer("tools/call", name="launch", arguments=arguments)["result"]["resultType"] == "input_required"
    with Session(desk, revision=HANDSHAKES[0], capabilities=FORM) as session:
        session.send(session.request("tools/call", {"name": "launch", "arguments": arguments}))
        question = json.loads(session.process.stdout.readline())
        for reply in ({"id": "x", "result": {"action": "accept"}}, {"id": 1, "result": {"action": "accept"}},
                      {"id": None, "result": {"action": "accept"}}, {"id": [question["id"]], "result": {"action": "accept"}}):
            session.send({"jsonrpc": "2.0", **reply})
        assert session.ask("ping") == {}
        session.send({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -1, "message": "no"}})
        assert session.read()["result"]["isError"]
        session.send({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "accept"}})
        assert session.ask("ping") == {}
    with Session(desk, "--allow-acting", revision="2025-03-26") as session:
        session.send([session.request("tools/call", {"name": "launch", "arguments": arguments})])
        assert session.read()[0]["result"]["isError"]
    assert not (desk.folder / "ran").exists()


with simulator:
    main()
