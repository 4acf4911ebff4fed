/* Issuers' keys are read once a loop: a number is one issuer's for ever. */
#include "acme/returned.h"

#include <stdlib.h>

#include "acme/acme_int.h"
#include "crypto/check.h"

struct returned {
	struct returned *next;
	unsigned issuer;
	struct check *check;
};

static struct returned *
issuer_find(struct acme *ca, unsigned issuer, struct fault *f)
{
	const struct acme_config *c = ca->deps.config;
	struct returned *r = ca->returned;
	struct check *check;

	while (r != NULL && r->issuer != issuer)
		r = r->next;
	if (r != NULL)
		return r;
	if (issuer == 0 || issuer > c->n_chains ||
	    c->chains[issuer - 1].n == 0) {
		(void)fault(f, ERR_INTERNAL, "its issuer is not known here");
		return NULL;
	}
	check = check_new(c->chains[issuer - 1].list[0].pem, f);
	if (check == NULL)
		return NULL;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		abort();
	*r = (struct returned){ ca->returned, issuer, check };
	ca->returned = r;
	return r;
}

enum err
returned_check(struct acme *ca, const struct order *o, const uint8_t *der,
    size_t len, struct fault *f)
{
	struct returned *r = issuer_find(ca, o->issuer, f);

	return r == NULL ? ERR_INTERNAL
	                 : check_certificate(r->check, o->tbs, o->tbs_len, der,
	                       len, f);
}

void
returned_free(struct returned *r)
{
	struct returned *next;

	for (; r != NULL; r = next) {
		next = r->next;
		check_free(r->check);
		free(r);
	}
}
