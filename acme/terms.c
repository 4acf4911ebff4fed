/*
 * Terms of service.  An account that has to agree to others than it has agreed
 * to is sent to a page of ours, whose address is a capability: a MAC over
 * account and terms.  So nothing is kept for it, nobody finds somebody else's,
 * and a link to terms that have changed again opens nothing.
 *
 * reads   the account
 * writes  the account, an event
 * fails   no: what is wrong is told as a page
 */
#include "acme/terms.h"

#include <string.h>

#include "acme/acme_int.h"
#include "acme/pages.h"
#include "base/b64url.h"
#include "crypto/digest.h"

enum {
	KEY_BYTES = 16,
	KEY_TEXT = B64URL_LEN(KEY_BYTES),
	QUERY_LEN = ID_TEXT - 1 + 1 + KEY_TEXT, /* ID.KEY */
	SECRET_SIZE = 32
};

static const char page_path[] = "/terms/agree";

const char *
terms_in_force(const struct acme_config *config)
{
	return config->terms_url != NULL ? config->terms_url : "/terms";
}

const char *
terms_url(struct rq *rq)
{
	return rq->config->terms_url != NULL ? rq->config->terms_url
	                                     : rq_url(rq, "/terms");
}

static bool
agreed(const struct rq *rq, const struct account *acct)
{
	return acct->terms_agreed && acct->terms != NULL &&
	       strcmp(acct->terms, terms_in_force(rq->config)) == 0;
}

/* What whoever was told of it can show: KEY_TEXT characters. */
static const char *
key_of(struct rq *rq, struct id account)
{
	const char *what = arena_printf(rq->arena, "terms %s %s",
	    rq_id(rq, account), terms_in_force(rq->config));
	uint8_t secret[SECRET_SIZE], mac[SHA256_SIZE];

	snap_secret(rq->snap, secret);
	hmac_sha256(secret, what, strlen(what), mac);
	bytes_wipe(secret, sizeof(secret));
	return b64url_text(mac, KEY_BYTES, rq->arena);
}

enum err
terms_refuse(struct rq *rq)
{
	reply_link(rq, terms_url(rq), "terms-of-service"); /* ACC-08 */
	rq->reply.instance = terms_url(rq);
	return fault(&rq->fault, ERR_USER_ACTION_REQUIRED,
	    "the terms of service must be agreed to "
	    "(termsOfServiceAgreed: true)");
}

enum err
terms_check(struct rq *rq)
{
	if (!rq->config->terms_required || agreed(rq, rq->acct))
		return OK;
	/* ACC-18 */
	reply_link(rq, terms_url(rq), "terms-of-service");
	/* The key is in the query, which no log has. */
	rq->reply.instance = rq_url(rq, "%s?%s.%s", page_path,
	    rq_id(rq, rq->acct->id), key_of(rq, rq->acct->id));
	return fault(&rq->fault, ERR_USER_ACTION_REQUIRED,
	    "the terms of service have changed: agree to them at the page "
	    "that `instance` names, then try again");
}

static struct account *
find(struct rq *rq)
{
	const char *query = rq->http->query, *key;
	struct account *acct;
	struct id id;

	if (strlen(query) != QUERY_LEN || query[ID_TEXT - 1] != '.' ||
	    !id_parse(arena_bytes(rq->arena, query, ID_TEXT - 1), &id))
		return NULL;
	key = key_of(rq, id);
	if (!bytes_equal(query + ID_TEXT, key, KEY_TEXT)) /* ACC-18 */
		return NULL;
	acct = snap_account(rq->snap, rq->arena, id);
	return acct != NULL && acct->status == ACCOUNT_VALID ? acct : NULL;
}

/* A page that is asked for by who has a secret in its address. */
static void
reply_secret_page(struct rq *rq, int status, const char *title,
    const char *html)
{
	reply_header(rq, "Cache-Control", "no-store");
	reply_header(rq, "Referrer-Policy", "no-referrer");
	reply_page(rq, status, title, html);
}

static void
agree(struct rq *rq, struct account *acct)
{
	acct->terms_agreed = true;
	acct->terms = terms_in_force(rq->config);
	batch_put_account(rq->batch, acct);
	rq_event(rq, "account.terms_agreed", acct->id, NULL);
}

static enum err
answer(struct rq *rq)
{
	struct account *acct = find(rq);
	const char *terms = html_text(rq->arena, terms_in_force(rq->config));

	if (acct == NULL) {
		reply_secret_page(rq, 404, "Nothing to agree to",
		    "<p>There is nothing at this address, or not any more: "
		    "the terms may have changed since. Run your ACME client "
		    "again; it will be told the address to use.</p>");
		return OK;
	}
	if (strcmp(rq->http->method, "POST") == 0 && !agreed(rq, acct))
		agree(rq, acct);
	if (agreed(rq, acct))
		reply_secret_page(rq, 200, "Thank you",
		    arena_printf(rq->arena,
		        "<p>This account has agreed to the <a href=\"%s\">"
		        "terms of service</a>. Run your ACME client again.</p>",
		        terms));
	else
		reply_secret_page(rq, 200, "Terms of service",
		    arena_printf(rq->arena,
		        "<p>The terms of service of this certificate authority "
		        "have changed. Until they are agreed to, this account "
		        "gets no more certificates:</p><p><a href=\"%s\">%s"
		        "</a></p><p>Account: <code>%s</code></p><form "
		        "method=\"post\"><button>I agree to these terms"
		        "</button></form>",
		        terms, terms, rq_id(rq, acct->id)));
	return OK;
}

/* No ACME, but it reads and commits as an endpoint does. */
static const struct endpoint row = { .method = "POST",
	.path = page_path,
	.auth = AUTH_NONE,
	.body = BODY_NONE,
	.run = answer };

bool
terms_answered(struct rq *rq)
{
	const char *method = rq->http->method;

	if (strcmp(rq->http->path, page_path) != 0)
		return false;
	rq->row = &row;
	rq->page = page_path;
	if (strcmp(method, "POST") == 0 || strcmp(method, "GET") == 0 ||
	    strcmp(method, "HEAD") == 0) {
		dispatch_run(rq);
		return true;
	}
	reply_header(rq, "Allow", "GET, HEAD, POST");
	dispatch_refuse(rq, fault(&rq->fault, ERR_METHOD_NOT_ALLOWED,
	                        "this page can be fetched and posted to"));
	return true;
}
