/*
 * A certification request, read once, strictly.  Of what it says only the key,
 * the names and "must staple" go any further; everything else is looked at to
 * find what its sender would be wrong to expect (RFC 8555, 7.4).
 */
#include "crypto/csr.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/jwk_int.h"

enum {
	CSR_MAX = 32 * 1024,
	NAMES_MAX = 101, /* what an order may have, and a CN besides */
	NAME_MAX_LEN = 255,
	EXTENSIONS_MAX = 64, /* each is held against those before it */
	STATUS_REQUEST = 5,  /* RFC 7633; RFC 6066, 8 */
};

#define ATTRIBUTES (DER_CONTEXT | DER_CONSTRUCTED | 0)

static const uint8_t oid_cn[] = { 0x55, 0x04, 0x03 };
static const uint8_t oid_request[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x09, 0x0e }; /* extensionRequest */
static const uint8_t oid_ms_request[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82,
	0x37, 0x02, 0x01, 0x0e };

/* What is known so far. */
struct reader {
	struct arena *a;
	struct csr *out;
	struct fault *f;
	struct ident *names;
	size_t n_names;
};

static enum err
bad(struct reader *r, const char *why)
{
	return fault(r->f, ERR_BAD_CSR, "CSR: %s", why);
}

/* Text as a C string, if it is printable ASCII of a name's length. */
static const char *
text_of(struct reader *r, const struct der *d)
{
	if (d->bad || d->len == 0 || d->len > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < d->len; i++)
		if (d->at[i] <= 0x20 || d->at[i] >= 0x7f)
			return NULL;
	return arena_bytes(r->a, d->at, d->len);
}

static enum err
name_add(struct reader *r, const char *type, const char *value)
{
	struct fault why = { 0 };
	enum err e;

	if (r->n_names == NAMES_MAX) /* FIN-19 */
		return bad(r, "too many names");
	e = ident_parse(type, value, r->a, &r->names[r->n_names], &why);
	if (e != OK)
		return fault(r->f, ERR_BAD_CSR, "CSR: %.440s", why.detail);
	r->n_names++;
	return OK;
}

static enum err
address_add(struct reader *r, const struct der *d)
{
	char text[INET6_ADDRSTRLEN];

	if ((d->len != 4 && d->len != 16) ||
	    inet_ntop(d->len == 4 ? AF_INET : AF_INET6, d->at, text,
	        sizeof(text)) == NULL)
		return bad(r, "an iPAddress has 4 or 16 octets");
	return name_add(r, "ip", text);
}

/* RFC 5280, 4.2.1.6.  A kind of name we would not certify is not ignored. */
static enum err
san_read(struct reader *r, struct der value)
{
	struct der names = der_get(&value, DER_SEQUENCE), d;
	const char *text;

	if (!der_end(&value) || names.len == 0)
		return bad(r, "subjectAltName is empty or not proper DER");
	while (names.len > 0) {
		if (der_next(&names, DER_CONTEXT | 2)) {
			d = der_get(&names, DER_CONTEXT | 2);
			if ((text = text_of(r, &d)) == NULL)
				return bad(r, "a dNSName is no host name");
			TRY(name_add(r, "dns", text));
		} else if (der_next(&names, DER_CONTEXT | 7)) {
			d = der_get(&names, DER_CONTEXT | 7);
			TRY(address_add(r, &d));
		} else {
			return bad(r,
			    "subjectAltName has a name that is neither a "
			    "dNSName nor an iPAddress");
		}
	}
	return der_end(&names) ? OK
	                       : bad(r, "subjectAltName is not proper DER");
}

static enum err
basic_constraints_read(struct reader *r, struct der value)
{
	struct der d = der_get(&value, DER_SEQUENCE);

	if (!der_end(&value))
		return bad(r, "basicConstraints is not proper DER");
	/* FALSE is the default, which DER leaves out; some write it down. */
	if (der_next(&d, DER_BOOLEAN)) {
		struct der ca = der_get(&d, DER_BOOLEAN);

		if (!der_equal(&ca, "\0", 1)) /* FIN-11 */
			return bad(r, "asks to be a CA (basicConstraints)");
	}
	return d.len == 0 ? OK : bad(r, "basicConstraints has a path length");
}

static enum err
key_usage_read(struct reader *r, struct der value)
{
	enum { KEY_CERT_SIGN = 0x04 }; /* bit 5, counted from the left */
	struct der bits = der_get(&value, DER_BIT_STRING);

	if (!der_end(&value) || bits.len == 0)
		return bad(r, "keyUsage is not proper DER");
	if (bits.len > 1 && (bits.at[1] & KEY_CERT_SIGN) != 0) /* FIN-11 */
		return bad(r, "asks to sign certificates (keyUsage)");
	return OK;
}

static enum err
tls_feature_read(struct reader *r, struct der value)
{
	struct der list = der_get(&value, DER_SEQUENCE), n;

	while (list.len > 0) {
		n = der_uint(&list);
		if (n.len == 1 && n.at[0] == STATUS_REQUEST)
			r->out->must_staple = true;
	}
	return der_end(&list) && der_end(&value)
	           ? OK
	           : bad(r, "the TLS feature extension is not proper DER");
}

/* Well-known wishes that cost nothing to ignore. */
static enum err
ignore(struct reader *r, struct der value)
{
	(void)r;
	(void)value;
	return OK;
}

static const struct extension {
	uint8_t len, oid[8];
	enum err (*read)(struct reader *r, struct der value);
} extensions[] = {
	{ 3, { 0x55, 0x1d, 0x11 }, san_read },
	{ 3, { 0x55, 0x1d, 0x13 }, basic_constraints_read },
	{ 3, { 0x55, 0x1d, 0x0f }, key_usage_read },
	{ 8, { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18 },
	    tls_feature_read },
	{ 3, { 0x55, 0x1d, 0x0e }, ignore }, /* subjectKeyIdentifier */
	{ 3, { 0x55, 0x1d, 0x25 }, ignore }, /* extKeyUsage */
};
enum { N_EXTENSIONS = sizeof(extensions) / sizeof(extensions[0]) };

/* One Extension; `seen` are those that came before it. */
static enum err
extension_read(struct reader *r, struct der *list, const struct der *seen)
{
	struct der e = der_get(list, DER_SEQUENCE);
	struct der oid = der_get(&e, DER_OID), flag, value, past, before;
	bool critical = der_next(&e, DER_BOOLEAN);

	if (critical) {
		flag = der_get(&e, DER_BOOLEAN);
		if (!der_equal(&flag, "\xff", 1))
			return bad(r, "an extension is not proper DER");
	}
	value = der_get(&e, DER_OCTET_STRING);
	if (!der_end(&e))
		return bad(r, "an extension is not proper DER");
	for (past = *seen; past.len > 0;) {
		before = der_get(&past, DER_SEQUENCE);
		before = der_get(&before, DER_OID);
		if (der_equal(&before, oid.at, oid.len))
			return bad(r, "an extension is asked for twice");
	}
	for (unsigned i = 0; i < N_EXTENSIONS; i++)
		if (der_equal(&oid, extensions[i].oid, extensions[i].len))
			return extensions[i].read(r, value);
	if (critical) /* FIN-11 */
		return bad(r, "asks for a critical extension we do not know");
	return OK;
}

static enum err
extensions_read(struct reader *r, struct der value)
{
	struct der list = der_get(&value, DER_SEQUENCE);
	const uint8_t *first = list.at;
	size_t n = 0;

	if (!der_end(&value))
		return bad(r, "extensionRequest has not exactly one value");
	while (list.len > 0) {
		if (n++ == EXTENSIONS_MAX) /* FIN-19 */
			return bad(r, "too many extensions");
		const struct der seen =
		    der_over(first, (size_t)(list.at - first));

		TRY(extension_read(r, &list, &seen));
	}
	return list.bad ? bad(r, "an extension is not proper DER") : OK;
}

/* RFC 2986, 4.1.  Microsoft has an OID of its own for extensionRequest. */
static enum err
attributes_read(struct reader *r, struct der set)
{
	struct der wanted = der_over(NULL, 0), one, oid, values;
	bool found = false;

	if (!der_sorted(&set))
		return bad(r, "its attributes are not in DER's order");
	while (set.len > 0) {
		one = der_get(&set, DER_SEQUENCE);
		oid = der_get(&one, DER_OID);
		values = der_get(&one, DER_SET);
		if (!der_end(&one))
			return bad(r, "an attribute is not proper DER");
		if (!der_equal(&oid, oid_request, sizeof(oid_request)) &&
		    !der_equal(&oid, oid_ms_request, sizeof(oid_ms_request)))
			continue;
		/* FIN-08 */
		if (found && !der_equal(&values, wanted.at, wanted.len))
			return bad(r, "two extensionRequests that differ");
		wanted = values;
		found = true;
	}
	return found ? extensions_read(r, wanted) : OK;
}

/* The only CN of a subject; bad if there is none. */
static enum err
common_name(struct reader *r, struct der subject, struct der *out)
{
	struct der rdns = der_get(&subject, DER_SEQUENCE), rdn, atav, oid, text;

	*out = (struct der){ .bad = true };
	while (rdns.len > 0) {
		rdn = der_get(&rdns, DER_SET);
		do {
			atav = der_get(&rdn, DER_SEQUENCE);
			oid = der_get(&atav, DER_OID);
			text = der_any(&atav);
			if (!der_end(&atav))
				return bad(r, "its subject is not proper DER");
			/* FIN-08, FIN-12 */
			if (!der_equal(&oid, oid_cn, sizeof(oid_cn)))
				continue;
			if (!out->bad) /* FIN-08 */
				return bad(r, "more than one CN");
			*out = text;
		} while (rdn.len > 0);
	}
	return der_end(&rdns) && der_end(&subject)
	           ? OK
	           : bad(r, "its subject is not proper DER");
}

static bool
has_address(const struct reader *r, const char *text)
{
	for (size_t i = 0; i < r->n_names; i++)
		if (r->names[i].type == IDENT_IP &&
		    strcmp(r->names[i].value, text) == 0)
			return true;
	return false;
}

/* 7.4: a name may be in the CN, in the SAN, or in both; an address may not. */
static enum err
subject_read(struct reader *r, struct der subject)
{
	static const uint8_t kinds[] = { DER_UTF8, DER_PRINTABLE, DER_T61,
		DER_IA5 };
	uint8_t address[16];
	struct der cn, inner = { .bad = true };
	const char *text;

	TRY(common_name(r, subject, &cn));
	if (cn.bad)
		return OK;
	for (unsigned i = 0; i < sizeof(kinds); i++)
		if (der_next(&cn, kinds[i]))
			inner = der_get(&cn, kinds[i]);
	if ((text = text_of(r, &inner)) == NULL)
		return bad(r, "its CN is not a host name");
	if (inet_pton(AF_INET, text, address) != 1 &&
	    inet_pton(AF_INET6, text, address) != 1)
		return name_add(r, "dns", text);
	return has_address(r, text) ? OK
	                            : bad(r, "its CN is an address that is not "
	                                     "in its subjectAltName");
}

static void
names_settle(struct reader *r)
{
	size_t n = 0;

	qsort(r->names, r->n_names, sizeof(r->names[0]), ident_compare);
	for (size_t i = 0; i < r->n_names; i++)
		if (n == 0 || !ident_equal(&r->names[n - 1], &r->names[i]))
			r->names[n++] = r->names[i];
	r->out->names = r->names;
	r->out->n_names = n;
}

/* The key, and that whoever sent this holds its other half. */
static enum err
key_read(struct reader *r, const struct der *spki, const struct der *info,
    const struct der *algorithm, const struct der *signature)
{
	struct pubkey k;
	struct scheme scheme;
	struct verifier *v;
	EVP_PKEY *pkey;
	bool ok;

	TRY(spki_read(spki, ERR_BAD_CSR, &k, r->f));
	if (!scheme_read(algorithm, k.kind, &scheme)) /* FIN-06 */
		return bad(r,
		    "not signed with an algorithm for its key that is "
		    "accepted here; use SHA-256 or better");
	TRY(pubkey_import(&k, ERR_BAD_CSR, &pkey, r->f));
	v = verifier_new(pkey);
	ok = verifier_check(v, &scheme, info->at, info->len, signature->at,
	    signature->len);
	verifier_free(v);
	if (!ok) /* FIN-06 */
		return bad(r, "its signature does not match its key");
	canonical_thumbprint(pubkey_jwk(&k, r->a), r->out->thumbprint);
	r->out->spki = (uint8_t *)arena_bytes(r->a, spki->at, spki->len);
	r->out->spki_len = spki->len;
	sha256(spki->at, spki->len, r->out->spki_sha256);
	return OK;
}

enum err
csr_parse(const uint8_t *der, size_t len, struct arena *a, struct csr *out,
    struct fault *f)
{
	struct reader r = { .a = a, .out = out, .f = f };
	const struct der whole = der_over(der, len);
	struct der all = whole, request, info, body;
	struct der algorithm, signature, version, subject, spki, attributes;

	memset(out, 0, sizeof(*out));
	if (len > CSR_MAX) /* FIN-19 */
		return fault(f, ERR_BAD_CSR, "CSR: longer than %d octets",
		    (int)CSR_MAX);
	if (len > 0 && der[0] == '-')
		return bad(&r, "this is PEM; the DER inside it is wanted");
	request = der_get(&all, DER_SEQUENCE);
	info = der_raw(&request, DER_SEQUENCE);
	algorithm = der_raw(&request, DER_SEQUENCE);
	signature = der_bits(&request);
	/* FIN-06 */
	if (!der_end(&all) || !der_end(&request) || !der_sound(&whole))
		return bad(&r, "not one PKCS#10 request in DER");
	body = info;
	body = der_get(&body, DER_SEQUENCE);
	version = der_uint(&body);
	subject = der_raw(&body, DER_SEQUENCE);
	spki = der_raw(&body, DER_SEQUENCE);
	attributes = der_over(NULL, 0);
	if (der_next(&body, ATTRIBUTES))
		attributes = der_get(&body, ATTRIBUTES);
	if (!der_end(&body) || version.len != 0) /* FIN-06 */
		return bad(&r, "not a PKCS#10 request of version 1");
	r.names = ARENA_ARRAY(a, struct ident, NAMES_MAX);
	TRY(attributes_read(&r, attributes));
	TRY(subject_read(&r, subject));
	if (r.n_names == 0)
		return bad(&r, "it names nothing; add a subjectAltName");
	TRY(key_read(&r, &spki, &info, &algorithm, &signature));
	names_settle(&r);
	return OK;
}
