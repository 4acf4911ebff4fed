"""Clients beside certbot and lego, each as its users run it, in a folder of its
own.  Every one has get(name), renew(name), and revoke(name) if it can; chain(name)
is what it got.  `version` is what it says of itself."""
import glob
import os
import re
import shutil
import subprocess
import sys

from acmeclient import chain_of
from realclients import first_version, script
from world import die_with_me, free_port, run, wait_until, within

HERE = os.path.dirname(os.path.abspath(__file__))
NODE_MODULES = os.path.join(HERE, "..", "..", "build", "node", "node_modules")


class Client:
    """One that is a command, and answers http-01 by files in a web server's folder."""
    challenge = "http-01"

    def __init__(self, world):
        self.world, self.folder = world, world.path(type(self).__name__.lower())
        os.makedirs(self.folder, exist_ok=True)
        self.root, self.directory = world.server.root, world.server.directory
        self.web = world.web and world.web.folder
        self.set_up()

    def set_up(self):
        pass

    def close(self):
        pass

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def read_chain(self, path):
        with open(path) as f:
            return chain_of(f.read())


class Dehydrated(Client):
    def set_up(self):
        self.config = self.write("config", f'''
CA="{self.directory}"
BASEDIR="{self.folder}"
WELLKNOWN="{self.web}"
CHALLENGETYPE=http-01
CURL_OPTS="--cacert {self.root}"
KEY_ALGO=prime256v1
RENEW_DAYS=0
''')
        self.version = first_version("dehydrated", "--version")
        self("--register", "--accept-terms")

    def __call__(self, *args):
        return run("dehydrated", *args, "-f", self.config)

    def get(self, name):
        self("--cron", "--domain", name)

    def renew(self, name):
        self("--cron", "--domain", name, "--force")

    def revoke(self, name):
        self("--revoke", self.path("certs", name, "cert.pem"))

    def chain(self, name):
        return self.read_chain(self.path("certs", name, "fullchain.pem"))


class Uacme(Client):
    """Its libcurl trusts the system's roots only; a shim names ours to it."""

    def set_up(self):
        shim = self.path("trust.so")
        run("cc", "-shared", "-fPIC", "-o", shim, os.path.join(HERE, "trust_shim.c"), "-ldl")
        self.env = {**os.environ, "LD_PRELOAD": shim, "TRUST_ROOT": self.root, "ASAN_OPTIONS": "",
                    "UACME_WEB": self.web}
        self.hook = script(self.path("hook"), '''
[ "$2" = http-01 ] || exit 1
case $1 in
begin) printf %s "$5" >"$UACME_WEB/$4" ;;
done | failed) rm -f "$UACME_WEB/$4" ;;
esac
''')
        self.version = first_version("uacme", "--version")
        self("new", "user@example.internal")

    def __call__(self, *args):
        return run("uacme", "-y", "-o", "-c", self.folder, "-a", self.directory, "-h", self.hook,
                   *args, env=self.env)

    def get(self, name):
        self("issue", name)

    def renew(self, name):
        self("-f", "issue", name)

    def revoke(self, name):
        self("-r", "4", "revoke", self.path(name, "cert.pem"))

    def change_key(self):
        self("newkey")

    def chain(self, name):
        return self.read_chain(self.path(name, "cert.pem"))


class AcmeTiny(Client):
    def set_up(self):
        self.env = {**os.environ, "SSL_CERT_FILE": self.root}
        self.version = first_version("dpkg-query", "-W", "-f", "${Version}", "acme-tiny")
        run("openssl", "genrsa", "-out", self.path("account.key"), "2048")

    def get(self, name):
        run("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/", "-addext",
            f"subjectAltName=DNS:{name}", "-keyout", self.path("key"), "-out", self.path("csr"))
        self.renew(name)

    def renew(self, name):
        pem = subprocess.run(["acme-tiny", "--account-key", self.path("account.key"), "--csr",
                              self.path("csr"), "--acme-dir", self.web, "--disable-check",
                              "--directory-url", self.directory], env=self.env, text=True,
                             capture_output=True, timeout=within(60))
        assert pem.returncode == 0, pem.stderr
        self.write(name + ".pem", pem.stdout)

    def chain(self, name):
        return self.read_chain(self.path(name + ".pem"))


class Script(Client):
    """A library, driven by a small program of ours: VERB NAME in a folder."""

    def run(self, verb, name):
        run(*self.command, verb, name, self.directory, self.folder, self.web, env=self.env)

    def get(self, name):
        self.run("get", name)

    def renew(self, name):
        self.run("renew", name)

    def revoke(self, name):
        self.run("revoke", name)

    def chain(self, name):
        return self.read_chain(self.path(name + ".pem"))


class PythonAcme(Script):
    def set_up(self):
        self.command = [sys.executable, "-B", os.path.join(HERE, "python_acme.py")]
        self.env = {**os.environ, "REQUESTS_CA_BUNDLE": self.root}
        self.version = first_version("dpkg-query", "-W", "-f", "${Version}", "python3-acme")


class Node(Script):
    def set_up(self):
        modules = os.path.realpath(NODE_MODULES)
        self.command = ["node", os.path.join(HERE, "node", self.program)]
        self.env = {**os.environ, "NODE_PATH": modules, "NODE_EXTRA_CA_CERTS": self.root,
                    "NODE_NO_WARNINGS": "1"}
        with open(os.path.join(modules, self.package, "package.json")) as f:
            self.version = re.search(r'"version":\s*"([^"]+)"', f.read())[1]


class AcmeClientJs(Node):
    program, package = "acme_client.js", "acme-client"


class RootAcme(Node):
    program, package = "root_acme.js", "@root/acme"


class Daemon(Client):
    """One that serves and renews by itself; started for one name."""
    process = None

    def launch(self, *command, **how):
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=die_with_me, **how)

    def tail(self):
        with open(self.path("log"), errors="replace") as f:
            return f.read()[-3000:]

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(within(20))

    def serial(self, name):
        try:
            return self.chain(name)[0].serial_number
        except (OSError, IndexError, ValueError):
            return None

    def wait_for_other(self, name, serial, seconds):
        def found():
            assert self.process is None or self.process.poll() is None, self.tail()
            return self.serial(name) not in (None, serial)
        try:
            wait_until(found, seconds, every=0.1)
        except AssertionError:
            raise AssertionError(f"no new certificate in {seconds} s\n{self.tail()}") from None


class Caddy(Daemon):
    solver = "disable_tlsalpn_challenge"

    def set_up(self):
        self.version = first_version("caddy", "version")

    def get(self, name):
        self.write("Caddyfile", f'''
{{
	admin off
	storage file_system {self.folder}/data
	email user@example.internal
	http_port {self.world.http_port}
	https_port {self.world.tls_port}
	default_bind 127.0.0.1
	auto_https disable_redirects
	renew_interval 1s
	ocsp_stapling off
}}
https://{name} {{
	tls {{
		issuer acme {{
			dir {self.directory}
			trusted_roots {self.root}
			{self.solver}
		}}
	}}
	respond hello
}}
''')
        self.launch("caddy", "run", "--config", self.path("Caddyfile"), "--adapter", "caddyfile",
                    env={**os.environ, "HOME": self.folder, "XDG_DATA_HOME": self.folder,
                         "XDG_CONFIG_HOME": self.folder})
        self.wait_for_other(name, None, 30)

    def renew(self, name):
        """It does so by itself, at two thirds of the certificate's life."""
        self.wait_for_other(name, self.serial(name), 45)

    def chain(self, name):
        found = glob.glob(self.path("data", "certificates", "*", name, name + ".crt"))
        if not found:
            raise OSError("not yet")
        return self.read_chain(found[0])


class CaddyAlpn(Caddy):
    challenge, solver = "tls-alpn-01", "disable_http_challenge"


class ModMd(Daemon):
    """Apache as a whole, with mod_md ordering for one virtual host."""
    more = "MDRenewWindow 50%"

    def set_up(self):
        self.version = re.search(r"Apache/([\d.]+)", run("apache2", "-v"))[1]
        for folder in ("md", "run", "www"):
            os.makedirs(self.path(folder), exist_ok=True)
        os.chmod(self.world.folder, 0o755)  # its children are another user's
        shutil.copyfile(self.root, self.path("root.pem"))

    def get(self, name):
        https = free_port()
        modules = "\n".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so" for m in
                            ("mpm_event", "authz_core", "socache_shmcb", "ssl", "md"))
        user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
        self.write("httpd.conf", f'''
ServerRoot "{self.folder}"
ServerName {name}
PidFile run/pid
DefaultRuntimeDir run
ErrorLog "{self.folder}/log"
LogLevel warn md:info
{modules}
{user}
DocumentRoot "{self.folder}/www"
Listen 127.0.0.1:{self.world.http_port}
Listen 127.0.0.1:{https}
SSLSessionCache none
MDStoreDir "{self.folder}/md"
MDCertificateAuthority {self.directory}
MDCACertificateFile "{self.folder}/root.pem"
MDCertificateAgreement accepted
MDContactEmail user@example.internal
MDPortMap http:{self.world.http_port} https:-
MDCAChallenges http-01
{self.more}
MDInitialDelay 0s
MDCheckInterval 1s
MDActivationDelay 0s
MDRetryDelay 1s
MDRenewMode always
MDomain {name}
<VirtualHost 127.0.0.1:{self.world.http_port}>
ServerName {name}
</VirtualHost>
<VirtualHost 127.0.0.1:{https}>
ServerName {name}
SSLEngine on
</VirtualHost>
''')
        self.launch("apache2", "-f", self.path("httpd.conf"), "-DFOREGROUND")
        self.wait_for_other(name, None, 30)

    def renew(self, name):
        """What it got is in use after a restart; half its life later it gets another."""
        before = self.serial(name)
        self.close()
        self.launch("apache2", "-f", self.path("httpd.conf"), "-DFOREGROUND")
        self.wait_for_other(name, before, 45)

    def chain(self, name):
        """Staged, or in use: the newer one."""
        found = [p for p in (self.path("md", f, name, "pubcert.pem") for f in ("staging", "domains"))
                 if os.path.exists(p)]
        if not found:
            raise OSError("not yet")
        return self.read_chain(max(found, key=os.path.getmtime))
