# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop of a test's own: a session bus, dconf, KDE's file, Claude Code's settings, all in a folder of its own."""
import os
import pathlib
import subprocess
import sys
import tempfile

from gi.repository import Gio, GLib


def enter():
    """Runs this program again on a private bus that has our folders, and so has what the bus starts."""
    if os.environ.get("OVERHEAR_TEST_HOME"):
        return pathlib.Path(os.environ["OVERHEAR_TEST_HOME"])
    with tempfile.TemporaryDirectory(prefix="overhear-desktop.", ignore_cleanup_errors=True) as home:
        run = pathlib.Path(home, "run")
        run.mkdir(mode=0o700)
        pathlib.Path(home, ".config").mkdir()
        environment = {key: value for key, value in os.environ.items()
                       if not key.lower().endswith("_proxy") and not key.startswith(("XDG_", "CLAUDE_", "GSETTINGS_", "DBUS_"))}
        environment |= {"OVERHEAR_TEST_HOME": home, "HOME": home, "XDG_CONFIG_HOME": home + "/.config",
                        "XDG_STATE_HOME": home + "/.local/state", "XDG_DATA_HOME": home + "/.local/share",
                        "XDG_CACHE_HOME": home + "/.cache", "XDG_RUNTIME_DIR": str(run), "XDG_CURRENT_DESKTOP": "GNOME",
                        "LC_ALL": "C.UTF-8", "OVERHEAR_DATA_DIR": home + "/data"}
        sys.exit(subprocess.run(["dbus-run-session", "--", sys.executable, *sys.argv], env=environment).returncode)


def dump():
    """All that dconf has, as text."""
    return subprocess.run(["dconf", "dump", "/"], capture_output=True, text=True, check=True).stdout


def write(values):
    """Sets these paths of dconf in one step, whatever their type; None takes one away, and a folder with what is in it."""
    change = GLib.VariantBuilder(GLib.VariantType("a{smv}"))
    for path, text in values.items():
        value = GLib.Variant("v", GLib.Variant.parse(None, text, None, None)) if text is not None else None
        change.add_value(GLib.Variant.new_dict_entry(GLib.Variant("s", path),
                                                     GLib.Variant.new_maybe(GLib.VariantType("v"), value)))
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    blob = change.end().get_data_as_bytes().get_data()
    bus.call_sync("ca.desrt.dconf", "/ca/desrt/dconf/Writer/user", "ca.desrt.dconf.Writer", "Change",
                  GLib.Variant("(ay)", (blob,)), None, Gio.DBusCallFlags.NONE, 10000, None)
