# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ends of the lab: clients that follow a scenario, and the server that does. Both write down what they saw."""
import socket
import ssl
import threading
import time

import scenario as scenarios
from wire import Parser, Wire

LIMIT = 20
SETTLE = 40


def write_message(head, body, part):
    """The actions that send a message as `part` wants it. Returns: them, and whether the message will be whole."""
    size = len(body)
    if part["framing"] == "none" or part.get("omit"):
        return [["send", head]], True
    piece = part.get("piece") or max(size, 1)
    stops = dict((min(at, size), ms) for at, ms in part.get("pauses", ()))
    cut = part["cut"][0] if part.get("cut") else None
    if "wait" in part:
        stops[part["wait"]] = None
    chunked = part["framing"] == "chunked"
    actions = []
    waiting = [head]

    def flush():
        if data := b"".join(waiting):
            actions.append(["send", data])
        waiting.clear()

    for begin in range(0, size, piece):
        end = min(begin + piece, size)
        if chunked:
            waiting.append(b"%x\r\n" % (end - begin))
        at = begin
        for stop in sorted(s for s in {*stops, cut} if s is not None and begin <= s < end):
            waiting.append(body[at:stop])
            at = stop
            if stop == cut:
                flush()
                return actions, False
            flush()
            actions.append(["pause", stops[stop]] if stops[stop] is not None else ["wait-answer"])
        waiting.append(body[at:end])
        if chunked:
            waiting.append(b"\r\n")
        if part.get("piece"):
            flush()
    if size in stops:
        flush()
        actions.append(["pause", stops[size]])
    if chunked:
        waiting.append(b"0\r\n" + b"".join(f"{n}: {v}\r\n".encode() for n, v in part.get("trailers", ())) + b"\r\n")
    flush()
    return actions, cut is None


def write_head(start, fields):
    return (start + "\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + "\r\n").encode("latin-1")


def frame_fields(part, body):
    fields = []
    if part.get("coding"):
        fields.append(["Content-Encoding", part["coding"]])
    if part.get("trailers"):
        fields.append(["Trailer", ", ".join(n for n, _ in part["trailers"])])
    if part["framing"] == "length":
        fields.append(["Content-Length", str(len(body))])
    elif part["framing"] == "chunked":
        fields.append(["Transfer-Encoding", "chunked"])
    return fields


def answer_actions(call):
    answer = call["answer"]
    body = scenarios.make_body(call["id"] + 500, answer)
    version = answer.get("version", "1.1")
    fields = [["Server", "lab"], *answer.get("fields", ())]
    if answer["size"]:
        fields.append(["Content-Type", answer.get("type", "application/octet-stream")])
    fields += frame_fields(answer, body)
    if answer.get("close") and version == "1.1":
        fields.append(["Connection", "close"])
    actions = [["send", write_head(f"HTTP/1.1 {status} Lab", [["X-Interim", str(status)]])]
               for status in answer.get("interim", ())]
    if answer.get("think"):
        actions.append(["pause", answer["think"]])
    if answer.get("cut") and answer["cut"][0] < 0:
        return actions
    head = write_head(f"HTTP/{version} {answer['status']} Lab", fields)
    return actions + write_message(head, body, dict(answer, omit=call["method"] == "HEAD"))[0]


class Origin:
    """The server. `seen` has, for each call, a list of what came of it."""

    def __init__(self, scenario, tls):
        self.calls = {call["id"]: call for lane in scenario["lanes"] for call in lane}
        self.seen = {number: [] for number in self.calls}
        self.strange = []
        self.tls = tls
        self.lock = threading.Lock()
        self.busy = {}
        self.sockets = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.tls:
                sock.settimeout(10)
                sock = self.tls.wrap_socket(sock, server_side=True, suppress_ragged_eofs=False)
        except OSError:
            sock.close()
            return
        with self.lock:
            self.sockets.append(sock)
        wire = Wire(sock, Parser())
        try:
            count = 0
            while self._serve_one(wire, count):
                count += 1
        finally:
            self.busy.pop(wire, None)
            wire.close()

    def _serve_one(self, wire, count):
        parser = wire.parser
        forever = time.monotonic() + 600
        wire.run(lambda: len(parser.messages) > count, forever)
        if len(parser.messages) <= count:
            if parser.buffer or wire.problem:
                self.strange.append(bytes(parser.buffer[:200]).decode("latin-1") or wire.problem)
            return False
        message = parser.messages[count]
        call = self.calls.get(int(message.start.split(" ")[1].rpartition("/")[2]))
        if call is None:
            self.strange.append(message.start)
            return False
        self.busy[wire] = call["id"]
        self.seen[call["id"]].append(message)
        answer = call["answer"]
        after = answer.get("after")
        limit = time.monotonic() + LIMIT
        if call["request"].get("expect") and after is None:
            wire.actions.append(["send", b"HTTP/1.1 100 Continue\r\n\r\n"])
        wire.run(lambda: message.whole or (after is not None and message.length >= after), limit)
        if not message.whole and (after is None or message.length < after):
            return False
        wire.actions += answer_actions(call)
        if answer.get("cut"):
            wire.actions += [["pause", SETTLE], [answer["cut"][1]]]
        wire.run(lambda: not wire.actions, limit)
        if wire.closed or wire.broken:
            return False
        closes = answer.get("cut") or answer.get("close") or answer.get("quiet") or answer.get("version") == "1.0" \
            or (answer["framing"] == "close" and call["method"] != "HEAD")
        if closes:
            if answer.get("cut") is None:
                if self.tls:
                    # OpenSSL reads nothing more once it has said goodbye.
                    wire.run(lambda: message.whole, limit)
                wire.actions.append(["bye"])
            wire.run(lambda: False, min(limit, time.monotonic() + 5))
            return False
        wire.run(lambda: message.whole, limit)
        self.busy.pop(wire, None)
        return message.whole and not wire.closed

    def settle(self, seconds):
        """Until nothing goes on any more. Returns: the calls that still do."""
        deadline = time.monotonic() + seconds
        while self.busy and time.monotonic() < deadline:
            time.sleep(0.002)
        return sorted(set(self.busy.values()))

    def close(self):
        self.listener.close()
        with self.lock:
            for sock in self.sockets:
                try:
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
                except OSError:
                    pass

    def view(self, number):
        views = []
        for message in self.seen[number]:
            method, target, _ = message.start.split(" ")
            views.append({"start": f"{method} {target}", "fields": list(message.fields), "body": message.body(),
                          "trailers": message.trailers, "whole": message.whole})
        return views


def leaves_open(message):
    tokens = (message.get("connection") or "").lower()
    if message.framing == "close" or "close" in tokens:
        return False
    return message.start.startswith("HTTP/1.1") or "keep-alive" in tokens


class Lane:
    """One client that makes its calls one after the other. `connect`: gives a socket; `target`: makes one of a number;
    `extra`: fields for whoever stands between; `patience`: seconds for each group of calls, by its first number."""

    def __init__(self, calls, secure, connect, target, extra, host, patience):
        self.calls = calls
        self.secure = secure
        self.connect = connect
        self.target = target
        self.extra = extra
        self.host = host
        self.patience = patience
        self.views = {}
        self.took = {}
        self.wire = None

    def run(self):
        at = 0
        while at < len(self.calls):
            group = [self.calls[at]]
            while at + len(group) < len(self.calls) and self.calls[at + len(group)].get("piped"):
                group.append(self.calls[at + len(group)])
            self._run_group(group)
            at += len(group)
        self._drop()

    def _drop(self):
        if self.wire is not None and not self.wire.closed:
            self.wire.close()
        self.wire = None

    def _request_actions(self, call, wire):
        request = call["request"]
        body = scenarios.make_body(call["id"], request)
        fields = [["Host", self.host], *self.extra, *call["fields"], *frame_fields(request, body)]
        if request["size"]:
            fields.append(["Content-Type", "application/octet-stream"])
        if request.get("expect"):
            fields.append(["Expect", "100-continue"])
        head = write_head(f"{call['method']} {self.target(call['id'])} HTTP/{call['version']}", fields)
        actions, whole = write_message(head, body, request)
        actions = [["wait", lambda: any(m.length for m in wire.parser.finals)] if a[0] == "wait-answer" else a
                   for a in actions]
        if request.get("expect"):
            def may_send():
                if wire.parser.finals:
                    wire.actions.clear()
                return bool(wire.parser.messages)
            actions[0] = ["send", actions[0][1][len(head):]]
            actions = [["send", head], ["wait", may_send], *actions]
        if not whole:
            actions += [["pause", SETTLE], ["close" if request["cut"][1] == "fin" else "rst"]]
        return actions

    def _run_group(self, group):
        began = time.monotonic()
        limit = began + self.patience(group[0]["id"])
        first = group[0]
        if self.wire is not None and not first["fresh"]:
            self.wire.look()
            if self.wire.end is not None:
                self._drop()
        if self.wire is None or first["fresh"]:
            self._drop()
            try:
                self.wire = Wire(self.connect(), Parser([]))
            except OSError as problem:
                for call in group:
                    self.views[call["id"]] = {"end": f"not connected: {problem}"}
                    self.took[call["id"]] = time.monotonic() - began
                return
        wire = self.wire
        # Earlier answers have been dealt with.
        wire.parser = Parser([call["method"] for call in group])
        slow = max(call.get("slow", 0) for call in group)
        wire.slow = min(slow, 1) if any(call["answer"]["size"] > 300000 for call in group) else slow
        for call in group:
            wire.actions += self._request_actions(call, wire)
        if first.get("reads") == "after" and not first["request"].get("expect"):
            wire.reading = False
            wire.actions.append(["wait", lambda: setattr(wire, "reading", True) or True])
        if first.get("half") and not self.secure and not first["request"].get("cut"):
            wire.actions.append(["fin"])
        leave = first.get("leave")

        def done():
            finals = wire.parser.finals
            if leave and finals and (finals[0].length >= leave[0] or finals[0].whole):
                return True
            return len(finals) == len(group) and finals[-1].whole

        wire.run(done, limit)
        self._write_down(group, wire, time.monotonic() - began)
        finals = wire.parser.finals
        keeps = len(finals) == len(group) and finals[-1].whole and leaves_open(finals[-1]) and wire.end is None \
            and not wire.actions and not wire.closed and not first.get("half") and not leave
        if leave and not wire.closed:
            if leave[1] == "rst":
                wire.reset()
        if not keeps:
            self._drop()
        elif any(call["answer"].get("quiet") for call in group):
            time.sleep(0.08)

    def _write_down(self, group, wire, took):
        finals = iter(wire.parser.finals)
        interims = [[m.status, m.fields] for m in wire.parser.messages if m.status < 200]
        ended = "left" if wire.closed else "late" if wire.late else wire.end or "open"
        for call in group:
            message = next(finals, None)
            view = {"interim": interims, "end": f"none, {ended}"}
            if message is not None:
                _, _, line = message.start.partition(" ")
                view.update(start=line, fields=list(message.fields), body=message.body(), trailers=message.trailers,
                            end="whole" if message.whole else f"cut, {ended}")
                if call.get("leave") and (message.whole or ended == "open"):
                    view.update(end="left", body=None, trailers=None)
            if wire.problem:
                view["problem"] = wire.problem
            self.views[call["id"]] = view
            self.took[call["id"]] = took
            interims = []


def run_lanes(lanes):
    threads = [threading.Thread(target=lane.run, daemon=True) for lane in lanes[1:]]
    for thread in threads:
        thread.start()
    lanes[0].run()
    for thread in threads:
        thread.join()


def connect(port):
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def secure(sock, context):
    context.options &= ~0x80
    try:
        return context.wrap_socket(sock, server_hostname="localhost", suppress_ragged_eofs=False)
    except ssl.SSLError:
        sock.close()
        raise
