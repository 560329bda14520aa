# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent said, captured by the command line: two sessions, traces with tools, spans and retries."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

COMMAND = pathlib.Path(os.environ["OVERHEAR"])
SIMULATOR = os.environ["OH_SIMULATOR"]
AGENT = str(pathlib.Path(__file__).with_name("traces_agent.py"))
PYTHON = "/usr/bin/python3"


@contextlib.contextmanager
def simulator(speed):
    process = subprocess.Popen([SIMULATOR, "--speed", str(speed), "--seed", "traces"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        yield f"api.anthropic.com=http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
    finally:
        process.communicate()


def capture(folder):
    """A data folder with it below @folder; captured once, a copy each time."""
    data = folder / "data"
    if not data.exists():
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        with simulator(0) as upstream:
            subprocess.run([COMMAND, "run", "--upstream", upstream, "--", PYTHON, AGENT, "trip", "food", "unnamed"],
                           env=dict(os.environ, OVERHEAR_DATA_DIR=str(data), XDG_RUNTIME_DIR=str(runtime)), check=True,
                           stdout=subprocess.DEVNULL, timeout=120)
    copy = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "data"
    shutil.copytree(data, copy)
    return copy
