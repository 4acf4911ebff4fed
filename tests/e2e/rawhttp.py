"""HTTP spelled by hand, for what no library would send."""
import re
import socket
import ssl


class Raw:
    """One TLS connection; `reply` reads exactly one reply."""

    def __init__(self, world, timeout=15, tls=True):
        self.host, port = world.server.authority.rsplit(":", 1)
        self.authority = world.server.authority
        self.sock = socket.create_connection((self.host, int(port)), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.create_default_context(cafile=world.server.root)
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
        self.buffer = b""

    def send(self, text):
        self.sock.sendall(text.encode("latin-1") if isinstance(text, str) else text)
        return self

    def _more(self):
        try:
            got = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError, BrokenPipeError):
            got = b""
        self.buffer += got
        return got

    def reply(self, head=False):
        """(status, {lower-case name: value}, body), or None at a close."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                assert not self.buffer, self.buffer
                return None
        top, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = top.decode("latin-1").split("\r\n")
        status = int(re.fullmatch(r"HTTP/1\.1 (\d{3}) .*", lines[0])[1])
        fields = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        n = 0 if head or status in (100, 204, 304) else int(fields["content-length"])
        while len(self.buffer) < n:
            assert self._more(), "cut short"
        body, self.buffer = self.buffer[:n], self.buffer[n:]
        return status, fields, body

    def closed(self):
        """Whether the peer closes, with nothing more said."""
        while self._more():
            pass
        return self.buffer == b""

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
