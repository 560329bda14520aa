# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that knows nothing of Overhear: client.py MODEL KIND… makes a call for each kind, then exits.

Kinds: plain, stream, fail, sleep (until killed), hello (prints in colour and reads a line), exit3.
"""
import json
import sys
import time
import urllib.error
import urllib.request


def call(model, **more):
    body = json.dumps({"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "Say it"}], **more})
    request = urllib.request.Request("https://api.anthropic.com/v1/messages", body.encode(), {
        "content-type": "application/json", "x-api-key": "sk-ant-of-the-window", "anthropic-version": "2023-06-01"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.read()


model = sys.argv[1]
for kind in sys.argv[2:]:
    if kind == "stream":
        call(model, stream=True)
    elif kind == "fail":
        call(model, fail=True)
    elif kind == "plain":
        call(model)
    elif kind == "sleep":
        print("sleeping", flush=True)
        time.sleep(600)
    elif kind == "hello":
        print("\033[32mgreen words\033[0m", flush=True)
        print("heard:", input(), flush=True)
    elif kind == "exit3":
        sys.exit(3)
