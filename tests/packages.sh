#!/bin/sh
# Install the Debian packages the given lists name, those that are missing only.
set -e
wanted=$(sed 's/#.*//' "$@")
missing=$({
	dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^ii  *//p'
	printf '%s\n' $wanted $wanted
} | sort | uniq -c | awk '$1 == 2 { print $2 }') # asked for, not there
[ -n "$missing" ] || exit 0
missing=$(echo $missing)

as_root=
if [ "$(id -u)" != 0 ]; then
	if sudo -n true 2>/dev/null; then
		as_root="sudo -n"
	else
		echo "packages: missing: $missing" >&2
		echo "packages: as root: apt-get install --no-install-recommends $missing" >&2
		exit 1
	fi
fi
apt() { # quiet, asks nothing
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 \
		-o DPkg::Lock::Timeout=300 "$@" </dev/null
}
said=$(mktemp) && trap 'rm -f "$said"; still' EXIT
# Nothing that is installed here shall start by itself: caddy would take port 80.
rule=/usr/sbin/policy-rc.d laid=
still() { [ -z "$laid" ] || $as_root rm -f "$rule"; }
[ -e "$rule" ] || { laid=yes && printf '#!/bin/sh\nexit 101\n' | $as_root tee "$rule" >/dev/null && $as_root chmod 755 "$rule"; }
echo "  APT   $missing"
apt install -y --no-install-recommends $missing >"$said" 2>&1 || {
	apt update >"$said" 2>&1 && apt install -y --no-install-recommends $missing >>"$said" 2>&1
} || { tail -20 "$said" >&2; exit 1; }
