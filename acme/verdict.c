/*
 * The order is touched, not written: it is ready, or invalid, because its
 * authorizations are (acme/state.c), from this very commit on.
 */
#include "acme/verdict.h"

#include <stdio.h>
#include <string.h>

#include "acme/acme_int.h"
#include "acme/charge.h"
#include "acme/due.h"
#include "acme/metrics.h"
#include "acme/problem.h"
#include "acme/state.h"
#include "base/json.h"
#include "base/log.h"

enum { EVIDENCE_BYTES = 16 * 1024 };

static void
tell_hex(struct jsonw *w, const char *key, const uint8_t digest[8])
{
	char hex[17];

	for (int i = 0; i < 8; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	jsonw_str(w, key, hex);
}

static void
tell_text(struct jsonw *w, const char *key, const char *value)
{
	if (value != NULL)
		jsonw_str(w, key, value);
}

static void
tell_evidence(struct jsonw *w, const struct evidence *e)
{
	jsonw_object(w, NULL);
	jsonw_int(w, "at", e->at_ms);
	tell_text(w, "who", e->who);
	tell_text(w, "resolver", e->resolver);
	tell_text(w, "question", e->question);
	tell_text(w, "answers", e->answers);
	tell_text(w, "address", e->address);
	if (e->port != 0)
		jsonw_int(w, "port", e->port);
	if (e->sys_errno != 0)
		jsonw_str(w, "error", strerrordesc_np(e->sys_errno));
	if (e->http_status != 0)
		jsonw_int(w, "status", e->http_status);
	tell_text(w, "redirect", e->redirect);
	if (e->compared) {
		jsonw_int(w, "length", (int64_t)e->body_len);
		tell_hex(w, "seen", e->seen);
		tell_hex(w, "expected", e->expected);
	}
	jsonw_end(w);
}

/* One record as JSON; NULL if what others sent is not UTF-8. */
static const char *
record_json(const struct evidence *e, struct arena *a)
{
	struct jsonw *w = jsonw_new(a);

	tell_evidence(w, e);
	return jsonw_text(w, NULL);
}

struct timeline {
	const char **texts; /* a record each; NULL: not to be told */
	size_t n;
};

static void
tell_all(struct timeline *t, const struct evidence *first, struct arena *a)
{
	size_t n = t->n;
	const char **texts;

	for (const struct evidence *e = first; e != NULL; e = e->next)
		n++;
	texts = ARENA_ARRAY(a, const char *, n);
	for (size_t i = 0; i < t->n; i++)
		texts[i] = t->texts[i];
	for (const struct evidence *e = first; e != NULL; e = e->next)
		texts[t->n++] = record_json(e, a);
	t->texts = texts;
}

/*
 * The timeline as JSON.  How long it gets is for servers out there to say, and
 * a verdict must fit its record: the last of it is what fits.
 */
static const char *
evidence_json(const struct verdict *v, struct arena *a)
{
	struct jsonw *w = jsonw_new(a);
	struct timeline t = { NULL, 0 };
	size_t from, len = 0;

	tell_all(&t, v->probe->evidence, a);
	if (v->probe->result == PROBE_PROVED)
		tell_all(&t, caa_evidence(v->caa), a); /* CAA-14 */
	for (from = t.n; from > 0; from--) {
		if (t.texts[from - 1] == NULL)
			continue;
		len += strlen(t.texts[from - 1]) + 1;
		if (len > EVIDENCE_BYTES)
			break;
	}
	jsonw_list(w, NULL);
	for (; from < t.n; from++)
		if (t.texts[from] != NULL)
			jsonw_raw(w, NULL, t.texts[from]);
	jsonw_end(w);
	return jsonw_text(w, NULL);
}

/* Why the name is not to be had, or NULL. */
static const struct fault *
why_not(const struct verdict *v)
{
	if (v->probe->result != PROBE_PROVED)
		return &v->probe->fault;
	return caa_fault(v->caa);
}

static const struct event *
event_of(const struct verdict *v, const struct authz *z, struct arena *a)
{
	struct event *e = ARENA_NEW(a, struct event);
	const struct fault *why = why_not(v);
	struct jsonw *w = jsonw_new(a);

	jsonw_object(w, NULL);
	jsonw_str(w, "name", ident_text(&z->ident, a));
	jsonw_str(w, "challenge", v->type);
	jsonw_int(w, "looks", v->looks);
	if (why != NULL)
		jsonw_str(w, "reason", why->detail);
	if (z->evidence != NULL)
		jsonw_raw(w, "evidence", z->evidence);
	jsonw_end(w);
	e->kind = z->status == AUTHZ_VALID ? "authz.valid" : "authz.invalid";
	e->account = z->account;
	e->object = z->id;
	e->detail = jsonw_text(w, NULL);
	return e;
}

/* Its client still waits for the reply: nobody else has written it. */
static void
respond(const struct verdict *v, struct challenge *c)
{
	challenge_move(c, CHALLENGE_PROCESSING);
	if (*v->probe->key_authz != '\0')
		c->key_authz = v->probe->key_authz;
	c->account_url = v->account_url;
	c->accepted_ms = v->accepted_ms;
}

static void
decide(struct acme *ca, const struct verdict *v, struct authz *z,
    struct challenge *c, struct arena *a)
{
	const struct fault *why = why_not(v);
	unixtime now = v->at_ms / 1000, lasts_s = v->probe->lasts_s;

	if (why == NULL) {
		challenge_move(c, CHALLENGE_VALID);
		c->validated = now;
		authz_move(z, AUTHZ_VALID);
		if (z->expires < now + ca->deps.config->authz_s)
			z->expires = now + ca->deps.config->authz_s;
		if (lasts_s > 0 && z->expires > now + lasts_s) /* DP1-05 */
			z->expires = now + lasts_s;
		if (caa_asked(v->caa)) /* CAA-11 */
			z->caa_checked = now;
	} else {
		challenge_move(c, CHALLENGE_INVALID); /* CHA-10 */
		c->error = problem_reason(why, a);
		authz_move(z, AUTHZ_INVALID); /* CHA-10 */
	}
	z->evidence = evidence_json(v, a);
}

bool
verdict_stage(struct acme *ca, const struct verdict *v, struct batch *b,
    struct arena *a)
{
	struct snap *s = snap_open(ca->deps.store);
	struct authz *z = snap_authz(s, a, v->due.object);
	struct challenge *c;

	snap_close(s);
	if (z == NULL || v->due.index >= z->n_challenges)
		return false;
	c = &z->challenges[v->due.index];
	if ((c->status != CHALLENGE_PROCESSING &&
	        c->status != CHALLENGE_PENDING) ||
	    authz_state(z, v->at_ms / 1000) != AUTHZ_PENDING)
		return false;
	if (c->status == CHALLENGE_PENDING)
		respond(v, c);
	else
		batch_due_done(b, &v->due);
	decide(ca, v, z, c, a);
	batch_put_authz(b, z);
	batch_touch(b, z->order);
	batch_event(b, event_of(v, z, a)); /* SEC-03 */
	batch_essential(b);
	return true;
}

void
verdict_count(struct acme *ca, const struct verdict *v)
{
	const struct acme_config *config = ca->deps.config;
	struct charge decided =
	    charge_account(config, LIMIT_PENDING, &v->account);
	struct charge failed = charge_failure(config, v->account,
	    &v->probe->ident, v->probe->arena);

	metrics_decided(ca->deps.metrics, v->type,
	    v->probe->result == PROBE_PROVED
	        ? OK
	        : v->probe->fault.code); /* SEC-12 */
	charge_returned(ca, &decided);
	if (v->probe->result != PROBE_PROVED)
		charge_counted(ca, &failed);
}

void
verdict_log(const struct verdict *v)
{
	const struct probe *p = v->probe;
	char id[ID_TEXT], acct[ID_TEXT];
	const struct fault *why = why_not(v);

	id_text(v->due.object, id);
	id_text(v->account, acct);
	log_info("authz.decided",
	    "authz=%s account=%s name=\"%s%s\" challenge=%s verdict=%s "
	    "looks=%u "
	    "detail=%s",
	    id, acct, p->ident.wildcard ? "*." : "", p->ident.value, v->type,
	    why == NULL ? "valid" : "invalid", v->looks,
	    log_text(p->arena, why == NULL ? "" : why->detail));
}
