#include "crypto/jws.h"

#include <string.h>

#include <openssl/rsa.h>

#include "base/b64url.h"
#include "base/json.h"
#include "crypto/jwk_int.h"

enum {
	BODY_MAX = 64 * 1024,
	HEADER_MAX = 8 * 1024,
	SIGNATURE_MAX = 1024, /* RSA of 8192 bits */
	NONCE_MAX = 256,
	ECDSA_MAX = 2 * 66 + 12, /* as DER */
};

/* RFC 7518, 3.1; RFC 8037.  A row binds algorithm, key and signature. */
static const struct alg {
	const char *name;
	enum key_kind kind;
	size_t signature; /* octets; 0: as many as the modulus */
	struct scheme scheme;
} algs[] = {
	/* clang-format off */
	{ "ES256", KEY_P256,    64,  { MD_SHA256, 0, 0 } },
	{ "ES384", KEY_P384,    96,  { MD_SHA384, 0, 0 } },
	{ "ES512", KEY_P521,    132, { MD_SHA512, 0, 0 } },
	{ "RS256", KEY_RSA,     0,   { MD_SHA256, RSA_PKCS1_PADDING, 0 } },
	{ "PS256", KEY_RSA,     0,   { MD_SHA256, RSA_PKCS1_PSS_PADDING, 32 } },
	{ "EdDSA", KEY_ED25519, 64,  { MD_NONE, 0, 0 } },
	/* clang-format on */
};
enum { N_ALGS = sizeof(algs) / sizeof(algs[0]) };

const char *
jws_algorithm_at(unsigned i)
{
	return i < N_ALGS ? algs[i].name : NULL;
}

static const struct alg *
alg_find(const char *name)
{
	for (unsigned i = 0; i < N_ALGS; i++)
		if (strcmp(algs[i].name, name) == 0)
			return &algs[i];
	return NULL;
}

static const struct json_field body_fields[] = {
	/* JWS-02 */
	JSON_STR_REQUIRED("protected", struct jws_inner, protected, 1,
	    B64URL_LEN(HEADER_MAX)),
	/* JWS-02, JWS-05 */
	JSON_STR_REQUIRED("payload", struct jws_inner, payload, 0, BODY_MAX),
	/* JWS-02 */
	JSON_STR_REQUIRED("signature", struct jws_inner, signature, 1,
	    B64URL_LEN(SIGNATURE_MAX)),
	JSON_REFUSE("header"),     /* JWS-03 */
	JSON_REFUSE("signatures"), /* JWS-02 */
	JSON_END,
};

const struct json_field jws_inner_schema[] = {
	JSON_STR_REQUIRED("protected", struct jws_inner, protected, 1,
	    B64URL_LEN(HEADER_MAX)),
	JSON_STR_REQUIRED("payload", struct jws_inner, payload, 0, BODY_MAX),
	JSON_STR_REQUIRED("signature", struct jws_inner, signature, 1,
	    B64URL_LEN(SIGNATURE_MAX)),
	JSON_END_CLOSED,
};
const size_t jws_inner_size = sizeof(struct jws_inner);

static const struct json_field header_fields[] = {
	JSON_STR_REQUIRED("alg", struct jws, alg, 1, 64), /* JWS-07 */
	JSON_STR("nonce", struct jws, nonce, NONCE_MAX),
	JSON_STR_REQUIRED("url", struct jws, url, 1, HEADER_MAX), /* JWS-07 */
	JSON_STR("kid", struct jws, kid, HEADER_MAX),
	JSON_RAW("jwk", struct jws, jwk, jwk_len),
	JSON_REFUSE("crit"), /* JWS-04; 7515, 4.1.11: no extension here */
	JSON_REFUSE("b64"),  /* JWS-04; 8555, 6.2 */
	JSON_END,
};

static const struct json_field inner_header_fields[] = {
	JSON_STR_REQUIRED("alg", struct jws, alg, 1, 64),
	JSON_STR_REQUIRED("url", struct jws, url, 1, HEADER_MAX),
	JSON_STR("kid", struct jws, kid, HEADER_MAX),
	JSON_RAW("jwk", struct jws, jwk, jwk_len),
	JSON_REFUSE("nonce"), /* NON-16 */
	JSON_REFUSE("crit"),
	JSON_REFUSE("b64"),
	JSON_END,
};

/* What is read of a frame that is otherwise refused: its nonce is spent. */
static const struct json_field protected_only[] = {
	JSON_STR_REQUIRED("protected", struct jws_inner, protected, 1,
	    B64URL_LEN(HEADER_MAX)),
	JSON_END,
};
static const struct json_field nonce_only[] = {
	JSON_STR_REQUIRED("nonce", struct jws, nonce, 1, NONCE_MAX),
	JSON_END,
};

/* 8555, 6.5.1: base64url, or malformed. */
static bool
nonce_legal(const char *nonce)
{
	return nonce[strspn(nonce,
	           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	           "0123456789-_")] == '\0';
}

static enum err
decode(const char *name, const char *text, struct arena *a, const uint8_t **out,
    size_t *len, struct fault *f)
{
	if (!b64url_read(text, strlen(text), a, out, len)) /* JWS-06 */
		return fault(f, ERR_MALFORMED,
		    "JWS: \"%s\" is not base64url without padding", name);
	return OK;
}

static enum err
one_key(const struct jws *j, struct fault *f)
{
	if ((j->kid == NULL) == (j->jwk == NULL))
		return fault(f, ERR_MALFORMED,
		    "JWS: exactly one of \"kid\" and \"jwk\" is needed in the "
		    "protected header");
	return OK;
}

static enum err
header_check(const struct jws *j, struct fault *f)
{
	if (j->nonce != NULL && !nonce_legal(j->nonce)) /* NON-10 */
		return fault(f, ERR_MALFORMED,
		    "JWS: \"nonce\" is not base64url");
	TRY(one_key(j, f));           /* JWS-07 */
	if (alg_find(j->alg) == NULL) /* JWS-08 */
		return fault(f, ERR_BAD_SIGNATURE_ALGORITHM,
		    "JWS: signature algorithm not accepted here");
	if (j->nonce == NULL || j->nonce[0] == '\0') /* NON-10, JWS-07 */
		return fault(f, ERR_BAD_NONCE,
		    "JWS has an invalid anti-replay nonce: it has none");
	return OK;
}

/* 7515, 5.2: signed is what was sent, not what we would have sent. */
static void
signing_input(const struct jws_inner *b, struct arena *a, struct jws *out)
{
	size_t n = strlen(b->protected), m = strlen(b->payload);
	char *text = arena_alloc(a, n + 1 + m + 1, 1);

	memcpy(text, b->protected, n);
	text[n] = '.';
	memcpy(text + n + 1, b->payload, m);
	out->signing_input = text;
	out->signing_input_len = n + 1 + m;
}

static enum err
open_frame(const struct jws_inner *b, const struct json_field *fields,
    struct arena *a, struct jws *out, struct fault *f)
{
	const uint8_t *header, *payload;
	size_t header_len;

	TRY(decode("protected", b->protected, a, &header, &header_len, f));
	TRY(decode("payload", b->payload, a, &payload, &out->payload_len, f));
	TRY(decode("signature", b->signature, a, &out->signature,
	    &out->signature_len, f));
	out->payload = (const char *)payload;
	signing_input(b, a, out);
	return json_bind((const char *)header, header_len, fields, out, a, f);
}

static enum err
parse(const char *body, size_t len, struct arena *a, struct jws *out,
    struct fault *f)
{
	struct jws_inner b = { 0 };

	if (len > BODY_MAX)
		return fault(f, ERR_MALFORMED, "JWS: longer than %d octets",
		    (int)BODY_MAX);
	TRY(json_bind(body, len, body_fields, &b, a, f));
	TRY(open_frame(&b, header_fields, a, out, f));
	return header_check(out, f);
}

enum err
jws_inner_parse(const struct jws_inner *in, struct arena *a, struct jws *out,
    struct fault *f)
{
	memset(out, 0, sizeof(*out));
	TRY(open_frame(in, inner_header_fields, a, out, f));
	return one_key(out, f);
}

static const char *
nonce_of_refused(const char *body, size_t len, struct arena *a)
{
	struct jws_inner b = { 0 };
	struct jws j = { 0 };
	struct fault ignored = { 0 };
	const uint8_t *header;
	size_t header_len;

	if (len > BODY_MAX ||
	    json_bind(body, len, protected_only, &b, a, &ignored) != OK ||
	    decode("protected", b.protected, a, &header, &header_len,
	        &ignored) != OK ||
	    json_bind((const char *)header, header_len, nonce_only, &j, a,
	        &ignored) != OK)
		return NULL;
	return j.nonce;
}

enum err
jws_parse(const char *body, size_t len, struct arena *a, struct jws *out,
    struct fault *f)
{
	enum err e;

	memset(out, 0, sizeof(*out));
	e = parse(body, len, a, out, f);
	if (e != OK) /* NON-09 */
		out->nonce = nonce_of_refused(body, len, a);
	if (out->nonce != NULL && !nonce_legal(out->nonce))
		out->nonce = NULL;
	return e;
}

/* OpenSSL wants SEQUENCE { r, s }; a JWS has them raw, side by side. */
static size_t
ecdsa_der(const struct jws *j, uint8_t out[ECDSA_MAX])
{
	size_t half = j->signature_len / 2;
	struct derw w;

	derw_start(&w, out, ECDSA_MAX);
	derw_open(&w, DER_SEQUENCE);
	derw_uint(&w, j->signature, half);
	derw_uint(&w, j->signature + half, half);
	derw_close(&w);
	return derw_end(&w) ? w.len : 0;
}

/* It is the key's fault if it came with the frame. */
static enum err
mismatch(const struct jws *j, const char *alg, struct fault *f)
{
	return fault(f, j->jwk != NULL ? ERR_BAD_PUBLIC_KEY : ERR_MALFORMED,
	    "JWS: the key is not one for algorithm %s", alg);
}

enum err
jws_verify(const struct jws *j, const struct jwk *key, struct fault *f)
{
	const struct alg *alg = alg_find(j->alg);
	const uint8_t *sig = j->signature;
	uint8_t der[ECDSA_MAX];
	size_t want, len = j->signature_len;

	if (alg == NULL) /* JWS-08 */
		return fault(f, ERR_BAD_SIGNATURE_ALGORITHM,
		    "JWS: signature algorithm not accepted here");
	/* JWS-09, JWS-13 */
	if (alg->kind != jwk_kind(key) ||
	    (jwk_alg(key) != NULL && strcmp(jwk_alg(key), alg->name) != 0))
		return mismatch(j, alg->name, f);
	want = alg->signature != 0 ? alg->signature : jwk_size(key);
	if (len != want) /* JWS-11 */
		return fault(f, ERR_MALFORMED,
		    "JWS: signature has %zu octets; %s with this key needs "
		    "%zu",
		    len, alg->name, want);
	if (alg->kind <= KEY_P521) {
		len = ecdsa_der(j, der);
		sig = der;
	}
	/* JWS-17 */
	if (!verifier_check(jwk_verifier(key), &alg->scheme, j->signing_input,
	        j->signing_input_len, sig, len))
		return fault(f, ERR_MALFORMED,
		    "JWS: the signature does not match");
	return OK;
}
