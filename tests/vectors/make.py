#!/usr/bin/python3
"""Signatures that are good, and all the ways in which they may be bad: *.txt.

    tests/vectors/make.py

Written with plain integers, so that what is signed wrongly on purpose can be
signed at all, and so that nothing is shared with what it tests.  The kinds of
errors are those that Project Wycheproof collects; keys and numbers are our
own.  A line of a file is one of

    key ALG JWK                 for what follows
    valid MESSAGE SIGNATURE     in hexadecimal; - is empty.  # and why follow
    invalid MESSAGE SIGNATURE
"""
import base64
import hashlib
import json
import os
import random

HERE = os.path.dirname(os.path.abspath(__file__))
rand = random.Random(7515)


def b64(n, size):
    return base64.urlsafe_b64encode(n.to_bytes(size, "big")).decode().rstrip("=")


class File:
    def __init__(self, name, what):
        self.out = open(os.path.join(HERE, name), "w")
        self.out.write("# %s  Written by make.py; do not edit.\n" % what)

    def key(self, alg, jwk):
        self.out.write("key %s %s\n" % (alg, json.dumps(jwk, separators=(",", ":"))))

    def case(self, good, message, signature, why):
        self.out.write("%s %s %s # %s\n" % ("valid" if good else "invalid", message.hex() or "-", signature.hex() or "-", why))


# --- ECDSA, P1363 form ---

class Curve:
    def __init__(self, name, alg, digest, p, n, b, gx, gy):
        self.name, self.alg, self.digest, self.p, self.n, self.b = name, alg, digest, p, n, b
        self.g = (gx, gy)
        self.size = (p.bit_length() + 7) // 8

    def add(self, u, v):
        if u is None or v is None:
            return u or v
        if u[0] == v[0]:
            if (u[1] + v[1]) % self.p == 0:
                return None
            m = (3 * u[0] * u[0] - 3) * pow(2 * u[1], -1, self.p)
        else:
            m = (v[1] - u[1]) * pow(v[0] - u[0], -1, self.p)
        x = (m * m - u[0] - v[0]) % self.p
        return x, (m * (u[0] - x) - u[1]) % self.p

    def mul(self, k, u):
        out = None
        k %= self.n
        while k:
            if k & 1:
                out = self.add(out, u)
            u = self.add(u, u)
            k >>= 1
        return out

    def neg(self, u):
        return u[0], self.p - u[1]

    def lift(self, x):
        """A point with this x, or None."""
        y2 = (x * x * x - 3 * x + self.b) % self.p
        y = pow(y2, (self.p + 1) // 4, self.p)
        return (x, y) if y * y % self.p == y2 else None

    def e(self, message):
        h = self.digest(message).digest()
        return int.from_bytes(h, "big") >> max(0, 8 * len(h) - self.n.bit_length())

    def sign(self, d, message, k):
        r = self.mul(k, self.g)[0] % self.n
        return r, pow(k, -1, self.n) * (self.e(message) + r * d) % self.n

    def key_for(self, point, s, message):
        """Whose signature (point.x, s) is."""
        r = point[0] % self.n
        u = self.add(self.mul(s, point), self.neg(self.mul(self.e(message), self.g)))
        return self.mul(pow(r, -1, self.n), u)

    def raw(self, r, s, size=None):
        size = size or self.size
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def jwk(self, q):
        return {"kty": "EC", "crv": self.name, "x": b64(q[0], self.size), "y": b64(q[1], self.size)}

    def scalar(self):
        return rand.randrange(1, self.n)


CURVES = [
    Curve("P-256", "ES256", hashlib.sha256, 2**256 - 2**224 + 2**192 + 2**96 - 1,
          0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
          0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
          0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
          0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5),
    Curve("P-384", "ES384", hashlib.sha384, 2**384 - 2**128 - 2**96 + 2**32 - 1,
          0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973,
          0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef,
          0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7,
          0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f),
    Curve("P-521", "ES512", hashlib.sha512, 2**521 - 1,
          2**521 - 2**264 + 0xfa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409,
          0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00,
          0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66,
          0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650),
]


def der(r, s):
    def integer(n):
        body = n.to_bytes(n.bit_length() // 8 + 1, "big")
        return b"\x02" + bytes([len(body)]) + body
    body = integer(r) + integer(s)
    return b"\x30" + (bytes([len(body)]) if len(body) < 128 else b"\x81" + bytes([len(body)])) + body


def ecdsa_lengths(f, c, m, r, s):
    raw, zero = c.raw(r, s), b"\0"
    for sig, why in (
            (b"", "empty"), (zero, "one octet"), (raw[:-1], "cut by one"), (raw[1:], "without its first"),
            (raw[:c.size], "r alone"), (raw + zero, "one more"), (zero + raw, "one before"),
            (raw + raw, "twice"), (c.raw(r, s, c.size + 1), "each with one octet more"),
            (c.raw(r, s, 2 * c.size), "each with twice as many"), (der(r, s), "DER"),
            (der(r, s)[:2 * c.size].ljust(2 * c.size, zero), "DER, of the right length"),
            (raw.rjust(66 * 2 + 2, zero), "long")):
        f.case(False, m, sig, why)


def ecdsa_values(f, c, m, r, s):
    top = 256**c.size - 1
    for r2, s2, why in (
            (0, s, "r is 0"), (r, 0, "s is 0"), (0, 0, "both are 0"), (c.n, s, "r is n"), (r, c.n, "s is n"),
            (c.n, c.n, "both are n"), (c.n, 0, "n and 0"), (0, c.n, "0 and n"), (top, s, "r is all ones"),
            (r, top, "s is all ones"), (top, top, "all ones"), (c.p % (top + 1), s, "r is p"), (c.n + 1, s, "r is n + 1"),
            (1, 1, "both are 1"), (1, 0, "1 and 0"), (0, 1, "0 and 1"), (c.n - 1, c.n - 1, "both are n - 1"),
            (s, r, "s and r"), (c.n - r, s, "-r"), (r, (s + 1) % c.n, "s + 1"), ((r + 1) % c.n, s, "r + 1"),
            (r, pow(s, -1, c.n), "1 / s"), (r ^ 1, s, "a bit of r"), (r, s ^ 1, "a bit of s")):
        f.case(False, m, c.raw(r2, s2), why)


def ecdsa_ordinary(f, c):
    d = c.scalar()
    f.key(c.alg, c.jwk(c.mul(d, c.g)))
    m = b"to be signed"
    r, s = c.sign(d, m, c.scalar())
    for text in (b"", b"\0", m, bytes(range(200))):
        f.case(True, text, c.raw(*c.sign(d, text, c.scalar())), "as it should be")
    f.case(True, m, c.raw(r, c.n - s), "-s: JWS has no rule of low s")
    f.case(False, m + b"\0", c.raw(r, s), "another message")
    f.case(False, b"", c.raw(r, s), "another message")
    ecdsa_values(f, c, m, r, s)
    ecdsa_lengths(f, c, m, r, s)
    while True:
        r, s = c.sign(d, m, c.scalar())
        if min(r, s) < 256**(c.size - 1):
            break
    raw = c.raw(r, s)
    f.case(True, m, raw, "zero octets in front of one of them")
    short = max((r.bit_length() + 7) // 8, (s.bit_length() + 7) // 8) - 1
    f.case(False, m, b"".join(n.to_bytes((n.bit_length() + 7) // 8, "big") for n in (r, s)), "without its zeros")
    f.case(False, m, raw[:short], "cut short")


def ecdsa_extreme(f, c):
    m = b"to be signed"
    near = next(c.lift(x) for x in range(1, 100) if c.lift(x))
    far = next(c.lift(x) for x in range(c.n + 1, c.n + 100) if c.lift(x))
    other = c.mul(c.scalar(), c.g)
    for point, s, why in (
            (other, 1, "s is 1"), (other, 2, "s is 2"), (other, c.n - 1, "s is n - 1"), (other, c.n // 2, "s is n / 2"),
            (near, c.scalar(), "r is small"), (near, 1, "r and s are small"),
            (far, c.scalar(), "r is small because x is n and a little"), (far, 1, "so is s")):
        f.key(c.alg, c.jwk(c.key_for(point, s, m)))
        r = point[0] % c.n
        f.case(True, m, c.raw(r, s), why)
        if r + c.n < 256**c.size:
            f.case(False, m, c.raw(r + c.n, s), why + "; r + n")
        if s + c.n < 256**c.size:
            f.case(False, m, c.raw(r, s + c.n), why + "; s + n")
        if r + c.p < 256**c.size:
            f.case(False, m, c.raw(r + c.p, s), why + "; r + p")


def ecdsa_sums(f, c):
    """u1 G and u2 Q are the same point, or opposite ones."""
    m = b"to be signed"
    k, e = c.scalar(), c.e(m)
    r = c.mul(k, c.g)[0] % c.n
    d = e * pow(r, -1, c.n) % c.n
    f.key(c.alg, c.jwk(c.mul(d, c.g)))
    f.case(True, m, c.raw(r, 2 * e * pow(k, -1, c.n) % c.n), "a point and itself are added")
    f.key(c.alg, c.jwk(c.mul(c.n - d, c.g)))
    f.case(False, m, c.raw(r, c.scalar()), "a point and its opposite are added")
    f.case(False, m, c.raw(r, r), "and again")
    for d in (1, 2, c.n - 1):
        f.key(c.alg, c.jwk(c.mul(d, c.g)))
        f.case(True, m, c.raw(*c.sign(d, m, c.scalar())), "private key %s" % (d if d < 9 else "n - 1"))
    for d, k in ((3, 1), (3, 2)):
        f.key(c.alg, c.jwk(c.mul(d, c.g)))
        f.case(True, m, c.raw(*c.sign(d, m, k)), "nonce %d" % k)


def ecdsa():
    f = File("ecdsa.txt", "ECDSA as in JWS: r and s side by side.")
    for c in CURVES:
        assert (c.g[1]**2 - c.g[0]**3 + 3 * c.g[0] - c.b) % c.p == 0 and c.mul(c.n - 1, c.g) == c.neg(c.g)
        ecdsa_ordinary(f, c)
        ecdsa_extreme(f, c)
        ecdsa_sums(f, c)


# --- RSA, PKCS #1 v1.5, SHA-256 ---

def is_prime(n):
    if any(n % d == 0 for d in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for _ in range(30):
        x = pow(rand.randrange(2, n - 1), d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(bits):
    while True:
        n = rand.getrandbits(bits) | 3 << (bits - 2) | 1
        if n % 65537 != 1 and is_prime(n):
            return n


OIDS = {"sha1": "2b0e03021a", "sha224": "608648016503040204", "sha256": "608648016503040201",
        "sha384": "608648016503040202", "sha512": "608648016503040203", "md5": "2a864886f70d0205"}


def info(name, digest, null=b"\x05\0"):
    oid = bytes.fromhex(OIDS[name])
    alg = b"\x06" + bytes([len(oid)]) + oid + null
    body = b"\x30" + bytes([len(alg)]) + alg + b"\x04" + bytes([len(digest)]) + digest
    return b"\x30" + bytes([len(body)]) + body


def padded(t, size, head=b"\0\1", fill=b"\xff", sep=b"\0"):
    return head + fill * (size - len(head) - len(sep) - len(t)) + sep + t


def rsa_forms(size, m):
    h = hashlib.sha256(m).digest()
    t = info("sha256", h)
    good = padded(t, size)
    long_form = b"\x30\x81" + t[1:]
    yield False, padded(info("sha256", h, b""), size), "DigestInfo without NULL"
    yield False, padded(info("sha256", h, b"\x05\x81\0"), size), "NULL in BER"
    yield False, padded(long_form, size), "a length in BER"
    yield False, padded(b"\x30\x80" + t[2:] + b"\0\0", size), "an indefinite length"
    yield False, padded(t + b"\0", size), "an octet behind it"
    yield False, padded(t[:-1], size), "a hash cut by one"
    yield False, padded(info("sha256", h + b"\0"), size), "a hash with one more"
    for name in ("md5", "sha1", "sha224", "sha384", "sha512"):
        yield False, padded(info(name, hashlib.new(name, m).digest()), size), name
        yield False, padded(info(name, h), size), name + " in name only"
    yield False, padded(h, size), "the hash alone"
    yield False, padded(m, size), "the message itself"
    yield False, padded(t, size, head=b"\0\0"), "block type 0"
    yield False, padded(t, size, head=b"\0\2"), "block type 2"
    yield False, padded(t, size, head=b"\1\1"), "begins with 1"
    yield False, padded(t, size, fill=b"\0"), "filled with zeros"
    yield False, padded(t, size, sep=b""), "without the zero"
    yield False, padded(t, size, sep=b"\1"), "one in place of the zero"
    yield False, b"\0\1" + b"\xff" * 8 + b"\0" + t + bytes(size - 11 - len(t)), "short padding, zeros behind"
    yield False, b"\0\1\0" + t + b"\xff" * (size - 3 - len(t)), "no padding, ones behind"
    yield False, good[:3] + b"\xfe" + good[4:], "one octet of the padding"
    yield False, good[:-40] + bytes([good[-40] ^ 1]) + good[-39:], "one bit of DigestInfo"
    yield False, good[:-1] + bytes([good[-1] ^ 1]), "one bit of the hash"
    yield False, bytes(size - 1) + b"\1", "1"
    yield False, bytes(size), "0"
    salt = b"\7" * 32
    hp = hashlib.sha256(bytes(8) + h + salt).digest()
    db = bytes(size - 32 - 32 - 2) + b"\1" + salt
    mask = b"".join(hashlib.sha256(hp + i.to_bytes(4, "big")).digest() for i in range(size // 32))[:len(db)]
    db = bytes(x ^ y for x, y in zip(db, mask))
    yield False, bytes([db[0] & 0x7f]) + db[1:] + hp + b"\xbc", "PSS"


def rsa():
    f = File("rsa.txt", "RS256: PKCS #1 v1.5 with SHA-256.")
    p, q = prime(1024), prime(1024)
    n, size = p * q, 256
    d = pow(65537, -1, (p - 1) * (q - 1))
    f.key("RS256", {"kty": "RSA", "n": b64(n, size), "e": "AQAB"})

    def sign(block):
        return pow(int.from_bytes(block, "big"), d, n)
    m = b"to be signed"
    good = 0
    for text in (b"", m, bytes(range(100))):
        good = sign(padded(info("sha256", hashlib.sha256(text).digest()), size))
        f.case(True, text, good.to_bytes(size, "big"), "as it should be")
    good = sign(padded(info("sha256", hashlib.sha256(m).digest()), size))
    f.case(False, b"", good.to_bytes(size, "big"), "another message")
    for ok, block, why in rsa_forms(size, m):
        f.case(ok, m, sign(block).to_bytes(size, "big"), why)
    for number, why in ((0, "0 itself"), (1, "1 itself"), (n, "n"), (n - 1, "n - 1"), (n - good, "-s"), (2**2048 - 1, "all ones"),
                        (int.from_bytes(padded(info("sha256", hashlib.sha256(m).digest()), size), "big"), "not signed")):
        f.case(False, m, number.to_bytes(size, "big"), why)
    raw = good.to_bytes(size, "big")
    for sig, why in ((b"", "empty"), (raw[:-1], "cut by one"), (raw[1:], "without its first"), (raw + b"\0", "one more"),
                     (b"\0" + raw, "one before"), (raw + raw, "twice"), (raw[::-1], "backwards")):
        f.case(False, m, sig, why)
    i = 0
    while True:  # one that begins with a zero, and may not be written without it; one that s + n fits for
        text = b"message %d" % i
        s = sign(padded(info("sha256", hashlib.sha256(text).digest()), size))
        if s < 2**2040:
            break
        i += 1
    f.case(True, text, s.to_bytes(size, "big"), "begins with a zero")
    f.case(False, text, s.to_bytes(size - 1, "big"), "without that zero")
    if s + n < 2**2048:
        f.case(False, text, (s + n).to_bytes(size, "big"), "s + n")


# --- Ed25519 ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def ed_add(u, v):
    a, b = u[0] * v[1] + u[1] * v[0], u[1] * v[1] + u[0] * v[0]
    t = D * u[0] * u[1] * v[0] * v[1] % P
    return a * pow(1 + t, -1, P) % P, b * pow(1 - t, -1, P) % P


def ed_mul(k, u):
    out = (0, 1)
    while k:
        if k & 1:
            out = ed_add(out, u)
        u = ed_add(u, u)
        k >>= 1
    return out


def ed_lift(y, odd):
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if x * x % P != x2:
        x = x * ROOT % P
    if x * x % P != x2:
        return None
    return (P - x if x % 2 != odd else x, y)


def ed_bytes(u):
    return (u[1] | (u[0] & 1) << 255).to_bytes(32, "little")


def ed_hash(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def eddsa():
    f = File("eddsa.txt", "EdDSA: Ed25519, strictly.")
    base = ed_lift(4 * pow(5, -1, P) % P, 0)
    torsion = next(t for t in (ed_mul(L, ed_lift(y, 0)) for y in range(2, 99) if ed_lift(y, 0)) if ed_mul(4, t) != (0, 1))
    a, r = rand.randrange(1, L), rand.randrange(1, L)
    key = ed_bytes(ed_mul(a, base))
    f.key("EdDSA", {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(key).decode().rstrip("=")})

    def sign(m, nonce, point=None):
        big_r = ed_bytes(point or ed_mul(nonce, base))
        return big_r, (nonce + ed_hash(big_r, key, m) * a) % L
    def raw(big_r, s):
        return big_r + s.to_bytes(32, "little")
    m = b"to be signed"
    for text in (b"", b"\0", m, bytes(range(200))):
        f.case(True, text, raw(*sign(text, rand.randrange(1, L))), "as it should be")
    big_r, s = sign(m, r)
    for k in range(1, 15):
        if s + k * L < 2**256:
            f.case(False, m, raw(big_r, s + k * L), "s + %d L" % k)
    for s2, why in ((0, "s is 0"), (1, "s is 1"), (L, "s is L"), (L - s, "-s"), (s ^ 1, "a bit of s"), (2**256 - 1, "s is all ones"),
                    (s | 1 << 255, "the first bit of s"), (s | 1 << 253, "a bit above L")):
        f.case(False, m, raw(big_r, s2), why)
    for r2, why in ((bytes(32), "R is 0"), (b"\1" + bytes(31), "R is neutral"), (b"\xff" * 32, "R is all ones"),
                    (ed_bytes(torsion), "R of order 8"), (key, "R is the key"),
                    (big_r[:31] + bytes([big_r[31] ^ 0x80]), "the sign of R"), (bytes([big_r[0] ^ 1]) + big_r[1:], "a bit of R"),
                    ((1 + P).to_bytes(32, "little"), "R is neutral, not reduced")):
        f.case(False, m, r2 + s.to_bytes(32, "little"), why)
    for i in (1, 2, 4):
        t = ed_mul(i, torsion)
        f.case(False, m, raw(*sign(m, r, ed_add(ed_mul(r, base), t))), "R with a part of order %d: good only times eight" % (8 // i))
    neutral = b"\1" + bytes(31)
    s0 = ed_hash(neutral, key, m) * a % L
    f.case(True, m, raw(neutral, s0), "nonce 0: no rule against it")
    unreduced = (1 + P).to_bytes(32, "little")
    f.case(False, m, raw(unreduced, ed_hash(unreduced, key, m) * a % L), "nonce 0, R not reduced")
    good = raw(big_r, s)
    f.case(False, m + b"\0", good, "another message")
    f.case(False, b"", good, "another message")
    for sig, why in ((b"", "empty"), (good[:-1], "cut by one"), (good[1:], "without its first"), (good[:32], "R alone"),
                     (good + b"\0", "one more"), (b"\0" + good, "one before"), (good + good, "twice"),
                     (s.to_bytes(32, "little") + big_r, "s and R"), (big_r[::-1] + s.to_bytes(32, "big"), "big endian"),
                     (good.hex().encode(), "in hexadecimal")):
        f.case(False, m, sig, why)


if __name__ == "__main__":
    ecdsa()
    rsa()
    eddsa()
