/* The doubles are here: http's replies, and a network that says what it must. */
#include "tests/fake/ca.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "acme/nonce.h"
#include "crypto/ca.h"
#include "crypto/digest.h"
#include "crypto/keeper.h"

static const char host[] = "ca.test:8443";
static const char *const own_names[] = { "ca.test" };

/* What stands behind the loop: too many to keep in the public struct. */
static struct {
	struct fake_ca *w;
	char dir[64];
	struct ca hierarchy;
	struct profile *shapes[3];
	struct keeper *keeper;
	int front_end, keeper_end;
	struct watch *watch;
	struct nonces *nonces;
	struct issuer *issuer;
	struct arena *arena;
	const char *chains[1];
} b;

/* ---- http/, as acme sees it ---- */

struct fake_req {
	struct http_req req; /* first */
	struct fake_reply *reply;
	loop_fn *hangup;
	void *hangup_arg;
	bool done;
};
static struct fake_req *last_begun;

const char *
http_header_of(const struct http_req *req, const char *name)
{
	for (size_t i = 0; i < req->n_headers; i++)
		if (strcasecmp(req->headers[i].name, name) == 0)
			return req->headers[i].value;
	return NULL;
}

static void
end(struct http_req *req)
{
	if ((struct fake_req *)req == last_begun)
		last_begun = NULL;
	arena_free(req->arena);
}

void
http_reply(struct http_req *req, int status, const struct http_header *h,
    size_t n, const char *body, size_t len)
{
	struct fake_reply *r = ((struct fake_req *)req)->reply;
	struct arena *keep = b.w->arena;

	if (r->status != 0 || r->dropped || n > FAKE_HEADERS_MAX)
		abort(); /* answered twice */
	for (size_t i = 0; i < n; i++)
		r->headers[i] =
		    (struct http_header){ arena_text(keep, h[i].name),
			    arena_text(keep, h[i].value) };
	r->n_headers = n;
	r->body = arena_bytes(keep, body, len);
	r->body_len = len;
	r->status = status;
	end(req);
}

void
http_drop(struct http_req *req)
{
	((struct fake_req *)req)->reply->dropped = true;
	end(req);
}

void
http_on_hangup(struct http_req *req, loop_fn *fn, void *arg)
{
	((struct fake_req *)req)->hangup = fn;
	((struct fake_req *)req)->hangup_arg = arg;
}

/* ---- challenges/: two types, and a network the test speaks for ---- */

struct fake_look {
	struct probe *p;
	probe_done *done;
	void *arg;
	struct timer *timer;
};

static void
looked(void *arg)
{
	struct fake_look *l = arg;
	struct fake_network *net = &b.w->network;
	size_t i =
	    net->looks < net->n_results ? net->looks : net->n_results - 1;

	net->looks++;
	timer_free(l->timer);
	l->p->result = net->results[i];
	if (l->p->result == PROBE_WRONG)
		(void)fault(&l->p->fault, ERR_UNAUTHORIZED, "seen, and wrong");
	else if (l->p->result != PROBE_PROVED)
		(void)fault(&l->p->fault, ERR_CONNECTION,
		    "refused by 192.0.2.1");
	l->done(l->p, l->arg);
}

static void
fake_look(struct prober *pr, struct probe *p, probe_done *done, void *arg)
{
	struct fake_look *l = ARENA_NEW(p->arena, struct fake_look);
	struct evidence *e = ARENA_NEW(p->arena, struct evidence);

	(void)pr;
	e->who = "fake";
	e->address = "192.0.2.1";
	e->next = p->evidence;
	p->evidence = e;
	*l = (struct fake_look){ p, done, arg, NULL };
	if (b.w->network.delay_ms == 0)
		looked(l); /* before it returns: that, too, is allowed */
	else
		l->timer =
		    loop_after(b.w->loop, b.w->network.delay_ms, looked, l);
}

static bool
any_but_wildcards(const struct ident *id)
{
	return !id->wildcard;
}

static bool
names_only(const struct ident *id)
{
	return id->type == IDENT_DNS;
}

static const struct challenge_type types[] = {
	{ "http-01", any_but_wildcards, fake_look },
	{ "dns-01", names_only, fake_look },
};

const struct challenge_type *
challenge_at(unsigned i)
{
	return i < 2 ? &types[i] : NULL;
}

const struct challenge_type *
challenge_find(const char *type)
{
	for (unsigned i = 0; i < 2; i++)
		if (strcmp(types[i].type, type) == 0)
			return &types[i];
	return NULL;
}

/* ---- the keeper, on the same loop ---- */

static enum err
keeper_reads(void *store, enum keeper_op op, struct id object, struct arena *a,
    const uint8_t **tbs, size_t *len, const char **profile)
{
	struct snap *s = snap_open(store);
	struct order *o = snap_order(s, a, object);

	(void)op;
	snap_close(s);
	if (o == NULL || o->status != ORDER_PROCESSING)
		return ERR_ORDER_NOT_READY;
	*tbs = o->tbs;
	*len = o->tbs_len;
	*profile = o->profile;
	return OK;
}

static void
keeper_asked(void *arg, unsigned ready)
{
	char drain[64];

	(void)ready;
	if (b.w->keeper_silent)
		(void)recv(b.keeper_end, drain, sizeof(drain), 0);
	else
		(void)keeper_serve(arg, b.keeper_end);
}

/* ---- the whole ---- */

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
make_profiles(struct fake_ca *w)
{
	static const struct profile_spec specs[] = {
		{ .name = "tenminutes",
		    .lifetime_s = 600,
		    .backdate_s = 30,
		    .usages = USAGE_SERVER_AUTH },
		{ .name = "hour",
		    .lifetime_s = 3600,
		    .backdate_s = 30,
		    .usages = USAGE_SERVER_AUTH },
		{ .name = "serving",
		    .lifetime_s = 86400,
		    .backdate_s = 30,
		    .usages = USAGE_SERVER_AUTH },
	};
	struct fault f = { 0 };

	for (int i = 0; i < 3; i++) {
		b.shapes[i] = profile_new(&specs[i], b.hierarchy.issuers[0].der,
		    b.hierarchy.issuers[0].der_len, &f);
		must(b.shapes[i] != NULL);
		w->profiles[i] = (struct acme_profile){ specs[i].name,
			"a profile", b.shapes[i], specs[i].lifetime_s };
	}
}

static void
make_config(struct fake_ca *w)
{
	b.chains[0] = b.hierarchy.issuers[0].pem;
	w->config = (struct acme_config){ .refs = 1,
		.names = own_names,
		.n_names = 1,
		.profiles = w->profiles,
		.n_profiles = 2,
		.default_profile = &w->profiles[0],
		.serving = &w->profiles[2],
		.serving_pem = arena_printf(b.arena, "%s/serving.pem", b.dir),
		.issuer = 1,
		.chains = b.chains,
		.n_chains = 1,
		.root_pem = b.hierarchy.root.pem,
		.root_fingerprint = b.hierarchy.fingerprint,
		.directory_url = "https://ca.test:8443/acme/directory",
		.names_max = 100,
		.order_s = 3600,
		.authz_s = 8 * 3600,
		.linger_ms = 3000,
		.linger_challenge_ms = 300,
		.parked_max = 100,
		.validations_max = 100,
		.keep_s = 3600 };
}

static void
open_all(struct fake_ca *w)
{
	struct fault f = { 0 };
	struct store_config sc = { .path =
		                       arena_printf(b.arena, "%s/db", b.dir),
		.map_bytes = 256 << 20,
		.max_bytes = 128 << 20,
		.digest = sha256 };
	struct keeper_config kc = { .key_pems =
		                        ARENA_ARRAY(b.arena, const char *, 1),
		.n_keys = 1,
		.profiles = (const struct profile *const *)b.shapes,
		.n_profiles = 3,
		.read = keeper_reads };
	char *pem;
	int pair[2];

	w->loop = loop_new();
	must((w->store = store_open(&sc, &f)) != NULL);
	must(ca_key_read(arena_printf(b.arena, "%s/ca", b.dir), 1, NULL, &pem,
	         &f) == OK);
	((const char **)(uintptr_t)kc.key_pems)[0] = pem;
	kc.store = w->store;
	must((b.keeper = keeper_new(&kc, &f)) != NULL);
	free(pem);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	b.keeper_end = pair[1];
	b.watch =
	    loop_watch(w->loop, pair[1], LOOP_READ, keeper_asked, b.keeper);
	b.issuer = issuer_new(w->loop, pair[0]);
	b.nonces = nonces_new();
	w->ca = acme_new(&(struct acme_deps){ .loop = w->loop,
	    .issuer = b.issuer,
	    .store = w->store,
	    .nonces = b.nonces,
	    .config = &w->config });
}

static void
close_all(struct fake_ca *w)
{
	fake_ca_run(w, 30, NULL); /* what is being committed is answered */
	issuer_free(b.issuer);
	acme_free(w->ca);
	nonces_free(b.nonces);
	watch_free(b.watch);
	(void)close(b.keeper_end);
	keeper_free(b.keeper);
	store_close(w->store);
	loop_free(w->loop);
}

struct fake_ca *
fake_ca_new(void)
{
	struct fake_ca *w = calloc(1, sizeof(*w));
	struct ca_spec spec = {
		.name = "test", .root_days = 100, .issuer_days = 50
	};
	struct fault f = { 0 };
	char ca[80];

	must(w != NULL);
	crypto_start();
	b.w = w;
	b.arena = arena_new();
	w->arena = arena_new();
	(void)snprintf(b.dir, sizeof(b.dir), "/tmp/mayfly-test-XXXXXX");
	must(mkdtemp(b.dir) != NULL);
	(void)snprintf(ca, sizeof(ca), "%s/db", b.dir);
	must(mkdir(ca, 0700) == 0);
	(void)snprintf(ca, sizeof(ca), "%s/ca", b.dir);
	must(mkdir(ca, 0700) == 0);
	must(ca_init(ca, &spec, time(NULL), &f) == OK);
	must(ca_load(ca, b.arena, &b.hierarchy, &f) == OK);
	make_profiles(w);
	make_config(w);
	w->network = (struct fake_network){ .results = { PROBE_PROVED },
		.n_results = 1 };
	open_all(w);
	return w;
}

void
fake_ca_restart(struct fake_ca *w)
{
	close_all(w);
	open_all(w);
}

void
fake_ca_free(struct fake_ca *w)
{
	char *rm;

	close_all(w);
	for (int i = 0; i < 3; i++)
		profile_free(b.shapes[i]);
	rm = arena_printf(w->arena, "rm -rf '%s'", b.dir);
	must(system(rm) == 0);
	arena_free(w->arena);
	arena_free(b.arena);
	free(w);
}

/* Turns of the loop end by themselves, so that the condition can be read. */
static void
turn_over(void *arg)
{
	loop_stop(arg);
}

void
fake_ca_run(struct fake_ca *w, unsigned ms, const bool *until)
{
	int64_t end_ms = loop_now(w->loop) + ms;

	do {
		struct timer *t = loop_after(w->loop, 1, turn_over, w->loop);

		loop_run(w->loop);
		timer_free(t);
	} while ((until == NULL || !*until) && loop_now(w->loop) < end_ms);
}

static struct fake_req *
make_req(struct fake_ca *w, const char *method, const char *path,
    const char *type, const char *body)
{
	struct arena *a = arena_new();
	struct fake_req *q = ARENA_NEW(a, struct fake_req);
	struct http_header *h = ARENA_ARRAY(a, struct http_header, 1);
	char *copy = arena_text(a, path), *query = strchr(copy, '?');

	if (query != NULL)
		*query++ = '\0';
	if (type != NULL)
		*h =
		    (struct http_header){ "content-type", arena_text(a, type) };
	q->req = (struct http_req){ .arena = a,
		.loop = w->loop,
		.method = method,
		.path = copy,
		.query = query != NULL ? query : "",
		.host = host,
		.headers = h,
		.n_headers = type != NULL ? 1 : 0,
		.peer = "127.0.0.1",
		.body = arena_text(a, body),
		.body_len = strlen(body) };
	q->reply = ARENA_NEW(w->arena, struct fake_reply);
	return q;
}

static struct fake_reply *
begin(struct fake_ca *w, struct fake_req *q)
{
	struct fake_reply *r = q->reply;

	last_begun = q;
	acme_handle(&q->req, w->ca);
	return r;
}

struct fake_reply *
fake_begin(struct fake_ca *w, const char *path, const char *content_type,
    const char *body)
{
	return begin(w, make_req(w, "POST", path, content_type, body));
}

void
fake_wait(struct fake_ca *w, struct fake_reply *r)
{
	for (int i = 0; i < 10000 && r->status == 0 && !r->dropped; i++)
		fake_ca_run(w, 0, NULL);
	must(r->status != 0 || r->dropped);
}

void
fake_hang_up(struct fake_ca *w)
{
	(void)w;
	must(last_begun != NULL && last_begun->hangup != NULL);
	last_begun->hangup(last_begun->hangup_arg);
}

struct fake_reply *
fake_send(struct fake_ca *w, const char *path, const char *content_type,
    const char *body)
{
	struct fake_reply *r = fake_begin(w, path, content_type, body);

	fake_wait(w, r);
	return r;
}

struct fake_reply *
fake_get(struct fake_ca *w, const char *method, const char *path)
{
	struct fake_reply *r = begin(w, make_req(w, method, path, NULL, ""));

	fake_wait(w, r);
	return r;
}

/* ---- clients ---- */

const char *
fake_nonce(struct fake_ca *w)
{
	char *nonce = arena_alloc(w->arena, NONCE_TEXT, 1);

	nonce_issue(b.nonces, nonce);
	return nonce;
}

static const char *
frame(struct fake_client *c, const char *path, const char *payload, bool jwk)
{
	struct arena *a = c->w->arena;
	const char *member =
	    jwk || c->kid == NULL
	        ? arena_printf(a, "\"jwk\":%s", signer_jwk(c->signer))
	        : arena_printf(a, "\"kid\":\"%s\"", c->kid);

	return signer_frame(c->signer, member, fake_nonce(c->w),
	    arena_printf(a, "https://%s%s", host, path), payload, a);
}

const char *
fake_frame(struct fake_client *c, const char *path, const char *payload)
{
	return frame(c, path, payload, false);
}

struct fake_reply *
fake_post(struct fake_client *c, const char *path, const char *payload)
{
	return fake_send(c->w, path, "application/jose+json",
	    frame(c, path, payload, false));
}

struct fake_reply *
fake_post_jwk(struct fake_client *c, const char *path, const char *payload)
{
	return fake_send(c->w, path, "application/jose+json",
	    frame(c, path, payload, true));
}

struct fake_client *
fake_client_bare(struct fake_ca *w)
{
	struct fake_client *c = calloc(1, sizeof(*c));

	must(c != NULL);
	c->w = w;
	c->signer = signer_new();
	return c;
}

struct fake_client *
fake_client_new(struct fake_ca *w)
{
	struct fake_client *c = fake_client_bare(w);
	struct fake_reply *r = fake_post_jwk(c, "/acme/new-account",
	    "{\"termsOfServiceAgreed\":true}");

	must(r->status == 201);
	c->kid = fake_header(r, "Location");
	return c;
}

void
fake_client_free(struct fake_client *c)
{
	signer_free(c->signer);
	free(c);
}

/* ---- reading replies ---- */

const char *
fake_header(const struct fake_reply *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

size_t
fake_headers(const struct fake_reply *r, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_headers; i++)
		n += strcasecmp(r->headers[i].name, name) == 0;
	return n;
}

static const char *
as_text(struct fake_ca *w, const json_t *v)
{
	char *text;
	const char *copy;

	if (v == NULL)
		return NULL;
	if (json_is_string(v))
		return arena_text(w->arena, json_string_value(v));
	must((text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT)) != NULL);
	copy = arena_text(w->arena, text);
	free(text);
	return copy;
}

const char *
fake_json(struct fake_ca *w, const struct fake_reply *r, const char *path)
{
	json_t *root = json_loadb(r->body, r->body_len, 0, NULL), *at = root;
	char *copy = arena_text(w->arena, path), *save = NULL;
	const char *text;

	for (char *k = strtok_r(copy, ".", &save); k != NULL && at != NULL;
	     k = strtok_r(NULL, ".", &save))
		at = json_is_array(at)
		         ? json_array_get(at, strtoul(k, NULL, 10))
		         : json_object_get(at, k);
	text = as_text(w, at);
	json_decref(root);
	return text;
}

const char *
fake_path(const char *url)
{
	const char *scheme = "https://ca.test:8443";

	must(strncmp(url, scheme, strlen(scheme)) == 0);
	return url + strlen(scheme);
}

bool
fake_problem(struct fake_ca *w, const struct fake_reply *r, int status,
    const char *type)
{
	const char *urn =
	    arena_printf(w->arena, "urn:ietf:params:acme:error:%s", type);
	const char *ct = fake_header(r, "Content-Type");
	const char *is = fake_json(w, r, "type");
	const char *says = fake_json(w, r, "status");

	if (r->status == status && ct != NULL &&
	    strcmp(ct, "application/problem+json") == 0 && is != NULL &&
	    strcmp(is, urn) == 0 && says != NULL && atoi(says) == status &&
	    fake_json(w, r, "detail") != NULL)
		return true;
	(void)fprintf(stderr, "# wanted %d %s, got %d %.*s\n", status, type,
	    r->status, (int)r->body_len, r->body);
	return false;
}
