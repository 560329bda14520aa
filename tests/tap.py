# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest TAP producer: `check(name)` marks a function as a test, `main()` runs them all in order.

A test fails by raising (assert). It is skipped by raising Skip with the reason.
"""
import atexit
import faulthandler
import os
import sys
import traceback

_tests = []
_status = None  # of the process, once main() has begun


class Skip(Exception):
    pass


def check(name):
    def register(function):
        _tests.append((name, function))
        return function
    return register


def _died(*what):
    global _status
    _status = 1
    sys.__excepthook__(*what)


@atexit.register
def _leave():
    """Ends without the interpreter's last steps: Python 3.11 can crash when a daemon thread wakes up in them."""
    if _status is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_status)


def main():
    global _status
    _status = 1
    sys.excepthook = _died
    faulthandler.enable()
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
    _status = 1 if failed else 0
    sys.exit(_status)
