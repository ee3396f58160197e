#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A backend for WebSocket clients that never sees a WebSocket: roost keeps the connections
and asks here over plain HTTP. Python's own library is all it needs.

    backend.py [PORT]      (9000; ROOST_TOKEN in the environment for /@connections)
"""

import json
import os
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

names = {}  # connection id -> who said to be there; gone with this process


def connect(event):
    """Somebody knocks. What we answer decides: 2xx lets in, all else refuses with that status."""
    name = (event.get("queryStringParameters") or {}).get("name", "")
    if not name:
        return 403, "Tell me who you are: connect to ?name=anna"
    names[event["requestContext"]["connectionId"]] = name
    return 200, ""


def echo(event):
    """The route has `answers: true`: what we return goes back to the client."""
    return 200, "You said: " + event["body"]


def later(event):
    """Answer at once with nothing, and send through /@connections when there is something."""
    context, text = event["requestContext"], "You said: " + event["body"]
    threading.Timer(0.1, post, (context, text)).start()
    return 200, ""


def post(context, text):
    url = "http://%s/%s/@connections/%s" % (
        context["domainName"], context["stage"], quote(context["connectionId"], safe=""))
    request = urllib.request.Request(url, text.encode(), method="POST", headers={
        "Authorization": "Bearer " + os.environ.get("ROOST_TOKEN", "")})
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except OSError as error:  # 410: the client has left meanwhile
        print("not sent to %s: %s" % (context["connectionId"], error), flush=True)


def disconnect(event):
    """It is over. Told at best effort, so nothing may depend on it."""
    names.pop(event["requestContext"]["connectionId"], None)
    return 200, ""


ROUTES = {"/connect": connect, "/echo": echo, "/later": later, "/disconnect": disconnect}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept: the next event is cheaper

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        route = ROUTES.get(self.path, lambda _: (404, "no such route"))
        status, body = route(event)
        context = event["requestContext"]
        print(context["eventType"], context["connectionId"],
              names.get(context["connectionId"], "-"), status, flush=True)
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
