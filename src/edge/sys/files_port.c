/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A game's files, read and written in a worker: see the headers. A job is the worker's
 * while it is queued and the loop's before and after, as in secrets.c.
 */

#include "sys/files_port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"
#include "sys/inside.h"

struct files {
	struct files_port port;
	uv_loop_t *loop;
	struct courier *courier; /* NULL once freed */
	size_t in_flight;
};

struct job {
	uv_work_t work;
	struct files *files;
	struct ticket ticket;
	bool writes, same; /* same: all were as they had been read */
	char *directory;
	size_t count;
	struct one {
		char *name, *text;
		size_t length;
		struct file_text was;
		mode_t mode; /* of the file that is there */
		uid_t owner;
		gid_t group;
	} ones[FILES_AT_ONCE];
	struct files_answer *found;
	char why[REASON_LIMIT + 1];
};

/* In the worker. */

static bool
fail(struct job *job, int error, const char *doing, const char *name)
{
	CLEANUP(text_freep) char *path = text_format("%s/%s", job->directory, name);

	if (error == -ELOOP)
		(void)snprintf(job->why, sizeof job->why,
			       "'%.150s' is a link, and roost follows none in a game's directory; "
			       "put the file itself there",
			       path);
	else
		file_explain(error, doing, path, job->why, sizeof job->why);
	return false;
}

/* 0 (also when there is none) or -errno. */
static int
read_one(int directory, struct one *one, struct file_text *ret_text)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	struct stat is;
	CLEANUP(fd_closep) int fd = inside_open(directory, one->name, &is);
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = fd_read(fd, GAME_FILE_LIMIT, &content);
	if (r < 0)
		return r;
	one->mode = is.st_mode & 07777;
	one->owner = is.st_uid;
	one->group = is.st_gid;
	*ret_text = (struct file_text){ .is_there = true, .length = content.length };
	ret_text->text = buf_take_text(&content);
	return 0;
}

static bool
read_all(struct job *job, int directory)
{
	for (size_t i = 0; i < job->count; i++) {
		int r = read_one(directory, &job->ones[i], &job->found->files[i]);

		if (r < 0)
			return fail(job, r, "read", job->ones[i].name);
	}
	return true;
}

static bool
is_same(const struct file_text *a, const struct file_text *b)
{
	return a->is_there == b->is_there && a->length == b->length &&
	       (a->length == 0 || memcmp(a->text, b->text, a->length) == 0);
}

static int
write_beside(int directory, const char *name, const struct one *one)
{
	CLEANUP(fd_closep)
	int fd =
		openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write(fd, one->text, one->length);
	if (r < 0)
		return r;
	/* The owner first: it takes special bits away. Who may not give files away keeps them. */
	if (one->was.is_there && fchown(fd, one->owner, one->group) < 0 && errno != EPERM)
		return -errno;
	if (one->was.is_there && fchmod(fd, one->mode) < 0)
		return -errno;
	return fdatasync(fd) < 0 ? -errno : 0;
}

static int
write_one(int directory, const struct one *one)
{
	CLEANUP(text_freep) char *beside = text_format(".%s.roost", one->name);
	int r;

	if (unlinkat(directory, beside, 0) < 0 && errno != ENOENT)
		return -errno;
	r = write_beside(directory, beside, one);
	if (r == 0 && renameat(directory, beside, directory, one->name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(directory, beside, 0);
	return r;
}

static bool
write_all(struct job *job, int directory)
{
	for (size_t i = 0; i < job->count; i++)
		job->same = job->same && is_same(&job->found->files[i], &job->ones[i].was);
	for (size_t i = 0; i < job->count && job->same; i++) {
		int r = job->ones[i].text != NULL ? write_one(directory, &job->ones[i]) : 0;

		if (r < 0)
			return fail(job, r, "write", job->ones[i].name);
	}
	if (job->same && fsync(directory) < 0)
		return fail(job, -errno, "write", ".");
	return true;
}

static void
on_work(uv_work_t *work)
{
	struct job *job = CONTAINER_OF(work, struct job, work);
	CLEANUP(fd_closep)
	int directory = open(job->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0) {
		if (errno != ENOENT || job->writes)
			(void)fail(job, -errno, "read", "");
		return;
	}
	job->found->is_there = true;
	if (read_all(job, directory) && job->writes)
		(void)write_all(job, directory);
}

/* In the loop's thread. */

static void
job_free(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		mem_free(job->ones[i].name);
		mem_free(job->ones[i].text);
		mem_free(job->ones[i].was.text);
	}
	files_answer_free(job->found);
	mem_free(job->directory);
	mem_free(job);
}

static void
job_tell(struct job *job)
{
	struct reply reply = { .ticket = job->ticket, .result = REPLY_DONE };

	if (job->why[0] != '\0') {
		courier_refuse(job->files->courier, job->ticket, "%s", job->why);
		return;
	}
	if (job->writes) {
		reply.holds = REPLY_YES_OR_NO;
		reply.as.yes = job->same;
	} else {
		reply.holds = REPLY_FILES;
		reply.as.files = TAKE(job->found);
	}
	courier_reply(job->files->courier, &reply);
}

static void
on_worked(uv_work_t *work, int status)
{
	struct job *job = CONTAINER_OF(work, struct job, work);
	struct files *files = job->files;

	files->in_flight--;
	if (files->courier != NULL && status == 0)
		job_tell(job);
	else if (files->courier == NULL && files->in_flight == 0)
		mem_free(files);
	job_free(job);
}

static struct job *
job_new(struct files *files, struct ticket ticket, const char *directory, size_t count)
{
	struct job *job = mem_new(sizeof *job);

	ASSERT(count <= FILES_AT_ONCE);
	job->files = files;
	job->ticket = ticket;
	job->same = true;
	job->directory = text_copy(directory);
	job->count = count;
	job->found = mem_new(sizeof *job->found);
	job->found->count = count;
	return job;
}

static void
job_start(struct job *job)
{
	for (size_t i = 0; i < job->count; i++)
		ASSERT(strchr(job->ones[i].name, '/') == NULL);
	job->files->in_flight++;
	ASSERT(uv_queue_work(job->files->loop, &job->work, on_work, on_worked) == 0);
}

static void
read_files(struct files_port *port, struct ticket ticket, const char *directory,
	   const char *const *names, size_t count)
{
	struct job *job = job_new(CONTAINER_OF(port, struct files, port), ticket, directory, count);

	for (size_t i = 0; i < count; i++)
		job->ones[i].name = text_copy(names[i]);
	job_start(job);
}

static void
write_files(struct files_port *port, struct ticket ticket, const struct files_order *order)
{
	struct job *job = job_new(CONTAINER_OF(port, struct files, port), ticket, order->directory,
				  order->count);

	job->writes = true;
	for (size_t i = 0; i < order->count; i++) {
		const struct file_change *from = &order->files[i];
		struct one *to = &job->ones[i];

		to->name = text_copy(from->name);
		if (from->text != NULL)
			to->text = text_copy_n(from->text, from->length);
		to->length = from->length;
		to->was = *from->was;
		if (from->was->is_there)
			to->was.text = text_copy_n(from->was->text, from->was->length);
	}
	job_start(job);
}

struct files_port *
files_port_new(uv_loop_t *loop, courier_deliver *deliver, void *argument)
{
	struct files *files = mem_new(sizeof *files);

	files->port = (struct files_port){ .read = read_files, .write = write_files };
	files->loop = loop;
	files->courier = courier_new(loop, deliver, argument);
	return &files->port;
}

void
files_port_free(struct files_port *port)
{
	struct files *files;

	if (port == NULL)
		return;
	files = CONTAINER_OF(port, struct files, port);
	courier_free(TAKE(files->courier));
	if (files->in_flight == 0)
		mem_free(files);
}
