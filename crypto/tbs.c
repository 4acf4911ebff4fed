/*
 * TBSCertificate of a leaf (RFC 5280, 4.1): written by the front, recorded,
 * and read again by the keeper, which trusts nothing it has not compared.
 *
 *	version, serial, algorithm, issuer, validity, empty subject, key,
 *	the profile's extensions, subjectAltName (critical: the subject is empty),
 *	TLS feature if it is asked for
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/keeper.h"
#include "crypto/profile_int.h"

enum {
	NAMES_MAX = 101,
	NAME_MAX_LEN = 253,
	SPKI_MAX = 1024 + 64,
	/* what a signature by RSA of 8192 bits and its wrapping add */
	TBS_MAX = KEEPER_DER_MAX - 1024 - 64,
	SERIAL_MIN = 8, /* 64 bits from the CSPRNG are the least */
};

#define TAG_VERSION    (DER_CONTEXT | DER_CONSTRUCTED | 0)
#define TAG_EXTENSIONS (DER_CONTEXT | DER_CONSTRUCTED | 3)
#define TAG_DNS        (DER_CONTEXT | 2)
#define TAG_IP         (DER_CONTEXT | 7)

static const uint8_t oid_san[] = { 0x55, 0x1d, 0x11 };
static const uint8_t version3 = 2, yes = 0xff;

static const uint8_t must_staple_der[] = { 0x30, 0x11, 0x06, 0x08, 0x2b, 0x06,
	0x01, 0x05, 0x05, 0x07, 0x01, 0x18, 0x04, 0x05, 0x30, 0x03, 0x02, 0x01,
	0x05 };
const struct der must_staple_extension = { .at = must_staple_der,
	.len = sizeof(must_staple_der) };

static void
san_write(struct derw *w, const struct leaf *leaf, struct arena *a)
{
	unsigned char address[16];
	const char *text;

	derw_open(w, DER_SEQUENCE);
	derw_put(w, DER_OID, oid_san, sizeof(oid_san));
	derw_put(w, DER_BOOLEAN, &yes, 1);
	derw_open(w, DER_OCTET_STRING);
	derw_open(w, DER_SEQUENCE);
	for (size_t i = 0; i < leaf->n_names; i++) {
		size_t n = ident_address(&leaf->names[i], address);

		if (n != 0) {
			derw_put(w, TAG_IP, address, n);
			continue;
		}
		text = ident_text(&leaf->names[i], a);
		derw_put(w, TAG_DNS, text, strlen(text));
	}
	derw_close(w);
	derw_close(w);
	derw_close(w);
}

static void
write_all(struct derw *w, const struct profile *p, const struct leaf *leaf,
    struct arena *a)
{
	const struct der *fixed = profile_extensions(p, leaf->serial);

	derw_open(w, DER_SEQUENCE);
	derw_open(w, TAG_VERSION);
	derw_uint(w, &version3, 1);
	derw_close(w);
	derw_uint(w, leaf->serial.bytes, sizeof(leaf->serial.bytes));
	derw_raw(w, p->algorithm.at, p->algorithm.len);
	derw_raw(w, p->issuer_name.at, p->issuer_name.len);
	derw_open(w, DER_SEQUENCE);
	derw_time(w, leaf->not_before);
	derw_time(w, leaf->not_after);
	derw_close(w);
	derw_put(w, DER_SEQUENCE, NULL, 0); /* subject */
	derw_raw(w, leaf->spki, leaf->spki_len);
	derw_open(w, TAG_EXTENSIONS);
	derw_open(w, DER_SEQUENCE);
	derw_raw(w, fixed->at, fixed->len);
	san_write(w, leaf, a);
	if (leaf->must_staple)
		derw_raw(w, must_staple_der, sizeof(must_staple_der));
	derw_close(w);
	derw_close(w);
	derw_close(w);
}

/* Of a kind the profile takes; and nobody is given one for a key of the CA. */
static enum err
key_check(const struct profile *p, const struct der *spki, enum err code,
    struct fault *f)
{
	struct pubkey k;

	TRY(spki_read(spki, code, &k, f));
	if ((p->key_types & 1U << k.kind) == 0) /* FIN-17 */
		return fault(f, code,
		    "profile %s takes no keys of that type (%s)", p->name,
		    key_kind_name(k.kind));
	if (der_equal(spki, p->issuer_spki.at, p->issuer_spki.len)) /* PKY-09 */
		return fault(f, code, "that key is the CA's own");
	return OK;
}

enum err
tbs_build(const struct profile *p, struct leaf *leaf, struct arena *a,
    const uint8_t **der, size_t *len, struct fault *f)
{
	const struct der spki = der_over(leaf->spki, leaf->spki_len);
	uint8_t *buf;
	size_t cap;
	struct derw w;

	TRY(dates_set(p, leaf, f));
	TRY(key_check(p, &spki, ERR_BAD_CSR, f));
	if (leaf->must_staple && !p->must_staple) /* CPR-13 */
		return fault(f, ERR_BAD_CSR,
		    "profile %s has no must-staple (TLS feature) certificates",
		    p->name);
	if (leaf->n_names == 0 || leaf->n_names > NAMES_MAX)
		return fault(f, ERR_BAD_CSR, "a certificate has 1 to %d names",
		    (int)NAMES_MAX);
	cap = 1024 + p->issuer_name.len +
	      profile_extensions(p, leaf->serial)->len + leaf->spki_len +
	      leaf->n_names * (NAME_MAX_LEN + 8);
	buf = arena_alloc(a, cap, 1);
	derw_start(&w, buf, cap);
	write_all(&w, p, leaf, a);
	if (!derw_end(&w) || w.len > TBS_MAX)
		return fault(f, ERR_BAD_CSR,
		    "the names are too long together for one certificate");
	*der = buf;
	*len = w.len;
	return OK;
}

static enum err
unfit(struct fault *f, const char *why)
{
	return fault(f, ERR_INTERNAL, "to be signed: %s", why);
}

/* Our serials are ids: positive, of nearly 16 octets, the first never 0. */
static enum err
serial_fits(struct der *body, struct id *serial, struct fault *f)
{
	struct der n = der_uint(body);

	if (n.bad || n.len < SERIAL_MIN || n.len > sizeof(struct id))
		return unfit(f, "the serial is none of ours");
	*serial = (struct id){ { 0 } };
	memcpy(serial->bytes + sizeof(*serial) - n.len, n.at, n.len);
	return OK;
}

static enum err
validity_fits(const struct profile *p, struct der *body, struct fault *f)
{
	struct der v = der_get(body, DER_SEQUENCE);
	int64_t begin = der_time(&v), end = der_time(&v);

	if (!der_end(&v))
		return unfit(f, "the validity is not proper DER");
	if (begin > end || begin < p->issuer_begin || end > p->issuer_end)
		return unfit(f, "it is valid when its issuer is not");
	if (end - begin + 1 > p->lifetime_s + p->backdate_s)
		return unfit(f, "it is valid for longer than its profile says");
	return OK;
}

/* Letters, digits, hyphens, dots; a wildcard in front. */
static bool
dns_fits(struct der d)
{
	if (d.len > 2 && d.at[0] == '*' && d.at[1] == '.')
		d = der_over(d.at + 2, d.len - 2);
	if (d.len == 0 || d.len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < d.len; i++) {
		uint8_t c = d.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.')
			return false;
	}
	return true;
}

static enum err
san_fits(struct der *extensions, struct fault *f)
{
	struct der e = der_get(extensions, DER_SEQUENCE);
	struct der oid = der_get(&e, DER_OID);
	struct der critical = der_get(&e, DER_BOOLEAN);
	struct der value = der_get(&e, DER_OCTET_STRING);
	struct der names = der_get(&value, DER_SEQUENCE), d;
	size_t n = 0;

	if (!der_end(&e) || !der_end(&value) || names.len == 0 ||
	    !der_equal(&oid, oid_san, sizeof(oid_san)) ||
	    !der_equal(&critical, &yes, 1))
		return unfit(f, "no critical subjectAltName in its place");
	for (; names.len > 0 && n <= NAMES_MAX; n++) {
		if (der_next(&names, TAG_DNS)) {
			d = der_get(&names, TAG_DNS);
			if (!dns_fits(d))
				return unfit(f, "a dNSName is no host name");
			continue;
		}
		d = der_get(&names, TAG_IP);
		if (d.bad || (d.len != 4 && d.len != 16))
			return unfit(f, "a name is neither host nor address");
	}
	return der_end(&names) && n <= NAMES_MAX
	           ? OK
	           : unfit(f, "subjectAltName is not proper DER, or too long");
}

/* The profile's own bytes, subjectAltName, perhaps must-staple; no more. */
static enum err
extensions_fit(const struct profile *p, struct id serial, struct der *body,
    struct fault *f)
{
	const struct der *due = profile_extensions(p, serial);
	struct der outer = der_get(body, TAG_EXTENSIONS);
	struct der list = der_get(&outer, DER_SEQUENCE), fixed;

	if (!der_end(&outer) || list.len < due->len)
		return unfit(f, "extensions are missing");
	fixed = der_over(list.at, due->len);
	if (!der_equal(&fixed, due->at, due->len)) /* CRL-06 */
		return unfit(f, "the extensions are not its profile's");
	list.at += fixed.len;
	list.len -= fixed.len;
	TRY(san_fits(&list, f));
	if (p->must_staple &&
	    der_equal(&list, must_staple_der, sizeof(must_staple_der)))
		return OK;
	return der_end(&list) ? OK : unfit(f, "there is one extension more");
}

enum err
tbs_fits(const struct profile *p, const uint8_t *der, size_t len,
    struct fault *f)
{
	struct der all = der_over(der, len), body, part, v;
	struct id serial;

	if (len > TBS_MAX)
		return unfit(f, "too long");
	body = der_get(&all, DER_SEQUENCE);
	part = der_get(&body, TAG_VERSION);
	v = der_get(&part, DER_INTEGER);
	if (!der_end(&all) || !der_end(&part) || !der_equal(&v, &version3, 1))
		return unfit(f, "not a certificate of version 3");
	TRY(serial_fits(&body, &serial, f));
	part = der_raw(&body, DER_SEQUENCE);
	if (!der_equal(&part, p->algorithm.at, p->algorithm.len))
		return unfit(f, "the algorithm is not its issuer's");
	part = der_raw(&body, DER_SEQUENCE);
	if (!der_equal(&part, p->issuer_name.at, p->issuer_name.len))
		return unfit(f, "it names another issuer");
	TRY(validity_fits(p, &body, f));
	part = der_get(&body, DER_SEQUENCE);
	if (!der_equal(&part, NULL, 0))
		return unfit(f, "the subject is not empty");
	part = der_raw(&body, DER_SEQUENCE);
	TRY(key_check(p, &part, ERR_INTERNAL, f));
	TRY(extensions_fit(p, serial, &body, f));
	return der_end(&body) ? OK : unfit(f, "something follows");
}

int64_t
tbs_begin(const uint8_t *der, size_t len)
{
	struct der all = der_over(der, len);
	struct der body = der_get(&all, DER_SEQUENCE), v;

	/* version, serial, algorithm and issuer come first */
	for (int i = 0; i < 4; i++)
		(void)der_any(&body);
	v = der_get(&body, DER_SEQUENCE);
	return der_time(&v);
}
