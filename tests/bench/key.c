/* OpenSSL's part of a client. */
#include "tests/bench/key.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/conn.h"

void
key_make(struct key *k)
{
	uint8_t point[65], digest[32];
	char x[B64URL_LEN(32) + 1], y[B64URL_LEN(32) + 1];
	size_t len;

	k->pkey = EVP_EC_gen("P-256");
	if (k->pkey == NULL ||
	    EVP_PKEY_get_octet_string_param(k->pkey, "pub", point,
	        sizeof(point), &len) != 1 ||
	    len != sizeof(point) ||
	    (k->signs = EVP_PKEY_CTX_new(k->pkey, NULL)) == NULL ||
	    EVP_PKEY_sign_init(k->signs) != 1)
		die("no key");
	b64url_write(point + 1, 32, x);
	b64url_write(point + 33, 32, y);
	(void)snprintf(k->jwk, sizeof(k->jwk),
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x,
	    y);
	(void)SHA256((const uint8_t *)k->jwk, strlen(k->jwk), digest);
	b64url_write(digest, sizeof(digest), k->thumb);
}

void
key_free(struct key *k)
{
	EVP_PKEY_CTX_free(k->signs);
	EVP_PKEY_free(k->pkey);
}

size_t
key_sign(struct key *k, const void *text, size_t len,
    uint8_t out[SIGNATURE_MAX])
{
	uint8_t digest[32];
	size_t n = SIGNATURE_MAX;

	(void)SHA256(text, len, digest);
	if (EVP_PKEY_sign(k->signs, out, &n, digest, sizeof(digest)) != 1)
		die("no signature");
	return n;
}

/* An INTEGER of at most 33 bytes, padded to 32; what follows it. */
static const uint8_t *
integer(const uint8_t *at, uint8_t out[32])
{
	size_t n = at[1], skip = n > 32 ? n - 32 : 0;

	memset(out, 0, 32);
	memcpy(out + 32 - (n - skip), at + 2 + skip, n - skip);
	return at + 2 + n;
}

void
key_sign_raw(struct key *k, const void *text, size_t len, uint8_t out[64])
{
	uint8_t der[SIGNATURE_MAX];

	(void)key_sign(k, text, len, der);
	(void)integer(integer(der + 2, out), out + 32);
}

void
csr_mould_make(struct csr_mould *m, const struct key *k, const char *name)
{
	X509_REQ *req = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	char value[256];
	uint8_t *at = m->info;
	int len;

	(void)snprintf(value, sizeof(value), "DNS:%s", name);
	if (req == NULL || exts == NULL ||
	    X509_REQ_set_pubkey(req, k->pkey) != 1 ||
	    sk_X509_EXTENSION_push(exts,
	        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, value)) !=
	        1 ||
	    X509_REQ_add_extensions(req, exts) != 1)
		die("no CSR");
	len = i2d_re_X509_REQ_tbs(req, NULL);
	if (len <= 0 || (size_t)len > sizeof(m->info))
		die("a CSR too long");
	m->len = (size_t)i2d_re_X509_REQ_tbs(req, &at);
	m->name_len = strlen(name);
	at = memmem(m->info, m->len, name, m->name_len);
	m->name_at = (size_t)(at - m->info);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
}

size_t
csr_cast(struct csr_mould *m, struct key *k, const char *name,
    uint8_t out[CSR_MAX])
{
	static const uint8_t ecdsa_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a,
		0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x03 };
	uint8_t sig[SIGNATURE_MAX], *at = out;
	size_t n, len;

	if (strlen(name) != m->name_len)
		die("%s: not as long as the first name", name);
	memcpy(m->info + m->name_at, name, m->name_len);
	n = key_sign(k, m->info, m->len, sig);
	len = m->len + sizeof(ecdsa_sha256) + 2 + n;
	*at++ = 0x30;
	if (len > 0xff) {
		*at++ = 0x82;
		*at++ = (uint8_t)(len >> 8);
	} else {
		*at++ = 0x81; /* never below 128 */
	}
	*at++ = (uint8_t)len;
	memcpy(at, m->info, m->len);
	at += m->len;
	memcpy(at, ecdsa_sha256, sizeof(ecdsa_sha256));
	at += sizeof(ecdsa_sha256);
	*at++ = (uint8_t)(n + 1); /* of the BIT STRING */
	*at++ = 0;
	memcpy(at, sig, n);
	return (size_t)(at + n - out);
}
