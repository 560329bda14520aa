# SPDX-License-Identifier: GPL-3.0-or-later
# SideSeat's Anthropic guide, tool use, without its SideSeat lines.
import anthropic

anthropic_client = anthropic.Anthropic()

tools = [{
    "name": "get_weather",
    "description": "Get the current weather for a location.",
    "input_schema": {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "City name"}
        },
        "required": ["location"],
    },
}]

# Step 1: model requests a tool call
messages = [{"role": "user", "content": "What's the weather in Paris?"}]
message = anthropic_client.messages.create(
    model="claude-sonnet-4-5-20250929",
    system="Use tools when available.",
    max_tokens=1024,
    tools=tools,
    messages=messages,
)
messages.append({"role": "assistant", "content": message.content})

# Step 2: return the tool result
tool_use = next(b for b in message.content if b.type == "tool_use")
messages.append({
    "role": "user",
    "content": [{"type": "tool_result", "tool_use_id": tool_use.id, "content": "Sunny, 22C"}],
})

# Step 3: model produces the final answer
message = anthropic_client.messages.create(
    model="claude-sonnet-4-5-20250929",
    system="Use tools when available.",
    max_tokens=1024,
    tools=tools,
    messages=messages,
)
