# SPDX-License-Identifier: GPL-3.0-or-later
"""Window: how the real window opens, scrolls, filters and follows over a million exchanges, how it opens what is large,
and a plain list of strings beside it. Times come from the frame clock (window.c)."""
import json
import os
import shutil
import subprocess
import tempfile

import filled

ROWS = 1000000
RUNS = 3
FRAME_MS = 16.7


def drive(build, *arguments):
    """One window, on a display and a bus of its own."""
    runtime = tempfile.mkdtemp(prefix="overhear-bench-")
    environment = {**os.environ, "XDG_RUNTIME_DIR": runtime, "GSETTINGS_BACKEND": "memory", "GDK_BACKEND": "x11",
                   "GSETTINGS_SCHEMA_DIR": str(build / "data"), "GSK_RENDERER": "cairo"}
    # The clock starts where the program does: when the display and the bus are there.
    script = 'exec "$0" "$1" "$2" "$(python3 -c "import time; print(time.monotonic_ns() // 1000)")" "${@:3}"'
    try:
        done = subprocess.run(
            ["dbus-run-session", "--", "xvfb-run", "-a", "-s", "-screen 0 1280x800x24", "bash", "-c", script,
             build / "tests/bench/bench-window", *map(str, arguments)],
            env=environment, capture_output=True, text=True, timeout=600)
    finally:
        shutil.rmtree(runtime, ignore_errors=True)
    if done.returncode != 0:
        raise RuntimeError(f"bench-window {arguments}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def best(runs, *path):
    """The run in which a number is smallest: others had to share the machine. None if it never came in one of them."""
    def get(run):
        for name in path:
            run = run.get(name) if run is not None else None
        return run
    values = [get(run) for run in runs]
    return None if None in values else min(values)


def measure(build, seconds):
    filler = build / "tests/bench/bench-fill"
    data = filled.folder(build, ROWS)
    runs = [drive(build, "list", data, filler) for _ in range(RUNS)]
    peer = [drive(build, "strings", ROWS) for _ in range(RUNS)]
    threads = [drive(build, "thread", filled.folder(build, "thread")) for _ in range(RUNS)]
    bodies = [drive(build, "body", filled.folder(build, "body")) for _ in range(RUNS)]
    traces = [drive(build, "trace", filled.folder(build, "trace")) for _ in range(RUNS)]
    rows = []

    def add(what, value, target, words=None):
        if value is None or value < 0:
            words = "never came" if value is None else f"{value:.1f} ms: not a time"
        rows.append({"what": what, "measured": words or f"{value:.1f} ms", "value": value,
                     "target": "" if target is None else f"≤ {target} ms",
                     "met": None if target is None else value is not None and 0 <= value <= target})

    add(f"first rows of {ROWS} on screen (best of {RUNS})", best(runs, "first-rows"), 500,
        f"{best(runs, 'first-rows'):.0f} ms ({best(runs, 'first-rows-main-cpu'):.0f} CPU)")
    add("  a plain list of as many strings", best(peer, "first-rows"), None)
    for name, words in (("scrolling", "scrolling"), ("jumping", "jumping")):
        worst = best(runs, name, "worst-cpu")
        add(f"worst frame while {words}, main thread (wall)", worst, FRAME_MS,
            f"{worst:.1f} ms ({best(runs, name, 'worst'):.1f})")
        add("  a plain list of strings", best(peer, name, "worst-cpu"), None,
            f"{best(peer, name, 'worst-cpu'):.1f} ms ({best(peer, name, 'worst'):.1f})")
        add("  mean frame, against the plain list", best(runs, name, "mean-cpu"), None,
            f"{best(runs, name, 'mean-cpu'):.1f} ms, "
            f"{best(runs, name, 'mean-cpu') / best(peer, name, 'mean-cpu'):.2f} ×")
    for text in runs[0]["filters"]:
        wall = best(runs, "filters", text, "wall")
        add(f"filter “{text}”: to the first frame that shows it", wall, 50,
            f"{wall:.1f} ms ({best(runs, 'filters', text, 'cpu'):.1f} CPU)")
    for name, words in (("new-rows", "1,000 new rows a second, scrolled away"),
                        ("new-rows-followed", "1,000 new rows a second, followed")):
        moved = max(run[name]["moved"] for run in runs)
        add(f"{words}: frames in which the selection or the place moved", moved, 0, f"{moved:.0f}")
        add(f"{words}: worst frame, main thread (wall)", best(runs, name, "frames", "worst-cpu"), FRAME_MS,
            f"{best(runs, name, 'frames', 'worst-cpu'):.1f} ms ({best(runs, name, 'frames', 'worst'):.1f})")
    far = max(run["new-rows-followed"]["from-bottom"] for run in runs)
    add("1,000 new rows a second, followed: away from the newest at the end", far, 0, f"{far:.0f} px")
    add("100,000 messages, 200 MB: to the first screenful", best(threads, "open"), 300)
    add("  to all of it", best(threads, "whole"), None)
    add("  longest turn of the main loop", best(threads, "longest-turn"), FRAME_MS)
    add("a trace of 10,000 calls: until all of it is unfolded", best(traces, "open"), 500)
    add("  longest turn of the main loop", best(traces, "longest-turn"), FRAME_MS)
    add("  longest turn of the main loop while it is read again", best(traces, "longest-turn-again"), FRAME_MS)
    add("20 MB of JSON: to the first screenful", best(bodies, "open"), 300)
    add("20 MB of JSON: finding its last word", best(bodies, "find"), 300)
    add("  longest turn of the main loop", best(bodies, "longest-turn"), FRAME_MS)
    return rows
