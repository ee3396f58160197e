/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WIRE_H
#define ROOST_WIRE_H

/*
 * What every parser of a peer's bytes answers. A parser is given what has come
 * so far, from the start of one message; it never reads past `length`, never
 * changes anything unless it answers WIRE_DONE, and gives the same answer
 * however the bytes were split on their way.
 */

enum wire_result {
	WIRE_DONE = 0,	/* the message is whole; `*ret_used` bytes were it */
	WIRE_MORE = 1,	/* right so far, and not whole: call again with more */
	WIRE_BAD = 2	/* no continuation can make this right: let go of the peer */
};

#endif
