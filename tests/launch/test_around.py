# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that go around Overhear are noticed by their connections, and said at the end of the run."""
import os
import pathlib
import sys
import tempfile
import time

from faults.proxyhost import Server, answering, make_certificate, reply
from launch.desk import Desk
from tap import check, main

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


@check("who lost the environment, below a process that goes on, in a session of its own")
def bare():
    done, [row] = run(f"setsid sh -c 'env -i /usr/bin/{CURL}' & wait")
    assert done.stdout == "hello" and row["kind"] == "around", (done, row)
    assert "“curl” goes around Overhear: it was started without the environment" in row["error"]["message"], row
    assert "as sudo and env -i do" in done.said and "$OVERHEAR_VIA/localhost" in done.said, done.said


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
