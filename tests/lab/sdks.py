# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients, with sizes around the powers of two in both directions on connections that are kept: each answer comes as
it was sent, each call reaches the server once, and the record holds both. --calls N --seed N for more than the test does."""
import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "clients"))

import packages  # noqa: E402
from faults.proxyhost import Server, make_certificate, read_body, read_head  # noqa: E402
from launch.desk import Desk, build_go  # noqa: E402
from tap import Skip, check, main  # noqa: E402

PROGRAMS = HERE / "programs"
HOST = "api.anthropic.com"
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--calls", type=int, default=16)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
del sys.argv[1:]

folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
CERTIFICATE = make_certificate()
seen = []  # (what the request's body hashes to, the answer's text)


def serve(connection):
    chance = random.Random(options.seed)
    while head := read_head(connection):
        body = read_body(connection, head)
        digest = hashlib.sha1(body).hexdigest()
        size = int(json.loads(body)["metadata"]["user_id"])
        text = (digest * (size // len(digest) + 1))[:size]
        seen.append((digest, text))
        answer = json.dumps({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "stop_reason": "end_turn",
            "stop_sequence": None, "content": [{"type": "text", "text": text}],
            "usage": {"input_tokens": 1, "output_tokens": 1}}).encode()
        fields = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        if chance.random() < 0.5:
            connection.sendall(f"{fields}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
        else:
            connection.sendall(f"{fields}Transfer-Encoding: chunked\r\n\r\n{len(answer):x}\r\n".encode() + answer
                               + b"\r\n0\r\n\r\n")


desk = Desk(os.environ["OVERHEAR"], home, Server(serve, CERTIFICATE), CERTIFICATE[0])


def check_sizes(name, *command):
    chance = random.Random(f"{options.seed} {name}")

    def pick():
        # The body is some 150 bytes longer.
        return max(1, (1 << chance.randrange(8, 23)) + chance.randrange(-300, 30))

    plan = home / f"{name}.plan"
    plan.write_text("".join(f"{pick()} {pick()}\n" for _ in range(options.calls)))
    seen.clear()
    # Some use no proxy for localhost.
    done, rows = desk.run([*command, plan], f"--upstream={HOST}=https://localhost:{desk.server.port}", timeout=300,
                          ANTHROPIC_API_KEY="sk-ant-none", ANTHROPIC_BASE_URL=f"https://{HOST}")
    sent = [hashlib.sha1(text.encode()).hexdigest() for _, text in seen]
    assert (done.returncode, done.stdout.split()) == (0, sent) and len(sent) == options.calls, (done, sent)
    assert [row["kind"] for row in rows] == ["read"] * options.calls, rows
    for row, (digest, text) in zip(rows, seen):
        shown, = desk.ask("show", str(row["id"]))
        assert hashlib.sha1(shown["request"]["body"].encode()).hexdigest() == digest, row
        assert json.loads(shown["response"]["body"])["content"][0]["text"] == text, row
        assert row["outcome"] == "finished" and not shown["problems"], row


@check("Python's SDK")
def python():
    check_sizes("python", packages.python("requirements.txt"), PROGRAMS / "sizes.py")


@check("Node's SDK")
def node():
    shutil.copy(PROGRAMS / "sizes.mjs", home)
    (home / "node_modules").symlink_to(packages.node_modules())
    check_sizes("node", packages.node(), home / "sizes.mjs")


@check("Go's net/http")
def go():
    check_sizes("go", build_go(home / "sizes", (PROGRAMS / "sizes.go").read_text()))


@check("Java's HttpClient")
def java():
    if not shutil.which("javac"):
        raise Skip("javac is not installed")
    subprocess.run(["javac", "-d", home, PROGRAMS / "Sizes.java"], check=True, capture_output=True)
    check_sizes("java", "java", "-cp", home, "Sizes")


main()
