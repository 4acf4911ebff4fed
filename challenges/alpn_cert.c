#include "challenges/alpn_cert_int.h"

#include <string.h>
#include <strings.h>

#include "challenges/evidence_int.h"
#include "crypto/der.h"
#include "crypto/digest.h"

enum { EXTENSIONS_MAX = 64, NAME_SHOWN = 100 };

#define VERSION    (DER_CONTEXT | DER_CONSTRUCTED | 0)
#define EXTENSIONS (DER_CONTEXT | DER_CONSTRUCTED | 3)
#define DNS_NAME   (DER_CONTEXT | 2)
#define IP_ADDRESS (DER_CONTEXT | 7)

static const uint8_t oid_san[] = { 0x55, 0x1d, 0x11 };
/* 1.3.6.1.5.5.7.1.31 */
static const uint8_t oid_acme[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01,
	0x1f };

struct extension {
	struct der oid, value;
	bool critical;
};

struct extensions {
	struct extension at[EXTENSIONS_MAX];
	size_t n;
};

static bool
same(const struct der *a, const struct der *b)
{
	return der_equal(a, b->at, b->len);
}

static const struct extension *
find(const struct extensions *x, const uint8_t *oid, size_t len)
{
	for (size_t i = 0; i < x->n; i++)
		if (der_equal(&x->at[i].oid, oid, len))
			return &x->at[i];
	return NULL;
}

static enum err
read_extensions(struct der *tbs, struct extensions *out, struct fault *f)
{
	struct der outer = der_get(tbs, EXTENSIONS);
	struct der list = der_get(&outer, DER_SEQUENCE);

	out->n = 0;
	while (list.len > 0 && !list.bad) {
		struct der one = der_get(&list, DER_SEQUENCE), critical;
		struct extension *x = &out->at[out->n];

		if (out->n == EXTENSIONS_MAX)
			return fault(f, ERR_UNAUTHORIZED,
			    "its certificate has more than %d extensions",
			    EXTENSIONS_MAX);
		x->oid = der_get(&one, DER_OID);
		critical = der_over(NULL, 0);
		if (der_next(&one, DER_BOOLEAN))
			critical = der_get(&one, DER_BOOLEAN);
		x->critical = der_equal(&critical, "\xff", 1);
		x->value = der_get(&one, DER_OCTET_STRING);
		if (!der_end(&one))
			return fault(f, ERR_UNAUTHORIZED,
			    "its certificate is no DER");
		for (size_t i = 0; i < out->n; i++)
			if (same(&out->at[i].oid, &x->oid)) /* A01-03 */
				return fault(f, ERR_UNAUTHORIZED,
				    "its certificate has an extension twice");
		out->n++;
	}
	if (!der_end(&list) || !der_end(&outer))
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate is no DER, or without extensions");
	return OK;
}

/* To the extensions; the names of issuer and subject must be the same. */
static enum err
read_cert(const uint8_t *der, size_t len, struct extensions *out,
    struct fault *f)
{
	const struct der whole = der_over(der, len);
	struct der all = whole, cert = der_get(&all, DER_SEQUENCE);
	struct der tbs = der_get(&cert, DER_SEQUENCE), issuer, subject;

	(void)der_get(&cert, DER_SEQUENCE); /* the signature's algorithm */
	(void)der_bits(&cert);
	(void)der_get(&tbs, VERSION);
	(void)der_get(&tbs, DER_INTEGER);
	(void)der_get(&tbs, DER_SEQUENCE);
	issuer = der_raw(&tbs, DER_SEQUENCE);
	(void)der_get(&tbs, DER_SEQUENCE); /* validity: not judged */
	subject = der_raw(&tbs, DER_SEQUENCE);
	(void)der_get(&tbs, DER_SEQUENCE); /* the key */
	while (tbs.len > 0 && !tbs.bad && !der_next(&tbs, EXTENSIONS))
		(void)der_any(&tbs); /* unique identifiers, of old */
	/* A01-03 */
	if (!der_end(&all) || !der_end(&cert) || tbs.bad || !der_sound(&whole))
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate is no X.509 version 3 in DER");
	if (!same(&issuer, &subject)) /* A01-03 */
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate is issued by somebody else, not "
		    "self-signed: is it the server's usual one?");
	TRY(read_extensions(&tbs, out, f));
	if (!der_end(&tbs))
		return fault(f, ERR_UNAUTHORIZED, "its certificate is no DER");
	return OK;
}

static bool
name_matches(struct der *names, const struct ident *ident)
{
	unsigned char bytes[16];
	size_t n = ident_address(ident, bytes);
	struct der name;

	if (n > 0) {
		name = der_get(names, IP_ADDRESS);
		return !name.bad && der_equal(&name, bytes, n);
	}
	name = der_get(names, DNS_NAME);
	return !name.bad && !names->bad && name.len == strlen(ident->value) &&
	       strncasecmp((const char *)name.at, ident->value, name.len) == 0;
}

/* What a name is, for people. */
static const char *
shown(struct der name, struct arena *a)
{
	if (der_next(&name, DNS_NAME)) {
		struct der text = der_get(&name, DNS_NAME);

		return printable(a, (const char *)text.at, text.len,
		    NAME_SHOWN);
	}
	return "something else";
}

static enum err
judge_name(const struct extensions *x, const struct ident *ident,
    struct arena *a, struct fault *f)
{
	const struct extension *san = find(x, oid_san, sizeof(oid_san));
	struct der value, names, first, rest;
	size_t n = 0;

	if (san == NULL) /* A01-03 */
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate has no subjectAltName");
	value = san->value;
	names = der_get(&value, DER_SEQUENCE);
	first = rest = names;
	while (rest.len > 0 && !rest.bad) {
		(void)der_any(&rest);
		n++;
	}
	if (!der_end(&rest) || !der_end(&value))
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate's subjectAltName is no DER");
	if (n != 1) /* A01-03 */
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate has %zu names; exactly one is needed, "
		    "%.253s",
		    n, ident->value);
	if (!name_matches(&names, ident)) /* A01-03 */
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate is for %s, not for %.253s",
		    shown(first, a), ident->value);
	return OK;
}

static enum err
judge_digest(const struct extensions *x, const uint8_t digest[ALPN_DIGEST],
    struct alpn_seen *seen, struct fault *f)
{
	const struct extension *id = find(x, oid_acme, sizeof(oid_acme));
	char seen_text[DIGEST_TEXT], expected_text[DIGEST_TEXT];
	struct der value, octets;

	if (id == NULL) /* A01-03 */
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate has no acmeIdentifier "
		    "(1.3.6.1.5.5.7.1.31): is it the server's usual one?");
	if (!id->critical) /* A01-03 */
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate's acmeIdentifier is not critical");
	value = id->value;
	octets = der_get(&value, DER_OCTET_STRING);
	if (!der_end(&value) || octets.len != ALPN_DIGEST) /* A01-03 */
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate's acmeIdentifier is no OCTET STRING of 32 "
		    "bytes in DER");
	seen->digest = octets.at;
	digest_text(octets.at, seen_text);
	digest_text(digest, expected_text);
	if (!bytes_equal(octets.at, digest, ALPN_DIGEST)) /* A01-03 */
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate's acmeIdentifier is %s..., not %s..., the "
		    "digest of the key authorization",
		    seen_text, expected_text);
	return OK;
}

enum err
alpn_cert_judge(const uint8_t *der, size_t len, const struct ident *ident,
    const uint8_t digest[ALPN_DIGEST], struct alpn_seen *seen, struct arena *a,
    struct fault *f)
{
	struct extensions *x = ARENA_NEW(a, struct extensions);

	seen->digest = NULL;
	TRY(read_cert(der, len, x, f));
	TRY(judge_name(x, ident, a, f));
	return judge_digest(x, digest, seen, f);
}
