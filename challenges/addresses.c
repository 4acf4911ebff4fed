#include "challenges/addresses_int.h"

#include <arpa/inet.h>
#include <string.h>

static void
woken(void *arg)
{
	flow_wake(arg);
}

static void
start_over(struct addresses *ad, const char *host)
{
	ad->host = host;
	ad->n = 0;
}

void
addresses_literal(struct addresses *ad, const char *address)
{
	start_over(ad, address);
	ad->list[ad->n++] = address;
}

/* As many of each family as we are willing to dial. */
static void
add(struct addresses *ad, const char *const *list, size_t n, bool v6)
{
	size_t taken = 0;

	for (size_t i = 0; i < n && taken < DIALS_PER_FAMILY; i++)
		if ((strchr(list[i], ':') != NULL) == v6) {
			ad->list[ad->n++] = list[i];
			taken++;
		}
}

/* The hosts file, where it is asked; true if it knew. */
static bool
ask_hosts(struct addresses *ad, struct look *l)
{
	struct hosts *hosts = prober_hosts(l->pr);
	struct arena *a = l->p->arena;
	const char *found[DIALS_MAX * 2], *list = "";
	struct evidence *e;
	size_t n;

	if (hosts == NULL)
		return false;
	n = hosts_find(hosts, ad->host, l->arena, found,
	    sizeof(found) / sizeof(found[0]));
	if (n == 0)
		return false;
	add(ad, found, n, true);
	add(ad, found, n, false);
	for (size_t i = 0; i < ad->n; i++)
		list =
		    arena_printf(a, "%s%s%s", list, i ? ", " : "", ad->list[i]);
	e = note(&l->notes);
	e->resolver = arena_text(a, l->set->config.hosts_file);
	e->question = arena_text(a, ad->host);
	e->answers = list;
	return true;
}

bool
addresses_find(struct addresses *ad, struct look *l, const char *host)
{
	const struct dns_ask asks[] = { { host, DNS_AAAA }, { host, DNS_A } };
	struct lookup_plan plan = look_plan(l);

	start_over(ad, host);
	if (ask_hosts(ad, l))
		return true;
	plan.bound_ms /= 2; /* what is left is for the server there */
	ad->lookup = lookup_start(&plan, asks, 2, woken, &l->flow);
	return false;
}

static void
add_records(struct addresses *ad, const struct dns_question *q, struct arena *a)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = 0;

	for (const struct dns_record *r = q->records;
	     r != NULL && n < DIALS_PER_FAMILY; r = r->next, n++) {
		(void)inet_ntop(q->type == DNS_A ? AF_INET : AF_INET6, r->data,
		    text, sizeof(text));
		ad->list[ad->n++] = arena_text(a, text);
	}
}

/* The question whose failure says most. */
static const struct dns_question *
telling(const struct lookup *l)
{
	const struct dns_question *a = lookup_question(l, 0);
	const struct dns_question *b = lookup_question(l, 1);

	return b->status > a->status ? b : a;
}

static void
say_none(const struct addresses *ad, struct look *l)
{
	const struct dns_question *q = telling(ad->lookup);
	struct fault *f = &l->p->fault;
	const char *server = q->server ? q->server : "none", *alias = "";

	if (strcmp(q->name, ad->host) != 0)
		alias = arena_printf(l->arena, " (a CNAME led to %.100s)",
		    printable(l->arena, q->name, strlen(q->name), 100));
	if (q->status == DNS_NODATA)
		(void)fault(f, ERR_DNS,
		    "%.255s%s: neither an A nor an AAAA record, says the DNS "
		    "server %s",
		    ad->host, alias, server);
	else
		(void)fault(f, ERR_DNS,
		    "%.255s%s: asked for its addresses, the DNS server %s: %s",
		    ad->host, alias, server, dns_status_text(q->status));
}

bool
addresses_gather(struct addresses *ad, struct look *l)
{
	if (ad->lookup == NULL)
		return true;
	for (size_t i = 0; i < 2; i++)
		add_records(ad, lookup_question(ad->lookup, i), l->arena);
	if (ad->n == 0) {
		say_none(ad, l);
		return false;
	}
	addresses_cancel(ad);
	return true;
}

void
addresses_expire(struct addresses *ad, struct look *l)
{
	lookup_expire(ad->lookup);
	say_none(ad, l);
}

void
addresses_cancel(struct addresses *ad)
{
	lookup_free(ad->lookup);
	ad->lookup = NULL;
}
