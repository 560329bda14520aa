# SPDX-License-Identifier: GPL-3.0-or-later
"""What test_search.py looks through: four calls of which three know the word “lighthouse”, and a console. Standard
library only; upstream.py answers it."""
import json
import sys
import urllib.request

LONG = "".join(f"Line {i} in a long report.\n" for i in range(600))
TALKS = [
    # Two in the request, none in the answer.
    ("claude-coast-1", [{"role": "user", "content": "Where is the lighthouse? The old Lighthouse."}], {}),
    # None.
    ("claude-inland-1", [{"role": "user", "content": "Where is the mill?"}], {}),
    # In thinking that is folded, in a tool's input, and far down in a text that is cut.
    ("claude-coast-2", [
        {"role": "user", "content": LONG + "The LIGHTHOUSE stands at the end.\n"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "x " * 200 + "a lighthouse, then", "signature": "c2ln"},
            {"type": "tool_use", "id": "toolu_01Coast", "name": "find_place", "input": {"name": "lighthouse"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01Coast", "content": "At the cape"}]},
    ], {"tools": [{"name": "find_place", "description": "Finds a place", "input_schema": {"type": "object"}}]}),
    # One, in a stream.
    ("claude-coast-3", [{"role": "user", "content": "Tell of the lighthouse"}], {"stream": True}),
]

for model, messages, more in TALKS:
    body = json.dumps({"model": model, "max_tokens": 64, "messages": messages, **more})
    request = urllib.request.Request("https://api.anthropic.com/v1/messages", body.encode(), {
        "content-type": "application/json", "x-api-key": "sk-ant-of-the-window", "anthropic-version": "2023-06-01",
        "x-harbour": "lighthouse" if more.get("stream") else "none"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()
print("the console says periwinkle", flush=True)
print("and on the other stream: periwinkle", file=sys.stderr, flush=True)
