#!/bin/sh
# Functions with a better replacement, each with that replacement.
# usage: tests/lint/banned.sh FILE...      comments and strings do not count
banned='
strcpy|stpcpy|strcat|sprintf|vsprintf     snprintf into a sized buffer
strncpy                                           memcpy with a checked length
gets|scanf|sscanf|fscanf|atoi|atol|atoll|atof     strtoul and its end pointer
strtok|asctime|ctime|localtime|gmtime|rand|srand|random|getpwnam|getpwuid   the _r form, or random_bytes
system|popen|execlp|execvp                        fork and execv of a full path
tmpnam|tempnam|mktemp                             mkstemp, mkdtemp
gethostbyname|gethostbyaddr|getaddrinfo|inet_ntoa|inet_aton   c-ares; inet_pton, inet_ntop
alloca|longjmp|setjmp|siglongjmp|vfork            an arena; a return value; fork
usleep|sleep|nanosleep                            a timer of the loop
d2i_PUBKEY|d2i_PrivateKey                         EVP_PKEY_fromdata (DESIGN.md, 7)
EVP_sha256|EVP_sha384|EVP_sha512                  what crypto_start fetched
CURLOPT_RESOLVE|curl_easy_perform                 CURLOPT_CONNECT_TO; a curl multi
'
# In these files that function is right, for the reason given.
excused='
server/config_address.c  getaddrinfo  once, before anything is served
store/commit.c           nanosleep    4 ms at most, on the one thread that has no loop
store/snap.c             nanosleep    a millisecond, when every slot for readers is taken
server/place.c           getaddrinfo  the name of this host, once, before anything is served
'
code() { # without comments and strings
	cc -fpreprocessed -dD -E -P -x c "$1" 2>/dev/null | sed 's/"\([^"\\]\|\\.\)*"/""/g'
}
bad=$(for f; do
	code "$f" >"${tmp:=$(mktemp)}"
	echo "$banned" | while read -r names instead; do
		[ -n "$names" ] || continue
		case $names in CURLOPT*) call='' ;; *) call='[[:space:]]*\(' ;; esac
		grep -oE "(^|[^A-Za-z0-9_>.])($names)$call" "$tmp" | grep -oE '[A-Za-z_][A-Za-z0-9_]*' | sort -u |
			while read -r name; do
				echo "$excused" | grep -q "^$f  *$name " || echo "$f: $name: use $instead"
			done
	done
	rm -f "$tmp"
done)
[ -z "$bad" ] || { echo "$bad"; exit 1; }
