# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated API itself: other tests are only as good as it is."""
import http.client
import json
import pathlib
import subprocess
import tempfile
import threading
import time

from fixtures.simulator import Simulator, accumulate, decode, parse_sse
from tap import check, main

HEADERS = {"x-api-key": "sk-ant-test", "anthropic-version": "2023-06-01", "content-type": "application/json"}
TOOL = {"name": "get_weather", "description": "Weather", "input_schema": {
    "type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}}


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.wire = body
        self.body = decode(body, self.headers.get("content-encoding"))

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def events(self):
        return parse_sse(self.body)


def ask(simulator, method, path, body=None, headers=None, steer=None, port=None):
    connection = http.client.HTTPConnection("127.0.0.1", port or simulator.port, timeout=20)
    headers = dict(HEADERS if headers is None else headers)
    if steer is not None:
        headers["x-sim"] = json.dumps(steer)
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    try:
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        return Answer(response, response.read())
    finally:
        connection.close()


def body(text="What is the capital of France?", **more):
    return {"model": "claude-sonnet-5-5", "max_tokens": 1024, "messages": [{"role": "user", "content": text}], **more}


def create(simulator, text="What is the capital of France?", steer=None, headers=None, **more):
    return ask(simulator, "POST", "/v1/messages", body(text, **more), headers, steer)


def texts(message):
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


def simulated(*options, **keywords):
    """Gives the test a simulator of its own."""
    def wrap(function):
        def test():
            with tempfile.TemporaryDirectory() as folder, Simulator(folder, *options, **keywords) as simulator:
                function(simulator)
        return test
    return wrap


@check("a message has the API's shape, in both generations")
@simulated()
def shape(simulator):
    old = create(simulator)
    assert old.status == 200 and old.headers["content-type"] == "application/json"
    assert old.headers["request-id"].startswith("req_") and len(old.headers["anthropic-organization-id"]) == 36
    message = old.json
    assert message["id"].startswith("msg_") and message["type"] == "message" and message["role"] == "assistant"
    assert message["model"] == "claude-sonnet-5-5"
    assert message["content"] == [{"type": "text", "text": "The capital of France is Paris."}]
    assert message["stop_reason"] == "end_turn" and message["stop_sequence"] is None
    assert message["usage"]["output_tokens"] == 8 and message["usage"]["input_tokens"] == 15
    new = create(simulator, headers={"authorization": "Bearer sk-ant-test", "anthropic-version": "2026-10-21"}).json
    assert new["container"] is None and new["usage"]["output_tokens_details"] == {"thinking_tokens": 0}
    assert create(simulator, temperature=1.0).status == 200
    refused = create(simulator, temperature=1.0, headers={**HEADERS, "anthropic-version": "2026-10-21"})
    assert refused.status == 400 and "temperature" in refused.json["error"]["message"]


@check("a stream adds up to the message that is answered without streaming")
@simulated()
def stream(simulator):
    for more in ({}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, {"tools": [TOOL]}):
        text = "What's the weather in Paris and Tokyo?" if "tools" in more else "What is 27 * 453?"
        whole = create(simulator, text, **more).json
        answer = create(simulator, text, stream=True, **more)
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = answer.events
        kinds = [event["type"] for event in events]
        assert kinds[0] == "message_start" and kinds[-2:] == ["message_delta", "message_stop"] and "ping" in kinds
        assert events[0]["message"]["content"] == [] and events[0]["message"]["stop_reason"] is None
        assert events[0]["message"]["usage"]["output_tokens"] < whole["usage"]["output_tokens"]
        streamed = accumulate(events)
        for message in (whole, streamed):
            del message["id"]
            for block in message["content"]:
                block.pop("id", None)
        assert streamed == whole, (streamed, whole)


@check("tools are called in parallel, and their results told")
@simulated()
def tools(simulator):
    messages = [{"role": "user", "content": "What's the weather in Paris and Tokyo?"}]
    first = create(simulator, tools=[TOOL], messages=messages).json
    calls = [block for block in first["content"] if block["type"] == "tool_use"]
    assert first["stop_reason"] == "tool_use" and [c["input"]["location"] for c in calls] == ["Paris", "Tokyo"]
    assert len({call["id"] for call in calls}) == 2
    messages += [{"role": "assistant", "content": first["content"]}, {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": call["id"], "content": f"Sunny in {call['input']['location']}"}
        for call in calls]}]
    last = create(simulator, tools=[TOOL], messages=messages).json
    assert last["stop_reason"] == "end_turn"
    assert "**Paris**: Sunny in Paris" in texts(last) and "**Tokyo**: Sunny in Tokyo" in texts(last)
    alone = create(simulator, "What's the weather in Paris and Tokyo?", tools=[TOOL],
                   tool_choice={"type": "auto", "disable_parallel_tool_use": True}).json
    assert sum(block["type"] == "tool_use" for block in alone["content"]) == 1


@check("max_tokens and stop sequences end an answer")
@simulated()
def limits_of_answers(simulator):
    short = create(simulator, "Plan a trip to Japan", max_tokens=5).json
    assert short["stop_reason"] == "max_tokens" and short["usage"]["output_tokens"] == 5
    assert len(texts(short)) <= 20
    stopped = create(simulator, stop_sequences=[" is "]).json
    assert stopped["stop_reason"] == "stop_sequence" and stopped["stop_sequence"] == " is "
    assert texts(stopped) == "The capital of France"


@check("each encoding decodes to the same stream, whatever the size of the chunks")
@simulated()
def encodings(simulator):
    for encoding in ("gzip", "deflate", "br", "zstd"):
        for chunk in (1, 7, 100000):
            answer = create(simulator, stream=True, steer={"encoding": encoding, "chunk": chunk})
            assert answer.headers["content-encoding"] == encoding
            assert texts(accumulate(answer.events)) == "The capital of France is Paris."
    for accepted, chosen in (("gzip, br", "gzip"), ("br;q=0.5, zstd", "br"), ("gzip;q=0, zstd", "zstd"), ("*", None),
                             ("deflate", "deflate"), ("identity", None)):
        answer = create(simulator, headers={**HEADERS, "accept-encoding": accepted})
        assert answer.headers.get("content-encoding") == chosen, accepted
        assert texts(answer.json) == "The capital of France is Paris."


@check("failures come in the order asked for, by key and body, and start again after a success")
@simulated()
def failures(simulator):
    steer = {"fail": [529, 429, 500], "retry_after": 0.5, "retry_after_ms": 20, "should_retry": True}
    answers = [create(simulator, steer=steer) for _ in range(4)]
    assert [answer.status for answer in answers] == [529, 429, 500, 200]
    assert [a.json["error"]["type"] for a in answers[:3]] == ["overloaded_error", "rate_limit_error", "api_error"]
    assert answers[0].json["request_id"] == answers[0].headers["request-id"]
    assert answers[1].headers["retry-after"] == "0.5" and answers[1].headers["retry-after-ms"] == "20"
    assert answers[1].headers["x-should-retry"] == "true"
    assert create(simulator, steer=steer).status == 529
    assert create(simulator, "another body", steer=steer).status == 529
    assert create(simulator, steer=steer, headers={**HEADERS, "x-api-key": "other"}).status == 529
    phrase = 'What is the capital of France? [[sim: {"fail": [429], "text": "Paris!"}]]'
    assert create(simulator, phrase).status == 429 and texts(create(simulator, phrase).json) == "Paris!"


@check("streams are cut, reset, ended early, broken by an error, or never begun")
@simulated()
def cuts(simulator):
    def outcome(**steer):
        try:
            return create(simulator, stream=True, steer=steer)
        except (http.client.IncompleteRead, ConnectionResetError, http.client.RemoteDisconnected) as error:
            return type(error)

    assert outcome(cut_after_events=5) == http.client.IncompleteRead
    assert outcome(cut_after_events=5, encoding="gzip") == http.client.IncompleteRead
    assert outcome(cut_after_events=5, cut="reset") in (ConnectionResetError, http.client.IncompleteRead)
    assert len(outcome(cut_after_events=5, cut="end").events) == 5
    assert outcome(fail=["close"]) in (ConnectionResetError, http.client.RemoteDisconnected)
    assert outcome(error_after_events=4).events[4]["error"]["type"] == "overloaded_error"
    assert outcome(raw_events=["event: a\ndata: {}\n\n", "", "\n"]).body == b"event: a\ndata: {}\n\n\n"
    try:
        create(simulator, steer={"cut_after_bytes": 20})
        raise AssertionError("a body cut short was not noticed")
    except http.client.IncompleteRead as error:
        assert len(error.partial) == 20
    ends = [exchange.end for exchange in simulator.exchanges()]
    assert ends == ["cut", "cut", "cut", "finished", "cut", "finished", "finished", "cut"], ends


@check("the prompt cache is written, read, refreshed by prefix, and split by lifetime")
@simulated()
def cache(simulator):
    long_text = "A sentence to be remembered. " * 200
    block = {"type": "text", "text": long_text, "cache_control": {"type": "ephemeral"}}
    hour = {"type": "text", "text": long_text[::-1], "cache_control": {"type": "ephemeral", "ttl": "1h"}}

    def usage(*system, **more):
        return create(simulator, system=list(system), **more).json["usage"]

    first = usage(block)
    assert first["cache_creation_input_tokens"] > 1024 and first["cache_read_input_tokens"] == 0
    assert first["cache_creation"] == {"ephemeral_5m_input_tokens": first["cache_creation_input_tokens"],
                                       "ephemeral_1h_input_tokens": 0}
    second = usage(block)
    assert second["cache_read_input_tokens"] == first["cache_creation_input_tokens"]
    assert second["cache_creation_input_tokens"] == 0 and second["input_tokens"] == first["input_tokens"]
    third = usage(block, hour)
    assert third["cache_read_input_tokens"] == first["cache_creation_input_tokens"]
    assert third["cache_creation"]["ephemeral_1h_input_tokens"] > 1024
    assert third["cache_creation"]["ephemeral_5m_input_tokens"] == 0
    assert usage({**block, "text": "x" + long_text})["cache_read_input_tokens"] == 0
    assert usage({**block, "text": "short"})["cache_creation_input_tokens"] == 0
    assert usage(block, model="claude-opus-5-5")["cache_read_input_tokens"] == 0
    streamed = create(simulator, system=[block], stream=True).events
    assert streamed[0]["message"]["usage"]["cache_read_input_tokens"] == first["cache_creation_input_tokens"]


@check("rate limits count down, refill, and refuse only when asked to")
@simulated("--limit", "3")
def rate_limits(simulator):
    answers = [create(simulator) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    left = [int(answer.headers["anthropic-ratelimit-requests-remaining"]) for answer in answers]
    assert left == [2, 1, 0, 0], left
    assert answers[3].headers["retry-after"] == "1"
    for kind in ("requests", "tokens", "input-tokens", "output-tokens"):
        assert int(answers[0].headers[f"anthropic-ratelimit-{kind}-limit"]) > 0
        assert answers[0].headers[f"anthropic-ratelimit-{kind}-reset"].endswith("Z")
    other = create(simulator, headers={**HEADERS, "x-api-key": "other"})
    assert other.status == 200 and other.headers["anthropic-ratelimit-requests-remaining"] == "2"


@check("what the API refuses is refused in its words")
@simulated()
def refusals(simulator):
    def error(answer):
        assert answer.json["type"] == "error" and answer.json["request_id"] == answer.headers["request-id"]
        return answer.status, answer.json["error"]["type"]

    post = "POST", "/v1/messages"
    assert error(ask(simulator, *post, b"{not json")) == (400, "invalid_request_error")
    assert error(ask(simulator, *post, b"[]")) == (400, "invalid_request_error")
    assert error(ask(simulator, *post, b"\xff\xfe")) == (400, "invalid_request_error")
    assert error(ask(simulator, *post, b"")) == (400, "invalid_request_error")
    missing = body()
    del missing["max_tokens"]
    answer = ask(simulator, *post, missing)
    assert error(answer) == (400, "invalid_request_error") and "max_tokens" in answer.json["error"]["message"]
    assert error(ask(simulator, *post, body(messages=[]))) == (400, "invalid_request_error")
    assert error(ask(simulator, *post, body(messages=[1]))) == (400, "invalid_request_error")
    assert error(ask(simulator, *post, body(model="gpt-4"))) == (404, "not_found_error")
    assert error(ask(simulator, *post, body(), {"anthropic-version": "2023-06-01"})) == (401, "authentication_error")
    assert error(ask(simulator, *post, body(), {"x-api-key": "k"})) == (400, "invalid_request_error")
    assert error(ask(simulator, *post, body(), {**HEADERS, "anthropic-version": "1999"}))[0] == 400
    assert error(ask(simulator, "GET", "/v1/nothing")) == (404, "not_found_error")
    assert error(ask(simulator, "GET", "/")) == (404, "not_found_error")
    assert error(ask(simulator, "GET", "/v1/messages"))[0] == 405


@check("odd shapes in a request do not disturb it")
@simulated()
def odd(simulator):
    block = {"type": "from_the_future", "x": [1, None]}
    for messages in ([{"role": "user", "content": [block, None, 3]}], [{"role": 7, "content": 7}], [{}],
                     [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": 3, "content": None}]}]):
        assert ask(simulator, "POST", "/v1/messages", body(messages=messages)).status == 200
    for more in ({"tools": [None, {}, {"name": 3}]}, {"system": [None]}, {"thinking": "yes"},
                 {"stop_sequences": [1, ""]}, {"tool_choice": []}, {"cache_control": 3}):
        assert create(simulator, **more).status == 200, more
    for steer in ([], {"fail": "x"}, {"fail": [{}]}, {"blocks": [None, 3]}, {"chunk": -1}, {"headers": {"a": 1}},
                  {"encoding": "rot13"}, {"usage": [], "tools": [None]}):
        assert create(simulator, steer=steer, stream=True).status == 200, steer


@check("models, token counts, batches and files")
@simulated("--public-url", "https://api.anthropic.com")
def resources(simulator):
    models = ask(simulator, "GET", "/v1/models").json
    assert models["has_more"] is False and models["first_id"] == models["data"][0]["id"]
    assert ask(simulator, "GET", "/v1/models/claude-haiku-5-5").json["display_name"] == "Claude Haiku 5.5"
    assert ask(simulator, "GET", "/v1/models/none").status == 404
    counted = ask(simulator, "POST", "/v1/messages/count_tokens", body()).json
    assert counted == {"input_tokens": create(simulator).json["usage"]["input_tokens"]}

    batch = ask(simulator, "POST", "/v1/messages/batches", {"requests": [
        {"custom_id": "good", "params": body()},
        {"custom_id": "bad", "params": body('x [[sim: {"fail": [500]}]]')}]}).json
    assert batch["processing_status"] == "in_progress" and batch["results_url"] is None
    batch = ask(simulator, "GET", f"/v1/messages/batches/{batch['id']}").json
    assert batch["processing_status"] == "ended" and batch["request_counts"]["succeeded"] == 1
    address = "https://api.anthropic.com"
    assert batch["results_url"] == f"{address}/v1/messages/batches/{batch['id']}/results"
    results = ask(simulator, "GET", batch["results_url"][len(address):])
    lines = [json.loads(line) for line in results.body.splitlines()]
    assert [line["result"]["type"] for line in lines] == ["succeeded", "errored"]
    assert texts(lines[0]["result"]["message"]) == "The capital of France is Paris."
    assert [one["id"] for one in ask(simulator, "GET", "/v1/messages/batches").json["data"]] == [batch["id"]]
    assert ask(simulator, "POST", "/v1/messages/batches", {"requests": [{}]}).status == 400

    upload = (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
              b"Content-Type: text/plain\r\n\r\nhello\r\n--b--\r\n")
    made = ask(simulator, "POST", "/v1/files", upload, {**HEADERS, "content-type": "multipart/form-data; boundary=b"})
    assert made.json["filename"] == "a.txt" and made.json["size_bytes"] == 5
    path = f"/v1/files/{made.json['id']}"
    assert ask(simulator, "GET", path + "/content").body == b"hello"
    assert ask(simulator, "DELETE", path).json["type"] == "file_deleted"
    assert ask(simulator, "GET", path).status == 404


@check("steering gives any block, usage, header or raw body")
@simulated()
def steering(simulator):
    blocks = [{"type": "redacted_thinking", "data": "abc"},
              {"type": "text", "text": "cited", "citations": [{"type": "char_location", "cited_text": "c"}]},
              {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x" * 50}},
              {"type": "from_the_future", "x": {"y": [1, 2]}}]
    steer = {"blocks": blocks, "stop_reason": "pause_turn", "usage": {"server_tool_use": {"web_search_requests": 1}},
             "headers": {"anthropic-ratelimit-unified-status": "allowed"}, "message": {"container": {"id": "c1"}}}
    whole, streamed = create(simulator, steer=steer), create(simulator, steer=steer, stream=True)
    for message in (whole.json, accumulate(streamed.events)):
        assert message["content"] == blocks, message["content"]
        assert message["stop_reason"] == "pause_turn" and message["container"] == {"id": "c1"}
        assert message["usage"]["server_tool_use"] == {"web_search_requests": 1}
    assert whole.headers["anthropic-ratelimit-unified-status"] == "allowed"
    raw = create(simulator, steer={"raw": "<html>", "content_type": "text/html", "status": 502})
    assert raw.status == 502 and raw.body == b"<html>" and raw.headers["content-type"] == "text/html"
    assert len(texts(create(simulator, steer={"size": 100000}, max_tokens=10**6).json)) == 100000
    rounds = [{"role": "user", "content": 'Weather in Paris? [[sim: {"sticky": true, "tool_rounds": 3}]]'}]
    reasons = []
    for _ in range(4):
        message = create(simulator, tools=[TOOL], messages=rounds).json
        reasons.append(message["stop_reason"])
        rounds += [{"role": "assistant", "content": message["content"]}, {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": b["id"], "content": "Sunny"}
            for b in message["content"] if b["type"] == "tool_use"] or "thanks"}]
    assert reasons == ["tool_use"] * 3 + ["end_turn"], reasons


@check("the log holds what was on the wire, and the same seed makes the same identifiers")
@simulated()
def log(simulator):
    sent = json.dumps(body("Ω")).encode()
    plain = ask(simulator, "POST", "/v1/messages?beta=true", sent)
    packed = create(simulator, "Tell me more about Kyoto.", steer={"encoding": "gzip"}, stream=True)
    first, second = simulator.exchanges()
    assert first.path == "/v1/messages?beta=true" and first.request_wire == sent
    assert first.response_wire == plain.wire and first.request_id == plain.headers["request-id"]
    assert second.response_wire == packed.wire and second.response == packed.body != packed.wire
    with tempfile.TemporaryDirectory() as folder, Simulator(folder) as again:
        assert ask(again, "POST", "/v1/messages?beta=true", sent).json == plain.json


@check("a stream takes its time at speed 1, and a client that leaves is logged")
@simulated(speed=1)
def pace(simulator):
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=20)
    begun = time.monotonic()
    connection.request("POST", "/v1/messages", json.dumps(body("Plan a trip to Japan.", stream=True)), HEADERS)
    response = connection.getresponse()
    arrivals = []
    for line in response:
        if line.startswith(b"data:"):
            arrivals.append(time.monotonic() - begun)
        if len(arrivals) == 12:
            break
    assert 0.2 < arrivals[0] < 3 and arrivals[-1] - arrivals[3] > 0.2, arrivals
    response.close()
    connection.close()
    deadline = time.monotonic() + 10
    while not simulator.exchanges() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [exchange.end for exchange in simulator.exchanges()] == ["client"]


@check("many at once, each with its own answer")
@simulated(speed=5)
def parallel(simulator):
    answers = {}

    def one(n):
        answers[n] = texts(accumulate(create(simulator, f"What is {n} * 10?", stream=True).events))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: f"{n} × 10 = **{n * 10}**" for n in range(1, 9)}


@check("HTTPS, by the same rules")
def https():
    import ssl
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = pathlib.Path(folder, "key.pem"), pathlib.Path(folder, "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        options = ("--tls-cert", str(certificate), "--tls-key", str(key))
        # LeakSanitizer of GCC 12 crashes in a process that has loaded GIO's TLS module.
        no_leaks = {"ASAN_OPTIONS": "detect_leaks=0"}
        with Simulator(pathlib.Path(folder, "log"), *options, environment=no_leaks) as simulator:
            context = ssl.create_default_context(cafile=certificate)
            connection = http.client.HTTPSConnection("127.0.0.1", simulator.tls_port, context=context, timeout=20)
            connection.request("POST", "/v1/messages", json.dumps(body(stream=True)), HEADERS)
            message = accumulate(parse_sse(connection.getresponse().read()))
            connection.close()
            assert texts(message) == "The capital of France is Paris."
            assert create(simulator).status == 200


@check("bad options end in a message")
def options():
    import os
    for arguments, words in ((["--tls-cert", "/nowhere"], "/nowhere"), (["--log", "/dev/null/x"], "/dev/null/x"),
                             (["--nonsense"], "nonsense")):
        done = subprocess.run([os.environ["OH_SIMULATOR"], *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=20)
        assert done.returncode == 1 and words in done.stderr, done


if __name__ == "__main__":
    main()
