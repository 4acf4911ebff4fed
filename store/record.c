/*
 * Records.  Decoding lets protobuf-c take its memory from the arena, then
 * judges the object by the same rules that encoding does: those of sound.c.
 */
#include <endian.h>
#include <string.h>

#include "store/record_int.h"
#include "store/sound.h"

enum { SHA256 = 32 };

/* Fields. */

static Mayfly__Ident **
idents_out(const struct ident *idents, size_t n, struct arena *a)
{
	Mayfly__Ident **out = ARENA_ARRAY(a, Mayfly__Ident *, n);
	Mayfly__Ident *m = ARENA_ARRAY(a, Mayfly__Ident, n);

	for (size_t i = 0; i < n; i++) {
		mayfly__ident__init(&m[i]);
		m[i].type = idents[i].type;
		m[i].value = text_out(idents[i].value);
		m[i].wildcard = idents[i].wildcard;
		out[i] = &m[i];
	}
	return out;
}

static struct ident
ident_in(const Mayfly__Ident *m)
{
	return (struct ident){ .type = (enum ident_type)m->type,
		.value = m->value,
		.wildcard = m->wildcard };
}

static struct ident *
idents_in(Mayfly__Ident *const *m, size_t n, struct arena *a)
{
	struct ident *out = ARENA_ARRAY(a, struct ident, n);

	for (size_t i = 0; i < n; i++)
		out[i] = ident_in(m[i]);
	return out;
}

static Mayfly__Reason *
reason_out(const struct reason *r, struct arena *a)
{
	Mayfly__Reason *m;

	if (r->type == NULL && r->detail == NULL)
		return NULL;
	m = ARENA_NEW(a, Mayfly__Reason);
	mayfly__reason__init(m);
	m->type = text_out(r->type);
	m->detail = text_out(r->detail);
	return m;
}

static struct reason
reason_in(const Mayfly__Reason *m)
{
	if (m == NULL)
		return (struct reason){ NULL, NULL };
	return (struct reason){ text_in(m->type), text_in(m->detail) };
}

version
record_version(struct record r)
{
	uint64_t v;

	if (r.len < RECORD_HEAD)
		return 0;
	memcpy(&v, r.data, sizeof(v));
	return be64toh(v);
}

void
record_stamp(uint8_t *data, version v)
{
	uint64_t be = htobe64(v);

	memcpy(data, &be, sizeof(be));
}

/* Nouns. */

bool
record_of_account(const struct account *x, struct arena *a, struct record *out)
{
	Mayfly__Account m = MAYFLY__ACCOUNT__INIT;

	if (!account_sound(x))
		return false;
	m.status = x->status;
	m.jwk = text_out(x->jwk);
	m.thumbprint = text_out(x->thumbprint);
	m.contacts = texts_out(x->contacts, m.n_contacts = x->n_contacts, a);
	m.terms_agreed = x->terms_agreed;
	m.terms = text_out(x->terms);
	m.created = x->created;
	m.eab_kid = fixed_out(x->eab.bytes, ID_SIZE);
	m.eab_binding = text_out(x->eab_binding);
	m.allow = texts_out(x->allow, m.n_allow = x->n_allow, a);
	m.deny = texts_out(x->deny, m.n_deny = x->n_deny, a);
	return seal(&m.base, a, out);
}

struct account *
record_account(struct record r, struct arena *a)
{
	const Mayfly__Account *m = unseal(r, &mayfly__account__descriptor, a);
	struct account *x;

	if (m == NULL)
		return NULL;
	x = ARENA_NEW(a, struct account);
	if (!id_in(m->eab_kid, &x->eab))
		return NULL;
	x->version = record_version(r);
	x->status = (enum account_status)m->status;
	x->jwk = m->jwk;
	x->thumbprint = m->thumbprint;
	x->n_contacts = m->n_contacts;
	x->contacts = (const char *const *)m->contacts;
	x->terms_agreed = m->terms_agreed;
	x->terms = text_in(m->terms);
	x->created = m->created;
	x->eab_binding = text_in(m->eab_binding);
	x->n_allow = m->n_allow;
	x->allow = (const char *const *)m->allow;
	x->n_deny = m->n_deny;
	x->deny = (const char *const *)m->deny;
	return account_sound(x) ? x : NULL;
}

static Mayfly__Challenge **
challenges_out(const struct authz *x, struct arena *a)
{
	size_t n = x->n_challenges;
	Mayfly__Challenge **out = ARENA_ARRAY(a, Mayfly__Challenge *, n);
	Mayfly__Challenge *m = ARENA_ARRAY(a, Mayfly__Challenge, n);

	for (size_t i = 0; i < n; i++) {
		const struct challenge *c = &x->challenges[i];

		mayfly__challenge__init(&m[i]);
		m[i].type = text_out(c->type);
		m[i].token = text_out(c->token);
		m[i].status = c->status;
		m[i].key_authz = text_out(c->key_authz);
		m[i].accepted_ms = c->accepted_ms;
		m[i].validated = c->validated;
		m[i].error = reason_out(&c->error, a);
		m[i].account_url = text_out(c->account_url);
		out[i] = &m[i];
	}
	return out;
}

static struct challenge
challenge_in(const Mayfly__Challenge *m)
{
	return (struct challenge){ .type = m->type,
		.token = m->token,
		.status = (enum challenge_status)m->status,
		.key_authz = text_in(m->key_authz),
		.accepted_ms = m->accepted_ms,
		.validated = m->validated,
		.error = reason_in(m->error),
		.account_url = text_in(m->account_url) };
}

bool
record_of_authz(const struct authz *x, struct arena *a, struct record *out)
{
	Mayfly__Authz m = MAYFLY__AUTHZ__INIT;

	if (!authz_sound(x))
		return false;
	m.account = fixed_out(x->account.bytes, ID_SIZE);
	m.order = fixed_out(x->order.bytes, ID_SIZE);
	m.ident = idents_out(&x->ident, 1, a)[0];
	m.status = x->status;
	m.expires = x->expires;
	m.n_challenges = x->n_challenges;
	m.challenges = challenges_out(x, a);
	m.evidence = text_out(x->evidence);
	m.caa_checked = x->caa_checked;
	m.subdomains = x->subdomains;
	m.preauthorised = x->preauthorised;
	return seal(&m.base, a, out);
}

struct authz *
record_authz(struct record r, struct arena *a)
{
	const Mayfly__Authz *m = unseal(r, &mayfly__authz__descriptor, a);
	struct authz *x;

	if (m == NULL || m->ident == NULL)
		return NULL;
	x = ARENA_NEW(a, struct authz);
	if (!id_in(m->account, &x->account) || !id_in(m->order, &x->order))
		return NULL;
	x->version = record_version(r);
	x->ident = ident_in(m->ident);
	x->status = (enum authz_status)m->status;
	x->expires = m->expires;
	x->n_challenges = m->n_challenges;
	x->challenges = ARENA_ARRAY(a, struct challenge, m->n_challenges);
	for (size_t i = 0; i < m->n_challenges; i++)
		x->challenges[i] = challenge_in(m->challenges[i]);
	x->evidence = text_in(m->evidence);
	x->caa_checked = m->caa_checked;
	x->subdomains = m->subdomains;
	x->preauthorised = m->preauthorised;
	return authz_sound(x) ? x : NULL;
}

bool
record_of_order(const struct order *x, struct arena *a, struct record *out)
{
	Mayfly__Order m = MAYFLY__ORDER__INIT;

	if (!order_sound(x))
		return false;
	m.account = fixed_out(x->account.bytes, ID_SIZE);
	m.status = x->status;
	m.created = x->created;
	m.expires = x->expires;
	m.profile = text_out(x->profile);
	m.n_idents = x->n_idents;
	m.idents = idents_out(x->idents, x->n_idents, a);
	m.n_authzs = x->authzs == NULL ? 0 : x->n_idents;
	m.authzs = ARENA_ARRAY(a, ProtobufCBinaryData, m.n_authzs);
	for (size_t i = 0; i < m.n_authzs; i++)
		m.authzs[i] = bytes_out(x->authzs[i].bytes, ID_SIZE);
	m.serial = fixed_out(x->serial.bytes, ID_SIZE);
	m.issuer = x->issuer;
	m.tbs = bytes_out(x->tbs, x->tbs_len);
	m.not_before = x->not_before;
	m.not_after = x->not_after;
	m.spki_sha256 = fixed_out(x->spki_sha256, SHA256);
	m.error = reason_out(&x->error, a);
	m.asked_not_before = x->asked_not_before;
	m.asked_not_after = x->asked_not_after;
	m.replaces = text_out(x->replaces);
	return seal(&m.base, a, out);
}

static bool
order_authzs_in(const Mayfly__Order *m, struct order *x, struct arena *a)
{
	if (m->n_authzs == 0)
		return true;
	if (m->n_authzs != m->n_idents)
		return false;
	x->authzs = ARENA_ARRAY(a, struct id, m->n_authzs);
	for (size_t i = 0; i < m->n_authzs; i++)
		if (!id_in(m->authzs[i], &x->authzs[i]))
			return false;
	return true;
}

struct order *
record_order(struct record r, struct arena *a)
{
	const Mayfly__Order *m = unseal(r, &mayfly__order__descriptor, a);
	struct order *x;

	if (m == NULL)
		return NULL;
	x = ARENA_NEW(a, struct order);
	if (!id_in(m->account, &x->account) || !id_in(m->serial, &x->serial) ||
	    !fixed_in(m->spki_sha256, x->spki_sha256, SHA256) ||
	    !order_authzs_in(m, x, a))
		return NULL;
	x->version = record_version(r);
	x->status = (enum order_status)m->status;
	x->created = m->created;
	x->expires = m->expires;
	x->profile = text_in(m->profile);
	x->n_idents = m->n_idents;
	x->idents = idents_in(m->idents, m->n_idents, a);
	x->issuer = m->issuer;
	x->tbs = m->tbs.len == 0 ? NULL : m->tbs.data;
	x->tbs_len = m->tbs.len;
	x->not_before = m->not_before;
	x->not_after = m->not_after;
	x->error = reason_in(m->error);
	x->asked_not_before = m->asked_not_before;
	x->asked_not_after = m->asked_not_after;
	x->replaces = text_in(m->replaces);
	return order_sound(x) ? x : NULL;
}

bool
record_of_certificate(const struct certificate *x, struct arena *a,
    struct record *out)
{
	Mayfly__Certificate m = MAYFLY__CERTIFICATE__INIT;

	if (!certificate_sound(x))
		return false;
	m.account = fixed_out(x->account.bytes, ID_SIZE);
	m.order = fixed_out(x->order.bytes, ID_SIZE);
	m.issuer = x->issuer;
	m.profile = text_out(x->profile);
	m.der = bytes_out(x->der, x->der_len);
	m.not_before = x->not_before;
	m.not_after = x->not_after;
	m.spki_sha256 = fixed_out(x->spki_sha256, SHA256);
	m.n_idents = x->n_idents;
	m.idents = idents_out(x->idents, x->n_idents, a);
	m.revoked = x->revoked;
	m.reason = x->reason;
	m.replaced_by = fixed_out(x->replaced_by.bytes, ID_SIZE);
	return seal(&m.base, a, out);
}

struct certificate *
record_certificate(struct record r, struct arena *a)
{
	const Mayfly__Certificate *m =
	    unseal(r, &mayfly__certificate__descriptor, a);
	struct certificate *x;

	if (m == NULL)
		return NULL;
	x = ARENA_NEW(a, struct certificate);
	if (!id_in(m->account, &x->account) || !id_in(m->order, &x->order) ||
	    !id_in(m->replaced_by, &x->replaced_by) ||
	    !fixed_in(m->spki_sha256, x->spki_sha256, SHA256))
		return NULL;
	x->version = record_version(r);
	x->issuer = m->issuer;
	x->profile = text_in(m->profile);
	x->der = m->der.len == 0 ? NULL : m->der.data;
	x->der_len = m->der.len;
	x->not_before = m->not_before;
	x->not_after = m->not_after;
	x->n_idents = m->n_idents;
	x->idents = idents_in(m->idents, m->n_idents, a);
	x->revoked = m->revoked;
	x->reason = m->reason;
	return certificate_sound(x) ? x : NULL;
}

bool
record_of_event(const struct event *x, struct arena *a, struct record *out)
{
	Mayfly__Event m = MAYFLY__EVENT__INIT;

	if (!event_sound(x))
		return false;
	m.number = x->number;
	m.at_ms = x->at_ms;
	m.kind = text_out(x->kind);
	m.account = fixed_out(x->account.bytes, ID_SIZE);
	m.object = fixed_out(x->object.bytes, ID_SIZE);
	m.detail = text_out(x->detail);
	m.previous = fixed_out(x->previous, SHA256);
	return seal(&m.base, a, out);
}

struct event *
record_event(struct record r, struct arena *a)
{
	const Mayfly__Event *m = unseal(r, &mayfly__event__descriptor, a);
	struct event *x;

	if (m == NULL)
		return NULL;
	x = ARENA_NEW(a, struct event);
	if (!id_in(m->account, &x->account) || !id_in(m->object, &x->object) ||
	    !fixed_in(m->previous, x->previous, SHA256))
		return NULL;
	x->number = m->number;
	x->at_ms = m->at_ms;
	x->kind = m->kind;
	x->detail = text_in(m->detail);
	return event_sound(x) ? x : NULL;
}
