# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy behind a proxy of the user's own: what goes through it and how, what goes around it, and how its failures are
told. api.test exists for the proxies of this test only."""
import base64
import json
import socket
import struct

from proxyhost import (Proxy, Server, answering, header, make_certificate, pump, read_answer, read_exactly, read_head, reply)
from tap import check, main

HOST = "api.test"
CERTIFICATE = make_certificate(HOST, f"DNS:{HOST}")
GET = f"GET /path?query HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
CREDENTIALS = "Basic " + base64.b64encode(b"me:p@ss").decode()


def tunnelling(server, heads, status="200 OK"):
    """A handler that grants every CONNECT a way to one server."""
    def handle(connection):
        head = read_head(connection)
        heads.append(head)
        connection.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
        if status.startswith("200"):
            with socket.create_connection(("127.0.0.1", server.port)) as onward:
                pump(connection, onward)
    return handle


def secure(proxy):
    return proxy.tls(HOST, 443)


def check_failure(client, proxy, *words):
    client.sendall(GET)
    head, body = read_answer(client)
    assert head.startswith("HTTP/1.1 502 "), head
    error = json.loads(body)["error"]
    assert error["type"] == "overhear_proxy_failed", error
    exchange = proxy.exchange()
    assert (exchange["outcome"], exchange["error_code"]) == ("failed", "proxy-failed"), exchange
    for word in ("Your own proxy", *words):
        assert word in exchange["error"] and word in error["message"], (word, error)
    assert "p%40ss" not in error["message"] and "p@ss" not in error["message"], error


@check("https goes through a tunnel, with credentials, and the tunnel is used again")
def _():
    heads, requests = [], []
    with Server(answering(reply(), requests), CERTIFICATE) as server, Server(tunnelling(server, heads)) as own, \
            Proxy("--hosts", HOST, trust=CERTIFICATE[0]) as proxy:
        proxy.order(f"chain 7 - http://me:p%40ss@127.0.0.1:{own.port} -")
        client = secure(proxy)
        for _ in range(2):
            client.sendall(GET)
            assert read_answer(client)[1] == b"hello"
        client.close()
        [head] = heads
        assert head.startswith(f"CONNECT {HOST}:443 "), head
        assert header(head, "proxy-authorization") == CREDENTIALS, head
        assert [head.split("\r\n")[0] for head, _ in requests] == ["GET /path?query HTTP/1.1"] * 2
        assert "roxy" not in requests[0][0], requests
        exchange = proxy.exchange()
        assert (exchange["outcome"], exchange["status"], exchange["host"]) == ("finished", 200, HOST), exchange


@check("an IPv6 address stands in brackets in the CONNECT to the user's own proxy")
def _():
    heads, requests = [], []
    certificate = make_certificate("address", "IP:2001:db8::5")
    with Server(answering(reply(), requests), certificate) as server, Server(tunnelling(server, heads)) as own, \
            Proxy("--hosts", "2001:db8::5", trust=certificate[0]) as proxy:
        proxy.order(f"chain 7 - http://127.0.0.1:{own.port} -")
        client = proxy.tls("2001:db8::5", 443)
        client.sendall(GET.replace(HOST.encode(), b"[2001:db8::5]"))
        assert read_answer(client)[1] == b"hello"
        assert heads[0].startswith("CONNECT [2001:db8::5]:443 "), heads
        assert header(requests[0][0], "host") == "[2001:db8::5]", requests


@check("the certificate is the server's own, and is verified")
def _():
    heads = []
    with Server(answering(reply()), CERTIFICATE) as server, Server(tunnelling(server, heads)) as own, \
            Proxy("--hosts", HOST) as proxy:
        proxy.order(f"chain 7 - 127.0.0.1:{own.port} -")
        client = secure(proxy)
        client.sendall(GET)
        assert read_answer(client)[0].startswith("HTTP/1.1 502 ")
        assert proxy.exchange()["error_code"] == "tls-verify"


@check("plain http is handed to the proxy whole")
def _():
    requests = []
    with Server(answering(reply(), requests)) as own, Proxy() as proxy:
        proxy.order(f"chain 7 http://me:p%40ss@127.0.0.1:{own.port} - -")
        client = proxy.connect()
        client.sendall(f"GET http://{HOST}/path?query HTTP/1.1\r\nHost: {HOST}\r\n{proxy.credentials()}\r\n".encode())
        assert read_answer(client)[1] == b"hello"
        head = requests[0][0]
        assert head.startswith(f"GET http://{HOST}/path?query HTTP/1.1\r\n"), head
        assert header(head, "host") == HOST and header(head, "proxy-authorization") == CREDENTIALS, head
        assert proxy.exchange()["target"] == "/path?query"


@check("a tunnel that is not read goes through one")
def _():
    heads = []
    with Server(answering(reply())) as server, Server(tunnelling(server, heads)) as own, \
            Proxy("--hosts", "nothing") as proxy:
        proxy.order(f"chain 7 - http://127.0.0.1:{own.port} -")
        with proxy.tunnel(HOST, 8443) as client:
            client.sendall(GET)
            assert read_answer(client)[1] == b"hello"
        assert heads[0].startswith(f"CONNECT {HOST}:8443 "), heads
        assert header(heads[0], "proxy-authorization") is None, heads


@check("SOCKS")
def _():
    asked = []

    def socks(connection):
        version, methods = read_exactly(connection, 2)
        read_exactly(connection, methods)
        connection.sendall(b"\x05\x00")
        version, command, _, kind, length = read_exactly(connection, 5)
        assert (version, command, kind) == (5, 1, 3)
        asked.append((read_exactly(connection, length).decode(), struct.unpack(">H", read_exactly(connection, 2))[0]))
        connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        with socket.create_connection(("127.0.0.1", server.port)) as onward:
            pump(connection, onward)

    with Server(answering(reply()), CERTIFICATE) as server, Server(socks) as own, \
            Proxy("--hosts", HOST, trust=CERTIFICATE[0]) as proxy:
        proxy.order(f"chain 7 - socks5h://127.0.0.1:{own.port} -")
        client = secure(proxy)
        client.sendall(GET)
        assert read_answer(client)[1] == b"hello"
        assert asked == [(HOST, 443)], asked


@check("NO_PROXY, loopback and other runs go around it")
def _():
    with Server(answering(reply())) as server, Server(answering(reply(b"through"))) as own, Proxy() as proxy:
        def fetch(url):
            client = proxy.connect()
            client.sendall(f"GET {url} HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}\r\n".encode())
            head, body = read_answer(client)
            return body if " 200 " in head else head.split(" ")[1]
        proxy.order(f"chain 7 http://127.0.0.1:{own.port} - .internal.test,other.test:81")
        assert fetch(f"http://127.0.0.1:{server.port}/") == b"hello"
        assert fetch(f"http://localhost:{server.port}/") == b"hello"
        assert fetch("http://a.internal.test/") == "502"
        assert fetch("http://other.test:81/") == "502"
        assert fetch("http://other.test/") == b"through"
        proxy.order("chain 7 - - -")
        proxy.order(f"chain 8 http://127.0.0.1:{own.port} - -")
        assert fetch("http://other.test/") == "502"


@check("its failures are told as its own")
def _():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    with Proxy("--hosts", HOST) as proxy:
        proxy.order(f"chain 7 - http://me:p%40ss@127.0.0.1:{closed} -")
        check_failure(secure(proxy), proxy, f"127.0.0.1:{closed}", "refused")
    for status, word in ("403 Forbidden", HOST), ("503 No", HOST):
        with Server(tunnelling(None, [], status)) as own, Proxy("--hosts", HOST) as proxy:
            proxy.order(f"chain 7 - http://me:p%40ss@127.0.0.1:{own.port} -")
            check_failure(secure(proxy), proxy, word)
    with Proxy("--hosts", HOST) as proxy:
        proxy.order("chain 7 - gopher://me:p%40ss@old.test -")
        check_failure(secure(proxy), proxy, "old.test", "address")
    with Proxy("--hosts", HOST) as proxy:
        proxy.order("chain 7 - http://no-such-host.invalid:3128 -")
        check_failure(secure(proxy), proxy, "no-such-host.invalid:3128", "found")


@check("Overhear itself as the user's proxy is a loop, and told so")
def _():
    with Proxy("--hosts", HOST) as proxy:
        proxy.order(f"chain 7 http://127.0.0.1:{proxy.port} - -")
        client = proxy.connect()
        client.sendall(f"GET http://{HOST}/ HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}\r\n".encode())
        assert read_answer(client)[0].startswith("HTTP/1.1 502 ")
        assert proxy.exchange()["error_code"] == "loop"


if __name__ == "__main__":
    main()
