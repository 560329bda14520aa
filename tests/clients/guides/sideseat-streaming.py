# SPDX-License-Identifier: GPL-3.0-or-later
# SideSeat's Anthropic guide, streaming, without its SideSeat lines.
import anthropic

anthropic_client = anthropic.Anthropic()

with anthropic_client.messages.stream(
    model="claude-sonnet-4-5-20250929",
    system="Answer in one sentence.",
    max_tokens=1024,
    messages=[{"role": "user", "content": "What is the boiling point of water?"}],
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
