# SPDX-License-Identifier: GPL-3.0-or-later
"""An API with rate limits that a test sets, and a program that retries as the SDKs do.

    with Limited() as upstream:
        upstream.limits["sk-ant-one-AAAA"] = {"requests": (50, 19, 41)}
    limited.py KEY MODEL SCRIPT…   a call for each script; "529,429,200" is one of three attempts

The limits are bucket → (limit, remaining, seconds until it is full again); a unified bucket is a dictionary of what its
headers say.
"""
import collections
import datetime
import http.client
import http.server
import json
import sys
import threading
import time
import urllib.error
import urllib.request

WAIT = 0.2


def call(key, model, script, number):
    """As the Python SDK: a count in the header, the same bytes each time."""
    statuses = script.split(",")
    body = json.dumps({"model": model, "max_tokens": 64,
                       "messages": [{"role": "user", "content": f"script {script} number {number}"}]}).encode()
    for attempt in range(len(statuses)):
        request = urllib.request.Request("https://api.anthropic.com/v1/messages", body, {
            "content-type": "application/json", "x-api-key": key, "anthropic-version": "2023-06-01",
            "x-stainless-retry-count": str(attempt), "user-agent": "Anthropic/Python 0.70.0"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
                return
        except urllib.error.HTTPError as error:
            error.read()
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError):
            pass
        if attempt + 1 < len(statuses):
            time.sleep(WAIT)


class Limited:
    def __init__(self):
        self.limits = {}
        self.organization = "0f3c2c11-aaaa-bbbb-cccc-1234567890ab"
        self.retry_after = 6
        self.tries = collections.Counter()
        self.served = 0
        self.usage = {"input_tokens": 120, "cache_read_input_tokens": 680, "cache_creation_input_tokens": 200,
                      "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 0},
                      "output_tokens": 90}
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                text = body["messages"][-1]["content"]
                statuses = text.split()[1].split(",")
                status = int(statuses[min(upstream.tries[text], len(statuses) - 1)])
                upstream.tries[text] += 1
                upstream.served += 1
                if status == 200:
                    value = {"id": f"msg_{upstream.served:08}", "type": "message", "role": "assistant",
                             "model": body["model"], "content": [{"type": "text", "text": "A whole answer"}],
                             "stop_reason": "end_turn", "stop_sequence": None, "usage": upstream.usage}
                else:
                    kind = "rate_limit_error" if status == 429 else "overloaded_error"
                    value = {"type": "error", "error": {"type": kind, "message": "Not now"}}
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.send_header("anthropic-organization-id", upstream.organization)
                if status == 429:
                    self.send_header("retry-after", str(upstream.retry_after))
                for name, word in upstream.headers(self.headers["x-api-key"]):
                    self.send_header(name, word)
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def headers(self, key):
        for bucket, told in self.limits.get(key, {}).items():
            if isinstance(told, dict):
                for name, value in told.items():
                    yield f"anthropic-ratelimit-{bucket}-{name}", str(value)
                continue
            limit, remaining, seconds = told
            full = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
            yield f"anthropic-ratelimit-{bucket}-limit", str(limit)
            yield f"anthropic-ratelimit-{bucket}-remaining", str(remaining)
            yield f"anthropic-ratelimit-{bucket}-reset", full.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def line(self):
        """For --upstream."""
        return f"api.anthropic.com=http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    for index, line in enumerate(sys.argv[3:]):
        call(sys.argv[1], sys.argv[2], line, f"{index} of {time.time()}")
