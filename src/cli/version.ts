/** The version of this package. */

import { readFileSync } from 'node:fs';

/** The version as package.json has it. */
export const packageVersion = (): string => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return version;
};

/** What `-V` prints after `dtrace: `, without a newline. */
export const versionLine = (): string => `dtrace-linux ${packageVersion()}`;
