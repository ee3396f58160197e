/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_DAEMON_H
#define ROOST_DAEMON_H

/* `roost serve [--config FILE] [--welcome]`: returns the program's exit status. */
int daemon_main(int argc, char **argv);

#endif
