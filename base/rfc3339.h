/* base/rfc3339.h: moments as internet protocols write them (RFC 3339, 5.6). */
#ifndef BASE_RFC3339_H
#define BASE_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

enum { RFC3339_TEXT = 21 };

/*
 * "2026-11-21T05:37:00+01:00" as Unix time; any offset, either case of T and
 * Z.  False for anything else, for a day or an hour there is not, a leap
 * second, years before 1970, or a fraction of a second that is not zero: it
 * could not be kept exactly.
 */
bool rfc3339_read(const char *text, int64_t *out);

/* In UTC, whole seconds, `Z`.  False for a year that four digits cannot say. */
bool rfc3339_write(int64_t unixtime, char out[RFC3339_TEXT]);

#endif
