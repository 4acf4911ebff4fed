/*
 * Frames, and to-be-signed bytes a damaged store might give: refused, or a
 * certificate that is no CA's, a CRL or an OCSP answer that OpenSSL reads.  One octet says how long
 * the frame is; what follows the frame is what the store gives.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/log.h"
#include "crypto/crl.h"
#include "crypto/keeper.h"
#include "tests/issuer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A key for this purpose only, so that the corpus keeps its meaning. */
static const char pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgG+afRf9JFa7H76lk\n"
    "iZJ9YkmAYxzSY3+2IXZiN98Ald+hRANCAAS3KSmGTKqpaV0kTp0ZVruzV5q1BKZm\n"
    "lxzvJPpRTkqvu7q2+/7Gc3RmX1Ufp/RRaxfzG30ZiVcq5RghAqMSmoOq\n"
    "-----END PRIVATE KEY-----\n";

struct bytes {
	const uint8_t *at;
	size_t len;
};

static struct crl_scope scope; /* of the list asked for last */

static enum err
give(void *store, enum keeper_op op, struct id object, struct arena *a,
    struct keeper_found *out)
{
	const struct bytes *b = store;

	if (op == KEEPER_PING)
		return OK;
	/* any shard, by what the frame says, as the server has it */
	out->crl = scope = (struct crl_scope){ object.bytes[15],
		object.bytes[9], object.bytes[11] };
	out->tbs = (uint8_t *)arena_bytes(a, b->at, b->len);
	out->len = b->len;
	out->profile = "tenminutes";
	out->issuer = 1;
	out->status = (struct ocsp_status){ .known = b->len % 3 != 0,
		.revoked = b->len % 2 == 0 ? NOW - 5 : 0,
		.reason = (int)(b->len % 11),
		.not_after = NOW + 50 };
	return OK;
}

static int64_t
now(void *store)
{
	(void)store;
	return NOW;
}

/* One keeper for all inputs; `given` is what its store holds. */
static struct keeper *
keeper_for(struct bytes *given, const struct profile **profile,
    struct issuing *issuing, struct arena *mem)
{
	const char *const pems[] = { pem };
	BIO *bio = BIO_new_mem_buf(pem, -1);
	struct test_ca ca =
	    test_ca_new(PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL), BEGIN,
	        END, NULL);
	struct fault f = { 0 };
	struct keeper_config config = { .key_pems = pems,
		.n_keys = 1,
		.issuers = issuing,
		.now = now,
		.ocsp_s = 3600,
		.profiles = profile,
		.n_profiles = 1,
		.read = give,
		.store = given };
	struct keeper *k;

	*profile = profile_new(&test_spec, ca.der, ca.len, &f);
	need(*profile != NULL &&
	     issuing_read(ca.der, ca.len, mem, issuing, &f) == OK);
	k = keeper_new(&config, &f);
	need(k != NULL);
	test_ca_free(&ca);
	BIO_free(bio);
	return k;
}

static void
check_leaf(const struct keeper_answer *a, const struct bytes *given)
{
	const uint8_t *p = a->der;
	X509 *x = d2i_X509(NULL, &p, (long)a->len);

	need(x != NULL && p == a->der + a->len);
	need(X509_check_ca(x) == 0 && given->len < a->len);
	X509_free(x);
}

static void
check_crl(const struct keeper_answer *a, const struct bytes *given,
    const struct issuing *by)
{
	struct arena *mem = arena_new();
	size_t len;
	const uint8_t *der =
	    crl_wrap(by, given->at, given->len, a->der, a->len, mem, &len);
	const uint8_t *p = der, *c = by->der;
	X509_CRL *l = d2i_X509_CRL(NULL, &p, (long)len);
	X509 *x = d2i_X509(NULL, &c, (long)by->der_len);
	int critical = -1;
	ISSUING_DIST_POINT *point;

	need(l != NULL && p == der + len);
	point = X509_CRL_get_ext_d2i(l, NID_issuing_distribution_point,
	    &critical, NULL);
	need((point != NULL) == (scope.shards != 0) &&
	     critical == (scope.shards == 0 ? -1 : 1));
	ISSUING_DIST_POINT_free(point);
	need(X509_CRL_verify(l, X509_get0_pubkey(x)) == 1);
	X509_free(x);
	X509_CRL_free(l);
	arena_free(mem);
}

static void
check_ocsp(const struct keeper_answer *a)
{
	const uint8_t *p = a->der;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)a->len);
	OCSP_BASICRESP *b;

	need(r != NULL && p == a->der + a->len);
	b = OCSP_response_get1_basic(r);
	need(b != NULL && OCSP_resp_count(b) > 0);
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
}

static void
check(const struct keeper_answer *a, size_t n, unsigned op,
    const struct bytes *given, const struct issuing *by)
{
	need(n == offsetof(struct keeper_answer, der) + a->len);
	if (a->len == 0)
		return;
	need(a->result == OK);
	if (op == KEEPER_LEAF)
		check_leaf(a, given);
	else if (op == KEEPER_CRL)
		check_crl(a, given, by);
	else
		check_ocsp(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct keeper *k;
	static const struct profile *profile;
	static struct bytes given;
	static struct issuing issuing;
	/* Of what is made once; written and not read, it would be dropped. */
	static struct arena *volatile mem;
	static struct keeper_answer a;
	size_t frame = len == 0 ? 0 : data[0];
	uint32_t op;
	ssize_t n;
	int fds[2];

	if (k == NULL) {
		log_level_set(LOG_OFF_);
		crypto_start();
		mem = arena_new();
		k = keeper_for(&given, &profile, &issuing, mem);
	}
	if (len == 0 || frame > len - 1)
		return 0;
	given = (struct bytes){ data + 1 + frame, len - 1 - frame };
	need(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	need(send(fds[0], data + 1, frame, 0) == (ssize_t)frame);
	if (keeper_serve(k, fds[1])) {
		n = recv(fds[0], &a, sizeof(a), MSG_DONTWAIT);
		need(n > 0);
		memcpy(&op, data + 1, sizeof(op));
		check(&a, (size_t)n, op, &given, &issuing);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
	return 0;
}
