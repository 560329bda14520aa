# SPDX-License-Identifier: GPL-3.0-or-later
"""A data folder with one file imported, and what Overhear says of it compared with what is right.

In "right", exchanges are named by their numbers:
  cost {id: dollars}, exact {id: bool}, total (dollars), sums {member of `costs`: number}
  cache {id: [verdict, expression that the reason matches]}
  threads, traces, sessions, calls: [[ids]], as far as they have more than one member or are listed
  parents {id: id}, new {id: index of the first new message}
  tools [{id, name, ms, result, asked, by}], as far as given, and no others; tools_count
  limits [[bucket, remaining]], findings [[kind, expression]], answer {id: blocks}
  error {id: [type, message]} (null: anything), said [[command], expression that its output matches]"""
import json
import os
import re
import sqlite3
import subprocess
import tempfile

from fixtures.sayings import tell

OVERHEAR = os.environ["OVERHEAR"]


class Desk:
    """A data folder of its own with one file imported."""

    def __init__(self, folder, path):
        self.environment = os.environ | {"OVERHEAR_DATA_DIR": f"{folder}/data", "XDG_RUNTIME_DIR": folder,
                                         "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        self.say("import", str(path))
        self.database = sqlite3.connect(f"file:{folder}/data/overhear.db?mode=ro", uri=True)

    def say(self, *words):
        done = subprocess.run([OVERHEAR, *words], env=self.environment, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def lines(self, *words):
        return [json.loads(line) for line in self.say(words[0], "--json", *words[1:]).splitlines()]

    def ask(self, sql, *values):
        return self.database.execute(sql, values).fetchall()

    def place(self, column):
        return {str(i): value for i, value in self.ask(f"SELECT id, {column} FROM place")}

    def groups(self, column):
        groups = {}
        for exchange, group in self.ask(f"SELECT p.id, {column} FROM place p LEFT JOIN trace t ON t.id = p.trace_id"
                                        f" WHERE {column} IS NOT NULL AND {column} <> 0 ORDER BY p.id"):
            groups.setdefault(group, []).append(exchange)
        return sorted(groups.values())

    def tools(self):
        found = []
        for (trace,) in self.ask("SELECT id FROM trace ORDER BY id"):
            for span in self.lines("traces", str(trace)):
                if span["kind"] == "tool":
                    found.append({"id": span["id"], "name": span["name"], "ms": span["duration_ms"],
                                  "result": span["result"], "asked": span["exchange"], "by": span["result_exchange"]})
        return found

    def show(self, exchange):
        return json.loads(self.say("show", "--json", exchange))


def same(got, right):
    assert got == right, f"said {got!r}, right is {right!r}"


def near(got, right):
    assert got is not None and abs(got - right) < 1e-9, f"said {got!r}, right is {right!r}"


def matches(got, expression):
    assert re.search(expression, got or ""), f"said {got!r}, right is {expression!r}"


def compare_groups(got, right):
    same([group for group in got if len(group) > 1 or group in right], right)


def compare_tools(got, right):
    same([{key: span[key] for key in wanted} for span, wanted in zip(got, right)] + got[len(right):], right)


def compare_findings(got, right):
    same(sorted(kind for kind, _ in got), sorted(kind for kind, _ in right))
    for kind, expression in right:
        assert any(kind == k and re.search(expression, text) for k, text in got), f"said {got!r}, right is {expression!r}"


def compare_error(got, right):
    error = got["error"] or {}
    for key, value in zip(("type", "message"), right):
        assert value is None or error.get(key) == value, f"said {error!r}, right is {right!r}"


def each(read, compare):
    """Compares what @read says of each exchange."""
    def run(desk, right):
        for exchange, value in right.items():
            compare(read(desk, exchange), value)
    return run


def get_sums(desk):
    sums = {}
    for line in desk.lines("costs"):
        for key, value in line.items():
            if isinstance(value, (int, float)):
                sums[key] = sums.get(key, 0) + value
    return sums


CHECKS = {
    "cost": each(lambda d, i: d.place("cost").get(i), near),
    "exact": each(lambda d, i: d.place("NOT cost_approximate").get(i), same),
    "total": lambda d, right: near(get_sums(d).get("cost"), right),
    "sums": lambda d, right: same({key: get_sums(d).get(key) for key in right}, right),
    "cache": each(lambda d, i: (d.place("cache_verdict").get(i), tell(d.place("cache_reason").get(i))),
                  lambda got, right: (same(got[0], right[0]), matches(got[1], right[1]))),
    "threads": lambda d, right: compare_groups(d.groups("p.thread_id"), right),
    "traces": lambda d, right: compare_groups(d.groups("p.trace_id"), right),
    "sessions": lambda d, right: compare_groups(d.groups("t.session"), right),
    "calls": lambda d, right: compare_groups(d.groups("p.call_id"), right),
    "parents": each(lambda d, i: d.place("parent_id").get(i), same),
    "new": each(lambda d, i: d.place("new_from").get(i), same),
    "tools": lambda d, right: compare_tools(d.tools(), right),
    "tools_count": lambda d, right: same(len(d.tools()), right),
    "limits": lambda d, right: same(sorted([line["bucket"], line["remaining"]] for line in d.lines("limits")), right),
    "findings": lambda d, right: compare_findings([(kind, tell(said)) for kind, said in d.ask("SELECT kind, saying FROM notice")], right),
    "answer": each(lambda d, i: [b for m in d.show(i)["messages"] if m["role"] == "assistant" for b in m["content"]], same),
    "error": each(lambda d, i: d.show(i), compare_error),
    "said": lambda d, right: matches(d.say(*right[0]), right[1]),
}


def compare(path, right):
    """Imports the file by itself; raises AssertionError for the first thing that is said wrongly."""
    with tempfile.TemporaryDirectory(prefix="overhear-") as folder:
        os.chmod(folder, 0o700)
        desk = Desk(folder, path)
        for key, value in right.items():
            CHECKS[key](desk, value)
