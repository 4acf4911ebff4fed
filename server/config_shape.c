/* Profiles as they are configured, made whole with the URLs of one issuer. */
#include "server/config.h"

static const char *
below(const char *base, bool could, enum wish wish, const char *path,
    struct arena *a)
{
	return could && wish != WISH_NO && base != NULL
	           ? arena_printf(a, "%s%s", base, path)
	           : NULL;
}

struct profile_spec
config_shape(const struct config *c, const struct config_profile *p,
    size_t issuer, struct arena *a)
{
	struct profile_spec s = p->shape;
	const bool revocation = !s.no_rev_avail; /* RFC 9608, 3 */

	s.crl_url = below(c->public_http, revocation, p->crl,
	    arena_printf(a, "/crl/%zu.crl", issuer), a);
	s.crl_shards = c->crl_shards > 1 ? c->crl_shards : 0;
	s.ocsp_url = below(c->public_http, revocation, p->ocsp, "/ocsp", a);
	s.issuer_url = below(c->public_http, true, p->aia,
	    arena_printf(a, "/issuer/%zu.cer", issuer), a);
	return s;
}

unsigned
config_longest_s(const struct config *c)
{
	unsigned most = c->serving.shape.lifetime_s;

	for (size_t i = 0; i < c->n_profiles; i++)
		if (c->profiles[i].shape.lifetime_s > most)
			most = c->profiles[i].shape.lifetime_s;
	return most;
}
