# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest TAP producer: `check(name)` marks a function as a test, `main()` runs them all in order.

A test fails by raising (assert). It is skipped by raising Skip with the reason.
"""
import sys
import traceback

_tests = []


class Skip(Exception):
    pass


def check(name):
    def register(function):
        _tests.append((name, function))
        return function
    return register


def main():
    only = sys.argv[1:]
    chosen = [(n, f) for n, f in _tests if not only or any(o in n for o in only)]
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(chosen, 1):
        try:
            function()
            print(f"ok {number} - {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except BaseException as error:
            failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}", flush=True)
            print(f"not ok {number} - {name}", flush=True)
            if isinstance(error, KeyboardInterrupt):
                raise
    sys.exit(1 if failed else 0)
