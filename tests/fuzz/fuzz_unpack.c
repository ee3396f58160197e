/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as somebody else's archive, unpacked below one directory: nothing is made beside
 * it; in it are files, directories and links, none with special bits, and no link leads out.
 */

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "install/unpack_any.h"

static char base[] = "/tmp/roost-fuzz-unpack-XXXXXX";
static char inside[sizeof base + 8];

static int
remove_one(const char *path, const struct stat *is, int kind, struct FTW *where)
{
	(void)is;
	(void)kind;
	return where->level == 0 ? 0 : remove(path);
}

static int
remove_all(const char *path, const struct stat *is, int kind, struct FTW *where)
{
	(void)is;
	(void)kind;
	(void)where;
	return remove(path);
}

static void
on_exit_remove(void)
{
	(void)nftw(base, remove_all, 16, FTW_DEPTH | FTW_PHYS);
}

static void
make_place(void)
{
	if (inside[0] != '\0')
		return;
	ASSERT(mkdtemp(base) != NULL);
	(void)snprintf(inside, sizeof inside, "%s/inside", base);
	ASSERT(mkdir(inside, 0700) == 0 && atexit(on_exit_remove) == 0);
}

/* Where does it lead? What is not there leads nowhere, but not further than its directory. */
static int
check_one(const char *path, const struct stat *is, int kind, struct FTW *where)
{
	char real[PATH_MAX];

	(void)where;
	ASSERT(kind == FTW_F || kind == FTW_D || kind == FTW_SL);
	ASSERT(kind == FTW_SL || (is->st_mode & 07077) == 0);
	if (kind == FTW_SL && realpath(path, real) != NULL)
		ASSERT(text_starts_with(real, inside));
	return 0;
}

static void
check_beside(void)
{
	DIR *directory = opendir(base);
	struct dirent *entry;

	ASSERT(directory != NULL);
	while ((entry = readdir(directory)) != NULL)
		ASSERT(entry->d_name[0] == '.' || strcmp(entry->d_name, "inside") == 0);
	(void)closedir(directory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	atomic_bool cancelled = false;
	_Atomic uint64_t bytes = 0;
	struct unpack_any unpack = { .to = "to",
				     .strip = size > 0 ? data[0] % 3 : 0,
				     .cancelled = &cancelled,
				     .bytes = &bytes };
	char why[REASON_LIMIT + 1] = "";

	if (size < 1)
		return 0;
	make_place();
	unpack.root = open(inside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unpack.archive = memfd_create("archive", MFD_CLOEXEC);
	ASSERT(unpack.root >= 0 && unpack.archive >= 0);
	ASSERT(write(unpack.archive, data + 1, size - 1) == (ssize_t)(size - 1));
	ASSERT(lseek(unpack.archive, 0, SEEK_SET) == 0);
	if (unpack_any(&unpack, why) < 0)
		ASSERT(why[0] != '\0');
	(void)close(unpack.archive);
	(void)close(unpack.root);
	check_beside();
	ASSERT(nftw(inside, check_one, 16, FTW_PHYS) == 0);
	ASSERT(nftw(inside, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	return 0;
}
