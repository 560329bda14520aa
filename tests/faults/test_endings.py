# SPDX-License-Identifier: GPL-3.0-or-later
"""How exchanges end when something goes wrong: what the client is told, what is recorded, who it was."""
import json
import os
import re
import socket
import ssl
import struct
import threading
import time

from tap import check, main
from proxyhost import (Proxy, Server, TOKEN, answering, header, make_certificate, read_answer, read_chunk, read_exactly,
                       read_head, reply)

CERTIFICATE = make_certificate()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def ask(proxy, port, path="/", method="GET", extra="", body=b"", host="localhost"):
    client = proxy.connect()
    client.sendall(f"{method} http://{host}:{port}{path} HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}{extra}\r\n".encode()
                   + body)
    return client


def read_to_end(client):
    """Everything until the end, and how it ended: "clean" or "error"."""
    data = b""
    try:
        while piece := client.recv(65536):
            data += piece
        return data, "clean"
    except (ssl.SSLError, ConnectionError):
        return data, "error"


def check_refusal(client, proxy, kind, code):
    head, body = read_answer(client)
    assert head.startswith("HTTP/1.1 502 "), head
    error = json.loads(body)
    assert error["type"] == "error" and error["error"]["type"] == kind, error
    assert "Overhear" in error["error"]["message"]
    exchange = proxy.exchange()
    assert (exchange["outcome"], exchange["error_code"], exchange["ended_by"]) == ("failed", code, "upstream"), exchange
    assert exchange["status"] == 0 and exchange["error"] in error["error"]["message"]


def check_ended(client, proxy, code, body=b"", number=0):
    """No answer: the connection ended as the server's would have, and the record has the request's body and the reason."""
    data, _ = read_to_end(client)
    assert data == b"", data
    exchange = proxy.exchange(number)
    assert (exchange["outcome"], exchange["error_code"], exchange["ended_by"]) == ("failed", code, "upstream"), exchange
    assert exchange["status"] == 0 and exchange["request_length"] == len(body), exchange


@check("a refused connection is one for the program too")
def _():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Proxy() as proxy:
        check_ended(ask(proxy, port, host="127.0.0.1"), proxy, "upstream-refused")
        body = b"x" * 3000000
        client = ask(proxy, port, "/", "POST", "Content-Length: 3000000\r\n", body, host="127.0.0.1")
        check_ended(client, proxy, "upstream-refused", body, 1)


@check("a name that does not exist")
def _():
    with Proxy() as proxy:
        check_refusal(ask(proxy, 80, host="no-such-host.invalid"), proxy, "overhear_upstream_unresolved",
                      "upstream-unresolved")


@check("a connection that libsoup does not take ends, and so does its exchange")
def _():
    big = b"x" * 3000000
    with Server(answering(reply()), CERTIFICATE) as server:
        for method, extra in ("GET", ""), ("POST", "Content-Length: 3000000\r\n"):
            os.environ |= {"LD_PRELOAD": os.environ["NO_LOAN_LIBRARY"], "NO_LOAN": "1"}
            try:
                proxy = Proxy()
            finally:
                del os.environ["LD_PRELOAD"]
            with proxy:
                client = proxy.tls("localhost", server.port)
                client.sendall(f"{method} / HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode() + big[:3 if extra else 0])
                assert read_to_end(client)[0] == b""
                exchange = proxy.exchange()
                assert (exchange["outcome"], exchange["ended_by"], exchange["error_code"]) == ("failed", "us", "loan")
                # The others go on.
                read_answer(ask(proxy, 80, host="no-such-host.invalid"))


@check("an untrusted certificate, and one for another host")
def _():
    with Server(answering(reply()), CERTIFICATE) as server, Proxy() as proxy:
        client = proxy.tls("localhost", server.port)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        check_refusal(client, proxy, "overhear_tls_verify", "tls-verify")
    other = make_certificate("other.example", "DNS:other.example")
    with Server(answering(reply()), other) as server, Proxy(trust=other[0]) as proxy:
        client = proxy.tls("localhost", server.port)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        check_refusal(client, proxy, "overhear_tls_verify", "tls-verify")
        assert "another host" in proxy.exchange()["error"]


@check("a run's own certificates are trusted for that run only, also while its connections wait to be used again")
def _():
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with Server(answering(reply()), CERTIFICATE) as server, Proxy() as proxy:
        other = "f" * len(TOKEN)
        proxy.order(f"allow {other} 8")
        assert proxy.order(f"trust 7 {CERTIFICATE[0]}") is None
        for token, status in ((TOKEN, "200"), (other, "502"), (TOKEN, "200")):
            with proxy.tls("localhost", server.port, token) as client:
                client.sendall(request)
                answer = read_answer(client)
                assert answer[0].startswith(f"HTTP/1.1 {status} "), (status, answer)
        assert "certificate" in proxy.order(f"trust 8 {__file__}").lower()


@check("a server that speaks no TLS")
def _():
    def serve(connection):
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Server(serve) as server, Proxy() as proxy:
        client = proxy.tls("localhost", server.port)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        check_refusal(client, proxy, "overhear_tls_handshake", "tls-handshake")


@check("a connection that closes without an answer, and one that answers nonsense")
def _():
    def close(connection):
        read_head(connection)

    with Server(close) as server, Proxy() as proxy:
        check_ended(ask(proxy, server.port), proxy, "upstream-closed")

    def nonsense(connection):
        read_head(connection)
        connection.sendall(b"SSH-2.0-OpenSSH\r\nx-api-key: seed\xff0123456789\r\n\r\n")
        time.sleep(1)

    # What it said is kept, without the secrets of its lines.
    kept = rb"SSH-2\.0-OpenSSH\r\nx-api-key: <redacted \xe2\x80\xa66789 [0-9a-f]{16}>\r\n\r\n"
    with Server(nonsense) as server, Proxy() as proxy:
        check_refusal(ask(proxy, server.port), proxy, "overhear_upstream_bad_answer", "upstream-bad-answer")
        assert re.fullmatch(kept, proxy.exchange(0)["response"]), proxy.exchange(0)["response"]

    def begins(connection):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: seed-0123456789\r\nX: y")

    with Server(begins) as server, Proxy() as proxy:
        check_ended(ask(proxy, server.port), proxy, "upstream-closed")
        kept = rb"HTTP/1\.1 200 OK\r\nSet-Cookie: <redacted \xe2\x80\xa66789 [0-9a-f]{16}>\r\nX: y"
        assert re.fullmatch(kept, proxy.exchange(0)["response"]), proxy.exchange(0)["response"]

    # So is what a program said, where it is known whose it is.
    with Server(close) as server, Proxy() as proxy:
        client = proxy.tls("localhost", server.port)
        client.sendall(b"GET /?token=seed-0123456789 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\n seed-0123456789\r\n\r\n")
        assert read_answer(client)[0].startswith("HTTP/1.1 400 ")
        exchange = proxy.exchange(0)
        body = exchange["request"]
        assert exchange["error_code"] == "bad-request" and b"seed" not in body, exchange
        assert body.startswith(b"GET /?token=<redacted") and b"\r\nHost: x\r\nAuthorization: " in body, body


@check("the local answer comes although the client is still sending, and a HEAD gets none of the body")
def _():
    host = "no-such-host.invalid"
    with Proxy() as proxy:
        client = ask(proxy, 80, "/", "POST", "Content-Length: 3000000\r\n", b"x" * 1000000, host=host)
        client.sendall(b"x" * 2000000)
        assert read_answer(client)[0].startswith("HTTP/1.1 502 ")
        client = ask(proxy, 80, "/", "HEAD", host=host)
        assert read_head(client).startswith("HTTP/1.1 502 ")
        client.settimeout(0.2)
        try:
            assert client.recv(1) == b""
        except TimeoutError:
            pass


@check("cut answers are cut for the client too: inside a chunk, between chunks, short of their length; over TCP and TLS")
def _():
    cuts = {
        "inside": CHUNKED + b"5\r\nhello\r\n5\r\nhe",
        "between": CHUNKED + b"5\r\nhello\r\n",
        "short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
        "headonly": CHUNKED,
    }

    def serve(connection):
        data = cuts[read_head(connection).split(" ")[1].rpartition("/")[2]]
        connection.sendall(data)
        time.sleep(0.05)
        # Without TLS's goodbye, as a server that died would.
        os.close(connection.detach())

    for secure in False, True:
        with Server(serve, CERTIFICATE if secure else None) as server, Proxy(trust=CERTIFICATE[0]) as proxy:
            for index, name in enumerate(cuts):
                if secure:
                    client = proxy.tls("localhost", server.port)
                    client.sendall(f"GET /{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                else:
                    client = ask(proxy, server.port, "/" + name)
                assert read_head(client).startswith("HTTP/1.1 200 ")
                data, how = read_to_end(client)
                assert not data.endswith(b"0\r\n\r\n"), (name, data)
                assert name == "headonly" or b"hello" in data, (name, data)
                assert how == ("error" if secure else "clean"), (name, secure, how)
                exchange = proxy.exchange(index)
                assert (exchange["outcome"], exchange["error_code"], exchange["ended_by"]) == (
                    "cut", "upstream-cut", "upstream"), (name, exchange)
                assert exchange["status"] == 200


@check("a TLS server that ends a body by closing without goodbye has still answered whole")
def _():
    def serve(connection):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nwhole")
        time.sleep(0.05)
        os.close(connection.detach())

    with Server(serve, CERTIFICATE) as server, Proxy(trust=CERTIFICATE[0]) as proxy:
        client = proxy.tls("localhost", server.port)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(client)[1] == b"whole"
        assert proxy.exchange()["outcome"] == "finished"


@check("a client that leaves is noticed while the server is silent, and the server is told")
def _():
    told = []
    asked = threading.Semaphore(0)

    def serve(connection):
        path = read_head(connection).split(" ")[1]
        if path.endswith("/stream"):
            connection.sendall(CHUNKED + b"5\r\nhello\r\n")
        connection.settimeout(20)
        asked.release()
        try:
            told.append(connection.recv(1))
        except ConnectionError:
            told.append(b"")

    for secure in False, True:
        told.clear()
        with Server(serve, CERTIFICATE if secure else None) as server, Proxy(trust=CERTIFICATE[0]) as proxy:
            for index, (path, outcome) in enumerate((("/silent", "failed"), ("/stream", "cut"))):
                if secure:
                    client = proxy.tls("localhost", server.port)
                    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                else:
                    client = ask(proxy, server.port, path)
                if path == "/stream":
                    read_head(client)
                    assert read_chunk(client) == b"hello"
                assert asked.acquire(timeout=10)
                client.close()
                exchange = proxy.exchange(index, 10)
                assert (exchange["outcome"], exchange["ended_by"], exchange["error_code"]) == (
                    outcome, "client", "client-gone"), exchange
            deadline = time.monotonic() + 10
            while len(told) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert len(told) == 2


@check("a client that leaves after the head of an error has all of it in the record; a stream ends with the client")
def _():
    def serve(connection):
        stream = "stream" in read_head(connection)
        kind = "text/event-stream" if stream else "application/json"
        connection.sendall(f"HTTP/1.1 529 X\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: 500000\r\n\r\n".encode())
        left.wait(20)
        try:
            connection.sendall(b"o" * 500000)
            connection.recv(1)
        except ConnectionError:
            pass

    with Server(serve) as server, Proxy() as proxy:
        for number, (path, outcome) in enumerate((("/", "finished"), ("/stream", "cut"))):
            left = threading.Event()
            client = ask(proxy, server.port, path)
            read_head(client)
            client.close()
            left.set()
            exchange = proxy.exchange(number)
            assert exchange["outcome"] == outcome, exchange
            assert exchange["response_length"] == 500000 or outcome == "cut", exchange
            assert exchange["oddities"] == (["not-awaited"] if outcome == "finished" else []), exchange


@check("a client that closes its half gets its answer; one that has gone meanwhile is noticed")
def _():
    def serve(connection):
        read_head(connection)
        asked.set()
        go.wait(20)
        connection.sendall(reply())

    for stays in True, False:
        asked, go = threading.Event(), threading.Event()
        with Server(serve) as server, Proxy() as proxy:
            client = ask(proxy, server.port)
            client.shutdown(socket.SHUT_WR)
            assert asked.wait(20)
            if stays:
                go.set()
                assert read_answer(client)[1] == b"hello"
                exchange = proxy.exchange()
                assert (exchange["outcome"], exchange["oddities"]) == ("finished", ["half-closed"]), exchange
            else:
                client.close()
                assert proxy.exchange()["error_code"] == "client-gone"
                go.set()


@check("an answer flows while the request goes on, also more than the client takes at once")
def _():
    def serve(connection):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
        read_exactly(connection, 5)
        connection.sendall(b"800000\r\n" + b"y" * 0x800000 + b"\r\n0\r\n\r\n")
        rest.append(read_exactly(connection, 5))

    rest = []
    with Server(serve) as server, Proxy() as proxy:
        client = ask(proxy, server.port, "/", "POST", "Content-Length: 10\r\n")
        assert header(read_head(client), "transfer-encoding") == "chunked" and read_chunk(client) == b"hi"
        client.sendall(b"hello")
        size = 0
        while piece := read_chunk(client):
            size += len(piece)
        assert size == 0x800000
        client.sendall(b"again")
        exchange = proxy.exchange()
        assert (exchange["outcome"], exchange["request"]) == ("finished", b"helloagain")
        assert rest == [b"again"]


@check("half an upload is never passed on as a whole one")
def _():
    seen = []
    bodies = b"hello", b"5\r\nhello\r\n"
    begun = threading.Semaphore(0)

    def serve(connection):
        head = read_head(connection)
        part = read_exactly(connection, len(bodies[header(head, "transfer-encoding") is not None]))
        begun.release()
        seen.append(part + read_to_end(connection)[0])

    with Server(serve) as server, Proxy() as proxy:
        for index, extra in enumerate(("Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n")):
            client = ask(proxy, server.port, "/", "POST", extra, bodies[index])
            assert begun.acquire(timeout=10)
            client.close()
            exchange = proxy.exchange(index)
            assert (exchange["outcome"], exchange["ended_by"]) == ("failed", "client")
            assert "request-end" not in exchange["order"]
        deadline = time.monotonic() + 5
        while len(seen) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert sorted(seen) == sorted(bodies), seen


@check("a pooled connection that the server has just closed is no error: the request goes again, once")
def _():
    def serve(connection):
        read_head(connection)
        connection.sendall(reply())
        # Leaves a reset for the next request, sent when that arrives.
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with Server(serve) as server, Proxy() as proxy:
        for _ in range(4):
            client = ask(proxy, server.port, "/", "POST", "Content-Length: 3\r\n", b"abc")
            assert read_answer(client)[1] == b"hello"
        assert server.connections == 4, server.connections
        for index in range(4):
            exchange = proxy.exchange(index)
            assert exchange["outcome"] == "finished" and exchange["request"] == b"abc"


@check("an upload that a server took a part of before it broke a pooled connection is not sent again")
def _():
    seen = []

    def serve(connection):
        head = read_head(connection)
        if header(head, "transfer-encoding"):
            body = b""
            while chunk := read_chunk(connection):
                body += chunk
            seen.append(body)
        connection.sendall(reply())
        taken = 0
        while taken < limit and (data := connection.recv(65536)):
            taken += len(data)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    for size, limit in (700000, 1), (20000000, 2000000):
        with Server(serve) as server, Proxy("--quiet") as proxy:
            seen.clear()
            assert read_answer(ask(proxy, server.port))[1] == b"hello"
            client = ask(proxy, server.port, "/", "POST", "Transfer-Encoding: chunked\r\n")
            try:
                for _ in range(10):
                    client.sendall(b"%x\r\n" % (size // 10) + b"u" * (size // 10) + b"\r\n")
                    time.sleep(0.01)
                client.sendall(b"0\r\n\r\n")
            except ConnectionError:
                pass
            assert read_to_end(client)[0] == b""
            assert server.connections == 1 and seen == [], (server.connections, len(seen))


@check("a fresh connection that breaks is not tried again")
def _():
    def serve(connection):
        read_head(connection)

    with Server(serve) as server, Proxy() as proxy:
        assert read_to_end(ask(proxy, server.port))[0] == b""
        assert server.connections == 1


@check("ambiguous and malformed requests get 400, recorded; nothing reaches the server")
def _():
    seen = []
    with Server(answering(reply(), seen)) as server, Proxy() as proxy:
        bad = ["Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Host: y\r\n", "Content-Length: 5\r\n"
               "Content-Length: 6\r\n", "Content-Length: +5\r\n", "Transfer-Encoding: gzip, chunked\r\n"]
        for index, extra in enumerate(bad):
            client = ask(proxy, server.port, "/", "POST", extra, b"0\r\n\r\n")
            head, body = read_answer(client)
            assert head.startswith("HTTP/1.1 400 ") and b"Overhear" in body, (extra, head)
            exchange = proxy.exchange(index)
            assert (exchange["outcome"], exchange["ended_by"], exchange["error_code"]) == ("failed", "us", "bad-request")
        for raw in b"GET\r\n\r\n", b"GET / HTTP/2.0\r\n\r\n", b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", \
                b"GET / HTTP/1.1\r\nbad name: x\r\n\r\n":
            client = proxy.connect()
            client.sendall(raw)
            assert read_answer(client)[0].startswith("HTTP/1.1 400 "), raw
        client = ask(proxy, server.port, "/", "POST", "Transfer-Encoding: chunked\r\n", b"zz\r\nhello")
        assert client.recv(100) == b""
        assert proxy.exchange(len(bad))["error_code"] == "bad-request"
        assert seen == []


@check("headers over 512 KiB get 431, those of 300 KB pass, recorded as a failure")
def _():
    def serve(connection):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(65536)
        connection.sendall(reply())

    with Server(serve, CERTIFICATE) as server, Proxy(trust=CERTIFICATE[0]) as proxy:
        client = proxy.tls("localhost", server.port)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 300000 + b"\r\n\r\n")
        assert read_answer(client)[1] == b"hello"
        client = proxy.tls("localhost", server.port)
        client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 600000 + b"\r\n\r\n")
        assert read_answer(client)[0].startswith("HTTP/1.1 431 ")
        exchange = proxy.exchange(1)
        assert (exchange["outcome"], exchange["error_code"]) == ("failed", "head-too-large")


@check("clocks: an idle connection closes, a head that does not come gets 408")
def _():
    with Server(answering(reply())) as server, Proxy("--clocks", "300,600") as proxy:
        client = proxy.connect()
        began = time.monotonic()
        assert client.recv(1) == b"" and 0.2 < time.monotonic() - began < 3
        client = proxy.connect()
        client.sendall(b"GET / HTT")
        assert read_answer(client)[0].startswith("HTTP/1.1 408 ")


@check("a blind tunnel that cannot be opened, and one that breaks")
def _():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Proxy("--hosts", "nothing") as proxy:
        try:
            proxy.tunnel("127.0.0.1", port)
            raise AssertionError("a tunnel to nowhere")
        except ConnectionError as error:
            assert " 502 " in str(error)
        exchange = proxy.exchange()
        assert (exchange["outcome"], exchange["error_code"], exchange["route"]) == (
            "failed", "upstream-refused", "blind")

        def reset(connection):
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        with Server(reset) as server:
            client = proxy.tunnel("127.0.0.1", server.port)
            client.sendall(b"x")
            assert read_to_end(client)[0] == b""
            exchange = proxy.exchange(1)
            assert (exchange["outcome"], exchange["ended_by"]) == ("cut", "upstream")


@check("a name that leads back to the port is no loop")
def _():
    with Proxy("--hosts", "nothing") as proxy:
        proxy.order(f"upstream 7 api.example http://localhost:{proxy.port}")
        client = ask(proxy, 80, host="api.example")
        head, body = read_answer(client)
        assert head.startswith("HTTP/1.1 502 ") and json.loads(body)["error"]["type"] == "overhear_loop"


@check("stopping ends what goes on, by us")
def _():
    def serve(connection):
        read_head(connection)
        connection.sendall(CHUNKED + b"5\r\nhello\r\n")
        connection.recv(1)

    def echo(connection):
        while data := connection.recv(100):
            connection.sendall(data)

    with Server(serve) as server, Server(echo) as other, Proxy("--hosts", "nothing") as proxy:
        client = ask(proxy, server.port)
        read_head(client)
        assert read_chunk(client) == b"hello"
        tunnel = proxy.tunnel("127.0.0.1", other.port)
        proxy.stop()
        for index in range(2):
            exchange = proxy.exchange(index)
            assert (exchange["outcome"], exchange["ended_by"], exchange["error_code"]) == ("cut", "us", "stopped")
        assert read_to_end(client)[0] == b"" and read_to_end(tunnel)[0] == b""
        proxy.stop = lambda: None


main()
