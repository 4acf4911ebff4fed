/*
 * A thread that does it a few times now and then, all through the load, since
 * how fast a core is differs from second to second; in CPU time.  The mean of
 * all rounds is what counts: what it is compared with is a sum, too.
 */
#include "tests/bench/floor.h"

#include <openssl/core_names.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/bench/conn.h"
#include "tests/bench/key.h"
#include "tests/bench/sample.h"

enum { PAUSE_MS = 90, TIMES = 6 };

struct floor {
	pthread_t thread;
	atomic_bool over;
	struct key key;
	uint8_t digest[32], der[SIGNATURE_MAX], point[65];
	size_t der_len, point_len;
	struct sample verify, csr, sign; /* of a round each, per operation */
	EVP_PKEY_CTX *verifies, *imports;
};

static void
verify_kept(struct floor *w)
{
	if (EVP_PKEY_verify(w->verifies, w->der, w->der_len, w->digest,
	        sizeof(w->digest)) != 1)
		die("floor: a signature that does not verify");
}

static void
verify_fresh(struct floor *w)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t) "prime256v1", 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		    w->point, w->point_len),
		OSSL_PARAM_END,
	};
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx;

	if (EVP_PKEY_fromdata(w->imports, &key, EVP_PKEY_PUBLIC_KEY, params) !=
	        1 ||
	    (ctx = EVP_PKEY_CTX_new(key, NULL)) == NULL ||
	    EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_verify(ctx, w->der, w->der_len, w->digest,
	        sizeof(w->digest)) != 1)
		die("floor: a signature that does not verify");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static void
sign(struct floor *w)
{
	uint8_t out[SIGNATURE_MAX];

	(void)key_sign(&w->key, w->digest, sizeof(w->digest), out);
}

/* The first of each round finds caches cold, and is not the floor. */
static void
timed(void (*fn)(struct floor *w), struct floor *w, struct sample *out)
{
	struct timespec a, b;

	fn(w);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int i = 0; i < TIMES; i++)
		fn(w);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	sample_add(out,
	    ((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec) /
	        TIMES);
}

static void *
rounds(void *arg)
{
	struct floor *w = arg;
	struct timespec pause = { 0, PAUSE_MS * 1000000 };

	while (!atomic_load(&w->over)) {
		timed(verify_kept, w, &w->verify);
		timed(verify_fresh, w, &w->csr);
		timed(sign, w, &w->sign);
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

struct floor *
floor_start(void)
{
	struct floor *w = calloc(1, sizeof(*w));

	if (w == NULL)
		die("no memory");
	key_make(&w->key);
	w->der_len = key_sign(&w->key, "floor", 5, w->der);
	(void)SHA256((const uint8_t *)"floor", 5, w->digest);
	w->verifies = EVP_PKEY_CTX_new(w->key.pkey, NULL);
	w->imports = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (w->verifies == NULL || EVP_PKEY_verify_init(w->verifies) != 1 ||
	    w->imports == NULL || EVP_PKEY_fromdata_init(w->imports) != 1 ||
	    EVP_PKEY_get_octet_string_param(w->key.pkey, "pub", w->point,
	        sizeof(w->point), &w->point_len) != 1 ||
	    pthread_create(&w->thread, NULL, rounds, w) != 0)
		die("floor: cannot be timed");
	return w;
}

void
floor_stop(struct floor *w, FILE *out)
{
	atomic_store(&w->over, true);
	(void)pthread_join(w->thread, NULL);
	(void)fprintf(out,
	    "{\"verify_us\":%.2f,\"csr_us\":%.2f,\"sign_us\":%.2f}",
	    sample_mean(&w->verify) / 1e3, sample_mean(&w->csr) / 1e3,
	    sample_mean(&w->sign) / 1e3);
	sample_free(&w->verify);
	sample_free(&w->csr);
	sample_free(&w->sign);
	EVP_PKEY_CTX_free(w->verifies);
	EVP_PKEY_CTX_free(w->imports);
	key_free(&w->key);
	free(w);
}
