/*
 * Makes system calls to be traced: getppid(), on the CPU that the argument names. Reads orders from standard input, one
 * a line, and answers each with the number of calls made and the nanoseconds that they took:
 *
 *   count N      N calls, one after the other
 *   storm        calls until SIGUSR1
 *   rate R MS    R calls a second for MS milliseconds, evenly
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static void stop(int signal) { (void)signal; stopped = 1; }

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
  char line[128];
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(count > 1 ? atoi(arguments[1]) : 0, &cpus);
  if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  signal(SIGUSR1, stop);
  while (fgets(line, sizeof line, stdin)) {
    long long calls = 0, wanted = 0, milliseconds = 0;
    long long start = now();
    if (sscanf(line, "count %lld", &wanted) == 1) {
      for (; calls < wanted; calls++) syscall(SYS_getppid);
    } else if (strncmp(line, "storm", 5) == 0) {
      for (stopped = 0; !stopped; calls++) syscall(SYS_getppid);
    } else if (sscanf(line, "rate %lld %lld", &wanted, &milliseconds) == 2) {
      double period = 1e9 / (double)wanted;
      long long end = start + milliseconds * 1000000LL;
      for (long long time = start; time < end; time = now()) {
        if ((double)(time - start) < (double)calls * period) continue;
        syscall(SYS_getppid);
        calls++;
      }
    }
    printf("%lld %lld\n", calls, now() - start);
    fflush(stdout);
  }
  return 0;
}
