# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets with the real Anthropic SDKs: what is refused is not tried again, and what waits gets its answer."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import packages
from fixtures.simulator import Simulator
from tap import check, main

PROGRAMS = pathlib.Path(__file__).parent / "programs"
HERE = pathlib.Path(__file__).parent


class Place:
    """A folder with an Overhear of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.lower().endswith("_proxy") and not name.startswith(("ANTHROPIC_", "PYTHON"))} | {
            "ANTHROPIC_API_KEY": "sk-ant-test-0123456789abcdef", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder),
            "OVERHEAR_DATA_DIR": str(self.folder / "data"), "PYTHONDONTWRITEBYTECODE": "1"}

    def overhear(self, *words):
        done = subprocess.run([os.environ["OVERHEAR"], *words], env=self.environment, capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, simulator, command, *options, **environment):
        return subprocess.Popen(
            [os.environ["OVERHEAR"], "run", *options, f"--upstream=api.anthropic.com={simulator.url}", "--",
             *map(str, command)], env=self.environment | environment, cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self):
        return json.loads(self.overhear("runs", "--json").splitlines()[0])


def in_node(source):
    """A command for budget.mjs beside the node_modules of a package.json."""
    def command(folder):
        shutil.copy(PROGRAMS / "budget.mjs", folder)
        (pathlib.Path(folder) / "node_modules").symlink_to(packages.node_modules(source))
        return [packages.node(), pathlib.Path(folder) / "budget.mjs"]
    return command


def in_python(requirements):
    return lambda folder: [packages.python(requirements), PROGRAMS / "budget.py"]


SDKS = {"Python": in_python("requirements.txt"), "the newest Python": in_python("requirements-newest.txt"),
        "Node": in_node(HERE / "package.json"), "the newest Node": in_node(HERE / "newest/package.json")}


def check_refused(name, make):
    @check(f"the SDK for {name}: a call over the budget is refused, and not tried again")
    def refused():
        for way in "create", "stream":
            with tempfile.TemporaryDirectory(prefix="overhear-budgets-") as folder:
                place = Place(folder)
                with Simulator(place.folder / "simulator") as simulator:
                    program = place.start(simulator, [*make(folder), way], "--max-calls=2")
                    output, said = program.communicate(timeout=120)
                    seen = [exchange.path for exchange in simulator.exchanges()]
                lines = output.splitlines()
                assert program.returncode == 3 and lines[:2] == ["end_turn"] * 2, (output, said)
                assert lines[2].startswith("402 overhear_budget ") and "2 of 2 calls" in lines[2], output
                budget = place.run()["budget"]
                assert (budget["spent_calls"], budget["refused_calls"]) == (2, 1), budget
                assert len(seen) == 2, seen


def check_paused(name, make):
    @check(f"the SDK for {name}: a stream that waits goes on")
    def paused():
        with tempfile.TemporaryDirectory(prefix="overhear-budgets-") as folder:
            place = Place(folder)
            with Simulator(place.folder / "simulator") as simulator:
                program = place.start(simulator, [*make(folder), "stream"], "--max-calls=1", "--over=pause")
                try:
                    while "A call waits" not in program.stderr.readline():
                        assert program.poll() is None, "it ended"
                    # Until it has got a ping.
                    time.sleep(6)
                    place.overhear("budget", "1", "--go")
                    output, said = program.communicate(timeout=120)
                finally:
                    program.kill()
                seen = [exchange.path for exchange in simulator.exchanges()]
            assert output.split() == ["end_turn"] * 3 and len(seen) == 3, (output, said)
            assert "pinged" in json.loads(place.overhear("show", "--json", "2"))["oddities"]
            assert program.returncode == 3 and place.run()["budget"]["spent_calls"] == 3, said


for sdk in SDKS.items():
    check_refused(*sdk)
    check_paused(*sdk)

main()
