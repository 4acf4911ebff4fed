/* acme/certid.h: certificates as RFC 9773, 4.1 names them. */
#ifndef ACME_CERTID_H
#define ACME_CERTID_H

#include "acme/acme.h"

enum { CERTID_MAX = 256 };

/*
 * A text from a client: the key identifier of the issuer and the serial, which
 * may come without its sign octet.  ERR_MALFORMED if it is none.
 */
struct certid {
	const uint8_t *key_id, *serial; /* in the arena it was read into */
	size_t key_id_len, serial_len;
};
enum err certid_read(const char *text, struct arena *a, struct certid *out,
    struct fault *f) MUST_USE;

/* base64url of both, the serial as DER has it, and a dot between. */
const char *certid_text(const struct certid *id, struct arena *a);

/* The certificate of ours that is named; NULL if there is none, or no more. */
struct certificate *certid_find(struct snap *s, const struct acme_config *c,
    const struct certid *id, struct arena *a);

#endif
