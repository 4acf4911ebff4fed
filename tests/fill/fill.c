/*
 * Fill a store with certificates of a fleet's past, and all that goes with
 * them, as quickly as may be: `fill D/db COUNT [LIFETIME_S]`.  The directory
 * has been made by `mayfly init`; a server may open it afterwards, with a
 * store.max_size that has room for it.
 */
#include <time.h>

#include "crypto/digest.h"
#include "tests/mix.h"

enum {
	A_BATCH = 2000,      /* issuances */
	OF_AN_ACCOUNT = 480, /* in a row: a service for eighty hours… */
	OF_A_PROOF = 48,     /* …whose name was proved every eight */
	IN_FLIGHT = 2,
	DAY_MS = 86400 * 1000,
	USUAL_LIFETIME_S = 90 * 86400,
	DECIMAL = 10
};

struct filling {
	struct store *st;
	struct loop *loop;
	struct mix mix;
	struct mix_issuance last;
	uint64_t made, wanted;
	int64_t began_ms;
	unsigned in_flight;
};

struct load {
	struct filling *f;
	struct arena *arena;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "fill: %s\n", what);
	exit(1);
}

static void
add_account(struct filling *f, struct batch *b, struct arena *a, int64_t at_ms)
{
	struct account *x = ARENA_NEW(a, struct account);
	char text[ID_TEXT];

	x->id = id_new(at_ms);
	id_text(x->id, text);
	x->jwk = "{\"crv\":\"P-256\",\"kty\":\"EC\","
	         "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	         "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
	x->thumbprint = arena_printf(a, "%s-of-a-fill-of-the-store", text);
	x->created = at_ms / 1000;
	batch_put_account(b, x);
	mix_event(b, a, &f->mix, "account.created", x->id, NULL);
	f->mix.account = x->id;
}

/* They are of one day, the last. */
static void
add_one(struct filling *f, struct batch *b, struct arena *a)
{
	int64_t at_ms = f->began_ms - DAY_MS +
	                (int64_t)((double)f->made / (double)f->wanted * DAY_MS);

	if (f->made % OF_AN_ACCOUNT == 0) {
		add_account(f, b, a, at_ms);
		(void)snprintf(f->last.name, sizeof(f->last.name),
		    "service-%llu.some.internal",
		    (unsigned long long)(f->made / OF_AN_ACCOUNT));
	}
	mix_past(b, a, &f->mix, &f->last, f->made % OF_A_PROOF == 0, at_ms);
	f->made++;
}

static void
taken(void *arg, enum err e)
{
	struct load *l = arg;
	struct filling *f = l->f;

	if (e != OK)
		die("the store does not take it");
	arena_free(l->arena);
	free(l);
	f->in_flight--;
	loop_stop(f->loop);
}

static void
send(struct filling *f)
{
	struct load *l = calloc(1, sizeof(*l));
	struct batch *b;

	if (l == NULL)
		die("no memory");
	l->f = f;
	l->arena = arena_new();
	b = batch_new(l->arena);
	for (int i = 0; i < A_BATCH && f->made < f->wanted; i++)
		add_one(f, b, l->arena);
	f->in_flight++;
	store_commit(f->st, f->loop, b, taken, l);
}

static void
report(struct filling *f)
{
	struct store_stat stat;
	double seconds = (double)(loop_now(f->loop) - f->began_ms) / 1000;

	store_stat(f->st, &stat);
	(void)printf("%llu certificates in all; %llu in %.1f s; %.2f GB used\n",
	    (unsigned long long)stat.certificates, (unsigned long long)f->made,
	    seconds, (double)stat.used_bytes / 1e9);
}

int
main(int argc, char **argv)
{
	struct filling f = { .loop = loop_new() };
	struct store_config sc = { .guest = true, .digest = sha256 };
	struct fault why = { 0 };

	if (argc < 3 || (f.wanted = strtoull(argv[2], NULL, DECIMAL)) == 0)
		die("usage: fill D/db COUNT [LIFETIME_S]");
	crypto_start();
	sc.path = argv[1];
	if ((f.st = store_open(&sc, &why)) == NULL)
		die(why.detail);
	f.began_ms = loop_now(f.loop);
	mix_init(&f.mix, (struct id){ { 0 } },
	    argc > 3 ? (unsigned)strtoul(argv[3], NULL, DECIMAL)
	             : USUAL_LIFETIME_S,
	    MIX_ORDER_S);
	f.mix.order_s = f.mix.authz_s = f.mix.lifetime_s; /* none is due yet */
	while (f.made < f.wanted || f.in_flight > 0) {
		while (f.in_flight < IN_FLIGHT && f.made < f.wanted)
			send(&f);
		loop_run(f.loop);
	}
	report(&f);
	store_close(f.st);
	loop_free(f.loop);
	return 0;
}
