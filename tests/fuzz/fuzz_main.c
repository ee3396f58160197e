/* SPDX-License-Identifier: Apache-2.0 */
/* Hands every file of the directories and files named to the fuzzer's function, once. */

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	unsigned char piece[4096];
	size_t got;

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	while ((got = fread(piece, 1, sizeof piece, file)) > 0)
		buf_put(&bytes, piece, got);
	(void)fclose(file);
	fprintf(stderr, "%s\n", path); /* the last one told is the one that fails */
	(void)LLVMFuzzerTestOneInput(bytes.data, bytes.length);
	return 1;
}

static unsigned
replay_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	unsigned count = 0;

	if (directory == NULL) {
		perror(path);
		exit(2);
	}
	while ((entry = readdir(directory)) != NULL) {
		CLEANUP(text_freep) char *file = NULL;

		if (entry->d_name[0] == '.')
			continue;
		file = text_format("%s/%s", path, entry->d_name);
		count += replay_file(file);
	}
	(void)closedir(directory);
	return count;
}

int
main(int argc, char **argv)
{
	unsigned count = 0;
	struct stat is;

	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &is) == 0 && S_ISDIR(is.st_mode))
			count += replay_directory(argv[i]);
		else
			count += replay_file(argv[i]);
	}
	printf("%u inputs\n", count);
	return count > 0 ? 0 : 1;
}
