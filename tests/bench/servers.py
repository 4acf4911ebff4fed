"""The servers that are measured, each with a folder of its own on a disk."""
import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse

import procs

LIBC = ctypes.CDLL(None)


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(type=kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def die_with_me():
    LIBC.prctl(1, signal.SIGKILL)


class Server:
    """A process with descendants; `url` is its directory, `root` a CA file."""
    env = None

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix=f"{type(self).__name__.lower()}-", dir=folder)
        self.dns_port, self.web_port = free_port(socket.SOCK_DGRAM), free_port()
        self.process = None

    def spawn(self, *command):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                preexec_fn=die_with_me, env={**os.environ, **(self.env or {})})

    def wait_for(self, ready, seconds=20):
        end = time.time() + seconds
        while not ready():
            if self.process.poll() is not None or time.time() > end:
                raise RuntimeError(f"{type(self).__name__} did not start:\n{self.tail()}")
            time.sleep(0.02)

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False

    def tail(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as f:
            return "".join(f.readlines()[-8:])

    def pids(self):
        return procs.tree(self.process.pid)

    def usage(self):
        return procs.Usage(self.pids())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Mayfly(Server):
    """`mayfly serve`, durable, as it is by default but for ports and targets."""

    def __init__(self, folder, binary, *flags, data=None, env=None, http_port=None, dns_port=None):
        super().__init__(folder)
        self.binary, self.env = binary, env
        self.data = data or os.path.join(self.folder, "ca")
        if not data:
            subprocess.run([binary, "init", "--dir", self.data, "--name", "127.0.0.1"],
                           check=True, stdout=subprocess.DEVNULL)
        self.web_port, self.dns_port = http_port or self.web_port, dns_port or self.dns_port
        self.flags = ["--dns", f"127.0.0.1:{self.dns_port}", "--http-port", str(self.web_port),
                      "--set", "validation.allow=127.0.0.0/8", *flags]
        self.start()

    def command(self, listen="127.0.0.1:0"):
        return [self.binary, "serve", "--dir", self.data, "--listen", listen, *self.flags]

    def start(self):
        ready = os.path.join(self.folder, "ready")
        self.spawn(*self.command(), "--ready-file", ready)
        self.wait_for(lambda: os.path.exists(ready) and open(ready).read().endswith("}\n"), 60)
        with open(ready) as f:
            said = json.loads(f.read())
        os.unlink(ready)
        self.url, self.root = said["directory"], said["root"]
        self.metrics_url, self.connection = said["metrics"], None
        self.token = subprocess.run(
            [self.binary, "token", "--dir", self.data, "--scope", "metrics"],
            check=True, capture_output=True, text=True).stdout.strip()

    def counters(self):
        """{"commits_total": …} of what has no labels."""
        at = urllib.parse.urlsplit(self.metrics_url)
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(
                at.hostname, at.port, context=ssl.create_default_context(cafile=self.root))
        self.connection.request("GET", at.path, headers={"Authorization": "Bearer " + self.token})
        text = self.connection.getresponse().read().decode()
        return {k: float(v) for k, v in re.findall(r"^mayfly_(\w+) (\S+)$", text, re.M)}


class Nginx(Server):
    """Says the same bytes over TLS, with mayfly's certificate and key."""

    def __init__(self, folder, pem, root, replies, workers):
        """`replies`: {path: (headers, body, padding)}."""
        super().__init__(folder)
        self.root, self.port = root, free_port()
        with open(os.path.join(self.folder, "nginx.conf"), "w") as f:
            f.write(f"""daemon off;
worker_processes {workers};
pid {self.folder}/pid;
error_log {self.folder}/error.log;
events {{ worker_connections 20000; }}
http {{
  access_log {self.folder}/access.log;
  default_type application/json;
  server_tokens off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  server {{
    listen 127.0.0.1:{self.port} ssl;
    ssl_certificate {pem};
    ssl_certificate_key {pem};
    ssl_protocols TLSv1.2 TLSv1.3;
    {"".join(self.location(p, *r) for p, r in replies.items())}
  }}
}}
""")
        self.spawn("/usr/sbin/nginx", "-p", self.folder, "-c", "nginx.conf")
        self.wait_for(self.listens)

    @staticmethod
    def location(path, headers, body, padding):
        fields = "".join(f"add_header {k} '{v}' always;\n" for k, v in headers)
        pad = f"add_header X-Pad {'x' * padding};\n" if padding > 0 else ""
        return f"location = {path} {{\n{fields}{pad}return 200 '{body}';\n}}\n"



class Caddy(Server):
    """Its acme_server, with the certificates and the storage it makes itself."""

    def __init__(self, folder):
        super().__init__(folder)
        self.port, storage = free_port(), os.path.join(self.folder, "storage")
        self.env = {"HOME": self.folder, "XDG_DATA_HOME": self.folder, "XDG_CONFIG_HOME": self.folder}
        with open(os.path.join(self.folder, "Caddyfile"), "w") as f:
            f.write(f"""{{
	admin off
	skip_install_trust
	auto_https disable_redirects
	http_port {free_port()}
	storage file_system {storage}
}}
https://127.0.0.1:{self.port} {{
	tls internal
	acme_server
}}
""")
        self.spawn("caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile")
        self.url = f"https://127.0.0.1:{self.port}/acme/local/directory"
        self.root = os.path.join(storage, "pki/authorities/local/root.crt")
        self.wait_for(lambda: os.path.exists(self.root) and self.listens() and self.answers())

    def answers(self):
        try:
            context = ssl.create_default_context(cafile=self.root)
            c = http.client.HTTPSConnection("127.0.0.1", self.port, context=context)
            c.request("GET", "/acme/local/directory")
            return c.getresponse().status == 200
        except OSError:
            return False


class Pebble(Server):
    """In memory only; told not to sleep, not to refuse good nonces."""
    env = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}

    def __init__(self, folder, http_port, dns_port, pem, root):
        super().__init__(folder)
        self.port, self.root = free_port(), root
        with open(os.path.join(self.folder, "config.json"), "w") as f:
            json.dump({"pebble": {
                "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{free_port()}",
                "certificate": pem, "privateKey": pem, "httpPort": http_port, "tlsPort": free_port()}}, f)
        self.spawn("pebble", "-config", "config.json", "-dnsserver", f"127.0.0.1:{dns_port}")
        self.url = f"https://127.0.0.1:{self.port}/dir"
        self.wait_for(self.listens)
