# SPDX-License-Identifier: GPL-3.0-or-later
"""Loaded first thing in every Python of a launched run (PYTHONPATH), in the place of the sitecustomize that there may
be without it, which is loaded right after. It waits for the HTTP clients that ignore proxy variables to be imported;
overhear_clients.py says what happens then. No module is imported here: this is in every start of every Python."""
import sys

_HERE = __file__.rpartition("/")[0]
_CLIENTS = ("http.client", "urllib3.connection", "httpcore", "httpcore2", "httpx", "httpx2", "aiohttp.client",
            "requests.sessions", "opentelemetry.instrumentation.auto_instrumentation")
_RUNNERS = ("_pytest.runner", "unittest.case")
_reach = []


def _imported(module):
    """Whatever goes wrong here is nothing to the program: its client then works as without us."""
    try:
        if not _reach and module.__name__ in _RUNNERS:  # as long as there is no client, there is nothing to do
            return
        if not _reach:
            from importlib.machinery import SourceFileLoader
            ours = type(sys)("overhear_clients")
            ours.__file__ = _HERE + "/overhear_clients.py"
            SourceFileLoader(ours.__name__, ours.__file__).exec_module(ours)
            _reach.append(ours.reach)
        _reach[0](module)
    except Exception:
        pass


class _Loader(object):
    """Stands for a client's loader until that has loaded it, and leaves no trace on the module."""

    def __init__(self, loader):
        self._loader = loader

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        _imported(module)


class _Watch(object):
    """An import hook that finds nothing by itself."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _CLIENTS and name not in _RUNNERS:
            return None
        finders = list(sys.meta_path)
        for finder in finders[finders.index(_Watch) + 1:] if _Watch in finders else ():
            spec = finder.find_spec(name, path, target) if hasattr(finder, "find_spec") else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


def _go_on():
    """As if there were no folder of ours: the next sitecustomize, whatever it does."""
    sys.path[:] = [entry for entry in sys.path if entry != _HERE]
    ours = sys.modules.pop(__name__)
    try:
        __import__(__name__)
    except ImportError as error:
        if getattr(error, "name", None) != __name__:
            raise
        sys.modules[__name__] = ours


if sys.version_info >= (3, 7):
    sys.meta_path.insert(0, _Watch)
    for _name in _CLIENTS:  # by what stands in a .pth file
        if _name in sys.modules:
            _imported(sys.modules[_name])
_go_on()
