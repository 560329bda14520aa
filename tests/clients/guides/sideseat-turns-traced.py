# SPDX-License-Identifier: GPL-3.0-or-later
# SideSeat's Anthropic guide, "geography-chat", word for word.
from sideseat import SideSeat, Frameworks
import anthropic

client = SideSeat(framework=Frameworks.Anthropic)
anthropic_client = anthropic.Anthropic()

with client.trace("geography-chat"):
    messages = []

    # Turn 1
    messages.append({"role": "user", "content": "What is the capital of France?"})
    response = anthropic_client.messages.create(
        model="claude-sonnet-4-5-20250929", max_tokens=1024, messages=messages,
    )
    messages.append({"role": "assistant", "content": response.content[0].text})

    # Turn 2 — follows up on the previous answer
    messages.append({"role": "user", "content": "What about Germany?"})
    response = anthropic_client.messages.create(
        model="claude-sonnet-4-5-20250929", max_tokens=1024, messages=messages,
    )
    messages.append({"role": "assistant", "content": response.content[0].text})

    # Turn 3
    messages.append({"role": "user", "content": "Which city has a larger population?"})
    response = anthropic_client.messages.create(
        model="claude-sonnet-4-5-20250929", max_tokens=1024, messages=messages,
    )
