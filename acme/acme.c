/* The door: from a parsed HTTP request to the endpoint that answers it. */
#include "acme/acme.h"

#include <stdlib.h>
#include <string.h>

#include "acme/acme_int.h"
#include "acme/authenticate.h"
#include "acme/authority.h"
#include "acme/charge.h"
#include "acme/compromise.h"
#include "acme/crl.h"
#include "acme/directory.h"
#include "acme/due.h"
#include "acme/endpoints.h"
#include "acme/headers.h"
#include "acme/issue.h"
#include "acme/keys.h"
#include "acme/metrics.h"
#include "acme/ocsp.h"
#include "acme/pages.h"
#include "acme/preflight.h"
#include "acme/problem.h"
#include "acme/returned.h"
#include "acme/route.h"
#include "acme/serving.h"
#include "acme/tally.h"
#include "acme/terms.h"
#include "acme/validate.h"

struct acme *
acme_new(const struct acme_deps *deps)
{
	struct acme *ca = calloc(1, sizeof(*ca));

	if (ca == NULL)
		abort();
	ca->deps = *deps;
	(void)acme_config_ref(ca->deps.config);
	ca->dispatch.loop = deps->loop;
	ca->dispatch.store = deps->store;
	ca->keys = keys_new();
	ca->directories = directories_new();
	ca->tally = tally_new();
	return ca;
}

void
acme_free(struct acme *ca)
{
	if (ca == NULL)
		return;
	due_free(ca);
	serving_free(ca);
	validations_free(ca);
	issuances_free(ca);
	compromise_free(ca);
	crls_free(ca);
	ocsp_cache_free(ca);
	returned_free(ca->returned);
	keys_free(ca->keys);
	directories_free(ca->directories);
	tally_free(ca->tally);
	acme_config_unref(ca->deps.config);
	free(ca);
}

void
acme_configure(struct acme *ca, struct acme_config *config)
{
	struct acme_config *old = ca->deps.config;

	ca->deps.config = acme_config_ref(config);
	acme_config_unref(old);
	directories_forget(ca->directories);
	serving_configured(ca);
}

void
acme_drain(struct acme *ca)
{
	dispatch_drain(&ca->dispatch);
}

static struct rq *
rq_new(struct acme *ca, struct http_req *req)
{
	struct rq *rq = ARENA_NEW(req->arena, struct rq);

	rq->arena = req->arena;
	rq->ca = ca;
	rq->http = req;
	rq->config = acme_config_ref(ca->deps.config);
	rq->began_ms = rq->now_ms = loop_now(ca->deps.loop);
	return rq;
}

/* Everything before the endpoint itself (DESIGN 4). */
static enum err
admit(struct rq *rq)
{
	const char *allow;
	enum err e;

	rq->authority = authority_ours(rq->config, rq->http->host, rq->arena);
	if (rq->authority == NULL)
		return fault(&rq->fault, ERR_MISDIRECTED,
		    "\"%.100s\" is not a name of this server; it answers to %s "
		    "(setting `names`)",
		    rq->http->host, authority_names(rq->config, rq->arena));
	e = route(rq, &rq->row, &allow);
	if (e == ERR_METHOD_NOT_ALLOWED)
		reply_header(rq, "Allow", allow); /* HTTP-14, PAG-03 */
	TRY(e);
	if (http_header_of(rq->http, "Replay-Nonce") != NULL) /* HTTP-27 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "Replay-Nonce is the server's to send; put the nonce in "
		    "the protected header");
	return rq->row->auth == AUTH_NONE ? OK : authenticate(rq);
}

void
acme_handle(struct http_req *req, void *arg)
{
	struct acme *ca = arg;
	struct rq *rq = rq_new(ca, req);
	enum err e;

	if ((e = charge_request(rq)) != OK) {
		dispatch_refuse(rq, e);
		return;
	}
	if (page_answered(rq) || terms_answered(rq) || preflight_answered(rq))
		return;
	if ((e = admit(rq)) == OK)
		dispatch_run(rq);
	else
		dispatch_refuse(rq, e);
}

void
acme_handle_plain(struct http_req *req, void *arg)
{
	struct acme *ca = arg;
	struct rq *rq = rq_new(ca, req);
	enum err e;

	rq->plain = true;
	if ((e = charge_request(rq)) != OK) {
		dispatch_refuse(rq, e);
		return;
	}
	if (page_answered(rq))
		return;
	/* 6.1: ACME is spoken over HTTPS only (HTTP-01). */
	dispatch_refuse(rq, fault(&rq->fault, ERR_NOT_FOUND,
	                        "nothing here over plain HTTP; ACME is at %s",
	                        rq->config->directory_url));
}

/* http/ speaks of statuses; the table has an error for most of them. */
static enum err
refusal_error(int status)
{
	static const struct {
		int status;
		enum err e;
	} rows[] = {
		{ 413, ERR_TOO_LARGE },
		{ 503, ERR_BUSY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].e;
	return ERR_MALFORMED;
}

void
acme_refuse(struct http_refusal *r, void *arg)
{
	struct acme *ca = arg;
	struct fault f = { 0 };
	enum err e = fault(&f, refusal_error(r->status), "%s", r->detail);

	r->body = problem_refusal(&f, e, r->status, r->arena, &r->body_len);
	headers_refuse(r, ca);
	metrics_refused(ca->deps.metrics, r->status);
}
