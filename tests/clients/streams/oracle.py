# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real SDK makes of streams: reads them from standard input, one JSON line each with "data" in base64, and writes one
JSON line each. No connection is made: the SDK's HTTP client is given each answer as bytes, in pieces of its own."""
import base64
import json
import random
import sys

import anthropic
import jiter

try:
    import httpx2 as httpx
except ImportError:
    import httpx


class Pieces(httpx.SyncByteStream):
    def __init__(self, data, seed):
        self.data, self.random = data, random.Random(seed)

    def __iter__(self):
        at = 0
        while at < len(self.data):
            size = self.random.choice([1, 7, 100, 5000])
            yield self.data[at:at + size]
            at += size


def answer(request):
    return httpx.Response(200, headers={"content-type": "text/event-stream; charset=utf-8"}, stream=Pieces(*current))


current = b"", 0
client = anthropic.Anthropic(api_key="not-a-key", base_url="http://127.0.0.1:9", max_retries=0,
                             http_client=httpx.Client(transport=httpx.MockTransport(answer)))


def read(data, seed):
    global current
    current = data, seed
    error, message = None, None
    with client.beta.messages.stream(model="claude-sonnet-4-5", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]) as stream:
        try:
            for _ in stream:
                pass
        except anthropic.APIStatusError as problem:
            error = problem.body["error"]
        try:
            message = stream.current_message_snapshot.to_dict(mode="python")
        except AssertionError:
            pass
    return {"message": message, "error": error}


for line in sys.stdin:
    asked = json.loads(line)
    if "partial" in asked:
        # What the SDK makes of input that ended early.
        print(json.dumps([jiter.from_json(text.encode(), partial_mode=True) for text in asked["partial"]]), flush=True)
    else:
        print(json.dumps(read(base64.b64decode(asked["data"]), asked["seed"])), flush=True)
