"""Certificates of CAs as a test makes them, and verifiers that are not ours."""
import datetime
import os
import subprocess
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from world import run


def now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def pem(*certs):
    return "".join(c.public_bytes(serialization.Encoding.PEM).decode() for c in certs)


class Authority:
    """A CA certificate with its key: a root, or below `by`."""

    def __init__(self, name, by=None, seconds=86400, begun=3600, key=None, public=None, room=None):
        self.key = key or (None if public else ec.generate_private_key(ec.SECP256R1()))
        public = public or self.key.public_key()
        subject = name if isinstance(name, x509.Name) else \
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = by.cert.subject if by else subject
        ids = x509.SubjectKeyIdentifier
        b = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
             .public_key(public).serial_number(x509.random_serial_number())
             .not_valid_before(now() - datetime.timedelta(seconds=begun))
             .not_valid_after(now() + datetime.timedelta(seconds=seconds))
             .add_extension(x509.BasicConstraints(True, room), True)
             .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
             .add_extension(ids.from_public_key(public), False))
        if by:
            above = by.cert.extensions.get_extension_for_class(ids).value
            b = b.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), False)
        self.cert = b.sign((by or self).key, hashes.SHA256())

    @classmethod
    def of(cls, certificate, key=None):
        """One that is on disk."""
        self = cls.__new__(cls)
        with open(certificate, "rb") as f:
            self.cert = x509.load_pem_x509_certificate(f.read())
        self.key = None
        if key:
            with open(key, "rb") as f:
                self.key = serialization.load_pem_private_key(f.read(), None)
        return self

    def save(self, certificate, key=None):
        with open(certificate, "w") as f:
            f.write(pem(self.cert))
        if key:
            with open(key, "wb") as f:
                f.write(self.key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption()))
            os.chmod(key, 0o600)


def verifies(chain, root):
    """A chain as clients get it, by OpenSSL, by GnuTLS and by NSS."""
    with tempfile.TemporaryDirectory() as d:
        leaf, rest, whole = f"{d}/leaf", f"{d}/rest", f"{d}/whole"
        blocks = [b + "-----END CERTIFICATE-----\n"
                  for b in chain.split("-----END CERTIFICATE-----\n")[:-1]]
        for path, text in (leaf, blocks[0]), (rest, "".join(blocks[1:])), (whole, chain):
            with open(path, "w") as f:
                f.write(text)
        out = run("openssl", "verify", "-x509_strict", "-purpose", "sslserver",
                  "-no-CApath", "-no-CAstore", "-CAfile", root, "-untrusted", rest, leaf)
        assert out.endswith(": OK\n"), out
        out = subprocess.run(["certtool", "--verify", "--load-ca-certificate", root, "--infile", whole],
                             capture_output=True, text=True)
        assert out.returncode == 0 and "Chain verification output: Verified." in out.stdout, out
        db, files = f"sql:{d}", []
        run("certutil", "-N", "-d", db, "--empty-password")
        run("certutil", "-A", "-d", db, "-n", "root", "-t", "C,,", "-i", root)
        for n, block in enumerate(blocks):
            files += ["-a", f"{d}/{n}"]
            with open(f"{d}/{n}", "w") as f:
                f.write(block)
        out = run("vfychain", "-d", db, "-pp", "-u", "1", *files)
        assert "Chain is good!" in out, out
