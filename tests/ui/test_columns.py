# SPDX-License-Identifier: GPL-3.0-or-later
"""Which columns lists have, in which order, and by which one their rows are sorted: by pointer and by keys, and remembered."""
import pathlib
import shutil
import sys
import tempfile

from captured import capture
from harness import Desktop, wait
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))

desktop = Desktop(PROGRAM, PICTURES, size=(1600, 900))
folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-columns-"))


def rows(app, name="Exchanges"):
    """To look for the list takes long, so that is done once."""
    lists = app.__dict__.setdefault("lists", {})
    if name not in lists:
        lists[name] = app.find("list", name)
    return [node for node in lists[name].children() if node.name]


def headings(app, one="What is New", role="OhTimeline"):
    """The row of them that has this one."""
    found = app.__dict__.setdefault("headings", {})
    if one not in found:
        pane = app.find(name=role)
        found[one] = wait(f"the heading {one}", lambda: next((node for node in pane.walk()
                                                             if any(cell.content() == one for cell in node.children())), None))
    return found[one]


def left(app, title):
    """Where a column begins."""
    return heading(app, title).extents()[0]


def titles(app, *which):
    """What stands over the columns, from left to right. What is left out still says where it stood."""
    cells = [(cell.extents(), cell.content()) for cell in headings(app, *which).children() if cell.content()]
    return [title for box, title in sorted(cells) if box[2] > 0]


def heading(app, title, *which):
    return wait(f"the heading {title}", lambda: next((cell for cell in headings(app, *which).children()
                                                      if title in cell.content() and cell.extents()[2] > 0), None))


def press(node, button="1"):
    x, y, width, height = node.extents()
    desktop.run("xdotool", "mousemove", str(x + width // 2), str(y + height // 2), "click", button)


def drag(node, other):
    (x, y, width, height), to = node.extents(), other.extents()
    at, end = x + width // 2, to[0] + to[2] // 2
    desktop.run("xdotool", "mousemove", str(at), str(y + height // 2), "mousedown", "1")
    for step in range(1, 6):
        desktop.run("xdotool", "mousemove", str(at + (end - at) * step // 5), str(y + height // 2))
    desktop.run("xdotool", "mouseup", "1")


def choose(app, pane, *items):
    """By keys, in the menu that is open: one item after the other leads to the last."""
    for item in items:
        found = wait(item, lambda: next((node for menu in app.find(name=pane).children() if menu.role == "menu"
                                         for node in menu.walk() if node.name == item and "menu item" in node.role), None))
        for _ in range(40):
            if found.has_state("focused"):
                break
            app.key("Down")
        assert found.has_state("focused"), item
        app.key("Return")


def settings(app):
    return (app.folder / "config/glib-2.0/settings/keyfile").read_text()


def number(name, before):
    """What a row's sentence says behind a word, and a large number where it says nothing, or only that it is not known."""
    words = name.split(before)
    text = words[1].lstrip("≈$").split(" ")[0].rstrip(",.") if len(words) > 1 else ""
    return float(text.replace(",", "")) if text[:1].isdigit() else 1e9


def costs(app, name="Exchanges"):
    return [number(node.name, "cost ") for node in rows(app, name)]


def start(app, count=10):
    app.focus_window()
    wait(f"{count} rows", lambda: len(rows(app)) >= count)


@check("a heading that is pressed sorts the rows, and once more the other way; it is remembered")
def sort():
    data = capture(folder)
    with desktop.app(data=data) as app:
        start(app)
        before = [node.name for node in rows(app)]
        assert costs(app) != sorted(costs(app))
        press(heading(app, "Cost"))
        wait("the cheapest first", lambda: costs(app) == sorted(costs(app)))
        press(heading(app, "Cost"))
        unknown = costs(app).count(1e9)
        known = sorted([cost for cost in costs(app) if cost < 1e9], reverse=True)
        wait("the dearest first, what is not known last", lambda: costs(app) == known + [1e9] * unknown)
        desktop.run("import", "-window", "root", str(PICTURES / "sorted.png"))
        assert heading(app, "Cost").content() == "↓ Cost", heading(app, "Cost").content()
        assert "timeline-sort='-cost'" in settings(app), settings(app)
        press(heading(app, "Started"))
        wait("the order in time", lambda: [node.name for node in rows(app)] == before)
        press(heading(app, "Started"))
        wait("the newest first", lambda: [node.name for node in rows(app)] == before[::-1])
        # What was selected stays selected, wherever it stands.
        rows(app)[0].point_and_click()
        wait("one selected", lambda: rows(app)[0].has_state("selected"))
        press(heading(app, "Started"))
        wait("the last selected", lambda: [node.name for node in rows(app)] == before and rows(app)[-1].has_state("selected"))
    with desktop.app(data=data, settings={"timeline-sort": "'-cost'"}) as app:
        start(app)
        wait("the dearest first", lambda: costs(app) == known + [1e9] * unknown)


@check("a heading that is dragged moves its column, and columns that are left out come back where they were")
def move():
    with desktop.app(data=capture(folder)) as app:
        start(app)
        usual = titles(app)
        assert usual[:5] == ["Started", "Status", "What is New", "Model", "Tokens"], usual
        drag(heading(app, "Model"), heading(app, "Started"))
        wait("the model first", lambda: titles(app)[:4] == ["Model", "Started", "Status", "What is New"])
        assert len(rows(app)) == 10
        place = left(app, "Status")
        press(heading(app, "Status"), "3")
        choose(app, "OhTimeline", "Status")
        wait("what is new in the place of the status", lambda: left(app, "What is New") == place)
        desktop.run("import", "-window", "root", str(PICTURES / "moved.png"))
        press(heading(app, "Started"), "3")
        choose(app, "OhTimeline", "Move “Started” Left")
        wait("the start first", lambda: left(app, "Started") < left(app, "Model") < left(app, "What is New"))
        assert "timeline-columns=['started', 'model', '-status', 'news'" in settings(app), settings(app)
        press(heading(app, "Started"), "3")
        choose(app, "OhTimeline", "Status")
        wait("the status back", lambda: titles(app)[:4] == ["Started", "Model", "Status", "What is New"])
        press(heading(app, "Started"), "3")
        choose(app, "OhTimeline", "Reset Columns")
        wait("all as usual", lambda: titles(app) == usual)


@check("columns are reached by keys: by Tab, the arrows, Enter and Ctrl with an arrow; their menu from the main menu, too")
def keys():
    with desktop.app(data=capture(folder)) as app:
        start(app)
        usual = titles(app)
        rows(app)[0].point_and_click()
        wait("the focus in the list", lambda: rows(app)[0].has_state("focused"))
        app.key("shift+Tab")
        wait("the focus on the headings", lambda: headings(app).has_state("focused"))
        # To where one is already: nothing moves.
        app.key("ctrl+2", "Right", "Right", "Right")
        wait("the model told", lambda: headings(app).name == "Model")
        app.key("ctrl+Left")
        wait("it moved", lambda: titles(app)[:4] == ["Started", "Status", "Model", "What is New"])
        app.key("Right", "Right", "Right", "Return")
        wait("the cheapest first", lambda: costs(app) == sorted(costs(app)))
        app.key("Menu")
        choose(app, "OhTimeline", "Reset Columns")
        wait("all as usual", lambda: titles(app) == usual)
        app.find("push button", "Main Menu").click()
        app.find("menu item", "Columns…").click()
        choose(app, "OhTimeline", "Tokens")
        wait("no tokens", lambda: "'-tokens'" in settings(app))


@check("traces are sorted by their headings, and by what is none")
def traces():
    # Libadwaita's own headings have another size than this.
    with desktop.app(data=capture(folder), font="Sans 10") as app:
        app.focus_window()
        app.find("list item", contains="Traces").point_and_click()
        top = lambda: [node.name for node in rows(app, "Traces") if node.name.startswith("Trace ")]
        wait("traces", lambda: len(top()) == 3)
        # Where its text ends is where those of its column end.
        places = lambda row: [cell.extents()[0] + cell.extents()[2] for cell in row.children()[1:3]]
        row = next(node for node in rows(app, "Traces") if node.name.startswith("Trace ")).children()[0]
        over = headings(app, "Tokens", "OhTraces")
        assert places(row) == places(over) and min(cell.extents()[2] for cell in over.children()[1:3]) > 0, (places(row), places(over))
        before = top()
        named = [name.split(",")[0] for name in before]
        press(heading(app, "Trace", "Tokens", "OhTraces"))
        wait("them by name", lambda: [name.split(",")[0] for name in top()] == sorted(named))
        press(heading(app, "Trace", "Tokens", "OhTraces"), "3")
        choose(app, "OhTraces", "Sort By", "Took")
        wait("them by another order", lambda: heading(app, "Took", "Tokens", "OhTraces"))
        desktop.run("import", "-window", "root", str(PICTURES / "sorted-traces.png"))
        press(heading(app, "Trace", "Tokens", "OhTraces"), "3")
        choose(app, "OhTraces", "Reset Columns")
        wait("them by time", lambda: top() == before)


@check("sessions and conversations are sorted by their headings, and by what is none; it is remembered")
def sessions():
    data = capture(folder)
    pane = ("Tokens", "OhSessions")
    with desktop.app(data=data, font="Sans 10") as app:
        app.focus_window()
        app.find("list item", contains="Sessions").point_and_click()
        top = lambda: [node.name.split(",")[0] for node in rows(app, "Sessions")]
        wait("the one that was active last first", lambda: top() == ["Session sess-def", "Session sess-abc"])
        assert titles(app, *pane) == ["Name (↓ Last Active)", "Tokens", "Cost"], titles(app, *pane)
        press(heading(app, "Tokens", *pane))
        wait("the one with the fewest tokens first", lambda: "↑ Tokens" in titles(app, *pane) and top()[0] == "Session sess-def")
        press(heading(app, "Tokens", *pane))
        wait("the one with the most first", lambda: top()[0] == "Session sess-abc")
        # What nobody knows the cost of stands last either way.
        press(heading(app, "Cost", *pane))
        wait("by cost", lambda: "↑ Cost" in titles(app, *pane) and top() == ["Session sess-abc", "Session sess-def"])
        # What is selected stays selected, and its traces stay below it.
        rows(app, "Sessions")[0].point_and_click()
        wait("its traces", lambda: len(top()) == 4)
        press(heading(app, "Cost", *pane), "3")
        choose(app, "OhSessions", "Sort By", "Calls")
        wait("by calls", lambda: "Calls" in heading(app, "Name", *pane).content() and top()[0] == "Session sess-def")
        press(heading(app, "Name", *pane))
        wait("by name", lambda: top()[:2] == ["Session sess-abc", "Trace trip-planning"] and top()[-1] == "Session sess-def")
        wait("it still selected", lambda: rows(app, "Sessions")[0].has_state("selected"))
        desktop.run("import", "-window", "root", str(PICTURES / "sorted-sessions.png"))
        # By keys: the headings stand before the list.
        app.key("shift+Tab")
        wait("the focus on the headings", lambda: headings(app, *pane).has_state("focused"))
        app.key("Right", "Return")
        wait("the fewest tokens first", lambda: top()[0] == "Session sess-def")
        app.key("Return")
        wait("the most first", lambda: top()[0] == "Session sess-abc")
        assert "sessions-sort='-tokens'" in settings(app), settings(app)
    with desktop.app(data=data, settings={"sessions-sort": "'-tokens'"}, font="Sans 10") as app:
        app.focus_window()
        app.find("list item", contains="Sessions").point_and_click()
        wait("the most tokens first", lambda: [node.name.split(",")[0] for node in rows(app, "Sessions")][0] == "Session sess-abc")
        app.find(name="Conversations").point_and_click()
        tokens = lambda name: int(name.split(" tokens")[0].split(", ")[-1].replace(",", ""))
        top = lambda: [tokens(node.name) for node in rows(app, "Sessions") if node.name.startswith("Conversation ")]
        wait("the longest conversation first", lambda: len(top()) > 2 and top() == sorted(top(), reverse=True))
        desktop.run("import", "-window", "root", str(PICTURES / "sorted-conversations.png"))


with desktop:
    try:
        main()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
