# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the options that a program is started with, it prints what it prints without us, and ends as it ends."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from tap import Skip, check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
(home / "a.js").write_text("console.log('hi', typeof fetch)")
(home / "m.mjs").write_text("console.log('hi')")
(home / "policy.json").write_text('{"resources": {"./a.js": {"integrity": true}}}')
(home / "A.java").write_text("public class A { public static void main(String[] words) { System.out.println(1); } }")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("OVERHEAR_", "PYTHON"))}
ENVIRONMENT.update(OVERHEAR_DATA_DIR=str(home / "data"), XDG_RUNTIME_DIR=str(home), HOME=str(home), LC_ALL="C.UTF-8")
COMMANDS = f"""
/usr/bin/python3 -W error -X dev -bb -c 'import http.client, urllib.request; print(1)'
PYTHONSAFEPATH=1 PYTHONOPTIMIZE=2 PYTHONWARNINGS=error /usr/bin/python3 -c 'import http.client; print(1)'
/usr/bin/python3 -m site --user-site
/usr/bin/python3 -c 'raise SystemExit(300)'
/usr/bin/python3 -c 1 / 0
node --disallow-code-generation-from-strings a.js
node --frozen-intrinsics a.js
node --disable-proto=throw a.js
node --jitless a.js
node --throw-deprecation --pending-deprecation --trace-warnings a.js
node --experimental-policy=policy.json a.js
node --experimental-permission --allow-fs-read={home}/* a.js
node --permission --allow-fs-read={home}/* a.js
NODE_OPTIONS="--experimental-permission --allow-fs-read={home}/*" node a.js
sh -c 'node --experimental-permission --allow-fs-read={home}/* a.js'
NODE_OPTIONS="--require ./a.js" node -p 2
NODE_OPTIONS=--nonsense node a.js
node --no-experimental-fetch a.js
node --use-openssl-ca m.mjs
node --build-snapshot a.js && rm snapshot.blob
node --check a.js
node -e 'new (require("worker_threads").Worker)("console.log(1)", {{ eval: true }})'
node -e 'require("child_process").fork("a.js")'
NODE_EXTRA_CA_CERTS=/nonexistent node a.js
node -e 'throw 1'
php -r 'echo 1;'
php -n -r 'echo 1;'
perl -Mstrict -w -e 'print 1'
ruby -w -e 'puts 1'
git ls-remote /nonexistent
curl -sS file:///nonexistent
env -i /bin/echo 1
go env GOFLAGS
umask; pwd; nice; ulimit -a; cat /proc/self/coredump_filter /proc/self/oom_score_adj
grep -E 'Sig(Blk|Ign|Cgt)|NoNewPrivs|Seccomp' /proc/self/status
ls /proc/self/fd
"""


def run(command, *words):
    done = subprocess.run([*words, "bash", "-c", command], capture_output=True, text=True, env=ENVIRONMENT, timeout=90,
                          stdin=subprocess.DEVNULL, cwd=home)
    said = "".join(line for line in done.stderr.splitlines(keepends=True) if not line.startswith("overhear: "))
    return done.stdout, re.sub(r"\(node:\d+\)|bash: line \d+: +\d+", "", said), done.returncode


def add(command):
    @check(command.replace(str(home), "HOME").replace("#", ""))
    def _():
        for program in "node", "php", "perl", "ruby", "git", "curl", "go":
            if re.search(rf"(^|[ '])(?:{program}) ", command) and not shutil.which(program):
                raise Skip(f"{program} is not installed")
        alone, through = run(command), run(command, OVERHEAR, "run", "--")
        assert through == alone, (alone, through)


for line in COMMANDS.strip().splitlines():
    add(line)


@check("Java says on standard error what it was given, and nothing else is different")
def java():
    if not shutil.which("javac"):
        raise Skip("there is no Java on this machine")
    subprocess.run(["javac", "A.java"], cwd=home, check=True, capture_output=True)
    alone, through = run("java A"), run("java A", OVERHEAR, "run", "--")
    first, _, rest = through[1].partition("\n")
    assert first.startswith("Picked up JAVA_TOOL_OPTIONS: ") and (through[0], rest, through[2]) == alone, (alone, through)


main()
