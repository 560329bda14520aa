# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that trust certificates of their own choice only, under `overhear run`: what they refuse of us works at
their next try, unread, and a row says so, always; with --no-fallback it goes on failing."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from faults.proxyhost import Server, answering, make_certificate, reply
from launch.desk import CACHE, build_go
from tap import Skip, check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
HOST = "api.anthropic.com"
URL = f"https://{HOST}/v1/models"
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
CERTIFICATE = make_certificate("roots", f"DNS:{HOST},IP:127.0.0.1")
ROOTS = CERTIFICATE[0]
server = Server(answering(reply(b"hello\n")), CERTIFICATE)


def run(*words, no_fallback=False, environment=None, port=server.port):
    """What a command said, and the rows of it, oldest first."""
    data = tempfile.mkdtemp(dir=home)
    env = {name: value for name, value in os.environ.items() if not name.startswith("OVERHEAR_")}
    env.update(OVERHEAR_DATA_DIR=data, XDG_RUNTIME_DIR=str(home), LC_ALL="C.UTF-8", HOME=str(home))
    # What the run trusts upstream; the programs below do not look there.
    env.update({"CURL_CA_BUNDLE": ROOTS}, **(environment or {}))
    options = ["--no-fallback"] if no_fallback else []
    done = subprocess.run([OVERHEAR, "run", f"--upstream={HOST}=https://127.0.0.1:{port}", *options, "--",
                           *map(str, words)], capture_output=True, text=True, timeout=120, env=env, cwd=home)
    listed = subprocess.run([OVERHEAR, "list", "--json"], capture_output=True, text=True, timeout=60, env=env)
    assert listed.returncode == 0, listed.stderr
    rows = sorted((json.loads(line) for line in listed.stdout.splitlines()), key=lambda row: row["id"])
    return done, rows


def kinds(rows):
    """Of each row: refused, unread or read."""
    return ["refused" if "certificate" in str(row["error"]) else "unread" if row["method"] == "CONNECT" else "read"
            for row in rows]


def need(program):
    if not shutil.which(program):
        raise Skip(f"{program} is not installed")


def check_tries(*words, **more):
    """A program that tries twice and prints what it gets, or “failed”."""
    done, rows = run(*words, **more)
    assert done.stdout == "failed\nhello\n", (done.stdout, done.stderr, rows)
    assert kinds(rows) == ["refused", "unread"], rows
    assert "passes through unread" in rows[0]["error"]["message"], rows
    assert HOST in rows[0]["url"] and HOST in rows[1]["url"] and rows[1]["outcome"] == "finished", rows
    done, rows = run(*words, no_fallback=True, **more)
    assert done.stdout == "failed\nfailed\n", (done.stdout, done.stderr, rows)
    assert kinds(rows) == ["refused", "refused"], rows
    assert "passes through" not in rows[0]["error"]["message"], rows


def twice(command):
    return "sh", "-c", f"for i in 1 2; do {command} 2>&2 || echo failed; done"


@check("curl --cacert")
def curl():
    check_tries(*twice(f"curl -sS --cacert {ROOTS} {URL}"))


@check("wget")
def wget():
    need("wget")
    check_tries(*twice(f"wget -q -O - --ca-certificate={ROOTS} {URL}"))


@check("wget ends at once, and its row is there each time; programs that accept us are read beside it")
def ends_at_once():
    need("wget")
    for _ in range(6):
        done, rows = run("wget", "-q", "-O", "-", URL)
        assert done.returncode == 5 and kinds(rows) == ["refused"], (done, rows)
    command = f"curl -sS {URL}; wget -q -O - --ca-certificate={ROOTS} {URL} || echo failed; curl -sS {URL}"
    done, rows = run("sh", "-c", command)
    assert (done.stdout, kinds(rows)) == ("hello\nfailed\nhello\n", ["read", "refused", "read"]), (done, rows)


@check("Python with roots of its own")
def python():
    (home / "own.py").write_text(f"""
import ssl, urllib.request
context = ssl.create_default_context(cafile={ROOTS!r})
for _ in range(2):
    try:
        print(urllib.request.urlopen({URL!r}, context=context).read().decode(), end="", flush=True)
    except OSError:
        print("failed", flush=True)
""")
    check_tries("/usr/bin/python3", "own.py")


@check("Go with roots of its own")
def go():
    check_tries(build_go(home / "own-go", """
package main
import ("crypto/tls"; "crypto/x509"; "fmt"; "io"; "net/http"; "os")
func main() {
  pem, _ := os.ReadFile(os.Args[1])
  pool := x509.NewCertPool()
  pool.AppendCertsFromPEM(pem)
  transport := http.DefaultTransport.(*http.Transport).Clone()
  transport.TLSClientConfig = &tls.Config{RootCAs: pool}
  client := http.Client{Transport: transport}
  for i := 0; i < 2; i++ {
    answer, err := client.Get(os.Args[2])
    if err != nil { fmt.Println("failed"); continue }
    io.Copy(os.Stdout, answer.Body)
    answer.Body.Close()
  }
}"""), ROOTS, URL)


@check("Rust's ureq and rustls with roots of their own")
def rust():
    need("cargo")
    if not os.environ.get("OVERHEAR_TEST_RUST"):
        raise Skip("building it takes a minute or more: OVERHEAR_TEST_RUST=1 does it")
    source = home / "own-rust"
    (source / "src").mkdir(parents=True)
    (source / "Cargo.toml").write_text('''[package]
name = "own-rust"
version = "0.0.0"
edition = "2021"
[dependencies]
ureq = "=3.5.2"
''')
    (source / "src/main.rs").write_text("""
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
fn main() {
    let words: Vec<String> = std::env::args().collect();
    let pem = std::fs::read(&words[1]).unwrap();
    let roots = RootCerts::Specific(Arc::new(vec![Certificate::from_pem(&pem).unwrap()]));
    let tls = TlsConfig::builder().root_certs(roots).build();
    let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).build().into();
    for _ in 0..2 {
        match agent.get(&words[2]).call() {
            Ok(mut answer) => print!("{}", answer.body_mut().read_to_string().unwrap()),
            Err(_) => println!("failed"),
        }
    }
}""")
    # It takes no certificate for a server's that is an authority's.
    roots, leaf, key = (home / name for name in ("authority.pem", "leaf.pem", "leaf.key"))
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    (home / "leaf.cnf").write_text(f"subjectAltName=DNS:{HOST}\nbasicConstraints=CA:FALSE\n")
    for words in (["req", "-x509", *curve, "-keyout", home / "authority.key", "-out", roots, "-subj", "/CN=authority", "-days",
                   "2"],
                  ["req", *curve, "-keyout", key, "-out", home / "leaf.csr", "-subj", "/CN=leaf"],
                  ["x509", "-req", "-in", home / "leaf.csr", "-CA", roots, "-CAkey", home / "authority.key", "-CAcreateserial",
                   "-days", "2", "-extfile", home / "leaf.cnf", "-out", leaf]):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    target = CACHE / "cargo"
    built = subprocess.run(["cargo", "build", "--quiet"], cwd=source, capture_output=True, text=True, timeout=900,
                           env={**os.environ, "CARGO_TARGET_DIR": str(target)})
    assert built.returncode == 0, built.stderr
    other = Server(answering(reply(b"hello\n")), (str(leaf), str(key)))
    check_tries(target / "debug/own-rust", roots, URL, port=other.port)


@check("Java with a trust store of its own")
def java():
    need("keytool")
    store = home / "own.p12"
    subprocess.run(["keytool", "-importcert", "-noprompt", "-file", ROOTS, "-alias", "own", "-keystore", store,
                    "-storepass", "changeit", "-storetype", "PKCS12"], check=True, capture_output=True)
    (home / "Own.java").write_text("""
public class Own {
  public static void main(String[] words) throws Exception {
    for (int i = 0; i < 2; i++)
      try {
        System.out.write(new java.net.URL(words[0]).openStream().readAllBytes());
        System.out.flush();
      } catch (java.io.IOException problem) {
        System.out.println("failed");
      }
  }
}""")
    subprocess.run(["javac", "Own.java"], cwd=home, check=True, capture_output=True)
    check_tries("java", f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit",
                "-Djavax.net.ssl.trustStoreType=PKCS12", "-cp", home, "Own", URL)


@check("Node with a ca of its own is read, for the preload adds ours")
def node():
    need("node")
    (home / "own.js").write_text(f"""
const ca = require('fs').readFileSync({json.dumps(ROOTS)});
require('https').get({json.dumps(URL)}, {{ ca }}, (answer) => answer.pipe(process.stdout));""")
    done, rows = run("node", "own.js")
    assert (done.stdout, kinds(rows)) == ("hello\n", ["read"]), (done, rows)


main()
