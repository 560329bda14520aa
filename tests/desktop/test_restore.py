# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop's settings always come back: random settings before, and whoever changes them, its watchdog or both are killed
at a random moment. OH_TRIALS is how many, OH_SEED the first one's seed."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import session
from tap import check, main

HOME = session.enter()
OWNER, WATCHDOG, OVERHEAR = os.environ["OWNER"], os.environ["WATCHDOG"], os.environ["OVERHEAR"]
TRIALS, SEED = int(os.environ.get("OH_TRIALS", 300)), int(os.environ.get("OH_SEED", 1))
KDE, CLAUDE = HOME / ".config/kioslaverc", HOME / ".claude/settings.json"
STATE, LOGIN = HOME / ".local/state/overhear", HOME / ".config/autostart"
# Seconds until all has to be as it was: by far most times, and always, on a machine that may have other things to do.
WITHIN, AT_LAST = 2, 30
took = []
CHOICES = {
    "mode": ["'none'", "'manual'", "'auto'", "'nonsense'", "5", "''"],
    "autoconfig-url": ["''", "'http://wpad.example/p.pac'", "'file:///etc/a b.pac'", "'\"\\'\\n\\u00e9'", "['x']"],
    "ignore-hosts": ["@as []", "['localhost', '127.0.0.0/8', '::1']", "['*.intern', '']", "'text'"],
    "use-same-proxy": ["true", "false"],
    "http/host": ["''", "'cache.example'", "'::1'", "'h\\\\'"],
    "http/port": ["0", "8080", "uint32 3128", "-1", "'8080'"],
    "http/enabled": ["true", "false"],
    "https/host": ["''", "'cache.example'"],
    "https/port": ["0", "3128", "99999"],
    "socks/host": ["''", "'socks.example'"],
    "socks/port": ["0", "1080"],
    "unknown-key": ["'x'", "1.5"],
}
FILES = {
    KDE: [None, b"", b"[Proxy Settings]\nProxyType=0\n", b"[Proxy Settings]\nProxyType=1\nhttpProxy=http://a.example 8080\nNoProxyFor=x",
          b"[General]\nx=\xff\n\n[Proxy Settings]\nhttpsProxy=https://a.example:1\nProxy Config Script=/etc/p.pac\nProxyType=2\n\n[Z]\n",
          b"# only this", b"[Proxy Settings]\r\nProxyType[$e]=3\r\n", b"\xef\xbb\xbf[Proxy Settings]\nProxyType=0\n",
          b"[Proxy Settings]\nProxyType=1\nProxyType=0\nProxy Config Script=/a\nProxy Config Script[$e]=$HOME/b\n[X]\n\n[Proxy Settings]\n"
          b"ProxyType = 3 \n", b"[X]\r\nb=\r\n\r\n[Y]\r\n", b"[Proxy Settings]\nProxyType=0", b"# x\n" * 5000 + b"[Proxy Settings]\n"],
    CLAUDE: [None, b"{}", b'{\n  "model": "x",\n  "env": { "HTTPS_PROXY": "http://old:1", "A": "1" }\n}\n', b'{"env": {}}\n',
             b'{ "permissions": {"allow": []} }', b'\xef\xbb\xbf{"a": 1}', b'{\r\n\t"env": {\r\n\t\t"A": "1"\r\n\t}\r\n}',
             b'{"env": {"HTTPS_PROXY": "a", "HTTPS_PROXY": "b"}, "env": {"NODE_EXTRA_CA_CERTS": "c", "HTTPS_PROXY": "d"}}', b'{"env": { }}',
             b'{"x": "' + b"y" * 20000 + b'"}'],
}
# Where a file is another's by a link.
OTHER = {KDE: HOME / "dotfiles/kde/kioslaverc", CLAUDE: HOME / "dotclaude/settings.json"}
KINDS = ["plain", "plain", "linked", "linked twice", "one of two names", "old and read-only"]
MARK = "user.overhear.test"


def describe(path):
    """What a file is besides its bytes."""
    if not path.exists():
        return os.readlink(path) if path.is_symlink() else None, path.parent.exists(), OTHER[path].parent.exists()
    status = path.stat()
    try:
        mark = os.getxattr(path, MARK)
    except OSError:
        mark = None
    return os.readlink(path) if path.is_symlink() else None, status.st_mode, status.st_mtime_ns, mark, status.st_nlink > 1 and (
        status.st_ino, OTHER[path].read_bytes())


def state():
    return (session.dump(), *(path.read_bytes() if path.exists() else None for path in FILES), *map(describe, FILES))


def lay_down(dice, path, text):
    """A file of these bytes, of some kind."""
    kind, real, middle = dice.choice(KINDS), path, HOME / f"middle of {path.name}"
    for old in path, middle:
        old.unlink(missing_ok=True)
    shutil.rmtree(HOME / OTHER[path].relative_to(HOME).parts[0], ignore_errors=True)
    path.parent.mkdir(exist_ok=True)
    if kind.startswith("linked"):
        real = OTHER[path]
        if kind == "linked":
            path.symlink_to(real)
        else:
            path.symlink_to(f"../{middle.name}")
            middle.symlink_to(real)
    if text is None:
        if not path.is_symlink() and path == CLAUDE and dice.random() < 0.5:
            path.parent.rmdir()
        return
    real.parent.mkdir(parents=True, exist_ok=True)
    real.write_bytes(text)
    try:
        os.setxattr(real, MARK, b"\0mine")
    except OSError:
        pass
    if kind == "one of two names":
        OTHER[path].parent.mkdir(parents=True, exist_ok=True)
        os.link(real, OTHER[path])
    elif kind.startswith("old"):
        real.chmod(0o444)
        os.utime(real, ns=(10**18, 10**18 + 123456789))


def arrange(dice):
    values = {"/system/proxy/" + key: dice.choice(odd) if dice.random() < 0.5 else None for key, odd in CHOICES.items()}
    session.write({"/system/proxy/": None})
    session.write({key: value for key, value in values.items() if value is not None} | {"/test/there": "1"})
    for path, texts in FILES.items():
        lay_down(dice, path, dice.choice(texts))


def children(pid):
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def leftovers():
    """What a half-done change would leave; a journal that was not yet one (a name with a dot) says nothing to anybody."""
    LOGIN.mkdir(parents=True, exist_ok=True)
    found = [STATE / "desktop.journal", *LOGIN.iterdir(), *HOME.glob(".config/.*"), *HOME.glob(".claude/.*"),
             *HOME.glob("dot*/**/.*")]
    return [str(path.relative_to(HOME)) for path in found if path.exists()]


def wait_until(is_back, what):
    begin = time.monotonic()
    while True:
        if not leftovers() and is_back():
            took.append(time.monotonic() - begin)
            return
        assert time.monotonic() < begin + AT_LAST, f"{what}: not as before: {state()}\nleft: {leftovers()}"
        time.sleep(0.005)


def meddle(dice, before, mode):
    """Somebody else changes something meanwhile. Returns: what all has to be in the end."""
    _, kde, claude = before[:3]
    # Of these it is ours in one mode; of the rest never.
    session.write({"/system/proxy/http/host": "'mine.example'"} if dice.random() < 0.5
                  else {"/system/proxy/autoconfig-url": "'http://mine.example/'"})
    mine = [line for line in session.dump().splitlines() if "mine.example" in line]
    assert len(mine) == 1, mine
    # KDE's own programs write to a file only if that is there or may be.
    if KDE.exists() and (kde is None or kde in b"" or kde.endswith(b"\n")):
        rewrite(KDE, KDE.read_bytes() + b"[Mine]\na=b\n")
        kde = (kde or b"") + b"[Mine]\na=b\n"
    if claude is not None:
        rewrite(CLAUDE, with_member(CLAUDE.read_bytes()))
        claude = with_member(claude)
    return mine[0], kde, claude


def rewrite(path, text):
    os.chmod(path, path.stat().st_mode | 0o200)
    path.write_bytes(text)


def with_member(text):
    """A JSON object with one member more, at its end."""
    end = text.rindex(b"}")
    return text[:end] + (b"" if text[:end].strip().endswith(b"{") else b", ") + b'"mine": {"HTTPS_PROXY": "x"}' + text[end:]


def parse(dump):
    """A dump as {path: value}."""
    values, folder = {}, ""
    for line in dump.splitlines():
        if line.startswith("["):
            folder = line.strip("[]")
        elif "=" in line:
            key, value = line.split("=", 1)
            values[f"/{folder}/{key}"] = value
    return values


def is_mine(before, mine, kde, claude):
    key = "/system/proxy/" + ("http/host" if mine.startswith("host") else "autoconfig-url")
    dump, *files = state()[:3]
    return parse(dump) == parse(before[0]) | {key: mine.split("=", 1)[1]} and files == [kde, claude]


def trial(seed):
    dice = random.Random(seed)
    arrange(dice)
    before = state()
    mode = dice.choice(["auto", "manual"])
    victim = dice.choice(["owner", "watchdog", "both", "nobody"])
    moment = dice.choice(["coming on", "on", "going off", "on, with a change of somebody else"])
    what = f"seed {seed}: {mode}, {victim} killed while {moment}"
    owner = subprocess.Popen([OWNER, mode, str(dice.randrange(1024, 65536))], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    mine = None
    try:
        if moment == "coming on":
            time.sleep(dice.uniform(0, 0.06))
        else:
            assert owner.stdout.readline() == b"on\n", what + ": " + owner.stderr.read().decode()
            assert state() != before, what
        if moment.startswith("on, with"):
            mine = meddle(dice, before, mode)
        watchdogs = children(owner.pid)
        if moment == "going off":
            owner.terminate()
            time.sleep(dice.uniform(0, 0.03))
        if victim in ("owner", "both"):
            owner.kill()
        if victim in ("watchdog", "both"):
            kill(watchdogs)
        if victim == "both":
            owner.wait()
            # The next start of whatever program of ours, or the next login.
            subprocess.run(dice.choice([[WATCHDOG, "--restore"], [OVERHEAR, "--version"]]), check=True, capture_output=True)
        elif victim != "owner":
            owner.terminate()
            # Coming on, it may not have begun: all would look as if it had ended.
            owner.wait(AT_LAST)
        wait_until(lambda: state() == before if mine is None else is_mine(before, *mine), f"{what}; before: {before}, then {mine}")
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()
        owner.stderr.close()


@check("a folder that was made for a file goes with it, wherever giving back was cut off")
def folders():
    for cut in CLAUDE.unlink, lambda: (CLAUDE.unlink(), CLAUDE.parent.rmdir()), lambda: None:
        for path in FILES:
            path.unlink(missing_ok=True)
        shutil.rmtree(CLAUDE.parent, ignore_errors=True)
        before = state()
        owner = subprocess.Popen([OWNER, "auto", "40000"], stdout=subprocess.PIPE)
        assert owner.stdout.readline() == b"on\n" and CLAUDE.exists()
        watchdogs = children(owner.pid)
        kill([*watchdogs, owner.pid])
        owner.wait()
        owner.stdout.close()
        cut()
        subprocess.run([WATCHDOG, "--restore"], check=True)
        assert state() == before and not CLAUDE.parent.exists() and not leftovers(), (state(), leftovers())


@check(f"{TRIALS} trials: whatever is killed and when, the settings come back as they were, or as somebody set them meanwhile")
def trials():
    begin = time.monotonic()
    for seed in range(SEED, SEED + TRIALS):
        trial(seed)
    late = sum(seconds > WITHIN for seconds in took)
    print(f"# {TRIALS} trials in {time.monotonic() - begin:.1f} s; back after {sorted(took)[len(took) // 2] * 1000:.0f} ms in the "
          f"middle, {max(took) * 1000:.0f} ms at most, {late} after more than {WITHIN} s")
    assert late <= TRIALS // 20, late


main()
