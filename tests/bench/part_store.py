# SPDX-License-Identifier: GPL-3.0-or-later
"""Store: how fast exchanges are written, what they take on disk, how long a commit and reading take."""
import json
import os
import re
import subprocess

EXCHANGES = 100000
# What tests/store/test-session prints, and DESIGN.md's targets for it.
SESSION = (
    (r"in ([0-9.]+) MB of disk", "280 turns of an agent on disk, 129 MB of bodies", "MB", 2.5),
    (r"a read takes ([0-9.]+) ms", "reading one of its bodies, mean", "ms", 20),
)


def measure(build, seconds):
    done = subprocess.run([build / "tests/store/bench-store", str(EXCHANGES)], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"bench-store: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    rows = []

    def add(what, value, unit, target=None, digits=1):
        rows.append({"what": what, "measured": f"{value:.{digits}f} {unit}", "value": value,
                     "target": f"≤ {target} {unit}" if target else "", "met": value <= target if target else None})

    rows.append({"what": f"ingest of {EXCHANGES} small exchanges", "measured": f"{result['per_second']:.0f} a second",
                 "value": result["per_second"], "target": "", "met": None})
    rows.append({"what": "ingest of a 1 GB body that nothing makes smaller",
                 "measured": f"{result['large_body_mb_per_second']:.0f} MB a second",
                 "value": result["large_body_mb_per_second"], "target": "", "met": None})
    add("disk of a small exchange", result["disk_bytes_each"], "bytes", digits=0)
    # Late releases begin at 20 ms.
    add("commit of one exchange, p99", result["commit_ms_p99"], "ms", 20, 2)
    add(f"opening the store with {EXCHANGES} exchanges", result["open_ms"], "ms", digits=2)
    add(f"ids of all {EXCHANGES} exchanges", result["find_all_ms"], "ms")
    add("a page of 100 rows, best", result["rows_100_ms"], "ms", 16, 3)
    rows += measure_session(build)
    return rows


def measure_session(build):
    """The store's own test makes 280 turns of an agent, and says what they take."""
    done = subprocess.run([build / "tests/store/test-session", "--tap", "--verbose"], capture_output=True, text=True,
                          timeout=600, env={**os.environ, "G_TEST_SRCDIR": ""})
    if done.returncode != 0:
        raise RuntimeError(f"test-session: {done.stdout[-2000:]}")
    rows = []
    for pattern, what, unit, target in SESSION:
        found = re.search(pattern, done.stdout)
        if found:
            value = float(found.group(1))
            rows.append({"what": what, "measured": f"{value:.2f} {unit}", "value": value, "target": f"≤ {target} {unit}",
                         "met": value <= target})
    if len(rows) != len(SESSION):
        raise RuntimeError(f"test-session does not say what it took: {done.stdout[-2000:]}")
    return rows
