# SPDX-License-Identifier: GPL-3.0-or-later
# SideSeat's Anthropic guide, "trip-planning" and "food-recommendations", word for word.
from sideseat import SideSeat, Frameworks
import anthropic

client = SideSeat(framework=Frameworks.Anthropic)
anthropic_client = anthropic.Anthropic()

session_id = "sess-abc"
user_id = "user-123"

# Trace 1: Trip planning
with client.trace("trip-planning", session_id=session_id, user_id=user_id):
    messages = []
    messages.append({"role": "user", "content": "Plan a 5-day trip to Japan."})
    response = anthropic_client.messages.create(
        model="claude-sonnet-4-5-20250929", max_tokens=1024, messages=messages,
    )
    messages.append({"role": "assistant", "content": response.content[0].text})

    messages.append({"role": "user", "content": "Tell me more about Kyoto."})
    response = anthropic_client.messages.create(
        model="claude-sonnet-4-5-20250929", max_tokens=1024, messages=messages,
    )

# Trace 2: Food recommendations (fresh conversation, same session)
with client.trace("food-recommendations", session_id=session_id, user_id=user_id):
    messages = []
    messages.append({"role": "user", "content": "What are the must-try dishes in Tokyo?"})
    response = anthropic_client.messages.create(
        model="claude-sonnet-4-5-20250929", max_tokens=1024, messages=messages,
    )
    messages.append({"role": "assistant", "content": response.content[0].text})

    messages.append({"role": "user", "content": "What about street food in Osaka?"})
    response = anthropic_client.messages.create(
        model="claude-sonnet-4-5-20250929", max_tokens=1024, messages=messages,
    )
