# SPDX-License-Identifier: GPL-3.0-or-later
"""Where conversations do not simply go on, from the outside: compacted, asked of another model, rewound, with a reply that
the client edited, said aside; and which tool call started which sub-agent. Read with `overhear traces` and `threads`."""
from fixtures.captures import Capture, ClaudeCode, Desk, result, text, use
from tap import check, main

SUMMARY = ("This session is being continued from a previous conversation that ran out of context. The summary below covers the"
           " earlier portion of the conversation.\n\nSummary: things were done.")
ASK_SUMMARY = "Your task is to create a detailed summary of the conversation so far, paying close attention to the user."


def boundaries(desk, trace=1):
    """Of each call: what lies before it, by name."""
    return {span["exchange"]: [b["kind"] for b in span["boundaries"]]
            for span in desk.spans(trace) if span["kind"] == "call" and span["boundaries"]}


def turns(session, n, start=0):
    return [session.say(f"question {i}", f"answer {i}") for i in range(start, start + n)]


def one_thread(desk, calls):
    groups = desk.lines("threads")
    assert [group["calls"] for group in groups] == [calls], groups
    assert len(desk.lines("traces")) == 1
    return groups[0]


@check("a compacted conversation is one, and says where: its summary, two packings behind it")
def compacted():
    capture = Capture()
    session = ClaudeCode(capture)
    turns(session, 23)
    number = session.say("question 23", "answer 23")
    before = len(session.history) - 1
    session.history = [{"role": "user", "content": [text("<system-reminder>time</system-reminder>"), text(SUMMARY)]},
                       {"role": "assistant", "content": "Understood."}, {"role": "user", "content": "more of the files"},
                       ]
    session.history.append({"role": "assistant", "content": [text("Reading them.")]})
    first = session.say("go on", "gone on")
    # The client packs the summary together with what comes behind it, then in another way.
    session.history[0] = {"role": "user", "content": [text(SUMMARY)]}
    second = session.say("and on", "and on it went")
    with Desk(capture) as desk:
        group = one_thread(desk, 26)
        assert boundaries(desk) == {first: ["compacted"]}, boundaries(desk)
        span = next(s for s in desk.spans() if s["exchange"] == first)
        assert span["boundaries"][0] == {"kind": "compacted", "messages_before": before, "messages_after": 5}, span
        assert (group["compacted"], group["branches"]) == (1, 1), group
        assert f"#{first} " in desk.say("threads", 1) and "compacted here: 47 messages to 5" in desk.say("traces", 1)
        assert "compacted" in desk.say("threads") and span["continues"] == number
        assert next(s for s in desk.spans() if s["exchange"] == second)["continues"] == first


@check("the request for the summary belongs to the conversation, and is not counted")
def summary_asked_for():
    capture = Capture()
    session = ClaudeCode(capture)
    turns(session, 4)
    aside = session.send("<summary>all of it</summary>", extra=[{"role": "user", "content": ASK_SUMMARY}])
    session.history = []
    first = session.say([text(SUMMARY)], "going on")
    with Desk(capture) as desk:
        group = one_thread(desk, 6)
        assert boundaries(desk) == {aside: ["aside"], first: ["compacted"]}, boundaries(desk)
        span = next(s for s in desk.spans() if s["exchange"] == first)
        assert (span["boundaries"][0]["messages_before"], span["boundaries"][0]["messages_after"]) == (8, 1), span
        assert group["branches"] == 1, group


@check("an agent of one's own that puts a summary in place of the start is compacted; a window that slides is not")
def own_compaction():
    for slide in (False, True):
        capture = Capture()
        history = []
        for i in range(6):
            history += [{"role": "user", "content": f"question {i}"}]
            capture.message(history, f"an answer that has enough letters in it to be known again by anybody, number {i} of them all")
            history += [{"role": "assistant",
                         "content": f"an answer that has enough letters in it to be known again by anybody, number {i} of them all"}]
        head = history[8:10] if slide else [{"role": "user", "content": "What was said: six questions, all answered."}]
        number = capture.message([*head, *(history[-2:] if slide else history[-1:]), {"role": "user", "content": "next"}], "yes")
        with Desk(capture) as desk:
            one_thread(desk, 7)
            assert boundaries(desk) == ({} if slide else {number: ["compacted"]}), (slide, boundaries(desk))


@check("a summary that the API made itself: a compaction block in the answer")
def compaction_block():
    capture = Capture()
    session = ClaudeCode(capture)
    turns(session, 3)
    session.history.append({"role": "user", "content": "a long one"})
    answer = [{"type": "compaction", "content": "all that was said", "encrypted_content": "x"}, text("and my answer")]
    session.send(answer)
    session.history.append({"role": "assistant", "content": answer})
    number = session.say("next", "done")
    with Desk(capture) as desk:
        one_thread(desk, 5)
        assert boundaries(desk) == {number: ["compacted"]}, boundaries(desk)


@check("another model with /model: each change is said, with both names")
def model_changed():
    capture = Capture()
    session = ClaudeCode(capture)
    names = ["claude-opus-4-6", "claude-sonnet-4-6", "claude-sonnet-4-6", "claude-haiku-4-5", "claude-opus-5-5"]
    numbers = []
    for i, name in enumerate(names):
        session.model = name
        numbers += turns(session, 1, i)
    with Desk(capture) as desk:
        group = one_thread(desk, 5)
        assert boundaries(desk) == {numbers[i]: ["model-changed"] for i in (1, 3, 4)}, boundaries(desk)
        span = next(s for s in desk.spans() if s["exchange"] == numbers[3])
        assert span["boundaries"] == [{"kind": "model-changed", "from": "claude-sonnet-4-6", "to": "claude-haiku-4-5"}]
        assert group["model_changes"] == 3 and "model changed 3 times" in desk.say("threads"), group
        assert "model changed here from claude-sonnet-4-6" in desk.say("traces", 1)


@check("rewound: it goes on from the call before, what was dropped is superseded and stays")
def rewound():
    capture = Capture()
    session = ClaudeCode(capture)
    turns(session, 2)
    kept = list(session.history)
    dropped = turns(session, 3, 2)
    session.history = kept
    number = session.say("something else instead", "an answer to that")
    session.say("and on", "yes")
    with Desk(capture) as desk:
        group = one_thread(desk, 7)
        assert boundaries(desk) == {number: ["rewound"]}, boundaries(desk)
        spans = {s["exchange"]: s for s in desk.spans() if s["kind"] == "call"}
        assert spans[number]["boundaries"] == [
            {"kind": "rewound", "to_exchange": 2, "last_dropped": dropped[-1], "dropped_calls": 3}], spans[number]
        assert [i for i, s in spans.items() if s["superseded_by"]] == dropped, spans
        assert all(spans[i]["superseded_by"] == number for i in dropped)
        assert (group["branches"], group["rewound"]) == (1, 1), group
        assert "rewound here to call 2: 3 calls dropped" in desk.say("traces", 1)
        assert f"superseded by call {number}" in desk.say("threads", 1)
        desk.say("reread")
        assert boundaries(desk) == {number: ["rewound"]}


@check("rewound to the very beginning")
def rewound_to_the_start():
    capture = Capture()
    session = ClaudeCode(capture)
    turns(session, 3)
    session.history = []
    number = session.say("quite another question", "an answer")
    with Desk(capture) as desk:
        one_thread(desk, 4)
        assert boundaries(desk) == {number: ["rewound"]}, boundaries(desk)
        assert "rewound here to the beginning: 3 calls dropped" in desk.say("traces", 1)


@check("what Claude Code asks for itself is said aside: no branch, no rewind")
def asides():
    capture = Capture()
    session = ClaudeCode(capture)
    numbers = []
    for i in range(3):
        turns(session, 1, i)
        numbers.append(session.send("run the tests", extra=[
            {"role": "user", "content": "[SUGGESTION MODE: Suggest what the user might naturally type next into Claude Code.]"}]))
    with Desk(capture) as desk:
        group = one_thread(desk, 6)
        assert boundaries(desk) == {i: ["aside"] for i in numbers}, boundaries(desk)
        assert (group["branches"], group["rewound"]) == (1, 0), group


@check("notices that are packed another way the second time are no rewind")
def repacked():
    capture = Capture()
    session = ClaudeCode(capture)
    turns(session, 2)
    session.say([text("<system-reminder>the time is 12:01</system-reminder>"), text("go on with it")], "gone on")
    session.history[-2] = {"role": "user", "content": [text("go on with it")]}
    session.say("next", "yes")
    with Desk(capture) as desk:
        group = one_thread(desk, 4)
        assert boundaries(desk) == {} and group["branches"] == 1, (boundaries(desk), group)


@check("a recap that is put in and vanishes again belongs to the conversation")
def recap():
    capture = Capture()
    session = ClaudeCode(capture)
    turns(session, 2)
    recap = {"role": "user", "content": [text("<system-reminder>Recap: two questions were answered so far.</system-reminder>")]}
    session.history.append(recap)
    session.history.append({"role": "assistant", "content": [text("I see.")]})
    session.say("with the recap", "an answer that has more than enough letters in it to be told from all the others there are")
    session.history = [m for m in session.history if m is not recap and m["content"] != [text("I see.")]]
    session.say("without it", "also answered")
    with Desk(capture) as desk:
        group = one_thread(desk, 4)
        assert boundaries(desk) == {} and group["branches"] == 1, (boundaries(desk), group)


@check("a reply that the client edits is said to be edited; one that lost its thinking is not")
def edited():
    capture = Capture()
    session = ClaudeCode(capture)
    session.say("first", [{"type": "thinking", "thinking": "hm", "signature": "s"}, text("The first answer.")])
    session.history[-1]["content"] = [text("The first answer.")]
    session.say("second", "The second answer, as it was.")
    session.history[-1]["content"] = [text("The second answer, as it was not.")]
    number = session.say("third", "The third one.")
    session.say("fourth", "The fourth one.")
    with Desk(capture) as desk:
        group = one_thread(desk, 4)
        assert boundaries(desk) == {number: ["reply-edited"]}, boundaries(desk)
        assert group["replies_edited"] == 1 and group["branches"] == 1, group
        assert "a reply was edited by the client" in desk.say("traces", 1)


@check("an earlier reply that is edited later is found too, and the input of a tool")
def edited_earlier():
    capture = Capture()
    session = ClaudeCode(capture)
    session.say("first", "The first answer, which is going to be changed.")
    session.say("second", [use("toolu_edited_0001", "Bash", command="ls -l")])
    session.say([result("toolu_edited_0001", "total 0")], "Nothing there.")
    session.history[1]["content"] = [text("The first answer, changed.")]
    one = session.say("third", "The third answer has enough words in it that nobody else says the same by chance, one hopes.")
    session.history[3]["content"][0]["input"] = {"command": "ls"}
    two = session.say("fourth", "So it ends.")
    with Desk(capture) as desk:
        one_thread(desk, 5)
        assert boundaries(desk) == {one: ["reply-edited"], two: ["reply-edited"]}, boundaries(desk)


def agents(capture, prompts, ids=True, wrap=lambda prompt: prompt):
    """A session that starts one sub-agent for each prompt at once. Returns their tool ids and first calls."""
    session = ClaudeCode(capture)
    tools = [f"toolu_task_{i:04}" for i in range(len(prompts))]
    session.say("look into it", [use(t, "Task", prompt=p, subagent_type="search") for t, p in zip(tools, prompts)])
    others = [ClaudeCode(capture, agent=f"agent{i}" if ids else None, system=[SYSTEM_OF_AGENTS[0], SYSTEM_OF_AGENTS[1]])
              for i in range(len(prompts))]
    firsts = [other.say(wrap(p), [use(f"toolu_grep_{i:04}", "Bash", command="grep")]) for i, (other, p) in
              enumerate(zip(others, prompts))]
    for i, other in enumerate(others):
        other.say([result(f"toolu_grep_{i:04}", "found")], f"agent {i} is done")
    session.say([result(t, f"agent {i} is done") for i, t in enumerate(tools)], "all of them are done")
    return tools, firsts


SYSTEM_OF_AGENTS = [text("You are Claude Code, Anthropic's official CLI for Claude."),
                    text("You are an agent for Claude Code. Search files.")]


def claims(desk):
    return {span["started_by"]: span["exchange"] for span in desk.spans() if span["kind"] == "call" and span["started_by"]}


@check("three sub-agents with one prompt are linked to their three tool calls, one each, in their order")
def same_prompt():
    for ids in (True, False):
        capture = Capture()
        tools, firsts = agents(capture, ["Find the file that has the bug."] * 3, ids)
        with Desk(capture) as desk:
            assert len(desk.lines("traces")) == 1
            assert claims(desk) == dict(zip(tools, firsts)), claims(desk)
            started = {s["id"]: s["started_exchange"] for s in desk.spans() if s["kind"] == "tool" and s["name"] == "Task"}
            assert started == dict(zip(tools, firsts)), started
            tree = [(s["depth"], s["kind"], s["name"]) for s in desk.spans()]
            assert tree[:4] == [(0, "trace", "look into it"), (1, "call", "claude-opus-4-6"), (1, "tool", "Task"),
                                (2, "span", "agent0") if ids else (2, "call", "claude-opus-4-6")], tree
            assert len([s for s in desk.spans() if s["depth"] == (3 if ids else 2) and s["kind"] == "call"]) == 6, tree
            assert boundaries(desk) == {}, boundaries(desk)


@check("reminders before or behind the prompt do not hide it, as blocks or in one text")
def wrapped_prompt():
    reminder = "<system-reminder>As you answer the user's questions, use this.</system-reminder>"
    for wrap in (lambda p: [text(reminder), text(p)], lambda p: f"{reminder}\n{p}", lambda p: f"{p}\n\n{reminder}"):
        capture = Capture()
        tools, firsts = agents(capture, ["Find the file that has the bug in the parser.", "Read the notes of the last release."],
                               wrap=wrap)
        with Desk(capture) as desk:
            assert claims(desk) == dict(zip(tools, firsts)), claims(desk)


@check("a sub-agent is claimed by the call of its own parent, not by the same words elsewhere")
def own_parent():
    capture = Capture()
    one, two = ClaudeCode(capture), ClaudeCode(capture, session="s2")
    prompt = "Find the file that has the bug."
    one.say("in one", [use("toolu_one_0001", "Task", prompt=prompt)])
    two.say("in two", [use("toolu_two_0001", "Task", prompt=prompt)])
    second = ClaudeCode(capture, session="s2", agent="b", system=SYSTEM_OF_AGENTS).say(prompt, "found")
    nested = ClaudeCode(capture, session="s1", agent="a", system=SYSTEM_OF_AGENTS)
    first = nested.say(prompt, [use("toolu_nested_0001", "Task", prompt=prompt)])
    third = ClaudeCode(capture, session="s1", agent="c", parent="a", system=SYSTEM_OF_AGENTS).say(prompt, "found")
    with Desk(capture) as desk:
        rows = dict(desk.ask("SELECT starter_id, id FROM boundary WHERE starter_id IS NOT NULL"))
        assert rows == {"toolu_one_0001": first, "toolu_two_0001": second, "toolu_nested_0001": third}, rows


@check("an agent that runs behind, whose tool has its result at once, is linked too; a second prompt of it claims nothing")
def behind():
    capture = Capture()
    session = ClaudeCode(capture)
    prompt = "Watch the build until it is done."
    session.say("watch", [use("toolu_watch_0001", "Task", prompt=prompt, run_in_background=True)])
    session.say([result("toolu_watch_0001", "Async agent launched")], "It is being watched.")
    session.say("again", [use("toolu_watch_0002", "Task", prompt=prompt)])
    agent = ClaudeCode(capture, agent="w", system=SYSTEM_OF_AGENTS)
    first = agent.say(prompt, "done")
    agent.history = []
    agent.say(prompt, "done once more")
    with Desk(capture) as desk:
        rows = desk.ask("SELECT starter_id, id FROM boundary WHERE starter_id IS NOT NULL")
        assert rows == [("toolu_watch_0002", first)], rows


main()
