# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what its arguments say: POSTs each of the bodies in a JSON file to the endpoint that it was given for traces, or to the
address that stands with it, and prints the answers as JSON."""
import json
import os
import sys
import urllib.error
import urllib.request

answers = []
for post in json.load(open(sys.argv[1])):
    url = post.get("url") or os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].replace(
        "/v1/traces", post.get("path", "/v1/traces"))
    body = bytes.fromhex(post["hex"]) if "hex" in post else json.dumps(post["json"]).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **post.get("headers", {})})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answers.append([answer.status, answer.headers["content-type"], answer.read().hex()])
    except urllib.error.HTTPError as error:
        answers.append([error.code, error.headers["content-type"], error.read().hex()])
print(json.dumps(answers))
