/*
 * crypto/ca.h: the hierarchy on disk, D/ca/ (docs/files.md).
 *
 *	root.pem root.key       what clients trust; its key may be elsewhere
 *	issuer-N.pem .key       an intermediate, by number; the last one signs
 *	cross-N.pem             the root's or an issuer's key, certified by
 *	                        another root: an alternate chain
 *
 * issuer-N.pem may go on with what lies between it and the root, cross-N.pem
 * with the chain that ends in its root; each certificate is followed by the
 * one that certifies it.
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

enum {
	CA_FILE_MAX = 32 * 1024, /* bytes of a file of certificates */
	CA_CHAIN_MAX = 4,  /* below the root; with the leaf, five in all */
	CA_CHAINS_MAX = 5, /* of an issuer: each is a header of replies */
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

/* What is handed out after a leaf. */
struct ca_chain {
	const char *pem;   /* without its root */
	size_t n;          /* certificates in it */
	int64_t not_after; /* of the one that ends first */
};
struct ca_chains {
	const struct ca_chain *list; /* the first leads to the root */
	size_t n;                    /* at least 1 */
	const uint8_t *key_id;       /* of the issuer; what leaves say of it */
	size_t key_id_len;
};

struct ca_cross {
	struct ca_cert cert;
	const char *anchor; /* subject of the root above */
	size_t issuer;      /* whose key it is about; 0: the root's */
};

struct ca {
	struct ca_cert root;
	const char *fingerprint;  /* SHA-256 of the root: "AB:CD:…" */
	struct ca_cert *issuers;  /* number 1 is issuers[0] */
	struct ca_chains *chains; /* by issuer, too */
	size_t n_issuers;
	struct ca_cross *crosses;
	size_t n_crosses;
};

/* The files of certificates, as text; no keys. */
struct ca_text {
	const char *name; /* "issuer-1.pem" */
	const char *text;
};
struct ca_texts {
	const char *dir; /* "D/ca", for messages */
	struct ca_text *list;
	size_t n;
};

/* How strict a look at a hierarchy is. */
enum ca_dates {
	CA_TODAY, /* root and newest issuer are valid now */
	CA_ANY_DAY,
};

/*
 * Read the files, without a look at what is in them.  ERR_NOT_FOUND if there
 * is no root.pem, else ERR_INTERNAL; a reason that names the file.
 */
enum err ca_read(const char *ca, struct arena *a, struct ca_texts *out,
    struct fault *f) MUST_USE;

/*
 * Check all that would only fail later: each chain is in order, ends at its
 * root and may be followed by a leaf; no two issuers have the same key.
 * Reasons as above.  An old issuer or a cross certificate may have expired.
 */
enum err ca_parse(const struct ca_texts *texts, enum ca_dates dates,
    struct arena *a, struct ca *out, struct fault *f) MUST_USE;

/* ca_read(), and ca_parse() for today. */
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
