/*
 * http-01 (RFC 8555, 8.3): fetch the key authorization from the name.
 *
 * A look is a walk over hops: the first URL, then where redirects lead.  Each
 * hop looks its host up and dials the addresses in turn, IPv6 first, until
 * one accepts; what that one says counts.  The words are in http01_say.c.
 */
#include "challenges/http01_int.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"

static struct http01 *
http01_of(struct flow *f)
{
	return (struct http01 *)f;
}

const struct location *
http01_here(const struct http01 *h)
{
	return &h->hops[h->n_hops - 1];
}

static void
woken(void *arg)
{
	flow_wake(arg);
}

static enum flow_next
conclude(struct http01 *h, enum probe_result result)
{
	look_over(&h->look, result);
	return FLOW_END;
}

static enum flow_next
look_up(struct flow *f)
{
	struct http01 *h = http01_of(f);
	struct look *l = &h->look;

	if (l->p->ident.wildcard) { /* H01-07 */
		(void)fault(&l->p->fault, ERR_MALFORMED,
		    "http-01 cannot prove a wildcard");
		return conclude(h, PROBE_FORBIDDEN);
	}
	if (h->n_hops == 0)
		h->hops[h->n_hops++] = location_first(&l->p->ident, l->p->token,
		    l->set->config.http_port, l->arena);
	h->next = 0;
	h->undialled = false;
	h->tried = "";
	if (http01_here(h)->literal) {
		addresses_literal(&h->addresses, http01_here(h)->host);
		return FLOW_NEXT;
	}
	return addresses_find(&h->addresses, l, http01_here(h)->host)
	           ? FLOW_NEXT
	           : FLOW_WAIT;
}

static enum flow_next
gather(struct flow *f)
{
	struct http01 *h = http01_of(f);

	if (!addresses_gather(&h->addresses, &h->look))
		return conclude(h, PROBE_UNREACHED);
	return FLOW_NEXT;
}

static enum flow_next
dial(struct flow *f)
{
	struct http01 *h = http01_of(f);
	const struct prober_config *c = &h->look.set->config;
	/* one that is silent must leave time for the others */
	unsigned share = c->look_ms / (unsigned)(h->addresses.n - h->next);
	struct visit_plan plan = {
		.url = http01_here(h)->url,
		.address = h->addresses.list[h->next],
		.port = http01_here(h)->port,
		.policy = &c->policy,
		.user_agent = c->user_agent,
		.dial_ms = c->dial_ms < share ? c->dial_ms : share,
	};

	visit_free(h->visit);
	h->visit = visit_start(prober_visits(h->look.pr), &plan, woken, f);
	return FLOW_WAIT;
}

/* On to the next address, if this one was not to be had. */
static enum flow_next
dialled(struct flow *f)
{
	struct http01 *h = http01_of(f);
	enum visit_end end = h->visit->end;

	http01_note(h);
	if (end == VISIT_UNDIALLED)
		h->undialled = true;
	if ((end != VISIT_UNDIALLED && end != VISIT_FORBIDDEN) ||
	    h->next + 1 == h->addresses.n)
		return FLOW_NEXT;
	http01_tried(h);
	h->next++;
	flow_wake(f);
	return FLOW_BACK;
}

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

static enum err
find_redirect(struct http01 *h, struct location *to, struct fault *f)
{
	const struct visit *v = h->visit;
	const struct prober_config *c = &h->look.set->config;
	struct location_rules rules = {
		.http_port = c->http_port,
		.tls_port = c->tls_port,
		.literals = h->look.p->ident.type == IDENT_IP,
	};

	if (v->n_locations == 0)
		return fault(f, ERR_CONNECTION, "without a Location header");
	if (v->n_locations > 1)
		return fault(f, ERR_CONNECTION, "with %zu Location headers",
		    v->n_locations);
	TRY(location_follow(http01_here(h), v->location, &rules, h->look.arena,
	    to, f));
	h->seen->redirect = arena_text(h->look.p->arena, to->shown);
	if (h->n_hops > REDIRECTS_MAX) /* H01-03 */
		return fault(f, ERR_CONNECTION, "more than %d redirects",
		    REDIRECTS_MAX);
	for (size_t i = 0; i < h->n_hops; i++)
		if (strcmp(h->hops[i].url, to->url) == 0) /* H01-03 */
			return fault(f, ERR_CONNECTION,
			    "redirects in a loop, back to %s", to->shown);
	return OK;
}

/* Without a verdict the flow begins again, at the new place. */
static enum flow_next
follow(struct http01 *h)
{
	struct fault why = { .code = OK };
	struct location to;

	if (find_redirect(h, &to, &why) != OK) {
		http01_bad_redirect(h, &why);
		return conclude(h, PROBE_WRONG);
	}
	h->hops[h->n_hops++] = to;
	return FLOW_END;
}

/* 8.3: white space after the key authorization is to be ignored. */
static size_t
trimmed(const uint8_t *body, size_t len)
{
	/* H01-02 */
	while (len > 0 && memchr(" \t\r\n\v\f", body[len - 1], 6) != NULL)
		len--;
	return len;
}

static enum flow_next
compare(struct http01 *h)
{
	const struct visit *v = h->visit;
	const char *want = h->look.p->key_authz;
	size_t len = trimmed(v->body, v->body_len);
	uint8_t seen[SHA256_SIZE], expected[SHA256_SIZE];

	if (v->status != 200) { /* H01-02 */
		http01_wrong_status(h);
		return conclude(h, PROBE_WRONG);
	}
	if (!v->body_cut) {
		sha256(v->body, len, seen);
		sha256(want, strlen(want), expected);
		memcpy(h->seen->seen, seen, sizeof(h->seen->seen));
		memcpy(h->seen->expected, expected, sizeof(h->seen->expected));
		h->seen->compared = true;
		if (len == strlen(want) && bytes_equal(v->body, want, len))
			return conclude(h, PROBE_PROVED);
	}
	http01_wrong_body(h, v->body, len);
	return conclude(h, PROBE_WRONG);
}

static enum flow_next
judge(struct flow *f)
{
	struct http01 *h = http01_of(f);

	switch (h->visit->end) {
	case VISIT_ANSWERED:
		return is_redirect(h->visit->status) ? follow(h) : compare(h);
	case VISIT_FORBIDDEN:
		http01_unserved(h);
		return conclude(h,
		    h->undialled ? PROBE_UNREACHED : PROBE_FORBIDDEN);
	case VISIT_UNDIALLED:
	case VISIT_BROKEN:
	case VISIT_FAILED:
		http01_unserved(h);
		return conclude(h, PROBE_UNREACHED);
	case VISIT_TLS:
	case VISIT_GARBLED:
		http01_unserved(h);
		return conclude(h, PROBE_WRONG);
	}
	abort();
}

static enum probe_result
expire(struct look *l)
{
	struct http01 *h = (struct http01 *)l;

	if (h->addresses.lookup != NULL) {
		addresses_expire(&h->addresses, l);
		return PROBE_UNREACHED;
	}
	if (h->visit != NULL) {
		visit_expire(h->visit);
		http01_note(h);
	}
	http01_expired(h);
	return PROBE_UNREACHED;
}

static void
cancel(struct look *l)
{
	struct http01 *h = (struct http01 *)l;

	addresses_cancel(&h->addresses);
	visit_free(h->visit);
	h->visit = NULL;
}

void
http01_look(struct prober *pr, struct probe *p, probe_done *done, void *arg)
{
	static flow_step *const steps[] = {
		look_up,
		gather,
		dial,
		dialled,
		judge,
		NULL,
	};
	static const struct look_kind kind = {
		.type = "http-01",
		.size = sizeof(struct http01),
		.steps = steps,
		.expire = expire,
		.cancel = cancel,
	};

	look_start(pr, &kind, p, done, arg);
}
