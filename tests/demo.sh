#!/bin/sh
# `make demo`: from a bare Debian to a verified certificate, one line a step.
# Leaves nothing running and nothing behind but ./mayfly and its build/.
cd "$(dirname "$0")/.." || exit 1
name=demo.internal
dir=$(mktemp -d) || exit 1
started='' log=$dir/log total=$(date +%s%N)

cleanup() {
	for pid in $started; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
	started=
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

seconds() { echo "$1 $(date +%s%N)" | awk '{ printf "%.1f s", ($2 - $1) / 1e9 }'; }
step() { # text, then: done_ result
	printf '  %-34s' "$1"
	began=$(date +%s%N)
}
done_() { printf '%8s   %s\n' "$(seconds "$began")" "$1"; }
failed() { # what was going on
	printf '\n\ndemo: %s failed:\n' "$1" >&2
	tail -n 25 "$log" >&2
	exit 1
}
wait_for() { # file: it is written whole, or the program behind it is gone
	until [ -s "$1" ]; do
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.05
	done
}
ready() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$dir/ready"; } # a member of the ready line
free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

echo "mayfly: a certificate, from nothing"
echo

step "packages"
tests/packages.sh packages.txt packages-demo.txt >"$log" 2>&1 || failed "installing packages"
installed=$(sed -n 's/^  APT *//p' "$log" | wc -w)
if [ "$installed" = 0 ]; then done_ "all there"; else done_ "$installed installed"; fi

step "build"
make -s -j"$(nproc)" all >"$log" 2>&1 || failed "building"
done_ "./mayfly, $(wc -c <mayfly | awk '{ printf "%.1f MB", $1 / 1e6 }')"

# The name exists in a small name server of this demo's own, nowhere else.
/usr/bin/python3 -B tests/fake/dns.py --port-file "$dir/dns" "$name=127.0.0.1" >"$log" 2>&1 &
started="$! $started"
wait_for "$dir/dns" $! || failed "the demo's name server"
port=$(free_port)

step "a CA of its own (mayfly dev)"
./mayfly dev --dns "127.0.0.1:$(cat "$dir/dns")" --http-port "$port" --ready-file "$dir/ready" \
	>/dev/null 2>"$log" &
mayfly=$!
started="$mayfly $started"
wait_for "$dir/ready" $mayfly || failed "mayfly dev"
cp "$log" "$dir/mayfly.log"
directory=$(ready directory) root=$(ready root)
done_ "$directory"

step "certbot, http-01"
REQUESTS_CA_BUNDLE=$root certbot certonly --non-interactive --agree-tos --register-unsafely-without-email \
	--server "$directory" --standalone --http-01-port "$port" --http-01-address 127.0.0.1 -d "$name" \
	--config-dir "$dir/certbot" --work-dir "$dir/certbot/work" --logs-dir "$dir/certbot/logs" \
	</dev/null >"$dir/certbot.out" 2>&1 || { cat "$dir/certbot.out" >>"$log"; failed "certbot"; }
live=$dir/certbot/live/$name
done_ "$name, and its key"

step "openssl verify"
openssl verify -x509_strict -purpose sslserver -verify_hostname "$name" -CAfile "$root" \
	-untrusted "$live/chain.pem" "$live/cert.pem" >"$log" 2>&1 || failed "verifying the chain"
subject() { openssl x509 -in "$1" -noout -subject -nameopt sep_multiline | sed -n 's/^ *CN=//p'; }
end=$(openssl x509 -in "$live/cert.pem" -noout -enddate | cut -d = -f 2)
left=$((($(date -d "$end" +%s) - $(date +%s) + 30) / 60))
done_ "$name < $(subject "$live/chain.pem") < $(subject "$root")"
printf '  %-34s%8s   lives %s more minutes, until %s\n' "" "" "$left" "$(date -d "$end" +%H:%M:%S)"

step "stop"
cleanup
done_ "nothing is left running"

echo
echo "All of it took $(seconds "$total"). A CA that stays:  ./mayfly up"
