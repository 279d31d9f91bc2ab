/** `xcall demo`: the scenes, one after the other, each with the verdict that the explorer comes to meanwhile. */

import {
  counted,
  type Exploration,
  explore,
  type Mechanism,
  mechanisms,
  outcomeLines,
  type RunEvent,
  type RunOutcome,
  run,
  runWriter,
  type Simulation,
  settingText,
  simulate,
  traceText,
  verdictText,
} from '../../../explorer/index.js';
import type { XcallArguments } from '../arguments.js';
import { outputWidth, pace, print } from '../output.js';
import { progressLine } from '../progress.js';
import { type Scene, scenes } from './scenes.js';

/** Seconds that the lines of a scene take on a terminal, unless told otherwise. */
const sceneSeconds = 4;
/** Lines of a run that are shown at most. */
const shownLines = 60;
/** Seeds that are tried for a run that shows what a scene is about. */
const triedSeeds = 500;

/** Plays the scenes; gives the exit status 0. */
export async function demoCommand({ speed }: XcallArguments): Promise<number> {
  for (const [index, scene] of scenes.entries()) {
    const mechanism = mechanisms.find(({ name }) => name === scene.mechanism);
    if (mechanism === undefined) throw new Error(`the scene "${scene.title}" has no mechanism ${scene.mechanism}`);
    print(
      `${index === 0 ? '' : '\n\n'}Scene ${index + 1} of ${scenes.length}: ${scene.title}\n\n${scene.sentence}\n\n`,
    );
    const answers = await answersOf(scene, mechanism);
    const lines = scene.shows === 'hang' ? hangLines(answers) : runLines(scene, mechanism);
    for (const line of lines) {
      print(`${line}\n`);
      await pace(speed ?? lines.length / sceneSeconds);
    }
    print(`\n${answers.map((answer) => `${answerText(scene, answer)}\n`).join('')}`);
  }
  return 0;
}

async function answersOf({ options, questions }: Scene, mechanism: Mechanism): Promise<readonly Exploration[]> {
  const answers: Exploration[] = [];
  for (const question of questions) {
    const line = progressLine(process.stderr, 'the explorer looks at all interleavings');
    const onProgress = line.show;
    answers.push(await explore(mechanism, { options, ...question, onProgress }).finally(() => line.clear()));
  }
  return answers;
}

/** The explorer's word, and what it was asked where that was a part. */
function answerText({ questions }: Scene, answer: Exploration): string {
  const { states, properties, property } = answer;
  const isPart = questions.some((question) => question.properties !== undefined);
  const about = isPart ? properties : property === null ? [] : [property];
  const told = about.length === 0 ? '' : `, ${about.map((name) => `"${name}"`).join(' and ')}`;
  return `The explorer says ${verdictText(answer)}${told}: ${settingText(answer)}, ${counted(states, 'state')}.`;
}

/** The way to the first refutation. */
function hangLines(answers: readonly Exploration[]): readonly string[] {
  const refuted = answers.find(({ trace }) => trace.length > 0);
  if (refuted === undefined) return ['the explorer refutes nothing here'];
  return traceText(refuted, { width: outputWidth() }).trimEnd().split('\n');
}

interface Played {
  readonly seed: number;
  readonly events: readonly RunEvent[];
  readonly outcome: RunOutcome;
}

function runLines({ options, tallies = {} }: Scene, mechanism: Mechanism): readonly string[] {
  const simulation = simulate(mechanism, { options });
  const wanted = Object.keys(tallies);
  const { seed, events, outcome } = playTelling(simulation, wanted);
  const writer = runWriter(simulation.setting.cpus, outputWidth(), false);
  const lines = events.flatMap((event) => writer.lines(event));
  const shown = lines.slice(0, shownLines);
  const rest = lines.length - shown.length;
  return [
    writer.heading,
    ...shown,
    ...(rest > 0
      ? [`      and so on, for ${rest} more lines: xcall run ${commandText(mechanism, options)} --seed ${seed}`]
      : []),
    '',
    ...outcomeLines(outcome),
    ...wanted.map((place) => `${memoryOf(outcome, place)} ${tallies[place]}`),
  ];
}

const memoryOf = ({ picture }: RunOutcome, place: string): number => picture.memory[place] ?? 0;

const commandText = ({ name }: Mechanism, options: readonly string[]): string =>
  options.length === 0 ? name : `${name} --with ${options.join(',')}`;

/** The run of the least seed in which there is something to count; that of seed 1, if there is none. */
function playTelling(simulation: Simulation, wanted: readonly string[]): Played {
  for (let seed = 1; seed <= triedSeeds; seed += 1) {
    const played = play(simulation, seed);
    if (wanted.every((place) => memoryOf(played.outcome, place) > 0)) return played;
  }
  return play(simulation, 1);
}

function play({ machine }: Simulation, seed: number): Played {
  const events: RunEvent[] = [];
  const running = run(machine, { seed });
  for (let event = running.next(); ; event = running.next()) {
    if (event.done === true) return { seed, events, outcome: event.value };
    events.push(event.value);
  }
}
