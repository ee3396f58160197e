/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PREPARATION_H
#define ROOST_PREPARATION_H

/*
 * What is done in a server's directory before its game starts: steps that install it, once
 * for each set of values, and files that are rendered before every start. It comes from a
 * template and is part of the declaration that is kept: its texts still have their holes
 * (model/hole.h), and `values` is what fills them; so secrets are read when they are needed
 * and are nowhere else.
 *
 * Paths are relative, of names between '/', none of which is "." or ".."; they have no holes.
 */

#include "base/instant.h"
#include "model/hole.h"
#include "model/setting.h"

enum file_format {
#define FILE_FORMAT(name, wire, help) FILE_##name,
#include "model/file_format.def"
	FILE_FORMAT_MAX
};

struct prepared_file {
	char *path;
	enum file_format format;
	bool only_new;			/* left alone once it is there */
	char *text;			/* FILE_TEXT: all of it; else NULL */
	json_t *set;			/* the others: what is set, by key; else NULL */
};

enum install_verb {
#define INSTALL_VERB(name, wire, must, may, help) INSTALL_##name,
#include "model/install_verb.def"
	INSTALL_VERB_MAX
};

/* One step. What its verb has not is empty (install_verb.def); texts may have holes unless it says not. */
struct install_step {
	enum install_verb verb;
	json_t *when, *unless;		/* only if (not) these variables are one of these: {name: [value, ...]}; or NULL */
	char *title;			/* for people: "Download the server"; or NULL */
	char *url;
	char *to, *from;		/* paths in the directory; no holes */
	char *sha1, *sha256, *sha512;	/* in hexadecimal; at most one is given; or NULL */
	int64_t most;			/* bytes: more is refused */
	unsigned strip;			/* names dropped from the front of each path that is unpacked */
	bool executable;
	bool unchecked;			/* download: nobody publishes a digest of it */
	char **keep;			/* unpack: what stays as it is when it is there; paths below `to` */
	char **command;			/* NULL-terminated; texts of their own, each with holes */
	struct duration within;
	char *variable;			/* accept: a boolean one; no holes */
	json_t *values;			/* let: {name: text with holes} */
	json_t *pick;			/* fetch: {name: path}, see pick_find() */
	char *pattern;			/* need: an extended regular expression; its first group that matches is the number */
	char *at_least;			/* need: a whole number, may be a hole */
	char *say;			/* what to do when it fails, a sentence; or NULL */
};

struct preparation {
	struct prepared_file *files;
	size_t file_count;
	struct install_step *steps;
	size_t step_count;
	json_t *values;			/* never NULL; see model/hole.h */
};

const char *file_format_word(enum file_format format);
const char *install_verb_word(enum install_verb verb);

/* Lists below `pointer` ("/files", "/install") of a document. Complaints are told; what is right is kept. */
void preparation_read(const json_t *files, const json_t *install, const char *pointer,
		      struct complaints *complaints, struct preparation *preparation);
void preparation_deinit(struct preparation *preparation);

/* {files, install, values}, and a copy that shares nothing, for another thread. */
json_t *preparation_json(const struct preparation *preparation) must_check;
struct preparation *preparation_copy(const struct preparation *preparation) must_check;
void preparation_free(struct preparation *preparation);

bool preparation_is_empty(const struct preparation *preparation);

/*
 * What tells one installation from another: the steps, and the values that they use. In
 * hexadecimal, "" when there are no steps.
 */
#define INSTALL_DIGEST_SIZE 65
void preparation_digest(const struct preparation *preparation,
			char ret_digest[static INSTALL_DIGEST_SIZE]);

/* What tells one preparation of this directory from another: files, steps and all values. */
void preparation_fingerprint(const struct preparation *preparation, const char *directory,
			     char ret_digest[static INSTALL_DIGEST_SIZE]);

/* Is the step to be done with these values (`when`, `unless`)? */
bool install_step_applies(const struct install_step *step, const json_t *values);

/* The step with its holes filled. False with a sentence; else the caller's to deinit. */
bool install_step_fill(const struct install_step *step, const json_t *values,
		       struct install_step *ret_step, char ret_why[static REASON_LIMIT + 1])
	must_check;
void install_step_deinit(struct install_step *step);

/*
 * Walk into a document: each element of `path` is a member's name (text), an element's
 * number (negative: from the end), or an object: the first element that has all these
 * members with these values. Texts of the path have no holes any more. NULL: there is no such.
 */
const json_t *pick_find(const json_t *document, const json_t *path);

/* The tables, for the printed reference. */
const struct setting_table *prepared_file_settings(void);
const struct setting_table *install_step_settings(void);

#endif
