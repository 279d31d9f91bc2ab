/** The flags of xcall, once: the command line is read by this table and the usage texts are printed from it. */

/** What xcall can be told to do. */
export type Command = 'explore' | 'run' | 'demo' | 'bench' | 'watch' | 'storm';

/** All commands, with what they do. */
export const commands: Readonly<Record<Command, string>> = {
  explore: 'look at every interleaving of a mechanism, and give the verdict',
  run: 'execute a mechanism once, and watch it',
  demo: 'the story of a cross-call from a timer, in six scenes',
  bench: 'measure cross-calls, sync() and barriers on this machine; needs root',
  watch: 'the cross-calls of this machine by sender and CPU, live; needs root',
  storm: 'syncs from timer interrupts, live, with everything checked; needs root',
};

/** Wrong mechanisms that `xcall storm` can swap in. */
export const breakNames = ['drop-tick', 'no-wait', 'skip-ipi', 'plain-count', 'lost-post'] as const;

/** One of them. */
export type BreakName = (typeof breakNames)[number];

/** A flag's name, without the dashes. */
export type FlagName =
  | 'all'
  | 'break'
  | 'cpus'
  | 'json'
  | 'list'
  | 'markdown'
  | 'max-states'
  | 'memory'
  | 'no-fold'
  | 'once'
  | 'property'
  | 'seconds'
  | 'rate'
  | 'seed'
  | 'speed'
  | 'steps'
  | 'stop-at'
  | 'with';

/** One flag. */
export interface Flag {
  readonly name: FlagName;
  /** What its value is, for the usage text; a flag without it takes none. */
  readonly value?: string;
  readonly commands: readonly Command[];
  /** Of one command, where it means something else with each. */
  readonly about: string | Readonly<Partial<Record<Command, string>>>;
}

const both = ['explore', 'run'] as const;

/** All flags, in the order of the usage text. */
export const flags: readonly Flag[] = [
  { name: 'cpus', value: 'N', commands: both, about: 'CPUs of the machine' },
  { name: 'with', value: 'A,B', commands: both, about: 'options of the mechanism: see --list' },
  {
    name: 'memory',
    value: 'MODEL',
    commands: both,
    about: 'sc (one order of all stores) or tso (store buffers, as x86)',
  },
  { name: 'max-states', value: 'N', commands: ['explore'], about: 'give up after so many states: incomplete' },
  { name: 'property', value: 'NAME', commands: ['explore'], about: 'ask this property only; may be repeated' },
  { name: 'stop-at', value: 'contract', commands: both, about: 'end with the first broken calling rule of the kernel' },
  { name: 'no-fold', commands: both, about: 'make each computation on registers a transition of its own' },
  { name: 'json', commands: ['explore', 'bench', 'watch', 'storm'], about: 'print the result as JSON' },
  { name: 'list', commands: ['explore'], about: 'list the mechanisms and their options' },
  { name: 'all', commands: ['explore'], about: 'explore every variant of every mechanism' },
  { name: 'markdown', commands: ['explore'], about: 'with --all: a document in Markdown, the same at each run' },
  { name: 'seed', value: 'N', commands: ['run'], about: 'another order of events; the same seed prints the same' },
  { name: 'steps', value: 'N', commands: ['run'], about: 'stop after so many steps; 400 unless told' },
  { name: 'speed', value: 'N', commands: ['run', 'demo'], about: 'steps a second; on a terminal only' },
  { name: 'once', commands: ['watch'], about: 'print one table, of one second unless --seconds tells, and end' },
  {
    name: 'seconds',
    value: 'N',
    commands: ['bench', 'watch', 'storm'],
    about: {
      bench: 'how long at most, 10 unless told; 20,000 samples of a kind are enough',
      watch: 'how long; unless told it goes on until Ctrl-C',
      storm: 'how long to trace: 60 unless told, 18 with --break; it takes somewhat longer',
    },
  },
  {
    name: 'rate',
    value: 'HZ',
    commands: ['storm'],
    about: 'ticks a second and CPU, 4999 unless told; fewer where it has no time for more',
  },
  {
    name: 'break',
    value: 'MECHANISM',
    commands: ['storm'],
    about: `make one part wrong: ${breakNames.join(', ')}`,
  },
];
