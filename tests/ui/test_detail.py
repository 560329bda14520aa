# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange, as its pages show it."""
import base64
import contextlib
import json
import pathlib
import re
import struct
import sys
import tempfile
import zlib

from harness import Desktop, NotFound, TIMEOUT, wait
from tap import check, main
from upstream import Upstream

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
TALK = pathlib.Path(__file__).resolve().with_name("talk.py")
TOLD = TALK.parents[1] / "ingest" / "programs" / "told.py"

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))


def open_row(app, row):
    row.point_and_click()
    wait("the row chosen", lambda: row.has_state("selected"))


@check("messages that were sent before are folded, by button and key, and what is new says so")
def folded():
    with Upstream() as upstream, \
            desktop.app("--run", "/usr/bin/python3", str(TALK), upstreams=[upstream.line]) as app:
        rows = app.wait_rows(3, "talk-1")
        app.find("label", contains="Exited with status 0")
        app.focus_window()
        open_row(app, rows[2])
        app.find("push button", "3 earlier messages, unchanged since call 2")
        conversation = app.find("list", "Conversation")
        conversation.find("label", "ASSISTANT · call 2")
        conversation.find("label", "Third question")
        assert len(conversation.look_for("label", "new in this call")) == 1
        assert not conversation.look_for("label", "First question")
        desktop.screenshot("folded")

        conversation.find("push button", contains="earlier messages").click()
        conversation.find("label", "First question")
        conversation.find("label", "Second question")
        conversation.find("push button", "Hide 3 earlier messages")
        desktop.screenshot("unfolded")

        conversation.find("label", "Third question").point_and_click()
        app.key("h")
        conversation.find("push button", "3 earlier messages, unchanged since call 2")
        wait("the first question folded", lambda: not conversation.look_for("label", "First question"))


def is_painted(node):
    """Whether anything is to be seen where it stands."""
    x, y, width, height = node.extents()
    colours = desktop.output("sh", "-c", f"import -window root -crop {width}x{height}+{x}+{y} -depth 8 -format %k info:")
    return int(colours) > 1


@check("where there is no room for all tabs, those that fit are whole, and a menu has the others")
def tabs():
    with Upstream() as upstream, \
            desktop.app("--run", "/usr/bin/python3", str(TALK), upstreams=[upstream.line], settings={"list-share": "0.7"}) as app:
        rows = app.wait_rows(3, "talk-1")
        app.find("label", contains="Exited with status 0")
        app.resize(900, 600)
        open_row(app, rows[2])
        pages = app.find(name="Pages")
        more = wait("the menu of the others", lambda: next(iter(pages.parent.look_for("push button", "More Pages")), None))
        chosen = lambda: next(tab for tab in pages.children() if tab.has_state("selected"))

        def is_whole(tab):
            x, _, width, _ = tab.extents()
            return pages.parent.extents()[0] <= x and x + width <= more.extents()[0]

        wait("the open one whole", lambda: is_whole(chosen()))
        desktop.screenshot("tabs")
        # What is under the edge is not there: a click on it opens nothing.
        edge = more.extents()[0] - 3
        cut = [tab for tab in pages.children() if tab.extents()[0] <= edge < sum(tab.extents()[::2]) and not is_whole(tab)]
        if cut:
            desktop.run("xdotool", "mousemove", str(edge), str(more.extents()[1] + 8), "click", "1")
            assert chosen().name == "Conversation"
        for number, page in enumerate(("Conversation", "Changes", "Request", "Response", "Headers", "Timing", "Stream"), 1):
            app.key(f"alt+{number}")
            wait(f"{page} open and whole", lambda: chosen().name.startswith(page) and is_whole(chosen()))
        desktop.screenshot("tabs-last")
        app.key("alt+1")
        wait("the first open", lambda: chosen().name == "Conversation" and is_whole(chosen()))
        more.point_and_click()
        last = app.find("menu item", "Stream")
        # Where a menu is on the screen is not told.
        wait("the last item", lambda: app.key("Down") or last.has_state("focused"))
        app.key("Return")
        wait("the last open and whole", lambda: chosen().name == "Stream" and is_whole(chosen()))


@check("tabs that had no room are to be seen where there is room again")
def tabs_again():
    with Upstream() as upstream, desktop.app("--run", "/usr/bin/python3", str(TALK), upstreams=[upstream.line]) as app:
        rows = app.wait_rows(3, "talk-1")
        app.find("label", contains="Exited with status 0")
        app.focus_window()
        open_row(app, rows[2])
        pages = app.find(name="Pages")
        are_painted = lambda: all(is_painted(tab) for tab in pages.children())
        wait("all of them painted", are_painted)
        app.resize(900, 600)
        wait("a menu", lambda: pages.parent.look_for("push button", "More Pages"))
        app.resize(1280, 800)
        wait("a wide window", lambda: app.find("frame").extents()[2] > 1200)
        wait("all of them painted again", are_painted)


@check("a stream's answer is there as one piece of JSON, to read and to copy")
def assembled():
    with Upstream() as upstream, \
            desktop.app("--run", "/usr/bin/python3", str(TALK.with_name("client.py")), "claude-whole-1", "stream",
                        upstreams=[upstream.line]) as app:
        row = app.wait_rows(1, "end_turn")[0]
        app.find("label", contains="Exited with status 0")
        app.focus_window()
        open_row(app, row)
        app.key("alt+4")
        app.find("label", contains="the answer that its events make together")
        switch = next(tab for tab in app.look_for("page tab", "Text"))
        switch.point_and_click()
        wait("its text", lambda: any("The first half was heard before the second." in node.content()
                                     for node in app.look_for("text", "Text")))
        desktop.screenshot("assembled")
        app.find("push button", "Copy body").point_and_click()
        app.key("ctrl+f")
        entry = app.find("entry", contains="Find")
        entry.point_and_click()
        wait("what was copied", lambda: app.key("ctrl+a", "ctrl+v") or entry.content().startswith("{"), every=0.5)
        answer = json.loads(entry.content())
        assert answer["content"] == [{"type": "text", "text": "The first half was heard before the second."}], answer
        assert answer["usage"] == {"input_tokens": 1104, "output_tokens": 284} and answer["stop_reason"] == "end_turn", answer
        assert answer["id"] == "msg_01Window" and answer["model"] == "claude-whole-1", answer
        app.key("Escape")


@check("the events of a stream are filtered by type and by text, and Escape shows them all")
def filtered():
    with Upstream() as upstream, \
            desktop.app("--run", "/usr/bin/python3", str(TALK.with_name("client.py")), "claude-filter-1", "stream",
                        upstreams=[upstream.line]) as app:
        row = app.wait_rows(1, "end_turn")[0]
        app.find("label", contains="Exited with status 0")
        app.focus_window()
        open_row(app, row)
        app.key("alt+7")
        events = app.find("list", "Events of the stream")
        wait("seven events", lambda: len(events.children()) == 7)
        entry = app.find("entry", "Only events with…")
        entry.point_and_click()
        app.type_into(entry, "content_block_delta SECOND")
        wait("one of them", lambda: len(events.children()) == 1 and "before the second." in events.children()[0].name)
        app.find("label", "1 of 7")
        desktop.screenshot("filtered")
        app.type_into(entry, "zeppelin")
        app.find("label", "Nothing Found")
        app.key("Escape")
        wait("all again", lambda: len(events.children()) == 7)
        app.find("label", "7 events")


@check("a window of its own says whose it is, has all pages, and Escape closes it")
def detached():
    with Upstream() as upstream, \
            desktop.app("--run", "/usr/bin/python3", str(TALK), upstreams=[upstream.line]) as app:
        rows = app.wait_rows(3, "talk-1")
        app.find("label", contains="Exited with status 0")
        app.focus_window()
        open_row(app, rows[1])
        app.key("ctrl+Return")
        window = app.find("frame", "POST /v1/messages")
        window.find("label", contains="api.anthropic.com · call 2 · ")
        window.find("label", "Second question")
        assert not window.look_for("push button", "Open in a window of its own")
        window.find("page tab", "Timing").click()
        window.find("label", "The whole answer was passed on.")
        desktop.screenshot("detached")
        app.focus_window("POST /v1/messages")
        app.key("Escape")
        wait("the window to close", lambda: not app.look_for("frame", "POST /v1/messages"))


@check("with the conversation scrolled, the pointer reaches what stands above it, in the demonstration")
def pointer():
    def is_behind(target):
        """A row that was scrolled out of sight lies where the target is: rows are as wide as the list."""
        def heights(node):
            _, y, _, height = node.extents()
            return y, y + height

        top, bottom = heights(target)
        return any(above <= top and below >= bottom for above, below in map(heights, conversation.children()))

    def scroll_behind(target):
        if is_behind(target):
            return
        x, y, width, height = conversation.extents()
        desktop.run("xdotool", "mousemove", str(x + width // 2), str(y + height // 2), "click", "--repeat", "60", "4")
        wait("the top of the conversation", lambda: conversation.children()[0].extents()[1] > y)
        for _ in range(30):
            desktop.run("xdotool", "click", "--repeat", "3", "5")
            with contextlib.suppress(NotFound):
                wait(f"a row behind “{target.name}”", lambda: is_behind(target), timeout=1)
                return
        raise AssertionError(str([(row.name, row.extents()) for row in conversation.children()]))

    with desktop.app("--demo") as app:
        app.find("label", contains="Exited with status 0", timeout=3 * TIMEOUT)
        app.resize(1280, 500)
        open_row(app, wait("the last call", lambda: app.rows("end_turn"))[-1])
        app.find("label", "ASSISTANT · this call")
        conversation = app.find("list", "Conversation")
        # A row larger than the list.
        conversation.find("push button", contains="Show all").click()
        home = app.find("page tab", "Conversation")
        for name in ("Request", "Response", "Headers", "Timing"):
            tab = app.find("page tab", name)
            scroll_behind(tab)
            desktop.screenshot("scrolled")
            tab.point_and_click()
            wait(f"the page {name}", lambda: tab.has_state("selected"))
            home.click()
            wait("the conversation again", lambda: home.has_state("selected"))

        copy = app.find("push button", "Copy")
        scroll_behind(copy)
        copy.point_and_click()
        app.find("menu item", contains="Markdown")
        app.key("Escape")
        wait("the menu closed", lambda: not app.look_for("menu item", contains="Markdown"))
        window = app.find("push button", "Open in a window of its own")
        scroll_behind(window)

        def opened():
            # A menu that just closes may take the first click.
            window.point_and_click()
            with contextlib.suppress(NotFound):
                return app.find("frame", "POST /v1/messages", timeout=5)
        wait("the window of its own", opened)


def png(width, height):
    """Black, one bit a pixel."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)) +
            chunk(b"IDAT", packed) + chunk(b"IEND", b""))


@check("a picture is shown small and in full; one of too many pixels says so, can be saved and takes no memory")
def pictures():
    def entry(name, body):
        return {"startedDateTime": "2026-01-02T03:04:05Z", "time": 12, "timings": {"send": 1, "wait": 2, "receive": 3},
                "request": {"method": "GET", "url": f"https://pictures.example/{name}", "headers": []},
                "response": {"status": 200, "headers": [{"name": "content-type", "value": "image/png"}],
                             "content": {"mimeType": "image/png", "size": len(body), "encoding": "base64",
                                         "text": base64.b64encode(body).decode()}}}

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "pictures.har"
        path.write_text(json.dumps({"log": {"version": "1.2", "entries": [
            entry("fine", png(1000, 500)), entry("bomb", png(30000, 30000))]}}))
        with desktop.app(str(path)) as app:
            app.wait_rows(2)
            app.focus_window()
            open_row(app, app.wait_rows(1, "/fine")[0])
            app.find("page tab", "Response").click()
            thumbnail = app.find("push button", contains="1000 × 500")
            thumbnail.click()
            full = app.find("frame", "Image")
            desktop.screenshot("picture")
            full.find("push button", "Close").click()
            wait("the picture closed", lambda: not app.look_for("frame", "Image"))

            app.focus_window()
            open_row(app, app.wait_rows(1, "/bomb")[0])
            app.find("page tab", "Response").click()
            app.find("label", contains="cannot be shown: 30000 × 30000 pixels are more than the 64 million")
            app.find("push button", "Save…")
            desktop.screenshot("picture-too-large")
            status = pathlib.Path(f"/proc/{app.process.pid}/status").read_text()
            most = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
            assert most < 1_000_000, f"{most} KiB"
            print(f"# most memory: {most} KiB")


@check("what a program told of a call stands under it, with what was otherwise on the wire; an exception with its source lines")
def told():
    call = {"url": "https://api.anthropic.com/v1/messages",
            "headers": {"x-api-key": "sk-ant-of-the-talk", "anthropic-version": "2023-06-01",
                        "traceparent": f"00-{'ab' * 16}-{'12' * 8}-01"},
            "json": {"model": "claude-talk-1", "max_tokens": 64, "messages": [{"role": "user", "content": "First question"}]}}
    span = {"traceId": "ab" * 16, "spanId": "12" * 8, "name": "chat", "startTimeUnixNano": "1", "endTimeUnixNano": "2",
            "attributes": [{"key": key, "value": value} for key, value in
                           (("gen_ai.operation.name", {"stringValue": "chat"}), ("gen_ai.system", {"stringValue": "anthropic"}),
                            ("gen_ai.request.model", {"stringValue": "claude-talk-1"}),
                            ("gen_ai.usage.input_tokens", {"intValue": 777}))]}
    spans = {"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "birds"}}]},
                                "scopeSpans": [{"scope": {"name": "app"}, "spans": [span]}]}]}
    source = pathlib.Path(tempfile.mkdtemp(prefix="overhear-source-")) / "stock.py"
    exception = {"app": "shop", "data": {"exc_type": "KeyError", "exc_value": "pear", "frames": [
        {"filename": "/not/here.py", "lineno": 7, "function": "main", "context_line": "take(item)"},
        {"filename": str(source), "lineno": 23, "function": "take", "pre_context": ["def take(item):"],
         "context_line": "    return stock[item]", "post_context": []}]}}
    with tempfile.TemporaryDirectory(prefix="overhear-told-") as folder, Upstream() as upstream:
        posts = pathlib.Path(folder, "posts.json")
        posts.write_text(json.dumps([call, {"json": spans}, {"path": "/api/capture/exception", "json": exception}]))
        with desktop.app("--run", "/usr/bin/python3", str(TOLD), str(posts), upstreams=[upstream.line]) as app:
            app.wait_rows(1, "EXCEPTION KeyError: pear")
            app.find("label", contains="Exited with status 0")
            app.focus_window()
            open_row(app, app.wait_rows(1)[0])
            account = app.find("label", contains="Told by birds as “chat”").name
            assert "777 tokens in, " in account and " on the wire" in account, account
            desktop.screenshot("told")
            open_row(app, app.rows("EXCEPTION KeyError: pear")[0])
            app.find("label", contains="KeyError: pear")
            wait("the account gone", lambda: not app.look_for("label", contains="Told by birds"))
            desktop.screenshot("exception")
            source.write_text("")
            editor = app.folder / "gnome-text-editor"
            editor.write_text(f"#!/bin/sh\necho \"$@\" > {app.folder}/edited\n")
            editor.chmod(0o700)
            applications = app.folder / ".local/share/applications"
            applications.mkdir(parents=True)
            (applications / "editor.desktop").write_text(f"[Desktop Entry]\nType=Application\nName=Editor\nExec={editor} %F\n"
                                                         "MimeType=text/plain;\n")
            (app.folder / "config/mimeapps.list").write_text("[Default Applications]\ntext/plain=editor.desktop\n")
            app.open_menu(lambda: app.find("label", contains="KeyError: pear"), "Open stock.py:23 in the Editor").click()
            wait("the editor", lambda: (app.folder / "edited").exists() and (app.folder / "edited").read_text())
            assert (app.folder / "edited").read_text() == f"+23 {source}\n"


with desktop:
    main()
