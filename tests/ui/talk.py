# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that asks three questions in one conversation."""
import json
import urllib.request

messages = []
for question in ("First question", "Second question", "Third question"):
    messages.append({"role": "user", "content": question})
    body = json.dumps({"model": "claude-talk-1", "max_tokens": 64, "messages": messages})
    request = urllib.request.Request("https://api.anthropic.com/v1/messages", body.encode(), {
        "content-type": "application/json", "x-api-key": "sk-ant-of-the-talk", "anthropic-version": "2023-06-01"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        messages.append({"role": "assistant", "content": json.load(answer)["content"]})
