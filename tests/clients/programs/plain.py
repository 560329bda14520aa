# SPDX-License-Identifier: GPL-3.0-or-later
"""The Messages API without an SDK: http.py LIBRARY, where that is urllib, requests, aiohttp, httpx or httpx2. One answer
is taken whole, one streamed."""
import asyncio
import json
import os
import sys
import urllib.request

URL = os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com") + "/v1/messages"
HEADERS = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01",
           "content-type": "application/json"}


def body(stream):
    return {"model": "claude-sonnet-5-5", "max_tokens": 1024, "stream": stream,
            "messages": [{"role": "user", "content": "Tell me more about Kyoto."}]}


def show(message):
    print(message["content"][0]["text"], message["stop_reason"])


def show_line(line):
    if line.startswith("data:"):
        print(json.loads(line[5:])["type"])


def use_urllib():
    for stream in (False, True):
        request = urllib.request.Request(URL, json.dumps(body(stream)).encode(), HEADERS)
        with urllib.request.urlopen(request) as response:
            if stream:
                for line in response:
                    show_line(line.decode())
            else:
                show(json.load(response))


def use_requests():
    import requests
    with requests.Session() as session:
        show(session.post(URL, json=body(False), headers=HEADERS).json())
        with session.post(URL, json=body(True), headers=HEADERS, stream=True) as response:
            for line in response.iter_lines(decode_unicode=True):
                show_line(line)


def use_httpx(module):
    with module.Client() as client:
        show(client.post(URL, json=body(False), headers=HEADERS).json())
        with client.stream("POST", URL, json=body(True), headers=HEADERS) as response:
            for line in response.iter_lines():
                show_line(line)

    async def again():
        async with module.AsyncClient() as async_client:
            show((await async_client.post(URL, json=body(False), headers=HEADERS)).json())
    asyncio.run(again())


def use_aiohttp():
    import aiohttp

    async def run():
        async with aiohttp.ClientSession(trust_env=True) as session:
            async with session.post(URL, json=body(False), headers=HEADERS) as response:
                show(await response.json())
            async with session.post(URL, json=body(True), headers=HEADERS) as response:
                async for line in response.content:
                    show_line(line.decode())
    asyncio.run(run())


library = sys.argv[1]
if library in ("httpx", "httpx2"):
    use_httpx(__import__(library))
else:
    globals()["use_" + library]()
