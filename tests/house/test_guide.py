# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide and the window agree: pages, links, and the names of keys, buttons, options and conditions."""
import pathlib
import re
import sys
from xml.etree import ElementTree

from tap import check, main

ROOT = pathlib.Path(sys.argv.pop(1))
sys.path.insert(0, str(ROOT / "help"))
from pages import MALLARD, Guide, name  # noqa: E402

GUIDE = Guide(ROOT / "help/C")
CODE = "\n".join(path.read_text() for path in sorted((ROOT / "src").glob("**/*.c")))
TEMPLATES = "\n".join(path.read_text() for path in sorted((ROOT / "ui").glob("**/*.ui")))
ACCELERATOR = re.compile(r'<property name="accelerator">([^<]+)</property>')
# As people read them -> as GDK calls them.
KEYS = {"Enter": "Return", "Esc": "Escape", "+": "plus", "-": "minus", ",": "comma", "/": "slash", "?": "question",
        "→": "Right", "←": "Left", "↓": "Down"}
# What GTK does by itself.
GTK = {"Return", "Escape", "F10", "Right", "Left", "Down"}
GTK_LISTS = {(frozenset({"CONTROL"}), "a")}


def every(kind):
    for page, root in GUIDE.pages.items():
        for element in root.iter(MALLARD + kind):
            yield page, element


@check("each page is what its file is called, stands somewhere, and leads nowhere that is not")
def links():
    sections = {f"{page}#{section.get('id')}" for page, section in every("section")}
    for page, root in GUIDE.pages.items():
        assert root.get("id") == page and name(root) == "page", page
        assert root.find(f"{MALLARD}info/{MALLARD}desc").text and GUIDE.title(page), page
        assert page == "index" or root.find(f"{MALLARD}info/{MALLARD}link") is not None, f"{page} stands nowhere"
    for page, link in every("link"):
        target = link.get("xref")
        assert target in GUIDE.pages or target in sections, f"{page} leads to {target}"
    listed = re.findall(r"'([a-z-]+)'[,\]]", (ROOT / "help/meson.build").read_text().split("endforeach")[0])
    assert sorted(listed) == sorted(GUIDE.pages), set(listed) ^ set(GUIDE.pages)


@check("each pane of the window has its page, for F1")
def panes():
    names = re.findall(r'\{ "([a-z]+)", N_ \("[^"]+"\), "oh-', CODE)
    assert len(names) >= 5 and set(names) <= set(GUIDE.pages), set(names) - set(GUIDE.pages)


@check("each page can be a web page")
def web():
    for page in GUIDE.pages:
        text = GUIDE.page(page)
        for target in re.findall(r'href="([^"]+)\.html"', text):
            assert target in GUIDE.pages, (page, target)
        ElementTree.fromstring(re.sub(r"<(?:!DOCTYPE|meta)[^>]*>", "", text))


@check("the guide names things as the window does")
def words():
    plain = re.sub(r"(?<=[>\"\w ])_(?=\w)", "", TEMPLATES + CODE.replace('\\"', "'"))
    wrong = [f"{page}: {text}" for page, gui in every("gui")
             if not re.search(rf'[">]{re.escape(text := "".join(gui.itertext()))}["<]', plain)]
    assert not wrong, "\n".join(wrong)


@check("the guide's options and conditions are there")
def options():
    wrong = []
    for page, element in [*every("screen"), *every("cmd"), *every("input")]:
        text = "".join(element.itertext())
        wrong += [f"{page}: --{option}" for option in re.findall(r"(?<= )--([a-z-]+)", text)
                  if f'"{option}"' not in CODE and f"--{option}" not in CODE]
        wrong += [f"{page}: {condition}" for condition in re.findall(r"\b(model|status|after|tool|is|cost|in)[:><]", text)
                  if f'"{condition}"' not in CODE]
    assert not wrong, "\n".join(wrong)


def bound():
    """The keys that the window has: (modifiers, key)."""
    found = set()
    for key, masks in re.findall(r"GDK_KEY_(\w+)(?: \+ i)?, ((?:GDK_\w+_MASK|0)(?: \| GDK_\w+_MASK)*)", CODE):
        found.add((frozenset(re.findall(r"GDK_(CONTROL|SHIFT|ALT)_MASK", masks)), key.lower()))
    for key in re.findall(r"GDK_KEY_(\w+)", CODE):
        found.add((frozenset(), key.lower()))
    for text in re.findall(r'"((?:<\w+>)*\w+(?:\|(?:<\w+>)*\w+)*)"', CODE):
        for one in text.split("|"):
            found.add((frozenset(word.upper() for word in re.findall(r"<(\w+)>", one)), one.split(">")[-1].lower()))
    for digit in "123456789":
        found |= {(frozenset([mask]), digit) for mask, end in (("ALT", 7), ("CONTROL", 5)) if int(digit) <= end}
    return found


def listed():
    for accelerators in ACCELERATOR.findall(TEMPLATES):
        for one in accelerators.replace("&lt;", "<").replace("&gt;", ">").replace("...", " <Alt>").split(" "):
            yield frozenset(word.upper() for word in re.findall(r"<(\w+)>", one)), one.split(">")[-1].lower()


@check("what the window of shortcuts lists is bound to something")
def shortcuts():
    there = bound() | GTK_LISTS
    # One name, one key: what says 1...7 was split above.
    wrong = [(set(masks), key) for masks, key in listed() if (masks, key) not in there and key.capitalize() not in GTK
             and not key.isdigit()]
    assert len(set(listed())) > 20 and not wrong, wrong


@check("the guide's keys are those of the window of shortcuts, or what GTK does by itself")
def keys():
    there = {key for _, key in listed()} | {key.lower() for key in GTK} | {"shift", "ctrl", "alt", "4", "5", "6", "3"}
    wrong = [f"{page}: {key.text}" for page, key in every("key") if KEYS.get(key.text, key.text).lower() not in there]
    assert not wrong, "\n".join(wrong)


main()
