/* Keys: fixed fields, big-endian, so that memcmp() order is the order meant. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"

static void
add(struct key *k, const void *data, size_t len)
{
	if (len > sizeof(k->bytes) - k->len)
		abort(); /* records bound what becomes a key */
	memcpy(k->bytes + k->len, data, len);
	k->len += len;
}

static void
add_u64(struct key *k, uint64_t v)
{
	uint64_t be = htobe64(v);

	add(k, &be, sizeof(be));
}

struct key
key_of_u64(uint64_t v)
{
	struct key k = { .len = 0 };

	add_u64(&k, v);
	return k;
}

struct key
key_of_order(struct id account, struct id order)
{
	struct key k = { .len = 0 };

	add(&k, account.bytes, ID_SIZE);
	add(&k, order.bytes, ID_SIZE);
	return k;
}

/* No value has a NUL in it, so none is the beginning of another's rows. */
struct key
key_of_reusable(struct id account, const struct ident *ident, unsigned kind,
    const struct id *id)
{
	struct key k = { .len = 0 };
	uint8_t what[2] = { (uint8_t)ident->type,
		(uint8_t)((ident->wildcard ? 1 : 0) | kind << 1) };

	add(&k, account.bytes, ID_SIZE);
	add(&k, what, sizeof(what));
	add(&k, ident->value, strlen(ident->value) + 1);
	if (id != NULL)
		add(&k, id->bytes, ID_SIZE);
	return k;
}

struct key
key_of_revoked(unsigned issuer, struct id serial)
{
	struct key k = { .len = 0 };
	uint32_t number = htobe32(issuer);
	uint16_t spread = htobe16((uint16_t)id_spread(serial));

	add(&k, &number, sizeof(number));
	add(&k, &spread, sizeof(spread));
	add(&k, serial.bytes, ID_SIZE);
	return k;
}

struct key
key_of_crl(struct crl_name name)
{
	struct key k = { .len = 0 };
	uint32_t number = htobe32(name.issuer);
	uint16_t of[2] = { htobe16((uint16_t)name.shards),
		htobe16((uint16_t)name.shard) };

	add(&k, &number, sizeof(number));
	add(&k, of, sizeof(of));
	return k;
}

/* The same whatever the order of the names. */
struct key
key_of_open(struct id account, const struct ident *idents, size_t n)
{
	const struct ident *least = &idents[0];

	for (size_t i = 1; i < n; i++)
		if (ident_compare(&idents[i], least) < 0)
			least = &idents[i];
	return key_of_reusable(account, least, 0, NULL);
}

struct key
key_of_due(const struct due *d)
{
	struct key k = { .len = 0 };
	uint8_t kind = (uint8_t)d->kind;
	uint32_t index = htobe32(d->index);

	add(&k, &kind, 1);
	add_u64(&k, d->at_ms < 0 ? 0 : (uint64_t)d->at_ms);
	add(&k, d->object.bytes, ID_SIZE);
	add(&k, &index, sizeof(index));
	return k;
}

void
key_due(const uint8_t *bytes, struct due *out)
{
	uint64_t at;
	uint32_t index;

	out->kind = (enum due_kind)bytes[0];
	memcpy(&at, bytes + 1, sizeof(at));
	out->at_ms = (int64_t)be64toh(at);
	memcpy(out->object.bytes, bytes + 1 + sizeof(at), ID_SIZE);
	memcpy(&index, bytes + 1 + sizeof(at) + ID_SIZE, sizeof(index));
	out->index = be32toh(index);
}

MDB_val
key_val(const struct key *k)
{
	return (MDB_val){ k->len, (void *)k->bytes };
}
