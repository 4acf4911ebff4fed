/*
 * The lint: to-be-signed bytes, read by OpenSSL and compared field by field
 * with the order.  Nothing of crypto/tbs.c or crypto/profile.c is trusted here
 * but the words of the profile as the operator wrote them.
 *
 * d2i_X509() would do, but spends 400 us on a key that is only to be compared:
 * the template below has the key as its octets, and takes 20.
 */
#include "crypto/lint_int.h"

#include <string.h>
#include <time.h>

#include <openssl/asn1t.h>
#include <openssl/bn.h>
#include <openssl/err.h>

enum { SERIAL_BITS_MIN = 64, SERIAL_BITS_MAX = 159 };

/* clang-format off */
ASN1_SEQUENCE(lint_key) = {
	ASN1_SIMPLE(struct lint_key, algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct lint_key, bits, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END_name(struct lint_key, lint_key)

ASN1_SEQUENCE(lint_tbs) = {
	ASN1_EXP_OPT(struct lint_tbs, version, ASN1_INTEGER, 0),
	ASN1_SIMPLE(struct lint_tbs, serial, ASN1_INTEGER),
	ASN1_SIMPLE(struct lint_tbs, algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct lint_tbs, issuer, X509_NAME),
	ASN1_SIMPLE(struct lint_tbs, validity, X509_VAL),
	ASN1_SIMPLE(struct lint_tbs, subject, X509_NAME),
	ASN1_SIMPLE(struct lint_tbs, key, lint_key),
	ASN1_IMP_OPT(struct lint_tbs, issuer_uid, ASN1_BIT_STRING, 1),
	ASN1_IMP_OPT(struct lint_tbs, subject_uid, ASN1_BIT_STRING, 2),
	ASN1_EXP_SEQUENCE_OF_OPT(struct lint_tbs, extensions, X509_EXTENSION, 3),
} static_ASN1_SEQUENCE_END_name(struct lint_tbs, lint_tbs)
/* clang-format on */

enum err
lint_failed(const struct lint *l, const char *why)
{
	return fault(l->f, ERR_LINT, "lint: %s", why);
}

bool
lint_written_is(const void *value, const ASN1_ITEM *item, const uint8_t *der,
    size_t len)
{
	uint8_t *again = NULL;
	int n = ASN1_item_i2d(value, &again, item);
	bool same = n > 0 && (size_t)n == len && memcmp(again, der, len) == 0;

	OPENSSL_free(again);
	return same;
}

/* The order's serial, positive, long enough, not too long. */
static bool
serial_good(const struct lint *l)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(l->tbs->serial, NULL);
	uint8_t bytes[sizeof(struct id)];
	int bits = n == NULL ? 0 : BN_num_bits(n);
	bool good = n != NULL && !BN_is_negative(n) &&
	            bits >= SERIAL_BITS_MIN && bits <= SERIAL_BITS_MAX &&
	            BN_bn2binpad(n, bytes, sizeof(bytes)) > 0 &&
	            memcmp(bytes, l->leaf->serial.bytes, sizeof(bytes)) == 0;

	BN_free(n);
	return good;
}

/* UTCTime to 2049, GeneralizedTime from 2050, and no other form of either. */
static bool
time_read(const ASN1_TIME *t, int64_t *out)
{
	static const int64_t y2050 = 2524608000;
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	if (*out < y2050)
		return ASN1_STRING_type(t) == V_ASN1_UTCTIME &&
		       ASN1_STRING_length(t) == 13;
	return ASN1_STRING_type(t) == V_ASN1_GENERALIZEDTIME &&
	       ASN1_STRING_length(t) == 15;
}

/* As recorded, within the profile's and the issuer's bounds. */
static enum err
times_check(const struct lint *l)
{
	int64_t life = l->p->spec.lifetime_s, back = l->p->spec.backdate_s;
	int64_t asked = l->leaf->asked.not_before;
	int64_t least = asked != 0 ? asked : l->leaf->now - back;
	int64_t begin, end, from;

	if (!time_read(l->tbs->validity->notBefore, &begin) ||
	    !time_read(l->tbs->validity->notAfter, &end))
		return lint_failed(l, "its times are not in their form");
	if (begin != l->leaf->not_before ||
	    end != l->leaf->not_after) /* CPR-03 */
		return lint_failed(l, "its times are not those of the order");
	/* A begin that is asked for may lie ahead, or be older by now. */
	from = begin > l->leaf->now ? begin : l->leaf->now;
	/* CPR-03 */
	if (begin > end || begin < least || end - from >= life ||
	    end - begin >= life + back || from - l->leaf->now > life)
		return lint_failed(l, "its times are beyond its profile's");
	if (begin < l->p->issuer_begin || end > l->p->issuer_end) /* CPR-04 */
		return lint_failed(l, "its times are beyond its issuer's");
	return OK;
}

static enum err
fields_check(const struct lint *l)
{
	const struct lint_tbs *t = l->tbs;
	const struct profile *p = l->p;

	if (ASN1_INTEGER_get(t->version) != X509_VERSION_3) /* CPR-01 */
		return lint_failed(l, "it is not of version 3");
	if (!serial_good(l)) /* CPR-01 */
		return lint_failed(l, "its serial is not the order's");
	/* CPR-02 */
	if (!lint_written_is(t->algorithm, ASN1_ITEM_rptr(X509_ALGOR),
	        p->algorithm.at, p->algorithm.len))
		return lint_failed(l, "its algorithm is not its issuer's");
	/* CPR-02 */
	if (!lint_written_is(t->issuer, ASN1_ITEM_rptr(X509_NAME),
	        p->issuer_name.at, p->issuer_name.len))
		return lint_failed(l, "it names another issuer");
	TRY(times_check(l));
	/* CPR-05 */
	if (!lint_written_is(t->subject, ASN1_ITEM_rptr(X509_NAME),
	        (const uint8_t *)"\x30\x00", 2))
		return lint_failed(l, "its subject is not empty");
	/* CPR-14 */
	if (!lint_written_is(t->key, ASN1_ITEM_rptr(lint_key), l->leaf->spki,
	        l->leaf->spki_len))
		return lint_failed(l, "its key is not the one of the CSR");
	if (t->issuer_uid != NULL || t->subject_uid != NULL)
		return lint_failed(l, "it has unique identifiers");
	return lint_extensions(l);
}

enum err
tbs_lint(const struct profile *p, const struct leaf *leaf, const uint8_t *tbs,
    size_t len, struct fault *f)
{
	const ASN1_ITEM *item = ASN1_ITEM_rptr(lint_tbs);
	const struct der whole = der_over(tbs, len);
	const uint8_t *at = tbs;
	ASN1_VALUE *value = ASN1_item_d2i(NULL, &at, (long)len, item);
	struct lint l = { p, leaf, (const struct lint_tbs *)value, f };
	enum err e;

	if (value == NULL || at != tbs + len)
		e = lint_failed(&l, "it is no certificate");
	else if ((e = fields_check(&l)) == OK &&
	         (!lint_written_is(value, item, tbs, len) ||
	             !der_sound(&whole))) /* CPR-14 */
		e = lint_failed(&l, "it is not in DER");
	ASN1_item_free(value, item);
	ERR_clear_error();
	return e;
}
