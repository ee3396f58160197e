/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SUPERVISE_H
#define ROOST_SUPERVISE_H

/*
 * The hidden command `roost supervise SERVER TOKEN`: keeps one game's console,
 * output and exit while roost itself may come and go. Started by the process
 * port only, with a socket to it as descriptor 3; the order comes over that.
 */

/* argv[0] is "supervise". Returns the exit status of the program. */
int supervise_main(int argc, char **argv);

#endif
