# SPDX-License-Identifier: GPL-3.0-or-later
# SideSeat's Anthropic guide, the first example, without its two SideSeat lines.
import anthropic

client = anthropic.Anthropic()
message = client.messages.create(
    model="claude-sonnet-4-5-20250929",
    system="Answer in one sentence.",
    max_tokens=1024,
    messages=[{"role": "user", "content": "What is the speed of light?"}],
)
print(message.content[0].text)
