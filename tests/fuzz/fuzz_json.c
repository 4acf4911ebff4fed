/*
 * Any bytes against a schema with every kind; what binds is written again, and
 * must then bind again.  Plain or not, it is read alike: with one more member,
 * whose name is not plain, it says the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

struct leaf {
	const char *type, *value;
};

struct tree {
	const char *name, *text;
	enum json_flag flag;
	int64_t number;
	bool has_number;
	const char *const *strings;
	size_t n_strings;
	const struct leaf *items;
	size_t n_items;
	const struct leaf *sub;
	size_t text_len;
};

static const struct json_field leaf_schema[] = {
	JSON_STR_REQUIRED("type", struct leaf, type, 1, 8),
	JSON_STR("value", struct leaf, value, 0),
	JSON_END,
};

static const struct json_field tree_schema[] = {
	JSON_STR("name", struct tree, name, 32),
	JSON_FLAG("flag", struct tree, flag),
	JSON_INT("number", struct tree, number, has_number),
	JSON_STRS("strings", struct tree, strings, n_strings, 8),
	JSON_ITEMS("items", struct tree, items, n_items, leaf_schema,
	    struct leaf, 0, 8),
	JSON_SUB("sub", struct tree, sub, leaf_schema, struct leaf),
	JSON_RAW("text", struct tree, text, text_len),
	JSON_REFUSE("refused"),
	JSON_END,
};

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
write_leaf(struct jsonw *w, const char *key, const struct leaf *leaf)
{
	jsonw_object(w, key);
	jsonw_str(w, "type", leaf->type);
	jsonw_str(w, "value", leaf->value);
	jsonw_end(w);
}

static const char *
write_tree(const struct tree *t, struct arena *a, size_t *len)
{
	struct jsonw *w = jsonw_new(a);

	jsonw_object(w, NULL);
	jsonw_str(w, "name", t->name);
	if (t->flag != JSON_ABSENT)
		jsonw_bool(w, "flag", t->flag == JSON_YES);
	if (t->has_number)
		jsonw_int(w, "number", t->number);
	jsonw_list(w, "strings");
	for (size_t i = 0; i < t->n_strings; i++)
		jsonw_str(w, NULL, t->strings[i]);
	jsonw_end(w);
	jsonw_list(w, "items");
	for (size_t i = 0; i < t->n_items; i++)
		write_leaf(w, NULL, &t->items[i]);
	jsonw_end(w);
	if (t->sub != NULL)
		write_leaf(w, "sub", t->sub);
	if (t->text != NULL)
		jsonw_raw(w, "text", t->text);
	jsonw_end(w);
	return jsonw_text(w, len);
}

/* With a member that only jansson reads. */
static const char *
made_unusual(const uint8_t *data, size_t len, struct arena *a, size_t *out_len)
{
	static const char more[] = "{\"\\u0073tranger to all\":0,";
	const char *text = arena_bytes(a, data, len);
	size_t at = strspn(text, " \t\r\n") + 1, gap = 0;
	char *out = arena_alloc(a, sizeof(more) + len, 1);

	gap = strspn(text + at, " \t\r\n");
	memcpy(out, more, sizeof(more) - 1);
	*out_len = sizeof(more) - 1;
	if (text[at + gap] == '}')
		--*out_len; /* nothing for a comma to part */
	memcpy(out + *out_len, text + at, len - at);
	*out_len += len - at;
	return out;
}

static void
same_by_either_reader(const uint8_t *data, size_t len, const char *text,
    size_t text_len, struct arena *a)
{
	struct tree tree = { 0 };
	struct fault f = { 0 };
	const char *again, *unusual;
	size_t n;

	unusual = made_unusual(data, len, a, &n);
	if (json_bind(unusual, n, tree_schema, &tree, a, &f) != OK) {
		if (strstr(f.detail, "twice") == NULL) /* it had that one */
			abort();
		return;
	}
	again = write_tree(&tree, a, &n);
	if (again == NULL || n != text_len || memcmp(text, again, n) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *a = arena_new();
	struct tree first = { 0 }, second = { 0 };
	struct fault f = { 0 };
	const char *text, *again;
	size_t text_len, again_len;
	enum err e;

	json_start();
	e = json_bind((const char *)data, len, tree_schema, &first, a, &f);
	if (e != OK && (e != ERR_MALFORMED || f.detail[0] == '\0'))
		abort();
	if (e == OK) {
		text = write_tree(&first, a, &text_len);
		if (text == NULL || json_bind(text, text_len, tree_schema,
		                        &second, a, &f) != OK)
			abort();
		again = write_tree(&second, a, &again_len);
		if (again_len != text_len || memcmp(text, again, text_len) != 0)
			abort();
		same_by_either_reader(data, len, text, text_len, a);
	}
	arena_free(a);
	return 0;
}
