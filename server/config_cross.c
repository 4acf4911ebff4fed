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
	check_listeners(l);
	check_order(l, c->ca.issuer_days <= c->ca.root_days,
	    "ca.issuer_lifetime", "ca.root_lifetime");
	check_order(l, c->store_max <= c->store_map, "store.max_size",
	    "store.map");
	check_order(l, c->http.line_bytes <= c->http.header_bytes, "http.line",
	    "http.header");
	check_order(l, c->linger_ms <= c->http.request_ms, "linger.poll",
	    "http.request_timeout");
	check_order(l, c->linger_challenge_ms <= c->http.request_ms,
	    "linger.challenge", "http.request_timeout");
	if (strlen(config_text(c, c->arena)) >= CONFIG_TEXT_MAX)
		config_wrong(l, "configuration", "larger than %d bytes",
		    CONFIG_TEXT_MAX);
}
