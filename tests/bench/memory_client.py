# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests/bench/part_memory.py sends through Overhear: memory_client.py serve CERT KEY | download BYTES | upload BYTES
| events NUMBER. The bytes are noise, which no compression and no sharing of parts makes smaller."""
import base64
import http.client
import http.server
import os
import random
import ssl
import sys
import threading
import urllib.parse

PIECE = 1 << 16
EVENT = ('event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
         '"text":" word number %d"}}\n\n')


def make_noise(length):
    chance = random.Random(length)
    for _ in range(length // PIECE):
        yield chance.randbytes(PIECE)


def make_events(number):
    yield ('event: message_start\ndata: {"type":"message_start","message":{"id":"msg_bench","type":"message","role":'
           '"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,'
           '"usage":{"input_tokens":9,"output_tokens":1}}}\n\n'
           'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text",'
           '"text":""}}\n\n').encode()
    for n in range(number):
        yield (EVENT % n).encode()
    yield b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        left = int(self.headers.get("content-length") or 0)
        while left > 0:
            left -= len(self.rfile.read(min(left, PIECE)))
        kind, _, amount = self.path.strip("/").partition("/")
        self.send_response(200)
        if kind == "events":
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for piece in make_events(int(amount)):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        length = int(amount) if kind == "download" else 0
        self.send_header("content-type", "application/octet-stream")
        self.send_header("content-length", str(length))
        self.end_headers()
        for piece in make_noise(length):
            self.wfile.write(piece)

    def log_message(self, *_):
        pass


def serve(cert, key):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


def ask(kind, amount):
    proxy = urllib.parse.urlsplit(os.environ["HTTPS_PROXY"])
    credentials = base64.b64encode(urllib.parse.unquote(f"{proxy.username}:{proxy.password}").encode()).decode()
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=context, timeout=100)
    connection.set_tunnel("api.anthropic.com", 443, {"Proxy-Authorization": "Basic " + credentials})
    if kind == "upload":
        connection.request("POST", "/upload", make_noise(amount), {"content-length": str(amount)})
    else:
        body = b'{"model":"claude-sonnet-4-5","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Go"}]}'
        connection.request("POST", f"/{kind}/{amount}", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    received = 0
    while piece := answer.read1(PIECE * 4):
        received += len(piece)
    expected = {"download": amount, "upload": 0}.get(kind)
    assert expected in (None, received), received


if sys.argv[1] == "serve":
    serve(*sys.argv[2:])
else:
    ask(sys.argv[1], int(sys.argv[2]))
