/* base/id.h: object ids that sort by time. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

enum { ID_SIZE = 16, ID_TEXT = 23, ID_HEX = 33 };

/*
 * 48 bits of milliseconds, then 80 bits from the CSPRNG.  Inserts go to the
 * right edge of the store's tree, retention is a range delete, and nobody
 * guesses one.  The same bytes serve as a certificate's serial: positive,
 * for the first bit stays 0 until the year 6429.
 */
struct id {
	uint8_t bytes[ID_SIZE];
};

/* A fresh id.  Never fails: without entropy the process ends. */
struct id id_new(int64_t now_ms);

/* 22 characters of base64url, and a NUL: what URLs carry. */
void id_text(struct id id, char out[ID_TEXT]);

/* False unless `text` is exactly what id_text() writes for some id. */
bool id_parse(const char *text, struct id *out);
bool id_equal(struct id a, struct id b);
bool id_zero(struct id id); /* the id of nothing */

/* 32 hexadecimal digits and a NUL: how other tools print a serial. */
void id_hex(struct id id, char out[ID_HEX]);
int64_t id_ms(struct id id); /* when it was made */

/*
 * By the chance at their end, ids fall into `of` parts, at most 65536, that
 * grow alike: which of them, from 0.  Of 0 parts it is 0.
 */
unsigned id_part(struct id id, unsigned of);
unsigned id_spread(struct id id); /* what it goes by: 16 bits, the last */

#endif
