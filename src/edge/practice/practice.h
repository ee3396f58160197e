/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PRACTICE_H
#define ROOST_PRACTICE_H

/*
 * `roost practice`: a stand-in for a game server, for trying roost out without
 * a download and for the tests. It answers the server list, takes everybody in
 * without asking who they are, and holds them "in the game" until they leave.
 * It is not a game, and says so wherever it is seen.
 *
 * Ends with 0 when it was stopped, 1 when it could not run (or was told to fail
 * its boot), 2 for wrong usage, 3 when it was told to crash.
 */
int practice_main(int argc, char **argv);

#endif
