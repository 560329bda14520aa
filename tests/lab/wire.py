# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw HTTP/1 for the lab: a parser that takes anything, and one connection that sends and reads at the same time."""
import hashlib
import select
import socket
import ssl
import struct
import time

PIECE = 65536


class Message:
    """What one end saw of a request or an answer."""

    def __init__(self, start, fields):
        self.start = start
        self.fields = fields
        self.trailers = []
        self.length = 0
        self.digest = hashlib.sha1()
        self.whole = False
        self.framing = "none"

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    def get(self, name):
        return next((v for n, v in self.fields if n.lower() == name), None)

    def body(self):
        return [self.length, self.digest.hexdigest()[:12]]


class Malformed(Exception):
    pass


def parse_fields(lines):
    fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Malformed(f"a line without a colon: {line!r}")
        fields.append([name, value.strip(" \t")])
    return fields


class Parser:
    """Of requests, or of the answers to the requests with `methods`."""

    def __init__(self, methods=None):
        self.methods = methods
        self.messages = []
        self.buffer = bytearray()
        self.state = "head"
        self.left = 0

    @property
    def finals(self):
        return [m for m in self.messages if self.methods is None or m.status >= 200]

    def feed(self, data):
        if self.state in ("length", "close", "chunk") and not self.buffer:
            data = self._payload(data)
        self.buffer += data
        while self.buffer and self._step():
            pass

    def finish(self):
        """The other end has closed properly."""
        if self.state == "close":
            self.messages[-1].whole = True
            self.state = "head"

    def _payload(self, data):
        message = self.messages[-1]
        taken = data if self.state == "close" else data[:self.left]
        message.length += len(taken)
        message.digest.update(taken)
        if self.state != "close":
            self.left -= len(taken)
            if self.left == 0:
                if self.state == "length":
                    self._end()
                else:
                    self.state = "chunk-end"
        return data[len(taken):]

    def _end(self):
        self.messages[-1].whole = True
        self.state = "head"

    def _line(self):
        at = self.buffer.find(b"\r\n")
        if at < 0:
            return None
        line = self.buffer[:at].decode("latin-1")
        del self.buffer[:at + 2]
        return line

    def _step(self):
        if self.state in ("length", "close", "chunk"):
            self.buffer = bytearray(self._payload(bytes(self.buffer)))
            return True
        if self.state == "head":
            at = self.buffer.find(b"\r\n\r\n")
            if at < 0:
                return False
            head = self.buffer[:at].decode("latin-1")
            del self.buffer[:at + 4]
            self._head(head.split("\r\n"))
            return True
        line = self._line()
        if line is None:
            return False
        if self.state == "size":
            self.left = int(line.split(";")[0], 16)
            self.state = "chunk" if self.left else "trailers"
        elif self.state == "chunk-end":
            if line:
                raise Malformed(f"a chunk is followed by {line[:40]!r}")
            self.state = "size"
        elif line:
            self.messages[-1].trailers += parse_fields([line])
        else:
            self._end()
        return True

    def _head(self, lines):
        message = Message(lines[0], parse_fields(lines[1:]))
        is_answer = self.methods is not None
        if is_answer and not message.start.startswith("HTTP/1."):
            raise Malformed(f"no status line: {message.start[:40]!r}")
        self.messages.append(message)
        method = None
        if is_answer:
            answered = len(self.finals) - (message.status >= 200)
            method = self.methods[answered] if answered < len(self.methods) else "GET"
        length = message.get("content-length")
        if is_answer and (message.status < 200 or message.status in (204, 304) or method == "HEAD"):
            self._end()
        elif (message.get("transfer-encoding") or "").lower().endswith("chunked"):
            message.framing = "chunked"
            self.state = "size"
        elif length is not None:
            message.framing = "length"
            self.left = int(length)
            self.state = "length"
            if self.left == 0:
                self._end()
        elif is_answer:
            message.framing = "close"
            self.state = "close"
        else:
            self._end()


class Wire:
    """A connection. `actions` is what it is still to do, in order: ["send", bytes], ["pause", ms], ["wait", test],
    ["bye"] (a proper end of what we send), ["fin"] (the same, TLS is not told), ["rst"], ["close"]. How the other end
    ended it is in `end`: None, "fin", "ragged" (no goodbye of TLS) or "rst"."""

    def __init__(self, sock, parser):
        self.sock = sock
        self.parser = parser
        self.secure = isinstance(sock, ssl.SSLSocket)
        self.actions = []
        self.end = None
        self.closed = False
        self.broken = False
        self.late = False
        self.problem = None
        self.reading = True
        self.slow = 0
        self.read_again = 0
        self.until = None
        sock.setblocking(False)
        self.poll = select.poll()

    def close(self):
        self.closed = True
        self.sock.close()

    def reset(self):
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()

    def _break(self):
        """Nothing can be sent any more; there may be something to read."""
        self.broken = True
        self.reading = True
        self.actions.clear()

    def _half_close(self, goodbye):
        try:
            if self.secure and goodbye:
                self.sock.unwrap()
        except (OSError, ValueError):
            pass
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_WR)
        except OSError:
            pass

    def _act(self, now):
        """Does what can be done. Returns: whether it waits to write, and when to look again (or None)."""
        while self.actions and not self.closed:
            kind, *value = self.actions[0]
            if kind == "send":
                data = value[0]
                try:
                    sent = self.sock.send(data[:16384] if self.secure else data[:262144])
                except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    return True, None
                except OSError:
                    self._break()
                    return False, None
                if sent < len(data):
                    self.actions[0] = ["send", data[sent:]]
                    if not self.secure:
                        return True, None
                    continue
            elif kind == "pause":
                if self.until is None:
                    self.until = now + value[0] / 1000
                if now < self.until:
                    return False, self.until
                self.until = None
            elif kind == "wait":
                if not value[0]():
                    return False, None
                # It may have called everything else off.
                if not self.actions:
                    break
            elif kind in ("bye", "fin"):
                self._half_close(kind == "bye")
            elif kind == "rst":
                self.reset()
            elif kind == "close":
                self.close()
            self.actions.pop(0)
        return False, None

    def _read(self):
        try:
            data = self.sock.recv(PIECE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except ssl.SSLError:
            self.end = "rst" if self.broken else "ragged"
            return
        except OSError:
            self.end = "rst"
            return
        if data:
            try:
                self.parser.feed(data)
            except (Malformed, ValueError) as problem:
                self.problem = str(problem)
                self.end = "malformed"
        else:
            self.end = "rst" if self.broken else "fin"
            if self.end == "fin":
                self.parser.finish()

    def look(self):
        """What a client's pool does before it uses a connection again."""
        if self.end is None:
            self._read()

    def run(self, stop, deadline):
        """Until stop() is true, nothing more can come, or the time is over."""
        self.late = False
        while not stop():
            now = time.monotonic()
            if now > deadline:
                self.late = True
                return
            write, wake = self._act(now)
            if self.closed or stop():
                return
            if self.end is not None and not write and wake is None:
                return
            reading = self.reading and self.end is None and now >= self.read_again
            if self.secure and reading and self.sock.pending():
                self._read()
                continue
            if self.reading and self.end is None and not reading:
                wake = min(wake or deadline, self.read_again)
            events = (select.POLLIN if reading else 0) | (select.POLLOUT if write else 0)
            try:
                self.poll.register(self.sock, events)
                ready = self.poll.poll(max(0, (min(wake or deadline, deadline, now + 1) - now) * 1000 + 0.5))
            except (OSError, ValueError):
                return
            if ready and reading and ready[0][1] & (select.POLLIN | select.POLLHUP | select.POLLERR):
                self._read()
                if self.slow:
                    self.read_again = time.monotonic() + self.slow / 1000
            elif ready and not reading and ready[0][1] & select.POLLERR:
                self._break()
            elif ready and not events:
                time.sleep(0.002)
