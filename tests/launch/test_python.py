# SPDX-License-Identifier: GPL-3.0-or-later
"""What is loaded into every Python of a launched run: it costs nothing, shows nothing, breaks nothing, and http.client
is read wherever the program would accept us."""
import os
import pathlib
import subprocess
import sys
import tempfile

from faults.proxyhost import Server, answering, make_certificate, reply
from launch.desk import Desk
from tap import check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
PYTHON = "/usr/bin/python3"
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
CERTIFICATE = make_certificate()
server = Server(answering(reply(b"hello")), CERTIFICATE)
desk = Desk(OVERHEAR, home, server, CERTIFICATE[0])

GET = """
import http.client, sys
def get(**more):
    connection = http.client.HTTPSConnection("localhost", PORT, timeout=20, **more)
    connection.request("GET", "/v1/models")
    print(connection.getresponse().read().decode(), flush=True)
    connection.close()
""".replace("PORT", str(server.port))


def run_python(code, *options, expect="hello\n", words=(), **environment):
    done, rows = desk.run([PYTHON, *words, "-c", GET + code], *options, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, expect, ""), (done, rows)
    return rows


def kinds(rows):
    return [row["kind"] for row in rows]


def is_direct(rows):
    """What nobody tells may have been noticed all the same."""
    return all("does not use the proxy" in str(row["error"]) or "soon ended" in str(row["error"]) for row in rows)


@check("http.client is read, with -W error and every warning on")
def read():
    for words in ((), ("-W", "error", "-X", "dev", "-bb"), ("-s", "-B", "-u", "-O")):
        rows = run_python("get(); get()", words=words, expect="hello\nhello\n")
        assert kinds(rows) == ["read", "read"], rows


@check("it goes on as the program does: past the user's own proxy")
def direct():
    rows = run_python("get()", HTTPS_PROXY="http://127.0.0.1:1")
    assert kinds(rows) == ["read"], rows


@check("what goes around says why: certificates of its own; it is read with --insist")
def certificates():
    code = f"""
import ssl
context = ssl.create_default_context(cafile={CERTIFICATE[0]!r})
get(context=context)"""
    rows = run_python(code)
    assert kinds(rows) == ["around"] and "certificates of its own" in rows[0]["error"]["message"], rows
    rows = run_python(code, "--insist")
    assert kinds(rows) == ["read"], rows


@check("who changes the environment, or the socket module, is left alone")
def left_alone():
    for code in ("import os; del os.environ['HTTPS_PROXY'], os.environ['https_proxy']; get()",
                 "import os; os.environ['no_proxy'] = 'localhost'; get()",
                 "import socket; plain = socket.create_connection\n"
                 "def mine(*words, **more): return plain(*words, **more)\n"
                 "mine.__module__ = 'mine'; socket.create_connection = mine; get()"):
        assert is_direct(run_python(code)), code


@check("-I, -E and -S load nothing, and the program runs as ever")
def isolated():
    for flag in "-I", "-E", "-S":
        words = [PYTHON, flag, "-c", "import sys; print('sitecustomize' in sys.modules, sys.flags.isolated)"]
        done, rows = desk.run(words)
        alone = subprocess.run(words, capture_output=True, text=True)
        assert (done.stdout, done.stderr, rows) == (alone.stdout, alone.stderr, []) and "No call of" in done.said, done


@check("without a proxy any more the connection is direct")
def no_proxy_any_more():
    rows = run_python("""
import os
for name in "HTTPS_PROXY", "https_proxy":
    os.environ[name] = os.environ[name].rpartition(":")[0] + ":1"
get()""")
    assert is_direct(rows), rows


@check("the program's own sitecustomize runs, fails and counts as ever")
def own_sitecustomize():
    own = home / "own"
    own.mkdir()
    for text, code in (("import sys; sys.mine = __file__, __name__", "print(sys.mine)"),
                       ("raise ValueError('mine')", "print('sitecustomize' in sys.modules)"),
                       ("import nothing_of_this_name", "print('sitecustomize' in sys.modules)")):
        (own / "sitecustomize.py").write_text(text)
        words = [PYTHON, "-c", "import sys; " + code]
        alone = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(own)})
        done, _ = desk.run(words, PYTHONPATH=str(own))
        for what in ("returncode", "stdout", "stderr"):
            assert getattr(done, what) == getattr(alone, what), (done, alone)


@check("import paths and modules are as without it, in virtual environments too")
def no_trace():
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", home / "venv"], check=True)
    code = ("import http.client, sys; spec = http.client.__spec__; ours = lambda name: 'overhear' in name\n"
            "print([path for path in sys.path if not ours(path)], sum(map(ours, sys.path)),\n"
            "      type(spec.loader).__name__, http.client.__loader__ is spec.loader, sorted(filter(ours, sys.modules)))")
    for python in PYTHON, home / "venv/bin/python":
        words = [str(python), "-c", code]
        alone = subprocess.run(words, capture_output=True, text=True, cwd=home, env=desk.environment())
        done, _ = desk.run(words)
        # The folder of the helper stands last.
        assert (done.stdout, done.stderr) == (alone.stdout.replace("] 0 ", "] 1 "), ""), (done, alone)


@check("a start imports nothing for it")
def cost():
    code = "import sys; print(sorted(set(sys.modules) - {'sitecustomize'}))"
    alone = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, cwd=home, env=desk.environment())
    done, _ = desk.run([PYTHON, "-c", code])
    assert done.stdout == alone.stdout, (done, alone)


@check("the helper names what is read, whichever comes first")
def with_helper():
    for first in "import overhear\nwith overhear.trace('first'): pass\n", "":
        done, rows = desk.run([PYTHON, "-c", f"{first}{GET}\nimport overhear\nwith overhear.trace('named'): get()"])
        assert (done.stdout, kinds(rows)) == ("hello\n", ["read"]), (done, rows)
        [shown] = desk.ask("show", str(rows[0]["id"]))
        assert ["overhear-trace", "named"] in shown["request"]["headers"], shown


main()
