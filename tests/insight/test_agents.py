# SPDX-License-Identifier: GPL-3.0-or-later
"""Random agents against a model of the API: what Overhear says of them, compared with what is true by construction.
`test_agents.py FIRST [LAST]` tries those seeds and nothing else; of a single one it keeps the captures in /tmp."""
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

import agents
from agents import ANY
from fixtures.sayings import tell
from tap import check, main

OVERHEAR = os.environ["OVERHEAR"]


def read(folder, path):
    """What Overhear says of the captures: rows by exchange, and the tools' spans."""
    environment = os.environ | {"OVERHEAR_DATA_DIR": f"{folder}/data", "XDG_RUNTIME_DIR": folder, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([OVERHEAR, "import", path], env=environment, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    database = sqlite3.connect(f"file:{folder}/data/overhear.db?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    rows = {row["id"]: row for row in database.execute(
        "SELECT p.*, t.session FROM place p LEFT JOIN trace t ON t.id = p.trace_id")}
    spans = database.execute("SELECT id, name, started_ns, ended_ns, exchange_id, result_exchange_id FROM span WHERE kind = 4")
    return rows, sorted((row["exchange_id"], row["id"].partition("\x1f")[0], row["name"], row["started_ns"], row["ended_ns"],
                         row["result_exchange_id"]) for row in spans)


def compare(world, rows, spans):
    """Each thing that is said wrongly, as a sentence."""
    for name, column, member in (("conversation", "thread_id", "thread"), ("trace", "trace_id", "trace"),
                                 ("call", "call_id", "first")):
        forth, back = {}, {}
        for call in world.calls:
            right, said = getattr(call, member), rows[call.id][column]
            if right is ANY:
                continue
            if right is None:
                if said:
                    yield f"{call.id}: {name} is {said}, right is none"
                continue
            other, known = forth.setdefault(id(right), (said, call.id)), back.setdefault(said, (id(right), call.id))
            if other[0] != said:
                yield f"{call.id}: {name} is {said}, right is that of {other[1]}, {other[0]}"
            elif known[0] != id(right):
                yield f"{call.id}: {name} is {said}, which is that of {known[1]}"
    for call in world.calls:
        row = rows[call.id]
        if call.parent is not ANY and row["parent_id"] != (call.parent.id if call.parent else 0):
            yield f"{call.id}: continues {row['parent_id']}, right is {call.parent and call.parent.id}"
        elif call.new is not ANY and row["new_from"] != call.new:
            yield f"{call.id}: new from message {row['new_from']}, right is {call.new}"
        if call.session is not ANY and row["session"] != call.session:
            yield f"{call.id}: session {row['session']}, right is {call.session}"
        said = (row["cache_verdict"], tell(row["cache_reason"]) or "")
        if call.cache is None and said[0] not in (None, "unknown"):
            yield f"{call.id}: cache {said}, right is nothing"
        elif isinstance(call.cache, list) and not any(said[0] == state and re.search(why, said[1]) for state, why in call.cache):
            yield f"{call.id}: cache {said}, right is {call.cache}"
    # When a tool of the API's own ran is told by a stream alone.
    spans = [span if not span[1].startswith("srv") else (*span[:3], 0, 0, span[5]) for span in spans]
    right = [(tool.asked.id, tool.key, tool.name, 0 if tool.server else tool.began, 0 if tool.server else tool.ended,
              tool.by.id if tool.by else 0) for tool in world.tools]
    for tool in sorted(set(right) ^ set(spans)):
        yield f"{tool[0]}: tool {tool} is {'missing' if tool in right else 'said'}"


def try_seed(seed, path=None):
    """@path: (nullable): keeps the captures there"""
    world = agents.World(seed)
    agents.populate(world)
    world.run()
    with tempfile.TemporaryDirectory(prefix="overhear-") as folder:
        os.chmod(folder, 0o700)
        path = path or f"{folder}/calls.jsonl"
        world.write(path)
        return world, list(compare(world, *read(folder, path)))


CAUSES = ("tools", "system prompt", "message", "tool_choice", "thinking", "effort", "format", "mcp_servers", "speed", "model",
          "ttl", "workspace", "image", "itations", "20 blocks", "expired", "not begun")
seen = {}


def register(seeds):
    @check(f"agents {seeds.start} to {seeds.stop - 1}: nothing is said that is not so")
    def test():
        wrong = []
        for seed in seeds:
            world, faults = try_seed(seed)
            wrong += [f"seed {seed}: {fault}" for fault in faults]
            for call in world.calls:
                for verdict in call.cache if isinstance(call.cache, list) else []:
                    seen[verdict] = seen.get(verdict, 0) + 1
        assert not wrong, "\n".join(wrong)


if len(sys.argv) > 1:
    tried = wrong = 0
    first, last = int(sys.argv[1]), int(sys.argv[-1])
    for number in range(first, last + 1):
        place, found = try_seed(number, f"/tmp/seed-{number}.jsonl" if len(sys.argv) == 2 else None)
        tried, wrong = tried + len(place.calls), wrong + len(found)
        for line in found:
            print(f"seed {number}: {line}")
    print(f"{tried} exchanges, {wrong} wrong")
    sys.exit(wrong > 0)
for start in range(1, 17, 4):
    register(range(start, start + 4))


@check("the agents met every verdict, and every cause of a loss")
def coverage():
    states, causes = {state for state, _ in seen}, " ".join(cause for _, cause in seen)
    assert states == {"off", "write", "hit", "partial", "miss"}, states
    assert not [cause for cause in CAUSES if cause not in causes], causes


main()
