/* A CA that is whole but for its network, its sockets and its processes. */
#include "tests/fake/ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "acme/due.h"
#include "acme/metrics.h"
#include "acme/nonce.h"
#include "acme/underway.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "tests/fake/parts.h"

const char fake_host[] = "ca.test:8443";
enum { MAX_BYTES = 128 << 20 };
static const char *const own_names[] = { "ca.test" };
static const char *const offered[] = { "http-01", "dns-01" };

/* ---- the keeper, on the same loop ---- */

static enum err
read_leaf(struct fake_ca *w, struct snap *s, struct id id, struct arena *a,
    struct keeper_found *out)
{
	const struct order *o = snap_order(s, a, id);

	if (w->keeper_refuses || o == NULL || o->status != ORDER_PROCESSING)
		return ERR_ORDER_NOT_READY;
	if (w->keeper_signs != NULL)
		o = w->keeper_signs;
	*out = (struct keeper_found){
		.tbs = o->tbs, .len = o->tbs_len, .profile = o->profile
	};
	return OK;
}

static enum err
read_crl(struct fake_ca *w, struct snap *s, struct id id, struct arena *a,
    struct keeper_found *out)
{
	struct crl_name name;
	const struct crl *c =
	    crl_name_of(id, &name) ? snap_crl_of(s, a, name) : NULL;

	if (w->keeper_refuses || c == NULL || c->tbs == NULL)
		return ERR_ORDER_NOT_READY;
	*out = (struct keeper_found){ .tbs = c->tbs,
		.len = c->tbs_len,
		.crl = { name.issuer, name.shards, name.shard } };
	return OK;
}

static enum err
read_status(struct fake_ca *w, struct snap *s, struct id id, struct arena *a,
    struct keeper_found *out)
{
	const struct certificate *c = snap_certificate(s, a, id);

	if (c != NULL)
		*out = (struct keeper_found){ .issuer = c->issuer,
			.status = {
			    true, c->revoked, c->reason, c->not_after } };
	return w->keeper_refuses ? ERR_INTERNAL : OK;
}

static enum err
keeper_reads(void *ca, enum keeper_op op, struct id object, struct arena *a,
    struct keeper_found *out)
{
	struct fake_ca *w = ca;
	struct snap *s = snap_open(w->store);
	enum err e = OK;

	if (op == KEEPER_LEAF)
		e = read_leaf(w, s, object, a, out);
	else if (op == KEEPER_CRL)
		e = read_crl(w, s, object, a, out);
	else if (op == KEEPER_OCSP)
		e = read_status(w, s, object, a, out);
	snap_close(s);
	return e;
}

static int64_t
keeper_now(void *ca)
{
	return loop_now(((struct fake_ca *)ca)->loop) / 1000;
}

static void
keeper_asked(void *arg, unsigned ready)
{
	struct fake_ca *w = arg;
	struct fake_parts *b = w->parts;
	char drain[64];
	uint32_t op = 0;

	(void)ready;
	if (recv(b->keeper_end, drain, sizeof(drain), MSG_PEEK) <= 0)
		return; /* its peer is gone, or it was nothing */
	memcpy(&op, drain, sizeof(op));
	w->keeper_asks += op != KEEPER_CRL && op != KEEPER_OCSP;
	w->status_asks += op == KEEPER_OCSP;
	if (w->keeper_silent)
		(void)recv(b->keeper_end, drain, sizeof(drain), 0);
	else
		(void)keeper_serve(b->keeper, b->keeper_end);
}

/* ---- the whole ---- */

static void
make_profiles(struct fake_ca *w)
{
	static const struct profile_spec specs[FAKE_PROFILES] = {
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
	const struct ca_cert *issuer = &w->parts->hierarchy.issuers[0];
	struct fault f = { 0 };

	for (int i = 0; i < FAKE_PROFILES; i++) {
		struct profile **shape = &w->parts->shapes[i];

		*shape =
		    profile_new(&specs[i], issuer->der, issuer->der_len, &f);
		fake_must(*shape != NULL, f.detail);
		w->profiles[i] =
		    (struct acme_profile){ specs[i].name, "a profile", *shape,
			    specs[i].lifetime_s, { 0 }, { 0 } };
	}
}

static void
make_config(struct fake_ca *w)
{
	struct fake_parts *b = w->parts;

	w->config = (struct acme_config){ .refs = 1,
		.names = own_names,
		.n_names = 1,
		.challenges = offered,
		.n_challenges = sizeof(offered) / sizeof(offered[0]),
		.profiles = w->profiles,
		.n_profiles = 2,
		.default_profile = &w->profiles[0],
		.serving = &w->profiles[2],
		.serving_pem = arena_printf(b->arena, "%s/serving.pem", b->dir),
		.issuer = 1,
		.chains = b->hierarchy.chains,
		.n_chains = 1,
		.root_pem = b->hierarchy.root.pem,
		.root_fingerprint = b->hierarchy.fingerprint,
		.directory_url = "https://ca.test:8443/acme/directory",
		.wildcards = true,
		.rules = { .names_max = 100,
		    .labels_max = 10,
		    .wildcard_labels = 1 },
		.issuers = &b->issuing,
		.n_issuers = 1,
		.crl_s = 86400,
		.crl_refresh_s = 3600,
		.ocsp_s = 3600,
		.orders_page = 50,
		.order_s = 3600,
		.authz_s = 8 * 3600,
		.ari_poll_s = 60,
		.linger_ms = 3000,
		.linger_challenge_ms = 300,
		.parked_max = 100,
		.validations_max = 100,
		.validations_per_account = 100,
		.trial.authz_reuse = 100,
		.keep_s = 3600 };
}

static void
open_keeper(struct fake_ca *w, int fds[2])
{
	struct fake_parts *b = w->parts;
	const char *keys[1];
	struct keeper_config config = { .key_pems = keys,
		.n_keys = 1,
		.profiles = (const struct profile *const *)b->shapes,
		.n_profiles = FAKE_PROFILES,
		.issuers = &b->issuing,
		.read = keeper_reads,
		.store = w,
		.now = keeper_now,
		.ocsp_s = w->config.ocsp_s };
	struct fault f = { 0 };
	char *pem;

	fake_must(ca_key_read(arena_printf(b->arena, "%s/ca", b->dir), 1, NULL,
	              &pem, &f) == OK,
	    f.detail);
	keys[0] = pem;
	b->keeper = keeper_new(&config, &f);
	fake_must(b->keeper != NULL, f.detail);
	free(pem);
	fake_must(socketpair(AF_UNIX,
	              SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	              fds) == 0,
	    "socketpair");
	b->keeper_end = fds[1];
	b->watch = loop_watch(w->loop, fds[1], LOOP_READ, keeper_asked, w);
}

static void
open_all(struct fake_ca *w)
{
	struct fake_parts *b = w->parts;
	struct fault f = { 0 };
	struct store_config sc = { .path =
		                       arena_printf(b->arena, "%s/db", b->dir),
		.map_bytes = 256 << 20,
		.max_bytes = MAX_BYTES,
		.digest = sha256 };
	int fds[2];

	w->loop = w->network.loop = loop_new();
	loop_shift(w->loop, b->ahead_ms);
	w->store = store_open(&sc, &f);
	fake_must(w->store != NULL, f.detail);
	open_keeper(w, fds);
	b->issuer = issuer_new(w->loop, fds[0]);
	b->nonces = nonces_new();
	b->limits = limits_new();
	b->underway = underway_new();
	b->metrics = metrics_new();
	w->ca = acme_new(&(struct acme_deps){ .loop = w->loop,
	    .issuer = b->issuer,
	    .prober = (struct prober *)&w->network,
	    .store = w->store,
	    .nonces = b->nonces,
	    .limits = b->limits,
	    .underway = b->underway,
	    .metrics = b->metrics,
	    .config = &w->config });
}

struct commit {
	bool done;
	enum err result;
};

static void
committed(void *arg, enum err e)
{
	*(struct commit *)arg = (struct commit){ true, e };
}

static enum err
commit(struct fake_ca *w, struct batch *b)
{
	struct commit c = { false, OK };

	store_commit(w->store, w->loop, b, committed, &c);
	fake_ca_run(w, 10000, &c.done);
	fake_must(c.done, "a batch that is never answered");
	return c.result;
}

void
fake_commit(struct fake_ca *w, struct batch *b)
{
	fake_must(commit(w, b) == OK, "a batch that is not taken");
}

void
fake_settle(struct fake_ca *w)
{
	struct store_stat before, after;

	do { /* batches are answered in order, so ours comes last */
		struct batch *b = batch_new(w->arena);
		struct due none = { .kind = DUE_PRUNE_JOURNAL, .at_ms = 1 };

		store_stat(w->store, &before);
		batch_due_done(b, &none);
		(void)commit(w, b); /* a full store may refuse it */
		store_stat(w->store, &after);
	} while (after.batches + after.asked + after.stale >
	         before.batches + before.asked + before.stale + 1);
}

static void
close_keeper(struct fake_parts *b)
{
	watch_free(b->watch);
	(void)close(b->keeper_end);
	keeper_free(b->keeper);
}

void
fake_keeper_restart(struct fake_ca *w)
{
	int fds[2];

	close_keeper(w->parts);
	w->keeper_silent = false;
	open_keeper(w, fds);
	issuer_reconnect(w->parts->issuer, fds[0]);
}

static void
close_all(struct fake_ca *w)
{
	struct fake_parts *b = w->parts;

	fake_network_cut(&w->network);
	issuer_reconnect(b->issuer, -1);
	fake_hang_up_all(w);
	due_halt(w->ca);
	fake_settle(w);
	fake_must(w->open == NULL, "a request outlives its client");
	acme_free(w->ca);
	issuer_free(b->issuer);
	nonces_free(b->nonces);
	limits_free(b->limits);
	underway_free(b->underway);
	metrics_free(b->metrics);
	close_keeper(b);
	store_close(w->store);
	loop_free(w->loop);
}

struct fake_ca *
fake_ca_new(void)
{
	struct fake_ca *w = calloc(1, sizeof(*w));
	struct fake_parts *b = calloc(1, sizeof(*b));
	struct ca_spec spec = {
		.name = "test", .root_days = 100, .issuer_days = 50
	};
	struct fault f = { 0 };
	const char *ca;

	fake_must(w != NULL && b != NULL, "no memory");
	log_level_set(getenv("FAKE_LOG") != NULL ? LOG_DEBUG_ : LOG_OFF_);
	crypto_start();
	w->parts = b;
	b->arena = arena_new();
	w->arena = arena_new();
	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/mayfly-test-XXXXXX");
	fake_must(mkdtemp(b->dir) != NULL, "mkdtemp");
	fake_must(mkdir(arena_printf(b->arena, "%s/db", b->dir), 0700) == 0,
	    "mkdir");
	ca = arena_printf(b->arena, "%s/ca", b->dir);
	fake_must(mkdir(ca, 0700) == 0, "mkdir");
	fake_must(ca_init(ca, &spec, time(NULL), &f) == OK, f.detail);
	fake_must(ca_load(ca, b->arena, &b->hierarchy, &f) == OK, f.detail);
	fake_must(issuing_read(b->hierarchy.issuers[0].der,
	              b->hierarchy.issuers[0].der_len, b->arena, &b->issuing,
	              &f) == OK,
	    f.detail);
	make_profiles(w);
	make_config(w);
	fake_network_says(&w->network, PROBE_PROVED, 0);
	fake_caa_says(&w->network, PROBE_PROVED, 0);
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
	struct fake_parts *b = w->parts;

	close_all(w);
	for (struct fake_client *c = w->clients, *next; c != NULL; c = next) {
		next = c->next;
		fake_signer_free(c->signer);
		free(c);
	}
	for (int i = 0; i < FAKE_PROFILES; i++)
		profile_free(b->shapes[i]);
	fake_must(system(arena_printf(w->arena, "rm -rf '%s'", b->dir)) == 0,
	    "rm");
	arena_free(w->arena);
	arena_free(b->arena);
	free(b);
	free(w);
}

int
fake_ca_setup(void **state)
{
	*state = fake_ca_new();
	return 0;
}

int
fake_ca_teardown(void **state)
{
	fake_ca_free(*state);
	return 0;
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

void
fake_clock(struct fake_ca *w, int64_t ahead_ms)
{
	w->parts->ahead_ms = ahead_ms;
	loop_shift(w->loop, ahead_ms);
}

void
fake_clock_set(struct fake_ca *w, int64_t at_ms)
{
	loop_shift(w->loop, 0);
	fake_clock(w, at_ms - loop_now(w->loop));
}

void
fake_store_full(struct fake_ca *w, bool full)
{
	struct store_stat stat;

	store_stat(w->store, &stat); /* a twentieth is kept back */
	store_limit(w->store, full ? stat.used_bytes * 102 / 100 : MAX_BYTES);
}

const char *
fake_nonce(struct fake_ca *w)
{
	char *nonce = arena_alloc(w->arena, NONCE_TEXT, 1);

	nonce_issue(w->parts->nonces, nonce);
	return nonce;
}
