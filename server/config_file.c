/*
 * The file: libyaml's document, walked once.  A tree of sections, values and
 * lists of values is all a configuration needs; tags, aliases, a second
 * document and deep nesting are refused, each with its line.  That is seen in
 * the events, before a document is made of them: libyaml takes half a minute
 * for 64 KiB of brackets.
 */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "server/config_int.h"

enum { DEPTH_MAX = 6, KEY_SIZE = 160, ITEMS_MAX = 256 };

struct walk {
	struct config_load *load;
	yaml_document_t *doc;
	const char *file;
};

static const char *
at_line(const struct walk *w, yaml_mark_t mark)
{
	return arena_printf(w->load->c->arena, "%s:%zu", w->file,
	    mark.line + 1);
}

static const yaml_node_t *
node_at(const struct walk *w, int index)
{
	return yaml_document_get_node(w->doc, index);
}

static bool
is_nothing(const yaml_node_t *n)
{
	const char *text = (const char *)n->data.scalar.value;

	return n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (text[0] == '\0' || strcmp(text, "~") == 0 ||
	           strcmp(text, "null") == 0);
}

/* The items with commas between; NULL after saying what is wrong. */
static const char *
joined(struct walk *w, const yaml_node_t *list, const char *key)
{
	struct config_load *l = w->load;
	char name[CONFIG_NAME_SIZE];
	const struct config_key *k = config_key_of(key, name);
	const char *out = "";

	if (k != NULL && k->kind < K_USAGES && k->kind != K_SERVERS) {
		config_wrong(l, at_line(w, list->start_mark),
		    "%s: expected %s, not a list", key,
		    config_value_kind(k, l->c->arena));
		return NULL;
	}
	for (const yaml_node_item_t *i = list->data.sequence.items.start;
	     i < list->data.sequence.items.top; i++) {
		const yaml_node_t *n = node_at(w, *i);

		if (i - list->data.sequence.items.start >= ITEMS_MAX ||
		    n->type != YAML_SCALAR_NODE || n->data.scalar.length == 0 ||
		    strchr((const char *)n->data.scalar.value, ',') != NULL) {
			config_wrong(l, at_line(w, n->start_mark),
			    "%s: expected a list of plain values, at most %d",
			    key, ITEMS_MAX);
			return NULL;
		}
		out = arena_printf(l->c->arena, "%s%s%s", out,
		    out[0] == '\0' ? "" : ",",
		    (const char *)n->data.scalar.value);
	}
	return out;
}

static void walk_mapping(struct walk *w, const yaml_node_t *map,
    const char *prefix);

static void
walk_value(struct walk *w, const char *where, const char *key,
    const yaml_node_t *value)
{
	struct config_load *l = w->load;
	const char *text;

	switch (value->type) {
	case YAML_MAPPING_NODE:
		walk_mapping(w, value, key);
		return;
	case YAML_SEQUENCE_NODE:
		text = joined(w, value, key);
		break;
	case YAML_SCALAR_NODE:
		text = (const char *)value->data.scalar.value;
		if (is_nothing(value)) {
			if (config_section(key))
				return; /* all of it is commented out */
			text = "";
		}
		break;
	case YAML_NO_NODE:
	default:
		text = NULL;
		break;
	}
	if (text != NULL)
		config_set(l, FROM_FILE, where, key, text);
}

static void
walk_mapping(struct walk *w, const yaml_node_t *map, const char *prefix)
{
	struct config_load *l = w->load;

	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top && l->errors < CONFIG_ERRORS_MAX;
	     p++) {
		const yaml_node_t *k = node_at(w, p->key);
		const char *where = at_line(w, k->start_mark), *key;

		if (k->type != YAML_SCALAR_NODE || k->data.scalar.length == 0 ||
		    strlen(prefix) + k->data.scalar.length + 2 > KEY_SIZE) {
			config_wrong(l, where, "expected a key");
			continue;
		}
		key = arena_printf(l->c->arena, "%s%s%s", prefix,
		    prefix[0] == '\0' ? "" : ".",
		    (const char *)k->data.scalar.value);
		walk_value(w, where, key, node_at(w, p->value));
	}
}

/* What is wrong with an event, if anything; `depth` follows it. */
static const char *
refusal(const yaml_event_t *e, unsigned *depth, unsigned *documents)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return ++*documents > 1 ? "a second document; one is expected"
		                        : NULL;
	case YAML_ALIAS_EVENT:
		return "aliases (*name) are not supported";
	case YAML_SCALAR_EVENT:
		if (strlen((const char *)e->data.scalar.value) !=
		    e->data.scalar.length)
			return "a zero byte is not supported";
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
		++*depth;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
		++*depth;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		--*depth;
		break;
	default:
		break;
	}
	if (*depth > DEPTH_MAX)
		return "nested too deep";
	if (tag != NULL)
		return "tags (!name) are not supported";
	return anchor != NULL ? "anchors (&name) are not supported" : NULL;
}

static void
not_yaml(struct config_load *l, const char *file, const yaml_parser_t *p)
{
	config_wrong(l,
	    arena_printf(l->c->arena, "%s:%zu", file, p->problem_mark.line + 1),
	    "not YAML: %s", p->problem == NULL ? "unreadable" : p->problem);
}

/* Is this YAML, and no more of it than we take? */
static bool
acceptable(struct config_load *l, const char *file, yaml_parser_t *p)
{
	unsigned depth = 0, documents = 0;
	const char *why = NULL;
	bool end = false;
	yaml_event_t e;

	while (!end && why == NULL) {
		if (yaml_parser_parse(p, &e) == 0) {
			not_yaml(l, file, p);
			return false;
		}
		if ((why = refusal(&e, &depth, &documents)) != NULL)
			config_wrong(l,
			    arena_printf(l->c->arena, "%s:%zu", file,
			        e.start_mark.line + 1),
			    "%s", why);
		end = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	return why == NULL;
}

static void
walk_document(struct config_load *l, const char *file, yaml_parser_t *p)
{
	yaml_document_t doc;
	struct walk w = { l, &doc, file };
	const yaml_node_t *root;

	if (yaml_parser_load(p, &doc) == 0) {
		not_yaml(l, file, p);
		return;
	}
	root = yaml_document_get_root_node(&doc);
	if (root != NULL && root->type == YAML_MAPPING_NODE)
		walk_mapping(&w, root, "");
	else if (root != NULL &&
	         (root->type != YAML_SCALAR_NODE || !is_nothing(root)))
		config_wrong(l, at_line(&w, root->start_mark),
		    "expected lines of `key: value`");
	yaml_document_delete(&doc);
}

void
config_yaml(struct config_load *l, const char *file, const char *text,
    size_t len)
{
	bool good = true;

	for (int pass = 0; pass < 2 && good; pass++) {
		yaml_parser_t p;

		if (yaml_parser_initialize(&p) == 0)
			abort();
		yaml_parser_set_input_string(&p, (const unsigned char *)text,
		    len);
		if (pass == 0)
			good = acceptable(l, file, &p);
		else
			walk_document(l, file, &p);
		yaml_parser_delete(&p);
	}
}
