/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEMPLATE_H
#define ROOST_TEMPLATE_H

/*
 * A template: a document from which servers are declared. It has variables, which are what
 * people are asked, and a server's declaration, files and installation steps whose texts have
 * holes for them (model/hole.h). docs/templates.md says all of it for people.
 *
 * A declaration names its template and gives variables; whatever else it says stands over
 * what the template says:
 *
 *     {name: survival, template: minecraft-java, variables: {memory: 4GiB}, hosts: ["*"]}
 *
 * template_expand() makes of that a declaration as any other, with `origin` (the template,
 * its digest, and what was written) and `preparation` in it. Beside the template's own
 * variables there is `name`, the server's.
 */

#include "model/preparation.h"
#include "model/spec.h"

enum variable_type {
#define VARIABLE_TYPE(name, wire, help) VARIABLE_##name,
#include "model/variable_type.def"
	VARIABLE_TYPE_MAX
};

struct template_variable {
	char *name;
	enum variable_type type;
	char *title;			/* for people; never NULL */
	char *help;			/* or NULL */
	bool required;			/* it has no default, and must be given */
	json_t *initial;		/* the default in its canonical form, or NULL */
	int64_t least, most;		/* bytes of a text, the number, bytes of a size, ms, the port */
	char **choices;			/* VARIABLE_CHOICE: NULL-terminated */
	char *pattern;			/* VARIABLE_TEXT: an extended regular expression for all of it; or NULL */
};

struct template {
	char name[SERVER_NAME_LIMIT + 1];
	char *title, *description;
	unsigned version;
	struct template_variable *variables;
	size_t variable_count;
	json_t *server;			/* members of a declaration, with holes */
	struct preparation preparation;	/* its `values` is empty */
	json_t *document;		/* canonical: what template_json() tells */
	char digest[INSTALL_DIGEST_SIZE];	/* of that */
};

/*
 * Parse and check. Returns 0 and the caller's *ret_template, or the number of errors (at most
 * `max`) in the order of the document. Every hole has its variable, and with the defaults (and
 * made-up values where there is none) it makes a declaration that is right.
 */
size_t template_parse(const json_t *document, struct spec_error *errors, size_t max,
		      struct template **ret_template) must_check;
const json_t *template_json(const struct template *template);
void template_free(struct template *template);
void template_freep(struct template **template);

const struct template_variable *template_variable(const struct template *template,
						  const char *name);	/* NULL: no such */
const char *variable_type_word(enum variable_type type);

/* What may be written, for people: "a size such as 512MiB or 2GiB, 1GiB to 64GiB". */
void variable_allowed(const struct template_variable *variable, char *text, size_t size);

/*
 * A value that somebody gave in its canonical form, or NULL with what is wrong in `ret_why`.
 * Numbers, booleans and the like may also come as text, as forms and command lines have them.
 */
json_t *variable_value(const struct template_variable *variable, const json_t *given,
		       char ret_why[static REASON_LIMIT + 1]) must_check;

/* Does the document name a template, and which? NULL: it does not. */
const char *document_template(const json_t *document);

/*
 * The declaration that `document` comes to. What spec_parse() then finds wrong with it is told
 * by template_blame(). NULL with complaints about `document`. Relative paths begin at
 * `base_directory`, now and whenever it is expanded again (NULL: they stay as they are).
 */
json_t *template_expand(const struct template *template, const json_t *document,
			const char *base_directory, struct complaints *complaints) must_check;

/* What was written, from a declaration's `origin`: {name, template, variables, ...}. */
json_t *origin_document(const char *name, const json_t *origin) must_check;
const char *origin_base(const json_t *origin);	/* or NULL */

/*
 * An error in an expanded declaration as one in what was written: at the variable that
 * filled the hole there, or at "/template".
 */
void template_blame(const struct template *template, const json_t *document,
		    struct spec_error *error);

/* Those that come with roost, in the order of their names. Parsed anew each time. */
size_t template_builtin_count(void);
struct template *template_builtin_at(size_t index) must_check;
struct template *template_builtin(const char *name) must_check;	/* NULL: no such */

/* The tables, for the printed reference. */
const struct setting_table *template_settings(void);
const struct setting_table *template_variable_settings(void);

#endif
