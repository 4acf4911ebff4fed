/* Evidence: what a look saw, in the probe's arena, bounded. */
#include "challenges/evidence_int.h"

#include <stdio.h>
#include <string.h>

static struct evidence *
last_of(struct evidence *first, size_t *n)
{
	struct evidence *e = first;

	for (*n = 1; e->next != NULL; ++*n)
		e = (struct evidence *)e->next; /* we made it: not const */
	return e;
}

struct evidence *
note(const struct notes *n)
{
	struct probe *p = n->p;
	struct evidence *last, *e;
	size_t count;

	if (p->evidence == NULL) {
		e = p->evidence = ARENA_NEW(p->arena, struct evidence);
	} else {
		last = last_of(p->evidence, &count);
		if (count < EVIDENCE_MAX) {
			e = ARENA_NEW(p->arena, struct evidence);
			last->next = e;
		} else {
			e = last;
			memset(e, 0, sizeof(*e));
		}
	}
	e->at_ms = loop_now(n->loop);
	e->who = n->who;
	return e;
}

const char *
printable(struct arena *a, const char *s, size_t len, size_t max)
{
	size_t n = len < max ? len : max;
	char *out = arena_alloc(a, 1, n + sizeof("..."));

	for (size_t i = 0; i < n; i++)
		out[i] = (char)(s[i] >= 0x20 && s[i] < 0x7f ? s[i] : '?');
	if (n < len)
		memcpy(out + n, "...", sizeof("..."));
	return out;
}

const char *
endpoint_text(struct arena *a, const char *address, unsigned port)
{
	return arena_printf(a,
	    strchr(address, ':') == NULL ? "%s:%u" : "[%s]:%u", address, port);
}

void
digest_text(const uint8_t digest[8], char out[DIGEST_TEXT])
{
	for (size_t i = 0; i < 8; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* Join with a blank what is there. */
static const char *
with(struct arena *a, const char *line, const char *label, const char *value)
{
	if (value == NULL)
		return line;
	return arena_printf(a, "%s %s%s", line, label, value);
}

const char *
evidence_line(const struct evidence *e, struct arena *a)
{
	const char *line = arena_text(a, e->who);
	char seen[DIGEST_TEXT], expected[DIGEST_TEXT];

	line = with(a, line, "asked ", e->resolver);
	line = with(a, line, "for ", e->question);
	line = with(a, line, "-> ", e->answers);
	if (e->address != NULL)
		line = with(a, line, "dialled ",
		    endpoint_text(a, e->address, e->port));
	if (e->sys_errno != 0)
		line = with(a, line, "", strerrordesc_np(e->sys_errno));
	if (e->http_status != 0)
		line = arena_printf(a, "%s HTTP %d, %zu bytes", line,
		    e->http_status, e->body_len);
	line = with(a, line, "-> ", e->redirect);
	if (e->compared) {
		digest_text(e->seen, seen);
		digest_text(e->expected, expected);
		line = arena_printf(a, "%s SHA-256 %s, expected %s", line, seen,
		    expected);
	}
	return line;
}
