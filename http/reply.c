#include "http/reply_int.h"

#include <stdlib.h>
#include <string.h>

/* For people who read traces; no client may depend on them (RFC 9112, 4). */
static const struct {
	int status;
	const char *text;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 421, "Misdirected Request" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
};

static const char *
reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "";
}

static char *
add(char *at, const char *text, size_t len)
{
	memcpy(at, text, len);
	return at + len;
}

static char *
add_text(char *at, const char *text)
{
	return add(at, text, strlen(text));
}

/* A line break from elsewhere would let its author write our headers. */
static size_t
checked(const char *text)
{
	size_t len = strcspn(text, "\r\n");

	if (text[len] != '\0')
		abort();
	return len;
}

/* RFC 9110, 8.6: 204 has no length, 304 need not have one. */
static bool
has_length(int status)
{
	return status != 204 && status != 304;
}

static bool
has_body(const struct reply *r)
{
	return has_length(r->status) && !r->head_only && r->body_len != 0;
}

static char *
add_number(char *at, size_t n, size_t width)
{
	char digits[24], *first = digits + sizeof(digits);

	do {
		*--first = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0 || first > digits + sizeof(digits) - width);
	return add(at, first, (size_t)(digits + sizeof(digits) - first));
}

/* All that goes in is ours, and short. */
static void
first_lines(struct reply *r)
{
	static const char *const connection[] = {
		[REPLY_CLOSES] = "Connection: close\r\n",
		[REPLY_KEEPS] = "",
		[REPLY_STAYS] = "Connection: keep-alive\r\n",
	};
	char *at = add_text(r->first, "HTTP/1.1 ");

	at = add_number(at, (size_t)r->status, 3);
	at = add_text(at, " ");
	at = add_text(at, reason(r->status));
	at = add_text(at, "\r\nDate: ");
	at = add(at, r->date, HTTP_DATE - 1);
	at = add_text(at, "\r\n");
	if (has_length(r->status)) {
		at = add_text(at, "Content-Length: ");
		at = add_number(at, r->body_len, 1);
		at = add_text(at, "\r\n");
	}
	at = add_text(at, connection[r->connection]);
	r->first_len = (size_t)(at - r->first);
}

size_t
reply_measure(struct reply *r)
{
	first_lines(r);
	r->len = r->first_len + strlen("\r\n");
	for (size_t i = 0; i < r->n_headers; i++)
		r->len += checked(r->headers[i].name) + strlen(": ") +
		          checked(r->headers[i].value) + strlen("\r\n");
	if (has_body(r))
		r->len += r->body_len;
	return r->len;
}

void
reply_write(const struct reply *r, char *out)
{
	char *at = add(out, r->first, r->first_len);

	for (size_t i = 0; i < r->n_headers; i++) {
		at = add_text(at, r->headers[i].name);
		at = add(at, ": ", 2);
		at = add_text(at, r->headers[i].value);
		at = add(at, "\r\n", 2);
	}
	at = add(at, "\r\n", 2);
	if (has_body(r))
		at = add(at, r->body, r->body_len);
	if ((size_t)(at - out) != r->len)
		abort();
}
