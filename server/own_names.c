/* Our names: configured, and those that the socket and the host give us. */
#include "server/own_names.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "server/config_host.h"

enum { ADDRESSES_MAX = 64 };

struct list {
	const char **at;
	size_t n, room;
};

static void
add(struct list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->at[i], name) == 0)
			return;
	if (l->n < l->room)
		l->at[l->n++] = name;
}

static void
add_address(struct list *l, const struct sockaddr *sa, struct arena *a)
{
	char *text = arena_alloc(a, INET6_ADDRSTRLEN, 1);
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)sa;
	const void *bytes = &((const struct sockaddr_in *)sa)->sin_addr;

	if (sa->sa_family == AF_INET6) {
		if (IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
			return; /* of use with its interface only */
		bytes = &six->sin6_addr;
	} else if (sa->sa_family != AF_INET) {
		return;
	}
	if (inet_ntop(sa->sa_family, bytes, text, INET6_ADDRSTRLEN) != NULL)
		add(l, text);
}

static bool
everywhere(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)sa;

	if (sa->sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr);
	return sa->sa_family == AF_INET &&
	       ((const struct sockaddr_in *)sa)->sin_addr.s_addr ==
	           htonl(INADDR_ANY);
}

const char *const *
own_addresses(int listen_fd, struct arena *a, size_t *n)
{
	struct list l = { ARENA_ARRAY(a, const char *, ADDRESSES_MAX), 0,
		ADDRESSES_MAX };
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	const struct sockaddr *own = (const struct sockaddr *)&sa;
	struct ifaddrs *all = NULL;

	*n = 0;
	if (getsockname(listen_fd, (struct sockaddr *)&sa, &len) != 0)
		return l.at;
	if (!everywhere(own)) {
		add_address(&l, own, a);
	} else if (getifaddrs(&all) == 0) {
		for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
			if (i->ifa_addr != NULL && /* [::] takes IPv4 too */
			    (sa.ss_family == AF_INET6 ||
			        i->ifa_addr->sa_family == AF_INET))
				add_address(&l, i->ifa_addr, a);
		freeifaddrs(all);
	}
	*n = l.n;
	return l.at;
}

/* "0.0.0.0" and "[::]" are no names. */
static void
add_listen(struct list *l, const char *listen, struct arena *a)
{
	char host[HOST_MAX];
	const char *name;
	uint16_t port;

	if (!host_port_split(listen, host, &port) ||
	    (name = host_read(host, a)) == NULL ||
	    strcmp(name, "0.0.0.0") == 0 || strcmp(name, "::") == 0)
		return;
	add(l, name);
}

const char *const *
own_names(const struct own *own, struct arena *a, size_t *n)
{
	size_t room = own->n_names + own->n_addresses + 2;
	struct list l = { ARENA_ARRAY(a, const char *, room), 0, room };

	for (size_t i = 0; i < own->n_names; i++)
		add(&l, own->names[i]);
	add_listen(&l, own->listen, a);
	add(&l, "localhost");
	for (size_t i = 0; i < own->n_addresses; i++)
		add(&l, own->addresses[i]);
	*n = l.n;
	return l.at;
}
