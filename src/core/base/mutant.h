/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MUTANT_H
#define ROOST_MUTANT_H

/*
 * The guard rails, broken on purpose: each row is a rule of the engine or the
 * turn that the simulator must notice when it is not kept. Only the archive
 * that the simulator's own test links is built with ROOST_MUTANTS; everywhere
 * else MUTANT() is a constant false and leaves no trace.
 */

#include "base/base.h"

enum mutant {
	MUTANT_NONE,
#define MUTANT_ROW(name, what) MUTANT_##name,
#include "base/mutant.def"
	MUTANT_MAX
};

#ifdef ROOST_MUTANTS
extern enum mutant mutant_now;
#define MUTANT(name) (mutant_now == MUTANT_##name)
#else
#define MUTANT(name) (false)
#endif

#endif
