# SPDX-License-Identifier: GPL-3.0-or-later
"""desktop_client.py ORIGIN_PORT CA OVERHEAR SECONDS: what a client that follows the desktop's settings waits for a new
connection, with the switch off and on, as JSON. In turns, so that a busy machine is so for all of them."""
import json
import os
import pathlib
import socket
import ssl
import statistics
import subprocess
import sys
import time
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).parent.parent / "desktop"))
import session

HOME = session.enter()
from gi.repository import Gio, GLib

ORIGIN, CA, OVERHEAR, SECONDS = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
READ, OTHER = "api.test", "other.test"


def lookup(host):
    """The first place to ask, and how long it took to know."""
    since = time.perf_counter()
    place = Gio.ProxyResolver.get_default().lookup(f"https://{host}:{ORIGIN}/")[0]
    return place, (time.perf_counter() - since) * 1000


def connect(place, host, trust):
    """Until TLS stands."""
    since = time.perf_counter()
    if place == "direct://":
        wire = socket.create_connection(("127.0.0.1", ORIGIN))
    else:
        proxy = urllib.parse.urlsplit(place)
        wire = socket.create_connection((proxy.hostname, proxy.port))
        wire.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += wire.recv(4096)
        assert b" 200 " in head.split(b"\r\n")[0], head
    with trust.wrap_socket(wire, server_hostname=host) as stream:
        took = (time.perf_counter() - since) * 1000
        # Who only knocks would be taken for one that does not trust us.
        stream.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert stream.recv(4096).startswith(b"HTTP/1.1 ")
        return took


def settle(wanted):
    """GLib's resolver hears of new settings in the main context."""
    until = time.monotonic() + 60
    while (lookup(READ)[0] == "direct://") != (wanted == "off"):
        while GLib.MainContext.default().iteration(False):
            pass
        assert time.monotonic() < until, f"{wanted}: {lookup(READ)}"
        time.sleep(0.02)


def round_of(times, name, asked, host, trust, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        place, looked = lookup(asked)
        assert (place == "direct://") == (asked == OTHER), (asked, place)
        times.setdefault(name, []).append((looked, connect(place, host, trust)))


def main():
    times = {}
    direct = ssl.create_default_context(cafile=CA)
    for _ in range(3):
        settle("off")
        round_of(times, "off", OTHER, "localhost", direct, SECONDS / 3)
        on = subprocess.Popen([OVERHEAR, "desktop", "on", "--json", "--read", READ, "--upstream",
                               f"{READ}=https://localhost:{ORIGIN}"], stdout=subprocess.PIPE,
                              env=os.environ | {"SSL_CERT_FILE": CA})
        try:
            assert json.loads(on.stdout.readline())["on"]
            settle("on")
            ours = ssl.create_default_context(cafile=pathlib.Path(os.environ["OVERHEAR_DATA_DIR"]) / "authority.pem")
            round_of(times, "other", OTHER, "localhost", direct, SECONDS / 3)
            round_of(times, "read", READ, READ, ours, SECONDS / 3)
        finally:
            on.terminate()
            on.communicate(timeout=60)
    print(json.dumps({name: {"lookup_ms": statistics.median(t[0] for t in found), "connect_ms": statistics.median(t[1] for t in found),
                             "n": len(found)} for name, found in times.items()}))


main()
