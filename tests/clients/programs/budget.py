# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls until one is refused, with the Anthropic SDK for Python and its retries: budget.py create|stream. Prints what the
program gets."""
import sys

import anthropic

client = anthropic.Anthropic(max_retries=4)
ask = {"model": "claude-sonnet-4-5", "max_tokens": 1024, "messages": [{"role": "user", "content": "Hi"}]}
try:
    for _ in range(3):
        if sys.argv[1] == "create":
            message = client.messages.create(**ask)
        else:
            with client.messages.stream(**ask) as stream:
                message = stream.get_final_message()
        print(message.stop_reason)
except anthropic.APIStatusError as error:
    print(error.status_code, error.body["error"]["type"], error.body["error"]["message"])
