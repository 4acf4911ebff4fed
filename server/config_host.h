/* server/config_host.h: hosts, ports, networks: as an operator writes them. */
#ifndef SERVER_CONFIG_HOST_H
#define SERVER_CONFIG_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum { HOST_MAX = 256 }; /* with its NUL */

/* A name or an address in canonical, lower-case spelling; NULL if neither. */
const char *host_read(const char *text, struct arena *a);

/* Is this a literal address?  AF_INET or AF_INET6; 0 if not. */
int host_family(const char *host);

/* "a.example:443", "192.0.2.1:443", "[::1]:443".  The host without brackets. */
bool host_port_split(const char *text, char host[HOST_MAX], uint16_t *port);
/* And together again, in `a`; a `usual` port is left out, 0 never is. */
const char *host_port_join(const char *host, uint16_t port, uint16_t usual,
    struct arena *a);

/* "192.0.2.1", "[2001:db8::1]:5353": a resolver, with its port; or NULL. */
const char *resolver_read(const char *text, struct arena *a);

#endif
