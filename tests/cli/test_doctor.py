# SPDX-License-Identifier: GPL-3.0-or-later
"""`overhear doctor`: set-ups whose diagnosis is known, and what then really happens to the same command under `overhear
run`: what was said to be captured is, and what was said to go past is not."""
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

import jsonschema

from faults.proxyhost import Server, answering, make_certificate, reply
from launch.desk import Desk, build_go
from tap import Skip, check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
folder = tempfile.TemporaryDirectory(prefix="overhear-doctor-")
home = pathlib.Path(folder.name)
CERTIFICATE = make_certificate()
server = Server(answering(reply(b"hello")), CERTIFICATE)
desk = Desk(OVERHEAR, home, server, CERTIFICATE[0])
bin_folder = home / "bin"
bin_folder.mkdir()
CURL = ["curl", "-sS", desk.url]
PYTHON = "/usr/bin/python3"
ASK = f"import urllib.request; print(urllib.request.urlopen({desk.url!r}).read())"
DEAD = "http://127.0.0.1:9"


def make(path, text, mode=0o644):
    path = home / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def program(name, text="exit 0"):
    return make(bin_folder / name, f"#!/bin/sh\n{text}\n", 0o755)


def environment(**changes):
    env = desk.environment(**changes)
    env["PATH"] = f"{bin_folder}:/usr/local/bin:/usr/bin:/bin"
    env.setdefault("OVERHEAR_DATA_DIR", tempfile.mkdtemp(dir=home))
    # As an outermost tmux, and without what these tests are started with.
    for name in "TMUX", "NODE_OPTIONS", "NODE_PATH", "VIRTUAL_ENV":
        env.pop(name, None)
    return {name: value for name, value in env.items() if value is not None}


schema = None


def doctor(words, *options, cwd=home, timeout=60, status=None, **changes):
    """What it says as JSON, held against its schema, and the same in words; `codes`: of what is worse than good."""
    global schema
    env = environment(**changes)
    command = [OVERHEAR, "doctor", *options]
    done = subprocess.run([*command, "--json", "--", *map(str, words)], capture_output=True, text=True, timeout=timeout,
                          env=env, cwd=cwd)
    assert done.stderr == "" and done.stdout.count("\n") == 1, done
    told = json.loads(done.stdout)
    if schema is None:
        schema = json.loads(subprocess.run([OVERHEAR, "schema", "doctor"], capture_output=True, text=True).stdout)
    jsonschema.validate(told, schema)
    assert done.returncode == (1 if told["captured"] is False else 0), (done.returncode, told)
    told["text"] = done.stdout
    # A container may not isolate programs.
    told["codes"] = {one["code"] for one in told["checks"] if one["severity"] != "good"} - {"isolation-failed"}
    told["all"] = {one["code"]: one for one in told["checks"]}
    worst = {one["severity"] for one in told["checks"]}
    assert told["captured"] is (False if "bad" in worst else None if "unknown" in worst else True), told
    return told


def really(words, *options, cwd=home, **changes):
    """The kinds of the rows of a run of the same: read, refused, unread, around."""
    env = environment(**changes)
    subprocess.run([OVERHEAR, "run", *options, "--", *map(str, words)], capture_output=True, timeout=60, env=env, cwd=cwd)
    desk.last = env
    kinds = []
    for row in sorted(desk.ask("list"), key=lambda row: row["id"]):
        message = (row["error"] or {}).get("message", "")
        kinds.append("read" if row["method"] != "CONNECT" else "unread" if not message else
                     "around" if "goes around" in message else "refused")
    return kinds


def well(words, real=True, codes=(), **more):
    """All is well, nothing is said without need, and it is read."""
    told = doctor(words, **more)
    assert told["captured"] is True and told["codes"] == set(codes), told
    if real:
        kinds = really(words, **more)
        assert kinds and set(kinds) == {"read"}, kinds


def lost(words, code, remedy=None, real=True, **more):
    """That is said, and nothing is read."""
    told = doctor(words, **more)
    assert told["captured"] is False and told["codes"] == {code}, told
    if remedy is not None:
        assert told["all"][code]["remedy"] == remedy, told["all"][code]
    if real:
        assert "read" not in really(words, **more)
    return told["all"][code]


def unsure(words, code, remedy=None, **more):
    told = doctor(words, **more)
    assert told["captured"] is None and told["codes"] == {code}, told
    if remedy is not None:
        assert told["all"][code]["remedy"] == remedy, told["all"][code]
    return told["all"][code]


def need(name):
    if not shutil.which(name):
        raise Skip(f"{name} is not installed")


def run_remedy(remedy, **changes):
    """The kinds of the rows after it has been typed."""
    env = environment(**changes)
    make("bin/overhear", f"#!/bin/sh\nexec {OVERHEAR} \"$@\"\n", 0o755)
    subprocess.run(["sh", "-c", remedy], capture_output=True, timeout=60, env=env, cwd=home)
    desk.last = env
    return ["read" if row["method"] != "CONNECT" else "other" for row in desk.ask("list")]


# ---- this machine ----

@check("a machine where all is well")
def machine():
    told = doctor([])
    assert told["captured"] is True and told["codes"] == set() and told["run"] is None, told
    assert {"data", "database-none", "disk", "port", "certificates"} <= set(told["all"]), told
    words = subprocess.run([OVERHEAR, "doctor"], capture_output=True, text=True, env=environment(), cwd=home)
    assert words.returncode == 0 and words.stdout.endswith("\nOn this machine all is well.\n"), words
    assert len(words.stdout.splitlines()) == len(told["checks"]) + 2


@check("a database: sound, in use, another's, damaged, newer, no file, and what a run then does")
def database():
    data = home / "database"
    env = environment(OVERHEAR_DATA_DIR=str(data))
    run = [OVERHEAR, "run", "--", "true"]
    assert subprocess.run(run, env=env, capture_output=True).returncode == 0
    told = doctor([], OVERHEAR_DATA_DIR=str(data))
    assert "database" in told["all"] and "database-shared" not in told["all"], told
    busy = subprocess.Popen([OVERHEAR, "run", "--", "sh", "-c", "echo; exec sleep 60"], env=env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    busy.stdout.readline()
    told = doctor([], OVERHEAR_DATA_DIR=str(data))
    assert told["captured"] is True and told["all"]["database-shared"]["sentence"].rstrip(".").split()[-1].isdigit(), told
    busy.send_signal(signal.SIGTERM)
    busy.communicate()
    sound = (data / "overhear.db").read_bytes()
    base = sqlite3.connect(data / "overhear.db")
    base.execute("PRAGMA user_version = 999")
    base.commit()
    base.close()
    before = (data / "overhear.db").read_bytes()
    told = doctor([], OVERHEAR_DATA_DIR=str(data))
    assert told["captured"] is False and told["codes"] == {"database-newer"} and before == (data / "overhear.db").read_bytes()
    assert subprocess.run(run, env=env, capture_output=True).returncode == 125
    for text in b"no database " * 1000, sound[:4096] + b"\xff" * (len(sound) - 4096):
        (data / "overhear.db").write_bytes(text)
        for name in "overhear.db-wal", "overhear.db-shm":
            (data / name).unlink(missing_ok=True)
        told = doctor([], OVERHEAR_DATA_DIR=str(data))
        assert told["captured"] is True and told["codes"] == {"database-damaged"}, told
        assert (data / "overhear.db").read_bytes() == text
    assert subprocess.run(run, env=env, capture_output=True).returncode == 0
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    os.mkfifo(data / "overhear.db")
    assert doctor([], OVERHEAR_DATA_DIR=str(data))["codes"] == {"database-failed"}
    assert subprocess.run(run, env=env, capture_output=True, timeout=30).returncode == 125


@check("no place for the data, a full disk, a port that is taken, a limit")
def places():
    file = make("a-file", "")
    told = doctor([], OVERHEAR_DATA_DIR=str(file))
    assert told["codes"] == {"data-unusable"} and "OVERHEAR_DATA_DIR=" in told["all"]["data-unusable"]["remedy"], told
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert doctor([], "--port", str(port))["codes"] == {"port-failed"}
    script = f"ulimit -n 512; exec {OVERHEAR} doctor"
    words = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=environment())
    assert words.returncode == 0 and "ulimit -Hn” is 512" in words.stdout, words
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        return
    small = home / "small"
    small.mkdir()
    script = f"mount -t tmpfs -o size=2m none {small} && exec {OVERHEAR} doctor --json"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True,
                          env=environment(OVERHEAR_DATA_DIR=str(small)))
    assert done.returncode == 1 and '"disk-full"' in done.stdout, done


@check("the user's own patterns of secrets: they hold for remedies, and a broken one lets no run start")
def patterns():
    make(".config/overhear/secrets", "corp-[0-9]+\n")
    assert "corp-12345" not in doctor(["env", "no_proxy=*", "A=corp-12345", *CURL], XDG_CONFIG_HOME=None)["text"]
    make(".config/overhear/secrets", "(\n")
    told = doctor([], XDG_CONFIG_HOME=None)
    assert told["codes"] == {"patterns"}, told
    done = subprocess.run([OVERHEAR, "run", "--", "true"], capture_output=True, text=True, env=environment(XDG_CONFIG_HOME=None))
    assert done.returncode == 125 and told["all"]["patterns"]["sentence"].split(": ", 1)[1] in done.stderr, (told, done)
    shutil.rmtree(home / ".config")


@check("proxies, NO_PROXY and certificates of one's own that a run takes along")
def own():
    secret = "pa55w0rd"
    told = doctor(CURL, https_proxy=f"http://me:{secret}@127.0.0.1:{server.port}")
    assert told["captured"] is True and told["codes"] == {"own-proxy"} and secret not in told["text"], told
    assert doctor([], HTTPS_PROXY="gopher://example.org")["codes"] == {"own-proxy-bad"}
    well(CURL, codes={"no-proxy-kept-out"}, NO_PROXY="localhost,api.anthropic.com")
    assert doctor([], CURL_CA_BUNDLE="/nonesuch.pem")["codes"] == {"trust-unreadable"}


# ---- all is well ----

@check("curl, Python, Node and Go are read")
def known():
    well(CURL)
    well([PYTHON, "-c", ASK])
    well([PYTHON, "-I", "-c", ASK], codes={"python-isolated"})
    need("node")
    well(["node", make("ask.mjs", f"console.log(await (await fetch({desk.url!r})).text())\n")])


@check("Go, which uses no proxy for this computer")
def go():
    plain = build_go(home / "plain", """
package main
import ("io"; "net/http"; "os")
func main() {
  answer, err := http.Get(os.Args[1])
  if err != nil { panic(err) }
  io.Copy(os.Stdout, answer.Body)
}""")
    lost([plain, desk.url], "own-way")
    assert "go" in doctor([plain], ANTHROPIC_BASE_URL=None)["all"]
    well([plain, desk.url], real=False, ANTHROPIC_BASE_URL="https://gateway.example")


@check("scripts: by a first line, by a suffix, through env")
def scripts():
    well([make("one.py", f"#!{PYTHON}\n{ASK}\n", 0o755)])
    well(["./two.py"] if make("two.py", f"{ASK}\n") else [])
    well([make("three", f"#!/usr/bin/env -S FOO=bar {PYTHON}\n{ASK}\n", 0o755)])
    well([make("four.sh", f"#!/bin/sh\n# asks\nset -e\ncd /\nexport FOO=1\nFOO=2 {shlex.join(CURL)} >/dev/null 2>&1\n", 0o755)])


@check("what stands before a program")
def wrappers():
    well(["nohup", "timeout", "-k", "5", "20", "nice", "-n", "1", *CURL])
    well(["env", "-u", "FOO", "BAR=1", "setsid", "-w", *CURL])
    well(["bash", "-c", f"cd / && {shlex.join(CURL)}; echo done"])
    for words in (["uv", "run", "--with", "httpx"], ["poetry", "run"], ["npx", "--yes"]):
        program(words[0], "while [ \"$1\" != curl ]; do shift; done; exec \"$@\"")
    well(["uv", "run", "--with", "httpx", *CURL])
    well(["poetry", "run", *CURL])
    (bin_folder / "npx").unlink()


@check("a proxy variable that does not count, curl -k with certificates of its own, a base URL elsewhere")
def no_alarm():
    well(["env", f"ALL_PROXY={DEAD}", *CURL])
    well(["env", "-u", "HTTPS_PROXY", *CURL])
    well(["curl", "-ksS", "--cacert", "/nonesuch", desk.url])
    well(CURL, ANTHROPIC_BASE_URL=f"https://localhost:{server.port}/gateway")
    well(["sh", "-c", 'exec curl -sS "$OVERHEAR_VIA/localhost"'], real=False)


# ---- what goes past ----

@check("a proxy that the command sets wins")
def proxy():
    words = ["env", f"https_proxy={DEAD}", f"HTTPS_PROXY={DEAD}", *CURL]
    remedy = f"https_proxy={DEAD} HTTPS_PROXY={DEAD} overhear run {shlex.join(CURL)}"
    assert DEAD in lost(words, "proxy", remedy)["sentence"]
    lost([PYTHON if word == "curl" else word for word in words[:3]] + [PYTHON, "-c", ASK], "proxy")
    secret = "s3cr3t-of-a-proxy"
    told = doctor(["env", f"https_proxy=http://me:{secret}@127.0.0.1:9", *CURL])
    assert told["codes"] == {"proxy"} and secret not in told["text"], told


@check("the proxy taken away")
def proxy_gone():
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    lost(["env", *[word for name in names for word in ("-u", name)], *CURL], "proxy-gone")


@check("NO_PROXY that the command sets")
def no_proxy():
    words = ["env", "no_proxy=*", "NO_PROXY=*", *CURL]
    found = lost(words, "no-proxy")
    assert set(run_remedy(found["remedy"])) == {"read"}, found
    well(["env", "NO_PROXY=*", *CURL])
    lost(["sh", "-c", f"no_proxy=.example,localhost {shlex.join(CURL)}"], "no-proxy")


@check("certificates of the command's own")
def trust():
    found = lost(["env", f"CURL_CA_BUNDLE={CERTIFICATE[0]}", *CURL], "trust")
    assert set(run_remedy(found["remedy"])) == {"read"}, found
    lost(["curl", "-sS", "--cacert", CERTIFICATE[0], desk.url], "own-certificates")
    unsure(["env", f"SSL_CERT_FILE={CERTIFICATE[0]}", PYTHON, "-c", ASK], "trust-partly")


@check("curl --noproxy; wget")
def own_way():
    remedy = lost(["curl", "-sSk", "--noproxy", "*", desk.url], "own-way")["remedy"]
    assert remedy.startswith("overhear run --isolate curl "), remedy
    if "isolation" in doctor([])["all"]:
        assert run_remedy(remedy) == ["read"]
    need("wget")
    lost(["wget", "-qO-", f"--ca-certificate={CERTIFICATE[0]}", desk.url], "own-certificates")


@check("env -i, and its remedy")
def bare():
    found = lost(["nohup", "env", "-i", "A=b", *CURL], "environment-lost")
    assert found["remedy"] == ("overhear run sh -c 'nohup env -i A=b ANTHROPIC_BASE_URL=$OVERHEAR_VIA/api.anthropic.com "
                               f"{shlex.join(CURL)}'"), found
    ask = 'import os, urllib.request as r; r.urlopen(os.environ["ANTHROPIC_BASE_URL"].replace("api.anthropic.com", "localhost") + "/v1/models")'
    found = lost(["env", "-i", PYTHON, "-c", ask], "environment-lost")
    assert set(run_remedy(found["remedy"], ANTHROPIC_BASE_URL=None)) == {"read"}, found


@check("sudo, without and with -E")
def sudo():
    need("sudo")
    lost(["sudo", "-n", *CURL], "environment-lost", f"overhear run sudo -E -n {shlex.join(CURL)}", real=False)
    if subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        assert "read" not in really(["sudo", "-n", *CURL])
        well(["sudo", "-n", "-E", *CURL], codes={"sudo-partly"})
    lost(["su", "-", "nobody", "-c", "true"], "environment-lost", real=False)
    lost(["systemd-run", "--user", *CURL], "environment-lost", f"overhear run {shlex.join(CURL)}", real=False) \
        if shutil.which("systemd-run") else None


@check("Node without Overhear's part in it")
def node():
    need("node")
    ask = make("ask.mjs", f"console.log(await (await fetch({desk.url!r})).text())\n")
    found = lost(["env", "NODE_OPTIONS=--no-warnings", "node", ask], "node-preload")
    assert set(run_remedy(found["remedy"])) == {"read"}, found
    lost(["node", "--experimental-policy=x.json", ask], "node-policy", real=False)
    program("node", 'echo v14.21.3')
    unsure(["node", ask], "node-old")
    program("node", "sleep 60")
    begun = time.monotonic()
    assert "no-version" in doctor(["node", ask])["codes"] and time.monotonic() - begun < 30
    (bin_folder / "node").unlink()


@check("Python that ignores the environment")
def trust_env():
    script = make("ignores.py", "import httpx\n# trust_env=False\nclient = httpx.Client(trust_env = False)\n")
    unsure([PYTHON, script], "trust-env", f"overhear run --insist {PYTHON} {script}")
    assert doctor([PYTHON, script], "--insist")["captured"] is True
    well([PYTHON, make("says.py", f"# trust_env=False\n{ASK}\n")])
    well(["env", f"PYTHONPATH={home}", PYTHON, "-c", ASK], codes={"python-preload"})


@check("Java")
def java():
    program("java")
    assert doctor(["java", "-jar", "x.jar"])["captured"] is True
    lost(["java", "-Djavax.net.ssl.trustStore=own.jks", "Main"], "own-certificates", real=False)
    lost(["java", "Main"], "own-certificates", real=False, JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=own.jks")
    (bin_folder / "java").unlink()


@check("base URLs: of the command, of a .env file; --read")
def base_urls():
    gateway = "https://gateway.example"
    found = lost(["env", f"ANTHROPIC_BASE_URL={gateway}/v1?key=s3cret", PYTHON, "-c", "1"], "base-url-unread", real=False)
    assert found["remedy"].startswith("overhear run --read gateway.example env ANTHROPIC_BASE_URL='https://gateway.example"), found
    assert "s3cret" not in str(found), found
    assert doctor(["env", f"ANTHROPIC_BASE_URL={gateway}", PYTHON, "-c", "1"], "--read", "gateway.example")["captured"] is True
    url = f"https://127.0.0.1:{server.port}"
    ask = ["sh", "-c", f"export ANTHROPIC_BASE_URL={url}; curl -ksS $ANTHROPIC_BASE_URL/v1/models"]
    found = lost(ask, "base-url-direct")
    assert set(run_remedy(found["remedy"])) == {"read"}, found
    make("project/.env", f"export OPENAI_BASE_URL='{gateway}' # ours\n")
    unsure([PYTHON, "-c", "1"], "dotenv", f"overhear run --read gateway.example {PYTHON} -c 1", cwd=home / "project")
    assert doctor([PYTHON, "-c", "1"], cwd=home / "project", OPENAI_BASE_URL=gateway)["captured"] is True


def claude(text, cwd="project", where=".claude/settings.json", words=("claude",), code=None, **more):
    make(where, text)
    return doctor(words, cwd=home / cwd, **more)


@check("settings of Claude Code that win over the environment")
def claude_settings():
    (home / "project").mkdir(exist_ok=True)
    (home / "project/.env").unlink(missing_ok=True)
    program("claude", 'echo "2.1.99 (Claude Code)"')
    gateway = "https://user:t0ken@gateway.example/x"
    told = claude('{"env": {"ANTHROPIC_API_KEY": "sk-ant-secret", "FOO": "1"}}')
    assert told["captured"] is True and told["all"]["settings"]["sentence"].startswith("~/.claude/settings.json"), told
    told = claude(json.dumps({"env": {"ANTHROPIC_BASE_URL": gateway}}))
    assert told["codes"] == {"base-url-unread"} and told["captured"] is False, told
    found = told["all"]["base-url-unread"]
    assert found["remedy"] == "overhear run --read gateway.example claude" and "t0ken" not in told["text"], found
    assert "(~/.claude/settings.json) points to https://gateway.example," in found["sentence"], found
    assert doctor(["claude"], "--read", "gateway.example", cwd=home / "project")["captured"] is True
    # The project's win over the user's, the local ones over these, --settings over all of them.
    make("project/.claude/settings.json", json.dumps({"env": {"ANTHROPIC_BASE_URL": "https://api.anthropic.com"}}))
    assert doctor(["claude"], cwd=home / "project")["captured"] is True
    local = make("project/.claude/settings.local.json", json.dumps({"env": {"ANTHROPIC_BASE_URL": "http://localhost:1"}}))
    assert doctor(["claude"], cwd=home / "project")["captured"] is True
    told = doctor(["claude"], cwd=home / "project", ANTHROPIC_BASE_URL=None)
    assert told["codes"] == {"base-url-direct"} and told["all"]["base-url-direct"]["remedy"] == "overhear run --read localhost claude"
    told = doctor(["claude", "--settings", json.dumps({"env": {"ANTHROPIC_BASE_URL": gateway}})], cwd=home / "project")
    assert told["codes"] == {"base-url-unread"} and "(--settings)" in told["all"]["base-url-unread"]["sentence"], told
    assert doctor(["claude", "--setting-sources", "user"], cwd=home / "project")["codes"] == {"base-url-unread"}
    local.unlink()
    for variable, value, code in (("HTTPS_PROXY", DEAD, None), ("https_proxy", DEAD, "proxy"), ("NO_PROXY", "*", "no-proxy"),
                                  ("NODE_EXTRA_CA_CERTS", "/etc/own.pem", None)):
        told = claude("{}", where="project/.claude/settings.json")
        told = claude(json.dumps({"env": {variable: value}}))
        assert told["codes"] == ({code} if code else set()), (variable, told)
        if code:
            assert told["all"][code]["remedy"] == "${EDITOR:-nano} ~/.claude/settings.json", told
            assert "~/.claude/settings.json" in told["all"][code]["sentence"], told
    shutil.rmtree(home / ".claude")
    shutil.rmtree(home / "project/.claude")


@check("settings that are anything: broken, huge, deep, a pipe, a folder, not to be read")
def hostile_settings():
    settings = home / ".claude/settings.json"
    settings.parent.mkdir(exist_ok=True)
    for name in "broken", "huge", "deep", "pipe", "folder", "device":
        if name == "broken":
            settings.write_text('{"env": {')
        elif name == "huge":
            settings.write_text('{"env": {}}' + " " * (4 << 20))
        elif name == "deep":
            settings.write_text('{"env":' + "[" * 500000)
        elif name == "pipe":
            os.mkfifo(settings)
        elif name == "folder":
            settings.mkdir()
        else:
            settings.symlink_to("/dev/zero")
        told = unsure(["claude"], "settings-unread", "${EDITOR:-nano} ~/.claude/settings.json", timeout=30)
        assert told["sentence"].startswith("What ~/.claude/settings.json sets is not known: "), told
        settings.rmdir() if name == "folder" else settings.unlink()
    settings.write_bytes(b'{"env": {"https_proxy": "http://\\u001b[31m\xff\\u0000:1", "ANTHROPIC_BASE_URL": 7, "NO_PROXY": null}}')
    words = subprocess.run([OVERHEAR, "doctor", "claude"], capture_output=True, env=environment(), cwd=home)
    assert words.returncode == 1 and b"\x1b" not in words.stdout, words
    shutil.rmtree(home / ".claude")


@check("Codex: hosts that are not read unless asked for, and its own config.toml")
def codex():
    program("codex")
    assert "hosts-unread" in doctor(["codex"])["codes"]
    assert "hosts-unread" not in doctor(["codex"], "--read", "api.openai.com", "--read", "chatgpt.com")["codes"]
    make(".codex/config.toml", '# mine\nmodel_provider = "azure"\n[model_providers."other"]\nbase_url = "https://no.example"\n'
         '[model_providers.azure]\nname = "Azure"\nbase_url = "https://azure.example/openai" # ours\n')
    told = doctor(["codex"])
    assert "base-url-unread" in told["codes"], told
    assert told["all"]["base-url-unread"]["remedy"] == "overhear run --read azure.example codex", told
    shutil.rmtree(home / ".codex")
    (bin_folder / "codex").unlink()


# ---- elsewhere ----

@check("containers, other computers")
def elsewhere():
    for name in "docker", "ssh", "podman":
        program(name)
    lost(["docker", "run", "--rm", "image", "python", "agent.py"], "container",
         "overhear run sh -c 'docker run --network host -e ANTHROPIC_BASE_URL=$OVERHEAR_VIA/api.anthropic.com --rm image python "
         "agent.py'", real=False)
    assert doctor(["sh", "-c", "docker run --network host -e ANTHROPIC_BASE_URL=$OVERHEAR_VIA/api.anthropic.com image"])["captured"]
    lost(["podman", "exec", "box", "curl"], "container", real=False)
    lost(["ssh", "host", "python", "agent.py"], "remote", real=False)
    assert doctor(["docker", "ps"])["codes"] == {"no-network"}


@check("snaps and Flatpaks")
def confined():
    snap = home / "snap/bin/tool"
    make("snap/bin/tool", "#!/bin/sh\n", 0o755)
    unsure([snap], "confined-maybe")
    make("snap/tool/current/meta/snap.yaml", "name: tool\nconfinement: strict\n")
    assert "api.anthropic.com" in lost([snap], "confined", real=False)["remedy"]
    make("snap/tool/current/meta/snap.yaml", "name: tool\nconfinement: classic\n")
    assert not {"confined", "confined-maybe"} & doctor([snap])["codes"]
    program("flatpak", '[ "$1 $2 $3" = "info --file-access=/tmp org.example.App" ] && echo hidden')
    lost(["flatpak", "run", "--branch=stable", "org.example.App", "x"], "confined", real=False)
    lost([make("exports/org.example.App", '#!/bin/sh\nexec flatpak run --branch=stable org.example.App "$@"\n', 0o755)], "confined",
         real=False)
    program("flatpak", "echo read-write")
    unsure(["flatpak", "run", "org.example.App"], "unknown-program")
    (bin_folder / "flatpak").unlink()


@check("a tmux server from before")
def tmux():
    need("tmux")
    socket_path = home / "t"
    command = ["tmux", "-f", "/dev/null", "-S", str(socket_path)]
    unsure([*command, "new-session", "-d", "true"], "opaque")
    subprocess.run([*command, "new-session", "-d", "sleep 1000"], check=True, env=environment(), cwd=home)
    try:
        window = [*command, "new-window", "-d", f"{shlex.join(CURL)}; tmux -S {socket_path} wait-for -S done"]
        found = lost(window, "server-before", real=False)
        assert any(word.isdigit() for word in found["sentence"].replace(")", " ").split()), found
        assert "read" not in really(["sh", "-c", f"{shlex.join(window)}; tmux -S {socket_path} wait-for done"])
    finally:
        subprocess.run([*command, "kill-server"], env=environment())


@check("daemons from before: PM2, Claude Code's, a server of Jupyter")
def daemons():
    program("pm2")
    program("jupyter", f"exec {PYTHON} -c 1")
    unsure(["pm2", "start", "app.js"], "opaque")
    holder = make("pm2-daemon", "#!/bin/sh\nread forever\n", 0o755)
    with subprocess.Popen([holder], stdin=subprocess.PIPE) as daemon:
        make(".pm2/pm2.pid", str(daemon.pid))
        lost(["pm2", "start", "app.js"], "server-before", "pm2 kill", real=False)
        make(f".local/share/jupyter/runtime/jpserver-{daemon.pid}.json", "{}")
        found = unsure(["jupyter", "lab"], "supervisor")
        assert str(daemon.pid) in found["sentence"], found
        daemon.stdin.close()
    assert doctor(["jupyter", "lab"])["captured"] is True
    unsure(["pm2", "start", "app.js"], "opaque")
    fake = make("claude", "#!/bin/sh\nread forever\n", 0o755)
    with subprocess.Popen([fake, "daemon", "run"], stdin=subprocess.PIPE) as daemon:
        unsure(["claude"], "supervisor", "claude daemon stop --any")
        daemon.stdin.close()
    assert doctor(["claude"])["captured"] is True


# ---- programs of which nothing is known ----

@check("programs by their files: static, with roots of their own, without connections, unknown")
def binaries():
    need("gcc")
    source = make("one.c", '#include <sys/socket.h>\nint main (int c, char **v) { return c > 9 ? connect (0, 0, 0) : 0; }\n')
    roots = make("two.c", '#include <stdio.h>\n#include <sys/socket.h>\nint main (int c, char **v) { puts ("ISRG Root X1"); '
                 'puts ("GTS Root R1"); puts ("Amazon Root CA 1"); return c > 9 ? connect (0, 0, 0) : 0; }\n')
    silent = make("three.c", "int main (void) { return 0; }\n")
    for name, file, options in (("dynamic", source, []), ("fixed", source, ["-static"]), ("own", roots, []), ("silent", silent, [])):
        built = subprocess.run(["gcc", *options, "-o", home / name, file], capture_output=True)
        if built.returncode and name == "fixed":
            continue
        assert built.returncode == 0, built.stderr
        if name == "silent":
            assert doctor([home / name])["codes"] == {"no-network"}
        else:
            unsure([home / name], {"dynamic": "unknown-program", "fixed": "static", "own": "own-roots"}[name],
                   f"overhear {'run --isolate' if name == 'fixed' else 'doctor --run'} {home / name}")


@check("what starts other programs is said not to be known")
def opaque():
    program("make")
    unsure(["make", "test"], "opaque", "overhear doctor --run make test")
    unsure(["bash", "-c", "for i in 1 2; do curl x; done"], "opaque")
    unsure(["bash", "-c", "$(cat x)"], "opaque")
    unsure(["sh", "nonesuch.sh"], "opaque")


@check("commands that do not start say so, and a run agrees")
def not_started():
    make("plain.txt", "no program")
    for words, status in (["no-such-program"], 127), (["/nonesuch"], 127), (["/tmp"], 126), (["./plain.txt"], 126):
        found = lost(words, "not-started", real=False)
        done = subprocess.run([OVERHEAR, "run", "--", *words], capture_output=True, text=True, env=environment(), cwd=home)
        assert done.returncode == status and found["sentence"] in done.stderr, (found, done)
    loop = make("loop", f"#!{home}/loop\n", 0o755)
    unsure([loop], "opaque")


@check("secrets on a command line are in no remedy")
def secrets():
    key = "sk-ant-api03-" + "A" * 40
    told = doctor(["env", "no_proxy=*", f"ANTHROPIC_API_KEY={key}", "curl", "-H", f"x-api-key: {key}", desk.url])
    assert told["codes"] == {"no-proxy"} and key not in told["text"], told


# ---- by running it ----

@check("--run: what was captured, with the program's own streams and status")
def runs():
    def run(words, *options):
        return subprocess.run([OVERHEAR, "doctor", "--run", *options, "--", *words], capture_output=True, text=True, timeout=60,
                              env=environment(), cwd=home)

    done = run(CURL)
    assert (done.returncode, done.stdout) == (0, "hello") and "1 exchanges were read, 0 connections" in done.stderr, done
    done = run(["curl", "-sSk", "--noproxy", "*", desk.url], "--json")
    told = json.loads(done.stderr.splitlines()[-1])
    jsonschema.validate(told, schema)
    assert (done.returncode, done.stdout, told["captured"]) == (1, "hello", False) and told["run"]["exit_status"] == 0, done
    assert run(["sh", "-c", "exit 7"]).returncode == 7
    # What is only told of was not read.
    log = json.dumps({"data": {"level": "INFO", "message": "swallows"}})
    done = run(["sh", "-c", f"curl -sSf -o /dev/null --json '{log}' $SMELLO_URL/api/capture/log"], "--json")
    told = json.loads(done.stderr.splitlines()[-1])
    assert (told["captured"], told["run"]["exchanges"]) == (False, 1) and "No call of" in told["run"]["note"], told
    assert run([]).returncode == 2


main()
