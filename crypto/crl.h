/*
 * crypto/crl.h: certificate revocation lists (RFC 5280, 5), of version 2:
 * one an issuer, whole, or cut into shards by what its serials end in, each
 * with an issuingDistributionPoint that says which certificates it is for.  The front writes what is to be signed, the keeper
 * holds it against what it may sign, OpenSSL has the last word on the whole.
 */
#ifndef CRYPTO_CRL_H
#define CRYPTO_CRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/issuing.h"

enum {
	CRL_LIFETIME_MAX = 10 * 86400,    /* CRL-01 */
	CRL_BYTES_MAX = 15 * 1024 * 1024, /* some 300,000 entries */
	CRL_SHARDS_MAX = 128,
	CRL_URLS_MAX = 16, /* of one shard; it has one, unless that changed */
};

/* Which list: the issuer's whole one, or of so many shards that one. */
struct crl_scope {
	unsigned issuer;        /* its number */
	unsigned shards, shard; /* 0: it is whole; else id_part() of serials */
};

/*
 * Where a shard is, if the whole list would be at `whole`, which ends in
 * ".crl": "…/1.crl" becomes "…/1-4-0.crl".  Of 0 shards it is `whole`.
 */
const char *crl_url(const char *whole, unsigned shards, unsigned shard,
    struct arena *a);

struct crl_entry {
	struct id serial;
	int64_t revoked; /* Unix time */
	int reason;      /* RFC 5280, 5.3.1; 0 is not said */
};

struct crl_spec {
	struct crl_scope scope;
	/* Of a shard: as its certificates have it; CRL_URLS_MAX at most. */
	const char *const *urls;
	size_t n_urls;
	uint64_t number; /* strictly rising */
	int64_t this_update, next_update;
	const struct crl_entry *entries;
	size_t n_entries;
};

/* TBSCertList, in `a`.  ERR_FULL if it is longer than CRL_BYTES_MAX. */
enum err crl_build(const struct issuing *by, const struct crl_spec *spec,
    struct arena *a, const uint8_t **tbs, size_t *len,
    struct fault *f) MUST_USE;

/*
 * What the keeper checks before it signs: these are bytes that crl_build()
 * makes for this issuer and scope, that begin to hold by `now` and do not hold
 * for longer than CRL_LIFETIME_MAX.  A shard says so, critically, by URLs that
 * end in its own name, and has its own serials only.  ERR_INTERNAL, with what
 * is wrong.
 */
enum err crl_fits(const struct issuing *by, const struct crl_scope *scope,
    const uint8_t *tbs, size_t len, int64_t now, struct fault *f) MUST_USE;

/* CertificateList around them, in `a`. */
const uint8_t *crl_wrap(const struct issuing *by, const uint8_t *tbs,
    size_t tbs_len, const uint8_t *sig, size_t sig_len, struct arena *a,
    size_t *len);

/*
 * A second opinion, OpenSSL's, before it is published: it is a CRL of this
 * issuer's, signed by it, with this number and dates and as many entries, for
 * the certificates that lead to these URLs, or for all if it is whole.
 * ERR_INTERNAL, with what is wrong.
 */
enum err crl_verify(const struct issuing *by, const struct crl_spec *spec,
    const uint8_t *der, size_t len, struct fault *f) MUST_USE;

#endif
