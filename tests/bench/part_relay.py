# SPDX-License-Identifier: GPL-3.0-or-later
"""Relay: keep-alive throughput, new tunnels and stream delays through TLS interception, beside mitmdump and Squid."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

# Of one client, one after the other: what takes the store long now and then is among them.
CALLS = 100000
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, process):
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} does not listen")


class Peer:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.process = None

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def spawn(self, *argv, **options):
        self.process = subprocess.Popen(argv, start_new_session=True, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, **options)


class Direct(Peer):
    name = "direct"

    def start(self, build, origin, ca):
        self.command = lambda mode, n, s: [build / "tests/bench/bench-load", mode, "localhost", str(origin), ca, str(n), str(s)]
        self.environment = ENVIRONMENT


class Mitmdump(Peer):
    name = "mitmdump"

    def start(self, build, origin, ca):
        port = free_port()
        home = self.folder / "mitm"
        self.spawn("mitmdump", "--listen-host", "127.0.0.1", "-p", str(port), "-q", "-w", str(self.folder / "flows"),
                   "--set", f"confdir={home}", "--set", f"ssl_verify_upstream_trusted_ca={ca}",
                   "--set", "http2=false", "--set", "connection_strategy=lazy")
        wait_port(port, self.process)
        mitm_ca = home / "mitmproxy-ca-cert.pem"
        self.command = lambda mode, n, s: [build / "tests/bench/bench-load", mode, "localhost", str(origin), mitm_ca, str(n), str(s)]
        self.environment = {**ENVIRONMENT, "HTTPS_PROXY": f"http://127.0.0.1:{port}"}


class Squid(Peer):
    name = "squid"

    def start(self, build, origin, ca):
        port = free_port()
        f = self.folder
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench",
                        "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", f / "sq.key", "-out", f / "sq.pem"],
                       check=True, capture_output=True)
        certgen = shutil.which("security_file_certgen", path="/usr/lib/squid:/usr/lib64/squid")
        subprocess.run([certgen, "-c", "-s", f / "ssl_db", "-M", "4MB"], check=True, capture_output=True)
        (f / "hosts").write_text("127.0.0.1 localhost\n")
        (f / "squid.conf").write_text(f"""
http_port 127.0.0.1:{port} ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB tls-cert={f}/sq.pem tls-key={f}/sq.key
sslcrtd_program {certgen} -s {f}/ssl_db -M 4MB
sslcrtd_children 2
tls_outgoing_options cafile={ca}
ssl_bump bump all
http_access allow all
cache deny all
hosts_file {f}/hosts
access_log none
cache_log {f}/cache.log
pid_filename {f}/squid.pid
coredump_dir {f}
logfile_rotate 0
pinger_enable off
shutdown_lifetime 0 seconds
""")
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "proxy:proxy", str(f)], check=True)
            os.chmod(f, 0o755)
        squid = shutil.which("squid", path=os.environ["PATH"] + ":/usr/sbin")
        self.spawn(squid, "-N", "-f", str(f / "squid.conf"))
        wait_port(port, self.process)
        self.command = lambda mode, n, s: [build / "tests/bench/bench-load", mode, "localhost", str(origin), f / "sq.pem", str(n), str(s)]
        self.environment = {**ENVIRONMENT, "HTTPS_PROXY": f"http://127.0.0.1:{port}"}


class Overhear(Peer):
    """Durable capture on: every exchange is committed before its last byte is released."""
    name = "overhear"

    def start(self, build, origin, ca):
        # The launched program finds proxy and trust in its environment, as any program would.
        inner = 'exec "$0" "$1" api.anthropic.com 443 "$SSL_CERT_FILE" "$2" "$3"'
        self.command = lambda mode, n, s: [
            build / "src/cli/overhear", "run", "--upstream", f"api.anthropic.com=https://localhost:{origin}", "--",
            "sh", "-c", inner, str(build / "tests/bench/bench-load"), mode, str(n), str(s)]
        self.environment = {**ENVIRONMENT, "OVERHEAR_DATA_DIR": str(self.folder / "data"), "SSL_CERT_FILE": str(ca)}


def run(peer, mode, connections, seconds, calls=0):
    """@calls: on each connection, instead of the seconds."""
    environment = {**peer.environment, "BENCH_CALLS": str(calls)}
    done = subprocess.run([str(word) for word in peer.command(mode, connections, seconds)], env=environment,
                          capture_output=True, text=True, timeout=seconds + 120 + calls / 100)
    if done.returncode != 0:
        raise RuntimeError(f"{peer.name} {mode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def measure(build, seconds):
    available = [Direct, Overhear]
    if shutil.which("mitmdump"):
        available.append(Mitmdump)
    if shutil.which("squid", path=os.environ["PATH"] + ":/usr/sbin"):
        available.append(Squid)
    results = {}
    with tempfile.TemporaryDirectory(prefix="overhear-bench-") as folder:
        os.chmod(folder, 0o755)
        cert, key = pathlib.Path(folder) / "cert.pem", pathlib.Path(folder) / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", cert], check=True, capture_output=True)
        origin = subprocess.Popen([build / "tests/bench/bench-origin", cert, key], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        port = int(origin.stdout.readline())
        try:
            for kind in available:
                own = pathlib.Path(folder) / kind.name
                own.mkdir()
                peer = kind(own)
                try:
                    peer.start(build, port, cert)
                    results[kind.name] = {
                        "keepalive": run(peer, "keepalive", 16, seconds),
                        "tunnels": run(peer, "tunnels", 16, seconds),
                        "stream": run(peer, "stream", 1, seconds),
                    }
                    if kind is Overhear:
                        results[kind.name]["sequential"] = run(peer, "keepalive", 1, seconds, CALLS)
                finally:
                    peer.stop()
                print(f"  {kind.name}: " + ", ".join(
                    f"{mode} {value['per_second']:.0f}/s p50 {value['p50_ms']:.2f} p99 {value['p99_ms']:.2f} ms"
                    for mode, value in results[kind.name].items()), flush=True)
        finally:
            origin.stdin.close()
            origin.wait()
    return rows(results)


def rows(results):
    ours, direct = results["overhear"], results["direct"]
    out = []

    def ratio(what, mode, peer, factor):
        if peer in results:
            value = ours[mode]["per_second"] / results[peer][mode]["per_second"]
            out.append({"what": f"{what}, {ours[mode]['per_second']:.0f}/s against {peer} {results[peer][mode]['per_second']:.0f}/s",
                        "measured": f"{value:.2f} ×", "target": f"≥ {factor} ×" if factor else "",
                        "met": value >= factor if factor else None, "value": value})

    ratio("keep-alive through TLS, 16 connections", "keepalive", "mitmdump", 8)
    ratio("keep-alive through TLS, 16 connections", "keepalive", "squid", 1)
    ratio("keep-alive through TLS, 16 connections", "keepalive", "direct", None)
    ratio("new tunnels", "tunnels", "mitmdump", 6)
    ratio("new tunnels", "tunnels", "squid", 2)
    ratio("new tunnels", "tunnels", "direct", None)
    longest = ours["sequential"]["max_ms"]
    out.append({"what": f"longest of {CALLS} small calls, one after the other", "measured": f"{longest:.1f} ms",
                "target": "≤ 20 ms", "met": longest <= 20, "value": longest})
    added = ours["stream"]["first_ms"] - direct["stream"]["first_ms"]
    out.append({"what": "added time to first event, warm tunnel, mean", "measured": f"{added:.3f} ms", "target": "≤ 1 ms",
                "met": added <= 1, "value": added})
    for percentile, target in (("p50_ms", 0.15), ("p99_ms", 0.5)):
        delay = ours["stream"][percentile] - direct["stream"][percentile]
        peers = ", ".join(f"{name} {results[name]['stream'][percentile] - direct['stream'][percentile]:.2f}"
                          for name in ("squid", "mitmdump") if name in results)
        out.append({"what": f"added delay of each SSE event, {percentile[:3]} ({peers})", "measured": f"{delay:.3f} ms",
                    "target": f"≤ {target} ms", "met": delay <= target, "value": delay})
    return out
