/* What no value shows wrong alone: those that must agree with each other. */
#include <string.h>

#include "server/config_host.h"
#include "server/config_int.h"

static void
check_profiles(struct config_load *l)
{
	const struct config *c = l->c;
	const struct config_profile *p = config_profile(c, c->default_profile);
	const char *names = "";

	if (p != NULL && p != &c->serving && p->offered)
		return;
	for (size_t i = 0; i < c->n_profiles; i++)
		if (c->profiles[i].offered)
			names = arena_printf(c->arena, "%s%s%s", names,
			    names[0] == '\0' ? "" : ", ",
			    c->profiles[i].shape.name);
	config_wrong(l, config_where(l, "default_profile"),
	    "default_profile: expected a profile that is offered (%s), not "
	    "\"%s\"",
	    names[0] == '\0' ? "there is none" : names, c->default_profile);
}

/* What was asked for in so many words, and cannot be. */
static void
check_said(struct config_load *l, const struct config_profile *p,
    const char *member, enum wish wish)
{
	const struct config *c = l->c;
	const char *key =
	    arena_printf(c->arena, "profiles.%s.%s", p->shape.name, member);
	const bool revocation = strcmp(member, "aia") != 0;

	if (wish != WISH_YES)
		return;
	if (c->public_http == NULL)
		config_wrong(l, config_where(l, key),
		    "%s: needs public_http, the base of its URL", key);
	else if (revocation && p->shape.no_rev_avail)
		config_wrong(l, config_where(l, key),
		    "%s: a certificate that says that nobody publishes its "
		    "revocation (profiles.%s.no_rev_avail) cannot have it",
		    key, p->shape.name);
}

static void
check_revocation(struct config_load *l, const struct config_profile *p)
{
	struct arena *a = l->c->arena;
	const char *key =
	    arena_printf(a, "profiles.%s.must_staple", p->shape.name);

	check_said(l, p, "crl", p->crl);
	check_said(l, p, "ocsp", p->ocsp);
	check_said(l, p, "aia", p->aia);
	if (p->shape.must_staple &&
	    config_shape(l->c, p, 1, a).ocsp_url == NULL)
		config_wrong(l, config_where(l, key),
		    "%s: nobody could staple without OCSP; needs public_http, "
		    "profiles.%s.ocsp, and not no_rev_avail",
		    key, p->shape.name);
}

static void
check_listeners(struct config_load *l)
{
	char host[HOST_MAX];
	uint16_t port = 0;

	if (l->c->listen_http == NULL ||
	    strcmp(l->c->listen, l->c->listen_http) != 0)
		return;
	if (host_port_split(l->c->listen, host, &port) && port != 0)
		config_wrong(l, config_where(l, "listen_http"),
		    "listen_http: expected another address than listen, %s",
		    l->c->listen);
}

/* Each shard says where it is. */
static void
check_shards(struct config_load *l)
{
	if (l->c->crl_shards > 1 && l->c->public_http == NULL) /* CRL-06 */
		config_wrong(l, config_where(l, "crl.shards"),
		    "crl.shards: more than 1 needs public_http, the base of "
		    "the URLs that certificates and lists have in common");
}

/* `less` must not be more than `more`: both are keys, `ok` says if it is so. */
static void
check_order(struct config_load *l, bool ok, const char *less, const char *more)
{
	const struct config *c = l->c;
	const struct config_key *k;
	char name[CONFIG_NAME_SIZE];

	if (ok || (k = config_key_of(more, name)) == NULL)
		return;
	config_wrong(l,
	    config_given(l, less) != NULL ? config_where(l, less)
	                                  : config_where(l, more),
	    "%s: expected at most what %s is, %s", less, more,
	    config_value_text(k, c, c->arena));
}

void
config_cross_check(struct config_load *l)
{
	const struct config *c = l->c;

	check_profiles(l);
	for (size_t i = 0; i < c->n_profiles; i++)
		check_revocation(l, &c->profiles[i]);
	check_listeners(l);
	check_shards(l);
	check_order(l, c->ca.issuer_days <= c->ca.root_days,
	    "ca.issuer_lifetime", "ca.root_lifetime");
	check_order(l, c->store_max <= c->store_map, "store.max_size",
	    "store.map");
	check_order(l, c->http.line_bytes <= c->http.header_bytes, "http.line",
	    "http.header");
	check_order(l, c->crl_refresh_s <= c->crl_s, "crl.refresh",
	    "crl.lifetime");
	check_order(l, c->linger_ms <= c->http.request_ms, "linger.poll",
	    "http.request_timeout");
	check_order(l, c->linger_challenge_ms <= c->http.request_ms,
	    "linger.challenge", "http.request_timeout");
	if (strlen(config_text(c, c->arena)) >= CONFIG_TEXT_MAX)
		config_wrong(l, "configuration", "larger than %d bytes",
		    CONFIG_TEXT_MAX);
}
