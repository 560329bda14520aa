# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases for benchmarks, made by bench-fill: a million exchanges take minutes, so each is made once for all build folders,
and kept in the user's cache until what it is made by changes. Benchmarks add to theirs: a build folder has a copy."""
import hashlib
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent
# What decides what is in them: what is said, in which tables, and how it is indexed.
MADE_BY = [HERE / "fill.c", HERE.parent / "store/schema.sql", HERE.parent / "store/fixture.c",
           *sorted((HERE.parents[1] / "src/store").glob("oh-store-search-index*.c"))]


def folder(build, what, cache=None):
    """@what: what bench-fill is told: a number, "thread", "body", "trace"."""
    key = hashlib.sha256(b"".join(path.read_bytes() for path in MADE_BY)).hexdigest()[:16]
    kept = pathlib.Path(cache or os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "overhear-bench" / str(what)
    made = build / "bench-data" / str(what)
    if read(made / "made-by") == key:
        return made
    if read(kept / "made-by") != key:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        print(f"  filling a database: {what}", flush=True)
        subprocess.run([build / "tests/bench/bench-fill", kept, str(what)], check=True)
        (kept / "made-by").write_text(key)
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(kept, made)
    return made


def read(path):
    return path.read_text() if path.exists() else None
