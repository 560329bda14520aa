# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded before released: Overhear is killed (SIGKILL) at random moments while several clients talk through it. What a
client was sent whole is in the store whole, byte for byte; a stream that the kill cut is there up to its last 100 ms and
marked; the database is sound; starting again takes no longer.

KILL_ROUNDS=300 in the environment makes it long.
"""
import os
import pathlib
import random
import tempfile

from desk import Desk
from fixtures.simulator import Simulator
from tap import check, main

ROUNDS = int(os.environ.get("KILL_ROUNDS", "15"))


@check(f"killed {ROUNDS} times: everything that clients were given is there, whole, and streams up to the last 100 ms")
def killed():
    chance = random.Random(os.environ.get("KILL_SEED", "overhear"))
    with tempfile.TemporaryDirectory(prefix="overhear-kill-") as folder, \
            Simulator(pathlib.Path(folder) / "simulator", speed=20) as simulator:
        desk = Desk(folder, simulator)
        usual = sorted(desk.time_start() for _ in range(5))[2]
        starts = []
        for round_number in range(ROUNDS):
            talks, died = desk.kill_at(round_number, chance.uniform(0, 1) ** 2)
            starts.append(desk.time_start())
            desk.check_talks(talks, died)
            desk.check_sound()
        starts.sort()
        print(f"# {desk.counts['whole']} whole answers and {desk.counts['cut']} cut ones compared; start-up {usual * 1000:.0f} ms"
              f" before, {starts[len(starts) // 2] * 1000:.0f} ms after a kill (median), {starts[-1] * 1000:.0f} ms at most",
              flush=True)
        assert desk.counts["whole"] > ROUNDS and desk.counts["cut"] > ROUNDS / 2, desk.counts
        assert starts[len(starts) // 2] < usual * 1.5 + 0.1, (usual, starts)


main()
