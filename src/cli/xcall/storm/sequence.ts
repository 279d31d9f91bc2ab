/** Whether each of a run of numbers came once, and in order. */

/** What came. */
export interface SequenceCount {
  readonly records: number;
  /** Numbers that others stepped over, and that have not come. */
  readonly missing: number;
  /** Numbers that came again. */
  readonly doubled: number;
  /** Numbers that came after a later one of the same CPU. */
  readonly late: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** The numbers of one series, from one start of the tracer to its stop. */
export interface Sequence {
  /** Takes a number that was recorded on a CPU. */
  take(number: number, cpu: number): void;
  readonly count: SequenceCount;
  /** Whether nothing is wrong so far. What is missing may still come, if from another CPU. */
  readonly sound: boolean;
}

/** Numbers that are remembered one by one: more than this are only counted, and a failure they are anyway. */
const mostRemembered = 100_000;

/** Makes one that has seen nothing. */
export function createSequence(): Sequence {
  let first: number | undefined;
  let next = 0;
  let lastCpu = -1;
  let records = 0;
  let doubled = 0;
  let late = 0;
  let forgotten = 0;
  const missing = new Set<number>();
  const stepOver = (number: number): void => {
    for (; next < number && missing.size < mostRemembered; next += 1) missing.add(next);
    forgotten += number - next;
  };
  return {
    take: (number, cpu) => {
      records += 1;
      if (first === undefined) {
        first = number;
        next = number;
      }
      if (number < next) {
        // Before the first one: it has come late, and nothing says that it came before.
        if (number < first) {
          for (let between = number + 1; between < first; between += 1) missing.add(between);
          first = number;
        } else if (!missing.delete(number)) {
          doubled += 1;
          return;
        }
        if (cpu === lastCpu) late += 1;
        return;
      }
      if (number > next) stepOver(number);
      next = number + 1;
      lastCpu = cpu;
    },
    get sound() {
      return doubled === 0 && late === 0 && forgotten === 0;
    },
    get count() {
      const last = first === undefined ? undefined : next - 1;
      return { records, missing: missing.size + forgotten, doubled, late, first, last };
    },
  };
}
