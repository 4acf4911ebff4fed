#include "challenges/persist_int.h"

#include <string.h>
#include <strings.h>

#include "challenges/evidence_int.h"
#include "challenges/issue_value_int.h"

enum { DIGITS_MAX = 18, URI_SHOWN = 150 };

/* Base 10, nothing else; false if it is no time. */
static bool
read_time(const char *text, int64_t *out)
{
	size_t len = strlen(text);

	*out = 0;
	if (len == 0 || len > DIGITS_MAX || strspn(text, "0123456789") != len)
		return false;
	for (; *text != '\0'; text++)
		*out = *out * 10 + (*text - '0');
	return true;
}

static bool
repeats(const struct issue_value *v)
{
	size_t n;

	for (size_t i = 0; i < v->n; i++) {
		(void)issue_value_find(v, v->parameters[i].tag, &n);
		if (n > 1)
			return true;
	}
	return false;
}

static bool
is_account(const struct probe *p, const char *uri)
{
	for (size_t i = 0; i < p->n_accounts; i++)
		if (strcmp(uri, p->accounts[i]) == 0) /* DP1-02 */
			return true;
	return false;
}

/* What the record grants has an end: its own, and its time in caches. */
static void
bound(struct probe *p, uint32_t ttl, int64_t left)
{
	int64_t lasts = left < ttl ? left : ttl;

	p->lasts_s =
	    lasts < PERSIST_LEAST_S ? PERSIST_LEAST_S : (unsigned)lasts;
}

/* A record that names us, and can be read: does it grant the name? */
static enum err
judge_value(const struct issue_value *v, uint32_t ttl, int64_t now,
    struct probe *p, struct arena *a, struct fault *f)
{
	size_t n;
	const char *uri = issue_value_find(v, "accounturi", &n);
	const char *policy = issue_value_find(v, "policy", &n);
	const char *until = issue_value_find(v, "persistuntil", &n);
	int64_t end = INT64_MAX;

	if (repeats(v)) /* DP1-02 */
		return fault(f, ERR_MALFORMED, "a parameter is there twice");
	if (uri == NULL) /* DP1-02 */
		return fault(f, ERR_MALFORMED, "without accounturi");
	if (until != NULL && !read_time(until, &end)) /* DP1-04 */
		return fault(f, ERR_MALFORMED,
		    "persistUntil is no number of seconds");
	if (!is_account(p, uri)) /* DP1-07 */
		return fault(f, ERR_UNAUTHORIZED,
		    "it is for the account %s, not %.150s",
		    printable(a, uri, strlen(uri), URI_SHOWN), p->account_url);
	if (end <= now) /* DP1-04 */
		return fault(f, ERR_UNAUTHORIZED, "its persistUntil is over");
	/* DP1-03 */
	if (p->beneath &&
	    (policy == NULL || strcasecmp(policy, "wildcard") != 0))
		return fault(f, ERR_UNAUTHORIZED,
		    "policy=wildcard is needed for a wildcard, and for names "
		    "below the name");
	bound(p, ttl, end - now);
	return OK;
}

bool
persist_judge(const struct dns_record *records, int64_t now, struct probe *p,
    struct arena *a)
{
	struct fault best = { .code = OK };

	for (const struct dns_record *r = records; r != NULL; r = r->next) {
		struct issue_value v;
		struct fault f = { .code = OK };
		bool sound = issue_value_read(r->data, r->len, a, &v);

		if (!issue_value_names(&v, p->issuers, p->n_issuers))
			continue; /* of another CA: none of our business */
		if (!sound)       /* DP1-02 */
			(void)fault(&f, ERR_MALFORMED, "it cannot be read");
		else if (judge_value(&v, r->ttl, now, p, a, &f) == OK)
			return true;
		/* DP1-07: what is misspelt is told first */
		if (best.code == OK ||
		    (best.code == ERR_UNAUTHORIZED && f.code == ERR_MALFORMED))
			best = f;
	}
	if (best.code == OK)
		(void)fault(&best, ERR_UNAUTHORIZED,
		    "no record names this CA, %.100s",
		    p->n_issuers > 0 ? p->issuers[0] : "?");
	p->fault = best;
	return false;
}
