/* Where we are: as a socket address, and as a URL for people. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "server/config.h"
#include "server/config_host.h"

enum err
config_address(const char *host_port, struct sockaddr_storage *out,
    socklen_t *len, struct fault *f)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char host[HOST_MAX], service[8];
	uint16_t port = 0;
	int e;

	if (!host_port_split(host_port, host, &port))
		return fault(f, ERR_MALFORMED, "%s: expected HOST:PORT",
		    host_port);
	(void)snprintf(service, sizeof(service), "%u", (unsigned)port);
	if ((e = getaddrinfo(host, service, &hints, &found)) != 0)
		return fault(f, ERR_DNS, "%s: %s", host_port, gai_strerror(e));
	memcpy(out, found->ai_addr, found->ai_addrlen);
	*len = found->ai_addrlen;
	freeaddrinfo(found);
	return OK;
}

/* Of all interfaces: nothing to name a server by. */
static bool
is_wildcard(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

const char *
config_directory_url(const struct config *c, uint16_t port, struct arena *a)
{
	char host[HOST_MAX];
	uint16_t ignored = 0;
	const char *name = "localhost";

	if (c->n_names > 0)
		name = c->names[0];
	else if (host_port_split(c->listen, host, &ignored) &&
	         !is_wildcard(host))
		name = host;
	return arena_printf(a, "https://%s/acme/directory",
	    host_port_join(name, port, 443, a));
}
