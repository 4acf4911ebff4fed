/* A key is made, and told once. */
#include "cli/eab.h"

#include <stdio.h>
#include <string.h>

#include "base/b64url.h"
#include "base/json.h"
#include "base/random.h"
#include "crypto/digest.h"

enum { FAILED = 1 };

static int
wrong(const struct fault *f)
{
	(void)fprintf(stderr, "mayfly eab create: %s\n", f->detail);
	return FAILED;
}

/* What begins with a dash would be taken for an option. */
static void
make_key(struct eab *e, char text[B64URL_LEN(EAB_KEY_SIZE) + 1])
{
	do {
		random_bytes(e->key, sizeof(e->key));
		b64url_write(e->key, sizeof(e->key), text);
	} while (text[0] == '-');
}

static struct eab
key_of(const struct guest_asked *asked, const struct eab_wanted *w)
{
	unixtime now = asked->now_ms / 1000;

	return (struct eab){ .id = id_new(asked->now_ms),
		.created = now,
		.expires = w->expires_s == 0 ? 0 : now + (unixtime)w->expires_s,
		.uses_max = w->uses_max,
		.allow = w->allow,
		.n_allow = w->n_allow,
		.deny = w->deny,
		.n_deny = w->n_deny,
		.profiles = w->profiles,
		.n_profiles = w->n_profiles,
		.rate = w->rate,
		.note = w->note };
}

static enum err
put(const struct guest_asked *asked, const struct eab *e, struct arena *a,
    struct fault *f)
{
	struct event made = { .kind = "eab.created", .object = e->id };
	struct due prune = { .kind = DUE_PRUNE_EAB,
		.at_ms = e->expires * 1000,
		.object = e->id };
	struct store *st = guest_open(asked->dir, &asked->store, f);
	struct batch *b;
	enum err err;

	if (st == NULL)
		return f->code;
	b = batch_new(a);
	batch_put_eab(b, e);
	batch_event(b, &made);
	if (e->expires != 0)
		batch_due(b, &prune);
	err = guest_commit(st, b);
	store_close(st);
	return err == OK ? OK : fault_plain(f, err);
}

static void
tell(const struct guest_asked *asked, const struct eab *e, const char *key)
{
	const char *url = asked->directory_url, *dir = asked->dir;
	char kid[ID_TEXT];

	id_text(e->id, kid);
	eab_print(e, asked->now_ms / 1000);
	(void)printf("MAC key     %s\n\n"
	             "The MAC key is told this once.  Clients take it as it "
	             "is, in base64url:\n\n",
	    key);
	(void)printf("REQUESTS_CA_BUNDLE=%s/root.pem certbot certonly "
	             "--standalone \\\n  --server %s \\\n  --eab-kid %s \\\n"
	             "  --eab-hmac-key %s \\\n  -d NAME.example\n\n",
	    dir, url, kid, key);
	(void)printf("acme.sh --register-account --ca-bundle %s/root.pem \\\n"
	             "  --server %s \\\n  --eab-kid %s \\\n"
	             "  --eab-hmac-key %s\n\n",
	    dir, url, kid, key);
	(void)printf("LEGO_CA_CERTIFICATES=%s/root.pem lego --http \\\n"
	             "  --server %s \\\n  --eab --kid %s \\\n  --hmac %s \\\n"
	             "  --email YOU@NAME.example --domains NAME.example run\n",
	    dir, url, kid, key);
}

static int
tell_json(const struct guest_asked *asked, const struct eab *e, const char *key,
    struct arena *a)
{
	struct jsonw *w = jsonw_new(a);

	jsonw_object(w, NULL);
	eab_members(w, e, asked->now_ms / 1000);
	jsonw_str(w, "hmacKey", key);
	jsonw_str(w, "directory", asked->directory_url);
	jsonw_end(w);
	return eab_say_json(w);
}

int
cli_eab_create(const struct guest_asked *asked, const struct eab_wanted *w)
{
	char key[B64URL_LEN(EAB_KEY_SIZE) + 1];
	struct arena *a = arena_new();
	struct eab e = key_of(asked, w);
	struct fault f = { 0 };
	int code = 0;

	make_key(&e, key);
	if (put(asked, &e, a, &f) != OK)
		code = wrong(&f);
	else if (asked->json)
		code = tell_json(asked, &e, key, a);
	else
		tell(asked, &e, key);
	bytes_wipe(key, sizeof(key));
	bytes_wipe(e.key, sizeof(e.key));
	arena_free(a);
	return fflush(stdout) == 0 ? code : FAILED;
}
