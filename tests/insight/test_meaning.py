# SPDX-License-Identifier: GPL-3.0-or-later
"""What calls add up to, from the outside: programs under `overhear run` against the simulated API, read back with
`overhear traces`, `threads`, `sessions`, `limits` and `costs`."""
import datetime
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

from fixtures.simulator import Simulator
from tap import check, main

OVERHEAR = os.environ["OVERHEAR"]
PROGRAMS = pathlib.Path(__file__).parent / "programs"
CHAT = ("What is the capital of France?", "What about Germany?", "Which city has a larger population?")


class Desk:
    """A data folder and a simulated API; runs programs and reads what became of them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | {
            "OVERHEAR_DATA_DIR": str(self.folder / "data"), "XDG_RUNTIME_DIR": str(self.folder),
            "PYTHONPATH": str(PROGRAMS)}

    def run(self, code, *options):
        done = subprocess.run(
            [OVERHEAR, "run", "--upstream", f"api.anthropic.com={self.simulator.url}", *options, "--",
             sys.executable, "-c", "from say import *\n" + code],
            env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def read(self, *words):
        done = subprocess.run([OVERHEAR, *words, "--json"] if words[0] == "list" else [OVERHEAR, words[0], "--json", *words[1:]],
                              env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def tree(self, trace):
        return [("  " * span["depth"]) + span["kind"] + (f" {span['name']}" if span["kind"] in ("trace", "span", "tool") else "")
                for span in self.read("traces", str(trace["id"]))]


def with_desk(function):
    def test():
        with tempfile.TemporaryDirectory(prefix="overhear-") as folder, \
                Simulator(pathlib.Path(folder) / "sim", "--speed", "0") as simulator:
            os.chmod(folder, 0o700)
            desk = Desk(folder)
            desk.simulator = simulator
            function(desk)
    return test


@check("a plain chat of three turns is one trace with three calls, and one conversation")
@with_desk
def plain_chat(desk):
    desk.run(f"chat(*{CHAT!r})")
    traces = desk.read("traces")
    assert [(t["name"], t["calls"]) for t in traces] == [(CHAT[0], 3)], traces
    assert desk.tree(traces[0]) == [f"trace {CHAT[0]}", "  call", "  call", "  call"]
    threads = desk.read("threads")
    assert [(t["calls"], t["branches"]) for t in threads] == [(3, 1)], threads
    assert desk.read("sessions") == []


@check("the SideSeat guide's chat: one named trace, three calls below it")
@with_desk
def sideseat_chat(desk):
    desk.run(f"import overhear\nwith overhear.trace('geography-chat'):\n    chat(*{CHAT!r})")
    traces = desk.read("traces")
    assert [(t["name"], t["calls"]) for t in traces] == [("geography-chat", 3)]
    assert desk.tree(traces[0]) == ["trace geography-chat", "  call", "  call", "  call"]


@check("the SideSeat guide's session: two traces, linked by session and user")
@with_desk
def sideseat_session(desk):
    desk.run("""
import overhear
with overhear.trace("trip-planning", session_id="sess-abc", user_id="user-123"):
    chat("Plan a 5-day trip to Japan.", "Tell me more about Kyoto.")
with overhear.trace("food-recommendations", session_id="sess-abc", user_id="user-123"):
    chat("What are the must-try dishes in Tokyo?", "What about street food in Osaka?")
""")
    traces = desk.read("traces")
    assert [(t["name"], t["session"], t["user"], t["calls"]) for t in traces] == [
        ("food-recommendations", "sess-abc", "user-123", 2), ("trip-planning", "sess-abc", "user-123", 2)]
    sessions = desk.read("sessions")
    assert [(s["name"], s["users"], s["traces"], s["calls"]) for s in sessions] == [("sess-abc", "user-123", 2, 4)]
    assert desk.read("traces", "--user", "nobody") == []


@check("the same two traces from traceparent and baggage, and from overhear-* headers")
@with_desk
def headers(desk):
    desk.run("""
for number, name in enumerate(("trip-planning", "food-recommendations"), 1):
    common = {"traceparent": "00-" + str(number) * 32 + "-00f067aa0ba902b7-01",
              "baggage": "session.id=sess-abc,user.id=user-123", "overhear-trace": name}
    chat("Plan a 5-day trip to Japan.", "Tell me more about Kyoto.", headers=common)
for name in ("one", "two"):
    chat("What about street food in Osaka?", headers={"overhear-trace": name, "overhear-session": "s2"})
""")
    traces = {t["name"]: t for t in desk.read("traces")}
    assert set(traces) == {"trip-planning", "food-recommendations", "one", "two"}, traces
    assert traces["trip-planning"]["calls"] == 2 and traces["trip-planning"]["session"] == "sess-abc"
    assert traces["trip-planning"]["user"] == "user-123" and traces["one"]["session"] == "s2"
    sent = [json.loads(line) for line in (desk.folder / "sim/log.jsonl").read_text().splitlines()]
    assert len(sent) == 6
    assert not any(name.lower().startswith("overhear-") for entry in sent for name, _ in entry["request_headers"]), sent


@check("nested traces and spans stand where the program opened them")
@with_desk
def nested(desk):
    desk.run("""
import overhear
with overhear.trace("outer"):
    with overhear.span("first"):
        chat("What is the speed of light?")
        with overhear.trace("deeper"):
            chat("What is the boiling point of water?")
    chat("Tell me more about Kyoto.")
""")
    trace = desk.read("traces")[0]
    assert desk.tree(trace) == ["trace outer", "  span first", "    call", "    span deeper", "      call", "  call"]


@check("run labels name everything a run does")
@with_desk
def run_labels(desk):
    desk.run("chat('What is the speed of light?')\nchat('Tell me more about Kyoto.')", "--trace", "nightly", "--session",
             "s9", "--user", "u9")
    assert [(t["name"], t["session"], t["user"], t["calls"]) for t in desk.read("traces")] == [("nightly", "s9", "u9", 2)]


@check("tool spans stand between the tool_use and the request that brings the result")
@with_desk
def tools(desk):
    desk.run("""
import time
tools = [{"name": "get_weather", "description": "Weather", "input_schema": {"type": "object",
          "properties": {"location": {"type": "string"}}, "required": ["location"]}}]
messages = [{"role": "user", "content": "What's the weather in Paris and Oslo?"}]
first = ask(messages, tools=tools)
uses = [block for block in first["content"] if block["type"] == "tool_use"]
assert len(uses) == 2
time.sleep(0.3)
messages.append({"role": "assistant", "content": first["content"]})
messages.append({"role": "user", "content": [
    {"type": "tool_result", "tool_use_id": uses[0]["id"], "content": "Sunny, 22C"},
    {"type": "tool_result", "tool_use_id": uses[1]["id"], "content": "No such place", "is_error": True}]})
ask(messages, tools=tools)
""")
    trace = desk.read("traces")[0]
    spans = desk.read("traces", str(trace["id"]))
    assert [s["kind"] for s in spans] == ["trace", "call", "tool", "tool", "call"], spans
    paris, oslo = spans[2], spans[3]
    assert paris["name"] == "get_weather" and json.loads(paris["input"]) == {"location": "Paris"}
    assert paris["result"] == "Sunny, 22C" and not paris["error"] and oslo["error"]
    assert 290 <= paris["duration_ms"] <= 2000, paris
    assert paris["exchange"] == spans[1]["exchange"] and paris["result_exchange"] == spans[4]["exchange"]
    assert spans[4]["continues"] == spans[1]["exchange"]


@check("an edited turn is a branch of the same conversation")
@with_desk
def branch(desk):
    desk.run(f"""
messages = chat(*{CHAT!r})
edited = messages[:2] + [{{"role": "user", "content": "What about Italy?"}}]
ask(edited)
""")
    threads = desk.read("threads")
    assert [(t["calls"], t["branches"]) for t in threads] == [(4, 2)], threads


@check("a conversation goes on in another run; its trace does not")
@with_desk
def across_runs(desk):
    desk.run("chat('What is the capital of France?')")
    desk.run("""
ask([{"role": "user", "content": "What is the capital of France?"},
     {"role": "assistant", "content": "The capital of France is Paris."},
     {"role": "user", "content": "What about Germany?"}])
""")
    threads, traces = desk.read("threads"), desk.read("traces")
    assert [t["calls"] for t in threads] == [2], threads
    assert [t["calls"] for t in traces] == [1, 1], traces


RETRY = """
import time
body = json.dumps({"model": "claude-sonnet-4-5-20250929", "max_tokens": 64, "messages": [
    {"role": "user", "content": "What is the speed of light?"}]}).encode()
steer = {"x-sim": json.dumps({"fail": [529, 429], "retry_after": 1})}
"""


@check("attempts are joined: statuses, what the server asked, what the client waited")
@with_desk
def retried(desk):
    desk.run(RETRY + """
for count, wait in ((0, 0.4), (1, 0.2), (2, 0)):
    send(body, {**steer, "x-stainless-retry-count": str(count)})
    time.sleep(wait)
""")
    trace = desk.read("traces")[0]
    assert (trace["calls"], trace["attempts"], trace["retried"], trace["failed"]) == (1, 3, 1, 0), trace
    spans = desk.read("traces", str(trace["id"]))
    assert [(s["kind"], s.get("status")) for s in spans] == [
        ("trace", None), ("call", 200), ("attempt", 529), ("attempt", 429), ("attempt", 200)], spans
    # From the end of one attempt to the start of the next; a busy machine makes it longer than the client slept.
    for before, attempt, slept in (spans[2], spans[3], 400), (spans[3], spans[4], 200):
        started = [datetime.datetime.fromisoformat(span["started"]) for span in (before, attempt)]
        passed = (started[1] - started[0]).total_seconds() * 1000 - before["duration_ms"]
        assert attempt["waited_ms"] >= slept - 10 and abs(attempt["waited_ms"] - passed) <= 3, (before, attempt)
    # The 429 asked for a second; the client came sooner.
    assert spans[4]["asked_wait_ms"] == 1000, spans[4]


@check("parallel identical calls are not attempts of one another")
@with_desk
def parallel(desk):
    desk.run("""
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda _: chat("What is the speed of light?"), range(4)))
""")
    traces = desk.read("traces")
    assert sum(t["calls"] for t in traces) == 4 and all(t["retried"] == 0 for t in traces), traces
    assert len(traces) == 4, traces


@check("limits are told by key, and the key itself is nowhere")
@with_desk
def limits(desk):
    desk.run("chat('What is the speed of light?')\nask([{'role': 'user', 'content': 'Hello'}], key='sk-ant-other-key-2222')")
    found = desk.read("limits")
    keys = {limit["key"] for limit in found}
    assert len(keys) == 2 and {limit["key_tail"][-4:] for limit in found} == {"1111", "2222"}, found
    assert {"requests", "input-tokens", "output-tokens"} <= {limit["bucket"] for limit in found}
    requests = [limit for limit in found if limit["bucket"] == "requests"]
    assert all(limit["remaining"] < limit["limit"] for limit in requests)
    for path in (desk.folder / "data").iterdir():
        if path.is_file():
            assert b"sk-ant-test-key" not in path.read_bytes(), path


@check("cost is exact, by day and model; an unknown model is unknown, not free")
@with_desk
def costs(desk):
    desk.run("chat('What is the speed of light?')\nask([{'role': 'user', 'content': 'Hi'}], model='claude-nobody-9')")
    rows = {row["model"]: row for row in desk.read("costs")}
    exchange = [e for e in desk.read("list") if e["model"].startswith("claude-sonnet-4-5")][0]
    expected = exchange["input_tokens"] * 3e-6 + exchange["output_tokens"] * 15e-6
    assert abs(rows["claude-sonnet-4-5-20250929"]["cost"] - expected) < expected * 1e-3
    assert rows["claude-nobody-9"]["unpriced_calls"] == 1 and not rows["claude-nobody-9"]["cost"]


@check("the prompt cache: written, read, and why it missed")
@with_desk
def cache(desk):
    desk.run("""
def call(system, turn):
    ask([{"role": "user", "content": turn}],
        system=[{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}])
handbook = "Name three sights and one quiet corner. " * 200
call(handbook, "Tell me more about Kyoto.")
call(handbook, "What about street food in Osaka?")
call(handbook[:1200] + "As of today: " + handbook[1200:], "What are the must-try dishes in Tokyo?")
""")
    calls = []
    for trace in reversed(desk.read("traces")):
        calls += [s for s in desk.read("traces", str(trace["id"])) if s["kind"] == "call"]
    assert [c["cache"] for c in calls] == ["write", "hit", "miss"], calls
    assert "system" in calls[2]["cache_reason"] and "1,2" in calls[2]["cache_reason"].replace("12", "1,2"), calls[2]


@check("findings: the same tool call again and again is told once, with its evidence")
@with_desk
def findings(desk):
    desk.run("""
tools = [{"name": "get_weather", "description": "Weather", "input_schema": {"type": "object",
          "properties": {"location": {"type": "string"}}, "required": ["location"]}}]
messages = []
for number in range(4):
    messages.append({"role": "user", "content": "What's the weather in Paris?"})
    answer = ask(messages, tools=tools)
    uses = [block for block in answer["content"] if block["type"] == "tool_use"]
    assert len(uses) == 1, answer
    messages += [{"role": "assistant", "content": answer["content"]},
                 {"role": "user", "content": [{"type": "tool_result", "tool_use_id": uses[0]["id"], "content": "Sunny"}]}]
    messages.append({"role": "assistant", "content": text(ask(messages, tools=tools))})
""")
    done = subprocess.run([OVERHEAR, "traces", str(desk.read("traces")[0]["id"])], env=desk.environment,
                          capture_output=True, text=True)
    told = [line for line in done.stdout.splitlines() if line.startswith("!")]
    assert any("get_weather" in line for line in told), done.stdout


@check("everything can be understood anew from the stored bytes, with the same result")
@with_desk
def reread(desk):
    desk.run(f"""
import overhear
with overhear.trace("named", session_id="s"):
    with overhear.span("step"):
        chat(*{CHAT!r})
chat("What is the speed of light?")
""")
    database = sqlite3.connect(desk.folder / "data/overhear.db")

    def known():
        traces = desk.read("traces")
        return desk.read("list"), traces, [desk.read("traces", str(t["id"])) for t in traces], desk.read("limits")

    before = known()
    with database:
        for table in ("place", "trace", "span", "rate_limit", "notice"):
            database.execute(f"DELETE FROM {table}")
        database.execute("UPDATE exchange SET provider = NULL, model = NULL, input_tokens = NULL, stop_reason = NULL")
    database.close()
    done = subprocess.run([OVERHEAR, "reread"], env=desk.environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "4 exchanges were read again.\n", ""), done
    assert known() == before


main()
