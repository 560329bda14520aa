# SPDX-License-Identifier: GPL-3.0-or-later
"""Names its calls: named.py before|inside|async|openai, by when and how it gets its SDK."""
import asyncio
import os
import sys

import overhear

REQUEST = {"model": "claude-sonnet-5-5", "max_tokens": 1024,
           "messages": [{"role": "user", "content": "What is the capital of France?"}]}
how = sys.argv[1]


async def ask():
    async with overhear.trace("named"), anthropic.AsyncAnthropic() as client:
        print((await client.messages.create(**REQUEST)).stop_reason)


if how == "openai":
    import openai
    client = openai.OpenAI(api_key=os.environ["ANTHROPIC_API_KEY"], base_url="https://api.anthropic.com/openai")
    with overhear.trace("named"):
        try:
            client.chat.completions.create(model="x", messages=[{"role": "user", "content": "Hello"}])
        except openai.NotFoundError as error:
            print(error.status_code)
elif how == "async":
    import anthropic
    asyncio.run(ask())
elif how == "before":
    import anthropic
    client = anthropic.Anthropic()
    with overhear.trace("named"):
        print(client.messages.create(**REQUEST).stop_reason)
else:
    with overhear.trace("named"):
        import anthropic
        print(anthropic.Anthropic().messages.create(**REQUEST).stop_reason)
