/* http/reply_int.h: a reply's bytes.  Pure. */
#ifndef HTTP_REPLY_INT_H
#define HTTP_REPLY_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http.h"

enum { REPLY_FIRST = 256 };

enum reply_connection {
	REPLY_CLOSES, /* Connection: close */
	REPLY_KEEPS,  /* nothing: HTTP/1.1 */
	REPLY_STAYS,  /* Connection: keep-alive, which HTTP/1.0 must be told */
};

struct reply {
	int status;
	const struct http_header *headers;
	size_t n_headers;
	const char *body;
	size_t body_len;
	const char *date; /* http_date() wrote it */
	enum reply_connection connection;
	bool head_only; /* it answers a HEAD */

	char first[REPLY_FIRST]; /* reply_measure() fills these */
	size_t first_len, len;
};

/* How many bytes it takes.  A header with CR or LF in it aborts. */
size_t reply_measure(struct reply *r);
void reply_write(const struct reply *r, char *out); /* exactly so many */

#endif
