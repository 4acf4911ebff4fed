/*
 * http/parse_int.h: the bytes of one request, into its parts (RFC 9112).
 *
 * Pure: no I/O, no clock, no allocation.  Bytes may come in any pieces; the
 * outcome is the same.  What is kept goes, as NUL-terminated strings, into a
 * buffer that the caller provides and enlarges when asked to; places in it are
 * offsets, so it may move.
 */
#ifndef HTTP_PARSE_INT_H
#define HTTP_PARSE_INT_H

#include <stdbool.h>
#include <stddef.h>

enum { PARSE_HEADERS_MAX = 100, PARSE_METHOD_MAX = 32, PARSE_VERSION = 8 };

enum parse_next {
	PARSE_MORE, /* all was used: come back with more bytes */
	PARSE_ROOM, /* come back with the rest, and `cap` enlarged */
	PARSE_HEAD, /* once: the head is complete, a body is to follow */
	PARSE_DONE, /* a request; what follows it was not used */
	PARSE_BAD,  /* `status` and `why` say; nothing more will come of it */
};

struct parse {
	/* The caller's. */
	size_t line_max; /* request line, CRLF not counted */
	size_t head_max; /* header section, and chunk extensions */
	size_t body_max;
	char *buf; /* strings so far are in [0, len) */
	size_t cap;

	/* Found. */
	size_t len;
	bool begun;       /* a byte of the request line was seen */
	bool method_read; /* at 0 of `buf` */
	size_t path;      /* if 0, it is "/" */
	size_t query;     /* if 0, it is "" */
	size_t host;      /* of an absolute target, else of the Host header */
	size_t headers, n_headers; /* name, value, name, value... */
	size_t body, body_len;     /* then a NUL */
	bool keep;                 /* the connection may live on */
	bool expects;              /* 100 (Continue), before a body comes */
	int status;
	const char *why;

	/* The parser's own. */
	enum parse_next next;
	unsigned char state;
	bool blank, old, chunked, closes, keeps, has_length, too_long;
	unsigned hosts, codings, digits;
	size_t line, head, left, name, value, target;
	char version[PARSE_VERSION];
	unsigned char version_len;
};

/* Begin a request; limits, buf and cap are kept. */
void parse_start(struct parse *p);

/* Take some of `data`; `*used` says how much. */
enum parse_next parse_feed(struct parse *p, const char *data, size_t len,
    size_t *used);

/* parse.c and head.c only: refuse, and judge what is complete. */
void parse_bad(struct parse *p, int status, const char *why);
bool head_version(struct parse *p); /* false: refused */
void head_target(struct parse *p);
void head_header(struct parse *p);
bool head_complete(struct parse *p);

#endif
