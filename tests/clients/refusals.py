# SPDX-License-Identifier: GPL-3.0-or-later
"""Real programs that trust roots of their own only, in each of the ways in which they come to us: of the whole desktop, in a run,
in an isolated run. Each loses one connection at most, and is a row that says why; what it then gets is as without us."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import packages
from desktop import session
from faults.proxyhost import Server, answering, make_certificate, reply
from launch.desk import Desk, build_go
from tap import Skip, check, main

HOME = session.enter()
OVERHEAR = os.environ["OVERHEAR"]
HOST = "a.localhost"
home = pathlib.Path(tempfile.mkdtemp(dir=HOME))


def make_authority():
    """Some take no certificate for a server's that is an authority's. Returns: the authority's file; the server's files."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    roots, leaf, key = (home / name for name in ("own.pem", "leaf.pem", "leaf.key"))
    (home / "leaf.cnf").write_text(f"subjectAltName=DNS:{HOST},DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
    for words in (["req", "-x509", *curve, "-keyout", home / "own.key", "-out", roots, "-subj", "/CN=own authority", "-days", "2"],
                  ["req", *curve, "-keyout", key, "-out", home / "leaf.csr", "-subj", "/CN=leaf"],
                  ["x509", "-req", "-in", home / "leaf.csr", "-CA", roots, "-CAkey", home / "own.key", "-CAcreateserial",
                   "-days", "2", "-extfile", home / "leaf.cnf", "-out", leaf]):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    return roots, (str(leaf), str(key))


ROOTS, CERTIFICATE = make_authority()
server = Server(answering(reply(b"hello\n")), CERTIFICATE)
desk = Desk(OVERHEAR, home, server, str(ROOTS))


def overhear(*words):
    return subprocess.run([OVERHEAR, *words], capture_output=True, text=True, timeout=60, check=True).stdout


# ---- the ways -----------------------------------------------------------------------------------------------------------


class OfDesktop:
    name, remedy = "of the whole desktop", "“overhear trust”"
    url = f"https://{HOST}:{server.port}/v1/models"

    def __init__(self):
        self.process = subprocess.Popen([OVERHEAR, "desktop", "on", "--json", "--read", HOST], stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.seen = 0

    def __call__(self, words, **environment):
        proxy = f"http://127.0.0.1:{self.port}"
        # Something says whom they trust: nobody asks a program that has the system's store only, which does not have us.
        env = desk.environment(HTTPS_PROXY=proxy, https_proxy=proxy, URL=self.url, **environment)
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=120, cwd=home, env=env)
        rows = [json.loads(line) for line in overhear("list", "--json").splitlines()]
        rows = sorted((row for row in rows if row["id"] > self.seen), key=lambda row: row["id"])
        self.seen = max([self.seen, *(row["id"] for row in rows)])
        for row in rows:
            row["kind"] = "read" if row["method"] != "CONNECT" else "refused" if row["error"] else "unread"
        return done, rows

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=60)


class OfRun:
    name, remedy, options, url = "in a run", "$SSL_CERT_FILE", (), OfDesktop.url

    def __call__(self, words, **environment):
        return desk.run(words, "--read", HOST, *self.options, timeout=120, URL=self.url, **environment)


class OfIsolated(OfRun):
    name, options = "in an isolated run", ("--isolate",)


# ---- the programs -------------------------------------------------------------------------------------------------------

PROGRAMS = {}


def program(name, *in_run):
    """in_run: what becomes of its connections in runs, where that is something else."""
    def add(make):
        PROGRAMS[name] = make, in_run
        return make
    return add


def need(*names):
    for name in names:
        if not shutil.which(name):
            raise Skip(f"{name} is not installed")


def thrice(command):
    return "sh", "-c", f"for i in 1 2 3; do {command} || echo failed; done"


@program("curl --cacert")
def curl(way):
    return thrice(f"curl -sS --cacert {ROOTS} $URL")


@program("curl --cacert, TLS 1.2")
def curl_old(way):
    return thrice(f"curl -sS --tls-max 1.2 --cacert {ROOTS} $URL")


# It leaves behind the handshake without a word, as does who has no use for a connection: in a run that takes two to be sure.
@program("wget", "refused", "unread", "refused")
def wget(way):
    need("wget")
    return thrice(f"wget -q -O - --ca-certificate={ROOTS} $URL")


@program("gnutls-cli")
def gnutls(way):
    need("gnutls-cli")
    if not isinstance(way, OfIsolated):
        raise Skip("it knows no proxy")
    return thrice("{ printf 'GET / HTTP/1.1\\r\\nHost: a.localhost\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1; } | "
                  f"gnutls-cli --x509cafile {ROOTS} -p {server.port} {HOST} | grep -o hello")


PYTHON = """
import asyncio, os, ssl, sys, urllib.request
url, roots = os.environ["URL"], sys.argv[2]
context = ssl.create_default_context(cafile=roots)
def by_urllib():
    return urllib.request.urlopen(url, context=context, timeout=60).read().decode()
def by_requests():
    import requests
    return requests.get(url, verify=roots, timeout=60).text
def by_httpx():
    import httpx2 as httpx
    return httpx.get(url, verify=context, timeout=60).text
def by_aiohttp():
    import aiohttp
    async def get():
        async with aiohttp.ClientSession(trust_env=True) as one, one.get(url, ssl=context) as answer:
            return await answer.text()
    return asyncio.run(get())
for _ in range(3):
    try:
        print(globals()["by_" + sys.argv[1]](), end="", flush=True)
    except Exception as error:
        print(repr(error), file=sys.stderr)
        print("failed", flush=True)
"""


def add_python(client):
    @program(f"Python's {client}")
    def _(way):
        path = home / f"own-{client}.py"
        path.write_text(PYTHON)
        return packages.python("requirements.txt"), path, client, ROOTS


add_python("urllib")
add_python("requests")
add_python("httpx")
add_python("aiohttp")


# The preload adds ours to what it is given.
@program("Node with a ca of its own", "read", "read", "read")
def node(way):
    need("node")
    (home / "own-node.js").write_text("""
const fs = require('fs'), http = require('http'), https = require('https'), tls = require('tls');
const url = new URL(process.env.URL), ca = fs.readFileSync(process.argv[2]);
const proxy = process.argv[3] === 'proxy' ? new URL(process.env.HTTPS_PROXY) : null;
const connect = () => new Promise((done, failed) => {
  if (!proxy) return done(undefined);
  http.request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: url.host }).on('connect', (_, socket) => done(socket))
    .on('error', failed).end();
});
const get = async () => {
  const socket = await connect();
  return new Promise((done, failed) => {
    const options = socket ? { createConnection: () => tls.connect({ socket, ca, servername: url.hostname }) } : { ca, agent: false };
    https.get(url, options, (answer) => { let text = ''; answer.on('data', (d) => text += d).on('end', () => done(text)); }).on('error', failed);
  });
};
(async () => { for (let i = 0; i < 3; i++) process.stdout.write(await get().catch((e) => { console.error(e.code); return 'failed\\n'; })); })();
""")
    return ["node", home / "own-node.js", ROOTS, "proxy" if way is on else ""]


@program("Go with roots of its own")
def go(way):
    os.environ["CGO_ENABLED"] = "0"
    return build_go(home / "own-go", """
package main
import ("crypto/tls"; "crypto/x509"; "fmt"; "io"; "net/http"; "os")
func main() {
  pem, _ := os.ReadFile(os.Args[1])
  pool := x509.NewCertPool()
  pool.AppendCertsFromPEM(pem)
  transport := http.DefaultTransport.(*http.Transport).Clone()
  transport.TLSClientConfig = &tls.Config{RootCAs: pool}
  client := http.Client{Transport: transport}
  for i := 0; i < 3; i++ {
    answer, err := client.Get(os.Getenv("URL"))
    if err != nil { fmt.Fprintln(os.Stderr, err); fmt.Println("failed"); continue }
    io.Copy(os.Stdout, answer.Body)
    answer.Body.Close()
    transport.CloseIdleConnections()
  }
}"""), ROOTS


def add_java(name, get):
    @program(f"Java's {name}")
    def _(way):
        need("java", "javac", "keytool")
        folder = home / f"java-{name}"
        store = folder / "own.p12"
        if not folder.exists():
            folder.mkdir()
            subprocess.run(["keytool", "-importcert", "-noprompt", "-file", ROOTS, "-alias", "own", "-keystore", store, "-storepass",
                            "changeit", "-storetype", "PKCS12"], check=True, capture_output=True)
            (folder / "Own.java").write_text("""
import java.net.*;
import java.net.http.*;
public class Own {
  public static void main(String[] words) throws Exception {
    HttpClient client = HttpClient.newBuilder().proxy(ProxySelector.getDefault()).build();
    for (int i = 0; i < 3; i++)
      try {
        System.out.write(%s);
        System.out.flush();
      } catch (java.io.IOException problem) {
        System.err.println(problem);
        System.out.println("failed");
      }
  }
}""" % get)
            subprocess.run(["javac", "Own.java"], cwd=folder, check=True, capture_output=True)
        own = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit", "-Djavax.net.ssl.trustStoreType=PKCS12"]
        if way is on:
            own += ["-Dhttps.proxyHost=127.0.0.1", f"-Dhttps.proxyPort={way.port}", "-Dhttp.nonProxyHosts="]
        return ["java", *own, "-cp", folder, "Own", way.url]


add_java("HttpsURLConnection", "new URL(words[0]).openConnection().getInputStream().readAllBytes()")
add_java("HttpClient", "client.send(HttpRequest.newBuilder(URI.create(words[0])).build(), HttpResponse.BodyHandlers.ofByteArray()).body()")


def add_check(name, way, make, expected):
    @check(f"{name}, {way.name}: {', '.join(expected)}")
    def _():
        done, rows = way(make(way))
        assert done.stdout.split() == ["failed" if kind == "refused" else "hello" for kind in expected], (done, rows)
        kinds = [row["kind"] for row in rows]
        # Some keep a connection that passes.
        assert kinds == list(expected) or kinds == list(expected[:2]), (done, rows)
        for row in rows:
            said = (row["error"] or row["unread"] or {"message": ""})["message"]
            assert row["kind"] == "read" or "accept Overhear’s certificate" in said, row
            assert row["kind"] != "refused" or way.remedy in said, row


on = OfDesktop()
try:
    for way in on, OfRun(), OfIsolated():
        for name, (make, in_run) in PROGRAMS.items():
            add_check(name, way, make, in_run if in_run and way is not on else ("refused", "unread", "unread"))
    main()
finally:
    on.stop()
