/* What the lines of a head mean, once each has been received. */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "http/field_int.h"
#include "http/parse_int.h"

/* "HTTP/1.0" or "HTTP/1.1" */
bool
head_version(struct parse *p)
{
	const char *v = p->version;

	if (p->version_len != PARSE_VERSION || memcmp(v, "HTTP/", 5) != 0 ||
	    !field_is_digit(v[5]) || v[6] != '.' || !field_is_digit(v[7]))
		parse_bad(p, 400, "malformed HTTP version");
	else if (v[5] != '1' || v[7] > '1')
		parse_bad(p, 400, "only HTTP/1.1 and HTTP/1.0 are spoken here");
	else
		p->old = v[7] == '0';
	return p->next == PARSE_MORE;
}

/*
 * http://authority/path?query (3.2.2).  The authority moves a byte to the
 * left, over the second slash, which makes room for its NUL.
 */
static void
read_absolute(struct parse *p, size_t scheme_len)
{
	char *t = p->buf + p->target, *host = t + scheme_len;
	size_t len = strcspn(host, "/?");

	memmove(host - 1, host, len);
	host[len - 1] = '\0';
	if (len == 0 || !field_is_host(host - 1)) {
		parse_bad(p, 400, "malformed host in the request target");
		return;
	}
	p->host = (size_t)(host - 1 - p->buf);
	if (host[len] == '/')
		p->path = (size_t)(host + len - p->buf);
	else if (host[len] == '?')
		p->query = (size_t)(host + len + 1 - p->buf);
}

void
head_target(struct parse *p)
{
	char *t = p->buf + p->target, *mark;
	bool is_asterisk =
	    strcmp(t, "*") == 0 && strcmp(p->buf, "OPTIONS") == 0;

	if (strcmp(p->buf, "CONNECT") == 0)
		parse_bad(p, 400, "this is no proxy");
	else if (*t == '/' || is_asterisk)
		p->path = p->target;
	else if (strncasecmp(t, "https://", 8) == 0)
		read_absolute(p, 8);
	else if (strncasecmp(t, "http://", 7) == 0)
		read_absolute(p, 7);
	else
		parse_bad(p, 400, "malformed request target");

	if (p->path != 0 && (mark = strchr(p->buf + p->path, '?')) != NULL) {
		*mark = '\0';
		p->query = (size_t)(mark + 1 - p->buf);
	}
}

static void
read_host(struct parse *p, const char *text)
{
	if (p->hosts++ != 0)
		parse_bad(p, 400, "more than one Host");
	else if (!field_is_host(text))
		parse_bad(p, 400, "malformed Host");
	else if (p->host == 0)
		p->host = p->value;
}

static void
read_length(struct parse *p, const char *text)
{
	size_t digits = strspn(text, "0123456789"), n = 0;

	if (p->has_length)
		parse_bad(p, 400, "more than one Content-Length");
	else if (digits == 0 || text[digits] != '\0')
		parse_bad(p, 400, "malformed Content-Length");
	p->has_length = true;
	for (size_t i = 0; i < digits && !p->too_long; i++) {
		n = n * 10 + (unsigned)(text[i] - '0');
		/* What comes with a coding is refused for that, at the end. */
		p->too_long = n > p->body_max || n > SIZE_MAX / 16;
	}
	p->left = n;
}

static void
read_coding(struct parse *p, const char *text)
{
	if (p->codings++ != 0)
		parse_bad(p, 400, "more than one Transfer-Encoding");
	else if (strcasecmp(text, "chunked") == 0)
		p->chunked = true;
	else if (field_ends_chunked(text))
		parse_bad(p, 400,
		    "no transfer coding but chunked is known here");
	else
		parse_bad(p, 400, "malformed Transfer-Encoding");
}

void
head_header(struct parse *p)
{
	const char *key = p->buf + p->name, *text = p->buf + p->value;

	if (strcasecmp(key, "Host") == 0)
		read_host(p, text);
	else if (strcasecmp(key, "Content-Length") == 0)
		read_length(p, text);
	else if (strcasecmp(key, "Transfer-Encoding") == 0)
		read_coding(p, text);
	else if (strcasecmp(key, "Expect") == 0)
		p->expects |= strcasecmp(text, "100-continue") == 0;
	else if (strcasecmp(key, "Connection") == 0) {
		p->closes |= field_lists(text, "close");
		p->keeps |= field_lists(text, "keep-alive");
	}
}

bool
head_complete(struct parse *p)
{
	if (p->hosts != 1)
		parse_bad(p, 400, "no Host");
	else if (p->codings != 0 && p->has_length)
		parse_bad(p, 400, "both Transfer-Encoding and Content-Length");
	else if (p->codings != 0 && p->old)
		parse_bad(p, 400, "Transfer-Encoding in HTTP/1.0");
	else if (p->too_long)
		parse_bad(p, 413, "the body is too large");
	p->keep = !p->closes && (!p->old || p->keeps);
	p->expects &= !p->old && (p->chunked || p->left != 0);
	return p->next == PARSE_MORE;
}
