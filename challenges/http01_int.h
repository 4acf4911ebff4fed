/* challenges/http01_int.h: between http-01's walk and the words for it. */
#ifndef CHALLENGES_HTTP01_INT_H
#define CHALLENGES_HTTP01_INT_H

#include "challenges/addresses_int.h"
#include "challenges/location_int.h"
#include "challenges/prober_int.h"

enum { REDIRECTS_MAX = 10 };

struct http01 {
	struct look look; /* first: a look of this kind is a http01 */
	struct location hops[REDIRECTS_MAX + 1];
	size_t n_hops; /* the last is where we are */

	/* Of this hop. */
	struct addresses addresses;
	size_t next;       /* the one being dialled */
	bool undialled;    /* at least one was tried in vain */
	const char *tried; /* which, and what they said, or "" */
	struct visit *visit;
	struct evidence *seen; /* of the last visit */
};

/* Where we are. */
const struct location *http01_here(const struct http01 *h);

/* Write down what the visit came to. */
void http01_note(struct http01 *h);
/* Remember an address tried in vain, for the fault of the next. */
void http01_tried(struct http01 *h);

/* Each gives the probe its fault. */
void http01_unserved(struct http01 *h);
void http01_wrong_status(struct http01 *h);
void http01_wrong_body(struct http01 *h, const uint8_t *body, size_t len);
void http01_expired(struct http01 *h);
/* `why` is a fault of the redirect alone. */
void http01_bad_redirect(struct http01 *h, const struct fault *why);

#endif
