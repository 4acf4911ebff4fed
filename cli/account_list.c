/* Accounts told of: a line each, or one in full. */
#include <stdio.h>
#include <string.h>

#include "acme/state.h"
#include "cli/account_int.h"
#include "cli/date.h"

enum { FAILED = 1, NOT_FOUND = 3, PAGE = 256, ORDERS = 10 };

bool
accounts_begin(struct accounts *x, const struct guest_asked *asked)
{
	struct fault f = { 0 };

	*x = (struct accounts){ .asked = asked, .a = arena_new() };
	if ((x->st = guest_open(asked->dir, &asked->store, &f)) == NULL)
		(void)fprintf(stderr, "mayfly account: %s\n", f.detail);
	return x->st != NULL;
}

int
accounts_end(struct accounts *x, int code)
{
	store_close(x->st);
	arena_free(x->a);
	return fflush(stdout) == 0 ? code : FAILED;
}

struct account *
accounts_find(struct accounts *x, const char *which)
{
	const char *slash = strrchr(which, '/');
	struct account *acct = NULL;
	struct snap *s;
	struct id id;

	if (id_parse(slash != NULL ? slash + 1 : which, &id)) {
		s = snap_open(x->st);
		acct = snap_account(s, x->a, id);
		snap_close(s);
	}
	if (acct == NULL)
		(void)fprintf(stderr,
		    "mayfly account: there is no account %s; see mayfly "
		    "account list\n",
		    which);
	return acct;
}

static void
add_list(struct jsonw *w, const char *name, const char *const *texts, size_t n)
{
	jsonw_list(w, name);
	for (size_t i = 0; i < n; i++)
		jsonw_str(w, NULL, texts[i]);
	jsonw_end(w);
}

static const char *
text_of(struct accounts *x, struct id id)
{
	char *text = arena_alloc(x->a, ID_TEXT, 1);

	id_text(id, text);
	return text;
}

static void
members(struct accounts *x, struct jsonw *w, const struct account *acct)
{
	jsonw_str(w, "account", text_of(x, acct->id));
	jsonw_str(w, "status", account_status_text(acct->status));
	jsonw_time(w, "created", acct->created);
	jsonw_str(w, "thumbprint", acct->thumbprint);
	if (!id_zero(acct->eab))
		jsonw_str(w, "eab", text_of(x, acct->eab));
	add_list(w, "contact", acct->contacts, acct->n_contacts);
	add_list(w, "allow", acct->allow, acct->n_allow);
	add_list(w, "deny", acct->deny, acct->n_deny);
}

/* The newest of its orders. */
static size_t
orders_of(struct accounts *x, const struct account *acct, struct order **out)
{
	struct id ids[ORDERS];
	struct snap *s = snap_open(x->st);
	size_t n = snap_orders(s, acct->id, (struct id){ { 0 } }, ids, ORDERS);
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if ((out[kept] = snap_order(s, x->a, ids[i])) != NULL)
			kept++;
	snap_close(s);
	return kept;
}

static int
tell_json(struct accounts *x, const struct account *acct,
    struct order *const *orders, size_t n)
{
	struct jsonw *w = jsonw_new(x->a);
	const char *text;

	jsonw_object(w, NULL);
	members(x, w, acct);
	jsonw_list(w, "orders");
	for (size_t i = 0; i < n; i++) {
		jsonw_object(w, NULL);
		jsonw_str(w, "order", text_of(x, orders[i]->id));
		jsonw_time(w, "created", orders[i]->created);
		jsonw_str(w, "profile", orders[i]->profile);
		jsonw_list(w, "names");
		for (size_t k = 0; k < orders[i]->n_idents; k++)
			jsonw_str(w, NULL,
			    ident_text(&orders[i]->idents[k], x->a));
		jsonw_end(w);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
	text = jsonw_text(w, NULL);
	return text != NULL && puts(text) != EOF ? 0 : FAILED;
}

static void
print_list(const char *name, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)printf("%-11s %s\n", i == 0 ? name : "", texts[i]);
}

static void
print_orders(struct accounts *x, struct order *const *orders, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct order *o = orders[i];

		(void)printf("%-11s %s  %s  %s  %s%s\n", i == 0 ? "orders" : "",
		    text_of(x, o->id), date_text(o->created, x->a), o->profile,
		    ident_text(&o->idents[0], x->a),
		    o->n_idents > 1 ? ", …" : "");
	}
}

int
accounts_tell(struct accounts *x, const struct account *acct)
{
	struct order *orders[ORDERS];
	size_t n = orders_of(x, acct, orders);

	if (x->asked->json)
		return tell_json(x, acct, orders, n);
	(void)printf("account     %s\nstatus      %s\ncreated     %s\n"
	             "thumbprint  %s\n",
	    text_of(x, acct->id), account_status_text(acct->status),
	    date_text(acct->created, x->a), acct->thumbprint);
	if (!id_zero(acct->eab))
		(void)printf("eab key     %s\n", text_of(x, acct->eab));
	print_list("contact", acct->contacts, acct->n_contacts);
	print_list("allow", acct->allow, acct->n_allow);
	print_list("deny", acct->deny, acct->n_deny);
	print_orders(x, orders, n);
	return 0;
}

static void
print_line(struct accounts *x, const struct account *acct)
{
	(void)printf("%s  %-11s  %s%s%s%s\n", text_of(x, acct->id),
	    account_status_text(acct->status), date_text(acct->created, x->a),
	    acct->n_allow + acct->n_deny > 0 ? "  policy" : "",
	    acct->n_contacts > 0 ? "  " : "",
	    acct->n_contacts > 0 ? acct->contacts[0] : "");
}

static void
each(struct accounts *x, struct jsonw *w)
{
	struct id *page = ARENA_ARRAY(x->a, struct id, PAGE);
	struct snap *s = snap_open(x->st);
	struct id after = { { 0 } };
	size_t n;

	do {
		n = snap_accounts(s, after, page, PAGE);
		for (size_t i = 0; i < n; i++) {
			const struct account *acct =
			    snap_account(s, x->a, page[i]);

			if (acct == NULL)
				continue; /* cannot be read: that is logged */
			if (w == NULL) {
				print_line(x, acct);
				continue;
			}
			jsonw_object(w, NULL);
			members(x, w, acct);
			jsonw_end(w);
		}
		if (n > 0)
			after = page[n - 1];
	} while (n == PAGE);
	snap_close(s);
}

int
cli_account_list(const struct guest_asked *asked)
{
	const char *text = "";
	struct jsonw *w = NULL;
	struct accounts x;

	if (!accounts_begin(&x, asked))
		return accounts_end(&x, FAILED);
	if (asked->json) {
		w = jsonw_new(x.a);
		jsonw_list(w, NULL);
	}
	each(&x, w);
	if (w != NULL) {
		jsonw_end(w);
		text = jsonw_text(w, NULL);
		if (text == NULL || puts(text) == EOF)
			return accounts_end(&x, FAILED);
	}
	return accounts_end(&x, 0);
}

int
cli_account_show(const struct guest_asked *asked, const char *which)
{
	const struct account *acct;
	struct accounts x;

	if (!accounts_begin(&x, asked))
		return accounts_end(&x, FAILED);
	acct = accounts_find(&x, which);
	return accounts_end(&x,
	    acct == NULL ? NOT_FOUND : accounts_tell(&x, acct));
}
