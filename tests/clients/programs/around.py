# SPDX-License-Identifier: GPL-3.0-or-later
"""One GET of $URL by a client that proxy variables do not reach: around.py CLIENT. Prints the answer."""
import asyncio
import os
import ssl
import sys

URL = os.environ["URL"]
ROOTS = os.environ["OWN_ROOTS"]


def own_roots():
    return ssl.create_default_context(cafile=ROOTS)


def urllib3(**more):
    import urllib3
    urllib3.disable_warnings()
    return urllib3.PoolManager(**more).request("GET", URL, retries=False).data.decode()


def requests(trust_env):
    import requests
    with requests.Session() as session:
        session.trust_env = trust_env
        return session.get(URL, verify=ROOTS).text


def aiohttp(ssl=None, **more):
    import aiohttp

    async def get():
        async with aiohttp.ClientSession(**more) as session:
            async with session.get(URL, **({} if ssl is None else {"ssl": ssl})) as response:
                return await response.text()
    return asyncio.run(get())


def httpx(module, transport=False, **more):
    if transport:
        more["transport"] = module.HTTPTransport(retries=1)
    with module.Client(**more) as client:
        return client.get(URL).text


def async_httpx(module, backend=asyncio.run, transport=False, **more):
    async def get():
        extra = {"transport": module.AsyncHTTPTransport(retries=1)} if transport else {}
        async with module.AsyncClient(**extra, **more) as client:
            return (await client.get(URL)).text
    return backend(get())


def any_httpx():
    try:
        import httpx2
        return httpx2
    except ImportError:
        import httpx
        return httpx


print({
    "urllib3": lambda: urllib3(),
    "urllib3, own roots": lambda: urllib3(ca_certs=ROOTS),
    "urllib3, own context": lambda: urllib3(ssl_context=own_roots()),
    "urllib3, unverified": lambda: urllib3(cert_reqs="CERT_NONE", assert_hostname=False),
    "requests, trust_env=False": lambda: requests(False),
    "aiohttp": lambda: aiohttp(),
    "aiohttp, trust_env=False": lambda: aiohttp(trust_env=False),
    "aiohttp, own roots": lambda: aiohttp(ssl=own_roots()),
    "aiohttp, unverified": lambda: aiohttp(ssl=False),
    "httpx, transport": lambda: httpx(any_httpx(), transport=True),
    "httpx, async transport": lambda: async_httpx(any_httpx(), transport=True),
    "httpx, trust_env=False": lambda: httpx(any_httpx(), trust_env=False, verify=own_roots()),
    "httpx, async trust_env=False": lambda: async_httpx(any_httpx(), trust_env=False, verify=own_roots()),
    "httpx, mounts": lambda: httpx(any_httpx(), mounts={"https://": any_httpx().HTTPTransport(verify=own_roots())}),
    "httpx, async mounts": lambda: async_httpx(
        any_httpx(), mounts={"https://": any_httpx().AsyncHTTPTransport(verify=own_roots())}),
}[sys.argv[1]](), flush=True)
