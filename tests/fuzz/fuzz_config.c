/* The configuration's one door: YAML of a file, and of a message. */
#include <stdlib.h>
#include <string.h>

#include "server/config_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct config_report r = { ignore, NULL };
	struct config *c, *again;
	const char *text;

	if (len > CONFIG_TEXT_MAX ||
	    (c = config_from_text((const char *)data, len, &r)) == NULL)
		return 0;
	text = config_text(c, c->arena);
	again = config_from_text(text, strlen(text), &r);
	if (again == NULL || strcmp(config_text(again, c->arena), text) != 0)
		abort(); /* what we write we read, and it says the same */
	config_free(again);
	config_free(c);
	return 0;
}
