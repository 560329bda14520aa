# SPDX-License-Identifier: GPL-3.0-or-later
"""With SideSeat: a call that is answered at the second attempt, one that is refused, and the exception that it ends by."""
import anthropic
from sideseat import Frameworks, SideSeat

client = SideSeat(framework=Frameworks.Anthropic)
anthropic_client = anthropic.Anthropic(max_retries=1)


def ask(question, fail):
    steering = f'[[sim: {{"fail": {fail}, "retry_after_ms": 1}}]]'
    anthropic_client.messages.create(model="claude-sonnet-4-5-20250929", max_tokens=64,
                                     messages=[{"role": "user", "content": f"{question} {steering}"}])


with client.trace("failing"):
    ask("What is the capital of France?", "[529]")
    ask("What about Germany?", "[400]")
