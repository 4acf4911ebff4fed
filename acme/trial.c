/* Chance, for tests of clients. */
#include "acme/trial.h"

#include <stdint.h>
#include <string.h>

#include "base/random.h"
#include "crypto/digest.h"

bool
trial_chance(unsigned percent)
{
	uint32_t n;

	if (percent == 0 || percent >= 100)
		return percent != 0;
	random_bytes(&n, sizeof(n));
	return n % 100 < percent;
}

bool
trial_refuses(const char *nonce, unsigned percent)
{
	uint8_t digest[SHA256_SIZE];

	if (percent == 0)
		return false;
	sha256(nonce, strlen(nonce), digest);
	return ((unsigned)digest[0] << 8 | digest[1]) % 100 < percent;
}
