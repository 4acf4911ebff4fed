/* The resolvers a configuration names. */
#include <arpa/inet.h>
#include <string.h>

#include "challenges/resolve_int.h"

enum { ENTRY_MAX = 80, PORT_DNS = 53 };

static bool
port_read(const char *text, uint16_t *port)
{
	unsigned n = 0;

	if (text[0] == '\0' || strlen(text) > 5)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
	}
	*port = (uint16_t)n;
	return n > 0 && n <= UINT16_MAX;
}

/* Cut `entry` into host and port; NULL if it has no port. */
static bool
split(char *entry, char **host, char **port)
{
	char *end = strchr(entry, ']');

	*host = entry;
	*port = NULL;
	if (entry[0] == '[') {
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
		*host = entry + 1;
		*port = end[1] == ':' ? end + 2 : NULL;
		*end = '\0';
		return true;
	}
	end = strchr(entry, ':');
	if (end != NULL && strchr(end + 1, ':') == NULL) {
		*port = end + 1;
		*end = '\0';
	}
	return true;
}

static bool
entry_read(char *entry, struct arena *a, struct dns_server *out)
{
	char *host, *port;
	char text[INET6_ADDRSTRLEN];

	memset(out, 0, sizeof(*out));
	out->port = PORT_DNS;
	if (!split(entry, &host, &port) ||
	    (port != NULL && !port_read(port, &out->port)))
		return false;
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, out->address) == 1)
		out->family = AF_INET;
	else if (inet_pton(AF_INET6, host, out->address) == 1)
		out->family = AF_INET6;
	else
		return false;
	(void)inet_ntop(out->family, out->address, text, sizeof(text));
	out->text = endpoint_text(a, text, out->port);
	return true;
}

enum err
dns_servers_parse(const char *list, struct arena *a,
    struct dns_server out[DNS_SERVERS_MAX], size_t *n, struct fault *f)
{
	char entry[ENTRY_MAX];

	for (*n = 0;; list++) {
		size_t len = strcspn(list, ",");

		if (*n == DNS_SERVERS_MAX)
			return fault(f, ERR_MALFORMED,
			    "more than %d DNS servers", DNS_SERVERS_MAX);
		if (len >= sizeof(entry))
			return fault(f, ERR_MALFORMED,
			    "a DNS server of %zu characters", len);
		memcpy(entry, list, len);
		entry[len] = '\0';
		if (!entry_read(entry, a, &out[*n]))
			return fault(f, ERR_MALFORMED,
			    "DNS server \"%.*s\": ADDRESS or ADDRESS:PORT is "
			    "needed, such as 192.0.2.53:53 or "
			    "[2001:db8::53]:53",
			    (int)len, list);
		++*n;
		list += len;
		if (*list == '\0')
			return OK;
	}
}
