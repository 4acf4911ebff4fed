/* challenges/ as acme sees it: two types, and a network the test speaks for. */
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
};

static void
unlist(struct fake_look *l)
{
	timer_free(l->timer);
	*l->prev = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
}

static void
looked(void *arg)
{
	struct fake_look *l = arg;
	const char *why = l->net->why;

	unlist(l);
	l->p->result = l->result;
	if (l->result == PROBE_WRONG)
		(void)fault(&l->p->fault, ERR_UNAUTHORIZED, "%s",
		    why != NULL ? why : "seen, and wrong");
	else if (l->result == PROBE_FORBIDDEN)
		(void)fault(&l->p->fault, ERR_CONNECTION, "%s",
		    why != NULL ? why : "may not be dialled");
	else if (l->result == PROBE_UNREACHED)
		(void)fault(&l->p->fault, ERR_CONNECTION, "%s",
		    why != NULL ? why : "refused by 192.0.2.1");
	l->done(l->p, l->arg);
}

static void
look(struct prober *pr, struct probe *p, probe_done *done, void *arg)
{
	struct fake_network *net = (struct fake_network *)pr;
	struct fake_look *l = ARENA_NEW(p->arena, struct fake_look);
	struct evidence *e = ARENA_NEW(p->arena, struct evidence);
	size_t i =
	    net->looks < net->n_results ? net->looks : net->n_results - 1;

	net->looks++;
	(void)snprintf(net->key_authz, sizeof(net->key_authz), "%s",
	    p->key_authz);
	e->who = "fake";
	e->address = "192.0.2.1";
	e->next = p->evidence;
	p->evidence = e;
	l->p = p;
	l->done = done;
	l->arg = arg;
	l->net = net;
	l->result = net->results[i];
	l->next = net->under_way;
	l->prev = &net->under_way;
	if (l->next != NULL)
		l->next->prev = &l->next;
	net->under_way = l;
	if (net->delay_ms == 0)
		looked(l); /* before it returns: that, too, is allowed */
	else
		l->timer = loop_after(net->loop, net->delay_ms, looked, l);
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
	{ "http-01", any_but_wildcards, look },
	{ "dns-01", names_only, look },
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
