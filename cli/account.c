/* Accounts changed, beside a server that has them, too. */
#include "cli/account.h"

#include <stdio.h>
#include <string.h>

#include "cli/account_int.h"

enum { FAILED = 1, NOT_FOUND = 3, REFUSED = 4, TRIES = 100 };

/* What to make of an account: an exit code, and the kind of the event. */
typedef int change_fn(struct account *acct, const void *how, const char **kind);

static int
set_policy(struct account *acct, const void *how, const char **kind)
{
	const struct account_policy *p = how;

	*kind = "account.policy";
	if (p->clear) {
		acct->n_allow = 0;
		acct->n_deny = 0;
	}
	if (p->n_allow > 0) {
		acct->allow = p->allow;
		acct->n_allow = p->n_allow;
	}
	if (p->n_deny > 0) {
		acct->deny = p->deny;
		acct->n_deny = p->n_deny;
	}
	return 0;
}

static int
refused(const char *why)
{
	(void)fprintf(stderr, "mayfly account: %s\n", why);
	return REFUSED;
}

static int
revoke(struct account *acct, const void *how, const char **kind)
{
	(void)how;
	*kind = "account.revoked";
	if (acct->status == ACCOUNT_DEACTIVATED)
		return refused("its owner has deactivated it, for good");
	acct->status = ACCOUNT_REVOKED; /* ACC-21 */
	return 0;
}

/* A suspension may end; RFC 8555, 7.1.6 leaves that to servers. */
static int
restore(struct account *acct, const void *how, const char **kind)
{
	(void)how;
	*kind = "account.restored";
	if (acct->status == ACCOUNT_DEACTIVATED)
		return refused("its owner has deactivated it, for good");
	acct->status = ACCOUNT_VALID;
	return 0;
}

static enum err
put(struct accounts *x, const struct account *acct, const char *kind)
{
	struct event e = {
		.kind = kind, .account = acct->id, .object = acct->id
	};
	struct batch *b = batch_new(x->a);

	batch_put_account(b, acct);
	batch_event(b, &e);
	batch_essential(b); /* a full store must not keep anyone in */
	return guest_commit(x->st, b);
}

/* Again, if the server has changed it meanwhile. */
static int
change(struct accounts *x, const char *which, change_fn *fn, const void *how)
{
	enum err e = ERR_STALE;

	for (int i = 0; i < TRIES && e == ERR_STALE; i++) {
		struct account *acct = accounts_find(x, which);
		const char *kind = NULL;
		int code;

		if (acct == NULL)
			return NOT_FOUND;
		if ((code = fn(acct, how, &kind)) != 0)
			return code;
		if ((e = put(x, acct, kind)) == OK)
			return accounts_tell(x, acct);
	}
	(void)fprintf(stderr, "mayfly account: the change was not stored: %s\n",
	    e == ERR_FULL ? "the store is full"
	                  : "the store cannot be written");
	return FAILED;
}

static int
run(const struct guest_asked *asked, const char *which, change_fn *fn,
    const void *how)
{
	struct accounts x;

	if (!accounts_begin(&x, asked))
		return accounts_end(&x, FAILED);
	return accounts_end(&x, change(&x, which, fn, how));
}

int
cli_account_policy(const struct guest_asked *asked, const char *which,
    const struct account_policy *p)
{
	return run(asked, which, set_policy, p);
}

int
cli_account_revoke(const struct guest_asked *asked, const char *which)
{
	return run(asked, which, revoke, NULL);
}

int
cli_account_restore(const struct guest_asked *asked, const char *which)
{
	return run(asked, which, restore, NULL);
}
