"""The suite's registry behind what keeps others out: each door a server that asks first."""

from __future__ import annotations

import base64
import http.client
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
PAGE = b"<html>Please log in</html>"


@dataclass(frozen=True, slots=True)
class Lock:
    """What a door asks for: one of these ``Authorization``s, each with the status that it gets;
    TLS with a server's PEM file; a certificate of the client's. ``page`` is all that it says."""

    logins: Mapping[str, int] = field(default_factory=dict)
    pem: Path | None = None
    clients: Path | None = None
    page: bool = False


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def doors(registry: str, locks: Mapping[str, Lock]) -> Iterator[Mapping[str, str]]:
    """Open a door for each lock; where they are, by name."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(_door(registry, lock)) for name, lock in locks.items()}


@contextmanager
def _door(registry: str, lock: Lock) -> Iterator[str]:
    place = urlsplit(registry)
    with ThreadingHTTPServer((LOOPBACK, 0), _handler(place.netloc, lock)) as server:
        server.daemon_threads = False
        if lock.pem is not None:
            server.socket = _context(lock).wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        scheme = "https" if lock.pem is not None else "http"
        try:
            yield f"{scheme}://{LOOPBACK}:{server.server_port}{place.path}"
        finally:
            server.shutdown()
            thread.join()


def _context(lock: Lock) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert lock.pem is not None
    context.load_cert_chain(lock.pem)
    if lock.clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(lock.clients)
    return context


def _handler(behind: str, lock: Lock) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if lock.page:
                self.answer(200, "text/html", PAGE)
                return
            status = lock.logins.get(self.headers.get("Authorization", ""), 401)
            if lock.logins and status != 200:
                self.answer(status, "application/json", b'{"message": "no"}')
                return
            inside = http.client.HTTPConnection(behind, timeout=30)
            try:
                sent = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                inside.request(self.command, self.path, body or None, sent)
                found = inside.getresponse()
                told = found.getheader("Content-Type", "application/json")
                self.answer(found.status, told, found.read())
            finally:
                inside.close()

        do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815

        def answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    return Door
