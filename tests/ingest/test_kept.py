# SPDX-License-Identifier: GPL-3.0-or-later
"""Spans that come as protobuf are stored as they came, and taken apart later: a secret in any place of one is in no file of ours,
neither then nor before."""
import contextlib
import http.client
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time

from fixtures.otlp import field, fixed64
from tap import check, main

# Where a text may stand in a request: what is made of a text there.
PLACES = {
    "attribute": lambda text: span(field(9, pair("app.x", string(text)))),
    "array": lambda text: span(field(9, pair("app.x", field(5, field(1, string("a")) + field(1, string(text)))))),
    "list of pairs": lambda text: span(field(9, pair("app.x", field(6, field(1, pair("y", string(text))))))),
    "event": lambda text: span(field(11, field(2, "e") + field(3, pair("app.x", string(text))))),
    "name of an event": lambda text: span(field(11, field(2, text))),
    "link": lambda text: span(field(13, field(1, b"t" * 16) + field(2, b"s" * 8) + field(4, pair("app.x", string(text))))),
    "state": lambda text: span(field(3, text)),
    "name": lambda text: span(b"", name=text),
    "status": lambda text: span(field(15, field(2, text) + field(3, 2))),
    "resource": lambda text: span(b"", resource=field(1, pair("app.x", string(text)))),
    "service": lambda text: span(b"", resource=field(1, pair("service.name", string(text)))),
    "scope": lambda text: span(b"", scope=field(1, text)),
    "attribute of a scope": lambda text: span(b"", scope=field(3, pair("app.x", string(text)))),
    "schema": lambda text: span(b"", schema=text),
}
FORMS = ('{"api_key":"%s"}', ' [{"a":"{\\"client_secret\\":\\"%s\\"}"}]', "https://h/p?api_key=%s", "https://me:%s@h/", '["Authorization","Bearer %s"]')
# The same, where its own name says what it is.
NAMED = {
    "attribute": lambda name, text: span(field(9, pair(name, string(text)))),
    "value before its key": lambda name, text: span(field(9, field(2, string(text)) + field(1, name))),
    "array": lambda name, text: span(field(9, pair(name, field(5, field(1, string(text)))))),
    "list of pairs": lambda name, text: span(field(9, pair("app.x", field(6, field(1, pair(name, string(text))))))),
    "event": lambda name, text: span(field(11, field(2, "e") + field(3, pair(name, string(text))))),
    "link": lambda name, text: span(field(13, field(1, b"t" * 16) + field(2, b"s" * 8) + field(4, pair(name, string(text))))),
    "resource": lambda name, text: span(b"", resource=field(1, pair(name, string(text)))),
    "label": lambda name, text: span(field(9, pair("app.x", field(6, field(1, pair("name", string(name))) + field(1, pair("value", string(text))))))),
}
NAMES = ("api_key", "http.request.header.authorization", "db.password")


def string(text):
    return field(1, text)


def pair(key, value):
    return field(1, key) + field(2, value)


def span(more, name="chat", resource=b"", scope=b"", schema=None):
    now = time.time_ns()
    packed = field(1, os.urandom(16)) + field(2, os.urandom(8)) + field(5, name) + fixed64(7, now - 10**9) + fixed64(8, now) + more
    return field(1, field(1, resource) + field(2, field(1, scope) + field(2, packed)) + (field(3, schema) if schema else b""))


@contextlib.contextmanager
def listener(folder):
    environment = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "OVERHEAR_DATA_DIR": str(folder / "data")}
    process = subprocess.Popen([os.environ["OVERHEAR"], "listen", "--json", "--otlp=0", "--grpc=0", "--smello=0", "--sideseat=0"],
                               env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        ports = json.loads(process.stdout.readline())["ports"]
        yield http.client.HTTPConnection("127.0.0.1", next(door["port"] for door in ports if door["for"] == "otlp"), timeout=60)
    finally:
        process.kill()
        process.communicate()


def leaks(folder, secrets):
    everything = b"".join(path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file())
    return {where for secret, where in secrets.items() if secret.encode() in everything}


@check("a secret in any place of a span is in no file, and each span is there; what holds none is stored as it came")
def anywhere():
    with tempfile.TemporaryDirectory(prefix="overhear-kept-") as name:
        folder, secrets, bodies = pathlib.Path(name), {}, []

        def add(where, make):
            secret = f"Zq{len(secrets):04d}xK9v7TbW3mR8yLp2cN"
            secrets[secret] = where
            bodies.append(make(secret))

        for where, make in PLACES.items():
            for form in FORMS:
                add((where, form), lambda secret: make(form % secret))
        for where, make in NAMED.items():
            for one in NAMES:
                add((where, one), lambda secret: make(one, secret))
        # Of two values one is read: nobody looks at what the other says.
        add("overwritten", lambda secret: span(field(9, field(1, "app.x") + field(2, string(secret) + field(3, 7)))))
        plain = b"as plain as can be: " + os.urandom(8).hex().encode()
        with listener(folder) as connection:
            for body in [*bodies, span(field(9, pair("app.x", string(plain))))]:
                connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
                answer = connection.getresponse()
                assert answer.status == 200 and answer.read() == b"", answer.status
            assert not leaks(folder, secrets), leaks(folder, secrets)
            assert plain in b"".join(path.read_bytes() for path in (folder / "data").iterdir() if path.is_file())
            with contextlib.closing(sqlite3.connect(folder / "data/overhear.db")) as database:
                until = time.monotonic() + 60
                while database.execute("SELECT count(*) FROM told").fetchone() != (len(bodies) + 1,):
                    assert time.monotonic() < until, database.execute("SELECT count(*) FROM told").fetchone()
                    time.sleep(0.05)
            assert not leaks(folder, secrets), leaks(folder, secrets)


main()
