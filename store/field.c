/*
 * What all records are made of.  protobuf-c takes its memory from the arena,
 * and gives none back.
 */
#include <string.h>

#include "store/record_int.h"

enum { FORMAT_AT = 8 };

char *
text_out(const char *text)
{
	return (char *)(text == NULL ? "" : text);
}

const char *
text_in(const char *text)
{
	return *text == '\0' ? NULL : text;
}

char **
texts_out(const char *const *texts, size_t n, struct arena *a)
{
	char **out = ARENA_ARRAY(a, char *, n);

	for (size_t i = 0; i < n; i++)
		out[i] = text_out(texts[i]);
	return out;
}

ProtobufCBinaryData
bytes_out(const uint8_t *data, size_t len)
{
	return (ProtobufCBinaryData){ len, (uint8_t *)data };
}

ProtobufCBinaryData
fixed_out(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] != 0)
			return bytes_out(data, len);
	return bytes_out(NULL, 0);
}

bool
fixed_in(ProtobufCBinaryData in, uint8_t *out, size_t len)
{
	if (in.len != 0 && in.len != len)
		return false;
	memset(out, 0, len);
	if (in.len != 0)
		memcpy(out, in.data, len);
	return true;
}

bool
id_in(ProtobufCBinaryData in, struct id *out)
{
	return fixed_in(in, out->bytes, ID_SIZE);
}

bool
seal(const ProtobufCMessage *m, struct arena *a, struct record *out)
{
	size_t len = protobuf_c_message_get_packed_size(m);
	uint8_t *data;

	if (len > RECORD_MAX - RECORD_HEAD)
		return false;
	data = arena_alloc(a, RECORD_HEAD + len, 1);
	data[FORMAT_AT] = RECORD_FORMAT;
	(void)protobuf_c_message_pack(m, data + RECORD_HEAD);
	*out = (struct record){ data, RECORD_HEAD + len };
	return true;
}

static void *
arena_take(void *a, size_t size)
{
	return arena_alloc(a, size, 1);
}

static void
arena_keep(void *a, void *p)
{
	(void)a;
	(void)p;
}

void *
unseal(struct record r, const ProtobufCMessageDescriptor *type, struct arena *a)
{
	ProtobufCAllocator memory = { arena_take, arena_keep, a };

	if (r.len < RECORD_HEAD || r.len > RECORD_MAX ||
	    r.data[FORMAT_AT] != RECORD_FORMAT)
		return NULL;
	return protobuf_c_message_unpack(type, &memory, r.len - RECORD_HEAD,
	    r.data + RECORD_HEAD);
}
