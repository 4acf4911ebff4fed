/*
 * c-ares on our loop.  Rules that its 1.18 imposes: callbacks may come from
 * inside any call to it; without process_fd(BAD, BAD) nothing ever times out;
 * a channel is destroyed from our own callbacks only, never from its own.
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
	EDNS_SIZE = 1232,
	CLASS_IN = 1,
	PORT_DNS = 53,
};

struct socket_watch {
	struct channel *channel;
	struct watch *watch;
	int fd;
};

struct channel {
	struct loop *loop;
	ares_channel ares;
	struct timer *timer;
	struct socket_watch sockets[SOCKETS_MAX];
	loop_fn *pump;
	void *arg;
};

static void rearm(struct channel *c);

static void
ticked(void *arg)
{
	struct channel *c = arg;

	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	rearm(c);
	c->pump(c->arg); /* may free c */
}

static void
rearm(struct channel *c)
{
	struct timeval tv;
	int64_t ms;

	timer_free(c->timer);
	c->timer = NULL;
	if (ares_timeout(c->ares, NULL, &tv) == NULL)
		return; /* nothing is being asked */
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
		.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH |
		         ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP,
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

struct channel *
channel_new(struct loop *l, const struct dns_server *server,
    unsigned timeout_ms, loop_fn *pump, void *arg)
{
	struct channel *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->loop = l;
	c->pump = pump;
	c->arg = arg;
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

void
channel_ask(struct channel *c, const char *name, enum dns_type type,
    channel_answer *answer, void *arg)
{
	ares_query(c->ares, name, CLASS_IN, (int)type, answer, arg);
	rearm(c);
}

void
channel_free(struct channel *c)
{
	if (c == NULL)
		return;
	timer_free(c->timer);
	ares_destroy(c->ares); /* its sockets are given up on the way */
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		watch_free(c->sockets[i].watch);
	free(c);
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

size_t
channel_system_servers(struct arena *a, struct dns_server out[DNS_SERVERS_MAX])
{
	struct ares_addr_port_node *list = NULL;
	ares_channel ares;
	size_t n = 0;

	if (ares_init(&ares) != ARES_SUCCESS)
		return 0;
	if (ares_get_servers_ports(ares, &list) == ARES_SUCCESS)
		for (const struct ares_addr_port_node *s = list;
		     s != NULL && n < DNS_SERVERS_MAX; s = s->next)
			describe(s, a, &out[n++]);
	ares_free_data(list);
	ares_destroy(ares);
	return n;
}
