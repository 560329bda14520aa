# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory: what `overhear run` holds while many exchanges, a huge download, a huge upload and an endless stream pass, and
the window while many exchanges do."""
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from fixtures.keeper import only_child  # noqa: E402

# Meson has freed memory written to, which makes it resident.
ENVIRONMENT = {key: value for key, value in os.environ.items()
               if not key.lower().endswith("_proxy") and key != "MALLOC_PERTURB_"}
MB = 1 << 20
TARGET_MB = 150
# Beyond this growth, from the middle of a measurement to its end, memory is not flat.
FLAT_MB = 8
CLIENT = pathlib.Path(__file__).parent / "memory_client.py"


class Sampler:
    """The resident size of a process, a hundred times a second."""

    def __init__(self, pid):
        self.path = f"/proc/{pid}/statm"
        self.sizes = []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        page = os.sysconf("SC_PAGE_SIZE")
        while True:
            try:
                with open(self.path) as file:
                    size = int(file.read().split()[1]) * page
            except (OSError, IndexError):
                return
            if size == 0:
                return
            self.sizes.append(size / MB)
            time.sleep(0.01)

    def finish(self):
        """Returns: the peak, and how much higher the last quarter's median is than the second quarter's."""
        self.thread.join()
        quarter = len(self.sizes) // 4
        middle, last = sorted(self.sizes[quarter:2 * quarter]), sorted(self.sizes[3 * quarter:])
        return max(self.sizes), last[len(last) // 2] - middle[len(middle) // 2]


def watch(overhear, port, ca, folder, *command):
    """Runs a client under `overhear run`. Returns: what the client printed, peak and growth of Overhear's memory in MB."""
    process = subprocess.Popen(
        [str(overhear), "run", f"--upstream=api.anthropic.com=https://localhost:{port}", "--", *map(str, command)],
        env={**ENVIRONMENT, "OVERHEAR_DATA_DIR": str(folder), "SSL_CERT_FILE": str(ca)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    sampler = Sampler(only_child(process.pid))
    out, error = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command}: {process.returncode}: {error.strip()}")
    return out, *sampler.finish()


def make_certificate(folder):
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


class Origin:
    """A server program that prints its port and ends with its standard input."""

    def __init__(self, *command):
        self.process = subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def watch_bodies(overhear, folder, megabytes, events):
    """Yields: what passed, peak, growth."""
    cert, key = make_certificate(folder)
    with Origin(sys.executable, CLIENT, "serve", cert, key) as origin:
        for what, kind, amount in ((f"{megabytes} MB downloaded", "download", megabytes * MB),
                                   (f"{megabytes} MB uploaded", "upload", megabytes * MB),
                                   (f"a stream of {events} events", "events", events)):
            with tempfile.TemporaryDirectory(dir=folder) as data:
                _, peak, growth = watch(overhear, origin.port, cert, data, sys.executable, CLIENT, kind, amount)
            yield what, peak, growth


def watch_window(build, folder, port, ca, seconds):
    """The window runs the load itself. Returns: how many exchanges passed, peak, growth."""
    sys.path.insert(0, str(CLIENT.parent.parent / "ui"))
    from harness import Desktop
    command = f'exec "$0" keepalive api.anthropic.com 443 "$SSL_CERT_FILE" 16 {seconds:.0f}'
    # Without a GPU, Mesa's software OpenGL would be loaded and not used: 50 to 60 MB that say nothing of Overhear.
    os.environ.update(GSETTINGS_SCHEMA_DIR=str(build / "data"), SSL_CERT_FILE=str(ca), GDK_DEBUG="gl-disable")
    os.environ.pop("MALLOC_PERTURB_", None)
    with Desktop(build / "src/app/overhear-app", folder / "pictures", size=(1280, 800)) as desktop, \
            desktop.app("--run", "sh", "-c", command, str(build / "tests/bench/bench-load"),
                        upstreams=[f"api.anthropic.com=https://localhost:{port}"]) as app:
        sampler = Sampler(app.process.pid)
        path, until = app.data / "overhear.db", time.monotonic() + seconds + 120
        ended = count = 0
        while not ended:
            if time.monotonic() > until or app.process.poll() is not None:
                raise RuntimeError(f"the window did not run its command to the end: {app.log()}")
            time.sleep(1)
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                    ended, count = db.execute("SELECT ended_ns, exchanges FROM run").fetchone() or (0, 0)
            except sqlite3.OperationalError:
                pass
        app.process.terminate()
        return count, *sampler.finish()


def measure(build, seconds):
    rows = []

    def add(what, peak, growth):
        rows.append({"what": f"memory: {what}", "measured": f"{peak:.0f} MB, {growth:+.1f}",
                     "target": f"≤ {TARGET_MB} MB, flat", "met": peak <= TARGET_MB and growth <= FLAT_MB, "value": peak})
        print(f"  {what}: at most {peak:.1f} MB, {growth:+.1f} MB from the second to the last quarter", flush=True)

    with tempfile.TemporaryDirectory(prefix="overhear-bench-") as name:
        folder = pathlib.Path(name)
        cert, key = make_certificate(folder)
        with Origin(build / "tests/bench/bench-origin", cert, key) as origin:
            # As long as it takes for 100,000, from a short run's speed.
            command = ["sh", "-c", 'exec "$0" keepalive api.anthropic.com 443 "$SSL_CERT_FILE" 16 "$1"',
                       build / "tests/bench/bench-load"]
            overhear = build / "src/cli/overhear"
            each = '"count": '
            out, _, _ = watch(overhear, origin.port, cert, folder / "first", *command, 2)
            speed = int(out.split(each)[1].split(",")[0]) / 2
            out, peak, growth = watch(overhear, origin.port, cert, folder / "many", *command,
                                      max(seconds, min(120, 105000 / speed)))
            add(f"{int(out.split(each)[1].split(',')[0])} exchanges", peak, growth)
            count, peak, growth = watch_window(build, folder, origin.port, cert, max(seconds, min(120, 105000 / speed)))
            add(f"{count} exchanges with the window open (without OpenGL)", peak, growth)
        for row in watch_bodies(overhear, folder, 1024, 200000):
            add(*row)
    return rows
