#include "crypto/jwk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64url.h"
#include "base/json.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/jwk_int.h"

/* The longest that is of use: a modulus of 8192 bits, some leading zeros. */
enum {
	MEMBER_MAX = B64URL_LEN(1024 + 8),
	TOO_LONG = 8 * 1024, /* still read, to say of the key what is wrong */
	SPKI_MAX = 1024 + 64
};

struct jwk {
	enum key_kind kind;
	size_t size;
	char alg[16];
	uint8_t spki_sha256[SHA256_SIZE];
	char thumbprint[JWK_THUMBPRINT];
	struct verifier *verifier;
	char canonical[];
};

struct members {
	const char *kty, *crv, *x, *y, *n, *e, *alg, *use;
	const char *const *key_ops;
	size_t n_key_ops;
};

static const struct json_field members_fields[] = {
	JSON_STR_REQUIRED("kty", struct members, kty, 1, 16),
	JSON_STR("crv", struct members, crv, 32),
	JSON_STR("x", struct members, x, MEMBER_MAX),
	JSON_STR("y", struct members, y, MEMBER_MAX),
	JSON_STR("n", struct members, n, TOO_LONG),
	JSON_STR("e", struct members, e, MEMBER_MAX),
	JSON_STR("alg", struct members, alg, 15),
	JSON_STR("use", struct members, use, 32),
	JSON_STRS("key_ops", struct members, key_ops, n_key_ops, 16),
	JSON_END,
};

/* RFC 7518, 6.2.2, 6.3.2 and 6.4. */
static const struct json_field private_fields[] = {
	JSON_REFUSE("d"),
	JSON_REFUSE("p"),
	JSON_REFUSE("q"),
	JSON_REFUSE("dp"),
	JSON_REFUSE("dq"),
	JSON_REFUSE("qi"),
	JSON_REFUSE("oth"),
	JSON_REFUSE("k"),
	JSON_END,
};

static enum err
member(const char *name, const char *text, struct arena *a, const uint8_t **out,
    size_t *len, struct fault *f)
{
	if (text == NULL)
		return fault(f, ERR_MALFORMED, "jwk: \"%s\" is missing", name);
	if (!b64url_read(text, strlen(text), a, out, len))
		return fault(f, ERR_MALFORMED,
		    "jwk: \"%s\" is not base64url without padding", name);
	return OK;
}

static enum err
rsa_members(const struct members *m, struct arena *a, struct pubkey *k,
    struct fault *f)
{
	TRY(member("n", m->n, a, &k->a, &k->a_len, f));
	TRY(member("e", m->e, a, &k->b, &k->b_len, f));
	/* Some clients send a sign octet; the thumbprint must not see it. */
	for (; k->a_len > 0 && k->a[0] == 0; k->a++)
		k->a_len--;               /* JWS-12 */
	if (k->b_len > 0 && k->b[0] == 0) /* JWS-12 */
		return fault(f, ERR_BAD_PUBLIC_KEY,
		    "jwk: \"e\" has a leading zero octet");
	return OK;
}

/* RFC 7517, 4.2 and 4.3: a key kept for something else is not for us. */
static enum err
purpose_check(const struct members *m, struct fault *f)
{
	bool may = m->key_ops == NULL;

	for (size_t i = 0; i < m->n_key_ops; i++)
		may = may || strcmp(m->key_ops[i], "verify") == 0 ||
		      strcmp(m->key_ops[i], "sign") == 0;
	if (!may || (m->use != NULL && strcmp(m->use, "sig") != 0)) /* JWS-13 */
		return fault(f, ERR_BAD_PUBLIC_KEY,
		    "jwk: \"use\" or \"key_ops\" says it is not for signing");
	return OK;
}

static enum err
read_members(const char *json, size_t len, struct arena *a, struct members *m,
    struct pubkey *k, struct fault *f)
{
	char none[1];

	TRY(json_bind(json, len, members_fields, m, a, f));
	if (json_bind(json, len, private_fields, none, a, f) != OK) /* JWS-10 */
		return fault(f, ERR_BAD_PUBLIC_KEY,
		    "the jwk has a private or symmetric part: it is now known "
		    "to others, make a new key");
	TRY(purpose_check(m, f));                     /* JWS-13 */
	if (!key_kind_find(m->kty, m->crv, &k->kind)) /* JWS-10 */
		return fault(f, ERR_BAD_PUBLIC_KEY,
		    "unsupported kty or crv; RSA, EC with P-256, P-384 or "
		    "P-521, and OKP with Ed25519 are accepted");
	if (k->kind == KEY_RSA)
		return rsa_members(m, a, k, f);
	TRY(member("x", m->x, a, &k->a, &k->a_len, f));
	if (k->kind != KEY_ED25519)
		TRY(member("y", m->y, a, &k->b, &k->b_len, f));
	return OK;
}

static struct jwk *
make(const struct pubkey *k, const char *alg, EVP_PKEY *pkey, struct arena *a)
{
	const char *canonical = pubkey_jwk(k, a);
	size_t n = strlen(canonical);
	struct jwk *key = calloc(1, sizeof(*key) + n + 1);
	uint8_t *spki = arena_alloc(a, SPKI_MAX, 1);
	struct derw w;

	if (key == NULL)
		abort();
	derw_start(&w, spki, SPKI_MAX);
	spki_write(&w, k);
	if (!derw_end(&w))
		abort();
	key->kind = k->kind;
	key->size = k->a_len;
	if (alg != NULL)
		(void)snprintf(key->alg, sizeof(key->alg), "%s", alg);
	sha256(spki, w.len, key->spki_sha256);
	canonical_thumbprint(canonical, key->thumbprint);
	key->verifier = verifier_new(pkey);
	memcpy(key->canonical, canonical, n + 1);
	return key;
}

typedef enum err import(const struct pubkey *k, enum err code, EVP_PKEY **out,
    struct fault *f);

static enum err
parse(const char *json, size_t len, import *how, struct jwk **out,
    struct fault *f)
{
	struct arena *a = arena_new();
	struct members m = { 0 };
	struct pubkey k = { 0 };
	EVP_PKEY *pkey = NULL;
	enum err e;

	*out = NULL;
	e = read_members(json, len, a, &m, &k, f);
	if (e == OK)
		e = how(&k, ERR_BAD_PUBLIC_KEY, &pkey, f);
	if (e == OK)
		*out = make(&k, m.alg, pkey, a);
	arena_free(a);
	return e;
}

enum err
jwk_parse(const char *json, size_t len, struct jwk **out, struct fault *f)
{
	return parse(json, len, pubkey_import, out, f);
}

enum err
jwk_parse_any(const char *json, size_t len, struct jwk **out, struct fault *f)
{
	return parse(json, len, pubkey_load, out, f);
}

void
jwk_free(struct jwk *key)
{
	if (key == NULL)
		return;
	verifier_free(key->verifier);
	free(key);
}

const char *
jwk_canonical(const struct jwk *key)
{
	return key->canonical;
}

void
jwk_spki_sha256(const struct jwk *key, uint8_t out[32])
{
	memcpy(out, key->spki_sha256, SHA256_SIZE);
}

void
canonical_thumbprint(const char *canonical, char out[JWK_THUMBPRINT])
{
	uint8_t digest[SHA256_SIZE];

	sha256(canonical, strlen(canonical), digest);
	b64url_write(digest, sizeof(digest), out);
}

void
jwk_thumbprint(const struct jwk *key, char out[JWK_THUMBPRINT])
{
	memcpy(out, key->thumbprint, JWK_THUMBPRINT);
}

const char *
jwk_key_authorization(const struct jwk *key, const char *token, struct arena *a)
{
	return arena_printf(a, "%s.%s", token, key->thumbprint);
}

enum key_kind
jwk_kind(const struct jwk *key)
{
	return key->kind;
}

size_t
jwk_size(const struct jwk *key)
{
	return key->size;
}

const char *
jwk_alg(const struct jwk *key)
{
	return key->alg[0] == '\0' ? NULL : key->alg;
}

struct verifier *
jwk_verifier(const struct jwk *key)
{
	return key->verifier;
}
