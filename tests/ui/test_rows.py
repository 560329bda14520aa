# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with what stands in a row, by the pointer's other button and by keys."""
import contextlib
import pathlib
import shutil
import sys
import tempfile

from captured import capture
from harness import Desktop, NotFound, wait
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))
folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-rows-"))


def rows(app, pane):
    """To look for the list takes long, so that is done once."""
    lists = app.__dict__.setdefault("lists", {})
    if pane not in lists:
        lists[pane] = app.find("list", pane)
    return [node for node in lists[pane].children() if node.name]


def names(app, pane):
    return [node.name for node in rows(app, pane)]


def row(app, words, pane):
    return wait(f"a row “{words}” in {pane}", lambda: [node for node in rows(app, pane) if words in node.name])[0]


def wait_rows(app, count):
    return wait(f"{count} exchanges", lambda: (found := rows(app, "Exchanges")) and len(found) >= count and found)


def go(app, pane):
    app.focus_window()
    app.find("list item", contains=pane).point_and_click()


HOSTS = {"OhTimeline", "OhTraces", "OhSessions", "OhConversation", "OhSidebar"}


def host_of(node):
    """The widget that a row is in: its menu is a child of that."""
    while node.name not in HOSTS:
        node = node.parent
    return node


def items(host):
    """Of the menu that is open, or none."""
    return [node for menu in host.children() if menu.role == "menu" for node in menu.search("menu item")]


def said(host):
    return [node.name for node in items(host)]


def open_menu(node, item):
    """By the pointer's other button. Now and then a press is lost."""
    host = host_of(node)

    def opened():
        if not items(host):
            x, y, width, height = node.extents()
            desktop.run("xdotool", "mousemove", str(x + width // 2), str(y + height // 2), "click", "3")
        with contextlib.suppress(NotFound):
            return wait("a menu", lambda: item in said(host), timeout=5)
        return None
    wait(f"the menu with {item}", opened, timeout=60)
    return host


def close_menu(host):
    host.app.key("Escape")
    wait("no menu", lambda: not items(host))


def choose(host, item):
    """By keys: where a menu is on the screen is not told."""
    wanted = next(node for node in items(host) if node.name == item)
    for _ in range(20):
        if wanted.has_state("focused"):
            break
        host.app.key("Down")
    assert wanted.has_state("focused"), item
    host.app.key("Return")
    wait("no menu", lambda: not items(host))


def choose_of(button, item):
    """Of the menu of a button, by keys."""
    found = wait(item, lambda: next(button.search(None, item), None))
    for _ in range(20):
        if found.has_state("focused"):
            break
        button.app.key("Down")
    button.app.key("Return")


def pasted(app):
    """What was copied, as far as an entry of one line takes it."""
    app.focus_window()
    app.key("ctrl+f")
    entry = app.find("entry", "Search")
    app.key("ctrl+a", "ctrl+v")
    return wait("something pasted", entry.content)


@check("a trace, a call and a tool have menus with what can be done to each, by pointer and by keys")
def traces():
    with desktop.app(data=capture(folder)) as app:
        go(app, "Traces")
        host = open_menu(row(app, "Trace trip-planning", "Traces"), "Unfold")
        desktop.run("import", "-window", "root", str(PICTURES / "trace-menu.png"))
        assert said(host) == ["Unfold", "Copy Name", "Only This in the Timeline", "Export…", "Delete"], said(host)
        choose(host, "Unfold")
        wait("its calls", lambda: any(name.startswith("Tool get_weather") for name in names(app, "Traces")))
        app.key("shift+F10")
        wait("the same by keys", lambda: "Fold" in said(host))
        close_menu(host)
        open_menu(row(app, "Tool get_weather", "Traces"), "Copy Result")
        assert "Open the Call That Asked for It" in said(host), said(host)
        close_menu(host)
        open_menu(row(app, "Call: ", "Traces"), "Copy as cURL")
        wait("the call selected", lambda: row(app, "Call: ", "Traces").has_state("selected"))
        close_menu(host)
        open_menu(row(app, "Trace trip-planning", "Traces"), "Only This in the Timeline")
        choose(host, "Only This in the Timeline")
        wait("its exchanges", lambda: len(rows(app, "Exchanges")) == 6)
        assert app.find("entry", "Search").content().startswith("trace="), app.find("entry", "Search").content()


@check("a trace that was deleted stays if that was taken back")
def deleted():
    with desktop.app(data=capture(folder), settings={"undo-seconds": "600"}) as app:
        go(app, "Traces")
        host = open_menu(row(app, "Trace trip-planning", "Traces"), "Delete")
        choose(host, "Delete")
        button = app.find("push button", contains="Undo")
        toast = button.parent
        assert "6 exchanges will be deleted" in toast.text(), toast.dump()
        button.point_and_click()
        wait("no toast", lambda: not app.look_for("push button", contains="Undo"))
        row(app, "Trace trip-planning", "Traces")


@check("sessions, their traces and conversations have menus")
def sessions():
    with desktop.app(data=capture(folder)) as app:
        go(app, "Sessions")
        host = open_menu(row(app, "Session sess-abc", "Sessions"), "Only This in the Timeline")
        desktop.run("import", "-window", "root", str(PICTURES / "session-menu.png"))
        close_menu(host)
        app.key("Menu")
        wait("the same by a key", lambda: said(host) == ["Copy Name", "Only This in the Timeline", "Export…", "Delete"])
        close_menu(host)
        open_menu(row(app, "Trace food-recommendations", "Sessions"), "Show in Traces")
        close_menu(host)
        app.find(name="Conversations").point_and_click()
        open_menu(row(app, "What should I eat in Osaka?", "Sessions"), "Open the Last Call in a Window")
        close_menu(host)


@check("a message has a menu that copies it")
def messages():
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        wait_rows(app, 6)[0].point_and_click()
        host = open_menu(app.find("label", "USER"), "Copy as Markdown")
        desktop.run("import", "-window", "root", str(PICTURES / "message-menu.png"))
        assert said(host) == ["Copy as Markdown", "Copy as JSON", "Open This Call in a Window", "Mark to Compare"], said(host)
        choose(host, "Copy as Markdown")
        assert pasted(app).strip() == "What should I wear in Paris and in Rome?"


@check("a message's call is compared from its menu: with the one before, and with the one that was marked")
def compared():
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        rows_of_all = wait_rows(app, 10)
        row(app, "Kyoto", "Exchanges").point_and_click()
        choose(open_menu(app.find("label", "And in Kyoto?"), "Mark to Compare"), "Mark to Compare")
        app.find(contains="Marked: another call")
        row(app, "Tokyo", "Exchanges").point_and_click()
        mine = lambda: wait("the message", lambda: next(iter(app.look_for("label", "And in Tokyo?")), None))
        host = open_menu(mine(), "Compare with the Marked Call")
        assert "Compare with the Call Before" in said(host), said(host)
        marked, before = (number for number, node in enumerate(rows_of_all, 1) if "Osaka?" in node.name and "eat" in node.name
                          or "Kyoto" in node.name)
        marked, before = max(marked, before), min(marked, before)
        choose(host, "Compare with the Marked Call")
        app.find(contains=f"Against call {marked},")
        app.key("alt+1")
        choose(open_menu(mine(), "Compare with the Call Before"), "Compare with the Call Before")
        app.find(contains=f"Against call {before},")


@check("a menu that opens half way down, or at the end of a small screen, is all there")
def room():
    with desktop.app(data=capture(folder)) as app:
        app.resize(1280, 900)
        wait_rows(app, 10)

        def is_whole(host):
            """Its items are all within what scrolls."""
            menu = next(menu for menu in host.children() if menu.role == "menu")
            pane = next(iter(menu.look_for("scroll pane", showing=False)))
            _, top, _, height = pane.extents()
            boxes = [item.extents() for item in items(host)]
            return top <= min(box[1] for box in boxes) and max(box[1] + box[3] for box in boxes) <= top + height

        for number in 3, 9:
            host = open_menu(rows(app, "Exchanges")[number], "Copy as cURL")
            desktop.run("import", "-window", "root", str(PICTURES / f"menu-{number}.png"))
            assert "Compare with the Marked Call" not in said(host), said(host)
            wait("all of the menu", lambda: is_whole(host))
            close_menu(host)


@check("a run has a menu: its command, its file, its end")
def runs():
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        host = open_menu(app.find("list item", contains="calls"), "Copy Command")
        desktop.run("import", "-window", "root", str(PICTURES / "run-menu.png"))
        assert said(host) == ["Run Again", "Copy Command", "Export…", "Delete"], said(host)
        choose(host, "Copy Command")
        assert pasted(app).endswith("traces_agent.py trip food unnamed")


def selected(app):
    return [number for number, node in enumerate(rows(app, "Exchanges")) if node.has_state("selected")]


def press(app, node, modifier):
    app.desktop.run("xdotool", "keydown", modifier)
    node.point_and_click()
    app.desktop.run("xdotool", "keyup", modifier)


@check("several calls are selected by pointer and keys: compared, deleted")
def several():
    with desktop.app(data=capture(folder), settings={"undo-seconds": "3"}) as app:
        app.focus_window()
        found = wait_rows(app, 10)
        found[1].point_and_click()
        wait("one selected", lambda: selected(app) == [1])
        press(app, found[3], "Control_L")
        wait("two selected", lambda: selected(app) == [1, 3])
        host = open_menu(found[1], "Compare These Two")
        desktop.run("import", "-window", "root", str(PICTURES / "several.png"))
        assert selected(app) == [1, 3], selected(app)
        choose(host, "Compare These Two")
        app.find(contains="Against call 2,")
        found[1].point_and_click()
        wait("one selected", lambda: selected(app) == [1])
        app.key("shift+Down", "shift+Down")
        wait("three selected", lambda: selected(app) == [1, 2, 3])
        app.key("Delete")
        wait("seven rows", lambda: len(rows(app, "Exchanges")) == 7)
        rows(app, "Exchanges")[0].point_and_click()
        app.key("ctrl+a")
        wait("all of them", lambda: len(selected(app)) == 7)


@check("any two calls are compared: one is marked by key or menu, the other chosen later, also in another pane")
def marked():
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        found = wait_rows(app, 10)
        found[3].point_and_click()
        wait("one selected", lambda: selected(app) == [3])
        app.key("ctrl+m")
        app.find(contains="Marked: another call")
        found[6].point_and_click()
        wait("another selected", lambda: selected(app) == [6])
        app.key("ctrl+shift+m")
        app.find(contains="Against call 4,")
        choose(open_menu(found[1], "Mark to Compare"), "Mark to Compare")
        found[5].point_and_click()
        wait("another selected", lambda: selected(app) == [5])
        choose(open_menu(found[5], "Compare with the Marked Call"), "Compare with the Marked Call")
        app.find(contains="Against call 2,")
        app.key("ctrl+3")
        row(app, "Trace trip-planning", "Traces").point_and_click()
        app.key("Right", "Down")
        app.key("alt+1")
        wait("a call and its pages", lambda: app.key("ctrl+shift+m") or app.look_for(contains="Against call 2,"), every=1)


@check("what was deleted in one pane is gone from the others")
def everywhere():
    with desktop.app(data=capture(folder), settings={"undo-seconds": "1"}) as app:
        app.focus_window()
        wait_rows(app, 10)
        go(app, "Traces")
        choose(open_menu(row(app, "Trace trip-planning", "Traces"), "Delete"), "Delete")
        wait("the trace gone", lambda: not any("trip-planning" in name for name in names(app, "Traces")))
        go(app, "Timeline")
        wait("its calls gone, too", lambda: len(rows(app, "Exchanges")) == 4)
        alone = next(node for node in rows(app, "Exchanges") if "unheard-of-9" in node.name)
        alone.point_and_click()
        app.key("Delete")
        wait("the call gone", lambda: len(rows(app, "Exchanges")) == 3)
        go(app, "Traces")
        wait("its trace gone, too", lambda: not any("What an odd model costs" in name for name in names(app, "Traces")))


@check("what is told does not lie over what can be done with several rows")
def above():
    with desktop.app(data=capture(folder), settings={"undo-seconds": "600"}) as app:
        app.focus_window()
        wait_rows(app, 10)[0].point_and_click()
        wait("one selected", lambda: selected(app) == [0])
        press(app, rows(app, "Exchanges")[2], "Control_L")
        wait("two selected", lambda: selected(app) == [0, 2])
        compare = app.find("push button", contains="Compare")
        app.key("Delete")
        undo = app.find("push button", contains="Undo")
        toast = undo.parent
        desktop.run("import", "-window", "root", str(PICTURES / "undo.png"))
        wait("it above the buttons", lambda: toast.extents()[1] + toast.extents()[3] <= compare.extents()[1])
        undo.point_and_click()
        wait("no toast", lambda: not app.look_for("push button", contains="Undo"))


@check("the detail is that of the pane: what another one has selected is not to be read, nor opened")
def detail():
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        wait_rows(app, 10)[0].point_and_click()
        wait("one selected", lambda: selected(app) == [0])
        go(app, "Sessions")
        row(app, "Session sess-abc", "Sessions")
        app.key("ctrl+Return", "ctrl+f")
        wait("the entry", lambda: app.find("entry", "Search").has_state("focused"))
        assert len(list(app.root.children())) == 1
        app.key("Escape")
        go(app, "Timeline")
        wait("the same selected", lambda: selected(app) == [0])
        app.key("ctrl+Return")
        wait("its window", lambda: len(list(app.root.children())) == 2)


@check("chips write the search, and are pressed for what is written")
def chips():
    with desktop.app(data=capture(folder)) as app:
        app.focus_window()
        wait_rows(app, 10)
        app.key("ctrl+f")
        entry = app.find("entry", "Search")
        chip = app.find("push button", "Status")
        chip.point_and_click()
        choose_of(chip, "Errors")
        wait("it written", lambda: entry.content() == "is:error")
        wait("the failed ones", lambda: len(rows(app, "Exchanges")) == 2)
        app.find("push button", "Model").point_and_click()
        desktop.run("import", "-window", "root", str(PICTURES / "chips.png"))
        app.key("Escape")
        entry.point_and_click()
        app.type_into(entry, "is:retried Rome")
        wait("the chip of what was typed", lambda: chip.name == "Status: retried")
        chip.point_and_click()
        choose_of(chip, "Retried")
        wait("it taken back", lambda: entry.content() == "Rome")


with desktop:
    try:
        main()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
