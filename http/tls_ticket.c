/*
 * AES-256-CBC, then HMAC-SHA-256 over name, IV and ciphertext, which OpenSSL
 * checks before it decrypts (RFC 5077, 4).
 */
#include "http/tls_ticket_int.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/ssl.h>

#include "base/random.h"

enum { NAME = 16, IV = 16, SECRET = 32 };

/* What callbacks of OpenSSL return. */
enum { BROKEN = -1, NOT_OURS = 0, USED = 1, USED_AND_RENEW = 2 };

struct key {
	uint8_t name[NAME], cipher[SECRET], mac[SECRET];
};

struct tickets {
	pthread_mutex_t lock; /* of the keys */
	struct key now, before;
	EVP_CIPHER *cipher;
};

struct tickets *
tickets_new(void)
{
	struct tickets *t = calloc(1, sizeof(*t));

	if (t == NULL || pthread_mutex_init(&t->lock, NULL) != 0)
		abort();
	t->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	if (t->cipher == NULL)
		abort();
	tickets_forget(t);
	return t;
}

void
tickets_free(struct tickets *t)
{
	if (t == NULL)
		return;
	OPENSSL_cleanse(&t->now, sizeof(t->now));
	OPENSSL_cleanse(&t->before, sizeof(t->before));
	EVP_CIPHER_free(t->cipher);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

void
tickets_rotate(struct tickets *t)
{
	(void)pthread_mutex_lock(&t->lock);
	t->before = t->now;
	random_bytes(&t->now, sizeof(t->now));
	(void)pthread_mutex_unlock(&t->lock);
}

void
tickets_forget(struct tickets *t)
{
	(void)pthread_mutex_lock(&t->lock);
	random_bytes(&t->before, sizeof(t->before)); /* has sealed nothing */
	random_bytes(&t->now, sizeof(t->now));
	(void)pthread_mutex_unlock(&t->lock);
}

/* The one of that name; *renew: it seals no more. */
static bool
find(struct tickets *t, const uint8_t *name, struct key *out, bool *renew)
{
	bool found = true;

	*renew = false;
	(void)pthread_mutex_lock(&t->lock);
	if (memcmp(name, t->now.name, NAME) == 0) {
		*out = t->now;
	} else if (memcmp(name, t->before.name, NAME) == 0) {
		*out = t->before;
		*renew = true;
	} else {
		found = false;
	}
	(void)pthread_mutex_unlock(&t->lock);
	return found;
}

static void
current(struct tickets *t, struct key *out)
{
	(void)pthread_mutex_lock(&t->lock);
	*out = t->now;
	(void)pthread_mutex_unlock(&t->lock);
}

static bool
set_mac(EVP_MAC_CTX *mac, struct key *k)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, k->mac,
		    SECRET),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
		    0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int
seal_or_open(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	struct tickets *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct key k;
	bool renew = false, ok;

	if (seal) {
		current(t, &k);
		memcpy(name, k.name, NAME);
		random_bytes(iv, IV);
	} else if (!find(t, name, &k, &renew)) {
		return NOT_OURS;
	}
	ok = EVP_CipherInit_ex2(cipher, t->cipher, k.cipher, iv, seal, NULL) ==
	         1 &&
	     set_mac(mac, &k);
	OPENSSL_cleanse(&k, sizeof(k));
	if (!ok)
		return BROKEN;
	/* RFC 8446, C.4: with one used twice, who watches knows the client. */
	renew = renew || SSL_version(ssl) >= TLS1_3_VERSION;
	return renew ? USED_AND_RENEW : USED;
}

void
tickets_use(struct tickets *t, struct ssl_ctx_st *ctx)
{
	(void)SSL_CTX_set_app_data(ctx, t);
	if (SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, seal_or_open) != 1)
		abort();
}
