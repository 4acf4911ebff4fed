/* A configuration is counted: the last to let go of it frees it. */
#include "acme/acme.h"

struct acme_config *
acme_config_ref(struct acme_config *c)
{
	c->refs++;
	return c;
}

void
acme_config_unref(struct acme_config *c)
{
	if (--c->refs == 0 && c->gone != NULL)
		c->gone(c);
}
