/*
 * tests/tbs.h: to-be-signed certificates with any part other than it should be.
 */
#ifndef TESTS_TBS_H
#define TESTS_TBS_H

#include "crypto/profile_int.h"
#include "tests/cmocka.h"
#include "tests/issuer.h"

#define KU    "\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x07\x80"
#define BASIC "\x30\x0c\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x02\x30\x00"
#define CA_BIT \
	"\x30\x0f\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x05\x30\x03\x01\x01\xff"
#define SAN                                                                \
	"\x30\x12\x06\x03\x55\x1d\x11\x01\x01\xff\x04\x08\x30\x06\x82\x04" \
	"a.la"

enum { PARTS_MAX = 8192 };

/* Parts of a to-be-signed certificate; what is not given is as it should be. */
struct parts {
	const char *version, *serial, *algorithm, *issuer, *subject, *spki;
	const char *before, *fixed, *san, *after, *trailer;
	size_t len; /* of the one that is given, which holds NULs */
	int64_t begin, end;
	bool no_san, no_fixed;
};

static void
part(struct derw *w, const char *given, size_t len, const void *usual, size_t n)
{
	if (given != NULL)
		derw_raw(w, given, len);
	else
		derw_raw(w, usual, n);
}

/* What `p` says, and the rest for this profile and leaf; its length. */
static size_t
parts_write(const struct profile *profile, const struct leaf *leaf,
    struct parts p, uint8_t buf[PARTS_MAX])
{
	static const char san[] = SAN;
	struct derw w;

	derw_start(&w, buf, PARTS_MAX);
	derw_open(&w, DER_SEQUENCE);
	part(&w, p.version, p.len, "\xa0\x03\x02\x01\x02", 5);
	if (p.serial != NULL)
		derw_raw(&w, p.serial, p.len);
	else
		derw_uint(&w, leaf->serial.bytes, 16);
	part(&w, p.algorithm, p.len, profile->algorithm.at,
	    profile->algorithm.len);
	part(&w, p.issuer, p.len, profile->issuer_name.at,
	    profile->issuer_name.len);
	derw_open(&w, DER_SEQUENCE);
	derw_time(&w, p.begin != 0 ? p.begin : NOW - 30);
	derw_time(&w, p.end != 0 ? p.end : NOW + 599);
	derw_close(&w);
	part(&w, p.subject, p.len, "\x30\x00", 2);
	part(&w, p.spki, p.len, leaf->spki, leaf->spki_len);
	derw_open(&w, DER_CONTEXT | DER_CONSTRUCTED | 3);
	derw_open(&w, DER_SEQUENCE);
	part(&w, p.before, p.len, NULL, 0);
	if (!p.no_fixed)
		part(&w, p.fixed, p.len, profile->extensions.at,
		    profile->extensions.len);
	if (!p.no_san)
		part(&w, p.san, p.len, san, sizeof(san) - 1);
	part(&w, p.after, p.len, NULL, 0);
	derw_close(&w);
	derw_close(&w);
	part(&w, p.trailer, p.len, NULL, 0);
	derw_close(&w);
	assert_true(derw_end(&w));
	return w.len;
}

#define GIVEN(member, text) \
	((struct parts){ .member = (text), .len = sizeof(text) - 1 })

#endif
