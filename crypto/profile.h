/* crypto/profile.h: certificate shapes, encoded once; to-be-signed bytes. */
#ifndef CRYPTO_PROFILE_H
#define CRYPTO_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/ident.h"

/* From the configuration; see `profiles.*` in CONFIG(X). */
struct profile_spec {
	const char *name; /* "tenminutes" */
	unsigned lifetime_s, backdate_s;
	unsigned usages;             /* USAGE_ bits */
	unsigned key_types;          /* KEYS_ bits; 0: all of them */
	const char *const *policies; /* OIDs, "1.3.6.1.4.1.…" */
	size_t n_policies;
	bool no_rev_avail; /* RFC 9608: nobody will publish its revocation */
	bool must_staple;  /* RFC 7633, for whoever asks; needs ocsp_url */
	/* Where to find them, as http URLs; NULL: nothing is said of it. */
	const char *crl_url, *ocsp_url, *issuer_url;
	/*
	 * 0: a certificate names crl_url, as it is.  Else: of so many shards
	 * its serial's, by crl_url() of crypto/crl.h.
	 */
	unsigned crl_shards;
};
enum { USAGE_SERVER_AUTH = 1, USAGE_CLIENT_AUTH = 2 };
enum {
	KEYS_P256 = 1,
	KEYS_P384 = 2,
	KEYS_P521 = 4,
	KEYS_ED25519 = 8,
	KEYS_RSA = 16,
	KEYS_ALL = 31
};

/* Everything that does not change from one leaf to the next, as DER. */
struct profile;

/*
 * Encode for one issuer, of whose certificate `issuer_der` is the DER.
 * Immutable, so shared by all loops.  NULL, with the reason in `f`.
 */
struct profile *profile_new(const struct profile_spec *spec,
    const uint8_t *issuer_der, size_t len, struct fault *f);
void profile_free(struct profile *p);

/* What an order asks of a certificate's validity (RFC 8555, 7.4); 0: nothing. */
struct dates {
	int64_t not_before, not_after;
};

/*
 * May an order ask for this, made at `now`?  notBefore from now - backdate to
 * now + lifetime; notAfter later than that and now, by a lifetime at most; both
 * within the issuer's.  ERR_MALFORMED, with the limits, if not.  After `last`
 * there is no certificate of these dates any more.
 */
enum err dates_accept(const struct profile *p, const struct dates *asked,
    int64_t now, int64_t *last, struct fault *f) MUST_USE;

/* The parts of a leaf that do change. */
struct leaf {
	struct id serial;
	int64_t now; /* Unix time; the validity is reckoned from it */
	struct dates asked;
	const uint8_t *spki;
	size_t spki_len;
	const struct ident *names; /* the order's, never the CSR's */
	size_t n_names;
	bool must_staple; /* asked for; ERR_BAD_CSR unless the profile allows */

	int64_t not_before, not_after; /* set by tbs_build() */
};

/*
 * Assemble TBSCertificate (RFC 5280, 4.1): notBefore = now - backdate,
 * notAfter = now + lifetime - 1, cut to the issuer's own times; or exactly what
 * is asked for.  The bytes are stored before they are signed.  ERR_MALFORMED if
 * the dates asked for cannot be had any more; ERR_INTERNAL if the issuer has
 * expired or is not valid yet; ERR_BAD_CSR if the key is no key, of a kind the
 * profile does not take, or the issuer's own, or the names are too long
 * together for one certificate.
 */
enum err tbs_build(const struct profile *p, struct leaf *leaf, struct arena *a,
    const uint8_t **der, size_t *len, struct fault *f) MUST_USE;

/*
 * What the keeper checks before it signs: these are bytes that tbs_build()
 * makes for this profile and issuer.  ERR_INTERNAL, with what is wrong.
 */
enum err tbs_fits(const struct profile *p, const uint8_t *der, size_t len,
    struct fault *f) MUST_USE;

#endif
