# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of an agent, as people write them: for pytest, and the last class for unittest alone too."""
import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import unittest

import anthropic

try:
    from overhear import trace
except ImportError:
    trace = contextlib.nullcontext

REQUEST = {"model": "claude-sonnet-5-5", "max_tokens": 64,
           "messages": [{"role": "user", "content": "What is the capital of France?"}]}
CHILD = f"import anthropic; anthropic.Anthropic().messages.create(**{REQUEST})"
client = anthropic.Anthropic(max_retries=0)


def ask(**more):
    return client.messages.create(**REQUEST, **more)


async def ask_both():
    async with anthropic.AsyncAnthropic() as both:
        await asyncio.gather(both.messages.create(**REQUEST), both.messages.create(**REQUEST))


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


try:
    import pytest
except ImportError:
    pass
else:
    @pytest.fixture
    def warm():
        ask()
        yield
        ask()

    @pytest.mark.parametrize("city", ["paris", "Køge, 100 %"])
    def test_weather(city):
        ask()

    def test_prepared(warm):
        ask()

    def test_together():
        asyncio.run(ask_both())

    def test_child():
        in_thread(lambda: subprocess.run([sys.executable, "-c", CHILD], check=True))

    def test_refused():
        with pytest.raises(anthropic.APIStatusError):
            ask(extra_headers={"x-sim": '{"fail": [529]}'})

    def test_named():
        with trace("a step"):
            ask()

    def test_nothing():
        assert "PYTEST_CURRENT_TEST" in os.environ


class AgentTest(unittest.TestCase):
    def setUp(self):
        ask()

    def test_one(self):
        ask()

    def test_two(self):
        in_thread(ask)


if __name__ == "__main__":
    unittest.main()
