/* base/random.h: the kernel's CSPRNG; the only source of chance in mayfly. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>

/* Never fails: without entropy the process ends. */
void random_bytes(void *out, size_t len);

#endif
