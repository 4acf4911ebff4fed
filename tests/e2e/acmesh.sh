#!/bin/sh
# acme.sh against a live server: http-01 by webroot and standalone, dns-01 by
# hook, renewal, revocation.  acme.sh is in no Debian package and not copied
# here, so this is run by hand:
#     ACMESH=/path/to/acme.sh tests/e2e/acmesh.sh [BINARY]
# It needs socat for the standalone mode, and its own folder dnsapi/ is not used.
here=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
binary=${1:-$here/mayfly}
[ -n "$ACMESH" ] || { echo "say where acme.sh is: ACMESH=/path/to/acme.sh $0" >&2; exit 2; }
command -v socat >/dev/null || { echo "acme.sh needs socat for its standalone mode" >&2; exit 1; }
dir=$(mktemp -d) || exit 1
started='' bad=0
cleanup() {
	for pid in $started; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
	[ $bad = 0 ] && rm -rf "$dir" || echo "everything is kept in $dir"
}
trap cleanup EXIT
free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() { until [ -s "$1" ]; do sleep 0.05; done; }
ready() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$dir/ready"; }

mkdir -p "$dir/zone" "$dir/web" "$dir/home/dnsapi"
/usr/bin/python3 -B "$here/tests/fake/dns.py" --folder "$dir/zone" --port-file "$dir/dns" '*.internal=127.0.0.1' &
started=$!
wait_for "$dir/dns"
port=$(free_port)
"$binary" dev --dns "127.0.0.1:$(cat "$dir/dns")" --http-port "$port" --ready-file "$dir/ready" \
	>/dev/null 2>"$dir/log" &
started="$! $started"
wait_for "$dir/ready"

cat >"$dir/home/dnsapi/dns_e2e_files.sh" <<END
dns_e2e_files_add() { echo "TXT \$2" >>"$dir/zone/\$1"; }
dns_e2e_files_rm() { rm -f "$dir/zone/\$1"; }
END

# How often a client was told to wait, once it had posted a challenge.
waits() {
	awk '/http.request/ && /\/acme\/challenge/ { posted = 1 }
		posted && /\/acme\/(authz|order)\// && /"state": *"(pending|processing)"/ { n++ }
		END { print n + 0 }' "$dir/log.part"
}
step() { # text acme.sh-arguments
	text=$1
	shift
	before=$(wc -c <"$dir/log")
	began=$(date +%s%N)
	if sh "$ACMESH" --home "$dir/home" --server "$(ready directory)" --ca-bundle "$(ready root)" \
		"$@" >"$dir/out" 2>&1 </dev/null; then
		result=ok
	else
		result=FAIL bad=1
	fi
	took=$(echo "$began $(date +%s%N)" | awk '{ printf "%.1f", ($2 - $1) / 1e9 }')
	tail -c +"$((before + 1))" "$dir/log" >"$dir/log.part"
	printf '%-5s| acme.sh | %-22s | %5s | %s |\n' "$result" "$text" "$took" "$(waits)"
	[ $result = ok ] || tail -n 30 "$dir/out"
}
verify() { # name
	for d in "$dir/home/$1" "$dir/home/$1_ecc"; do
		[ -f "$d/fullchain.cer" ] && openssl verify -CAfile "$(ready root)" -untrusted "$d/ca.cer" "$d/$1.cer" >/dev/null &&
			return
	done
	echo "FAIL  the certificate for $1 does not verify"
	bad=1
}

step "account" --register-account
/usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$dir/web" "$port" >/dev/null 2>&1 &
web=$!
sleep 0.5
step "http-01, webroot" --issue -d webroot.internal -w "$dir/web"
verify webroot.internal
step "renewal, webroot" --renew -d webroot.internal --force
verify webroot.internal
kill $web
wait $web 2>/dev/null
step "http-01, standalone" --issue -d alone.internal --standalone --httpport "$port" --local-address 127.0.0.1
verify alone.internal
step "dns-01 by hook" --issue -d '*.hook.internal' -d hook.internal --dns dns_e2e_files --dnssleep 1
step "RSA key, two names" --issue -d rsa.internal -d rsb.internal --dns dns_e2e_files --dnssleep 1 --keylength 2048
verify rsa.internal
step "renewal of all" --renew-all --force
step "revocation" --revoke -d webroot.internal --ecc
step "account, again" --update-account
step "account, deactivated" --deactivate-account
exit $bad
