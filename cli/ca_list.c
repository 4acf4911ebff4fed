/* What certificates there are: for people, and as JSON. */
#include "cli/ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/date.h"
#include "crypto/ca.h"
#include "crypto/digest.h"

enum { EXIT_NOT_THERE = 3 };

struct listing {
	const struct ca_asked *asked;
	struct arena *a;
	struct ca ca;
	struct fault f;
};

/* One certificate of it, as it is told. */
struct row {
	const char *name; /* "root", "issuer 2" */
	const char *state;
	const struct ca_cert *cert;
	bool key;
};

static int
wrong(const struct listing *l, int code)
{
	(void)fprintf(stderr, "mayfly ca: %s\n", l->f.detail);
	return code;
}

static bool
open_ca(struct listing *l, const struct ca_asked *asked)
{
	struct ca_texts texts;

	*l = (struct listing){ .asked = asked, .a = arena_new() };
	crypto_start();
	return ca_read(arena_printf(l->a, "%s/ca", asked->dir), l->a, &texts,
	           &l->f) == OK &&
	       ca_parse(&texts, CA_ANY_DAY, l->a, &l->ca, &l->f) == OK;
}

static const char *
state(const struct listing *l, const struct ca_cert *c, const char *usual)
{
	if (l->asked->now > c->not_after)
		return "expired";
	return l->asked->now < c->not_before ? "not valid yet" : usual;
}

static bool
is_here(const struct listing *l, const char *file)
{
	return access(arena_printf(l->a, "%s/ca/%s", l->asked->dir, file),
	           F_OK) == 0;
}

static size_t
rows(const struct ca *ca)
{
	return 1 + ca->n_issuers + ca->n_crosses;
}

/* The root, then the issuers by number, then what others say of their keys. */
static struct row
row_of(const struct listing *l, size_t i)
{
	const struct ca *ca = &l->ca;
	const struct ca_cross *x;

	if (i == 0)
		return (struct row){ "root", state(l, &ca->root, "trusted"),
			&ca->root, is_here(l, "root.key") };
	if (i <= ca->n_issuers)
		return (struct row){ arena_printf(l->a, "issuer %zu", i),
			state(l, &ca->issuers[i - 1],
			    i == ca->n_issuers ? "in use" : "superseded"),
			&ca->issuers[i - 1],
			is_here(l, arena_printf(l->a, "issuer-%zu.key", i)) };
	x = &ca->crosses[i - 1 - ca->n_issuers];
	return (struct row){ arena_printf(l->a, "cross %zu", i - ca->n_issuers),
		state(l, &x->cert, "alternate"), &x->cert,
		is_here(l, x->issuer == 0 ? "root.key"
		                          : arena_printf(l->a, "issuer-%zu.key",
		                                x->issuer)) };
}

static void
tell_json(struct jsonw *w, const struct listing *l, const struct row *r,
    bool whole)
{
	jsonw_object(w, NULL);
	jsonw_str(w, "name", r->name);
	jsonw_str(w, "state", r->state);
	jsonw_str(w, "subject", r->cert->subject);
	jsonw_time(w, "notBefore", r->cert->not_before);
	jsonw_time(w, "notAfter", r->cert->not_after);
	jsonw_str(w, "fingerprint", ca_fingerprint(r->cert, l->a));
	jsonw_bool(w, "key", r->key);
	if (whole)
		jsonw_str(w, "pem", r->cert->pem);
	jsonw_end(w);
}

static int
finish(struct listing *l, struct jsonw *w)
{
	const char *text = w == NULL ? "" : jsonw_text(w, NULL);
	bool ok = text != NULL && fputs(text, stdout) >= 0 &&
	          (w == NULL || putchar('\n') != EOF) && fflush(stdout) == 0;

	arena_free(l->a);
	return ok ? 0 : 1;
}

int
cli_ca_list(const struct ca_asked *asked)
{
	struct jsonw *w = NULL;
	struct listing l;

	if (!open_ca(&l, asked)) {
		arena_free(l.a);
		return wrong(&l, 1);
	}
	if (asked->json) {
		w = jsonw_new(l.a);
		jsonw_list(w, NULL);
	}
	for (size_t i = 0; i < rows(&l.ca); i++) {
		struct row r = row_of(&l, i);

		if (w != NULL)
			tell_json(w, &l, &r, false);
		else
			(void)printf("%-9s  %-10s  ends %s  key %-4s  %s\n",
			    r.name, r.state, date_text(r.cert->not_after, l.a),
			    r.key ? "here" : "away", r.cert->subject);
	}
	if (w != NULL)
		jsonw_end(w);
	return finish(&l, w);
}

/* SIZE_MAX if there is none of that name. */
static size_t
number_of(const struct ca *ca, const char *which)
{
	char *end = NULL;
	unsigned long n;

	if (which == NULL)
		return ca->n_issuers;
	if (strcmp(which, "root") == 0)
		return 0;
	n = strtoul(which, &end, 10);
	if (which[0] < '1' || which[0] > '9' || *end != '\0' ||
	    n > ca->n_issuers)
		return SIZE_MAX;
	return n;
}

int
cli_ca_show(const struct ca_asked *asked, const char *which)
{
	struct jsonw *w = NULL;
	struct listing l;
	struct row r;
	size_t n;

	if (!open_ca(&l, asked)) {
		arena_free(l.a);
		return wrong(&l, 1);
	}
	if ((n = number_of(&l.ca, which)) == SIZE_MAX) {
		(void)fault(&l.f, ERR_NOT_FOUND,
		    "there is no %s here; see mayfly ca list", which);
		arena_free(l.a);
		return wrong(&l, EXIT_NOT_THERE);
	}
	r = row_of(&l, n);
	if (asked->json) {
		w = jsonw_new(l.a);
		tell_json(w, &l, &r, true);
	} else {
		(void)printf("%s, %s\nsubject  %s\nbegins   %s\nends     %s\n"
		             "SHA-256  %s\nkey      %s\n%s",
		    r.name, r.state, r.cert->subject,
		    date_text(r.cert->not_before, l.a),
		    date_text(r.cert->not_after, l.a),
		    ca_fingerprint(r.cert, l.a), r.key ? "here" : "away",
		    r.cert->pem);
	}
	return finish(&l, w);
}
