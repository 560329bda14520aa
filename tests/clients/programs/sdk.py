# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs do with the Anthropic SDK for Python, by name: sdk.py NAME. Prints what the program gets."""
import asyncio
import base64
import json
import sys

import anthropic

MODEL = "claude-sonnet-5-5"
TOOL = {
    "name": "get_weather",
    "description": "Get the current weather for a location.",
    "input_schema": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
}
client = anthropic.Anthropic()


def ask(text, **more):
    return {"model": MODEL, "max_tokens": 1024, "messages": [{"role": "user", "content": text}], **more}


def show(message):
    for block in message.content:
        if block.type == "thinking":
            print("thinking:", block.thinking, block.signature)
        elif block.type == "tool_use":
            print("tool:", block.name, json.dumps(block.input))
        else:
            print("text:", block.text)
    print(message.stop_reason, message.usage.input_tokens, message.usage.output_tokens, flush=True)


def create():
    show(client.messages.create(**ask("What is the speed of light?", system="Answer in one sentence.")))


def stream():
    with client.messages.stream(**ask("Tell me more about Kyoto.")) as events:
        for text in events.text_stream:
            print(text, end="|")
        show(events.get_final_message())


def stream_raw():
    for event in client.messages.create(**ask("What is the boiling point of water?", stream=True)):
        print(event.type)


def thinking():
    with client.messages.stream(**ask("What is 27 * 453?", max_tokens=16000,
                                      thinking={"type": "enabled", "budget_tokens": 10000})) as events:
        show(events.get_final_message())


def tools():
    messages = [{"role": "user", "content": "What's the weather in Paris and Tokyo?"}]
    while True:
        with client.messages.stream(model=MODEL, max_tokens=1024, tools=[TOOL], messages=messages) as events:
            message = events.get_final_message()
        show(message)
        if message.stop_reason != "tool_use":
            return
        messages.append({"role": "assistant", "content": message.content})
        messages.append({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": block.id, "content": "Sunny in " + block.input["location"]}
            for block in message.content if block.type == "tool_use"]})


def image():
    with open("image.jpg", "rb") as file:
        data = base64.b64encode(file.read()).decode()
    show(client.messages.create(**ask([
        {"type": "text", "text": "What's in this image?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": data}}])))


def turns():
    messages = []
    for question in ("What is the capital of France?", "What about Germany?", "Which city has a larger population?"):
        messages.append({"role": "user", "content": question})
        message = client.messages.create(model=MODEL, max_tokens=1024, messages=messages)
        show(message)
        messages.append({"role": "assistant", "content": message.content})


def retry():
    show(client.messages.create(**ask('Hello [[sim: {"fail": [429, 529], "retry_after_ms": 30}]]')))


def refused():
    try:
        client.messages.create(**ask('Hello [[sim: {"fail": [400], "error_message": "no"}]]'))
    except anthropic.BadRequestError as error:
        print(error.status_code, error.body["error"]["message"])


def error_in_stream():
    try:
        for event in client.messages.create(**ask('Kyoto [[sim: {"error_after_events": 6}]]', stream=True)):
            print(event.type)
    except anthropic.APIStatusError as error:
        print("error:", error.body["error"]["type"])


def cut_stream():
    try:
        for event in client.messages.create(**ask('Kyoto [[sim: {"cut_after_events": 6}]]', stream=True)):
            print(event.type)
    except Exception as error:
        print("cut:", "." in str(type(error)))


def cache():
    system = [{"type": "text", "text": "Remember this sentence well. " * 200, "cache_control": {"type": "ephemeral"}}]
    for question in ("Hello", "Tell me more about Kyoto."):
        usage = client.messages.create(**ask(question, system=system)).usage
        print(usage.cache_creation_input_tokens, usage.cache_read_input_tokens)


def encodings():
    for encoding in ("gzip", "deflate"):
        with client.messages.stream(**ask("Kyoto"), extra_headers={"x-sim": f'{{"encoding": "{encoding}"}}'}) as events:
            show(events.get_final_message())


def count():
    request = ask("What is the capital of France?")
    del request["max_tokens"]
    print(client.messages.count_tokens(**request).input_tokens)
    print([model.id for model in client.models.list()])


def batch():
    made = client.messages.batches.create(requests=[
        {"custom_id": f"r{n}", "params": ask(f"What is {n} * 10?")} for n in (1, 2)])
    print(client.messages.batches.retrieve(made.id).processing_status)
    for line in client.messages.batches.results(made.id):
        print(line.custom_id, line.result.message.content[0].text)


def file():
    made = (client.files if hasattr(client, "files") else client.beta.files).upload(file=("a.txt", b"hello", "text/plain"))
    print(made.filename, made.size_bytes)


def equal():
    """Streamed or not, the message is the same but for its identifiers."""
    for request in (ask("Tell me more about Kyoto."), ask("What's the weather in Paris and Tokyo?", tools=[TOOL]),
                    ask("What is 27 * 453?", max_tokens=16000, thinking={"type": "enabled", "budget_tokens": 10000})):
        whole = client.messages.create(**request)
        with client.messages.stream(**request) as events:
            streamed = events.get_final_message()
        messages = [{name: value for name, value in message.to_dict().items() if name != "id" and value is not None}
                    for message in (whole, streamed)]
        for message in messages:
            for block in message["content"]:
                block.pop("id", None)
                block.pop("parsed_output", None)
        assert messages[0] == messages[1], messages
    print("equal")


def in_parallel():
    async def main():
        async_client = anthropic.AsyncAnthropic()

        async def one(n):
            async with async_client.messages.stream(**ask(f"What is {n} * 10?")) as events:
                return await events.get_final_message()
        for message in await asyncio.gather(*[one(n) for n in range(1, 7)]):
            show(message)
        show(await async_client.messages.create(**ask("Hello")))
    asyncio.run(main())


globals()[sys.argv[1]]()
