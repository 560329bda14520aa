# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that calls smello.init(): a web application that answers one request, and logs an error in it."""
import asyncio
import logging

import smello
from smello.integrations.fastapi import SmelloMiddleware

smello.init(app="shop", session="night")


async def application(scope, receive, send):
    logging.getLogger("shop.web").error("no ```pears``` left")
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"No such fruit."})


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message):
    pass


scope = {"type": "http", "method": "GET", "path": "/fruit/pear", "query_string": b"", "scheme": "http",
         "headers": [(b"host", b"shop.example")], "server": ("shop.example", 80), "client": ("127.0.0.1", 9), "root_path": ""}
asyncio.run(SmelloMiddleware(application)(scope, receive, send))
