/*
 * challenges/location_int.h: where an http-01 look may go, first and by
 * redirects.  The one door for what a Location header says.
 */
#ifndef CHALLENGES_LOCATION_INT_H
#define CHALLENGES_LOCATION_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ident.h"

enum { LOCATION_MAX = 2000 };

struct location {
	const char *url;   /* normalised; its authority is what Host says */
	const char *shown; /* for people: without the query */
	const char *host;  /* to look up, or an address without brackets */
	bool literal;      /* an address: nothing to look up */
	uint16_t port;     /* to dial */
};

/* How far a redirect may lead. */
struct location_rules {
	uint16_t http_port, tls_port;
	bool literals; /* an address is acceptable as a host */
};

/* Where the look begins (RFC 8555, 8.3); all of it in `a`. */
struct location location_first(const struct ident *id, const char *token,
    uint16_t http_port, struct arena *a);

/* Where a redirect seen at `from` leads.  ERR_CONNECTION: nowhere we go. */
enum err location_follow(const struct location *from, const char *header,
    const struct location_rules *rules, struct arena *a, struct location *out,
    struct fault *f) MUST_USE;

#endif
