# SPDX-License-Identifier: GPL-3.0-or-later
"""Claude Code under `overhear run`: as it comes, with a key that is none, against the simulated API, in a network namespace
that has nothing but loopback."""
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

import packages
from clients import HOST, KEY, Place, check_call, header
from fixtures.captured import PROGRAM, PROGRAMS
from tap import Skip, check, main

ISOLATED = "OVERHEAR_TESTS_ISOLATED"
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def isolate():
    """Starts this script again where there is no network, if the program is there to be tested."""
    try:
        packages.claude_code()
    except (Skip, AssertionError):
        return
    unshare = shutil.which("unshare")
    if unshare and os.environ.get(ISOLATED) is None:
        words = [unshare, "--net"] if os.geteuid() == 0 else [unshare, "--map-root-user", "--net"]
        if os.spawnv(os.P_WAIT, unshare, [*words, "true"]) == 0:
            os.environ[ISOLATED] = "1"
            os.execv(unshare, [*words, sys.executable, *sys.argv])


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


class Desk(Place):
    """Nothing of the user's own reaches the program, and nothing of the program's stays."""

    def __init__(self, folder):
        super().__init__(folder)
        kept = ("PATH", "OVERHEAR", "OH_SIMULATOR", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")
        own = ("ANTHROPIC_API_KEY", "HOME", "XDG_RUNTIME_DIR", "OVERHEAR_DATA_DIR")
        self.environment = {name: self.environment[name] for name in (*kept, *own) if name in self.environment}
        self.environment.update({
            "LC_ALL": "C.UTF-8", "CLAUDE_CODE_TMPDIR": str(self.folder), "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1", "DISABLE_ERROR_REPORTING": "1"})

    def read(self, *words):
        return [json.loads(line) for line in self.overhear(words[0], "--json", *words[1:]).splitlines()]

    def tree(self, trace):
        """Tools and agents; what it tells of a tool's own time is left out."""
        return [(span["depth"], span["kind"], span["name"]) for span in self.read("traces", str(trace))
                if span["kind"] in ("span", "tool") and not span["name"].startswith("claude_code.")]

    def check_accounts(self, calls):
        """What Claude Code told of each answer is said beside it, and nothing of it contradicts."""
        for call in calls:
            [account] = self.read("show", str(call["id"]))[0]["accounts"]
            assert (account["input_tokens"], account["output_tokens"]) == (call["input_tokens"], call["output_tokens"]), account
        assert not [finding for finding in self.read("findings") if finding["kind"] == "accounts-differ"]


def with_desk(function):
    def test():
        packages.claude_code()
        if os.environ.get(ISOLATED) is None:
            packages.unavailable("no network namespace can be made here")
        with tempfile.TemporaryDirectory(prefix="overhear-claude-", ignore_cleanup_errors=True) as folder:
            function(Desk(folder))
    return test


def ask(prompt, **steering):
    words = f"{prompt} [[sim: {json.dumps(steering)}]]" if steering else prompt
    return [packages.claude_code(), "-p", "--allowedTools", "Bash,Read,Agent", "--", words]


def check_calls(desk, result):
    """Everything that went over the wire is there, unmodified. Returns the calls to the model."""
    captured = desk.captured()
    assert len(captured) == len(result.exchanges), [(call["method"], call["url"]) for call in captured]
    by_id = {header(call["response"], "request-id"): call for call in captured}
    for exchange in result.exchanges:
        check_call(by_id[exchange.request_id], exchange)
        assert exchange.request_headers.get("x-api-key", KEY) == KEY, "the key was not forwarded"
    return [call for call in captured if "/v1/messages" in call["url"]]


@check("Claude Code: a question")
@with_desk
def question(desk):
    command = ask("What is the capital of France?")
    result = desk.run_overheard(command)
    assert result.status == 0, result.stderr.decode()
    alone = desk.run_alone(command)
    for what in ("status", "stdout", "stderr"):
        was, became = getattr(alone, what), getattr(result, what)
        assert was == became, f"{what} differs: {was!r} alone, {became!r} overheard"
    assert result.stdout == b"The capital of France is Paris.\n", result.stdout
    [call] = check_calls(desk, result)
    desk.check_accounts([call])
    body = json.loads(call["request"]["body"])
    session = json.loads(body["metadata"]["user_id"])
    [trace] = desk.read("traces")
    assert trace["name"] == "What is the capital of France?", trace
    assert (trace["calls"], trace["attempts"], trace["failed"]) == (1, 1, 0), trace
    assert (trace["session"], trace["user"]) == (session["session_id"], session["device_id"]), trace


@check("Claude Code: what the doctor foretells of its settings comes true")
@with_desk
def doctor(desk):
    command = ask("What is the capital of France?")
    settings = desk.folder / ".claude/settings.json"
    settings.parent.mkdir(exist_ok=True)
    dead = "http://127.0.0.1:9"
    for name, variable, value, code in (
            ("nothing", "DISABLE_COST_WARNINGS", "1", None), ("certificates", "NODE_EXTRA_CA_CERTS", str(settings), None),
            ("capitals", "HTTPS_PROXY", dead, None), ("proxy", "https_proxy", dead, "proxy"),
            ("no-proxy", "no_proxy", "*", "no-proxy"), ("base-url", "ANTHROPIC_BASE_URL", "https://127.0.0.1:9", "base-url-direct")):
        settings.write_text(json.dumps({"env": {variable: value}}))
        desk.environment["OVERHEAR_DATA_DIR"] = str(desk.folder / f"data-{name}")
        done = subprocess.run([os.environ["OVERHEAR"], "doctor", "--json", "--", *map(str, command)], env=desk.environment,
                              cwd=desk.work, capture_output=True, text=True, timeout=60)
        told = json.loads(done.stdout)
        assert [one["code"] for one in told["checks"] if one["severity"] != "good"] == ([code] if code else []), (name, told)
        desk.run(name, command, "--public-url", f"https://{HOST}", CLAUDE_CODE_MAX_RETRIES="0",
                 prefix=(os.environ["OVERHEAR"], "run", "--upstream", HOST + "={url}", "--"))
        said = [row for row in desk.read("list") if "/v1/messages" in row["url"]]
        assert told["captured"] is bool(said), (name, told, said)


@check("Claude Code: its tools and its own retries are one trace; a tool's time is what it took, with the wait for permission in it")
@with_desk
def tools(desk):
    (desk.work / "note.txt").write_text("a note\n")
    result = desk.run_overheard(ask(
        "Do both.", sticky=True, tool_rounds=1, fail=[429, 529], retry_after=1,
        tools=[{"name": "Bash", "input": {"command": "sleep 1; echo hello-$((6*7))", "description": "Say hello"}},
               {"name": "Read", "input": {"file_path": str(desk.work / "note.txt")}}]),
        # In a trace of the shell that it was started from, which nobody tells of.
        TRACEPARENT=f"00-{'ab' * 16}-{'cd' * 8}-01")
    assert result.status == 0, result.stderr.decode()
    assert b"hello-42" in result.stdout and b"a note" in result.stdout, result.stdout
    calls = check_calls(desk, result)
    assert [call["status"] for call in calls] == [429, 529, 200] * 2, calls
    [trace] = desk.read("traces")
    assert (trace["calls"], trace["attempts"], trace["retried"], trace["failed"]) == (2, 6, 2, 0), trace
    desk.check_accounts([call for call in calls if call["status"] == 200])
    spans = desk.read("traces", str(trace["id"]))
    waits = [(2, "span", "claude_code.tool.blocked_on_user"), (2, "span", "claude_code.tool.execution")]
    attempts = [(1, "call"), *[(2, "attempt")] * 3]
    assert [(span["depth"], span["kind"]) for span in spans if span["kind"] in ("call", "attempt")] == attempts * 2, spans
    assert [(span["depth"], span["kind"], span["name"]) for span in spans if span["kind"] in ("span", "tool")] == \
        [(1, "tool", "Bash"), *waits, (1, "tool", "Read"), *waits], spans
    bash, ran = spans[5], spans[7]
    assert bash["duration_ms"] >= ran["duration_ms"] >= 1000 and bash["result"], (bash, ran)


@check("Claude Code: who has said that it is to tell nothing is told nothing")
@with_desk
def silent(desk):
    result = desk.run_overheard(ask("What is the capital of France?"), CLAUDE_CODE_ENABLE_TELEMETRY="0")
    assert result.status == 0, result.stderr.decode()
    [call] = check_calls(desk, result)
    assert not desk.read("show", str(call["id"]))[0].get("accounts")


@check("Claude Code: sub-agents stand in the trace of the prompt that they work for")
@with_desk
def agents(desk):
    # The brackets that end the inner steering are escaped, or they would end the outer one.
    inner = json.dumps({"sticky": True, "tool_rounds": 1, "tools": [
        {"name": "Bash", "input": {"command": "echo inside", "description": "Say it"}}]})
    kinds = {"general-purpose": "What is the capital of France?", "Explore": f"Look. [[sim: {inner}BRACKETS"}
    command = ask("Ask both.", sticky=True, tool_rounds=1, tools=[
        {"name": "Agent", "input": {"description": kind, "prompt": prompt, "subagent_type": kind}}
        for kind, prompt in kinds.items()])
    command[-1] = command[-1].replace("BRACKETS", r"\u005d\u005d")
    result = desk.run_overheard(command)
    assert result.status == 0, result.stderr.decode()
    calls = check_calls(desk, result)
    [trace] = desk.read("traces")
    assert trace["calls"] == len(calls) >= 5, (trace, len(calls))
    desk.check_accounts(calls)
    tree = desk.tree(trace["id"])
    # Each below the call of a tool that started it.
    below = [[(2, "span", "general-purpose")], [(2, "span", "Explore"), (3, "tool", "Bash")]]
    agent = (1, "tool", "Agent")
    assert tree in ([agent, *below[0], agent, *below[1]], [agent, *below[1], agent, *below[0]]), tree


@check("Claude Code: knows the skill, and asks Overhear about a loop that makes too many calls")
@with_desk
def asks(desk):
    loop = desk.run("loop", [sys.executable, "-c", PROGRAM], PYTHONPATH=str(PROGRAMS),
                    prefix=(os.environ["OVERHEAR"], "run", "--upstream", HOST + "={url}", "--"))
    assert loop.status == 0, loop.stderr
    finding = next(f for f in desk.read("findings") if f["kind"].startswith("repeated"))
    desk.overhear("skill", "install")
    servers = {"mcpServers": {"overhear": {"command": os.environ["OVERHEAR"], "args": ["mcp"]}}}
    command = ask("My Claude tool-use loop is making too many API calls.", sticky=True, tool_rounds=1, tools=[
        {"name": "mcp__overhear__list_findings", "input": {"trace": finding["trace"]}},
        {"name": "mcp__overhear__get_trace", "input": {"id": finding["trace"]}}])
    command[2:4] = ["--mcp-config", json.dumps(servers), "--allowedTools", "mcp__overhear"]
    result = desk.run_overheard(command)
    assert result.status == 0, result.stderr.decode()
    said = result.stdout.decode()
    assert finding["text"] in said and "get_weather" in said and "No such place" in said, said
    assert "never instructions" in said
    asked = [call for call in desk.captured() if call["run"] == 2 and "/v1/messages" in call["url"]]
    first, last = [call["request"]["body"] for call in asked]
    assert "Use it when code that calls an LLM API makes too many calls" in first and "mcp__overhear__get_trace" in last
    [trace] = [trace for trace in desk.read("traces", "--run", "2") if "too many API calls" in (trace["name"] or "")]
    assert sorted(desk.tree(trace["id"])) == [
        (1, "tool", "mcp__overhear__get_trace"), (1, "tool", "mcp__overhear__list_findings")]


if __name__ == "__main__":
    isolate()
    if os.environ.get(ISOLATED):
        loopback_up()
    main()
