"""certbot and lego as their users run them, each in a folder of its own."""
import os
import re
import stat

from acmeclient import chain_of
from world import run

PENDING = ("pending", "processing")


def script(path, text):
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, stat.S_IRWXU)
    return path


def first_version(*command):
    """The first thing in its output that looks like a version."""
    return re.search(r"\d+(\.\d+)+", run(*command, rc=None))[0]


class Certbot:
    def __init__(self, world, folder=None):
        self.version = first_version("certbot", "--version")
        self.world, self.folder = world, folder or world.path("certbot")
        self.env = {**os.environ, "REQUESTS_CA_BUNDLE": world.server.root}
        auth = (f'echo "TXT $CERTBOT_VALIDATION" >> "{world.zone}/_acme-challenge.$CERTBOT_DOMAIN"\n')
        clean = f'rm -f "{world.zone}/_acme-challenge.$CERTBOT_DOMAIN"\n'
        self.auth = script(world.path("certbot-auth"), auth)
        self.clean = script(world.path("certbot-clean"), clean)

    def __call__(self, verb, *args, **how):
        return run("certbot", verb, "--non-interactive", "--server", self.world.server.directory,
                   "--config-dir", self.folder, "--work-dir", f"{self.folder}/work",
                   "--logs-dir", f"{self.folder}/logs", *args, env=self.env, **how)

    def standalone(self):
        return ("--standalone", "--http-01-port", str(self.world.http_port),
                "--http-01-address", "127.0.0.1")

    def certonly(self, *names, how=None, more=(), **run_how):
        args = [x for n in names for x in ("-d", n)]
        return self("certonly", "--agree-tos", "--register-unsafely-without-email",
                    *(how or self.standalone()), *more, *args, **run_how)

    def dns(self):
        return ("--manual", "--preferred-challenges", "dns",
                "--manual-auth-hook", self.auth, "--manual-cleanup-hook", self.clean)

    def live(self, name, file="fullchain.pem"):
        return f"{self.folder}/live/{name}/{file}"

    def chain(self, name):
        with open(self.live(name)) as f:
            return chain_of(f.read())


class Lego:
    def __init__(self, world, folder=None):
        self.version = first_version("dpkg-query", "-W", "-f", "${Version}", "lego")
        self.world, self.folder = world, folder or world.path("lego")
        hook = script(world.path("lego-hook"), f'''
name=${{2%.}}
case $1 in
present) echo "TXT $3" >> "{world.zone}/$name" ;;
cleanup) rm -f "{world.zone}/$name" ;;
esac
''')
        self.env = {**os.environ, "LEGO_CA_CERTIFICATES": world.server.root, "EXEC_PATH": hook,
                    "EXEC_POLLING_INTERVAL": "1", "EXEC_SEQUENCE_INTERVAL": "1"}

    def __call__(self, *names, verb=("run",), how=None, **run_how):
        how = how or ("--http", "--http.port", f"127.0.0.1:{self.world.http_port}")
        domains = [x for n in names for x in ("--domains", n)]
        return run("lego", "--server", self.world.server.directory, "--path", self.folder,
                   "--accept-tos", "--email", "user@example.internal", *domains, *how, *verb,
                   env=self.env, **run_how)

    def dns(self):
        return ("--dns", "exec", "--dns.disable-cp", "--dns.resolvers", self.world.dns.address)

    def chain(self, name):
        with open(f"{self.folder}/certificates/{name.replace('*', '_')}.crt") as f:
            return chain_of(f.read())


def waits(server):
    """How many polls, since the mark, were told to come again: replies for an
    authorization or an order that say pending or processing, after the first
    challenge has been posted (before it, a client only reads what to do)."""
    posted, n = False, 0
    for e in server.events("http.request"):
        path = e.get("path", "")
        if re.search(r"/acme/chall", path):
            posted = True
        elif posted and re.search(r"/acme/(authz|order)/", path) and e.get("state") in PENDING:
            n += 1
    return n
