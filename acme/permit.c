/* The levels that have a say about a request's names (acme/policy.h). */
#include "acme/permit.h"

enum { LEVELS = 4 };

static struct name_list
list(const char *const *patterns, size_t n)
{
	return (struct name_list){ patterns, n };
}

static struct policy_level
of_profile(struct rq *rq, const struct acme_profile *p)
{
	return (struct policy_level){
		.who = arena_printf(rq->arena, "profile %s", p->name),
		.keys = arena_printf(rq->arena, "profiles.%s", p->name),
		.allow = p->allow,
		.deny = p->deny,
	};
}

static struct policy_level
of_eab(struct rq *rq, const struct eab *e)
{
	return (struct policy_level){
		.who = arena_printf(rq->arena, "external account key %s",
		    rq_id(rq, e->id)),
		.allow = list(e->allow, e->n_allow),
		.deny = list(e->deny, e->n_deny),
	};
}

enum err
permit_names(struct rq *rq, const struct acme_profile *profile,
    const struct ident *idents, size_t n)
{
	const struct account *acct = rq->acct;
	const struct eab *e = id_zero(acct->eab)
	                          ? NULL
	                          : snap_eab(rq->snap, rq->arena, acct->eab);
	struct policy_level levels[LEVELS] = {
		{ .who = "this CA",
		    .keys = "policy",
		    .allow = rq->config->allow,
		    .deny = rq->config->deny,
		    .no_wildcards = !rq->config->wildcards },
		of_profile(rq, profile),
		{ .who = "this account",
		    .allow = list(acct->allow, acct->n_allow),
		    .deny = list(acct->deny, acct->n_deny) },
	};

	if (e != NULL)
		levels[LEVELS - 1] = of_eab(rq, e);
	return policy_check(levels, e != NULL ? LEVELS : LEVELS - 1, idents, n,
	    rq->arena, &rq->fault);
}
