#include "crypto/crl.h"
#include "crypto/profile_int.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "crypto/x509_int.h"

enum {
	EXTENSIONS_MAX = 4096,
	LIFETIME_MAX = 10 * 366 * 86400,
	OID_MAX = 64,
	URL_MAX = 1024,
};

_Static_assert(KEYS_P256 == 1 << KEY_P256 && KEYS_P384 == 1 << KEY_P384 &&
                   KEYS_P521 == 1 << KEY_P521 &&
                   KEYS_ED25519 == 1 << KEY_ED25519 &&
                   KEYS_RSA == 1 << KEY_RSA &&
                   KEYS_ALL == (1 << KEY__COUNT) - 1,
    "KEYS_ bits are those of enum key_kind");

static struct der
kept(struct profile *p, const void *data, size_t len)
{
	return der_over(arena_bytes(p->mem, data, len), len);
}

static const char *
kept_text(struct profile *p, const char *text)
{
	return text == NULL ? NULL : arena_text(p->mem, text);
}

static void
keep_spec(struct profile *p, const struct profile_spec *spec)
{
	struct profile_spec *s = &p->spec;
	const char **policies =
	    ARENA_ARRAY(p->mem, const char *, spec->n_policies + 1);

	*s = *spec;
	for (size_t i = 0; i < spec->n_policies; i++)
		policies[i] = kept_text(p, spec->policies[i]);
	s->policies = policies;
	s->name = p->name = kept_text(p, spec->name);
	s->crl_url = kept_text(p, spec->crl_url);
	s->ocsp_url = kept_text(p, spec->ocsp_url);
	s->issuer_url = kept_text(p, spec->issuer_url);
	p->lifetime_s = spec->lifetime_s;
	p->backdate_s = spec->backdate_s;
	p->key_types = spec->key_types == 0 ? KEYS_ALL : spec->key_types;
	p->must_staple = spec->must_staple;
}

/* The issuer's name, key and times, and how it signs. */
static enum err
issuer_read(struct profile *p, X509 *x, struct fault *f)
{
	uint8_t *name = NULL, *spki = NULL;
	int name_len = i2d_X509_NAME(X509_get_subject_name(x), &name);
	int spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	struct pubkey k;
	struct scheme scheme;
	enum err e = OK;

	if (name_len <= 0 || spki_len <= 0)
		abort();
	p->issuer_name = kept(p, name, (size_t)name_len);
	p->issuer_spki = kept(p, spki, (size_t)spki_len);
	OPENSSL_free(name);
	OPENSSL_free(spki);
	if (p->issuer_name.len <= 2)
		e = fault(f, ERR_INTERNAL, "the issuer has no name");
	else if (!x509_times(x, &p->issuer_begin, &p->issuer_end))
		e = fault(f, ERR_INTERNAL, "the issuer has no proper dates");
	else if (!x509_may_issue(x))
		e = fault(f, ERR_INTERNAL,
		    "the issuer may not sign certificates");
	else if ((e = spki_read(&p->issuer_spki, ERR_INTERNAL, &k, f)) == OK &&
	         !issuer_scheme(k.kind, &scheme, &p->algorithm))
		e = fault(f, ERR_INTERNAL,
		    "the issuer's key must be P-256, P-384 or RSA");
	return e;
}

static void
oid_open(struct derw *w, const void *oid, size_t len, bool critical)
{
	static const uint8_t yes = 0xff;

	derw_open(w, DER_SEQUENCE);
	derw_put(w, DER_OID, oid, len);
	if (critical)
		derw_put(w, DER_BOOLEAN, &yes, 1);
	derw_open(w, DER_OCTET_STRING);
}

/* One of RFC 5280's own: id-ce, 2.5.29.… */
static void
extension_open(struct derw *w, uint8_t last, bool critical)
{
	const uint8_t oid[] = { 0x55, 0x1d, last };

	oid_open(w, oid, sizeof(oid), critical);
}

static void
extension_close(struct derw *w)
{
	derw_close(w);
	derw_close(w);
}

/* RFC 5280, 4.2.1.1: by key identifier only. */
static enum err
authority_write(struct profile *p, struct derw *w, X509 *x, struct fault *f)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);

	if (id == NULL || ASN1_STRING_length(id) <= 0)
		return fault(f, ERR_INTERNAL,
		    "the issuer has no subjectKeyIdentifier");
	p->issuer_key_id =
	    kept(p, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	extension_open(w, 35, false);
	derw_open(w, DER_SEQUENCE);
	derw_put(w, DER_CONTEXT | 0, p->issuer_key_id.at, p->issuer_key_id.len);
	derw_close(w);
	extension_close(w);
	return OK;
}

static enum err
usages_write(struct derw *w, unsigned usages, struct fault *f)
{
	static const uint8_t digital_signature[] = { 0x07, 0x80 };
	uint8_t purpose[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0 };

	if (usages == 0 || usages > (USAGE_SERVER_AUTH | USAGE_CLIENT_AUTH))
		return fault(f, ERR_INTERNAL, "no usage, or an unknown one");
	extension_open(w, 15, true);
	derw_put(w, DER_BIT_STRING, digital_signature,
	    sizeof(digital_signature));
	extension_close(w);
	extension_open(w, 37, false);
	derw_open(w, DER_SEQUENCE);
	for (uint8_t i = 0; i < 2; i++)
		if ((usages & 1U << i) != 0) {
			purpose[7] = (uint8_t)(i + 1);
			derw_put(w, DER_OID, purpose, sizeof(purpose));
		}
	derw_close(w);
	extension_close(w);
	return OK;
}

static enum err
policies_write(struct derw *w, const struct profile_spec *spec, struct fault *f)
{
	if (spec->n_policies == 0)
		return OK;
	extension_open(w, 32, false);
	derw_open(w, DER_SEQUENCE);
	for (size_t i = 0; i < spec->n_policies; i++) {
		ASN1_OBJECT *oid = OBJ_txt2obj(spec->policies[i], 1);
		size_t len = oid == NULL ? 0 : OBJ_length(oid);

		if (len != 0 && len <= OID_MAX) {
			derw_open(w, DER_SEQUENCE);
			derw_put(w, DER_OID, OBJ_get0_data(oid), len);
			derw_close(w);
		}
		ASN1_OBJECT_free(oid);
		if (len == 0 || len > OID_MAX)
			return fault(f, ERR_INTERNAL,
			    "policy \"%.80s\" is not an OID",
			    spec->policies[i]);
	}
	derw_close(w);
	extension_close(w);
	return OK;
}

/* Plain http, which nobody needs a certificate to fetch. */
static enum err
url_check(const char *url, struct fault *f)
{
	size_t len = url == NULL ? 0 : strlen(url);

	if (url == NULL)
		return OK;
	if (strncmp(url, "http://", 7) != 0 || len > URL_MAX) /* CPR-11 */
		return fault(f, ERR_INTERNAL,
		    "\"%.80s\" is not an http URL to put into certificates",
		    url);
	for (size_t i = 0; i < len; i++)
		if (url[i] <= 0x20 || url[i] >= 0x7f)
			return fault(f, ERR_INTERNAL,
			    "a URL to put into certificates must be ASCII");
	return OK;
}

/* RFC 5280, 4.2.1.13: one point, its full name, one URL. */
static void
crl_write(struct derw *w, const char *url)
{
	if (url == NULL)
		return;
	extension_open(w, 31, false);
	derw_open(w, DER_SEQUENCE);
	derw_open(w, DER_SEQUENCE);
	derw_open(w, DER_CONTEXT | DER_CONSTRUCTED | 0);
	derw_open(w, DER_CONTEXT | DER_CONSTRUCTED | 0);
	derw_put(w, DER_CONTEXT | 6, url, strlen(url));
	derw_close(w);
	derw_close(w);
	derw_close(w);
	derw_close(w);
	extension_close(w);
}

/* id-ad-ocsp is …48.1, id-ad-caIssuers …48.2 (RFC 5280, 4.2.2.1). */
static void
access_write(struct derw *w, uint8_t last, const char *url)
{
	const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30,
		last };

	if (url == NULL)
		return;
	derw_open(w, DER_SEQUENCE);
	derw_put(w, DER_OID, oid, sizeof(oid));
	derw_put(w, DER_CONTEXT | 6, url, strlen(url));
	derw_close(w);
}

static enum err
revocation_write(struct derw *w, const struct profile_spec *spec,
    const char *crl, struct fault *f)
{
	static const uint8_t null[] = { DER_NULL, 0 };
	static const uint8_t aia[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01,
		0x01 };

	TRY(url_check(crl, f));
	TRY(url_check(spec->ocsp_url, f));
	TRY(url_check(spec->issuer_url, f));
	if (spec->no_rev_avail &&
	    (spec->crl_url != NULL || spec->ocsp_url != NULL))
		return fault(f, ERR_INTERNAL,
		    "noRevAvail says that there is neither CRL nor OCSP");
	if (spec->must_staple && spec->ocsp_url == NULL) /* CPR-13 */
		return fault(f, ERR_INTERNAL,
		    "must-staple needs OCSP, or nobody could staple");
	crl_write(w, crl);
	if (spec->ocsp_url != NULL || spec->issuer_url != NULL) {
		oid_open(w, aia, sizeof(aia), false);
		derw_open(w, DER_SEQUENCE);
		access_write(w, 1, spec->ocsp_url);
		access_write(w, 2, spec->issuer_url);
		derw_close(w);
		extension_close(w);
	}
	if (spec->no_rev_avail) {
		extension_open(w, 56, false);
		derw_raw(w, null, sizeof(null));
		extension_close(w);
	}
	return OK;
}

static enum err
extensions_write(struct profile *p, const struct profile_spec *spec, X509 *x,
    const char *crl, struct der *out, struct fault *f)
{
	uint8_t buf[EXTENSIONS_MAX];
	struct derw w;

	derw_start(&w, buf, sizeof(buf));
	TRY(authority_write(p, &w, x, f));
	TRY(usages_write(&w, spec->usages, f));
	TRY(policies_write(&w, spec, f));
	TRY(revocation_write(&w, spec, crl, f));
	if (!derw_end(&w))
		return fault(f, ERR_INTERNAL,
		    "too many policies, or URLs too long");
	*out = kept(p, buf, w.len);
	return OK;
}

/* For each shard, as they differ in where the list is. */
static enum err
shards_write(struct profile *p, const struct profile_spec *spec, X509 *x,
    struct fault *f)
{
	const size_t len = spec->crl_url == NULL ? 0 : strlen(spec->crl_url);
	const unsigned n = len == 0 ? 0 : spec->crl_shards;

	if (n == 0)
		return extensions_write(p, spec, x, spec->crl_url,
		    &p->extensions, f);
	if (n > CRL_SHARDS_MAX || len < 4 ||
	    strcmp(spec->crl_url + len - 4, ".crl") != 0)
		return fault(f, ERR_INTERNAL,
		    "\"%.80s\" cannot be cut into %u shards", spec->crl_url, n);
	p->by_shard = ARENA_ARRAY(p->mem, struct der, n);
	for (unsigned i = 0; i < n; i++)
		TRY(extensions_write(p, spec, x,
		    crl_url(spec->crl_url, n, i, p->mem), &p->by_shard[i], f));
	p->extensions = p->by_shard[0];
	return OK;
}

const struct der *
profile_extensions(const struct profile *p, struct id serial)
{
	return p->by_shard == NULL
	           ? &p->extensions
	           : &p->by_shard[id_part(serial, p->spec.crl_shards)];
}

static enum err
fill(struct profile *p, const struct profile_spec *spec,
    const uint8_t *issuer_der, size_t len, struct fault *f)
{
	const uint8_t *at = issuer_der;
	X509 *x;
	enum err e;

	if (spec->name == NULL || spec->name[0] == '\0')
		return fault(f, ERR_INTERNAL, "a profile needs a name");
	if (spec->lifetime_s == 0 || spec->lifetime_s > LIFETIME_MAX ||
	    spec->backdate_s > LIFETIME_MAX)
		return fault(f, ERR_INTERNAL,
		    "lifetime must be from 1 s to 10 years");
	if (spec->key_types > KEYS_ALL)
		return fault(f, ERR_INTERNAL, "an unknown type of key");
	keep_spec(p, spec);
	x = d2i_X509(NULL, &at, (long)len);
	if (x == NULL || at != issuer_der + len) {
		e = fault(f, ERR_INTERNAL, "the issuer is no certificate: %s",
		    openssl_reason());
	} else {
		e = issuer_read(p, x, f);
		if (e == OK)
			e = shards_write(p, spec, x, f);
	}
	X509_free(x);
	ERR_clear_error();
	return e;
}

struct profile *
profile_new(const struct profile_spec *spec, const uint8_t *issuer_der,
    size_t len, struct fault *f)
{
	struct arena *mem = arena_new();
	struct profile *p = ARENA_NEW(mem, struct profile);

	p->mem = mem;
	if (fill(p, spec, issuer_der, len, f) == OK)
		return p;
	arena_free(mem);
	return NULL;
}

void
profile_free(struct profile *p)
{
	if (p != NULL)
		arena_free(p->mem);
}
