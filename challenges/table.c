/* The challenge types we can look at. */
#include <string.h>

#include "challenges/prober_int.h"

static bool
offers_http01(const struct ident *id)
{
	return !id->wildcard;
}

static bool
offers_dns01(const struct ident *id)
{
	return id->type == IDENT_DNS;
}

/* In the order in which an authorization lists them. */
/* clang-format off */
static const struct challenge_type types[] = {
	{ "http-01", offers_http01, http01_look }, /* RFC 8555, 8.3 */
	{ "dns-01",  offers_dns01,  dns01_look },  /* RFC 8555, 8.4 */
};
/* clang-format on */
enum { TYPES = sizeof(types) / sizeof(types[0]) };

const struct challenge_type *
challenge_at(unsigned i)
{
	return i < TYPES ? &types[i] : NULL;
}

const struct challenge_type *
challenge_find(const char *type)
{
	for (unsigned i = 0; i < TYPES; i++)
		if (strcmp(types[i].type, type) == 0)
			return &types[i];
	return NULL;
}
