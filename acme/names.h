/* acme/names.h: the identifiers of an order, judged all at once. */
#ifndef ACME_NAMES_H
#define ACME_NAMES_H

#include "base/ident.h"
#include "base/json.h"

enum {
	NAMES_IN_MAX = 1000
}; /* what is parsed; what is accepted is configured */

struct name_in {
	const char *type, *value;
	const char *ancestor; /* RFC 9444; see acme/subdomains.h */
};
extern const struct json_field name_in_schema[];

/* What is configured; see `orders.names_max` and `policy.*`. */
struct name_rules {
	unsigned names_max;
	unsigned labels_max;      /* of a name */
	unsigned wildcard_labels; /* the least a wildcard's base must have */
};

/*
 * Normalise, drop duplicates, keep the order sent.  All that is wrong is told
 * at once, a subproblem for each bad name (RFC 8555, 6.7.1): the fault is
 * theirs if they agree, else ERR_COMPOUND.  ERR_MALFORMED for too many names,
 * or a name that a wildcard beside it covers.  With subproblems, `out` has the
 * good names yet.
 */
enum err names_accept(const struct name_in *in, size_t n,
    const struct name_rules *rules, struct arena *a, const struct ident **out,
    size_t *n_out, struct fault *f) MUST_USE;

/* One fault of `n`, each with its `ident`, of `n_in` names (6.7.1). */
enum err names_refuse(struct fault *f, const struct fault *bad, size_t n,
    size_t n_in);

/* "a.example, *.b.example", for people. */
const char *names_text(const struct ident *idents, size_t n, struct arena *a);

/* Between dots; 0 for an address. */
unsigned name_labels(const struct ident *id);

/* {"names":["a.example","*.b.example"]}, for the journal. */
const char *names_json(const struct ident *idents, size_t n, struct arena *a);

/* The same names, whatever their order? */
bool names_equal(const struct ident *a, size_t n_a, const struct ident *b,
    size_t n_b);

#endif
