#include "challenges/issue_value_int.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct cursor {
	const uint8_t *at, *end;
};

static bool
next(const struct cursor *c, char want)
{
	return c->at < c->end && *c->at == (uint8_t)want;
}

static void
skip_blanks(struct cursor *c)
{
	while (next(c, ' ') || next(c, '\t'))
		c->at++;
}

static const char *
lower(const uint8_t *from, const uint8_t *to, struct arena *a)
{
	char *text = arena_bytes(a, from, (size_t)(to - from));

	for (char *p = text; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return text;
}

static bool
alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* A label or a tag: letters and digits, hyphens only between them. */
static bool
take_word(struct cursor *c)
{
	const uint8_t *from = c->at;

	while (c->at < c->end && (alnum(*c->at) || *c->at == '-'))
		c->at++;
	return c->at > from && from[0] != '-' && c->at[-1] != '-';
}

/* To the end of the last good one; the root's dot after it does no harm. */
static bool
take_labels(struct cursor *c, const uint8_t **end)
{
	do {
		if (!take_word(c))
			return false;
		*end = c->at;
		if (!next(c, '.'))
			return true;
		c->at++;
	} while (c->at < c->end && !next(c, ' ') && !next(c, '\t') &&
	         !next(c, ';'));
	return true;
}

/* The issuer, if there is one. */
static bool
take_issuer(struct cursor *c, struct arena *a, struct issue_value *out)
{
	const uint8_t *from = c->at, *to = c->at;
	bool good = c->at == c->end || next(c, ';') || take_labels(c, &to);

	out->issuer = lower(from, to, a);
	return good;
}

/* CAA-05: tag, "=", value; neither blanks nor semicolons in the value. */
static bool
take_parameter(struct cursor *c, struct arena *a, struct issue_parameter *out)
{
	const uint8_t *from = c->at;

	if (!take_word(c))
		return false;
	out->tag = lower(from, c->at, a);
	skip_blanks(c);
	if (!next(c, '='))
		return false;
	c->at++;
	skip_blanks(c);
	from = c->at;
	while (c->at<c->end && * c->at> ' ' && *c->at < 0x7f && *c->at != ';')
		c->at++;
	out->value = arena_bytes(a, from, (size_t)(c->at - from));
	return true;
}

static bool
take_parameters(struct cursor *c, struct arena *a, struct issue_value *out)
{
	for (;;) {
		if (out->n == ISSUE_PARAMETERS_MAX ||
		    !take_parameter(c, a, &out->parameters[out->n]))
			return false;
		out->n++;
		skip_blanks(c);
		if (!next(c, ';'))
			return true;
		c->at++;
		skip_blanks(c);
	}
}

bool
issue_value_read(const uint8_t *data, size_t len, struct arena *a,
    struct issue_value *out)
{
	struct cursor c = { data, data + len };

	*out = (struct issue_value){ .issuer = "" };
	skip_blanks(&c);
	if (!take_issuer(&c, a, out))
		return false;
	skip_blanks(&c);
	if (next(&c, ';')) {
		c.at++;
		skip_blanks(&c);
		if (c.at < c.end && !take_parameters(&c, a, out))
			return false;
	}
	return c.at == c.end;
}

const char *
issue_value_find(const struct issue_value *v, const char *tag, size_t *n)
{
	const char *first = NULL;

	*n = 0;
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->parameters[i].tag, tag) == 0 && (*n)++ == 0)
			first = v->parameters[i].value;
	return first;
}

bool
issue_value_names(const struct issue_value *v, const char *const *issuers,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(v->issuer, issuers[i]) == 0) /* CAA-06 */
			return true;
	return false;
}
