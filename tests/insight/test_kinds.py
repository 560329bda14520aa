# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of captures, each made here in a few lines and imported by itself, with what is right by the API's documentation:
why the prompt cache was not read, which call continues which, which attempts are one call, when a tool ran. desk.py says
how that is written."""
import concurrent.futures
import json
import pathlib
import sys
import tempfile

from desk import compare
from tap import check, main

SECOND = 10**9
EPOCH = 1795176000 * SECOND
KINDS = []
SDK = {"user-agent": "Anthropic/Python 0.121.0", "x-stainless-lang": "python", "x-stainless-package-version": "0.121.0"}
CLAUDE = {"user-agent": "claude-cli/2.1.330 (external, cli)", "x-app": "cli", "x-stainless-lang": "js", "x-stainless-retry-count": "0"}
RULES = "You are a careful assistant. " * 40
MARK = {"cache_control": {"type": "ephemeral"}}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
TOOLS = [{"name": "get", "description": "Gets it.", "input_schema": {"type": "object", "properties": {
    "a": {"type": "string"}, "b": {"type": "string"}}}}, {"name": "put", "description": "Puts it.", "input_schema": {"type": "object"}}]


def text(words, **more):
    return {"type": "text", "text": words, **more}


def user(*content):
    return {"role": "user", "content": content[0] if len(content) == 1 and isinstance(content[0], str) else list(content)}


def said(*content):
    return {"role": "assistant", "content": content[0] if len(content) == 1 and isinstance(content[0], str) else list(content)}


def use(key, name="get", **arguments):
    return {"type": "tool_use", "id": key, "name": name, "input": arguments}


def result(key, content="r", **more):
    return {"type": "tool_result", "tool_use_id": key, "content": content, **more}


def think(words="hm", sign="s1"):
    return {"type": "thinking", "thinking": words, "signature": sign}


IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


def ask(at, messages, answer="ok", took=1.0, cache=None, status=200, headers=None, back=None, count=None, path="/v1/messages",
        connection=1, host="api.anthropic.com", outcome=None, by="upstream", key=0, stop=None, usage=None, raw=None,
        kind="application/json", began=None, **body):
    """One exchange. @at, @took: seconds; @began: when the answer began; @cache: (read, written); @headers, @back: of the
    request and the answer; @count: the SDK's; @answer: text, blocks, or None; @raw: the answer's body as it is"""
    body = {"model": "claude-sonnet-4-6", "max_tokens": 400, **body, "messages": messages}
    sent = [["x-api-key", f"<redacted …{key:04d} e3e891a5fca14ef{key}>"], ["anthropic-version", "2023-06-01"],
            ["content-type", "application/json"]]
    sent += [[name, value] for name, value in {**(SDK if count is not None else {}), **(headers or {})}.items()]
    sent += [["x-stainless-retry-count", str(count)]] if count is not None else []
    request = json.dumps(body)
    line = {"type": "exchange", "run": 1, "connection": connection, "started_ns": EPOCH + int(at * SECOND), "route": "tunnel",
            "method": "POST", "scheme": "https", "host": host, "port": 443, "target": path, "http_version": "1.1",
            "outcome": outcome or ("finished" if status else "failed"), "ended_by": by, "gaps": 0, "pinned": False,
            "timings": {"request_sent_ns": 1000000, "ended_ns": int(took * SECOND), "reused": True},
            "request": {"headers": sent, "length": len(request), "body": request}}
    if status:
        content = [text(answer)] if isinstance(answer, str) else answer
        if raw is None and status >= 400:
            raw = json.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "x"}})
        elif raw is None:
            counts = {"input_tokens": 10, "output_tokens": 5} | (usage or {})
            if cache:
                counts |= {"cache_read_input_tokens": cache[0], "cache_creation_input_tokens": cache[1]}
            raw = json.dumps({
                "id": f"msg_{at}_{key}", "type": "message", "role": "assistant", "model": body["model"], "content": content,
                "stop_reason": stop or ("tool_use" if any(b["type"] == "tool_use" for b in content) else "end_turn"),
                "stop_sequence": None, "usage": counts})
        head = int((began if began is not None else took * 0.8) * SECOND)
        line["timings"] |= {"response_head_ns": head, "first_byte_ns": head}
        line["response"] = {"status": status, "reason": "", "headers": [["content-type", kind], *(back or [])],
                            "length": len(raw.encode()), "arrivals": [[0, head]], "body": raw}
    return line


def kind(name, exchanges, **right):
    KINDS.append((name, exchanges, right))


# --- why the cache was not read ---

def lost(name, state, why, first, second, at=60, read=0, first_cache=(0, 8000), cache=None, **common):
    """Two calls, the second of which reads @read of the 8000 tokens that the first one wrote."""
    base = {"system": [text(RULES, **MARK)], "tools": TOOLS, "messages": [user(text("q " * 200, **MARK))]} | common
    one, two = {**base, **first}, {**base, **second}
    kind("cache: " + name, [ask(0, one.pop("messages"), cache=first_cache, **one),
                            ask(at, two.pop("messages"), cache=cache or (read, 8000 - read), **two)],
         cache={"2": [state, why]})


def changed(tool, **members):
    return [{**TOOLS[0], **members} if tool == 0 else TOOLS[0], {**TOOLS[1], **members} if tool == 1 else TOOLS[1]]


NEXT = [user(text("q " * 200)), said("ok"), user(text("q2", **MARK))]
lost("a tool more, at the front", "miss", "tools", {}, {"tools": [{"name": "new", "input_schema": {"type": "object"}}, *TOOLS]})
lost("a tool more, behind a marked one: the tools are read", "partial", "tools", {"tools": [TOOLS[0], {**TOOLS[1], **MARK}]},
     {"tools": [TOOLS[0], {**TOOLS[1], **MARK}, {"name": "new", "input_schema": {"type": "object"}}]}, read=900)
lost("a tool less", "miss", "tools", {}, {"tools": TOOLS[:1]})
lost("no tools any more", "miss", "tools", {}, {"tools": []})
lost("tools in another order", "miss", "tools", {}, {"tools": TOOLS[::-1]})
lost("a tool's description", "miss", "tools.*tool 2", {}, {"tools": changed(1, description="Puts it there.")})
lost("a tool becomes strict", "miss", "tools", {}, {"tools": changed(0, strict=True)})
lost("keys deep in a schema in another order", "miss", "tools.*order of its keys", {}, {"tools": changed(0, input_schema={
    "type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "string"}}})})
lost("the web search is switched on", "miss", "tools", {}, {"tools": [*TOOLS, {"type": "web_search_20250305", "name": "web_search"}]})
lost("the system prompt begins with the time of day", "miss", "system prompt.*character", {"system": [text("It is 12:00:00. " + RULES, **MARK)]},
     {"system": [text("It is 12:01:00. " + RULES, **MARK)]})
lost("no tools, and the system prompt begins with the time of day", "miss", "system prompt", {
    "tools": [], "system": [text("12:00:00. " + RULES, **MARK)]}, {"tools": [], "system": [text("12:01:00. " + RULES, **MARK)]})
lost("the second part of the system prompt; the first is marked too", "partial", "system prompt.*part 2",
     {"system": [text(RULES, **MARK), text("It is Monday.", **MARK)]}, {"system": [text(RULES, **MARK), text("It is Tuesday.", **MARK)]}, read=6000)
lost("a system prompt as a string and as a block", "hit", "", {"system": [text(RULES)]}, {"system": RULES}, read=8000)
lost("only the mark moves on", "hit", "", {}, {"messages": NEXT}, read=8000, cache=(8000, 300))
lost("tool_choice; system and tools are read", "partial", "tool_choice", {}, {"tool_choice": {"type": "any"}}, read=6000)
lost("tool_choice; only the message was marked", "miss", "tool_choice", {}, {"tool_choice": {"type": "tool", "name": "get"}},
     system=[text(RULES)])
lost("tool_choice auto, said and not said", "hit", "", {}, {"tool_choice": {"type": "auto"}}, read=8000)
lost("thinking is switched on", "partial", "thinking", {}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, read=6000)
lost("thinking is adaptive", "partial", "thinking", {}, {"thinking": {"type": "adaptive"}}, read=6000)
lost("another thinking budget", "partial", "thinking", {"thinking": {"type": "enabled", "budget_tokens": 1024}},
     {"thinking": {"type": "enabled", "budget_tokens": 2048}}, read=6000)
lost("another thinking budget, rendered ahead of the tools", "miss", "thinking", {"thinking": {"type": "enabled", "budget_tokens": 1024}},
     {"thinking": {"type": "enabled", "budget_tokens": 2048}})
lost("thinking disabled, said and not said", "hit", "", {}, {"thinking": {"type": "disabled"}}, read=8000)
lost("the effort", "partial", "effort", {}, {"output_config": {"effort": "low"}}, read=6000)
lost("the effort's default, said and not said", "hit", "", {}, {"output_config": {"effort": "high"}}, read=8000)
lost("a format for the answer", "miss", "format", {}, {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}})
lost("a format under its old name", "miss", "format", {}, {"output_format": {"type": "json_schema", "schema": {"type": "object"}}})
lost("another MCP server", "miss", "mcp_servers", {"mcp_servers": [{"type": "url", "name": "s", "url": "https://a"}]},
     {"mcp_servers": [{"type": "url", "name": "s", "url": "https://b"}]})
SKILLS = [{"type": "anthropic", "skill_id": name, "version": "latest"} for name in ("xlsx", "pptx")]
lost("another Skill", "miss", r"container\.skills", {"container": {"skills": SKILLS[:1]}}, {"container": {"skills": SKILLS}})
lost("Skills in another order", "miss", r"container\.skills", {"container": {"skills": SKILLS}}, {"container": {"skills": SKILLS[::-1]}})
lost("the same Skills in another container", "hit", "", {"container": {"skills": SKILLS}}, {"container": {"id": "c_1", "skills": SKILLS}}, read=8000)
lost("another token for the same MCP server", "hit", "", {"mcp_servers": [{"type": "url", "name": "s", "url": "https://a", "authorization_token": "x"}]},
     {"mcp_servers": [{"type": "url", "name": "s", "url": "https://a", "authorization_token": "y"}]}, read=8000)
lost("fast mode; the tools are read", "partial", "speed", {}, {"speed": "fast"}, read=900)
lost("another model", "miss", "model", {}, {"model": "claude-opus-4-8"})
lost("the first image", "partial", "image", {}, {"messages": [user(text("q " * 200, **MARK)), said("ok"), user(IMAGE, text("q2", **MARK))]}, read=6000)
lost("the first image, in a tool's result", "partial", "image", {}, {"messages": [
    user(text("q " * 200, **MARK)), said(use("t1")), user(result("t1", [IMAGE], **MARK))]}, read=6000)
lost("a second image", "hit", "", {"messages": [user(IMAGE, text("q " * 200, **MARK))]},
     {"messages": [user(IMAGE, text("q " * 200, **MARK)), said("ok"), user(IMAGE, text("q2", **MARK))]}, read=8000, cache=(8000, 900))
lost("an image is replaced", "partial", "message", {"messages": [user(IMAGE, text("q " * 200, **MARK))]},
     {"messages": [user(text("[image]"), text("q " * 200, **MARK)), said("ok"), user(text("q2", **MARK))]}, read=6000)
lost("a document that is to be cited", "miss", "citations", {}, {"messages": [user(text("q " * 200, **MARK)), said("ok"), user(
    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}, "citations": {"enabled": True}}, text("q2", **MARK))]})
lost("six minutes", "miss", "expired", {}, {}, at=360)
lost("five minutes, but for an hour's mark", "hit", "", {"system": [text(RULES, **HOUR)], "messages": [user(text("q " * 200, **HOUR))]},
     {"system": [text(RULES, **HOUR)], "messages": [user(text("q " * 200, **HOUR))]}, at=1800, read=8000)
lost("an hour and a minute", "miss", "expired", {"system": [text(RULES, **HOUR)], "messages": [user(text("q " * 200, **HOUR))]},
     {"system": [text(RULES, **HOUR)], "messages": [user(text("q " * 200, **HOUR))]}, at=3660)
lost("six minutes, the system prompt for an hour", "partial", "expired", {"system": [text(RULES, **HOUR)]}, {"system": [text(RULES, **HOUR)]},
     at=360, read=6000)
lost("an hour instead of five minutes", "miss", "ttl", {}, {"system": [text(RULES, **HOUR)], "messages": [user(text("q " * 200, **HOUR))]})
lost("five minutes instead of an hour", "miss", "ttl", {"system": [text(RULES, **HOUR)], "messages": [user(text("q " * 200, **HOUR))]}, {})
lost("side by side", "miss", "not begun", {}, {}, at=0.2)
lost("19 blocks on", "hit", "", {}, {"messages": [user(text("q " * 200)), said("ok"), user(*(text("x") for _ in range(17)), text("y", **MARK))]},
     read=8000, cache=(8000, 900))
lost("20 blocks on", "partial", "20 blocks", {}, {"messages": [
    user(text("q " * 200)), said("ok"), user(*(text("x") for _ in range(18)), text("y", **MARK))]}, read=6000)
lost("25 tools at once are two positions", "hit", "", {}, {"messages": [
    user(text("q " * 200)), said(*(use(f"t{i}") for i in range(25))), user(*(result(f"t{i}") for i in range(24)), result("t24", **MARK))]},
    read=8000, cache=(8000, 900))
lost("another workspace", "miss", "workspace", {"headers": {"anthropic-workspace-id": "wrkspc_1"}}, {"headers": {"anthropic-workspace-id": "wrkspc_2"}})
lost("another key of one organization", "hit", "", {"back": [["anthropic-organization-id", "o1"]]}, {"key": 1, "back": [["anthropic-organization-id", "o1"]]}, read=8000)
lost("another organization", "write", "", {"back": [["anthropic-organization-id", "o1"]]}, {"key": 1, "back": [["anthropic-organization-id", "o2"]]})
TALK = [user("q " * 200), said(think(), use("t1")), user(result("t1", **MARK))]
lost("the client leaves the thinking out", "partial", "thinking", {"messages": TALK}, {"messages": [
    user("q " * 200), said(use("t1")), user(result("t1")), said("ok"), user(text("q2", **MARK))]}, read=6000)
lost("an older model drops the thinking once the user speaks", "partial", "thinking", {"messages": TALK}, {"messages": [
    *TALK, said("ok"), user(text("q2", **MARK))]}, read=6000, model="claude-sonnet-4-5")
lost("nothing tells", "partial", "does not say why", {"messages": TALK}, {"messages": [*TALK, said("ok"), user(text("q2", **MARK))]}, read=6000)
BILLED = "x-anthropic-billing-header: cc_version=2.1.330."
lost("only the billing line", "hit", "", {"system": [text(BILLED + "1"), text(RULES, **MARK)]}, {"system": [text(BILLED + "2"), text(RULES, **MARK)]}, read=8000)
lost("the billing line and what stands behind it", "miss", "system prompt", {"system": [text(BILLED + "1"), text("A" + RULES, **MARK)]},
     {"system": [text(BILLED + "2"), text("B" + RULES, **MARK)]})
lost("an earlier question is edited", "partial", "message", {"messages": [user("q1 " * 99), said("ok"), user(text("q2 " * 99, **MARK))]},
     {"messages": [user("p1 " * 99), said("ok"), user("q2 " * 99), said("fine"), user(text("q3", **MARK))]}, read=6000)
lost("an old result is cleared", "partial", "message", {"messages": [user("go"), said(use("t1")), user(result("t1", "x" * 900)), said(use("t2")), user(result("t2", **MARK))]},
     {"messages": [user("go"), said(use("t1")), user(result("t1", "[cleared]")), said(use("t2")), user(result("t2")), said("ok"), user(text("on", **MARK))]}, read=6000)
lost("an answer's input has its keys in another order", "partial", "message.*order of its keys",
     {"messages": [user("go"), said(use("t1", a="1", b="2")), user(result("t1", **MARK))]},
     {"messages": [user("go"), said(use("t1", b="2", a="1")), user(result("t1")), said("ok"), user(text("on", **MARK))]}, read=6000)
lost("what the sampling is", "hit", "", {"temperature": 1}, {"temperature": 0.2, "top_p": 0.9, "stop_sequences": ["x"], "max_tokens": 9}, read=8000)
lost("a stream, a user, a tier", "hit", "", {}, {"metadata": {"user_id": "u"}, "service_tier": "standard_only"}, read=8000)
lost("one mark for all of it", "hit", "", {"cache_control": {"type": "ephemeral"}, "system": RULES, "messages": [user("q " * 200)]},
     {"cache_control": {"type": "ephemeral"}, "system": RULES, "messages": [user("q " * 200), said("ok"), user("q2")]}, read=8000, cache=(8000, 90))
lost("nothing asked for", "off", "", {}, {"system": RULES, "messages": [user("q")]}, cache=(0, 0))
lost("the API says: the system prompt", "miss", "system prompt", {}, {"raw": json.dumps({
    "id": "m2", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6", "content": [text("ok")], "stop_reason": "end_turn",
    "diagnostics": {"cache_miss_reason": {"type": "system_changed", "cache_missed_input_tokens": 8000}},
    "usage": {"input_tokens": 1, "output_tokens": 1, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 8000}})})

Q = {"system": [text(RULES, **MARK)], "tools": TOOLS}
ONE = [user(text("q " * 200, **MARK))]
kind("cache: each read counts anew", [ask(at, ONE, cache=(0, 8000) if at == 0 else (8000, 0), **Q) for at in (0, 240, 480, 720)],
     cache={"1": ["write", ""], "2": ["hit", ""], "3": ["hit", ""], "4": ["hit", ""]})
kind("cache: what failed has not read it", [ask(0, ONE, cache=(0, 8000), **Q), ask(240, ONE, status=529, **Q), ask(400, ONE, cache=(0, 8000), **Q)],
     cache={"3": ["miss", "expired"]})
kind("cache: counting tokens is no use of it", [
    ask(0, ONE, cache=(0, 8000), **Q), ask(240, ONE, raw='{"input_tokens": 8000}', path="/v1/messages/count_tokens", **Q),
    ask(400, ONE, cache=(0, 8000), **Q)], cache={"3": ["miss", "expired"]})
kind("cache: warmed by a call for no token", [ask(0, ONE, [], cache=(0, 8000), **Q | {"max_tokens": 0}), ask(9, ONE, cache=(8000, 0), **Q)],
     cache={"1": ["write", ""], "2": ["hit", ""]})
kind("cache: a setting there and back", [
    ask(0, ONE, cache=(0, 8000), **Q), ask(9, ONE, cache=(6000, 2000), tool_choice={"type": "none"}, **Q), ask(18, ONE, cache=(8000, 0), **Q)],
    cache={"2": ["partial", "tool_choice"], "3": ["hit", ""]})
kind("cache: two agents with one preamble, then each its own", [
    ask(0, [user(text("a " * 200, **MARK))], cache=(0, 8000), **Q), ask(9, [user(text("b " * 200, **MARK))], cache=(6000, 2000), **Q),
    ask(18, [user(text("a " * 200)), said("ok"), user(text("a2", **MARK))], cache=(8000, 300), **Q),
    ask(27, [user(text("b " * 200)), said("ok"), user(text("b2", **MARK))], cache=(6000, 2300), **Q | {"tool_choice": {"type": "none"}})],
    cache={"2": ["hit", ""], "3": ["hit", ""], "4": ["partial", "tool_choice"]})
kind("cache: agents that share nothing but the question", [
    ask(0, ONE, cache=(0, 8000), **Q), ask(9, ONE, cache=(0, 5000), model="claude-opus-4-8",
                                          system=[text("Be brief. " * 99, **MARK)], tools=[{"name": "x", "input_schema": {"type": "object"}}])],
    cache={"2": ["write", ""]})


# --- which call continues which ---

def talk(*turns):
    """Messages by turns: user, assistant, user, …"""
    return [(user if i % 2 == 0 else said)(*(turn if isinstance(turn, list) else [turn])) for i, turn in enumerate(turns)]


def chat(name, exchanges, **right):
    kind("chat: " + name, exchanges, **right)


STEPS = [ask(0, talk("go"), [use("t1")]), ask(3, talk("go", [use("t1")], [result("t1", "x" * 400)]), [use("t2")])]
chat("three turns of few words", [ask(0, talk("q1"), "a"), ask(3, talk("q1", "a", "q2"), "b"), ask(6, talk("q1", "a", "q2", "b", "q3"), "c")],
     threads=[[1, 2, 3]], traces=[[1, 2, 3]], parents={"2": 1, "3": 2}, new={"2": 2, "3": 4})
chat("a file that names its calls backwards", [ask(6, talk("q1", "a", "q2", "b", "q3"), "c"), ask(3, talk("q1", "a", "q2"), "b"), ask(0, talk("q1"), "a")],
     threads=[[1, 2, 3]], parents={"2": 1, "3": 2}, new={"2": 2, "3": 4})
chat("two that begin alike are told apart by their answers", [
    ask(0, talk("hi"), "a"), ask(1, talk("hi"), "b"), ask(5, talk("hi", "a", "q"), "x"), ask(6, talk("hi", "b", "q"), "y")],
    threads=[[1, 3], [2, 4]], traces=[[1, 3], [2, 4]], parents={"3": 1, "4": 2})
A, B = {"system": "You are A."}, {"system": "You are B."}
chat("two that are told the same and answer the same are told apart by their system prompts", [
    ask(0, talk("hi"), **A), ask(1, talk("hi"), **B), ask(5, talk("hi", "ok", "on"), **A), ask(6, talk("hi", "ok", "on"), **B),
    ask(9, talk("hi", "ok", "on", "ok", "on"), **A)], threads=[[1, 3, 5], [2, 4]], traces=[[1, 3, 5], [2, 4]], parents={"3": 1, "4": 2, "5": 3})
chat("the same, and the window of one slides to what the other has said", [
    ask(0, talk("q1"), **A), ask(3, talk("q1", "ok", "q2"), **A), ask(4, talk("q2"), **B), ask(6, talk("q2", "ok", "q3"), **A)],
    threads=[[1, 2, 4], [3]], parents={"2": 1, "4": 2})
chat("the same with tools of one id", [
    ask(0, talk("go"), [use("call_0")], **A), ask(1, talk("go"), [use("call_0")], **B), ask(5, talk("go", [use("call_0")], [result("call_0")]), **A),
    ask(7, talk("go", [use("call_0")], [result("call_0")]), **B)], threads=[[1, 3], [2, 4]],
    tools=[{"id": "call_0", "ms": 4000, "asked": 1, "by": 3}, {"id": "call_0", "ms": 5000, "asked": 2, "by": 4}])
chat("a system prompt that tells the time ties no less", [
    ask(0, talk("hi"), system="12:00"), ask(5, talk("hi", "ok", "on"), system="12:05"), ask(9, talk("hi", "ok", "on", "ok", "on"), system="12:09")],
    threads=[[1, 2, 3]], parents={"2": 1, "3": 2})
chat("a branch", [ask(0, talk("q1"), "a"), ask(3, talk("q1", "a", "q2"), "b"), ask(6, talk("q1", "a", "q3"), "c"), ask(9, talk("q1", "a", "q2", "b", "q4"), "d")],
     threads=[[1, 2, 3, 4]], parents={"2": 1, "3": 1, "4": 2})
chat("five samples of one question", [ask(i / 10, talk("q"), f"a{i}") for i in range(5)], threads=[[i] for i in range(1, 6)], traces=[[i] for i in range(1, 6)])
chat("the window slides over tools", [*STEPS, ask(6, [said(use("t2")), user(result("t2"))], "ok")], threads=[[1, 2, 3]], parents={"3": 2}, new={"3": 1})
chat("the window slides over short answers", [
    ask(0, talk("q1"), "a1"), ask(3, talk("q1", "a1", "q2"), "a2"), ask(6, talk("q1", "a1", "q2", "a2", "q3"), "a3"), ask(9, talk("q2", "a2", "q3", "a3", "q4"), "a4")],
    threads=[[1, 2, 3, 4]], parents={"4": 3}, new={"4": 4})
chat("an old result is cut", [*STEPS, ask(6, talk("go", [use("t1")], [result("t1", "x…")], [use("t2")], [result("t2")]), "ok")],
     threads=[[1, 2, 3]], parents={"3": 2}, new={"3": 4})
chat("an old result is cut under a short answer", [
    ask(0, talk("go"), [use("toolu_0123456789abcdef")]), ask(3, talk("go", [use("toolu_0123456789abcdef")], [result("toolu_0123456789abcdef", "x" * 99)]), "ok"),
    ask(6, talk("go", [use("toolu_0123456789abcdef")], [result("toolu_0123456789abcdef", "x…")], "ok", "on"), "fine")], parents={"3": 2}, new={"3": 4})
chat("old results are cleared", [*STEPS, ask(6, talk("go", [use("t1")], [result("t1", "[cleared]")], [use("t2")], [result("t2")]), "ok")], parents={"3": 2})
chat("an old call of a tool is left out with its result", [*STEPS, ask(6, talk("go", [use("t2")], [result("t2")]), "ok")], threads=[[1, 2, 3]], parents={"3": 2})
chat("a summary stands for the beginning, the tail stays", [
    *STEPS, ask(6, [user("Summary: went well."), said(use("t2")), user(result("t2"))], "ok")], threads=[[1, 2, 3]], parents={"3": 2})
chat("a reminder that goes again", [
    ask(0, [user(text("go"), text("<system-reminder>one</system-reminder>"))], "a long answer that nobody would give twice, for it says so many words in a row"),
    ask(3, talk([text("go")], "a long answer that nobody would give twice, for it says so many words in a row", "on"), "ok")], threads=[[1, 2]], parents={"2": 1})
chat("space around an answer is stripped", [ask(0, talk("q"), "  the answer\n"), ask(3, talk("q", "the answer", "on"), "b")], parents={"2": 1}, new={"2": 2})
chat("an answer's thinking is left out", [ask(0, talk("q"), [think(), text("a")]), ask(3, talk("q", "a", "on"), "b")], parents={"2": 1}, new={"2": 2})
chat("an answer's input is written in another way", [ask(0, talk("go"), [use("t1", a="1", b="ü")]), ask(3, talk("go", [use("t1", b="ü", a="1")], [result("t1")]), "ok")],
     parents={"2": 1}, new={"2": 2})
chat("a reply that the client edits", [ask(0, talk("q"), "a"), ask(3, talk("q", "another", "on"), "b")], threads=[[1, 2]], parents={"2": 1}, new={"2": 1})
chat("an answer goes on from what it was given", [ask(0, talk("q", "{"), '"a": 1}'), ask(3, talk("q", '{"a": 1}', "on"), "b")], threads=[[1, 2]], parents={"2": 1})
chat("a paused turn", [ask(0, talk("q"), [text("look"), {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}], stop="pause_turn"),
     ask(3, talk("q", [text("look"), {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}]), "ok")],
     threads=[[1, 2]], parents={"2": 1}, new={"2": 2})
chat("the server has the history", [ask(0, talk("q"), "a", raw=json.dumps({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [text("a")],
     "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}}), thread={"type": "create"}),
     ask(3, talk("on"), "b", thread={"type": "continue", "previous_message_id": "msg_1"})], threads=[[1, 2]], parents={"2": 1})
chat("a word of the operator in between", [ask(0, talk("q"), "a"), ask(3, [user("q"), said("a"), {"role": "system", "content": "Be brief."}, user("on")], "b")],
     threads=[[1, 2]], parents={"2": 1}, new={"2": 2})
chat("what was refused is sent shorter", [ask(0, talk("q"), "a"), ask(3, talk("q", "a", "x" * 99), status=400), ask(6, talk("q", "a", "x"), "b")],
     threads=[[1, 2, 3]], parents={"2": 1, "3": 1})
chat("a batch is no conversation", [ask(0, talk("q"), raw='{"id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress"}', path="/v1/messages/batches"),
     ask(3, talk("q"), "a")], threads=[[2]], traces=[[2]])
chat("models are listed and tokens counted in between", [
    ask(0, talk("q"), "a"), ask(2, talk("q", "a", "on"), raw='{"input_tokens": 5}', path="/v1/messages/count_tokens"), ask(3, talk("q", "a", "on"), "b")],
    threads=[[1, 3]], traces=[[1, 3]], parents={"3": 1})
chat("Bedrock", [ask(0, talk("q"), "a", path="/model/us.anthropic.claude-sonnet-4-6/invoke", host="bedrock-runtime.us-east-1.amazonaws.com", anthropic_version="bedrock-2023-05-31"),
     ask(3, talk("q", "a", "on"), "b", path="/model/us.anthropic.claude-sonnet-4-6/invoke", host="bedrock-runtime.us-east-1.amazonaws.com", anthropic_version="bedrock-2023-05-31")],
     threads=[[1, 2]], parents={"2": 1})


# --- sessions and agents ---

def claude(at, messages, answer="ok", session="s1", agent=None, above=None, system="You are Claude Code.", **more):
    told = {"x-claude-code-session-id": session} if session else {}
    told |= ({"x-claude-code-agent-id": agent} if agent else {}) | ({"x-claude-code-parent-agent-id": above} if above else {})
    return ask(at, messages, answer, headers=CLAUDE | told, system=[text(BILLED + str(at)), text(system)], tools=more.pop("tools", TOOLS), **more)


TASK = [use("toolu_1", "Task", prompt="look for the tests", description="look")]
chat("Claude Code: what names the conversation is another one", [
    claude(0, talk("hi"), "hello"), claude(0.1, talk("hi"), '{"title": "Hi"}', system="Name it.", tools=[]), claude(5, talk("hi", "hello", "on"))],
    threads=[[1, 3], [2]], traces=[[1, 3], [2]], sessions=[[1, 2, 3]])
chat("Claude Code: two sessions that begin alike", [
    claude(0, talk("hi"), "a"), claude(1, talk("hi"), "b", session="s2"), claude(5, talk("hi", "a", "on")), claude(6, talk("hi", "b", "on"), session="s2")],
    threads=[[1, 3], [2, 4]], sessions=[[1, 3], [2, 4]])
chat("Claude Code: compacted, and what was sent then failed twice", [
    claude(0, talk("hi"), "a"), claude(3, talk("hi", "a", "Summarize."), "all of it"), claude(6, talk([text("Continued: all of it"), text("on")]), status=529),
    claude(8, talk([text("Continued: all of it"), text("on")]), status=529), claude(11, talk([text("Continued: all of it"), text("on")]), "b"),
    claude(15, talk([text("Continued: all of it"), text("on")], "b", "more"), "c")],
    threads=[[1, 2, 3, 4, 5, 6]], calls=[[1], [2], [3, 4, 5], [6]], parents={"3": 2, "4": 2, "5": 2, "6": 5})
chat("Claude Code: another model in the middle", [claude(0, talk("hi"), "a"), claude(3, talk("hi", "a", "on"), model="claude-opus-4-8")], threads=[[1, 2]], parents={"2": 1})
chat("Claude Code: goes back", [claude(0, talk("q1"), "a"), claude(3, talk("q1", "a", "q2"), "b"), claude(6, talk("q1", "a", "q3"), "c")],
     threads=[[1, 2, 3]], parents={"2": 1, "3": 1})
chat("Claude Code: a helper and its helper", [
    claude(0, talk("go"), TASK), claude(2, talk("look for the tests"), [use("toolu_2", "Task", prompt="count the files")], agent="a1", system="You help."),
    claude(4, talk("count the files"), "7", agent="a2", above="a1", system="You count."),
    claude(6, talk("look for the tests", [use("toolu_2", "Task", prompt="count the files")], [result("toolu_2", "7")]), "done", agent="a1", system="You help."),
    claude(9, talk("go", TASK, [result("toolu_1", "done")]), "ok")],
    threads=[[1, 5], [2, 4], [3]], traces=[[1, 2, 3, 4, 5]], sessions=[[1, 2, 3, 4, 5]])
chat("Claude Code: counting tokens says nothing of who speaks", [
    claude(0, talk("go"), TASK), claude(1, talk("look for the tests"), raw='{"input_tokens": 5}', path="/v1/messages/count_tokens", agent="a1", system="You help."),
    claude(2, talk("look for the tests"), "done", agent="a1", system="You help.")], threads=[[1], [3]], traces=[[1, 3]], parents={"3": 0})
USER = f"user_{'ab' * 32}_account_a1_session_s9"
for form in (USER, json.dumps({"device_id": "d", "account_uuid": "a1", "session_id": "s9"}), json.dumps({"device_id": "d", "account_uuid": "", "session_id": "s9"})):
    chat(f"a session by metadata.user_id, {form[:20]}", [
        claude(0, talk("q1"), "a", session=None, metadata={"user_id": form}), claude(9, talk("p1"), "b", session=None, metadata={"user_id": form}, system="Name it.", tools=[])],
        sessions=[[1, 2]], threads=[[1], [2]])
chat("a user's name is no session", [ask(0, talk("q"), metadata={"user_id": "user-123"}), ask(3, talk("p"), metadata={"user_id": "user-123"})], sessions=[])
for form, parties in (
        ("sessions by baggage", [{"headers": {"baggage": f"session.id={it}"}} for it in "ab"]),
        ("users by metadata.user_id", [{"metadata": {"user_id": it}} for it in ("u1", "u2")]),
        ("traces", [{"headers": {"traceparent": f"00-{it * 32}-{it * 16}-01"}} for it in "ab"])):
    chat(f"two {form} with the same words and answers", [
        ask(at, talk("hi") if at < 2 else talk("hi", "Hello!", "on"), "Hello!", **parties[number]) for at, number in ((0, 0), (1, 1), (5, 0), (6, 1))],
        threads=[[1, 3], [2, 4]], parents={"3": 1, "4": 2})
chat("a conversation goes on in another session", [
    ask(at, talk(*words), "ok", headers={"baggage": f"session.id={session}"})
    for at, session, words in ((0, "a", ["q1"]), (3, "a", ["q1", "ok", "q2"]), (6, "b", ["q1", "ok", "q2", "ok", "q3"]), (9, "b", ["q1", "ok", "q2", "ok", "q3", "ok", "q4"]))],
    threads=[[1, 2, 3, 4]], sessions=[[1, 2], [3, 4]], traces=[[1, 2], [3, 4]])
chat("Claude Code: resumed as another session", [
    claude(0, talk("hi"), "a"), claude(3, talk("hi", "a", "on"), "b"), claude(99, talk("hi", "a", "on", "b", "again"), "c", session="s2")],
    threads=[[1, 2, 3]], sessions=[[1, 2], [3]], traces=[[1, 2], [3]])
chat("a session by baggage", [ask(0, talk("q"), headers={"baggage": "session.id=s1,user.id=u"}), ask(3, talk("p"), headers={"baggage": "user.id=u,session.id=s1"})],
     sessions=[[1, 2]], traces=[[1], [2]])
chat("one trace by traceparent", [ask(i, talk(f"q{i}"), headers={"traceparent": f"00-{'ab' * 16}-{i:016x}-01"}) for i in (1, 3)], traces=[[1, 2]], threads=[[1], [2]])
chat("helpers of a program of its own, and the same words afterwards", [
    ask(0, talk("go"), [use("t1", "run", task="find all files"), use("t2", "run", task="find all files")]),
    ask(2, talk("find all files"), "a", system="You find."), ask(2.1, talk("find all files"), "b", system="You find."),
    ask(5, talk("go", [use("t1", "run", task="find all files"), use("t2", "run", task="find all files")], [result("t1"), result("t2")]), "ok"),
    ask(9, talk("find all files"), "c")], traces=[[1, 2, 3, 4], [5]], threads=[[1, 4], [2], [3], [5]])
chat("another agent's result under the same id ends no helper", [
    ask(0, talk("go"), [use("call_0", "run", task="find all files")]), ask(1, talk("else"), [use("call_0")]),
    ask(3, talk("else", [use("call_0")], [result("call_0")]), "ok"), ask(5, talk("find all files"), "a", system="You find.")], traces=[[1, 4], [2, 3]])
chat("a helper whose first try fails", [
    ask(0, talk("go"), [use("t1", "run", task="find all files")]), ask(2, talk("find all files"), status=500, system="You find."),
    ask(5, talk("find all files"), "a", system="You find.")], traces=[[1, 2, 3]])


# --- which attempts are one call ---

def tries(name, exchanges, calls, **right):
    kind("tries: " + name, exchanges, calls=calls, **right)


def failing(at, status=529, back=None, **more):
    return ask(at, talk("q"), status=status, back=back, took=0.5, **more)


tries("the SDK's count", [failing(0, count=0), failing(1, count=1), ask(2.5, talk("q"), count=2)], [[1, 2, 3]])
tries("retry-after-ms", [failing(0, 429, [["retry-after-ms", "1500"]], count=0), ask(2.1, talk("q"), count=1)], [[1, 2]])
tries("retry-after as a date", [failing(0, 429, [["retry-after", "Fri, 20 Nov 2026 12:00:20 GMT"]], count=0), ask(20.2, talk("q"), count=1)], [[1, 2]])
tries("a wait of a day is not waited by Python", [failing(0, 429, [["retry-after", "86400"]], count=0), ask(1.0, talk("q"), count=1)], [[1, 2]])
tries("x-should-retry on what is retried by nobody else", [failing(0, 400, [["x-should-retry", "true"]], count=0), ask(1, talk("q"), count=1)], [[1, 2]])
tries("x-should-retry: false, and it is sent anew", [failing(0, 529, [["x-should-retry", "false"]], count=0), ask(1, talk("q"), count=0)], [[1], [2]])
tries("no answer at all", [failing(0, 0, count=0), ask(1, talk("q"), count=1, connection=2)], [[1, 2]])
tries("the client gave up waiting", [ask(0, talk("q"), status=0, by="client", took=60, count=0), ask(60.6, talk("q"), count=1, connection=2)], [[1, 2]])
tries("a count whose beginning is missing", [ask(0, talk("q"), count=1)], [[1]])
tries("the count begins anew: the program asks again", [failing(0, count=0), failing(1, count=1), failing(2.5, count=2), ask(5, talk("q"), count=0)], [[1, 2, 3], [4]])
tries("another body", [failing(0, count=0), ask(1, talk("p"), count=1)], [[1], [2]])
tries("another key", [failing(0, count=0), ask(1, talk("q"), count=1, key=1)], [[1], [2]])
tries("two side by side, both again", [failing(0, count=0, key=1), failing(0.1, count=0, key=2), ask(1, talk("q"), count=1, key=1), ask(1.1, talk("q"), count=1, key=2)],
      [[1, 3], [2, 4]])
tries("an answered question again", [ask(0, talk("q"), count=0), ask(2, talk("q"), count=0)], [[1], [2]])
tries("refused, and the same again", [failing(0, 400), ask(2, talk("q"))], [[1], [2]])
tries("a program's own loop that was not asked to wait", [failing(0, 500), ask(3, talk("q"))], [[1], [2]])
tries("a program's own loop that waits as asked", [failing(0, 429, [["retry-after", "4"]]), ask(4.6, talk("q"))], [[1, 2]], said=[["traces", "1"], "likely attempt 2"])
tries("a program's own loop that does not wait as asked", [failing(0, 429, [["retry-after", "30"]]), ask(2, talk("q"))], [[1], [2]])
tries("long after the wait it was asked for", [failing(0, 429, [["retry-after", "4"]]), ask(300, talk("q"))], [[1], [2]])
tries("one span", [failing(0, 500, headers={"traceparent": f"00-{'ab' * 16}-{7:016x}-01"}), ask(3, talk("q"), headers={"traceparent": f"00-{'ab' * 16}-{7:016x}-01"})], [[1, 2]])
tries("an error in the stream is not tried again by the SDK", [
    ask(0, talk("q"), count=0, stream=True, kind="text/event-stream", raw='event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}\n\n'),
    ask(2, talk("q"), count=0, stream=True, kind="text/event-stream", raw='event: message_stop\ndata: {"type": "message_stop"}\n\n')], [[1], [2]])
tries("Claude Code: its own loop", [claude(0, talk("q"), status=529, took=0.4), claude(1, talk("q"), status=529, took=0.4), claude(2.5, talk("q"))], [[1, 2, 3]])
tries("Claude Code: fewer tokens after a refusal", [claude(0, talk("q"), status=400, took=0.4), claude(1, talk("q"), max_tokens=100)], [[1, 2]])
tries("Claude Code: two sessions fail at once", [claude(0, talk("q"), status=529, took=0.4), claude(0.1, talk("q"), status=529, took=0.4, session="s2"),
      claude(1, talk("q"), session="s2"), claude(1.2, talk("q"))], [[1, 4], [2, 3]])


# --- when a tool ran ---

def ran(name, exchanges, tools, **right):
    kind("tools: " + name, exchanges, tools=tools, **right)


GO = ask(0, talk("go"), [use("t1")])
BACK = talk("go", [use("t1")], [result("t1", "r")])
SEARCH = {"type": "server_tool_use", "id": "srv1", "name": "web_search", "input": {"query": "x"}}
ran("from the answer to the request", [GO, ask(3, BACK)], [{"id": "t1", "name": "get", "ms": 2000, "result": "r", "asked": 1, "by": 2}])
ran("two at once", [ask(0, talk("go"), [use("t1"), use("t2", "put")]), ask(3, talk("go", [use("t1"), use("t2", "put")], [result("t1", "a"), result("t2", "b")]))],
    [{"id": "t1", "ms": 2000, "result": "a"}, {"id": "t2", "name": "put", "ms": 2000, "result": "b"}])
ran("the first attempt brings the result", [GO, ask(3, BACK, status=529, count=0), ask(5, BACK, status=529, count=1), ask(8, BACK, count=2)], [{"id": "t1", "ms": 2000, "by": 2}])
ran("words before the result", [GO, ask(3, talk("go", [use("t1")], [result("t1", "r"), text("and now?")]))], [{"id": "t1", "ms": 2000, "result": "r"}])
ran("a result of blocks", [GO, ask(3, talk("go", [use("t1")], [result("t1", [text("a"), IMAGE, text("b")])]))], [{"id": "t1", "ms": 2000, "result": "a\nb"}])
ran("an error", [GO, ask(3, talk("go", [use("t1")], [result("t1", "no", is_error=True)]))], [{"id": "t1", "ms": 2000, "result": "no"}])
ran("never answered", [GO], [{"id": "t1", "ms": None, "result": None, "by": None}])
ran("the user speaks instead of the tool", [GO, ask(3, talk("go", [use("t1")], "never mind"))], [{"id": "t1", "ms": None, "by": None}])
ran("another agent's result under the same id", [
    ask(0, talk("go"), [use("call_0")]), ask(1, talk("else"), [use("call_0")]), ask(4, talk("else", [use("call_0")], [result("call_0", "e")])),
    ask(6, talk("go", [use("call_0")], [result("call_0", "g")]))],
    [{"id": "call_0", "ms": 5000, "result": "g", "asked": 1, "by": 4}, {"id": "call_0", "ms": 2000, "result": "e", "asked": 2, "by": 3}])
ran("the answer's own end of a paused turn", [ask(0, talk("q"), [SEARCH], stop="pause_turn"), ask(3, talk("q", [SEARCH]), [
    {"type": "web_search_tool_result", "tool_use_id": "srv1", "content": []}, text("ok")])], [{"id": "srv1", "asked": 1, "by": 2}])
ran("a search that fails", [ask(0, talk("q"), [SEARCH, {"type": "web_search_tool_result", "tool_use_id": "srv1", "content": {
    "type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}}, text("no")])], [{"id": "srv1", "asked": 1, "by": 1}])
ran("another's server", [ask(0, talk("q"), [{"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "echo", "server_name": "s", "input": {}}, {
    "type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": False, "content": [text("hi")]}, text("ok")])], [{"id": "mcptoolu_1", "name": "echo", "result": "hi", "by": 1}])
ran("the result is cut later", [*STEPS, ask(6, talk("go", [use("t1")], [result("t1", "x…")], [use("t2")], [result("t2", "y")]))],
    [{"id": "t1", "ms": 2000, "by": 2}, {"id": "t2", "ms": 2000, "result": "y", "by": 3}])
ran("a helper runs in it", [ask(0, talk("go"), [use("t1", "run", task="find all files")]), ask(2, talk("find all files"), "7", took=3, system="You find."),
    ask(6, talk("go", [use("t1", "run", task="find all files")], [result("t1", "7")]))], [{"id": "t1", "name": "run", "ms": 5000, "result": "7", "by": 3}])
ran("tokens are counted with the result before it is sent", [GO, ask(3, BACK, raw='{"input_tokens": 5}', path="/v1/messages/count_tokens"), ask(4, BACK)],
    [{"id": "t1", "ms": 3000, "by": 3}])


# --- the test ---

def try_kind(name, exchanges, right):
    """None, or what is said wrongly."""
    with tempfile.TemporaryDirectory(prefix="overhear-") as folder:
        path = pathlib.Path(folder) / "calls.jsonl"
        lines = [{"type": "overhear", "format": 1, "version": "0.1.0"}]
        lines += [{**line, "id": number} for number, line in enumerate(exchanges, 1)]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        try:
            compare(path, right)
        except AssertionError as error:
            return error
    return None


pool = concurrent.futures.ThreadPoolExecutor(2)


def register(name, exchanges, right):
    tried = pool.submit(try_kind, name, exchanges, right)

    @check(name)
    def test():
        error = tried.result()
        assert error is None, error


for entry in KINDS:
    if len(sys.argv) < 2 or any(word in entry[0] for word in sys.argv[1:]):
        register(*entry)
main()
