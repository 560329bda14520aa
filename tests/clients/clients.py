# SPDX-License-Identifier: GPL-3.0-or-later
"""Real programs under `overhear run`: each behaves as it does without, every call is captured, and what is shown of it
equals what the simulated API received and sent. clients.py GROUP [WORDS OF A TEST'S NAME]."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import packages
from fixtures.simulator import Simulator
from tap import Skip, check, main

HERE = pathlib.Path(__file__).parent
IMAGE = HERE.parent / "fixtures" / "image.jpg"
KEY = "sk-ant-test-0123456789abcdef"
HOST = "api.anthropic.com"
PROXY_NAMES = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}

NEWER, OLDER = "2026-10-21", "2023-06-01"


class Result:
    """How a program ended, and what the simulated API saw of it."""

    def __init__(self, done, exchanges):
        self.status, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
        self.exchanges = exchanges


class Place:
    """A folder for one program, with an Overhear of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.work = self.folder / "work"
        self.runtime = self.folder / "runtime"
        for path in (self.work, self.runtime):
            path.mkdir(mode=0o700)
        shutil.copy(IMAGE, self.work)
        self.environment = {name: value for name, value in os.environ.items()
                            if name.lower() not in PROXY_NAMES and not name.startswith(("ANTHROPIC_", "PYTHON"))}
        self.environment.update({
            "ANTHROPIC_API_KEY": KEY, "HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.runtime),
            "OVERHEAR_DATA_DIR": str(self.folder / "data"), "PYTHONDONTWRITEBYTECODE": "1"})

    def run(self, name, command, *options, prefix=(), **environment):
        """Runs a command against a fresh simulated API; “{url}” in words and values is its address."""
        with Simulator(self.folder / name, *options) as simulator:
            def fill(text):
                return str(text).replace("{url}", simulator.url)
            done = subprocess.run(
                [fill(word) for word in (*prefix, *command)], cwd=self.work, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=120,
                env={**self.environment, **{key: fill(value) for key, value in environment.items()}})
            return Result(done, simulator.exchanges())

    def run_alone(self, command, **environment):
        return self.run("alone", command, ANTHROPIC_BASE_URL="{url}", **environment)

    def run_overheard(self, command, **environment):
        prefix = (os.environ["OVERHEAR"], "run", "--upstream", HOST + "={url}", "--")
        return self.run("overheard", command, "--public-url", f"https://{HOST}", prefix=prefix, **environment)

    def overhear(self, *words):
        done = subprocess.run([os.environ["OVERHEAR"], *words], env=self.environment, capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def captured(self):
        """All that was captured, as `overhear show` tells it, oldest first."""
        calls = [json.loads(line) for line in self.overhear("list", "--json", "--limit", "1000").splitlines()]
        shown = []
        for call in sorted(calls, key=lambda call: call["id"]):
            call.update(json.loads(self.overhear("show", "--json", str(call["id"]))))
            shown.append(call)
        return shown


def header(message, name):
    return next((value for key, value in message["headers"] if key.lower() == name), None)


def blocks(content):
    """Blocks, whether written as a string or as a list."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def data_of(body):
    """What stands behind each data: of a stream, untouched."""
    return [line[len("data: "):] for line in body.decode().split("\n") if line.startswith("data: ")]


def check_call(call, exchange):
    """One captured call against the line of the simulated API's log."""
    assert call["method"] == exchange.method and call["url"].endswith(exchange.path), call["url"]
    assert call["url"].startswith(f"https://{HOST}/") or call["url"].startswith(f"http://{HOST}/"), call["url"]
    assert call["status"] == exchange.status
    assert call["outcome"] == {"finished": "finished", "cut": "cut"}[exchange.end], call["outcome"]
    assert call["duration_ms"] >= 0 and call["run"] is not None
    if exchange.end == "cut":
        assert call["ended_by"] == "upstream", call["ended_by"]
    assert KEY not in json.dumps(call), "the key was stored"

    content_type = exchange.request_headers.get("content-type", "")
    if exchange.request_wire and content_type.startswith("application/json"):
        assert call["request"]["body"].encode() == exchange.request_wire
    if exchange.end == "finished" or "content-encoding" not in exchange.response_headers:
        assert call["response"]["body"].encode() == exchange.response, "the response differs"
    for name in ("content-type", "request-id", "anthropic-ratelimit-requests-remaining", "content-encoding"):
        assert header(call["response"], name) == exchange.response_headers.get(name), name
    for name in ("anthropic-version", "user-agent", "x-stainless-retry-count", "content-type"):
        assert header(call["request"], name) == exchange.request_headers.get(name), name

    if exchange.path.split("?")[0] != "/v1/messages":
        return
    assert call["provider"] == "anthropic" and call["streamed"] == bool(exchange.streamed)
    if exchange.status == 200:
        check_message(call, json.loads(exchange.request_wire), exchange.message)
    if exchange.streamed:
        assert [event["data"] for event in call["events"]] == data_of(exchange.response)
        arrivals = [event["at_ms"] for event in call["events"]]
        assert arrivals == sorted(arrivals) and arrivals[0] >= 0, arrivals
    if exchange.status != 200 or b"overloaded_error" in exchange.response:
        assert "_error" in call["error"]["type"], call["error"]


def check_message(call, request, message):
    """Usage, stop reason and the conversation."""
    assert call["model"] == message["model"]
    assert call["stop_reason"] == message["stop_reason"], call["stop_reason"]
    usage = message["usage"]
    cached = {"cache_read_tokens": usage["cache_read_input_tokens"], "cache_write_tokens": usage["cache_creation_input_tokens"]}
    # Input is the whole prompt, with what came from the cache or went into it.
    counted = {"input_tokens": usage["input_tokens"] + sum(cached.values()), "output_tokens": usage["output_tokens"], **cached}
    # What the API did not count to the end is estimated, and said to be.
    uncounted = message["stop_reason"] is None
    assert bool(call["output_estimated"]) == uncounted, call["output_estimated"]
    if uncounted:
        assert call["output_tokens"] >= counted.pop("output_tokens"), call["output_tokens"]
    for ours, tokens in counted.items():
        assert (call[ours] or 0) == tokens, f"{ours}: {call[ours]} is not {tokens}"
    said = [(one["role"], blocks(one["content"])) for one in request["messages"]]
    said.append(("assistant", message["content"]))
    shown = [(one["role"], one["content"]) for one in call["messages"]]
    assert shown == said, f"{shown}\nis not\n{said}"


def check_program(command, *, calls, status=0, path=None, version=None, agent=None, prepare=None, compare=True,
                  environment=None, ends=None, traces=None):
    """Runs a program with and without Overhear.

    calls: how many requests it makes; path: of all of them; version: the anthropic-version it sends; agent: how its
    user-agent begins; ends: how the exchanges end, where not all of them finish; traces: calls, attempts and retried calls
    of each trace.
    """
    with tempfile.TemporaryDirectory(prefix="overhear-clients-") as folder:
        place = Place(folder)
        if prepare is not None:
            prepare(place.work)
        environment = environment or {}
        overheard = place.run_overheard(command, **environment)
        assert overheard.status == status, overheard.stderr.decode()
        if compare:
            alone = place.run_alone(command, **environment)
            for what in ("status", "stdout", "stderr"):
                was, became = getattr(alone, what), getattr(overheard, what)
                assert was == became, f"{what} differs: {was!r} alone, {became!r} overheard"
            assert [e.path for e in alone.exchanges] == [e.path for e in overheard.exchanges]
        assert len(overheard.exchanges) == calls, [exchange.path for exchange in overheard.exchanges]
        captured = place.captured()
        assert len(captured) == calls, [(call["method"], call["url"], call["status"]) for call in captured]
        by_id = {header(call["response"], "request-id"): call for call in captured}
        for number, exchange in enumerate(overheard.exchanges):
            assert exchange.end == (ends[number] if ends else "finished"), exchange.end
            if path is not None:
                assert exchange.path == path, exchange.path
            if version is not None:
                assert exchange.request_headers["anthropic-version"] == version
            if agent is not None:
                assert exchange.request_headers["user-agent"].startswith(agent), exchange.request_headers
            assert exchange.request_headers.get("x-api-key", exchange.request_headers.get("authorization")) in \
                (KEY, "Bearer " + KEY), "the key was not forwarded"
            check_call(by_id[exchange.request_id], exchange)
        if traces is not None:
            found = [json.loads(line) for line in place.overhear("traces", "--json").splitlines()]
            assert sorted((t["calls"], t["attempts"], t["retried"]) for t in found) == sorted(traces), found
        assert not list(place.runtime.rglob("*.pem")), "trust files were left behind"
        return captured


# The scripts of both guides, and how many calls each makes.
GUIDES = {"smello-tool-loop": 2, "sideseat-first": 1, "sideseat-turns": 3, "sideseat-sessions": 4,
          "sideseat-streaming": 1, "sideseat-thinking": 1, "sideseat-tools": 2, "sideseat-image": 1}
# What sdk.py and sdk.mjs do, and how many calls each makes.
SCENARIOS = {"create": 1, "stream": 1, "stream_raw": 1, "thinking": 1, "tools": 2, "image": 1, "turns": 3, "retry": 3,
             "refused": 1, "error_in_stream": 1, "cut_stream": 1, "cache": 2, "count": 2, "batch": 4, "file": 1, "equal": 6}
# What the calls of a scenario add up to: calls, attempts and retried calls of each trace.
TRACES = {"retry": [(1, 3, 1)], "turns": [(3, 3, 0)], "tools": [(2, 2, 0)], "equal": [(1, 1, 0)] * 6,
          "sideseat-turns": [(3, 3, 0)], "sideseat-sessions": [(2, 2, 0)] * 2, "sideseat-tools": [(2, 2, 0)],
          "smello-tool-loop": [(2, 2, 0)]}
GENERATIONS = {NEWER: "requirements.txt", OLDER: "requirements-2023.txt"}
SDK_PACKAGES = {NEWER: "@anthropic-ai/sdk", OLDER: "anthropic-sdk-2023"}


def add_guides():
    for name, calls in GUIDES.items():
        for version, requirements in GENERATIONS.items():
            @check(f"guide: {name}, API {version}")
            def _(name=name, calls=calls, version=version, requirements=requirements):
                command = [packages.python(requirements), HERE / "guides" / f"{name}.py"]
                check_program(command, calls=calls, path="/v1/messages", version=version, traces=TRACES.get(name))


def add_python():
    for name, calls in {**SCENARIOS, "encodings": 2, "in_parallel": 7}.items():
        for version, requirements in GENERATIONS.items():
            @check(f"Python SDK: {name}, API {version}")
            def _(name=name, calls=calls, version=version, requirements=requirements):
                check_program([packages.python(requirements), HERE / "programs/sdk.py", name], calls=calls,
                              version=version, traces=TRACES.get(name),
                              ends=["cut"] if name == "cut_stream" else None)


def add_node():
    def prepare(work):
        (work / "node_modules").symlink_to(packages.node_modules())
        shutil.copy(HERE / "programs/sdk.mjs", work)

    for name, calls in {**SCENARIOS, "encodings": 3, "in_parallel": 6}.items():
        for version, package in SDK_PACKAGES.items():
            @check(f"Node SDK: {name}, API {version}")
            def _(name=name, calls=calls, version=version, package=package):
                check_program([packages.node(), "sdk.mjs", name], calls=calls, version=version, prepare=prepare,
                              traces=TRACES.get(name), environment={"SDK_PACKAGE": package},
                              ends=["cut"] if name == "cut_stream" else None)

    # node-fetch with agentkeepalive, as the SDK had it before version 0.40.
    for name in ("create", "stream", "turns", "retry"):
        @check(f"Node SDK of 2024: {name}")
        def _(name=name):
            check_program([packages.node(), "sdk.mjs", name], calls=SCENARIOS[name], version=OLDER, prepare=prepare,
                          traces=TRACES.get(name), environment={"SDK_PACKAGE": "anthropic-sdk-2024"})

    # The distribution's own, where that is older.
    node = shutil.which("node")
    if node and packages.node_version(node) < packages.OLDEST_NODE:
        for name in ("create", "stream", "tools", "retry", "cut_stream", "file"):
            for version, package in {**SDK_PACKAGES, "of 2024": "anthropic-sdk-2024"}.items():
                if name in ("create", "stream", "retry") or version in SDK_PACKAGES:
                    add_old_node(node, name, version, package, prepare)


# What an older Node cannot do, in the words of the SDK.
OLD_NODE_LACKS = {"file": "`File` is not defined as a global"}


def add_old_node(node, name, version, package, prepare):
    @check(f"Node {packages.node_version(node)}: {name}, SDK {version}")
    def _():
        lack = OLD_NODE_LACKS.get(name)
        if lack:
            skip_if_broken([node, "sdk.mjs", name], prepare, lack, SDK_PACKAGE=package)
        check_program([node, "sdk.mjs", name], calls=SCENARIOS[name], prepare=prepare, traces=TRACES.get(name),
                      environment={"SDK_PACKAGE": package}, ends=["cut"] if name == "cut_stream" else None)


def add_libraries():
    @check("Python's urllib, of the system")
    def _():
        check_program(["/usr/bin/python3", HERE / "programs/plain.py", "urllib"], calls=2)

    for library, requirements, calls in (("requests", "requirements.txt", 2), ("aiohttp", "requirements.txt", 2),
                                         ("httpx2", "requirements.txt", 3), ("httpx", "requirements-2023.txt", 3)):
        @check(f"Python's {library}")
        def _(library=library, requirements=requirements, calls=calls):
            check_program([packages.python(requirements), HERE / "programs/plain.py", library], calls=calls)

    @check("the demonstration's agent")
    def _():
        check_program(["/usr/bin/python3", HERE.parent.parent / "data/demo/agent.py"], calls=8)


def curl(*words):
    """A shell's words: what the program does with its environment is part of the test."""
    return ["sh", "-c", 'exec curl -sS --fail-with-body -H "x-api-key: $ANTHROPIC_API_KEY" '
            f'-H "anthropic-version: {OLDER}" -H "content-type: application/json" "$@"', "curl", *words]


def add_curl():
    def data(**more):
        return json.dumps({"model": "claude-sonnet-5-5", "max_tokens": 1024,
                           "messages": [{"role": "user", "content": "Tell me more about Kyoto."}], **more})

    direct = f"https://{HOST}/v1/messages"
    cases = {
        "whole": [direct, "-d", data()],
        "streamed": ["-N", direct, "-d", data(stream=True)],
        "compressed": ["--compressed", direct, "-d", data()],
        "over plain HTTP": [f"http://{HOST}/v1/messages", "-d", data()],
    }
    for encoding in ("gzip", "deflate", "br", "zstd"):
        cases[f"a stream in {encoding}"] = ["--compressed", "-H", f'x-sim: {{"encoding": "{encoding}"}}', direct, "-d",
                                            data(stream=True)]
    for name, words in cases.items():
        @check(f"curl: {name}")
        def _(words=words):
            check_program(curl(*words), calls=1, compare=False, agent="curl/")

    @check("curl: base URL mode")
    def _():
        command = curl("-d", data(), "-o", "answer")
        command[2] += ' --noproxy "*" "$OVERHEAR_VIA/' + HOST + '/v1/messages"'
        check_program(command, calls=1, compare=False, agent="curl/")


def check_named(command, *, prepare=None, environment=None, path="/v1/messages", calls=1):
    """A program that names its calls: they are captured, in one trace of that name."""
    with tempfile.TemporaryDirectory(prefix="overhear-clients-") as folder:
        place = Place(folder)
        if prepare is not None:
            prepare(place.work)
        done = place.run_overheard(command, **(environment or {}))
        assert done.status == 0, done.stderr.decode()
        assert [exchange.path for exchange in done.exchanges] == [path] * calls, [e.path for e in done.exchanges]
        assert not [name for exchange in done.exchanges for name in exchange.request_headers
                    if name.startswith("overhear-")], "our headers went on"
        captured = place.captured()
        assert len(captured) == calls, captured
        if path == "/v1/messages":
            found = [json.loads(line) for line in place.overhear("traces", "--json").splitlines()]
            assert [(t["name"], t["calls"]) for t in found] == [("named", calls)], found


def add_named():
    """Pinned and newest; only what the registry has made unusable by itself may be skipped, and is then told."""
    programs = HERE / "programs"
    for requirements in ("requirements.txt", "requirements-2023.txt", "requirements-newest.txt"):
        for how in ("before", "inside", "async"):
            @check(f"overhear.trace(): Python SDK of {requirements}, {how}")
            def _(requirements=requirements, how=how):
                check_named([packages.python(requirements), programs / "named.py", how])

    @check("overhear.trace(): the newest OpenAI SDK for Python")
    def _():
        check_named([packages.python("requirements-newest.txt"), programs / "named.py", "openai"],
                    path="/openai/chat/completions")

    def preparer(source):
        def prepare(work):
            (work / "node_modules").symlink_to(packages.node_modules(HERE / source))
            for name in ("named.mjs", "sdk.mjs"):
                shutil.copy(programs / name, work)
        return prepare

    for source, package in (("package.json", "@anthropic-ai/sdk"), ("package.json", "anthropic-sdk-2023"),
                            ("package.json", "anthropic-sdk-2024"), ("newest/package.json", "@anthropic-ai/sdk")):
        @check(f"overhear.trace(): {package} of {source}, a client made before")
        def _(source=source, package=package):
            check_named([packages.node(), "named.mjs", "before"], prepare=preparer(source), environment={"SDK_PACKAGE": package})

    @check("overhear.trace(): the newest OpenAI SDK for Node")
    def _():
        check_named([packages.node(), "named.mjs", "openai"], prepare=preparer("newest/package.json"),
                    path="/openai/chat/completions")

    for name in ("create", "stream", "tools"):
        @check(f"the newest Python SDK: {name}")
        def _(name=name):
            command = [packages.python("requirements-newest.txt"), programs / "sdk.py", name]
            skip_if_broken(command)
            check_program(command, calls=SCENARIOS[name], traces=TRACES.get(name))

        @check(f"the newest Node SDK: {name}")
        def _(name=name):
            prepare = preparer("newest/package.json")
            skip_if_broken([packages.node(), "sdk.mjs", name], prepare)
            check_program([packages.node(), "sdk.mjs", name], calls=SCENARIOS[name], prepare=prepare,
                          traces=TRACES.get(name))


def skip_if_broken(command, prepare=None, why="", **environment):
    """What does not run without Overhear is not ours; why: what it must say then."""
    with tempfile.TemporaryDirectory(prefix="overhear-clients-") as folder:
        place = Place(folder)
        if prepare is not None:
            prepare(place.work)
        alone = place.run_alone(command, **environment)
        if alone.status != 0:
            lines = alone.stderr.decode().strip().splitlines() or ["no word"]
            reason = next((line for line in lines if line.startswith("Error: ")), lines[-1])
            assert why in reason, alone.stderr.decode()
            raise Skip(f"the SDK fails here without Overhear too: {reason}")


GROUPS = {"named": add_named, "guides": add_guides, "python": add_python, "node": add_node, "libraries": add_libraries, "curl": add_curl}

if __name__ == "__main__":
    GROUPS[sys.argv.pop(1)]()
    main()
