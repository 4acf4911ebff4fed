/* tests/fake/eab.h: keys for external account bindings, and who uses them. */
#ifndef TESTS_FAKE_EAB_H
#define TESTS_FAKE_EAB_H

#include "tests/fake/ca.h"

/* A key like this one, which may be NULL, with an id and a key of its own. */
struct eab *fake_eab(struct fake_ca *w, const struct eab *like);

/* What the store has of it now, in w->arena; what it shall have from now on. */
struct eab *fake_eab_record(struct fake_ca *w, struct id kid);
void fake_eab_put(struct fake_ca *w, const struct eab *e);
void fake_eab_revoke(struct fake_ca *w, struct id kid);

/* The binding of the client's key to it, as a client makes it (HS256). */
const char *fake_binding(struct fake_client *c, const struct eab *e);

/* A payload for newAccount with this binding. */
const char *fake_bound(struct fake_client *c, const char *binding);

/* An account that is bound. */
struct fake_client *fake_client_bound(struct fake_ca *w, const struct eab *e);

#endif
