/* One challenge validation: look, maybe again, record the verdict. */
#include "acme/validate.h"

#include "acme/acme_int.h"
#include "acme/caa.h"
#include "acme/problem.h"
#include "acme/tally.h"
#include "acme/underway.h"
#include "acme/verdict.h"
#include "base/flow.h"
#include "base/log.h"

/* When to look, in ms after the challenge was accepted (DESIGN 5). */
static const unsigned looks_at[] = { 0, 500, 1500, 3000, 6000 };
enum {
	LOOKS_MAX = sizeof(looks_at) / sizeof(looks_at[0]),
	WRONG_MAX = 2, /* what is wrong gets one more chance */
	COMMITS_MAX = 6,
};

struct validation {
	struct flow flow; /* first, so a step's flow is its validation */
	struct acme *ca;
	struct validation *next, **prev;
	const struct challenge_type *how;
	struct probe probe;    /* in whose arena it lives */
	struct caa *caa;       /* asked at the same time */
	struct arena *attempt; /* of one commit */
	struct verdict verdict;
	struct timer *pause;
	int64_t began;
	unsigned looks, wrong, commits;
	enum err result; /* of the last commit */
};

static void
probe_answered(struct probe *p, void *arg)
{
	(void)p; /* the result is already in v->probe */
	flow_wake(arg);
}

static void
pause_over(void *arg)
{
	flow_wake(arg);
}

static void
pause(struct validation *v, unsigned ms)
{
	v->pause = loop_after(v->ca->deps.loop, ms, pause_over, &v->flow);
}

static void
unpause(struct validation *v)
{
	timer_free(v->pause);
	v->pause = NULL;
}

/* A test may want its client to wait. */
static enum flow_next
hold(struct flow *f)
{
	struct validation *v = (struct validation *)f;
	unsigned ms = v->ca->deps.config->trial.delay_ms;

	if (ms == 0)
		return FLOW_NEXT;
	v->began += ms;
	pause(v, ms); /* BLD-52 */
	return FLOW_WAIT;
}

static enum flow_next
look(struct flow *f)
{
	struct validation *v = (struct validation *)f;

	unpause(v);
	v->looks++;
	v->how->look(v->ca->deps.prober, &v->probe, probe_answered, v);
	return FLOW_WAIT;
}

/* What has not been reached may yet be; what is wrong gets one more chance. */
static enum flow_next
judge(struct flow *f)
{
	struct validation *v = (struct validation *)f;
	int64_t now = loop_now(v->ca->deps.loop), due;

	if (v->probe.result == PROBE_WRONG) /* CHA-09 */
		v->wrong++;
	if (v->probe.result == PROBE_PROVED ||
	    v->probe.result == PROBE_FORBIDDEN || v->wrong == WRONG_MAX ||
	    v->looks == LOOKS_MAX)
		return FLOW_NEXT;
	due = v->began + looks_at[v->looks];
	pause(v, due > now ? (unsigned)(due - now) : 0);
	return FLOW_BACK;
}

static void
caa_answered(void *arg)
{
	flow_wake(arg);
}

/* Only what is proven has to be permitted. */
static enum flow_next
heed(struct flow *f)
{
	struct validation *v = (struct validation *)f;

	/* CAA-01 */
	if (v->probe.result == PROBE_PROVED &&
	    !caa_await(v->caa, caa_answered, f))
		return FLOW_WAIT;
	return FLOW_NEXT;
}

static void
committed(void *arg, enum err e)
{
	struct validation *v = arg;

	v->result = e;
	flow_wake(&v->flow);
}

static enum flow_next
record(struct flow *f)
{
	struct validation *v = (struct validation *)f;
	struct batch *b;

	unpause(v);
	arena_free(v->attempt);
	v->attempt = arena_new();
	b = batch_new(v->attempt);
	v->verdict.at_ms = loop_now(v->ca->deps.loop);
	v->verdict.looks = v->looks;
	if (!verdict_stage(v->ca, &v->verdict, b, v->attempt))
		return FLOW_END; /* decided otherwise, or gone */
	v->commits++;
	store_commit(v->ca->deps.store, v->ca->deps.loop, b, committed, v);
	return FLOW_WAIT;
}

static enum flow_next
settle(struct flow *f)
{
	struct validation *v = (struct validation *)f;

	if (v->result == OK) {
		verdict_log(&v->verdict);
		verdict_count(v->ca, &v->verdict);
		return FLOW_NEXT;
	}
	log_warn("validation.not_stored", "reason=\"%s\" commits=%u",
	    problem_of(v->result)->fallback, v->commits);
	if (v->commits == COMMITS_MAX)
		return FLOW_END; /* its row of due work comes back to it */
	pause(v, v->result == ERR_STALE ? 0 : 100U << v->commits);
	return FLOW_BACK;
}

static void
release(struct validation *v)
{
	*v->prev = v->next;
	if (v->next != NULL)
		v->next->prev = v->prev;
	v->ca->n_validations--;
	tally_drop(v->ca->tally, v->verdict.account);
	underway_end(v->ca->deps.underway, v->verdict.due.object,
	    v->verdict.due.index);
	unpause(v);
	caa_free(v->caa);
	arena_free(v->attempt);
	arena_free(v->probe.arena); /* v lives in it */
}

static void
ended(struct flow *f)
{
	release((struct validation *)f);
}

void
validate(struct acme *ca, const struct authz *z, const struct due *due)
{
	static flow_step *const steps[] = { hold, look, judge, heed, record,
		settle, NULL };
	const struct challenge *c = &z->challenges[due->index];
	const struct challenge_type *how = challenge_find(c->type);
	const struct subject who = { &z->ident, z->account, c->account_url };
	struct arena *a;
	struct validation *v;

	if (how == NULL)
		return;
	/* CHA-07 */
	if (!underway_begin(ca->deps.underway, due->object, due->index))
		return;
	a = arena_new();
	v = ARENA_NEW(a, struct validation);
	v->ca = ca;
	v->how = how;
	v->probe.arena = a;
	v->probe.token = arena_text(a, c->token);
	v->probe.key_authz =
	    c->key_authz != NULL ? arena_text(a, c->key_authz) : "";
	v->probe.beneath = z->ident.wildcard || z->subdomains; /* DP1-03 */
	subject_put(&who, ca->deps.config, &v->probe);
	v->caa = caa_new(ca, &who, how->type);
	v->verdict.caa = v->caa;
	v->verdict.probe = &v->probe;
	v->verdict.type = how->type;
	v->verdict.due = *due;
	v->verdict.account = z->account;
	v->verdict.account_url =
	    c->account_url != NULL ? arena_text(a, c->account_url) : NULL;
	v->verdict.accepted_ms = c->accepted_ms;
	v->began = loop_now(ca->deps.loop);
	v->next = ca->validations;
	v->prev = &ca->validations;
	if (v->next != NULL)
		v->next->prev = &v->next;
	ca->validations = v;
	ca->n_validations++;
	tally_add(ca->tally, z->account);
	flow_start(&v->flow, steps, ended);
}

void
validations_free(struct acme *ca)
{
	while (ca->validations != NULL)
		release(ca->validations);
}
