# SPDX-License-Identifier: GPL-3.0-or-later
"""`overhear trust`: each kind of store in folders of the test's own, by the stores' own tools; nothing but ours changes."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from fixtures.captured import OVERHEAR
from tap import Skip, check, main

temporary = tempfile.TemporaryDirectory(prefix="overhear-trust-")
ROOT = pathlib.Path(temporary.name)
HOME, SYSTEM, TOOLS = ROOT / "home", ROOT / "system", ROOT / "tools"
DATA = ROOT / "data"
for folder in HOME, SYSTEM, TOOLS:
    folder.mkdir()
NAME = r"Overhear on this computer [0-9a-f]{8}-[0-9a-f]{8}"
CERTUTIL, KEYTOOL = shutil.which("certutil"), shutil.which("keytool")


def environment(data=DATA, **more):
    """Tools of the system that would ask for a password, or change this machine, are those of TOOLS."""
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR", "ASAN_OPTIONS") if name in os.environ}
    return kept | {"HOME": str(HOME), "PATH": f"{TOOLS}:{os.environ['PATH']}", "OVERHEAR_DATA_DIR": str(data),
                   "OVERHEAR_SYSROOT": str(SYSTEM)} | more


def trust(*words, status=0, data=DATA, **more):
    done = subprocess.run([OVERHEAR, "trust", *map(str, words)], env=environment(data, **more), capture_output=True, text=True,
                          errors="surrogateescape", timeout=120, stdin=subprocess.DEVNULL)
    assert done.returncode == status, (words, done)
    return done


def look(*words, **more):
    return json.loads(trust(*words, "--json", **more).stdout)


def states(kind, **more):
    return {store["place"]: store["state"] for store in look(**more)["stores"] if store["store"] == kind}


def tool(name, text):
    path = TOOLS / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def stranger(name="stranger"):
    """A certificate of somebody else's."""
    path = ROOT / f"{name}.pem"
    if not path.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        ROOT / "key.pem", "-out", path, "-days", "30", "-subj", f"/O={name}/CN={name}"], check=True, capture_output=True)
    return path


def make_database(folder):
    folder.mkdir(parents=True)
    subprocess.run([CERTUTIL, "-N", "-d", f"sql:{folder}", "--empty-password"], check=True, capture_output=True)
    subprocess.run([CERTUTIL, "-A", "-a", "-d", f"sql:{folder}", "-n", "A stranger", "-t", "CT,C,", "-i", stranger()], check=True)


def listing(folder):
    return subprocess.run([CERTUTIL, "-L", "-d", f"sql:{folder}"], check=True, capture_output=True, text=True).stdout


def others(folder):
    return [line for line in listing(folder).splitlines() if "Overhear" not in line]


def need(program, name):
    if not program:
        raise Skip(f"{name} is not installed")


@check("where nothing was switched on, there is no authority and none is made")
def nothing():
    found = look()
    assert found["authority"] is None and not found["good"] and not (DATA / "authority.key").exists()
    assert "api.anthropic.com" in found["hosts"] and "api.anthropic.com" in found["names"]
    assert len(set(found["names"])) == len(found["names"]), found["names"]
    assert "no certificate authority" in trust().stdout
    for words in (["add"], ["remove"], ["add", "nonsense"], ["nonsense"], ["status", "more"], ["new", "--dry-run"]):
        trust(*words, status=2)
    # What would be done can be asked before.
    said = trust("add", "all", "-n").stdout
    assert "Make the certificate" in said and not list(DATA.glob("authority.[kp]*")), said
    assert not (DATA / "authority.key").exists()


@check("a store that its program has not made yet is not made by us")
def unmade():
    xdg = HOME / ".local/share/pki/nssdb"
    store, = [store for store in look()["stores"] if store["store"] == "chromium"]
    assert (store["place"], store["state"]) == (str(xdg), "unknown") and "starts" in store["error"], store
    trust("add", "chromium", status=1)
    assert not xdg.exists() and not (HOME / ".pki").exists()


@check("Chromium's store: the old folder before the new one, sandboxes; added, found, removed, and nothing else touched")
def chromium():
    need(CERTUTIL, "certutil")
    folders = [HOME / place for place in (".local/share/pki/nssdb", ".pki/nssdb", ".var/app/org.chromium.Chromium/data/pki/nssdb",
                                          "snap/chromium/current/.pki/nssdb")]
    for folder in folders:
        make_database(folder)
    before = [listing(folder) for folder in folders]
    assert states("chromium") == {str(folder): "none" for folder in folders}
    said = trust("add", "chromium", "--dry-run").stdout
    assert listing(folders[0]) == before[0] and said.count("certutil") == 4, said
    said = trust("add", "chromium").stdout
    assert said.count("servers only") == 4 and [others(folder) for folder in folders] == [text.splitlines() for text in before]
    for folder in folders:
        line, = [line for line in listing(folder).splitlines() if "Overhear" in line]
        assert re.fullmatch(NAME + r" +C,, *", line), line
    assert set(states("chromium").values()) == {"current"}
    assert trust("add", "chromium").stdout == ""
    # Each by its place, and the command that is shown is the one that does it.
    trust("remove", folders[0])
    assert sorted(states("chromium").values()) == ["current", "current", "current", "none"]
    command = [line.strip() for line in trust("remove", folders[1], "-n").stdout.splitlines()][1]
    subprocess.run(["sh", "-c", command], check=True)
    trust("remove", "all")
    assert [listing(folder) for folder in folders] == before


@check("an authority that was replaced is found and taken away, another data folder’s stays")
def replaced():
    need(CERTUTIL, "certutil")
    folder = HOME / ".local/share/pki/nssdb"
    before = listing(folder)
    trust("add", folder)
    first = look()["authority"]
    assert states("chromium", data=ROOT / "other")[str(folder)] == "other"
    trust("add", folder, data=ROOT / "other")
    assert listing(folder).count("Overhear") == 2
    # More hosts: another certificate, by the same key and name, and what it was for before it stays for.
    hosts = HOME / ".config/overhear/hosts"
    hosts.parent.mkdir(parents=True)
    hosts.write_text("# mine\napi.example.com\n*.gateway.example.net # ours\n")
    found = look()
    assert not found["good"] and found["authority"] == first and "gateway.example.net" not in found["names"]
    assert "not for these hosts yet" in (said := trust().stdout) and "*.gateway.example.net" in said, said
    assert states("chromium")[str(folder)] == "current"
    found = look("add", folder)
    assert found["news"] == "widened" and found["good"] and len(found["steps"]) == 2 and all(step["done"] for step in found["steps"])
    assert found["authority"]["fingerprint"] != first["fingerprint"] and listing(folder).count("Overhear") == 2
    assert found["authority"]["name"] == first["name"]
    assert {"api.anthropic.com", "api.example.com", "gateway.example.net"} <= set(found["names"]), found["names"]
    hosts.unlink()
    assert look()["good"] and look("add", folder)["news"] is None
    trust("new")
    names = look()["names"]
    assert "api.aws" in names and len(set(names)) == len(names), names
    assert listing(folder).count("Overhear") == 2 and look()["authority"]["fingerprint"] != found["authority"]["fingerprint"]
    hosts.write_text("*\n")
    assert "all there are" in trust("add", folder, status=1).stderr
    hosts.unlink()
    # One that is trusted for nothing does not count.
    name = look()["authority"]["name"]
    subprocess.run([CERTUTIL, "-M", "-d", f"sql:{folder}", "-n", name, "-t", ",,"], check=True)
    assert states("chromium")[str(folder)] == "past"
    trust("add", folder)
    assert states("chromium")[str(folder)] == "current"
    trust("forget")
    assert not list(DATA.glob("authority.[kp]*")) and listing(folder).count("Overhear") == 1
    trust("remove", folder)
    assert listing(folder).count("Overhear") == 1
    trust("remove", folder, "--others")
    assert listing(folder) == before


@check("every Firefox profile in every root; one without a store is left alone")
def firefox():
    need(CERTUTIL, "certutil")
    roots = [HOME / place for place in (".mozilla/firefox", ".config/mozilla/firefox", "snap/firefox/common/.mozilla/firefox",
                                        ".var/app/org.mozilla.firefox/.mozilla/firefox")]
    for root in roots:
        make_database(root / "abc.default")
        (root / "profiles.ini").write_text("[General]\nVersion=2\n\n[Profile0]\nName=default\nIsRelative=1\nPath=abc.default\n\n"
                                           "[Install4F]\nDefault=abc.default\n")
    elsewhere = ROOT / "elsewhere"
    make_database(elsewhere)
    (roots[0] / "empty").mkdir()
    with open(roots[0] / "profiles.ini", "a") as ini:
        ini.write(f"\n[Profile1]\nName=far\nIsRelative=0\nPath={elsewhere}\n\n[Profile2]\nName=empty\nIsRelative=1\nPath=empty\n"
                  "\n[Profile3]\nName=gone\nIsRelative=1\nPath=gone\n")
    profiles = [root / "abc.default" for root in roots] + [elsewhere]
    wanted = {str(profile): "none" for profile in profiles} | {str(roots[0] / "empty"): "unknown"}
    assert states("firefox") == wanted, states("firefox")
    before = [listing(profile) for profile in profiles]
    trust("add", *profiles)
    assert [others(profile) for profile in profiles] == [text.splitlines() for text in before]
    assert sorted(states("firefox").values()) == ["current"] * 5 + ["unknown"]
    assert set(states("chromium").values()) == {"none"}
    assert not list((roots[0] / "empty").iterdir())
    # Of the kind, or of all, those that there are; by its own name, that one.
    said = trust("remove", "firefox").stdout
    assert [line for line in said.splitlines() if "Left as it is" in line] == [line for line in said.splitlines() if "no store yet" in line]
    assert said.count("no store yet") == 1 and sorted(states("firefox").values()) == ["none"] * 5 + ["unknown"]
    assert trust("add", "firefox").stdout.count("no store yet") == 1
    assert sorted(states("firefox").values()) == ["current"] * 5 + ["unknown"]
    trust("add", roots[0] / "empty", status=1)
    trust("remove", roots[0] / "empty")
    trust("forget")
    assert [listing(profile) for profile in profiles] == before


@check("profiles of any name, one with a disk that takes nothing: each is there, and what cannot be done is said of it alone")
def profiles():
    need(CERTUTIL, "certutil")
    home = ROOT / "profiles"
    root = home / ".config/mozilla/firefox"
    first = root / "a b's \"profile\""
    make_database(first)
    names = [first.name, "Größe", os.fsdecode(b"gr\xf6\xdfe"), *(f"{number}.default" for number in range(9))]
    for name in names[1:]:
        shutil.copytree(first, root / name)
    (root / "profiles.ini").write_bytes(b"\n".join(b"[Profile%d]\nName=%s\nIsRelative=1\nPath=%s\n" % (number, os.fsencode(name), os.fsencode(name))
                                                   for number, name in enumerate(names)))
    for path in (root / "7.default").iterdir():
        path.chmod(0o444)
    (root / "7.default").chmod(0o555)
    # Root may write whatever the mode says.
    writable = os.access(root / "7.default/cert9.db", os.W_OK)
    found = [store for store in look(HOME=str(home))["stores"] if store["store"] == "firefox"]
    assert len(found) == 12 and {store["state"] for store in found} == {"none"}, found
    assert any("Größe" in store["name"] for store in found) and any("a b's" in store["name"] for store in found)
    done = trust("add", "firefox", status=0 if writable else 1, HOME=str(home))
    states = [store["state"] for store in look(HOME=str(home))["stores"] if store["store"] == "firefox"]
    assert (states.count("current"), states.count("none")) == ((12, 0) if writable else (11, 1)), (states, done)
    assert writable or str(root / "7.default") in done.stderr, done
    trust("remove", "firefox", HOME=str(home))
    assert "Overhear" not in listing(root / names[2])
    (root / "7.default").chmod(0o755)


@check("a store that never comes to an end is waited for a little, said to be so, and in no other's way")
def endless():
    need(CERTUTIL, "certutil")
    home = ROOT / "endless"
    folder = home / ".pki/nssdb"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "cert9.db")
    store = next(store for store in look(HOME=str(home))["stores"] if store["place"] == str(folder))
    assert store["state"] == "unknown" and "does not come to an end" in json.dumps(store), store


@check("without certutil it is said how to get it")
def without():
    need(CERTUTIL, "certutil")
    bare = ROOT / "bare"
    bare.mkdir()
    (bare / "apt").symlink_to("/bin/true")
    store = next(store for store in look(PATH=str(bare))["stores"] if store["store"] == "chromium")
    assert store["state"] == "unknown" and store["remedy"] == "sudo apt install libnss3-tools", store


@check("a store with a password of its own is not asked for it: it says what to type, loses nothing meanwhile, and gives back without it")
def locked():
    need(CERTUTIL, "certutil")
    folder = HOME / "snap/locked/current/.pki/nssdb"
    folder.mkdir(parents=True)
    (ROOT / "password").write_text("correct horse 1\n")
    subprocess.run([CERTUTIL, "-N", "-d", f"sql:{folder}", "-f", ROOT / "password"], check=True, capture_output=True)

    def command(*words):
        done = trust("add", folder, *words, status=1)
        assert "primary password" in done.stderr and "SEC_ERROR" not in done.stderr and done.stderr.count("\n") == 1, done
        return done.stderr[done.stderr.index("certutil"):].strip().replace("certutil ", f"{CERTUTIL} -f {ROOT}/password ")

    command("--dry-run")
    subprocess.run(["sh", "-c", command().split("for it: ")[-1]], check=True)
    assert states("chromium")[str(folder)] == "current"
    assert trust("add", folder).stdout == ""
    # A newer certificate: the older one stays until the password is typed.
    trust("new", status=1)
    assert states("chromium")[str(folder)] == "past" and listing(folder).count("Overhear") == 1
    trust("add", "chromium", status=1)
    trust("remove", folder)
    assert states("chromium")[str(folder)] == "none"
    shutil.rmtree(HOME / "snap/locked")


@contextlib.contextmanager
def system_store():
    """The machine's own command on folders of ours, with one certificate of the distribution's and one of the administrator's."""
    real = shutil.which("update-ca-certificates", path="/usr/sbin:/sbin:/usr/bin")
    need(real, "update-ca-certificates")
    places = {"--localcertsdir": "usr/local/share/ca-certificates", "--certsdir": "usr/share/ca-certificates",
              "--etccertsdir": "etc/ssl/certs", "--hooksdir": "etc/ca-certificates/update.d"}
    for place in places.values():
        (SYSTEM / place).mkdir(parents=True, exist_ok=True)
    (SYSTEM / "etc/ca-certificates.conf").write_text("distribution.crt\n")
    shutil.copy(stranger("distribution"), SYSTEM / "usr/share/ca-certificates/distribution.crt")
    shutil.copy(stranger("administrator"), SYSTEM / "usr/local/share/ca-certificates/administrator.crt")
    options = " ".join(f"{option} {SYSTEM / place}" for option, place in places.items())
    tool("update-ca-certificates", f'exec {real} --certsconf {SYSTEM}/etc/ca-certificates.conf {options} "$@"\n')
    tool("pkexec", f'echo "$@" >> {ROOT}/asked\nexec "$@"\n')
    subprocess.run([TOOLS / "update-ca-certificates"], check=True, capture_output=True, cwd="/")
    try:
        yield SYSTEM / "etc/ssl/certs"
    finally:
        (TOOLS / "pkexec").unlink()


def tree(folder):
    return {path.name: os.readlink(path) if path.is_symlink() else path.read_text() for path in folder.iterdir()}


@check("the system's store, by its own command; it is as before when we have gone")
def system():
    with system_store() as certificates:
        before = tree(certificates)
        assert before["ca-certificates.crt"].count("BEGIN") == 2
        assert set(states("system").values()) == {"none"}
        said = trust("add", "system").stdout
        assert "update-ca-certificates" in said and said.count("\n") == 2, said
        assert set(states("system").values()) == {"current"}
        first = tree(certificates)["ca-certificates.crt"]
        assert first.count("BEGIN") == 3 and all(pem in first for pem in before["ca-certificates.crt"].split("\n\n"))
        trust("new")
        second = tree(certificates)["ca-certificates.crt"]
        assert second.count("BEGIN") == 3 and second != first and set(states("system").values()) == {"current"}
        command = trust("remove", "system", "--dry-run").stdout.splitlines()[1].strip()
        assert os.geteuid() == 0 or command.startswith("sudo sh -c"), command
        trust("forget")
        assert tree(certificates) == before
        assert os.geteuid() == 0 or len((ROOT / "asked").read_text().splitlines()) == 3, "each time one password"


@check("without polkit there is the command to type")
def without_polkit():
    with system_store():
        (TOOLS / "pkexec").unlink()
        tool("pkexec", "exit 127\n")
        words, theirs = [OVERHEAR, "trust", "add", "system"], ROOT / "theirs"
        if os.geteuid() == 0:
            # As somebody who is nobody here.
            words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
            theirs.mkdir()
            for path in (ROOT, theirs):
                os.chown(path, 65534, 65534)
            if subprocess.run([*words[:4], OVERHEAR, "--version"], capture_output=True).returncode != 0:
                raise Skip("nobody cannot run this build")
        done = subprocess.run(words, env=environment(theirs), capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "sudo sh -c" in done.stderr and "install" in done.stderr, done
        if os.geteuid() == 0:
            os.chown(ROOT, 0, 0)
        assert set(states("system").values()) == {"none"}


@check("Java's keystores, one of its own and the one that follows the system")
def java():
    need(KEYTOOL, "keytool")
    own, shared = HOME / ".jdks/mine/lib/security/cacerts", SYSTEM / "etc/ssl/certs/java/cacerts"
    linked = SYSTEM / "usr/lib/jvm/java-17/lib/security/cacerts"
    for store, kind in (own, "pkcs12"), (shared, "jks"):
        store.parent.mkdir(parents=True)
        subprocess.run([KEYTOOL, "-importcert", "-noprompt", "-storetype", kind, "-keystore", store, "-storepass", "changeit", "-alias",
                        "stranger", "-file", stranger()], check=True, capture_output=True)
    linked.parent.mkdir(parents=True)
    linked.symlink_to(shared)

    def entries(store):
        text = subprocess.run([KEYTOOL, "-J-Duser.language=en", "-list", "-keystore", store, "-storepass", "changeit"],
                              capture_output=True, text=True, check=True).stdout
        return [line for line in text.splitlines() if "," in line or "fingerprint" in line]

    before = entries(own), shared.read_bytes()
    found = {store["place"]: store for store in look()["stores"] if store["store"] == "java"}
    assert set(found) == {str(own), str(shared)} and {store["state"] for store in found.values()} == {"none"}
    assert found[str(shared)]["follows_system"] and not found[str(own)]["follows_system"]
    steps = look("add", "java")["steps"]
    assert [step["place"] for step in steps] == [str(own)] and shared.read_bytes() == before[1]
    assert states("java") == {str(own): "current", str(shared): "none"}
    added = entries(own)
    assert len(added) == len(before[0]) + 2 and all(line in added for line in before[0])
    trust("forget")
    assert entries(own) == before[0], (before[0], entries(own))
    assert shared.read_bytes() == before[1]


main()
