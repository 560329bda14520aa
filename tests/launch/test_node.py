# SPDX-License-Identifier: GPL-3.0-or-later
"""The preload for Node: what goes through the proxy, what does not, and that nothing else is different.

A proxy of the test's own stands in for ours: it wants the token, reads TLS with a certificate of its own authority, and
answers every request with what it saw. Node versions: the machine's, and those whose programs OVERHEAR_TEST_NODES lists,
separated by colons.
"""
import base64
import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

from tap import Skip, check, main

PRELOAD = pathlib.Path(sys.argv.pop(1))
TOKEN = "0123456789abcdef0123456789abcdef"
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)


def openssl(*words):
    subprocess.run(["openssl", *words], cwd=home, check=True, capture_output=True)


openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key",
        "-out", "authority.pem", "-subj", "/CN=test authority", "-days", "2")
openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "leaf.key", "-out",
        "leaf.csr", "-subj", "/CN=api.example")
(home / "san").write_text("subjectAltName=DNS:api.example,DNS:*.api.example")
openssl("x509", "-req", "-in", "leaf.csr", "-CA", "authority.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-extfile", "san", "-out", "leaf.pem")
shutil.copy(PRELOAD / "overhear-node.cjs", home)
(home / "node_modules/overhear").mkdir(parents=True)
shutil.copy(PRELOAD / "overhear.cjs", home / "node_modules/overhear/index.js")

tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(home / "leaf.pem", home / "leaf.key")
tls.set_alpn_protocols(["http/1.1"])
tunnels = []  # "host:port" of every CONNECT
plain = []  # absolute URLs that came without CONNECT


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    via = None

    def do_CONNECT(self):
        expected = "Basic " + base64.b64encode(f"overhear:{TOKEN}".encode()).decode()
        if self.headers["proxy-authorization"] != expected:
            return self.send_error(407)
        tunnels.append(self.path)
        if self.path.startswith("refused"):
            return self.send_error(502)
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self.via = self.path
        if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
            self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path.startswith("http://"):
            plain.append(self.path)
        text = json.dumps({"via": self.via, "path": self.path, "host": self.headers["host"], "length": len(body),
                           "method": self.command}).encode()
        self.send_response(200)
        if self.path.endswith("/stream"):
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for _ in range(5):
                self.wfile.write(b"%x\r\n%s\r\n" % (1000, b"x" * 1000))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
PORT = server.server_port

nodes = {}
for program in [shutil.which("node"), *os.environ.get("OVERHEAR_TEST_NODES", "").split(":")]:
    if program:
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
        nodes[version] = program


def environment(**changes):
    url = f"http://overhear:{TOKEN}@127.0.0.1:{PORT}"
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "OVERHEAR_TOKEN": TOKEN,
           "OVERHEAR_HOSTS": "api.example,*.api.example,refused.example",
           "NODE_OPTIONS": f'--require "{home}/overhear-node.cjs"', "NODE_EXTRA_CA_CERTS": str(home / "authority.pem"),
           "NO_PROXY": "localhost,127.0.0.1,.direct.invalid", "no_proxy": "localhost,127.0.0.1,.direct.invalid"}
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        env[name] = url
    env.update(changes)
    return {name: value for name, value in env.items() if value is not None}


def run(node, script, module=False, env=None, expect=0):
    file = home / ("script.mjs" if module else "script.cjs")
    file.write_text(script)
    done = subprocess.run([node, file], capture_output=True, text=True, timeout=30, env=env or environment(), cwd=home)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    assert done.stderr == "", done.stderr
    return done.stdout


def everywhere(name):
    """The same test for every Node there is."""
    def register(function):
        if not nodes:
            @check(f"{name} (no Node)")
            def skipped():
                raise Skip("node is not installed")
        for version, program in nodes.items():
            check(f"Node {version}: {name}")(lambda program=program: function(program))
        return function
    return register


@everywhere("fetch goes through, and keeps its connection")
def fetch(node):
    tunnels.clear()
    out = run(node, """
      (async () => {
        const body = JSON.stringify({ text: 'x'.repeat(300000) });
        for (let i = 0; i < 3; i++) {
          const answer = await fetch('https://api.example/v1/messages?a=1', { method: 'POST', body });
          console.log(answer.status, JSON.stringify(await answer.json()));
        }
        const stream = await fetch('https://api.example/stream');
        let n = 0;
        for await (const chunk of stream.body) n += chunk.length;
        console.log(n);
      })();""")
    lines = out.splitlines()
    for line in lines[:3]:
        seen = json.loads(line.split(" ", 1)[1])
        assert seen == {"via": "api.example:443", "path": "/v1/messages?a=1", "host": "api.example", "length": 300011,
                        "method": "POST"}, seen
    assert lines[3] == "5000"
    # undici opens a second one while the first answer is still being put away, with or without a proxy.
    assert 1 <= len(tunnels) <= 2 and set(tunnels) == {"api.example:443"}, tunnels


@everywhere("fetch in an ES module, and in a worker")
def modules(node):
    tunnels.clear()
    out = run(node, """
      import { Worker, isMainThread } from 'node:worker_threads';
      import { fileURLToPath } from 'node:url';
      console.log((await (await fetch('https://api.example/' + isMainThread)).json()).path);
      if (isMainThread) new Worker(fileURLToPath(import.meta.url));""", module=True)
    assert out.split() == ["/true", "/false"], out
    assert tunnels == ["api.example:443"] * 2, tunnels


@everywhere("https with the global agent, with an agent of its own, with an authority of its own")
def agents(node):
    tunnels.clear()
    out = run(node, """
      const https = require('https'), fs = require('fs');
      const other = fs.readFileSync('/etc/ssl/certs/ca-certificates.crt');
      function get(options) {
        return new Promise((resolve, reject) => https.get(options, (answer) => {
          let text = '';
          answer.on('data', (piece) => text += piece).on('end', () => resolve(JSON.parse(text).path));
        }).on('error', reject));
      }
      (async () => {
        console.log(await get('https://api.example/global'));
        const agent = new https.Agent({ keepAlive: true });
        console.log(await get({ host: 'api.example', path: '/own1', agent }));
        console.log(await get({ host: 'api.example', path: '/own2', agent }));
        console.log(await get({ hostname: 'x.api.example', path: '/pinned', agent: false, ca: other }));
        agent.destroy();
      })();""")
    assert out.split() == ["/global", "/own1", "/own2", "/pinned"], out
    assert tunnels == ["api.example:443", "api.example:443", "x.api.example:443"], tunnels


@everywhere("agents that want their socket at once; an idle one does not keep the program from ending")
def eager_agents(node):
    tunnels.clear()
    out = run(node, """
      const https = require('https');
      class Eager extends https.Agent {
        createConnection(options) {
          const socket = super.createConnection(options);
          console.log(socket instanceof require('tls').TLSSocket);
          return socket;
        }
      }
      const agent = new Eager({ keepAlive: true });
      function post(path, body) {
        return new Promise((resolve, reject) => https.request({ host: 'api.example', path, method: 'POST', agent }, (answer) => {
          let text = '';
          answer.on('data', (piece) => text += piece).on('end', () => resolve(text));
        }).on('error', reject).end(body));
      }
      (async () => {
        console.log(JSON.parse(await post('/first', 'x'.repeat(3000000))).length);
        console.log(JSON.parse(await post('/second', 'y')).path);
        console.log((await post('/stream')).length);
      })();""")
    assert out.split() == ["true", "3000000", "/second", "5000"], out
    assert tunnels == ["api.example:443"], tunnels


@everywhere("tls.connect to a host that is read goes through, to others it does not")
def raw_tls(node):
    tunnels.clear()
    out = run(node, """
      import tls, { connect } from 'node:tls';
      const request = (path) => 'GET ' + path + ' HTTP/1.1\\r\\nHost: api.example\\r\\n\\r\\n';
      function talk(start, path) {
        return new Promise((resolve, reject) => {
          const socket = start(() => socket.write(request(path)));
          let text = '';
          socket.setNoDelay(true).on('error', reject).on('close', resolve).on('data', (data) => {
            if (!(text += data).includes('}')) return;
            console.log(socket.authorized, text.includes('"path": "' + path + '"'));
            socket.destroy();
          });
        });
      }
      await talk((ready) => tls.connect({ host: 'api.example', port: 443, servername: 'api.example' }, ready), '/object');
      await talk((ready) => connect(443, 'api.example', { servername: 'api.example', timeout: 20000 }, ready), '/words');
      await talk((ready) => connect('443', 'api.example', ready), '/text');
      for (const options of [{ host: 'refused.example' }, { host: 'a.invalid' },
                             { host: 'b.api.example.invalid', ALPNProtocols: ['h2'] }])
        await new Promise((resolve) => connect({ port: 443, ...options }).on('error', (error) => resolve(console.log(error.code))));
      const early = connect({ host: 'api.example', port: 443 }, () => console.log('not at once'));
      early.on('error', () => console.log('error')).destroy();""", module=True)
    lines = out.splitlines()
    assert lines[:4] == ["true true"] * 3 + ["ECONNREFUSED"], out
    assert all(line in ("ENOTFOUND", "EAI_AGAIN") for line in lines[4:]) and len(lines) == 6, out
    assert tunnels[:4] == ["api.example:443"] * 3 + ["refused.example:443"], tunnels
    assert not any("invalid" in tunnel for tunnel in tunnels), tunnels


@everywhere("https from an ES module's named import")
def named_import(node):
    tunnels.clear()
    out = run(node, """
      import { get, Agent } from 'node:https';
      get('https://api.example/named', { agent: new Agent() }, (answer) =>
        answer.on('data', (piece) => console.log(JSON.parse(piece).path)));""", module=True)
    assert out.split() == ["/named"] and tunnels == ["api.example:443"], (out, tunnels)


@everywhere("plain http goes through")
def plain_http(node):
    tunnels.clear()
    plain.clear()
    out = run(node, """
      require('http').get('http://api.example/plain', (answer) => {
        answer.on('data', (piece) => console.log(JSON.parse(piece).host));
        answer.on('end', async () => console.log((await (await fetch('http://api.example:81/too')).json()).host));
      });""")
    assert out.split() == ["api.example", "api.example:81"], out
    assert len(tunnels) + len(plain) == 2, (tunnels, plain)


@everywhere("localhost and NO_PROXY are direct")
def direct(node):
    tunnels.clear()
    plain.clear()
    out = run(node, """
      const http = require('http');
      const server = http.createServer((request, response) => response.end('mine')).listen(0, '127.0.0.1', async () => {
        const url = 'http://127.0.0.1:' + server.address().port;
        console.log(await (await fetch(url)).text());
        http.get(url, (answer) => answer.on('data', (piece) => {
          console.log(String(piece));
          server.close();
          server.closeAllConnections?.();
        }));
        await fetch('https://a.direct.invalid/').catch((error) => console.log(error.cause.code));
        await new Promise((resolve) => require('https').get({ host: 'b.direct.invalid', agent: new (require('https').Agent)() })
          .on('error', (error) => resolve(console.log(error.code))));
      });""")
    assert sorted(out.split()) == ["ENOTFOUND", "ENOTFOUND", "mine", "mine"] or \
        sorted(out.split()) == ["EAI_AGAIN", "EAI_AGAIN", "mine", "mine"], out
    assert tunnels == [] and plain == [], (tunnels, plain)


@everywhere("a refused tunnel is an error of the call, which can be caught")
def refused(node):
    out = run(node, """
      (async () => {
        await fetch('https://refused.example/').catch((error) => console.log(error.name));
        require('https').get({ host: 'refused.example', agent: new (require('https').Agent)() })
          .on('error', (error) => console.log(error.code));
      })();""")
    assert out.split() == ["TypeError", "ECONNREFUSED"], out


@everywhere("a proxy that is gone is an error of the call, too")
def gone(node):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://overhear:{TOKEN}@127.0.0.1:{unused.getsockname()[1]}"
        out = run(node, """
          fetch('https://api.example/').catch((error) => console.log(error.name));""",
                  env=environment(HTTPS_PROXY=url, https_proxy=url))
    assert out.split() == ["TypeError"], out


@everywhere("an untrusted certificate stays untrusted")
def untrusted(node):
    out = run(node, """
      (async () => {
        await fetch('https://api.example/').catch((error) => console.log(error.cause.code));
        await fetch('https://wrong.name.example/').catch((error) => console.log(error.cause.code));
      })();""", env=environment(NODE_EXTRA_CA_CERTS=None))
    assert len(out.split()) == 2 and all("CERT" in word or "VERIFY" in word for word in out.split()), out
    out = run(node, """
      fetch('https://wrong.name.example/').catch((error) => console.log(error.cause.code));""")
    assert out.split() == ["ERR_TLS_CERT_ALTNAME_INVALID"], out


@everywhere("an aborted call ends at once")
def aborted(node):
    out = run(node, """
      const control = new AbortController();
      fetch('https://api.example/', { signal: control.signal }).catch((error) => console.log(error.name));
      setImmediate(() => control.abort());""")
    assert out.split() == ["AbortError"], out


@everywhere("what a program can see of it is as before")
def unseen(node):
    script = """
      const own = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
      console.log(Object.keys(globalThis).join(), Object.keys(process).sort().join());
      console.log(fetch.name, fetch.length, typeof fetch, fetch === globalThis.fetch);
      const after = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
      console.log(after.writable, after.enumerable, after.configurable, typeof after.value);
      console.log(require('https').Agent.prototype.createConnection.name, require('http').globalAgent.constructor.name);
      console.log(process.listenerCount('warning'), process.listenerCount('exit'), process.argv.length, require.main === module);
      let env = { ...process.env };
      console.log(Object.keys(env).sort().join());
      process.on('warning', (warning) => console.log('warned', warning.name));
      process.emitWarning('mine', 'MyWarning');"""
    def look(env):
        file = home / "script.cjs"
        file.write_text(script)
        done = subprocess.run([node, "--no-warnings", file], capture_output=True, text=True, timeout=30, env=env, cwd=home)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout
    env = environment()
    # --no-warnings leaves the listener away, so that only what the preload does is compared; the same names must be set.
    without = look({**env, "NODE_OPTIONS": ""})
    assert look(env) == without, (look(env), without)


@everywhere("a dispatcher or fetch of the program's own wins")
def own_dispatcher(node):
    tunnels.clear()
    out = run(node, """
      globalThis.fetch = async () => 'mine';
      fetch('https://api.example/').then(console.log);""")
    assert out.split() == ["mine"], out
    out = run(node, """
      fetch('https://api.example/one').then(() => {
        for (const key of [1, 2])
          globalThis[Symbol.for('undici.globalDispatcher.' + key)] = { dispatch() { throw new Error('own dispatcher'); } };
        return fetch('https://api.example/two');
      }).catch((error) => console.log((error.cause || error).message));""")
    assert out.strip() == "own dispatcher", out
    assert tunnels == ["api.example:443"], tunnels


@everywhere("without the token, or with another proxy, it does nothing")
def inactive(node):
    tunnels.clear()
    script = """
      require('https').get({ host: 'a.invalid', agent: new (require('https').Agent)() })
        .on('error', (error) => console.log(error.code));"""
    other = "http://someone:else@127.0.0.1:9"
    for changes in ({"OVERHEAR_TOKEN": None}, {"HTTPS_PROXY": other, "https_proxy": other},
                    {"HTTPS_PROXY": None, "https_proxy": None}):
        env = environment(**changes)
        assert run(node, script, env=env).strip() in ("ENOTFOUND", "EAI_AGAIN")
    assert tunnels == []


@everywhere("NODE_USE_ENV_PROXY, where the user wants it, goes with it")
def env_proxy(node):
    tunnels.clear()
    out = run(node, """
      fetch('https://api.example/fetch').then((answer) => {
        console.log(answer.status);
        require('https').get('https://api.example/https', (answer) => console.log(answer.resume().statusCode));
      });""", env=environment(NODE_USE_ENV_PROXY="1", NODE_NO_WARNINGS="1"))
    assert out.split() == ["200", "200"] and tunnels == ["api.example:443"] * 2, (out, tunnels)


@everywhere("children and their children go through, too")
def children(node):
    tunnels.clear()
    (home / "inner.cjs").write_text("fetch('https://api.example/inner').then((answer) => console.log(answer.status));")
    out = run(node, """
      const { execFileSync } = require('child_process');
      console.log(String(execFileSync('sh', ['-c', JSON.stringify(process.execPath) + ' inner.cjs'])));""")
    assert out.split() == ["200"] and tunnels == ["api.example:443"], (out, tunnels)


@everywhere("names for traces can be had from scripts and ES modules")
def names(node):
    env = environment(NODE_PATH=str(home / "node_modules"))
    assert run(node, "console.log(typeof require('overhear').trace)", env=env).strip() == "function"
    assert run(node, "console.log(typeof globalThis.overhear.trace)", module=True, env=env).strip() == "function"


@everywhere("Deno without permission for its environment is left alone")
def deno(node):
    (home / "deno.cjs").write_text("""
      const env = process.env;
      globalThis.Deno = { permissions: { querySync: ({ name }) => ({ state: name === 'env' ? 'prompt' : 'granted' }) } };
      Object.defineProperty(process, 'env', { get() { throw new Error('NotCapable'); }, configurable: true });
      globalThis.giveBack = () => Object.defineProperty(process, 'env', { value: env });""")
    env = environment(NODE_OPTIONS=f'--require "{home}/deno.cjs" --require "{home}/overhear-node.cjs"')
    assert run(node, "giveBack(); console.log('overhear' in globalThis)", env=env).strip() == "false"


main()
