# SPDX-License-Identifier: GPL-3.0-or-later
"""The real SDKs, installed once by their ordinary installers into a cache outside the source."""
import fcntl
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import time

from tap import Skip

HERE = pathlib.Path(__file__).parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "overhear-tests")

# What the SDKs of today want for all that they do; Debian 12 has 18.
OLDEST_NODE = 20


def unavailable(what):
    """Skips the test that asks for it; with CI=true, fails it."""
    if os.environ.get("CI") == "true":
        raise AssertionError(what)
    raise Skip(what)


_failures = {}


def _install(kind, source, build):
    """A folder named after what is in it, made by build(folder) if it is not there yet; a registry gets a second try.
    What is not pinned is installed anew each day, and skipped where that cannot be done."""
    pinned = "newest" not in str(source)

    def fail():
        if not pinned:
            raise Skip(_failures[source])
        unavailable(_failures[source])

    if source in _failures:
        fail()
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12] + ("" if pinned else time.strftime("-%Y%m%d"))
    folder = CACHE / f"{kind}-{digest}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{kind}-{digest}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            for pause in 0, 15:
                time.sleep(pause)
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                error = build(folder)
                if not error:
                    break
            else:
                _failures[source] = f"{source.name} cannot be installed: {error.strip().splitlines()[0]}"
                fail()
            (folder / "complete").touch()
    return folder


def _run(*command, **keywords):
    """What went wrong, or nothing."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=600, stdin=subprocess.DEVNULL, **keywords)
    return (done.stdout or f"exit status {done.returncode}") if done.returncode else None


@functools.cache
def python(requirements):
    """The interpreter of a virtual environment with the packages of a requirements file."""
    source = HERE / requirements

    def build(folder):
        return (_run("/usr/bin/python3", "-m", "venv", folder)
                or _run(folder / "bin/python", "-m", "pip", "install", "-q", "-r", source))

    return _install("python", source, build) / "bin/python"


def node_version(program):
    """The first number of a Node's version."""
    return int(subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout[1:].split(".")[0])


@functools.cache
def node_and_npm():
    """A Node that has what the SDKs ask for and its npm: those on the PATH, or, where they are older, npm's own packages."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if not found or not npm:
        unavailable("there is no Node on this machine")
    if node_version(found) >= OLDEST_NODE:
        return found, [npm]
    folder = _node_modules(HERE / "node/package.json", [npm])
    programs = sorted(folder.glob("node-linux-*/bin/node"))
    if not programs:
        unavailable("npm has no Node for this machine")
    return str(programs[0]), [programs[0], folder / "npm/bin/npm-cli.js"]


def node():
    return node_and_npm()[0]


def _node_modules(source, npm):
    def build(folder):
        shutil.copy(source, folder)
        return _run(*npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", cwd=folder)

    return _install("node", source, build) / "node_modules"


@functools.cache
def node_modules(source=HERE / "package.json"):
    """The node_modules folder of a package.json, as that Node's npm chooses what is in it."""
    return _node_modules(source, node_and_npm()[1])


@functools.cache
def claude_code():
    """Claude Code's program for this machine."""
    folder = node_modules(HERE / "claude-code/package.json") / "@anthropic-ai"
    found = sorted(folder.glob("claude-code-*/claude"))
    return found[0] if found else unavailable("Claude Code has no program for this machine")
