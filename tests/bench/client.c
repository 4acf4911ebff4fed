/*
 * A client is a connection and the step it is at: each step sends one request,
 * and what it takes from the reply says which comes next.
 */
#include "tests/bench/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "tests/bench/crowd.h"

enum { PAYLOAD_MAX = 1200, FRAME_MAX = 4096 };

static void go(struct client *c, enum step step);

/* --- what is asked --- */

/* POST, signed; "" is POST-as-GET. */
static void
post(struct client *c, const char *url, const char *payload)
{
	char protected[1024], text[FRAME_MAX], body[FRAME_MAX + 256];
	char out[FRAME_MAX + 1024], sig[B64URL_LEN(64) + 1];
	uint8_t raw[64];
	bool known = c->kid[0] != '\0';
	size_t h;
	int len;

	len = snprintf(protected, sizeof(protected),
	    "{\"alg\":\"ES256\",%s%s%s,\"nonce\":\"%s\",\"url\":\"%s\"}",
	    known ? "\"kid\":\"" : "\"jwk\":", known ? c->kid : c->account.jwk,
	    known ? "\"" : "", c->nonce, url);
	b64url_write(protected, (size_t)len, text);
	h = strlen(text);
	text[h] = '.';
	b64url_write(payload, strlen(payload), text + h + 1);
	key_sign_raw(&c->account, text, strlen(text), raw);
	b64url_write(raw, sizeof(raw), sig);
	len = snprintf(body, sizeof(body),
	    "{\"protected\":\"%.*s\",\"payload\":\"%s\",\"signature\":\"%s\"}",
	    (int)h, text, text + h + 1, sig);
	len = snprintf(out, sizeof(out),
	    "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: mayfly-bench/1\r\n"
	    "Content-Type: application/jose+json\r\nContent-Length: %d\r\n\r\n"
	    "%s",
	    target_path(&c->crowd->target, url), c->crowd->target.authority,
	    len, body);
	conn_ask(&c->conn, out, (size_t)len);
}

static void
ask_nonce(struct client *c)
{
	char out[URL_MAX + 400];
	int len = snprintf(out, sizeof(out),
	    "HEAD %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: "
	    "mayfly-bench/1\r\n\r\n",
	    target_path(&c->crowd->target, c->crowd->new_nonce),
	    c->crowd->target.authority);

	conn_ask(&c->conn, out, (size_t)len);
}

static void
ask_account(struct client *c)
{
	post(c, c->crowd->new_account, "{\"termsOfServiceAgreed\":true}");
}

static void
ask_order(struct client *c)
{
	char payload[PAYLOAD_MAX];

	c->began = now_ns();
	(void)snprintf(c->name, sizeof(c->name), CLIENT_NAME, c->number,
	    c->issued, c->crowd->suffix);
	(void)snprintf(payload, sizeof(payload),
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"%s\"}]}", c->name);
	post(c, c->crowd->new_order, payload);
}

static void
ask_authz(struct client *c)
{
	post(c, c->authz, "");
}

static void
ask_challenge(struct client *c)
{
	post(c, c->challenge, "{}");
}

static void
ask_finalize(struct client *c)
{
	char text[B64URL_LEN(CSR_MAX) + 1], payload[PAYLOAD_MAX];
	uint8_t csr[CSR_MAX];
	size_t len = csr_cast(&c->mould, &c->key, c->name, csr);

	b64url_write(csr, len, text);
	(void)snprintf(payload, sizeof(payload), "{\"csr\":\"%s\"}", text);
	post(c, c->finalize, payload);
}

static void
ask_order_again(struct client *c)
{
	post(c, c->order, "");
}

static void
ask_certificate(struct client *c)
{
	post(c, c->certificate, "");
}

/* --- what comes of it --- */

struct challenge_json {
	const char *type, *url, *token, *status;
};
struct object_json { /* an order, an authorization, a challenge */
	const char *status, *finalize, *certificate;
	const char *const *authorizations;
	const struct challenge_json *challenges;
	size_t n_authorizations, n_challenges;
};

static const struct json_field challenge_fields[] = {
	JSON_STR("type", struct challenge_json, type, 64),
	JSON_STR("url", struct challenge_json, url, URL_MAX - 1),
	JSON_STR("token", struct challenge_json, token, 128),
	JSON_STR("status", struct challenge_json, status, 16),
	JSON_END,
};
static const struct json_field order_fields[] = {
	JSON_STR_REQUIRED("status", struct object_json, status, 1, 16),
	JSON_STR("finalize", struct object_json, finalize, URL_MAX - 1),
	JSON_STR("certificate", struct object_json, certificate, URL_MAX - 1),
	JSON_STRS("authorizations", struct object_json, authorizations,
	    n_authorizations, 8),
	JSON_END,
};
static const struct json_field authz_fields[] = {
	JSON_STR_REQUIRED("status", struct object_json, status, 1, 16),
	JSON_ITEMS("challenges", struct object_json, challenges, n_challenges,
	    challenge_fields, struct challenge_json, 1, 16),
	JSON_END,
};

static void
read_object(struct client *c, const struct answer *a,
    const struct json_field *fields, struct object_json *out,
    struct arena *arena)
{
	struct fault f = { .code = OK };

	if (json_bind(a->body, a->body_len, fields, out, arena, &f) != OK)
		die("%s: %s: %s", c->name, f.detail, a->body);
	if (strcmp(out->status, "invalid") == 0)
		die("%s: %s", c->name, a->body);
}

void
url_keep(char out[URL_MAX], const char *value)
{
	if (value == NULL || strlen(value) >= URL_MAX)
		die("a URL that is missing or too long");
	(void)strcpy(out, value);
}

static bool
is(const struct object_json *o, const char *status)
{
	return strcmp(o->status, status) == 0;
}

static enum step
took_order(struct client *c, const struct answer *a, struct arena *arena)
{
	struct object_json o = { 0 };

	read_object(c, a, order_fields, &o, arena);
	if (!answer_header(a, "Location", c->order, sizeof(c->order)) ||
	    o.n_authorizations != 1 || !is(&o, "pending"))
		die("%s: no order as it should be: %s", c->name, a->body);
	url_keep(c->authz, o.authorizations[0]);
	url_keep(c->finalize, o.finalize);
	return STEP_AUTHZ;
}

static enum step
took_authz(struct client *c, const struct answer *a, struct arena *arena)
{
	struct object_json o = { 0 };

	read_object(c, a, authz_fields, &o, arena);
	for (size_t i = 0; i < o.n_challenges; i++)
		if (strcmp(o.challenges[i].type, "http-01") == 0) {
			url_keep(c->challenge, o.challenges[i].url);
			return STEP_CHALLENGE;
		}
	die("%s: no http-01: %s", c->name, a->body);
}

static enum step
took_challenge(struct client *c, const struct answer *a, struct arena *arena)
{
	struct object_json o = { 0 };

	read_object(c, a, order_fields, &o, arena);
	return is(&o, "valid") ? STEP_FINALIZE : STEP_POLL_AUTHZ;
}

static enum step
took_authz_again(struct client *c, const struct answer *a, struct arena *arena)
{
	struct object_json o = { 0 };

	read_object(c, a, authz_fields, &o, arena);
	return is(&o, "valid") ? STEP_FINALIZE : STEP_POLL_AUTHZ;
}

static enum step
took_finalized(struct client *c, const struct answer *a, struct arena *arena)
{
	struct object_json o = { 0 };

	read_object(c, a, order_fields, &o, arena);
	if (!is(&o, "valid"))
		return STEP_POLL_ORDER;
	url_keep(c->certificate, o.certificate);
	return STEP_CERTIFICATE;
}

/* Another one, now or when the rate says. */
static void
again(void *arg)
{
	struct client *c = arg;
	struct crowd *w = c->crowd;

	timer_free(c->pause);
	c->pause = NULL;
	c->idle = false;
	if (w->rate > 0) {
		int64_t left = c->due - now_ns();

		if (left > 500000) {
			c->idle = true;
			c->pause = loop_after(w->loop,
			    (unsigned)((left + 500000) / 1000000), again, c);
			return;
		}
		c->due += (int64_t)(1e9 * w->n / w->rate);
	}
	go(c, STEP_ORDER);
}

static void
took_certificate(struct client *c, const struct answer *a)
{
	struct crowd *w = c->crowd;

	if (strstr(a->body, "-----BEGIN CERTIFICATE-----") == NULL)
		die("%s: no certificate: %s", c->name, a->body);
	sample_add(&w->tally.issuance, now_ns() - c->began);
	w->tally.issuances++;
	c->issued++;
	if (w->issued != NULL)
		w->issued(w->arg);
	again(c);
}

static void
took_account(struct client *c, const struct answer *a)
{
	if (!answer_header(a, "Location", c->kid, sizeof(c->kid)))
		die("an account without a URL");
	c->crowd->registered++;
	again(c);
}

/* --- the steps, one after another --- */

typedef void step_ask(struct client *c);
typedef enum step step_take(struct client *c, const struct answer *a,
    struct arena *arena);

static const struct row {
	step_ask *ask;
	step_take *take; /* NULL: of its own kind */
} rows[] = {
	[STEP_NONCE] = { ask_nonce, NULL },
	[STEP_ACCOUNT] = { ask_account, NULL },
	[STEP_ORDER] = { ask_order, took_order },
	[STEP_AUTHZ] = { ask_authz, took_authz },
	[STEP_CHALLENGE] = { ask_challenge, took_challenge },
	[STEP_POLL_AUTHZ] = { ask_authz, took_authz_again },
	[STEP_FINALIZE] = { ask_finalize, took_finalized },
	[STEP_POLL_ORDER] = { ask_order_again, took_finalized },
	[STEP_CERTIFICATE] = { ask_certificate, NULL },
};

static void
go(struct client *c, enum step step)
{
	c->step = step;
	c->asked = now_ns();
	c->crowd->tally.requests++;
	rows[step].ask(c);
}

static void
poll_now(void *arg)
{
	struct client *c = arg;

	timer_free(c->pause);
	c->pause = NULL;
	go(c, c->step);
}

/* The first poll comes at once, each further one after a pause. */
static void
poll_object(struct client *c, enum step step)
{
	struct tally *t = &c->crowd->tally;
	bool again = step == c->step;

	c->step = step;
	t->polls++;
	if (again) {
		t->polls_in_vain++;
		c->pause =
		    loop_after(c->crowd->loop, c->crowd->poll_ms, poll_now, c);
	} else {
		go(c, step);
	}
}

static void
refused(struct client *c, const struct answer *a)
{
	if (strstr(a->body, ":badNonce") == NULL)
		die("%s: status %d: %s", c->name, a->status, a->body);
	c->crowd->tally.retries++;
	go(c, c->step);
}

static void
answered(void *arg, const struct answer *a)
{
	struct client *c = arg;
	struct arena *arena;
	enum step next;

	if (a == NULL)
		die("%s: the connection ended", c->name);
	sample_add(&c->crowd->tally.steps[c->step], now_ns() - c->asked);
	(void)answer_header(a, "Replay-Nonce", c->nonce, sizeof(c->nonce));
	if (a->status >= 400) {
		refused(c, a);
	} else if (c->step == STEP_NONCE) {
		go(c, STEP_ACCOUNT);
	} else if (c->step == STEP_ACCOUNT) {
		took_account(c, a);
	} else if (c->step == STEP_CERTIFICATE) {
		took_certificate(c, a);
	} else {
		arena = arena_new();
		next = rows[c->step].take(c, a, arena);
		arena_free(arena);
		if (next == STEP_POLL_AUTHZ || next == STEP_POLL_ORDER)
			poll_object(c, next);
		else
			go(c, next);
	}
}

static void
opened(void *arg)
{
	go(arg, STEP_NONCE);
}

void
client_start(struct client *c, struct crowd *crowd, unsigned number)
{
	c->crowd = crowd;
	c->number = number;
	conn_open(&c->conn, &crowd->target, opened, answered, c);
}

void
client_keys(struct client *c, const char *suffix)
{
	char name[NAME_ROOM];

	key_make(&c->account);
	key_make(&c->key);
	(void)snprintf(name, sizeof(name), CLIENT_NAME, 0, 0, suffix);
	csr_mould_make(&c->mould, &c->key, name);
}

void
client_stop(struct client *c)
{
	timer_free(c->pause);
	conn_close(&c->conn);
	key_free(&c->account);
	key_free(&c->key);
}
