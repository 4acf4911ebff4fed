/*
 * store/record.h: the nouns as bytes at rest; the one door for stored bytes.
 *
 * A record is 8 bytes of version (big-endian: the txnid that wrote it), one
 * byte of format, and a protobuf message of record.proto.  Whatever the bytes,
 * a decoder returns a sound object or NULL.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/model.h"

enum { RECORD_FORMAT = 1, RECORD_HEAD = 9, RECORD_MAX = 32 << 20 };
enum {
	RECORD_VALUE_MAX = 255,
	RECORD_THUMBPRINT_MAX = 128,
	RECORD_URL_MAX = 1024,
	RECORD_POINTS_MAX = 16,
	RECORD_DETAIL_MAX = 1 << 16
};

struct record {
	const uint8_t *data;
	size_t len;
};

/*
 * Into `a`, with version 0: the writer stamps what it writes.  False for an
 * object that could not be read back: a status that is never stored, a name or
 * thumbprint too long for a key, more than RECORD_MAX bytes.
 */
bool record_of_account(const struct account *acct, struct arena *a,
    struct record *out);
bool record_of_order(const struct order *o, struct arena *a,
    struct record *out);
bool record_of_authz(const struct authz *z, struct arena *a,
    struct record *out);
bool record_of_certificate(const struct certificate *c, struct arena *a,
    struct record *out);
bool record_of_eab(const struct eab *e, struct arena *a, struct record *out);
bool record_of_crl(const struct crl *c, struct arena *a, struct record *out);
bool record_of_blocked_key(const struct blocked_key *k, struct arena *a,
    struct record *out);
bool record_of_event(const struct event *e, struct arena *a,
    struct record *out);

/*
 * Copies in `a`, without their ids, which are the keys; NULL if the record is
 * damaged or of a newer format.  Texts that may be NULL are when empty.
 */
struct account *record_account(struct record r, struct arena *a);
struct order *record_order(struct record r, struct arena *a);
struct authz *record_authz(struct record r, struct arena *a);
struct certificate *record_certificate(struct record r, struct arena *a);
struct eab *record_eab(struct record r, struct arena *a);
struct crl *record_crl(struct record r, struct arena *a);
struct blocked_key *record_blocked_key(struct record r, struct arena *a);
struct event *record_event(struct record r, struct arena *a);

/* 0 if it is too short to have one. */
version record_version(struct record r);
void record_stamp(uint8_t *data, version v);

#endif
