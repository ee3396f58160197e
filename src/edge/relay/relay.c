/* SPDX-License-Identifier: Apache-2.0 */
/* The relay as a whole: started, shown tables, stopped. Everything here is the control thread's. */

#include "relay/relay.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "relay/facts.h"
#include "relay/thread.h"
#include "sys/chance.h"

#define DESCRIPTORS_ELSEWHERE 512 /* for the web, the store, children, pipes */

static unsigned
core_count(void)
{
	cpu_set_t set;
	int count;

	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return 1;
	count = CPU_COUNT(&set);
	return count < 1 ? 1 : count > RELAY_THREADS_LIMIT ? RELAY_THREADS_LIMIT : (unsigned)count;
}

/* Two descriptors a connection, out of what this process may have. */
static unsigned
connections_that_fit(unsigned wanted)
{
	struct rlimit limit;
	rlim_t fit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	fit = limit.rlim_cur > 2 * DESCRIPTORS_ELSEWHERE
		      ? (limit.rlim_cur - DESCRIPTORS_ELSEWHERE) / 2
		      : limit.rlim_cur / 4;
	if (wanted > 0 && wanted < fit)
		return wanted;
	return fit > RELAY_CONNECTIONS_LIMIT ? RELAY_CONNECTIONS_LIMIT : (unsigned)fit;
}

static void
on_show(struct gate_port *port, struct gate_table *table)
{
	relay_show(CONTAINER_OF(port, struct relay, port), table);
}

static void
on_drop(struct gate_port *port, uint64_t connection, const char *why)
{
	struct relay *relay = CONTAINER_OF(port, struct relay, port);
	uint64_t index = connection >> 47;

	if (index < relay->thread_count)
		post_drop(&relay->threads[index], connection, why);
}

static struct endpoint *
endpoints_copy(const struct endpoint *endpoints, size_t count)
{
	struct endpoint *copy = mem_new_array(count + 1, sizeof *copy);

	for (size_t i = 0; i < count; i++)
		copy[i] = endpoints[i];
	return copy;
}

/* Everything but threads and sockets. */
static struct relay *
relay_prepare(const struct relay_options *options)
{
	struct relay *relay = mem_new(sizeof *relay);
	uint64_t seed;

	sys_chance()->fill(sys_chance(), &seed, sizeof seed);
	relay->port = (struct gate_port){ .show = on_show, .drop = on_drop };
	relay->options = *options;
	relay->options.listen = endpoints_copy(options->listen, options->listen_count);
	relay->ports = mem_new_array(options->listen_count + 1, sizeof *relay->ports);
	relay->thread_count = options->threads == 0 ? core_count() : options->threads;
	if (relay->thread_count > RELAY_THREADS_LIMIT)
		relay->thread_count = RELAY_THREADS_LIMIT;
	relay->connection_limit = connections_that_fit(options->connections);
	relay->facts = facts_gauge_new();
	sys_chance()->fill(sys_chance(), relay->cookie_key, sizeof relay->cookie_key);
	relay->seed = seed;
	relay->admit = admit_new(ADMIT_PEERS_DEFAULT, seed);
	ASSERT(pthread_mutex_init(&relay->admit_lock, NULL) == 0);
	relay->threads = mem_new_array(relay->thread_count, sizeof *relay->threads);
	for (unsigned i = 0; i < relay->thread_count; i++)
		thread_init(&relay->threads[i], relay, i);
	return relay;
}

static void
relay_release(struct relay *relay)
{
	for (unsigned i = 0; i < relay->thread_count; i++)
		thread_deinit(&relay->threads[i]);
	for (size_t i = 0; i < relay->server_count; i++)
		shared_unref(relay->servers[i]);
	mem_free(relay->servers);
	mem_free(relay->threads);
	admit_free(relay->admit);
	(void)pthread_mutex_destroy(&relay->admit_lock);
	facts_gauge_unref(relay->facts);
	mem_free(relay->ports);
	mem_free((void *)(uintptr_t)relay->options.listen);
	mem_free(relay);
}

static void
stop_threads(struct relay *relay, unsigned count, const char *why)
{
	for (unsigned i = 0; i < count; i++)
		post_stop(&relay->threads[i], why);
	for (unsigned i = 0; i < count; i++)
		ASSERT(pthread_join(relay->threads[i].thread, NULL) == 0);
}

int
relay_new(const struct relay_options *options, char ret_reason[static REASON_LIMIT + 1],
	  struct relay **ret_relay)
{
	struct relay *relay = relay_prepare(options);
	unsigned started = 0;
	int result = listeners_open(relay, ret_reason);

	while (result == 0 && started < relay->thread_count) {
		result = thread_start(&relay->threads[started]);
		if (result == 0)
			started++;
		else
			(void)text_put(ret_reason, REASON_LIMIT + 1,
				       "The gate cannot start a thread: too many processes or too "
				       "little memory.");
	}
	if (result == 0) {
		*ret_relay = relay;
		return 0;
	}
	stop_threads(relay, started, NULL);
	listeners_close(relay);
	relay_release(relay);
	return result;
}

void
relay_free(struct relay *relay, const char *why)
{
	if (relay == NULL)
		return;
	listeners_close(relay);
	stop_threads(relay, relay->thread_count, why);
	relay_release(relay);
}

struct gate_port *
relay_port(struct relay *relay)
{
	return &relay->port;
}

void
relay_show(struct relay *relay, struct gate_table *table)
{
	struct snapshot *snapshot = snapshot_new(relay, table);

	for (unsigned i = 0; i < relay->thread_count; i++)
		post_snapshot(&relay->threads[i], snapshot);
	listeners_follow(relay, snapshot);
	listeners_start(relay);
	snapshot_unref(snapshot);
}

uint16_t
relay_listen_port(const struct relay *relay, size_t index)
{
	return index < relay->options.listen_count ? relay->ports[index] : 0;
}

void
relay_stats(const struct relay *relay, struct relay_stats *ret_stats)
{
	*ret_stats = (struct relay_stats){ 0 };
	for (unsigned i = 0; i < relay->thread_count; i++) {
		const struct relay_stats *stats = &relay->threads[i].stats;

#define RELAY_COUNTER(name, metric, labels, help) \
	ret_stats->name += __atomic_load_n(&stats->name, __ATOMIC_RELAXED);
#define RELAY_GAUGE(name, metric, labels, help) RELAY_COUNTER(name, metric, labels, help)
#include "relay/stats.def"
	}
}
