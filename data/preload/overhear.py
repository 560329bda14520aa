# SPDX-License-Identifier: GPL-3.0-or-later
"""Names what a program does, for people who watch it with Overhear.

    import overhear

    with overhear.trace("trip-planning", session_id="sess-abc", user_id="user-123"):
        client.messages.create(...)
        with overhear.span("look up trains"):
            client.messages.create(...)

Every call to an LLM API made inside belongs to that trace, also from threads, executors and asyncio tasks started there.
A trace inside a trace is a span of it. Both work as decorators and with `async with`. In a program that Overhear did not
launch, both do nothing at all.

In a launched program a running test of pytest or unittest is the trace around everything it does, named by its id.

Standard library only. The names travel as `overhear-*` headers, which Overhear removes before it forwards a request.
"""
import contextlib
import contextvars
import copy
import fnmatch
import functools
import hashlib
import os
import secrets
import sys
import threading
import time
from urllib.parse import quote, urlsplit

__all__ = ["trace", "span"]

_ENABLED = bool(os.environ.get("OVERHEAR_TOKEN"))
_HOSTS = os.environ.get("OVERHEAR_HOSTS", "api.anthropic.com").split(",")
_TEST_NAME_MAX = 500
# The open scopes from the outermost to the innermost: (id, start in Unix ns, name, session, user).
_scopes = contextvars.ContextVar("overhear_scopes", default=())
_patched = set()
_lock = threading.RLock()


class _Scope(contextlib.ContextDecorator):
    def __init__(self, name, session_id=None, user_id=None):
        self._name, self._session, self._user = str(name), session_id, user_id
        self._tokens = contextvars.ContextVar("overhear_tokens", default=())

    def _recreate_cm(self):
        return type(self)(self._name, self._session, self._user)

    def __enter__(self):
        if _ENABLED:
            _patch()
            scope = (secrets.token_hex(8), time.time_ns(), self._name, self._session, self._user)
            self._tokens.set(self._tokens.get() + (_scopes.set(_scopes.get() + (scope,)),))
        return self

    def __exit__(self, *error):
        tokens = self._tokens.get()
        if tokens:
            self._tokens.set(tokens[:-1])
            _scopes.reset(tokens[-1])
        return False

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *error):
        return self.__exit__(*error)

    def __call__(self, function):
        import inspect
        if not inspect.iscoroutinefunction(function):
            return super().__call__(function)

        @functools.wraps(function)
        async def wrapper(*args, **kwargs):
            with self._recreate_cm():
                return await function(*args, **kwargs)
        return wrapper


def trace(name, session_id=None, user_id=None):
    """A trace of that name around everything in the `with` block (or the decorated function)."""
    return _Scope(name, session_id, user_id)


def span(name):
    """A named step inside a trace."""
    return _Scope(name)


def _find_unittest(case):
    """The id of the test that unittest runs: of this thread, or of the one that runs any."""
    def find(frame):
        while frame is not None and frame.f_code is not case.TestCase.run.__code__:
            frame = frame.f_back
        return frame and frame.f_locals["self"].id()

    own = find(sys._getframe())
    others = [] if own else list(filter(None, map(find, sys._current_frames().values())))
    return own or (others[0] if len(others) == 1 else None)


def _test_scopes():
    """The scope of the test that runs now, if one does. Its id is made of its name: what it does in its set-up and in
    processes that it starts is the same trace."""
    name = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
    if not name and "unittest.case" in sys.modules:
        with contextlib.suppress(Exception):  # whatever a test has made of unittest
            name = _find_unittest(sys.modules["unittest.case"])
    if not name:
        return ()
    digest = hashlib.sha256(f"{os.environ.get('OVERHEAR_TOKEN')} {name}".encode("utf-8", "replace")).hexdigest()
    return ((digest[:16], time.time_ns(), name[:_TEST_NAME_MAX], None, None),)


def _headers(host):
    """The headers that tell Overhear where a request to `host` belongs; none for hosts that it does not read."""
    if not host or not any(fnmatch.fnmatchcase(host.lower(), pattern) for pattern in _HOSTS):
        return {}
    scopes = _test_scopes() + _scopes.get()
    if not scopes:
        return {}
    found = {
        "overhear-trace": quote(scopes[0][2], safe="", errors="replace"),
        "overhear-spans": ", ".join(f"{i};{start};{quote(name, safe='', errors='replace')}" for i, start, name, _, _ in scopes),
    }
    for header, position in (("overhear-session", 3), ("overhear-user", 4)):
        for scope in scopes:
            if scope[position] is not None:
                found[header] = quote(str(scope[position]), safe="")
    return found


def _wrap(owner, name, make):
    original = getattr(owner, name)
    setattr(owner, name, functools.wraps(original)(make(original)))


def _patch():
    """Makes the HTTP clients send the headers, and threads inherit the scopes; once each."""
    with _lock:
        if "threads" not in _patched:
            _patched.add("threads")
            _patch_threads()
    _patch_clients()


def _patch_clients():
    """Makes the HTTP clients send the headers, now or when they are imported."""
    with _lock:
        if _Watch not in sys.meta_path:
            sys.meta_path.insert(0, _Watch)
    for name in _CLIENTS:
        _patch_client(name)


def _patch_client(name):
    module = sys.modules.get(name)
    with _lock, contextlib.suppress(AttributeError):  # one that is still being imported, or an unknown generation of it
        if module is not None and name not in _patched:
            _CLIENTS[name](module)
            _patched.add(name)


class _Watch:
    """An import hook that finds nothing itself, and patches a client as soon as it is there."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _CLIENTS or name in _patched:
            return None
        finders = list(sys.meta_path)
        found = (finder.find_spec(name, path, target) for finder in finders[finders.index(_Watch) + 1:]
                 if hasattr(finder, "find_spec"))
        spec = next(filter(None, found), None)
        loader = getattr(spec, "loader", None)
        if loader is not None and hasattr(loader, "exec_module"):
            def exec_module(module):
                del loader.exec_module
                loader.exec_module(module)
                _patch_client(name)
            with contextlib.suppress(AttributeError):  # a loader without room for it: the next trace patches
                loader.exec_module = exec_module
        return spec


def _patch_http_client(module):
    def make(original):
        def endheaders(self, *args, **kwargs):
            for name, value in _headers(getattr(self, "_tunnel_host", None) or self.host).items():
                self.putheader(name, value)
            return original(self, *args, **kwargs)
        return endheaders
    _wrap(module.HTTPConnection, "endheaders", make)


def _patch_httpcore(module):
    """What httpx and httpx2 have below: the program's own request stays as it is."""
    def name_request(request):
        extra = _headers(request.url.host.decode("ascii", "replace"))
        if extra:
            request = copy.copy(request)
            request.headers = [*request.headers, *((name.encode(), value.encode()) for name, value in extra.items())]
        return request

    def make(original):
        def handle_request(self, request):
            return original(self, name_request(request))
        return handle_request
    _wrap(module.ConnectionPool, "handle_request", make)

    def make_async(original):
        async def handle_async_request(self, request):
            return await original(self, name_request(request))
        return handle_async_request
    _wrap(module.AsyncConnectionPool, "handle_async_request", make_async)


def _patch_aiohttp(module):
    def make(original):
        async def _request(self, method, url, *args, headers=None, **kwargs):
            extra = _headers(urlsplit(str(url)).hostname)
            if extra:
                merged = list(headers.items()) if hasattr(headers, "items") else list(headers or ())
                headers = merged + list(extra.items())
            return await original(self, method, url, *args, headers=headers, **kwargs)
        return _request
    _wrap(module.ClientSession, "_request", make)


_CLIENTS = {"http.client": _patch_http_client, "httpcore": _patch_httpcore, "httpcore2": _patch_httpcore,
            "aiohttp.client": _patch_aiohttp}


def _inherit(function):
    """`function`, run with the scopes that are open now."""
    scopes = _scopes.get()
    if not scopes:
        return function

    def inheriting(*args, **kwargs):
        token = _scopes.set(scopes)
        try:
            return function(*args, **kwargs)
        finally:
            _scopes.reset(token)
    return inheriting


def _patch_threads():
    def make_start(original):
        def start(self, *args, **kwargs):
            self.run = _inherit(self.run)
            return original(self, *args, **kwargs)
        return start
    _wrap(threading.Thread, "start", make_start)

    from concurrent.futures import ThreadPoolExecutor

    def make_submit(original):
        def submit(self, function, /, *args, **kwargs):
            return original(self, _inherit(function), *args, **kwargs)
        return submit
    _wrap(ThreadPoolExecutor, "submit", make_submit)


# Where tests run, Overhear has loaded this file before the program imports it: both are one.
_Watch.offers = next((finder.offers for finder in sys.meta_path
                      if getattr(finder, "__qualname__", None) == "_Watch" and hasattr(finder, "offers")), (trace, span))
trace, span = _Watch.offers
