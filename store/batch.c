/* Batches: a list of what is to happen, encoded when it is committed. */
#include <string.h>

#include "base/log.h"
#include "store/store_int.h"

struct batch *
batch_new(struct arena *a)
{
	struct batch *b = ARENA_NEW(a, struct batch);

	b->arena = a;
	b->end = &b->ops;
	return b;
}

bool
batch_empty(const struct batch *b)
{
	return b->ops == NULL;
}

bool
batch_writes(const struct batch *b)
{
	return b->writes;
}

static struct op *
add(struct batch *b, enum op_kind kind)
{
	struct op *op = ARENA_NEW(b->arena, struct op);

	op->kind = kind;
	b->writes = b->writes || kind != OP_EXPECT;
	*b->end = op;
	b->end = &op->next;
	return op;
}

static void
add_put(struct batch *b, enum table t, const void *x, struct id id, version v)
{
	struct op *op = add(b, OP_PUT);

	op->table = t;
	op->id = id;
	op->version = v;
	op->object = x;
	b->puts = true;
}

static void
add_delete(struct batch *b, enum table t, struct id id)
{
	struct op *op = add(b, OP_DELETE);

	op->table = t;
	op->id = id;
	b->deletes = true;
}

static void
add_expect(struct batch *b, enum table t, struct id id, version v)
{
	struct op *op = add(b, OP_EXPECT);

	op->table = t;
	op->id = id;
	op->version = v;
}

void
batch_put_account(struct batch *b, const struct account *acct)
{
	add_put(b, TABLE_ACCOUNT, acct, acct->id, acct->version);
}

void
batch_put_order(struct batch *b, const struct order *o)
{
	add_put(b, TABLE_ORDER, o, o->id, o->version);
}

void
batch_put_authz(struct batch *b, const struct authz *z)
{
	add_put(b, TABLE_AUTHZ, z, z->id, z->version);
}

void
batch_put_certificate(struct batch *b, const struct certificate *c)
{
	add_put(b, TABLE_CERTIFICATE, c, c->serial, c->version);
}

void
batch_put_eab(struct batch *b, const struct eab *e)
{
	add_put(b, TABLE_EAB, e, e->id, e->version);
}

void
batch_use_eab(struct batch *b, struct id kid)
{
	struct op *op = add(b, OP_USE_EAB);

	op->table = TABLE_EAB;
	op->id = kid;
}

void
batch_put_crl(struct batch *b, const struct crl *c)
{
	add_put(b, TABLE_CRL, c,
	    crl_id((struct crl_name){ c->issuer, c->shards, c->shard }),
	    c->version);
}

void
batch_put_blocked_key(struct batch *b, const struct blocked_key *k)
{
	struct op *op = add(b, OP_PUT);

	op->table = TABLE_BLOCKED_KEY;
	memcpy(op->digest, k->spki_sha256, sizeof(op->digest));
	op->version = k->version;
	op->object = k;
	b->puts = true;
}

void
batch_delete_order(struct batch *b, struct id id)
{
	add_delete(b, TABLE_ORDER, id);
}

void
batch_delete_authz(struct batch *b, struct id id)
{
	add_delete(b, TABLE_AUTHZ, id);
}

void
batch_delete_certificate(struct batch *b, struct id serial)
{
	add_delete(b, TABLE_CERTIFICATE, serial);
}

void
batch_delete_eab(struct batch *b, struct id kid)
{
	add_delete(b, TABLE_EAB, kid);
}

void
batch_delete_crl(struct batch *b, struct crl_name name)
{
	add_delete(b, TABLE_CRL, crl_id(name));
}

void
batch_delete_events(struct batch *b, int64_t before_ms, size_t max)
{
	struct op *op = add(b, OP_DELETE_EVENTS);

	op->before_ms = before_ms;
	op->max = max;
	b->deletes = true;
}

void
batch_expect_account(struct batch *b, const struct account *acct)
{
	add_expect(b, TABLE_ACCOUNT, acct->id, acct->version);
}

void
batch_expect_order(struct batch *b, const struct order *o)
{
	add_expect(b, TABLE_ORDER, o->id, o->version);
}

void
batch_expect_authz(struct batch *b, const struct authz *z)
{
	add_expect(b, TABLE_AUTHZ, z->id, z->version);
}

void
batch_expect_unblocked(struct batch *b, const uint8_t spki_sha256[32])
{
	struct op *op = add(b, OP_EXPECT);

	op->table = TABLE_BLOCKED_KEY;
	memcpy(op->digest, spki_sha256, sizeof(op->digest));
}

void
batch_touch(struct batch *b, struct id id)
{
	add(b, OP_TOUCH)->id = id;
}

void
batch_event(struct batch *b, const struct event *e)
{
	add(b, OP_EVENT)->object = e;
}

void
batch_due(struct batch *b, const struct due *d)
{
	add(b, OP_DUE)->due = *d;
	b->puts = true;
}

void
batch_due_crls(struct batch *b, unsigned issuer, struct id serial,
    int64_t at_ms)
{
	struct op *op = add(b, OP_DUE_CRLS);

	op->id = serial;
	op->due = (struct due){
		.kind = DUE_CRL, .at_ms = at_ms, .object = issuer_id(issuer)
	};
	b->puts = true;
}

void
batch_due_done(struct batch *b, const struct due *d)
{
	add(b, OP_DUE_DONE)->due = *d;
}

void
batch_essential(struct batch *b)
{
	b->essential = true;
}

static bool
seal_put(struct op *op, struct arena *a)
{
	switch (op->table) {
	case TABLE_ACCOUNT:
		return record_of_account(op->object, a, &op->record);
	case TABLE_ORDER:
		return record_of_order(op->object, a, &op->record);
	case TABLE_AUTHZ:
		return record_of_authz(op->object, a, &op->record);
	case TABLE_CERTIFICATE:
		return record_of_certificate(op->object, a, &op->record);
	case TABLE_EAB:
		return record_of_eab(op->object, a, &op->record);
	case TABLE_CRL:
		return record_of_crl(op->object, a, &op->record);
	case TABLE_BLOCKED_KEY:
		return record_of_blocked_key(op->object, a, &op->record);
	default:
		return false;
	}
}

/* The index by key has room for one account of each. */
static bool
thumbprints_differ(const struct op *op)
{
	const struct account *x = op->object, *y;

	for (const struct op *o = op->next; o != NULL; o = o->next) {
		if (o->kind != OP_PUT || o->table != TABLE_ACCOUNT)
			continue;
		y = o->object;
		if (!id_equal(op->id, o->id) && y->thumbprint != NULL &&
		    strcmp(x->thumbprint, y->thumbprint) == 0)
			return false;
	}
	return true;
}

static bool
seal(struct op *op, struct arena *a)
{
	if (op->kind == OP_EVENT)
		return record_of_event(op->object, a, &op->record);
	if (op->kind != OP_PUT)
		return true;
	return seal_put(op, a) &&
	       (op->table != TABLE_ACCOUNT || thumbprints_differ(op));
}

bool
batch_seal(struct batch *b)
{
	char text[ID_TEXT];

	for (struct op *op = b->ops; op != NULL; op = op->next)
		if (!seal(op, b->arena)) {
			id_text(op->id, text);
			log_error("store.unsound", "table=%s object=%s",
			    table_name(op->table), text);
			return false;
		}
	return true;
}
