#include "acme/standing.h"

#include <string.h>

#include "acme/terms.h"

static bool
permits(const struct eab *e, const char *profile)
{
	for (size_t i = 0; i < e->n_profiles; i++)
		if (strcmp(e->profiles[i], profile) == 0)
			return true;
	return e->n_profiles == 0;
}

static enum err
check_binding(struct rq *rq, const char *profile)
{
	const struct eab *e;

	if (id_zero(rq->acct->eab))
		return OK;
	e = snap_eab(rq->snap, rq->arena, rq->acct->eab);
	if (e == NULL || e->revoked != 0) /* EAB-06 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "this account cannot order any more: the key of its "
		    "external account binding, %s, has been revoked",
		    rq_id(rq, rq->acct->eab));
	if (profile != NULL && !permits(e, profile)) /* PRO-03 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "the key of this account's external account binding does "
		    "not permit the profile %.64s",
		    profile);
	return OK;
}

enum err
standing_check(struct rq *rq, const char *profile)
{
	TRY(check_binding(rq, profile));
	TRY(terms_check(rq)); /* ACC-18 */
	return OK;
}
