/* acme/verdict.h: what a validation came to, made durable and told. */
#ifndef ACME_VERDICT_H
#define ACME_VERDICT_H

#include <stdbool.h>

#include "acme/caa.h"

struct verdict {
	const struct probe *probe;
	const struct caa *caa; /* over, if the probe was proved */
	const char *type;      /* of the challenge */
	struct due due; /* its row; object and index say which challenge */
	struct id account;
	const char *account_url; /* as the client had it, or NULL */
	int64_t accepted_ms;
	int64_t at_ms;
	unsigned looks;
};

/*
 * Stage challenge, authorization, evidence, event and due work in one batch;
 * with them the response, if it is not on disk yet.  `a` lives as long as the
 * batch.  False, and nothing staged, if it has been decided otherwise.
 */
bool verdict_stage(struct acme *ca, const struct verdict *v, struct batch *b,
    struct arena *a);

/* One line, after the commit: the audit log's. */
void verdict_log(const struct verdict *v);

/* What it means for limits and metrics, once it is durable. */
void verdict_count(struct acme *ca, const struct verdict *v);

#endif
