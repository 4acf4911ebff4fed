/*
 * AlgorithmIdentifiers of signatures (RFC 4055, 5758, 8410): what a CSR may
 * be signed with, SHA-256 or better and nothing with a choice we do not know;
 * and what we sign with.
 */
#include <openssl/rsa.h>

#include "crypto/crypto_int.h"

static const struct {
	bool null; /* parameters NULL, or left out */
	enum key_kind first, last;
	struct scheme scheme;
	uint8_t len, oid[9];
} algs[] = {
	/* clang-format off */
	{ false, KEY_P256, KEY_P521, { MD_SHA256, 0, 0 }, 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 } },
	{ false, KEY_P256, KEY_P521, { MD_SHA384, 0, 0 }, 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 } },
	{ false, KEY_P256, KEY_P521, { MD_SHA512, 0, 0 }, 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04 } },
	{ true, KEY_RSA, KEY_RSA, { MD_SHA256, RSA_PKCS1_PADDING, 0 }, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b } },
	{ true, KEY_RSA, KEY_RSA, { MD_SHA384, RSA_PKCS1_PADDING, 0 }, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c } },
	{ true, KEY_RSA, KEY_RSA, { MD_SHA512, RSA_PKCS1_PADDING, 0 }, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d } },
	{ false, KEY_ED25519, KEY_ED25519, { MD_NONE, 0, 0 }, 3, { 0x2b, 0x65, 0x70 } },
	/* clang-format on */
};
enum { N_ALGS = sizeof(algs) / sizeof(algs[0]) };

static const uint8_t oid_pss[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x0a };
static const uint8_t oid_mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x08 };
/* id-sha256, id-sha384, id-sha512 end in 1, 2, 3. */
static const uint8_t oid_sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
	0x02 };

static enum md
hash_read(struct der *d)
{
	struct der h = der_get(d, DER_SEQUENCE), oid = der_get(&h, DER_OID);
	const struct der stem = der_over(oid.at, sizeof(oid_sha2));

	if (der_next(&h, DER_NULL) && der_get(&h, DER_NULL).len != 0)
		return MD_NONE;
	if (!der_end(&h) || oid.len != sizeof(oid_sha2) + 1 ||
	    !der_equal(&stem, oid_sha2, sizeof(oid_sha2)))
		return MD_NONE;
	switch (oid.at[sizeof(oid_sha2)]) {
	case 1:
		return MD_SHA256;
	case 2:
		return MD_SHA384;
	case 3:
		return MD_SHA512;
	default:
		return MD_NONE;
	}
}

/* RFC 4055, 3.1: hash, the same hash in MGF1, salt; the trailer is fixed. */
static bool
pss_read(struct der *params, struct scheme *out)
{
	struct der p = der_get(params, DER_SEQUENCE);
	struct der hash = der_get(&p, DER_CONTEXT | DER_CONSTRUCTED | 0);
	struct der mask = der_get(&p, DER_CONTEXT | DER_CONSTRUCTED | 1);
	struct der mgf = der_get(&mask, DER_SEQUENCE);
	struct der oid = der_get(&mgf, DER_OID), salt, n;

	*out = (struct scheme){ hash_read(&hash), RSA_PKCS1_PSS_PADDING, 20 };
	if (out->md == MD_NONE || hash_read(&mgf) != out->md ||
	    !der_equal(&oid, oid_mgf1, sizeof(oid_mgf1)) || !der_end(&hash) ||
	    !der_end(&mask) || !der_end(&mgf))
		return false;
	if (p.len > 0) {
		salt = der_get(&p, DER_CONTEXT | DER_CONSTRUCTED | 2);
		n = der_uint(&salt);
		if (!der_end(&salt) || n.len > 2)
			return false;
		out->salt = 0;
		for (size_t i = 0; i < n.len; i++)
			out->salt = out->salt << 8 | n.at[i];
	}
	return der_end(&p) && der_end(params);
}

bool
scheme_read(const struct der *algorithm, enum key_kind kind, struct scheme *out)
{
	struct der all = *algorithm, d = der_get(&all, DER_SEQUENCE);
	struct der oid = der_get(&d, DER_OID);

	if (!der_end(&all))
		return false;
	if (kind == KEY_RSA && der_equal(&oid, oid_pss, sizeof(oid_pss)))
		return pss_read(&d, out);
	for (unsigned i = 0; i < N_ALGS; i++) {
		if (kind < algs[i].first || kind > algs[i].last ||
		    !der_equal(&oid, algs[i].oid, algs[i].len))
			continue;
		if (algs[i].null && der_next(&d, DER_NULL) &&
		    der_get(&d, DER_NULL).len != 0)
			return false;
		*out = algs[i].scheme;
		return der_end(&d);
	}
	return false;
}

/* CPR-02: these very octets, inside and outside of what is signed. */
static const struct {
	enum key_kind kind;
	struct scheme scheme;
	uint8_t len, algorithm[15];
} ours[] = {
	/* clang-format off */
	{ KEY_P256, { MD_SHA256, 0, 0 }, 12, { 0x30, 0x0a,
		0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 } },
	{ KEY_P384, { MD_SHA384, 0, 0 }, 12, { 0x30, 0x0a,
		0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 } },
	{ KEY_RSA, { MD_SHA256, RSA_PKCS1_PADDING, 0 }, 15, { 0x30, 0x0d,
		0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b,
		0x05, 0x00 } },
	/* clang-format on */
};

bool
issuer_scheme(enum key_kind kind, struct scheme *out, struct der *algorithm)
{
	for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (ours[i].kind != kind)
			continue;
		*out = ours[i].scheme;
		*algorithm = der_over(ours[i].algorithm, ours[i].len);
		return true;
	}
	return false;
}
