/* cli/init.h: `mayfly init`: a directory with a CA in it (docs/files.md). */
#ifndef CLI_INIT_H
#define CLI_INIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/ca.h"

struct init_spec {
	const char *dir;
	const char *yaml;            /* for mayfly.yaml, unless it is there */
	struct ca_spec ca;           /* without its passphrase… */
	const char *passphrase_file; /* …whose file this is, or NULL */
	int64_t now;                 /* Unix time */
	const char
	    *offline_root; /* a directory for the root's key; NULL: ca/ */
	const char *root;  /* a file: the root of others; NULL: our own */
};

/* What was made, a path at a time, in order. */
struct init_report {
	void (*made)(void *arg, const char *path);
	void *arg;
};

/*
 * Make what is missing of the directory; root.pem comes last, so what a crash
 * or a full disk left is completed the next time.  ERR_STALE if nothing is
 * missing; ERR_BUSY if a server or another init holds it; otherwise a reason
 * that names the path.  Nothing that is there is ever changed.
 */
enum err init_make(const struct init_spec *spec, const struct init_report *r,
    struct fault *f) MUST_USE;

/* Is nothing missing?  Looks at names only. */
bool init_finished(const char *dir);

/* The verb: says what was made; an exit code. */
int cli_init(const struct init_spec *spec);

#endif
