/* store/record_int.h: how fields and frames are written, for all nouns. */
#ifndef STORE_RECORD_INT_H
#define STORE_RECORD_INT_H

#include "store/record.h"
#include "store/record.pb-c.h"

/* Texts that may be NULL are empty at rest. */
char *text_out(const char *text);
const char *text_in(const char *text);
char **texts_out(const char *const *texts, size_t n, struct arena *a);
ProtobufCBinaryData bytes_out(const uint8_t *data, size_t len);

/*
 * Ids, digests, keys: all zero is nothing, and takes no room.  False if what
 * was read has another length.
 */
ProtobufCBinaryData fixed_out(const uint8_t *data, size_t len);
bool fixed_in(ProtobufCBinaryData in, uint8_t *out, size_t len);
bool id_in(ProtobufCBinaryData in, struct id *out);

/* A message in its frame; false if it is too long. */
bool seal(const ProtobufCMessage *m, struct arena *a, struct record *out);
/* A message of `type`, in `a`, or NULL. */
void *unseal(struct record r, const ProtobufCMessageDescriptor *type,
    struct arena *a);

#endif
