# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends through Overhear's proxy what Python's HTTP clients send directly to the hosts that Overhear reads:

    http.client, urllib3    connections are made through a tunnel
    httpcore, httpcore2     the same: what httpx and httpx2 have below a transport of the program's own
    aiohttp                 the same, unless the session has a proxy

Where tests run, it also has the clients say which test each request belongs to (overhear.py). Where OpenTelemetry's
auto-instrumentation starts, it says by which of its exporters that are installed Overhear is told.

The program is to notice nothing. So a connection is made as without us
  - to any other host, and where OVERHEAR_TOKEN, HTTPS_PROXY or NO_PROXY no longer say what they said at the start;
  - where the program trusts certificates of its own only, or was told to ignore the environment (trust_env=False in
    httpx, requests and aiohttp). Overhear is told of it; with OVERHEAR_INSIST it is read all the same;
  - where the socket module is not Python's own (tests put theirs in its place);
  - if there is no proxy any more, or anything else goes wrong.
The proxy is asked to go on without the proxies of the environment, as the program would have."""
import binascii
import contextvars
import functools
import os
import socket
import ssl
import sys
import weakref
from fnmatch import fnmatchcase

_AUTHORITY = os.path.join(os.path.dirname(os.path.dirname(__file__)), "authority.pem")
_HEAD_MAX = 65536
_NOTE_SECONDS = 1
# Set while a client works that was told to ignore the environment.
_ignoring = contextvars.ContextVar("overhear_ignoring", default=False)
_ignoring_sessions = weakref.WeakSet()
_noted = set()


def _insisting():
    return bool(os.environ.get("OVERHEAR_INSIST"))


class _Proxy:
    """Where Overhear is, while the environment says so."""

    def __init__(self, address, port, token):
        self.address, self.port = address, port
        self.credentials = "Basic " + binascii.b2a_base64(b"overhear:" + token.encode(), newline=False).decode()

    def connect_head(self, host, port, **more):
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        fields = {"Host": target, "Proxy-Authorization": self.credentials, **more}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"CONNECT {target} HTTP/1.1\r\n{lines}\r\n".encode("ascii")


def _is_direct(host, environ):
    entries = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").lower().split(",")
    names = [entry.strip().lstrip("*.") if entry.strip() != "*" else "*" for entry in entries]
    return any(name == "*" or (name and (host == name or host.endswith("." + name))) for name in names)


def _is_pythons_own(function):
    return function.__module__.partition(".")[0] in ("socket", "_socket", "gevent", "eventlet")


def _find_proxy(host, port):
    """The proxy for a host that Overhear reads, or None."""
    environ = os.environ
    token = environ.get("OVERHEAR_TOKEN")
    url = environ.get("https_proxy") or environ.get("HTTPS_PROXY") or ""
    before = f"http://overhear:{token}@"
    name = host.decode() if isinstance(host, bytes) else host
    name = name.lower().rstrip(".")
    if not token or not url.startswith(before) or _is_direct(name, environ) or environ.get("OVERHEAR_ISOLATED"):
        return None  # or it is read wherever it goes
    if not any(fnmatchcase(name, pattern) for pattern in environ.get("OVERHEAR_HOSTS", "").split(",")):
        return None
    if not all(map(_is_pythons_own, (socket.create_connection, socket.socket, socket.getaddrinfo))):
        return None
    address, _, at = url[len(before):].rstrip("/").rpartition(":")
    return None if (name, port) == (address, int(at)) else _Proxy(address, int(at), token)


def _note(proxy, host, port, why):
    """Tells Overhear, once, that a client goes around it: “environment” or “certificates”."""
    if (host, why) in _noted:
        return
    _noted.add((host, why))
    try:
        with socket.create_connection((proxy.address, proxy.port), _NOTE_SECONDS) as note:
            note.sendall(proxy.connect_head(host, port, **{"Overhear-Around": why}))
    except Exception:
        pass


def _may_read(host, port):
    """The proxy, if this client may be read as far as the environment goes."""
    proxy = _find_proxy(host, port)
    if proxy is not None and _ignoring.get() and not _insisting():
        _note(proxy, host, port, "environment")
        return None
    return proxy


# --- whom the program trusts

def _read_text(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def _file_trusts(path):
    return bool(path) and os.path.isfile(path) and _read_text(_AUTHORITY).strip() in _read_text(path)


def _default_trusts():
    return _file_trusts(os.environ.get("SSL_CERT_FILE"))


def _context_trusts(context):
    if not isinstance(context, ssl.SSLContext):
        return False
    if context.verify_mode == ssl.CERT_NONE:
        return True
    if type(context).__module__.partition(".")[0] == "truststore":  # which loads the default file at the last moment
        return _default_trusts()
    return ssl.PEM_cert_to_DER_cert(_read_text(_AUTHORITY)) in context.get_ca_certs(binary_form=True)


def _will_trust(context):
    """Whether the program accepts us with this context, made so if the user insists."""
    if _context_trusts(context):
        return True
    if _insisting() and isinstance(context, ssl.SSLContext):
        context.load_verify_locations(cafile=_AUTHORITY)
        return True
    return False


# --- connections

def _check_head(head):
    if head[:7] != b"HTTP/1." or head[8:12] != b" 200":
        raise ConnectionError("Overhear’s proxy grants no tunnel")


def _open_tunnel(proxy, host, port, timeout):
    """A socket of which the other end is host:port. Nothing is read of what comes after the proxy's answer: the server
    waits for the client."""
    tunnel = socket.create_connection((proxy.address, proxy.port), timeout)
    try:
        tunnel.sendall(proxy.connect_head(host, port, **{"Overhear-Direct": "1"}))
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _HEAD_MAX:
            piece = tunnel.recv(4096)
            if not piece:
                break
            head += piece
        _check_head(head)
        return tunnel
    except BaseException:
        tunnel.close()
        raise


def _carefully(plan):
    """plan(), or None whatever goes wrong."""
    try:
        return plan()
    except Exception:
        return None


def _reach_http_client(module):
    original = module.HTTPConnection.connect

    def plan(self):
        if self._tunnel_host or self.source_address or self._create_connection is not socket.create_connection:
            return None
        secure = isinstance(self, module.HTTPSConnection)
        if not secure and type(self) is not module.HTTPConnection:  # with TLS of its own, perhaps
            return None
        proxy = _may_read(self.host, self.port)
        if proxy is None or not secure or _will_trust(self._context):
            return proxy
        _note(proxy, self.host, self.port, "certificates")
        return None

    @functools.wraps(original)
    def connect(self):
        proxy = _carefully(lambda: plan(self))
        if proxy is None:
            return original(self)
        connect_directly = self._create_connection

        def create_connection(address, timeout, *more):
            tunnel = _carefully(lambda: _open_tunnel(proxy, *address, timeout))
            return tunnel if tunnel is not None else connect_directly(address, timeout, *more)
        self._create_connection = create_connection
        try:
            return original(self)
        finally:
            self._create_connection = connect_directly
    module.HTTPConnection.connect = connect


def _urllib3_trusts(connection):
    """As its connect() is going to set up TLS."""
    if getattr(connection, "assert_fingerprint", None):
        return False
    if getattr(connection, "cert_reqs", None) in ("CERT_NONE", "NONE", ssl.CERT_NONE):
        return True
    context = getattr(connection, "ssl_context", None)
    files = [getattr(connection, name, None) for name in ("ca_certs", "ca_cert_dir", "ca_cert_data")]
    if context is not None and not isinstance(context, ssl.SSLContext):
        return False
    if any(files):
        trusts = _file_trusts(files[0]) or (context is not None and _context_trusts(context))
    else:
        trusts = _default_trusts() if context is None else _context_trusts(context)
    if not trusts and _insisting() and (context is not None or not files[2]):
        if context is not None:
            context.load_verify_locations(cafile=_AUTHORITY)
        else:
            if not files[0]:
                connection.ca_certs = os.environ.get("SSL_CERT_FILE")
            connection.ca_cert_data = _read_text(_AUTHORITY)
        return True
    return trusts


def _reach_urllib3(module):
    original = module.HTTPConnection._new_conn

    def plan(self):
        if getattr(self, "proxy", None) or getattr(self, "_tunnel_host", None) or getattr(self, "source_address", None):
            return None
        if getattr(sys.modules.get("urllib3.util"), "IS_PYOPENSSL", False):
            return None
        proxy = _may_read(self.host, self.port)
        if proxy is None:
            return None
        if isinstance(self, module.HTTPSConnection) and not _urllib3_trusts(self):
            _note(proxy, self.host, self.port, "certificates")
            return None
        tunnel = _open_tunnel(proxy, self.host, self.port, self.timeout)
        for option in self.socket_options or ():
            tunnel.setsockopt(*option)
        return tunnel

    @functools.wraps(original)
    def _new_conn(self):
        tunnel = _carefully(lambda: plan(self))
        return tunnel if tunnel is not None else original(self)
    module.HTTPConnection._new_conn = _new_conn


def _reach_httpcore(module):
    for name in ("SyncBackend", "AnyIOBackend", "TrioBackend"):
        backend = getattr(module, name, None)
        if backend is not None:
            (_reach_sync_backend if name == "SyncBackend" else _reach_async_backend)(backend)


def _plan_backend(host, port, args, more):
    """The proxy; not where the connection is to leave from an address of the program's choice."""
    return _may_read(host, port) if len(args) < 2 and more.get("local_address") is None else None


def _reach_sync_backend(backend):
    original = backend.connect_tcp

    def open_stream(self, host, port, args, more):
        proxy = _plan_backend(host, port, args, more)
        if proxy is None:
            return None
        stream = original(self, proxy.address, proxy.port, *args, **more)
        timeout = args[0] if args else more.get("timeout")
        try:
            stream.write(proxy.connect_head(host, port, **{"Overhear-Direct": "1"}), timeout)
            _check_head(stream.read(_HEAD_MAX, timeout))
        except BaseException:
            stream.close()
            raise
        start_tls = stream.start_tls

        def start_tls_or_leave(ssl_context, *rest, **named):
            if _carefully(lambda: _will_trust(ssl_context)):
                return start_tls(ssl_context, *rest, **named)
            stream.close()
            _note(proxy, host, port, "certificates")
            return original(self, host, port, *args, **more).start_tls(ssl_context, *rest, **named)
        stream.start_tls = start_tls_or_leave
        return stream

    @functools.wraps(original)
    def connect_tcp(self, host, port, *args, **more):
        stream = _carefully(lambda: open_stream(self, host, port, args, more))
        return stream if stream is not None else original(self, host, port, *args, **more)
    backend.connect_tcp = connect_tcp


def _reach_async_backend(backend):
    original = backend.connect_tcp

    async def open_stream(self, proxy, host, port, args, more):
        stream = await original(self, proxy.address, proxy.port, *args, **more)
        timeout = args[0] if args else more.get("timeout")
        try:
            await stream.write(proxy.connect_head(host, port, **{"Overhear-Direct": "1"}), timeout)
            _check_head(await stream.read(_HEAD_MAX, timeout))
        except BaseException:
            await stream.aclose()
            raise
        start_tls = stream.start_tls

        async def start_tls_or_leave(ssl_context, *rest, **named):
            if _carefully(lambda: _will_trust(ssl_context)):
                return await start_tls(ssl_context, *rest, **named)
            await stream.aclose()
            _note(proxy, host, port, "certificates")
            directly = await original(self, host, port, *args, **more)
            return await directly.start_tls(ssl_context, *rest, **named)
        stream.start_tls = start_tls_or_leave
        return stream

    @functools.wraps(original)
    async def connect_tcp(self, host, port, *args, **more):
        proxy = _carefully(lambda: _plan_backend(host, port, args, more))
        if proxy is not None:
            try:
                return await open_stream(self, proxy, host, port, args, more)
            except Exception:
                pass
        return await original(self, host, port, *args, **more)
    backend.connect_tcp = connect_tcp


# --- clients that were told to ignore the environment

def _reach_httpx(module):
    def wrap(client, make):
        client.send = functools.wraps(client.send)(make(client.send))

    def make_sync(original):
        def send(self, *args, **more):
            token = _ignoring.set(self.trust_env is False)
            try:
                return original(self, *args, **more)
            finally:
                _ignoring.reset(token)
        return send

    def make_async(original):
        async def send(self, *args, **more):
            token = _ignoring.set(self.trust_env is False)
            try:
                return await original(self, *args, **more)
            finally:
                _ignoring.reset(token)
        return send
    wrap(module.Client, make_sync)
    wrap(module.AsyncClient, make_async)


def _reach_requests(module):
    original = module.Session.send

    @functools.wraps(original)
    def send(self, *args, **more):
        token = _ignoring.set(self.trust_env is False)
        try:
            return original(self, *args, **more)
        finally:
            _ignoring.reset(token)
    module.Session.send = send


# --- aiohttp

def _plan_aiohttp(usual, connector, request):
    """The proxy for a connection that this connector is about to make."""
    if not request.is_ssl() or request.proxy is not None:
        return None
    if type(connector)._wrap_create_connection is not usual._wrap_create_connection:
        return None
    if any(getattr(connector, name, None) for name in ("_local_addr", "_local_addr_infos", "_socket_factory")):
        return None
    if not type(connector._resolver).__module__.startswith("aiohttp."):
        return None
    host, port = request.url.host, request.url.port
    proxy = _may_read(host, port)
    if proxy is None:
        return None
    if connector._get_fingerprint(request) is not None or not _will_trust(connector._get_ssl_context(request)):
        _note(proxy, host, port, "certificates")
        return None
    return proxy


def _reach_aiohttp(module):
    from multidict import CIMultiDict
    from yarl import URL
    session, connector = module.ClientSession, module.TCPConnector
    original_init, original_request, original_connect = session.__init__, session._request, connector._create_connection

    @functools.wraps(original_init)
    def __init__(self, *args, **more):
        original_init(self, *args, **more)
        if more.get("trust_env") is False:
            _ignoring_sessions.add(self)

    @functools.wraps(original_request)
    async def _request(self, *args, **more):
        token = _ignoring.set(self in _ignoring_sessions)
        try:
            return await original_request(self, *args, **more)
        finally:
            _ignoring.reset(token)

    @functools.wraps(original_connect)
    async def _create_connection(self, req, *args, **more):
        proxy = _carefully(lambda: _plan_aiohttp(connector, self, req))
        if proxy is not None:
            req.proxy = URL(f"http://{proxy.address}:{proxy.port}")
            req.proxy_headers = CIMultiDict({"Proxy-Authorization": proxy.credentials, "Overhear-Direct": "1"})
            try:
                return await original_connect(self, req, *args, **more)
            except (module.ClientProxyConnectionError, module.ClientHttpProxyError):
                pass  # there is no proxy any more
            finally:
                req.proxy = req.proxy_headers = None
        return await original_connect(self, req, *args, **more)
    session.__init__, session._request, connector._create_connection = __init__, _request, _create_connection


# --- tests

_names = []


def _name_tests():
    """Loads overhear.py under no name: the program may have a module that is called so, too."""
    if not _names:
        from importlib.machinery import SourceFileLoader
        path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "python", "overhear.py")
        names = type(sys)("overhear")
        names.__file__ = path
        _names.append(names)
        SourceFileLoader(names.__name__, path).exec_module(names)
    _names[0]._patch_clients()


# --- telemetry

def _choose_exporter(module):
    """It finds exporters by the protocol's name and gives up where one is not installed: the run's environment says HTTP,
    by which every other program can tell us."""
    from importlib.util import find_spec

    def has(protocol):
        try:
            return find_spec("opentelemetry.exporter.otlp.proto." + protocol) is not None
        except ImportError:
            return False

    environ = os.environ
    for signal in () if has("http") else ("TRACES", "LOGS", "METRICS"):
        name = f"OTEL_EXPORTER_OTLP_{signal}_"
        token = environ.get("OVERHEAR_TOKEN", "")
        address, ours, _ = environ.get(name + "ENDPOINT", "").partition(f"/in/{token}/")
        if not ours or not environ.get(name + "PROTOCOL", "").startswith("http/"):
            continue
        if has("grpc"):
            headers = environ.get(name + "HEADERS") or environ.get("OTEL_EXPORTER_OTLP_HEADERS")
            environ[name + "ENDPOINT"], environ[name + "PROTOCOL"] = address, "grpc"
            environ[name + "HEADERS"] = (headers + "," if headers else "") + "overhear-token=" + token
        elif signal == "TRACES" and "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA" in environ:
            environ.pop("OTEL_TRACES_EXPORTER", None)  # it was set together with that


_CLIENTS = {"http.client": _reach_http_client, "urllib3.connection": _reach_urllib3, "httpcore": _reach_httpcore,
            "httpcore2": _reach_httpcore, "httpx": _reach_httpx, "httpx2": _reach_httpx,
            "aiohttp.client": _reach_aiohttp, "requests.sessions": _reach_requests,
            "opentelemetry.instrumentation.auto_instrumentation": _choose_exporter}


def reach(module):
    """Called with each of these modules, and with what runs tests, once it has been imported."""
    if module.__name__ in _CLIENTS:
        _CLIENTS[module.__name__](module)
    if "PYTEST_CURRENT_TEST" in os.environ or "_pytest.runner" in sys.modules or "unittest.case" in sys.modules:
        _name_tests()
