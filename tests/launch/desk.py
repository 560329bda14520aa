# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs programs that speak to https://localhost, a host that is read because a base URL names it: what goes around
Overhear stays on this machine too."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from tap import Skip

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "overhear-tests")


def build_go(program, source):
    """Go's standard library takes half a minute to compile: once for all tests."""
    if not shutil.which("go"):
        raise Skip("go is not installed")
    program.with_suffix(".go").write_text(source)
    built = subprocess.run(["go", "build", "-o", program, program.with_suffix(".go")], capture_output=True, text=True,
                           timeout=300, env={**os.environ, "GOCACHE": str(CACHE / "go"), "GO111MODULE": "off",
                                             "GOFLAGS": ""})
    assert built.returncode == 0, built.stderr
    return program


class Desk:
    """server: of faults.proxyhost, with TLS; roots: a file that trusts it."""

    def __init__(self, overhear, home, server, roots):
        self.overhear, self.home, self.server, self.roots = overhear, home, server, roots
        self.as_user = {}
        self.url = f"https://localhost:{server.port}/v1/models"

    def environment(self, **changes):
        taken = ("OVERHEAR_", "PYTHONPATH")
        env = {name: value for name, value in os.environ.items()
               if not name.startswith(taken) and not name.lower().endswith("_proxy")}
        return {**env, "XDG_RUNTIME_DIR": str(self.home), "LC_ALL": "C.UTF-8", "HOME": str(self.home),
                "SSL_CERT_FILE": self.roots, "ANTHROPIC_BASE_URL": f"https://localhost:{self.server.port}",
                "URL": self.url, **changes}

    def run(self, words, *options, timeout=60, **environment):
        """How it ended, with `said`: our own part of its standard error; and its rows, oldest first, each with its `kind`:
        read, refused, unread or around."""
        data = tempfile.mkdtemp(dir=self.home)
        if self.as_user:
            os.chown(data, self.as_user["user"], self.as_user["group"])
        env = self.environment(OVERHEAR_DATA_DIR=data, **environment)
        self.last = env
        done = subprocess.run([self.overhear, "run", *options, "--", *map(str, words)], capture_output=True, text=True,
                              timeout=timeout, env=env, cwd=self.home, **self.as_user)
        lines = done.stderr.splitlines(keepends=True)
        done.said = "".join(line for line in lines if line.startswith("overhear: "))
        done.stderr = "".join(line for line in lines if not line.startswith("overhear: "))
        rows = sorted(self.ask("list"), key=lambda row: row["id"])
        for row in rows:
            error = (row["error"] or {}).get("message", "")
            row["kind"] = ("read" if row["method"] != "CONNECT" else "unread" if not error else
                           "around" if "goes around" in error else "refused")
        return done, rows

    def ask(self, what, *words):
        """What `overhear list` and its like say of the last run."""
        done = subprocess.run([self.overhear, what, "--json", *words], capture_output=True, text=True, timeout=60,
                              env=self.last, **self.as_user)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]
