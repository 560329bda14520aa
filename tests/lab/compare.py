# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between a scenario that ran directly and one that ran through the proxy, and what may."""
import hashlib

import scenario as scenarios

# Fields of one leg, not of the message (RFC 9110, section 7.6.1), and how a body is framed on that leg.
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer",
              "transfer-encoding", "upgrade"}


def end_to_end(fields, framed):
    return [[n, v] for n, v in fields or () if n.lower() not in HOP_BY_HOP
            and not (framed and n.lower() == "content-length")]


def is_cut_by_client(call):
    return bool(call["request"].get("cut"))


def is_early(call):
    return "after" in call["answer"]


def may_be_left(call):
    return bool(call.get("leave")) or is_cut_by_client(call)


# ---- the accepted differences: name, why, and a test of (scenario, call, difference) ------------------------------
# Besides these: the version in the start line, where chunks end, and the fields of HOP_BY_HOP are never compared.

ACCEPTED = [
    ("early answers and the rest of the request",
     "how much of a request is still sent after an answer that came before its end depends on buffers in between",
     lambda s, call, d: is_early(call) and d["where"] == "server" and d["what"] in ("body", "whole", "trailers")),
    ("a request that its client cut",
     "how far it came, and whether it came at all, depends on when the cut was noticed; never does it come whole",
     lambda s, call, d: is_cut_by_client(call) and d["where"] == "server"
     and d["what"] in ("body", "count") and d["through"] != "whole"),
    ("interim answers to HTTP/1.0",
     "a client of HTTP/1.0 does not know them (RFC 9110, section 15.2)",
     lambda s, call, d: call["version"] == "1.0" and d["what"] == "interim" and not d["through"]),
    ("the end of a cut answer over TLS",
     "a goodbye would make a cut answer look whole where the end of the connection delimits it: without one, or with a "
     "reset, it is an error everywhere",
     lambda s, call, d: d["what"] == "end" and d["direct"].split(",")[0] == d["through"].split(",")[0]
     and d["direct"].startswith(("cut", "none")) and d["through"].endswith(("ragged", "rst", "fin"))
     and (s["tls"] or call["answer"]["framing"] == "close")),
    ("a server that ends without TLS's goodbye",
     "where the end of the connection delimits the answer this is taken for its end, as most clients do",
     lambda s, call, d: s["tls"] and call["answer"]["framing"] == "close" and d["what"] == "end"
     and d["direct"] == "cut, ragged" and d["through"] == "whole"),
]


def body_of(call, side):
    part = call[side]
    return scenarios.make_body(call["id"] + (500 if side == "answer" else 0), part)


def measure(body):
    return [len(body), hashlib.sha1(body).hexdigest()[:12]]


def is_prefix(view, body):
    return view is None or view == measure(body[:view[0]])


def compare_client(call, direct, through):
    for what in "end", "start", "interim", "fields", "body", "trailers", "problem":
        one, other = direct.get(what), through.get(what)
        if what == "fields":
            one, other = end_to_end(one, True), end_to_end(other, True)
        if what == "interim":
            # 100 Continue is between neighbours.
            one, other = ([[s, end_to_end(f, False)] for s, f in v or () if s != 100] for v in (one, other))
        was_reset = "rst" in direct["end"] + through["end"] or (call["answer"].get("cut") or [0, ""])[1] == "rst"
        if what == "body" and one != other and was_reset:
            # A reset overtakes what was sent before it.
            if is_prefix(one, body_of(call, "answer")) and is_prefix(other, body_of(call, "answer")):
                continue
        if one != other:
            yield {"call": call["id"], "where": "client", "what": what, "direct": one, "through": other}


def compare_server(call, direct, through):
    def differs(what, one, other):
        return {"call": call["id"], "where": "server", "what": what, "direct": one, "through": other}

    if len(direct) != len(through):
        yield differs("count", len(direct), len(through))
    if not direct or not through:
        return
    one, other = direct[0], through[0]
    for what in "start", "fields", "body", "trailers", "whole":
        a, b = one[what], other[what]
        if what == "fields":
            a, b = end_to_end(a, False), end_to_end(b, False)
        if a != b:
            yield differs(what, a, b)
    if not is_prefix(other["body"], body_of(call, "request")):
        yield differs("bytes", "a prefix of what was sent", other["body"])


def check_record(call, view, records, seen):
    """Against both ends: what the client saw, and what the scenario made the server send. Trailers are recorded behind
    the fields."""
    def differs(what, expected, recorded):
        return {"call": call["id"], "where": "record", "what": what, "direct": expected, "through": recorded}

    request, answer = body_of(call, "request"), body_of(call, "answer")
    if len(records) != 1:
        if not (is_cut_by_client(call) and not records):
            yield differs("exchanges", 1, len(records))
        return
    record = records[0]
    if not record.ended:
        yield differs("end", "the exchange has ended", "it has not")
        return
    end = record.end
    if end["gaps"]:
        yield differs("gaps", 0, end["gaps"])
    if not is_prefix(record.request, request):
        yield differs("request bytes", "a prefix of what was sent", record.request)
    elif not may_be_left(call) and not is_early(call) and record.request != measure(request):
        yield differs("request", measure(request), record.request)
    if [end["request_length"], end["response_length"]] != [record.request[0], record.response[0]]:
        yield differs("lengths", [record.request[0], record.response[0]],
                      [end["request_length"], end["response_length"]])
    if not is_prefix(record.response, answer):
        yield differs("response bytes", "a prefix of what the server sent", record.response)
    if view["end"] == "whole":
        if record.response != view["body"]:
            yield differs("response", view["body"], record.response)
        if end["outcome"] != "finished":
            yield differs("outcome", "finished", [end["outcome"], end["ended_by"], end["error_code"]])
        if f"{end['status']} {end['reason']}" != view["start"]:
            yield differs("status", view["start"], f"{end['status']} {end['reason']}")
        kept, got = end_to_end(end["response_headers"], True), end_to_end(view["fields"] + view["trailers"], True)
        if kept != got:
            yield differs("fields", got, kept)
    elif view["end"].startswith(("cut", "none")) and not may_be_left(call):
        if end["outcome"] not in ("cut", "failed") or end["ended_by"] != "upstream":
            yield differs("outcome", "cut or failed by upstream", [end["outcome"], end["ended_by"], end["error_code"]])
        if view.get("body") and record.response[0] < view["body"][0]:
            yield differs("response", f"at least {view['body'][0]} bytes", record.response)
    elif may_be_left(call) and view["end"].endswith("left"):
        if end["outcome"] != "finished" and end["ended_by"] != "client":
            yield differs("outcome", "by the client, or finished", [end["outcome"], end["ended_by"], end["error_code"]])
    if seen:
        kept, sent = end_to_end(end["request_headers"], False), end_to_end(seen[0]["fields"] + seen[0]["trailers"], False)
        if kept != sent:
            yield differs("request fields", sent, kept)


def sort_out(scenario, differences, strict=False):
    """Returns: those that nothing accepts, and the names of what accepted the others. `strict`: known faults are not
    accepted."""
    calls = {call["id"]: call for lane in scenario["lanes"] for call in lane}
    faults, accepted = [], []
    for difference in differences:
        names = [name for name, _, test in ACCEPTED
                 if difference["call"] in calls and not (strict and name.startswith("known"))
                 and test(scenario, calls[difference["call"]], difference)]
        if names:
            accepted.append(names[0])
        else:
            faults.append(difference)
    return faults, accepted
