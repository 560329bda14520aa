# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits by key or organization and by model, from the headers of answers. Each case is a capture: what `overhear
limits` says of it is compared with what is right."""
import datetime
import time

from fixtures.captures import Capture, Desk, at
from tap import check, main

NOW = time.time()
OPUS, SONNET, HAIKU = "claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-4-5"
KEYS = {"a": "aaaaaaaaaaaaaaaa", "b": "bbbbbbbbbbbbbbbb"}


def when(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def headers(bucket="requests", limit=50, left=40, reset=60, family="anthropic-ratelimit-", **more):
    told = {"limit": limit, "remaining": left, "reset": when(NOW + reset) if reset is not None else None} | more
    return [(f"{family}{bucket}-{name.replace('_', '-')}", str(value)) for name, value in told.items() if value is not None]


def unified(name="5h", **told):
    head = f"anthropic-ratelimit-unified-{name}-" if name else "anthropic-ratelimit-unified-"
    return [(head + key.replace("_", "-"), str(value)) for key, value in told.items()]


def ask(capture, told, model=SONNET, key="a", organization=None, status=200, words="hello", **more):
    told = [*told, *([("anthropic-organization-id", organization)] if organization else [])]
    if status != 200:
        return capture.exchange("/v1/messages", {"model": model, "max_tokens": 9, "messages": [
            {"role": "user", "content": words}]}, status, {"type": "error", "error": {"type": "rate_limit_error", "message": "x"}},
                                answer_headers=told, key=KEYS[key], **more)
    return capture.message([{"role": "user", "content": words}], "yes", model=model, key=KEYS[key], answer_headers=told, **more)


def count(capture, told, key="a"):
    return capture.exchange("/v1/messages/count_tokens", {"model": SONNET, "messages": [{"role": "user", "content": "n"}]}, 200,
                            {"input_tokens": 9}, answer_headers=told, key=KEYS[key])


def batch(capture, told, key="a"):
    return capture.exchange("/v1/messages/batches", {"requests": [{"custom_id": "c", "params": {
        "model": SONNET, "max_tokens": 9, "messages": [{"role": "user", "content": "n"}]}}]}, 200,
        {"id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress"}, answer_headers=told, key=KEYS[key])


def case(name, right, said=(), findings=None):
    """@right: rows as (scope, bucket, left, status), sorted. @said: expressions of the table. @findings: kinds."""
    def register(fill):
        @check(name)
        def compare():
            import re
            capture = Capture(NOW - 600)
            fill(capture)
            with Desk(capture) as desk:
                got = sorted(((line["scope"] or "", line["bucket"], line["remaining"], line["status"])
                              for line in desk.lines("limits")), key=repr)
                assert got == sorted(right, key=repr), got
                table = desk.say("limits") if said else ""
                for expression in said:
                    assert re.search(expression, table), (expression, table)
                if findings is not None:
                    kinds = [kind for kind, in desk.ask("SELECT kind FROM notice")]
                    assert kinds == findings, kinds
        return fill
    return register


@case("one key, one model: the newest answer counts", [(SONNET, "requests", 38, None)])
def newest(capture):
    for left in (40, 39, 38):
        ask(capture, headers(left=left), words=f"q{left}")


@case("each model has limits of its own", [(SONNET, "requests", 40, None), (OPUS, "requests", 3, None), (HAIKU, "requests", 9, None)])
def models(capture):
    ask(capture, headers(), SONNET)
    ask(capture, headers(left=3), OPUS)
    ask(capture, headers(left=9), HAIKU)


@case("two keys of different organizations", [(SONNET, "requests", 40, None), (SONNET, "requests", 7, None)])
def organizations(capture):
    ask(capture, headers(), key="a", organization="org-one")
    ask(capture, headers(left=7), key="b", organization="org-two")


@case("two keys of which nobody says whose they are", [(SONNET, "requests", 40, None), (SONNET, "requests", 7, None)])
def keys(capture):
    ask(capture, headers(), key="a")
    ask(capture, headers(left=7), key="b")


@case("two keys of one organization: each as it was told, for each may be of a workspace with limits of its own",
      [(SONNET, "requests", 40, None), (SONNET, "requests", 7, None)])
def shared(capture):
    ask(capture, headers(), key="a", organization="org-one")
    ask(capture, headers(left=7), key="b", organization="org-one")


@case("all four buckets of an answer", [(SONNET, "requests", 40, None), (SONNET, "input-tokens", 1000, None),
                                        (SONNET, "output-tokens", 2000, None), (SONNET, "tokens", 3000, None)])
def four(capture):
    ask(capture, headers() + headers("input-tokens", 2000, 1000) + headers("output-tokens", 4000, 2000)
        + headers("tokens", 6000, 3000))


@case("counting tokens has limits of its own", [(SONNET, "requests", 2, None), ("count_tokens", "requests", 99, None)])
def counting(capture):
    ask(capture, headers(left=2))
    count(capture, headers(limit=100, left=99))


@case("making batches too", [(SONNET, "requests", 2, None), ("batches", "requests", 99, None)])
def batches(capture):
    ask(capture, headers(left=2))
    batch(capture, headers(limit=100, left=99))


@case("a count after a call leaves the call's limit alone", [(SONNET, "requests", 2, None), ("count_tokens", "requests", 99, None)])
def counting_last(capture):
    count(capture, headers(limit=100, left=100))
    ask(capture, headers(left=2))
    count(capture, headers(limit=100, left=99))


@case("fast mode has a bucket of its own", [(OPUS, "requests", 40, None), (OPUS, "fast-input-tokens", 10, None)])
def fast(capture):
    ask(capture, headers() + headers("input-tokens", 1000, 10, family="anthropic-fast-"), OPUS)


@case("priority has too", [(OPUS, "priority-output-tokens", 10, None)])
def priority(capture):
    ask(capture, headers("output-tokens", 1000, 10, family="anthropic-priority-"), OPUS)


@case("a subscription's windows hold for all models", [("", "unified-5h", None, "allowed"), ("", "unified-7d", None, "allowed")],
      said=[r"unified-5h\s+58 %", r"unified-7d\s+90 %", r"\ballowed\b"])
def subscription(capture):
    ask(capture, unified(status="allowed", utilization=0.2, reset=int(NOW + 3600)), OPUS)
    ask(capture, unified(status="allowed", utilization=0.42, reset=int(NOW + 3600))
        + unified("7d", status="allowed", utilization=0.1, reset=int(NOW + 86400 * 3)), SONNET)


@case("rejected is shown", [("", "unified-5h", None, "rejected")], said=[r"\brejected\b"], findings=["limit-near"])
def rejected(capture):
    ask(capture, unified(status="rejected", utilization=1, reset=int(NOW + 3600)), status=429)


@case("a warning is shown, and is a finding", [("", "unified-5h", None, "allowed_warning")], said=[r"\ballowed_warning\b"],
      findings=["limit-near"])
def warning(capture):
    ask(capture, unified(status="allowed_warning", utilization=0.78, reset=int(NOW + 3600)))


@case("a window that is wide open is no finding", [("", "unified-5h", None, "allowed")], findings=[])
def quiet(capture):
    ask(capture, unified(status="allowed", utilization=0.3, reset=int(NOW + 3600)))


@case("nine tenths are used: a finding", [(SONNET, "requests", 4, None)], findings=["limit-near"])
def near(capture):
    ask(capture, headers(left=4))


def go_on(capture, *told):
    """A conversation whose answers tell one after the other."""
    history = []
    for i, said in enumerate(told):
        history.append({"role": "user", "content": f"what about part {i} of it?"})
        capture.message(history, f"this is what part {i} does", model=SONNET, key=KEYS["a"], answer_headers=said)
        history.append({"role": "assistant", "content": f"this is what part {i} does"})


@case("much is left again later: withdrawn", [(SONNET, "requests", 48, None)], findings=[])
def refilled(capture):
    go_on(capture, headers(left=2), headers(left=48))


@case("little is left still: it stays", [(SONNET, "requests", 1, None)], findings=["limit-near"])
def still(capture):
    go_on(capture, headers(left=2), headers(left=1))


@case("a warning, then a new window: withdrawn", [("", "unified-5h", None, "allowed")], findings=[])
def new_window(capture):
    go_on(capture, unified(status="allowed_warning", utilization=0.95, reset=int(NOW + 60)),
          unified(status="allowed", utilization=0.1, reset=int(NOW + 3600)))


@case("half are used: none", [(SONNET, "requests", 25, None)], findings=[])
def half(capture):
    ask(capture, headers(left=25))


@case("counting tokens that runs out is no finding of the calls", [(SONNET, "requests", 40, None), ("count_tokens", "requests", 1, None)])
def counted_out(capture):
    ask(capture, headers())
    count(capture, headers(limit=100, left=1))


@case("what is past is past: full again since then", [(SONNET, "requests", 1, None)], said=[r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d"])
def past(capture):
    ask(capture, headers(left=1, reset=-300))


@case("a reset is shown with its day", [(SONNET, "requests", 1, None)], said=[r"\s\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\s"])
def day(capture):
    ask(capture, headers(left=1, reset=86400 * 2))


@case("no reset is told", [(SONNET, "requests", 40, None)])
def no_reset(capture):
    ask(capture, headers(reset=None))


@case("a refusal tells limits as an answer does", [(SONNET, "requests", 0, None)])
def refusal(capture):
    ask(capture, headers(left=0), status=429)


@case("an answer without any such header", [])
def none(capture):
    ask(capture, [])


@case("numbers that are none are not told", [(SONNET, "requests", None, None)])
def nonsense(capture):
    ask(capture, headers(limit="many", left="few"))


@case("another run of the same key goes on with its limits", [(SONNET, "requests", 30, None)])
def runs(capture):
    ask(capture, headers(left=40))
    capture.lines.append(dict(capture.lines[1], id=2))
    ask(capture, headers(left=30), run=2)


@case("an alias and its dated name are sent as they are", [("claude-sonnet-4-5", "requests", 40, None),
                                                         ("claude-sonnet-4-5-20250929", "requests", 39, None)])
def aliases(capture):
    ask(capture, headers(), "claude-sonnet-4-5")
    ask(capture, headers(left=39), "claude-sonnet-4-5-20250929")


@case("the token bucket of a large limit", [(SONNET, "input-tokens", 1999000, None)], said=[r"1[,. ]?999[,. ]?000"])
def large(capture):
    ask(capture, headers("input-tokens", 2000000, 1999000))


main()
