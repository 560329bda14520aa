# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of SideSeat's guide whose only SideSeat line is this first one; its argument says which."""
import pathlib
import runpy
import sys

from sideseat import Frameworks, SideSeat

client = SideSeat(framework=Frameworks.Anthropic)
runpy.run_path(str(pathlib.Path(__file__).parent.parent / "guides" / f"sideseat-{sys.argv[1]}.py"), run_name="__main__")
