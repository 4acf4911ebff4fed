/* The challenge types we can look at. */
#include <string.h>

#include "challenges/prober_int.h"

static bool
no_wildcard(const struct ident *id)
{
	if (id->wildcard) /* H01-07 A01-06 */
		return false;
	return true;
}

static bool
no_address(const struct ident *id)
{
	if (id->type != IDENT_DNS) /* D01-07 */
		return false;
	return true;
}

/* In the order in which an authorization lists them. */
/* clang-format off */
static const struct challenge_type types[] = {
	{ "http-01",        no_wildcard, http01_look,        true },  /* RFC 8555, 8.3 */
	{ "dns-01",         no_address,  dns01_look,         true },  /* RFC 8555, 8.4 */
	{ "tls-alpn-01",    no_wildcard, tls_alpn01_look,    true },  /* RFC 8737 */
	{ "dns-account-01", no_address,  dns_account01_look, true },  /* drafts */
	{ "dns-persist-01", no_address,  dns_persist01_look, false },
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
