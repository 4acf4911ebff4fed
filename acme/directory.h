/* acme/directory.h: directories that were made, of one loop. */
#ifndef ACME_DIRECTORY_H
#define ACME_DIRECTORY_H

struct directories;

struct directories *directories_new(void);
void directories_free(struct directories *d);
/* The configuration has changed. */
void directories_forget(struct directories *d);

#endif
