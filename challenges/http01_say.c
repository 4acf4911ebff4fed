/*
 * What an http-01 look says about itself: evidence for the operator, and a
 * fault somebody can act on.  What was fetched is never quoted, whoever reads
 * the fault need not be who may read the page.
 */
#include <errno.h>
#include <string.h>

#include "challenges/http01_int.h"
#include "crypto/digest.h"

static const char *
dialled(const struct http01 *h)
{
	return endpoint_text(h->look.arena, h->addresses.list[h->next],
	    http01_here(h)->port);
}

void
http01_note(struct http01 *h)
{
	const struct visit *v = h->visit;
	struct evidence *e = note(&h->look.notes);

	e->address = arena_text(h->look.p->arena, h->addresses.list[h->next]);
	e->port = http01_here(h)->port;
	e->sys_errno = v->timed_out ? ETIMEDOUT : v->sys_errno;
	e->http_status = v->status;
	e->body_len = v->body_len;
	if (v->end == VISIT_FORBIDDEN) {
		e->who = "policy";
		e->answers = arena_text(h->look.p->arena, v->fault.detail);
	} else if (v->end == VISIT_TLS || v->end == VISIT_GARBLED) {
		e->answers = printable(h->look.p->arena, v->why, strlen(v->why),
		    sizeof(v->why));
	}
	h->seen = e;
}

static const char *
errno_text(const struct http01 *h, int e)
{
	const char *name = strerrorname_np(e), *what = strerrordesc_np(e);

	return arena_printf(h->look.arena, "%s (%s)", what ? what : "unknown",
	    name ? name : "?");
}

/* What became of dialling, in words; "" for a visit that went further. */
static const char *
dial_text(const struct http01 *h)
{
	const struct visit *v = h->visit;

	if (v->end == VISIT_FORBIDDEN)
		return v->fault.detail;
	if (v->timed_out)
		return "no connection in time (is a firewall in the way?)";
	if (v->sys_errno == ECONNREFUSED)
		return "Connection refused (ECONNREFUSED); is a web server "
		       "listening there?";
	if (v->sys_errno != 0)
		return errno_text(h, v->sys_errno);
	return v->why;
}

void
http01_tried(struct http01 *h)
{
	h->tried = arena_printf(h->look.arena, "%s; before that %.60s: %.70s",
	    h->tried, dialled(h), dial_text(h));
}

/* "ADDRESS:PORT: fetching URL (after 2 redirects)" */
static const char *
whereabouts(const struct http01 *h)
{
	struct arena *a = h->look.arena;
	const char *hops = "";

	if (h->n_hops > 1)
		hops = arena_printf(a, " (after %zu redirect%s)", h->n_hops - 1,
		    h->n_hops == 2 ? "" : "s");
	return arena_printf(a, "%s: fetching %.200s%s", dialled(h),
	    http01_here(h)->shown, hops);
}

void
http01_unserved(struct http01 *h)
{
	const struct visit *v = h->visit;
	struct fault *f = &h->look.p->fault;
	const char *at = whereabouts(h);

	switch (v->end) {
	case VISIT_FORBIDDEN:
	case VISIT_UNDIALLED:
		(void)fault(f, ERR_CONNECTION, "%s: %s%s", at, dial_text(h),
		    h->tried);
		break;
	case VISIT_BROKEN:
		if (v->timed_out) {
			(void)fault(f, ERR_CONNECTION,
			    "%s: connected, but nothing came back in time", at);
			break;
		}
		(void)fault(f, ERR_CONNECTION,
		    "%s: the connection broke off before the answer was "
		    "complete: %s",
		    at, v->sys_errno ? errno_text(h, v->sys_errno) : v->why);
		break;
	case VISIT_TLS:
		(void)fault(f, ERR_TLS, "%s: no TLS 1.2 or 1.3: %s", at,
		    printable(h->look.arena, v->why, strlen(v->why), 150));
		break;
	case VISIT_GARBLED:
		(void)fault(f, ERR_CONNECTION,
		    "%s: what answered does not speak HTTP/1.1 (is it TLS, or "
		    "another protocol?), or its headers are longer than %d "
		    "bytes",
		    at, HEADERS_MAX);
		break;
	case VISIT_FAILED:
	case VISIT_ANSWERED:
		(void)fault(f, ERR_INTERNAL, "%s: %s", at, v->why);
		break;
	}
}

void
http01_wrong_status(struct http01 *h)
{
	(void)fault(&h->look.p->fault, ERR_UNAUTHORIZED,
	    "%s: HTTP %d; 200 and the key authorization are needed",
	    whereabouts(h), h->visit->status);
}

/* The usual mistakes, told from the shape alone. */
static const char *
likely_cause(const struct http01 *h, const uint8_t *body, size_t len)
{
	const char *token = h->look.p->token;
	size_t n = strlen(token);

	if (len >= n && memcmp(body, token, n) == 0) {
		if (len > n && body[n] == '.')
			return "; it is this token's, of another account key";
		if (len == n)
			return "; it is the bare token, without the account "
			       "key's thumbprint";
	}
	if (len == 0)
		return "; it is empty";
	if (body[0] == '<')
		return "; it looks like an HTML page";
	if (len >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0)
		return "; it begins with a byte order mark";
	return "";
}

void
http01_wrong_body(struct http01 *h, const uint8_t *body, size_t len)
{
	struct fault *f = &h->look.p->fault;
	size_t want = strlen(h->look.p->key_authz);
	char seen[DIGEST_TEXT], expected[DIGEST_TEXT];

	if (h->visit->body_cut) {
		(void)fault(f, ERR_UNAUTHORIZED,
		    "%s: HTTP 200 with more than %d bytes; the key "
		    "authorization has %zu%s",
		    whereabouts(h), BODY_MAX, want, likely_cause(h, body, len));
		return;
	}
	digest_text(h->seen->seen, seen);
	digest_text(h->seen->expected, expected);
	(void)fault(f, ERR_UNAUTHORIZED,
	    "%s: HTTP 200, but the body is not the key authorization: %zu "
	    "bytes, SHA-256 %s...; expected %zu bytes, SHA-256 %s...%s",
	    whereabouts(h), len, seen, want, expected,
	    likely_cause(h, body, len));
}

void
http01_expired(struct http01 *h)
{
	struct fault *f = &h->look.p->fault;
	unsigned ms = h->look.set->config.look_ms;
	const struct visit *v = h->visit;

	if (v == NULL)
		(void)fault(f, ERR_CONNECTION, "no result within %u ms", ms);
	else if (v->end == VISIT_UNDIALLED)
		http01_unserved(h);
	else if (v->status == 0)
		(void)fault(f, ERR_CONNECTION,
		    "%s: connected, but no answer within %u ms", whereabouts(h),
		    ms);
	else
		(void)fault(f, ERR_CONNECTION,
		    "%s: HTTP %d, but only %zu bytes of the body within %u ms",
		    whereabouts(h), v->status, v->body_len, ms);
}

void
http01_bad_redirect(struct http01 *h, const struct fault *why)
{
	const char *to = h->visit->location;
	struct arena *a = h->look.p->arena;

	if (h->seen->redirect == NULL && to != NULL)
		h->seen->redirect = printable(a, to, strcspn(to, "?"), 160);
	(void)fault(&h->look.p->fault, ERR_CONNECTION, "%s: HTTP %d, %s",
	    whereabouts(h), h->visit->status, why->detail);
}
