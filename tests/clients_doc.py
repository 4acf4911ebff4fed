#!/usr/bin/python3
"""Write docs/CLIENTS.md from what the end-to-end tests measured: clients_doc.py BUILD."""
import collections
import glob
import os
import sys

# By the class that drives it: name, where it is from, what its users should know.
CLIENTS = {
    "Certbot": ("certbot", "Debian", "Trusts the root by `REQUESTS_CA_BUNDLE`. Its timer is made for "
                "weeks: run `certbot renew --no-random-sleep-on-renew` every two minutes. Once the "
                "database is gone, remove its `accounts/`: 2.1 does not register again by itself. When an "
                "order is refused, Debian's prints an `AttributeError` of its own; the reason is in its log."),
    "Lego": ("lego", "Debian", "Trusts the root by `LEGO_CA_CERTIFICATES`. `renew` reckons in days: "
             "`--days 90` renews each time it runs."),
    "Dehydrated": ("dehydrated", "Debian", "`CA=` the directory, `CURL_OPTS=\"--cacert root.pem\"`. "
                   "Renews by days: `RENEW_DAYS=0` or `--force`, from a timer."),
    "Uacme": ("uacme", "Debian", "Cannot be told a root: put it among the system's "
              "(`update-ca-certificates`). `-d` counts days: `-f` renews each time. `-o` when "
              "certificates name no OCSP responder."),
    "AcmeTiny": ("acme-tiny", "Debian", "Trusts the root by `SSL_CERT_FILE`. `--disable-check` when "
                 "http-01 is not looked for on port 80. Neither renews nor revokes: run it again."),
    "PythonAcme": ("python3-acme", "Debian", "The library under certbot; "
                   "`tests/e2e/python_acme.py` is a whole client."),
    "AcmeClientJs": ("acme-client", "npm", "Trusts the root by `NODE_EXTRA_CA_CERTS`. Its own check of "
                     "the challenge looks at port 80: `skipChallengeVerification`."),
    "RootAcme": ("@root/acme", "npm", "Waits 5 s before it responds; has no revocation. "
                 "`skipChallengeTest` and `skipDryRun`, or it looks at port 80."),
    "Caddy": ("Caddy", "Debian", "`tls { issuer acme { dir …; trusted_roots root.pem } }`. Looks for what "
              "to renew every ten minutes unless told: `renew_interval 30s`, or it comes too late "
              "for ten-minute certificates."),
    "CaddyAlpn": ("Caddy, tls-alpn-01", "Debian", "The same, with `disable_http_challenge`."),
    "ModMd": ("Apache mod_md", "Debian", "`MDCACertificateFile root.pem`, `MDRenewWindow 50%`, "
              "`MDCheckInterval 30s`; a new certificate is used from the next graceful restart on, "
              "for which `MDMessageCmd` is the place. Newer ones renew when ARI tells them to."),
}


def main():
    rows = collections.OrderedDict((name, []) for name in CLIENTS)
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "clients", "*.tsv"))):
        with open(path) as f:
            for line in f:
                name, *row = line.rstrip("\n").split("\t")
                rows[name].append(row)
    lacking = [name for name, have in rows.items() if not have]
    assert not lacking, f"not measured: {lacking}"
    print("""# Clients

Real clients, driven by the end-to-end tests against a live server on loopback; `make clients` runs
them and writes this page. Seconds are for the whole command, most of them the client's own. A poll
counts when it was answered `pending` or `processing` after the challenge was posted: such an answer
makes a client sleep.

| client | version | from | what | seconds | polls told to wait |
|---|---|---|---|---:|---:|""")
    for name, have in rows.items():
        title, origin, _ = CLIENTS[name]
        for version, what, seconds, polls in have:
            if seconds:
                print(f"| {title} | {version} | {origin} | {what} | {seconds} | {polls} |")
    revoke = [CLIENTS[n][0] for n, have in rows.items() if any(r[1] == "revokes" for r in have)]
    print(f"\nRevocation was driven with {', '.join(revoke[:-1])} and {revoke[-1]}; the others have none.\n")
    print("## What to know of each\n")
    for title, _, quirks in CLIENTS.values():
        print(f"- **{title}**: {quirks}")
    print("""
acme.sh is in no package; `ACMESH=/path/to/acme.sh tests/e2e/acmesh.sh` drives a copy through account,
http-01 by webroot and standalone, dns-01 by hook, renewal, revocation and deactivation, and
`tests/e2e/quirks.sh` holds what it relies on against every build.

## What others are known for

None of these is driven here; they were made for certificates of weeks, and ask for a longer profile.

- **cert-manager** takes no `spec.duration` below an hour and no `renewBefore` below five minutes: leave
  `duration` out and use the directory of the profile `hour` or `day` (`/acme/p/hour/directory`).
- **Traefik** counts `certificatesDuration` in hours: the profile `day`.
- Whatever uses **certmagic** looks every ten minutes, as Caddy does, and has the same setting.
- Clients run **by a timer** that was made for weeks need one made for minutes, or the profile `day`.""")


main()
