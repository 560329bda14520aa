# SPDX-License-Identifier: GPL-3.0-or-later
"""Four conversations at once on kept-alive connections through the proxy of the environment: whole answers, streams, short
and long. Each writes what it was sent, when, as it comes; ends at the first trouble.

talkers.py FOLDER: one file a talker, one JSON object a line. Bytes handed to the kernel survive whoever dies.
"""
import base64
import http.client
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse

folder, proxy = sys.argv[1], urllib.parse.urlsplit(os.environ["HTTPS_PROXY"])
credentials = "Basic " + base64.b64encode(urllib.parse.unquote(f"{proxy.username}:{proxy.password}").encode()).decode()
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])


def talk(number):
    out = os.open(f"{folder}/{os.getpid()}-{number}", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    stream = number % 2 == 0

    def note(**what):
        os.write(out, (json.dumps(what | {"at": time.monotonic()}) + "\n").encode())

    connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=context, timeout=20)
    connection.set_tunnel("api.anthropic.com", 443, {"Proxy-Authorization": credentials})
    turn = 0
    while True:
        turn += 1
        name = f"{os.getpid()}-{number}-{turn}"
        body = json.dumps({"model": "claude-sonnet-4-5-20250929", "max_tokens": 200, "stream": stream, "messages": [
            {"role": "user", "content": f"Tell me a story, {name}. " + "Föhn und Nebel. " * (turn % 7 * (200 if number == 3 else 5))}]})
        try:
            connection.request("POST", f"/v1/messages?talk={name}", body.encode(), {
                "content-type": "application/json", "x-api-key": "sk-ant-test-0123456789abcdef", "anthropic-version": "2023-06-01"})
            answer = connection.getresponse()
            note(name=name, status=answer.status, request=base64.b64encode(body.encode()).decode())
            got = 0
            while piece := answer.read1(65536):
                got += len(piece)
                note(name=name, data=base64.b64encode(piece).decode())
            # read1() takes the end of the connection for the end of a body that has a length.
            if got < int(answer.headers.get("content-length", 0)):
                return
            note(name=name, whole=True)
        except (OSError, http.client.HTTPException):
            return


talkers = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
for talker in talkers:
    talker.start()
for talker in talkers:
    talker.join()
