/*
 * The file: libyaml's document, walked once.  A tree of sections, values and
 * lists of values is all a configuration needs; tags, aliases, a second
 * document and deep nesting are refused, each with its line.
 */
#include <string.h>
#include <yaml.h>

#include "server/config_int.h"

enum { DEPTH_MAX = 4, KEY_SIZE = 160, ITEMS_MAX = 256 };

struct walk {
	struct config_load *load;
	yaml_document_t *doc;
	bool *seen; /* by node: what comes twice was an alias */
	const char *file;
};

static const char *
at_line(const struct walk *w, yaml_mark_t mark)
{
	return arena_printf(w->load->c->arena, "%s:%zu", w->file,
	    mark.line + 1);
}

static bool
is_default_tag(const yaml_node_t *n)
{
	const char *want =
	    n->type == YAML_MAPPING_NODE    ? "tag:yaml.org,2002:map"
	    : n->type == YAML_SEQUENCE_NODE ? "tag:yaml.org,2002:seq"
	                                    : "tag:yaml.org,2002:str";

	return n->tag == NULL || strcmp((const char *)n->tag, want) == 0;
}

/* A node, refused if it is what we do not take.  NULL after saying so. */
static const yaml_node_t *
node_at(struct walk *w, int index)
{
	const yaml_node_t *n = yaml_document_get_node(w->doc, index);
	const char *where = at_line(w, n->start_mark);

	if (w->seen[index])
		config_wrong(w->load, where,
		    "aliases (*name) are not supported");
	else if (!is_default_tag(n))
		config_wrong(w->load, where, "tags (!name) are not supported");
	else if (n->type == YAML_SCALAR_NODE &&
	         strlen((const char *)n->data.scalar.value) !=
	             n->data.scalar.length)
		config_wrong(w->load, where, "a zero byte is not supported");
	else {
		w->seen[index] = true;
		return n;
	}
	return NULL;
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

	if (k != NULL && k->kind < K_HOSTS && k->kind != K_SERVERS &&
	    k->kind != K_USAGES) {
		config_wrong(l, at_line(w, list->start_mark),
		    "%s: expected %s, not a list", key,
		    config_value_kind(k, l->c->arena));
		return NULL;
	}
	for (const yaml_node_item_t *i = list->data.sequence.items.start;
	     i < list->data.sequence.items.top; i++) {
		const yaml_node_t *n = node_at(w, *i);

		if (n == NULL)
			return NULL;
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
    const char *prefix, unsigned depth);

static void
walk_value(struct walk *w, const char *where, const char *key,
    const yaml_node_t *value, unsigned depth)
{
	struct config_load *l = w->load;
	const char *text;

	switch (value->type) {
	case YAML_MAPPING_NODE:
		walk_mapping(w, value, key, depth + 1);
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
walk_mapping(struct walk *w, const yaml_node_t *map, const char *prefix,
    unsigned depth)
{
	struct config_load *l = w->load;

	if (depth > DEPTH_MAX) {
		config_wrong(l, at_line(w, map->start_mark),
		    "%s: nested too deep", prefix);
		return;
	}
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top && l->errors < CONFIG_ERRORS_MAX;
	     p++) {
		const yaml_node_t *k = node_at(w, p->key), *v;
		const char *where, *key;

		if (k == NULL || (v = node_at(w, p->value)) == NULL)
			continue;
		where = at_line(w, k->start_mark);
		if (k->type != YAML_SCALAR_NODE || k->data.scalar.length == 0 ||
		    strlen(prefix) + k->data.scalar.length + 2 > KEY_SIZE) {
			config_wrong(l, where, "expected a key");
			continue;
		}
		key = arena_printf(l->c->arena, "%s%s%s", prefix,
		    prefix[0] == '\0' ? "" : ".",
		    (const char *)k->data.scalar.value);
		walk_value(w, where, key, v, depth);
	}
}

static void
walk_document(struct config_load *l, const char *file, yaml_document_t *doc)
{
	size_t nodes = (size_t)(doc->nodes.top - doc->nodes.start);
	struct walk w = { l, doc, ARENA_ARRAY(l->c->arena, bool, nodes + 1),
		file };
	const yaml_node_t *root = node_at(&w, 1);

	if (root == NULL)
		return;
	if (root->type == YAML_MAPPING_NODE)
		walk_mapping(&w, root, "", 0);
	else if (root->type != YAML_SCALAR_NODE || !is_nothing(root))
		config_wrong(l, at_line(&w, root->start_mark),
		    "expected lines of `key: value`");
}

void
config_yaml(struct config_load *l, const char *file, const char *text,
    size_t len)
{
	struct arena *a = l->c->arena;
	yaml_parser_t parser;
	yaml_document_t doc;
	bool more = true;

	if (yaml_parser_initialize(&parser) == 0) {
		config_wrong(l, file, "out of memory");
		return;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	for (unsigned n = 0; more; n++) {
		if (yaml_parser_load(&parser, &doc) == 0) {
			config_wrong(l,
			    arena_printf(a, "%s:%zu", file,
			        parser.problem_mark.line + 1),
			    "not YAML: %s",
			    parser.problem == NULL ? "unreadable"
			                           : parser.problem);
			break;
		}
		more = yaml_document_get_root_node(&doc) != NULL;
		if (more && n == 0)
			walk_document(l, file, &doc);
		else if (more)
			config_wrong(l,
			    arena_printf(a, "%s:%zu", file,
			        doc.start_mark.line + 1),
			    "a second document; one is expected");
		yaml_document_delete(&doc);
		if (n > 0)
			break;
	}
	yaml_parser_delete(&parser);
}
