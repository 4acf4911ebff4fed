/* base/ident.h: what a certificate can name (RFC 8555, 9.7.7; RFC 8738). */
#ifndef BASE_IDENT_H
#define BASE_IDENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

enum ident_type { IDENT_DNS, IDENT_IP };

struct ident {
	enum ident_type type;
	const char *value; /* lower-case A-labels, or RFC 5952 for addresses */
	bool wildcard;     /* `value` is then without its "*." */
};

/*
 * Normalise what a client wrote; libidn2 judges A-labels.  `out` borrows from
 * `a`.  ERR_UNSUPPORTED_IDENTIFIER for another type; ERR_REJECTED_IDENTIFIER,
 * with the reason, for a value that is no name or address we would put in a
 * certificate (CONFORMANCE IDN-01 to IDN-05, IPI-01, IPI-04); ERR_MALFORMED
 * for an address sent as a name, or an address in another spelling than
 * RFC 5952's.  Single-label and internal names are fine: this is a private CA.
 */
enum err ident_parse(const char *type, const char *value, struct arena *a,
    struct ident *out, struct fault *f) MUST_USE;
bool ident_equal(const struct ident *a, const struct ident *b);

/* "dns" or "ip". */
const char *ident_type_text(enum ident_type type);
/* As a client writes it, "*." included; in `a` when that needs memory. */
const char *ident_text(const struct ident *id, struct arena *a);
/* 4 or 16 bytes of an address in network order; 0 for a name. */
size_t ident_address(const struct ident *id, unsigned char out[16]);
/* For qsort(): by type, value, wildcard. */
int ident_compare(const void *a, const void *b);

#endif
