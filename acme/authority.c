/* A Host that names us, on whatever port: port mappings keep working. */
#include "acme/authority.h"

#include <ctype.h>
#include <string.h>

static const char scheme[] = "https://", accounts[] = "/acme/account/";

/* The host part of an authority, without port and brackets; NULL if odd. */
static const char *
host_of(const char *authority, struct arena *a)
{
	const char *end, *port;

	if (authority[0] == '[') {
		if ((end = strchr(authority, ']')) == NULL)
			return NULL;
		authority++;
		port = end + 1;
		if (memchr(authority, ':', (size_t)(end - authority)) == NULL)
			return NULL; /* RFC 3986, 3.2.2: an IPv6 address */
	} else {
		end = port = authority + strcspn(authority, ":");
	}
	if (*port == ':' && port[1 + strspn(port + 1, "0123456789")] != '\0')
		return NULL;
	if (*port != ':' && *port != '\0')
		return NULL;
	return arena_bytes(a, authority, (size_t)(end - authority));
}

const char *
authority_ours(const struct acme_config *config, const char *host,
    struct arena *a)
{
	char *lower = arena_text(a, host);
	const char *name;

	for (char *c = lower; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if ((name = host_of(lower, a)) == NULL)
		return NULL;
	for (size_t i = 0; i < config->n_names; i++)
		if (strcmp(config->names[i], name) == 0)
			return lower;
	return NULL;
}

const char *
authority_names(const struct acme_config *config, struct arena *a)
{
	const char *all = "";

	for (size_t i = 0; i < config->n_names && strlen(all) < 300; i++)
		all = arena_printf(a, "%s%s%s", all, i == 0 ? "" : ", ",
		    config->names[i]);
	return all;
}

bool
authority_kid(const struct acme_config *config, const char *kid,
    struct arena *a, struct id *out)
{
	const char *path;

	if (strncmp(kid, scheme, sizeof(scheme) - 1) != 0)
		return false;
	kid += sizeof(scheme) - 1;
	if ((path = strchr(kid, '/')) == NULL ||
	    strncmp(path, accounts, sizeof(accounts) - 1) != 0)
		return false;
	return authority_ours(config, arena_bytes(a, kid, (size_t)(path - kid)),
	           a) != NULL &&
	       id_parse(path + sizeof(accounts) - 1, out);
}
