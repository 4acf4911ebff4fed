/*
 * CAA (RFC 8659, 3): all ancestors are asked at the same time, and the first
 * that has records speaks.  CNAMEs are followed by the resolver, or by us on
 * its behalf; nobody climbs from where they lead.
 */
#include <string.h>

#include "challenges/caa_set_int.h"
#include "challenges/prober_int.h"

struct caa {
	struct look look; /* first: a look of this kind is a caa */
	struct dns_ask *asks;
	size_t n;
	struct lookup *lookup;
};

static void
woken(void *arg)
{
	flow_wake(arg);
}

/* CAA-01: the name, then each above it, but not the root. */
static void
climb(struct caa *c)
{
	const char *at = c->look.p->ident.value;

	for (const char *p = at; p != NULL; p = strchr(p + 1, '.'))
		c->n++;
	c->asks = ARENA_ARRAY(c->look.arena, struct dns_ask, c->n);
	for (size_t i = 0; i < c->n; i++) {
		c->asks[i] = (struct dns_ask){ at, DNS_CAA };
		at += strcspn(at, ".") + 1;
	}
}

static enum flow_next
ask(struct flow *f)
{
	struct caa *c = (struct caa *)f;
	struct look *l = &c->look;
	struct lookup_plan plan = look_plan(l);

	if (l->p->ident.type != IDENT_DNS) { /* CAA-13 */
		look_over(l, PROBE_PROVED);
		return FLOW_END;
	}
	climb(c);
	plan.first_found = true;
	c->lookup = lookup_start(&plan, c->asks, c->n, woken, f);
	return FLOW_WAIT;
}

static const char *
name_of(const struct caa *c)
{
	return ident_text(&c->look.p->ident, c->look.arena);
}

/* The records at asks[i] decide. */
static enum probe_result
heed(struct caa *c, size_t i, const struct dns_question *q)
{
	struct probe *p = c->look.p;
	struct caa_question about = { .wildcard = p->ident.wildcard,
		.method = p->method,
		.issuers = p->issuers,
		.n_issuers = p->n_issuers,
		.accounts = p->accounts,
		.n_accounts = p->n_accounts };
	const char *why;
	bool permits = caa_set_permits(q->records, &about, p->arena, &why);
	struct evidence *e = note(&c->look.notes);

	e->question = arena_printf(p->arena, "CAA for %s", name_of(c));
	e->answers = arena_printf(p->arena, "found at %s: %s: %s",
	    c->asks[i].name, why, permits ? "permits" : "forbids");
	if (permits)
		return PROBE_PROVED;
	/* CAA-15 */
	(void)fault(&p->fault, ERR_CAA,
	    "CAA record for %.260s prevents issuance: found at %.90s: %.70s; "
	    "this CA is %.60s, and this is %s",
	    name_of(c), c->asks[i].name, why,
	    p->n_issuers > 0 ? p->issuers[0]
	                     : "without a name (caa_identities)",
	    p->method);
	return PROBE_WRONG;
}

static bool
empty(const struct dns_question *q)
{
	return q->status == DNS_NXDOMAIN || q->status == DNS_NODATA;
}

static enum probe_result
verdict(struct caa *c)
{
	struct probe *p = c->look.p;
	const struct dns_question *failed = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct dns_question *q = lookup_question(c->lookup, i);

		if (q->status == DNS_FOUND && (failed == NULL || p->lenient))
			return heed(c, i, q);
		if (!empty(q) && q->status != DNS_FOUND && failed == NULL)
			failed = q;
	}
	if (failed == NULL)
		return PROBE_PROVED; /* CAA-02 */
	(void)fault(&p->fault, ERR_DNS,
	    "CAA records for %.260s could not be looked up: %.120s: %s; the "
	    "DNS "
	    "server %s",
	    name_of(c), failed->name, dns_status_text(failed->status),
	    failed->server ? failed->server : "none");
	return PROBE_UNREACHED;
}

static enum flow_next
judge(struct flow *f)
{
	struct caa *c = (struct caa *)f;

	look_over(&c->look, verdict(c));
	return FLOW_END;
}

static enum probe_result
expire(struct look *l)
{
	struct caa *c = (struct caa *)l;

	lookup_expire(c->lookup);
	return verdict(c); /* what is known may be enough */
}

static void
cancel(struct look *l)
{
	struct caa *c = (struct caa *)l;

	lookup_free(c->lookup);
	c->lookup = NULL;
}

void
caa_look(struct prober *pr, struct probe *p, probe_done *done, void *arg)
{
	static flow_step *const steps[] = { ask, judge, NULL };
	static const struct look_kind kind = {
		.type = "caa",
		.size = sizeof(struct caa),
		.steps = steps,
		.expire = expire,
		.cancel = cancel,
	};

	look_start(pr, &kind, p, done, arg);
}
