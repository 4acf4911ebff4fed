/*
 * crypto/der.h: DER (X.690), read strictly and written minimally.
 *
 * A reader is a cursor over bytes it borrows.  Its first fault sticks: after
 * that everything reads as empty, so a parser asks once, at its end.
 */
#ifndef CRYPTO_DER_H
#define CRYPTO_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8 = 0x0c,
	DER_PRINTABLE = 0x13,
	DER_T61 = 0x14,
	DER_IA5 = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80, /* [n], primitive: | n */
	DER_CONSTRUCTED =
	    0x20, /* [n] around elements: DER_CONTEXT | this | n */
};

struct der {
	const uint8_t *at;
	size_t len;
	bool bad;
};

struct der der_over(const void *data, size_t len);

/* Is there a next element, with this tag? */
bool der_next(const struct der *d, unsigned tag);

/* The contents of the next element, or the whole of it; it must have `tag`. */
struct der der_get(struct der *d, unsigned tag);
struct der der_raw(struct der *d, unsigned tag);
/* The whole next element, whatever it is. */
struct der der_any(struct der *d);

/* INTEGER >= 0: its magnitude, without a sign octet ("" is zero). */
struct der der_uint(struct der *d);
/* BIT STRING of whole octets. */
struct der der_bits(struct der *d);
/* UTCTime to 2049, GeneralizedTime after: as RFC 5280, 4.1.2.5 has it. */
int64_t der_time(struct der *d);
/* GeneralizedTime whatever the year: RFC 6960, 4.2.2.1. */
int64_t der_generalized(struct der *d);

/*
 * Is all of it DER, as far as can be told without knowing its type: nested
 * elements whole, BOOLEAN and INTEGER in their one form, sets in order?
 */
bool der_sound(const struct der *d);
/* Are the elements of a SET OF in order? */
bool der_sorted(const struct der *set);

/* Nothing left, and nothing was wrong. */
bool der_end(const struct der *d);
bool der_equal(const struct der *d, const void *data, size_t len);

/* A writer into bounded memory; running out of it sticks, as above. */
enum { DER_NESTED = 12 };
struct derw {
	uint8_t *buf;
	size_t cap, len;
	size_t open[DER_NESTED]; /* where the contents begin */
	unsigned depth;
	bool bad;
};

void derw_start(struct derw *w, void *buf, size_t cap);
void derw_open(struct derw *w, unsigned tag);
void derw_close(struct derw *w);
void derw_put(struct derw *w, unsigned tag, const void *data, size_t len);
void derw_raw(struct derw *w, const void *data, size_t len);
/* INTEGER from a big-endian magnitude with any number of leading zeros. */
void derw_uint(struct derw *w, const void *data, size_t len);
void derw_time(struct derw *w, int64_t unixtime);
void derw_generalized(struct derw *w, int64_t unixtime);
void derw_bits(struct derw *w, const void *data, size_t len);
/* Everything closed and within bounds. */
bool derw_end(const struct derw *w);

#endif
