# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a server with the official SDK: every tool that is asked for on standard input, then resources and prompts. The
SDK holds each answer against the tool's schema. mcp_client.py legacy|auto SERVER…"""
import asyncio
import json
import os
import sys

from mcp import StdioServerParameters

try:
    from mcp.types import ElicitResult
except ImportError:
    from mcp_types import ElicitResult

mode, command = sys.argv[1], sys.argv[2:]
cases = json.load(sys.stdin)
parameters = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


asked = []


async def agree(context, params):
    """The person, who is asked before a tool acts."""
    asked.append(params.message)
    return ElicitResult(action="accept", content={})


async def drive(client, version):
    said = {"version": version, "tools": [tool.name for tool in (await client.list_tools()).tools], "results": []}
    for name, arguments in cases:
        said["results"].append(plain(await client.call_tool(name, arguments)))
    if version == "2026-07-28":
        async with client.listen(resource_subscriptions=["overhear://runs"]) as subscription:
            await client.call_tool("launch", {"command": ["true"]})
            said["told"] = str(await anext(aiter(subscription)))
    said["resources"] = [str(resource.uri) for resource in (await client.list_resources()).resources]
    said["templates"] = len(plain(await client.list_resource_templates())["resourceTemplates"])
    uri = (await client.list_resources()).resources[0].uri
    said["content"] = plain(await client.read_resource(uri))["contents"]
    said["prompts"] = {}
    for prompt in (await client.list_prompts()).prompts:
        said["prompts"][prompt.name] = plain(await client.get_prompt(prompt.name, {"run": "1"}))["messages"]
    try:
        await client.call_tool("nonsense", {})
        said["unknown"] = "was answered"
    except Exception as error:
        said["unknown"] = str(error)
    said["asked"] = asked
    print(json.dumps(said))


async def main():
    try:
        from mcp.client.client import Client
    except ImportError:
        from mcp import ClientSession
        from mcp.client.stdio import stdio_client
        async with stdio_client(parameters) as (read, write), ClientSession(read, write, elicitation_callback=agree) as session:
            await drive(session, (await session.initialize()).protocolVersion)
        return
    async with Client(parameters, mode=mode, elicitation_callback=agree) as client:
        await drive(client, client.protocol_version)


asyncio.run(main())
