/*
 * One loop's looks: a bounded number at a time, the rest in the order they
 * came.  A look's `done` is called from a timer of its own, with nothing of
 * ours on the stack that could be pulled away: it may start looks or free the
 * prober.
 */
#include <ares.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "challenges/channel_int.h"
#include "challenges/prober_int.h"
#include "challenges/tls_alpn01_int.h"

enum { CHANNELS_KEEP_MS = 5000 };

struct queue {
	struct look *first, *last;
};

struct prober {
	struct loop *loop;
	struct channels *channels;
	struct visits *visits;
	struct hosts *hosts;
	struct alpn *alpn; /* NULL until it is needed */
	struct settings *set;
	struct queue waiting, begun;
	unsigned n_begun;
};

void
challenges_start(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		abort();
}

/* ---- settings ---- */

static void
settings_drop(struct settings *s)
{
	if (s != NULL && --s->refs == 0)
		arena_free(s->arena);
}

static const char *const *
copy_list(struct arena *a, const char *const *list, size_t n)
{
	const char **out = ARENA_ARRAY(a, const char *, n);

	for (size_t i = 0; i < n; i++)
		out[i] = arena_text(a, list[i]);
	return out;
}

static enum err
policy_check(const struct address_policy *p, struct fault *f)
{
	for (size_t i = 0; i < p->n_allow; i++)
		if (!address_cidr_valid(p->allow[i]))
			return fault(f, ERR_MALFORMED,
			    "validation.allow: \"%.60s\" is no address or CIDR",
			    p->allow[i]);
	for (size_t i = 0; i < p->n_deny; i++)
		if (!address_cidr_valid(p->deny[i]))
			return fault(f, ERR_MALFORMED,
			    "validation.deny: \"%.60s\" is no address or CIDR",
			    p->deny[i]);
	return OK;
}

/* A copy of `c`: a look may outlive what it began with. */
static enum err
settings_new(const struct prober_config *c, struct settings **out,
    struct fault *f)
{
	struct arena *a = arena_new();
	struct settings *s = ARENA_NEW(a, struct settings);
	enum err e;

	s->refs = 1;
	s->arena = a;
	s->config = *c;
	s->config.policy.allow =
	    copy_list(a, c->policy.allow, c->policy.n_allow);
	s->config.policy.deny = copy_list(a, c->policy.deny, c->policy.n_deny);
	s->config.user_agent = arena_text(a, c->user_agent);
	if (c->parallel == 0)
		s->config.parallel = 1;
	if (c->hosts_file != NULL)
		s->config.hosts_file = arena_text(a, c->hosts_file);
	e = policy_check(&c->policy, f);
	if (e == OK && c->dns != NULL)
		e = dns_servers_parse(c->dns, a, s->servers, &s->n_servers, f);
	if (e != OK)
		arena_free(a);
	else
		*out = s;
	return e;
}

/* ---- looks ---- */

static void
push(struct queue *q, struct look *l)
{
	l->next = NULL;
	l->prev = q->last;
	if (q->last != NULL)
		q->last->next = l;
	else
		q->first = l;
	q->last = l;
}

static void
pull(struct queue *q, struct look *l)
{
	if (l->prev != NULL)
		l->prev->next = l->next;
	else
		q->first = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	else
		q->last = l->prev;
}

static void
look_free(struct look *l)
{
	timer_free(l->timer);
	settings_drop(l->set);
	arena_free(l->arena); /* l lives in it */
}

static void
expired(void *arg)
{
	struct look *l = arg;

	enum probe_result result = l->kind->expire(l);

	l->kind->cancel(l); /* or it might come to another verdict yet */
	look_over(l, result);
}

static void
settled(struct flow *f)
{
	struct look *l = (struct look *)f;

	if (!l->over)
		flow_start(&l->flow, l->kind->steps, settled);
}

static void
begin(struct prober *pr, struct look *l)
{
	pull(&pr->waiting, l);
	push(&pr->begun, l);
	pr->n_begun++;
	l->set = pr->set;
	l->set->refs++;
	l->timer = loop_after(pr->loop, l->set->config.look_ms, expired, l);
	flow_start(&l->flow, l->kind->steps, settled);
}

/* Fill the free places, first come first served. */
static void
begin_more(struct prober *pr)
{
	while (pr->n_begun < pr->set->config.parallel &&
	       pr->waiting.first != NULL)
		begin(pr, pr->waiting.first);
}

/* Without an answer, if it was asked for one. */
static void
drop(struct prober *pr, struct look *l)
{
	l->p->look = NULL;
	if (l->set == NULL) {
		pull(&pr->waiting, l);
	} else {
		l->kind->cancel(l);
		pull(&pr->begun, l);
		pr->n_begun--;
	}
	look_free(l);
}

static void
ended(void *arg)
{
	struct look *l = arg;
	struct prober *pr = l->pr;
	probe_done *done = l->done;
	struct probe *p = l->p;
	void *done_arg = l->arg;

	drop(pr, l);
	begin_more(pr);
	done(p, done_arg); /* may free the prober */
}

void
look_start(struct prober *pr, const struct look_kind *kind, struct probe *p,
    probe_done *done, void *arg)
{
	struct arena *a = arena_new();
	struct look *l = arena_alloc(a, 1, kind->size);

	l->kind = kind;
	l->pr = pr;
	l->arena = a;
	l->p = p;
	l->done = done;
	l->arg = arg;
	l->notes =
	    (struct notes){ .p = p, .loop = pr->loop, .who = kind->type };
	p->fault = (struct fault){ .code = OK };
	p->look = l;
	push(&pr->waiting, l);
	begin_more(pr);
}

struct lookup_plan
look_plan(struct look *l)
{
	return (struct lookup_plan){
		.loop = l->pr->loop,
		.channels = l->pr->channels,
		.arena = l->arena,
		.notes = &l->notes,
		.servers = l->set->servers,
		.n_servers = l->set->n_servers,
		.bound_ms = l->set->config.look_ms,
	};
}

void
look_over(struct look *l, enum probe_result result)
{
	l->over = true;
	l->p->result = result;
	timer_free(l->timer);
	l->timer = loop_after(l->pr->loop, 0, ended, l);
}

bool
prober_expire(struct prober *pr, struct probe *p)
{
	struct look *l = p->look;

	if (l != NULL && l->set == NULL) {
		begin(pr, l);
		return false;
	}
	if (l != NULL && !l->over)
		expired(l);
	return true;
}

void
prober_cancel(struct prober *pr, struct probe *p)
{
	if (p->look == NULL)
		return;
	drop(pr, p->look);
	begin_more(pr);
}

/* ---- the prober ---- */

enum err
prober_configure(struct prober *pr, const struct prober_config *config,
    struct fault *f)
{
	struct settings *s = NULL;

	TRY(settings_new(config, &s, f));
	settings_drop(pr->set);
	pr->set = s;
	hosts_free(pr->hosts);
	pr->hosts = config->hosts_file ? hosts_new(config->hosts_file) : NULL;
	begin_more(pr); /* there may be more places now */
	return OK;
}

struct prober *
prober_new(struct loop *l, const struct prober_config *config, struct fault *f)
{
	struct prober *pr;

	if (access("/dev/urandom", R_OK) != 0) {
		(void)fault(f, ERR_INTERNAL,
		    "/dev/urandom cannot be read; c-ares would make query ids "
		    "that can be guessed");
		return NULL;
	}
	if ((pr = calloc(1, sizeof(*pr))) == NULL)
		abort();
	pr->loop = l;
	if (prober_configure(pr, config, f) != OK) {
		free(pr);
		return NULL;
	}
	pr->channels = channels_new(l, CHANNELS_KEEP_MS);
	pr->visits = visits_new(l);
	return pr;
}

void
prober_free(struct prober *pr)
{
	struct look *l;

	if (pr == NULL)
		return;
	while ((l = pr->waiting.first) != NULL)
		drop(pr, l);
	while ((l = pr->begun.first) != NULL)
		drop(pr, l);
	channels_free(pr->channels);
	visits_free(pr->visits);
	hosts_free(pr->hosts);
	alpn_free(pr->alpn);
	settings_drop(pr->set);
	free(pr);
}

struct loop *
prober_loop(const struct prober *pr)
{
	return pr->loop;
}

struct visits *
prober_visits(const struct prober *pr)
{
	return pr->visits;
}

struct alpn *
prober_alpn(struct prober *pr)
{
	if (pr->alpn == NULL)
		pr->alpn = alpn_new();
	return pr->alpn;
}

struct hosts *
prober_hosts(const struct prober *pr)
{
	return pr->hosts;
}
