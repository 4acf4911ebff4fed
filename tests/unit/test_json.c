#include "base/json.h"

#include "tests/cmocka.h"
#include <stdio.h>

struct item {
	const char *type, *value;
};

struct all {
	const char *name;
	enum json_flag yes, no, unsaid;
	int64_t number;
	bool has_number, has_other;
	int64_t other;
	const char *const *strings;
	size_t n_strings;
	const struct item *items;
	size_t n_items;
	const struct item *sub;
	const char *raw;
	size_t raw_len;
};

static const struct json_field item_schema[] = {
	JSON_STR_REQUIRED("type", struct item, type, 1, 8),
	JSON_STR_REQUIRED("value", struct item, value, 0, 16),
	JSON_END,
};

static const struct json_field all_schema[] = {
	JSON_STR("name", struct all, name, 10),
	JSON_FLAG("yes", struct all, yes),
	JSON_FLAG("no", struct all, no),
	JSON_FLAG("unsaid", struct all, unsaid),
	JSON_INT("number", struct all, number, has_number),
	JSON_INT("other", struct all, other, has_other),
	JSON_STRS("strings", struct all, strings, n_strings, 3),
	JSON_ITEMS("items", struct all, items, n_items, item_schema,
	    struct item, 1, 2),
	JSON_SUB("sub", struct all, sub, item_schema, struct item),
	JSON_RAW("raw", struct all, raw, raw_len),
	JSON_REFUSE("never"),
	JSON_END,
};

static struct arena *arena;
static struct fault f;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	json_start();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static enum err
bind_all(const char *text, struct all *out)
{
	memset(out, 0, sizeof(*out));
	memset(&f, 0, sizeof(f));
	return json_bind(text, strlen(text), all_schema, out, arena, &f);
}

TEST(each_kind_arrives_in_its_struct)
{
	struct all v;

	assert_int_equal(
	    bind_all(" {\"name\":\"a\\u00fc\\n/\",\"yes\":true,\"no\":false,"
	             "\"number\":-9223372036854775808,"
	             "\"strings\":[\"a\",\"\",\"c\"],"
	             "\"items\":[{\"type\":\"dns\",\"value\":\"x\"},"
	             "{\"value\":\"\",\"more\":[1.5],\"type\":\"ip\"}],"
	             "\"sub\":{\"type\":\"t\",\"value\":\"v\"},"
	             "\"raw\":{ \"b\" : [ 1, \"/\" ], \"a\":null },"
	             "\"unknown\":{\"yes\":1}} \r\n",
	        &v),
	    OK);
	assert_string_equal(v.name, "a\xc3\xbc\n/");
	assert_int_equal(v.yes, JSON_YES);
	assert_int_equal(v.no, JSON_NO);
	assert_int_equal(v.unsaid, JSON_ABSENT);
	assert_true(v.has_number && v.number == INT64_MIN);
	assert_false(v.has_other);
	assert_int_equal(v.n_strings, 3);
	assert_string_equal(v.strings[0], "a");
	assert_string_equal(v.strings[1], "");
	assert_string_equal(v.strings[2], "c");
	assert_int_equal(v.n_items, 2);
	assert_string_equal(v.items[0].type, "dns");
	assert_string_equal(v.items[1].type, "ip");
	assert_string_equal(v.items[1].value, "");
	assert_string_equal(v.sub->value, "v");
	assert_string_equal(v.raw, "{\"b\":[1,\"/\"],\"a\":null}");
	assert_int_equal(v.raw_len, strlen(v.raw));
}

TEST(null_is_the_same_as_absent)
{
	struct all v;

	assert_int_equal(bind_all("{\"items\":[{\"type\":\"a\",\"value\":\"\"}]"
	                          ","
	                          "\"name\":null,\"yes\":null,\"number\":null,"
	                          "\"strings\":null,\"sub\":null,\"raw\":null}",
	                     &v),
	    OK);
	assert_null(v.name);
	assert_int_equal(v.yes, JSON_ABSENT);
	assert_false(v.has_number);
	assert_null(v.strings);
	assert_null(v.sub);
	assert_null(v.raw);
	assert_int_equal(bind_all("{\"items\":null}", &v), ERR_MALFORMED);
}

/* `rest` stands beside a good list of items. */
TEST(what_does_not_fit_the_schema_is_named)
{
	static const struct {
		const char *rest, *says;
	} rows[] = {
		{ "\"name\":1", "\"name\": expected a string" },
		{ "\"name\":\"12345678901\"",
		    "\"name\": expected at most 10 bytes, got 11" },
		{ "\"yes\":\"true\"", "\"yes\": expected true or false" },
		{ "\"yes\":1", "\"yes\": expected true or false" },
		{ "\"number\":1.0", "\"number\": expected an integer" },
		{ "\"number\":\"1\"", "\"number\": expected an integer" },
		{ "\"number\":true", "\"number\": expected an integer" },
		{ "\"strings\":\"a\"",
		    "\"strings\": expected a list of strings" },
		{ "\"strings\":{}", "\"strings\": expected a list of strings" },
		{ "\"strings\":[\"a\",1]",
		    "\"strings[1]\": expected a string" },
		{ "\"strings\":[null]", "\"strings[0]\": expected a string" },
		{ "\"strings\":[\"\",\"\",\"\",\"\"]",
		    "\"strings\": expected at most 3 items, got 4" },
		{ "\"sub\":[]", "\"sub\": expected an object" },
		{ "\"sub\":{\"type\":\"t\"}",
		    "\"sub.value\": required, and missing" },
		{ "\"sub\":{\"type\":\"\",\"value\":\"\"}",
		    "\"sub.type\": expected at least 1 bytes, got 0" },
		{ "\"raw\":[]", "\"raw\": expected an object" },
		{ "\"raw\":\"{}\"", "\"raw\": expected an object" },
		{ "\"never\":1",
		    "\"never\": not supported here; leave it out" },
	};
	char text[256];
	struct all v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "{\"items\":[{\"type\":\"a\",\"value\":\"\"}],%s}",
		    rows[i].rest);
		assert_int_equal(bind_all(text, &v), ERR_MALFORMED);
		assert_int_equal(f.code, ERR_MALFORMED);
		assert_string_equal(f.detail, rows[i].says);
	}
}

TEST(a_list_says_which_item_is_wrong)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "{}", "\"items\": required, and missing" },
		{ "{\"items\":[]}",
		    "\"items\": expected at least 1 items, got 0" },
		{ "{\"items\":{}}", "\"items\": expected a list of objects" },
		{ "{\"items\":[\"a\"]}", "\"items[0]\": expected an object" },
		{ "{\"items\":[{\"type\":\"a\",\"value\":\"\"},{\"type\":2}]}",
		    "\"items[1].type\": expected a string" },
		{ "{\"items\":[{},{},{}]}",
		    "\"items\": expected at most 2 items, got 3" },
	};
	struct all v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(bind_all(rows[i].text, &v), ERR_MALFORMED);
		assert_string_equal(f.detail, rows[i].says);
	}
}

static const struct json_field nothing[] = { JSON_END };

static enum err
bind_nothing(const char *text, size_t len)
{
	memset(&f, 0, sizeof(f));
	return json_bind(text, len, nothing, NULL, arena, &f);
}

TEST(a_refused_member_is_refused_even_as_null)
{
	struct all v;

	assert_int_equal(bind_all("{\"name\":\"a\",\"items\":[{\"type\":\"a\","
	                          "\"value\":\"\"}],"
	                          "\"never\":null}",
	                     &v),
	    ERR_MALFORMED);
	assert_non_null(strstr(f.detail, "never"));
}

TEST(what_is_closed_has_no_other_members)
{
	struct pair {
		const char *one;
		size_t len;
		const struct pair *in;
	};
	static const struct json_field inner[] = {
		JSON_STR("one", struct pair, one, 8), JSON_END_CLOSED
	};
	static const struct json_field outer[] = { JSON_STR("one", struct pair,
		                                       one, 8),
		JSON_SUB("in", struct pair, in, inner, struct pair), JSON_END };
	static const struct {
		const struct json_field *fields;
		const char *text;
		enum err e;
	} rows[] = {
		{ inner, "{\"one\":\"1\"}", OK },
		{ inner, "{}", OK },
		{ inner, "{\"one\":\"1\",\"two\":2}", ERR_MALFORMED },
		{ inner, "{\"one\":\"1\",\"two\":null}", ERR_MALFORMED },
		{ outer, "{\"one\":\"1\",\"two\":2,\"in\":{}}", OK },
		{ outer, "{\"in\":{\"one\":\"1\"}}", OK },
		{ outer, "{\"in\":{\"two\":\"1\"}}", ERR_MALFORMED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair v = { 0 };

		f = (struct fault){ 0 };
		if (json_bind(rows[i].text, strlen(rows[i].text),
		        rows[i].fields, &v, arena, &f) != rows[i].e)
			fail_msg("%s: %s", rows[i].text, f.detail);
	}
	assert_non_null(strstr(f.detail, "\"in\""));
}

TEST(what_is_not_one_object_is_refused)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{ "", "got nothing" },
		{ " ", "ends too early" },
		{ "[]", "expected a JSON object" },
		{ "1", "is not JSON" },
		{ "null", "is not JSON" },
		{ "{", "ends too early" },
		{ "{}{}", "goes on after its end" },
		{ "{} x", "goes on after its end" },
		{ "{}]", "goes on after its end" },
		{ "{\"a\":1,}", "is not JSON" },
		{ "{a:1}", "is not JSON" },
		{ "{'a':1}", "is not JSON" },
		{ "{\"a\":01}", "is not JSON" },
		{ "{\"a\":NaN}", "is not JSON" },
		{ "{\"a\":1} // x", "goes on after its end" },
		{ "\xef\xbb\xbf{}", "is not JSON" },
		{ "{\"a\":\"\t\"}", "is not JSON" },
		{ "{\"a\":\"\\x\"}", "is not JSON" },
		{ "{\"a\":1,\"a\":1}", "has a member twice" },
		{ "{\"a\":1,\"\\u0061\":2}", "has a member twice" },
		{ "{\"b\":{\"a\":1,\"a\":1}}", "has a member twice" },
		{ "{\"a\":\"\\u0000\"}", "has a NUL in a string" },
		{ "{\"\\u0000\":1}", "has a NUL in a string" },
		{ "{\"a\":\"\xff\"}", "is not UTF-8" },
		{ "{\"a\":\"\xc0\xaf\"}", "is not UTF-8" },
		{ "{\"a\":\"\xed\xa0\x80\"}", "is not UTF-8" },
		{ "{\"a\":\"\xc3\"}", "is not UTF-8" },
		{ "{\"a\":\"\\ud800\"}", "is not JSON" },
		{ "{\"a\":99999999999999999999}", "too big" },
		{ "{\"a\":1e999}", "too big" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(bind_nothing(rows[i].text,
		                     strlen(rows[i].text)),
		    ERR_MALFORMED);
		if (strstr(f.detail, rows[i].says) == NULL)
			fail_msg("%s: %s, not %s", rows[i].text, f.detail,
			    rows[i].says);
	}
	assert_int_equal(bind_nothing("{}\0", 3), ERR_MALFORMED);
	assert_int_equal(bind_nothing("{\"a\0\":1}", 8), ERR_MALFORMED);
	assert_int_equal(bind_nothing("{}", 2), OK);
}

struct plain {
	const char *one, *two;
};

static const struct json_field plain_schema[] = {
	JSON_STR_REQUIRED("one", struct plain, one, 1, 4),
	JSON_STR("two", struct plain, two, 0),
	JSON_REFUSE("never"),
	JSON_END,
};

static void
same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL)
		assert_string_equal(a, b);
}

/* JWS-23: each row alone, and beside a member that only jansson reads. */
TEST(what_is_plain_is_read_as_the_rest_is)
{
	static const char *const rows[] = { "\"one\":\"1\"",
		"\"one\" : \"1234\" , \"two\"\t:\n\"\"\r",
		"\"two\":\"2\",\"one\":\"1\",\"three\":\"3\"",
		"\"one\":\" ~ \",\"\":\"\"", "\"one\":\"\"",
		"\"one\":\"12345\"", "\"two\":\"2\"",
		"\"one\":\"1\",\"never\":\"1\"", "\"one\":\"1\",\"one\":\"1\"",
		"\"one\":\"1\",\"x\":\"\",\"x\":\"\"", "\"one\":\"1\",",
		",\"one\":\"1\"", "\"one\"\"1\"", "\"one\":\"1\" \"two\":\"2\"",
		"\"one\":\"\n\"", "\"one\":\"1\n\"", "\"one\":\"1\t\"",
		"\"one\":\"\x7f\"", "\"one\":\"\xc3\xbc\"", "\"one\":\"\\n\"",
		"\"one\":\"\xff\"", "\"one\":\"1", "\"one\":1", "\"one\"",
		"\"one\":\"1\",\"two\":null", "\"one\":\"1\"}", "one:\"1\"",
		"\"one\":\"1\",\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\","
		"\"e\":\"\",\"f\":\"\",\"g\":\"\",\"h\":\"\",\"i\":\"\","
		"\"j\":\"\",\"k\":\"\",\"l\":\"\",\"m\":\"\",\"n\":\"\","
		"\"o\":\"\",\"p\":\"\",\"q\":\"\",\"two\":\"2\"" };
	struct plain alone, beside;
	char text[256];
	enum err e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		alone = beside = (struct plain){ 0 };
		(void)snprintf(text, sizeof(text), "{%s}", rows[i]);
		e = json_bind(text, strlen(text), plain_schema, &alone, arena,
		    &f);
		(void)snprintf(text, sizeof(text), "{\"\\n\":0,%s}", rows[i]);
		if (json_bind(text, strlen(text), plain_schema, &beside, arena,
		        &f) != e)
			fail_msg("%s: %d", rows[i], (int)e);
		if (e != OK)
			continue;
		same_text(alone.one, beside.one);
		same_text(alone.two, beside.two);
	}
}

/* JWS-23, SEC-02. */
TEST(nesting_is_bounded_but_brackets_in_strings_are_not_nesting)
{
	static const char *const deep[] = {
		"{\"a\":[[[[[[[[]]]]]]]]}",
		"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[",
		"{\"\\\"\":[[[[[[[{}]]]]]]]}",
	};
	static const char *const fine[] = {
		"{\"a\":[[[[[[[]]]]]]]}",
		"{\"a\":\"[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[\"}",
		"{\"a\":[],\"b\":[],\"c\":[],\"d\":[],\"e\":[],\"f\":[],"
		"\"g\":[],\"h\":[],\"i\":[]}",
	};

	for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
		assert_int_equal(bind_nothing(deep[i], strlen(deep[i])),
		    ERR_MALFORMED);
		assert_string_equal(f.detail,
		    "the JSON text nests deeper than 8");
	}
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		assert_int_equal(bind_nothing(fine[i], strlen(fine[i])), OK);
}

TEST(the_writer_nests_and_separates)
{
	struct jsonw *w = jsonw_new(arena);
	size_t len;

	jsonw_object(w, NULL);
	jsonw_str(w, "a", "x");
	jsonw_list(w, "l");
	jsonw_str(w, NULL, "y");
	jsonw_object(w, NULL);
	jsonw_end(w);
	jsonw_list(w, NULL);
	jsonw_int(w, NULL, INT64_MIN);
	jsonw_bool(w, NULL, true);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_bool(w, "b", false);
	jsonw_str(w, "left out", NULL);
	jsonw_time(w, "t", 1795235820);
	jsonw_raw(w, "r", "{\"z\":1}");
	jsonw_end(w);
	assert_string_equal(jsonw_text(w, &len),
	    "{\"a\":\"x\",\"l\":[\"y\",{},[-9223372036854775808,true]],"
	    "\"b\":false,\"t\":\"2026-11-21T04:37:00Z\",\"r\":{\"z\":1}}");
	assert_int_equal(len, strlen(jsonw_text(w, NULL)));
}

TEST(the_writer_escapes_what_it_must_and_no_more)
{
	struct jsonw *w = jsonw_new(arena);

	jsonw_list(w, NULL);
	jsonw_str(w, NULL, "\"\\/\b\n\x1f\x7f\xc3\xbc\xf0\x9f\x92\xa9");
	jsonw_end(w);
	assert_string_equal(jsonw_text(w, NULL),
	    "[\"\\\"\\\\/\\u0008\\u000a\\u001f\x7f\xc3\xbc\xf0\x9f\x92\xa9\"]");
}

TEST(what_is_written_reads_back_the_same)
{
	struct jsonw *w = jsonw_new(arena);
	char every[10 * 127 + 1];
	struct {
		const char *s;
	} v = { 0 };
	const struct json_field schema[] = {
		{ .name = "s", .kind = JSON_KIND_STRING },
		JSON_END,
	};
	size_t len;
	const char *text;

	for (size_t i = 0; i < sizeof(every) - 1; i++)
		every[i] = (char)(1 + i % 127);
	every[sizeof(every) - 1] = '\0';
	jsonw_object(w, NULL);
	jsonw_str(w, "s", every);
	jsonw_end(w);
	assert_non_null(text = jsonw_text(w, &len));
	assert_int_equal(json_bind(text, len, schema, &v, arena, &f), OK);
	assert_string_equal(v.s, every);
}

TEST(the_writer_keeps_to_its_buffer_at_every_length)
{
	char value[1200] = "";

	for (size_t i = 0; i < sizeof(value) - 1; i++) {
		struct jsonw *w = jsonw_new(arena);
		char *next;
		size_t len;

		jsonw_list(w, NULL);
		jsonw_str(w, NULL, value);
		jsonw_end(w);
		next = arena_text(arena, "next");
		assert_non_null(jsonw_text(w, &len));
		assert_int_equal(len, i + 4);
		assert_string_equal(next, "next");
		value[i] = 'x';
	}
}

static void
bad_utf8(struct jsonw *w)
{
	jsonw_str(w, "k", "\xc3");
}

static void
bad_key(struct jsonw *w)
{
	jsonw_str(w, "\xff", "v");
}

static void
no_key(struct jsonw *w)
{
	jsonw_str(w, NULL, "v");
}

static void
key_in_list(struct jsonw *w)
{
	jsonw_list(w, "l");
	jsonw_str(w, "k", "v");
	jsonw_end(w);
}

static void
one_too_many_ends(struct jsonw *w)
{
	jsonw_end(w);
	jsonw_end(w);
	jsonw_object(w, NULL);
}

static void
two_documents(struct jsonw *w)
{
	jsonw_end(w);
	jsonw_object(w, NULL);
}

static void
left_open(struct jsonw *w)
{
	jsonw_object(w, "k");
}

static void
raw_failure(struct jsonw *w)
{
	jsonw_raw(w, "k", NULL);
}

static void
far_future(struct jsonw *w)
{
	jsonw_time(w, "k", 253402300800);
}

static void
too_many_open(struct jsonw *w)
{
	for (int i = 0; i < 16; i++)
		jsonw_object(w, "k");
	for (int i = 0; i < 16; i++)
		jsonw_end(w);
}

TEST(a_writers_errors_stick)
{
	static void (*const wrong[])(struct jsonw *) = { bad_utf8, bad_key,
		no_key, key_in_list, one_too_many_ends, two_documents,
		left_open, raw_failure, far_future, too_many_open };
	struct jsonw *w;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		w = jsonw_new(arena);
		jsonw_object(w, NULL);
		wrong[i](w);
		jsonw_str(w, "after", "that");
		jsonw_end(w);
		if (jsonw_text(w, NULL) != NULL)
			fail_msg("row %zu: %s", i, jsonw_text(w, NULL));
	}
	assert_null(jsonw_text(jsonw_new(arena), NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_arrives_in_its_struct),
		cmocka_unit_test(null_is_the_same_as_absent),
		cmocka_unit_test(what_does_not_fit_the_schema_is_named),
		cmocka_unit_test(a_list_says_which_item_is_wrong),
		cmocka_unit_test(a_refused_member_is_refused_even_as_null),
		cmocka_unit_test(what_is_closed_has_no_other_members),
		cmocka_unit_test(what_is_not_one_object_is_refused),
		cmocka_unit_test(what_is_plain_is_read_as_the_rest_is),
		cmocka_unit_test(
		    nesting_is_bounded_but_brackets_in_strings_are_not_nesting),
		cmocka_unit_test(the_writer_nests_and_separates),
		cmocka_unit_test(the_writer_escapes_what_it_must_and_no_more),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(
		    the_writer_keeps_to_its_buffer_at_every_length),
		cmocka_unit_test(a_writers_errors_stick),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
