#include "crypto/crl.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/crypto_int.h"

enum {
	ENTRY_MAX = 56, /* serial, GeneralizedTime, reason */
	REST_MAX = 256, /* all but name, algorithm, identifier and entries */
	AHEAD_S = 60,   /* the clock may have been set back since */
	SERIAL_MIN = 8, /* as the keeper has it of certificates */
};

#define TAG_EXTENSIONS (DER_CONTEXT | DER_CONSTRUCTED | 0)
#define TAG_KEY_ID     (DER_CONTEXT | 0)
#define TAG_POINT      (DER_CONTEXT | DER_CONSTRUCTED | 0)
#define TAG_FULL_NAME  (DER_CONTEXT | DER_CONSTRUCTED | 0)
#define TAG_URI        (DER_CONTEXT | 6)

static const uint8_t version2 = 1;
static const uint8_t oid_reason[] = { 0x55, 0x1d, 0x15 };
static const uint8_t oid_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_authority[] = { 0x55, 0x1d, 0x23 };
static const uint8_t oid_point[] = { 0x55, 0x1d, 0x1c };
static const uint8_t yes = 0xff;

const char *
crl_url(const char *whole, unsigned shards, unsigned shard, struct arena *a)
{
	if (shards == 0)
		return whole;
	return arena_printf(a, "%.*s-%u-%u.crl",
	    (int)(strlen(whole) - strlen(".crl")), whole, shards, shard);
}

static void
entry_write(struct derw *w, const struct crl_entry *e)
{
	const uint8_t reason = (uint8_t)e->reason;

	derw_open(w, DER_SEQUENCE);
	derw_uint(w, e->serial.bytes, sizeof(e->serial.bytes));
	derw_time(w, e->revoked);
	if (e->reason != 0) { /* CRL-03 */
		derw_open(w, DER_SEQUENCE);
		derw_open(w, DER_SEQUENCE);
		derw_put(w, DER_OID, oid_reason, sizeof(oid_reason));
		derw_open(w, DER_OCTET_STRING);
		derw_put(w, DER_ENUMERATED, &reason, 1);
		derw_close(w);
		derw_close(w);
		derw_close(w);
	}
	derw_close(w);
}

/* 5.2.5: the point that its certificates name, and nothing else. */
static void
point_write(struct derw *w, const struct crl_spec *spec)
{
	derw_open(w, DER_SEQUENCE);
	derw_put(w, DER_OID, oid_point, sizeof(oid_point));
	derw_put(w, DER_BOOLEAN, &yes, 1);
	derw_open(w, DER_OCTET_STRING);
	derw_open(w, DER_SEQUENCE);
	derw_open(w, TAG_POINT);
	derw_open(w, TAG_FULL_NAME);
	for (size_t i = 0; i < spec->n_urls; i++)
		derw_put(w, TAG_URI, spec->urls[i], strlen(spec->urls[i]));
	derw_close(w);
	derw_close(w);
	derw_close(w);
	derw_close(w);
	derw_close(w);
}

static void
extensions_write(struct derw *w, const struct issuing *by,
    const struct crl_spec *spec)
{
	const uint64_t be = htobe64(spec->number);

	derw_open(w, TAG_EXTENSIONS);
	derw_open(w, DER_SEQUENCE);
	derw_open(w, DER_SEQUENCE);
	derw_put(w, DER_OID, oid_authority, sizeof(oid_authority));
	derw_open(w, DER_OCTET_STRING);
	derw_open(w, DER_SEQUENCE);
	derw_put(w, TAG_KEY_ID, by->key_id, by->key_id_len);
	derw_close(w);
	derw_close(w);
	derw_close(w);
	derw_open(w, DER_SEQUENCE);
	derw_put(w, DER_OID, oid_number, sizeof(oid_number));
	derw_open(w, DER_OCTET_STRING);
	derw_uint(w, &be, sizeof(be));
	derw_close(w);
	derw_close(w);
	if (spec->scope.shards != 0) /* CRL-06 */
		point_write(w, spec);
	derw_close(w);
	derw_close(w);
}

/* Room for all but the entries. */
static size_t
rest_len(const struct issuing *by, const struct crl_spec *spec)
{
	size_t len =
	    REST_MAX + by->name_len + by->algorithm_len + by->key_id_len;

	for (size_t i = 0; i < spec->n_urls; i++)
		len += strlen(spec->urls[i]) + 8;
	return len;
}

enum err
crl_build(const struct issuing *by, const struct crl_spec *spec,
    struct arena *a, const uint8_t **tbs, size_t *len, struct fault *f)
{
	size_t cap = rest_len(by, spec) + spec->n_entries * ENTRY_MAX;
	uint8_t *buf = arena_alloc(a, cap, 1);
	struct derw w;

	derw_start(&w, buf, cap);
	derw_open(&w, DER_SEQUENCE);
	derw_uint(&w, &version2, 1);
	derw_raw(&w, by->algorithm, by->algorithm_len);
	derw_raw(&w, by->name, by->name_len);
	derw_time(&w, spec->this_update);
	derw_time(&w, spec->next_update);
	if (spec->n_entries > 0) { /* 5.1.2.6: absent, not empty */
		derw_open(&w, DER_SEQUENCE);
		for (size_t i = 0; i < spec->n_entries; i++)
			entry_write(&w, &spec->entries[i]);
		derw_close(&w);
	}
	extensions_write(&w, by, spec);
	derw_close(&w);
	if (!derw_end(&w) || w.len > CRL_BYTES_MAX)
		return fault(f, ERR_FULL,
		    "%zu revoked certificates are more than a list can hold",
		    spec->n_entries);
	*tbs = buf;
	*len = w.len;
	return OK;
}

static enum err
unfit(struct fault *f, const char *why)
{
	return fault(f, ERR_INTERNAL, "CRL to be signed: %s", why);
}

static bool
extension_fits(struct der *list, const uint8_t oid[3], bool critical,
    struct der *value)
{
	struct der e = der_get(list, DER_SEQUENCE), got = der_get(&e, DER_OID);
	struct der is = critical ? der_get(&e, DER_BOOLEAN) : (struct der){ 0 };

	*value = der_get(&e, DER_OCTET_STRING);
	return (!critical || der_equal(&is, &yes, 1)) &&
	       der_equal(&got, oid, 3) && der_end(&e);
}

/* 5.3.1: of those the CA gives; not 0, which is left out, nor 6 or 7. */
static bool
reason_fits(struct der *entry)
{
	struct der list = der_get(entry, DER_SEQUENCE), value, reason;
	bool named = extension_fits(&list, oid_reason, false, &value);

	reason = der_get(&value, DER_ENUMERATED);
	if (!named || !der_end(&list) || !der_end(&value) || reason.len != 1)
		return false;
	return (reason.at[0] >= 1 && reason.at[0] <= 5) || reason.at[0] == 9;
}

/* A magnitude of at least SERIAL_MIN octets, as an id. */
static struct id
id_of(const struct der *serial)
{
	struct id id = { { 0 } };

	memcpy(id.bytes + sizeof(id) - serial->len, serial->at, serial->len);
	return id;
}

static enum err
entries_fit(const struct crl_scope *scope, struct der list, int64_t now,
    struct fault *f)
{
	if (list.len == 0) /* CRL-05 */
		return unfit(f, "an empty list, where there should be none");
	while (list.len > 0) {
		struct der e = der_get(&list, DER_SEQUENCE);
		struct der serial = der_uint(&e);
		int64_t at = der_time(&e);

		if (serial.bad || serial.len < SERIAL_MIN ||
		    serial.len > sizeof(struct id))
			return unfit(f, "a serial is none of ours");
		if (id_part(id_of(&serial), scope->shards) !=
		    scope->shard) /* CRL-06 */
			return unfit(f, "a serial is of another shard");
		if (e.bad || at > now)
			return unfit(f, "an entry is of no day that has been");
		if (e.len > 0 && !reason_fits(&e)) /* CRL-03 */
			return unfit(f, "a reason is none that we give");
		if (!der_end(&e))
			return unfit(f, "an entry is not proper DER");
	}
	return der_end(&list) ? OK : unfit(f, "the list is not proper DER");
}

/* Does it lead to the shard, by plain http? */
static bool
url_fits(const struct der *url, const char *name)
{
	static const char http[] = "http://";
	const size_t len = strlen(name);

	if (url->bad || url->len < sizeof(http) - 1 + len ||
	    memcmp(url->at, http, sizeof(http) - 1) != 0)
		return false;
	return memcmp(url->at + url->len - len, name, len) == 0;
}

/* CRL-06: one point, by its full name; neither reasons nor kinds nor others. */
static enum err
point_fits(const struct crl_scope *scope, struct der *list, struct fault *f)
{
	struct der value, point, at, urls;
	char name[sizeof("/crl/4294967295-128-127.crl")];
	bool named = extension_fits(list, oid_point, true, &value);
	size_t n = 0;

	(void)snprintf(name, sizeof(name), "/crl/%u-%u-%u.crl", scope->issuer,
	    scope->shards, scope->shard);
	point = der_get(&value, DER_SEQUENCE);
	at = der_get(&point, TAG_POINT);
	urls = der_get(&at, TAG_FULL_NAME);
	if (!named || !der_end(&value) || !der_end(&point) || !der_end(&at))
		return unfit(f, "it does not say critically which shard it is");
	for (; urls.len > 0 && n <= CRL_URLS_MAX; n++) {
		struct der url = der_get(&urls, TAG_URI);

		if (!url_fits(&url, name))
			return unfit(f, "a URL of it is not the shard's");
	}
	return der_end(&urls) && n > 0 && n <= CRL_URLS_MAX
	           ? OK
	           : unfit(f, "it has no URL, or too many");
}

/* CRL-01: by key identifier, and with a number below 2^64, which is one. */
static enum err
extensions_fit(const struct issuing *by, const struct crl_scope *scope,
    struct der *body, struct fault *f)
{
	struct der outer = der_get(body, TAG_EXTENSIONS);
	struct der list = der_get(&outer, DER_SEQUENCE), value, id, number;
	bool named = extension_fits(&list, oid_authority, false, &value);

	id = der_get(&value, DER_SEQUENCE);
	number = der_get(&id, TAG_KEY_ID);
	if (!named || !der_end(&value) || !der_end(&id) ||
	    !der_equal(&number, by->key_id, by->key_id_len))
		return unfit(f, "its authorityKeyIdentifier is another's");
	named = extension_fits(&list, oid_number, false, &value);
	number = der_uint(&value);
	if (!named || !der_end(&value) || number.len == 0 ||
	    number.len > sizeof(uint64_t))
		return unfit(f, "it has no proper number");
	if (scope->shards != 0) /* CRL-06 */
		TRY(point_fits(scope, &list, f));
	return der_end(&list) && der_end(&outer)
	           ? OK
	           : unfit(f, "there is one extension more");
}

static enum err
dates_fit(struct der *body, int64_t now, struct fault *f)
{
	int64_t begin = der_time(body), end = der_time(body);

	if (body->bad)
		return unfit(f, "its dates are not proper DER");
	if (begin > now + AHEAD_S)
		return unfit(f, "it is of a day to come");
	if (end <= begin || end - begin > CRL_LIFETIME_MAX) /* CRL-01 */
		return unfit(f, "it would hold for too long");
	return OK;
}

enum err
crl_fits(const struct issuing *by, const struct crl_scope *scope,
    const uint8_t *tbs, size_t len, int64_t now, struct fault *f)
{
	struct der all = der_over(tbs, len), body, part;

	if (len > CRL_BYTES_MAX)
		return unfit(f, "too long");
	if (scope->shards > CRL_SHARDS_MAX ||
	    (scope->shards != 0 && scope->shard >= scope->shards))
		return unfit(f, "there is no such shard");
	body = der_get(&all, DER_SEQUENCE);
	part = der_get(&body, DER_INTEGER);
	if (!der_end(&all) || !der_equal(&part, &version2, 1))
		return unfit(f, "not a list of version 2");
	part = der_raw(&body, DER_SEQUENCE);
	if (!der_equal(&part, by->algorithm, by->algorithm_len))
		return unfit(f, "the algorithm is not its issuer's");
	part = der_raw(&body, DER_SEQUENCE);
	if (!der_equal(&part, by->name, by->name_len))
		return unfit(f, "it names another issuer");
	TRY(dates_fit(&body, now, f));
	if (der_next(&body, DER_SEQUENCE))
		TRY(entries_fit(scope, der_get(&body, DER_SEQUENCE),
		    now + AHEAD_S, f));
	TRY(extensions_fit(by, scope, &body, f));
	return der_end(&body) ? OK : unfit(f, "something follows");
}

const uint8_t *
crl_wrap(const struct issuing *by, const uint8_t *tbs, size_t tbs_len,
    const uint8_t *sig, size_t sig_len, struct arena *a, size_t *len)
{
	size_t cap = tbs_len + by->algorithm_len + sig_len + 32;
	uint8_t *buf = arena_alloc(a, cap, 1);
	struct derw w;

	derw_start(&w, buf, cap);
	derw_open(&w, DER_SEQUENCE);
	derw_raw(&w, tbs, tbs_len);
	derw_raw(&w, by->algorithm, by->algorithm_len);
	derw_bits(&w, sig, sig_len);
	derw_close(&w);
	*len = derw_end(&w) ? w.len : 0;
	return buf;
}

static bool
time_is(const ASN1_TIME *t, int64_t unixtime)
{
	struct tm tm;

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 &&
	       (int64_t)timegm(&tm) == unixtime;
}

static bool
number_is(X509_CRL *l, uint64_t number)
{
	ASN1_INTEGER *n = X509_CRL_get_ext_d2i(l, NID_crl_number, NULL, NULL);
	uint64_t got = 0;
	bool is =
	    n != NULL && ASN1_INTEGER_get_uint64(&got, n) == 1 && got == number;

	ASN1_INTEGER_free(n);
	return is;
}

/* Just these, in this order, as URIs. */
static bool
names_are(const GENERAL_NAMES *names, const struct crl_spec *spec)
{
	if ((size_t)sk_GENERAL_NAME_num(names) != spec->n_urls)
		return false;
	for (size_t i = 0; i < spec->n_urls; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, (int)i);
		const ASN1_IA5STRING *url = g->d.uniformResourceIdentifier;
		size_t len = strlen(spec->urls[i]);

		if (g->type != GEN_URI ||
		    (size_t)ASN1_STRING_length(url) != len ||
		    memcmp(ASN1_STRING_get0_data(url), spec->urls[i], len) != 0)
			return false;
	}
	return spec->n_urls > 0;
}

/* Critical, with the URLs and nothing else; or none, if it is whole. */
static bool
point_is(X509_CRL *l, const struct crl_spec *spec)
{
	int critical = 0; /* or -1: there is none */
	ISSUING_DIST_POINT *p = X509_CRL_get_ext_d2i(l,
	    NID_issuing_distribution_point, &critical, NULL);
	bool is;

	if (spec->scope.shards == 0)
		is = p == NULL && critical == -1;
	else
		is = p != NULL && critical == 1 && p->distpoint != NULL &&
		     p->distpoint->type == 0 && p->onlyuser <= 0 &&
		     p->onlyCA <= 0 && p->onlyattr <= 0 &&
		     p->indirectCRL <= 0 && p->onlysomereasons == NULL &&
		     names_are(p->distpoint->name.fullname, spec);
	ISSUING_DIST_POINT_free(p);
	return is;
}

static const char *
judge(X509 *issuer, X509_CRL *l, const struct crl_spec *spec)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(l);

	if (X509_NAME_cmp(X509_CRL_get_issuer(l),
	        X509_get_subject_name(issuer)) != 0)
		return "it names another issuer";
	if (X509_CRL_verify(l, X509_get0_pubkey(issuer)) != 1)
		return "the signature is not the issuer's";
	if (!time_is(X509_CRL_get0_lastUpdate(l), spec->this_update) ||
	    !time_is(X509_CRL_get0_nextUpdate(l), spec->next_update))
		return "its dates are others";
	if (!number_is(l, spec->number))
		return "its number is another";
	if (!point_is(l, spec)) /* CRL-06 */
		return "it is not for the certificates that it should be for";
	if ((list == NULL ? 0 : (size_t)sk_X509_REVOKED_num(list)) !=
	        spec->n_entries ||
	    (list != NULL && spec->n_entries == 0))
		return "it has more entries, or fewer";
	return NULL;
}

enum err
crl_verify(const struct issuing *by, const struct crl_spec *spec,
    const uint8_t *der, size_t len, struct fault *f)
{
	const uint8_t *at = by->der, *end = der;
	X509 *issuer = d2i_X509(NULL, &at, (long)by->der_len);
	X509_CRL *l = d2i_X509_CRL(NULL, &end, (long)len);
	const char *why = "it is no CRL to OpenSSL";

	if (issuer != NULL && l != NULL && end == der + len)
		why = judge(issuer, l, spec);
	X509_CRL_free(l);
	X509_free(issuer);
	ERR_clear_error();
	return why == NULL ? OK : fault(f, ERR_INTERNAL, "signed CRL: %s", why);
}
