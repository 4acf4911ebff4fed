/*
 * renewalInfo: when to renew (RFC 9773, 4).  Anybody may ask, and keep the
 * answer until it is time to ask again.
 *
 * reads   the certificate
 * writes  nothing
 * fails   malformed
 */
#include "acme/certid.h"
#include "acme/endpoints.h"
#include "acme/window.h"

/* A tenth of its life, within what is configured, and a little less for some. */
static unsigned
poll_s(struct rq *rq, const struct certificate *c)
{
	unixtime most = (c->not_after + 1 - c->not_before) / 10;
	unsigned s = rq->config->ari_poll_s;

	if (most < (unixtime)s)
		s = most > 0 ? (unsigned)most : 1;
	return s - (unsigned)(window_lot(c) % (s / 10 + 1));
}

static void
tell(struct rq *rq, const struct certificate *c)
{
	struct jsonw *w = jsonw_new(rq->arena);
	struct window at = window_of(c);
	unsigned s = poll_s(rq, c);

	jsonw_object(w, NULL);
	jsonw_object(w, "suggestedWindow");
	jsonw_time(w, "start", at.start);
	jsonw_time(w, "end", at.end);
	jsonw_end(w);
	if (c->revoked != 0)
		jsonw_str(w, "explanationURL",
		    rq->config->ari_explanation_url != NULL
		        ? rq->config->ari_explanation_url
		        : rq_url(rq, "/renewal"));
	jsonw_end(w);
	reply_json(rq, 200, w);
	/* ARI-05 */
	reply_header(rq, "Retry-After", arena_printf(rq->arena, "%u", s));
	reply_header(rq, "Cache-Control", /* ARI-12 */
	    arena_printf(rq->arena, "public, max-age=%u", s));
}

enum err
ep_renewal_info(struct rq *rq)
{
	struct certificate *c;
	struct certid id;

	TRY(certid_read(rq->word, rq->arena, &id, &rq->fault));
	c = certid_find(rq->snap, rq->config, &id, rq->arena);
	if (c == NULL) /* ARI-03 */
		return fault(&rq->fault, ERR_NOT_FOUND,
		    "this CA knows no such certificate, or none any more");
	tell(rq, c);
	return OK;
}
