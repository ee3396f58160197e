/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed OUTPUT FILE... - writes the files of the page as C (see web/asset.h): path,
 * type, entity tag, bytes, and the bytes gzipped when that is smaller. Runs while
 * building; the output depends on nothing but the files' names and bytes.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct file {
	const char *name; /* behind the last slash */
	unsigned char *bytes, *gzip;
	size_t length, gzip_length;
};

static const struct {
	const char *ending, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".woff2", "font/woff2" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static _Noreturn void
fail(const char *what, const char *name)
{
	(void)fprintf(stderr, "embed: %s: %s\n", name, what);
	exit(1);
}

static const char *
type_of(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t ending = strlen(types[i].ending), length = strlen(name);

		if (length > ending && strcmp(name + length - ending, types[i].ending) == 0)
			return types[i].type;
	}
	fail("no content type is known for this ending; add it to tools/embed.c", name);
}

static void
read_file(struct file *file, const char *path)
{
	FILE *stream = fopen(path, "rb");
	const char *slash = strrchr(path, '/');
	long length;

	file->name = slash != NULL ? slash + 1 : path;
	if (stream == NULL || fseek(stream, 0, SEEK_END) != 0 || (length = ftell(stream)) < 0 ||
	    fseek(stream, 0, SEEK_SET) != 0)
		fail("cannot be read", path);
	file->length = (size_t)length;
	file->bytes = calloc(1, file->length + 1);
	if (file->bytes == NULL || fread(file->bytes, 1, file->length, stream) != file->length)
		fail("cannot be read", path);
	(void)fclose(stream);
}

/* gzip without a name or a time in it, so that building twice gives the same. */
static void
compress_file(struct file *file)
{
	z_stream z = { 0 };
	size_t room;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		fail("cannot be compressed", file->name);
	room = deflateBound(&z, file->length);
	file->gzip = calloc(1, room);
	z.next_in = file->bytes;
	z.avail_in = (uInt)file->length;
	z.next_out = file->gzip;
	z.avail_out = (uInt)room;
	if (file->gzip == NULL || deflate(&z, Z_FINISH) != Z_STREAM_END)
		fail("cannot be compressed", file->name);
	file->gzip_length = z.total_out;
	(void)deflateEnd(&z);
	if (file->gzip_length >= file->length)
		file->gzip_length = 0;
}

/* FNV-1a, 64 bits: tells versions of one file apart; nobody attacks it. */
static uint64_t
hash_of(const struct file *file)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < file->length; i++)
		hash = (hash ^ file->bytes[i]) * 0x100000001b3u;
	return hash;
}

static void
print_bytes(FILE *to, const char *what, size_t index, const unsigned char *bytes, size_t length)
{
	(void)fprintf(to, "static const unsigned char %s_%zu[] = {", what, index);
	for (size_t i = 0; i < length; i++)
		(void)fprintf(to, "%s%u,", i % 24 == 0 ? "\n" : "", bytes[i]);
	(void)fprintf(to, "%s};\n", length == 0 ? "0" : "\n");
}

static void
print_row(FILE *to, const struct file *file, size_t index)
{
	(void)fprintf(to, "\t{ \"/%s\", \"%s\", \"W/\\\"%016llx\\\"\", bytes_%zu, %zu, ",
		      file->name, type_of(file->name), (unsigned long long)hash_of(file), index,
		      file->length);
	if (file->gzip_length > 0)
		(void)fprintf(to, "gzip_%zu, %zu },\n", index, file->gzip_length);
	else
		(void)fprintf(to, "0, 0 },\n");
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

int
main(int argc, char **argv)
{
	size_t count = argc > 2 ? (size_t)argc - 2 : 0;
	struct file *files = calloc(count + 1, sizeof *files);
	FILE *to = argc > 2 ? fopen(argv[1], "w") : NULL;

	if (files == NULL || to == NULL)
		fail("cannot be written (usage: embed OUTPUT FILE...)", argc > 1 ? argv[1] : "");
	for (size_t i = 0; i < count; i++) {
		read_file(&files[i], argv[i + 2]);
		compress_file(&files[i]);
	}
	qsort(files, count, sizeof *files, compare);
	(void)fprintf(to, "/* Made by tools/embed.c. */\n#include \"web/asset.h\"\n\n");
	for (size_t i = 0; i < count; i++) {
		print_bytes(to, "bytes", i, files[i].bytes, files[i].length);
		if (files[i].gzip_length > 0)
			print_bytes(to, "gzip", i, files[i].gzip, files[i].gzip_length);
	}
	(void)fprintf(to, "\nconst struct web_asset web_assets[] = {\n");
	for (size_t i = 0; i < count; i++)
		print_row(to, &files[i], i);
	(void)fprintf(to, "};\nconst size_t web_asset_count = %zu;\n", count);
	if (fclose(to) != 0)
		fail("cannot be written", argv[1]);
	for (size_t i = 0; i < count; i++) {
		free(files[i].bytes);
		free(files[i].gzip);
	}
	free(files);
	return 0;
}
