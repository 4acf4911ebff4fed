/*
 * What revocation leaves behind: keys that are blocked, the index of revoked
 * certificates, and the list each issuer publishes of them.
 */
#include <endian.h>
#include <string.h>

#include "store/record_int.h"
#include "store/sound.h"
#include "store/store_int.h"

static Mayfly__CrlPoint **
points_out(const struct crl *x, struct arena *a)
{
	Mayfly__CrlPoint **out =
	    ARENA_ARRAY(a, Mayfly__CrlPoint *, x->n_points + 1);

	for (size_t i = 0; i < x->n_points; i++) {
		out[i] = ARENA_NEW(a, Mayfly__CrlPoint);
		mayfly__crl_point__init(out[i]);
		out[i]->url = (char *)x->points[i].url;
		out[i]->until = x->points[i].until;
	}
	return out;
}

static const struct crl_point *
points_in(const Mayfly__Crl *m, struct arena *a)
{
	struct crl_point *out =
	    ARENA_ARRAY(a, struct crl_point, m->n_points + 1);

	for (size_t i = 0; i < m->n_points; i++)
		out[i] = (struct crl_point){ m->points[i]->url,
			m->points[i]->until };
	return out;
}

bool
record_of_crl(const struct crl *x, struct arena *a, struct record *out)
{
	Mayfly__Crl m = MAYFLY__CRL__INIT;

	if (!crl_sound(x))
		return false;
	m.number = x->number;
	m.this_update = x->this_update;
	m.next_update = x->next_update;
	m.der = bytes_out(x->der, x->der_len);
	m.tbs = bytes_out(x->tbs, x->tbs_len);
	m.refresh_ms = x->refresh_ms;
	m.points = points_out(x, a);
	m.n_points = x->n_points;
	m.life_s = x->life_s;
	m.ends = x->ends;
	return seal(&m.base, a, out);
}

struct crl *
record_crl(struct record r, struct arena *a)
{
	const Mayfly__Crl *m = unseal(r, &mayfly__crl__descriptor, a);
	struct crl *x;

	if (m == NULL)
		return NULL;
	x = ARENA_NEW(a, struct crl);
	x->version = record_version(r);
	x->number = m->number;
	x->this_update = m->this_update;
	x->next_update = m->next_update;
	x->der = m->der.len == 0 ? NULL : m->der.data;
	x->der_len = m->der.len;
	x->tbs = m->tbs.len == 0 ? NULL : m->tbs.data;
	x->tbs_len = m->tbs.len;
	x->refresh_ms = m->refresh_ms;
	x->points = points_in(m, a);
	x->n_points = m->n_points;
	x->life_s = m->life_s;
	x->ends = m->ends;
	return crl_sound(x) ? x : NULL;
}

bool
record_of_blocked_key(const struct blocked_key *x, struct arena *a,
    struct record *out)
{
	Mayfly__BlockedKey m = MAYFLY__BLOCKED_KEY__INIT;

	m.since = x->since;
	m.serial = fixed_out(x->serial.bytes, ID_SIZE);
	return seal(&m.base, a, out);
}

struct blocked_key *
record_blocked_key(struct record r, struct arena *a)
{
	const Mayfly__BlockedKey *m =
	    unseal(r, &mayfly__blocked_key__descriptor, a);
	struct blocked_key *x;

	if (m == NULL)
		return NULL;
	x = ARENA_NEW(a, struct blocked_key);
	if (!id_in(m->serial, &x->serial))
		return NULL;
	x->version = record_version(r);
	x->since = m->since;
	return x;
}

struct crl *
snap_crl(struct snap *s, struct arena *a, unsigned issuer)
{
	return snap_crl_of(s, a, (struct crl_name){ .issuer = issuer });
}

struct crl *
snap_crl_of(struct snap *s, struct arena *a, struct crl_name name)
{
	struct id id = crl_id(name);
	struct record r;
	struct crl *x;

	if (!table_record(s, TABLE_CRL, id.bytes, ID_SIZE, &r))
		return NULL;
	if ((x = record_crl(r, a)) == NULL) {
		table_damaged(TABLE_CRL, id.bytes, ID_SIZE);
		return NULL;
	}
	x->issuer = name.issuer;
	x->shards = name.shards;
	x->shard = name.shard;
	return x;
}

/* A record that cannot be read blocks its key as well as any other. */
struct blocked_key *
snap_blocked_key(struct snap *s, struct arena *a, const uint8_t spki_sha256[32])
{
	struct record r;
	struct blocked_key *x;

	if (!table_record(s, TABLE_BLOCKED_KEY, spki_sha256, KEY_DIGEST_LEN,
	        &r))
		return NULL;
	if ((x = record_blocked_key(r, a)) == NULL) {
		table_damaged(TABLE_BLOCKED_KEY, spki_sha256, KEY_DIGEST_LEN);
		x = ARENA_NEW(a, struct blocked_key);
		x->version = record_version(r);
	}
	memcpy(x->spki_sha256, spki_sha256, KEY_DIGEST_LEN);
	return x;
}

struct blocked_key *
snap_blocked_key_half(struct snap *s, struct arena *a, struct id half)
{
	MDB_val k = { ID_SIZE, half.bytes }, v;
	uint8_t whole[KEY_DIGEST_LEN];
	MDB_cursor *c;
	bool found;

	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_BLOCKED_KEY], &c) !=
	    0)
		return NULL;
	found = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE) == 0 &&
	        k.mv_size == sizeof(whole) &&
	        memcmp(k.mv_data, half.bytes, ID_SIZE) == 0;
	if (found)
		memcpy(whole, k.mv_data, sizeof(whole));
	mdb_cursor_close(c);
	return found ? snap_blocked_key(s, a, whole) : NULL;
}

static void
put_u64(uint8_t *out, int64_t v)
{
	uint64_t be = htobe64((uint64_t)v);

	memcpy(out, &be, sizeof(be));
}

static int64_t
get_u64(const uint8_t *in)
{
	uint64_t be;

	memcpy(&be, in, sizeof(be));
	return (int64_t)be64toh(be);
}

void
revoked_write(const struct certificate *c, uint8_t out[REVOKED_LEN])
{
	uint32_t reason = htobe32((uint32_t)c->reason);

	put_u64(out, c->revoked);
	put_u64(out + 8, c->not_after);
	memcpy(out + 16, &reason, sizeof(reason));
}

static void
revoked_read(const MDB_val *k, const MDB_val *v, struct revoked *out)
{
	const uint8_t *at = v->mv_data;
	uint32_t reason;

	memcpy(out->serial.bytes,
	    (uint8_t *)k->mv_data + KEY_REVOKED_LEN - ID_SIZE, ID_SIZE);
	out->revoked = get_u64(at);
	out->not_after = get_u64(at + 8);
	memcpy(&reason, at + 16, sizeof(reason));
	out->reason = (int)be32toh(reason);
}

int
table_after(MDB_cursor *c, const struct key *key, MDB_val *k, MDB_val *v)
{
	int rc;

	*k = key_val(key);
	rc = mdb_cursor_get(c, k, v, MDB_SET_RANGE);
	if (rc == 0 && k->mv_size == key->len &&
	    memcmp(k->mv_data, key->bytes, key->len) == 0)
		rc = mdb_cursor_get(c, k, v, MDB_NEXT);
	return rc;
}

size_t
snap_revoked(struct snap *s, unsigned issuer, struct id after,
    struct revoked *out, size_t max)
{
	return snap_revoked_of(s, (struct crl_name){ .issuer = issuer }, after,
	    out, max);
}

/* The key of what follows `after` and is the shard's. */
static struct key
shard_key(struct crl_name name, struct id after)
{
	struct id least = { { 0 } };
	unsigned first;

	if (name.shards == 0 || !id_zero(after))
		return key_of_revoked(name.issuer, after);
	first = ((name.shard << 16) + name.shards - 1) / name.shards;
	least.bytes[ID_SIZE - 2] = (uint8_t)(first >> 8);
	least.bytes[ID_SIZE - 1] = (uint8_t)first;
	return key_of_revoked(name.issuer, least);
}

size_t
snap_revoked_of(struct snap *s, struct crl_name name, struct id after,
    struct revoked *out, size_t max)
{
	struct key key = shard_key(name, after);
	MDB_cursor *c;
	MDB_val k, v;
	size_t n = 0;
	int rc;

	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_REVOKED], &c) != 0)
		return 0;
	for (rc = table_after(c, &key, &k, &v); rc == 0 && n < max;
	     rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
		if (k.mv_size != KEY_REVOKED_LEN || v.mv_size != REVOKED_LEN) {
			table_damaged(TABLE_REVOKED, k.mv_data, k.mv_size);
			continue;
		}
		revoked_read(&k, &v, &out[n]);
		if (memcmp(k.mv_data, key.bytes, 4) != 0 ||
		    id_part(out[n].serial, name.shards) != name.shard)
			break;
		n++;
	}
	mdb_cursor_close(c);
	return n;
}

size_t
snap_certificates(struct snap *s, struct arena *a, struct id after,
    struct certificate **out, size_t max)
{
	struct key key = { .len = ID_SIZE };
	struct certificate *x;
	MDB_cursor *c;
	MDB_val k, v;
	size_t n = 0;
	int rc;

	memcpy(key.bytes, after.bytes, ID_SIZE);
	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_CERTIFICATE], &c) !=
	    0)
		return 0;
	for (rc = table_after(c, &key, &k, &v); rc == 0 && n < max;
	     rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
		x = k.mv_size != ID_SIZE
		        ? NULL
		        : record_certificate((struct record){ v.mv_data,
		                                 v.mv_size },
		              a);
		if (x == NULL) {
			table_damaged(TABLE_CERTIFICATE, k.mv_data, k.mv_size);
			continue;
		}
		memcpy(x->serial.bytes, k.mv_data, ID_SIZE);
		out[n++] = x;
	}
	mdb_cursor_close(c);
	return n;
}
