/* acme/acme_int.h: one loop's share of the CA, and its parts. */
#ifndef ACME_ACME_INT_H
#define ACME_ACME_INT_H

#include "acme/acme.h"
#include "acme/dispatch.h"

struct compromise;
struct directories;
struct keys;
struct ocsp_cache;
struct publication;
struct returned;
struct serving;
struct tally;
struct validation;

struct acme {
	struct acme_deps deps; /* deps.config: the one in force, counted */
	struct dispatch dispatch;
	struct keys *keys;               /* accounts' parsed keys */
	struct directories *directories; /* that were asked for */
	struct validation *validations;  /* under way; a list */
	unsigned n_validations;
	struct tally *tally;           /* of these, by account */
	struct issuance *issuances;    /* under way; a list */
	struct compromise *compromise; /* under way; NULL: none is */
	version compromised;           /* keys blocked by then are done with */
	struct returned *returned;     /* issuers whose signatures it checks */
	struct ocsp_cache *answers;    /* NULL until there is one */
	struct publication *publications; /* of CRLs; a list, newest first */
	struct due_work *due;    /* NULL but on the loop that resumes */
	struct serving *serving; /* NULL but on the loop that serves itself */
};

#endif
