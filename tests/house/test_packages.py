# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian packages: what they hold and need. They are made of what is built, as `dpkg-buildpackage` makes them of what it
has built; with OVERHEAR_TEST_PACKAGES=1 it really does. test_packages.py SOURCE BUILD VERSION"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from tap import Skip, check, main

ROOT, BUILT, VERSION = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1)), sys.argv.pop(1)
WHOLE = os.environ.get("OVERHEAR_TEST_PACKAGES") == "1"
home = tempfile.TemporaryDirectory(prefix="overhear-packages-")
TREE = pathlib.Path(home.name, "overhear")

COMMAND_LINE = {"/usr/bin/overhear", "/usr/libexec/overhear-watchdog", "/usr/libexec/overhear-ns", "/usr/libexec/overhear-pac",
                "/usr/libexec/overhear-simulator", "/usr/share/overhear/pac.js", "/usr/share/overhear/prices.json", "/usr/share/overhear/schema.json",
                "/usr/share/overhear/preload/overhear.cjs", "/usr/share/overhear/preload/start/sitecustomize.py",
                "/usr/share/overhear/apparmor/overhear-ns", "/usr/share/overhear/skill/SKILL.md",
                "/usr/share/overhear/demo/agent.py", "/usr/share/man/man1/overhear.1.gz",
                "/usr/share/doc/overhear/copyright"}
WINDOW = {"/usr/bin/overhear-app", "/usr/share/applications/org.overhear.Overhear.desktop",
          "/usr/share/metainfo/org.overhear.Overhear.metainfo.xml",
          "/usr/share/help/C/overhear/index.page", "/usr/share/help/C/overhear/index.html",
          "/usr/share/dbus-1/services/org.overhear.Overhear.service",
          "/usr/share/glib-2.0/schemas/org.overhear.Overhear.gschema.xml",
          "/usr/share/icons/hicolor/scalable/apps/org.overhear.Overhear.svg",
          "/usr/share/icons/hicolor/symbolic/apps/org.overhear.Overhear-symbolic.svg",
          "/usr/share/man/man1/overhear-app.1.gz", "/usr/share/doc/overhear-gtk/copyright"}


def run(*words, cwd=TREE, **more):
    done = subprocess.run([*map(str, words)], cwd=cwd, capture_output=True, text=True, **more)
    assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def check_profile(profile):
    """AppArmor 4 knows all of it; an older one, all but what is new in that."""
    parser = shutil.which("apparmor_parser", path="/usr/sbin:/sbin:/usr/bin")
    if parser and not pathlib.Path("/etc/apparmor.d/abi/4.0").exists():
        profile = pathlib.Path(shutil.copy(profile, home.name))
        profile.write_text(re.sub(r"(?m)^(abi .*|  userns),$", "", profile.read_text()))
    if parser:
        run(parser, "-Q", "-K", profile)


def pack():
    """As dpkg-buildpackage, from where its `meson install` has ended."""
    shutil.copytree(ROOT / "debian", TREE / "debian")
    for name in ("README.md", "SECURITY.md"):
        shutil.copy(ROOT / name, TREE)
    installed = pathlib.Path(home.name, "installed")
    run("meson", "install", "-C", BUILT, "--no-rebuild", "--quiet", "--destdir", installed, cwd=home.name)
    # Tests have another prefix, and where AppArmor is old no profile.
    prefix, = (path.parent.parent for path in installed.glob("**/bin/overhear"))
    shutil.copytree(prefix, TREE / "debian/tmp/usr", ignore=shutil.ignore_patterns("etc"))
    profile = TREE / "debian/tmp/etc/apparmor.d/overhear-ns"
    profile.parent.mkdir(parents=True)
    profile.write_text((ROOT / "data/apparmor/overhear-ns.in").read_text().replace("@libexecdir@", "/usr/libexec"))
    check_profile(profile)
    environment = {**os.environ, "DEB_BUILD_OPTIONS": "noautodbgsym"}
    for line in run("dh", "binary", "--no-act", env=environment).splitlines():
        words = shlex.split(line)
        if not re.fullmatch(r"dh_(auto_.*|update_autotools_config|prep|testdir|dwz)|debian/rules|create-stamp|rm", words[0]):
            run(*words, env=environment)


def packages():
    """By name: the file of each package."""
    if not TREE.exists():
        if not shutil.which("dh") or not shutil.which("dpkg-deb"):
            raise Skip("debhelper is not installed")
        TREE.mkdir()
        if WHOLE:
            archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
            subprocess.run(["tar", "x"], cwd=TREE, input=archive, check=True)
            run("dpkg-buildpackage", "-us", "-uc", "-b")
        else:
            pack()
    found = {path.name.split("_")[0]: path for path in TREE.parent.glob("*.deb") if "-dbgsym_" not in path.name}
    assert set(found) == {"overhear", "overhear-gtk"}, found
    return found


def field(package, name):
    return run("dpkg-deb", "-f", packages()[package], name).strip()


def needs(package):
    """Without the “t64” that newer distributions have in some names."""
    return {re.split(r"[ (|]", one.strip())[0].removesuffix("t64") for one in field(package, "Depends").split(",")}


def holds(package):
    return {re.sub(r"^\.", "", line.split(None, 5)[5].split(" -> ")[0].strip())
            for line in run("dpkg-deb", "-c", packages()[package]).splitlines() if line[0] != "d"}


@check("overhear: the command line and all that it looks for, and nothing of GTK")
def command_line():
    names = holds("overhear")
    assert COMMAND_LINE <= names, COMMAND_LINE - names
    assert not [name for name in names if re.search("applications|icons|gschema|metainfo|/etc/", name)], names
    needed = needs("overhear")
    assert {"ca-certificates", "glib-networking", "libc6", "libglib2.0-0", "libsoup-3.0-0", "libsqlite3-0"} <= needed, needed
    assert not [name for name in needed if re.search("(?<!core)gtk|adwaita|vte|x11|wayland|cairo|pango", name)], needed


@check("overhear-gtk: the window and what the desktop has to know of it")
def window():
    names = holds("overhear-gtk")
    assert WINDOW <= names, WINDOW - names
    needed = needs("overhear-gtk")
    assert {"overhear", "libgtk-4-1", "libadwaita-1-0", "dconf-gsettings-backend", "librsvg2-common"} <= needed, needed
    assert f"overhear (= {VERSION})" in field("overhear-gtk", "Depends")
    assert not names & holds("overhear")


@check("versions are the project's")
def versions():
    assert {field(name, "Version") for name in packages()} == {VERSION}
    metainfo = (ROOT / "data/org.overhear.Overhear.metainfo.xml.in").read_text()
    assert re.search(r'<release version="([^"]+)"', metainfo)[1] == VERSION, metainfo


@check("what a build needs is the same in ./dev and in debian/control")
def build_depends():
    control = (ROOT / "debian/control").read_text()
    listed = set(re.findall(r"^\s+([a-z0-9.+-]+)", re.search(r"Build-Depends:(.*?)\nStandards", control, re.S)[1], re.M))
    ours = set(re.search(r'build_debian="([^"]*)"', (ROOT / "dev").read_text())[1].split())
    # Those that every build has, that others bring along, or that are needed once it is built.
    ours -= {"gcc", "ninja-build", "libglib2.0-bin", "libglib2.0-dev-bin", "libgtk-4-bin", "glib-networking",
             "ca-certificates", "python3"}
    assert listed - {"appstream", "debhelper-compat", "libglib2.0-dev"} == ours, listed ^ ours


@check("lintian has no word against them")
def lintian():
    if not shutil.which("lintian") or not WHOLE:
        raise Skip("only packages that were really built are looked at, where lintian is installed")
    run("lintian", "--fail-on", "error,warning", *packages().values())


main()
