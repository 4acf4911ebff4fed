/*
 * Look-ups over c-ares, one channel for each server of each look-up.  We walk
 * the servers ourselves, so that the evidence can name who said what, and ask
 * again ourselves, so that SERVFAIL is told from silence.
 */
#include "challenges/resolve_int.h"

#include <ares.h>
#include <arpa/inet.h>
#include <string.h>

#include "challenges/channel_int.h"

enum { ASKS_IN_BOUND = 5, SHOWN_RECORDS = 8, NAME_SHOWN = 255 };

struct asking {
	struct dns_question q;
	struct lookup *lookup;
	size_t server; /* whose turn it is */
	unsigned refusals, aliases;
	bool again; /* asked this server a second time, without EDNS */

	/* What the last answer was, until it has been judged. */
	bool answered, parsed;
	int status; /* c-ares's */
	struct dns_answer answer;

	bool over;
};

struct lookup {
	struct lookup_plan plan;
	struct dns_server servers[DNS_SERVERS_MAX];
	struct channel *channels[DNS_SERVERS_MAX]; /* NULL until needed */
	size_t n_servers;
	struct asking *asking;
	size_t n;
	struct timer *start, *bound;
	lookup_done *done;
	void *arg;
	bool dying;
};

static void pump(void *arg);

const char *
dns_status_text(enum dns_status s)
{
	static const char *const texts[] = {
		[DNS_UNASKED] = "not asked",
		[DNS_FOUND] = "found",
		[DNS_NODATA] = "NODATA: no such record",
		[DNS_NXDOMAIN] = "NXDOMAIN: no such name",
		[DNS_SERVFAIL] = "SERVFAIL: the server failed to find out",
		[DNS_REFUSED] = "REFUSED: the server will not answer us",
		[DNS_TIMEOUT] = "no answer in time",
		[DNS_BROKEN] = "a malformed answer, or an odd error code",
		[DNS_TOO_LONG] = "too many CNAMEs, or a loop of them",
		[DNS_NO_SERVER] = "the server cannot be reached",
		[DNS_BAD_NAME] = "a name that cannot be asked for",
	};

	return texts[s];
}

static const char *
type_text(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_AAAA:
		return "AAAA";
	case DNS_CNAME:
		return "CNAME";
	case DNS_TXT:
		return "TXT";
	case DNS_CAA:
		return "CAA";
	}
	return "?";
}

static void
answered(void *arg, int status, int timeouts, unsigned char *msg, int len)
{
	struct asking *g = arg;
	struct lookup *l = g->lookup;

	(void)timeouts;
	if (l->dying)
		return;
	g->status = status;
	g->parsed = msg != NULL && len > 0 &&
	            answer_parse(msg, (size_t)len, g->q.name, g->q.type,
	                l->plan.arena, &g->answer);
	g->answered = true;
}

static void
ask(struct asking *g)
{
	struct lookup *l = g->lookup;
	struct channel **c = &l->channels[g->server];

	g->q.server = l->servers[g->server].text;
	if (*c == NULL)
		*c = channel_take(l->plan.channels, &l->servers[g->server],
		    l->plan.bound_ms / ASKS_IN_BOUND + 1, pump, l);
	if (*c == NULL) {
		g->status = ARES_ECONNREFUSED;
		g->parsed = false;
		g->answered = true;
		return;
	}
	channel_ask(*c, g->q.name, g->q.type, answered, g);
}

static enum dns_status
status_of(const struct asking *g)
{
	const struct dns_answer *a = &g->answer;

	switch (g->status) {
	case ARES_ETIMEOUT:
		return DNS_TIMEOUT;
	case ARES_ECONNREFUSED:
		return DNS_NO_SERVER;
	case ARES_EBADNAME:
	case ARES_EBADQUERY:
		return DNS_BAD_NAME;
	default:
		break;
	}
	if (!g->parsed) /* c-ares answers for .onion by itself */
		return g->status == ARES_ENOTFOUND ? DNS_NXDOMAIN : DNS_BROKEN;
	switch (a->rcode) {
	case 0:
		if (g->aliases + a->aliases > DNS_CHAIN_MAX)
			return DNS_TOO_LONG;
		return a->n_records > 0 ? DNS_FOUND : DNS_NODATA;
	case 2:
		return DNS_SERVFAIL;
	case 3:
		return DNS_NXDOMAIN;
	case 5:
		return DNS_REFUSED;
	default:
		return DNS_BROKEN;
	}
}

static const char *
address_list(const struct asking *g, struct arena *a)
{
	int family = g->q.type == DNS_A ? AF_INET : AF_INET6;
	char text[INET6_ADDRSTRLEN];
	const char *list = "";
	size_t n = 0;

	for (const struct dns_record *r = g->answer.records;
	     r != NULL && n < SHOWN_RECORDS; r = r->next, n++) {
		(void)inet_ntop(family, r->data, text, sizeof(text));
		list = arena_printf(a, "%s%s%s", list, n ? ", " : "", text);
	}
	if (n < g->answer.n_records)
		list = arena_printf(a, "%s and %zu more", list,
		    g->answer.n_records - n);
	return list;
}

static void
take_note(const struct asking *g, enum dns_status s)
{
	const struct notes *notes = g->lookup->plan.notes;
	struct arena *a = notes->p->arena;
	struct evidence *e = note(notes);

	if (g->q.server != NULL)
		e->resolver = arena_text(a, g->q.server);
	e->question = arena_printf(a, "%s %s",
	    printable(a, g->q.name, strlen(g->q.name), NAME_SHOWN),
	    type_text(g->q.type));
	if (s != DNS_FOUND)
		e->answers = dns_status_text(s);
	else if (g->q.type == DNS_A || g->q.type == DNS_AAAA)
		e->answers = address_list(g, a);
	else
		e->answers = arena_printf(a, "%zu record%s",
		    g->answer.n_records, g->answer.n_records == 1 ? "" : "s");
	if (g->parsed && g->answer.aliases > 0)
		e->answers = arena_printf(a, "CNAME %s; %s",
		    printable(a, g->answer.name, strlen(g->answer.name),
		        NAME_SHOWN),
		    e->answers);
}

/* Follow a chain that the server did not; true if there was one. */
static bool
follow(struct asking *g, enum dns_status s)
{
	if (s != DNS_NODATA || g->answer.aliases == 0)
		return false;
	g->aliases += g->answer.aliases;
	g->q.name = g->answer.name;
	g->refusals = 0;
	ask(g);
	return true;
}

/* Is the next server to be asked?  Silence is retried until the bound. */
static bool
pass_on(struct asking *g, enum dns_status s)
{
	struct lookup *l = g->lookup;

	if (s == DNS_BROKEN && g->status == ARES_EFORMERR && !g->again) {
		/* c-ares drops EDNS for the channel, but may have let go of
		 * this question, if the other one taught it */
		g->again = true;
		ask(g);
		return true;
	}
	if (s != DNS_TIMEOUT && ++g->refusals >= l->n_servers)
		return false;
	g->server = (g->server + 1) % l->n_servers;
	g->again = false;
	ask(g);
	return true;
}

static void
judge(struct asking *g)
{
	enum dns_status s = status_of(g);

	g->answered = false;
	take_note(g, s);
	switch (s) {
	case DNS_SERVFAIL:
	case DNS_REFUSED:
	case DNS_TIMEOUT:
	case DNS_BROKEN:
	case DNS_NO_SERVER:
		if (pass_on(g, s))
			return;
		break;
	default:
		if (follow(g, s)) /* D01-02 */
			return;
		break;
	}
	g->q.status = s;
	g->over = true;
	if (s == DNS_FOUND) {
		g->q.name = g->answer.name;
		g->q.records = g->answer.records;
		g->q.n_records = g->answer.n_records;
	}
}

static bool
enough(const struct lookup *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!l->asking[i].over)
			return false;
		if (l->plan.first_found && l->asking[i].q.status == DNS_FOUND)
			return true;
	}
	return true;
}

/* Act on all that has been answered; may end in `done`, and in our end. */
static void
pump(void *arg)
{
	struct lookup *l = arg;
	bool any;

	do {
		any = false;
		for (size_t i = 0; i < l->n; i++)
			if (l->asking[i].answered) {
				judge(&l->asking[i]);
				any = true;
			}
	} while (any); /* asking again may be answered at once */
	if (l->bound != NULL && enough(l)) {
		timer_free(l->bound);
		l->bound = NULL;
		l->done(l->arg);
	}
}

void
lookup_expire(struct lookup *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct asking *g = &l->asking[i];

		if (g->over)
			continue;
		g->parsed = false;
		take_note(g, DNS_TIMEOUT);
		g->q.status = DNS_TIMEOUT;
		g->over = true;
	}
}

static void
bound_reached(void *arg)
{
	lookup_expire(arg);
	pump(arg);
}

/* Ask; true if something is answered already. */
static bool
ask_all(struct lookup *l)
{
	bool any = l->n_servers == 0;

	for (size_t i = 0; i < l->n; i++) {
		struct asking *g = &l->asking[i];

		if (l->n_servers > 0) {
			ask(g);
			any = any || g->answered;
			continue;
		}
		g->q.status = DNS_NO_SERVER;
		g->over = true;
	}
	return any;
}

struct lookup *
lookup_start(const struct lookup_plan *plan, const struct dns_ask *asks,
    size_t n, lookup_done *done, void *arg)
{
	struct lookup *l = ARENA_NEW(plan->arena, struct lookup);

	l->plan = *plan;
	l->n = n;
	l->done = done;
	l->arg = arg;
	l->n_servers = plan->n_servers;
	if (plan->n_servers > 0)
		memcpy(l->servers, plan->servers,
		    plan->n_servers * sizeof(l->servers[0]));
	else
		l->n_servers =
		    channels_system(plan->channels, plan->arena, l->servers);
	l->asking = ARENA_ARRAY(plan->arena, struct asking, n);
	for (size_t i = 0; i < n; i++) {
		l->asking[i].lookup = l;
		l->asking[i].q.type = asks[i].type;
		l->asking[i].q.name = asks[i].name;
	}
	l->bound = loop_after(plan->loop, plan->bound_ms, bound_reached, l);
	if (ask_all(l)) /* but nothing is said before this returns */
		l->start = loop_after(plan->loop, 0, pump, l);
	return l;
}

const struct dns_question *
lookup_question(const struct lookup *l, size_t i)
{
	return i < l->n ? &l->asking[i].q : NULL;
}

void
lookup_free(struct lookup *l)
{
	if (l == NULL)
		return;
	l->dying = true; /* c-ares answers what is open while it goes */
	timer_free(l->start);
	timer_free(l->bound);
	for (size_t i = 0; i < l->n_servers; i++)
		channel_give(l->channels[i]);
}
