/* SPDX-License-Identifier: GPL-3.0-or-later */
/* key: the keys by which the machines of a cluster know each other. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/talk.h"
#include "stream/keys.h"

static const char *named, *name;
static bool again, json;

static const struct cli_option options[] = {
    {0, "keys", CLI_STRING, &named, "DIR", .help = "folder of keys, instead of $ASSAY_KEYS or ~/.config/assay/keys"},
    {0, "name", CLI_STRING, &name, "NAME", .help = "new: what the key is called; user@host if not given"},
    {0, "again", CLI_FLAG, &again, .help = "new: replace the pair that is there"},
    {0, "json", CLI_FLAG, &json, .help = "new, show, list: print JSON Lines"},
    {0},
};

static int make(int, char **), show(int, char **), allow(int, char **), deny(int, char **), trust(int, char **), list(int, char **);
static const struct cli_verb verbs[] = {
    {"new", make, true}, {"show", show, true}, {"allow", allow, false},
    {"deny", deny, false}, {"trust", trust, false}, {"list", list, true}, {0},
};

static const struct cli cli = {
    .tool = "key",
    .summary = "make and exchange the keys of a cluster",
    .usage = "[options] new | show | allow LINE|FILE | deny KEY|NAME | trust ADDRESS LINE|FILE | list",
    .example = "assay key new                             # on every machine, once\n"
               "assay key show                            # the line for the others\n"
               "assay key allow worker.pub                # where the queue runs: let this key in\n"
               "assay key trust tcp://head:5555 head.pub  # elsewhere: know the queue by its key\n",
    .options = options,
    .verbs = verbs,
};

static char path[4096];
static const char *folder;
static struct err err;

static int
failed(void)
{
	talk_error("%s", err.text);
	return EXIT_FAILED;
}

static void
print_json(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	json_decref(o);
	putchar('\n');
}

/* A pair as the others may know it. */
static int
print_pair(const struct key_pair *k)
{
	if (json)
		print_json(json_pack("{s:s, s:s}", "public", k->public, "name", k->name));
	else
		printf("%s %s\n", k->public, k->name);
	return EXIT_DONE;
}

static int
make(int n, char **arg)
{
	struct key_pair k;
	(void)n, (void)arg;
	if (keys_new(folder, name, again, &k, &err) < 0)
		return failed();
	talk_info("the secret key is in '%s/key'; this line is for the others:", folder);
	return print_pair(&k);
}

static int
show(int n, char **arg)
{
	struct key_pair k;
	(void)n, (void)arg;
	return keys_load(folder, &k, &err) < 0 ? failed() : print_pair(&k);
}

/* --- lines from the command line or from files ---------------------------------------------------- */

static const char *address; /* what trust is about; NULL: allow */

static int
put(const char *line)
{
	struct key_line k;
	const int got = address ? keys_trust(folder, address, line, &err) : keys_allow(folder, line, &err);
	if (got < 0)
		return failed();
	keys_parse(line, &k, NULL);
	const char *who = *k.name ? k.name : k.public;
	if (address)
		talk_info(got ? "the queue at %s is known as '%s'" : "the queue at %s was known as '%s' already", address, who);
	else
		talk_info(got ? "'%s' is allowed" : "'%s' was allowed already", who);
	return EXIT_DONE;
}

/* Every line that is no comment. */
static int
put_file(const char *file)
{
	FILE *f = strcmp(file, "-") ? fopen(file, "re") : stdin;
	char *line = NULL;
	size_t room = 0, lines = 0;
	int status = EXIT_DONE;
	if (!f) {
		err_set(&err, "'%s' is neither a public key nor a file: %s", file, strerror(errno));
		return failed();
	}
	while (status == EXIT_DONE && getline(&line, &room, f) > 0) {
		struct key_line k;
		const char *s = line + strspn(line, " \t\r\n");
		if (!*s || (*s == '#' && keys_parse(s, &k, NULL) < 0))
			continue;
		lines++;
		if (address && lines > 1) {
			err_set(&err, "'%s' has more than one key", file);
			status = failed();
		} else {
			status = put(s);
		}
	}
	if (status == EXIT_DONE && !lines) {
		err_set(&err, "there is no key in '%s'", file);
		status = failed();
	}
	free(line);
	if (f != stdin)
		fclose(f);
	return status;
}

/* A line that its reader forgot to quote is several arguments. */
static int
put_all(int n, char **arg)
{
	struct key_line k;
	char line[1024] = "";
	if (keys_parse(arg[0], &k, NULL) < 0) {
		int status = EXIT_DONE;
		for (int i = 0; i < n && status == EXIT_DONE; i++)
			status = put_file(arg[i]);
		return status;
	}
	for (int i = 0; i < n; i++)
		if (strlen(line) + strlen(arg[i]) + 2 < sizeof line)
			sprintf(line + strlen(line), "%s%s", i ? " " : "", arg[i]);
	return put(line);
}

static int
allow(int n, char **arg)
{
	return n < 1 ? cli_usage(&cli, "allow whom? the line that `assay key show` prints there, or a file of such lines")
	             : put_all(n, arg);
}

static int
trust(int n, char **arg)
{
	if (n < 2)
		return cli_usage(&cli, "trust whom? an address, and the line that `assay key show` prints where its queue runs");
	address = arg[0];
	return put_all(n - 1, arg + 1);
}

static int
deny(int n, char **arg)
{
	if (n < 1)
		return cli_usage(&cli, "deny whom? a public key, or a name from `assay key list`");
	for (int i = 0; i < n; i++) {
		const int got = keys_deny(folder, arg[i], &err);
		if (got < 0)
			return failed();
		talk_info("'%s' is allowed no more%s", arg[i], got > 1 ? ": it had several keys" : "");
	}
	return EXIT_DONE;
}

static void
print(const struct key_line *k, void *user)
{
	const bool queues = user;
	if (!json) {
		printf("%-7s  %s  %s%s%s\n", queues ? "queue" : "allowed", k->public, k->name, queues ? "  " : "", k->address);
		return;
	}
	json_t *o = json_pack("{s:s, s:s, s:s}", "what", queues ? "queue" : "allowed", "public", k->public, "name", k->name);
	if (o && queues)
		json_object_set_new(o, "address", json_string(k->address));
	print_json(o);
}

static int
list(int n, char **arg)
{
	static bool yes = true;
	(void)n, (void)arg;
	return keys_list(folder, false, print, NULL, &err) < 0 || keys_list(folder, true, print, &yes, &err) < 0 ? failed() : EXIT_DONE;
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (!(folder = keys_folder(named, path, sizeof path)))
		die(EXIT_FAILED, "no place for keys: set ASSAY_KEYS, XDG_CONFIG_HOME or HOME");
	return cli_verb(&cli, n, argv);
}
