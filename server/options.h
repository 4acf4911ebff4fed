/* server/options.h: the command line, from two tables. */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "server/config.h"

/* Exit codes, the same for every verb (DESIGN 8). */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_WARNINGS = 10,
};

/* clang-format off */
/*
 * verb, name (of a group, two words), operands ("[N]" may be left out, "FILE…"
 * more than one), what it does in a line, and in full
 */
#define VERBS(X) \
X(UP, "up", "", "initialise a directory if needed, and serve it", \
  "Without --dir the directory is /var/lib/mayfly for root, else " \
  "$XDG_DATA_HOME/mayfly or ~/.local/share/mayfly.  Prints, when ready, the " \
  "directory URL, where the root certificate is, its fingerprint and a certbot " \
  "line to copy.  Run it again to go on with what is there.") \
X(DEV, "dev", "", "serve a throwaway CA, for tests", \
  "Without --dir it lives in memory and is gone when the server ends.  Listens " \
  "on a free port of 127.0.0.1, may validate names on loopback, and asks " \
  "/etc/hosts first.  Prints, when ready, one line of JSON and nothing else: " \
  "directory, root, fingerprint, pid, metrics.") \
X(INIT, "init", "", "make a directory with a CA in it", \
  "Makes mayfly.yaml, complete and commented; ca/ with a root, an issuer and " \
  "their keys; db/; and root.pem, the certificate that clients shall trust.  A " \
  "mayfly.yaml that is there already is kept and gone by.  What an " \
  "interrupted run left is completed; a finished directory is refused.") \
X(SERVE, "serve", "", "serve a directory", \
  "SIGHUP reads the configuration again, SIGTERM ends it once requests under " \
  "way are answered.  Takes the sockets of systemd, tells it when ready, and " \
  "logs to stderr.") \
X(CHECK, "check", "", "say what is wrong with a directory", \
  "Looks at the configuration, certificates, keys, permissions and the store, " \
  "and prints a line for each finding.  Exit code 0: nothing found; 10: " \
  "warnings only; 1: it would not work.") \
X(TOKEN, "token", "", "print a token that opens /metrics", \
  "For scrapers, which send it as `Authorization: Bearer TOKEN`.  Made with the key in D/token.key, which is made when " \
  "there is none; whoever replaces that ends all tokens.  A server learns of a new key at its next start or SIGHUP.") \
X(CA_LIST, "ca list", "", "list the certificates of the CA", \
  "The root and each issuer, with what it is for, when it ends and whether its " \
  "key is there.") \
X(CA_SHOW, "ca show", "[N]", "show a certificate of the CA", \
  "Issuer N, root, or, when left out, the issuer in use: what `ca list` says, " \
  "its fingerprint, and its PEM.") \
X(CA_ROTATE, "ca rotate", "", "make the next issuer", \
  "A new key, certified by the root whose key is in ca/.  A server that runs " \
  "takes it into use at once and drops nothing; certificates of the issuer before " \
  "keep their chain.  By itself a server does so in time, unless ca.rotate is " \
  "off.") \
X(CA_CSR, "ca csr", "", "ask for the next issuer of a root that is elsewhere", \
  "Makes a key, which waits in ca/next.key, and prints a PKCS#10 request for it.  " \
  "Run it again and it is the same.") \
X(CA_SIGN, "ca sign", "CSR", "sign such a request, where the root key is", \
  "Prints the certificate.  Of the file CSR, the key and the common name are " \
  "taken; ca.issuer_lifetime says how long it lives.  Needs no network and " \
  "no directory but that of the root.") \
X(CA_IMPORT, "ca import", "CERT", "install a certificate that came back", \
  "Of the file CERT, the issuer comes first and what lies between it and the root " \
  "follows.  It is checked, installed as the next issuer, and a server that runs " \
  "takes it into use.  With --cross: another certificate for the root's or an " \
  "issuer's key, whose chain is offered as an alternate.") \
X(EAB_CREATE, "eab create", "", "make a key for external accounts", \
  "Whoever registers with it gets an account that is bound to it (RFC 8555, " \
  "7.3.4).  Prints the key's id, its MAC key, which is told this once, and lines " \
  "for clients.  Works beside a server that runs.  With eab.required in " \
  "mayfly.yaml nobody registers without one.") \
X(EAB_LIST, "eab list", "", "list the keys for external accounts", \
  "A line for each: its id, whether it can be used, how many accounts it has made " \
  "and may make, until when, and its note.") \
X(EAB_SHOW, "eab show", "KID", "show a key for external accounts", \
  "All that is known of it but the MAC key.") \
X(EAB_REVOKE, "eab revoke", "KID", "revoke a key for external accounts", \
  "From now on it makes no account, and accounts it has made order and renew " \
  "nothing any more.  Certificates they have last until they expire.") \
X(ACCOUNT_LIST, "account list", "", "list the accounts", \
  "A line for each: its id, status, when it registered, whether it has a policy " \
  "of its own, its first contact.") \
X(ACCOUNT_SHOW, "account show", "ACCOUNT", "show an account", \
  "By its id, or its URL: what `account list` says, its key's thumbprint, its " \
  "policy for names, its newest orders.") \
X(ACCOUNT_POLICY, "account policy", "ACCOUNT", "say which names an account may have", \
  "Replaces what is given, and takes effect at once.  Beside what the CA, the " \
  "profile and the key for external accounts allow; see docs/limits.md.") \
X(ACCOUNT_REVOKE, "account revoke", "ACCOUNT", "suspend an account", \
  "From now on all its requests are refused.  Certificates it has last until they " \
  "expire.") \
X(ACCOUNT_RESTORE, "account restore", "ACCOUNT", "end a suspension", \
  "The account is as it was before `account revoke`.")

#define ON_UP    (1ULL << VERB_UP)
#define ON_DEV   (1ULL << VERB_DEV)
#define ON_INIT  (1ULL << VERB_INIT)
#define ON_SERVE (1ULL << VERB_SERVE)
#define ON_CHECK (1ULL << VERB_CHECK)
#define ON_CA_LIST (1ULL << VERB_CA_LIST)
#define ON_CA_SHOW (1ULL << VERB_CA_SHOW)
#define ON_CA_ROTATE (1ULL << VERB_CA_ROTATE)
#define ON_CA_CSR (1ULL << VERB_CA_CSR)
#define ON_CA_SIGN (1ULL << VERB_CA_SIGN)
#define ON_CA_IMPORT (1ULL << VERB_CA_IMPORT)
#define ON_CA_MAKES (ON_CA_ROTATE | ON_CA_CSR | ON_CA_IMPORT)
#define ON_CA    (ON_CA_LIST | ON_CA_SHOW | ON_CA_MAKES)
#define ON_EAB_CREATE (1ULL << VERB_EAB_CREATE)
#define ON_EAB_TELLS (ON_EAB_CREATE | 1ULL << VERB_EAB_LIST | \
                      1ULL << VERB_EAB_SHOW)
#define ON_EAB   (ON_EAB_TELLS | 1ULL << VERB_EAB_REVOKE)
#define ON_TOKEN (1ULL << VERB_TOKEN)
#define ON_ACCOUNT_POLICY (1ULL << VERB_ACCOUNT_POLICY)
#define ON_ACCOUNT (ON_ACCOUNT_POLICY | 1ULL << VERB_ACCOUNT_LIST | \
                    1ULL << VERB_ACCOUNT_SHOW | 1ULL << VERB_ACCOUNT_REVOKE | \
                    1ULL << VERB_ACCOUNT_RESTORE)
#define ON_RUN   (ON_UP | ON_DEV | ON_SERVE)
#define ON_USUAL (ON_UP | ON_DEV | ON_CHECK | ON_CA | ON_EAB | ON_ACCOUNT | ON_TOKEN) /* --dir may be left out */

/* name, its value, verbs that take it, key of the configuration, help */
#define OPTIONS(X) \
X("dir", "D", ON_RUN | ON_INIT | ON_CHECK | ON_TOKEN | ON_CA | ON_EAB | ON_ACCOUNT, NULL, \
  "The directory: configuration, CA, store.  Verbs that can do without it " \
  "take that of `mayfly up`, and dev one of its own.") \
X("listen", "HOST:PORT", ON_RUN, "listen", \
  "Where to serve HTTPS; port 0 takes any free one.") \
X("name", "HOST", ON_RUN | ON_INIT, "names", \
  "What clients call this server; may be given more than once.") \
X("listen-http", "HOST:PORT", ON_RUN, "listen_http", \
  "Where to serve plain HTTP: CRL, OCSP, issuers, roots and health, nothing of " \
  "ACME; public_http has certificates tell of it.") \
X("dns", "HOST:PORT", ON_RUN, "validation.dns", \
  "The resolver for validation, instead of the system's.") \
X("http-port", "N", ON_RUN, "validation.http_port", \
  "Where http-01 is looked for, instead of 80.") \
X("tls-port", "N", ON_RUN, "validation.tls_port", \
  "Where tls-alpn-01 is looked for, instead of 443.") \
X("set", "KEY=VALUE", ON_RUN | ON_INIT | ON_CHECK | ON_CA_MAKES | ON_CA_SIGN | ON_EAB | ON_ACCOUNT, NULL, \
  "Any key of mayfly.yaml; may be given more than once.") \
X("ready-file", "FILE", ON_RUN, NULL, \
  "A file to write, whole, when ready: the line of JSON that dev prints.") \
X("scope", "SCOPE", ON_TOKEN, NULL, \
  "What it is for: metrics, which is all there is yet.") \
X("offline-root", "DIR", ON_INIT, NULL, \
  "Put the root's key, and its certificate, into this directory, to be taken " \
  "away; no key of it comes near the other files.") \
X("root", "PATH", ON_INIT | ON_CA_SIGN | ON_CA_IMPORT, NULL, \
  "The root.  For init, the certificate of one that others run: no issuer is " \
  "made, and `ca csr` asks for one.  For ca sign, the directory of root.pem and " \
  "root.key.  For ca import --cross, the certificate of the other root.") \
X("cross", NULL, ON_CA_IMPORT, NULL, \
  "CERT is for a key that has a certificate of ours already.") \
X("out", "FILE", ON_CA_CSR | ON_CA_SIGN, NULL, \
  "Write there, instead of printing.") \
X("json", NULL, ON_CA_LIST | ON_CA_SHOW | ON_EAB_TELLS | ON_ACCOUNT | ON_TOKEN, NULL, \
  "Print JSON, for programs.") \
X("uses", "N", ON_EAB_CREATE, NULL, \
  "How many accounts it may make; 1 when left out, 0 is any number.") \
X("expires", "DURATION", ON_EAB_CREATE | ON_TOKEN, NULL, \
  "How long it is good for, such as 12h or 30d.  When left out: a key that makes " \
  "accounts, for ever; a token, 365d.") \
X("clear", NULL, ON_ACCOUNT_POLICY, NULL, \
  "Take away the policy it had, before what else is given.") \
X("allow", "PATTERN", ON_EAB_CREATE | ON_ACCOUNT_POLICY, NULL, \
  "Names that may be had: .example.com, web-*.example.com, 10.0.0.0/8; " \
  "may be given more than once.  Any that the CA allows when left out.") \
X("deny", "PATTERN", ON_EAB_CREATE | ON_ACCOUNT_POLICY, NULL, \
  "Names that may not be had; stronger than allow, and may be given more " \
  "than once.") \
X("profile", "NAME", ON_EAB_CREATE, NULL, \
  "A profile its accounts may order; may be given more than once.  Any when left " \
  "out.") \
X("rate", "N/DURATION", ON_EAB_CREATE, NULL, \
  "How many orders its accounts may make in a time, such as 300/1h.") \
X("note", "TEXT", ON_EAB_CREATE, NULL, \
  "What it is for; only told to operators.") \
X("help", NULL, ~0ULL, NULL, \
  "This text.")
/* clang-format on */

enum verb {
#define X(verb, name, operands, summary, text) VERB_##verb,
	VERBS(X)
#undef X
	    VERB__COUNT
};

struct options {
	enum verb verb;
	bool help;
	const char *dir, *ready_file; /* or NULL */
	const char **sets;            /* KEY=VALUE */
	size_t n_sets;
	struct config_flag *flags; /* of one key next to each other */
	size_t n_flags;
	const char **operands; /* what is no option, in order */
	size_t n_operands;
	/* Options without a key and a member above, as flags of their name. */
	struct config_flag *others;
	size_t n_others;
};

/*
 * The verb that `argv` begins with, and how many of its words name it.
 * VERB__COUNT, with a reason in `f`, if there is none of that name.
 */
enum verb options_verb(int argc, char *const *argv, int *words,
    struct fault *f);
const char *options_verb_name(enum verb v);

/* Is it the first word of verbs of two? */
bool options_is_group(const char *name);

/* What --NAME was given, the last time; NULL: it was not.  "" if it takes no value. */
const char *options_other(const struct options *o, const char *name);

/*
 * What follows the verb.  `out` borrows from argv and `a`.  ERR_MALFORMED,
 * with the reason, for what is not to be understood.
 */
enum err options_parse(enum verb v, int argc, char **argv, struct arena *a,
    struct options *out, struct fault *f) MUST_USE;

/* For people, in `a`: of the program, of a verb, the source of mayfly(1). */
const char *options_usage(struct arena *a);
const char *options_group_usage(const char *group, struct arena *a);
const char *options_help(enum verb v, struct arena *a);
const char *options_manual(struct arena *a);

#endif
