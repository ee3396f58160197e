/* SPDX-License-Identifier: Apache-2.0 */
#include "port/files.h"

void
files_answer_free(struct files_answer *answer)
{
	if (answer == NULL)
		return;
	for (size_t i = 0; i < answer->count; i++)
		mem_free(answer->files[i].text);
	mem_free(answer);
}
