/*
 * OCSPRequest (RFC 6960, 4.1.1), from anybody: strict DER, nothing allocated,
 * what is not understood is stepped over if that is allowed.
 */
#include <string.h>

#include "crypto/ocsp_int.h"

#define TAG_VERSION    (DER_CONTEXT | DER_CONSTRUCTED | 0)
#define TAG_REQUESTOR  (DER_CONTEXT | DER_CONSTRUCTED | 1)
#define TAG_EXTENSIONS (DER_CONTEXT | DER_CONSTRUCTED | 2)
#define TAG_SINGLE     (DER_CONTEXT | DER_CONSTRUCTED | 0)
#define TAG_SIGNATURE  (DER_CONTEXT | DER_CONSTRUCTED | 0)

/* id-pkix-ocsp-nonce (RFC 8954) */
static const uint8_t oid_nonce[] = { OCSP_OID_BASE, 0x02 };

/* One CertID, its four parts. */
struct cert_id {
	unsigned naming; /* 0: none that we know */
	struct der name, key, serial;
};

static bool
cert_id_read(struct der *request, struct cert_id *out)
{
	struct der id = der_get(request, DER_SEQUENCE);
	struct der algorithm = der_raw(&id, DER_SEQUENCE);
	const struct ocsp_naming *naming;

	out->name = der_get(&id, DER_OCTET_STRING);
	out->key = der_get(&id, DER_OCTET_STRING);
	out->serial = der_uint(&id);
	out->naming = 0;
	for (unsigned i = 1; (naming = ocsp_naming_at(i)) != NULL; i++)
		if (der_equal(&algorithm, naming->algorithm, naming->len))
			out->naming = i;
	return der_end(&id) && out->serial.len <= OCSP_SERIAL_MAX;
}

static bool
is_of(const struct cert_id *id, const struct issuing *by)
{
	struct der name, key;

	if (id->naming == 0)
		return false;
	name = ocsp_name_hash(by, id->naming);
	key = ocsp_key_hash(by, id->naming);
	return der_equal(&id->name, name.at, name.len) &&
	       der_equal(&id->key, key.at, key.len);
}

/* RFC 8954: 1 to 32 octets are repeated; others are as good as none. */
static void
nonce_read(struct der value, struct ocsp_query *out)
{
	struct der nonce = der_get(&value, DER_OCTET_STRING);

	if (!der_end(&value) || nonce.len > OCSP_NONCE_MAX) /* OCS-05 */
		return;
	out->nonce_len = (uint32_t)nonce.len;
	if (nonce.len > 0)
		memcpy(out->nonce, nonce.at, nonce.len);
}

/* 4.4: what is critical and not understood is not to be passed over. */
static bool
extensions_read(struct der *from, unsigned tag, struct ocsp_query *out)
{
	struct der outer = der_get(from, tag);
	struct der list = der_get(&outer, DER_SEQUENCE);

	if (!der_end(&outer))
		return false;
	while (list.len > 0) {
		struct der e = der_get(&list, DER_SEQUENCE);
		struct der oid = der_get(&e, DER_OID), critical, value;
		bool nonce = der_equal(&oid, oid_nonce, sizeof(oid_nonce));

		critical = der_next(&e, DER_BOOLEAN) ? der_get(&e, DER_BOOLEAN)
		                                     : der_over("", 1);
		value = der_get(&e, DER_OCTET_STRING);
		if (!der_end(&e) || critical.len != 1 ||
		    (critical.at[0] != 0 && !nonce))
			return false;
		if (nonce && out != NULL)
			nonce_read(value, out);
	}
	return der_end(&list);
}

/* What is asked about one certificate; true, and kept, if it is of `issuers`. */
static void
keep(const struct cert_id *id, const struct issuing *issuers, size_t n,
    size_t *which, struct ocsp_query *out)
{
	struct ocsp_cert *c = &out->certs[out->n_certs];

	if (out->n_certs == OCSP_CERTS_MAX)
		return; /* RFC 5019, 2.1.1: one would do */
	for (size_t i = 0; i < n; i++) {
		if ((out->n_certs > 0 && i != *which) ||
		    !is_of(id, &issuers[i]))
			continue;
		*which = i;
		c->naming = (uint8_t)id->naming;
		c->len = (uint8_t)id->serial.len;
		if (c->len > 0)
			memcpy(c->serial, id->serial.at, c->len);
		out->n_certs++;
		return;
	}
}

static bool
requests_read(struct der list, const struct issuing *issuers, size_t n,
    size_t *which, struct ocsp_query *out)
{
	if (list.len == 0)
		return false;
	while (list.len > 0) {
		struct der one = der_get(&list, DER_SEQUENCE);
		struct cert_id id;

		if (!cert_id_read(&one, &id) ||
		    (one.len > 0 && !extensions_read(&one, TAG_SINGLE, NULL)) ||
		    !der_end(&one))
			return false;
		keep(&id, issuers, n, which, out);
	}
	return der_end(&list);
}

enum ocsp_result
ocsp_read(const uint8_t *der, size_t len, const struct issuing *issuers,
    size_t n, size_t *which, struct ocsp_query *out)
{
	const struct der whole = der_over(der, len);
	struct der all = whole, tbs, list, version;
	struct der request = der_get(&all, DER_SEQUENCE);

	memset(out, 0, sizeof(*out));
	*which = 0;
	tbs = der_get(&request, DER_SEQUENCE);
	if (der_next(&tbs, TAG_VERSION)) {
		version = der_get(&tbs, TAG_VERSION);
		if (der_uint(&version).len != 0 || !der_end(&version))
			return OCSP_MALFORMED; /* v1 is all there is */
	}
	if (der_next(&tbs, TAG_REQUESTOR)) /* OCS-07: tolerated */
		(void)der_get(&tbs, TAG_REQUESTOR);
	list = der_get(&tbs, DER_SEQUENCE);
	if (tbs.bad || !requests_read(list, issuers, n, which, out) ||
	    (tbs.len > 0 && !extensions_read(&tbs, TAG_EXTENSIONS, out)))
		return OCSP_MALFORMED;
	if (der_next(&request, TAG_SIGNATURE)) /* OCS-07: nobody asked for it */
		(void)der_get(&request, TAG_SIGNATURE);
	if (!der_end(&tbs) || !der_end(&request) || !der_end(&all) ||
	    !der_sound(&whole)) /* OCS-04 */
		return OCSP_MALFORMED;
	return out->n_certs > 0 ? OCSP_SUCCESSFUL : OCSP_UNAUTHORIZED;
}
