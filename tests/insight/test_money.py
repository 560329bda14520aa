# SPDX-License-Identifier: GPL-3.0-or-later
"""What calls cost, against sums made here from the published prices (dollars per million tokens: input, cache write of five
minutes and of an hour, cache read, output), not from our table. One capture holds all of them."""
import json

from fixtures.captures import Capture, Desk, at, text
from tap import check, main

PRICES = {
    "claude-fable-5-2": (8, 10, 16, .2, 40), "claude-mythos-5-2": (8, 10, 16, .2, 40),
    "claude-fable-5-1": (10, 12.5, 20, .25, 50), "claude-fable-5": (10, 12.5, 20, 1, 50),
    "claude-opus-5-5": (4, 5, 8, .2, 20), "claude-opus-5": (5, 6.25, 10, .5, 25), "claude-opus-4-8": (5, 6.25, 10, .5, 25),
    "claude-opus-4-7": (5, 6.25, 10, .5, 25), "claude-opus-4-6": (5, 6.25, 10, .5, 25),
    "claude-opus-4-5-20251101": (5, 6.25, 10, .5, 25), "claude-sonnet-5-5": (2, 2.5, 4, .1, 10),
    "claude-sonnet-5": (2, 2.5, 4, .2, 10), "claude-sonnet-4-6": (3, 3.75, 6, .3, 15),
    "claude-sonnet-4-5-20250929": (3, 3.75, 6, .3, 15), "claude-sonnet-4-20250514": (3, 3.75, 6, .3, 15),
    "claude-haiku-5-5": (.1, .125, .2, .01, .5), "claude-haiku-4-5-20251001": (1, 1.25, 2, .1, 5),
    "claude-opus-4-1-20250805": (15, 18.75, 30, 1.5, 75), "claude-opus-4-20250514": (15, 18.75, 30, 1.5, 75),
    "claude-3-7-sonnet-20250219": (3, 3.75, 6, .3, 15), "claude-3-5-sonnet-20240620": (3, 3.75, 6, .3, 15),
    "claude-3-5-haiku-20241022": (.8, 1, 1.6, .08, 4), "claude-3-haiku-20240307": (.25, .3, .5, .03, 1.25),
    "claude-3-opus-20240229": (15, 18.75, 30, 1.5, 75), "claude-mythos-preview": (25, 31.25, 50, 2.5, 125),
}
capture = Capture(at("2026-11-20"))
expected = []  # (name, exchange, dollars or None, exact)
SONNET = "claude-sonnet-4-6"
HOURS = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def bill(model, tokens_in=0, out=0, read=0, w5=0, w1=0, factor=1.0, prices=None):
    i, write_5m, write_1h, cached, answer = prices or PRICES[model]
    return factor * (tokens_in * i + read * cached + w5 * write_5m + w1 * write_1h + out * answer) / 1e6


def usage(tokens_in=0, out=0, read=0, w5=0, w1=0, **more):
    told = {"input_tokens": tokens_in, "output_tokens": out}
    if read or w5 or w1:
        told |= {"cache_read_input_tokens": read, "cache_creation_input_tokens": w5 + w1,
                 "cache_creation": {"ephemeral_5m_input_tokens": w5, "ephemeral_1h_input_tokens": w1}}
    return told | more


def expect(name, dollars, exact, number):
    expected.append((name, number, dollars, exact))


def call(name, model, dollars, told, exact=True, content="yes", **more):
    expect(name, dollars, exact, capture.message([{"role": "user", "content": f"{name}?"}], content, model=model, usage=told,
                                                 **more))


def on(day):
    capture.now = at(day)


def stream(events):
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def begin(model, told):
    return {"type": "message_start", "message": {"id": f"msg_s{capture.count}", "type": "message", "role": "assistant",
                                                 "model": model, "content": [], "stop_reason": None, "usage": told}}


def pieces(words, n):
    return [{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}] + [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": words}} for _ in range(n)]


def streamed(name, model, dollars, exact, events, **more):
    more = {"outcome": "finished", "ended_by": "upstream"} | more
    expect(name, dollars, exact, capture.exchange(
        "/v1/messages", {"model": model, "max_tokens": 400, "stream": True, "messages": [{"role": "user", "content": name}]}, 200,
        stream(events), stream=True, **more))


for each in PRICES:
    call(f"plain {each}", each, bill(each, 1234, 567), usage(1234, 567))
for each in ("claude-fable-5-2", "claude-opus-5-5", "claude-haiku-4-5-20251001", "claude-3-opus-20240229"):
    call(f"cache of {each}", each, bill(each, 10, 500, 40000, 2000, 1000), usage(10, 500, 40000, 2000, 1000))

# Names: aliases, platforms, resellers.
for sent, known in (("claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219"), ("claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"),
                    ("claude-sonnet-4-0", "claude-sonnet-4-20250514"), ("claude-opus-4-0", "claude-opus-4-20250514"),
                    ("claude-opus-4-5", "claude-opus-4-5-20251101"), ("anthropic.claude-opus-5-5", "claude-opus-5-5"),
                    ("claude-haiku-4-5@20251001", "claude-haiku-4-5-20251001"), ("claude-sonnet-4-6@default", SONNET),
                    ("anthropic/claude-sonnet-4.6", SONNET), ("anthropic/claude-opus-4.1", "claude-opus-4-1-20250805"),
                    ("anthropic/claude-3.5-haiku", "claude-3-5-haiku-20241022"),
                    ("anthropic/claude-3.7-sonnet:thinking", "claude-3-7-sonnet-20250219"),
                    ("openrouter/anthropic/claude-haiku-4.5", "claude-haiku-4-5-20251001"),
                    ("anthropic/claude-4.5-sonnet", "claude-sonnet-4-5-20250929")):
    call(f"named {sent}", sent, bill(known, 1000, 200), usage(1000, 200))
call("a model that nobody knows", "claude-nonesuch-9", None, usage(1000, 200))
call("a name that only begins like one", "claude-sonnet-4-6-turbo", None, usage(1000, 200))

# Regions: the request's model, host and path decide.
BEDROCK = "bedrock-runtime.us-east-1.amazonaws.com"


def bedrock(model, dollars, host=BEDROCK, says=SONNET, exact=True):
    call(f"bedrock {model}", None, dollars, usage(1000, 200), exact=exact, target=f"/model/{model.replace('/', '%2F')}/invoke", host=host,
         says=says, body={"anthropic_version": "bedrock-2023-05-31"})


for prefix, factor in (("us.", 1.1), ("eu.", 1.1), ("apac.", 1.1), ("jp.", 1.1), ("au.", 1.1), ("global.", 1), ("us-gov.", 1.2)):
    bedrock(f"{prefix}anthropic.claude-sonnet-4-6", bill(SONNET, 1000, 200, factor=factor))
bedrock("us.anthropic.claude-sonnet-4-20250514-v1:0", bill("claude-sonnet-4-20250514", 1000, 200), says="claude-sonnet-4-20250514")
bedrock("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
        bill("claude-haiku-4-5-20251001", 1000, 200, factor=1.1), says="claude-haiku-4-5-20251001")
bedrock("arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abcd1234", bill(SONNET, 1000, 200), exact=False)
for where, factor in (("global", 1), ("us-east5", 1.1), ("europe-west1", 1.1), ("eu", 1.1)):
    host = "aiplatform.googleapis.com" if where == "global" else "aiplatform.eu.rep.googleapis.com" if where == "eu" else (
        f"{where}-aiplatform.googleapis.com")
    call(f"vertex {where}", None, bill("claude-opus-4-6", 1000, 200, factor=factor), usage(1000, 200), host=host,
         target=f"/v1/projects/p/locations/{where}/publishers/anthropic/models/claude-opus-4-6:rawPredict",
         says="claude-opus-4-6", body={"anthropic_version": "vertex-2023-10-16"})

# Modifiers.
call("data residency us", "claude-opus-4-6", bill("claude-opus-4-6", 1000, 200, factor=1.1), usage(1000, 200, inference_geo="us"))
call("data residency global", "claude-opus-4-6", bill("claude-opus-4-6", 1000, 200), usage(1000, 200, inference_geo="global"))
call("fast", "claude-opus-5-5", bill(None, 1000, 200, prices=(8, 10, 16, .4, 40)), usage(1000, 200, speed="fast"))
call("fast and us", "claude-opus-5", bill(None, 1000, 200, factor=1.1, prices=(10, 12.5, 20, 1, 50)),
     usage(1000, 200, speed="fast", inference_geo="us"))
call("fast where there is none", "claude-haiku-4-5", None, usage(1000, 200, speed="fast"))
call("tier batch", SONNET, bill(SONNET, 1000, 200, factor=.5), usage(1000, 200, service_tier="batch"))
call("tier priority is not known", SONNET, bill(SONNET, 1000, 200), usage(1000, 200, service_tier="priority"), exact=False)
call("web searches", SONNET, bill(SONNET, 1000, 200) + .03,
     usage(1000, 200, server_tool_use={"web_search_requests": 3, "web_fetch_requests": 2}))
call("an unsplit write whose marks are all an hour", SONNET, bill(SONNET, 10, 5, w1=4000),
     {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 4000},
     system=[text("x" * 99) | HOURS])
call("an unsplit write whose marks are all five minutes", SONNET, bill(SONNET, 10, 5, w5=4000),
     {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 4000},
     system=[text("x" * 99) | {"cache_control": {"type": "ephemeral"}}])
call("an unsplit write with both marks", SONNET, bill(SONNET, 10, 5, w5=4000),
     {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 4000}, exact=False,
     system=[text("x" * 99) | HOURS, text("y") | {"cache_control": {"type": "ephemeral"}}])
FIVE = {"cache_control": {"type": "ephemeral"}}
for name, mark, kind, right, exact in (("an hour", HOURS, "1h", {"w1": 5000}, True),
                                       ("five minutes", FIVE, "5m", {"w5": 5000}, True),
                                       ("five minutes", FIVE, "1h", {"w5": 2000, "w1": 3000}, False)):
    call(f"a write split in part, 3000 of {kind}, whose marks are all {name}", SONNET, bill(SONNET, 10, 5, **right),
         {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 5000,
          "cache_creation": {f"ephemeral_{kind}_input_tokens": 3000}}, exact=exact, system=[text("x" * 99) | mark])

# Long prompts and the history of prices.
LONG = (6, 7.5, 12, .6, 22.5)
call("sonnet 4.5 at 200,000", "claude-sonnet-4-5", bill("claude-sonnet-4-5-20250929", 200000, 10), usage(200000, 10))
call("sonnet 4.5 above, by what was cached", "claude-sonnet-4-5", bill(None, 1, 10, 200000, prices=LONG), usage(1, 10, 200000))
call("sonnet 4.6 has one price now", SONNET, bill(SONNET, 500000, 10), usage(500000, 10))
call("haiku 5.5 above 100,000", "claude-haiku-5-5", bill(None, 100001, 10, prices=(.5, .625, 1, .05, 2.5)), usage(100001, 10))

# usage.iterations.
TURN = {"type": "message", "input_tokens": 1000, "output_tokens": 200}
call("one iteration, equal to the top", SONNET, bill(SONNET, 1000, 200), usage(1000, 200, iterations=[TURN]))
call("a compaction beside the message", SONNET, bill(SONNET, 1000, 200) + bill(SONNET, 50000, 900),
     usage(1000, 200, iterations=[{"type": "compaction", "input_tokens": 50000, "output_tokens": 900}, TURN]))
call("an advisor of another model", SONNET, bill(SONNET, 1000, 200) + bill("claude-opus-5-5", 700, 60),
     usage(1000, 200, iterations=[TURN, {"type": "advisor_message", "model": "claude-opus-5-5", "input_tokens": 700,
                                         "output_tokens": 60}]))
call("a fallback: what was declined is not billed", "claude-opus-5-5", bill(SONNET, 1000, 150),
     usage(1000, 150, iterations=[{"type": "message", "model": "claude-opus-5-5", "input_tokens": 1000, "output_tokens": 0},
                                  {"type": "fallback_message", "model": SONNET, "input_tokens": 1000, "output_tokens": 150}]),
     says=SONNET)
call("two messages: a pause and what came behind it", SONNET, bill(SONNET, 2500, 300),
     usage(2500, 300, iterations=[TURN, {"type": "message", "input_tokens": 1500, "output_tokens": 100}]))
call("turns with caches of their own", SONNET, bill(SONNET, 5, 20, read=9000) + bill(SONNET, 5, 30, w5=400),
     usage(10, 50, 9000, 400, iterations=[
         {"type": "message", "input_tokens": 5, "output_tokens": 20, "cache_read_input_tokens": 9000},
         {"type": "message", "input_tokens": 5, "output_tokens": 30, "cache_creation_input_tokens": 400,
          "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 0}}]))

# Streams.
streamed("a stream", SONNET, bill(SONNET, 900, 40), True, [
    begin(SONNET, usage(900, 1)), *pieces("word ", 8), {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 40}}, {"type": "message_stop"}])
streamed("a stream that the client gave up", SONNET, bill(SONNET, 900, 100), False,
         [begin(SONNET, usage(900, 1)), *pieces("0123456789" * 4, 10)], outcome="cut", ended_by="client")
streamed("a stream that was cut", SONNET, bill(SONNET, 900, 50), False,
         [begin(SONNET, usage(900, 1)), *pieces("0123456789" * 4, 5)], outcome="cut")
streamed("a stream that failed inside", SONNET, bill(SONNET, 900, 50), False,
         [begin(SONNET, usage(900, 1)), *pieces("0123456789" * 4, 5),
          {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}])

# What is not billed.
for status, body in ((500, {"type": "error", "error": {"type": "api_error", "message": "x"}}), (502, "<html>Bad Gateway</html>"),
                     (504, ""), (429, {"detail": "slow down"}), (400, {"message": "too long", "usage": {"input_tokens": 9}})):
    expect(f"failed with {status}", 0, True, capture.exchange(
        "/v1/messages", {"model": SONNET, "max_tokens": 9, "messages": [{"role": "user", "content": f"s{status}"}]}, status, body))
call("a refusal before any output", SONNET, 0, usage(1000, 0), content=[], stop="refusal")
call("a refusal after some output", SONNET, bill(SONNET, 1000, 80), usage(1000, 80), stop="refusal")
expect("counting tokens", 0, True, capture.exchange(
    "/v1/messages/count_tokens", {"model": SONNET, "messages": [{"role": "user", "content": "n"}]}, 200, {"input_tokens": 5000}))
expect("listing models", 0, True, capture.exchange("/v1/models", None, 200, {"data": []}, method="GET"))


def results(*rows):
    return "".join(json.dumps({"custom_id": f"c{i}", "result": row}) + "\n" for i, row in enumerate(rows))


def succeeded(model, told):
    return {"type": "succeeded", "message": {"id": "msg_b", "type": "message", "role": "assistant", "model": model,
                                             "content": [text("ok")], "stop_reason": "end_turn", "usage": told}}


def fetch(batch, body):
    return capture.exchange(f"/v1/messages/batches/{batch}/results", None, 200, body, method="GET")


rows = [succeeded(SONNET, usage(1000, 200, service_tier="batch")), succeeded("claude-opus-4-6", usage(1000, 200, service_tier="batch")),
        {"type": "errored", "error": {"type": "error", "error": {"type": "invalid_request_error", "message": "x"}}},
        {"type": "expired"}]
whole = bill(SONNET, 1000, 200, factor=.5) + bill("claude-opus-4-6", 1000, 200, factor=.5)
expect("a batch's results, of two models", whole, True, fetch("msgbatch_1", results(*rows)))
expect("the same results again", 0, True, fetch("msgbatch_1", results(*rows)))
expect("half of another batch", bill(SONNET, 1000, 200, factor=.5), True, fetch("msgbatch_2", results(rows[0])))
expect("all of it", bill("claude-opus-4-6", 1000, 200, factor=.5), True, fetch("msgbatch_2", results(*rows)))
strange = succeeded("claude-zeta-9", usage(1000, 200, service_tier="batch"))
expect("a batch of which one model is not known", bill(SONNET, 1000, 200, factor=.5), False, fetch("msgbatch_4", results(strange, rows[0])))
expect("a batch of a model that is not known", None, False, fetch("msgbatch_5", results(strange)))
home = succeeded("claude-opus-4-6", usage(1000, 200, service_tier="batch", inference_geo="us"))
expect("a batch of which one result was kept in the US", bill("claude-opus-4-6", 1000, 200, factor=.5 + .55), True,
       fetch("msgbatch_3", results(rows[1], home)))

# Other days come last: the list is by time.
on("2026-10-01")
call("sonnet 5.5's cache before 2026-10-07", "claude-sonnet-5-5", bill(None, 10, 5, 9000, prices=(2, 2.5, 4, .2, 10)), usage(10, 5, 9000))
on("2026-03-01")
call("sonnet 4.6 above 200,000 before 2026-03-13", SONNET, bill(None, 300000, 10, prices=LONG), usage(300000, 10))
call("opus 4.6 above 200,000 then", "claude-opus-4-6", bill(None, 300000, 10, prices=(10, 12.5, 20, 1, 37.5)), usage(300000, 10))
call("opus 4.6 below it", "claude-opus-4-6", bill("claude-opus-4-6", 200000, 10), usage(200000, 10))

COSTS = {}


def import_all():
    with Desk(capture) as desk:
        COSTS["numbers"] = {started: number for number, started in desk.ask("SELECT id, started_ns FROM exchange")}
        COSTS["place"] = {number: row for number, *row in desk.ask("SELECT id, cost, cost_approximate FROM place")}
        COSTS["list"] = {line["id"]: line for line in desk.lines("list")}
        COSTS["spans"] = [s for line in desk.lines("traces") for s in desk.spans(line["id"]) if s["kind"] == "call"]
        COSTS["shown"] = {kind: desk.say("show", number) for kind, number in list(desk.ask(
            "SELECT CASE WHEN cost_approximate THEN 'roughly' ELSE 'exactly' END, max (id) FROM place WHERE cost > 0 GROUP BY 1"))}
        COSTS["days"] = desk.lines("costs")


def look(number):
    """The exchange is numbered anew by the order of time."""
    started = next(line["started_ns"] for line in capture.lines if line["type"] == "exchange" and line["id"] == number)
    return COSTS["numbers"][started]


@check("the capture is read")
def read():
    import_all()
    assert len(COSTS["numbers"]) == capture.count and len(expected) >= 60, len(expected)


for case in expected:
    def compare(case=case):
        _, number, dollars, exact = case
        cost, approximate = COSTS["place"].get(look(number), (0, 0))
        if dollars is None:
            assert cost is None, f"said {cost}, but nobody knows it"
            return
        assert cost is not None and abs(cost - dollars) < 1e-9, f"said {cost!r}, right is {dollars!r}"
        assert dollars == 0 or bool(approximate) != exact, f"exact should be {exact}"
    check(case[0])(compare)


@check("whether a price is exact is said wherever it is: list, traces, show, costs")
def marks():
    for number, (cost, approximate) in COSTS["place"].items():
        line = COSTS["list"][number]
        assert cost is None or line["cost"] is None or abs(line["cost"] - cost) < 1e-12, (line, cost)
        assert bool(line["cost_approximate"]) == bool(approximate), line
    for span in COSTS["spans"]:
        assert bool(span["cost_approximate"]) == bool(COSTS["place"][span["exchange"]][1]), span
    assert "≈$" in COSTS["shown"]["roughly"] and "≈$" not in COSTS["shown"]["exactly"], COSTS["shown"]
    today = [line for line in COSTS["days"] if line["day"] == "2026-11-20" and line["model"] == SONNET]
    assert today and today[0]["cost_approximate"], COSTS["days"]
    total = sum(dollars or 0 for _, _, dollars, _ in expected)
    assert abs(sum(line["cost"] for line in COSTS["days"]) - total) < 1e-6, total


main()
