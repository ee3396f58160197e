/* SPDX-License-Identifier: Apache-2.0 */
/* What the stand-in prints has the head that a vanilla server's log has: time, thread, level. */

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "practice/inner.h"
#include "sys/clock.h"

static void
put_line(const char *thread, const char *level, const char *format, va_list args)
{
	time_t now = (time_t)(sys_now().ms / 1000);
	struct tm local = { 0 };

	(void)localtime_r(&now, &local);
	(void)printf("[%02d:%02d:%02d] [%s/%s]: ", local.tm_hour, local.tm_min, local.tm_sec,
		     thread, level);
	(void)vprintf(format, args);
	(void)putchar('\n');
	(void)fflush(stdout);
}

void
practice_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line("Server thread", "INFO", format, args);
	va_end(args);
}

void
practice_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line("Server thread", "WARN", format, args);
	va_end(args);
}

void
practice_say_of(const char *thread, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(thread, "INFO", format, args);
	va_end(args);
}
