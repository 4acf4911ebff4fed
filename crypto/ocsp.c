/* Answers: ResponseData as the keeper signs it, and what is around it. */
#include <string.h>

#include "crypto/ocsp_int.h"

enum {
	CERT_MAX = 256, /* octets of a SingleResponse */
	REST_MAX = 256,
	AFTER_END_S = 120, /* an answer does not outlive it by more */
	UNKNOWN_S = 60,    /* it may be issued any moment */
};

#define TAG_GOOD       (DER_CONTEXT | 0)
#define TAG_REVOKED    (DER_CONTEXT | DER_CONSTRUCTED | 1)
#define TAG_UNKNOWN    (DER_CONTEXT | 2)
#define TAG_REASON     (DER_CONTEXT | DER_CONSTRUCTED | 0)
#define TAG_NEXT       (DER_CONTEXT | DER_CONSTRUCTED | 0)
#define TAG_BY_KEY     (DER_CONTEXT | DER_CONSTRUCTED | 2)
#define TAG_EXTENSIONS (DER_CONTEXT | DER_CONSTRUCTED | 1)
#define TAG_BYTES      (DER_CONTEXT | DER_CONSTRUCTED | 0)

#define SHA1_OID 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a
#define SHA256_OID \
	0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01

static const uint8_t oid_nonce[] = { OCSP_OID_BASE, 0x02 };
static const uint8_t oid_basic[] = { OCSP_OID_BASE, 0x01 };

/* clang-format off */
static const struct ocsp_naming namings[] = {
	{ 20, 11, { 0x30, 0x09, SHA1_OID, 0x05, 0x00 } },
	{ 20, 9,  { 0x30, 0x07, SHA1_OID } },
	{ 32, 15, { 0x30, 0x0d, SHA256_OID, 0x05, 0x00 } },
	{ 32, 13, { 0x30, 0x0b, SHA256_OID } },
};
/* clang-format on */

const struct ocsp_naming *
ocsp_naming_at(unsigned i)
{
	return i >= 1 && i <= sizeof(namings) / sizeof(namings[0])
	           ? &namings[i - 1]
	           : NULL;
}

struct der
ocsp_name_hash(const struct issuing *by, unsigned naming)
{
	size_t len = ocsp_naming_at(naming)->digest;

	return der_over(len == 20 ? by->name_sha1 : by->name_sha256, len);
}

struct der
ocsp_key_hash(const struct issuing *by, unsigned naming)
{
	size_t len = ocsp_naming_at(naming)->digest;

	return der_over(len == 20 ? by->key_sha1 : by->key_sha256, len);
}

void
ocsp_refuse(enum ocsp_result why, uint8_t out[OCSP_REFUSAL])
{
	const uint8_t der[] = { DER_SEQUENCE, 3, DER_ENUMERATED, 1,
		(uint8_t)why };

	memcpy(out, der, sizeof(der));
}

static void
cert_id_write(struct derw *w, const struct issuing *by,
    const struct ocsp_cert *c)
{
	const struct ocsp_naming *naming = ocsp_naming_at(c->naming);
	struct der name = ocsp_name_hash(by, c->naming);
	struct der key = ocsp_key_hash(by, c->naming);

	derw_open(w, DER_SEQUENCE);
	derw_raw(w, naming->algorithm, naming->len);
	derw_put(w, DER_OCTET_STRING, name.at, name.len);
	derw_put(w, DER_OCTET_STRING, key.at, key.len);
	derw_uint(w, c->serial, c->len);
	derw_close(w);
}

static void
status_write(struct derw *w, const struct ocsp_status *s)
{
	const uint8_t reason = (uint8_t)s->reason;

	if (!s->known) { /* OCS-02 */
		derw_put(w, TAG_UNKNOWN, NULL, 0);
		return;
	}
	if (s->revoked == 0) {
		derw_put(w, TAG_GOOD, NULL, 0);
		return;
	}
	derw_open(w, TAG_REVOKED);
	derw_generalized(w, s->revoked);
	if (s->reason != 0) { /* OCS-09 */
		derw_open(w, TAG_REASON);
		derw_put(w, DER_ENUMERATED, &reason, 1);
		derw_close(w);
	}
	derw_close(w);
}

static int64_t
next_update(const struct ocsp_status *s, int64_t now, unsigned lifetime_s)
{
	int64_t next = now + lifetime_s;
	int64_t last = s->known ? s->not_after + AFTER_END_S : now + UNKNOWN_S;

	if (last < now + UNKNOWN_S)
		last = now + UNKNOWN_S;
	if (next > last) /* OCS-03 */
		next = last;
	return next;
}

static void
single_write(struct derw *w, const struct issuing *by,
    const struct ocsp_cert *c, const struct ocsp_status *s, int64_t now,
    unsigned lifetime_s)
{
	derw_open(w, DER_SEQUENCE);
	cert_id_write(w, by, c);
	status_write(w, s);
	derw_generalized(w, now);
	derw_open(w, TAG_NEXT);
	derw_generalized(w, next_update(s, now, lifetime_s));
	derw_close(w);
	derw_close(w);
}

static void
nonce_write(struct derw *w, const struct ocsp_query *q)
{
	derw_open(w, TAG_EXTENSIONS);
	derw_open(w, DER_SEQUENCE);
	derw_open(w, DER_SEQUENCE);
	derw_put(w, DER_OID, oid_nonce, sizeof(oid_nonce));
	derw_open(w, DER_OCTET_STRING);
	derw_put(w, DER_OCTET_STRING, q->nonce, q->nonce_len);
	derw_close(w);
	derw_close(w);
	derw_close(w);
	derw_close(w);
}

/* The frame is from a front that may be in the wrong hands. */
static bool
query_sound(const struct ocsp_query *q)
{
	if (q->n_certs == 0 || q->n_certs > OCSP_CERTS_MAX ||
	    q->nonce_len > OCSP_NONCE_MAX)
		return false;
	for (size_t i = 0; i < q->n_certs; i++)
		if (ocsp_naming_at(q->certs[i].naming) == NULL ||
		    q->certs[i].len > OCSP_SERIAL_MAX)
			return false;
	return true;
}

enum err
ocsp_build(const struct issuing *by, const struct ocsp_query *q,
    const struct ocsp_status *statuses, int64_t now, unsigned lifetime_s,
    struct arena *a, const uint8_t **tbs, size_t *len, struct fault *f)
{
	const size_t cap = REST_MAX + OCSP_CERTS_MAX * CERT_MAX;
	uint8_t *buf = arena_alloc(a, cap, 1);
	struct derw w;

	if (!query_sound(q))
		return fault(f, ERR_INTERNAL,
		    "that is no question about "
		    "certificates");
	derw_start(&w, buf, cap);
	derw_open(&w, DER_SEQUENCE);
	derw_open(&w, TAG_BY_KEY); /* OCS-03 */
	derw_put(&w, DER_OCTET_STRING, by->key_sha1, sizeof(by->key_sha1));
	derw_close(&w);
	derw_generalized(&w, now);
	derw_open(&w, DER_SEQUENCE);
	for (size_t i = 0; i < q->n_certs; i++)
		single_write(&w, by, &q->certs[i], &statuses[i], now,
		    lifetime_s);
	derw_close(&w);
	if (q->nonce_len > 0) /* OCS-05 */
		nonce_write(&w, q);
	derw_close(&w);
	if (!derw_end(&w))
		return fault(f, ERR_INTERNAL, "the answer is too long");
	*tbs = buf;
	*len = w.len;
	return OK;
}

size_t
ocsp_wrap(const struct issuing *by, const uint8_t *tbs, size_t tbs_len,
    const uint8_t *sig, size_t sig_len, uint8_t *out, size_t cap)
{
	static const uint8_t successful = OCSP_SUCCESSFUL;
	struct derw w;

	derw_start(&w, out, cap);
	derw_open(&w, DER_SEQUENCE);
	derw_put(&w, DER_ENUMERATED, &successful, 1);
	derw_open(&w, TAG_BYTES);
	derw_open(&w, DER_SEQUENCE);
	derw_put(&w, DER_OID, oid_basic, sizeof(oid_basic));
	derw_open(&w, DER_OCTET_STRING);
	derw_open(&w, DER_SEQUENCE);
	derw_raw(&w, tbs, tbs_len);
	derw_raw(&w, by->algorithm, by->algorithm_len);
	derw_bits(&w, sig, sig_len);
	derw_close(&w);
	derw_close(&w);
	derw_close(&w);
	derw_close(&w);
	derw_close(&w);
	return derw_end(&w) ? w.len : 0;
}

/* Down to the first SingleResponse. */
bool
ocsp_times(const uint8_t *der, size_t len, int64_t *from, int64_t *to)
{
	struct der d = der_over(der, len), next;

	d = der_get(&d, DER_SEQUENCE);
	(void)der_get(&d, DER_ENUMERATED);
	d = der_get(&d, TAG_BYTES);
	d = der_get(&d, DER_SEQUENCE);
	(void)der_get(&d, DER_OID);
	d = der_get(&d, DER_OCTET_STRING);
	d = der_get(&d, DER_SEQUENCE);
	d = der_get(&d, DER_SEQUENCE);
	(void)der_get(&d, TAG_BY_KEY);
	(void)der_any(&d);
	d = der_get(&d, DER_SEQUENCE);
	d = der_get(&d, DER_SEQUENCE);
	(void)der_get(&d, DER_SEQUENCE);
	(void)der_any(&d);
	*from = der_generalized(&d);
	next = der_get(&d, TAG_NEXT);
	*to = der_generalized(&next);
	return der_end(&d) && der_end(&next);
}
