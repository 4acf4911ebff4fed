/* The operator's side of a binding, and the client's. */
#include "tests/fake/eab.h"

#include <string.h>

#include "base/random.h"
#include "tests/fake/parts.h"

struct eab *
fake_eab(struct fake_ca *w, const struct eab *like)
{
	struct eab *e = ARENA_NEW(w->arena, struct eab);

	if (like != NULL)
		*e = *like;
	e->id = id_new(loop_now(w->loop));
	e->created = loop_now(w->loop) / 1000;
	random_bytes(e->key, sizeof(e->key));
	fake_eab_put(w, e);
	return e;
}

struct eab *
fake_eab_record(struct fake_ca *w, struct id kid)
{
	struct snap *s = snap_open(w->store);
	struct eab *e = snap_eab(s, w->arena, kid);

	snap_close(s);
	return e;
}

void
fake_eab_put(struct fake_ca *w, const struct eab *e)
{
	struct batch *b = batch_new(w->arena);

	batch_put_eab(b, e);
	fake_commit(w, b);
}

void
fake_eab_revoke(struct fake_ca *w, struct id kid)
{
	struct eab *e = fake_eab_record(w, kid);

	e->revoked = loop_now(w->loop) / 1000;
	fake_eab_put(w, e);
}

const char *
fake_binding(struct fake_client *c, const struct eab *e)
{
	char kid[ID_TEXT];

	id_text(e->id, kid);
	return fake_mac_frame("HS256", e->key, sizeof(e->key),
	    arena_printf(c->w->arena,
	        "{\"alg\":\"HS256\",\"kid\":\"%s\",\"url\":"
	        "\"https://%s/acme/new-account\"}",
	        kid, fake_host),
	    fake_signer_jwk(c->signer), c->w->arena);
}

const char *
fake_bound(struct fake_client *c, const char *binding)
{
	return arena_printf(c->w->arena,
	    "{\"termsOfServiceAgreed\":true,\"externalAccountBinding\":%s}",
	    binding);
}

struct fake_client *
fake_client_bound(struct fake_ca *w, const struct eab *e)
{
	struct fake_client *c = fake_client_bare(w);
	struct fake_reply *r = fake_post_jwk(c, "/acme/new-account",
	    fake_bound(c, fake_binding(c, e)));

	fake_must(r->status == 201, r->body);
	c->kid = fake_header(r, "Location");
	return c;
}
