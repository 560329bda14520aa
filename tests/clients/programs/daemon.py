# SPDX-License-Identifier: GPL-3.0-or-later
"""A WSGI application that asks the API for each of its answers."""
import os
import urllib.request


def application(environ, start_response):
    body = urllib.request.urlopen(os.environ["URL"], timeout=30).read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
