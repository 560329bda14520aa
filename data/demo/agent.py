#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small agent that talks to the Messages API with nothing but Python's standard library.

Overhear's demonstration runs it against a simulated API, so it needs no key and costs nothing. It knows nothing of
Overhear: urllib finds the proxy and the certificates in the environment, as it does in your own programs.
"""
import base64
import datetime
import json
import os
import struct
import sys
import time
import urllib.error
import urllib.request
import zlib

BASE_URL = os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com").rstrip("/")
API_KEY = os.environ.get("ANTHROPIC_API_KEY", "sk-ant-demo-0000")
MODEL = "claude-sonnet-5-5"
MAX_RETRIES = 2

COLOURED = os.environ.get("NO_COLOR") is None and (sys.stdout.isatty() or "FORCE_COLOR" in os.environ)
BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2;3", "31", "32", "33", "36"


def paint(style, text):
    return f"\033[{style}m{text}\033[0m" if COLOURED else text


def say(text, end="\n"):
    print(text, end=end, flush=True)


def title(number, text):
    say("\n" + paint(BOLD, f"{number}. {text}"))


def ask(question):
    say(paint(CYAN, "You: ") + question)


# --- The API -----------------------------------------------------------------------------------------------------------

def send(body, **headers):
    """Sends one request, again when the API is busy, and returns the open response."""
    for attempt in range(MAX_RETRIES + 1):
        request = urllib.request.Request(
            BASE_URL + "/v1/messages",
            data=json.dumps(body).encode(),
            headers={
                "content-type": "application/json",
                "x-api-key": API_KEY,
                "anthropic-version": "2023-06-01",
                "user-agent": "overhear-demo/1.0",
                "x-stainless-retry-count": str(attempt),
                **{name.replace("_", "-"): value for name, value in headers.items()},
            })
        try:
            return urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            reason = error.read().decode(errors="replace")
            if error.code not in (408, 409, 429) and error.code < 500 or attempt == MAX_RETRIES:
                sys.exit(paint(RED, f"The API says {error.code}: {reason}"))
            wait = float(error.headers.get("retry-after", 0.5 * 2 ** attempt))
            say(paint(YELLOW, f"The API says {error.code}. Trying again in {wait:g} s…"))
            time.sleep(wait)
        except OSError as error:
            sys.exit(paint(RED, f"Cannot reach {BASE_URL}: {error}"))


def create(body, **headers):
    """Sends a request and returns the whole message."""
    with send({"model": MODEL, "max_tokens": 1024, **body}, **headers) as response:
        return json.load(response)


def events(response):
    """The events of a stream, each as it arrives."""
    for line in response:
        if line.startswith(b"data:"):
            yield json.loads(line[len(b"data:"):])


def stream(body):
    """Sends a request, prints the answer while it streams, and returns the whole message."""
    message, partial_json = None, ""
    with send({"model": MODEL, "max_tokens": 2048, "stream": True, **body}) as response:
        for event in events(response):
            kind = event["type"]
            if kind == "message_start":
                message = event["message"]
            elif kind == "content_block_start":
                message["content"].append(event["content_block"])
                partial_json = ""
                if event["content_block"]["type"] == "tool_use":
                    say(paint(GREEN, f"Tool: {event['content_block']['name']} "), end="")
                else:
                    say(paint(GREEN, "Claude: "), end="")
            elif kind == "content_block_delta":
                block, delta = message["content"][event["index"]], event["delta"]
                if delta["type"] == "text_delta":
                    block["text"] += delta["text"]
                    say(delta["text"], end="")
                elif delta["type"] == "thinking_delta":
                    block["thinking"] += delta["thinking"]
                    say(paint(DIM, delta["thinking"]), end="")
                elif delta["type"] == "signature_delta":
                    block["signature"] = delta["signature"]
                elif delta["type"] == "input_json_delta":
                    partial_json += delta["partial_json"]
                    say(paint(DIM, delta["partial_json"]), end="")
            elif kind == "content_block_stop":
                block = message["content"][event["index"]]
                if block["type"] == "tool_use":
                    block["input"] = json.loads(partial_json or "{}")
                say("")
            elif kind == "message_delta":
                message.update(event["delta"])
                message["usage"].update(event["usage"])
            elif kind == "error":
                sys.exit(paint(RED, f"The stream broke: {event['error']['message']}"))
    return message


def text_of(message):
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


# --- What the agent does -----------------------------------------------------------------------------------------------

WEATHER_TOOL = {
    "name": "get_weather",
    "description": "Get the current weather for a location.",
    "input_schema": {
        "type": "object",
        "properties": {"location": {"type": "string", "description": "City name"}},
        "required": ["location"],
    },
}
WEATHER = {"Paris": "Sunny, 22 °C", "Oslo": "Light snow, −3 °C", "Tokyo": "Clear, 17 °C"}


def tool_loop():
    """Claude asks for the weather of three cities at once; the loop ends when it has no more questions."""
    question = "What's the weather in Paris, Oslo and Tokyo?"
    ask(question)
    messages = [{"role": "user", "content": question}]
    while True:
        message = stream({"tools": [WEATHER_TOOL], "messages": messages})
        if message["stop_reason"] != "tool_use":
            return
        messages.append({"role": "assistant", "content": message["content"]})
        results = []
        for block in message["content"]:
            if block["type"] == "tool_use":
                time.sleep(0.15)
                results.append({
                    "type": "tool_result",
                    "tool_use_id": block["id"],
                    "content": WEATHER.get(block["input"]["location"], "Unknown"),
                })
        messages.append({"role": "user", "content": results})


def think_aloud():
    question = "Why is a rainbow an arc, and why do its colours come in that order?"
    ask(question)
    stream({
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "messages": [{"role": "user", "content": question}],
    })


def be_patient():
    """The simulated API is told, in a header of its own, to be too busy the first time."""
    question = "What is the speed of light?"
    ask(question)
    message = create({"system": "Answer in one sentence.", "messages": [{"role": "user", "content": question}]},
                     x_sim=json.dumps({"fail": [429], "retry_after": 1}))
    say(paint(GREEN, "Claude: ") + text_of(message))


def draw_landscape(width=240, height=150):
    """A PNG of a sun over a hill."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            hill = height * 0.95 - (height * 0.4) * (1 - ((x - width * 0.45) / (width * 0.75)) ** 2)
            if y > hill:
                colour = (64, 140 - (y * 40) // height, 72)
            elif (x - width * 0.75) ** 2 + (y - height * 0.28) ** 2 < (height * 0.14) ** 2:
                colour = (250, 210, 70)
            else:
                colour = (110 + (y * 90) // height, 175 + (y * 50) // height, 235)
            rows.extend(colour)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 9))
            + chunk(b"IEND", b""))


def look_at_picture():
    question = "What's in this image?"
    ask(question)
    message = create({"messages": [{"role": "user", "content": [
        {"type": "text", "text": question},
        {"type": "image", "source": {
            "type": "base64",
            "media_type": "image/png",
            "data": base64.b64encode(draw_landscape()).decode(),
        }},
    ]}]})
    say(paint(GREEN, "Claude: ") + text_of(message))


def handbook():
    """A system prompt long enough to be worth caching."""
    places = ["Tokyo", "Kyoto", "Osaka", "Nara", "Hakone", "Nikkō", "Kanazawa", "Hiroshima", "Sapporo", "Sendai", "Kobe"]
    chapters = [
        f"## {place}\n"
        f"When a guest asks about {place}, name three sights and one quiet corner that most people miss. Say how to get "
        "there by train from the last place that was mentioned, with the time it takes, and which pass covers the ride. "
        "Recommend one dish of the region, where the locals eat it, and what a vegetarian can order instead. Mention "
        "the season only if it changes the plan. Never recommend a taxi where a train goes."
        for place in places]
    now = datetime.datetime.now().isoformat(timespec="seconds")
    return f"# Handbook of the travel desk, as of {now}\n\n" + "\n\n".join(chapters)


def use_the_cache():
    """The same long system prompt twice: written to the cache by the first call, read from it by the second."""
    system = [{"type": "text", "text": handbook(), "cache_control": {"type": "ephemeral"}}]
    messages = []
    for question in ("Tell me more about Kyoto.", "What about street food in Osaka?"):
        ask(question)
        messages.append({"role": "user", "content": question})
        message = create({"system": system, "messages": messages})
        messages.append({"role": "assistant", "content": text_of(message)})
        usage = message["usage"]
        say(paint(GREEN, "Claude: ") + text_of(message))
        say(paint(DIM, f"cache: {usage['cache_creation_input_tokens']} tokens written, "
                       f"{usage['cache_read_input_tokens']} read"))


def main():
    steps = [
        ("A tool, three times at once", tool_loop),
        ("Thinking while it streams", think_aloud),
        ("A busy moment", be_patient),
        ("A picture", look_at_picture),
        ("A long prompt, cached", use_the_cache),
    ]
    for number, (text, step) in enumerate(steps, 1):
        title(number, text)
        step()
    say("\n" + paint(BOLD, "Done."))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
