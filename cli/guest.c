#include "cli/guest.h"

#include "crypto/digest.h"

struct store *
guest_open(const char *dir, const struct store_config *like, struct fault *f)
{
	struct arena *a = arena_new();
	struct store_config config = *like;
	struct store *st;

	crypto_start();
	config.path = arena_printf(a, "%s/db", dir);
	config.guest = true;
	config.digest = sha256;
	st = store_open(&config, f);
	arena_free(a);
	return st;
}

struct answer {
	struct loop *loop;
	enum err result;
};

static void
answered(void *arg, enum err result)
{
	struct answer *w = arg;

	w->result = result;
	loop_stop(w->loop);
}

enum err
guest_commit(struct store *st, struct batch *b)
{
	struct answer w = { .loop = loop_new(), .result = ERR_INTERNAL };

	store_commit(st, w.loop, b, answered, &w);
	loop_run(w.loop);
	loop_free(w.loop);
	return w.result;
}
