/*
 * tests/mix.h: what one issuance writes, batch by batch, in records of the
 * kinds and sizes that a real one has; for measuring the store alone.
 */
#ifndef TESTS_MIX_H
#define TESTS_MIX_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/store.h"

enum { MIX_DER = 400, MIX_TBS = 328, MIX_EVIDENCE = 800 };
enum { MIX_ORDER_S = 3600, MIX_AUTHZ_S = 8 * 3600, MIX_LEASE_MS = 60 * 1000 };

struct mix {
	struct id account;
	/* Of certificates, orders, proofs; and after the end of any. */
	unsigned lifetime_s, order_s, authz_s, keep_s;
	uint8_t der[MIX_DER];
	char evidence[MIX_EVIDENCE + 3];
};

/* One issuance under way: what its next batch needs to know. */
struct mix_issuance {
	struct id order, authz, serial;
	char name[40];
};

static inline void
mix_init(struct mix *m, struct id account, unsigned lifetime_s, unsigned keep_s)
{
	*m = (struct mix){
		.account = account,
		.lifetime_s = lifetime_s,
		.order_s = MIX_ORDER_S,
		.authz_s = MIX_AUTHZ_S,
		.keep_s = keep_s,
	};
	random_bytes(m->der, sizeof(m->der));
	memset(m->evidence, 'e', MIX_EVIDENCE + 2);
	m->evidence[0] = m->evidence[MIX_EVIDENCE + 1] = '"';
}

static inline void
mix_event(struct batch *b, struct arena *a, const struct mix *m,
    const char *kind, struct id object, const char *detail)
{
	struct event *e = ARENA_NEW(a, struct event);

	*e = (struct event){ .kind = kind,
		.account = m->account,
		.object = object,
		.detail = detail };
	batch_event(b, e);
}

static inline struct due
mix_due(enum due_kind kind, struct id object, int64_t at_ms)
{
	return (struct due){ .kind = kind, .object = object, .at_ms = at_ms };
}

static inline void
mix_prune(struct batch *b, const struct mix *m, enum due_kind kind,
    struct id object, int64_t from_ms, unsigned lasts_s)
{
	struct due d = mix_due(kind, object,
	    from_ms + ((int64_t)lasts_s + m->keep_s) * 1000);

	batch_due(b, &d);
}

static inline const struct ident *
mix_ident(const char *name, struct arena *a)
{
	struct ident *x = ARENA_NEW(a, struct ident);

	*x = (struct ident){ .type = IDENT_DNS, .value = name };
	return x;
}

static inline struct authz *
mix_authz(const struct mix *m, const struct mix_issuance *i, int64_t now_ms,
    struct arena *a)
{
	static const char *const types[] = { "http-01", "dns-01",
		"tls-alpn-01" };
	struct authz *z = ARENA_NEW(a, struct authz);

	z->id = i->authz;
	z->account = m->account;
	z->order = i->order;
	z->ident = *mix_ident(i->name, a);
	z->status = AUTHZ_PENDING;
	z->expires = now_ms / 1000 + m->order_s;
	z->n_challenges = 3;
	z->challenges = ARENA_ARRAY(a, struct challenge, 3);
	for (size_t k = 0; k < 3; k++)
		z->challenges[k] = (struct challenge){ .type = types[k],
			.token = "3aJZK4RzsfFMj4Eck0vFQ_" };
	return z;
}

static inline void
mix_proven(struct authz *z, const struct mix *m, int64_t now_ms)
{
	struct challenge *c = &z->challenges[0];

	z->status = AUTHZ_VALID;
	z->expires = now_ms / 1000 + m->authz_s;
	z->evidence = m->evidence;
	z->caa_checked = now_ms / 1000;
	c->status = CHALLENGE_VALID;
	c->validated = now_ms / 1000;
	c->accepted_ms = now_ms;
	c->key_authz = "3aJZK4RzsfFMj4Eck0vFQ_."
	               "50hadXypzFIaWMtiGZC2cEyR5LIrsKIaIBbBksl2dFI";
	c->account_url =
	    "https://ca.some.internal:8443/acme/account/AaH985GR_wbj-A-Gbyzayw";
}

static inline struct order *
mix_order(const struct mix *m, const struct mix_issuance *i, int64_t now_ms,
    struct arena *a)
{
	struct order *o = ARENA_NEW(a, struct order);

	o->id = i->order;
	o->account = m->account;
	o->status = ORDER_PENDING;
	o->created = now_ms / 1000;
	o->expires = o->created + m->order_s;
	o->profile = "tenminutes";
	o->idents = mix_ident(i->name, a);
	o->authzs = ARENA_NEW(a, struct id);
	o->authzs[0] = i->authz;
	o->n_idents = 1;
	return o;
}

static inline void
mix_finalized(struct order *o, const struct mix *m,
    const struct mix_issuance *i, int64_t now_ms)
{
	o->status = ORDER_PROCESSING;
	o->serial = i->serial;
	o->issuer = 1;
	o->tbs = m->der;
	o->tbs_len = MIX_TBS;
	o->not_before = now_ms / 1000 - 30;
	o->not_after = now_ms / 1000 + m->lifetime_s - 1;
	memcpy(o->spki_sha256, m->der, sizeof(o->spki_sha256));
}

static inline struct certificate *
mix_certificate(const struct order *o, const struct mix *m, struct arena *a)
{
	struct certificate *c = ARENA_NEW(a, struct certificate);

	c->serial = o->serial;
	c->account = o->account;
	c->order = o->id;
	c->issuer = o->issuer;
	c->profile = o->profile;
	c->der = m->der;
	c->der_len = MIX_DER;
	c->not_before = o->not_before;
	c->not_after = o->not_after;
	memcpy(c->spki_sha256, o->spki_sha256, sizeof(c->spki_sha256));
	c->idents = o->idents;
	c->n_idents = o->n_idents;
	return c;
}

static inline void
mix_event_created(struct batch *b, struct arena *a, const struct mix *m,
    const struct mix_issuance *i)
{
	mix_event(b, a, m, "order.created", i->order,
	    arena_printf(a, "{\"names\":[\"%s\"]}", i->name));
}

static inline void
mix_event_proven(struct batch *b, struct arena *a, const struct mix *m,
    const struct mix_issuance *i)
{
	mix_event(b, a, m, "authz.valid", i->authz,
	    arena_printf(a,
	        "{\"name\":\"%s\",\"challenge\":\"http-01\",\"looks\":1,"
	        "\"evidence\":%s}",
	        i->name, m->evidence));
}

static inline void
mix_event_finalized(struct batch *b, struct arena *a, const struct mix *m,
    const struct mix_issuance *i)
{
	mix_event(b, a, m, "order.processing", i->order,
	    "{\"peer\":\"127.0.0.1\","
	    "\"key\":\"RT2vJ2MIJ-guhl9F4U_teg--Rx3IJl9OMnSk9M4fy-c\"}");
}

static inline void
mix_event_issued(struct batch *b, struct arena *a, const struct mix *m,
    const struct mix_issuance *i)
{
	char serial[ID_HEX];

	id_hex(i->serial, serial);
	mix_event(b, a, m, "certificate.issued", i->order,
	    arena_printf(a,
	        "{\"serial\":\"%s\",\"issuer\":1,\"profile\":\"tenminutes\","
	        "\"notAfter\":1795262561,\"order\":{\"names\":[\"%s\"]}}",
	        serial, i->name));
}

/* The four batches, in turn: newOrder, verdict, finalize, certificate. */

static inline void
mix_new_order(struct batch *b, struct arena *a, const struct mix *m,
    struct mix_issuance *i, unsigned name, int64_t now_ms)
{
	i->order = id_new(now_ms);
	i->authz = id_new(now_ms);
	(void)snprintf(i->name, sizeof(i->name), "host-%u.some.internal", name);
	batch_put_authz(b, mix_authz(m, i, now_ms, a));
	mix_prune(b, m, DUE_PRUNE_AUTHZ, i->authz, now_ms, m->order_s);
	batch_put_order(b, mix_order(m, i, now_ms, a));
	mix_prune(b, m, DUE_PRUNE_ORDER, i->order, now_ms, m->order_s);
	mix_event_created(b, a, m, i);
}

static inline void
mix_verdict(struct batch *b, struct arena *a, const struct mix *m,
    const struct mix_issuance *i, struct snap *s, int64_t now_ms)
{
	struct authz *z = snap_authz(s, a, i->authz);

	mix_proven(z, m, now_ms);
	batch_put_authz(b, z);
	batch_touch(b, i->order);
	mix_event_proven(b, a, m, i);
	batch_essential(b);
}

static inline void
mix_finalize(struct batch *b, struct arena *a, const struct mix *m,
    struct mix_issuance *i, struct snap *s, int64_t now_ms)
{
	struct order *o = snap_order(s, a, i->order);
	struct due d = mix_due(DUE_ISSUANCE, i->order, now_ms + MIX_LEASE_MS);

	i->serial = id_new(now_ms);
	mix_finalized(o, m, i, now_ms);
	batch_expect_authz(b, snap_authz(s, a, i->authz));
	batch_expect_unblocked(b, o->spki_sha256);
	batch_put_order(b, o);
	mix_event_finalized(b, a, m, i);
	batch_due(b, &d);
}

static inline void
mix_issue(struct batch *b, struct arena *a, const struct mix *m,
    const struct mix_issuance *i, struct snap *s)
{
	struct order *o = snap_order(s, a, i->order);
	struct certificate *c = mix_certificate(o, m, a);
	struct due d =
	    mix_due(DUE_ISSUANCE, i->order, id_ms(i->serial) + MIX_LEASE_MS);

	o->status = ORDER_VALID;
	batch_expect_unblocked(b, o->spki_sha256);
	batch_put_certificate(b, c);
	mix_prune(b, m, DUE_PRUNE_CERTIFICATE, c->serial, c->not_after * 1000,
	    0);
	batch_put_order(b, o);
	mix_event_issued(b, a, m, i);
	batch_due_done(b, &d);
	batch_essential(b);
}

/*
 * All of it at once, as it is when it is over; with `proves`, its name was
 * proved for it, or else for an earlier one, which i->authz is.
 */
static inline void
mix_past(struct batch *b, struct arena *a, const struct mix *m,
    struct mix_issuance *i, bool proves, int64_t now_ms)
{
	struct order *o;

	i->order = id_new(now_ms);
	i->serial = id_new(now_ms);
	if (proves) {
		struct authz *z;

		i->authz = id_new(now_ms);
		z = mix_authz(m, i, now_ms, a);
		mix_proven(z, m, now_ms);
		batch_put_authz(b, z);
		mix_prune(b, m, DUE_PRUNE_AUTHZ, i->authz, now_ms, m->authz_s);
		mix_event_proven(b, a, m, i);
	}
	o = mix_order(m, i, now_ms, a);
	mix_finalized(o, m, i, now_ms);
	o->status = ORDER_VALID;
	batch_put_order(b, o);
	mix_prune(b, m, DUE_PRUNE_ORDER, i->order, now_ms, m->order_s);
	batch_put_certificate(b, mix_certificate(o, m, a));
	mix_prune(b, m, DUE_PRUNE_CERTIFICATE, i->serial, o->not_after * 1000,
	    0);
	mix_event_created(b, a, m, i);
	mix_event_finalized(b, a, m, i);
	mix_event_issued(b, a, m, i);
}

#endif
