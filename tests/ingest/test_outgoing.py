# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes out as OpenTelemetry's traces, and what comes of it where it is received: here by ourselves."""
import json
import re
import urllib.request

from fixtures.outgoing import MODEL, PARENT, SECRET, TRACE, a_place, receiver, wait_for
from tap import check, main


def value_of(value):
    [(kind, inner)] = value.items()
    if kind == "arrayValue":
        return [value_of(one) for one in inner.get("values", [])]
    return int(inner) if kind == "intValue" else inner


def spans_of(text):
    """The spans of lines of ExportTraceServiceRequests, attributes as a dictionary."""
    spans = []
    for line in text.splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    span["attributes"] = {pair["key"]: value_of(pair["value"]) for pair in span["attributes"]}
                    for event in span["events"]:
                        event["attributes"] = {pair["key"]: value_of(pair["value"]) for pair in event["attributes"]}
                    span["scope"] = scope["scope"]["name"]
                    spans.append(span)
    return spans


@check("an export has the conventions' attributes, what was attempted as events, tools; no secret, and thinking only if wanted; "
       "a second one is the same")
def conventions():
    with a_place() as place:
        place.capture()
        text = place.overhear("export", "--format", "otlp")
        assert text == place.overhear("export", "--format", "otlp")
        assert SECRET not in text and "NOBODY-HEARS" not in text
        loud = place.overhear("export", "--format", "otlp", "--thinking")
        assert "NOBODY-HEARS" in loud and SECRET not in loud
        spans = spans_of(text)
        for span in spans:
            assert re.fullmatch("[0-9a-f]{32}", span["traceId"]) and re.fullmatch("[0-9a-f]{16}", span["spanId"]), span
            assert 0 < int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), span
        assert len({span["spanId"] for span in spans}) == len(spans)
        [root] = [span for span in spans if span["name"] == "trip-planning"]
        inside = [span for span in spans if span["traceId"] == root["traceId"]]
        calls = [span for span in inside if span["name"] == f"chat {MODEL}"]
        [tool] = [span for span in inside if span["name"] == "execute_tool get_weather"]
        [thoughts] = [span for span in inside if span["name"] == "second thoughts"]
        assert len(inside) == 5 and len(calls) == 2 and "parentSpanId" not in root, inside
        assert [span["parentSpanId"] for span in (calls[0], tool, thoughts, calls[1])] == \
            [root["spanId"], root["spanId"], root["spanId"], thoughts["spanId"]], inside
        said = calls[0]["attributes"]
        wanted = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": MODEL,
                  "gen_ai.response.finish_reasons": ["tool_use"], "gen_ai.usage.input_tokens": 350,
                  "gen_ai.usage.output_tokens": 20, "gen_ai.usage.cache_read.input_tokens": 300,
                  "gen_ai.usage.cache_creation.input_tokens": 40, "session.id": "sess-abc", "user.id": "user-123",
                  "server.address": "api.anthropic.com", "server.port": 443, "http.response.status_code": 200,
                  "gen_ai.request.max_tokens": 99, "gen_ai.request.temperature": 1.0}
        assert {name: said.get(name) for name in wanted} == wanted, said
        assert "http.request.method" not in said, "SideSeat takes it for an HTTP span"
        assert said["gen_ai.response.id"].startswith("msg_") and calls[0]["kind"] == 3 and "code" not in calls[0]["status"], calls
        assert json.loads(said["gen_ai.system_instructions"]) == [{"type": "text", "content": "Be brief."}], said
        [asked] = json.loads(said["gen_ai.input.messages"])
        assert asked["role"] == "user" and asked["parts"][0]["content"].startswith("Weather in Oslo?"), asked
        [answer] = json.loads(said["gen_ai.output.messages"])
        assert answer["finish_reason"] == "tool_use" and [part["type"] for part in answer["parts"]] == ["tool_call"], answer
        assert json.loads(said["gen_ai.tool.definitions"])[0]["name"] == "get_weather"
        later = json.loads(calls[1]["attributes"]["gen_ai.input.messages"])
        assert [message["role"] for message in later] == ["user", "assistant", "tool"], later
        assert later[2]["parts"] == [{"type": "tool_call_response", "id": "toolu_1", "response": "Light snow"}], later
        assert said["gen_ai.conversation.id"] == calls[1]["attributes"]["gen_ai.conversation.id"]
        assert tool["attributes"]["gen_ai.operation.name"] == "execute_tool" and \
            tool["attributes"]["gen_ai.tool.call.id"] == "toolu_1" and \
            tool["attributes"]["gen_ai.tool.call.result"] == "Light snow", tool
        [again] = [span for span in spans if span["events"]]
        assert [(event["name"], event["attributes"]["attempt"], event["attributes"]["http.response.status_code"])
                for event in again["events"]] == [("gen_ai.request.attempt", n, status) for n, status in ((1, 529), (2, 529), (3, 200))]
        assert again["events"][0]["attributes"]["error.type"] == "overloaded_error" and "code" not in again["status"], again
        # A trace that the program began elsewhere keeps its ids: the rest of it is there.
        [streamed] = [span for span in spans if span["traceId"] == TRACE]
        assert streamed["parentSpanId"] == PARENT and streamed["attributes"]["gen_ai.request.stream"] is True, streamed
        assert streamed["attributes"]["gen_ai.response.time_to_first_chunk"] > 0
        [refused] = [span for span in spans if span["status"].get("code") == 2]
        assert refused["attributes"]["error.type"] == "invalid_request_error" and \
            refused["attributes"]["http.response.status_code"] == 400 and refused["status"]["message"], refused


@check("a selection has the calls that are chosen and what is around them; a file is private, and its name says the format")
def selection():
    with a_place() as place:
        place.capture()
        calls = place.lines("list")
        chosen = next(call for call in calls if call["stop_reason"] == "tool_use")
        spans = spans_of(place.overhear("export", "--format", "otlp", chosen["id"]))
        assert sorted(span["name"] for span in spans) == sorted(
            ["trip-planning", "second thoughts", f"chat {MODEL}", "execute_tool get_weather"]), [span["name"] for span in spans]
        path = place.folder / "all.otlp.jsonl"
        [said] = place.lines("export", "-o", path)
        assert said["format"] == "otlp.jsonl" and path.stat().st_mode & 0o777 == 0o600, said
        assert len(spans_of(path.read_text())) > 8


@check("what is exported and received by another Overhear makes the same trees, tokens and costs")
def round_trip():
    with a_place() as place, receiver(place.folder / "other") as other:
        place.capture()
        place.overhear("demo")
        wanted = place.trees()
        assert len(wanted) > 5, wanted
        text = place.overhear("export", "--format", "otlp")
        for line in text.splitlines():
            request = urllib.request.Request(f"{other.url}/v1/traces", line.encode(), {"Content-Type": "application/json"})
            assert urllib.request.urlopen(request, timeout=60).read() == b"{}"
        wait_for(wanted, other.trees)


main()
