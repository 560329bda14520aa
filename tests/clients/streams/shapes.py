# SPDX-License-Identifier: GPL-3.0-or-later
"""Random streamed answers, made from what the API's documentation says of each event, block and delta, and of server-sent
events. stream(random) gives a Stream; the same number makes the same one."""
import dataclasses
import json

WORDS = ["Grüezi", "wörld", " and ", "\n\n", "\"quoted\"", "\\", "\t", "😀", "👩‍👩‍👧", "日本語", "\u2028", "\u0085", "\x0b", "\x00", "é", "</s>", "data: x", "{", "}",
         "event: y", "1234567890", "", "\ufeff", "\u200b", "a" * 300]
NAMES = ["get", "wéather", "str_replace_based_edit_tool", "mcp__x__y", "n" * 64]
STOPS = ["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "model_context_window_exceeded"]


@dataclasses.dataclass
class Stream:
    data: bytes
    plain: bytes        # the same without what the SDK does not take: a byte order mark
    ends: str           # "whole", "cut" or "error"
    seed: int


def text(random, most=8):
    return "".join(random.choice(WORDS) for _ in range(random.randrange(most)))


def value(random, depth=0):
    kind = random.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return random.choice([0, -1, 1.5, 1e300, -2.5e-7, 2**53 + 1, 12345678901234567890, 0.1])
    if kind == 1:
        return random.choice([True, False, None])
    if kind < 6:
        return text(random)
    if kind == 6:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    return {text(random, 3) or "k": value(random, depth + 1) for _ in range(random.randrange(4))}


def cut(random, whole):
    """A text in pieces, some of them empty."""
    places = sorted(random.randrange(len(whole) + 1) for _ in range(random.choice([0, 1, 3, 12])))
    return [whole[a:b] for a, b in zip([0, *places], [*places, len(whole)])]


def cut_units(random, whole):
    """The same, but a character beyond U+FFFF may be cut in two, as JSON's escapes allow."""
    units = whole.encode("utf-16-le")
    places = sorted(2 * random.randrange(len(units) // 2 + 1) for _ in range(random.choice([0, 2, 9])))
    return [units[a:b].decode("utf-16-le", "surrogatepass") for a, b in zip([0, *places], [*places, len(units)])]


def citation(random):
    return random.choice([
        {"type": "char_location", "cited_text": text(random), "document_index": 0, "document_title": None, "file_id": None,
         "start_char_index": 0, "end_char_index": 9},
        {"type": "page_location", "cited_text": "c", "document_index": 1, "document_title": "t", "file_id": "file_1", "start_page_number": 1, "end_page_number": 2},
        {"type": "web_search_result_location", "cited_text": text(random), "encrypted_index": "Eo8B", "title": None, "url": "https://a.test/"},
        {"type": "search_result_location", "cited_text": "c", "search_result_index": 0, "source": "s", "title": "t", "start_block_index": 0, "end_block_index": 1}])


def results(random):
    """Blocks that come whole."""
    return random.choice([
        {"type": "redacted_thinking", "data": "EmwKAhgB" * random.randrange(1, 90)},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
            {"type": "web_search_result", "url": "https://a.test/", "title": text(random), "encrypted_content": "Eq", "page_age": None}
            for _ in range(random.randrange(3))]},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}},
        {"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_2", "content": {"type": "web_fetch_result", "url": "https://a.test/", "retrieved_at": None,
            "content": {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text(random)}, "title": "t", "citations": {"enabled": True}}}},
        {"type": "code_execution_tool_result", "tool_use_id": "srvtoolu_3", "content": {
            "type": "code_execution_result", "stdout": text(random), "stderr": "", "return_code": 1, "content": [{"type": "code_execution_output", "file_id": "file_1"}]}},
        {"type": "bash_code_execution_tool_result", "tool_use_id": "srvtoolu_3", "content": {
            "type": "bash_code_execution_tool_result_error", "error_code": "unavailable"}},
        {"type": "text_editor_code_execution_tool_result", "tool_use_id": "srvtoolu_4", "content": {
            "type": "text_editor_code_execution_view_result", "content": text(random), "file_type": "text", "num_lines": 1, "start_line": 1, "total_lines": 1}},
        {"type": "tool_search_tool_result", "tool_use_id": "srvtoolu_5", "content": {"type": "tool_search_tool_search_result", "tool_references": [
            {"type": "tool_reference", "tool_name": "get"}]}},
        {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": random.random() < 0.5, "content": [{"type": "text", "text": text(random), "citations": None}]},
        {"type": "container_upload", "file_id": "file_2"},
        {"type": "advisor_tool_result", "tool_use_id": "srvtoolu_6", "content": {"type": "advisor_result", "text": text(random)}}])


def blocks(random):
    """(start, deltas) of each block of an answer."""
    for _ in range(random.choice([0, 1, 1, 2, 3, 6])):
        kind = random.randrange(9)
        if kind < 3:
            start = {"type": "text", "text": random.choice(["", "", "", text(random, 2)])}
            if random.random() < 0.5:
                start["citations"] = random.choice([None, [], [citation(random)]])
            deltas = [{"type": "text_delta", "text": piece} for piece in cut_units(random, text(random, 12))]
            for _ in range(random.choice([0, 0, 1, 3])):
                deltas.insert(random.randrange(len(deltas) + 1), {"type": "citations_delta", "citation": citation(random)})
        elif kind == 3:
            start = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": piece} | random.choice([{}, {"estimated_tokens": 7}])
                      for piece in (cut_units(random, text(random, 12)) if random.random() < 0.8 else [])]
            deltas += [{"type": "signature_delta", "signature": "EqQBCgIYAhIM" * n} for n in range(1, random.choice([2, 2, 3]))]
        elif kind < 6:
            kind = random.choice(["tool_use", "tool_use", "server_tool_use", "mcp_tool_use"])
            start = {"type": kind, "id": {"t": "toolu_", "s": "srvtoolu_", "m": "mcptoolu_"}[kind[0]] + str(random.randrange(10**9)),
                     "name": "web_search" if kind == "server_tool_use" else random.choice(NAMES), "input": {}}
            if kind == "mcp_tool_use":
                start["server_name"] = "srv"
            elif random.random() < 0.3:
                start["caller"] = random.choice([{"type": "direct"}, {"type": "code_execution_20250825", "tool_id": "srvtoolu_9"}])
            given = {f"k{n}": value(random) for n in range(random.randrange(4))}
            mode = random.randrange(4)
            if mode == 0:
                start["input"] = given
                deltas = random.choice([[], [{"type": "input_json_delta", "partial_json": ""}]])
            else:
                whole = json.dumps(given, ensure_ascii=random.random() < 0.5, separators=random.choice([None, (",", ":"), (" , ", " : ")]))
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *cut(random, whole)]]
        elif kind == 6:
            start = {"type": "compaction", "content": None}
            deltas = random.choice([
                [{"type": "compaction_delta", "content": text(random)}], [{"type": "compaction_delta", "content": None, "encrypted_content": None}],
                [{"type": "compaction_delta", "content": "a", "encrypted_content": "E"}, {"type": "compaction_delta", "content": "b", "encrypted_content": "F"}], []])
        else:
            start, deltas = results(random), []
        yield start, deltas


def usage(random, first):
    counts = {"output_tokens": random.randrange(1, 5) if first else random.randrange(5, 9999)}
    names = ["cache_creation_input_tokens", "cache_read_input_tokens"] + ([] if first else ["input_tokens"])
    for name in names:
        if random.random() < 0.6:
            counts[name] = random.choice([None, 0, random.randrange(99999)])
    if first:
        counts |= {"input_tokens": random.randrange(9999), "service_tier": random.choice(["standard", "priority"])}
        if random.random() < 0.5:
            counts |= {"cache_creation_input_tokens": 7, "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4}}
    else:
        if random.random() < 0.3:
            counts["server_tool_use"] = {"web_search_requests": random.randrange(4), "web_fetch_requests": 1}
        if random.random() < 0.3:
            counts["output_tokens_details"] = {"thinking_tokens": 3}
        if random.random() < 0.2:
            counts["iterations"] = [{"type": "message", "input_tokens": 5, "output_tokens": 6, "cache_read_input_tokens": 0,
                                     "cache_creation_input_tokens": 0, "cache_creation": None}]
    return counts


def events(random):
    message = {"id": f"msg_{random.randrange(10**9)}", "type": "message", "role": "assistant", "content": [], "model": "claude-sonnet-4-5",
               "stop_reason": None, "stop_sequence": None, "usage": usage(random, True)}
    if random.random() < 0.3:
        message |= {"container": None, "stop_details": None, "context_management": None}
    yield {"type": "message_start", "message": message}
    for index, (start, deltas) in enumerate(blocks(random)):
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop = random.choice([*STOPS, "refusal"])
    delta = {"stop_reason": stop, "stop_sequence": "END" if stop == "stop_sequence" else None}
    if stop == "refusal":
        delta["stop_details"] = {"type": "refusal", "category": random.choice(["cyber", "bio", None]), "explanation": random.choice([None, "Because."])}
    for _ in range(random.choice([1, 1, 2])):
        yield {"type": "message_delta", "delta": delta, "usage": usage(random, False)}
    yield {"type": "message_stop"}


def lines(random, event):
    """The lines of one event, in each of the ways that they may be written."""
    data = json.dumps(event, ensure_ascii=random.random() < 0.5 or any(0xd800 <= ord(c) < 0xe000 for c in json.dumps(event, ensure_ascii=False)),
                      indent=random.choice([None, None, None, 1]))
    named = ["event:" + random.choice(["", " "]) + event["type"]]
    written = ["data:" + random.choice(["", " "]) + line for line in data.split("\n")]
    if random.random() < 0.1:
        named, written = written, named
    for extra in ":", ": keep-alive", "id: 7", "retry: 1000", "unknown: x", "data_: y":
        if random.random() < 0.02:
            named.insert(random.randrange(len(named) + 1), extra)
    return named + written + [""]


def stream(seed, random):
    whole, ends = list(events(random)), random.choice(["whole"] * 6 + ["cut", "error"])
    if ends != "whole":
        del whole[random.randrange(1, len(whole)):]
    for _ in range(random.choice([0, 1, 3])):
        whole.insert(random.randrange(len(whole) + 1), {"type": "ping"})
    if ends == "error":
        whole.append({"type": "error", "error": {"type": random.choice(["overloaded_error", "api_error"]), "message": text(random) or "Busy"}})
    endings = random.choice([["\n"], ["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]])
    out, last = "", ""
    for line in (line for event in whole for line in lines(random, event)):
        # Behind a CR the LF of an empty line would be the rest of the same end.
        ending = random.choice(endings)
        last = last if line == "" and last == "\r" and ending == "\n" else ending
        out += line + last
    data = out.encode()
    if ends == "whole" and random.random() < 0.1:
        # As the fixtures of the SDK end: without the empty line, which the SDK does not miss in a message_stop.
        data = data.rstrip(b"\r\n")
    if ends == "cut" and random.random() < 0.5:
        data += b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_del'
    mark = random.choice([b"\xef\xbb\xbf"] + [b""] * 9)
    return Stream(mark + data, data, ends, seed)
