# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory stays bounded and flat while large bodies, a long stream and many exchanges pass through `overhear run`. The
benchmark's part "memory" measures the same with a gigabyte and 100,000 exchanges."""
import os
import pathlib
import sys
import tempfile

from tap import check, main

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "bench"))
import part_memory  # noqa: E402

OVERHEAR = os.environ["OVERHEAR"]
LOAD, ORIGIN = os.environ["BENCH_LOAD"], os.environ["BENCH_ORIGIN"]


@check("a download and an upload of 128 MB, a stream of 20,000 events")
def bodies():
    with tempfile.TemporaryDirectory(prefix="overhear-memory-") as folder:
        for what, peak, growth in part_memory.watch_bodies(OVERHEAR, pathlib.Path(folder), 128, 20000):
            print(f"# {what}: at most {peak:.0f} MB, {growth:+.0f} MB", flush=True)
            assert peak <= part_memory.TARGET_MB, (what, peak)


@check("thousands of exchanges")
def exchanges():
    with tempfile.TemporaryDirectory(prefix="overhear-memory-") as name:
        folder = pathlib.Path(name)
        cert, key = part_memory.make_certificate(folder)
        with part_memory.Origin(ORIGIN, cert, key) as origin:
            out, peak, growth = part_memory.watch(
                OVERHEAR, origin.port, cert, folder / "data", "sh", "-c",
                'exec "$0" keepalive api.anthropic.com 443 "$SSL_CERT_FILE" 8 6', LOAD)
        print(f"# {out.strip()}: at most {peak:.0f} MB, {growth:+.1f} MB", flush=True)
        assert peak <= part_memory.TARGET_MB, peak


main()
