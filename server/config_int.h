/* server/config_int.h: the table, and the door every value passes. */
#ifndef SERVER_CONFIG_INT_H
#define SERVER_CONFIG_INT_H

#include "server/config.h"

/* What a value is; how each is read and written: server/config_value.c. */
enum config_kind {
	K_MS, /* durations, in the unit of the member */
	K_SECONDS,
	K_DAYS,
	K_SIZE,  /* bytes */
	K_COUNT, /* a whole number */
	K_PORT,
	K_RATE,
	K_BOOL,
	K_WISH, /* enum wish */
	K_TEXT, /* from here on NULL when left out… */
	K_URL,
	K_BASE, /* an http URL that paths are appended to */
	K_PATH,
	K_HOSTPORT,
	K_SERVERS,  /* addresses with ports, one text, commas between */
	K_PROFILE,  /* …but this one */
	K_LEVEL,    /* enum log_level */
	K_CAA,      /* enum caa_check */
	K_USAGES,   /* lists, from here on: USAGE_ bits */
	K_KEYS,     /* KEYS_ bits */
	K_HOSTS,    /* of texts: an array and its length */
	K_NETWORKS, /* addresses and CIDRs */
	K_OIDS,
	K_NAMES,      /* patterns for names (acme/policy.h) */
	K_CHALLENGES, /* types of challenges */
};

enum config_when {
	W_LIVE,  /* SIGHUP is enough */
	W_START, /* at the next start */
	W_INIT,  /* when `mayfly init` makes the CA, and never again */
	W_INNER, /* between our own processes; no operator sees it */
};

struct config_key {
	const char *pattern; /* "profiles.*.lifetime": `*` is a name */
	enum config_kind kind;
	size_t at, size, count_at; /* in struct config, or config_profile */
	const char *fallback;      /* the default; "" leaves it out */
	const char *least, *most;  /* both included; NULL: any */
	enum config_when when;
	const char *help;
};

extern const struct config_key config_keys[];
extern const size_t n_config_keys;

/* The profiles that are there by themselves, in the order offered. */
struct config_builtin {
	const char *name, *lifetime, *description, *usages, *no_rev_avail;
};
extern const struct config_builtin config_builtins[];
extern const size_t n_config_builtins;

enum {
	CONFIG_PROFILES_MAX = 64,
	CONFIG_LINE_MAX = 512,  /* of a report */
	CONFIG_ERRORS_MAX = 20, /* then enough has been said */
	CONFIG_NAME_SIZE = 64,  /* of the NAME in profiles.NAME */
};

/*
 * Put the value `text` says at `base` (a struct config or config_profile).
 * False, with what was expected in `why`, if it says none.
 */
bool config_value_read(const struct config_key *k, const char *text, void *base,
    struct arena *a, char why[CONFIG_LINE_MAX]);
/* As config_value_read() reads it, in `a`; "" for what was left out. */
const char *config_value_text(const struct config_key *k, const void *base,
    struct arena *a);
/* "a duration from 1s to 10m, such as 30s", for people. */
const char *config_value_kind(const struct config_key *k, struct arena *a);

/* May this be the NAME in profiles.NAME? */
bool config_profile_name(const char *name);

/*
 * A load under way.  `where` each value came from is kept to say so when
 * values contradict each other, or come twice from one place.
 */
struct config_load {
	struct config *c;
	const struct config_report *report;
	unsigned errors;
	bool inner; /* W_INNER keys are welcome */
	struct config_given *given;
};
struct config_given {
	struct config_given *next;
	const char *key, *where;
	unsigned layer;
};

/* "WHERE: what is wrong", and count it. */
void config_wrong(struct config_load *l, const char *where, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* A line to `r`, with what nobody should see replaced. */
void config_say(const struct config_report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What said the value of `key`; NULL when it is the default. */
struct config_given *config_given(const struct config_load *l, const char *key);
/* Where that was, for config_wrong(). */
const char *config_where(const struct config_load *l, const char *key);

enum config_layer { FROM_PRESET, FROM_FILE, FROM_ENVIRON, FROM_SET, FROM_FLAG };

/* One key given; `where` must live as long as the load's arena. */
void config_set(struct config_load *l, enum config_layer layer,
    const char *where, const char *key, const char *value);

/* The row of a key, the name in place of `*` in `name`; NULL if there is none. */
const struct config_key *config_key_of(const char *key,
    char name[CONFIG_NAME_SIZE]);
/* Has it keys below it, and none of its own?  "http", "profiles.hour". */
bool config_section(const char *key);
/*
 * What the row's offsets count from: `c`, or the profile `name`, which is made
 * when it is not there.  NULL if no profile may have that name, or one more.
 */
void *config_base(struct config *c, const struct config_key *k,
    const char *name);
/* The key or section someone may have meant, in `a`; or NULL. */
const char *config_nearest(const char *key, struct arena *a);

/* All of a YAML text (server/config_file.c). */
void config_yaml(struct config_load *l, const char *file, const char *text,
    size_t len);

/* What no single value shows wrong (server/config_cross.c). */
void config_cross_check(struct config_load *l);

/* Defaults, nothing else; never NULL. */
struct config *config_defaults(void);

#endif
