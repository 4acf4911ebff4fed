/*
 * crypto/ocsp.h: the Online Certificate Status Protocol (RFC 6960).  Requests
 * come from anybody; answers are made where the key is, from what the store
 * says, and never from what somebody asked to have signed.
 */
#ifndef CRYPTO_OCSP_H
#define CRYPTO_OCSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/issuing.h"

/* OCSPResponseStatus. */
enum ocsp_result {
	OCSP_SUCCESSFUL = 0,
	OCSP_MALFORMED = 1,
	OCSP_INTERNAL = 2,
	OCSP_TRY_LATER = 3,
	OCSP_UNAUTHORIZED = 6, /* no issuer of ours (RFC 5019, 2.2.3) */
};

enum { OCSP_CERTS_MAX = 8, OCSP_NONCE_MAX = 32, OCSP_SERIAL_MAX = 20 };

/* One certificate, as a CertID named it. */
struct ocsp_cert {
	uint8_t naming; /* which digest: row of a table in crypto/ocsp.c */
	uint8_t len, serial[OCSP_SERIAL_MAX]; /* no leading zeros */
};

/* What is asked of one issuer; without padding, for the keeper's frame. */
struct ocsp_query {
	uint32_t n_certs, nonce_len;
	uint8_t nonce[OCSP_NONCE_MAX];
	struct ocsp_cert certs[OCSP_CERTS_MAX];
};

/*
 * An OCSPRequest, from anybody.  The issuer is that of the first certificate
 * that one of ours has issued, its place in the list in `*which`; others of
 * the same issuer go with it, up to OCSP_CERTS_MAX.
 */
enum ocsp_result ocsp_read(const uint8_t *der, size_t len,
    const struct issuing *issuers, size_t n, size_t *which,
    struct ocsp_query *out);

/* A reply without a signature, that says what is wrong. */
enum { OCSP_REFUSAL = 5 };
void ocsp_refuse(enum ocsp_result why, uint8_t out[OCSP_REFUSAL]);

struct ocsp_status {
	bool known;      /* it has been issued, and is kept still */
	int64_t revoked; /* 0: it is not */
	int reason;      /* RFC 5280, 5.3.1; 0 is not said */
	int64_t not_after;
};

/*
 * ResponseData about `q`, a status for each of its certificates, in `a`; good
 * for `lifetime_s` at most, and not for long when the certificate has ended.
 * ERR_INTERNAL if `q` is none that ocsp_read() makes.
 */
enum err ocsp_build(const struct issuing *by, const struct ocsp_query *q,
    const struct ocsp_status *statuses, int64_t now, unsigned lifetime_s,
    struct arena *a, const uint8_t **tbs, size_t *len,
    struct fault *f) MUST_USE;

/* OCSPResponse around them, into `out`; its length, 0 if it has no room. */
size_t ocsp_wrap(const struct issuing *by, const uint8_t *tbs, size_t tbs_len,
    const uint8_t *sig, size_t sig_len, uint8_t *out, size_t cap);

/* From when to when an answer of ours holds; false if it is none. */
bool ocsp_times(const uint8_t *der, size_t len, int64_t *from, int64_t *to);

#endif
