#include "acme/caa.h"

#include "acme/acme_int.h"
#include "base/log.h"

/* When to look where an answer is needed, in ms after the first time. */
static const unsigned looks_at[] = { 0, 500, 1500 };
enum { LOOKS_MAX = sizeof(looks_at) / sizeof(looks_at[0]) };

struct caa {
	struct arena *arena; /* it lives in it */
	struct loop *loop;
	struct prober *prober;
	enum caa_check check;
	unsigned hold_ms;
	struct probe probe;
	struct timer *pause, *hold;
	int64_t began;
	unsigned looks;
	bool over;
	caa_told *told; /* NULL: nobody waits yet */
	void *arg;
};

static void answered(struct probe *p, void *arg);

static void
look(void *arg)
{
	struct caa *c = arg;

	timer_free(c->pause);
	c->pause = NULL;
	c->looks++;
	caa_look(c->prober, &c->probe, answered, c);
}

static void
look_again(struct caa *c)
{
	int64_t due = c->began + looks_at[c->looks];
	int64_t now = loop_now(c->loop);

	c->pause =
	    loop_after(c->loop, due > now ? (unsigned)(due - now) : 0, look, c);
}

static void
log_unanswered(const struct caa *c)
{
	log_info("caa.unanswered", "name=\"%s%s\" detail=%s",
	    c->probe.ident.wildcard ? "*." : "", c->probe.ident.value,
	    log_text(c->arena, c->probe.fault.detail));
}

static void
answered(struct probe *p, void *arg)
{
	struct caa *c = arg;

	if (p->result == PROBE_UNREACHED && c->check == CAA_ON &&
	    c->looks < LOOKS_MAX) {
		look_again(c);
		return;
	}
	c->over = true;
	timer_free(c->hold);
	c->hold = NULL;
	if (p->result == PROBE_UNREACHED && c->check == CAA_LENIENT)
		log_unanswered(c);
	if (c->told != NULL)
		c->told(c->arg); /* may free c */
}

struct caa *
caa_new(struct acme *ca, const struct subject *s, const char *method)
{
	const struct acme_config *config = ca->deps.config;
	struct arena *a = arena_new();
	struct caa *c = ARENA_NEW(a, struct caa);
	struct probe *p = &c->probe;

	c->arena = p->arena = a;
	c->loop = ca->deps.loop;
	c->prober = ca->deps.prober;
	c->check = config->caa_check;
	c->hold_ms = config->caa_ms;
	c->began = loop_now(c->loop);
	if (c->check == CAA_OFF || s->ident->type != IDENT_DNS) { /* IPI-05 */
		c->over = true;
		return c;
	}
	subject_put(s, config, p);
	p->method = arena_text(a, method);
	p->lenient = c->check == CAA_LENIENT;
	look(c);
	return c;
}

static void
held_long_enough(void *arg)
{
	struct caa *c = arg;

	timer_free(c->hold);
	c->hold = NULL;
	/* Who keeps us busy must not have names for it that are forbidden. */
	if (!prober_expire(c->prober, &c->probe)) /* CAA-12 */
		c->hold = loop_after(c->loop, c->hold_ms, held_long_enough, c);
}

bool
caa_await(struct caa *c, caa_told *told, void *arg)
{
	if (c->over)
		return true;
	c->told = told;
	c->arg = arg;
	if (c->check == CAA_LENIENT)
		c->hold = loop_after(c->loop, c->hold_ms, held_long_enough, c);
	return false;
}

void
caa_free(struct caa *c)
{
	if (c == NULL)
		return;
	prober_cancel(c->prober, &c->probe);
	timer_free(c->pause);
	timer_free(c->hold);
	arena_free(c->arena);
}

const struct fault *
caa_fault(const struct caa *c)
{
	const struct probe *p = &c->probe;

	if (!caa_asked(c) || p->result == PROBE_PROVED)
		return NULL;
	/* CAA-12 */
	if (p->result == PROBE_UNREACHED && c->check == CAA_LENIENT)
		return NULL;
	return &p->fault;
}

bool
caa_asked(const struct caa *c)
{
	return c->looks > 0;
}

const struct evidence *
caa_evidence(const struct caa *c)
{
	return c->probe.evidence;
}
