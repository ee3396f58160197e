/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines further away than one round of the wheel stay in their slot until they are due. */

#include "http/wheel.h"

static struct wheel_entry *
slot_of(struct wheel *wheel, uint64_t deadline)
{
	uint64_t tick = deadline / wheel->tick_ms + 1; /* never early */

	if (tick <= wheel->turned_to)
		tick = wheel->turned_to + 1;
	return &wheel->slots[tick % WHEEL_SLOTS];
}

static void
link_behind(struct wheel_entry *head, struct wheel_entry *entry)
{
	entry->previous = head->previous;
	entry->next = head;
	head->previous->next = entry;
	head->previous = entry;
}

static void
unlink_entry(struct wheel_entry *entry)
{
	entry->previous->next = entry->next;
	entry->next->previous = entry->previous;
	entry->next = entry->previous = NULL;
}

void
wheel_init(struct wheel *wheel, uint64_t tick_ms, uint64_t now)
{
	ASSERT(tick_ms > 0);
	for (size_t i = 0; i < WHEEL_SLOTS; i++)
		wheel->slots[i].next = wheel->slots[i].previous = &wheel->slots[i];
	wheel->tick_ms = tick_ms;
	wheel->turned_to = now / tick_ms;
	wheel->count = 0;
}

void
wheel_set(struct wheel *wheel, struct wheel_entry *entry, uint64_t deadline)
{
	wheel_clear(wheel, entry);
	entry->deadline = deadline;
	link_behind(slot_of(wheel, deadline), entry);
	wheel->count++;
}

void
wheel_clear(struct wheel *wheel, struct wheel_entry *entry)
{
	if (entry->next == NULL)
		return;
	unlink_entry(entry);
	wheel->count--;
}

static void
turn_slot(struct wheel *wheel, struct wheel_entry *head, uint64_t now, wheel_reached *reached,
	  void *argument)
{
	struct wheel_entry due = { .next = &due, .previous = &due };

	/* Callbacks may set and clear any entry: work on a list of our own. */
	while (head->next != head) {
		struct wheel_entry *entry = head->next;

		unlink_entry(entry);
		link_behind(&due, entry);
	}
	while (due.next != &due) {
		struct wheel_entry *entry = due.next;

		unlink_entry(entry);
		if (entry->deadline > now) {
			link_behind(slot_of(wheel, entry->deadline), entry);
			continue;
		}
		wheel->count--;
		reached(argument, entry);
	}
}

void
wheel_turn(struct wheel *wheel, uint64_t now, wheel_reached *reached, void *argument)
{
	uint64_t tick = now / wheel->tick_ms;

	if (tick > wheel->turned_to + WHEEL_SLOTS)
		wheel->turned_to = tick - WHEEL_SLOTS;
	while (wheel->turned_to < tick) {
		wheel->turned_to++;
		turn_slot(wheel, &wheel->slots[wheel->turned_to % WHEEL_SLOTS], now, reached,
			  argument);
	}
}
