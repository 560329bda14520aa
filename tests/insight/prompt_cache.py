# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt cache as the API's documentation describes it (build-with-claude/prompt-caching, as of autumn 2026), to say
what each request of a simulated agent reads and writes. Written from that page, not from what Overhear does:

- A mark writes one entry: the hash of everything up to it, tools before system before messages.
- A read looks back from each mark for an entry that an earlier request wrote: 20 positions, the mark's own the first; a
  run of tool_use blocks is one position, and so is a run of tool_result blocks.
- An entry can be read once the answer of who wrote it has begun; it lives for 5 minutes or an hour, counted from the
  start of the request that wrote or read it last. Other times to live are other entries.
- Prompts below the model's smallest are not cached. Caches are apart by workspace and by model.
- Thinking, empty text and what is inside of blocks cannot be marked. The keys of inputs and schemas keep their order.
- Older models drop the thinking of earlier turns once the user says something that is no tool result."""
import hashlib
import json

TTL = {"5m": 300 * 10**9, "1h": 3600 * 10**9}
LOOK_BACK = 20
LEVELS = ("tools", "system", "messages")
SMALLEST = {"claude-opus-5": 512, "claude-opus-4-8": 1024, "claude-sonnet-5": 1024, "claude-sonnet-4-6": 1024,
            "claude-sonnet-4-5": 1024, "claude-opus-4-7": 2048, "claude-opus-4-6": 4096, "claude-haiku-4-5": 4096}
DROPS_THINKING = {"claude-sonnet-4-5", "claude-haiku-4-5"}
# Models that render how to think ahead of the tools: which ones, the page does not say.
RENDERS_AHEAD = {"claude-opus-4-7"}
TOKENS_PER_CHARACTER = 5
BILLING = "x-anthropic-billing-header:"


def blocks_of(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def bare(block):
    """What counts of a block: neither where it is marked, nor how a text is written down."""
    block = {key: value for key, value in block.items() if key != "cache_control"}
    if block.get("type") == "tool_result" and "content" in block:
        block["content"] = [bare(inner) for inner in blocks_of(block["content"])]
    return block


def mark_of(block):
    control = block.get("cache_control")
    return control and control.get("ttl", "5m")


def has(messages, test):
    return any(test(block) or any(test(inner) for inner in blocks_of(block.get("content") or "") if block["type"] == "tool_result")
               for message in messages for block in blocks_of(message["content"]))


class Position:
    def __init__(self, level, block, text, markable=True):
        self.kind = block.get("type") if level == "messages" else level
        self.level, self.mark, self.text, self.markable = level, mark_of(block), text, markable
        self.tokens = len(text) * TOKENS_PER_CHARACTER


def list_positions(body):
    """The blocks that count, in the cache's order; thinking belongs to the block behind it."""
    positions = [Position("tools", tool, json.dumps(bare(tool))) for tool in body.get("tools", [])]
    for block in blocks_of(body.get("system") or []):
        text = block["text"]
        if text.startswith(BILLING):
            text = text.partition("\n")[2]
        if text:
            positions.append(Position("system", block, text))
    spoken = [i for i, message in enumerate(body["messages"]) if message["role"] == "user"
              and any(block["type"] != "tool_result" for block in blocks_of(message["content"]))]
    for i, message in enumerate(body["messages"]):
        thinking = ""
        for block in blocks_of(message["content"]):
            if block["type"] in ("thinking", "redacted_thinking"):
                if body["model"] not in DROPS_THINKING or i > spoken[-1]:
                    thinking += json.dumps(block)
                continue
            positions.append(Position("messages", block, thinking + message["role"] + json.dumps(bare(block)),
                                      block.get("text") != ""))
            thinking = ""
    if body.get("cache_control"):
        last = [position for position in positions if position.markable][-1]
        last.mark = last.mark or mark_of(body)
    return positions


def contexts(body):
    """What stands beside the prompt and makes entries others: for each level, with those before it."""
    config = body.get("output_config", {})
    thinking = [body.get("thinking"), config.get("effort", "high")]
    ahead = body["model"] in RENDERS_AHEAD
    servers = [{k: v for k, v in server.items() if k != "authorization_token"} for server in body.get("mcp_servers", [])]
    return {
        "tools": [body["model"], config.get("format"), servers, thinking if ahead else None],
        "system": [body.get("speed", "standard"),
                   has(body["messages"], lambda block: (block.get("citations") or {} if block["type"] == "document" else {})
                       .get("enabled", False))],
        "messages": [body.get("tool_choice", {"type": "auto"}), None if ahead else thinking,
                     has(body["messages"], lambda block: block["type"] == "image")],
    }


class Entry:
    def __init__(self, used, ready):
        self.used, self.ready = used, ready


class PromptCache:
    def __init__(self):
        self.entries = {}
        self.why = None  # why the last one did not read what somebody had written: an expression

    def ask(self, body, workspace, now, ready):
        """What the request of @body reads and writes, in tokens. @ready: when its answer begins"""
        positions, beside = list_positions(body), contexts(body)
        digest, level, keys, ends, end = hashlib.sha256(workspace.encode()), None, [], [], 0
        for position in positions:
            if position.level != level:
                level = position.level
                digest.update(json.dumps([beside[name] for name in LEVELS[:LEVELS.index(level) + 1]]).encode())
            digest.update(position.text.encode() + b"\0")
            keys.append(digest.hexdigest())
            end += position.tokens
            ends.append(end)
        marks = [i for i, position in enumerate(positions) if position.mark]
        read = max([self.look_back(positions, keys, ends, mark, now) for mark in marks], default=0)
        self.why = self.find_reason(positions, keys, ends, marks, read, now)
        written, short, last = 0, 0, read
        for mark in marks:
            if ends[mark] < SMALLEST[body["model"]]:
                continue
            ttl = positions[mark].mark
            entry = self.entries.get((keys[mark], ttl))
            if entry is None or entry.used + TTL[ttl] < now:
                self.entries[keys[mark], ttl] = Entry(now, ready)
            if ends[mark] > last:
                written += ends[mark] - last
                short += ends[mark] - last if ttl == "5m" else 0
                last = ends[mark]
        return {"input_tokens": end - read - written, "cache_read_input_tokens": read,
                "cache_creation_input_tokens": written,
                "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": written - short}}

    def find_reason(self, positions, keys, ends, marks, read, now):
        for mark in marks:
            for at in range(mark, max(mark - LOOK_BACK, -1), -1):
                entry = self.entries.get((keys[at], positions[mark].mark))
                if entry and ends[at] > read:
                    return "not begun" if entry.ready > now else "expired"
        return None

    def find(self, key, ttl, now):
        entry = self.entries.get((key, ttl))
        return entry if entry and entry.ready <= now <= entry.used + TTL[ttl] else None

    def look_back(self, positions, keys, ends, mark, now):
        steps, at = 0, mark
        while at >= 0:
            runs = at < mark and positions[at].kind == positions[at + 1].kind and positions[at].kind in ("tool_use", "tool_result")
            steps += not runs
            if steps > LOOK_BACK:
                return 0
            entry = self.find(keys[at], positions[mark].mark, now)
            if entry:
                entry.used = now
                return ends[at]
            at -= 1
        return 0
