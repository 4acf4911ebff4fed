/* A client's signatures, made without a line of the code under test. */
#include "tests/fake/signer.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_signer {
	EVP_PKEY *key;
	char jwk[256];
};

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* OpenSSL's base64, made url-safe by hand: not our own encoder. */
static char *
b64(const unsigned char *data, size_t len, struct arena *a)
{
	char *out = arena_alloc(a, len * 4 / 3 + 8, 1), *c;

	(void)EVP_EncodeBlock((unsigned char *)out, data, (int)len);
	for (c = out; *c != '\0' && *c != '='; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	*c = '\0';
	return out;
}

struct fake_signer *
fake_signer_new(void)
{
	struct fake_signer *s = calloc(1, sizeof(*s));
	struct arena *a = arena_new();
	unsigned char point[65];
	size_t len;

	must(s != NULL && (s->key = EVP_EC_gen("P-256")) != NULL);
	must(EVP_PKEY_get_octet_string_param(s->key, "pub", point,
	         sizeof(point), &len) == 1 &&
	     len == sizeof(point));
	(void)snprintf(s->jwk, sizeof(s->jwk),
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
	    b64(point + 1, 32, a), b64(point + 33, 32, a));
	arena_free(a);
	return s;
}

void
fake_signer_free(struct fake_signer *s)
{
	if (s == NULL)
		return;
	EVP_PKEY_free(s->key);
	free(s);
}

const char *
fake_signer_jwk(const struct fake_signer *s)
{
	return s->jwk;
}

/* DER to r||s. */
static void
sign(struct fake_signer *s, const char *text, unsigned char out[64])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[80];
	const unsigned char *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, s->key) == 1);
	must(EVP_DigestSign(ctx, der, &len, (const unsigned char *)text,
	         strlen(text)) == 1);
	must((sig = d2i_ECDSA_SIG(NULL, &at, (long)len)) != NULL);
	must(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32);
	must(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

char *
fake_signer_raw(struct fake_signer *s, const char *protected_header,
    const char *payload, struct arena *a)
{
	char *h = b64((const unsigned char *)protected_header,
	    strlen(protected_header), a);
	char *p = b64((const unsigned char *)payload, strlen(payload), a);
	unsigned char raw[64];

	sign(s, arena_printf(a, "%s.%s", h, p), raw);
	return arena_printf(a,
	    "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%s\"}", h,
	    p, b64(raw, sizeof(raw), a));
}

char *
fake_mac_frame(const char *alg, const void *key, size_t len,
    const char *protected_header, const char *payload, struct arena *a)
{
	char *h = b64((const unsigned char *)protected_header,
	    strlen(protected_header), a);
	char *p = b64((const unsigned char *)payload, strlen(payload), a);
	const char *text = arena_printf(a, "%s.%s", h, p);
	const EVP_MD *md = strcmp(alg, "HS256") == 0   ? EVP_sha256()
	                   : strcmp(alg, "HS384") == 0 ? EVP_sha384()
	                                               : EVP_sha512();
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	must(HMAC(md, key, (int)len, (const unsigned char *)text, strlen(text),
	         mac, &n) != NULL);
	return arena_printf(a,
	    "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%s\"}", h,
	    p, b64(mac, n, a));
}

char *
fake_signer_frame(struct fake_signer *s, const char *member, const char *nonce,
    const char *url, const char *payload, struct arena *a)
{
	return fake_signer_raw(s,
	    arena_printf(a,
	        "{\"alg\":\"ES256\",%s,\"nonce\":\"%s\",\"url\":\"%s\"}",
	        member, nonce, url),
	    payload, a);
}

static void
add_names(X509_REQ *req, const char *names, struct arena *a)
{
	char *list = arena_text(a, names), *save = NULL, *san = NULL;
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	X509_EXTENSION *ext;

	for (char *n = strtok_r(list, ",", &save); n != NULL;
	     n = strtok_r(NULL, ",", &save)) {
		unsigned char addr[16];
		int ip;

		if (strcmp(n, "must-staple") == 0) {
			ext = X509V3_EXT_conf_nid(NULL, NULL, NID_tlsfeature,
			    "status_request");
			must(sk_X509_EXTENSION_push(exts, ext) > 0);
			continue;
		}
		ip = inet_pton(AF_INET, n, addr) == 1 ||
		     inet_pton(AF_INET6, n, addr) == 1;

		san = arena_printf(a, "%s%s%s:%s", san != NULL ? san : "",
		    san != NULL ? "," : "", ip ? "IP" : "DNS", n);
	}
	must((ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
	          san)) != NULL);
	must(sk_X509_EXTENSION_push(exts, ext) > 0);
	must(X509_REQ_add_extensions(req, exts) == 1);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
}

char *
fake_signer_csr(struct fake_signer *s, const char *names, int own_key,
    struct arena *a)
{
	EVP_PKEY *key = own_key ? s->key : EVP_EC_gen("P-256");
	X509_REQ *req = X509_REQ_new();
	unsigned char *der = NULL;
	char *text;
	int len;

	must(key != NULL && req != NULL);
	must(X509_REQ_set_pubkey(req, key) == 1);
	add_names(req, names, a);
	must(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	must((len = i2d_X509_REQ(req, &der)) > 0);
	text = b64(der, (size_t)len, a);
	OPENSSL_free(der);
	X509_REQ_free(req);
	if (!own_key)
		EVP_PKEY_free(key);
	return text;
}
