/** `xcall explore --all`: every variant of every mechanism, as a report, as JSON, or as the document docs/verdicts.md. */

import {
  type Exploration,
  type ExploreOptions,
  explorationJson,
  explore,
  type Mechanism,
  settingText,
  settle,
  verdictSections,
  verdictText,
} from '../../../explorer/index.js';
import type { XcallArguments } from '../arguments.js';
import { print } from '../output.js';
import { progressLine } from '../progress.js';
import { exploreOptions, interruptible } from './explore.js';

/** An exploration of the report. */
export interface Question {
  readonly mechanism: Mechanism;
  readonly options: ExploreOptions;
}

/** What the report asks: each variant, under the memory models and with the CPUs that its mechanism names, unless told otherwise. */
export function questionsOf(mechanisms: readonly Mechanism[], told: ExploreOptions): readonly Question[] {
  return mechanisms.flatMap((mechanism) => {
    const memories = told.memory === undefined ? (mechanism.memories ?? ['sc' as const]) : [told.memory];
    const sizes = told.cpus === undefined ? (mechanism.reported ?? [mechanism.cpus?.least ?? 2]) : [told.cpus];
    return sizes.flatMap((cpus) =>
      mechanism.variants.flatMap((options) =>
        memories.flatMap((memory) =>
          propertiesAsked(mechanism, { ...told, cpus, options, memory }).map((asked) => ({
            mechanism,
            options: asked,
          })),
        ),
      ),
    );
  });
}

/** The same question once for each property, where the mechanism wants it so. */
function propertiesAsked(mechanism: Mechanism, options: ExploreOptions): readonly ExploreOptions[] {
  if (mechanism.separately !== true || options.properties !== undefined) return [options];
  return settle(mechanism, options).model.properties.map(({ name }) => ({ ...options, properties: [name] }));
}

/** Explores all and reports; gives the exit status: 0 if every question was answered, whatever the answer, otherwise 3. */
export async function exploreAll(mechanisms: readonly Mechanism[], given: XcallArguments): Promise<number> {
  const { json, markdown } = given;
  const answers: Exploration[] = [];
  const questions = questionsOf(mechanisms, exploreOptions(given));
  await interruptible(async (signal) => {
    for (const { mechanism, options } of questions) {
      if (signal.aborted) break;
      const line = progressLine(process.stderr, `${answers.length + 1}/${questions.length} ${mechanism.name}`);
      line.show({ states: 0, depth: 0, seconds: 0, bytes: 0 });
      const answer = await explore(mechanism, {
        ...options,
        signal,
        onProgress: (progress) => line.show(progress),
      }).finally(() => line.clear());
      answers.push(answer);
      if (!json && !markdown) print(answerText(answer));
    }
  });
  if (json) print(`${JSON.stringify(answers.map(explorationJson), undefined, 2)}\n`);
  if (markdown) print(verdictsDocument(mechanisms, answers));
  const complete = answers.length === questions.length && answers.every(({ verdict }) => verdict !== 'incomplete');
  if (!json && !markdown) print(`${summary(answers)}\n`);
  return complete ? 0 : 3;
}

function answerText(answer: Exploration): string {
  const { property, contract, states, seconds, explanation } = answer;
  const lines = [
    `${settingText(answer)}: ${verdictText(answer)} (${states} states, ${seconds.toFixed(1)} s)`,
    ...(property === null ? [] : [`    broken property: ${property}`]),
    ...contract.map(({ rule, step }) => `    contract: ${rule} is broken in ${step}`),
    `    ${explanation}`,
  ];
  return `${lines.join('\n')}\n`;
}

function summary(answers: readonly Exploration[]): string {
  const counts = new Map<string, number>();
  for (const { verdict } of answers) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [`${answers.length} explored`, ...[...counts].map(([verdict, count]) => `${count} ${verdict}`)].join(', ');
}

const preface = `# Verdicts

Written by \`xcall explore --all --markdown\`: do not edit. [machine.md](machine.md) says what a verdict means;
\`xcall explore NAME --with OPTIONS --cpus N --memory MODEL\` asks one row again and shows the way to what refutes it.
*Steps to it* counts the transitions of the shortest one. *Contract* names the calling rules of the kernel that were
broken on the way. *States* are those that the search met before it ended, computations on registers folded.
`;

/** The whole document; the same at each run. */
export function verdictsDocument(mechanisms: readonly Mechanism[], answers: readonly Exploration[]): string {
  const sections = mechanisms.map(({ name, summary }) => ({
    mechanism: name,
    summary,
    rows: answers.filter(({ mechanism }) => mechanism === name),
  }));
  return `${preface}\n${verdictSections(sections.filter(({ rows }) => rows.length > 0))}`;
}
