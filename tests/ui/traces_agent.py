# SPDX-License-Identifier: GPL-3.0-or-later
"""A program with two traces in one session and a chat without names: nested spans, parallel tools, a retried call, an
edited prompt. Standard library only; the simulator answers it."""
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "data" / "preload"))
import overhear  # noqa: E402

BASE = os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com").rstrip("/")
MODEL = "claude-sonnet-4-5-20250929"
TOOLS = [{"name": "get_weather", "description": "The weather in a place.",
          "input_schema": {"type": "object", "properties": {"location": {"type": "string"}}}},
         {"name": "book_room", "description": "Books a room.",
          "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]


def call(messages, steer=None, **more):
    body = {"model": MODEL, "max_tokens": 1024, "messages": messages, "stream": True, **more}
    for attempt in range(4):
        request = urllib.request.Request(
            BASE + "/v1/messages", json.dumps(body).encode(),
            {"content-type": "application/json", "x-api-key": "sk-ant-test-0001", "anthropic-version": "2023-06-01",
             "x-stainless-retry-count": str(attempt), "x-sim": json.dumps(steer or {})})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return read(response)
        except urllib.error.HTTPError as error:
            error.read()
            time.sleep(0.25 + 0.3 * attempt)
    raise SystemExit("no answer")


def read(response):
    blocks = {}
    for line in response:
        if not line.startswith(b"data:"):
            continue
        event = json.loads(line[5:])
        if event["type"] == "content_block_start":
            blocks[event["index"]] = dict(event["content_block"], json="")
        elif event["type"] == "content_block_delta":
            block, delta = blocks[event["index"]], event["delta"]
            for kind, member in (("text_delta", "text"), ("thinking_delta", "thinking"), ("signature_delta", "signature")):
                if delta["type"] == kind:
                    block[member] = block.get(member, "") + delta[member]
            if delta["type"] == "input_json_delta":
                block["json"] += delta["partial_json"]
    content = []
    for index in sorted(blocks):
        block = blocks[index]
        text = block.pop("json")
        if block["type"] == "tool_use":
            block["input"] = json.loads(text or "{}")
        content.append(block)
    return content


def use(name, **arguments):
    return {"type": "tool_use", "id": f"toolu_{name}_{len(str(arguments))}{arguments.get('location', '')}", "name": name,
            "input": arguments}


def results(content, **said):
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": block["id"], "content": "Sunny, 22C"}
                                        for block in content if block["type"] == "tool_use"]}


def trip():
    messages = [{"role": "user", "content": "What should I wear in Paris and in Rome?"}]
    with overhear.trace("trip-planning", session_id="sess-abc", user_id="user-123"):
        content = call(messages, {"blocks": [{"type": "text", "text": "Let me look at both."},
                                             use("get_weather", location="Paris"),
                                             use("get_weather", location="Rome")], "stop_reason": "tool_use"},
                       tools=TOOLS, system="Use tools when available.")
        time.sleep(0.4)
        messages += [{"role": "assistant", "content": content}, results(content)]
        content = call(messages, {"fail": [529, 429], "retry_after": 2}, tools=TOOLS, system="Use tools when available.")
        messages += [{"role": "assistant", "content": content}, {"role": "user", "content": "And in Osaka?"}]
        with overhear.span("look up trains"):
            with overhear.span("ask twice"):
                call(messages, tools=TOOLS, system="Use tools when they are available.", temperature=0.5)
            call([{"role": "user", "content": "What is the capital of France?"}])


def food():
    with overhear.trace("food-recommendations", session_id="sess-abc", user_id="user-123"):
        messages = [{"role": "user", "content": "What should I eat in Osaka?"}]
        content = call(messages)
        call(messages + [{"role": "assistant", "content": content}, {"role": "user", "content": "And in Kyoto?"}])
        call(messages + [{"role": "assistant", "content": content}, {"role": "user", "content": "And in Tokyo?"}])


def unnamed():
    with overhear.trace("What an odd model costs", session_id="sess-def", user_id="user-456"):
        call([{"role": "user", "content": "What is the speed of light?"}], model="claude-unheard-of-9")


def fails():
    with overhear.trace("doomed", session_id="sess-def", user_id="user-789"):
        call([{"role": "user", "content": "Will it work?"}], {"fail": [500, 500, 500, 500]})


if __name__ == "__main__":
    for name in sys.argv[1:] or ["trip", "food", "unnamed"]:
        globals()[name]()
