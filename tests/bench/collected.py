# SPDX-License-Identifier: GPL-3.0-or-later
"""What `overhear send` sends, as the receiver of OpenTelemetry's Collector takes it: the same trees and totals. It is built
from the Go module proxy, once; where that fails, or there is no Go, its row is left out."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "overhear-tests", "collector")
COUNTED = {"input_tokens": "input_tokens", "output_tokens": "output_tokens", "cache_read_tokens": "cache_read.input_tokens",
           "cache_write_tokens": "cache_creation.input_tokens"}


def build_collector():
    """Its program, or None."""
    program = CACHE / "collector"
    if shutil.which("go") is None:
        return None
    CACHE.mkdir(parents=True, exist_ok=True)
    built = subprocess.run(["go", "build", "-mod=readonly", "-o", program], cwd=HERE / "collector", capture_output=True)
    return program if built.returncode == 0 else None


def read(lines):
    """Each span: its parent, its name and what is said of it."""
    found = {}
    for line in lines:
        for resource in json.loads(line)["resourceSpans"]:
            for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
                said = {attribute["key"]: next(iter(attribute["value"].values()), None) for attribute in span.get("attributes", ())}
                found[span["traceId"], span["spanId"]] = (span.get("parentSpanId") or None, span["name"], len(span.get("events", ())), said)
    return found


def compare(build):
    """(what, whether it is so), or nothing."""
    program = build_collector()
    if program is None:
        print("  OpenTelemetry's Collector cannot be built: left out", flush=True)
        return []
    os.environ.update(OVERHEAR=str(build / "src/cli/overhear"), OH_SIMULATOR=str(build / "src/simulator/overhear-simulator"))
    sys.path.insert(0, str(HERE.parent))
    from fixtures.outgoing import a_place

    with a_place() as place, subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as collector:
        address = collector.stdout.readline().strip()
        place.capture()
        [told] = place.lines("send", "--to", f"http://{address}")
        lines, taken = [], {}
        while len(taken) < told["spans"] and (line := collector.stdout.readline()):
            lines.append(line)
            taken = read(lines)
        collector.stdin.close()
        traces = place.lines("traces")
        sums = {name: (sum(trace[name] or 0 for trace in traces),
                       sum(int(said.get("gen_ai.usage." + attribute) or 0) for _, _, _, said in taken.values()))
                for name, attribute in COUNTED.items()}
        return [(f"the same {len(taken)} spans with what is said of them", taken == read(place.overhear("export", "--format", "otlp").splitlines())),
                (f"the same tokens: {', '.join(str(ours) for ours, _ in sums.values())}", all(ours == theirs for ours, theirs in sums.values()))]
