# SPDX-License-Identifier: GPL-3.0-or-later
"""What a screen reader calls each control, in every pane, page, dialog and menu of the demonstration."""
import pathlib
import re
import sys

from harness import Desktop, wait
from accessibility import ACCESSIBLE, get
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1))
ROLES = {"push button", "toggle button", "check box", "radio button", "combo box", "entry", "text", "password text", "slider",
         "spin button", "page tab", "list item", "menu item", "image", "icon", "switch", "link", "dialog", "alert", "table"}
# They can have the keyboard, but are no controls.
GROUNDS = {"scroll pane", "filler", "label", "list"}
# What stands in one of these is a part of how it looks; it speaks for itself.
WHOLE = {"push button", "toggle button", "check box", "radio button", "page tab", "menu item"}
FOCUSABLE = 11  # AtspiStateType
TYPE = re.compile(r"\b(Gtk|Adw|Oh)[A-Z]\w+")
MNEMONIC = re.compile(r"(^|\W)_[A-Za-z]|\b(\w*)_(\w+)\W+\2\3\b")

desktop = Desktop(PROGRAM, PICTURES, size=(1440, 900))


def nameless(app):
    """Controls that nobody could be told of: “ROLE NAME, in WHAT, in WHAT …”"""
    nodes = list(app.root.walk())
    asked = [node.where for node in nodes]
    names = dict(zip(asked, desktop.bus.ask(asked, *get(ACCESSIBLE, "Name"))))
    states = dict(zip(asked, desktop.bus.ask(asked, ACCESSIBLE, "GetState")))
    parents = dict(zip(asked, desktop.bus.ask(asked, *get(ACCESSIBLE, "Parent"))))
    roles = {node.where: node.role for node in nodes}
    found = []
    for node in nodes:
        name, state = names[node.where], states[node.where]
        if name is None or state is None or node.role in GROUNDS or not (node.role in ROLES or state[0] >> FOCUSABLE & 1):
            continue
        if name.strip() and not TYPE.search(name) and not MNEMONIC.search(name):
            continue
        above, where = [], parents[node.where]
        while where in roles:
            above.append(where)
            where = parents[where]
        # The rows of a combo box that is shut have sizes, too.
        whole = WHOLE | {"combo box"} if node.role == "list item" else WHOLE
        if not any(roles[place] in whole for place in above) and node.showing:
            found.append(f"{node.role} “{name}”" + "".join(f", in {roles[place]} “{names[place]}”"[:60] for place in above[:5]))
    return found


def look(app, where):
    """Until it stays so: what has just come up is not whole yet."""
    wrong = []

    def fine():
        wrong[:] = nameless(app)
        return not wrong
    try:
        wait(where, fine, timeout=10)
    except AssertionError:
        raise AssertionError(f"{where}:\n" + "\n".join(wrong)) from None


@check("every pane, and every page of the detail")
def panes():
    look(APP, "at first")
    for number in 1, 3, 4, 5, 2:
        APP.key(f"ctrl+{number}")
        look(APP, f"pane {number}")
    APP.rows()[0].point_and_click()
    for number in range(1, 8):
        APP.key(f"alt+{number}")
        look(APP, f"page {number}")


@check("what the search offers, and the bar of what is selected")
def search():
    APP.key("ctrl+f")
    look(APP, "search")
    for chip in "Status", "Model", "Run", "Provider", "Kind":
        APP.find("push button", chip).point_and_click()
        look(APP, chip)
        APP.key("Escape")
    APP.find("entry", "Search").point_and_click()
    APP.type("status:")
    look(APP, "what it offers")
    APP.key("Escape", "Escape", "Escape")
    APP.rows()[0].point_and_click()
    APP.key("ctrl+a")
    APP.find("push button", "Compare")
    look(APP, "selected")
    APP.rows()[0].point_and_click()


@check("the menus")
def menus():
    APP.open_menu(lambda: APP.rows()[0], "Copy as cURL")
    look(APP, "menu of a row")
    APP.key("Escape")
    APP.find("push button", "Main Menu").point_and_click()
    APP.find("menu item", contains="Preferences")
    look(APP, "main menu")
    APP.key("Escape")


@check("the dialogs, page by page")
def dialogs():
    for key, title in ("ctrl+r", "Run"), ("ctrl+comma", "Preferences"), ("ctrl+Return", "Exchange"), ("question", "Shortcuts"):
        APP.focus_window()
        before = len(APP.root.children())
        APP.key(key)
        wait(title, lambda: len(APP.root.children()) > before)
        look(APP, title)
        APP.focus_window(".*")
        APP.key("Escape" if title != "Exchange" else "ctrl+w")
        wait(f"no {title}", lambda: len(APP.root.children()) <= before)


@check("what asks before it acts")
def alerts():
    APP.focus_window()
    for words in "Delete Everything", "Read Everything Again", "About":
        APP.find("push button", "Main Menu").point_and_click()
        APP.find("menu item", contains=words).point_and_click()
        look(APP, words)
        APP.key("Escape")


with desktop, desktop.app("--demo") as APP:
    wait("the demonstration's end", lambda: APP.look_for("label", contains="Exited with status 0"), timeout=60)
    APP.focus_window()
    main()
