"""An origin for tests of backends: answers with what it was asked, and in wrong ways where the path says so."""

import gzip
import http.server
import socket
import threading


class Origin(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.released = threading.Event()
        self.cut_requests, self.complete_requests = [], []  # of those for /report
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Clients that go away early are what some tests are about."""

    def end(self):
        self.released.set()
        self.shutdown()
        self.server_close()

    @property
    def port(self):
        return self.server_address[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read_body(self):
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def raw(self, answer):
        self.wfile.write(answer)
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def handle_any(self):
        path = self.path.removeprefix("/prefix")
        try:
            body = self.read_body()
            is_cut = "content-length" in self.headers and len(body) < int(self.headers["content-length"])
        except (ValueError, ConnectionError):
            is_cut = True  # in the middle of a chunk, or reset
        if path == "/report":
            (self.server.cut_requests if is_cut else self.server.complete_requests).append(path)
        if is_cut:
            self.close_connection = True
            return
        if path == "/garbage":
            return self.raw(b"this is not HTTP\r\n\r\n")
        if path == "/close":
            return self.raw(b"")
        if path == "/short":
            return self.raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
        if path == "/short-chunked":
            return self.raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nonly this\r\n")
        if path == "/large-head":
            return self.raw(b"HTTP/1.1 200 OK\r\nx: " + b"x" * 1_000_000 + b"\r\n\r\n")
        if path == "/release":
            self.server.released.set()
        if path in ("/wait", "/late"):
            self.server.released.wait(600)
        if path == "/gzip":
            body = gzip.compress(b"z" * 10_000)
        self.send_response(200)
        if path == "/gzip":
            self.send_header("content-encoding", "gzip")
        self.send_header("x-line", f"{self.command} {self.path}")
        self.send_header("x-host", self.headers.get("host", "absent"))
        self.send_header("x-twice", ", ".join(self.headers.get_all("x-twice", ["absent"])))
        self.send_header("x-length", self.headers.get("content-length", "absent"))
        self.send_header("x-encoding", self.headers.get("transfer-encoding", "absent"))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = handle_any
