# SPDX-License-Identifier: GPL-3.0-or-later
"""The real window, driven as a person with a screen reader and a keyboard would: Xvfb, a private D-Bus, AT-SPI.

    with Desktop(size=(1280, 800)) as desktop:
        app = desktop.start_app("--demo")
        app.find("button", "Run…").click()

Importing this module starts nothing; `Desktop` must be entered before anything else of AT-SPI is used, because the
accessibility library takes the bus from the environment when it is first used. One `Desktop` a process.
"""
import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from accessibility import TIMEOUT, Bus, Node, NotFound, wait


def look_away():
    """No window has the keyboard."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XSetInputFocus.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_ulong]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    x11.XSetInputFocus(display, 0, 0, 0)
    x11.XCloseDisplay(display)


class App:
    """One overhear-app with folders of its own."""

    def __init__(self, desktop, arguments, upstreams=(), settings=None, data=None, font="Cantarell 11"):
        self.desktop = desktop
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="overhear-ui-"))
        self.data = pathlib.Path(data) if data else self.folder / "data"
        values = dict(settings or {})
        if upstreams:
            values["upstreams"] = "[" + ", ".join(f"'{line}'" for line in upstreams) + "]"
        keyfile = self.folder / "config" / "glib-2.0" / "settings" / "keyfile"
        keyfile.parent.mkdir(parents=True)
        keyfile.write_text("[org/overhear/Overhear]\n" + "".join(f"{key}={value}\n" for key, value in values.items()))
        gtk_settings = self.folder / "config" / "gtk-4.0" / "settings.ini"
        gtk_settings.parent.mkdir()
        gtk_settings.write_text(f"[Settings]\ngtk-font-name={font}\n")
        runtime = self.folder / "runtime"
        runtime.mkdir(mode=0o700)
        env = dict(os.environ, OVERHEAR_DATA_DIR=str(self.data), XDG_RUNTIME_DIR=str(runtime),
                   XDG_CONFIG_HOME=str(self.folder / "config"), XDG_CACHE_HOME=str(self.folder / "cache"),
                   HOME=str(self.folder), GSETTINGS_BACKEND="keyfile", GSK_RENDERER="cairo", GDK_BACKEND="x11",
                   GTK_A11Y="atspi", ADW_DISABLE_PORTAL="1", GTK_USE_PORTAL="0", LC_ALL="C.UTF-8")
        for name in ("ANTHROPIC_BASE_URL", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "GTK_THEME"):
            env.pop(name, None)
        self.environment = env
        self.log_path = self.folder / "log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([desktop.program, *arguments], env=env, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT)
        self.root = None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def complaints(self):
        """What GLib, GTK and libadwaita complained of. Few tests have a desktop that shows notifications; and GTK 4 loses count
        of a press whose release goes to a menu that opened or closed meanwhile, in any program."""
        return [line for line in self.log().splitlines() if ("CRITICAL" in line or "overhear-app:" in line)
                and "unable to send notifications" not in line and "Broken accounting of active state" not in line]

    def attach(self):
        def ours():
            assert self.process.poll() is None, f"overhear-app ended early:\n{self.log()}"
            for process, where in self.desktop.bus.applications():
                node = Node(self, where)
                if process == self.process.pid and node.children():
                    return node
            return None

        self.root = wait("overhear-app on the accessibility bus", ours)
        self.find("frame")
        return self

    def find(self, *args, **kwargs):
        return self.root.find(*args, **kwargs)

    def look_for(self, *args, **kwargs):
        return self.root.look_for(*args, **kwargs)

    def rows(self, contains=None):
        """The rows of the list of exchanges, as the sentences a screen reader says."""
        lists = self.look_for("list", "Exchanges")
        return lists[0].look_for("list item", contains=contains or "status ", showing=False) if lists else []

    def wait_rows(self, count, contains=None):
        return wait(f"{count} rows {contains or ''}", lambda: (rows := self.rows(contains)) and len(rows) >= count and rows)

    def windows(self, title):
        """The X windows of that title, the oldest first: a tooltip is one, too."""
        return self.desktop.output("xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid), "--name",
                                   f"^{title}$").split()

    def focus_window(self, title="Overhear"):
        """There is no window manager to give a new window the keyboard."""
        window = wait(f"a window {title}", lambda: self.windows(title))[-1]
        self.desktop.run("xdotool", "windowfocus", "--sync", window)
        return window

    def key(self, *keys):
        self.desktop.run("xdotool", "key", *keys)

    def type(self, text):
        self.desktop.run("xdotool", "type", "--delay", "4", "--", text)

    def type_into(self, entry, text):
        """Into an entry that has the keyboard, or is about to get it: keys before that are lost."""
        for _ in range(5):
            self.key("ctrl+a")
            self.type(text)
            with contextlib.suppress(NotFound):
                wait(f"“{text}” in the entry", lambda: entry.content() == text, timeout=2)
                return
        raise NotFound(f"“{entry.content()}” is in the entry, not “{text}”")

    def scroll_to(self, node, title):
        """With the wheel, until it is all in sight of the window of this title, below its header bar."""
        window = self.focus_window(title)
        shape = dict(line.split("=") for line in self.desktop.output("xdotool", "getwindowgeometry", "--shell", window).split())
        for _ in range(40):
            _, y, _, height = node.extents()
            if height > 20 and 60 <= y and y + height < int(shape["HEIGHT"]) - 8:
                return
            self.desktop.run("xdotool", "mousemove", "--window", window, str(int(shape["WIDTH"]) // 2), str(int(shape["HEIGHT"]) // 2),
                             "click", "4" if y < 60 else "5")
            time.sleep(0.1)
        raise NotFound(f"“{node.name}” does not come into sight")

    def open_menu(self, find, item, role=None):
        """The item of the menu that the pointer's other button opens on what find() gives. While a menu is open or goes, a
        press would go to it and its release to what is under it; now and then one is lost."""
        def opened():
            if next(self.root.search(role or "menu item", item), None) is None and \
                    next(self.root.search("menu item", showing=False), None) is None:
                x, y, width, height = find().extents()
                self.desktop.run("xdotool", "mousemove", str(x + width // 2), str(y + height // 2), "click", "3")
            with contextlib.suppress(NotFound):
                return self.find(role, item, timeout=5)
            return None
        return wait(f"the menu with {item}", opened, timeout=3 * TIMEOUT)

    def resize(self, width, height):
        self.focus_window()
        self.desktop.run("xdotool", "windowsize", self.windows("Overhear")[0], str(width), str(height))
        time.sleep(0.5)

    def screenshot(self, name):
        return self.desktop.screenshot(name)

    def end(self):
        """As a person does: closes its windows, and says that what runs is to be stopped. It must go without a word."""
        def ended():
            if self.process.poll() is not None:
                return True
            for button in self.look_for("push button", contains="Stop and Close"):
                button.click()
            return False

        # A window that is new may have another role than that of a frame. What has ended has none.
        for window in reversed(list(self.root.children())) if self.process.poll() is None else ():
            for button in window.look_for("push button", "Close")[:1]:
                button.click()
        wait("its end", ended)
        assert self.process.returncode == 0, self.process.returncode
        assert not self.complaints(), "\n".join(self.complaints())

    def stop(self):
        """However it stands."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Desktop:
    """A display, a session bus and the accessibility bus, of our own."""

    def __init__(self, program, pictures, size=(1440, 900)):
        self.program = str(program)
        self.pictures = pathlib.Path(pictures)
        self.size = size
        self.stack = contextlib.ExitStack()
        self.listeners = []

    def __enter__(self):
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix="overhear-desktop-")
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        os.environ["XDG_RUNTIME_DIR"] = self.folder
        os.environ["XDG_CONFIG_HOME"] = self.folder
        os.environ["GSETTINGS_BACKEND"] = "memory"
        self._start_display()
        self._start_bus()
        import gi
        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi
        Atspi.init()
        self.bus = Bus()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def _spawn(self, *command, **kwargs):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **kwargs)

        def end():
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
                return
            process.kill()
            process.wait()

        self.stack.callback(end)
        return process

    def _start_display(self):
        reading, writing = os.pipe()
        self._spawn("Xvfb", "-displayfd", str(writing), "-screen", "0", f"{self.size[0]}x{self.size[1]}x24",
                    "-nolisten", "tcp", "-noreset", pass_fds=[writing], stdout=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        os.environ["DISPLAY"] = f":{number}"
        os.environ.pop("WAYLAND_DISPLAY", None)

    def _start_bus(self):
        bus = self._spawn("dbus-daemon", "--session", "--nofork", "--print-address", stdout=subprocess.PIPE, text=True)
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        assert os.environ["DBUS_SESSION_BUS_ADDRESS"], "dbus-daemon did not start"
        os.environ.pop("AT_SPI_BUS_ADDRESS", None)

    def set_text_scale(self, scale):
        """For windows opened from now on, as a desktop's “Large Text” does."""
        resources = f"Xft.dpi:\t{round(96 * scale)}\n".encode()
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XDefaultRootWindow.argtypes = x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
        x11.XDefaultRootWindow.restype = ctypes.c_ulong
        x11.XChangeProperty.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_int,
                                        ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        display = x11.XOpenDisplay(None)
        resource_manager, string, replace = 23, 31, 0  # Xatom.h, X.h
        x11.XChangeProperty(display, x11.XDefaultRootWindow(display), resource_manager, string, 8, replace, resources,
                            len(resources))
        x11.XCloseDisplay(display)

    def listen(self, *kinds):
        """A list that grows by what assistive technologies are told from now on: (kind, node) each time heard() is asked."""
        from gi.repository import Atspi
        heard = []
        listener = Atspi.EventListener.new(lambda event: heard.append(event))
        for kind in kinds:
            listener.register(kind)
            self.stack.callback(listener.deregister, kind)
        self.listeners.append(listener)
        return heard

    def heard(self):
        """Lets events come."""
        from gi.repository import GLib
        while GLib.MainContext.default().iteration(False):
            pass

    def run(self, *command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=30)

    def output(self, *command):
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=30).stdout

    def bytes(self, *command):
        return subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=30).stdout

    def screenshot(self, name):
        path = self.pictures / f"{name}.png"
        self.run("xdotool", "mousemove", str(self.size[0] - 1), str(self.size[1] - 1))  # no hovering, no tooltips
        self.run("import", "-window", "root", str(path))
        return path

    @contextlib.contextmanager
    def app(self, *arguments, **kwargs):
        app = App(self, arguments, **kwargs)
        try:
            yield app.attach()
            app.end()
        except BaseException:
            with contextlib.suppress(Exception):
                self.screenshot("failure")
                (self.pictures / "failure.txt").write_text(app.root.dump() + "\n\n" + app.log())
            raise
        finally:
            app.stop()
