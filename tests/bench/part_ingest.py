# SPDX-License-Identifier: GPL-3.0-or-later
"""Ingest: spans that instrumented programs send by OTLP over HTTP, beside SideSeat's server from npm: how many a second are
taken, and are in the store, how much memory that takes, and how long one takes until it can be read. SideSeat is fetched by
`npx`; where that fails, its rows are left out."""
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from fixtures.otlp import attribute, field, fixed64

SIDESEAT = "sideseat@1.0.13"
AT_ONCE = 100       # spans in a post, as a batching exporter of many programs has
CLIENTS = 4
VISIBLE = 200       # posts whose way into the window is watched, so many a second
VISIBLE_RATE = 20
PATIENCE_S = 60     # what is not done by then is told as it is
MESSAGES = ('[{"role":"user","parts":[{"type":"text","content":"What is the weather in Paris, and what should I wear?"}]}]',
            '[{"role":"assistant","parts":[{"type":"text","content":"It is sunny, 22 °C. A shirt will do."}]}]')


# ---- what is sent ----

def span(trace, number, parent, now_ns):
    """Every second one is a call of a model, the others are queries of a database below it."""
    call = parent is None
    attributes = [("db.system.name", "postgresql"), ("db.query.text", "SELECT * FROM trips WHERE city = $1")] if not call else [
        ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "anthropic"),
        ("gen_ai.request.model", "claude-sonnet-4-5-20250929"), ("gen_ai.response.id", "msg_" + number.hex()),
        ("gen_ai.usage.input_tokens", 120), ("gen_ai.usage.output_tokens", 25),
        ("gen_ai.input.messages", MESSAGES[0]), ("gen_ai.output.messages", MESSAGES[1])]
    body = field(1, trace) + field(2, number) + (b"" if call else field(4, parent)) + field(5, "chat" if call else "SELECT trips")
    body += field(6, 3)
    body += fixed64(7, now_ns - 50_000_000) + fixed64(8, now_ns)
    return body + b"".join(field(9, attribute(key, value)) for key, value in attributes)


def batch(n):
    spans, now_ns = [], time.time_ns()
    for _ in range((n + 1) // 2):
        trace, parent = os.urandom(16), os.urandom(8)
        spans += [span(trace, parent, None, now_ns), span(trace, os.urandom(8), parent, now_ns)]
    resource = field(1, attribute("service.name", "bench"))
    return field(1, field(1, resource) + field(2, b"".join(field(2, one) for one in spans[:n])))


# ---- who takes it ----

def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def memory(pid, name="VmHWM"):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024


class Overhear:
    name, path = "overhear", "/v1/traces"

    def __init__(self, build, folder):
        self.folder, self.port = folder / "data", free_port()
        environment = {**os.environ, "OVERHEAR_DATA_DIR": str(self.folder), "XDG_RUNTIME_DIR": str(folder)}
        self.process = subprocess.Popen(
            [build / "src/cli/overhear", "listen", f"--otlp={self.port}", *(f"--{port}={free_port()}" for port in ("grpc", "smello", "sideseat"))],
            env=environment, stdout=subprocess.DEVNULL)
        self.pid = self.process.pid

    def open(self):
        return contextlib.closing(sqlite3.connect(f"file:{self.folder}/overhear.db?mode=ro", uri=True))

    def count(self):
        """How many spans can be read."""
        with self.open() as database:
            return database.execute("SELECT count(*) FROM told").fetchone()[0]


class SideSeat:
    name, path = "SideSeat", "/otel/default/v1/traces"

    def __init__(self, build, folder):
        self.port = free_port()
        self.process = subprocess.Popen(
            ["npx", "--yes", SIDESEAT, "--no-auth", "-p", str(self.port), "--otel-grpc-port", str(free_port())], cwd=folder,
            env={**os.environ, "HOME": os.environ["HOME"], "SIDESEAT_DATA_DIR": str(folder)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.pid = None

    def find(self):
        """npx starts node, which starts the server: the one that listens."""
        said = subprocess.run(["ss", "-ltnpH", f"sport = :{self.port}"], capture_output=True, text=True).stdout
        found = re.search(r"pid=(\d+)", said)
        self.pid = int(found[1]) if found else None


def connect(server):
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=240)


def post(connection, server, body):
    """Returns: whether it was taken."""
    connection.request("POST", server.path, body, {"Content-Type": "application/x-protobuf"})
    answer = connection.getresponse()
    answer.read()
    return answer.status == 200


def wait_until_up(server, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if post(connect(server), server, batch(2)):
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False


def flood(server, seconds):
    """Returns: spans a second, and how many were refused."""
    bodies = [[batch(AT_ONCE) for _ in range(int(seconds * 80))] for _ in range(CLIENTS)]
    taken, refused = [0] * CLIENTS, [0] * CLIENTS
    until = time.monotonic() + seconds

    def send(i):
        connection = connect(server)
        for body in bodies[i]:
            if time.monotonic() > until:
                break
            if post(connection, server, body):
                taken[i] += AT_ONCE
            else:
                refused[i] += AT_ONCE

    since = time.monotonic()
    threads = [threading.Thread(target=send, args=(i,)) for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken) / (time.monotonic() - since), sum(taken), sum(refused)


def watch(server):
    """How long it takes from the post of a span, at a modest rate, until the lists have it: all, in ms, sorted."""
    waits, connection = [], connect(server)
    with server.open() as database:
        for number in range(VISIBLE):
            trace, name = os.urandom(16), os.urandom(8)
            body = field(1, field(2, field(2, span(trace, name, None, time.time_ns()))))
            since = time.monotonic()
            post(connection, server, body)
            while database.execute("SELECT count(*) FROM told WHERE trace = ? AND span = ?", (trace.hex(), name.hex())).fetchone() == (0,):
                assert time.monotonic() - since < PATIENCE_S, number
                time.sleep(0.001)
            waits.append((time.monotonic() - since) * 1000)
            time.sleep(max(0, 1 / VISIBLE_RATE - waits[-1] / 1000))
    return sorted(waits)


def measure_one(server, seconds):
    out = {}
    if server.name == "overhear":
        waits = watch(server)
        out["p50"], out["p99"] = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
        before = server.count()
    out["rate"], out["taken"], out["refused"] = flood(server, seconds)
    if server.name == "overhear":
        since = time.monotonic()
        while (joined := server.count() - before) < out["taken"] and time.monotonic() - since < PATIENCE_S:
            time.sleep(0.05)
        out["behind"], out["joined"] = time.monotonic() - since, joined
    out["memory"] = memory(server.pid)
    large = b"".join(batch(1000) for _ in range(60_000_000 // len(batch(1000)) + 1))
    out["large"], since = len(large) / 1e6, time.monotonic()
    try:
        out["large taken"] = post(http.client.HTTPConnection("127.0.0.1", server.port, timeout=2 * PATIENCE_S), server, large)
    except OSError:
        out["large taken"] = False
    out["large seconds"] = time.monotonic() - since
    out["memory after"] = memory(server.pid)
    return out


def measure(build, seconds):
    found = {}
    for kind in (Overhear, SideSeat):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-bench-"))
        server = kind(build, folder)
        try:
            if not wait_until_up(server, 15 if kind is Overhear else 90):
                print(f"  {kind.name} does not start: left out", flush=True)
                continue
            if kind is SideSeat:
                server.find()
            found[kind.name] = measure_one(server, seconds)
            print(f"  {kind.name}: {found[kind.name]}", flush=True)
        finally:
            # Asked to end, Overhear first understands what it has.
            server.process.kill() if kind is Overhear else os.killpg(server.process.pid, 15)
            server.process.wait()
            shutil.rmtree(folder, ignore_errors=True)
    ours, peer = found["overhear"], found.get("SideSeat")
    rows = [{"what": f"spans taken a second, {CLIENTS} clients, {AT_ONCE} a post", "measured": f"{ours['rate']:.0f} a second",
             "value": ours["rate"]}]
    if peer:
        times = ours["rate"] / peer["rate"]
        rows.append({"what": f"  against SideSeat ({peer['rate']:.0f} a second)", "measured": f"{times:.1f} ×", "value": times,
                     "target": "≥ 5 ×", "met": times >= 5})
    rows += [{"what": f"  of these {ours['taken']} can be read {ours['behind']:.1f} s later", "measured": f"{ours['joined']}",
              "value": ours["joined"]},
             {"what": f"from the post of a span until it can be read, p50 / p99 at {VISIBLE_RATE} a second", "measured": f"{ours['p50']:.0f} / {ours['p99']:.0f} ms",
              "value": ours["p99"], "target": "≤ 100 ms", "met": ours["p99"] <= 100}]
    for name, one in found.items():
        rows.append({"what": f"memory of {name}: most, and with a post of {one['large']:.0f} MB "
                             f"({'taken' if one['large taken'] else 'not taken'} in {one['large seconds']:.0f} s)",
                     "measured": f"{one['memory']:.0f} / {one['memory after']:.0f} MB", "value": one["memory after"],
                     **({"target": "≤ 150 MB", "met": one["memory after"] <= 150} if name == "overhear" else {})})
    import collected

    rows += [{"what": f"OpenTelemetry's Collector takes {what}", "measured": "yes" if met else "no", "value": float(met), "target": "yes",
              "met": met} for what, met in collected.compare(pathlib.Path(build).resolve())]
    return rows
