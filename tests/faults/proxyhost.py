# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the proxy share: the proxy in a process of its own, servers of a few lines, a raw client."""
import base64
import json
import os
import queue
import socket
import ssl
import subprocess
import tempfile
import threading
import time

TOKEN = "0123456789abcdef0123456789abcdef"


class Proxy:
    """A proxy-host, for run 7. `captures` is filled as they come; keys are read through `exchange()`. `trust`: a file of
    certificates that the run, and everybody without one, trusts."""

    def __init__(self, *args, allow=True, trust=None):
        command = [os.environ["PROXY_HOST"], *args]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        hello = json.loads(self.process.stdout.readline())
        self.port = hello["port"]
        self.authority = hello["authority"]
        self.captures = []
        self.changed = threading.Condition()
        self.answers = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if allow:
            self.order(f"allow {TOKEN} 7")
        for run in (0, 7) if trust else ():
            assert self.order(f"trust {run} {trust}") is None

    def _read(self):
        for line in self.process.stdout:
            capture = json.loads(line)
            if capture["kind"] == "ok":
                self.answers.put(capture)
                continue
            with self.changed:
                self.captures.append(capture)
                self.changed.notify_all()

    def order(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answers.get(timeout=10)["error"]

    def wait(self, test, seconds=10):
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                for capture in self.captures:
                    if test(capture):
                        return capture
                left = deadline - time.monotonic()
                assert left > 0, f"no such capture among {[c['kind'] for c in self.captures]}"
                self.changed.wait(left)

    def exchange(self, index=0, seconds=10):
        """The index-th exchange, once it has ended: its last state, with `request`, `response` and `order` added."""
        begin = self.wait_nth("begin", index, seconds)
        key = begin["key"]
        end = self.wait(lambda c: c["kind"] == "end" and c["key"] == key, seconds)
        mine = [c for c in list(self.captures) if c["key"] == key and c["kind"] != "committed"]
        result = dict(end["exchange"], key=key, order=[c["kind"] for c in mine], times=[c["at"] for c in mine])
        for side in "request", "response":
            result[side] = b"".join(base64.b64decode(c["data"]) for c in mine if c["kind"] == side + "-data")
        return result

    def wait_nth(self, kind, index, seconds=10):
        def found(capture):
            same = [c for c in self.captures if c["kind"] == kind]
            return len(same) > index and same[index] is capture
        return self.wait(found, seconds)

    def count(self, kind):
        with self.changed:
            return sum(1 for c in self.captures if c["kind"] == kind)

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self):
        """Ends it; its exit status must be clean (a sanitizer would say otherwise)."""
        self.process.stdin.close()
        assert self.process.wait(60) == 0, self.process.returncode
        self.reader.join(10)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.wait()

    # --- clients ---

    def connect(self, family=socket.AF_INET):
        client = socket.socket(family)
        client.settimeout(20)
        client.connect(("127.0.0.1" if family == socket.AF_INET else "::1", self.port))
        return client

    def credentials(self, token=TOKEN):
        return "Proxy-Authorization: Basic " + base64.b64encode(f"overhear:{token}".encode()).decode() + "\r\n"

    def tunnel(self, host, port, token=TOKEN, agent=None):
        client = self.connect()
        extra = (self.credentials(token) if token else "") + (f"User-Agent: {agent}\r\n" if agent else "")
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        client.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{extra}\r\n".encode())
        status = read_head(client)
        if " 200 " not in status.split("\r\n")[0] + " ":
            raise ConnectionError(status)
        return client

    def tls(self, host, port, token=TOKEN, context=None, agent=None):
        if context is None:
            context = ssl.create_default_context(cadata=self.authority)
            context.verify_flags |= ssl.VERIFY_X509_STRICT
        # Without a goodbye the end must be an error; Python asks OpenSSL 3 to ignore that (SSL_OP_IGNORE_UNEXPECTED_EOF).
        context.options &= ~0x80
        return context.wrap_socket(self.tunnel(host, port, token, agent), server_hostname=host, suppress_ragged_eofs=False)


def read_head(connection):
    """Byte by byte, so that nothing after it is lost."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            break
        head += byte
    return head.decode("latin-1")


def read_exactly(connection, length):
    data = b""
    while len(data) < length:
        piece = connection.recv(min(65536, length - len(data)))
        assert piece, f"ended after {len(data)} of {length} bytes"
        data += piece
    return data


def header(head, name):
    for line in head.split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name.lower():
            return value.strip()
    return None


def read_chunk(connection):
    line = b""
    while not line.endswith(b"\r\n"):
        byte = connection.recv(1)
        assert byte, "ended in the middle of the chunks"
        line += byte
    size = int(line.split(b";")[0], 16)
    data = read_exactly(connection, size)
    assert read_exactly(connection, 2) == b"\r\n"
    return data


def read_body(connection, head):
    if header(head, "transfer-encoding") == "chunked":
        body = b""
        while chunk := read_chunk(connection):
            body += chunk
        return body
    return read_exactly(connection, int(header(head, "content-length") or 0))


def read_answer(connection):
    head = read_head(connection)
    return head, read_body(connection, head)


_folder = tempfile.TemporaryDirectory()


def make_certificate(name="localhost", san="DNS:localhost,IP:127.0.0.1", days=30):
    """A self-signed one. Returns: the paths of certificate and key."""
    base = os.path.join(_folder.name, name)
    if not os.path.exists(base + ".pem"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", str(days), "-keyout", base + ".key", "-out", base + ".pem", "-subj", f"/CN={name}",
                        "-addext", f"subjectAltName={san}"], check=True, capture_output=True)
    return base + ".pem", base + ".key"


class Server:
    """Calls handler(connection) in a thread for each client. `tls`: a pair of make_certificate()."""

    def __init__(self, handler, tls=None):
        self.handler = handler
        self.context = None
        self.connections = 0
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True)
            self.handler(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def pump(one, other):
    """Both ways, until both have ended."""
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    thread = threading.Thread(target=copy, args=(other, one), daemon=True)
    thread.start()
    copy(one, other)
    thread.join()


def answering(answer, requests=None):
    """A handler that reads requests whole and gives each the same bytes, keeping the connection open."""
    def handle(connection):
        while head := read_head(connection):
            body = read_body(connection, head)
            if requests is not None:
                requests.append((head, body))
            connection.sendall(answer)
    return handle


def reply(body=b"hello", status="200 OK", extra=""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body
