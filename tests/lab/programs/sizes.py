# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of a plan, by the Anthropic SDK for Python: “SIZE SIZE” a line, of the question and of the answer. Prints how
each answer's text hashes."""
import hashlib
import pathlib
import sys

import anthropic

client = anthropic.Anthropic(max_retries=0)
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    asked, told = map(int, line.split())
    message = client.messages.create(model="claude-sonnet-5-5", max_tokens=1024, metadata={"user_id": str(told)},
                                     messages=[{"role": "user", "content": "q" * asked}])
    print(hashlib.sha1(message.content[0].text.encode()).hexdigest(), flush=True)
