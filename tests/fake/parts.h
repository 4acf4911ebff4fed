/* tests/fake/parts.h: what stands behind struct fake_ca; the doubles' own. */
#ifndef TESTS_FAKE_PARTS_H
#define TESTS_FAKE_PARTS_H

#include "crypto/ca.h"
#include "crypto/keeper.h"
#include "tests/fake/ca.h"

struct fake_parts {
	char dir[64];
	struct ca hierarchy;
	struct issuing issuing; /* of issuer 1 */
	struct profile *shapes[FAKE_PROFILES];
	struct keeper *keeper;
	int keeper_end;
	struct watch *watch;
	struct nonces *nonces;
	struct limits *limits;
	struct underway *underway;
	struct metrics *metrics;
	struct issuer *issuer;
	struct arena *arena;
	int64_t ahead_ms; /* of the clock; survives a restart */
};

/* A double that cannot go on says where, and ends the program. */
void fake_must(int ok, const char *what);

#endif
