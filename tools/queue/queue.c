/* SPDX-License-Identifier: GPL-3.0-or-later */
/* queue: the broker (lib/queue/broker.h) on sockets and a clock. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/talk.h"
#include "metrics.h"
#include "queue/broker.h"
#include "queue/line.h"
#include "queue/status.h"
#include "stream/address.h"
#include "stream/keys.h"
#include "stream/post.h"

enum {
	POSTS = 16,       /* endpoints at most */
	BATCH = 256,      /* letters read from a post before mail is sent */
	MS = 1000,        /* microseconds */
	ATTEND = 10 * MS, /* who knocks, who left: looked after so often, however busy */
	SHOW = 1000 * MS, /* between two texts for /metrics */
	STIR = 100 * MS,  /* between two looks at letters that are under way */
};

static int memory = 1024;
static double beat = 1, silence = NAN, hedge = 1;
static const char *metrics_at;
static struct post_settings keys;

static const struct cli_option options[] = {
    {'m', "memory", CLI_INT, &memory, "MIB", 1, 1 << 24, .help = "takes held at most, and as much again of results"},
    {0, "beat", CLI_DOUBLE, &beat, "S", 0.01, 60, .help = "seconds between two signs of life"},
    {0, "silence", CLI_DOUBLE, &silence, "S", 0.03, 3600, .help = "seconds until who is silent counts as gone; 5 beats"},
    {0, "hedge", CLI_DOUBLE, &hedge, "S", 0.001, 1e6, .help = "an idle worker gets a copy of takes leased for longer"},
    {0, "metrics", CLI_STRING, &metrics_at, "ADDRESS:PORT", .help = "serve /metrics for Prometheus, and /healthz"},
    POST_OPTIONS(&keys),
    {0},
};

static const struct cli cli = {
    .tool = "queue",
    .summary = "hand takes from senders to workers, and results back",
    .usage = "[options] ENDPOINT ...",
    .example = "assay queue ipc:///run/user/1000/assay/queue tcp://0.0.0.0:5555 --metrics 127.0.0.1:9090\n",
    .options = options,
};

static struct post *posts[POSTS];
static size_t n_posts;
static struct broker *broker;

/* What the broker calls a peer: the number of the post, and 32 bits that the post calls it. */
static uint64_t
peer_of(size_t post, uint32_t peer)
{
	return (uint64_t)post << 32 | peer;
}

static void
step(enum broker_what what, uint64_t peer, const struct letter *l, int64_t now)
{
	broker_step(broker, &(struct broker_event){.what = what, .peer = peer, .letter = l}, now);
}

/* --- talk ------------------------------------------------------------------------------ */

/* What the broker says: it limits itself to so many lines a second. */
static void
tell(const char *lines)
{
	for (size_t n; *lines; lines += n + (lines[n] != 0)) {
		n = strcspn(lines, "\n");
		if (!strncmp(lines, BROKER_ALARM, strlen(BROKER_ALARM))) /* -q or not */
			talk_error("%.*s", (int)n, lines);
		else
			talk_info("%.*s", (int)n, lines);
	}
}

/* Tells systemd that senders and workers may start: sd_notify(3), which is one datagram. */
static void
notify(const char *state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	const size_t n = path ? strlen(path) : 0;
	if (n < 2 || n >= sizeof to.sun_path || (*path != '/' && *path != '@'))
		return;
	memcpy(to.sun_path, path, n);
	if (*path == '@')
		to.sun_path[0] = 0;
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, size) < 0)
		talk_warning("cannot tell systemd: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* --- the loop ---------------------------------------------------------------------------- */

static size_t
receive(struct letter_desk *desk, int64_t now)
{
	size_t got = 0;
	for (size_t i = 0; i < n_posts; i++) {
		const uint8_t *head;
		struct parcel *body = NULL;
		struct letter l;
		uint32_t peer = 0;
		size_t n;
		int r = 0;
		for (size_t k = 0; k < BATCH && (r = post_receive(posts[i], &peer, &head, &n, &body)); k++) {
			const bool good = r > 0 && !letter_unpack(head, n, body, &l, desk, NULL);
			step(good ? BROKER_LETTER : BROKER_BAD, peer_of(i, peer), good ? &l : NULL, now);
			if (r > 0)
				parcel_unref(body);
			got++;
		}
	}
	return got;
}

/* Mail for some peer could not leave: tried again whenever something has moved. */
static bool stalled;

/* How many letters have left, or so many that there may be more. */
static size_t
send_mail(int64_t now)
{
	const struct mail *m;
	uint64_t peer;
	size_t sent = 0, k = 0;
	for (; k < BATCH * n_posts && (m = broker_mail(broker, &peer)); k++) {
		const int r = post_send(posts[peer >> 32], (uint32_t)peer, m->head, m->n, m->body);
		sent += r > 0;
		stalled |= r == 0;
		step(r > 0 ? BROKER_SENT : r == 0 ? BROKER_STALLED : BROKER_GONE, peer, NULL, now);
	}
	return k < BATCH * n_posts ? sent : k;
}

/* What became of connections. One that ended is somebody's: the broker tries them all. */
static void
hear_news(int64_t now)
{
	const char *text;
	for (size_t i = 0; i < n_posts; i++)
		for (enum post_news k; (k = post_news(posts[i], &text)) != POST_NONE;) {
			if (k == POST_DISCONNECTED)
				step(BROKER_PROBE, 0, NULL, now);
			if (k == POST_REFUSED)
				broker_step(broker, &(struct broker_event){.what = BROKER_REFUSED, .text = text}, now);
		}
}

/* Who is in the middle of a long letter. */
static void
hear_stirring(int64_t now)
{
	static int64_t heard;
	uint32_t peer;
	if (now - heard < STIR)
		return;
	heard = now;
	for (size_t i = 0; i < n_posts; i++)
		for (size_t at = 0; post_stirs(posts[i], &at, &peer);)
			step(BROKER_STIRS, peer_of(i, peer), NULL, now);
}

static void
show(struct metrics *m, int64_t now)
{
	struct err err;
	struct parcel *p = broker_status(broker, now);
	struct status *s = p ? status_unpack(p->bytes, p->n, &err) : NULL;
	char *text = NULL;
	size_t n = 0;
	FILE *f = s ? open_memstream(&text, &n) : NULL;
	if (f) {
		status_prometheus(f, s);
		if (!fclose(f))
			metrics_show(m, text, n);
	}
	status_free(s);
	parcel_unref(p);
}

static void
serve(struct letter_desk *desk, struct metrics *m)
{
	int64_t attended = 0, shown = -SHOW;
	while (!interrupted()) {
		int64_t now = line_clock();
		size_t busy = receive(desk, now);
		if (stalled || now >= broker_due(broker)) {
			hear_stirring(now);
			stalled = false;
			step(BROKER_TICK, 0, NULL, now);
		}
		busy += send_mail(now);
		if (m && now - shown >= SHOW) {
			show(m, now);
			shown = now;
		}
		for (const char *lines; (lines = broker_log(broker));)
			tell(lines);
		if (busy && now - attended < ATTEND)
			continue;
		const int64_t due = broker_due(broker) - now;
		const int64_t wait = busy || due < 0 ? 0 : due < SHOW ? due : SHOW;
		post_wait_any(posts, n_posts, NULL, 0, (int)((wait + MS - 1) / MS));
		attended = line_clock();
		hear_news(attended);
	}
}

/* --- start ------------------------------------------------------------------------------- */

/* The command by which others know this queue's key, with a host in it that they can reach. */
static void
say_key(const char *address, const struct key_pair *k)
{
	char host[256] = "", where[512];
	const char *at = address + strlen("tcp://"), *port = strrchr(address, ':');
	const size_t n = (size_t)(port - at);
	const bool any = !strncmp(address, "tcp://", 6) && ((n == 1 && *at == '*') || (n == 7 && !memcmp(at, "0.0.0.0", 7))
	    || (n == 4 && !memcmp(at, "[::]", 4)));
	if (any && !gethostname(host, sizeof host - 1))
		snprintf(where, sizeof where, "tcp://%s%s", host, port);
	else
		snprintf(where, sizeof where, "%s", address);
	talk_info("listens on %s, with keys; elsewhere it is known after: assay key trust %s '%s %s'", address, where, k->public,
	    k->name);
}

static void
listen_at(const char *address)
{
	struct err err;
	struct key_pair k;
	struct post *p = post_bind(address, &keys, &err);
	if (!p)
		die(EXIT_FAILED, "%s", err.text);
	posts[n_posts++] = p;
	char folder[4096];
	if (!keys.secure && (keys.insecure || address_insecure() || post_is_local(address)))
		talk_info("listens on %s, without keys", post_address(p));
	else if (keys_load(keys_folder(keys.keys, folder, sizeof folder), &k, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
	else
		say_key(post_address(p), &k);
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n < 1)
		return cli_usage(&cli, "where? give an endpoint, as ipc:///tmp/queue or tcp://0.0.0.0:5555");
	if (n > POSTS)
		return cli_usage(&cli, "%d endpoints; at most %d", n, POSTS);
	if (isnan(silence))
		silence = 5 * beat;
	if (silence < 3 * beat)
		return cli_usage(&cli, "--silence %g is less than 3 beats of %g s", silence, beat);

	struct err err;
	struct metrics *m = NULL;
	uint64_t epoch;
	interrupt_catch();
	for (int i = 0; i < n; i++)
		listen_at(argv[1 + i]);
	if (metrics_at && !(m = metrics_open(metrics_at, &err)))
		die(EXIT_FAILED, "%s", err.text);
	if (m)
		talk_info("metrics at http://%s/metrics", metrics_where(m));
	if (getrandom(&epoch, sizeof epoch, 0) != sizeof epoch)
		die(EXIT_FAILED, "no random numbers: %s", strerror(errno));
	const struct broker_settings set = {
	    .beat = (int64_t)(1e6 * beat),
	    .silence = (int64_t)(1e6 * silence),
	    .hedge = (int64_t)(1e6 * hedge),
	    .limit = (uint64_t)memory << 20,
	};
	struct letter_desk *desk = letter_desk_new();
	if (!desk || !(broker = broker_new(&set, epoch)))
		die(EXIT_FAILED, "out of memory");
	notify("READY=1");
	talk_info("ready");

	serve(desk, m);

	notify("STOPPING=1");
	metrics_close(m);
	for (size_t i = 0; i < n_posts; i++)
		post_free(posts[i], 0);
	broker_free(broker);
	letter_desk_free(desk);
	return EXIT_INTERRUPTED;
}
