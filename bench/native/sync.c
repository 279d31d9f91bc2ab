/*
 * The bare cross-call: a raw tracepoint program with one load, run on each CPU in turn by BPF_PROG_RUN. Reads orders from
 * standard input, one a line, and answers with the nanoseconds that each round took:
 *
 *   rounds N MICROSECONDS      N rounds over all CPUs, with a pause before each
 *   call CPU N MICROSECONDS    N calls of that CPU, with a pause before each
 *   spin CPU N MICROSECONDS    the same, and this CPU is kept busy in the pause
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CPUS 1024
#define STRIDE 128

static int call(int command, union bpf_attr *attributes) {
  return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int load(void) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = CPUS * STRIDE;
  attributes.max_entries = 1;
  int map = call(BPF_MAP_CREATE, &attributes);
  if (map < 0) return map;
  struct bpf_insn program[] = {
      {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_smp_processor_id},
      {.code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = 0, .imm = CPUS - 1},
      {.code = BPF_ALU64 | BPF_MUL | BPF_K, .dst_reg = 0, .imm = STRIDE},
      {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = map},
      {0},
      {.code = BPF_ALU64 | BPF_ADD | BPF_X, .dst_reg = 1, .src_reg = 0},
      {.code = BPF_LDX | BPF_DW | BPF_MEM, .dst_reg = 0, .src_reg = 1},
      {.code = BPF_JMP | BPF_EXIT},
  };
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attributes.insns = (unsigned long long)program;
  attributes.insn_cnt = sizeof program / sizeof *program;
  attributes.license = (unsigned long long)"Dual MIT/GPL";
  return call(BPF_PROG_LOAD, &attributes);
}

int main(void) {
  char line[128];
  int rounds, pause, chosen, program = load();
  int all = (int)sysconf(_SC_NPROCESSORS_CONF);
  if (program < 0) return 1;
  while (fgets(line, sizeof line, stdin)) {
    int first = 0, end = all, spin = strncmp(line, "spin", 4) == 0;
    if (sscanf(line, "call %d %d %d", &chosen, &rounds, &pause) == 3 ||
        sscanf(line, "spin %d %d %d", &chosen, &rounds, &pause) == 3) {
      first = chosen;
      end = chosen + 1;
    } else if (sscanf(line, "rounds %d %d", &rounds, &pause) != 2) {
      return 2;
    }
    for (int round = 0; round < rounds; round++) {
      struct timespec time = {0, pause * 1000L};
      long long start = now();
      if (pause > 0 && !spin) nanosleep(&time, NULL);
      if (spin) while (now() < start + pause * 1000LL);
      start = now();
      for (int cpu = first; cpu < end; cpu++) {
        union bpf_attr attributes;
        memset(&attributes, 0, sizeof attributes);
        attributes.test.prog_fd = program;
        attributes.test.flags = BPF_F_TEST_RUN_ON_CPU;
        attributes.test.cpu = cpu;
        call(BPF_PROG_RUN, &attributes);
      }
      printf("%lld ", now() - start);
    }
    printf("\n");
    fflush(stdout);
  }
  return 0;
}
