# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: random sequences of calls run directly and through Overhear; whatever differs is a fault.

    lab.py [--minutes N] [--seed S] [--count N] [--replay FILE] [--findings FOLDER] [--strict]

What may differ is listed in compare.py; with --strict, known faults may not. A failing sequence is made as small
as it can be and printed as JSON, which --replay runs again.
"""
import argparse
import base64
import collections
import hashlib
import json
import os
import queue
import random
import ssl
import sys
import threading
import time

import compare
import ends
import proxyhost
import scenario as scenarios

def patience():
    """Seconds that a call may take longer through the proxy. Where others want the processors, both ends and the proxy
    wait for their turn."""
    return min(15, 5 * max(1, os.getloadavg()[0] / os.cpu_count()))


class Record:
    """One exchange as the proxy told its sink."""

    def __init__(self, begin):
        self.begin = begin
        self.hashes = {"request": hashlib.sha1(), "response": hashlib.sha1()}
        self.lengths = {"request": 0, "response": 0}
        self.end = None

    @property
    def ended(self):
        return self.end is not None

    def add(self, side, data):
        self.hashes[side].update(data)
        self.lengths[side] += len(data)

    def measure(self, side):
        return [self.lengths[side], self.hashes[side].hexdigest()[:12]]

    request = property(lambda self: self.measure("request"))
    response = property(lambda self: self.measure("response"))


class RecordingProxy(proxyhost.Proxy):
    """Keeps sums of the captures instead of the captures."""

    def __init__(self, **options):
        self.records = {}
        self.keys = {}
        super().__init__("--hosts", "localhost", **options)

    def _read(self):
        # Field values are passed on as they are, whatever their encoding is.
        for line in self.process.stdout.buffer:
            capture = json.loads(line.decode("latin-1"))
            kind = capture["kind"]
            if kind == "ok":
                self.answers.put(capture)
                continue
            if kind == "begin":
                record = self.keys[capture["key"]] = Record(capture["exchange"])
                with self.changed:
                    self.records.setdefault(capture["exchange"]["target"], []).append(record)
            record = self.keys.get(capture["key"])
            if record is None:
                continue
            if kind in ("request-data", "response-data"):
                record.add(kind.partition("-")[0], base64.b64decode(capture["data"]))
            elif kind == "end":
                with self.changed:
                    record.end = capture["exchange"]
                    self.changed.notify_all()
                del self.keys[capture["key"]]

    def take(self, targets, seconds):
        """The records of these targets, once each has one and all have ended, or the time is over. `targets`: with
        whether there may be none."""
        def settled():
            return all((self.records.get(target) or may_lack) and
                       all(record.ended for record in self.records.get(target, ()))
                       for target, may_lack in targets.items())
        with self.changed:
            self.changed.wait_for(settled, seconds)
            return {target: self.records.pop(target, []) for target in targets}


class Lab:
    def __init__(self, strict):
        self.strict = strict
        self.patience = patience
        certificate = proxyhost.make_certificate()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        self.trusting = ssl.create_default_context(cafile=certificate[0])
        self.certificate = certificate
        self.start_proxy()
        self.lock = threading.Lock()
        self.number = 0
        self.calls = 0
        self.sequences = 0
        self.accepted = collections.Counter()

    def start_proxy(self):
        self.proxy = RecordingProxy(trust=self.certificate[0])
        self.trusting_proxy = ssl.create_default_context(cadata=self.proxy.authority)

    def run_way(self, scenario, through, limit):
        """Returns: the clients' views, the server's, the targets, the times, and calls that do not end."""
        with self.lock:
            self.number += 1
            number = self.number
        origin = ends.Origin(scenario, self.context if scenario["tls"] else None)
        host = f"localhost:{origin.port}"
        credentials = self.proxy.credentials().partition(": ")
        extra = []

        def path(call):
            return f"/c{number if through else ''}/{call}"

        def connect():
            if not through:
                sock = ends.connect(origin.port)
                return ends.secure(sock, self.trusting) if scenario["tls"] else sock
            if scenario["tls"]:
                return ends.secure(self.proxy.tunnel("localhost", origin.port), self.trusting_proxy)
            return ends.connect(self.proxy.port)

        target = path
        if through and not scenario["tls"]:
            extra = [[credentials[0], credentials[2].strip()]]
            target = lambda call: f"http://{host}{path(call)}"
        lanes = [ends.Lane(lane, scenario["tls"], connect, target, extra, "lab", limit)
                 for lane in scenario["lanes"]]
        ends.run_lanes(lanes)
        stuck = origin.settle(self.patience())
        views, took = {}, {}
        for lane in lanes:
            views.update(lane.views)
            took.update(lane.took)
        seen = {}
        for call in origin.calls:
            seen[call] = origin.view(call)
            for view in seen[call]:
                view["start"] = view["start"].replace(path(call), f"/c/{call}")
        targets = {call: path(call) for call in origin.calls}
        may_lack = {path(call): compare.is_cut_by_client(script) for call, script in origin.calls.items()}
        records = self.proxy.take(may_lack, self.patience()) if through else {}
        strange = list(origin.strange)
        origin.close()
        return {"views": views, "seen": seen, "took": took, "stuck": stuck, "strange": strange,
                "records": {call: records.get(target, []) for call, target in targets.items()}}

    def run(self, scenario, spoiled=None):
        """Returns: the differences that nothing accepts. `spoiled`: what is run through the proxy instead."""
        direct = self.run_way(scenario, False, lambda call: ends.LIMIT)
        through = self.run_way(spoiled or scenario, True, lambda call: direct["took"].get(call, 0) + self.patience())
        differences = []
        for lane in scenario["lanes"]:
            for call in lane:
                number = call["id"]
                one, other = direct["views"][number], through["views"][number]
                differences += compare.compare_client(call, one, other)
                differences += compare.compare_server(call, direct["seen"][number], through["seen"][number])
                differences += compare.check_record(call, other, through["records"][number], through["seen"][number])
                if number in through["stuck"] and number not in direct["stuck"]:
                    differences.append({"call": number, "where": "server", "what": "stuck", "direct": "ended",
                                        "through": "goes on"})
        if through["strange"] != direct["strange"]:
            differences.append({"call": 0, "where": "server", "what": "strange", "direct": direct["strange"],
                                "through": through["strange"]})
        if any("late" in view["end"] for view in direct["views"].values()):
            differences.append({"call": 0, "where": "lab", "what": "the scenario hangs directly, too",
                                "direct": direct["views"], "through": None})
        if self.proxy.process.poll() is not None:
            differences.append({"call": 0, "where": "proxy", "what": "it ended", "direct": None,
                                "through": self.proxy.process.returncode})
            self.start_proxy()
        faults, accepted = compare.sort_out(scenario, differences, self.strict)
        with self.lock:
            self.accepted.update(accepted)
            self.sequences += 1
            self.calls += sum(len(lane) for lane in scenario["lanes"])
        return faults

    def confirm(self, scenario, faults, times=3):
        """Runs it again. Returns: how often one of the same kinds came again."""
        kinds = {kind_of(fault) for fault in faults}
        return sum(1 for _ in range(times) if kinds & {kind_of(fault) for fault in self.run(scenario)})

    def shrink(self, scenario, faults, seconds=60):
        deadline = time.monotonic() + seconds
        kinds = {kind_of(fault) for fault in faults}
        again = True
        while again and time.monotonic() < deadline:
            again = False
            for other in scenarios.smaller(scenario):
                if time.monotonic() > deadline:
                    break
                found = self.run(other)
                if kinds & {kind_of(fault) for fault in found}:
                    scenario, faults, again = other, found, True
                    break
        return scenario, faults


def kind_of(fault):
    """What makes two faults the same: not the number of the call."""
    def short(value):
        return value.split(",")[0] if isinstance(value, str) else ""
    return fault["where"], fault["what"], *((short(fault["direct"]), short(fault["through"]))
                                            if fault["what"] in ("end", "outcome") else ())


def describe(faults):
    lines = []
    for fault in faults:
        lines.append(f"call {fault['call']}, {fault['where']}: {fault['what']}")
        for way in "direct", "through":
            text = json.dumps(fault[way])
            lines.append(f"    {'expected' if fault['where'] == 'record' and way == 'direct' else way}: {text[:600]}")
    return "\n".join(lines)


def find_blind_spots(lab):
    """A proxy that changed something small would be found. Returns: changes that were not."""
    def call(request=(), answer=(), **rest):
        return {"id": 1, "method": "POST", "version": "1.1", "fresh": False, "fields": [["X-Lab", "one"]],
                "request": dict({"framing": "length", "size": 9000}, **dict(request)),
                "answer": dict({"status": 200, "framing": "chunked", "size": 70000, "fields": [["X-Lab", "two"]]},
                               **dict(answer)), **rest}

    limit = patience()
    lab.patience = lambda: limit
    changes = {
        "nothing": {},
        "a byte of the request": {"request": {"size": 8999}},
        "a byte of the answer": {"answer": {"size": 69999}},
        "the status": {"answer": {"status": 201}},
        "a field of the request": {"fields": []},
        "the case of a field": {"answer": {"fields": [["x-lab", "two"]]}},
        "a cut": {"answer": {"cut": [65536, "fin"]}},
        "a reset instead of an end": {"answer": {"cut": [-1, "rst"]}},
        "a wait": {"answer": {"think": (limit + 2) * 1000}},
    }
    missed = []
    for name, change in changes.items():
        base = {"seed": 0, "tls": False, "lanes": [[call()]]}
        if "reset" in name:
            base["lanes"] = [[call(answer={"cut": [-1, "bye"]})]]
        if bool(lab.run(base, {**base, "lanes": [[call(**change)]]})) == (name == "nothing"):
            missed.append(name)
    lab.patience = patience
    return missed


class Search:
    """Workers that try seed after seed until the time is over."""

    def __init__(self, lab, options):
        self.lab = lab
        self.options = options
        self.deadline = time.monotonic() + options.minutes * 60
        self.seeds = queue.SimpleQueue()
        self.next = options.seed
        self.lock = threading.Lock()
        self.findings = {}
        self.once = []
        self.slow = threading.Lock()

    def take_seed(self):
        with self.lock:
            if time.monotonic() > self.deadline or (self.options.count and
                                                    self.next >= self.options.seed + self.options.count):
                return None
            self.next += 1
            if (self.next - self.options.seed) % 1000 == 0:
                report(f"{self.next - self.options.seed} sequences, {self.lab.calls} calls")
            return self.next - 1

    def work(self):
        while (seed := self.take_seed()) is not None:
            scenario = scenarios.make(seed)
            faults = self.lab.run(scenario)
            if not faults:
                continue
            kinds = {kind_of(fault) for fault in faults}
            with self.slow:
                if all(kind in self.findings for kind in kinds):
                    for kind in kinds:
                        self.findings[kind] += 1
                    continue
                self.find(seed, scenario, faults, kinds)

    def find(self, seed, scenario, faults, kinds):
        again = self.lab.confirm(scenario, faults)
        if not again:
            self.once.append((seed, faults))
            report(f"seed {seed}: seen once, not in 3 further runs\n{describe(faults)}")
            return
        small, faults = self.lab.shrink(scenario, faults, self.options.shrink)
        kinds = {kind_of(fault) for fault in faults}
        for kind in kinds:
            self.findings[kind] = self.findings.get(kind, 0) + 1
        text = json.dumps(small)
        report(f"seed {seed}: a difference, again in {again} of 3 runs; the smallest sequence:\n{text}\n"
               + describe(faults))
        if self.options.findings:
            os.makedirs(self.options.findings, exist_ok=True)
            with open(os.path.join(self.options.findings, f"{seed}.json"), "w") as file:
                file.write(text + "\n")
            with open(os.path.join(self.options.findings, f"{seed}.found"), "w") as file:
                file.write(describe(faults) + "\n")

    def run(self):
        workers = [threading.Thread(target=self.work) for _ in range(self.options.workers)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def report(text):
    print("\n".join(f"# {line}" for line in text.split("\n")), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--count", type=int, default=0, help="sequences, however long they take")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--shrink", type=float, default=60, help="seconds for making one sequence smaller")
    parser.add_argument("--findings", help="a folder for the sequences that differ")
    parser.add_argument("--strict", action="store_true", help="known faults are differences, too")
    parser.add_argument("--replay", help="a file with one sequence")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1000000) * 1000
    if options.count:
        options.minutes = 1000
    print(f"1..{1 if options.replay else 2}", flush=True)
    lab = Lab(options.strict)
    missed = []
    if options.replay:
        with open(options.replay) as file:
            scenario = json.load(file)
        found = False
        for _ in range(3):
            faults = lab.run(scenario)
            found = found or bool(faults)
            report(describe(faults) or "no difference")
    else:
        missed = find_blind_spots(lab)
        print(("not " if missed else "") + "ok 1 - a change on the way is found" + f": not {missed}" * bool(missed),
              flush=True)
        report(f"seed {options.seed}")
        search = Search(lab, options)
        search.run()
        found = bool(search.findings)
        report(f"{lab.sequences} sequences, {lab.calls} calls, {len(search.once)} differences not seen again")
        for kind, count in sorted(search.findings.items()):
            report(f"found {count} times: {' '.join(kind)}")
        for name, count in lab.accepted.most_common():
            report(f"accepted {count} times: {name}")
    lab.proxy.stop()
    print(("not " if found else "") + f"ok {1 if options.replay else 2} - the same directly and through Overhear",
          flush=True)
    sys.exit(1 if found or missed else 0)


main()
