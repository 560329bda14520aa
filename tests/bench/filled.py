# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases for benchmarks, made once by bench-fill and kept in the build folder: a million exchanges take minutes."""
import shutil
import subprocess


def folder(build, what):
    """@what: what bench-fill is told: a number, "thread", "body"."""
    filler = build / "tests/bench/bench-fill"
    made = build / "bench-data" / str(what)
    done = made / "done"
    # Made by an older one, it may be something else.
    if done.exists() and done.stat().st_mtime >= filler.stat().st_mtime:
        return made
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    print(f"  filling a database: {what}", flush=True)
    subprocess.run([filler, made, str(what)], check=True)
    done.touch()
    return made
