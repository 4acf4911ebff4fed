#!/bin/sh
# What acme.sh relies on (CONFORMANCE.md, QRK-10 to QRK-17), done as it does
# it: curl, openssl, grep, sed; no JSON is parsed.
# usage: quirks.sh DIRECTORY ROOT ZONE FOLDER [NAME]
#   ZONE: the folder the DNS stand-in reads; FOLDER: where to work
directory=$1 root=$2 zone=$3 folder=$4 name=${5:-quirk.internal}
cd "$folder" || exit 1
bad=0 n=0

check() { # text command...
	text=$1
	shift
	n=$((n + 1))
	if "$@" >/dev/null 2>&1; then
		echo "ok $n - $text"
	else
		echo "not ok $n - $text"
		sed 's/^/# /' head body 2>/dev/null | head -40
		bad=1
	fi
}

b64() { openssl base64 -A | tr '/+' '_-' | tr -d '='; }
hex2bin() { tr a-f A-F | basenc -d --base16; }
header() { sed -n "s/^$1: *//Ip" head | tr -d '\r'; }
flat() { tr -d '\r\n\t ' <body; } # as _normalizeJson leaves it
field() { flat | grep -o "\"$1\":\"[^\"]*" | cut -d '"' -f 4; }

request() { # curl arguments
	curl -sS --cacert "$root" -D head -o body "$@"
}
nonce() {
	[ -n "$next" ] && return
	request --head "$(echo "$index" | tr -d ' ' | grep -o '"newNonce":"[^"]*' | cut -d '"' -f 4)"
	next=$(header Replay-Nonce)
}
sign() { # the signature of stdin as R||S
	openssl dgst -sha256 -sign account.key -out sig.der
	# A DER sequence of two integers, each to 32 bytes.
	openssl asn1parse -inform DER -in sig.der | sed -n 's/.*INTEGER *:\(.*\)/\1/p' |
		while read -r i; do printf '%064s' "$i" | tr ' ' 0; done | hex2bin | b64
}
post() { # url payload [nonce]
	nonce
	if [ -n "$kid" ]; then id="\"kid\":\"$kid\""; else id="\"jwk\":$jwk"; fi
	p=$(printf '{"alg":"ES256","nonce":"%s","url":"%s",%s}' "${3:-$next}" "$1" "$id" | b64)
	d=$(printf %s "$2" | b64)
	s=$(printf %s "$p.$d" | sign)
	next=
	request -X POST -H 'Content-Type: application/jose+json' \
		-d "{\"protected\":\"$p\",\"payload\":\"$d\",\"signature\":\"$s\"}" "$1"
	next=$(header Replay-Nonce)
	code=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' head)
}
of_index() { echo "$index" | tr -d ' ' | grep -o "\"$1\" *: *\"[^\"]*" | cut -d '"' -f 4; }
is() { [ "$1" = "$2" ]; }
no() { ! "$@"; }
whole() { [ -n "$1" ] && [ -z "$(echo "$1" | tr -d 0-9)" ] && [ "$1" -gt 0 ] && [ "$1" -le 600 ]; }

openssl ecparam -name prime256v1 -genkey -noout -out account.key 2>/dev/null
point=$(openssl ec -in account.key -noout -text 2>/dev/null | sed -n '/pub:/,/ASN1/p' | grep -v '[a-zA-Z] ' |
	sed '/pub/d;/ASN1/d' | tr -d ' :\n')
x=$(echo "$point" | cut -c 3-66 | hex2bin | b64)
y=$(echo "$point" | cut -c 67-130 | hex2bin | b64)
jwk="{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"$x\",\"y\":\"$y\"}"
thumbprint=$(printf %s "$jwk" | openssl dgst -sha256 -binary | b64)

# The directory, grepped over its whole text.
request "$directory"
index=$(cat body)
for key in newNonce newAccount newOrder revokeCert; do
	check "one $key in the directory" is "$(of_index $key | wc -l)" 1
done
check "the directory is application/json and nothing more" is "$(header Content-Type)" application/json
check "no escaped slash" no grep -q '\\/' body

# QRK-17: without a nonce of newNonce, the directory must be answered all the same.
nonce
check "HEAD newNonce shows a nonce" test -n "$next"

post "$(of_index newAccount)" '{"termsOfServiceAgreed":true}'
kid=$(header Location)
check "newAccount: 201 and Location" is "$code/${kid%%:*}" 201/https

# QRK-10: acme.sh tries again when it reads these words.
post "$(of_index newOrder)" "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"$name\"}]}" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
check "the words of a bad nonce" grep -q 'JWS has an invalid anti-replay nonce' body
check "a bad nonce comes with a good one" test -n "$next"

post "$(of_index newOrder)" "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"$name\"}]}"
order=$(header Location)
check "newOrder: 201" is "$code" 201
check "newOrder: Location of the order" is "${order%%:*}" https # QRK-14
check "objects are application/json exactly" is "$(header Content-Type)" application/json # QRK-16
check "no Link header of two" no grep -qi '^link:.*,' head
check "authorizations on one line" is "$(flat | grep -o '"authorizations":\["[^]]*"\]' | wc -l)" 1 # QRK-13
authz=$(flat | grep -o '"authorizations":\["[^"]*' | cut -d '"' -f 4)
finalize=$(field finalize)
check "one status in an order" is "$(field status | wc -l)" 1

post "$authz" ""
check "the status of the authorization comes first" is "$(field status | head -n 1)" pending # QRK-11
entry=$(flat | grep -o '{[^{]*"type":"dns-01"[^}]*') # QRK-13: cut out up to the first brace
check "a challenge is cut out with type, url, token" is \
	"$(echo "$entry" | grep -c '"url":"https.*"token":"\|"token":".*"url":"https')" 1
url=$(echo "$entry" | grep -o '"url":"[^"]*' | cut -d '"' -f 4)
token=$(echo "$entry" | grep -o '"token":"[^"]*' | cut -d '"' -f 4)
check "no error and no nested object while pending" no grep -q 'error\|validationRecord' body

echo "TXT $(printf %s "$token.$thumbprint" | openssl dgst -sha256 -binary | b64)" >"$zone/_acme-challenge.$name"
post "$url" '{}'
check "the challenge is taken: 200" is "$code" 200
post "$authz" ""
after=$(header Retry-After)
check "Retry-After, if any, is a small whole number" test -z "$after" -o "$(whole "${after:-1}" && echo yes)" = yes # QRK-12
check "the authorization became valid" is "$(field status | head -n 1)" valid

openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout leaf.key -subj / \
	-addext "subjectAltName=DNS:$name" -outform DER -out csr.der 2>/dev/null
post "$finalize" "{\"csr\":\"$(b64 <csr.der)\"}"
check "finalize: exactly 200" is "$code" 200 # QRK-11
check "finalize: Location of the order" is "$(header Location)" "$order"
check "finalize: the literal status" grep -q '"status":"valid"' body
certificate=$(field certificate)
check "one certificate in the order" is "$(field certificate | wc -l)" 1

post "$certificate" ""
check "PEM, without parameters" is "$(header Content-Type)" application/pem-certificate-chain
check "two certificates" is "$(grep -c 'BEGIN CERTIFICATE' body)" 2
check "no blank line, nothing before or after" no grep -qv '^[A-Za-z0-9+/=]*$\|^-----' body
check "it ends with one line end" is "$(tail -c 2 body | od -An -c | tr -d ' ')" '-\n'
cp body chain.pem
awk '/BEGIN/ { n++ } { print >"cert" n ".pem" }' chain.pem
check "openssl verifies it" openssl verify -CAfile "$root" -untrusted cert2.pem cert1.pem

post "$(of_index revokeCert)" "{\"certificate\":\"$(openssl x509 -in cert1.pem -outform DER | b64)\",\"reason\":0}"
check "revocation: 200 and nothing to read" is "$code:$(wc -c <body)" 200:0 # QRK-17
check "an empty reply has a nonce" test -n "$next"

echo "1..$n"
exit $bad
