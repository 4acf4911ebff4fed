/* cli/ca.h: `mayfly ca …`: the hierarchy of a directory. */
#ifndef CLI_CA_H
#define CLI_CA_H

#include <stdbool.h>
#include <stdint.h>

struct ca_asked {
	const char *dir;
	bool json;
	int64_t now; /* Unix time */
};

/* Each says on stderr what is wrong, and returns an exit code. */
int cli_ca_list(const struct ca_asked *asked);
/* "root", the number of an issuer, or NULL: the one in use. */
int cli_ca_show(const struct ca_asked *asked, const char *which);

#endif
