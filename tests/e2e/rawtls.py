"""A TLS 1.3 client whose records are its own after the handshake."""
import hashlib
import hmac
import os
import ssl
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HANDSHAKE, DATA = 22, 23


def expand(secret, label, length, digest):
    """HKDF-Expand-Label (RFC 8446, 7.1) with no context."""
    name = b"tls13 " + label
    info = struct.pack(">HB", length, len(name)) + name + b"\0"
    out, block, i = b"", b"", 0
    while len(out) < length:
        i += 1
        block = hmac.new(secret, block + info + bytes([i]), digest).digest()
        out += block
    return out[:length]


class RawTls:
    def __init__(self, sock, root, log):
        context = ssl.create_default_context(cafile=root)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.keylog_filename = log
        self.sock = context.wrap_socket(sock, server_hostname="localhost")
        cipher = self.sock.cipher()[0]
        assert "GCM" in cipher, cipher
        self.digest = hashlib.sha384 if "SHA384" in cipher else hashlib.sha256
        self.key_length = 32 if "256_GCM" in cipher else 16
        with open(log) as f:
            [self.secret] = [bytes.fromhex(line.split()[2]) for line in f
                             if line.startswith("CLIENT_TRAFFIC_SECRET_0 ")]
        self.rekey()

    def rekey(self):
        self.cipher = AESGCM(expand(self.secret, b"key", self.key_length, self.digest))
        self.iv = expand(self.secret, b"iv", 12, self.digest)
        self.number = 0

    def update(self):
        """What follows a KeyUpdate of ours."""
        self.secret = expand(self.secret, b"traffic upd", len(self.secret), self.digest)
        self.rekey()

    def record(self, payload, kind=DATA):
        inner = payload + bytes([kind])
        header = b"\x17\x03\x03" + struct.pack(">H", len(inner) + 16)
        nonce = bytes(a ^ b for a, b in zip(self.iv, struct.pack(">4xQ", self.number)))
        self.number += 1
        return header + self.cipher.encrypt(nonce, inner, header)

    def send(self, data):
        while data:
            data = data[os.write(self.sock.fileno(), data):]

    def replies(self, n, seconds=10):
        """Wait for so many status lines; what came."""
        self.sock.settimeout(seconds)
        came = b""
        while came.count(b"HTTP/1.1 ") < n:
            more = self.sock.recv(65536)
            if not more:
                break
            came += more
        return came
