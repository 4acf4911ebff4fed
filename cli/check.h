/* cli/check.h: `mayfly check`: what is wrong with a directory. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* Findings, printed as they come: "warning: PATH: what". */
struct findings {
	unsigned errors, warnings;
};
void finding_error(struct findings *fs, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void finding_warning(struct findings *fs, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* 0, 1 or 10; says "DIR: ok" if there is nothing else to say. */
int findings_exit(const struct findings *fs, const char *dir);

struct check_spec {
	const char *dir;
	const char *passphrase_file; /* or NULL */
	struct store_config store;   /* its path is not looked at */
	unsigned longest_s;          /* lifetime of the longest profile */
	bool rotate;                 /* ca.rotate, ca.overlap */
	unsigned overlap_s;
	int64_t now; /* Unix time */
};

/* Certificates, keys, permissions, the store: nothing is changed. */
void check_dir(const struct check_spec *spec, struct findings *fs);

#endif
