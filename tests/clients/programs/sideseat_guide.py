# SPDX-License-Identifier: GPL-3.0-or-later
"""SideSeat's guide for Anthropic: related calls under one root span, with a session and a user; the last one streamed."""
import anthropic
from sideseat import Frameworks, SideSeat

client = SideSeat(framework=Frameworks.Anthropic)
anthropic_client = anthropic.Anthropic()
with client.trace("geography-chat", session_id="sess-abc", user_id="user-123"):
    messages = []
    for question in ("What is the capital of France?", "What about Germany?"):
        messages.append({"role": "user", "content": question})
        response = anthropic_client.messages.create(model="claude-sonnet-4-5-20250929", max_tokens=1024,
                                                    messages=messages)
        messages.append({"role": "assistant", "content": response.content[0].text})
    messages.append({"role": "user", "content": "Which city has a larger population?"})
    with anthropic_client.messages.stream(model="claude-sonnet-4-5-20250929", max_tokens=1024,
                                          messages=messages) as stream:
        print("".join(stream.text_stream))
