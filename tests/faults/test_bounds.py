# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not grow: descriptors and memory, whatever clients do and however large bodies are."""
import socket
import threading
import time

from tap import check, main
from proxyhost import Proxy, Server, answering, header, make_certificate, read_answer, read_head, reply

CERTIFICATE = make_certificate()
MEGABYTE = 1 << 20


def settle(proxy, fds):
    deadline = time.monotonic() + 10
    while proxy.fds() > fds and time.monotonic() < deadline:
        time.sleep(0.05)
    return proxy.fds()


class Peak(threading.Thread):
    """The largest resident size while it runs."""

    def __init__(self, proxy):
        super().__init__(daemon=True)
        self.proxy, self.value, self.going = proxy, proxy.resident(), True
        self.start()

    def run(self):
        while self.going and self.proxy.process.poll() is None:
            self.value = max(self.value, self.proxy.resident())
            time.sleep(0.005)

    def stop(self):
        self.going = False
        self.join()
        return self.value


@check("clients that leave while idle cost no descriptor and no memory: 500 plain, 150 with TLS")
def _():
    with Server(answering(reply()), CERTIFICATE) as server, Proxy("--quiet", trust=CERTIFICATE[0]) as proxy:
        def leave(number, secure):
            for _ in range(number):
                if secure:
                    client = proxy.tls("localhost", server.port)
                    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                else:
                    client = proxy.connect()
                    client.sendall(f"GET http://localhost:{plain.port}/ HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}\r\n"
                                   .encode())
                assert read_answer(client)[1] == b"hello"
                client.close()

        with Server(answering(reply())) as plain:
            leave(100, False)
            leave(30, True)
            fds = settle(proxy, 0)
            before = proxy.resident()
            leave(500, False)
            leave(150, True)
            after = settle(proxy, fds)
            grown = proxy.resident() - before
            print(f"# {fds} → {after} descriptors, {grown / 1024:.0f} KiB more")
            # A pooled connection that was idle for long is not given to a new client: one more each.
            assert after <= fds + 2 and grown < 3 * MEGABYTE, (fds, after, grown)


@check("a 200 MB download to a client slower than the server keeps memory flat")
def _():
    piece = b"y" * MEGABYTE

    def serve(connection):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (200 * MEGABYTE))
        for _ in range(200):
            connection.sendall(piece)
        connection.recv(1)

    with Server(serve, CERTIFICATE) as server, Proxy("--quiet", trust=CERTIFICATE[0]) as proxy:
        before = proxy.resident()
        peak = Peak(proxy)
        client = proxy.tls("localhost", server.port)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert header(read_head(client), "content-length") == str(200 * MEGABYTE)
        time.sleep(0.5)
        left = 200 * MEGABYTE
        while left:
            data = client.recv(min(left, 262144))
            assert data and data.strip(b"y") == b""
            left -= len(data)
        grown = peak.stop() - before
        print(f"# peak {grown / 1024:.0f} KiB more")
        assert grown < 16 * MEGABYTE, grown


@check("a 30 MB upload to a server slower than the client keeps memory flat, with a length and in chunks")
def _():
    got = []

    def serve(connection):
        head = read_head(connection)
        time.sleep(0.3)
        count = 0
        if header(head, "content-length"):
            while count < 30 * MEGABYTE:
                count += len(connection.recv(65536))
        else:
            tail = b""
            while not tail.endswith(b"\r\n0\r\n\r\n"):
                data = connection.recv(65536)
                count += len(data)
                tail = (tail + data)[-16:]
        got.append(count)
        connection.sendall(reply(extra="Connection: close\r\n"))
        connection.recv(1)

    with Server(serve) as server, Proxy("--quiet") as proxy:
        before = proxy.resident()
        peak = Peak(proxy)
        for framing in "Transfer-Encoding: chunked", "Content-Length: 31457280":
            client = proxy.connect()
            client.sendall(f"POST http://localhost:{server.port}/ HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}{framing}"
                           "\r\n\r\n".encode())
            for _ in range(30):
                piece = b"z" * MEGABYTE
                client.sendall(b"100000\r\n" + piece + b"\r\n" if "chunked" in framing else piece)
            if "chunked" in framing:
                client.sendall(b"0\r\n\r\n")
            assert read_answer(client)[1] == b"hello"
        grown = peak.stop() - before
        print(f"# peak {grown / 1024:.0f} KiB more")
        assert got[0] > 30 * MEGABYTE and got[1] == 30 * MEGABYTE
        assert grown < 16 * MEGABYTE, grown


@check("300 connections that say nothing, or half a head, are held and let go")
def _():
    with Proxy("--clocks", "1500,1500") as proxy:
        fds = proxy.fds()
        clients = [proxy.connect() for _ in range(300)]
        for client in clients[::2]:
            client.sendall(b"GET http://h")
        deadline = time.monotonic() + 10
        while proxy.fds() < fds + 300 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert proxy.fds() >= fds + 300
        for client in clients[::2]:
            assert b" 408 " in client.recv(100)
            client.close()
        for client in clients[1::2]:
            assert client.recv(1) == b""
            client.close()
        assert settle(proxy, fds) <= fds


main()
