/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of port/archive.h. */

#include "port/archive.h"

void
archive_answer_free(struct archive_answer *answer)
{
	if (answer == NULL)
		return;
	mem_free(answer->manifest);
	mem_free(answer->names);
	mem_free(answer);
}
