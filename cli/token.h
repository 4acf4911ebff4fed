/* cli/token.h: `mayfly token`. */
#ifndef CLI_TOKEN_H
#define CLI_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

struct token_asked {
	const char *dir, *scope;
	unsigned lasts_s;
	int64_t now; /* Unix time */
	bool json;
};

/* Print one; says on stderr what is wrong, and returns an exit code. */
int cli_token(const struct token_asked *asked);

#endif
