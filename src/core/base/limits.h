/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_LIMITS_H
#define ROOST_LIMITS_H

/*
 * Every queue, buffer, table and wait has a limit, and it stands here with its
 * reason. What a peer may set is bounded by these; what an operator may set is
 * bounded by the tables in model/.
 */

#define SERVER_NAME_LIMIT 40		/* the contract: [a-z0-9-]{1,40} */
#define SERVERS_LIMIT 1000		/* declared servers; the gate's snapshot is copied whole */
#define SERVER_HOSTS_LIMIT 64		/* names one server answers to */
#define MINECRAFT_NAME_LIMIT 16		/* Minecraft's own bound; Floodgate's prefix included */
#define PLAYER_NAME_LIMIT 32		/* of any game, longer ones are cut; less than a UUID, for either finds a player */
#define USER_NAME_LIMIT 64
#define CHANNEL_NAME_LIMIT 64		/* an event's subject has as much as a user's name */
#define CHANNELS_PER_READER 64		/* one stream carries many, for browsers have six to an origin */
#define CHANNEL_RULES_LIMIT 64		/* lines of `channels:` */
#define REASON_LIMIT 240		/* one sentence for people, in UTF-8 bytes */
#define PROBE_NAMES_LIMIT 256		/* players that a game names; as many as are kept for the page */
#define MOTD_LIMIT 512
#define TAIL_LINES_LIMIT 20		/* last lines of output told with a failure */
#define TAIL_TEXT_LIMIT 4096		/* and their bytes */
#define ID_TEXT_SIZE 27			/* 26 characters of a time-ordered id, and its end */

#define HANDSHAKE_FRAME_LIMIT 2048	/* host of 255 characters, with forwarding tokens */
#define HANDSHAKE_FRAME_FORWARDED_LIMIT 33792	/* BungeeCord's profile in the host field */
#define LOGIN_FRAME_LIMIT 1200		/* the largest real login start is 886 bytes (1.19.1) */
#define HOLD_ANSWER_LIMIT 1024		/* a held client's plugin answer; vanilla sends 3-7 bytes */
#define HELD_BYTES_LIMIT 4096		/* what a held Minecraft join may cost us in user memory */
#define TCP_FIRST_BYTES_LIMIT 16384	/* first bytes of a `tcp` game kept for replay */
#define STATUS_TEXT_LIMIT 32767		/* characters of a status answer, favicon included */
#define FAVICON_LIMIT 23000		/* PNG bytes: base64 of it must fit STATUS_TEXT_LIMIT */
#define HOLD_QUEUE_DEFAULT 100		/* players held for one server */

#define RELAY_THREADS_LIMIT 64		/* one per core; connection ids keep 6 bits for it */
#define RELAY_CONNECTIONS_LIMIT 65536	/* a thread's; two descriptors each (ids: 16 bits) */
#define RELAY_BUFFER_SIZE 65536		/* one a thread; what one recv can bring */
#define RELAY_RESTS_LIMIT 4096		/* blocked directions of a thread with bytes of their own */
#define RELAY_PIPES_LIMIT 64		/* of a thread, for bulk; unprivileged users get 1024 full-sized */
#define RELAY_LARGE_GREETINGS_LIMIT 1024 /* of a thread: first bytes longer than 2 KiB (forwarding) */
#define RELAY_FETCHES_LIMIT 64		/* of a thread: status answers being asked of games */
#define RELAY_GUESTS_LIMIT 16384	/* of a thread: who speaks with games over datagrams; one descriptor each */
#define RELAY_PARCELS_LIMIT 1024	/* of a thread: held ones with datagrams kept for the game, 4 KiB each */
#define RELAY_PARCEL_COUNT 8		/* datagrams kept of one who is held; clients repeat themselves */
#define DATAGRAM_LIMIT 65536		/* no datagram is longer */
#define DATAGRAMS_AT_ONCE 64		/* received or sent in one call; a buffer each, touched as used */
#define RELAY_FACTS_LIMIT 32768		/* facts not yet opened by the control thread; then we refuse */

#define HTTP_HEAD_LIMIT 16384		/* request line and headers */
#define HTTP_HEADERS_LIMIT 64
#define HTTP_BODY_LIMIT 1048576
#define HTTP_HELD_LIMIT 67108864	/* bytes of requests not yet whole, of all connections together */
#define HTTP_CONNECTIONS_LIMIT 20000
#define API_IN_FLIGHT_LIMIT 1024	/* requests waiting for the control thread */

#define FETCH_PUBLIC_LIMIT 64		/* requests under way to addresses that users gave */
#define FETCH_PUBLIC_HOST_LIMIT 8	/* of these to one host: a slow one must not hold up all others */
#define FETCH_ANY_LIMIT 256		/* to the operator's own: each holds up a client meanwhile */
#define FETCH_QUEUE_LIMIT 4096		/* waiting for one of these to end; more are refused */
#define FETCH_QUEUE_BYTES_LIMIT 33554432 /* and what they hold */
#define FETCH_URL_LIMIT 4096		/* API Gateway's bound of an integration's */
#define FETCH_HEAD_LIMIT 65536		/* an answer's headers, interim ones included */
#define FETCH_VALUE_LIMIT 4096		/* one header's value, as kept */

#define INTEGRATION_VISITORS_LIMIT 20000 /* connections of endpoints with routes; HTTP_CONNECTIONS_LIMIT */
#define INTEGRATION_CONNECTS_LIMIT 512	/* handshakes held at once; half of API_IN_FLIGHT_LIMIT */
#define INTEGRATION_QUEUE_LIMIT 128	/* messages of one connection that wait for their turn */
#define INTEGRATION_QUEUE_BYTES_LIMIT 524288 /* and their bytes */
#define INTEGRATION_HELD_LIMIT 67108864	/* of all connections together */
#define INTEGRATION_ANSWER_LIMIT 131072	/* bytes of an answer; API Gateway's bound of a message */

#define CORRELATIONS_LIMIT 1024		/* wishes whose progress goes to a connection; each is looked at per event */
#define EVENTS_PAGE_LIMIT 1000		/* events in one page of the feed */
#define EVENT_DATA_LIMIT 16384		/* bytes of one event's data */
#define EVENT_DATA_DEPTH_LIMIT 64	/* objects and arrays in one another; readers' parsers have bounds of their own */
#define STORE_CHOICES_LIMIT 80		/* walks of one question: a reader's channels, and alerts by type */
#define BATCH_EVENTS_LIMIT 4096		/* events in one commit */
#define RUNS_KEPT_LIMIT 200		/* of one server, in the record; about 10 kB each, so 2 MB a server */
#define PLAYED_KEPT_LIMIT 2000		/* sessions of one server, in the record; about 250 bytes each */
#define PLAYERS_KEPT_LIMIT 1000		/* of one server, with what they played: in memory, 100 bytes each */
#define INBOX_LIMIT 65536		/* facts noted but not yet decided on */

#define DIGEST_TEXT_SIZE 65		/* SHA-256 in lower-case hexadecimal, and its end */
#define OBJECT_KEY_LIMIT 512		/* bytes of an object's name; S3 allows 1024 with a prefix of ours */
#define OBJECT_SEGMENTS_LIMIT 8		/* directories deep */
#define OBJECT_PART_LEAST 8388608	/* bytes of one part of a large upload (S3: 5 MiB at least); held in memory */
#define OBJECT_PART_MOST 67108864	/* and at most: with OBJECT_PARTS_LIMIT, objects of 640 GB */
#define OBJECT_PARTS_LIMIT 10000	/* S3's own bound */
#define OBJECTS_PAGE_LIMIT 1000		/* names in one listing; S3's own bound */
#define OBJECTS_NAMES_LIMIT 100000	/* of a directory store, sorted in memory: 540 bytes each, for a moment */
#define OBJECTS_AT_ONCE_LIMIT 5		/* two archives, two downloads, and what is short; a thread and up to a part's memory each */
#define OBJECTS_QUEUE_LIMIT 256		/* waiting for one of these */
#define OBJECT_ANSWER_LIMIT 4194304	/* bytes of an S3 document: a page of a thousand names is 1 MB at most */

#define ARCHIVE_ENTRIES_LIMIT 1000000	/* files and directories; about 100 bytes of memory each */
#define ARCHIVE_PATH_LIMIT 1024		/* bytes of one path inside an archive */
#define ARCHIVE_DEPTH_LIMIT 64		/* directories in one another; each holds a descriptor while packed */
#define ARCHIVES_AT_ONCE_LIMIT 2	/* of one store, packed or read; about 100 MB and a core each, and less than OBJECTS_AT_ONCE_LIMIT */
#define DOWNLOADS_LIMIT 2		/* of archives at once, of all users: each has a thread of a store and 1 MB */
#define DOWNLOAD_CHUNK 262144		/* bytes on their way from a store to a client; twice, and once more in the socket's queue */
#define MANIFEST_LIMIT 268435456	/* bytes; 200 an entry, with very long names more */

#define PROBE_REPLY_LIMIT 262144	/* a game's status answer; some servers send large mod lists */
#define CONSOLE_LINE_LIMIT 4096
#define CONSOLE_TAIL_LINES 500
#define CONSOLE_TAIL_BYTES 131072	/* of one server: with all servers talking, 128 MB */

#define USERS_LIMIT 10000		/* every user is in memory, about 300 bytes each */
#define TOKENS_LIMIT 2000		/* programs that may use the API */
#define SESSIONS_LIMIT 20000		/* signed-in browsers in all; the one unused longest goes */
#define SESSIONS_PER_USER_LIMIT 20
#define THROTTLE_KEYS_LIMIT 1024	/* names and addresses whose failed sign-ins are counted */
#define LABEL_LIMIT 64			/* bytes of a token's label */
#define PASSWORD_LEAST 8		/* characters (NIST SP 800-63B §5.1.1) */
#define PASSWORD_LIMIT 1024		/* bytes; longer ones only cost us */
#define PASSWORDS_IN_FLIGHT_LIMIT 64	/* hashed or waiting; each costs 64 MiB for a moment, four at once */

#define PUSH_BROWSERS_LIMIT 2000	/* browsers that want to be told, in all; about 2 kB each */
#define PUSH_BROWSERS_PER_USER_LIMIT 20	/* as sessions; the one changed longest ago goes */
#define PUSH_WISHES_LIMIT 64		/* servers that one browser waits for */
#define PUSH_ENDPOINT_LIMIT 2000	/* bytes; the longest seen of a push service has 700 */
#define PUSH_SENDINGS_LIMIT 16		/* messages waiting for one browser; then the oldest goes */
#define PUSH_IN_FLIGHT_LIMIT 16		/* messages under way, of all browsers; one of each */
#define PUSH_FAILURES_LIMIT 10		/* messages given up in a row; then the browser is let go */
#define ROSTER_LIMIT 2000		/* players of one server added, banned or made operator by hand; about 400 bytes each */
#define PROFILES_KEPT_LIMIT 20000	/* players whose account was looked up, in memory: about 120 bytes each */
#define GAME_FILE_LIMIT 4194304		/* bytes of one of a game's own lists: 2000 entries have 0.5 MB */
#define ROSTER_REASON_LIMIT 160		/* bytes of why somebody is banned: one line of a console */
#define WEBHOOKS_LIMIT 100		/* endpoints; each has a page of events in memory, 16 kB each at most */
#define WEBHOOK_LANES_LIMIT 256		/* of one endpoint: subjects that are tried again; about 200 bytes each */
#define WEBHOOK_DEAD_LIMIT 1000		/* dead letters kept of one endpoint; the oldest go */

#define VARIABLE_NAME_LIMIT 40		/* of a template's variable */
#define VARIABLE_VALUE_LIMIT 4000	/* bytes of a text that somebody gives; a path's bound too */
#define TEMPLATE_VARIABLES_LIMIT 64		/* of one template: a form of more is no form */
#define TEMPLATES_LIMIT 200		/* of one's own; each is in memory, some kB */
#define TEMPLATE_TEXT_LIMIT 262144	/* bytes of one as JSON: a document of the record, told whole */
#define PATTERN_LIMIT 200		/* bytes of a regular expression */
#define PREPARED_FILES_LIMIT 64		/* of one server, rendered before each start */
#define PREPARED_TEXT_LIMIT 65536	/* bytes of a file's text in a template */
#define PREPARED_KEYS_LIMIT 500		/* set in one file */
#define RENDERED_LIMIT 4194304		/* bytes of a file that is rendered: it is in memory twice */
#define INSTALL_STEPS_LIMIT 64		/* of one template */

#define SUPERVISE_ORDER_LIMIT 1048576	/* command, environment: half of the kernel's ARG_MAX */
#define SUPERVISE_MESSAGE_LIMIT 65536	/* one line between roost and a supervisor */
#define SUPERVISE_QUEUE_LIMIT 262144	/* console lines waiting for a slow roost; then they are skipped */
#define SUPERVISE_CLIENTS_LIMIT 8	/* one roost, and those it was before */
#define SUPERVISE_ANSWER_WITHIN 5000	/* ms; a supervisor does nothing slow, so silence is a fault */
#define SUPERVISE_LEFTOVER_WITHIN 60000	/* ms; children that outlive the game may still be saving */
#define READY_LINE_LIMIT 256		/* bytes of a declared ready line */
#define LINE_PATTERN_LIMIT 200		/* bytes of a line that tells something, as declared */
#define LINE_HOLES_LIMIT 8		/* in one of these */
#define LINE_PATTERNS_LIMIT 8		/* of one kind: each line of the console is compared with them all */
#define OUTPUT_FILE_LIMIT 8388608	/* bytes of output kept in one file, and as many before it */
#define RUN_RECORD_LIMIT 65536		/* the file a supervisor keeps its run's state in */

#endif
