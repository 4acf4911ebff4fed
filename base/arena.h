/* base/arena.h: memory that dies together. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena; /* used by one thread at a time */

/*
 * Never NULL: running out of memory ends the process.  Inputs are bounded
 * first, the supervisor restarts us, and the store survives a kill.
 */
struct arena *arena_new(void);
void arena_free(struct arena *a);

/* Zeroed, aligned for any type.  Never NULL.  Valid until arena_free(). */
void *arena_alloc(struct arena *a, size_t count, size_t size);

/* Copies, in the arena; text gets a NUL. */
char *arena_text(struct arena *a, const char *text);
char *arena_bytes(struct arena *a, const void *data,
    size_t len); /* and a NUL */
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* All of these, one behind the other. */
#define ARENA_JOIN(a, ...) \
	arena_join((a), (const char *const[]){ __VA_ARGS__, NULL })
char *arena_join(struct arena *a, const char *const *parts);

#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), 1, sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), (n), sizeof(type)))

#endif
