# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the MCP Inspector drives every tool of `overhear mcp`, resources and prompts, in both eras. It can ask
no one, so the tools that act are refused, unless the server was told not to ask."""
import json
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import packages
from fixtures.captured import OVERHEAR, PROGRAM, Desk, Simulator
from fixtures.mcp import CASES
from tap import check, main

HERE = pathlib.Path(__file__).parent
TOOL_ERROR, OTHER_ERROR = 5, 1
home = tempfile.TemporaryDirectory(prefix="overhear-inspector-")
desk = Desk(home.name)


class Inspector:
    """The Inspector with servers that are told to ask (“asks”) and not to."""

    def __init__(self, era):
        modules = packages.node_modules(HERE / "inspector/package.json")
        self.command = [packages.node(), modules / "@modelcontextprotocol/inspector/clients/launcher/build/index.js", "--cli", "--config",
                        desk.folder / f"{era}.json"]
        self.environment = desk.environment() | {"HOME": str(desk.folder), "MCP_INSPECTOR_SECRET_STORE": "memory"}
        handed_on = {name: self.environment[name] for name in ("OVERHEAR_DATA_DIR", "XDG_RUNTIME_DIR")}
        servers = {name: {"type": "stdio", "command": OVERHEAR, "args": words, "protocolEra": era,
                          "env": {**handed_on, "ANTHROPIC_API_KEY": "sk-ant-test-key-1111"}}
                   for name, words in (("acts", ["mcp", "--allow-acting"]), ("asks", ["mcp"]))}
        (desk.folder / f"{era}.json").write_text(json.dumps({"mcpServers": servers}))

    def ask(self, method, *words, server="acts", status=0):
        done = subprocess.run([*map(str, self.command), "--server", server, "--method", method, *words, "--format", "json"],
                              env=self.environment, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL)
        assert done.returncode == status, (method, words, done)
        return json.loads(done.stdout)["result"] if done.stdout.strip() else done.stderr

    def call(self, case, **more):
        name, arguments = case
        return self.ask("tools/call", "--tool-name", name, "--tool-args-json", json.dumps(arguments), **more)


def drive(era, version):
    inspector = Inspector(era)
    if not (desk.folder / "data").exists():
        desk.overhear("run", f"--upstream=api.anthropic.com={simulator.url}", "--", sys.executable, "-c", PROGRAM)
    assert inspector.ask("initialize")["protocolVersion"] == version
    tools = {tool["name"]: tool for tool in inspector.ask("tools/list")["tools"]}
    assert set(tools) == {name for name, _ in CASES}
    with ThreadPoolExecutor(3) as pool:
        for (name, _), result in zip(CASES, pool.map(inspector.call, CASES), strict=True):
            assert not result.get("isError") and result["structuredContent"]["notice"], (name, result)
        refused = list(pool.map(lambda case: inspector.call(case, server="asks", status=OTHER_ERROR if era == "modern" else TOOL_ERROR),
                                CASES[-2:]))
    assert all("asks the person" in str(said) for said in refused), refused
    resource = inspector.ask("resources/list")["resources"][0]["uri"]
    assert inspector.ask("resources/read", "--uri", resource)["contents"][0]["uri"] == resource
    assert len(inspector.ask("resources/templates/list")["resourceTemplates"]) == 2
    prompt = inspector.ask("prompts/list")["prompts"][0]["name"]
    assert inspector.ask("prompts/get", "--prompt-name", prompt)["messages"]


@check("the Inspector, with a handshake")
def legacy():
    drive("legacy", "2025-11-25")


@check("the Inspector, stateless")
def modern():
    drive("modern", "2026-07-28")


with Simulator(desk.folder / "simulator") as simulator:
    main()
