# SPDX-License-Identifier: GPL-3.0-or-later
"""An API that streams as far as the test lets it."""
import http.server
import json
import threading


def event(name, **fields):
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


class Upstream:
    """`gate` holds the second half of every streamed answer while it is not set."""

    def __init__(self, held=False):
        self.gate = threading.Event()
        if not held:
            self.gate.set()
        self.requests = []
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.answer(200, {"data": []})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                upstream.requests.append(body)
                if body.get("fail"):
                    self.answer(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
                elif body.get("stream"):
                    self.stream(body)
                else:
                    self.answer(200, upstream.message(body["model"], "A whole answer"))

            def answer(self, status, value):
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def chunk(self, data):
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()

            def stream(self, body):
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                message = upstream.message(body["model"], "")
                message.update(content=[], stop_reason=None, usage={"input_tokens": 1104, "output_tokens": 1})
                self.chunk(event("message_start", message=message))
                self.chunk(event("content_block_start", index=0, content_block={"type": "text", "text": ""}))
                self.chunk(event("content_block_delta", index=0,
                                 delta={"type": "text_delta", "text": "The first half was heard "}))
                upstream.gate.wait(60)
                self.chunk(event("content_block_delta", index=0,
                                 delta={"type": "text_delta", "text": "before the second."}))
                self.chunk(event("content_block_stop", index=0))
                self.chunk(event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None},
                                 usage={"output_tokens": 284}))
                self.chunk(event("message_stop"))
                self.chunk(b"")

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def message(model, text):
        return {"id": "msg_01Window", "type": "message", "role": "assistant", "model": model,
                "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None,
                "usage": {"input_tokens": 12, "output_tokens": 7}}

    @property
    def line(self):
        """For --upstream."""
        return f"api.anthropic.com=http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()
