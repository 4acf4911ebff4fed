/*
 * What revocation lists are called, and an index of what they are like: who
 * only wants to know when a list was made need not read megabytes of it.
 */
#include <endian.h>
#include <string.h>

#include "store/store_int.h"

enum { AT_SHARDS = 8, AT_SHARD = 10, AT_ISSUER = 12 };

static void
put_u16(uint8_t *out, unsigned v)
{
	uint16_t be = htobe16((uint16_t)v);

	memcpy(out, &be, sizeof(be));
}

static unsigned
get_u16(const uint8_t *in)
{
	uint16_t be;

	memcpy(&be, in, sizeof(be));
	return be16toh(be);
}

static unsigned
get_u32(const uint8_t *in)
{
	uint32_t be;

	memcpy(&be, in, sizeof(be));
	return be32toh(be);
}

struct id
crl_id(struct crl_name name)
{
	struct id id = issuer_id(name.issuer);

	put_u16(id.bytes + AT_SHARDS, name.shards);
	put_u16(id.bytes + AT_SHARD, name.shard);
	return id;
}

bool
crl_name_of(struct id id, struct crl_name *out)
{
	*out = (struct crl_name){ .issuer = get_u32(id.bytes + AT_ISSUER),
		.shards = get_u16(id.bytes + AT_SHARDS),
		.shard = get_u16(id.bytes + AT_SHARD) };
	return id_equal(id, crl_id(*out)) &&
	       out->shard < (out->shards == 0 ? 1 : out->shards);
}

struct id
issuer_id(unsigned issuer)
{
	uint32_t be = htobe32(issuer);
	struct id id = { { 0 } };

	memcpy(id.bytes + AT_ISSUER, &be, sizeof(be));
	return id;
}

unsigned
issuer_number(struct id id)
{
	return get_u32(id.bytes + AT_ISSUER);
}

void
crl_head_write(const struct crl *c, version v, uint8_t out[CRL_HEAD_LEN])
{
	const uint64_t fields[] = { htobe64(v),
		htobe64((uint64_t)c->this_update),
		htobe64((uint64_t)c->next_update), htobe64(c->der_len),
		htobe64((uint64_t)c->ends) };

	memcpy(out, fields, sizeof(fields));
	out[sizeof(fields)] = c->tbs != NULL;
}

/* False, and logged, if the row is none. */
static bool
head_read(const MDB_val *k, const MDB_val *v, struct crl_head *out)
{
	const uint8_t *key = k->mv_data;
	uint64_t fields[5];

	if (k->mv_size != KEY_CRL_LEN || v->mv_size != CRL_HEAD_LEN) {
		table_damaged(TABLE_CRL_HEAD, k->mv_data, k->mv_size);
		return false;
	}
	memcpy(fields, v->mv_data, sizeof(fields));
	*out = (struct crl_head){ .name = { get_u32(key), get_u16(key + 4),
		                      get_u16(key + 6) },
		.version = be64toh(fields[0]),
		.this_update = (int64_t)be64toh(fields[1]),
		.next_update = (int64_t)be64toh(fields[2]),
		.der_len = be64toh(fields[3]),
		.ends = (int64_t)be64toh(fields[4]),
		.making = ((const uint8_t *)v->mv_data)[sizeof(fields)] != 0 };
	return true;
}

bool
snap_crl_head(struct snap *s, struct crl_name name, struct crl_head *out)
{
	struct key key = key_of_crl(name);
	MDB_val k = key_val(&key), v;

	return table_get(s, TABLE_CRL_HEAD, &k, &v) && head_read(&k, &v, out);
}

size_t
snap_crl_heads(struct snap *s, unsigned issuer, const struct crl_head *after,
    struct crl_head *out, size_t max)
{
	const struct crl_name whole = { .issuer = issuer };
	struct key key = key_of_crl(after == NULL ? whole : after->name);
	MDB_val k = key_val(&key), v;
	MDB_cursor *c;
	size_t n = 0;
	int rc;

	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_CRL_HEAD], &c) != 0)
		return 0;
	rc = after == NULL ? mdb_cursor_get(c, &k, &v, MDB_SET_RANGE)
	                   : table_after(c, &key, &k, &v);
	for (; rc == 0 && n < max; rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
		if (!head_read(&k, &v, &out[n]))
			continue;
		if (out[n].name.issuer != issuer)
			break;
		n++;
	}
	mdb_cursor_close(c);
	return n;
}

/*
 * Shards are put all at once but go one by one: those with this number may
 * be there or not, whatever others are.
 */
bool
crl_head_next(struct snap *s, unsigned issuer, struct id serial,
    unsigned *shards)
{
	struct crl_name at = { .issuer = issuer, .shards = *shards };
	struct crl_head h;
	struct key key;
	MDB_cursor *c;
	MDB_val k, v;
	bool found = false;

	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_CRL_HEAD], &c) != 0)
		return false;
	for (; !found; at.shards++) {
		key = key_of_crl(at);
		k = key_val(&key);
		if (mdb_cursor_get(c, &k, &v, MDB_SET_RANGE) != 0 ||
		    k.mv_size != KEY_CRL_LEN || get_u32(k.mv_data) != issuer)
			break;
		at.shards = get_u16((const uint8_t *)k.mv_data + 4);
		*shards = at.shards;
		found = snap_crl_head(s,
		    (struct crl_name){
		        issuer, at.shards, id_part(serial, at.shards) },
		    &h);
	}
	mdb_cursor_close(c);
	return found;
}
