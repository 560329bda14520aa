# SPDX-License-Identifier: GPL-3.0-or-later
"""Every signal, sent to a program and to the `overhear run` that started it: the program gets it, and whoever waits sees
the same end or stop. And job control in a terminal, as a shell does it."""
import concurrent.futures
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

from fixtures.keeper import children, only_child
from tap import check, main

OVERHEAR = os.path.abspath(sys.argv.pop(1))
RUN = [OVERHEAR, "run"]
PYTHON = "/usr/bin/python3"
folder = tempfile.TemporaryDirectory()
home = pathlib.Path(folder.name)
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("OVERHEAR_")}
ENVIRONMENT.update(OVERHEAR_DATA_DIR=str(home / "data"), XDG_RUNTIME_DIR=str(home), HOME=str(home), LC_ALL="C.UTF-8")
# 32 and 33 are the C library's own.
SIGNALS = [number for number in range(1, 65) if number not in (32, 33)]
CATCHABLE = [number for number in SIGNALS if number not in (signal.SIGKILL, signal.SIGSTOP)]
IGNORED = [signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH]
# What the tests were started with (nohup, a script's background job) is none of what is tried here.
for unwanted in signal.SIGHUP, signal.SIGINT, signal.SIGQUIT:
    if signal.getsignal(unwanted) == signal.SIG_IGN:
        signal.signal(unwanted, signal.SIG_DFL)
# Says what it gets, with the value that came along, until it gets SIGTERM.
LISTENER = home / "listener.py"
LISTENER.write_text(f"""
import ctypes, signal
wanted = {[int(number) for number in CATCHABLE]}
signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
information = (ctypes.c_int * 32)()
every = (ctypes.c_ulong * 16)(*[2 ** 64 - 1] * 16)
libc = ctypes.CDLL(None)
print("ready", flush=True)
while True:
    number = libc.sigwaitinfo(ctypes.byref(every), ctypes.byref(information))
    print(number, information[6] if information[2] == -1 else "", flush=True)
    if number == signal.SIGTERM:
        break
""")
libc = __import__("ctypes").CDLL(None)


def start(*words, through, **keywords):
    # In a group of its own, with a parent in the same session: else it is an orphaned one, where Ctrl+Z has no effect.
    keywords = keywords or {"process_group": 0}
    process = subprocess.Popen([*(RUN if through else []), *map(str, words)], env=ENVIRONMENT, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=home, **keywords)
    assert process.stdout.readline() == "ready\n", process.communicate()
    return process


def listen(through):
    process = start(PYTHON, LISTENER, through=through)
    heard = []
    for number in [*(number for number in CATCHABLE if number != signal.SIGTERM), signal.SIGTERM]:
        process.send_signal(number)
        heard.append(process.stdout.readline())
    process.communicate(timeout=60)
    return heard, process.returncode


@check("every signal that a program can catch reaches it")
def caught():
    alone = listen(through=False)
    assert [int(line) for line in alone[0]] == sorted(CATCHABLE, key=lambda number: (number == signal.SIGTERM, number))
    assert listen(through=True) == alone


@check("a signal brings its value, and those of one number queue in order")
def queued():
    process = start(PYTHON, LISTENER, through=True)
    number = signal.SIGRTMIN + 3
    for value in range(20):
        assert libc.sigqueue(process.pid, number, value) == 0
    assert [process.stdout.readline() for _ in range(20)] == [f"{number} {value}\n" for value in range(20)]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def end(number, through):
    """What a parent sees of a program that takes this signal as it comes: how it ended, or that it stopped."""
    process = start("sh", "-c", "echo ready; read line; exit 3", through=through)
    process.send_signal(number)
    if number in IGNORED:
        process.stdin.write("\n")
        process.stdin.flush()
    pid, status = os.waitpid(process.pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        process.send_signal(signal.SIGCONT)
        process.stdin.write("\n")
        process.stdin.flush()
        last = os.waitpid(process.pid, 0)[1]
    else:
        last = None
    process.returncode = 0
    said = process.stderr.read()
    for stream in process.stdin, process.stdout, process.stderr:
        stream.close()
    said = [line for line in said.splitlines() if "No call of" not in line]
    # The core is the program's, not ours.
    return status & ~0x80, last, said


@check("every signal ends or stops us as it does the program")
def ended():
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        alone = dict(zip(SIGNALS, pool.map(lambda number: end(number, False), SIGNALS)))
        through = dict(zip(SIGNALS, pool.map(lambda number: end(number, True), SIGNALS)))
    # Who cannot catch it cannot pass it on: the program is killed, and held, by the keeper.
    assert through == alone, {number: (alone[number], through[number]) for number in SIGNALS
                              if through[number] != alone[number]}


@check("SIGSTOP for us holds the program, and SIGCONT lets it go on")
def held():
    process = start("sh", "-c", "echo ready; while ! test -e held; do sleep 0.05; done; exit 4", through=True)
    program = only_child(only_child(process.pid))
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: state(program) == "T")
    (home / "held").touch()
    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == 4


@check("what is blocked or ignored as we start is so in the program, SIGCHLD too")
def inherited():
    code = ("import signal; print('ready', sorted(map(int, signal.pthread_sigmask(0, []))), "
            "[n for n in range(1, 65) if n not in (32, 33) and signal.getsignal(n) == signal.SIG_IGN])")

    def change():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1])
        for number in signal.SIGCHLD, signal.SIGTTOU, signal.SIGALRM, signal.SIGRTMIN:
            signal.signal(number, signal.SIG_IGN)
    alone, through = (subprocess.run([*words, PYTHON, "-c", code], env=ENVIRONMENT, capture_output=True, text=True,
                                     timeout=60, preexec_fn=change) for words in ([], RUN))
    assert (through.returncode, through.stdout) == (0, alone.stdout), (alone, through)
    failing = subprocess.run([*RUN, "sh", "-c", "exit 9"], env=ENVIRONMENT, capture_output=True, timeout=60,
                             preexec_fn=change)
    assert failing.returncode == 9, failing


@check("a program that signals its own group gets that once")
def own_group():
    code = ("import os, signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN, signal.SIGTERM]); "
            "print('ready', flush=True); os.kill(0, signal.SIGRTMIN); input(); "
            "print([signal.sigtimedwait([signal.SIGRTMIN], 0) is not None for _ in range(2)])")
    process = start(PYTHON, "-c", code, through=True, start_new_session=True)
    out, _ = process.communicate("\n", timeout=60)
    assert out == "[True, False]\n", out


@check("a signal for all of a job reaches the program once, one for us too")
def for_all():
    code = ("import signal; wanted = [signal.SIGRTMIN, signal.SIGUSR1, signal.SIGTERM]; end = [signal.SIGRTMAX]; "
            "signal.pthread_sigmask(signal.SIG_BLOCK, wanted + end); print('ready', flush=True); "
            "[print(signal.sigwait(end), *(n for n in wanted for _ in range(9) if signal.sigtimedwait([n], 0)), flush=True) "
            "for _ in range(3)]")
    process = start(PYTHON, "-c", code, through=True)
    for send in os.killpg, os.kill, os.killpg:
        for number in signal.SIGRTMIN, signal.SIGUSR1, signal.SIGTERM:
            send(process.pid, number)
        # Of those that wait the one with the highest number comes last.
        process.send_signal(signal.SIGRTMAX)
        assert list(map(int, process.stdout.readline().split())) == [
            signal.SIGRTMAX, signal.SIGRTMIN, signal.SIGUSR1, signal.SIGTERM], send
    process.communicate(timeout=60)


def state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def wait_for(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


class Terminal:
    """A shell with job control."""

    def __init__(self):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvpe("bash", ["bash", "--norc", "-i"], {**ENVIRONMENT, "PS1": "$ ", "HISTFILE": ""})
        self.seen = ""
        self.read_until("$ ")

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, text):
        until = time.monotonic() + 60
        while text not in self.seen:
            assert time.monotonic() < until, self.seen
            if select.select([self.master], [], [], 0.2)[0]:
                self.seen += os.read(self.master, 4096).decode()
        before, _, self.seen = self.seen.partition(text)
        return before

    def close(self):
        os.close(self.master)
        os.waitpid(self.pid, 0)


# Takes its time over Ctrl+Z, as editors do, and refuses it the second time.
EDITOR = home / "editor.py"
EDITOR.write_text("""
import os, select, signal, time
stops = []
def on_stop(number, frame):
    stops.append(number)
    if len(stops) == 2:
        print("refused", flush=True)
        return
    time.sleep(0.3)
    print("tidied", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
    print("restored", flush=True)
signal.signal(signal.SIGTSTP, on_stop)
signal.signal(signal.SIGWINCH, lambda *_: print("size", *os.get_terminal_size(), flush=True))
awake, waker = os.pipe()
os.set_blocking(waker, False)
signal.set_wakeup_fd(waker)
print("rea" + "dy", flush=True)
while True:
    if awake in select.select([0, awake], [], [])[0]:
        os.read(awake, 64)
        continue
    line = os.read(0, 64)
    print("<" + line.decode().strip() + ">", flush=True)
    if not line:
        raise SystemExit(5)
""")


def drive(run):
    """What a person sees who stops and resumes a program."""
    terminal = Terminal()
    program = f"{run} {PYTHON} {EDITOR}".strip()
    seen = []

    def expect(text):
        seen.append(re.sub(r"\s+", "", terminal.read_until(text).replace(program, "PROGRAM") + text))

    def ask(command):
        terminal.type(f"{command}; echo en''d\n")
        return terminal.read_until("end\r\n")

    terminal.type(f"{program}\n")
    terminal.read_until("ready\r\n")
    terminal.type("\x1a")
    expect("tidied")
    expect("Stopped")
    terminal.read_until("$ ")
    terminal.type("fg\n")
    expect("restored")
    terminal.type("one\n")
    expect("<one>")
    terminal.type("\x1a")
    expect("refused")
    fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
    expect("size 101 33")
    terminal.type("two\n")
    expect("<two>")
    terminal.type("\x04")
    expect("<>")
    seen.append("status 5" in ask("echo status $?"))
    # Reading in the background stops; the shell knows by what.
    ask(f"{run} sh -c 'echo started; read line; exit 6' &".replace("&", "& true"))
    while not (stop := re.search(r"\d+ (Stopped.*?)  ", ask("jobs -l"))):
        time.sleep(0.1)
    seen.append(stop[1])
    terminal.type("fg\n")
    terminal.read_until("exit 6'")
    terminal.type("line\n")
    terminal.read_until("$ ")
    seen.append("status 6" in ask("echo status $?"))
    terminal.close()
    return seen


@check("Ctrl+Z, fg, a new size, the background: a shell sees the program")
def job_control():
    alone = drive("")
    through = drive(f"{OVERHEAR} run")
    assert through == alone and alone[-3:] == [True, "Stopped (tty input)", True], (alone, through)
    # Where a program can be given a network of its own, this is nothing that it notices.
    if subprocess.run([*RUN, "--isolate", "true"], env=ENVIRONMENT, capture_output=True).returncode == 0:
        isolated = drive(f"{OVERHEAR} run --isolate")
        assert isolated == alone, (alone, isolated)


@check("Ctrl+C before the program has been started is not lost")
def too_early():
    for _ in range(20):
        pid, master = pty.fork()
        if pid == 0:
            os.execve(OVERHEAR, [*RUN, "sleep", "30"], ENVIRONMENT)
        keeper = only_child(pid)
        os.kill(keeper, signal.SIGSTOP)
        wait_for(lambda: state(keeper) == "T")
        if early := not children(keeper):
            os.write(master, b"\x03")
            # The kernel has sent it once it stands in what our stopped half has pending.
            wait_for(lambda: pending(keeper) & 1 << signal.SIGINT - 1)
        os.kill(keeper, signal.SIGCONT)
        if not early:
            os.kill(pid, signal.SIGTERM)
        status = os.waitpid(pid, 0)[1]
        os.close(master)
        if early:
            assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT, status
            return
    raise AssertionError("the program was always there already")


def pending(pid):
    return int(re.search(r"^ShdPnd:\s*(\w+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1], 16)


main()
