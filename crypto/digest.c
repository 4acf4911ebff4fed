/*
 * The algorithms of a process, fetched once: looking one up by name at every
 * use is what makes OpenSSL 3.0 slow and its locks hot.  What is at file scope
 * here is written once, by crypto_start(), and only read after.
 */
#include "crypto/digest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "base/log.h"
#include "crypto/crypto_int.h"

static const char *const md_names[MD__COUNT] = {
	[MD_SHA256] = "SHA2-256",
	[MD_SHA384] = "SHA2-384",
	[MD_SHA512] = "SHA2-512",
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *mds[MD__COUNT];
static EVP_MAC_CTX *hmac; /* HMAC-SHA-256 without a key, to be copied */
static EVP_PKEY *curves[KEY__COUNT]; /* with no point yet, to be copied */

/* Without its algorithms this program can do nothing at all. */
static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	log_error("crypto.broken", "what=%s reason=%s", what, openssl_reason());
	abort();
}

static EVP_PKEY *
curve(enum key_kind kind)
{
	char name[8] = "";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	(void)snprintf(name, sizeof(name), "%s", key_kind_name(kind));
	must(ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	         EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS,
	             params) == 1,
	    name);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void
fetch(void)
{
	char name[] = "SHA2-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name,
		    0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	must(mac != NULL, "HMAC");
	hmac = EVP_MAC_CTX_new(mac);
	must(hmac != NULL && EVP_MAC_CTX_set_params(hmac, params) == 1, "HMAC");
	EVP_MAC_free(mac);
	for (unsigned i = MD_NONE + 1; i < MD__COUNT; i++) {
		mds[i] = EVP_MD_fetch(NULL, md_names[i], NULL);
		must(mds[i] != NULL, md_names[i]);
	}
	for (unsigned i = KEY_P256; i <= KEY_P521; i++)
		curves[i] = curve((enum key_kind)i);
}

void
crypto_start(void)
{
	if (pthread_once(&once, fetch) != 0)
		abort();
}

const EVP_MD *
md_fetched(enum md md)
{
	crypto_start();
	return mds[md];
}

EVP_PKEY *
curve_copy(enum key_kind kind)
{
	crypto_start();
	return EVP_PKEY_dup(curves[kind]);
}

size_t
md_digest(enum md md, const void *data, size_t len, uint8_t out[64])
{
	unsigned n = 0;

	must(EVP_Digest(data, len, out, &n, md_fetched(md), NULL) == 1,
	    "digest");
	return n;
}

void
sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE])
{
	unsigned n = 0;

	must(EVP_Digest(data, len, out, &n, md_fetched(MD_SHA256), NULL) == 1,
	    "SHA-256");
}

void
hmac_sha256(const uint8_t key[SHA256_SIZE], const void *data, size_t len,
    uint8_t out[SHA256_SIZE])
{
	EVP_MAC_CTX *ctx;
	size_t n = 0;

	crypto_start();
	ctx = EVP_MAC_CTX_dup(hmac);
	must(ctx != NULL && EVP_MAC_init(ctx, key, SHA256_SIZE, NULL) == 1 &&
	         EVP_MAC_update(ctx, data, len) == 1 &&
	         EVP_MAC_final(ctx, out, &n, SHA256_SIZE) == 1,
	    "HMAC-SHA-256");
	EVP_MAC_CTX_free(ctx);
}

struct mac {
	EVP_MAC_CTX *keyed; /* to be copied */
};

struct mac *
mac_new(const uint8_t key[MAC_KEY])
{
	struct mac *m = calloc(1, sizeof(*m));
	EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "BLAKE2SMAC", NULL);

	if (m == NULL)
		abort();
	must(algorithm != NULL, "BLAKE2SMAC");
	m->keyed = EVP_MAC_CTX_new(algorithm);
	must(m->keyed != NULL &&
	         EVP_MAC_init(m->keyed, key, MAC_KEY, NULL) == 1,
	    "BLAKE2SMAC");
	EVP_MAC_free(algorithm);
	return m;
}

void
mac_free(struct mac *m)
{
	if (m == NULL)
		return;
	EVP_MAC_CTX_free(m->keyed);
	free(m);
}

void
mac_tag(const struct mac *m, const void *data, size_t len,
    uint8_t out[MAC_SIZE])
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(m->keyed);
	size_t n = 0;

	must(ctx != NULL && EVP_MAC_update(ctx, data, len) == 1 &&
	         EVP_MAC_final(ctx, out, &n, MAC_SIZE) == 1 && n == MAC_SIZE,
	    "BLAKE2SMAC");
	EVP_MAC_CTX_free(ctx);
}

struct scatter {
	EVP_MAC_CTX *keyed; /* to be copied */
};

struct scatter *
scatter_new(const uint8_t key[SCATTER_KEY])
{
	size_t size = sizeof(uint64_t);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_construct_end(),
	};
	struct scatter *s = calloc(1, sizeof(*s));
	EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "SIPHASH", NULL);

	if (s == NULL)
		abort();
	must(algorithm != NULL, "SIPHASH");
	s->keyed = EVP_MAC_CTX_new(algorithm);
	must(s->keyed != NULL &&
	         EVP_MAC_init(s->keyed, key, SCATTER_KEY, params) == 1,
	    "SIPHASH");
	EVP_MAC_free(algorithm);
	return s;
}

void
scatter_free(struct scatter *s)
{
	if (s == NULL)
		return;
	EVP_MAC_CTX_free(s->keyed);
	free(s);
}

uint64_t
scatter_of(const struct scatter *s, const void *data, size_t len)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(s->keyed);
	uint8_t out[sizeof(uint64_t)];
	uint64_t place = 0;
	size_t n = 0;

	must(ctx != NULL && EVP_MAC_update(ctx, data, len) == 1 &&
	         EVP_MAC_final(ctx, out, &n, sizeof(out)) == 1 &&
	         n == sizeof(out),
	    "SIPHASH");
	EVP_MAC_CTX_free(ctx);
	while (n > 0)
		place = place << 8 | out[--n];
	return place;
}

bool
bytes_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
bytes_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

const char *
openssl_reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return text == NULL ? "unknown reason" : text;
}
