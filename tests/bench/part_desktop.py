# SPDX-License-Identifier: GPL-3.0-or-later
"""Desktop: what the switch adds to a new connection of a client that follows the desktop's settings."""
import json
import pathlib
import subprocess
import tempfile


def measure(build, seconds):
    with tempfile.TemporaryDirectory(prefix="overhear-bench-") as folder:
        cert, key = pathlib.Path(folder) / "cert.pem", pathlib.Path(folder) / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", cert], check=True, capture_output=True)
        origin = subprocess.Popen([build / "tests/bench/bench-origin", cert, key], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        try:
            client = pathlib.Path(__file__).parent / "desktop_client.py"
            said = subprocess.run(["/usr/bin/python3", client, origin.stdout.readline().strip(), cert,
                                   build / "src/cli/overhear", str(seconds)], check=True, stdout=subprocess.PIPE, text=True).stdout
        finally:
            origin.stdin.close()
            origin.wait()
    found = json.loads(said.splitlines()[-1])
    off, other, read = found["off"], found["other"], found["read"]
    print("  " + ", ".join(f"{name}: lookup {value['lookup_ms']:.2f}, connection {value['connect_ms']:.2f} ms ({value['n']} times)"
                           for name, value in found.items()), flush=True)
    added = other["connect_ms"] - off["connect_ms"]
    # It goes directly: what this says is how restless the machine is.
    out = [{"what": f"connection to a host that is not read, the switch on ({off['connect_ms']:.2f} ms when off)",
            "measured": f"{added:+.2f} ms", "value": added}]
    added = read["connect_ms"] - off["connect_ms"]
    out.append({"what": f"connection to a host that is read ({read['connect_ms'] / off['connect_ms']:.1f} × as long)",
                "measured": f"{added:+.2f} ms", "value": added})
    added = other["lookup_ms"] - off["lookup_ms"]
    out.append({"what": "the desktop's own service asks the script, for any host", "measured": f"{added:+.2f} ms", "value": added})
    return out
