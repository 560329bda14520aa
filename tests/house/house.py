# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of the house, greped: who includes whom, who links GTK, translations, licences, file sizes."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

from tap import Skip, check, main

ROOT = pathlib.Path(sys.argv.pop(1))
BUILT = pathlib.Path(sys.argv.pop(1))
SOURCE = ROOT / "src"

# The table of HACKING.md, by room: the rooms it may include besides itself.
ALLOWED = {
    "base": set(),
    "model": {"base"},
    "words": {"model", "base", "providers"},
    "providers": {"model", "base"},
    "ingest": {"model", "base"},
    "store": {"model", "base"},
    "ns": set(),
    "pac": set(),
    "proxy": {"model", "base", "ns", "ingest"},
    "insight": {"model", "base", "providers", "store"},
    "launch": {"base", "ns"},
    "trust": {"base"},
    "desktop": {"base"},
    "engine": {"base", "model", "words", "providers", "ingest", "store", "proxy", "insight", "launch", "trust", "desktop", "ns"},
    "simulator": {"base"},
    "cli": {"engine"},
    "app": {"engine"},
}
# What oh-engine.h brings along for front ends, which may also name it themselves.
BROUGHT = {"base", "model", "words"}
# The law of the window (HACKING.md), by folder of src/app: the folders it may include besides itself.
FOLDERS = {
    "kit": set(),
    "text": {"kit"},
    "search": {"kit"},
    "pane": {"kit"},
    "spans": {"kit", "text"},
    "conversation": {"kit", "text"},
    "console": {"kit"},
    "timeline": {"kit", "pane"},
    "traces": {"kit", "pane", "spans"},
    "sessions": {"conversation", "kit", "pane", "spans"},
    "limits": {"kit", "pane"},
    "overview": {"kit", "pane"},
    "detail": {"conversation", "kit", "search", "text"},
    "tasks": {"kit", "text"},
    "frame": {"console", "detail", "kit", "limits", "overview", "pane", "search", "sessions", "tasks", "timeline",
              "traces"},
}
PANES = {"timeline", "traces", "sessions", "limits", "overview"}
FOREIGN = {
    r"gtk/|adwaita|gtksourceview|vte/": {"app"},
    r"jsc/": {"pac"},
    r"sqlite3": {"store"},
    r"libsoup": {"proxy", "simulator"},
    r"gnutls": {"proxy", "trust"},
    r"json-glib": {"model", "providers", "insight", "simulator", "cli", "engine", "store", "launch", "app"},
}


def sources():
    for path in sorted(SOURCE.glob("*/**/*.[ch]")):
        yield path.relative_to(SOURCE).parts[0], path


def owners():
    return {path.name: room for room, path in sources() if path.suffix == ".h"}


@check("every room includes only what stands on its line")
def includes():
    owner = owners()
    wrong, seen = [], 0
    for room, path in sources():
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
            other = owner.get(pathlib.PurePath(name).name)
            if other is None or other == room:
                continue
            seen += 1
            allowed = ALLOWED[room] | (BROUGHT if room in ("cli", "app") else set())
            if other not in allowed or name.endswith("-private.h"):
                wrong.append(f"{path.relative_to(ROOT)} includes {name} of {other}")
    assert seen > 3, "the search found next to nothing: is it looking in the right place?"
    assert not wrong, "\n".join(wrong)


@check("every folder of the window includes only what stands on its line, and no pane another")
def folders():
    def folder(path):
        return path.relative_to(SOURCE / "app").parent.as_posix()

    files = [path for room, path in sources() if room == "app"]
    owner = {path.name: folder(path) for path in files if path.suffix == ".h"}
    wrong = [f"{path.relative_to(ROOT)} stands in no folder of the law" for path in files if folder(path) not in FOLDERS]
    wrong += [f"the pane {name} may include the pane {other}"
              for name in PANES for other in FOLDERS[name] & PANES]
    seen = 0
    for path in files:
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
            other = owner.get(name)
            if other is None or other == folder(path):
                continue
            seen += 1
            if other not in FOLDERS.get(folder(path), set()) or name.endswith("-private.h"):
                wrong.append(f"{path.relative_to(ROOT)} includes {name} of {other}")
    assert seen > 50, "the search found next to nothing: is it looking in the right place?"
    assert not wrong, "\n".join(wrong)


@check("no file of a room needs one that needs it")
def circles():
    """By the symbols of the objects: who really calls whom."""
    needs, owner = {}, {}
    objects = [entry["output"] for entry in json.loads((BUILT / "compile_commands.json").read_text())]
    objects = [path for path in objects if path.startswith("src/") and (BUILT / path).exists()]
    listed = subprocess.run(["nm", "-A", "-P", *objects], check=True, capture_output=True, text=True, cwd=BUILT).stdout
    for path, symbol, kind in re.findall(r"^(.*\.c\.o): (\S+) (\S)", listed, re.M):
        path = pathlib.PurePath(path)
        file = path.parts[1], path.name.removesuffix(".c.o")
        if kind == "U":
            needs.setdefault(file, set()).add(symbol)
        elif kind in "TDBRC":
            owner[file[0], symbol] = file
    edges = {file: {owner[file[0], symbol] for symbol in symbols if (file[0], symbol) in owner} - {file}
             for file, symbols in needs.items()}

    def reach(file):
        seen, to_do = set(), [file]
        while to_do:
            new = edges.get(to_do.pop(), set()) - seen
            seen |= new
            to_do += new
        return seen

    reached = {file: reach(file) for file in edges}
    circles = {frozenset(other for other in reached[file] if file in reached.get(other, ()))
               for file in reached if file in reached[file]}
    assert len(edges) > 200, "few objects: was it built?"
    assert not circles, "\n".join(sorted(" <-> ".join(sorted("/".join(file) for file in circle)) for circle in circles))


@check("libraries stay in their rooms")
def foreign():
    wrong = []
    for room, path in sources():
        for name in re.findall(r"^#include <([^>]+)>", path.read_text(), re.M):
            for pattern, rooms in FOREIGN.items():
                if re.match(pattern, name) and room not in rooms:
                    wrong.append(f"{path.relative_to(ROOT)} includes <{name}>")
    assert not wrong, "\n".join(wrong)


@check("only the app compiles with GTK")
def gtk_flags():
    wrong = [str(path.relative_to(ROOT)) for path in SOURCE.glob("**/meson.build")
             if path.relative_to(SOURCE).parts[0] != "app" and re.search(r"\b(gtk|adwaita|gtksourceview|vte)\b", path.read_text())]
    assert not wrong, wrong


@check("POTFILES lists exactly the files with text for people")
def potfiles():
    listed = {line.strip() for line in (ROOT / "po/POTFILES").read_text().splitlines()
              if line.strip() and not line.startswith("#")}
    wanted = set()
    for _, path in sources():
        if re.search(r'\b(?:_|N_|C_|ngettext|g_dngettext|dngettext)\s*\(\s*(?:"|\n)', path.read_text()):
            wanted.add(str(path.relative_to(ROOT)))
    for path in (ROOT / "ui").glob("**/*.ui"):
        if 'translatable="yes"' in path.read_text():
            wanted.add(str(path.relative_to(ROOT)))
    for path in (ROOT / "data").glob("*.in*"):
        if path.name.endswith((".desktop.in", ".metainfo.xml.in", ".desktop.in.in", ".metainfo.xml.in.in")):
            wanted.add(str(path.relative_to(ROOT)))
    for path in (ROOT / "data").glob("*.gschema.xml"):
        wanted.add(str(path.relative_to(ROOT)))
    assert listed == wanted, f"missing: {sorted(wanted - listed)}; too many: {sorted(listed - wanted)}"


@check("numbers in texts for people are written as gettext understands them")
def portable_numbers():
    wrong = [str(path.relative_to(ROOT)) for _, path in sources()
             if re.search(r'\b(?:_|N_|ngettext)\s*\((?:"(?:[^"\\]|\\.)*"|[^()"])*G_(?:GU?INT64|GS?SIZE)_(?:FORMAT|MODIFIER)', path.read_text())]
    assert not wrong, f"PRId64 instead, or the text is cut there: {wrong}"


@check("the translations template can be made")
def template():
    done = subprocess.run(
        ["xgettext", "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "--keyword=C_:1c,2", "-o", "-",
         "--files-from=po/POTFILES"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'msgid ""' in done.stdout


@check("translations fit what they translate")
def translations():
    languages = [line for line in (ROOT / "po/LINGUAS").read_text().split("\n") if line and line[0] != "#"]
    assert {f"{name}.po" for name in languages} == {path.name for path in (ROOT / "po").glob("*.po")}
    for name in languages:
        done = subprocess.run(["msgfmt", "--check", "--statistics", "-o", "/dev/null", ROOT / f"po/{name}.po"],
                              capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
        assert done.returncode == 0, done.stderr
        print(f"# {name}: {done.stderr.strip()}")


MANIFEST = ROOT / "flatpak/org.overhear.Overhear.json"


@check("the Flatpak's sources are pinned, and it asks for what its README argues for")
def flatpak():
    manifest = json.loads(MANIFEST.read_text())
    assert manifest["id"] == MANIFEST.stem
    for module in manifest["modules"]:
        source, = module["sources"]
        assert re.fullmatch("[0-9a-f]{40}", source.get("commit", "")) and source["url"].startswith("https://") or \
            module["name"] == "overhear", module
    argued = set(re.findall(r"`(--[a-z0-9=-]+)`", "".join(
        line.split("|")[1] for line in (MANIFEST.parent / "README.md").read_text().splitlines() if line.startswith("| `"))))
    assert set(manifest["finish-args"]) == argued, set(manifest["finish-args"]) ^ argued
    assert not [asked for asked in argued if re.search("filesystem|org.freedesktop.Flatpak|=all|bus", asked)], argued


@check("flatpak-builder can read the Flatpak's manifest")
def flatpak_builder():
    if not shutil.which("flatpak-builder"):
        raise Skip("flatpak-builder is not installed")
    done = subprocess.run(["flatpak-builder", "--show-manifest", MANIFEST], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "overhear-app" in done.stdout


@check("the metainfo has what shops show: colours, pictures that are there, and notes for each release")
def metainfo():
    root = ElementTree.parse(ROOT / "data/org.overhear.Overhear.metainfo.xml.in").getroot()
    assert {color.get("scheme_preference") for color in root.iter("color")} == {"light", "dark"}
    images = [image.text for image in root.iter("image")]
    assert images and all((ROOT / "data/screenshots" / pathlib.PurePath(image).name).exists() for image in images), images
    assert all(list(release.iter("li")) for release in root.iter("release"))


@check("every source file names its licence")
def licence():
    wrong = []
    for pattern in ("src/**/*.[ch]", "tests/**/*.[ch]", "tests/**/*.py", "src/**/meson.build", "tests/**/meson.build"):
        for path in ROOT.glob(pattern):
            if "node_modules" not in path.parts and \
                    "SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_text()[:200]:
                wrong.append(str(path.relative_to(ROOT)))
    assert not wrong, wrong


def blank(match):
    """A comment is dots, a text one word."""
    text = match[0]
    return re.sub(r"[^\n]", ".", text) if text[0] == "/" else text[0] + "s" * (len(text) - 2) + text[-1]


# What of .clang-format holds for every line there is; texts and comments are left out.
FORM = {
    "a tab": r"\t",
    "blanks at its end": r"\s$",
    "no space before (": r"(?<!\w)(?!N?C?_\()[A-Za-z_]\w*\(",
    "a comment of one line": r"//",
    "a brace behind )": r"^(?!.*\(\w+\) \{$).*\)\s*\{$",
    "an else behind }": r"^\s*\}\s*else",
    "a star at its type": r"\b(?:char|void|int|gpointer|Oh\w+|G[A-Z]\w+)\*(?! const)",
}


@check("code has one form, as far as all of it has it")
def form():
    wrong = []
    for path in [path for _, path in sources()] + sorted((ROOT / "tests").glob("**/*.[ch]")):
        if "node_modules" in path.parts:
            continue
        text = path.read_text()
        code = re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", blank, text, flags=re.S)
        # Macros have their own.
        code = re.sub(r"^[ \t]*#.*(?:\\\n.*)*", lambda match: "\n" * match[0].count("\n"), code, flags=re.M)
        where = path.relative_to(ROOT)
        for number, line in enumerate(code.split("\n"), 1):
            wrong += [f"{where}:{number}: {what}" for what, pattern in FORM.items() if re.search(pattern, line)]
        if "\n\n\n" in text:
            wrong.append(f"{where}: two empty lines")
        if not text.endswith("\n") or text.endswith("\n\n"):
            wrong.append(f"{where}: one line break ends a file")
        if path.suffix == ".h" and "\n#pragma once\n" not in text:
            wrong.append(f"{where}: no #pragma once")
        if path.suffix == ".c" and SOURCE in path.parents and \
                re.findall(r'^#include "([^"]+)"', text, re.M)[0] != "config.h":
            wrong.append(f"{where}: config.h comes first")
        for name, function in re.findall(r"^G_DEFINE_QUARK\s*\(([^,]*),\s*(\w+)\s*\)", text, re.M):
            if name != function.replace("_", "-") + "-quark":
                wrong.append(f"{where}: the quark {name} is not called as {function}_quark ()")
    assert not wrong, "\n".join(wrong)


# Where a provider's name may stand besides its room: the programs whose settings the doctor reads and the desktop changes, options,
# what the demonstration sends, the dictionary that texts are packed with, the simulated API, and names that a protocol or
# another program gives.
NAMED = {"src/simulator/", "src/engine/doctor/", "src/desktop/", "src/cli/oh-cli-desktop.c", "src/engine/oh-demonstration.c",
         "src/store/oh-pack.c", "src/cli/oh-cli-skill.c", "src/cli/mcp/oh-mcp-offers.c"}


@check("what is known of a provider stands in its room")
def providers():
    names = r"operation, \"|provider, \"|anthropic|claude-|openai|gemini|x-goog-api|\b(?:haiku|sonnet|opus)-"
    told = r'\b(?:_|N_|ngettext)\s*\(\s*(?:"(?:[^"\\]|\\.)*"\s*,?\s*)+'
    wrong, seen = [], 0
    for room, path in sources():
        text = re.sub(told, "", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S))
        found = sorted({word.lower() for word in re.findall(names, text, re.I)})
        seen += room == "providers" and bool(found)
        if found and room != "providers" and not str(path.relative_to(ROOT)).startswith(tuple(NAMED)):
            wrong.append(f"{path.relative_to(ROOT)} knows {', '.join(found)}")
    assert seen > 3, "the search found next to nothing: is it looking in the right place?"
    assert not wrong, "a table of OhProvider (providers/oh-provider.h) is the place for it:\n" + "\n".join(wrong)


# The gate is one machine: a connection from its first byte until it is known who reads it, with the clocks of that.
LONG = {"src/proxy/oh-gate.c": 950}


@check("no file grows past 900 lines, but for those that say why")
def sizes():
    wrong = [f"{path.relative_to(ROOT)}: {lines}" for _, path in sources()
             if (lines := path.read_text().count("\n")) > LONG.get(str(path.relative_to(ROOT)), 900)]
    assert not wrong, wrong


@check("what a template calls is bound in its code")
def callbacks():
    seen, wrong = 0, []
    for path in (ROOT / "ui").glob("**/oh-*.ui"):
        source = SOURCE / "app" / path.relative_to(ROOT / "ui").with_suffix(".c")
        bound = re.findall(r"bind_template_callback(?:_full)? \(\w+, \"?(?:\w+, )?(\w+)", source.read_text()) if source.exists() else []
        called = re.findall(r'handler="(\w+)"', path.read_text())
        seen += len(called)
        wrong += [f"{path.relative_to(ROOT)}: {name}" for name in called if name not in bound]
    assert seen > 30, "the search found next to nothing: is it looking in the right place?"
    assert not wrong, wrong


@check("a file is named after its type and its template")
def names():
    wrong = []
    for path in (ROOT / "ui").glob("**/oh-*.ui"):
        source = SOURCE / "app" / path.relative_to(ROOT / "ui").with_suffix(".c")
        if 'template class="' in path.read_text() and not source.exists():
            wrong.append(str(path.relative_to(ROOT)))
    for room, path in sources():
        if not path.name.startswith("oh-") and path.name not in ("main.c",):
            wrong.append(str(path.relative_to(ROOT)))
    assert not wrong, wrong


main()
