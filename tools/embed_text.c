/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed_text OUTPUT FILE... - writes texts as C: the templates that come with roost (see
 * model/builtin.h), in the order given. Runs while building.
 */

#include <stdio.h>
#include <stdlib.h>

static _Noreturn void
fail(const char *what, const char *name)
{
	(void)fprintf(stderr, "embed_text: %s: %s\n", name, what);
	exit(1);
}

static void
put_bytes(FILE *out, const char *path, int number)
{
	FILE *in = fopen(path, "rb");
	unsigned long count = 0;
	int c;

	if (in == NULL)
		fail("cannot be read", path);
	(void)fprintf(out, "static const char text_%d[] = {", number);
	while ((c = getc(in)) != EOF)
		(void)fprintf(out, "%s%d,", count++ % 20 == 0 ? "\n" : "", (signed char)c);
	(void)fprintf(out, "\n0 };\n");
	if (ferror(in) || fclose(in) != 0)
		fail("cannot be read", path);
}

int
main(int argc, char **argv)
{
	FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;

	if (out == NULL)
		fail("OUTPUT FILE... were expected, and OUTPUT writable", argc > 1 ? argv[1] : "");
	(void)fprintf(out, "#include \"model/builtin.h\"\n");
	for (int i = 2; i < argc; i++)
		put_bytes(out, argv[i], i);
	(void)fprintf(out, "const struct builtin_text builtin_texts[] = {\n");
	for (int i = 2; i < argc; i++)
		(void)fprintf(out, "{ text_%d, sizeof text_%d - 1 },\n", i, i);
	(void)fprintf(out, "};\nconst size_t builtin_text_count = %d;\n", argc - 2);
	if (fclose(out) != 0)
		fail("cannot be written", argv[1]);
	return 0;
}
