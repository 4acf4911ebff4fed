/* Prometheus's text format, 0.0.4: what is counted, and what there is. */
#include "acme/metrics_page.h"

#include <string.h>
#include <strings.h>

#include "acme/acme_int.h"
#include "acme/crl.h"
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

/* The list that was made first, and the one that ends first; of none: nothing. */
static void
tell_lists(struct rq *rq, struct page *out)
{
	struct snap *s = snap_open(rq->ca->deps.store);
	struct crl_head h;
	unixtime oldest = INT64_MAX, next = INT64_MAX;

	for (unsigned i = 1; i <= rq->config->n_issuers; i++)
		for (size_t n = snap_crl_heads(s, i, NULL, &h, 1); n > 0;
		     n = snap_crl_heads(s, i, &h, &h, 1)) {
			if (h.der_len == 0 ||
			    !crl_possible(rq->config, i, rq_now(rq)))
				continue;
			oldest =
			    h.this_update < oldest ? h.this_update : oldest;
			next = h.next_update < next ? h.next_update : next;
		}
	snap_close(s);
	metrics_family(out, "crl_oldest_timestamp_seconds", "gauge",
	    "When the oldest of the revocation lists in force was made.");
	if (oldest != INT64_MAX)
		metrics_sample(out, "crl_oldest_timestamp_seconds", "",
		    (uint64_t)oldest);
	metrics_family(out, "crl_next_update_timestamp_seconds", "gauge",
	    "When the first of the revocation lists in force ends.");
	if (next != INT64_MAX)
		metrics_sample(out, "crl_next_update_timestamp_seconds", "",
		    (uint64_t)next);
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
	tell_lists(rq, out);
	tell_limits(rq, out);
	if (rq->ca->deps.metrics != NULL)
		metrics_text(rq->ca->deps.metrics, out); /* SEC-12 */
	reply_header(rq, "Cache-Control", "no-store");
	reply_text(rq, 200, "text/plain; version=0.0.4; charset=utf-8",
	    page_text(out));
	return OK;
}
