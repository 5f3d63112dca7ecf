/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* RLIMIT_DATA counts what can be written and is private, so what a process may really take from the machine.
   RLIMIT_AS would count what is only reserved: Python, Go and sanitizers reserve far more than they use. */
static void
limit(int what, uint64_t bytes)
{
	struct rlimit r;
	if (getrlimit(what, &r) < 0)
		return;
	const rlim_t most = r.rlim_max == RLIM_INFINITY || bytes < r.rlim_max ? bytes : r.rlim_max;
	setrlimit(what, &(struct rlimit){most, most});
}

void
confine_child(const struct confine *c)
{
	static const int usual[] = {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGCHLD};
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		signal(usual[i], SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != c->parent)
		_exit(EXIT_FAILURE); /* it died before that */
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "500", 3) != 3)
			errno = 0; /* then it is as likely to go as others */
		close(fd);
	}
	limit(RLIMIT_CORE, 0);
	if (c->memory)
		limit(RLIMIT_DATA, c->memory);
	if (c->no_privileges)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

bool
confine_asked(void)
{
	const char *told = getenv("ASSAY_CONFINE");
	return told && !strcmp(told, "1");
}

/* What is left: reading and writing what is open, memory, threads that are there waiting for each other. All
   else fails with EPERM, so that a library that asks for something optional goes on without. */
static const int allowed[] = {
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(fstat),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(getrusage),
};

static int
add_rules(scmp_filter_ctx f)
{
	int status = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1); /* threads that are there already too */
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed && status == 0; i++)
		status = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	/* memory, but none that can be run */
	static const int mapping[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	for (size_t i = 0; i < sizeof mapping / sizeof *mapping && status == 0; i++)
		status = seccomp_rule_add(f, SCMP_ACT_ALLOW, mapping[i], 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* fstat, which glibc makes of it; abort() */
	if (status == 0)
		status = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
		    SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
	/* isatty */
	if (status == 0)
		status = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, TCGETS));
	if (status == 0)
		status = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	return status;
}

static atomic_bool confined;

bool
confine_done(void)
{
	return confined;
}

int
confine_self(struct err *err)
{
	if (SANITIZED)
		return err_set(err, "a build with sanitizers cannot be confined");
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!f)
		return err_set(err, "out of memory");
	int status = add_rules(f);
	if (status == 0)
		status = seccomp_load(f); /* sets no_new_privs */
	seccomp_release(f);
	confined = status == 0;
	errno = -status;
	return status == 0 ? 0 : err_errno(err, "cannot be confined");
}
