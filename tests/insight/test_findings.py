# SPDX-License-Identifier: GPL-3.0-or-later
"""What is worth telling, and what is not: each case is a capture with the findings that are right for it, many with none."""
import re

from fixtures.captures import TOOLS, Capture, Desk, at, result, text, use
from fixtures.sayings import tell
from tap import check, main

SONNET = "claude-sonnet-5"
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
OTHER = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgp="}}


def case(name, *right, started=at("2026-11-20")):
    """@right: (kind, expression of its sentence)"""
    def register(fill):
        @check(name)
        def compare():
            capture = Capture(started)
            fill(capture)
            with Desk(capture) as desk:
                got = sorted((kind, tell(said)) for kind, said in desk.ask("SELECT kind, saying FROM notice"))
                assert [kind for kind, _ in got] == sorted(kind for kind, _ in right), got
                for kind, expression in right:
                    assert any(k == kind and re.search(expression, words) for k, words in got), got
                assert not desk.ask("SELECT 1 FROM notice WHERE trace_id NOT IN (SELECT id FROM trace) AND trace_id <> 0")
        return fill
    return register


def loop(capture, answers, arguments=lambda i: {"path": "a.txt"}, name="Read", each=2.0, end="done", **more):
    """An agent that calls one tool again and again. @answers: what comes back each time."""
    history = [{"role": "user", "content": "go"}]
    for i, answer in enumerate(answers):
        block = use(f"toolu_{i:020}", name, **arguments(i))
        capture.message(history, [block], model=SONNET, tools=TOOLS, after=each, **more)
        history += [{"role": "assistant", "content": [block]}, {"role": "user", "content": [result(block["id"], answer)]}]
    if end:
        capture.message(history, end, model=SONNET, tools=TOOLS, after=each, **more)
    return history


def fail(capture, status=529, words="hello", headers=(), after=3.0):
    capture.exchange("/v1/messages", {"model": SONNET, "max_tokens": 9, "messages": [{"role": "user", "content": words}]}, status,
                     {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, after=after, headers=headers)


@case("the same call to the same effect, four times", ("repeated-tool-call", "Read was called 4 times"))
def same(capture):
    loop(capture, ["no such file"] * 4)


@case("twice is no loop")
def twice(capture):
    loop(capture, ["no such file"] * 2)


@case("another input each time")
def inputs(capture):
    loop(capture, ["no such file"] * 5, lambda i: {"path": f"{i}.txt"})


@case("another result each time")
def results(capture):
    loop(capture, [f"line {i}" for i in range(5)])


@case("polling: pending until done")
def polling(capture):
    loop(capture, ["pending"] * 6 + ["done"], name="job_status", each=60)


@case("polling: pending still, a minute apart")
def still_pending(capture):
    loop(capture, ["pending"] * 6, name="job_status", each=60)


@case("… a loop, with a person's long and short pauses", ("repeated-tool-call", "job_status was called 6 times"))
def uneven(capture):
    history = [{"role": "user", "content": "go"}]
    for i, pause in enumerate([40, 200, 35, 90, 600, 31, 50]):
        block = use(f"toolu_{i:020}", "job_status")
        capture.message(history, [block] if i < 6 else "done", model=SONNET, tools=TOOLS, after=pause)
        history += [{"role": "assistant", "content": [block]}, {"role": "user", "content": [result(block["id"], "pending")]}]


@case("the same screenshot four times, as a picture", ("repeated-tool-call", "computer was called 4 times"))
def pictures(capture):
    loop(capture, [[PICTURE]] * 4, lambda i: {"action": "screenshot"}, name="computer")


@case("a picture that changes")
def other_pictures(capture):
    loop(capture, [[PICTURE], [OTHER], [PICTURE], [OTHER]], lambda i: {"action": "screenshot"}, name="computer")


@case("errors that say the same", ("repeated-tool-call", "3 times"))
def errors(capture):
    loop(capture, ["denied"] * 3)


@case("three at once in one answer are no loop")
def at_once(capture):
    uses = [use(f"toolu_{i:020}", "Task", prompt="look") for i in range(4)]
    history = [{"role": "user", "content": "go"}]
    capture.message(history, uses, model=SONNET, tools=TOOLS)
    history += [{"role": "assistant", "content": uses}, {"role": "user", "content": [result(u["id"], "same") for u in uses]}]
    capture.message(history, "done", model=SONNET, tools=TOOLS)


@case("results that have not come are not counted")
def pending(capture):
    loop(capture, ["same", "same"], end=None)
    capture.message([{"role": "user", "content": "x"}], "y", model=SONNET)


@case("what was a loop and gets another result is withdrawn")
def withdrawn(capture):
    history = loop(capture, ["busy"] * 4, end=None)
    block = use("toolu_last_0000000000", "Read", path="a.txt")
    capture.message(history, [block], model=SONNET, tools=TOOLS)
    capture.message([*history, {"role": "assistant", "content": [block]},
                     {"role": "user", "content": [result(block["id"], "free at last")]}], "done", model=SONNET, tools=TOOLS)


@case("a storm of one's own loop, with its number", ("retry-storm", "12 times in a row"))
def storm(capture):
    for _ in range(12):
        fail(capture)


@case("four failures and an answer are a retry that worked")
def worked(capture):
    for _ in range(4):
        fail(capture)
    capture.message([{"role": "user", "content": "hello"}], "hi", model=SONNET)


@case("failures that are hours apart are no storm")
def hours(capture):
    for _ in range(6):
        fail(capture, after=3600)


@case("an SDK's five attempts of one call", ("retry-storm", "One call took 6 attempts"))
def attempts(capture):
    for i in range(6):
        fail(capture, headers=[("x-stainless-retry-count", str(i)), ("user-agent", "Anthropic/JS 1.12.0")], after=2)


@case("an SDK's three attempts are its usual ones")
def usual(capture):
    for i in range(2):
        fail(capture, headers=[("x-stainless-retry-count", str(i)), ("user-agent", "Anthropic/JS 1.12.0")], after=1)
    capture.message([{"role": "user", "content": "hello"}], "hi", model=SONNET, after=2,
                    headers=[("x-stainless-retry-count", "2"), ("user-agent", "Anthropic/JS 1.12.0")])


@case("the same request answered twenty-five times, one after the other", ("repeat", "25 times"))
def repeated(capture):
    for _ in range(25):
        capture.message([{"role": "user", "content": "hello"}], "hi", model=SONNET)


@case("ten equal requests are few")
def few(capture):
    for _ in range(10):
        capture.message([{"role": "user", "content": "hello"}], "hi", model=SONNET)


@case("thirty samples at once")
def samples(capture):
    for _ in range(30):
        capture.message([{"role": "user", "content": "hello"}], "hi", model=SONNET, after=0.001)


def cached(capture, i, read=0, write=3000):
    capture.message([{"role": "user", "content": f"question {i}"}], "yes", model=SONNET, after=400, system=[
        text(f"it is day {i}. " + "x" * 9000) | {"cache_control": {"type": "ephemeral"}}], usage={
            "input_tokens": 9, "output_tokens": 5, "cache_read_input_tokens": read, "cache_creation_input_tokens": write,
            "cache_creation": {"ephemeral_5m_input_tokens": write, "ephemeral_1h_input_tokens": 0}})


@case("a cache that is written nine times and never read", ("cache-never-read", "9 times"))
def unread(capture):
    for i in range(9):
        cached(capture, i)


@case("one that is read in the end: withdrawn")
def read(capture):
    for i in range(9):
        cached(capture, i)
    cached(capture, 9, read=3000, write=0)


@case("one that is written a few times only")
def written(capture):
    for i in range(4):
        cached(capture, i)


@case("a loop that ends because max_tokens was reached", ("ended-by-max-tokens", "max_tokens"))
def max_tokens(capture):
    history = loop(capture, ["one"], end=None)
    capture.message(history, "and so", model=SONNET, tools=TOOLS, stop="max_tokens")


@case("one that goes on behind it: withdrawn")
def went_on(capture):
    history = loop(capture, ["one"], end=None)
    capture.message(history, "and so", model=SONNET, tools=TOOLS, stop="max_tokens")
    capture.message([*history, {"role": "assistant", "content": "and so"}, {"role": "user", "content": "go on"}], "it was", model=SONNET,
                    tools=TOOLS)


def asked_again(capture, words=None, stop="end_turn"):
    history = loop(capture, ["one"], end=None)
    capture.message(history, "and so", model=SONNET, tools=TOOLS, stop="max_tokens", body={"max_tokens": 100})
    if words:
        history[-1]["content"].append(text(words))
    capture.message(history, "and so it was", model=SONNET, tools=TOOLS, stop=stop, body={"max_tokens": 4000})


@case("one that is asked again with more, and comes to its end: withdrawn")
def more_tokens(capture):
    asked_again(capture)


@case("… and reaches that too", ("ended-by-max-tokens", "max_tokens"))
def too_few(capture):
    asked_again(capture, stop="max_tokens")


@case("… something else is asked in its place", ("ended-by-max-tokens", "max_tokens"))
def something_else(capture):
    asked_again(capture, "stop here")


@case("a tool call without its result: one finding for a whole conversation", ("tool-result-missing", "toolu_00000000000000000000"))
def missing(capture):
    history = [{"role": "user", "content": "go"}, {"role": "assistant", "content": [use(f"toolu_{0:020}", "Read", path="a")]},
               {"role": "user", "content": "never mind"}]
    for i in range(3):
        capture.message(history, f"answer {i}", model=SONNET, tools=TOOLS)
        history += [{"role": "assistant", "content": f"answer {i}"}, {"role": "user", "content": f"and {i}?"}]


@case("parallel calls whose results, or calls, stand in messages of their own")
def split(capture):
    uses = [use(f"toolu_{i:020}", "Read", path=f"{i}") for i in range(3)]
    results = [result(block["id"], "x") for block in uses]
    capture.message([{"role": "user", "content": "go"}, {"role": "assistant", "content": uses},
                     *({"role": "user", "content": [part]} for part in results)], "done", model=SONNET, tools=TOOLS)
    capture.message([{"role": "user", "content": "on"}, *({"role": "assistant", "content": [block]} for block in uses),
                     {"role": "user", "content": results}], "done", model=SONNET, tools=TOOLS)


@case("a stream that the server cut", ("cut-stream", "1 answer was cut off"))
def cut(capture):
    capture.exchange("/v1/messages", {"model": SONNET, "max_tokens": 9, "stream": True, "messages": [
        {"role": "user", "content": "x"}]}, 200, 'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_c",'
        '"type":"message","role":"assistant","model":"' + SONNET + '","content":[],"usage":{"input_tokens":9,"output_tokens":1}}}\n\n',
        stream=True, outcome="cut")


@case("a stream that the program gave up is its own business")
def given_up(capture):
    capture.exchange("/v1/messages", {"model": SONNET, "max_tokens": 9, "stream": True, "messages": [
        {"role": "user", "content": "x"}]}, 200, 'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_c",'
        '"type":"message","role":"assistant","model":"' + SONNET + '","content":[],"usage":{"input_tokens":9,"output_tokens":1}}}\n\n',
        stream=True, outcome="cut", ended_by="client")


@case("a model that is retired in ten days is told once for many calls", ("model-retires", "will be retired on 2026-11-30"))
def retires(capture):
    for i in range(5):
        capture.message([{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"},
                         {"role": "user", "content": f"q{i}"}][:1 if i == 0 else 3], "y", model="claude-sonnet-4-5-20250929")


@case("Opus 4.1 is retired by Anthropic", ("model-retires", "since 2026-08-05"))
def retired(capture):
    capture.message([{"role": "user", "content": "x"}], "y", model="claude-opus-4-1-20250805")


@case("two models that go are both named", ("model-retires", "opus-4-1-20250805 has been .* claude-sonnet-4-5-20250929 will be"))
def both_retire(capture):
    history = [{"role": "user", "content": "what is it?"}]
    capture.message(history, "it is a long answer", model="claude-opus-4-1-20250805")
    capture.message([*history, {"role": "assistant", "content": "it is a long answer"}, {"role": "user", "content": "and then?"}],
                    "no more", model="claude-sonnet-4-5-20250929")


def on_bedrock(capture, model, says):
    capture.message([{"role": "user", "content": "x"}], "y", model=None, says=says, target=f"/model/{model}/invoke",
                    host="bedrock-runtime.us-east-1.amazonaws.com", body={"anthropic_version": "bedrock-2023-05-31"})


@case("… and on Bedrock by its own date", ("model-retires", "on 2027-01-08"))
def bedrock(capture):
    on_bedrock(capture, "us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1-20250805")


@case("… in Amazon's regions without a profile too", ("model-retires", "on 2027-01-08"))
def bare_bedrock(capture):
    on_bedrock(capture, "anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1-20250805")


@case("… and in a profile of a longer name", ("model-retires", "on 2027-01-08"))
def apac(capture):
    on_bedrock(capture, "apac.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1-20250805")


@case("a profile's ARN", ("model-retires", "on 2027-01-08"))
def arn(capture):
    on_bedrock(capture, "arn:aws:bedrock:us-east-1:1:inference-profile%2Fus.anthropic.claude-opus-4-1-20250805-v1:0",
               "claude-opus-4-1-20250805")


@case("Sonnet 4.5 on Google Cloud: Anthropic's date does not count there")
def vertex(capture):
    capture.message([{"role": "user", "content": "x"}], "y", model=None, says="claude-sonnet-4-5-20250929",
                    host="us-east5-aiplatform.googleapis.com", target="/v1/projects/p/locations/us-east5/publishers/anthropic/"
                    "models/claude-sonnet-4-5@20250929:rawPredict", body={"anthropic_version": "vertex-2023-10-16"})


@case("a model that stays")
def stays(capture):
    capture.message([{"role": "user", "content": "x"}], "y", model="claude-opus-5-5")


@case("a good agent: ten different tools, all answered")
def good(capture):
    loop(capture, [f"result {i}" for i in range(10)], lambda i: {"path": f"{i}"})


main()
