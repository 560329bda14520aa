# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams of every documented shape, made at random, are read by the real SDK and by Overhear: both must have the same
message. OH_STREAMS says how many, OH_STREAMS_FIRST which."""
import base64
import json
import os
import pathlib
import random
import subprocess

import packages
from streams import shapes
from tap import check, main

HERE = pathlib.Path(__file__).parent
READER = os.environ["OH_STREAM_READER"]
COUNT, FIRST = int(os.environ.get("OH_STREAMS", 150)), int(os.environ.get("OH_STREAMS_FIRST", 0))


def joined(value):
    """Halves of characters that came one after the other are one."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if isinstance(value, list):
        return [joined(item) for item in value]
    return {joined(key): joined(item) for key, item in value.items()} if isinstance(value, dict) else value


def run(command, lines):
    done = subprocess.run(command, input="".join(json.dumps(line) + "\n" for line in lines), capture_output=True,
                          encoding="utf-8", timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.split("\n")[:-1]]


def compare(stream, sdk, ours):
    message = sdk["message"]
    if message is None:
        assert ours["blocks"] == [], ours
        return
    blocks = [{key: value for key, value in block.items() if key != "parsed_output"} for block in message["content"]]
    for block, mine in zip(blocks, ours["blocks"]):
        if block["type"] == "compaction" and block.get("encrypted_content") is None:
            mine.setdefault("encrypted_content", block.get("encrypted_content"))
            block.setdefault("encrypted_content", None)
        if isinstance(mine.get("input"), str):
            mine["input"] = ours["partial"].pop(0)
        assert joined(block) == joined(mine), f"the SDK has {block!r}, Overhear {mine!r}"
    assert len(blocks) == len(ours["blocks"]), (blocks, ours["blocks"])
    usage = message["usage"]
    usage |= (usage.get("server_tool_use") or {}) | (usage.get("output_tokens_details") or {})
    assert (message["id"], message["model"], message["stop_reason"]) == (ours["id"], ours["model"], ours["stop_reason"]), ours
    for name, mine in ours["usage"].items():
        said = usage.get(name)
        assert said == mine or (said is None and mine in (None, 0)), f"{name}: the SDK has {said!r}, Overhear {mine!r}"
    if stream.ends == "error":
        # A sentence of ours shows a sign for what no text holds.
        said = {"from": "stream"} | {key: joined(text).replace("\0", "\ufffd") for key, text in sdk["error"].items()}
        assert said == ours["error"], (said, ours["error"])
    assert ours["complete"] == (stream.ends == "whole"), ours
    assert bool([said for said in ours["problems"] if "ended before" in said]) == (stream.ends == "cut"), ours["problems"]


def compare_all(requirements):
    python = packages.python(requirements)
    streams = [shapes.stream(seed, random.Random(seed)) for seed in range(FIRST, FIRST + COUNT)]
    ours = run([READER], [{"data": base64.b64encode(s.data).decode(), "seed": s.seed} for s in streams])
    partial = [[block["input"] for block in one["blocks"] if isinstance(block.get("input"), str)] for one in ours]
    asked = [{"data": base64.b64encode(s.plain).decode(), "seed": s.seed} for s in streams]
    said = run([python, HERE / "streams" / "oracle.py"], asked + [{"partial": texts} for texts in partial])
    assert len(ours) == len(streams) and len(said) == 2 * len(streams), (len(ours), len(said))
    wrong = []
    for stream, sdk, mine, texts in zip(streams, said, ours, said[len(streams):]):
        try:
            compare(stream, sdk, mine | {"partial": texts})
        except AssertionError as error:
            wrong.append(f"stream {stream.seed} ({stream.ends}): {error}")
    assert not wrong, f"{len(wrong)} of {COUNT}:\n" + "\n".join(wrong[:5])


SDKS = {"the newest pinned SDK": "requirements.txt", "the last SDK of 0.x": "requirements-2023.txt",
        "today's SDK": "requirements-newest.txt"}
for label, requirements in SDKS.items():
    @check(f"{COUNT} streams as {label} reads them")
    def test(requirements=requirements):
        compare_all(requirements)
main()
