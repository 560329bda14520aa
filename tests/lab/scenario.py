# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios are plain data: what clients and the server do, call after call. Made from a seed, made smaller by rules.
"""
import copy
import gzip
import random

BLOCK = random.Random(0).randbytes(8 * 1024 * 1024 + 70000)
EVENT = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"text":"%06d"}}\n\n'
BORDERS = [8192, 16384, 65536, 262144, 1048576]


def make_body(number, part):
    """The bytes of a request's or an answer's body, as they are on the wire inside their frames."""
    size = part["size"]
    if part.get("type") == "text/event-stream":
        count = size // len(EVENT % 0) + 1
        body = b"".join(EVENT % (number * 1000 + i) for i in range(count))[:size]
    else:
        body = BLOCK[number * 7 % 65536:number * 7 % 65536 + size]
    return gzip.compress(body, 1, mtime=0) if part.get("coding") == "gzip" else body


def make_size(rng):
    kind = rng.random()
    if kind < 0.12:
        return 0
    if kind < 0.40:
        return rng.randint(1, 3000)
    if kind < 0.60:
        return rng.choice(BORDERS) + rng.randint(-1, 1)
    if kind < 0.70:
        return max(0, rng.choice(BORDERS) + rng.randint(-700, 700))
    if kind < 0.85:
        return 2 ** rng.randint(0, 20) + rng.randint(-1, 1)
    if kind < 0.97:
        return rng.randint(3000, 400000)
    return rng.randint(1048576, 8 * 1048576)


def make_fields(rng):
    fields = []
    for _ in range(rng.choice([0, 0, 1, 2, 5])):
        fields.append(rng.choice([["X-Lab", "one"], ["x-lab", "two, three"], ["X-Empty", ""], ["X-UPPER", "a  b"],
                                  ["X-Long", "l" * rng.choice([100, 4000, 20000])], ["X-Latin", "caf\u00e9"],
                                  ["anthropic-version", "2023-06-01"], ["Cache-Control", "no-cache, x=\"a,b\""]]))
    return copy.deepcopy(fields)


def make_writing(rng, part):
    """How a body is cut into pieces, and where it pauses."""
    size = part["size"]
    kind = rng.random()
    if size and kind < 0.3:
        part["piece"] = max(rng.choice([1, 7, 100, 1000, 8191, 8192, 16384, 65536, 100000]), size // 200)
    if size and rng.random() < 0.25:
        part["pauses"] = sorted([rng.randint(0, size), rng.choice([1, 5, 20, 60])] for _ in range(rng.randint(1, 3)))


def make_trailers(rng):
    return [["X-Trailer", "t"], ["X-Sum", "abc"]][:rng.randint(1, 2)] if rng.random() < 0.15 else []


def make_request(rng, version):
    request = {"framing": "none", "size": 0}
    method = rng.choice(["GET", "POST", "POST", "POST", "POST", "PUT", "HEAD", "DELETE"])
    if method in ("POST", "PUT") or rng.random() < 0.05:
        request["framing"] = rng.choice(["length", "length", "chunked"]) if version == "1.1" else "length"
        request["size"] = make_size(rng)
        make_writing(rng, request)
        if request["framing"] == "chunked":
            request["trailers"] = make_trailers(rng)
    return method, request


def make_answer(rng, method, version, request):
    status = rng.choice([200, 200, 200, 200, 201, 206, 400, 404, 429, 500, 529])
    answer = {"status": status, "framing": "none", "size": 0}
    if rng.random() < 0.05:
        answer["status"] = rng.choice([204, 304])
    elif method == "HEAD":
        answer["framing"] = "length"
        answer["size"] = make_size(rng)
    else:
        answer["framing"] = rng.choice(["length", "length", "chunked", "chunked", "close"])
        answer["version"] = rng.choice(["1.1"] * 9 + ["1.0"])
        if "1.0" in (answer["version"], version) and answer["framing"] == "chunked":
            answer["framing"] = "close"
        answer["size"] = make_size(rng)
        answer["type"] = rng.choice(["application/octet-stream", "application/octet-stream", "text/event-stream"])
        if answer["size"] < 300000 and rng.random() < 0.15:
            answer["coding"] = "gzip"
        make_writing(rng, answer)
        if answer["framing"] == "chunked":
            answer["trailers"] = make_trailers(rng)
    if rng.random() < 0.1 and version == "1.1" and answer.get("version") != "1.0":
        answer["interim"] = [rng.choice([102, 103]) for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.1:
        answer["close"] = True
    if rng.random() < 0.15:
        answer["think"] = rng.choice([1, 10, 50])
    return answer


def add_trouble(rng, call):
    """One thing that goes wrong, or is unusual."""
    request, answer = call["request"], call["answer"]
    kind = rng.choice(["request-cut", "answer-cut", "answer-cut", "no-answer", "leave", "early", "early", "expect",
                       "half", "quiet-close"])
    if kind == "request-cut" and request["size"]:
        request["cut"] = [rng.randint(0, request["size"] - 1), rng.choice(["fin", "rst"])]
    elif kind == "answer-cut" and answer["size"] and call["method"] != "HEAD" and answer["framing"] != "none":
        answer["cut"] = [rng.choice([0, rng.randint(0, answer["size"] - 1)]), rng.choice(["fin", "bye", "rst"])]
        answer.pop("coding", None)
    elif kind == "no-answer":
        answer["cut"] = [-1, rng.choice(["bye", "fin", "rst"])]
    elif kind == "leave" and answer["size"] and call["method"] != "HEAD" and answer["framing"] != "none":
        call["leave"] = [rng.randint(0, answer["size"] - 1), rng.choice(["close", "rst"])]
    elif kind == "early" and request["size"] > 1:
        answer["after"] = rng.randint(0, request["size"] - 1)
        answer["status"] = rng.choice([200, 200, 413, 400, 529])
        if answer["framing"] == "none":
            answer["framing"] = "length"
        answer["close"] = rng.random() < 0.5
        if answer["status"] == 200 and answer["size"] and rng.random() < 0.2:
            # The client sends on only when it has something of the answer.
            request["wait"] = rng.randint(answer["after"], request["size"] - 1)
            request.pop("pauses", None)
            answer["close"] = False
            call.pop("reads", None)
    elif kind == "expect" and request["size"] and call["version"] == "1.1":
        request["expect"] = True
        if rng.random() < 0.3:
            answer.update(after=0, status=rng.choice([417, 413, 200]), close=True, framing="length")
    elif kind == "half":
        call["half"] = True
    elif kind == "quiet-close":
        answer["quiet"] = True


def make_call(rng, number):
    version = rng.choice(["1.1"] * 12 + ["1.0"])
    method, request = make_request(rng, version)
    call = {"id": number, "method": method, "version": version, "fresh": rng.random() < 0.15,
            "fields": make_fields(rng), "request": request, "answer": make_answer(rng, method, version, request)}
    call["answer"]["fields"] = make_fields(rng)
    if version == "1.0" and rng.random() < 0.5:
        call["fields"].append(["Connection", "keep-alive"])
    if rng.random() < 0.1:
        call["slow"] = rng.choice([1, 3, 10])
    if rng.random() < 0.3:
        call["reads"] = "after"
    if rng.random() < 0.22:
        add_trouble(rng, call)
    return call


def is_plain(call):
    """Whether nothing about it ends the connection, so that another may be sent right behind it."""
    return (call["version"] == "1.1" and not call.get("half") and "leave" not in call
            and not any(k in call["request"] for k in ("cut", "expect"))
            and not any(call["answer"].get(k) for k in ("cut", "close", "quiet")) and "after" not in call["answer"]
            and call["answer"]["framing"] != "close" and call["answer"].get("version") != "1.0")


def make(seed):
    rng = random.Random(seed)
    scenario = {"seed": seed, "tls": rng.random() < 0.4, "lanes": []}
    number = 0
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        lane = []
        for _ in range(rng.choice([1, 2, 3, 5, 8])):
            number += 1
            call = make_call(rng, number)
            if lane and rng.random() < 0.08 and is_plain(lane[-1]) and is_plain(call) and not call["fresh"]:
                call["piped"] = True
            lane.append(call)
        scenario["lanes"].append(lane)
    return scenario


def _smaller_calls(call):
    for key in "fields", "slow", "reads", "leave", "half", "piped":
        if call.get(key):
            yield dict(call, **{key: [] if key == "fields" else None}) if key == "fields" else {
                k: v for k, v in call.items() if k != key}
    for key in "request", "answer":
        part = call[key]
        for name in ("pauses", "piece", "trailers", "fields", "coding", "interim", "think", "close", "quiet", "expect",
                     "cut", "wait", "after", "type", "version"):
            if part.get(name):
                yield dict(call, **{key: {k: v for k, v in part.items() if k != name}})
        for size in {0, 1, part["size"] // 2, part["size"] * 9 // 10, part["size"] - 1}:
            if 0 <= size < part["size"] and not (part.get("cut") or call.get("leave") or call["answer"].get("after")):
                yield dict(call, **{key: dict(part, size=size)})
        if part["framing"] == "chunked" and not part.get("trailers"):
            yield dict(call, **{key: dict(part, framing="length")})
    if call["method"] in ("PUT", "DELETE"):
        yield dict(call, method="POST")


def smaller(scenario):
    """Scenarios that are a little simpler, the boldest first."""
    lanes = scenario["lanes"]
    for i in range(len(lanes)):
        if len(lanes) > 1:
            yield dict(scenario, lanes=lanes[:i] + lanes[i + 1:])
    for i, lane in enumerate(lanes):
        for j in range(len(lane)):
            if len(lane) > 1:
                rest = lane[:j] + lane[j + 1:]
                yield dict(scenario, lanes=lanes[:i] + [rest] + lanes[i + 1:])
    if scenario["tls"]:
        yield dict(scenario, tls=False)
    for i, lane in enumerate(lanes):
        for j, call in enumerate(lane):
            for other in _smaller_calls(call):
                yield dict(scenario, lanes=lanes[:i] + [lane[:j] + [other] + lane[j + 1:]] + lanes[i + 1:])
