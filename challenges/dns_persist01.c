/*
 * dns-persist-01: a TXT record at _validation-persist.NAME that grants an
 * account of ours the name for as long as it stands there.
 */
#include <string.h>

#include "challenges/persist_int.h"
#include "challenges/prober_int.h"

struct persist_look {
	struct look look; /* first: a look of this kind is a persist_look */
	const char *name;
	struct lookup *lookup;
};

static void
woken(void *arg)
{
	flow_wake(arg);
}

static enum flow_next
ask(struct flow *f)
{
	struct persist_look *d = (struct persist_look *)f;
	struct look *l = &d->look;
	struct lookup_plan plan = look_plan(l);
	struct dns_ask q = { .type = DNS_TXT };

	if (l->p->ident.type != IDENT_DNS) {
		(void)fault(&l->p->fault, ERR_MALFORMED,
		    "dns-persist-01 proves names, not addresses");
		look_over(l, PROBE_FORBIDDEN);
		return FLOW_END;
	}
	q.name = d->name =
	    arena_printf(l->arena, "_validation-persist.%s", l->p->ident.value);
	d->lookup = lookup_start(&plan, &q, 1, woken, f);
	return FLOW_WAIT;
}

static enum probe_result
say_missing(struct persist_look *d, const struct dns_question *q)
{
	bool empty = q->status == DNS_NXDOMAIN || q->status == DNS_NODATA;

	(void)fault(&d->look.p->fault, empty ? ERR_UNAUTHORIZED : ERR_DNS,
	    "%.280s: %s; the DNS server %s: %s", d->name,
	    empty ? "no TXT record" : "its TXT records could not be looked up",
	    q->server ? q->server : "none", dns_status_text(q->status));
	return PROBE_UNREACHED;
}

static enum flow_next
judge(struct flow *f)
{
	struct persist_look *d = (struct persist_look *)f;
	struct look *l = &d->look;
	struct probe *p = l->p;
	const struct dns_question *q = lookup_question(d->lookup, 0);
	struct fault why;

	if (q->status != DNS_FOUND) {
		look_over(l, say_missing(d, q));
		return FLOW_END;
	}
	if (persist_judge(q->records, loop_now(prober_loop(l->pr)) / 1000, p,
	        l->arena)) {
		look_over(l, PROBE_PROVED);
		return FLOW_END;
	}
	why = p->fault;
	(void)fault(&p->fault, why.code,
	    "%.280s: %zu TXT record%s from the DNS server %s: %s", d->name,
	    q->n_records, q->n_records == 1 ? "" : "s", q->server, why.detail);
	note(&l->notes)->answers = arena_printf(p->arena, "%.200s", why.detail);
	look_over(l, PROBE_WRONG);
	return FLOW_END;
}

static enum probe_result
expire(struct look *l)
{
	struct persist_look *d = (struct persist_look *)l;

	lookup_expire(d->lookup);
	return say_missing(d, lookup_question(d->lookup, 0));
}

static void
cancel(struct look *l)
{
	struct persist_look *d = (struct persist_look *)l;

	lookup_free(d->lookup);
	d->lookup = NULL;
}

void
dns_persist01_look(struct prober *pr, struct probe *p, probe_done *done,
    void *arg)
{
	static flow_step *const steps[] = { ask, judge, NULL };
	static const struct look_kind kind = {
		.type = "dns-persist-01",
		.size = sizeof(struct persist_look),
		.steps = steps,
		.expire = expire,
		.cancel = cancel,
	};

	look_start(pr, &kind, p, done, arg);
}
