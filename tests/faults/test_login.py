# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy of the user's own that wants a login: what programs say to it reaches it, what it answers reaches them as it came, and
nothing of that is kept or goes any further."""
import base64
import json
import socket
import ssl
import threading

from proxyhost import (Proxy, Server, TOKEN, answering, header, make_certificate, pump, read_answer, read_body, read_exactly,
                       read_head, reply)
from tap import check, main

HOST = "api.test"
CERTIFICATE = make_certificate(HOST, f"DNS:{HOST}")
PASSWORD = "p@ss-of-joe"
CREDENTIALS = "Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode()
REFUSAL = (b'HTTP/1.1 407 Log in, please\r\nProxy-Authenticate: Basic realm="corp"\r\nX-Odd: 1\r\nContent-Length: 5\r\n\r\nlogin')
GET = f"GET /path HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def challenge(words):
    return f"HTTP/1.1 407 No\r\nProxy-Authenticate: {words}\r\nContent-Length: 2\r\n\r\nno".encode()


def guarding(server, heads, login):
    """A handler that gives a tunnel to one server, or a page, to whom login(state, value) has nothing to refuse."""
    def handle(connection):
        state = {}
        while head := read_head(connection):
            heads.append(head)
            read_body(connection, head)
            refusal = login(state, header(head, "proxy-authorization"))
            if refusal:
                connection.sendall(refusal)
            elif head.startswith("CONNECT"):
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                with socket.create_connection(("127.0.0.1", server.port)) as onward:
                    pump(connection, onward)
                return
            else:
                connection.sendall(reply())
    return handle


def basic(state, value):
    return None if value == CREDENTIALS else REFUSAL


def dialog(state, value):
    """As NTLM is: said in two steps by one connection, which is known from then on."""
    if value == "Negotiate one":
        state["asked"] = True
        return challenge("Negotiate two")
    if value == "Negotiate three" and state.get("asked"):
        state["known"] = True
    return None if state.get("known") else challenge("Negotiate")


def field(login):
    return f"Proxy-Authorization: {login}\r\n" if login else ""


def connect(client, login, answer):
    client.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\nUser-Agent: mine/1\r\n{field(login)}\r\n".encode())
    if answer:
        assert (came := read_exactly(client, len(answer))) == answer, came
    else:
        assert (head := read_head(client)).startswith("HTTP/1.1 200 "), head


def plain(client, login):
    client.sendall(f"GET http://{HOST}/path HTTP/1.1\r\nHost: {HOST}\r\n{field(login)}\r\n".encode())
    return read_answer(client)


def secure(client, proxy, read):
    context = ssl.create_default_context(cadata=proxy.authority if read else None, cafile=None if read else CERTIFICATE[0])
    return context.wrap_socket(client, server_hostname=HOST)


def open_proxy(own, read=True):
    proxy = Proxy("--hosts", HOST if read else "nothing", trust=CERTIFICATE[0])
    proxy.order("open 1")
    proxy.order(f"chain 0 http://127.0.0.1:{own.port} http://127.0.0.1:{own.port} -")
    return proxy


def check_kept(proxy, *secrets):
    """Nothing that was said for a login is in what is recorded."""
    text = json.dumps(proxy.captures)
    for secret in (PASSWORD, PASSWORD[-4:], CREDENTIALS[6:], CREDENTIALS[-4:], *secrets):
        assert secret not in text, secret


for is_read, name in (True, "a host that is read"), (False, "one that is not"):
    @check(f"a tunnel to {name}: its proxy's own 407 comes as it is, and a user name and a password go there")
    def _(read=is_read):
        heads, requests = [], []
        with Server(answering(reply(), requests), CERTIFICATE) as server, Server(guarding(server, heads, basic)) as own, \
                open_proxy(own, read) as proxy:
            client = proxy.connect()
            connect(client, None, REFUSAL)
            connect(client, "Basic b3RoZXI6b3RoZXI=", REFUSAL)
            connect(client, CREDENTIALS, None)
            client = secure(client, proxy, read)
            for _ in range(2):
                client.sendall(GET)
                assert read_answer(client)[1] == b"hello"
            assert [header(head, "proxy-authorization") for head in heads] == [None, "Basic b3RoZXI6b3RoZXI=", CREDENTIALS], heads
            assert {header(head, "user-agent") for head in heads} == {"mine/1"}, heads
            assert len(requests) == 2 and not [head for head, _ in requests if "roxy" in head], requests
            # Who has not logged in, gets nothing by somebody else's login.
            connect(proxy.connect(), None, REFUSAL)
            exchange = proxy.exchange()
            assert (exchange["error_code"], exchange["host"]) == ("proxy-failed", HOST) and "password" in exchange["error"], exchange
            client.close()
            check_kept(proxy)

    @check(f"a tunnel to {name}: a login that is a dialog holds by one connection")
    def _(read=is_read):
        heads, requests = [], []
        with Server(answering(reply(), requests), CERTIFICATE) as server, Server(guarding(server, heads, dialog)) as own, \
                open_proxy(own, read) as proxy:
            client = proxy.connect()
            connect(client, None, challenge("Negotiate"))
            connect(client, "Negotiate one", challenge("Negotiate two"))
            connect(client, "Negotiate three", None)
            client = secure(client, proxy, read)
            client.sendall(GET)
            assert read_answer(client)[1] == b"hello"
            assert len(requests) == 1 and len(heads) == 3, heads
            connect(proxy.connect(), None, challenge("Negotiate"))
            client.close()
            check_kept(proxy, "Negotiate one", "Negotiate three")


@check("requests in the clear: the same, with what the proxy asks for")
def _():
    heads = []
    with Server(guarding(None, heads, basic)) as own, open_proxy(own) as proxy:
        client = proxy.connect()
        head, body = plain(client, None)
        assert head.startswith("HTTP/1.1 407 Log in") and header(head, "proxy-authenticate") == 'Basic realm="corp"', head
        assert header(head, "x-odd") == "1" and body == b"login", (head, body)
        assert plain(client, CREDENTIALS)[1] == b"hello"
        assert plain(client, None)[0].startswith("HTTP/1.1 407 ")
        client.close()
        check_kept(proxy)
    heads.clear()
    with Server(guarding(None, heads, dialog)) as own, open_proxy(own) as proxy:
        client, other = proxy.connect(), proxy.connect()
        for login, words in (None, "Negotiate"), ("Negotiate one", "Negotiate two"):
            assert header(plain(client, login)[0], "proxy-authenticate") == words
        assert plain(client, "Negotiate three")[1] == b"hello"
        assert plain(other, None)[0].startswith("HTTP/1.1 407 ")
        assert plain(client, None)[1] == b"hello", heads
        client.close()
        check_kept(proxy, "Negotiate one", "Negotiate three")


@check("who speaks plain HTTP in a tunnel by its proxy does not wait for TLS, and no server hears any")
def _():
    heads, said = [], []

    def listen(connection):
        while data := connection.recv(65536):
            said.append(data)

    with Server(listen) as server, Server(guarding(server, heads, lambda state, value: None)) as own, open_proxy(own) as proxy:
        client = proxy.connect()
        client.sendall(f"CONNECT {HOST}:8080 HTTP/1.1\r\nHost: {HOST}:8080\r\n\r\n".encode())
        assert read_head(client).startswith("HTTP/1.1 200 ")
        for _ in range(2):
            client.sendall(GET)
            assert read_answer(client)[1] == b"hello"
        assert [head.split()[0] for head in heads] == ["CONNECT", "GET", "GET"] and not said, (heads, said)


@check("a connection that a dialog was said on ends with the program's, be it by a tunnel that was not used")
def _():
    for tunnels in False, True:
        ended = threading.Semaphore(0)

        def serve(connection):
            while head := read_head(connection):
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" if tunnels else reply())
            ended.release()

        with Server(serve) as own, open_proxy(own) as proxy:
            client, other = proxy.connect(), proxy.connect()
            for one in client, other:
                connect(one, "Negotiate one", None) if tunnels else plain(one, "Negotiate one")
            client.close()
            assert ended.acquire(timeout=30) and not ended.acquire(timeout=0), tunnels
            other.close()
            assert ended.acquire(timeout=30), tunnels


@check("what a server asks for a login is not its proxy's")
def _():
    asking = answering(reply(status="407 No", extra="Proxy-Authenticate: Basic\r\n"))
    with Server(asking) as server, Proxy() as proxy:
        client = proxy.connect()
        client.sendall(f"GET http://127.0.0.1:{server.port}/ HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}\r\n".encode())
        assert header(read_answer(client)[0], "proxy-authenticate") is None


@check("no token of ours goes to that proxy, be it of one that is gone")
def _():
    heads = []
    with Server(guarding(None, heads, lambda state, value: None)) as own, open_proxy(own) as proxy:
        gone = "Basic " + base64.b64encode(b"overhear:" + TOKEN[::-1].encode()).decode()
        for login in gone, proxy.credentials().strip().partition(": ")[2]:
            proxy.order(f"chain 7 http://127.0.0.1:{own.port} - -")
            assert plain(proxy.connect(), login)[1] == b"hello"
        assert [header(head, "proxy-authorization") for head in heads] == [None, None], heads


@check("a login of the proxy's own URL is said for the program, and the 407 comes to it where that is wrong")
def _():
    for password, fine in ("p%40ss-of-joe", True), ("wrong", False):
        heads = []
        with Server(answering(reply()), CERTIFICATE) as server, Server(guarding(server, heads, basic)) as own, \
                Proxy("--hosts", HOST, trust=CERTIFICATE[0]) as proxy:
            proxy.order(f"chain 7 - http://me:{password}@127.0.0.1:{own.port} -")
            if fine:
                client = proxy.tls(HOST, 443)
                client.sendall(GET)
                assert read_answer(client)[1] == b"hello" and len(heads) == 1, heads
                client.close()
                assert proxy.exchange()["outcome"] == "finished"
            else:
                client = proxy.connect()
                client.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}\r\n{proxy.credentials()}\r\n".encode())
                assert read_exactly(client, len(REFUSAL)) == REFUSAL
                # What the program says itself counts more.
                assert proxy.exchange()["error_code"] == "proxy-failed"
            check_kept(proxy)


@check("where a dialog is lost within a tunnel that is read, the program's connection ends as its tunnel would have")
def _():
    def once(connection):
        read_head(connection)
        connection.sendall(reply(extra="Connection: close\r\n"))

    heads = []
    with Server(once, CERTIFICATE) as server, Server(guarding(server, heads, dialog)) as own, open_proxy(own) as proxy:
        client = proxy.connect()
        connect(client, "Negotiate one", challenge("Negotiate two"))
        connect(client, "Negotiate three", None)
        client = secure(client, proxy, True)
        client.sendall(GET)
        head, _ = read_answer(client)
        if header(head, "connection") != "close":
            client.sendall(GET)
            try:
                assert client.recv(1) == b""
            except OSError:
                pass
        assert plain(proxy.connect(), None)[0].startswith("HTTP/1.1 407 ")


main()
