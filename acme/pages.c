/* /, /terms, /limits, /roots.pem, /healthz, /readyz, /metrics. */
#include "acme/pages.h"

#include <string.h>

#include "acme/acme_int.h"
#include "acme/crl.h"
#include "acme/metrics_page.h"
#include "acme/ocsp.h"
#include "acme/preflight.h"

static const char style[] =
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;"
    "margin:3rem auto;padding:0 1rem;color:#222}pre{background:#f4f4f4;"
    "padding:.8rem;overflow-x:auto}code{font-size:.95em}</style>";

void
reply_page(struct rq *rq, int status, const char *title, const char *html)
{
	reply_header(rq, "Content-Security-Policy",
	    "default-src 'none'; style-src 'unsafe-inline'; form-action "
	    "'self'; frame-ancestors 'none'; base-uri 'none'");
	reply_text(rq, status, "text/html; charset=utf-8",
	    arena_printf(rq->arena,
	        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
	        "<meta name=\"viewport\" content=\"width=device-width\">"
	        "<title>%s</title>%s<h1>%s</h1>%s</html>\n",
	        title, style, title, html));
}

static const char *
mark_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

const char *
html_text(struct arena *a, const char *text)
{
	enum { LONGEST = 6 }; /* of the marks above */
	char *out = arena_alloc(a, strlen(text) * LONGEST + 1, 1);
	size_t at = 0;

	for (; *text != '\0'; text++) {
		const char *mark = mark_of(*text);
		size_t n = mark != NULL ? strlen(mark) : 1;

		memcpy(out + at, mark != NULL ? mark : text, n);
		at += n;
	}
	return out;
}

static void
page_welcome(struct rq *rq)
{
	const struct acme_config *c = rq->config;

	reply_page(rq, 200, "mayfly",
	    arena_printf(rq->arena,
	        "<p>This is an ACME (RFC 8555) certificate authority for a "
	        "private network. Point an ACME client at its directory:</p>"
	        "<pre>%s</pre>"
	        "<p>Clients must trust its root, <a "
	        "href=\"/roots.pem\">roots.pem</a>. Compare its SHA-256 "
	        "fingerprint with what the operator says before you do:</p>"
	        "<pre>%s</pre>"
	        "<p>With certbot:</p><pre>REQUESTS_CA_BUNDLE=roots.pem certbot "
	        "certonly --standalone \\\n  --server %s \\\n  -d "
	        "NAME.example</pre>"
	        "<p>Profile by default: <code>%s</code>.</p>%s",
	        c->directory_url, c->root_fingerprint, c->directory_url,
	        c->default_profile->name,
	        c->eab_required ? "<p>Who registers needs a key of the "
	                          "operator's: <code>--eab-kid KID "
	                          "--eab-hmac-key KEY</code>.</p>"
	                        : ""));
}

static void
page_terms(struct rq *rq)
{
	const char *url = rq->config->terms_url, *text;

	text = url == NULL
	           ? "Its operator has published no terms."
	           : arena_printf(rq->arena,
	                 "Its terms are at <a href=\"%s\">%s</a>.",
	                 html_text(rq->arena, url), html_text(rq->arena, url));
	reply_page(rq, 200, "Terms of service",
	    arena_printf(rq->arena,
	        "<p>This certificate authority serves a private network. "
	        "%s</p>",
	        text));
}

/* For clients that are told to renew at once (RFC 9773, 4.2). */
static void
page_renewal(struct rq *rq)
{
	reply_page(rq, 200, "Why renew now?",
	    "<p>This certificate has been revoked: by its owner, by whoever "
	    "holds its key, or by the operator of this certificate authority. "
	    "Servers that still use it should order another at once; the "
	    "operator's journal says who revoked it and for what reason.</p>");
}

/* RL-03: what a refusal's link leads to. */
static void
page_limits(struct rq *rq)
{
	const struct acme_config *c = rq->config;
	const char *rows = "";

	for (int i = 0; i < LIMIT__COUNT; i++) {
		const struct limit_row *r = limit_row((enum limit)i);
		const char *rate = i == LIMIT_EAB ? "by key"
		                   : c->limits[i].n == 0
		                       ? "none"
		                       : rate_text(c->limits[i], rq->arena);

		rows = arena_printf(rq->arena,
		    "%s<tr id=\"%s\"><td><code>%s</code><td>%s<td>for each "
		    "%s<td>%s</tr>",
		    rows, r->name, r->name, r->what, r->whose, rate);
	}
	reply_page(rq, 200, "Limits",
	    arena_printf(rq->arena,
	        "<p>How often what may be done here. A request that is refused "
	        "with "
	        "<code>rateLimited</code> says in <code>Retry-After</code> "
	        "after how many seconds it would pass. A rate of 300/1h is a "
	        "store of 300 that fills again within an hour.</p><table>%s"
	        "<tr id=\"validations\"><td><code>validations</code><td>"
	        "validations at a time<td>for each account<td>%u</tr></table>"
	        "<p>The operator of this CA can change them.</p>",
	        rows, c->validations_per_account));
}

static void
page_roots(struct rq *rq)
{
	reply_text(rq, 200, "application/x-pem-file", rq->config->root_pem);
}

static void
page_healthz(struct rq *rq)
{
	reply_text(rq, 200, "text/plain; charset=utf-8", "ok\n");
}

static void
page_metrics(struct rq *rq)
{
	enum err e = metrics_page(rq);

	if (e == OK)
		dispatch_answer(rq);
	else
		dispatch_refuse(rq, e);
}

static void
pinged(void *arg, bool alive)
{
	struct rq *rq = arg;
	bool writable = store_writable(rq->ca->deps.store);

	if (rq->gone) {
		dispatch_drop(rq);
		return;
	}
	if (!alive || !writable)
		reply_header(rq, "Retry-After", "5"); /* HTTP-23 */
	reply_text(rq, alive && writable ? 200 : 503,
	    "text/plain; charset=utf-8",
	    arena_printf(rq->arena, "store %s\nkeeper %s\n",
	        writable ? "ok" : "cannot be written",
	        alive ? "ok" : "does not answer"));
	dispatch_answer(rq);
}

static void
left(void *arg)
{
	((struct rq *)arg)->gone = true;
}

/* The one page that waits. */
static void
page_readyz(struct rq *rq)
{
	http_on_hangup(rq->http, left, rq);
	issuer_ping(rq->ca->deps.issuer, pinged, rq);
}

static const struct page {
	const char *path; /* ending in a slash: all that is below it */
	void (*run)(struct rq *rq);
	bool answers; /* by itself, maybe later */
	bool post;    /* is posted to, and not fetched */
} pages[] = {
	{ "/", page_welcome, false, false },
	{ "/terms", page_terms, false, false },
	{ "/limits", page_limits, false, false },
	{ "/renewal", page_renewal, false, false },
	{ "/roots.pem", page_roots, false, false },
	{ "/crl/", page_crl, true, false },       /* CRL-08 */
	{ "/issuer/", page_issuer, true, false }, /* CRT-09 */
	{ "/ocsp", page_ocsp_post, true, true },  /* OCS-01 */
	{ "/ocsp/", page_ocsp_get, true, false }, /* OCS-01 */
	{ "/healthz", page_healthz, false, false },
	{ "/readyz", page_readyz, true, false },
	{ "/metrics", page_metrics, true, false },
};

/* Is it this page?  What is below it goes into rq->word. */
static bool
matches(const struct page *p, struct rq *rq)
{
	const char *path = rq->http->path;
	size_t len = strlen(p->path);

	if (len == 1 || p->path[len - 1] != '/')
		return strcmp(p->path, path) == 0;
	if (strncmp(p->path, path, len) != 0)
		return false;
	rq->word = path + len;
	return true;
}

static void
run(const struct page *p, struct rq *rq)
{
	const char *methods = p->post ? "POST" : "GET, HEAD";
	const char *method = rq->http->method;
	bool fetched =
	    strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	rq->page = p->path;
	if (strcmp(method, "OPTIONS") == 0) {
		preflight_answer(rq, methods);
		return;
	}
	if (p->post ? strcmp(method, "POST") != 0 : !fetched) {
		reply_header(rq, "Allow", methods);
		dispatch_refuse(rq, fault(&rq->fault, ERR_METHOD_NOT_ALLOWED,
		                        "this page can only be %s",
		                        p->post ? "posted to" : "fetched"));
		return;
	}
	p->run(rq);
	if (!p->answers)
		dispatch_answer(rq);
}

bool
page_answered(struct rq *rq)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (matches(&pages[i], rq)) {
			run(&pages[i], rq);
			return true;
		}
	return false;
}
