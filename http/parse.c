/*
 * A state a byte: each step takes one byte, in any state the request may stop
 * and go on with the next packet.  Only the data of a body, and what a step
 * would merely put to the rest of a name or value, is taken in bulk.
 * Where RFC 9112 lets a recipient be lenient, this one refuses: two servers
 * that disagree on where a request ends are how requests are smuggled.
 */
#include "http/parse_int.h"

#include <string.h>

#include "http/field_int.h"

enum state {
	START,
	START_LF,
	METHOD,
	TARGET,
	VERSION,
	VERSION_LF,
	NAME,
	BEFORE_VALUE,
	VALUE,
	VALUE_LF,
	HEAD_LF,
	CHUNK_SIZE,
	CHUNK_EXT,
	CHUNK_LF,
	CHUNK_END,
	CHUNK_END_LF,
	LAST,
	LAST_LF,
	DATA,
};

/* No step adds more bytes than this, so there is always room for one. */
enum { STEP_ROOM = 2, SIZE_DIGITS_MAX = 16 };

void
parse_bad(struct parse *p, int status, const char *why)
{
	p->status = status;
	p->why = why;
	p->next = PARSE_BAD;
}

static void
put(struct parse *p, unsigned char c)
{
	p->buf[p->len++] = (char)c;
}

/* The LF that must follow a CR. */
static bool
is_lf(struct parse *p, unsigned char c)
{
	if (c != '\n')
		parse_bad(p, 400, "CR without LF");
	return c == '\n';
}

static bool
line_has_room(struct parse *p)
{
	if (p->line++ < p->line_max)
		return true;
	parse_bad(p, 414, "the request line is too long");
	return false;
}

static bool
head_has_room(struct parse *p)
{
	if (p->head++ < p->head_max)
		return true;
	parse_bad(p, 431, "the header section is too large");
	return false;
}

static void
method(struct parse *p, unsigned char c)
{
	p->begun = true;
	if (!line_has_room(p))
		return;
	if (c == ' ' && p->len != 0) {
		put(p, '\0');
		p->method_read = true;
		p->target = p->len;
		p->state = TARGET;
	} else if (!field_is_token(c))
		parse_bad(p, 400, "malformed request line");
	else if (p->len == PARSE_METHOD_MAX)
		parse_bad(p, 400, "no such method");
	else
		put(p, c);
}

/* 2.2: one empty line may come before a request. */
static void
start(struct parse *p, unsigned char c)
{
	if (c == '\r' && !p->blank) {
		p->blank = true;
		p->state = START_LF;
		return;
	}
	p->state = METHOD;
	method(p, c);
}

static void
start_lf(struct parse *p, unsigned char c)
{
	if (is_lf(p, c))
		p->state = START;
}

static void
target(struct parse *p, unsigned char c)
{
	if (!line_has_room(p))
		return;
	if (c == ' ' && p->len != p->target) {
		put(p, '\0');
		p->state = VERSION;
	} else if (c <= ' ' || c > '~' || c == '#')
		parse_bad(p, 400, "malformed request target");
	else
		put(p, c);
}

static void
version(struct parse *p, unsigned char c)
{
	if (c == '\r')
		p->state = VERSION_LF;
	else if (!line_has_room(p))
		return;
	else if (c < ' ' || p->version_len == PARSE_VERSION)
		parse_bad(p, 400, "malformed request line");
	else
		p->version[p->version_len++] = (char)c;
}

static void
version_lf(struct parse *p, unsigned char c)
{
	if (!is_lf(p, c) || !head_version(p))
		return;
	p->headers = p->name = p->len;
	p->state = NAME;
	head_target(p);
}

static void
name(struct parse *p, unsigned char c)
{
	if (!head_has_room(p))
		return;
	if (c == ':' && p->len != p->name) {
		put(p, '\0');
		p->value = p->len;
		p->state = BEFORE_VALUE;
	} else if (c == '\r' && p->len == p->name)
		p->state = HEAD_LF;
	else if (c == ' ' || c == '\t')
		parse_bad(p, 400, "white space before or in a header name");
	else if (!field_is_token(c))
		parse_bad(p, 400, "malformed header name");
	else
		put(p, c);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
value(struct parse *p, unsigned char c)
{
	if (!head_has_room(p))
		return;
	if (c == '\r') {
		while (p->len > p->value && is_blank(p->buf[p->len - 1]))
			p->len--;
		put(p, '\0');
		p->state = VALUE_LF;
	} else if (!field_is_text(c))
		parse_bad(p, 400, "control character in a header");
	else
		put(p, c);
}

static void
before_value(struct parse *p, unsigned char c)
{
	if (c == ' ' || c == '\t') {
		(void)head_has_room(p);
	} else {
		p->state = VALUE;
		value(p, c);
	}
}

static void
value_lf(struct parse *p, unsigned char c)
{
	if (!is_lf(p, c) || !head_has_room(p))
		return;
	if (p->n_headers++ == PARSE_HEADERS_MAX) {
		parse_bad(p, 431, "too many headers");
		return;
	}
	head_header(p);
	p->name = p->len;
	p->state = NAME;
}

static void
done(struct parse *p)
{
	p->buf[p->len] = '\0';
	p->body_len = p->len - p->body;
	p->next = PARSE_DONE;
}

static void
head_lf(struct parse *p, unsigned char c)
{
	if (!is_lf(p, c) || !head_has_room(p) || !head_complete(p))
		return;
	p->body = p->len;
	if (p->chunked || p->left != 0) {
		p->state = p->chunked ? CHUNK_SIZE : DATA;
		p->next = PARSE_HEAD;
	} else
		done(p);
}

static void
chunk_size(struct parse *p, unsigned char c)
{
	size_t room = p->body_max - (p->len - p->body);
	int digit = field_hex(c);

	if (digit < 0 && p->digits != 0 && c == ';')
		p->state = CHUNK_EXT;
	else if (digit < 0 && p->digits != 0 && c == '\r')
		p->state = CHUNK_LF;
	else if (digit < 0 || p->digits++ == SIZE_DIGITS_MAX)
		parse_bad(p, 400, "malformed chunk size");
	else if (p->left > room / 16 ||
	         (p->left = p->left * 16 + (unsigned)digit) > room)
		parse_bad(p, 413, "the body is too large");
}

static void
chunk_ext(struct parse *p, unsigned char c)
{
	if (!head_has_room(p))
		return;
	if (c == '\r')
		p->state = CHUNK_LF;
	else if (!field_is_text(c))
		parse_bad(p, 400, "control character in a chunk extension");
}

static void
chunk_lf(struct parse *p, unsigned char c)
{
	if (is_lf(p, c))
		p->state = p->left != 0 ? DATA : LAST;
	p->digits = 0;
}

static void
chunk_end(struct parse *p, unsigned char c)
{
	if (c != '\r')
		parse_bad(p, 400, "chunk data is longer than its size");
	p->state = CHUNK_END_LF;
}

static void
chunk_end_lf(struct parse *p, unsigned char c)
{
	if (is_lf(p, c))
		p->state = CHUNK_SIZE;
}

static void
last(struct parse *p, unsigned char c)
{
	if (c != '\r')
		parse_bad(p, 400, "trailers are not taken");
	p->state = LAST_LF;
}

static void
last_lf(struct parse *p, unsigned char c)
{
	if (is_lf(p, c))
		done(p);
}

static size_t
data(struct parse *p, const char *from, size_t len)
{
	size_t room = p->cap - p->len - 1;

	if (len > p->left)
		len = p->left;
	if (len > room)
		len = room;
	memcpy(p->buf + p->len, from, len);
	p->len += len;
	p->left -= len;
	if (p->left == 0 && p->chunked)
		p->state = CHUNK_END;
	else if (p->left == 0)
		done(p);
	return len;
}

/* clang-format off */
static void (*const steps[])(struct parse *p, unsigned char c) = {
	[START]        = start,        [START_LF]   = start_lf,
	[METHOD]       = method,       [TARGET]     = target,
	[VERSION]      = version,      [VERSION_LF] = version_lf,
	[NAME]         = name,         [BEFORE_VALUE] = before_value,
	[VALUE]        = value,        [VALUE_LF]   = value_lf,
	[HEAD_LF]      = head_lf,
	[CHUNK_SIZE]   = chunk_size,   [CHUNK_EXT]  = chunk_ext,
	[CHUNK_LF]     = chunk_lf,     [CHUNK_END]  = chunk_end,
	[CHUNK_END_LF] = chunk_end_lf,
	[LAST]         = last,         [LAST_LF]    = last_lf,
};
/* clang-format on */

/* Of a name or a value, as far as it and the room go; maybe nothing. */
static size_t
plain(struct parse *p, const char *from, size_t len)
{
	size_t room = p->cap - p->len - STEP_ROOM;

	if (p->state != NAME && p->state != VALUE)
		return 0;
	if (len > room)
		len = room;
	if (len > p->head_max - p->head)
		len = p->head_max - p->head;
	len =
	    p->state == NAME ? field_tokens(from, len) : field_texts(from, len);
	memcpy(p->buf + p->len, from, len);
	p->len += len;
	p->head += len;
	return len;
}

void
parse_start(struct parse *p)
{
	struct parse fresh = {
		.line_max = p->line_max,
		.head_max = p->head_max,
		.body_max = p->body_max,
		.buf = p->buf,
		.cap = p->cap,
	};

	*p = fresh;
}

enum parse_next
parse_feed(struct parse *p, const char *from, size_t len, size_t *used)
{
	enum parse_next next = p->next;
	size_t at = 0;

	while (p->next == PARSE_MORE && at < len) {
		if (p->cap - p->len < STEP_ROOM) {
			*used = at;
			return PARSE_ROOM;
		}
		at += plain(p, from + at, len - at);
		if (at == len)
			break;
		if (p->state == DATA)
			at += data(p, from + at, len - at);
		else
			steps[p->state](p, (unsigned char)from[at++]);
	}
	*used = at;
	next = p->next;
	if (next == PARSE_HEAD)
		p->next = PARSE_MORE;
	return next;
}
