#include "store/sound.h"

#include <string.h>

#include "store/record.h"

static bool
ident_sound(const struct ident *i)
{
	return (i->type == IDENT_DNS || i->type == IDENT_IP) &&
	       i->value != NULL && *i->value != '\0' &&
	       strlen(i->value) <= RECORD_VALUE_MAX;
}

static bool
idents_sound(const struct ident *idents, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!ident_sound(&idents[i]))
			return false;
	return true;
}

bool
account_sound(const struct account *x)
{
	return x->status <= ACCOUNT_REVOKED && x->thumbprint != NULL &&
	       *x->thumbprint != '\0' &&
	       strlen(x->thumbprint) <= RECORD_THUMBPRINT_MAX;
}

bool
authz_sound(const struct authz *x)
{
	for (size_t i = 0; i < x->n_challenges; i++)
		if (x->challenges[i].status > CHALLENGE_INVALID)
			return false;
	return x->status <= AUTHZ_REVOKED && x->status != AUTHZ_EXPIRED &&
	       ident_sound(&x->ident);
}

bool
order_sound(const struct order *x)
{
	return x->status <= ORDER_INVALID && x->status != ORDER_READY &&
	       idents_sound(x->idents, x->n_idents);
}

bool
certificate_sound(const struct certificate *x)
{
	return idents_sound(x->idents, x->n_idents);
}

/* A key of nothing is none. */
bool
eab_sound(const struct eab *x)
{
	for (size_t i = 0; i < EAB_KEY_SIZE; i++)
		if (x->key[i] != 0)
			return true;
	return false;
}

/* Each of the two is DER of three octets of length at most. */
bool
crl_sound(const struct crl *x)
{
	for (size_t i = 0; i < x->n_points; i++)
		if (x->points[i].url == NULL || x->points[i].url[0] == '\0' ||
		    strlen(x->points[i].url) > RECORD_URL_MAX ||
		    x->points[i].until < 0)
			return false;
	return x->n_points <= RECORD_POINTS_MAX && x->life_s >= 0 &&
	       x->ends >= 0 && x->der_len < 1 << 24 && x->tbs_len < 1 << 24 &&
	       x->this_update <= x->next_update;
}

bool
event_sound(const struct event *x)
{
	return x->kind != NULL && strlen(x->kind) <= RECORD_VALUE_MAX &&
	       (x->detail == NULL || strlen(x->detail) <= RECORD_DETAIL_MAX);
}
