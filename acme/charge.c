/* From a request to buckets, and from an empty one to a refusal. */
#include "acme/charge.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "acme/acme_int.h"
#include "acme/authority.h"
#include "base/log.h"

enum { NAME_BYTES = 256 };

/* What a run of a request has taken. */
struct charged {
	struct charged *next;
	struct charge *items;
	size_t n;
};

struct charge
charge_of(const struct acme_config *c, enum limit limit, const void *who,
    size_t len)
{
	return (struct charge){ .limit = limit,
		.rate = c->limits[limit],
		.who = who,
		.who_len = len,
		.n = 1 };
}

struct charge
charge_account(const struct acme_config *c, enum limit limit,
    const struct id *account)
{
	return charge_of(c, limit, account->bytes, ID_SIZE);
}

struct charge
charge_address(struct rq *rq, enum limit limit)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char *bytes = arena_alloc(rq->arena, 16, 1);

	if (inet_pton(AF_INET, rq->http->peer, bytes) == 1)
		return charge_of(rq->config, limit, bytes, 4);
	if (inet_pton(AF_INET6, rq->http->peer, bytes) == 1 &&
	    memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return charge_of(rq->config, limit, bytes + 12, 4);
	return charge_of(rq->config, limit, bytes, 6);
}

struct charge
charge_failure(const struct acme_config *c, struct id account,
    const struct ident *ident, struct arena *a)
{
	char id[ID_TEXT];
	const char *who;

	id_text(account, id);
	who = arena_printf(a, "%s %s", id, ident_text(ident, a));
	return charge_of(c, LIMIT_FAILURES, who, strlen(who));
}

struct charge
charge_names(const struct acme_config *c, const struct ident *idents, size_t n,
    struct arena *a)
{
	struct ident *sorted = ARENA_ARRAY(a, struct ident, n);
	char *who = arena_alloc(a, n * NAME_BYTES, 1), *end = who;

	memcpy(sorted, idents, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), ident_compare);
	for (size_t i = 0; i < n; i++) {
		const char *name = ident_text(&sorted[i], a);
		size_t len = strlen(name) + 1;

		if (len > NAME_BYTES)
			abort(); /* names are bounded where they are read */
		memcpy(end, name, len);
		end += len;
	}
	return charge_of(c, LIMIT_DUPLICATES, who, (size_t)(end - who));
}

void
charge_help(struct rq *rq, const char *limit)
{
	const char *directory = rq->config->directory_url;
	const char *path = strstr(directory, "/acme/directory");
	size_t base = path != NULL ? (size_t)(path - directory) : 0;

	if (rq->authority != NULL)
		reply_link(rq, rq_url(rq, "/limits#%s", limit), "help");
	else
		reply_link(rq,
		    arena_printf(rq->arena, "%.*s/limits#%s", (int)base,
		        directory, limit),
		    "help");
}

static void
tell_log(struct rq *rq, const struct limit_row *row, long long seconds)
{
	char acct[ID_TEXT] = "-";

	if (rq->acct != NULL)
		id_text(rq->acct->id, acct);
	log_info("limit.hit", "limit=%s peer=%s account=%s retry_after=%lld",
	    row->name, rq->http->peer, acct, seconds);
}

static enum err
refuse(struct rq *rq, const struct charge *hit, int64_t wait_ms)
{
	const struct limit_row *row = limit_row(hit->limit);
	long long seconds = (wait_ms + 999) / 1000;

	reply_header(rq, "Retry-After",
	    arena_printf(rq->arena, "%lld", seconds)); /* RL-02 */
	charge_help(rq, row->name);                    /* RL-03 */
	tell_log(rq, row, seconds);
	return fault(&rq->fault, ERR_RATE_LIMITED,
	    "too many %s for this %s (limit \"%s\", %s); come back in %lld s",
	    row->what, row->whose, row->name, rate_text(hit->rate, rq->arena),
	    seconds);
}

enum err
charge(struct rq *rq, struct charge *c, size_t n)
{
	const struct charge *hit = NULL;
	struct charged *mine;
	int64_t wait_ms;

	if (rq->ca->deps.limits == NULL)
		return OK;
	wait_ms = limits_take(rq->ca->deps.limits, c, n, rq->now_ms, &hit);
	if (wait_ms > 0) /* RL-01 */
		return refuse(rq, hit, wait_ms);
	mine = ARENA_NEW(rq->arena, struct charged);
	mine->items = ARENA_ARRAY(rq->arena, struct charge, n);
	memcpy(mine->items, c, n * sizeof(*c));
	mine->n = n;
	mine->next = rq->charged;
	rq->charged = mine;
	return OK;
}

enum err
charge_request(struct rq *rq)
{
	struct charge c[2] = { charge_address(rq, LIMIT_REQUESTS) };
	size_t n = 1;
	enum err e;

	if (strncmp(rq->http->path, "/ocsp", 5) == 0)
		c[n++] = charge_address(rq, LIMIT_OCSP);
	e = charge(rq, c, n);
	rq->charged = NULL; /* it has been made, whatever comes of it */
	return e;
}

void
charges_refund(struct rq *rq)
{
	for (struct charged *m = rq->charged; m != NULL; m = m->next)
		limits_refund(rq->ca->deps.limits, m->items, m->n, rq->now_ms);
	rq->charged = NULL;
}

void
charge_counted(struct acme *ca, struct charge *c)
{
	if (ca->deps.limits != NULL)
		limits_count(ca->deps.limits, c, loop_now(ca->deps.loop));
}

void
charge_returned(struct acme *ca, struct charge *c)
{
	if (ca->deps.limits != NULL)
		limits_refund(ca->deps.limits, c, 1, loop_now(ca->deps.loop));
}
