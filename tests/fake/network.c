/* challenges/ as acme sees it: its types, and a network the test speaks for. */
#include "tests/fake/network.h"

#include <stdio.h>
#include <string.h>

#include "tests/fake/parts.h"

struct fake_look {
	struct probe *p;
	probe_done *done;
	void *arg;
	struct timer *timer;
	struct fake_network *net;
	struct fake_look *next, **prev;
	enum probe_result result;
	bool caa;
};

static void
unlist(struct fake_look *l)
{
	timer_free(l->timer);
	l->p->look = NULL;
	*l->prev = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
}

static void
say_caa(struct fake_look *l)
{
	if (l->result == PROBE_WRONG)
		(void)fault(&l->p->fault, ERR_CAA,
		    "CAA record for %s prevents issuance", l->p->ident.value);
	else if (l->result == PROBE_UNREACHED)
		(void)fault(&l->p->fault, ERR_DNS,
		    "CAA records for %s could not be looked up",
		    l->p->ident.value);
}

static void
say(struct fake_look *l)
{
	const char *why = l->net->why;

	if (l->result == PROBE_WRONG)
		(void)fault(&l->p->fault, ERR_UNAUTHORIZED, "%s",
		    why != NULL ? why : "seen, and wrong");
	else if (l->result == PROBE_FORBIDDEN)
		(void)fault(&l->p->fault, ERR_CONNECTION, "%s",
		    why != NULL ? why : "may not be dialled");
	else if (l->result == PROBE_UNREACHED)
		(void)fault(&l->p->fault, ERR_CONNECTION, "%s",
		    why != NULL ? why : "refused by 192.0.2.1");
}

static void
looked(void *arg)
{
	struct fake_look *l = arg;

	unlist(l);
	l->p->result = l->result;
	l->p->lasts_s = l->caa ? 0 : l->net->lasts_s;
	if (l->caa)
		say_caa(l);
	else
		say(l);
	l->done(l->p, l->arg);
}

/* Begin one; it is answered before this returns if there is no delay. */
static void
begin(struct fake_network *net, const struct fake_look *as, const char *who,
    unsigned delay_ms)
{
	struct fake_look *l = ARENA_NEW(as->p->arena, struct fake_look);
	struct evidence *e = ARENA_NEW(as->p->arena, struct evidence);

	*l = *as;
	e->who = who;
	e->address = "192.0.2.1";
	e->next = l->p->evidence;
	l->p->evidence = e;
	l->p->fault = (struct fault){ .code = OK };
	l->p->look = (struct look *)l;
	l->net = net;
	l->next = net->under_way;
	l->prev = &net->under_way;
	if (l->next != NULL)
		l->next->prev = &l->next;
	net->under_way = l;
	if (delay_ms == 0)
		looked(l); /* before it returns: that, too, is allowed */
	else
		l->timer = loop_after(net->loop, delay_ms, looked, l);
}

static void
look(struct prober *pr, struct probe *p, probe_done *done, void *arg)
{
	struct fake_network *net = (struct fake_network *)pr;
	size_t i =
	    net->looks < net->n_results ? net->looks : net->n_results - 1;
	struct fake_look as = {
		.p = p, .done = done, .arg = arg, .result = net->results[i]
	};

	net->looks++;
	(void)snprintf(net->key_authz, sizeof(net->key_authz), "%s",
	    p->key_authz);
	(void)snprintf(net->account_url, sizeof(net->account_url), "%s",
	    p->account_url);
	net->beneath = p->beneath;
	begin(net, &as, "fake", net->delay_ms);
}

void
caa_look(struct prober *pr, struct probe *p, probe_done *done, void *arg)
{
	struct fake_network *net = (struct fake_network *)pr;
	struct fake_caa *c = &net->caa;
	size_t i = c->looks < c->n_results ? c->looks : c->n_results - 1;
	struct fake_look as = { .p = p,
		.done = done,
		.arg = arg,
		.result = c->results[i],
		.caa = true };

	c->looks++;
	(void)snprintf(c->name, sizeof(c->name), "%s", p->ident.value);
	(void)snprintf(c->method, sizeof(c->method), "%s", p->method);
	(void)snprintf(c->issuer, sizeof(c->issuer), "%s",
	    p->n_issuers > 0 ? p->issuers[0] : "");
	c->accounts[0] = '\0';
	for (size_t n = 0; n < p->n_accounts; n++)
		(void)snprintf(c->accounts + strlen(c->accounts),
		    sizeof(c->accounts) - strlen(c->accounts), "%s%s",
		    n == 0 ? "" : " ", p->accounts[n]);
	c->wildcard = p->ident.wildcard;
	c->lenient = p->lenient;
	begin(net, &as, "fake CAA", c->delay_ms);
}

bool
prober_expire(struct prober *pr, struct probe *p)
{
	struct fake_network *net = (struct fake_network *)pr;
	struct fake_look *l = (struct fake_look *)p->look;

	if (l == NULL)
		return true;
	if (net->caa.wait) {
		net->caa.wait = false;
		timer_free(l->timer);
		l->timer = loop_after(net->loop, 5, looked, l);
		return false;
	}
	net->caa.expired++;
	timer_free(l->timer);
	l->result = PROBE_UNREACHED;
	l->timer = loop_after(net->loop, 0, looked, l);
	return true;
}

void
prober_cancel(struct prober *pr, struct probe *p)
{
	struct fake_network *net = (struct fake_network *)pr;

	if (p->look == NULL)
		return;
	net->caa.cancelled++;
	unlist((struct fake_look *)p->look);
}

void
fake_caa_says(struct fake_network *net, enum probe_result result,
    unsigned delay_ms)
{
	net->caa = (struct fake_caa){
		.results = { result }, .n_results = 1, .delay_ms = delay_ms
	};
}

void
fake_network_says(struct fake_network *net, enum probe_result result,
    unsigned delay_ms)
{
	net->results[0] = result;
	net->n_results = 1;
	net->delay_ms = delay_ms;
	net->looks = 0;
}

void
fake_network_cut(struct fake_network *net)
{
	while (net->under_way != NULL)
		unlist(net->under_way);
}

static bool
any_but_wildcards(const struct ident *id)
{
	return !id->wildcard;
}

static bool
names_only(const struct ident *id)
{
	return id->type == IDENT_DNS;
}

static const struct challenge_type types[] = {
	{ "http-01", any_but_wildcards, look, true },
	{ "dns-01", names_only, look, true },
	{ "tls-alpn-01", any_but_wildcards, look, true },
	{ "dns-account-01", names_only, look, true },
	{ "dns-persist-01", names_only, look, false },
};

const struct challenge_type *
challenge_at(unsigned i)
{
	return i < sizeof(types) / sizeof(types[0]) ? &types[i] : NULL;
}

const struct challenge_type *
challenge_find(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, type) == 0)
			return &types[i];
	return NULL;
}
