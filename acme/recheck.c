#include "acme/recheck.h"

#include "acme/acme_int.h"
#include "acme/caa.h"

struct one {
	struct recheck *all;
	struct caa *caa;
	struct id authz;
	bool counts; /* for the authorization: it is of that very name */
};

struct recheck {
	struct arena *arena; /* it lives in it */
	struct one *at;
	size_t n, open;
	int64_t at_ms;
	recheck_told *told;
	void *arg;
};

/* By what its name was proved. */
static const struct challenge *
proof_of(const struct authz *z)
{
	for (size_t i = 0; i < z->n_challenges; i++)
		if (z->challenges[i].status == CHALLENGE_VALID)
			return &z->challenges[i];
	return NULL;
}

/*
 * Another name than the proof's was never asked about (RFC 9444).  If the
 * proof is not kept any more, nobody knows when it was, or by which method.
 */
static void
consider(struct recheck *r, struct acme *ca, const struct order *o, size_t i,
    const struct authz *z)
{
	const struct acme_config *config = ca->deps.config;
	const struct challenge *c = z != NULL ? proof_of(z) : NULL;
	const struct ident *ident = &o->idents[i];
	unixtime fresh = r->at_ms / 1000 - (unixtime)config->caa_recheck_s;
	struct one *one = &r->at[r->n];
	struct subject s = { .ident = ident };

	if (id_zero(o->authzs[i])) /* our own: nobody proved anything */
		return;
	one->counts = c != NULL && ident_equal(&z->ident, ident);
	if (one->counts && z->caa_checked > fresh) /* CAA-11 */
		return;
	s.account = o->account;
	s.account_url = c != NULL ? c->account_url : NULL;
	one->all = r;
	one->authz = o->authzs[i];
	one->caa = caa_new(ca, &s, c != NULL ? c->type : "");
	r->n++;
}

struct recheck *
recheck_new(struct acme *ca, const struct order *o)
{
	struct arena *a = arena_new(), *scratch = arena_new();
	struct recheck *r = ARENA_NEW(a, struct recheck);
	struct snap *s = snap_open(ca->deps.store);
	struct order *full = snap_order(s, scratch, o->id);

	r->arena = a;
	r->at_ms = loop_now(ca->deps.loop);
	r->at = ARENA_ARRAY(a, struct one, o->n_idents);
	for (size_t i = 0;
	     full != NULL && full->authzs != NULL &&
	     ca->deps.config->caa_check != CAA_OFF && i < full->n_idents;
	     i++)
		consider(r, ca, full, i,
		    snap_authz(s, scratch, full->authzs[i]));
	snap_close(s);
	arena_free(scratch);
	return r;
}

static void
one_told(void *arg)
{
	struct one *one = arg;
	struct recheck *r = one->all;

	if (--r->open == 0)
		r->told(r->arg);
}

bool
recheck_await(struct recheck *r, recheck_told *told, void *arg)
{
	r->told = told;
	r->arg = arg;
	for (size_t i = 0; i < r->n; i++)
		r->open += !caa_await(r->at[i].caa, one_told, &r->at[i]);
	return r->open == 0;
}

void
recheck_free(struct recheck *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		caa_free(r->at[i].caa);
	arena_free(r->arena);
}

const struct fault *
recheck_fault(const struct recheck *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct fault *why = caa_fault(r->at[i].caa);

		if (why != NULL)
			return why;
	}
	return NULL;
}

void
recheck_stage(const struct recheck *r, struct snap *s, struct batch *b,
    struct arena *a)
{
	for (size_t i = 0; i < r->n; i++) {
		struct authz *z =
		    r->at[i].counts ? snap_authz(s, a, r->at[i].authz) : NULL;

		if (z == NULL)
			continue;
		z->caa_checked = r->at_ms / 1000;
		batch_put_authz(b, z);
	}
}
