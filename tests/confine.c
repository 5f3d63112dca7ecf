/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a confined process can still do, and what not. */
#include "base/confine.h"
#include "base/cores.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static sem_t go;
static int thread_errno;

static void *
thread(void *arg)
{
	(void)arg;
	sem_wait(&go);
	errno = 0;
	thread_errno = open("/dev/null", O_RDONLY) < 0 ? errno : 0;
	return NULL;
}

static bool
refused(long result)
{
	return result == -1 && errno == EPERM;
}

/* In a child; what it finds it writes to fd, a letter a question. */
static _Noreturn void
confined(int fd)
{
	char got[8] = "-------";
	struct err err;
	pthread_t t;
	sem_init(&go, 0, 0);
	if (pthread_create(&t, NULL, thread, NULL) || confine_self(&err) < 0)
		_exit(3);
	got[0] = refused(open("/dev/null", O_RDONLY)) ? 'f' : '-';
	got[1] = refused(socket(AF_INET, SOCK_STREAM, 0)) && refused(socket(AF_UNIX, SOCK_STREAM, 0)) ? 's' : '-';
	got[2] = refused(execl("/bin/true", "true", (char *)NULL)) && refused(fork()) ? 'p' : '-';
	void *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	got[3] = m == MAP_FAILED && errno == EPERM ? 'x' : '-';
	m = malloc(64 << 20); /* memory there is */
	if (m && memset(m, 1, 64 << 20))
		got[4] = 'm';
	free(m);
	got[5] = refused(kill(getppid(), 0)) ? 'k' : '-';
	sem_post(&go);
	pthread_join(t, NULL); /* it waits and is woken as ever */
	got[6] = thread_errno == EPERM ? 't' : '-';
	_exit(write(fd, got, 7) == 7 ? 0 : 2);
}

static void
self(void)
{
	int fd[2], status = 0;
	char got[8] = "";
	if (pipe(fd) < 0)
		return;
	fflush(stdout);
	const pid_t pid = fork();
	if (pid == 0)
		confined(fd[1]);
	close(fd[1]);
	const ssize_t n = read(fd[0], got, 7);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
		skip("seccomp", "not in this kernel, or not in a build with sanitizers");
		return;
	}
	ok(n == 7 && status == 0, "a confined process goes on, and can write to what is open");
	ok(got[0] == 'f' && got[1] == 's', "it opens no file and makes no socket");
	ok(got[2] == 'p' && got[3] == 'x' && got[5] == 'k', "nor a process, code to run, or a signal for others");
	ok(got[4] == 'm' && got[6] == 't', "memory it has; threads from before are confined too");
}

static void
child(void)
{
	int fd[2], status = 0;
	char got[8] = "";
	fflush(stdout);
	if (pipe(fd) < 0)
		return;
	signal(SIGPIPE, SIG_IGN);
	const pid_t parent = getpid(), pid = fork();
	if (pid == 0) {
		struct rlimit core, data;
		int death = 0;
		char score[8] = "";
		confine_child(&(struct confine){.parent = parent, .memory = 64 << 20, .no_privileges = true});
		getrlimit(RLIMIT_CORE, &core);
		getrlimit(RLIMIT_DATA, &data);
		prctl(PR_GET_PDEATHSIG, &death);
		const int file = open("/proc/self/oom_score_adj", O_RDONLY);
		const ssize_t n = file < 0 ? 0 : read(file, score, sizeof score - 1);
		struct sigaction a;
		sigaction(SIGPIPE, NULL, &a);
		void *m = mmap(NULL, 128 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		const char say[8] = {core.rlim_max == 0, data.rlim_cur == 64 << 20, death == SIGKILL, n > 0 && atoi(score) >= 500,
		    a.sa_handler == SIG_DFL, m == MAP_FAILED, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, 0};
		_exit(write(fd[1], say, 7) == 7 ? 0 : 2);
	}
	close(fd[1]);
	ok(read(fd[0], got, 7) == 7 && waitpid(pid, &status, 0) == pid && status == 0, "a child before it runs its program");
	ok(got[0] && got[2] && got[4] && got[6], "no core, dies with its parent, usual signals, no new privileges");
	ok(got[1] && got[5], "no more memory than it may have");
	if (got[3] || getuid())
		ok(got[3], "first to go when the machine has no more");
	else
		skip("oom_score_adj", "cannot be written here");
}

static void
cores(void)
{
	cpu_set_t before, one;
	sched_getaffinity(0, sizeof before, &before);
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
		if (CPU_ISSET(i, &before))
			CPU_SET(i, &one);
	unsetenv("ASSAY_THREADS");
	ok(cores_allowed() == CPU_COUNT(&before), "as many cores as we may run on");
	sched_setaffinity(0, sizeof one, &one);
	ok(cores_allowed() == 1 && cores_threads() == 1, "which may be fewer than there are");
	setenv("ASSAY_THREADS", "7", 1);
	ok(cores_threads() == 7, "ASSAY_THREADS goes before that");
	setenv("ASSAY_THREADS", "many", 1);
	ok(cores_threads() == 1, "if it is a number");
}

int
main(void)
{
	ok(!confine_asked() && setenv("ASSAY_CONFINE", "1", 1) == 0 && confine_asked(), "ASSAY_CONFINE=1 asks for it");
	self();
	child();
	cores();
	return done();
}
