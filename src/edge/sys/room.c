/* SPDX-License-Identifier: Apache-2.0 */
/* Room on the disk. A question may hang (a network file system), so a worker asks it. */

#include "sys/room.h"

#define LOOK_EVERY_MS 60000

struct room_watch {
	uv_timer_t timer;
	uv_fs_t question;
	bool asking, closed, gone;
	char *path;
	void (*deliver)(void *argument, const struct fact *fact);
	void *argument;
};

static void
end(struct room_watch *watch)
{
	if (watch->asking || !watch->closed)
		return;
	mem_free(watch->path);
	mem_free(watch);
}

static void
on_answer(uv_fs_t *question)
{
	struct room_watch *watch = question->data;
	const uv_statfs_t *disk = question->ptr;
	struct fact fact = { .kind = FACT_DISK };

	watch->asking = false;
	if (question->result == 0 && !watch->gone) {
		fact.as.disk.free_bytes = (int64_t)(disk->f_bavail * disk->f_bsize);
		fact.as.disk.size_bytes = (int64_t)(disk->f_blocks * disk->f_bsize);
		watch->deliver(watch->argument, &fact);
	}
	uv_fs_req_cleanup(question);
	end(watch);
}

static void
on_minute(uv_timer_t *timer)
{
	struct room_watch *watch = timer->data;

	if (!watch->asking)
		watch->asking =
			uv_fs_statfs(timer->loop, &watch->question, watch->path, on_answer) == 0;
}

struct room_watch *
room_watch_new(uv_loop_t *loop, const char *path,
	       void (*deliver)(void *argument, const struct fact *fact), void *argument)
{
	struct room_watch *watch = mem_new(sizeof *watch);

	watch->path = text_copy(path);
	watch->deliver = deliver;
	watch->argument = argument;
	watch->timer.data = watch;
	watch->question.data = watch;
	ASSERT(uv_timer_init(loop, &watch->timer) == 0);
	ASSERT(uv_timer_start(&watch->timer, on_minute, 0, LOOK_EVERY_MS) == 0);
	return watch;
}

static void
on_closed(uv_handle_t *handle)
{
	struct room_watch *watch = handle->data;

	watch->closed = true;
	end(watch);
}

void
room_watch_free(struct room_watch *watch)
{
	if (watch == NULL)
		return;
	watch->gone = true;
	uv_close((uv_handle_t *)&watch->timer, on_closed);
}
