/*
 * Public keys: which we accept, and their two spellings, JWK and
 * SubjectPublicKeyInfo.  OpenSSL's decoders are not used: they cost many times
 * what it takes to set a point, and are more forgiving than we want to be.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "base/b64url.h"
#include "crypto/crypto_int.h"

enum { RSA_MAX = 8192 / 8, POINT_MAX = 1 + 2 * 66 };

#define EC_PUBLIC_KEY 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01

static const struct {
	const char *kty, *crv;
	size_t size;                /* of a coordinate */
	uint8_t len, algorithm[22]; /* AlgorithmIdentifier in an SPKI */
} kinds[KEY__COUNT] = {
	/* clang-format off */
	[KEY_P256] = { "EC", "P-256", 32, 21, { 0x30, 0x13, EC_PUBLIC_KEY,
		0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 } },
	[KEY_P384] = { "EC", "P-384", 48, 18, { 0x30, 0x10, EC_PUBLIC_KEY,
		0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 } },
	[KEY_P521] = { "EC", "P-521", 66, 18, { 0x30, 0x10, EC_PUBLIC_KEY,
		0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 } },
	[KEY_ED25519] = { "OKP", "Ed25519", 32, 7, { 0x30, 0x05,
		0x06, 0x03, 0x2b, 0x65, 0x70 } },
	[KEY_RSA] = { "RSA", NULL, 0, 15, { 0x30, 0x0d,
		0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
		0x05, 0x00 } },
	/* clang-format on */
};

bool
key_kind_find(const char *kty, const char *crv, enum key_kind *out)
{
	for (unsigned i = 0; i < KEY__COUNT; i++) {
		if (strcmp(kinds[i].kty, kty) != 0 ||
		    (kinds[i].crv != NULL &&
		        (crv == NULL || strcmp(kinds[i].crv, crv) != 0)))
			continue;
		*out = (enum key_kind)i;
		return true;
	}
	return false;
}

const char *
key_kind_name(enum key_kind kind)
{
	return kinds[kind].crv != NULL ? kinds[kind].crv : kinds[kind].kty;
}

size_t
key_kind_size(enum key_kind kind)
{
	return kinds[kind].size;
}

/* Points of small order check any signature; y must be below 2^255 - 19. */
static bool
ed25519_weak(const uint8_t *x)
{
	static const uint8_t order8[2][32] = {
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3,
		    0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
		    0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
		    0xfc, 0x05 },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c,
		    0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
		    0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
		    0x03, 0x7a },
	};
	uint8_t y[32];
	bool high = true, low = true;

	memcpy(y, x, sizeof(y));
	y[31] &= 0x7f;
	for (unsigned i = 1; i < 32; i++) {
		high = high && y[i] == (i == 31 ? 0x7f : 0xff);
		low = low && y[i] == 0;
	}
	/* 0 and 1; -1 and everything from the prime on */
	return (low && y[0] <= 1) || (high && y[0] >= 0xec) ||
	       memcmp(y, order8[0], 32) == 0 || memcmp(y, order8[1], 32) == 0;
}

static EVP_PKEY *
rsa_import(const struct pubkey *k)
{
	uint8_t n[RSA_MAX], e[4];
	BIGNUM *bn = BN_bin2bn(k->a, (int)k->a_len, NULL);
	BIGNUM *be = BN_bin2bn(k->b, (int)k->b_len, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, k->a_len),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, k->b_len),
		OSSL_PARAM_construct_end(),
	};

	if (bn != NULL && be != NULL &&
	    BN_bn2nativepad(bn, n, (int)k->a_len) > 0 &&
	    BN_bn2nativepad(be, e, (int)k->b_len) > 0 && ctx != NULL &&
	    EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY,
		    params);
	EVP_PKEY_CTX_free(ctx);
	BN_free(bn);
	BN_free(be);
	return pkey;
}

static size_t
point_write(const struct pubkey *k, uint8_t out[POINT_MAX])
{
	out[0] = 0x04;
	memcpy(out + 1, k->a, k->a_len);
	memcpy(out + 1 + k->a_len, k->b, k->b_len);
	return 1 + k->a_len + k->b_len;
}

/* A point that is not on the curve is refused. */
static EVP_PKEY *
ec_import(const struct pubkey *k)
{
	uint8_t point[POINT_MAX];
	size_t len = point_write(k, point);
	EVP_PKEY *pkey = curve_copy(k->kind);

	if (pkey != NULL &&
	    EVP_PKEY_set1_encoded_public_key(pkey, point, len) == 1)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

enum err
pubkey_import(const struct pubkey *k, enum err code, EVP_PKEY **out,
    struct fault *f)
{
	if (k->kind == KEY_RSA)
		TRY(rsa_check(k, code, f));
	return pubkey_load(k, code, out, f);
}

enum err
pubkey_load(const struct pubkey *k, enum err code, EVP_PKEY **out,
    struct fault *f)
{
	size_t size = kinds[k->kind].size;

	if (k->kind == KEY_RSA) {
		if (k->a_len == 0 || k->a_len > RSA_MAX || k->b_len == 0 ||
		    k->b_len > 4)
			return fault(f, code, "that is no RSA key of any use");
		*out = rsa_import(k);
	} else if (k->a_len != size ||
	           (k->kind != KEY_ED25519 && k->b_len != size)) {
		return fault(f, code, "a coordinate of %s has %zu octets",
		    kinds[k->kind].crv, size);
	} else if (k->kind == KEY_ED25519) {
		if (ed25519_weak(k->a))
			return fault(f, code, "that Ed25519 key is weak");
		*out = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL,
		    k->a, k->a_len);
	} else {
		*out = ec_import(k);
	}
	ERR_clear_error();
	return *out != NULL
	           ? OK
	           : fault(f, code, "that is no point of %s",
	                 kinds[k->kind].crv ? kinds[k->kind].crv : "RSA");
}

const char *
pubkey_jwk(const struct pubkey *k, struct arena *a)
{
	const char *first = b64url_text(k->a, k->a_len, a);
	const char *second =
	    k->b_len == 0 ? NULL : b64url_text(k->b, k->b_len, a);

	if (k->kind == KEY_RSA)
		return arena_printf(a,
		    "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", second,
		    first);
	if (k->kind == KEY_ED25519)
		return arena_printf(a,
		    "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}",
		    first);
	return arena_printf(a,
	    "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
	    kinds[k->kind].crv, first, second);
}

void
spki_write(struct derw *w, const struct pubkey *k)
{
	static const uint8_t unused = 0;
	uint8_t point[POINT_MAX];

	derw_open(w, DER_SEQUENCE);
	derw_raw(w, kinds[k->kind].algorithm, kinds[k->kind].len);
	if (k->kind == KEY_RSA) {
		derw_open(w, DER_BIT_STRING);
		derw_raw(w, &unused, 1);
		derw_open(w, DER_SEQUENCE);
		derw_uint(w, k->a, k->a_len);
		derw_uint(w, k->b, k->b_len);
		derw_close(w);
		derw_close(w);
	} else if (k->kind == KEY_ED25519) {
		derw_bits(w, k->a, k->a_len);
	} else {
		derw_bits(w, point, point_write(k, point));
	}
	derw_close(w);
}

/* Which of our kinds the AlgorithmIdentifier names, byte for byte. */
static bool
kind_of(const struct der *algorithm, enum key_kind *out)
{
	for (unsigned i = 0; i < KEY__COUNT; i++)
		if (der_equal(algorithm, kinds[i].algorithm, kinds[i].len)) {
			*out = (enum key_kind)i;
			return true;
		}
	return false;
}

enum err
spki_read(const struct der *spki, enum err code, struct pubkey *out,
    struct fault *f)
{
	struct der all = *spki, body = der_get(&all, DER_SEQUENCE);
	struct der algorithm = der_raw(&body, DER_SEQUENCE);
	struct der bits = der_bits(&body), rsa;
	size_t size;

	*out = (struct pubkey){ 0 };
	if (!der_end(&all) || !der_end(&body))
		return fault(f, code, "the public key is not proper DER");
	if (!kind_of(&algorithm, &out->kind)) /* PKY-07 PKY-12 */
		return fault(f, code,
		    "unsupported kind of key; RSA, the named curves P-256, "
		    "P-384 and P-521, and Ed25519 are accepted");
	size = kinds[out->kind].size;
	if (out->kind == KEY_RSA) {
		rsa = der_get(&bits, DER_SEQUENCE);
		struct der n = der_uint(&rsa), e = der_uint(&rsa);

		out->a = n.at;
		out->a_len = n.len;
		out->b = e.at;
		out->b_len = e.len;
		if (!der_end(&rsa) || !der_end(&bits))
			return fault(f, code, "the RSA key is not proper DER");
	} else if (out->kind == KEY_ED25519) {
		out->a = bits.at;
		out->a_len = bits.len;
	} else {
		if (bits.len != 1 + 2 * size || bits.at[0] != 0x04) /* PKY-07 */
			return fault(f, code,
			    "the point of the key must be uncompressed");
		out->a = bits.at + 1;
		out->b = bits.at + 1 + size;
		out->a_len = out->b_len = size;
	}
	return OK;
}
