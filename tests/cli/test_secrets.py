# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand made-up secrets through every channel: none may be in what Overhear keeps, exports or says. And what is none
stays as it was. The same secrets each time."""
import base64
import gzip
import json
import os
import pathlib
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import zlib

from tap import check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
SOURCE = pathlib.Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"
ROUNDS = 8
chance = random.Random(20261129)
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
channels = {}  # the telling part of a secret → through which channel it was sent

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def make(channel, shape=None):
    """A secret. Its telling part is not among the last characters, which markers show."""
    core = "q7" + "".join(chance.choices(LETTERS, k=18))
    channels[core[:12]] = channel
    tail = "".join(chance.choices(LETTERS, k=4))
    shapes = ("sk-ant-api03-{}-_{}AA", "{}{}", "ghp_{}{}0123456789ab", "eyJhbGciOiJIUzI1NiJ9.{}.s1_{}", "AIzaSy{}{}0123456789abc",
              "{}-{}", "v1.{}~{}")
    return (shape or chance.choice(shapes)).format(core, tail)


# --- what passes

class Exchange:
    """A request, and the answer that the upstream gives to it."""

    def __init__(self, target="/v1/messages", body=b"", answer=b"{}", headers=(), answer_headers=(), status="200 OK",
                 host="api.anthropic.com"):
        self.host, self.target, self.body, self.answer, self.status = host, target, body, answer, status
        self.headers, self.answer_headers = list(headers), list(answer_headers)

    def request(self, number):
        lines = [f"POST {self.target} HTTP/1.1", f"Host: {self.host}", f"X-Number: {number}",
                 *(f"{name}: {value}" for name, value in self.headers), f"Content-Length: {len(self.body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body

    def pieces(self):
        """Of the answer, as they are written."""
        pieces = self.answer if isinstance(self.answer, list) else [self.answer]
        length = sum(map(len, pieces))
        head = "\r\n".join([f"HTTP/1.1 {self.status}", *(f"{name}: {value}" for name, value in self.answer_headers),
                            f"Content-Length: {length}"]) + "\r\n\r\n"
        return [head.encode(), *pieces]


JSON = ("Content-Type", "application/json")
JSON_FIELD = {"name": "Content-Type", "value": "application/json"}
EVENTS = ("Content-Type", "text/event-stream; charset=utf-8")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
TEXT = ("Content-Type", "text/plain")


def by_tool(*words):
    def run(data):
        return subprocess.run(words, input=data, capture_output=True, check=True).stdout
    return run


CODINGS = {"gzip": gzip.compress, "deflate": zlib.compress}
if shutil.which("brotli"):
    CODINGS["br"] = by_tool("brotli", "-c")
if shutil.which("zstd"):
    CODINGS["zstd"] = by_tool("zstd", "-qc")

FIELDS = ("Authorization", "x-api-key", "Ocp-Apim-Subscription-Key", "cf-aig-authorization", "Helicone-Auth",
          "x-portkey-api-key", "x-litellm-api-key", "X-Auth-Token", "X-Vault-Token", "CF-Access-Client-Secret", "api-key",
          "x-goog-api-key", "X-Amz-Security-Token", "Proxy-Authenticate-Token", "x-goog-iap-jwt-assertion", "Cookie", "Set-Cookie",
          "x-access-token", "X-Session-Token", "x-client-secret", "X-CSRF-Token", "X-Gitlab-Token", "HELICONE-AUTH", "Api_Key",
          "X-Password", "x-bt-credential")
PARAMETERS = ("key", "api_key", "token", "access_token", "jwt", "pwd", "password", "code", "session", "api_token", "sig",
              "client_secret", "auth", "id_token", "X-Amz-Signature", "apikey", "SESSIONID", "%74oken")
MEMBERS = ("authorization_token", "raw_key", "api_key", "access_token", "refresh_token", "client_secret", "password",
           "Authorization", "x-api-key", "apiKey", "secret", "id_token", "bearerToken", "AWS_SECRET_ACCESS_KEY", "private_key")
TOKEN_PATHS = ("/v1/oauth/token", "/oauth2/token", "/token", "/v1/oauth/revoke", "/V1/OAuth/Token", "/v1%2Foauth%2ftoken",
               "/api/oauth/claude_cli/create_api_key", "/oauth/token/", "/realms/x/protocol/openid-connect/token")


def members(channel):
    return {name: make(f"{channel} {name}") for name in MEMBERS}


def json_bodies(channel):
    """Each way in which a secret stands in JSON."""
    yield members(f"{channel} member")
    yield {"mcp_servers": [{"type": "url", "url": "https://mcp.example/sse?token=" + make(f"{channel} URL"),
                            "headers": {"Authorization": "Bearer " + make(f"{channel} MCP Bearer")}}]}
    yield {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": json.dumps(
        members(f"{channel} JSON in a string"))}]}]}
    yield {"url": "https://me:" + make(f"{channel} userinfo") + "@gateway.example/v1"}


# --- how a secret is named × what it stands in × how that is written

WORDS = (("api", "key"), ("access", "token"), ("client", "secret"), ("db", "password"), ("proxy", "authorization"),
         ("session", "cookie"), ("aws", "secret", "access", "key"), ("service", "credentials"), ("id", "token"))
STYLES = {"snake": "_".join, "kebab": "-".join, "screaming": lambda words: "_".join(words).upper(),
          "camel": lambda words: words[0] + "".join(map(str.capitalize, words[1:])),
          "Pascal": lambda words: "".join(map(str.capitalize, words)), "Header": lambda words: "-".join(map(str.capitalize, words)),
          "numbered": lambda words: "_".join(words) + "_2", "dotted": ".".join}
CONTAINERS = {
    "a string": lambda name, value: {name: value},
    "an array": lambda name, value: {name: [value(), value()]},
    "arrays": lambda name, value: {name: [[value()], 5, [[value()]]]},
    "an object": lambda name, value: {name: {"type": "bearer", "value": value(), "expires_at": "2026-11-29T12:00:00Z"}},
    "a map": lambda name, value: {name: {"production": value(), "test": {"current": value()}}},
    "objects": lambda name, value: {name: [{"name": "one", "value": value()}, {"id": 7, "data": [value()]}]},
    "a pair": lambda name, value: {"headers": [{"name": "Accept", "value": "*/*"}, {"name": name, "value": value()}]},
    "another pair": lambda name, value: {"env": [{"key": name, "comment": ["x"], "value": value()}, {"key": "A", "value": "b"}]},
    "neighbours": lambda name, value: {"headers": [["Accept", "*/*"], [name, "Bearer " + value()]], "raw": ["A", name, value(), "B"]},
    "a scheme": lambda name, value: {name: ["Bearer " + value()]},
    "several": lambda name, value: {name + "s": [value()]} if name[-1] not in "sS2" else {name: [value()]},
}


def hexed(text):
    """Each letter of the names of members as an escape."""
    return re.sub(r'"([^"\\]*)"(?=\s*:)', lambda match: '"' + "".join(f"\\u{ord(c):04x}" for c in match[1]) + '"', text)


def hex_quotes(value):
    """JSON in a string, each quote in it as an escape, as .NET and some of PHP write it."""
    return '{"x":"' + json.dumps(value).replace("\\", "\\\\").replace('"', "\\u0022") + '"}'


WRITINGS = {
    "plain": json.dumps,
    "spaced": lambda value: json.dumps(value, indent=2),
    "names escaped": lambda value: hexed(json.dumps(value)),
    "in a string": lambda value: json.dumps({"arguments": json.dumps(value)}),
    "in a string, quotes escaped": hex_quotes,
    "in a string, names escaped": lambda value: json.dumps({"arguments": hexed(json.dumps(value))}),
    "in a string, escaped": lambda value: json.dumps({"x": json.dumps(value)}).replace("api", "\\u0061pi"),
    "in a string, spaced": lambda value: json.dumps({"arguments": "\n " + json.dumps(value, indent=1)}),
    "twice in strings": lambda value: json.dumps({"a": json.dumps([json.dumps(value)])}),
    "thrice in strings": lambda value: json.dumps({"a": json.dumps({"b": json.dumps({"c": json.dumps(value)})})}),
    "as a string of a string": lambda value: json.dumps(json.dumps(json.dumps(value))),
}


def sweep(channel):
    """One value for each writing: all containers, each with some of the names."""
    for writing, write in WRITINGS.items():
        content = []
        for container, hold in CONTAINERS.items():
            for words in chance.sample(WORDS, 4):
                style = chance.choice(list(STYLES))
                content.append(hold(STYLES[style](words), Seeds(f"{channel}, {writing}, {container}, {words} in {style}")))
        yield writing, write(json.loads(json.dumps(content, default=str)))


class Seeds:
    """Makes secrets; is one itself."""
    def __init__(self, channel):
        self.channel = channel

    def __call__(self):
        return make(self.channel)

    def __str__(self):
        return self()


def urls(channel):
    """Addresses with secrets in their parameters, and parameters of those."""
    def secret(kind):
        return make(f"{channel}, {kind}")
    once = lambda text: urllib.parse.quote(text, "")
    inner = lambda kind: "https://x.example/cb?a=b&token=" + secret(kind) + "&v=2"
    yield "https://x.example/?next=" + once(inner("a URL in a URL"))
    yield "https://x.example/?a=b&next=" + once(once(inner("a URL twice encoded"))) + "&c=d"
    yield "https://x.example/?next=" + once("https://y.example/?to=" + once(inner("a URL in a URL in a URL")))
    yield "https://x.example/?next=" + once("https://me:" + secret("userinfo in a URL in a URL") + "@y.example/")
    yield "https://x.example/?state=" + once("a=b&access_token=" + secret("parameters in a parameter"))
    yield "https://x.example/?config=" + once(json.dumps({"api_keys": [secret("JSON in a parameter")]}))
    yield "https://x.example/?x=" + once(once(json.dumps({"token": {"value": secret("JSON twice encoded")}})))
    yield "https://x.example/#x=y&next=" + once(inner("a URL in a fragment"))


def frame(data):
    """As Bedrock sends an event."""
    payload = json.dumps({"bytes": base64.b64encode(data).decode(), "p": "abcdefgh"}).encode()
    prelude = struct.pack(">II", len(payload) + 16, 0)
    begun = prelude + struct.pack(">I", zlib.crc32(prelude)) + payload
    return begun + struct.pack(">I", zlib.crc32(begun))


def sweep_exchanges():
    for writing, text in sweep("request body"):
        yield Exchange(headers=[JSON], body=text.encode())
        yield Exchange(headers=[FORM], body=urllib.parse.urlencode({"a": "b", "data": text, "c": "d"}).encode())
    for writing, text in sweep("form, quoted"):
        yield Exchange(headers=[FORM], body=("data=" + urllib.parse.quote(text, "") + "&x=y").encode())
    for writing, text in sweep("answer body"):
        yield Exchange(answer_headers=[JSON], answer=text.encode())
    for writing, text in sweep("event"):
        yield Exchange(answer_headers=[EVENTS], answer=b"".join(b"data: " + line + b"\n\n" for line in [
            json.dumps(json.loads(text)).encode()] if writing != "x"))
    for writing, text in sweep("frame"):
        yield Exchange(answer_headers=[("Content-Type", "application/vnd.amazon.eventstream")],
                       answer=[frame(b'{"type":"ping"}'), frame(json.dumps(json.loads(text)).encode()), frame(b'{"type":"kept"}')])
    for coding, compress in CODINGS.items():
        events = b"".join(b"data: " + json.dumps(json.loads(text)).encode() + b"\n\n" for _, text in sweep(f"event in {coding}"))
        yield Exchange(answer_headers=[EVENTS, ("Content-Encoding", coding)], answer=compress(events + b'data: {"kept": 1}\n\n'))
    for writing, text in sweep("text"):
        yield Exchange(headers=[TEXT], body=text.encode() if text[0] == "{" else b'{"x":' + text.encode() + b"}")
    for writing, text in sweep("part"):
        yield Exchange(headers=[("Content-Type", "multipart/form-data; boundary=bound")],
                       body=b'--bound\r\nContent-Disposition: form-data; name="x"\r\nContent-Type: application/json\r\n\r\n'
                            + (text if text[0] in "{[" else "[" + text + "]").encode() + b"\r\n--bound--\r\n")
    for writing, text in sweep("gzip"):
        yield Exchange(headers=[JSON, ("Content-Encoding", "gzip")], body=gzip.compress(text.encode()))
    for writing, text in sweep("field"):
        if "\n" not in text:
            yield Exchange(headers=[("X-Config", text)], answer_headers=[("X-Settings", text)])
            yield Exchange(headers=[("X-Config", urllib.parse.quote(text))])
    for channel in "request", "answer":
        for url in urls(channel + " URL in JSON"):
            exchange = Exchange(headers=[JSON], answer_headers=[JSON])
            setattr(exchange, "body" if channel == "request" else "answer", json.dumps({"url": url}).encode())
            yield exchange
    for url in urls("target"):
        yield Exchange(target=url.removeprefix("https://x.example"))
    for url in urls("field"):
        yield Exchange(headers=[("Referer", url), ("X-Next", url)], answer_headers=[("Location", url)])
    for url in urls("form"):
        yield Exchange(headers=[FORM], body=url.partition("?" if "?" in url else "#")[2].encode())
    for url in urls("form field"):
        yield Exchange(headers=[FORM], body=urllib.parse.urlencode({"a": "b", "redirect_uri": url}).encode())
    value = json.dumps({"token": make("JSON in a cookie, comes back")})
    inner = json.loads(value)["token"]
    for written in value, urllib.parse.quote(value):
        yield Exchange(headers=[("Cookie", "a=b; data=" + written + "; c=d")], answer_headers=[("Set-Cookie", "data=" + written)],
                       answer=f"you are {inner}".encode())
    yield Exchange(headers=[JSON], body=json.dumps({"headers": {"Cookie": "theme=dark; sid=" + make("cookies in JSON") + "; b=c"}})
                   .encode())


def exchanges_of_a_round():
    yield Exchange(headers=[(name, make(f"request field {name}")) for name in FIELDS if name != "Set-Cookie"])
    yield Exchange(headers=[("Authorization", "Bearer " + make("Bearer")),
                            ("Proxy-Connection", "keep-alive"),
                            ("Cookie", "a=b; sid=" + make("a cookie") + "; c=" + make("another cookie"))])
    yield Exchange(headers=[("Authorization", "Basic " + base64.b64encode(("me:" + make("Basic")).encode()).decode())])
    yield Exchange(answer_headers=[(name, make(f"answer field {name}")) for name in FIELDS])
    yield Exchange(target="/v1/x?" + "&".join(f"{name}=" + make(f"query {name}") for name in PARAMETERS))
    yield Exchange(target="/v1/token/" + make("path", "{}-{}") + "/x/sk-ant-api03-" + make("key in a path", "{}-{}AA"))
    yield Exchange(target="/v1/x;key=" + make("matrix parameter") + "/y?a=b#access_token=" + make("fragment"))
    yield Exchange(answer_headers=[("Location", "https://x.example/cb?code=" + make("Location") + "#token=" + make("Location #")),
                                   ("Refresh", "0; url=/x?session=" + make("Refresh")),
                                   ("Content-Location", "/x;token=" + make("Content-Location")),
                                   ("Link", "</x?api_token=" + make("Link") + '>; rel="next"')],
                   headers=[("Referer", "https://u:" + make("Referer userinfo") + "@x.example/?jwt=" + make("Referer")),
                            ("Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key." + make("WebSocket protocol"))])
    for host in ("api.anthropic.com", "gateway.example"):
        for body in json_bodies("request to " + host):
            yield Exchange(host=host, headers=[JSON], body=json.dumps(body).encode())
        for body in json_bodies("answer of " + host):
            yield Exchange(host=host, answer_headers=[JSON], answer=json.dumps(body, indent=1).encode())
    for body in json_bodies("event"):
        yield Exchange(answer_headers=[EVENTS], answer=b"event: x\ndata: " + json.dumps(body).encode() + b"\n\n")
    for coding, compress in CODINGS.items():
        for body in json_bodies(f"request in {coding}"):
            yield Exchange(headers=[JSON, ("Content-Encoding", coding)], body=compress(json.dumps(body).encode()))
        for body in json_bodies(f"answer in {coding}"):
            yield Exchange(answer_headers=[JSON, ("Content-Encoding", coding)], answer=compress(json.dumps(body).encode()))
    form = {name: make(f"form {name}") for name in (*PARAMETERS[:-1], *MEMBERS)}
    yield Exchange(headers=[FORM], body=urllib.parse.urlencode(form).encode())
    yield Exchange(answer_headers=[FORM], answer=urllib.parse.urlencode({**form, "key": make("form answer")}).encode())
    text = "".join(f"{name}: " + make(f"text {name}") + "\n" for name in MEMBERS) + "go --api-key=" + make("text flag") + "\n"
    yield Exchange(headers=[TEXT], body=text.encode(), answer_headers=[TEXT], answer=text.encode())
    parts = "".join(f'--bound\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n' + make(f"multipart {name}") + "\r\n"
                    for name in MEMBERS) + "--bound--\r\n"
    yield Exchange(headers=[("Content-Type", "multipart/form-data; boundary=bound")], body=parts.encode())
    for path in TOKEN_PATHS:
        names = ("access_token", "refresh_token", "raw_key", "code", "client_secret", "value")
        yield Exchange(target=path, headers=[JSON], body=json.dumps({n: make(f"{path} request") for n in names}).encode(),
                       answer_headers=[JSON], answer=json.dumps({n: make(f"{path} answer") for n in names}).encode())
        yield Exchange(target=path, headers=[FORM], answer_headers=[JSON, ("Content-Encoding", "gzip")],
                       body=urllib.parse.urlencode({n: make(f"{path} form") for n in names}).encode(),
                       answer=gzip.compress(json.dumps({n: make(f"{path} gzip") for n in names}).encode()))
    yield from come_back()


def split_events(key, size):
    """A key that the model says piece by piece."""
    pieces = [key[at:at + size] for at in range(0, len(key), size)]
    events = [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
              for piece in ["Your key is ", *pieces, ".", " Keep it."]]
    return [f"event: content_block_delta\ndata: {json.dumps(event)}\n\n".encode() for event in events]


def come_back():
    """The answer repeats what the request said."""
    def back(channel, answer, *answer_headers, status="401 Unauthorized", shape=None):
        key = make("comes back " + channel, shape)
        made = answer(key)
        return Exchange(headers=[("x-api-key", key)], status=status, answer=made,
                        answer_headers=[(name, value.replace("KEY", key)) for name, value in answer_headers])

    def error(key):
        return json.dumps({"type": "error", "error": {"type": "authentication_error", "message": f"bad key {key}!"}}).encode()

    yield back("in JSON", error, JSON)
    yield back("in JSON, escaped", lambda key: error(key).replace(b"/", b"\\/"), JSON, shape="ab/{}/{}+c==")
    yield back("in JSON in a string", lambda key: json.dumps({"body": error(key).decode()}).encode(), JSON)
    yield back("in plain text", lambda key: f"bad key {key}!".encode(), TEXT)
    yield back("in HTML", lambda key: f"<p>bad key {key}</p>".encode(), ("Content-Type", "text/html"))
    yield back("without a type", lambda key: f"bad key {key}".encode())
    yield back("in a form", lambda key: f"a={key}&b=c".encode(), FORM)
    yield back("percent-encoded", lambda key: f"a={urllib.parse.quote(key, '')}&b=c".encode(), FORM, shape="ab/{}+{}=")
    yield back("in multipart", lambda key: f"--b\r\n\r\n{key}\r\n--b--".encode(), ("Content-Type", "multipart/mixed; boundary=b"))
    yield back("in pieces", lambda key: [b'{"error":"' + key[:9].encode(), key[9:].encode() + b'"}'], JSON)
    for coding, compress in CODINGS.items():
        yield back(f"in {coding}", lambda key: compress(error(key)), JSON, ("Content-Encoding", coding))
        yield back(f"in {coding} text", lambda key: compress(f"bad key {key}".encode()), TEXT, ("Content-Encoding", coding))
    yield back("in an event", lambda key: b"event: error\ndata: " + error(key) + b"\n\n", EVENTS)
    for size in (1, 3, 7):
        yield back(f"in deltas of {size}", lambda key: split_events(key, size), EVENTS, status="200 OK")
    yield back("in compressed deltas", lambda key: gzip.compress(b"".join(split_events(key, 5))), EVENTS,
               ("Content-Encoding", "gzip"), status="200 OK")
    yield back("in a field", lambda key: b"{}", ("X-Echo", "you sent KEY"))
    yield back("in the reason", lambda key: b"{}", status="401 No such key")
    key = make("said in the prompt, too")
    yield Exchange(headers=[("x-api-key", key), JSON], body=json.dumps({"messages": [{"role": "user", "content": key}]}).encode())
    key = make("said in the prompt in gzip, too")
    yield Exchange(headers=[("x-api-key", key), JSON, ("Content-Encoding", "gzip")],
                   body=gzip.compress(json.dumps({"messages": [{"role": "user", "content": key}]}).encode()))


# --- both ends

CLIENT = r"""
import json, os, socket, ssl, sys, urllib.parse, base64
proxy = urllib.parse.urlsplit(os.environ["HTTPS_PROXY"])
trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
credentials = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
connections = {}
def connect(host):
    raw = socket.create_connection((proxy.hostname, proxy.port))
    raw.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nProxy-Authorization: Basic {credentials}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += raw.recv(1)
    assert b" 200 " in head, head
    secure = trust.wrap_socket(raw, server_hostname=host)
    return secure, secure.makefile("rb")
for line in open(sys.argv[1]):
    item = json.loads(line)
    if item["host"] not in connections:
        connections[item["host"]] = connect(item["host"])
    secure, reader = connections[item["host"]]
    secure.sendall(base64.b64decode(item["request"]))
    length = None
    while (field := reader.readline().rstrip(b"\r\n")):
        name, _, value = field.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    assert length is not None
    while length:
        length -= len(reader.read(min(length, 65536)))
"""


class Upstream:
    def __init__(self, exchanges):
        self.exchanges = exchanges
        self.problems = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        reader = client.makefile("rb")
        while (line := reader.readline()):
            fields = {}
            while (field := reader.readline().rstrip(b"\r\n")):
                name, _, value = field.decode("latin-1").partition(":")
                fields[name.lower()] = value.strip()
            body = reader.read(int(fields.get("content-length", 0)))
            exchange = self.exchanges[int(fields["x-number"])]
            if body != exchange.body or exchange.target.split("#")[0] not in line.decode():
                self.problems.append((line, exchange.target))
            for piece in exchange.pieces():
                client.sendall(piece)


def environment(data, **changes):
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("OVERHEAR_") and not name.lower().endswith("_proxy")}
    env.update(OVERHEAR_DATA_DIR=str(data), XDG_RUNTIME_DIR=str(home), XDG_CONFIG_HOME=str(home / "config"), LC_ALL="C.UTF-8",
               HOME=str(home), **changes)
    return env


def overhear(data, *words, **changes):
    done = subprocess.run([OVERHEAR, *map(str, words)], input=b"", capture_output=True, timeout=300,
                          env=environment(data, **changes), cwd=home)
    return done


def send(data, exchanges, *options):
    upstream = Upstream(exchanges)
    plan = home / "plan"
    plan.write_text("".join(json.dumps({"host": exchange.host, "request": base64.b64encode(exchange.request(number)).decode()})
                            + "\n" for number, exchange in enumerate(exchanges)))
    (home / "client.py").write_text(CLIENT)
    hosts = sorted({exchange.host for exchange in exchanges})
    done = overhear(data, "run", *(f"--upstream={host}=http://127.0.0.1:{upstream.port}" for host in hosts), *options, "--",
                    PYTHON, home / "client.py", plan)
    assert done.returncode == 0 and not upstream.problems, (done.stderr[-2000:], upstream.problems[:3])
    return done


# --- what is kept

def find(haystack, where, found):
    for match in set(re.findall(rb"q7[a-z0-9]{10}", haystack)):
        if match.decode() in channels:
            found.setdefault(channels[match.decode()], set()).add(where)


def decoded(data):
    """What stands in base64 somewhere."""
    for run in re.findall(rb"[A-Za-z0-9+/]{24,}={0,2}", data):
        try:
            yield base64.b64decode(run + b"=" * (-len(run) % 4))
        except ValueError:
            pass


def look_everywhere(data, *said):
    """Fails with the channels whose secrets are in what is kept, exported or said."""
    found = {}
    for path in data.rglob("*"):
        if path.is_file():
            find(path.read_bytes(), path.name, found)
    for number, text in enumerate(said):
        find(text, f"output {number}", found)
    for form in ("har", "jsonl", "markdown"):
        done = overhear(data, "export", "--format", form)
        assert done.returncode == 0 and len(done.stdout) > 100, (form, done.stderr)
        find(done.stdout, form, found)
        for piece in decoded(done.stdout):
            find(piece, form + " in base64", found)
            for inner in decoded(piece):
                find(inner, form + " in base64 in base64", found)
            if piece[:2] == b"\x1f\x8b":
                find(zlib.decompressobj(31).decompress(piece), form + " in gzip", found)
    done = overhear(data, "list", "--json", "--limit", "100000")
    find(done.stdout, "list", found)
    for row in map(json.loads, done.stdout.splitlines()):
        if row["id"] % 61 == 0:
            shown = overhear(data, "show", row["id"], "--json").stdout
            find(shown, "show", found)
    assert not found, "\n".join(f"{channel}: {sorted(places)}" for channel, places in sorted(found.items()))


@check("traffic: fields, targets, bodies of every kind, whatever comes back")
def traffic():
    data = home / "traffic"
    exchanges = [exchange for _ in range(ROUNDS) for exchange in exchanges_of_a_round()]
    done = send(data, exchanges)
    print(f"# {len(channels)} secrets in {len(exchanges)} exchanges", flush=True)
    look_everywhere(data, done.stdout, done.stderr)


@check("names, containers and writings: each with each")
def swept():
    before = len(channels)
    data = home / "swept"
    exchanges = list(sweep_exchanges())
    done = send(data, exchanges)
    print(f"# {len(channels) - before} secrets in {len(exchanges)} exchanges", flush=True)
    look_everywhere(data, done.stdout, done.stderr)
    shown = overhear(data, "export", "--format", "har").stdout
    assert shown.count(b'{\\"kept\\": 1}') >= len(CODINGS) - 1, "what stands behind a secret in compressed events"


def arguments():
    """Command lines, each with a secret."""
    yield ["-H", "authorization: Bearer " + make("argument: Bearer")]
    yield ["-H", "x-api-key: " + make("argument: field")]
    yield ["-Hx-api-key:" + make("argument: field, joined")]
    yield ["--header=Cookie: sid=" + make("argument: cookie")]
    yield ["--token=" + make("argument: --token=", "{}-{}")]
    yield ["--api-key", make("argument: --api-key", "{}-{}")]
    yield ["--password", make("argument: --password", "{}-{}")]
    yield ["-u", "me:" + make("argument: -u", "{}-{}")]
    yield [make("argument: a key by its form", "AIzaSy{}{}0123456789abc")]
    yield ["say " + make("argument: a key in a sentence", "sk-ant-api03-{}-_{}AA")]
    yield ["AWS_SECRET_ACCESS_KEY=" + make("argument: variable", "{}{}")]
    yield ["export OPENAI_API_KEY=" + make("argument: shell variable", "{}{}") + "; run"]
    yield ["http://me:" + make("argument: userinfo", "{}{}") + "@proxy.example:8080/"]
    yield ["https://x.example/?jwt=" + make("argument: query", "{}{}") + "&a=b"]
    yield ["https://x.example/cb#access_token=" + make("argument: fragment", "{}{}")]
    yield ["-d", json.dumps({"client_secret": make("argument: JSON", "{}{}")})]
    yield ["-d", json.dumps({"api_keys": [make("argument: array", "{}{}")], "token": {"value": make("argument: object", "{}{}")}})]
    yield ["--data=" + json.dumps({"headers": [{"name": "Authorization", "value": "Bearer " + make("argument: pair", "{}{}")}]})]
    yield ["https://x.example/?next=" + urllib.parse.quote("https://y.example/?token=" + make("argument: URL in a URL", "{}{}"), "")]
    yield ["-c", "import x; x.Client(api_key='" + make("argument: Python", "{}-{}") + "')"]


@check("command lines, environments, names and upstreams of runs")
def runs():
    data = home / "runs"
    said = []
    lines = [line for _ in range(12) for line in arguments()]
    for at in range(0, len(lines), 40):
        done = overhear(data, "run", "--", "/bin/true", *(word for line in lines[at:at + 40] for word in line))
        assert done.returncode == 0, done
        said.append(done.stderr)
    for label in "name", "trace", "session", "user":
        secrets = make(f"--{label}: a key", "sk-ant-api03-{}-_{}AA"), make(f"--{label}: a field", "{}{}")
        for value in secrets[0], "authorization: Bearer " + secrets[1]:
            done = overhear(data, "run", f"--{label}={value}", "--", "/bin/true")
            said.append(done.stdout + done.stderr)
    variable = make("environment", "{}-{}")
    overhear(data, "run", "--", "/bin/true", "-x" + variable, MY_API_KEY=variable)
    upstream = Upstream([Exchange()])
    for url in "http://me:{}@127.0.0.1:{}/", "http://127.0.0.1:{1}/{0}@x", "http://{}@127.0.0.1:{}":
        secret = make("--upstream " + url, "{}-{}")
        (home / "plan").write_text(json.dumps({"host": "api.anthropic.com",
                                               "request": base64.b64encode(Exchange().request(0)).decode()}) + "\n")
        (home / "client.py").write_text(CLIENT)
        if "@x" in url:
            channels.pop(secret[:12])  # a path
        done = overhear(data, "run", "--upstream=api.anthropic.com=" + url.format(secret, upstream.port), "--", PYTHON,
                        home / "client.py", home / "plan")
        said.append(done.stderr)
    look_everywhere(data, *said)


@check("imported files")
def imported():
    def entry(number, headers, url, body, answer):
        return {"startedDateTime": f"2026-01-01T00:00:{number:02}.000Z", "time": 5, "cache": {},
                "timings": {"send": 1, "wait": 2, "receive": 2},
                "request": {"method": "POST", "url": url, "httpVersion": "HTTP/1.1", "headersSize": -1, "bodySize": -1,
                            "cookies": [{"name": "sid", "value": make("HAR cookie")}],
                            "queryString": [], "headers": [{"name": name, "value": value} for name, value in headers],
                            "postData": {"mimeType": "application/json", "text": json.dumps(body)}},
                "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headersSize": -1, "bodySize": -1,
                             "redirectURL": "https://x.example/?code=" + make("HAR redirectURL"),
                             "cookies": [{"name": "sid", "value": make("HAR answer cookie")}],
                             "headers": [JSON_FIELD, {"name": "X-Auth-Token", "value": make("HAR answer field")}],
                             "content": {"size": 1, "mimeType": "application/json", **answer}}}

    entries = []
    for body in [*json_bodies("HAR"), *(json.loads(text) for _, text in sweep("HAR"))]:
        key = make("HAR comes back")
        swallowed = make("HAR: a field in a field")
        entries.append(entry(len(entries), [("x-api-key", key), ("Content-Type", "application/json"),
                                            ("X-Other", "a\r\nAuthorization: Bearer " + swallowed)],
                             "https://api.anthropic.com/v1/messages?api_token=" + make("HAR query"), body,
                             {"text": json.dumps({"error": "bad key " + key})}))
        packed = base64.b64encode(json.dumps({"access_token": make("HAR base64")}).encode()).decode()
        entries.append(entry(len(entries), [("Authorization", "Bearer " + make("HAR Bearer"))],
                             "https://api.anthropic.com/oauth/token", body, {"text": packed, "encoding": "base64"}))
    (home / "in.har").write_text(json.dumps({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"},
                                                     "entries": entries}}))
    data = home / "imported"
    done = overhear(data, "import", home / "in.har")
    assert done.returncode == 0, done.stderr
    look_everywhere(data, done.stdout, done.stderr)


@check("the user's own patterns")
def patterns():
    config = home / "own"
    (config / "overhear").mkdir(parents=True)
    (config / "overhear/secrets").write_text("# keys of our own\nacme[a-z0-9]{8,}end\n\n^X-Acme-Id: (.+)$\n")
    (home / "config").symlink_to(config)
    shape = "acme{}{}end"
    exchanges = []
    for _ in range(4):
        exchanges += [
            Exchange(target="/v1/" + make("own in a path", shape), headers=[("X-Other", "is " + make("own in a field", shape))]),
            Exchange(headers=[("X-Acme-Id", make("own by a field's name", "{}-{}"))]),
            Exchange(headers=[JSON], body=json.dumps({"text": "it is " + make("own in a prompt", shape) + "."}).encode()),
            Exchange(answer=[b"it is ac", make("own in pieces", shape)[2:].encode()], answer_headers=[("Content-Type", "text/html")]),
            Exchange(answer=gzip.compress(make("own in gzip", shape).encode()), answer_headers=[("Content-Encoding", "gzip")]),
            Exchange(answer=[b"data: {}\n\n", f'data: {{"a":"{make("own in an event", shape)}"}}\n\n'.encode()],
                     answer_headers=[EVENTS])]
    data = home / "with-patterns"
    said = send(data, exchanges, "--name=" + make("own in a name", shape))
    look_everywhere(data, said.stderr)
    (config / "overhear/secrets").write_text("fine\nacme[\n")
    done = overhear(home / "bad", "run", "--", "/bin/true")
    assert done.returncode == 125 and b"overhear/secrets, line 2, is no regular expression" in done.stderr, done
    (config / "overhear/secrets").write_text("x*\n")
    assert b"line 1, matches everything" in overhear(home / "bad", "run", "--", "/bin/true").stderr
    (home / "config").unlink()


@check("a core dump of Overhear has no memory, and one of the program all that it had")
def core_dump():
    script = "import os; [print(open(f'/proc/{pid}/coredump_filter').read().strip()) for pid in ('self', os.getppid())]"
    done = overhear(home / "core", "run", PYTHON, "-c", script)
    own = pathlib.Path("/proc/self/coredump_filter").read_text().strip()
    assert done.stdout.decode().split() == [own, "00000010"], done


@check("a program trusts Overhear for the hosts of its run only")
def constraints():
    def read(*options):
        show = 'openssl x509 -noout -text -in "$(dirname "$SSL_CERT_FILE")/authority.pem"'
        done = overhear(home / "constraints", "run", *options, "--", "sh", "-c", show)
        text = done.stdout.decode().split("Name Constraints:")[1].split("X509v3 Authority Key")[0]
        permitted, _, excluded = text.partition("Excluded:")
        return permitted.split(), excluded.split()

    permitted, excluded = read("--upstream=gateway.example=http://127.0.0.1:9")
    assert {"DNS:gateway.example", "DNS:api.anthropic.com"} < set(permitted) and "IP:0.0.0.0/0.0.0.0" in excluded, permitted
    permitted, excluded = read("--upstream=10.1.2.3=http://127.0.0.1:9")
    assert "IP:10.1.2.3/255.255.255.255" in permitted and "DNS:gateway.example" not in permitted, permitted
    assert excluded == ["IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0"], excluded


@check("prompts, schemas, code and token counts stay as they are")
def harmless():
    data = home / "harmless"
    lines = [line for line in (SOURCE / "proxy/harmless/bodies.jsonl").read_bytes().splitlines() if line]
    exchanges = [Exchange(headers=[JSON, ("x-api-key", "sk-ant-api03-0123456789abcdef")], body=line, answer_headers=[JSON],
                          answer=line) for line in lines]
    exchanges += [Exchange(headers=[JSON, ("Content-Encoding", coding)], body=pack(line), answer=pack(line),
                           answer_headers=[JSON, ("Content-Encoding", coding)])
                  for line in lines[:20] for coding, pack in CODINGS.items()]
    events = [b"data: " + line + b"\n\n" for line in lines]
    exchanges.append(Exchange(answer=events, answer_headers=[EVENTS], headers=[("x-api-key", "text-0123456789-content")]))
    texts = (SOURCE / "proxy/harmless/texts.txt").read_bytes()
    exchanges.append(Exchange(headers=[TEXT], body=texts, answer=texts, answer_headers=[TEXT]))
    send(data, exchanges)
    done = overhear(data, "export", "--format", "jsonl")
    kept = [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == "exchange"]
    kept.sort(key=lambda line: line["id"])
    assert len(kept) == len(exchanges)
    for exchange, line in zip(exchanges, kept):
        for side, sent in ("request", exchange.body), ("response", b"".join(exchange.pieces()[1:])):
            body = line[side].get("body")
            body = body.encode() if body is not None else base64.b64decode(line[side].get("body_base64") or "")
            assert body == sent, (body, sent)


if __name__ == "__main__":
    main()
