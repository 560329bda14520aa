# SPDX-License-Identifier: GPL-3.0-or-later
"""overhear.trace() for Python and Node: which headers a loopback server sees, and none where there should be none."""
import asyncio
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from tap import Skip, check, main

PRELOAD = pathlib.Path(sys.argv.pop(1))
sys.path.insert(0, str(PRELOAD))
os.environ["OVERHEAR_TOKEN"] = "0123456789abcdef0123456789abcdef"
os.environ["OVERHEAR_HOSTS"] = "api.anthropic.com,127.0.0.*"
import overhear  # noqa: E402

seen = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        seen[self.path] = {k.lower(): v for k, v in self.headers.items() if k.lower().startswith("overhear-")}
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()


def get(path, host="127.0.0.1"):
    urllib.request.urlopen(f"http://{host}:{server.server_port}{path}").read()


def spans(path):
    return [tuple(part.strip().split(";")) for part in seen[path].get("overhear-spans", "").split(",") if part.strip()]


@check("outside a trace nothing is added")
def outside():
    get("/outside")
    assert seen["/outside"] == {}


@check("a trace names session and user, in any script")
def labels():
    with overhear.trace("Reise é", session_id="sess, 1", user_id=7):
        get("/labels")
    found = {k: urllib.parse.unquote(v) for k, v in seen["/labels"].items()}
    assert found["overhear-trace"] == "Reise é" and found["overhear-session"] == "sess, 1"
    assert found["overhear-user"] == "7"
    assert len(spans("/labels")) == 1 and re.fullmatch("[0-9a-f]{16}", spans("/labels")[0][0])


@check("spans nest, and close")
def nesting():
    with overhear.trace("outer"):
        with overhear.span("inner"):
            get("/inner")
        get("/outer")
    assert [urllib.parse.unquote(s[2]) for s in spans("/inner")] == ["outer", "inner"]
    assert spans("/inner")[:1] == spans("/outer")


@check("threads and executors inherit the trace, and do not mix")
def threads():
    def work(name):
        with overhear.trace(name):
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(get, [f"/{name}/{i}" for i in range(4)]))
            thread = threading.Thread(target=get, args=(f"/{name}/thread",))
            thread.start()
            thread.join()

    workers = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for name in ("a", "b", "c"):
        for path in (f"/{name}/0", f"/{name}/3", f"/{name}/thread"):
            assert seen[path]["overhear-trace"] == name, (path, seen[path])
    get("/after-threads")
    assert seen["/after-threads"] == {}


@check("asyncio tasks keep their own trace")
def tasks():
    async def one(name):
        async with overhear.trace(name):
            await asyncio.sleep(0.01)
            await asyncio.to_thread(get, f"/task/{name}")

    async def both():
        await asyncio.gather(one("x"), one("y"))

    asyncio.run(both())
    assert seen["/task/x"]["overhear-trace"] == "x" and seen["/task/y"]["overhear-trace"] == "y"


@check("as a decorator each call is a trace of its own")
def decorator():
    @overhear.trace("decorated")
    def function(path):
        get(path)

    @overhear.trace("coroutine")
    async def coroutine(path):
        await asyncio.to_thread(get, path)

    function("/d1")
    function("/d2")
    asyncio.run(coroutine("/d3"))
    assert spans("/d1")[0][0] != spans("/d2")[0][0]
    assert seen["/d3"]["overhear-trace"] == "coroutine"


@check("hosts that Overhear does not read get no header")
def other_hosts():
    with overhear.trace("t"):
        get("/localhost", host="localhost")
    assert seen["/localhost"] == {}


@check("a program that was not launched is left alone")
def not_launched():
    environment = {k: v for k, v in os.environ.items() if k != "OVERHEAR_TOKEN"} | {"PYTHONPATH": str(PRELOAD)}
    code = ("import overhear, http.client, urllib.request\nbefore = http.client.HTTPConnection.endheaders\n"
            "with overhear.trace('t'):\n"
            f"    urllib.request.urlopen('http://127.0.0.1:{server.server_port}/not-launched').read()\n"
            "assert http.client.HTTPConnection.endheaders is before")
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert seen["/not-launched"] == {}


@check("an exception passes through and closes the trace")
def exception():
    try:
        with overhear.trace("t"):
            raise KeyError("x")
    except KeyError:
        pass
    get("/after-error")
    assert seen["/after-error"] == {}


@check("a client that is imported inside the trace sends the headers, whatever its generation, and looks as always")
def imported_inside():
    source = ("class ConnectionPool:\n    def handle_request(self, request):\n        return dict(request.headers)\n"
              "class AsyncConnectionPool:\n    async def handle_async_request(self, request):\n        pass\n")
    code = """
import sys, types
import overhear
def send(module):
    request = types.SimpleNamespace(url=types.SimpleNamespace(host=b"api.anthropic.com"), headers=[(b"a", b"b")])
    sent = module.ConnectionPool().handle_request(request)
    assert request.headers == [(b"a", b"b")]
    return sent
with overhear.trace("t"):
    import httpcore, httpcore2
    assert send(httpcore)[b"overhear-trace"] == send(httpcore2)[b"overhear-trace"] == b"t"
    import http.client
    assert http.client.HTTPConnection.endheaders.__wrapped__
assert send(httpcore2) == {b"a": b"b"}
assert vars(httpcore2.__spec__.loader).keys() == vars(overhear.__spec__.loader).keys()
with overhear.trace("t"):
    import aiohttp.client  # nothing in it that we know
    try:
        import httpcore3
    except ImportError:
        print("fine")
"""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("httpcore", "httpcore2"):
            pathlib.Path(folder, name + ".py").write_text(source)
        pathlib.Path(folder, "aiohttp").mkdir()
        for name in ("__init__", "client"):
            pathlib.Path(folder, "aiohttp", name + ".py").write_text("")
        done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": f"{folder}:{PRELOAD}", "PYTHONDONTWRITEBYTECODE": "1"})
    assert (done.stdout, done.stderr, done.returncode) == ("fine\n", "", 0), done


@check("Node: a client made before the first trace, with a fetch that it keeps")
def node_client():
    if not shutil.which("node"):
        raise Skip("no node on this machine")
    code = """
    const kept = fetch;
    const overhear = require(process.argv[1]);
    (async () => {
      await kept(process.argv[2] + '/kept/before');
      await overhear.trace('late', () => kept(new Request(process.argv[2] + '/kept/inside')));
      await kept(process.argv[2] + '/kept/after');
      if (fetch !== kept) throw Error('fetch is another one');
    })();
    """
    subprocess.run(["node", "-e", code, "--", str(PRELOAD / "overhear.cjs"), f"http://127.0.0.1:{server.server_port}"],
                   check=True)
    assert seen["/kept/inside"]["overhear-trace"] == "late"
    assert seen["/kept/before"] == seen["/kept/after"] == {}


@check("Node: traces, spans and https helpers, across promises")
def node():
    if not shutil.which("node"):
        raise Skip("no node on this machine")
    code = """
    const overhear = require(process.argv[1]);
    const http = require('node:http');
    const get = (url) => new Promise((done) => http.get(url, (r) => r.resume().on('end', done)));
    const url = process.argv[2];
    (async () => {
      await Promise.all(['m', 'n'].map((name) => overhear.trace(name, { sessionId: 's', userId: 'u' }, async () => {
        await fetch(url + '/node/' + name);
        await overhear.span('step', () => get(url + '/node/span/' + name));
      })));
      await fetch(url + '/node/outside');
    })();
    """
    subprocess.run(["node", "-e", code, "--", str(PRELOAD / "overhear.cjs"), f"http://127.0.0.1:{server.server_port}"],
                   check=True)
    for name in ("m", "n"):
        assert seen[f"/node/{name}"]["overhear-trace"] == name
        assert seen[f"/node/{name}"]["overhear-session"] == "s" and seen[f"/node/{name}"]["overhear-user"] == "u"
        assert [s[2] for s in spans(f"/node/span/{name}")] == [name, "step"]
    assert seen["/node/outside"] == {}


main()
