/* A profile's parts: for crypto/profile.c, tbs.c and keeper.c. */
#ifndef CRYPTO_PROFILE_INT_H
#define CRYPTO_PROFILE_INT_H

#include "crypto/crypto_int.h"
#include "crypto/profile.h"

struct profile {
	struct arena *mem; /* holds all that follows */
	const char *name;
	unsigned key_types; /* KEYS_ bits */
	bool must_staple;
	struct profile_spec spec; /* as it was ordered: for the lint */
	int64_t lifetime_s, backdate_s;
	int64_t issuer_begin, issuer_end;
	struct der issuer_name; /* its subject, byte for byte */
	struct der issuer_spki, issuer_key_id;
	struct der algorithm;  /* what it signs with, as DER */
	struct der extensions; /* all but subjectAltName; of shard 0, */
	struct der *by_shard;  /* or of each; NULL: the list is whole */
};

/* The extensions of a leaf with that serial. */
const struct der *profile_extensions(const struct profile *p, struct id serial);

/* TLS feature (RFC 7633): status_request, and nothing else. */
extern const struct der must_staple_extension;

/* Set the validity of a leaf; fails as tbs_build() does. */
enum err dates_set(const struct profile *p, struct leaf *leaf,
    struct fault *f) MUST_USE;

/* notBefore of bytes that fit. */
int64_t tbs_begin(const uint8_t *der, size_t len);

#endif
