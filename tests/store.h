/* tests/store.h: a store in a directory of its own, and things to put in it. */
#ifndef TESTS_STORE_H
#define TESTS_STORE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/random.h"
#include "store/store.h"
#include "tests/cmocka.h"

enum { TEST_MAP = 64 << 20 };

struct bed {
	char dir[64];
	struct store_config config;
	struct store *st;
	struct loop *loop;
	struct arena *a;
};

/* A digest in name only: the store asks no more than that it tells apart. */
static inline void
test_digest(const void *data, size_t len, uint8_t out[32])
{
	const uint8_t *p = data;

	for (unsigned lane = 0; lane < 4; lane++) {
		uint64_t h = 0xcbf29ce484222325 + lane;

		for (size_t i = 0; i < len; i++)
			h = (h ^ p[i]) * 0x100000001b3;
		memcpy(out + 8 * lane, &h, sizeof(h));
	}
}

static inline void
bed_open(struct bed *b)
{
	struct fault f = { .code = OK };

	b->st = store_open(&b->config, &f);
	if (b->st == NULL)
		fail_msg("%s", f.detail);
}

static inline void
bed_make(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/mayfly-store.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	b->config = (struct store_config){
		.path = b->dir, .map_bytes = TEST_MAP, .digest = test_digest
	};
	b->loop = loop_new();
	b->a = arena_new();
}

static inline void
bed_new(struct bed *b)
{
	bed_make(b);
	bed_open(b);
}

static inline void
bed_reopen(struct bed *b)
{
	store_close(b->st);
	bed_open(b);
}

static inline void
dir_remove(const char *path)
{
	char name[512];
	struct dirent *e;
	DIR *d = opendir(path);

	while (d != NULL && (e = readdir(d)) != NULL) {
		(void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.')
			(void)unlink(name);
	}
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(path);
}

static inline void
bed_free(struct bed *b)
{
	store_close(b->st);
	loop_free(b->loop);
	arena_free(b->a);
	dir_remove(b->dir);
}

struct bed_answer {
	struct loop *loop;
	enum err result;
	bool given;
};

static inline void
bed_answered(void *arg, enum err result)
{
	struct bed_answer *w = arg;

	w->result = result;
	w->given = true;
	loop_stop(w->loop);
}

/* Commit on the bed's loop, and wait for the answer. */
static inline enum err
bed_commit(struct bed *b, struct batch *batch)
{
	struct bed_answer w = { .loop = b->loop };

	store_commit(b->st, b->loop, batch, bed_answered, &w);
	assert_false(w.given);
	loop_run(b->loop);
	assert_true(w.given);
	return w.result;
}

static inline struct account *
some_account(struct arena *a)
{
	struct account *x = ARENA_NEW(a, struct account);
	char text[ID_TEXT];

	x->id = id_new(1700000000000);
	id_text(x->id, text);
	x->jwk = "{\"kty\":\"EC\"}";
	x->thumbprint = arena_printf(a, "%s-%s", text, "012345678901234567890");
	x->created = 1700000000;
	return x;
}

static inline struct ident *
some_ident(struct arena *a, const char *name)
{
	struct ident *x = ARENA_NEW(a, struct ident);

	x->type = IDENT_DNS;
	x->value = name;
	return x;
}

static inline struct order *
some_order(struct arena *a, struct id account, int64_t ms)
{
	struct order *x = ARENA_NEW(a, struct order);

	x->id = id_new(ms);
	x->account = account;
	x->status = ORDER_PENDING;
	x->created = ms / 1000;
	x->expires = x->created + 3600;
	x->profile = "tenminutes";
	x->idents = some_ident(a, "www.example.test");
	x->authzs = ARENA_NEW(a, struct id);
	x->authzs[0] = id_new(ms);
	x->n_idents = 1;
	return x;
}

static inline struct authz *
some_authz(struct arena *a, struct id account, const char *name)
{
	struct authz *x = ARENA_NEW(a, struct authz);

	x->id = id_new(1700000000000);
	x->account = account;
	x->ident = *some_ident(a, name);
	x->status = AUTHZ_PENDING;
	x->expires = 1700003600;
	x->challenges = ARENA_NEW(a, struct challenge);
	x->challenges[0].type = "http-01";
	x->challenges[0].token = "token";
	x->n_challenges = 1;
	return x;
}

static inline struct event *
some_event(struct arena *a, const char *kind, struct id object)
{
	struct event *e = ARENA_NEW(a, struct event);

	e->kind = kind;
	e->object = object;
	e->detail = "{\"n\":1}";
	return e;
}

#endif
