# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job under ThreadSanitizer: many calls at once through `overhear run`: proxy, writer, readers and insight.
Only in a build with it (`./dev races`).
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from tap import check, main

OVERHEAR, SIMULATOR, GLIB = (os.path.abspath(word) for word in sys.argv[1:4])
del sys.argv[1:]
SUPPRESSIONS = pathlib.Path(__file__).resolve().parents[1] / "tsan.supp"
home = pathlib.Path(tempfile.mkdtemp())

CLIENT = """
import json, threading, urllib.error, urllib.request

def work(lane):
    for call in range(20):
        body = {"model": "claude-sonnet-4-5", "max_tokens": 64, "stream": call % 2 == 1,
                "messages": [{"role": "user", "content": f"hello {lane} {call}"}]}
        request = urllib.request.Request("https://api.anthropic.com/v1/messages", json.dumps(body).encode(),
                                         {"x-api-key": "none", "anthropic-version": "2023-06-01"})
        try:
            urllib.request.urlopen(request).read()
        except urllib.error.HTTPError as error:
            error.read()

lanes = [threading.Thread(target=work, args=(lane,)) for lane in range(6)]
for lane in lanes:
    lane.start()
for lane in lanes:
    lane.join()
"""


def overhear(*words):
    """Returns: what it wrote, and what the sanitizer found."""
    options = f"exitcode=0 history_size=4 log_path={home}/races suppressions={SUPPRESSIONS}"
    env = dict(os.environ, OVERHEAR_DATA_DIR=str(home / "data"), XDG_RUNTIME_DIR=str(home), HOME=str(home),
               LD_PRELOAD=GLIB, G_SLICE="always-malloc", TSAN_OPTIONS=options)
    done = subprocess.run([OVERHEAR, *words], capture_output=True, text=True, env=env, timeout=600)
    assert done.returncode == 0, done
    found = [path.read_text() for path in home.glob("races.*")]
    assert not found, "\n".join(found)[:8000]
    return done.stdout


@check("many calls at once")
def calls():
    (home / "client.py").write_text(CLIENT)
    with subprocess.Popen([SIMULATOR, "--speed", "0", "--port", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True, env=dict(os.environ, TSAN_OPTIONS="report_bugs=0")) as simulator:
        port = json.loads(simulator.stdout.readline())["port"]
        try:
            overhear("run", f"--upstream=api.anthropic.com=http://127.0.0.1:{port}", "--", "env", "-u", "LD_PRELOAD",
                     "/usr/bin/python3", str(home / "client.py"))
        finally:
            simulator.terminate()
    rows = overhear("list", "--json", "--limit", "1000").splitlines()
    assert len(rows) == 120, (len(rows), rows[-1:])


@check("reading all of it again")
def again():
    overhear("reread")


@check("going out and coming in")
def transfer():
    overhear("export", "--format", "jsonl", "-o", str(home / "all.jsonl"))
    overhear("import", str(home / "all.jsonl"))


main()
