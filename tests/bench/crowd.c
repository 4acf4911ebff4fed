/* The crowd looks at the directory once, then each of it begins. */
#include "tests/bench/crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"

static void
look_now(void *arg)
{
	static const char host[] = "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n";
	struct crowd *w = arg;
	char out[1024];
	int len =
	    snprintf(out, sizeof(out), host, w->new_nonce, w->target.authority);

	conn_ask(&w->clients[0].conn, out, (size_t)len);
}

struct directory_json {
	const char *nonce, *account, *order;
};
static const struct json_field directory_fields[] = {
	JSON_STR_REQUIRED("newNonce", struct directory_json, nonce, 1,
	    URL_MAX - 1),
	JSON_STR_REQUIRED("newAccount", struct directory_json, account, 1,
	    URL_MAX - 1),
	JSON_STR_REQUIRED("newOrder", struct directory_json, order, 1,
	    URL_MAX - 1),
	JSON_END,
};

/* The directory has come: let all of them begin. */
static void
looked(void *arg, const struct answer *a)
{
	struct crowd *w = arg;
	struct arena *arena = arena_new();
	struct directory_json d = { 0 };
	struct fault f = { .code = OK };

	if (a == NULL || a->status != 200 ||
	    json_bind(a->body, a->body_len, directory_fields, &d, arena, &f) !=
	        OK)
		die("no directory");
	url_keep(w->new_nonce, d.nonce);
	url_keep(w->new_account, d.account);
	url_keep(w->new_order, d.order);
	arena_free(arena);
	conn_close(&w->clients[0].conn);
	for (unsigned i = 0; i < w->n; i++)
		client_start(&w->clients[i], w, i);
}

void
crowd_start(struct crowd *w, const char *directory)
{
	w->clients = calloc(w->n, sizeof(*w->clients));
	if (w->clients == NULL)
		die("no memory");
	for (unsigned i = 0; i < w->n; i++)
		client_keys(&w->clients[i], w->suffix);
	url_keep(w->new_nonce, target_path(&w->target, directory));
	conn_open(&w->clients[0].conn, &w->target, look_now, looked, w);
}

void
crowd_count(struct crowd *w)
{
	struct tally *t = &w->tally;
	int64_t now = now_ns();

	t->issuances = t->requests = t->polls = t->polls_in_vain = 0;
	t->retries = 0;
	sample_forget(&t->issuance);
	for (int i = 0; i < STEP__COUNT; i++)
		sample_forget(&t->steps[i]);
	for (unsigned i = 0; w->rate > 0 && i < w->n; i++)
		w->clients[i].due = now + (int64_t)(1e9 * i / w->rate);
}

const char *
crowd_thumb(void *arg, const char *host)
{
	struct crowd *w = arg;
	unsigned n;

	return sscanf(host, "c%5un", &n) == 1 && n < w->n
	           ? w->clients[n].account.thumb
	           : NULL;
}

void
crowd_free(struct crowd *w)
{
	for (unsigned i = 0; i < w->n; i++)
		client_stop(&w->clients[i]);
	free(w->clients);
	sample_free(&w->tally.issuance);
	for (int i = 0; i < STEP__COUNT; i++)
		sample_free(&w->tally.steps[i]);
}
