/* Hosts, ports, networks: strict, and in one spelling each. */
#include "server/config_host.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/ident.h"

enum { DNS_PORT = 53 };

int
host_family(const char *host)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, host, bytes) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, host, bytes) == 1 ? AF_INET6 : 0;
}

const char *
host_read(const char *text, struct arena *a)
{
	unsigned char bytes[16];
	struct ident id;
	struct fault f = { .code = OK };
	int family = host_family(text);
	char *out;

	if (family == 0) /* DIR-07 */
		return ident_parse("dns", text, a, &id, &f) == OK &&
		               !id.wildcard
		           ? id.value
		           : NULL;
	out = arena_alloc(a, INET6_ADDRSTRLEN, 1);
	(void)inet_pton(family, text, bytes);
	return inet_ntop(family, bytes, out, INET6_ADDRSTRLEN);
}

static bool
port_read(const char *text, uint16_t *out)
{
	size_t len = strspn(text, "0123456789");
	unsigned long n;

	if (len == 0 || len > 5 || text[len] != '\0')
		return false;
	if ((n = strtoul(text, NULL, 10)) > UINT16_MAX)
		return false;
	*out = (uint16_t)n;
	return true;
}

bool
host_port_split(const char *text, char host[HOST_MAX], uint16_t *port)
{
	const char *colon = strrchr(text, ':'), *from = text;
	size_t len;

	if (colon == NULL || !port_read(colon + 1, port))
		return false;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && colon[-1] == ']') {
		from++;
		len -= 2;
	} else if (memchr(text, ':', len) != NULL) {
		return false; /* an IPv6 address wants brackets */
	}
	if (len == 0 || len >= HOST_MAX)
		return false;
	memcpy(host, from, len);
	host[len] = '\0';
	if (from != text)
		return host_family(host) == AF_INET6;
	return true;
}

const char *
host_port_join(const char *host, uint16_t port, uint16_t usual, struct arena *a)
{
	bool six = host_family(host) == AF_INET6;

	if (port == usual && port != 0)
		return arena_printf(a, "%s%s%s", six ? "[" : "", host,
		    six ? "]" : "");
	return arena_printf(a, "%s%s%s:%u", six ? "[" : "", host,
	    six ? "]" : "", (unsigned)port);
}

const char *
resolver_read(const char *text, struct arena *a)
{
	char host[HOST_MAX];
	uint16_t port = DNS_PORT;
	const char *canonical;
	size_t len = strlen(text);

	if (len >= HOST_MAX)
		return NULL;
	if (host_family(text) != 0) {
		memcpy(host, text, len + 1);
	} else if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		memcpy(host, text + 1, len - 2);
		host[len - 2] = '\0';
		if (host_family(host) != AF_INET6)
			return NULL;
	} else if (!host_port_split(text, host, &port) || port == 0) {
		return NULL;
	}
	if (host_family(host) == 0)
		return NULL;
	canonical = host_read(host, a);
	return canonical == NULL ? NULL : host_port_join(canonical, port, 0, a);
}
