/*
 * OCSPRequest: what is made of one that we take is an answer that OpenSSL
 * reads, about no more certificates than OpenSSL sees in the request.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "crypto/ocsp.h"
#include "tests/issuer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A key for this purpose only, so that the corpus keeps its meaning. */
static const char pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgG+afRf9JFa7H76lk\n"
    "iZJ9YkmAYxzSY3+2IXZiN98Ald+hRANCAAS3KSmGTKqpaV0kTp0ZVruzV5q1BKZm\n"
    "lxzvJPpRTkqvu7q2+/7Gc3RmX1Ufp/RRaxfzG30ZiVcq5RghAqMSmoOq\n"
    "-----END PRIVATE KEY-----\n";

static void
second_opinion(const uint8_t *data, size_t len, const struct ocsp_query *q)
{
	const uint8_t *at = data;
	OCSP_REQUEST *r = d2i_OCSP_REQUEST(NULL, &at, (long)len);

	need(q->n_certs >= 1 && q->n_certs <= OCSP_CERTS_MAX);
	need(q->nonce_len <= OCSP_NONCE_MAX);
	/* it looks into names, signatures and OIDs that we step over */
	if (r != NULL)
		need(at == data + len &&
		     (int)q->n_certs <= OCSP_request_onereq_count(r));
	OCSP_REQUEST_free(r);
	ERR_clear_error();
}

static void
answer(const struct issuing *by, const struct ocsp_query *q, size_t len)
{
	static const uint8_t sig[64];
	struct arena *a = arena_new();
	struct ocsp_status statuses[OCSP_CERTS_MAX];
	uint8_t der[8192];
	const uint8_t *tbs, *p = der;
	struct fault f = { 0 };
	int64_t from, to;
	OCSP_RESPONSE *r;
	size_t n;

	for (size_t i = 0; i < OCSP_CERTS_MAX; i++)
		statuses[i] = (struct ocsp_status){ .known = (len + i) % 3 != 0,
			.revoked = (len + i) % 2 == 0 ? NOW - 1 : 0,
			.reason = (int)(len % 6),
			.not_after = NOW + (int64_t)len };
	need(ocsp_build(by, q, statuses, NOW, 600, a, &tbs, &n, &f) == OK);
	n = ocsp_wrap(by, tbs, n, sig, sizeof(sig), der, sizeof(der));
	r = d2i_OCSP_RESPONSE(NULL, &p, (long)n);
	need(n > 0 && r != NULL && p == der + n);
	need(ocsp_times(der, n, &from, &to) && from == NOW && to > NOW);
	OCSP_RESPONSE_free(r);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct arena *mem; /* of what is made once */
	static struct issuing by;
	struct ocsp_query q;
	size_t which;

	if (by.der == NULL) {
		BIO *bio = BIO_new_mem_buf(pem, -1);
		struct test_ca ca = { 0 };
		struct fault f = { 0 };

		crypto_start();
		mem = arena_new();
		ca = test_ca_new(PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL),
		    BEGIN, END, NULL);
		need(issuing_read(ca.der, ca.len, mem, &by, &f) == OK);
		test_ca_free(&ca);
		BIO_free(bio);
	}
	if (ocsp_read(data, len, &by, 1, &which, &q) == OCSP_SUCCESSFUL) {
		second_opinion(data, len, &q);
		answer(&by, &q, len);
	}
	(void)ocsp_times(data, len, &(int64_t){ 0 }, &(int64_t){ 0 });
	return 0;
}
