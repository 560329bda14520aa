# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop's settings always come back: random settings before, and whoever changes them, its watchdog or both are killed
at a random moment. OH_TRIALS is how many, OH_SEED the first one's seed."""
import os
import pathlib
import random
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
          b"# only this", b"[Proxy Settings]\r\nProxyType[$e]=3\r\n"],
    CLAUDE: [None, b"{}", b'{\n  "model": "x",\n  "env": { "HTTPS_PROXY": "http://old:1", "A": "1" }\n}\n', b'{"env": {}}\n',
             b'{ "permissions": {"allow": []} }'],
}


def state():
    return session.dump(), *(path.read_bytes() if path.exists() else None for path in FILES)


def arrange(dice):
    values = {"/system/proxy/" + key: dice.choice(odd) if dice.random() < 0.5 else None for key, odd in CHOICES.items()}
    session.write({"/system/proxy/": None})
    session.write({key: value for key, value in values.items() if value is not None} | {"/test/there": "1"})
    for path, texts in FILES.items():
        text = dice.choice(texts)
        path.parent.mkdir(exist_ok=True)
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(text)


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
    found = [STATE / "desktop.journal", *LOGIN.iterdir(), *HOME.glob(".config/.*"), *HOME.glob(".claude/.*")]
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
    dump, kde, claude = before
    # Of these it is ours in one mode; of the rest never.
    session.write({"/system/proxy/http/host": "'mine.example'"} if dice.random() < 0.5
                  else {"/system/proxy/autoconfig-url": "'http://mine.example/'"})
    mine = [line for line in session.dump().splitlines() if "mine.example" in line]
    assert len(mine) == 1, mine
    if kde and kde.endswith(b"\n") and b"[Proxy Settings]\n" in kde:
        KDE.write_bytes(KDE.read_bytes() + b"[Mine]\na=b\n")
        kde += b"[Mine]\na=b\n"
    return mine[0], kde, claude


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
    dump, *files = state()
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
