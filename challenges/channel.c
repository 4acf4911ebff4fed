/*
 * c-ares on our loop.  Rules that its 1.18 imposes: callbacks may come from
 * inside any call to it; without process_fd(BAD, BAD) nothing ever times out;
 * a channel is destroyed from our own callbacks only, never from its own.
 *
 * A channel of c-ares is 100 KiB that it fills in, and a key for its ids that
 * it reads from a file: more than asking costs.  So who has asked gives it
 * back for others.  It closes its sockets with its last open question, so
 * each look-up has a port of its own nevertheless; and it keeps no answers.
 */
#include "challenges/channel_int.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum {
	SOCKETS_MAX = 4, /* UDP and TCP, and one of each on its way out */
	TICK_MAX_MS = 1000,
	IDLE_MAX = 32,    /* 3 MiB */
	SYSTEM_MS = 1000, /* so long is what the system has taken to hold */
	USES_MAX = 100,   /* then there is a new key for the ids */
	EDNS_SIZE = 1232,
	CLASS_IN = 1,
	PORT_DNS = 53,
	FLAGS = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
	        ARES_FLAG_NOCHECKRESP,
};

struct socket_watch {
	struct channel *channel;
	struct watch *watch;
	int fd;
};

struct channel {
	struct channels *home;
	struct loop *loop;
	struct channel *next; /* while it is idle */
	struct dns_server server;
	unsigned timeout_ms, uses;
	unsigned sweeps; /* had been made when it was given back */
	ares_channel ares;
	struct timer *timer;
	struct socket_watch sockets[SOCKETS_MAX];
	loop_fn *pump;
	void *arg;
};

struct channels {
	struct loop *loop;
	struct channel *idle; /* the last one given back first */
	unsigned n_idle, keep_ms, sweeps;
	struct timer *sweep; /* while any is idle */

	struct dns_server system[DNS_SERVERS_MAX];
	size_t n_system;
	int64_t read_at;
	struct arena *texts; /* of these; NULL: never read */
};

static void rearm(struct channel *c);

static void
ticked(void *arg)
{
	struct channel *c = arg;

	timer_free(c->timer);
	c->timer = NULL;
	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	rearm(c);
	c->pump(c->arg); /* may free c */
}

static void
rearm(struct channel *c)
{
	struct timeval tv;
	int64_t ms;

	if (ares_timeout(c->ares, NULL, &tv) == NULL) {
		timer_free(c->timer); /* nothing is being asked */
		c->timer = NULL;
		return;
	}
	if (c->timer != NULL)
		return; /* what was asked first is late first */
	ms = (int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1;
	c->timer = loop_after(c->loop,
	    ms < TICK_MAX_MS ? (unsigned)ms : TICK_MAX_MS, ticked, c);
}

static void
socket_ready(void *arg, unsigned ready)
{
	struct socket_watch *w = arg;
	struct channel *c = w->channel;
	int fd = w->fd;

	ares_process_fd(c->ares, ready & LOOP_READ ? fd : ARES_SOCKET_BAD,
	    ready & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
	rearm(c);
	c->pump(c->arg); /* may free c */
}

/* c-ares opens, closes, or wants something else of a socket. */
static void
socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct channel *c = arg;
	unsigned want =
	    (readable ? LOOP_READ : 0U) | (writable ? LOOP_WRITE : 0U);
	struct socket_watch *room = NULL;

	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		struct socket_watch *w = &c->sockets[i];

		if (w->watch != NULL && w->fd == fd) {
			watch_free(w->watch);
			w->watch = NULL;
		}
		if (w->watch == NULL)
			room = w;
	}
	if (want == 0)
		return;
	if (room == NULL)
		abort(); /* one UDP and one TCP socket a server is all it has */
	*room = (struct socket_watch){ .channel = c, .fd = fd };
	room->watch = loop_watch(c->loop, fd, want, socket_ready, room);
}

/* Every option is given, so that c-ares reads no file of the system's. */
static bool
open_ares(struct channel *c, unsigned timeout_ms)
{
	char lookups[] = "b";
	struct ares_options o = {
		.flags = FLAGS,
		.timeout = (int)timeout_ms,
		.tries = 1,
		.ndots = 1,
		.ednspsz = EDNS_SIZE,
		.lookups = lookups,
		.sock_state_cb = socket_state,
		.sock_state_cb_data = c,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
	           ARES_OPT_NDOTS | ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS |
	           ARES_OPT_SOCK_STATE_CB | ARES_OPT_SERVERS |
	           ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | ARES_OPT_NOROTATE;

#ifdef ARES_OPT_QUERY_CACHE /* on by itself since 1.31: each look asks anew */
	o.qcache_max_ttl = 0;
	mask |= ARES_OPT_QUERY_CACHE;
#endif
	return ares_init_options(&c->ares, &o, mask) == ARES_SUCCESS;
}

static bool
set_server(struct channel *c, const struct dns_server *server)
{
	struct ares_addr_port_node node = {
		.family = server->family,
		.udp_port = server->port,
		.tcp_port = server->port,
	};

	if (server->family == AF_INET)
		memcpy(&node.addr.addr4, server->address, 4);
	else
		memcpy(&node.addr.addr6, server->address, 16);
	return ares_set_servers_ports(c->ares, &node) == ARES_SUCCESS;
}

static void
channel_free(struct channel *c)
{
	timer_free(c->timer);
	ares_destroy(c->ares); /* its sockets are given up on the way */
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		watch_free(c->sockets[i].watch);
	free(c);
}

static struct channel *
channel_new(struct channels *home, const struct dns_server *server,
    unsigned timeout_ms)
{
	struct channel *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->home = home;
	c->loop = home->loop;
	c->server = *server;
	c->server.text = NULL; /* it may go before us */
	c->timeout_ms = timeout_ms;
	if (!open_ares(c, timeout_ms)) {
		free(c);
		return NULL;
	}
	if (!set_server(c, server)) {
		channel_free(c);
		return NULL;
	}
	return c;
}

/* The channel at `at` is idle no more. */
static struct channel *
unlink_idle(struct channels *cs, struct channel **at)
{
	struct channel *c = *at;

	*at = c->next;
	cs->n_idle--;
	return c;
}

static bool
suits(const struct channel *c, const struct dns_server *server,
    unsigned timeout_ms)
{
	return c->timeout_ms == timeout_ms && c->server.port == server->port &&
	       c->server.family == server->family &&
	       memcmp(c->server.address, server->address,
	           sizeof(server->address)) == 0;
}

/* An idle one, or NULL. */
static struct channel *
find_idle(struct channels *cs, const struct dns_server *server,
    unsigned timeout_ms)
{
	struct channel **at = &cs->idle;

	while (*at != NULL && !suits(*at, server, timeout_ms))
		at = &(*at)->next;
	return *at != NULL ? unlink_idle(cs, at) : NULL;
}

struct channel *
channel_take(struct channels *cs, const struct dns_server *server,
    unsigned timeout_ms, loop_fn *pump, void *arg)
{
	struct channel *c = find_idle(cs, server, timeout_ms);

	if (c == NULL)
		c = channel_new(cs, server, timeout_ms);
	if (c == NULL)
		return NULL;
	c->uses++;
	c->pump = pump;
	c->arg = arg;
	return c;
}

/* Give up what was idle at the last sweep already. */
static void
swept(void *arg)
{
	struct channels *cs = arg;
	struct channel **at = &cs->idle;

	timer_free(cs->sweep);
	cs->sweep = NULL;
	while (*at != NULL && (*at)->sweeps == cs->sweeps)
		at = &(*at)->next;
	while (*at != NULL) /* those behind are no younger */
		channel_free(unlink_idle(cs, at));
	cs->sweeps++;
	if (cs->idle != NULL)
		cs->sweep = loop_after(cs->loop, cs->keep_ms, swept, cs);
}

/* Is nothing open, and has c-ares not learned anything from the answers? */
static bool
as_new(struct channel *c)
{
	struct ares_options o;
	struct timeval tv;
	bool same;
	int mask;

	if (ares_timeout(c->ares, NULL, &tv) != NULL ||
	    ares_save_options(c->ares, &o, &mask) != ARES_SUCCESS)
		return false;
	same = o.flags == FLAGS; /* it drops EDNS where that is not known */
	ares_destroy_options(&o);
	return same;
}

void
channel_give(struct channel *c)
{
	struct channels *cs;

	if (c == NULL)
		return;
	cs = c->home;
	if (cs->n_idle >= IDLE_MAX || c->uses >= USES_MAX || !as_new(c)) {
		channel_free(c);
		return;
	}
	c->sweeps = cs->sweeps;
	c->next = cs->idle;
	cs->idle = c;
	cs->n_idle++;
	if (cs->sweep == NULL)
		cs->sweep = loop_after(cs->loop, cs->keep_ms, swept, cs);
}

unsigned
channels_idle(const struct channels *cs)
{
	return cs->n_idle;
}

struct channels *
channels_new(struct loop *l, unsigned keep_ms)
{
	struct channels *cs = calloc(1, sizeof(*cs));

	if (cs == NULL)
		abort();
	cs->loop = l;
	cs->keep_ms = keep_ms;
	return cs;
}

void
channels_free(struct channels *cs)
{
	if (cs == NULL)
		return;
	while (cs->idle != NULL)
		channel_free(unlink_idle(cs, &cs->idle));
	timer_free(cs->sweep);
	arena_free(cs->texts);
	free(cs);
}

void
channel_ask(struct channel *c, const char *name, enum dns_type type,
    channel_answer *answer, void *arg)
{
	ares_query(c->ares, name, CLASS_IN, (int)type, answer, arg);
	rearm(c);
}

static void
describe(const struct ares_addr_port_node *node, struct arena *a,
    struct dns_server *out)
{
	char text[INET6_ADDRSTRLEN];

	memset(out, 0, sizeof(*out));
	out->family = node->family;
	out->port = node->udp_port > 0 ? (uint16_t)node->udp_port : PORT_DNS;
	if (node->family == AF_INET)
		memcpy(out->address, &node->addr.addr4, 4);
	else
		memcpy(out->address, &node->addr.addr6, 16);
	(void)inet_ntop(node->family, out->address, text, sizeof(text));
	out->text = endpoint_text(a, text, out->port);
}

static void
read_system(struct channels *cs)
{
	struct ares_addr_port_node *list = NULL;
	ares_channel ares;

	arena_free(cs->texts);
	cs->texts = arena_new();
	cs->n_system = 0;
	if (ares_init(&ares) != ARES_SUCCESS)
		return;
	if (ares_get_servers_ports(ares, &list) == ARES_SUCCESS)
		for (const struct ares_addr_port_node *s = list;
		     s != NULL && cs->n_system < DNS_SERVERS_MAX; s = s->next)
			describe(s, cs->texts, &cs->system[cs->n_system++]);
	ares_free_data(list);
	ares_destroy(ares);
}

size_t
channels_system(struct channels *cs, struct arena *a,
    struct dns_server out[DNS_SERVERS_MAX])
{
	int64_t now = loop_now(cs->loop);

	if (cs->texts == NULL || now < cs->read_at ||
	    now - cs->read_at >= SYSTEM_MS) {
		read_system(cs);
		cs->read_at = now;
	}
	for (size_t i = 0; i < cs->n_system; i++) {
		out[i] = cs->system[i];
		out[i].text = arena_text(a, out[i].text);
	}
	return cs->n_system;
}
