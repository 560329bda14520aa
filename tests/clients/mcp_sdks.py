# SPDX-License-Identifier: GPL-3.0-or-later
"""The official clients of the Model Context Protocol drive every tool of `overhear mcp`, each in its era."""
import json
import pathlib
import subprocess
import sys
import tempfile

import packages
from fixtures.captured import OVERHEAR, PROGRAM, Desk, Simulator
from fixtures.mcp import CASES
from tap import check, main

HERE = pathlib.Path(__file__).parent
CLIENT = HERE / "programs" / "mcp_client.py"
home = tempfile.TemporaryDirectory(prefix="overhear-mcp-sdks-")
desk = Desk(home.name)



def drive(command, mode, version, **environment):
    data = f"data-{len(list(desk.folder.glob('data-*')))}"
    with Simulator(desk.folder / f"simulator-{data}") as simulator:
        desk.overhear("run", "--session=s1", f"--upstream=api.anthropic.com={simulator.url}", "--", sys.executable, "-c", PROGRAM,
                      data=data)
        environment = desk.environment(data) | {"ANTHROPIC_API_KEY": "sk-ant-test-key-1111"} | environment
        done = subprocess.run([*map(str, command), mode, OVERHEAR, "mcp"], input=json.dumps(CASES), env=environment,
                              capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-4000:])
    said = json.loads(done.stdout)
    assert version in (None, said["version"]), said["version"]
    assert set(said["tools"]) == {name for name, _ in CASES}, said["tools"]
    for (name, arguments), result in zip(CASES, said["results"], strict=True):
        assert not result.get("isError") and result["structuredContent"]["notice"], (name, result)
    answers = [result["structuredContent"] for result in said["results"]]
    assert answers[3]["value"] == "What is the capital of France?" and answers[7]["next_cursor"], answers[3]
    assert answers[6]["items"][0]["session"] == "s1" and answers[15]["call"]["id"] == 2
    assert answers[16]["stdout"]["text"] == "launched\n" and answers[17]["call"]["stop_reason"] == "max_tokens", answers[16:]
    listens = said["version"] == "2026-07-28"
    assert ("overhear://runs" in said.get("told", "")) == listens and len(said["asked"]) == (3 if listens else 2), said
    assert "echo launched" in said["asked"][0] and "call 1" in said["asked"][1], said["asked"]
    assert said["resources"][0].startswith("overhear://call/") and said["templates"] == 2 and said["content"][0]["text"]
    assert set(said["prompts"]) == {"why_did_my_last_run_fail", "why_was_it_expensive"} and "no tool" in said["unknown"]


@check("the Python SDK of the handshake's era")
def first():
    drive([packages.python("requirements-mcp-1.txt"), CLIENT], "legacy", "2025-11-25")


@check("the Python SDK of both eras, stateless")
def stateless():
    drive([packages.python("requirements-mcp.txt"), CLIENT], "auto", "2026-07-28")


@check("the Python SDK of both eras, with a handshake")
def handshake():
    drive([packages.python("requirements-mcp.txt"), CLIENT], "legacy", "2025-11-25")


@check("the newest Python SDK")
def newest():
    drive([packages.python("requirements-mcp-newest.txt"), CLIENT], "auto", None)


@check("the TypeScript SDKs: the handshake's, and that of both eras in each")
def typescript():
    modules = str(packages.node_modules(HERE / "mcp/package.json"))
    for mode, version in ("first", None), ("auto", "2026-07-28"), ("legacy", "2025-11-25"):
        drive([packages.node(), HERE / "programs/mcp_client.mjs"], mode, version, NODE_MODULES=modules)


main()
