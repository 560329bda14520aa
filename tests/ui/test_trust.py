# SPDX-License-Identifier: GPL-3.0-or-later
"""The trust page of the preferences: each store says whether it trusts us; what adding and removing will do is said, and done."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from harness import TIMEOUT, Desktop, look_away, wait
from tap import Skip, check, main

PROGRAM = pathlib.Path(sys.argv.pop(1))
PICTURES = pathlib.Path(sys.argv.pop(1))
CERTUTIL = shutil.which("certutil")
# Nothing of this machine's own stores.
os.environ["OVERHEAR_SYSROOT"] = tempfile.mkdtemp(prefix="overhear-trust-ui-")
os.environ.pop("XDG_DATA_HOME", None)
os.environ.pop("JAVA_HOME", None)

desktop = Desktop(PROGRAM, PICTURES, size=(1280, 800))


def make_store(folder):
    folder.mkdir(parents=True)
    subprocess.run([CERTUTIL, "-N", "-d", f"sql:{folder}", "--empty-password"], check=True)


def listing(folder):
    return subprocess.run([CERTUTIL, "-L", "-d", f"sql:{folder}"], check=True, capture_output=True, text=True).stdout


def search(app, *args, **kwargs):
    """In all windows but the large one, which takes long to look through; the newest first."""
    for window in reversed([window for window in app.root.children() if window.name != "Overhear"]):
        yield from window.search(*args, **kwargs)


def find(app, *args, timeout=TIMEOUT, **kwargs):
    return wait(f"{args} {kwargs}", lambda: next(search(app, *args, **kwargs), None), timeout)


def open_preferences(app):
    app.focus_window()
    app.key("ctrl+comma")
    return find(app, name="Trust")


def open_page(app):
    open_preferences(app).click()
    find(app, "label", contains="There is none. It is made when it is first needed")


@check("a store is added, removed and forgotten, each time after it has been said")
def page():
    if not CERTUTIL:
        raise Skip("certutil is not installed")
    with desktop.app() as app:
        store = app.folder / ".pki/nssdb"
        make_store(store)
        before = listing(store)
        open_page(app)
        find(app, "push button", contains="Add Overhear to Chromium").click()
        find(app, "label", contains="certificate authority of its own")
        assert not (app.data / "authority.key").exists()
        find(app, "push button", "Cancel").click()
        wait("the question to go", lambda: not next(search(app, "push button", "Cancel"), None))
        assert not (app.data / "authority.key").exists() and listing(store) == before
        find(app, "push button", contains="Add Overhear to Chromium").click()
        find(app, "push button", "Add").click()
        find(app, "label", contains="Trusts Overhear", timeout=2 * TIMEOUT)
        assert "Overhear on this computer" in listing(store) and (app.data / "authority.key").exists()
        time.sleep(0.5)
        desktop.screenshot("trust-page")
        # Its own words, and a command to copy.
        find(app, "push button", contains="Remove Overhear from Chromium").click()
        find(app, "label", contains="from " + str(store))
        find(app, "push button", contains="opy Command")
        time.sleep(0.5)
        desktop.screenshot("trust-question")
        find(app, "push button", "Remove").click()
        find(app, "push button", contains="Add Overhear to Chromium", timeout=2 * TIMEOUT)
        assert listing(store) == before
        find(app, "push button", contains="Add Overhear to Chromium").click()
        find(app, "push button", "Add").click()
        find(app, "label", contains="Trusts Overhear", timeout=2 * TIMEOUT)
        find(app, "push button", contains="Remove Everywhere").click()
        find(app, "push button", "Remove").click()
        find(app, "label", contains="There is none. It is made when it is first needed", timeout=2 * TIMEOUT)
        assert listing(store) == before and not (app.data / "authority.key").exists()


@check("a certificate that was replaced is replaced in its store too; whoever closes the preferences meanwhile breaks nothing")
def replaced():
    if not CERTUTIL:
        raise Skip("certutil is not installed")
    with desktop.app() as app:
        store = app.folder / ".pki/nssdb"
        make_store(store)

        def overhear(*words):
            subprocess.run([os.environ["OVERHEAR"], "trust", *words], env=app.environment, check=True, capture_output=True)

        overhear("add", "chromium")
        first = listing(store)
        # Another one, which the store does not have.
        for name in ("authority.key", "authority.pem"):
            (app.data / name).unlink()
        subprocess.run([os.environ["OVERHEAR"], "trust", "new"], env=dict(app.environment, HOME=str(app.folder / "nobody")),
                       check=True, capture_output=True)
        open_preferences(app).click()
        find(app, "push button", contains="Replace Overhear’s certificate in Chromium").click()
        find(app, "push button", "Add").click()
        find(app, "push button", contains="Remove Overhear from Chromium", timeout=2 * TIMEOUT)
        now = listing(store)
        assert now != first and now.count("Overhear on this computer") == 1, now
        for _ in range(2):
            app.focus_window("Preferences")
            app.key("Escape")
            wait("the preferences to go", lambda: not next(search(app, name="Trust"), None))
            open_preferences(app)


@check("what was made meanwhile is there once one comes back to the page")
def meanwhile():
    if not CERTUTIL:
        raise Skip("certutil is not installed")
    with desktop.app() as app:
        make_store(app.folder / ".pki/nssdb")
        open_page(app)
        find(app, "push button", contains="Add Overhear to Chromium")
        for back in (lambda: app.focus_window("Preferences"), lambda: (find(app, name="General").click(), find(app, name="Trust").click())):
            root = app.folder / f".mozilla/firefox/{len(list(app.folder.glob('.mozilla/firefox/*')))}.new"
            look_away()
            make_store(root)
            with open(root.parent / "profiles.ini", "a") as profiles:
                profiles.write(f"[Profile{root.name[0]}]\nName={root.name}\nIsRelative=1\nPath={root.name}\n")
            back()
            find(app, "label", contains=str(root))


@check("while the desktop is listened to, the certificate is not removed, and nothing is asked first")
def refused():
    with desktop.app(settings={"desktop-explained": "true"}) as app:
        app.find("check box", "Listen to the Whole Desktop").click()
        wait("the authority", lambda: (app.data / "authority.key").exists())
        open_preferences(app).click()
        button = find(app, "push button", contains="Remove Everywhere")
        wait("it can be pressed", lambda: button.has_state("sensitive"))
        button.click()
        find(app, contains="switch that off first")
        assert not next(search(app, "push button", "Remove"), None)
        assert (app.data / "authority.key").exists()


@check("a store that its program has not made yet says so, and cannot be added to; in the dark too")
def unmade():
    with desktop.app(settings={"color-scheme": "'dark'"}) as app:
        open_page(app)
        find(app, "label", contains="when it first starts")
        assert not next(search(app, "push button", contains="Add Overhear to"), None)
        time.sleep(0.5)
        desktop.screenshot("trust-page-dark")


with desktop:
    main()
