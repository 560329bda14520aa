# SPDX-License-Identifier: GPL-3.0-or-later
"""Two GETs of $URL with the roots of certifi, in whose place $OWN_ROOTS stands: certifi_twice.py CLIENT."""
import importlib
import os
import ssl
import sys

import certifi

certifi.where = lambda: os.environ["OWN_ROOTS"]
client = importlib.import_module(sys.argv[1])
verify = certifi.where() if sys.argv[1] == "requests" else ssl.create_default_context(cafile=certifi.where())
for _ in range(2):
    try:
        print(client.get(os.environ["URL"], verify=verify).text, flush=True)
    except Exception:
        print("failed", flush=True)
