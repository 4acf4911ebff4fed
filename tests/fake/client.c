/* What every ACME client does, step by step. */
#include "tests/fake/client.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fake/parts.h"

static const char *
frame(struct fake_client *c, const char *path, const char *payload, bool jwk)
{
	struct arena *a = c->w->arena;
	const char *member =
	    jwk || c->kid == NULL
	        ? arena_printf(a, "\"jwk\":%s", fake_signer_jwk(c->signer))
	        : arena_printf(a, "\"kid\":\"%s\"", c->kid);

	return fake_signer_frame(c->signer, member, fake_nonce(c->w),
	    arena_printf(a, "https://%s%s", fake_host, path), payload, a);
}

const char *
fake_frame(struct fake_client *c, const char *path, const char *payload)
{
	return frame(c, path, payload, false);
}

const char *
fake_frame_jwk(struct fake_client *c, const char *path, const char *payload)
{
	return frame(c, path, payload, true);
}

struct fake_reply *
fake_post(struct fake_client *c, const char *path, const char *payload)
{
	return fake_send(c->w, path, frame(c, path, payload, false));
}

struct fake_reply *
fake_post_jwk(struct fake_client *c, const char *path, const char *payload)
{
	return fake_send(c->w, path, frame(c, path, payload, true));
}

struct fake_reply *
fake_post_begin(struct fake_client *c, const char *path, const char *payload)
{
	return fake_begin(c->w, path, frame(c, path, payload, false));
}

struct fake_client *
fake_client_bare(struct fake_ca *w)
{
	struct fake_client *c = calloc(1, sizeof(*c));

	fake_must(c != NULL, "no memory");
	c->w = w;
	c->signer = fake_signer_new();
	c->next = w->clients;
	w->clients = c;
	return c;
}

struct fake_client *
fake_client_new(struct fake_ca *w)
{
	struct fake_client *c = fake_client_bare(w);
	struct fake_reply *r = fake_post_jwk(c, "/acme/new-account",
	    "{\"termsOfServiceAgreed\":true}");

	fake_must(r->status == 201, r->body);
	c->kid = fake_header(r, "Location");
	return c;
}

static const char *
order_payload(struct fake_ca *w, const char *names)
{
	struct arena *a = w->arena;
	char *list = arena_text(a, names), *save = NULL;
	const char *all = "";

	for (char *n = strtok_r(list, ",", &save); n != NULL;
	     n = strtok_r(NULL, ",", &save))
		all = arena_printf(a, "%s%s{\"type\":\"%s\",\"value\":\"%s\"}",
		    all, all[0] != '\0' ? "," : "",
		    strspn(n, "0123456789.") == strlen(n) ||
		            strchr(n, ':') != NULL
		        ? "ip"
		        : "dns",
		    n);
	return arena_printf(a, "{\"identifiers\":[%s]}", all);
}

static void
find_challenges(struct fake_client *c, struct fake_order *o, size_t i)
{
	struct fake_ca *w = c->w;
	struct fake_reply *r = fake_post(c, o->authz[i], "");
	size_t n = fake_json_count(w, r, "challenges");

	fake_must(r->status == 200 && n > 0, r->body);
	for (size_t j = 0; j < n; j++) {
		const char *type = fake_json(w, r,
		    arena_printf(w->arena, "challenges.%zu.type", j));
		const char *url = fake_path(fake_json(w, r,
		    arena_printf(w->arena, "challenges.%zu.url", j)));

		*(strcmp(type, "http-01") == 0 ? &o->http01[i] : &o->dns01[i]) =
		    url;
	}
}

struct fake_order
fake_order(struct fake_client *c, const char *names)
{
	struct fake_ca *w = c->w;
	struct fake_order o = { 0 };
	struct fake_reply *r =
	    fake_post(c, "/acme/new-order", order_payload(w, names));

	fake_must(r->status == 201, r->body);
	o.reply = r;
	o.path = fake_path(fake_header(r, "Location"));
	o.finalize = fake_path(fake_json(w, r, "finalize"));
	o.n = fake_json_count(w, r, "authorizations");
	fake_must(o.n <= 8, "more names than the double has room for");
	for (size_t i = 0; i < o.n; i++) {
		o.authz[i] = fake_path(fake_json(w, r,
		    arena_printf(w->arena, "authorizations.%zu", i)));
		find_challenges(c, &o, i);
	}
	return o;
}

void
fake_prove(struct fake_client *c, const struct fake_order *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const char *url =
		    o->http01[i] != NULL ? o->http01[i] : o->dns01[i];
		struct fake_reply *r = fake_post(c, url, "{}");

		fake_must(r->status == 200, r->body);
	}
	fake_must(fake_becomes(c, o->path, "ready"),
	    "an order that does not become ready");
}

const char *
fake_csr(struct fake_client *c, const char *names)
{
	struct arena *a = c->w->arena;

	return arena_printf(a, "{\"csr\":\"%s\"}",
	    fake_signer_csr(c->signer, names, 0, a));
}

const char *
fake_csr_by(struct fake_client *c, struct fake_signer *key, const char *names)
{
	struct arena *a = c->w->arena;

	return arena_printf(a, "{\"csr\":\"%s\"}",
	    fake_signer_csr(key, names, 1, a));
}

const char *
fake_revocation(struct fake_client *c, const char *cert_path)
{
	struct arena *a = c->w->arena;
	const struct fake_reply *r = fake_post(c, cert_path, "");
	const char *from = strchr(r->body, '\n') + 1;
	size_t n = (size_t)(strstr(from, "-----END") - from);
	char *to = arena_alloc(a, n + 1, 1);

	fake_must(r->status == 200, r->body);
	for (size_t i = 0, at = 0; i < n; i++)
		if (from[i] != '\n' && from[i] != '=')
			to[at++] = (char)(from[i] == '+'   ? '-'
			                  : from[i] == '/' ? '_'
			                                   : from[i]);
	return arena_printf(a, "{\"certificate\":\"%s\"", to);
}

const char *
fake_issue(struct fake_client *c, const char *names)
{
	struct fake_order o = fake_order(c, names);
	struct fake_reply *r;

	if (strcmp(fake_json(c->w, o.reply, "status"), "ready") != 0)
		fake_prove(c, &o);
	r = fake_post(c, o.finalize, fake_csr(c, names));
	fake_must(r->status == 200 && fake_json(c->w, r, "certificate") != NULL,
	    r->body);
	return fake_path(fake_json(c->w, r, "certificate"));
}

bool
fake_becomes(struct fake_client *c, const char *path, const char *status)
{
	int64_t end_ms = loop_now(c->w->loop) + 5000;

	while (strcmp(fake_status(c, path), status) != 0) {
		if (loop_now(c->w->loop) > end_ms)
			return false;
		fake_ca_run(c->w, 5, NULL);
	}
	return true;
}

const char *
fake_status(struct fake_client *c, const char *path)
{
	struct fake_reply *r = fake_post(c, path, "");
	const char *status = fake_json(c->w, r, "status");

	fake_must(r->status == 200 && status != NULL, r->body);
	return status;
}
