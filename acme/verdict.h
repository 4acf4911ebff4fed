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
	int64_t at_ms;
	unsigned looks;
};

/*
 * Stage challenge, authorization, evidence, event and due work in one batch;
 * `a` lives as long as it.  False, and nothing staged, if the challenge is
 * not `processing` any more.
 */
bool verdict_stage(struct acme *ca, const struct verdict *v, struct batch *b,
    struct arena *a);

/* One line, after the commit: the audit log's. */
void verdict_log(const struct verdict *v);

/* What it means for limits and metrics, once it is durable. */
void verdict_count(struct acme *ca, const struct verdict *v);

#endif
