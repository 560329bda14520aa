# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways into the port: tunnels, plain proxying, base-URL mode, blind tunnels; who may come in; where hosts are."""
import gzip
import os
import socket
import ssl
import subprocess
import tempfile

from tap import Skip, check, main
from proxyhost import (TOKEN, Proxy, Server, answering, header, make_certificate, read_answer, read_exactly, reply)

CERTIFICATE = make_certificate()
KEY = "sk-ant-api03-abcdefgh1234"


@check("a tunnel is read, kept alive, and recorded in order with the upstream connection reused for POST")
def _():
    seen = []
    with Server(answering(reply(b'{"ok":true}'), seen), CERTIFICATE) as server, Proxy(trust=CERTIFICATE[0]) as proxy:
        client = proxy.tls("localhost", server.port)
        for number in range(3):
            client.sendall(f"POST /v1/messages?n={number} HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
                           f"X-Api-Key: {KEY}\r\nContent-Length: 5\r\n\r\nhello".encode())
            head, body = read_answer(client)
            assert head.startswith("HTTP/1.1 200 OK\r\n") and body == b'{"ok":true}', head
        client.close()
        assert server.connections == 1, server.connections
        assert [body for _, body in seen] == [b"hello"] * 3
        assert KEY in seen[0][0]
        first, last = proxy.exchange(0), proxy.exchange(2)
        assert first["order"] == ["begin", "request-data", "request-end", "response-head", "response-data", "end"]
        assert first["times"] == sorted(first["times"])
        assert (first["outcome"], first["ended_by"], first["status"]) == ("finished", "upstream", 200)
        assert (first["route"], first["scheme"], first["host"], first["port"]) == (
            "tunnel", "https", "localhost", server.port)
        assert first["target"] == "/v1/messages?n=0" and first["run"] == 7
        assert first["request"] == b"hello" and first["response"] == b'{"ok":true}'
        assert 0 < first["resolved"] <= first["connected"] <= first["secured"] <= first["response_head"] <= first["ended"]
        assert not first["reused"] and last["reused"] and last["secured"] == -1
        assert first["connection"] == last["connection"]


@check("plain proxying forwards the raw path, strips hop-by-hop and our own headers, and keeps order, case, duplicates")
def _():
    seen = []
    answer = b"HTTP/1.1 200 Fine\r\nzeta: 1\r\nALPHA: 2\r\nzeta: 3\r\nContent-Length: 2\r\nKeep-Alive: timeout=5\r\n\r\nok"
    with Server(answering(answer, seen)) as server, Proxy() as proxy:
        client = proxy.connect()
        client.sendall(f"GET http://localhost:{server.port}/a/../b%2f;x?q=%20+&&key=abcdefghijkl HTTP/1.1\r\n"
                       f"Host: localhost:{server.port}\r\nB: 1\r\na: 2\r\nB: 3\r\n{proxy.credentials()}"
                       "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nProxy-Connection: keep-alive\r\n"
                       "Overhear-Trace: t\r\noverhear-session: s\r\nOverhear-User: u\r\n\r\n".encode())
        head, body = read_answer(client)
        client.close()
        assert head == "HTTP/1.1 200 Fine\r\nzeta: 1\r\nALPHA: 2\r\nzeta: 3\r\nContent-Length: 2\r\n\r\n", head
        assert body == b"ok"
        assert seen[0][0] == (f"GET /a/../b%2f;x?q=%20+&&key=abcdefghijkl HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
                              "B: 1\r\na: 2\r\nB: 3\r\n\r\n"), seen[0][0]
        exchange = proxy.exchange()
        assert exchange["route"] == "plain" and exchange["scheme"] == "http"
        assert exchange["target"].startswith("/a/../b%2f;x?q=%20+&&key=<redacted …ijkl "), exchange["target"]
        names = [name for name, _ in exchange["request_headers"]]
        assert "Overhear-Trace" in names and "overhear-session" in names and "X-Hop" in names


@check("base-URL mode forwards to https with the host's own Host, on ::1 too")
def _():
    seen = []
    with Server(answering(reply(), seen), CERTIFICATE) as server, Proxy(trust=CERTIFICATE[0]) as proxy:
        for family in socket.AF_INET, socket.AF_INET6:
            client = proxy.connect(family)
            client.sendall(f"GET /via/{TOKEN}/localhost:{server.port}/v1/./models?x=//y HTTP/1.1\r\n"
                           f"Host: 127.0.0.1:{proxy.port}\r\n\r\n".encode())
            assert read_answer(client)[1] == b"hello"
            client.close()
        assert seen[0][0] == f"GET /v1/./models?x=//y HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n"
        exchange = proxy.exchange()
        assert (exchange["route"], exchange["scheme"], exchange["target"]) == ("via", "https", "/v1/./models?x=//y")
        client = proxy.connect()
        client.sendall(f"GET http://127.0.0.1:{proxy.port}/via/{TOKEN}/localhost:{server.port}/z HTTP/1.1\r\n"
                       "Host: h\r\n\r\n".encode())
        assert read_answer(client)[1] == b"hello"
        assert seen[2][0].startswith("GET /z ")


@check("a host that is not intercepted passes unread and is counted")
def _():
    def echo(connection):
        while data := connection.recv(65536):
            connection.sendall(data)

    with Server(echo) as server, Proxy("--hosts", "api.example") as proxy:
        client = proxy.tunnel("localhost", server.port)
        client.sendall(b"x" * 100000)
        assert read_exactly(client, 100000) == b"x" * 100000
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        exchange = proxy.exchange()
        assert (exchange["route"], exchange["method"], exchange["target"]) == ("blind", "CONNECT", "")
        assert (exchange["request_length"], exchange["response_length"]) == (100000, 100000)
        assert (exchange["outcome"], exchange["ended_by"]) == ("finished", "client")
        assert exchange["order"] == ["begin", "end"]


@check("strangers get 407 and are told how to get in; the token, the identify function and opening let them in")
def _():
    with Server(answering(reply())) as server, Proxy() as proxy:
        request = f"GET http://localhost:{server.port}/ HTTP/1.1\r\nHost: localhost:{server.port}\r\n%s\r\n"

        def ask(credentials=""):
            client = proxy.connect()
            client.sendall((request % credentials).encode())
            answer = read_answer(client)
            client.close()
            return answer

        head, body = ask()
        assert head.startswith("HTTP/1.1 407 ") and header(head, "proxy-authenticate") == 'Basic realm="Overhear"'
        assert b"Overhear" in body and b"overhear run" in body
        assert ask(proxy.credentials("wrong"))[0].startswith("HTTP/1.1 407 ")
        assert ask(proxy.credentials())[0].startswith("HTTP/1.1 200 ")
        try:
            proxy.tunnel("localhost", server.port, token=None)
            raise AssertionError("a stranger got a tunnel")
        except ConnectionError as error:
            assert " 407 " in str(error)
        proxy.order(f"identify {TOKEN}")
        assert ask()[0].startswith("HTTP/1.1 200 ")
        assert proxy.exchange(1)["run"] == 7
        proxy.order(f"disallow {TOKEN}")
        assert ask()[0].startswith("HTTP/1.1 407 ")
        assert ask(proxy.credentials())[0].startswith("HTTP/1.1 407 ")
        proxy.order("open 1")
        assert ask()[0].startswith("HTTP/1.1 200 ")
        assert proxy.exchange(2)["run"] == 0
        client = proxy.connect()
        client.sendall(f"GET /via/any/localhost:{server.port}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert read_answer(client)[0].startswith("HTTP/1.1 403 ")


OTHER_USER = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
client.sendall(sys.argv[2].encode())
print(client.makefile("rb").readline().decode())
"""


@check("another user's program comes in by a run's token only, also where the port is open")
def _():
    if os.getuid() != 0:
        raise Skip("only root can become another user")
    with Server(answering(reply())) as server, Proxy() as proxy:
        def ask(credentials):
            request = f"GET http://localhost:{server.port}/ HTTP/1.1\r\nHost: x\r\n{credentials}\r\n"
            return subprocess.run(["/usr/bin/python3", "-c", OTHER_USER, str(proxy.port), request], capture_output=True,
                                  text=True, timeout=60).stdout.split()[1]

        proxy.order("open 1")
        assert ask("") == "407"
        assert ask(proxy.credentials()) == "200"


@check("the port itself says what it is, and refuses tunnels to itself and false tokens")
def _():
    with Proxy() as proxy:
        def ask(request):
            client = proxy.connect()
            client.sendall(request.encode())
            return read_answer(client)

        head, body = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert head.startswith("HTTP/1.1 200 ") and b"Overhear" in body
        assert ask("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")[0].startswith("HTTP/1.1 404 ")
        head, body = ask("GET /via/false/localhost/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert head.startswith("HTTP/1.1 403 ") and b"token" in body
        for name in "127.0.0.1", "localhost", "[::1]":
            head, body = ask(f"CONNECT {name}:{proxy.port} HTTP/1.1\r\n{proxy.credentials()}\r\n")
            assert head.startswith("HTTP/1.1 403 ") and b"own port" in body, head
        assert proxy.count("begin") == 0


@check("a host can be sent elsewhere, for one run or all, with a path prefix")
def _():
    seen = []
    with Server(answering(reply(), seen)) as server, Proxy("--hosts", "nothing") as proxy:
        assert "not a URL" in proxy.order("upstream 0 api.example nonsense")
        assert proxy.order(f"upstream 7 api.example http://127.0.0.1:{server.port}/gate/") is None
        client = proxy.tls("api.example", 443)
        client.sendall(b"GET /v1/models?a HTTP/1.1\r\nHost: api.example\r\n\r\n")
        assert read_answer(client)[1] == b"hello"
        assert seen[0][0] == f"GET /gate/v1/models?a HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n"
        exchange = proxy.exchange()
        assert exchange["upstream"] == f"http://127.0.0.1:{server.port}/gate/"
        assert (exchange["scheme"], exchange["host"], exchange["port"]) == ("https", "api.example", 443)


@check("plain HTTP inside a tunnel is read too, as undici sends it")
def _():
    with Server(answering(reply())) as server, Proxy() as proxy:
        client = proxy.tunnel("localhost", server.port)
        client.sendall(f"GET /x HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode())
        assert read_answer(client)[1] == b"hello"
        exchange = proxy.exchange()
        assert (exchange["route"], exchange["scheme"], exchange["target"]) == ("tunnel", "http", "/x")


@check("secrets never reach the sink, and the server gets them")
def _():
    seen = []
    token_body = b'{"grant_type":"refresh_token","refresh_token":"rt-0123456789","scope":"x"}'
    answer = reply(b'{"access_token":"at-0123456789abc","expires_in":5}',
                   extra="Content-Type: application/json\r\nSet-Cookie: sid=topsecretcookie\r\n")
    with Server(answering(answer, seen)) as server, Proxy() as proxy:
        client = proxy.connect()
        client.sendall(f"POST http://localhost:{server.port}/v1/oauth/token HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}"
                       f"Authorization: Bearer {KEY}\r\nX-API-Key: {KEY}\r\nCookie: a=topsecretcookie\r\n"
                       f"api-key: short\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(token_body)}\r\n\r\n".encode() + token_body)
        assert b"at-0123456789abc" in read_answer(client)[1]
        assert seen[0][1] == token_body and KEY in seen[0][0]
        exchange = proxy.exchange()
        everything = str(proxy.captures) + str(exchange)
        for secret in KEY, "topsecretcookie", "rt-0123456789", "at-0123456789abc", TOKEN, "short":
            assert secret not in everything, secret
        fields = dict(exchange["request_headers"])
        assert fields["Authorization"] == "Bearer " + fields["X-API-Key"]
        assert fields["X-API-Key"].startswith("<redacted …1234 ") and fields["api-key"].startswith("<redacted … ")
        assert b'"grant_type":"refresh_token","refresh_token":"<redacted' in exchange["request"]
        client.sendall(f"POST http://localhost:{server.port}/oauth/token HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}"
                       "Content-Type: multipart/mixed\r\nContent-Length: 4\r\n\r\nabcd".encode())
        read_answer(client)
        assert proxy.exchange(1)["request"].startswith(b"<withheld") and proxy.exchange(1)["gaps"] == 1
        packed = gzip.compress(token_body)
        client.sendall(f"POST http://localhost:{server.port}/oauth/token HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}"
                       f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode() + packed)
        read_answer(client)
        assert b'"refresh_token":"<redacted' in gzip.decompress(proxy.exchange(2)["request"])
        assert seen[2][1] == packed and proxy.exchange(2)["gaps"] == 0


@check("curl and a strict OpenSSL accept the certificate")
def _():
    with Server(answering(reply()), CERTIFICATE) as server, Proxy(trust=CERTIFICATE[0]) as proxy, \
            tempfile.NamedTemporaryFile("w", suffix=".pem") as bundle:
        bundle.write(proxy.authority)
        bundle.flush()
        out = subprocess.run(["curl", "-sS", "--noproxy", "", "-x", f"http://overhear:{TOKEN}@127.0.0.1:{proxy.port}",
                              "--cacert", bundle.name, f"https://localhost:{server.port}/x"],
                             capture_output=True, text=True, timeout=20)
        assert out.stdout == "hello", out
        with proxy.tunnel("127.0.0.1", server.port) as raw:
            context = ssl.create_default_context(cadata=proxy.authority)
            context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
            leaf = context.wrap_socket(raw, server_hostname="127.0.0.1").getpeercert(True)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(ssl.DER_cert_to_PEM_cert(leaf))
            file.flush()
            out = subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_ip", "127.0.0.1",
                                  "-CAfile", bundle.name, file.name], capture_output=True, text=True)
            assert out.returncode == 0, out


@check("a client that does not trust the certificate is recorded as such")
def _():
    with Server(answering(reply()), CERTIFICATE) as server, Proxy() as proxy:
        try:
            proxy.tls("localhost", server.port, context=ssl.create_default_context())
            raise AssertionError("trusted by nobody")
        except ssl.SSLError:
            pass
        exchange = proxy.exchange()
        assert (exchange["method"], exchange["error_code"], exchange["ended_by"]) == ("CONNECT", "client-tls", "client")


def refuse(proxy, port):
    try:
        proxy.tls("localhost", port, context=ssl.create_default_context())
    except ssl.SSLError as error:
        return error
    raise AssertionError("trusted by nobody")


def ask(connection):
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return read_answer(connection)[1]


@check("after a refused certificate the connections of that run pass through unread")
def _():
    with Server(answering(reply()), CERTIFICATE) as server, Proxy() as proxy:
        refuse(proxy, server.port)
        assert "passes through" in proxy.exchange()["error"]
        own = ssl.create_default_context(cafile=CERTIFICATE[0])
        for _ in range(2):
            with proxy.tls("localhost", server.port, context=own) as client:
                assert ask(client) == b"hello"
        assert proxy.exchange(1)["route"] == "blind"


@check("who leaves after the handshake is passed through once; who was read before just closed what it did not need")
def _():
    with Server(answering(reply()), CERTIFICATE) as server, Proxy(trust=CERTIFICATE[0]) as proxy:
        proxy.tls("localhost", server.port).close()
        assert proxy.exchange()["error_code"] == "client-tls"
        with proxy.tls("localhost", server.port, context=ssl.create_default_context(cafile=CERTIFICATE[0])) as client:
            assert ask(client) == b"hello"
        with proxy.tls("localhost", server.port) as client:
            assert ask(client) == b"hello"
        proxy.tls("localhost", server.port).close()
        with proxy.tls("localhost", server.port) as client:
            assert ask(client) == b"hello"
        assert proxy.exchange(3)["route"] == "tunnel"


@check("what one program of a run does not accept is read for the others")
def _():
    with Server(answering(reply()), CERTIFICATE) as server, Proxy(trust=CERTIFICATE[0]) as proxy:
        with proxy.tls("localhost", server.port, agent="one") as client:
            assert ask(client) == b"hello"
        proxy.tls("localhost", server.port, agent="two").close()
        assert proxy.exchange(1)["error_code"] == "client-tls"
        with proxy.tls("localhost", server.port, agent="one") as client:
            assert ask(client) == b"hello"
        assert proxy.exchange(2)["route"] == "tunnel"


@check("while not capturing everything passes and nothing is recorded")
def _():
    with Server(answering(reply())) as server, Proxy() as proxy:
        proxy.order("capturing 0")
        client = proxy.connect()
        client.sendall(f"GET http://localhost:{server.port}/ HTTP/1.1\r\nHost: x\r\n{proxy.credentials()}\r\n".encode())
        assert read_answer(client)[1] == b"hello"
        assert proxy.count("begin") == 0


main()
