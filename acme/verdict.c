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

/*
 * The timeline as JSON.  How long it gets is for servers out there to say, and
 * a verdict must fit its record: the last of it is what fits.
 */
static const char *
evidence_json(const struct evidence *first, struct arena *a)
{
	struct jsonw *w = jsonw_new(a);
	const char **texts;
	size_t n = 0, i = 0, from, len = 0;

	for (const struct evidence *e = first; e != NULL; e = e->next)
		n++;
	texts = ARENA_ARRAY(a, const char *, n);
	for (const struct evidence *e = first; e != NULL; e = e->next)
		texts[i++] = record_json(e, a);
	for (from = n; from > 0; from--) {
		if (texts[from - 1] == NULL)
			continue;
		len += strlen(texts[from - 1]) + 1;
		if (len > EVIDENCE_BYTES)
			break;
	}
	jsonw_list(w, NULL);
	for (; from < n; from++)
		if (texts[from] != NULL)
			jsonw_raw(w, NULL, texts[from]);
	jsonw_end(w);
	return jsonw_text(w, NULL);
}

static const struct event *
event_of(const struct verdict *v, const struct authz *z, struct arena *a)
{
	struct event *e = ARENA_NEW(a, struct event);
	struct jsonw *w = jsonw_new(a);

	jsonw_object(w, NULL);
	jsonw_str(w, "name", ident_text(&z->ident, a));
	jsonw_str(w, "challenge", v->type);
	jsonw_int(w, "looks", v->looks);
	if (v->probe->result != PROBE_PROVED)
		jsonw_str(w, "reason", v->probe->fault.detail);
	if (z->evidence != NULL)
		jsonw_raw(w, "evidence", z->evidence);
	jsonw_end(w);
	e->kind = z->status == AUTHZ_VALID ? "authz.valid" : "authz.invalid";
	e->account = z->account;
	e->object = z->id;
	e->detail = jsonw_text(w, NULL);
	return e;
}

static void
decide(struct acme *ca, const struct verdict *v, struct authz *z,
    struct challenge *c, struct arena *a)
{
	unixtime now = v->at_ms / 1000;

	if (v->probe->result == PROBE_PROVED) {
		challenge_move(c, CHALLENGE_VALID);
		c->validated = now;
		authz_move(z, AUTHZ_VALID);
		if (z->expires < now + ca->deps.config->authz_s)
			z->expires = now + ca->deps.config->authz_s;
	} else {
		challenge_move(c, CHALLENGE_INVALID);
		c->error = problem_reason(&v->probe->fault, a);
		authz_move(z, AUTHZ_INVALID);
	}
	z->evidence = evidence_json(v->probe->evidence, a);
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
	if (c->status != CHALLENGE_PROCESSING ||
	    authz_state(z, v->at_ms / 1000) != AUTHZ_PENDING)
		return false;
	decide(ca, v, z, c, a);
	batch_put_authz(b, z);
	batch_touch(b, z->order);
	batch_event(b, event_of(v, z, a)); /* SEC-03 */
	batch_due_done(b, &v->due);
	batch_essential(b);
	return true;
}

void
verdict_charge(struct acme *ca, const struct verdict *v)
{
	const struct acme_config *config = ca->deps.config;
	struct charge decided =
	    charge_account(config, LIMIT_PENDING, &v->account);
	struct charge failed = charge_failure(config, v->account,
	    &v->probe->ident, v->probe->arena);

	charge_returned(ca, &decided);
	if (v->probe->result != PROBE_PROVED)
		charge_counted(ca, &failed);
}

void
verdict_log(const struct verdict *v)
{
	const struct probe *p = v->probe;
	char id[ID_TEXT], acct[ID_TEXT];
	bool proved = p->result == PROBE_PROVED;

	id_text(v->due.object, id);
	id_text(v->account, acct);
	log_info("authz.decided",
	    "authz=%s account=%s name=\"%s%s\" challenge=%s verdict=%s "
	    "looks=%u "
	    "detail=%s",
	    id, acct, p->ident.wildcard ? "*." : "", p->ident.value, v->type,
	    proved ? "valid" : "invalid", v->looks,
	    log_text(p->arena, proved ? "" : p->fault.detail));
}
