# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the Messages API for the tests: standard library only, as an SDK would speak."""
import json
import os
import urllib.request

URL = "https://api.anthropic.com/v1/messages"


def ask(messages, headers=None, model="claude-sonnet-4-5-20250929", key="sk-ant-test-key-1111", **more):
    body = json.dumps({"model": model, "max_tokens": 1024, "messages": messages, **more}).encode()
    return send(body, headers, key)


def send(body, headers=None, key="sk-ant-test-key-1111", url=URL):
    request = urllib.request.Request(url, data=body, headers={
        "content-type": "application/json", "x-api-key": key, "anthropic-version": "2023-06-01",
        "x-stainless-retry-count": "0", "x-stainless-lang": "python", "user-agent": "Anthropic/Python 0.121.0",
        **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def text(answer):
    return "".join(block.get("text", "") for block in answer["content"])


def chat(*turns, headers=None):
    """A conversation of several turns; returns its messages."""
    messages = []
    for turn in turns:
        messages.append({"role": "user", "content": turn})
        messages.append({"role": "assistant", "content": text(ask(messages, headers))})
    return messages
