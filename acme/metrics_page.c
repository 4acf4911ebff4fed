/* Prometheus's text format, 0.0.4: what is counted, and what there is. */
#include "acme/metrics_page.h"

#include <string.h>
#include <strings.h>

#include "acme/acme_int.h"
#include "acme/limits.h"
#include "acme/metrics.h"
#include "base/page.h"
#include "crypto/token.h"

/* RFC 6750, 2.1 and 3. */
static enum err
refuse(struct rq *rq, const char *error)
{
	reply_header(rq, "WWW-Authenticate",
	    error[0] == '\0'
	        ? "Bearer realm=\"mayfly\", scope=\"metrics\""
	        : arena_printf(rq->arena,
	              "Bearer realm=\"mayfly\", scope=\"metrics\", "
	              "error=\"invalid_token\", error_description=\"%s\"",
	              error));
	return ERR_TOKEN;
}

static enum err
authorise(struct rq *rq)
{
	const char *given = http_header_of(rq->http, "Authorization");

	if (rq->plain) /* a token is a password */
		return fault(&rq->fault, ERR_NOT_FOUND,
		    "metrics need a token, and tokens are taken over HTTPS "
		    "only");
	if (rq->config->token_key == NULL)
		return fault(&rq->fault, ERR_BUSY,
		    "the key of tokens, token.key, cannot be read by the "
		    "server");
	if (given == NULL || strncasecmp(given, "Bearer ", 7) != 0) {
		(void)fault(&rq->fault, ERR_TOKEN,
		    "a bearer token is needed here; mayfly token makes one");
		return refuse(rq, "");
	}
	given += 7 + strspn(given + 7, " ");
	if (token_check(rq->config->token_key, given, "metrics", rq_now(rq),
	        &rq->fault) == OK)
		return OK;
	return refuse(rq, strchr(rq->fault.detail, '"') == NULL
	                      ? rq->fault.detail
	                      : "not for metrics");
}

static void
tell_store(struct rq *rq, struct page *out)
{
	struct store_stat st;

	store_stat(rq->ca->deps.store, &st);
	const struct {
		const char *name, *type, *help;
		uint64_t value;
	} rows[] = {
		{ "store_used_bytes", "gauge", "Bytes of live pages.",
		    st.used_bytes },
		{ "store_max_bytes", "gauge", "Bytes the store may use.",
		    st.max_bytes },
		{ "accounts", "gauge", "Accounts kept.", st.accounts },
		{ "orders", "gauge", "Orders kept.", st.orders },
		{ "authorizations", "gauge", "Authorizations kept.",
		    st.authzs },
		{ "certificates", "gauge", "Certificates kept.",
		    st.certificates },
		{ "journal_entries", "gauge", "Journal entries kept.",
		    st.events },
		{ "due_rows", "gauge", "Rows of due work.", st.due },
		{ "commits_total", "counter", "Durable commits.", st.commits },
		{ "batches_total", "counter", "Batches committed.",
		    st.batches },
		{ "stale_total", "counter", "Batches that lost a race.",
		    st.stale },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		metrics_family(out, rows[i].name, rows[i].type, rows[i].help);
		metrics_sample(out, rows[i].name, "", rows[i].value);
	}
}

static void
tell_limits(struct rq *rq, struct page *out)
{
	struct limits *l = rq->ca->deps.limits;

	metrics_family(out, "limit_hits_total", "counter",
	    "Requests refused, by the limit that they met.");
	for (int i = 0; l != NULL && i < LIMIT__COUNT; i++)
		metrics_sample(out, "limit_hits_total",
		    arena_printf(rq->arena, "{limit=\"%s\"}",
		        limit_row((enum limit)i)->name),
		    limits_hits(l, (enum limit)i));
}

enum err
metrics_page(struct rq *rq)
{
	struct page *out;

	if (rq->config->metrics_auth)
		TRY(authorise(rq));
	out = page_new(rq->arena);
	tell_store(rq, out);
	tell_limits(rq, out);
	if (rq->ca->deps.metrics != NULL)
		metrics_text(rq->ca->deps.metrics, out); /* SEC-12 */
	reply_header(rq, "Cache-Control", "no-store");
	reply_text(rq, 200, "text/plain; version=0.0.4; charset=utf-8",
	    page_text(out));
	return OK;
}
