/*
 * crypto/ca.h: the hierarchy on disk, D/ca/ (docs/files.md).
 *
 *	root.pem root.key               self-signed; the key is only used here
 *	issuer-1.pem issuer-1.key       an intermediate, by number
 */
#ifndef CRYPTO_CA_H
#define CRYPTO_CA_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct ca_spec {
	const char *name; /* "mayfly"; the subjects' CN is made from it */
	unsigned root_days, issuer_days;
	const char *passphrase; /* NULL: keys are not encrypted */
};

/*
 * Make root and first intermediate in the directory `ca`, which exists and has
 * none; `now` is Unix time, and what is made is valid from an hour before,
 * for clients whose clock is slow.  P-256, files 0600 (certificates 0644), each
 * written whole, synced and renamed, the keys first.  On failure nothing that
 * ca_load() would take for a hierarchy is left.
 */
enum err ca_init(const char *ca, const struct ca_spec *spec, int64_t now,
    struct fault *f) MUST_USE;

struct ca_cert {
	const uint8_t *der;
	size_t der_len;
	const char *pem;
	const char *subject; /* one line, for people */
	int64_t not_before, not_after;
};

struct ca {
	struct ca_cert root;
	const char *fingerprint; /* SHA-256 of the root: "AB:CD:…" */
	struct ca_cert *issuers; /* number 1 is issuers[0] */
	size_t n_issuers;
};

/*
 * Read the certificates, not the keys, into `a`; check that each issuer was
 * signed by the root and is fit to issue, and that root and newest issuer are
 * valid today.  ERR_NOT_FOUND if there is no root.pem, else ERR_INTERNAL; a
 * reason that names the file.
 */
enum err ca_load(const char *ca, struct arena *a, struct ca *out,
    struct fault *f) MUST_USE;

/* SHA-256 of it, "AB:CD:…", in `a`. */
const char *ca_fingerprint(const struct ca_cert *c, struct arena *a);

/*
 * The PEM of an issuer's key, decrypted, in malloc'd memory: wipe and free.
 * ERR_NOT_FOUND if there is no such file; refused if it is not the key of
 * issuer-N.pem, or others may read it.
 */
enum err ca_key_read(const char *ca, unsigned issuer, const char *passphrase,
    char **pem, struct fault *f) MUST_USE;

#endif
