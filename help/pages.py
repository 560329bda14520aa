# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide as web pages, for desktops without a viewer of help: pages.py FOLDER-OF-PAGES FOLDER.

It knows as much of Mallard as the guide uses, and stops at the rest.
"""
import html
import pathlib
import sys
from xml.etree import ElementTree

MALLARD = "{http://projectmallard.org/1.0/}"
# What is the same in HTML, by another name.
BLOCKS = {"p": "p", "steps": "ol", "list": "ul", "table": "table", "tr": "tr", "td": "td", "terms": "dl", "screen": "pre",
          "note": "aside"}
INLINES = {"gui": "b", "key": "kbd", "cmd": "code", "code": "code", "file": "code", "input": "code", "em": "em"}
STYLE = """
:root { color-scheme: light dark }
body { font: 1.05em/1.55 Cantarell, "Adwaita Sans", sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em }
pre, code { font-family: monospace } pre { overflow: auto; padding: .8em 1em; border: 1px solid #8888; border-radius: 8px }
kbd { font: inherit; padding: 0 .4em; border: 1px solid #8888; border-radius: 5px; white-space: nowrap }
aside { padding: .1em 1em; border-inline-start: 4px solid #3584e4 } td { padding: .2em .8em; border-top: 1px solid #8884 }
nav a { display: block; margin: .5em 0 } nav span { display: block; opacity: .75 } dt { font-weight: bold }
"""


def name(element):
    assert element.tag.startswith(MALLARD), element.tag
    return element.tag.removeprefix(MALLARD)


class Guide:
    def __init__(self, folder):
        self.pages = {path.stem: ElementTree.parse(path).getroot() for path in sorted(pathlib.Path(folder).glob("*.page"))}

    def title(self, page):
        return self.pages[page].find(MALLARD + "title").text

    def topics(self, place):
        """The pages that say they belong there, by name."""
        return [page for page, root in self.pages.items()
                if any(link.get("xref") == place for link in root.iterfind(f"{MALLARD}info/{MALLARD}link"))]

    def inside(self, element):
        parts = [html.escape(element.text or "", quote=False)]
        for child in element:
            parts += [self.one(child), html.escape(child.tail or "", quote=False)]
        return "".join(parts)

    def one(self, element):
        kind = name(element)
        if kind == "link":
            page = element.get("xref")
            return f'<a href="{page}.html">{self.inside(element) or html.escape(self.title(page))}</a>'
        if kind == "keyseq":
            return "+".join(self.one(key) for key in element)
        if kind == "item":
            term = element.find(MALLARD + "title")
            if term is None:
                return f"<li>{self.inside(element)}</li>"
            rest = "".join(self.one(child) for child in element if child is not term)
            return f"<dt>{self.inside(term)}</dt><dd>{rest}</dd>"
        if kind in INLINES:
            return f"<{INLINES[kind]}>{self.inside(element)}</{INLINES[kind]}>"
        return f"<{BLOCKS[kind]}>{self.inside(element)}</{BLOCKS[kind]}>\n"

    def section(self, page, element):
        parts = [f"<h2>{html.escape(element.find(MALLARD + 'title').text)}</h2><nav>"]
        for topic in self.topics(f"{page}#{element.get('id')}"):
            desc = self.pages[topic].find(f"{MALLARD}info/{MALLARD}desc").text
            parts.append(f'<a href="{topic}.html">{html.escape(self.title(topic))}<span>{html.escape(desc)}</span></a>')
        return "".join(parts) + "</nav>\n"

    def page(self, page):
        root, parts = self.pages[page], []
        for child in root:
            if name(child) == "section":
                parts.append(self.section(page, child))
            elif name(child) not in ("info", "title"):
                parts.append(self.one(child))
        title = html.escape(self.title(page))
        home = "" if page == "index" else f'<p><a href="index.html">{html.escape(self.title("index"))}</a></p>'
        return (f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
                f"<title>{title}</title><style>{STYLE}</style>\n{home}<h1>{title}</h1>\n{''.join(parts)}</html>\n")


def main():
    guide, folder = Guide(sys.argv[1]), pathlib.Path(sys.argv[2])
    for page in guide.pages:
        (folder / f"{page}.html").write_text(guide.page(page))


if __name__ == "__main__":
    main()
