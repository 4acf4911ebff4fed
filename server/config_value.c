/* The door every value passes, and what each kind of value is, in one row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "server/config_host.h"
#include "server/config_kind.h"

enum { TEXT_MAX = 200, URL_MAX = 1000, PATH_MAX_ = 1000, NAME_LEN_MAX = 32 };

static bool
bool_in(const struct config_key *k, const char *text, void *base,
    struct arena *a)
{
	bool yes = strcmp(text, "true") == 0;

	(void)a;
	memcpy((char *)base + k->at, &yes, sizeof(yes));
	return yes || strcmp(text, "false") == 0;
}

static const char *
bool_out(const struct config_key *k, const void *base, struct arena *a)
{
	bool yes;

	(void)a;
	memcpy(&yes, (const char *)base + k->at, sizeof(yes));
	return yes ? "true" : "false";
}

static bool
wish_in(const struct config_key *k, const char *text, void *base,
    struct arena *a)
{
	enum wish w = strcmp(text, "true") == 0 ? WISH_YES : WISH_NO;

	(void)a;
	memcpy((char *)base + k->at, &w, sizeof(w));
	return w == WISH_YES || strcmp(text, "false") == 0;
}

static const char *
wish_out(const struct config_key *k, const void *base, struct arena *a)
{
	static const char *const texts[] = {
		[WISH_LEFT_OUT] = "", [WISH_YES] = "true", [WISH_NO] = "false"
	};
	enum wish w;

	(void)a;
	memcpy(&w, (const char *)base + k->at, sizeof(w));
	return texts[w];
}

static bool
rate_in(const struct config_key *k, const char *text, void *base,
    struct arena *a)
{
	struct rate r;

	(void)a;
	if (!rate_read(text, &r))
		return false;
	memcpy((char *)base + k->at, &r, sizeof(r));
	return true;
}

static const char *
rate_out(const struct config_key *k, const void *base, struct arena *a)
{
	struct rate r;

	memcpy(&r, (const char *)base + k->at, sizeof(r));
	return rate_text(r, a);
}

static const char *const levels[] = { [LOG_DEBUG_] = "debug",
	[LOG_INFO_] = "info",
	[LOG_WARN_] = "warn",
	[LOG_ERROR_] = "error" };

static bool
level_in(const struct config_key *k, const char *text, void *base,
    struct arena *a)
{
	(void)a;
	for (unsigned i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		enum log_level l = (enum log_level)i;

		if (strcmp(text, levels[i]) != 0)
			continue;
		memcpy((char *)base + k->at, &l, sizeof(l));
		return true;
	}
	return false;
}

static const char *
level_out(const struct config_key *k, const void *base, struct arena *a)
{
	enum log_level l;

	(void)a;
	memcpy(&l, (const char *)base + k->at, sizeof(l));
	return levels[l];
}

static const char *const caa_checks[] = {
	[CAA_OFF] = "off", [CAA_ON] = "on", [CAA_LENIENT] = "lenient"
};

static bool
caa_in(const struct config_key *k, const char *text, void *base,
    struct arena *a)
{
	(void)a;
	for (unsigned i = 0; i < sizeof(caa_checks) / sizeof(caa_checks[0]);
	     i++) {
		enum caa_check c = (enum caa_check)i;

		if (strcmp(text, caa_checks[i]) != 0)
			continue;
		memcpy((char *)base + k->at, &c, sizeof(c));
		return true;
	}
	return false;
}

static const char *
caa_out(const struct config_key *k, const void *base, struct arena *a)
{
	enum caa_check c;

	(void)a;
	memcpy(&c, (const char *)base + k->at, sizeof(c));
	return caa_checks[c];
}

/* Words that are bits of one number; a kind has its own. */
static const struct word {
	enum config_kind kind;
	const char *name;
	unsigned bit;
} words[] = {
	{ K_USAGES, "serverAuth", USAGE_SERVER_AUTH },
	{ K_USAGES, "clientAuth", USAGE_CLIENT_AUTH },
	{ K_KEYS, "rsa", KEYS_RSA },
	{ K_KEYS, "p256", KEYS_P256 },
	{ K_KEYS, "p384", KEYS_P384 },
	{ K_KEYS, "p521", KEYS_P521 },
	{ K_KEYS, "ed25519", KEYS_ED25519 },
};
enum { N_WORDS = sizeof(words) / sizeof(words[0]) };

struct bits {
	enum config_kind kind;
	unsigned bits;
};

static bool
word_add(void *arg, const char *item)
{
	struct bits *b = arg;

	for (size_t i = 0; i < N_WORDS; i++)
		if (words[i].kind == b->kind &&
		    strcmp(item, words[i].name) == 0) {
			b->bits |= words[i].bit;
			return true;
		}
	return false;
}

static bool
words_in(const struct config_key *k, const char *text, void *base,
    struct arena *a)
{
	struct bits b = { .kind = k->kind };

	if (!config_items(text, a, word_add, &b))
		return false;
	memcpy((char *)base + k->at, &b.bits, sizeof(b.bits));
	return b.bits != 0;
}

static const char *
words_out(const struct config_key *k, const void *base, struct arena *a)
{
	const char *out = "";
	unsigned bits;

	memcpy(&bits, (const char *)base + k->at, sizeof(bits));
	for (size_t i = 0; i < N_WORDS; i++)
		if (words[i].kind == k->kind && (bits & words[i].bit) != 0)
			out = arena_printf(a, "%s%s%s", out,
			    out[0] == '\0' ? "" : ", ", words[i].name);
	return out;
}

bool
config_profile_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= NAME_LEN_MAX && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* Whole characters that YAML takes unescaped too, at most `most` bytes. */
static bool
shows(const char *text, size_t most)
{
	size_t left = strlen(text), n;

	if (left > most)
		return false;
	for (; left > 0; text += n, left -= n) {
		n = utf8_char(text, left);
		if (n == 0 || !utf8_shows(text, left) ||
		    strncmp(text, "\xef\xbb\xbf", 3) == 0 ||
		    strncmp(text, "\xef\xbf\xbe", 3) == 0 ||
		    strncmp(text, "\xef\xbf\xbf", 3) == 0)
			return false;
	}
	return true;
}

/* Texts: what each kind makes of one, or NULL. */
static const char *
text_read(const char *text, struct arena *a)
{
	return shows(text, TEXT_MAX) ? arena_text(a, text) : NULL;
}

static const char *
url_read(const char *text, struct arena *a)
{
	const char *rest = strncmp(text, "https://", 8) == 0  ? text + 8
	                   : strncmp(text, "http://", 7) == 0 ? text + 7
	                                                      : "";

	if (rest[0] == '\0' || rest[0] == '/' || strchr(rest, ' ') != NULL ||
	    !shows(text, URL_MAX))
		return NULL;
	return arena_text(a, text);
}

/* For certificates, so plain http and ASCII; without the last slash. */
static const char *
base_read(const char *text, struct arena *a)
{
	size_t len = strlen(text);

	if (strncmp(text, "http://", 7) != 0 || text[7] == '/' || len > URL_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= 0x20 || text[i] >= 0x7f ||
		    strchr("?#\"\\", text[i]) != NULL)
			return NULL;
	while (text[len - 1] == '/')
		len--;
	return len > 7 ? arena_bytes(a, text, len) : NULL;
}

static const char *
path_read(const char *text, struct arena *a)
{
	if (text[0] != '/' || !shows(text, PATH_MAX_))
		return NULL;
	return arena_text(a, text);
}

static const char *
profile_read(const char *text, struct arena *a)
{
	return config_profile_name(text) ? arena_text(a, text) : NULL;
}

static const char *
hostport_read(const char *text, struct arena *a)
{
	char host[HOST_MAX];
	uint16_t port;
	const char *canonical;

	if (!host_port_split(text, host, &port) ||
	    (canonical = host_read(host, a)) == NULL)
		return NULL;
	return host_port_join(canonical, port, 0, a);
}

struct resolvers {
	struct arena *a;
	const char *text;
};

static bool
resolver_add(void *arg, const char *item)
{
	struct resolvers *r = arg;
	const char *one = resolver_read(item, r->a);

	if (one == NULL)
		return false;
	if (r->text != NULL)
		one = arena_printf(r->a, "%s,%s", r->text, one);
	r->text = one;
	return true;
}

static const char *
resolvers_read(const char *text, struct arena *a)
{
	struct resolvers r = { a, NULL };

	return config_items(text, a, resolver_add, &r) ? r.text : NULL;
}

static bool
text_in(const struct config_key *k, const char *text, void *base,
    struct arena *a)
{
	static const char *(*const read[])(const char *, struct arena *) = {
		[K_TEXT] = text_read,
		[K_URL] = url_read,
		[K_BASE] = base_read,
		[K_PATH] = path_read,
		[K_HOSTPORT] = hostport_read,
		[K_SERVERS] = resolvers_read,
		[K_PROFILE] = profile_read,
	};
	const char *value = read[k->kind](text, a);

	if (value == NULL ||
	    (k->most != NULL && strlen(value) > strtoul(k->most, NULL, 10)))
		return false;
	memcpy((char *)base + k->at, &value, sizeof(value));
	return true;
}

static const char *
text_out(const struct config_key *k, const void *base, struct arena *a)
{
	const char *value;

	(void)a;
	memcpy(&value, (const char *)base + k->at, sizeof(value));
	return value == NULL ? "" : value;
}

static const struct kind {
	config_in *in;
	config_out *out;
	const char *what;
} kinds[] = {
	[K_MS] = { config_number_in, config_number_out, "a duration" },
	[K_SECONDS] = { config_number_in, config_number_out,
	    "a duration in whole seconds" },
	[K_DAYS] = { config_number_in, config_number_out,
	    "a duration in whole days" },
	[K_SIZE] = { config_number_in, config_number_out, "a size" },
	[K_COUNT] = { config_number_in, config_number_out, "a number" },
	[K_RATE] = { rate_in, rate_out, "how often, such as 300/1h, or 0" },
	[K_PORT] = { config_number_in, config_number_out, "a port" },
	[K_BOOL] = { bool_in, bool_out, "true or false" },
	[K_WISH] = { wish_in, wish_out, "true or false" },
	[K_TEXT] = { text_in, text_out, "a line of text" },
	[K_URL] = { text_in, text_out, "a URL of https or http" },
	[K_BASE] = { text_in, text_out,
	    "an http URL that paths can be appended to, such as "
	    "http://ca.lan:8080" },
	[K_PATH] = { text_in, text_out, "an absolute path" },
	[K_HOSTPORT] = { text_in, text_out,
	    "HOST:PORT, such as 0.0.0.0:8443 or [::]:8443" },
	[K_SERVERS] = { text_in, text_out,
	    "a list of addresses with or without a port, such as 192.0.2.53 or "
	    "127.0.0.1:8053" },
	[K_PROFILE] = { text_in, text_out,
	    "the name of a profile: a-z, 0-9 and -" },
	[K_LEVEL] = { level_in, level_out,
	    "one of debug, info, warn and error" },
	[K_CAA] = { caa_in, caa_out, "one of off, on and lenient" },
	[K_USAGES] = { words_in, words_out,
	    "a list of serverAuth, clientAuth or both" },
	[K_KEYS] = { words_in, words_out,
	    "a list of rsa, p256, p384, p521 and ed25519" },
	[K_HOSTS] = { config_list_in, config_list_out,
	    "a list of host names and addresses" },
	[K_NETWORKS] = { config_list_in, config_list_out,
	    "a list of addresses and networks, such as 10.0.0.0/8 or ::1" },
	[K_NAMES] = { config_list_in, config_list_out,
	    "a list of names, suffixes, globs and networks, such as "
	    "ca.example, .example, web-*.example or 10.0.0.0/8" },
	[K_OIDS] = { config_list_in, config_list_out,
	    "a list of object identifiers, such as 2.23.140.1.2.1" },
	[K_CHALLENGES] = { config_list_in, config_list_out,
	    "a list of types of challenges, such as http-01 and dns-01" },
};

const char *
config_value_kind(const struct config_key *k, struct arena *a)
{
	const char *what = kinds[k->kind].what;

	if (k->least == NULL)
		return what;
	if (k->kind == K_TEXT)
		return arena_printf(a, "%s, %s to %s bytes", what, k->least,
		    k->most);
	if (k->kind <= K_SIZE)
		return arena_printf(a, "%s from %s to %s, such as %s", what,
		    k->least, k->most, k->fallback);
	return arena_printf(a, "%s from %s to %s", what, k->least, k->most);
}

/* What may be left out is so when it is empty. */
static bool
leave_out(const struct config_key *k, void *base)
{
	memset((char *)base + k->at, 0, k->size);
	if (k->count_at != 0)
		memset((char *)base + k->count_at, 0, sizeof(size_t));
	return k->fallback[0] == '\0';
}

bool
config_value_read(const struct config_key *k, const char *text, void *base,
    struct arena *a, char why[CONFIG_LINE_MAX])
{
	if (text[0] == '\0' ? leave_out(k, base)
	                    : kinds[k->kind].in(k, text, base, a))
		return true;
	(void)snprintf(why, CONFIG_LINE_MAX, "expected %s, not \"%.100s\"",
	    config_value_kind(k, a), text);
	return false;
}

const char *
config_value_text(const struct config_key *k, const void *base, struct arena *a)
{
	return kinds[k->kind].out(k, base, a);
}
