# SPDX-License-Identifier: GPL-3.0-or-later
# Smello's Anthropic guide, "debugging a tool-use loop". The loop is the guide's, word for word; what the guide leaves
# to the reader (imports, the tool, "process tool calls and continue...") is filled in.
import anthropic

tools = [{
    "name": "get_weather",
    "description": "Get the current weather for a location.",
    "input_schema": {
        "type": "object",
        "properties": {"location": {"type": "string", "description": "City name"}},
        "required": ["location"],
    },
}]

client = anthropic.Anthropic()
messages = [{"role": "user", "content": "What's the weather in Paris?"}]

while True:
    response = client.messages.create(
        model="claude-sonnet-4-5-20250929",
        messages=messages,
        tools=tools,
        max_tokens=1024,
    )
    if response.stop_reason == "end_turn":
        break
    # process tool calls and continue...
    messages.append({"role": "assistant", "content": response.content})
    messages.append({
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": block.id, "content": "Sunny, 22C"}
            for block in response.content if block.type == "tool_use"
        ],
    })
