# SPDX-License-Identifier: GPL-3.0-or-later
"""`overhear skill install`: where the skill goes, that it has the form agents read, and that what it says works."""
import json
import os
import pathlib
import re
import subprocess
import tempfile

from fixtures.captured import OVERHEAR, Desk, members
from tap import check, main

home = tempfile.TemporaryDirectory(prefix="overhear-skill-")
desk = Desk(home.name)
PLACE = ".claude/skills/overhear/SKILL.md"


def skill(*options, status=0):
    project = desk.folder / "project"
    project.mkdir(exist_ok=True)
    done = subprocess.run([OVERHEAR, "skill", *options], env=desk.environment() | {"HOME": str(desk.folder / "home")},
        cwd=project,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == status, (options, done)
    return done.stdout if status == 0 else done.stderr


@check("it is put where agents look, and what a person changed is not replaced")
def install():
    told = json.loads(skill("install", "--json"))
    path = pathlib.Path(told["file"])
    schema = json.loads(desk.overhear("schema", "skill").stdout)
    assert set(told) == members(schema, schema)
    assert path == desk.folder / "home" / PLACE and path.stat().st_mode & 0o777 == 0o644
    assert str(desk.folder / "project" / PLACE) in skill("install", "--project")
    skill("install", "--user")
    original = path.read_text()
    path.write_text("mine")
    assert "--force" in skill("install", status=1) and path.read_text() == "mine"
    skill("install", "--force")
    assert path.read_text() == original
    for words in ([], ["remove"], ["install", "--user", "--project"], ["install", "now"]):
        skill(*words, status=2)


@check("it has the form of a skill")
def form():
    text = (desk.folder / "home" / PLACE).read_text()
    head, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.S).groups()
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    assert fields["name"] == pathlib.Path(PLACE).parent.name and len(fields["description"]) <= 1024
    assert ": " not in fields["description"], "YAML would take it for another field"
    assert len(fields["compatibility"]) <= 500 and len(body.splitlines()) < 500


@check("every command that it names works, and says something")
def commands():
    desk.capture("--session", "s1")
    text = (desk.folder / "home" / PLACE).read_text()
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    assert len(lines) >= 10
    for line in lines:
        line = line.replace("${CLAUDE_SESSION_ID}", "s1").replace("python3 my_app.py", "true")
        path = f"{pathlib.Path(OVERHEAR).parent}:{os.environ['PATH']}"
        done = subprocess.run(["sh", "-ec", line], capture_output=True, text=True, timeout=60,
                              env=desk.environment() | {"PATH": path})
        assert done.returncode == 0, (line, done.stderr)
        said = done.stdout.splitlines() or done.stderr.splitlines()[-1:]
        assert [json.loads(told) for told in said], line


main()
