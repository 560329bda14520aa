#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds up the TAP subtests of meson's test logs and prints `N passed, N failed[, N skipped]`.

A program that crashed, timed out or printed no TAP counts as one failure (or one pass) of its own. Skipped subtests are
named; with CI=true a skip that says a registry could not be reached is a failure.
"""
import json
import os
import re
import sys

RESULT = re.compile(r"^(not )?ok\b(?:\s+\d+)?\s*-?\s*(.*?)(?:\s+#\s*(SKIP|TODO)\b\s*(.*))?$", re.IGNORECASE)


def main(paths):
    passed = failed = skipped = 0
    for path in paths:
        if not os.path.exists(path):
            continue
        for line in open(path, encoding="utf-8"):
            test = json.loads(line)
            own_failures = results = 0
            for output in test.get("stdout", "").splitlines():
                match = RESULT.match(output)
                if not match:
                    continue
                results += 1
                bad, name, directive, reason = match.groups()
                if directive and directive.upper() == "SKIP":
                    skipped += 1
                    print(f"skipped: {test['name']}: {name}: {reason}")
                    if os.environ.get("CI") == "true" and "registry" in (reason or "").lower():
                        own_failures += 1
                        print(f"failed:  {test['name']}: {name}: on CI every registry must be reached")
                elif bad:
                    own_failures += 1
                    print(f"failed:  {test['name']}: {name}")
                else:
                    passed += 1
            if test["result"] == "SKIP" and results == 0:
                skipped += 1
                print(f"skipped: {test['name']}")
            elif test["result"] in ("OK", "EXPECTEDFAIL", "SKIP"):
                passed += 1 if results == 0 else 0
            elif own_failures == 0:
                own_failures = 1
                print(f"failed:  {test['name']}: {test['result']} (return code {test.get('returncode')})")
            if own_failures:
                tail = (test.get("stdout", "") + "\n" + test.get("stderr", "")).strip().splitlines()[-60:]
                print(f"---- the end of what {test['name']} printed")
                print("\n".join(tail))
                print("----")
            failed += own_failures
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
