/* cli/ca.h: `mayfly ca …`: the hierarchy of a directory. */
#ifndef CLI_CA_H
#define CLI_CA_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/ca.h"

struct ca_asked {
	const char *dir;
	bool json;
	int64_t now; /* Unix time */
	/* Of the verbs that have them; NULL: not given. */
	const char *file; /* the operand */
	const char *out;  /* where to write; NULL: standard output */
	const char *root; /* a directory, or a file, of a root */
	bool cross;
};

/* Each says on stderr what is wrong, and returns an exit code. */
int cli_ca_list(const struct ca_asked *asked);
/* "root", the number of an issuer, or NULL: the one in use. */
int cli_ca_show(const struct ca_asked *asked, const char *which);

/* How certificates are made. */
struct ca_how {
	struct ca_spec spec;         /* without its passphrase… */
	const char *passphrase_file; /* …whose file this is, or NULL */
};

/* Make the next issuer, and tell the server that runs. */
int cli_ca_rotate(const struct ca_asked *asked, const struct ca_how *how);

/* A request out, a certificate for it, and in again (crypto/offline.h). */
int cli_ca_csr(const struct ca_asked *asked, const struct ca_how *how);
int cli_ca_sign(const struct ca_asked *asked, const struct ca_how *how);
int cli_ca_import(const struct ca_asked *asked, const struct ca_how *how);

/* For the verbs: say what is wrong; say what was made, and to whom. */
int cli_ca_wrong(const char *verb, const struct fault *f);
int cli_ca_made(const char *dir, size_t number, struct arena *a);

#endif
