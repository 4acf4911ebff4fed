/* acme/issue.h: from recorded bytes to a stored certificate (DESIGN 5). */
#ifndef ACME_ISSUE_H
#define ACME_ISSUE_H

#include <stdbool.h>

#include "acme/acme.h"

enum { ISSUANCE_LEASE_MS = 60 * 1000 };

/* Whom to certify, as a CSR says it. */
struct issue_key {
	const uint8_t *spki;
	size_t spki_len;
	const uint8_t *sha256; /* of it; 32 octets */
	bool must_staple;
};

/*
 * Put serial, issuer, validity and to-be-signed bytes into `o`, for its names
 * and this key.  The caller makes it `processing` and durable.  ERR_LINT if
 * what came out is not what was ordered; whatever fails, `o` stays as it was.
 */
enum err issue_prepare(struct order *o, const struct acme_profile *profile,
    unsigned issuer, const struct issue_key *key, int64_t now_ms,
    struct arena *a, struct fault *f) MUST_USE;

/*
 * Have the bytes of a durable `processing` order signed, and the certificate
 * stored, until the order is valid or invalid; `due` is its row of due work.
 * `o` is copied.  `done`, if not NULL, is told at the end: with the
 * certificate, for the call only, or NULL; never before issue() returns, and
 * not at all after issuances_free().
 */
typedef void issue_told(void *arg, const struct certificate *c);
void issue(struct acme *ca, const struct order *o, const struct due *due,
    issue_told *done, void *arg);
void issuances_free(struct acme *ca);

/* The chains there are above a certificate; none if its issuer is gone. */
struct ca_chains issue_chains(const struct acme_config *config,
    const struct certificate *c);

/* Leaf and issuers in PEM (9.1), in `a`: that which leads to our root. */
const char *issue_chain(const struct acme_config *config,
    const struct certificate *c, struct arena *a);

#endif
