# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that knows nothing of Smello: two calls, one streamed, one to a service of this computer (its argument), a log
record, and an exception that nobody catches."""
import logging
import sys

import anthropic
import requests

log = logging.getLogger("shop.stock")
client = anthropic.Anthropic()
messages = [{"role": "user", "content": "Where do swallows winter?"}]
answer = client.messages.create(model="claude-sonnet-4-5-20250929", max_tokens=100, messages=messages)
log.warning("asked for %s", "pears", extra={"order": 7})
messages += [{"role": "assistant", "content": answer.content[0].text}, {"role": "user", "content": "And storks?"}]
with client.messages.stream(model="claude-sonnet-4-5-20250929", max_tokens=100, messages=messages) as stream:
    print("".join(stream.text_stream))
requests.post(sys.argv[1], json={"item": "pear", "api_key": "sk-ant-api03-" + "Zq3" * 20})


def take(item):
    stock = {"apple": 3}
    return stock[item]  # the line that fails


take("pear")
