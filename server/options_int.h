/* server/options_int.h: the rows behind server/options.h. */
#ifndef SERVER_OPTIONS_INT_H
#define SERVER_OPTIONS_INT_H

#include "server/options.h"

struct option_row {
	const char *name, *value; /* NULL value: takes none */
	unsigned long long on;    /* verbs: ON_ bits */
	const char *key;          /* of the configuration, or NULL */
	const char *help;
};
extern const struct option_row option_rows[];
extern const size_t n_option_rows;

struct verb_row {
	const char *name, *operands, *summary, *text;
};
extern const struct verb_row verb_rows[];

bool option_is_on(const struct option_row *o, unsigned verb);

#endif
