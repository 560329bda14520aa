# SPDX-License-Identifier: GPL-3.0-or-later
"""Every pane, page and dialog in every look: pictures of all of them, texts that can be read, and nothing that is cut.

    test_looks.py …/looks FOLDER [LOOK…]

LOOKS=all makes all pictures; else those are made that colours and sizes are checked in.
"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from harness import Desktop
from tap import check, main

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PICTURES = pathlib.Path(sys.argv.pop(1)) / "looks"
# By name; all are as wide as 1280x800 in text of the usual size and light, if nothing else is said.
LOOKS = {
    "light": "", "dark": "dark", "contrast": "", "contrast-dark": "dark",
    "small": "width=700 height=500", "beside": "width=900 height=600", "wide": "width=1920 height=1080",
    "rtl": "rtl", "rtl-small": "rtl dark width=700 height=500",
    "large": "scale=2", "large-beside": "scale=2 width=900 height=600",
    "strange": "texts", "hebrew": "rtl texts",
}
ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZED = ["light", "dark", "small", "large-beside"]
CHECKED = [name for name in LOOKS if name not in ("strange", "hebrew")] if os.environ.get("LOOKS") == "all" else SIZED


def look(names, **more):
    """What is wrong, by kind: lines of LOOK, STATE, value, widget and text."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        runtime = pathlib.Path(home, "runtime")
        runtime.mkdir(mode=0o700)
        env = dict(os.environ, HOME=home, XDG_RUNTIME_DIR=str(runtime), XDG_CONFIG_HOME=home + "/config",
                   XDG_CACHE_HOME=home + "/cache", OVERHEAR_DATA_DIR=home + "/data", GSETTINGS_BACKEND="memory",
                   GSK_RENDERER="cairo", GDK_BACKEND="x11", GTK_A11Y="none", ADW_DISABLE_PORTAL="1", **{"LC_ALL": "C.UTF-8", **more})
        done = subprocess.run([PROGRAM, PICTURES, *(f"name={name} {LOOKS[name]}" for name in names)], env=env,
                              capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        kind, _, rest = line.partition("\t")
        found[kind].append(rest)
    return found, done.stderr


def strange(text):
    """The same in letters that nobody would write, longer and in brackets; what printf, markup and menus read is kept."""
    kept = r"(%[-0-9.'*]*(?:<PRI\w+>|ll|l|z)?[a-zA-Z%]|\{\w+[#~]?\}|<[^>]*>|&\w+;|_(?=\w)|\\.)"
    parts = re.split(kept, text)
    parts[::2] = [part.translate(str.maketrans("aeiouAEIOUcnsy", "àéîöûÀÉÎÖÛçñšÿ")) for part in parts[::2]]
    before, text, after = re.fullmatch(r"((?:\\n|\\r)*)(.*?)((?:\\n|\\r)*)", "".join(parts)).groups()
    return before + "⟦" + text + "~" * (len(text) // 4) + "⟧" + after


def make_strange_language(folder):
    """A catalog of it, for the language “xx”."""
    template = subprocess.run(["xgettext", "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "--keyword=C_:1c,2",
                               "--keyword=NN_:1,2", "--no-location", "-o", "-", "--no-wrap", "--files-from=po/POTFILES"],
                              cwd=ROOT, check=True, capture_output=True, text=True).stdout
    head, *entries = template.split("\n\n")
    out = ['msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n']
    for entry in entries:
        # Texts of several lines are pieces of one.
        one = lambda name: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', found[1])) \
            if (found := re.search(rf'^{name} ((?:"(?:[^"\\]|\\.)*"\n?)+)', entry, re.M)) else None
        context, text, many = one("msgctxt"), one("msgid"), one("msgid_plural")
        if not text:
            continue
        lines = [f'msgctxt "{context}"'] if context else []
        lines += [f'msgid "{text}"', f'msgid_plural "{many}"', f'msgstr[0] "{strange(many)}"'] if many else \
            [f'msgid "{text}"', f'msgstr "{strange(text)}"']
        out.append("\n".join(lines) + "\n")
    place = folder / "xx" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (folder / "xx.po").write_text("\n".join(out))
    subprocess.run(["msgfmt", "-o", place / "overhear.mo", folder / "xx.po"], check=True)


desktop = Desktop(PROGRAM, PICTURES, size=(1920, 1080))
with desktop:
    FOUND, COMPLAINTS = look([name for name in CHECKED if "contrast" not in name])
    if "contrast" in CHECKED:
        for kind, lines in look(["contrast", "contrast-dark"], ADW_DEBUG_HIGH_CONTRAST="1")[0].items():
            FOUND[kind] += lines

    @check("each text stands out from its ground by 4.5:1, in every look")
    def contrast():
        assert not FOUND["contrast"], "\n".join(FOUND["contrast"])

    @check("no button, heading or tab is cut, and nothing is outside of its window")
    def cut():
        wrong = [line for line in FOUND["cut"] + FOUND["outside"] if line.split("\t")[0] in SIZED]
        assert not wrong, "\n".join(wrong)

    @check("each text of ours is translated, and none is cut when it is longer")
    def languages():
        with tempfile.TemporaryDirectory() as home:
            make_strange_language(pathlib.Path(home))
            found, _ = look(["strange"], LOOKS_LOCALES=home, LANGUAGE="xx", LC_ALL="C.UTF-8")
        texts = [line.split("\t") for line in found["text"]]
        assert sum("⟦" in line[-1] for line in texts) > 100, "the language was not used"
        ours = "\n".join(path.read_text() for path in [*ROOT.glob("src/app/**/*.c"), *ROOT.glob("src/words/*.c"),
                                                        *ROOT.glob("src/model/*.c"), *ROOT.glob("ui/**/*.ui")])
        wrong = sorted({" ".join(line) for line in texts if re.search("[A-Za-z]{3}", line[-1]) and "⟦" not in line[-1] and
                        # What is captured, and names of keys, are nobody's to translate.
                        not re.search("monospace|pair-name|keycap", line[3]) and
                        (f'"{line[-1]}"' in ours or f">{line[-1]}<" in ours)})
        wrong += found["cut"] + found["outside"]
        assert not wrong, "\n".join(wrong)

    @check("in Hebrew numbers, dates and names keep their own order within sentences, and nothing is complained of")
    def hebrew():
        found, complaints = look(["hebrew"], LOOKS_LOCALES=str(PROGRAM.parents[2] / "po"), LANGUAGE="he", LC_ALL="C.UTF-8")
        texts = [line.split("\t")[-1] for line in found["text"]]
        assert sum(bool(re.search("[א-ת]", text)) for text in texts) > 100, "the language was not used"
        bare = lambda text: re.sub("[\u2066\u2067\u2068][^\u2069]*\u2069", "", text)
        wrong = sorted({text for text in texts if re.search(r"\d\s%|\d\d-\d\d \d\d:\d\d|≈", bare(text))})
        assert not wrong, "\n".join(wrong)
        assert any("\u2068" in text for text in texts)
        assert "CRITICAL" not in complaints, complaints

    @check("GTK has no complaint")
    def complaints():
        wrong = [line for line in COMPLAINTS.splitlines() if "CRITICAL" in line]
        assert not wrong, "\n".join(wrong)

    main()
