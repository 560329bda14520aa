# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that go around Overhear are noticed by their connections, and said at the end of the run."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from faults.proxyhost import Server, answering, make_certificate, reply
from launch.desk import Desk, build_go
from tap import Skip, check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
CERTIFICATE = make_certificate()
answer = answering(reply(b"hello"))


def noticed():
    return any((row["error"] or {}).get("message", "").find("goes around") >= 0 for row in desk.ask("list"))


def patient(connection):
    """Answers once it has been noticed that the client goes around us; one through us at once, for that is asked first."""
    until = time.monotonic() + 60
    while desk.waits and not noticed() and time.monotonic() < until:
        time.sleep(0.1)
    answer(connection)


server = Server(patient, CERTIFICATE)
desk = Desk(OVERHEAR, home, server, CERTIFICATE[0])
CURL = f"curl -sS --cacert {CERTIFICATE[0]} {desk.url}"


def run(script, waits=True, **environment):
    desk.waits = waits
    done, rows = desk.run(["sh", "-c", script], CURL_CA_BUNDLE=CERTIFICATE[0], **environment)
    assert (done.returncode, done.stderr) == (0, ""), (done, rows)
    return done, rows


@check("who has no use for the proxy")
def direct():
    done, [row] = run(f"{CURL} --noproxy '*'")
    assert done.stdout == "hello" and row["kind"] == "around" and row["url"].startswith(f"https://localhost:{server.port}"), row
    assert "“curl” goes around Overhear: it does not use the proxy" in row["error"]["message"], row
    assert done.said.endswith(f": {row['error']['message']}\n") and done.said.count("\n") == 1, (done.said, row)


@check("hosts that share an address: the record names that, and says which hosts it may be")
def shared_address():
    done, [row] = run(f"{CURL} --noproxy '*'", OPENAI_BASE_URL=f"https://127.0.0.1:{server.port}")
    assert done.stdout == "hello" and row["kind"] == "around" and row["url"].startswith(f"https://127.0.0.1:{server.port}"), row
    assert "one of these, which share an address: localhost, 127.0.0.1." in row["error"]["message"], row
    assert "$OVERHEAR_VIA/HOST" in done.said, done


@check("who lost the environment, below a process that goes on, in a session of its own")
def bare():
    done, [row] = run(f"setsid sh -c 'env -i /usr/bin/{CURL}' & wait")
    assert done.stdout == "hello" and row["kind"] == "around", (done, row)
    assert "“curl” goes around Overhear: it was started without the environment" in row["error"]["message"], row
    assert "as sudo and env -i do" in done.said and "$OVERHEAR_VIA/localhost" in done.said, done.said


def need_sudo():
    if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "-u", "nobody", "true"], capture_output=True).returncode:
        raise Skip("sudo is not installed, or asks for a password")


@check("sudo -E: another user's program is read")
def sudo_with_environment():
    need_sudo()
    desk.waits = False
    done, [row] = desk.run(["sudo", "-n", "-E", "-u", "nobody", "curl", "-sS", desk.url], CURL_CA_BUNDLE=CERTIFICATE[0])
    assert (done.returncode, done.stdout, done.stderr, done.said, row["kind"]) == (0, "hello", "", "", "read"), (done, row)


@check("sudo without -E")
def sudo_without_environment():
    need_sudo()
    # Only root may look at the sockets of another user.
    desk.waits = os.geteuid() == 0
    done, rows = desk.run(["sudo", "-n", "-u", "nobody", "curl", "-ksS", desk.url])
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello", ""), (done, rows)
    if desk.waits:
        assert [row["kind"] for row in rows] == ["around"] and "without the environment" in done.said, (done, rows)
    else:
        assert rows == [] and "(sudo, " in done.said, (done, rows)


@check("the window of a tmux server from before")
def tmux():
    if not shutil.which("tmux"):
        raise Skip("tmux is not installed")
    tmux = f"tmux -f /dev/null -S {home}/tmux"
    subprocess.run(["sh", "-c", f"{tmux} new-session -d 'sleep 1000'"], check=True, env=desk.environment())
    try:
        done, rows = run(f"{tmux} new-window -d '{CURL} >window; {tmux} wait-for -S done'; {tmux} wait-for done", waits=False)
    finally:
        subprocess.run(["sh", "-c", f"{tmux} kill-server"])
    assert (home / "window").read_text() == "hello" and rows == [] and "a tmux server from before" in done.said, (done, rows)


def check_around(name, *words):
    desk.waits = True
    done, [row] = desk.run(words, CURL_CA_BUNDLE=CERTIFICATE[0])
    assert (done.returncode, done.stdout, row["kind"]) == (0, "hello", "around"), (done, row)
    assert f"“{name}” goes around Overhear: it does not use the proxy" in row["error"]["message"], row


@check("Go with a Transport of its own")
def go():
    check_around("own-transport", build_go(home / "own-transport", """
package main
import ("crypto/tls"; "crypto/x509"; "io"; "net/http"; "os")
func main() {
  pem, _ := os.ReadFile(os.Args[1])
  pool := x509.NewCertPool()
  pool.AppendCertsFromPEM(pem)
  client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
  answer, err := client.Get(os.Args[2])
  if err != nil { panic(err) }
  io.Copy(os.Stdout, answer.Body)
}"""), CERTIFICATE[0], desk.url)


@check("PHP's streams")
def php():
    if not shutil.which("php"):
        raise Skip("php is not installed")
    options = f'["ssl" => ["cafile" => "{CERTIFICATE[0]}"]]'
    check_around("php", "php", "-r", f'echo fread(fopen("{desk.url}", "r", false, stream_context_create({options})), 5);')


@check("what is read does not hide it; it is said once")
def both():
    done, rows = run(f"""curl -sS {desk.url} >/dev/null; {CURL} --noproxy '*'; {CURL} --noproxy '*'""", waits=False)
    assert done.stdout == "hellohello" and rows[0]["kind"] == "read", rows
    assert [row["kind"] for row in rows[1:]] in ([], ["around"]), rows


@check("who goes through us, or to other ports, goes around nothing")
def through():
    done, rows = run(f"for i in 1 2 3; do curl -sS {desk.url}; sleep 0.3; done", waits=False)
    assert [row["kind"] for row in rows] == ["read"] * 3 and done.said == "", (done, rows)
    done, rows = run(f"{CURL} --noproxy '*'; sleep 0.5", waits=False, ANTHROPIC_BASE_URL="https://localhost:1")
    assert rows == [] and "No call of" in done.said, (done, rows)


main()
