/*
 * A byte that says which type, and a value.  What is accepted is a fixed point:
 * its text is accepted as the same identifier.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ident.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_accepted(const struct ident *id, struct arena *a)
{
	unsigned char bytes[16];
	struct fault f = { 0 };
	struct ident again;
	const char *text = ident_text(id, a);
	size_t n = ident_address(id, bytes);

	if (ident_parse(ident_type_text(id->type), text, a, &again, &f) != OK ||
	    !ident_equal(id, &again))
		abort();
	if (id->type == IDENT_IP ? n != 4 && n != 16 : n != 0)
		abort();
	if (strlen(text) > 253 ||
	    strspn(id->value, "abcdefghijklmnopqrstuvwxyz0123456789.:-") !=
	        strlen(id->value))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const types[] = { "dns", "ip", "other" };
	struct arena *a = arena_new();
	struct fault f = { 0 };
	struct ident id;
	enum err e;

	if (len > 0) {
		e = ident_parse(types[data[0] % 3],
		    arena_bytes(a, data + 1, len - 1), a, &id, &f);
		if (e == OK)
			check_accepted(&id, a);
		else if (f.code != e || f.detail[0] == '\0')
			abort();
	}
	arena_free(a);
	return 0;
}
