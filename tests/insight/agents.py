# SPDX-License-Identifier: GPL-3.0-or-later
"""Random agents that talk to a simulated Messages API, and what is true of what they do: which call continues which, which
attempts are one call, when a tool ran, and what the prompt cache did and why. A World gives the captures as JSON Lines for
`overhear import`; what is true is known from how the agents were made, never from how Overhear finds it out."""
import copy
import heapq
import json
import random
import re

from prompt_cache import DROPS_THINKING, PromptCache, blocks_of, has

SECOND = 10**9
EPOCH = 1795176000 * SECOND
MODELS = ("claude-sonnet-4-6", "claude-opus-4-8", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-6",
          "claude-opus-4-7", "claude-opus-5")
WORDS = """river stone lamp garden winter paper signal bridge market forest engine letter window mirror silver copper
velvet harbor meadow island planet thunder pepper candle ladder basket saddle anchor marble orchard kettle tunnel""".split()
ANY = object()  # what is not said here


class Call:
    """An exchange, and what is true of it: members that are ANY are not compared."""

    def __init__(self, **members):
        self.id = 0
        self.parent = self.thread = self.trace = self.new = self.cache = self.session = ANY
        self.first = self
        self.__dict__.update(members)

    def forget(self):
        """What it belongs to cannot be told."""
        self.parent = self.thread = self.trace = self.new = ANY


class Tool:
    def __init__(self, name, key, asked, by=None):
        self.name, self.key, self.asked, self.by = name, key, asked, by
        self.began, self.ended = asked.ended, 0
        self.server = key.startswith("srv")


class World:
    """Where agents live: a clock, the API with its cache, and the captures."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.seed, self.now, self.ids = seed, EPOCH, 0
        self.queue, self.calls, self.tools = [], [], []
        self.cache, self.decks = PromptCache(), {}

    def say(self, count):
        """Words that nobody else says."""
        self.ids += 1
        words = [self.random.choice(WORDS) for _ in range(count)]
        return f"{' '.join(words)} {self.seed}x{self.ids}"

    def draw(self, cards):
        """One of them after the other, in an order of chance."""
        deck = self.decks.setdefault(cards, [])
        if not deck:
            deck += self.random.sample(cards, len(cards))
        return deck.pop()

    def make_id(self, prefix):
        self.ids += 1
        return f"{prefix}_{self.random.getrandbits(64):016x}{self.ids:04d}"

    def start(self, agent, after=0.0):
        self.ids += 1
        heapq.heappush(self.queue, (self.now + int(after * SECOND) + self.ids, self.ids, agent))

    def run(self):
        while self.queue:
            self.now, _, agent = heapq.heappop(self.queue)
            pause = next(agent, None)
            if pause is not None:
                self.start(agent, pause)

    def send(self, client, body, seconds, answer=None, status=200, headers=(), target="/v1/messages", **truth):
        """Records an exchange that begins now. @answer: a message, or an error of the API, or None: no answer came"""
        head = int(seconds * SECOND * 0.8)
        call = Call(started=self.now, head=self.now + head, ended=self.now + int(seconds * SECOND), body=body,
                    status=status, answer=answer, **truth)
        text = json.dumps(body)
        reply, kind = (as_stream(answer), "text/event-stream") if body.get("stream") and status == 200 else \
            (json.dumps(answer), "application/json")
        call.line = {
            "type": "exchange", "run": 1, "connection": client.connection, "started_ns": call.started, "route": "tunnel",
            "method": "POST", "scheme": "https", "host": "api.anthropic.com", "port": 443, "target": target,
            "http_version": "1.1", "outcome": "finished" if status else "failed",
            "ended_by": "upstream" if status else client.ends_waiting, "gaps": 0, "pinned": False,
            "timings": {"request_sent_ns": 1000000, "ended_ns": call.ended - call.started, "reused": True},
            "request": {"headers": client.headers(body) + list(headers), "length": len(text), "body": text}}
        if status:
            call.line["timings"] |= {"response_head_ns": head, "first_byte_ns": head}
            call.line["response"] = {
                "status": status, "reason": "",
                "headers": [["content-type", kind], ["anthropic-organization-id", client.organization]] + client.answered,
                "length": len(reply.encode()), "arrivals": [[0, head]], "body": reply}
        self.calls.append(call)
        return call

    def write(self, path):
        """Numbers the calls in the order in which they began, as the import does."""
        self.calls.sort(key=lambda call: call.started)
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"type": "overhear", "format": 1, "version": "0.1.0"}\n')
            for number, call in enumerate(self.calls, 1):
                call.id = number
                file.write(json.dumps({**call.line, "id": number}) + "\n")


def as_stream(message):
    def event(name, **data):
        return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n"
    out = event("message_start", message={**message, "content": [], "stop_reason": None,
                                          "usage": {**message["usage"], "output_tokens": 1}})
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            start, deltas = {"type": "text", "text": ""}, [{"type": "text_delta", "text": block["text"]}]
        elif block["type"] == "thinking":
            start = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": block["thinking"]},
                      {"type": "signature_delta", "signature": block["signature"]}]
        elif "input" in block:
            start = {**block, "input": {}}
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        else:
            start, deltas = block, []
        out += event("content_block_start", index=index, content_block=start)
        out += "".join(event("content_block_delta", index=index, delta=delta) for delta in deltas)
        out += event("content_block_stop", index=index)
    out += event("message_delta", delta={"stop_reason": message["stop_reason"], "stop_sequence": None},
                 usage={"output_tokens": message["usage"]["output_tokens"]})
    return out + event("message_stop")


class Client:
    """What sends the requests: an SDK, a program without one, or Claude Code."""

    def __init__(self, world, kind, **members):
        self.world, self.kind = world, kind
        world.ids += 1
        self.key = f"<redacted …{world.ids:04d} {world.random.getrandbits(64):016x}>"
        self.organization = f"org-{world.ids}-{world.seed}"
        self.workspace = self.traced = self.span = None
        self.session = self.agent = self.above = None
        self.user = self.baggage = None
        self.tells_session = True
        self.trace = object()  # where it is told by a traceparent
        self.answered = []
        self.connection = world.ids
        self.count = 0
        self.ends_waiting = "upstream"
        self.__dict__.update(members)

    def headers(self, body):
        headers = [["x-api-key", self.key], ["anthropic-version", "2023-06-01"], ["content-type", "application/json"]]
        if self.workspace:
            headers.append(["anthropic-workspace-id", self.workspace])
        if self.traced:
            headers.append(["traceparent", f"00-{self.traced}-{self.span}-01"])
        if self.baggage:
            headers.append(["baggage", self.baggage])
        if self.kind in ("python", "js"):
            headers += [["user-agent", "Anthropic/Python 0.121.0" if self.kind == "python" else "Anthropic/JS 0.137.0"],
                        ["x-stainless-lang", self.kind], ["x-stainless-package-version", "0.121.0"],
                        ["x-stainless-retry-count", str(self.count)]]
        elif self.kind == "claude":
            headers += [["user-agent", "claude-cli/2.1.330 (external, cli)"], ["x-app", "cli"], ["x-stainless-lang", "js"],
                        ["x-stainless-retry-count", "0"]]
            headers += [["x-claude-code-session-id", self.session]] if self.tells_session else []
            headers += [["x-claude-code-agent-id", self.agent]] if self.agent else []
            headers += [["x-claude-code-parent-agent-id", self.above]] if self.above else []
        else:
            headers.append(["user-agent", "python-requests/2.31.0"])
        return headers

    def wait(self, retries, asked):
        """How long it waits before it tries again, in seconds, as its SDK documents it."""
        chance = self.world.random.random()
        if self.kind == "raw":
            return asked * (1 + 0.1 * chance) if asked else 1 + 4 * chance
        if self.kind == "claude":
            return max(asked or 0, min(0.5 * 2**retries, 32) * (1 + 0.25 * chance))
        return asked or min(0.5 * 2**retries, 8) * (1 - 0.25 * chance)


class Talk:
    """A conversation as its program keeps it."""

    def __init__(self, world, client, **members):
        chance = world.random
        self.world, self.client = world, client
        self.model = chance.choice(MODELS)
        self.system = [world.say(120), world.say(160)]
        self.tools = [self.make_tool() for _ in range(chance.randint(2, 4))]
        self.beside = {}
        self.messages = []
        self.marks = chance.choice(["auto", "tail", "two", "two", "preamble", "none"])
        self.ttl, self.messages_ttl = chance.choice([("5m", "5m"), ("5m", "5m"), ("1h", "5m"), ("1h", "1h")])
        self.last = None      # the call whose answer it goes on from
        self.cause = []       # what was changed since, as expressions that the reason matches
        self.thread, self.trace = object(), client.trace if client.traced else object()
        self.origin = None    # the first call is no root: a session's
        self.open = []        # tools that were asked for
        self.running = []     # the same of the API's own
        self.thinks = chance.random() < 0.4
        self.short_ids = chance.random() < 0.15
        self.streams = chance.random() < 0.3
        self.clock = chance.random() < 0.15  # its first message begins with the time of day
        self.fresh = 0        # messages that nobody has seen yet
        self.certain = True   # whether what it continues can be told
        self.__dict__.update(members)
        if self.thinks:
            self.beside["thinking"] = {"type": "enabled", "budget_tokens": 2048}

    def make_tool(self):
        name = "_".join(self.world.random.sample(WORDS, 2))
        return {"name": name, "description": self.world.say(30),
                "input_schema": {"type": "object", "properties": {"first": {"type": "string"}, "second": {"type": "number"}},
                                 "required": ["first"]}}

    def fork(self, call):
        """The same conversation, from an earlier call on."""
        other = copy.copy(self)
        other.messages = [*copy.deepcopy(call.messages), {"role": "assistant", "content": copy.deepcopy(call.answer["content"])}]
        other.last, other.cause, other.open, other.running, other.fresh = call, [], [], [], 0
        other.tools, other.system, other.beside = map(copy.deepcopy, (self.tools, self.system, self.beside))
        body = other.body()
        for member, cause in (("model", "model"), ("tools", "tools"), ("thinking", "thinking")):
            if body.get(member) != call.body.get(member):
                # What has been sent since with the same may be what was nearest.
                other.cause += [cause, "message"]
        return other

    def control(self, ttl):
        return {"type": "ephemeral"} if ttl == "5m" else {"type": "ephemeral", "ttl": ttl}

    def body(self):
        """The request with its marks."""
        system = [{"type": "text", "text": text} for text in self.system]
        body = {"model": self.model, "max_tokens": 4096, "system": system, "tools": copy.deepcopy(self.tools),
                "messages": copy.deepcopy(self.messages), **copy.deepcopy(self.beside)}
        if self.client.user:
            body["metadata"] = {"user_id": self.client.user}
        if self.streams:
            body["stream"] = True
        if self.marks == "none":
            return body
        if self.marks == "auto":
            body["cache_control"] = self.control(self.messages_ttl)
            return body
        system[-1]["cache_control"] = self.control(self.ttl)
        if self.marks == "preamble":
            if body["tools"]:
                body["tools"][-1]["cache_control"] = self.control(self.ttl)
            return body
        spoken = [message for message in body["messages"] if message["role"] == "user"]
        for message in spoken[-2 if self.marks == "two" else -1:]:
            message["content"] = blocks_of(message["content"])
            message["content"][-1]["cache_control"] = self.control(self.messages_ttl)
        return body

    def get_time(self):
        second = self.world.now // SECOND
        return f"{second // 3600 % 24}:{second // 60 % 60:02}:{second % 60:02}"

    def add(self, content):
        if self.clock and not self.messages and isinstance(content, str):
            content = f"It is {self.get_time()}. {content}"
        self.messages.append({"role": "user", "content": content})
        self.fresh += 1

    def judge(self, body, usage):
        """The cache's verdict: [(state, expression)], any of which is right. What the call that it goes on from had in the
        cache is what there was to read."""
        read, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
        had = self.last.cached if self.last else 0
        if read + written == 0:
            return [("off", "")]
        if read >= had > 0:
            return [("hit", "")]
        state, why = "partial" if read else "miss", self.world.cache.why
        if self.last is None or had == 0:
            right = [(state, why)] if why else []
            return right + [("hit", "")] if read else right or [("write", "")]
        causes = list(self.cause)
        if self.model in DROPS_THINKING and has(self.messages, lambda block: block["type"] == "thinking"):
            causes.append("thinking")
        if why:
            causes.append(why)
        assert causes, (self.world.seed, state, had, usage)
        right = [(state, cause) for cause in causes]
        # What another model had cached was never there for this one.
        if had - read < had / 20 or (read and "model" in causes):
            right.append(("hit", ""))
        return right

    def answer(self, content, stop, usage):
        usage = {**usage, "output_tokens": 5 + len(json.dumps(content)) // 4}
        return {"id": self.world.make_id("msg"), "type": "message", "role": "assistant", "model": self.model,
                "content": content, "stop_reason": stop, "stop_sequence": None, "usage": usage}

    def failures(self):
        """How the attempts before the one that gets through end: (status, asked seconds)."""
        chance = self.world.random
        if chance.random() > 0.12:
            return []
        failures = [(chance.choice([429, 529, 500, 503, 0]), chance.choice([None, None, 2, 7, 15]))
                    for _ in range(chance.randint(1, 2))]
        return [(status, asked if status else None) for status, asked in failures]

    def call(self, content, stop="end_turn"):
        """Sends what it has, with all attempts; yields the time that it takes. @content: the blocks of the answer"""
        world, client = self.world, self.client
        body, attempts, joined = self.body(), [], False
        span = f"{world.random.getrandbits(64):016x}"
        truth = {"parent": self.last if self.certain else ANY, "thread": self.thread, "trace": self.trace,
                 "session": client.session or ANY}
        if self.last and self.certain and not self.cause:
            truth["new"] = len(self.messages) - self.fresh
        for retries, (status, asked) in enumerate([*self.failures(), (200, None)]):
            client.count, client.span = retries, span
            seconds = 1 + 4 * world.random.random()
            if status == 200:
                workspace = client.workspace or client.organization
                usage = world.cache.ask(body, workspace, world.now, world.now + int(seconds * SECOND * 0.8))
                call = world.send(client, body, seconds, self.answer(content, stop, usage), cache=self.judge(body, usage),
                                  **truth)
                call.cached = usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
            else:
                call = self.fail(body, status, asked, truth)
            if joined:
                call.first = attempts[-1].first
            elif not self.last:
                for attempt in attempts:
                    attempt.forget()  # requests that are the same, and nothing that ties them
            for tool in self.open:
                tool.ended, tool.by = call.started, call
            self.open = []
            attempts.append(call)
            # A program's own loop is known by the wait it was asked for, or by the span that it is in.
            joined = client.kind != "raw" or (status and asked is not None) or client.traced is not None
            yield (call.ended - call.started) / SECOND + (0 if status == 200 else client.wait(retries, asked))
        call.messages = copy.deepcopy(self.messages)
        self.last, self.cause, self.fresh, self.certain = call, [], 0, True
        self.messages.append({"role": "assistant", "content": copy.deepcopy(content)})
        self.open = [Tool(block["name"], block["id"], call) for block in content if block["type"] == "tool_use"]
        world.tools += self.open
        here = [block["tool_use_id"] for block in content if block["type"].endswith("_tool_result")]
        for block in content:
            if block["type"] == "server_tool_use":
                self.running.append(Tool(block["name"], block["id"], call))
                world.tools.append(self.running[-1])
        for tool in [tool for tool in self.running if tool.key in here]:
            tool.by = call
            self.running.remove(tool)

    def fail(self, body, status, asked, truth):
        """An attempt that does not get through; without a status the connection breaks, or the client gives up waiting."""
        client, world = self.client, self.world
        client.answered = [["retry-after", str(asked)]] if asked else []
        client.ends_waiting = world.random.choice(["upstream", "client"])
        error = {"type": "error", "error": {"type": "api_error", "message": "Not now"}} if status else None
        call = world.send(client, body, 0.4 if status else 5, error, status, cache=None, **truth)
        client.answered = []
        if not status:
            world.ids += 1
            client.connection = world.ids
        return call


# --- what may change between two calls: each says with which words a loss is explained, or None ---

def change_system(talk):
    i = talk.world.random.randrange(len(talk.system))
    words = talk.system[i].split()
    words[talk.world.random.randrange(len(words))] = talk.world.say(1)
    talk.system[i] = " ".join(words)
    return "system prompt"


def change_tool(talk):
    talk.world.random.choice([tool for tool in talk.tools if "description" in tool])["description"] += talk.world.say(2)
    return "tools"


def add_tool(talk):
    talk.tools.insert(talk.world.random.choice([0, len(talk.tools)]), talk.make_tool())
    return "tools"


def remove_tool(talk):
    if len(talk.tools) > 1:
        talk.tools.pop(talk.world.random.randrange(len(talk.tools)))
        return "tools"


def search_the_web(talk):
    if not any(tool.get("type") == "web_search_20250305" for tool in talk.tools):
        talk.tools.append({"type": "web_search_20250305", "name": "web_search"})
        return "tools"


def reorder_schema(talk):
    tool = talk.world.random.choice(talk.tools)
    if "input_schema" in tool:
        properties = tool["input_schema"]["properties"]
        tool["input_schema"]["properties"] = dict(reversed(properties.items()))
        return "tools.*order of its keys"


def change_tool_choice(talk):
    new = talk.world.random.choice([{"type": "auto"}, {"type": "none"}, {"type": "auto", "disable_parallel_tool_use": True}])
    if talk.beside.get("tool_choice", {"type": "auto"}) != new:
        talk.beside["tool_choice"] = new
        return "tool_choice"


def change_thinking(talk):
    if talk.thinks:
        talk.beside["thinking"] = {"type": "enabled", "budget_tokens": talk.beside["thinking"]["budget_tokens"] + 1024}
        return "thinking"


def change_effort(talk):
    config = talk.beside.setdefault("output_config", {})
    new = talk.world.random.choice(["low", "medium", "high"])
    if config.get("effort", "high") != new:
        config["effort"] = new
        return "effort"
    config["effort"] = new


def change_format(talk):
    schema = {"type": "object", "properties": {talk.world.random.choice(WORDS): {"type": "string"}}}
    talk.beside.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": schema}
    return "format"


def change_servers(talk):
    talk.world.ids += 1
    talk.beside["mcp_servers"] = [{"type": "url", "name": "s", "url": f"https://mcp.example/{talk.world.ids}",
                                   "authorization_token": "t"}]
    return "mcp_servers"


def renew_token(talk):
    for server in talk.beside.get("mcp_servers", []):
        server["authorization_token"] = talk.world.say(1)


def change_speed(talk):
    new = "standard" if talk.beside.get("speed") == "fast" else "fast"
    talk.beside["speed"] = new
    return "speed"


def change_model(talk):
    old = talk.model
    talk.model = talk.world.random.choice(MODELS)
    return "model" if talk.model != old else None


def change_ttl(talk):
    talk.ttl = talk.messages_ttl = "1h" if talk.messages_ttl == "5m" else "5m"
    return "ttl"


def change_workspace(talk):
    if not talk.client.workspace:
        return None
    talk.world.ids += 1
    talk.client.workspace = f"wrkspc_{talk.world.ids}"
    return "workspace"


def rotate_key(talk):
    talk.client.key = f"<redacted …{talk.world.ids % 10000:04d} {talk.world.random.getrandbits(64):016x}>"


def show_image(talk):
    first = not has(talk.messages, lambda block: block["type"] == "image")
    talk.messages[-1]["content"] = [*blocks_of(talk.messages[-1]["content"]), {
        "type": "image", "source": {"type": "base64", "media_type": "image/png", "data": talk.world.make_id("iVBOR").replace("_", "")}}]
    return "image" if first else None


def cite(talk):
    first = not has(talk.messages, lambda block: block["type"] == "document")
    talk.messages[-1]["content"] = [*blocks_of(talk.messages[-1]["content"]), {
        "type": "document", "source": {"type": "text", "media_type": "text/plain", "data": talk.world.say(40)},
        "citations": {"enabled": True}}]
    return "itations" if first else None


def say_much(talk):
    """More blocks than are looked back at."""
    if talk.marks in ("auto", "tail"):
        talk.messages[-1]["content"] = [*blocks_of(talk.messages[-1]["content"]), *(
            {"type": "text", "text": talk.world.say(5)} for _ in range(talk.world.random.randint(21, 30)))]
        return "20 blocks"


PARAMETERS = (change_system, change_tool, add_tool, remove_tool, search_the_web, reorder_schema, change_tool_choice,
              change_thinking, change_effort, change_format, change_servers, renew_token, change_speed, change_model,
              change_ttl, change_workspace, rotate_key, show_image, cite, say_much)


def old_blocks(talk, kind):
    """The blocks of that type that have been sent before."""
    seen = len(talk.last.messages) if talk.last else 0
    return [block for message in talk.messages[:seen] if isinstance(message["content"], list)
            for block in message["content"] if block["type"] == kind]


def truncate_result(talk):
    results = [block for block in old_blocks(talk, "tool_result") if isinstance(block["content"], str)
               and len(block["content"]) > 60]
    if results:
        block = talk.world.random.choice(results)
        block["content"] = block["content"][:40] + " [truncated]"
        return "message"


def clear_results(talk):
    results = old_blocks(talk, "tool_result")[:-1]
    for block in results:
        block["content"] = "[Old tool result content cleared]"
    return "message" if results else None


def reorder_input(talk):
    uses = [block for block in old_blocks(talk, "tool_use") if len(block["input"]) > 1]
    if uses:
        block = talk.world.random.choice(uses)
        block["input"] = dict(reversed(block["input"].items()))
        return "message.*order of its keys"


def drop_thinking(talk):
    for message in talk.messages:
        if message["role"] == "assistant" and isinstance(message["content"], list):
            message["content"] = [block for block in message["content"] if block["type"] != "thinking"]
    talk.beside.pop("thinking", None)
    talk.thinks = False
    return "thinking"


def slide_window(talk):
    """The oldest turns are gone."""
    starts = [i for i, message in enumerate(talk.messages) if i > 0 and message["role"] == "user"
              and any(block["type"] == "text" for block in blocks_of(message["content"]))
              and not any(block["type"] == "tool_result" for block in blocks_of(message["content"]))]
    starts = [i for i in starts if i < len(talk.messages) - 2]
    if starts:
        del talk.messages[:starts[0]]
        return "message"


def replace_image(talk):
    for message in talk.messages[:-1]:
        for i, block in enumerate(message["content"]):
            if isinstance(block, dict) and block["type"] == "image":
                message["content"][i] = {"type": "text", "text": "[image removed]"}
                return "message"


def tell_time(talk):
    """The time of day with which the first message begins is told anew."""
    first = talk.messages[0]
    if not talk.clock:
        return None
    content = [{**block} for block in blocks_of(first["content"])]
    for block in content:
        if block["type"] == "text":
            block["text"] = re.sub(r"^It is [0-9:]+", f"It is {talk.get_time()}", block["text"])
            first["content"] = content
            return "message"


def join_texts(talk):
    """An answer's text blocks become one string: the gist is the same."""
    message = talk.messages[-2] if len(talk.messages) > 1 else None
    if message and message["role"] == "assistant" and isinstance(message["content"], list) \
            and all(block["type"] == "text" for block in message["content"]):
        message["content"] = "".join(block["text"] for block in message["content"])


HISTORY = (truncate_result, clear_results, reorder_input, drop_thinking, slide_window, replace_image, tell_time, join_texts)


def rest(talk):
    """Long enough for what lives for five minutes, or for an hour."""
    talk.pause = talk.world.random.choice([320, 400, 700, 3700])
    return "expired"


HISTORY += (rest,)
PARAMETERS += (rest,)


# --- what agents do ---

def make_text(talk):
    """An answer's text: mostly long enough to be known again."""
    return {"type": "text", "text": talk.world.say(talk.world.random.choice([1, 14, 20, 30]))}


def make_use(talk, name, number, arguments):
    return {"type": "tool_use", "id": f"call_{number}" if talk.short_ids else talk.world.make_id("toolu"), "name": name,
            "input": arguments}


def make_answer(talk, uses=0):
    chance = talk.world.random
    content = []
    if talk.thinks:
        content.append({"type": "thinking", "thinking": talk.world.say(20), "signature": talk.world.make_id("sig")})
    if not uses or chance.random() < 0.5:
        content += [make_text(talk) for _ in range(chance.choice([1, 1, 2]))]
    return content + [make_use(talk, chance.choice(talk.tools)["name"], i,
                               {"first": talk.world.say(3), "second": chance.randint(1, 99)}) for i in range(uses)]


def make_results(talk):
    return [{"type": "tool_result", "tool_use_id": tool.key, "content": talk.world.say(25)} for tool in talk.open]


def apply(talk, change):
    cause = change(talk)
    if cause:
        talk.cause.append(cause)


def step(talk, content, stop, changes=()):
    """One call, perhaps after something changed, and perhaps after its tokens were counted."""
    chance, talk.pause = talk.world.random, 0
    if talk.last and changes and chance.random() < 0.5:
        apply(talk, talk.world.draw(changes))
        if talk.pause:
            yield talk.pause
    if chance.random() < 0.08:
        body = {key: value for key, value in talk.body().items() if key not in ("max_tokens", "stream", "metadata")}
        call = talk.world.send(talk.client, body, 0.3, {"input_tokens": 5000}, target="/v1/messages/count_tokens",
                               cache=None, parent=None, thread=None, trace=ANY if talk.client.traced else None)
        yield 0.4
    yield from talk.call(content, stop)
    yield chance.random() * 5


def converse(talk, turns, changes=()):
    """Some turns, each with tools or without; now and then something changes before a call."""
    chance = talk.world.random
    for _ in range(turns):
        talk.add(talk.world.say(12) if chance.random() < 0.5 else [{"type": "text", "text": talk.world.say(12)}])
        for left in range(chance.choice([0, 0, 1, 2]), -1, -1):
            uses = chance.choice([1, 2, 3, 25]) if left and talk.certain else 1 if left else 0
            yield from step(talk, make_answer(talk, uses), "tool_use" if left else "end_turn", changes)
            if left:
                talk.add(make_results(talk))
        yield chance.random() * 10


def branch(talk, turns):
    """Goes back to an earlier answer now and then, and on from there; both branches may go on."""
    chance, ends = talk.world.random, []
    for _ in range(turns):
        yield from converse(talk, 1)
        ends.append(talk.last)
        if chance.random() < 0.5:
            other = talk.fork(chance.choice(ends))
            if chance.random() < 0.5:
                talk.world.start(converse(other, chance.randint(1, 2)), chance.random() * 5)
            else:
                talk = other


def search(talk, turns):
    """Tools of the API's own: their results come in the same answer, or after a pause in the next one."""
    chance = talk.world.random
    talk.tools.append({"type": "web_search_20250305", "name": "web_search"})
    for _ in range(turns):
        talk.add(talk.world.say(12))
        pauses = chance.randint(0, 2)
        for left in range(pauses, -1, -1):
            content = []
            for tool in talk.running:
                content.append({"type": "web_search_tool_result", "tool_use_id": tool.key, "content": [
                    {"type": "web_search_result", "url": "https://example.com", "title": talk.world.say(2), "encrypted_content": "x"}]})
            content.append(make_text(talk))
            if left or chance.random() < 0.5:
                key = talk.world.make_id("srvtoolu")
                content.append({"type": "server_tool_use", "id": key, "name": "web_search", "input": {"query": talk.world.say(2)}})
                if not left or chance.random() < 0.3:
                    content.append({"type": "web_search_tool_result", "tool_use_id": key, "content": []})
                    content.append(make_text(talk))
            yield from step(talk, content, "pause_turn" if left else "end_turn")


def lead(talk, turns, make_helper, depth=1):
    """Hands work to sub-agents, which may be given the same words, and waits for all of them."""
    chance, world = talk.world.random, talk.world
    if talk.tools[-1]["name"] != "Task":
        talk.tools.append({"name": "Task", "description": "Starts an agent.", "input_schema": {
            "type": "object", "properties": {"prompt": {"type": "string"}, "kind": {"type": "string"}}}})
        talk.cause += ["tools"] if talk.last else []
    for _ in range(turns):
        talk.add(world.say(12))
        prompts = [world.say(10)] * chance.randint(1, 3) if chance.random() < 0.4 else \
            [world.say(10) for _ in range(chance.randint(1, 3))]
        content = make_answer(talk) + [make_use(talk, "Task", i, {"prompt": prompt, "kind": "search"})
                                       for i, prompt in enumerate(prompts)]
        yield from step(talk, content, "tool_use")
        helpers = []
        for prompt in prompts:
            helper = make_helper(talk)
            helper.trace = talk.trace
            helper.done = False
            helpers.append(helper)
            world.start(help_out(helper, prompt, make_helper, depth), 0.05 + chance.random())
        while not all(helper.done for helper in helpers):
            yield 1
        talk.add(make_results(talk))
        yield from step(talk, make_answer(talk), "end_turn")


def help_out(talk, prompt, make_helper, depth):
    chance = talk.world.random
    talk.add([{"type": "text", "text": prompt}] if chance.random() < 0.5 else prompt)
    for left in range(chance.randint(0, 2), -1, -1):
        yield from step(talk, make_answer(talk, chance.randint(1, 2) if left else 0), "tool_use" if left else "end_turn")
        if left:
            talk.add(make_results(talk))
    if depth < 2 and chance.random() < 0.3:
        yield from lead(talk, 1, make_helper, depth + 1)
    talk.done = True


def make_plain_helper(talk):
    return Talk(talk.world, copy.copy(talk.client), marks=talk.marks, clock=False)


def make_claude_helper(talk):
    client = copy.copy(talk.client)
    client.above, client.agent = client.agent, talk.world.make_id("agent")
    return make_claude(talk.world, client, "You are a helper for Claude Code.")


def make_claude(world, client, role="You are Claude Code."):
    return Talk(world, client, model="claude-opus-4-8", marks="two", short_ids=False, clock=False,
                system=[f"x-anthropic-billing-header: cc_version=2.1.330.{world.random.randrange(999)}; cc_entrypoint=cli;",
                        f"{role} {world.say(100)}", world.say(120)])


def start_claude(world):
    """A session of Claude Code: how it tells its session has changed over time."""
    session = "%08x-1111-4222-8333-%012x" % (world.random.getrandbits(32), world.random.getrandbits(48))
    form = world.random.choice(["json", "old", "header"])
    client = Client(world, "claude", session=session, tells_session=form == "header" or world.random.random() < 0.5)
    if form == "json":
        client.user = json.dumps({"device_id": "d1", "account_uuid": "a1", "session_id": session})
    elif form == "old":
        client.user = f"user_{'ab' * 32}_account_a1_session_{session}"
    return client


def code(talk, turns):
    """Claude Code: names the conversation in a call of its own, compacts, goes back, changes the model; its billing line
    is another one in each call."""
    world, chance = talk.world, talk.world.random
    if chance.random() < 0.5:
        title = Talk(world, talk.client, model="claude-haiku-4-5", marks="none", tools=[], thinks=False, beside={},
                     system=["Name this conversation."])
        title.add(world.say(12))
        world.start(title.call([{"type": "text", "text": '{"title": "A"}'}]), 0.3)
    for _ in range(turns):
        talk.system[0] = re.sub(r"330\\.\\d+", f"330.{chance.randrange(999)}", talk.system[0])
        kind = chance.choice(["turn", "turn", "lead", "compact", "back", "model", "clear"])
        if kind == "compact" and talk.last:
            talk.add("Summarize the conversation so far.")
            yield from step(talk, make_answer(talk), "end_turn")
            summary = talk.messages[-1]["content"][-1].get("text", "")
            talk.messages = []
            talk.add([{"type": "text", "text": f"This session is being continued from a previous one. {summary}"},
                      {"type": "text", "text": world.say(10)}])
            talk.cause.append("message")
            yield from step(talk, make_answer(talk), "end_turn")
        elif kind == "back" and talk.ends:
            talk = talk.fork(chance.choice(talk.ends))
            yield from converse(talk, 1)
        elif kind == "model" and talk.last:
            apply(talk, change_model)
            yield from converse(talk, 1)
        elif kind == "clear" and talk.last:
            apply(talk, clear_results)
            yield from converse(talk, 1)
        elif kind == "lead" and talk.client.tells_session:
            yield from lead(talk, 1, make_claude_helper)
        else:
            yield from converse(talk, 1)
        talk.ends.append(talk.last)


def sample(world, client, count):
    """One question, asked several times at once; one of the answers is gone on with."""
    first = Talk(world, client)
    words = world.say(12)
    for i in range(count):
        talk = Talk(world, copy.copy(client), model=first.model, system=first.system, tools=first.tools, marks=first.marks,
                    ttl=first.ttl, messages_ttl=first.messages_ttl, thinks=False, beside={})
        talk.add(words)
        world.start(answer_once(talk, 2 if i == 0 else 0), 0.05 * i)


def answer_once(talk, turns):
    talk.failures = lambda: []
    yield from talk.call(make_answer(talk))
    del talk.failures
    yield 8
    yield from converse(talk, turns)


def chorus(world, client):
    """Agents that are told the same and say the same, each with a system prompt of its own."""
    lines = world.random.sample(["hi", "go on", "next", "why?"], 4)
    answers = [world.random.choice(["ok", "done", "I see."]) for _ in range(8)]
    uses = [world.random.random() < 0.4 for _ in range(4)]
    for _ in range(world.random.randint(2, 4)):
        talk = Talk(world, copy.copy(client), thinks=False, beside={}, short_ids=True, clock=False)
        world.start(sing(talk, lines, answers, uses), world.random.random() * 10)


def sing(talk, lines, answers, uses):
    for i, line in enumerate(lines):
        talk.add(line)
        if uses[i]:
            yield from step(talk, [make_use(talk, "get", 0, {"first": line})], "tool_use")
            talk.add([{"type": "tool_result", "tool_use_id": "call_0", "content": "42"}])
        if talk.last and talk.world.random.random() < 0.2:
            apply(talk, slide_window)
        yield from step(talk, [{"type": "text", "text": answers[i]}], "end_turn")
        yield talk.world.random.random() * 9


def share(world, client):
    """Agents with one preamble: what one of them keeps alive, or lets expire, is not what another has."""
    first = Talk(world, client)
    for _ in range(world.random.randint(2, 4)):
        talk = Talk(world, copy.copy(client), model=first.model, system=list(first.system), tools=copy.deepcopy(first.tools),
                    marks=first.marks, ttl=first.ttl, messages_ttl=first.messages_ttl, thinks=first.thinks)
        world.start(converse(talk, world.random.randint(1, 4), (rest, slide_window, truncate_result)), world.random.random() * 100)


def populate(world):
    """Agents of all kinds, side by side."""
    chance = world.random
    for _ in range(8):
        client = Client(world, chance.choice(["python", "js", "raw"]))
        if chance.random() < 0.15:
            client.traced = f"{chance.getrandbits(128):032x}"
        if chance.random() < 0.15:
            client.session = f"s-{world.ids}"
            client.baggage = f"session.id={client.session},user.id=u"
        if chance.random() < 0.5:
            client.workspace = f"wrkspc_{world.ids}"
        talk, turns = Talk(world, client), chance.randint(2, 5)
        kind = chance.choice(["parameters", "parameters", "history", "branch", "search", "lead", "claude", "sample", "share", "chorus"])
        if kind == "parameters":
            agent = converse(talk, turns, PARAMETERS)
        elif kind == "history":
            agent = converse(talk, turns, HISTORY)
        elif kind == "branch":
            agent = branch(talk, turns)
        elif kind == "search":
            agent = search(talk, turns)
        elif kind == "lead":
            agent = lead(talk, min(turns, 3), make_plain_helper)
        elif kind == "claude":
            talk = make_claude(world, start_claude(world))
            talk.ends = []
            agent = code(talk, turns + 2)
        elif kind == "chorus":
            chorus(world, client)
            continue
        elif kind == "sample":
            sample(world, client, chance.randint(2, 4))
            continue
        else:
            share(world, client)
            continue
        world.start(agent, chance.random() * 60)
