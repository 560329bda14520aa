# SPDX-License-Identifier: GPL-3.0-or-later
# SideSeat's Anthropic guide, extended thinking, without its SideSeat lines.
import anthropic

anthropic_client = anthropic.Anthropic()

message = anthropic_client.messages.create(
    model="claude-sonnet-4-5-20250929",
    max_tokens=16000,
    thinking={"type": "enabled", "budget_tokens": 10000},
    messages=[{"role": "user", "content": "What is 27 * 453?"}],
)

for block in message.content:
    if block.type == "thinking":
        print(f"Thinking: {block.thinking}")
    elif block.type == "text":
        print(f"Answer: {block.text}")
