# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev bench [PART…] [--seconds N] [--json FILE]`: measures Overhear beside its peers in one run on one machine.

Parts: relay (throughput, tunnels, delays against mitmdump, Squid and the direct connection), store (disk, ingest, reads),
search, window, memory, desktop (what the switch adds to new connections). Each measures what tests/bench/*.py of that name
offers; a table with the targets ends the run.
"""
import argparse
import importlib.util
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent


def load(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"part_{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    known = sorted(path.stem.removeprefix("part_") for path in HERE.glob("part_*.py"))
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*", choices=[[], *known], default=[], metavar="PART")
    parser.add_argument("--seconds", type=float, default=4, help="for each measurement (4)")
    parser.add_argument("--json", default=None, help="also write the rows there")
    options = parser.parse_args()
    sys.path.insert(0, str(HERE))
    rows = []
    for part in options.parts or known:
        print(f"measuring: {part}", flush=True)
        rows += load(part).measure(pathlib.Path(options.build).resolve(), options.seconds)
    width = max(len(row["what"]) for row in rows)
    print(f"\n{'what':{width}}  {'measured':>28}  {'target':>24}")
    for row in rows:
        verdict = "" if row.get("met") is None else "  reached" if row["met"] else "  MISSED"
        print(f"{row['what']:{width}}  {row['measured']:>28}  {row.get('target', ''):>24}{verdict}")
    path = options.json or pathlib.Path(options.build) / "bench.json"
    pathlib.Path(path).write_text(json.dumps(rows, indent=1) + "\n")
    missed = [row["what"] for row in rows if row.get("met") is False]
    print(f"\n{path} has these rows as JSON.")
    print("Every target is reached." if not missed else "Missed: " + "; ".join(missed) + ".")


main()
