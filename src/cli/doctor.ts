/**
 * `dtrace --doctor [--json]`: what works on this machine, and for each missing thing the reason and the fix. Everything
 * is found out by looking and by trying, in a fraction of a second; nothing is left behind. It works without privileges
 * and without koffi, since those are what it is asked about.
 */

import { type DoctorReport, renderReport, short } from './doctor/check.js';
import { featureChecks, providerChecks } from './doctor/features.js';
import { lockedMemoryCheck } from './doctor/locked-memory.js';
import { machineChecks } from './doctor/machine.js';
import { observeCredentials, observeMachine, observeSettings, readText } from './doctor/observe.js';
import { privilegeChecks } from './doctor/privileges.js';
import { settingChecks } from './doctor/settings.js';
import { commandAsRoot, thisCommandLine } from './privilege.js';

/** Looks at this machine. Throws nothing: what fails is a check. */
export function examineMachine(): DoctorReport {
  const machine = observeMachine();
  const asRoot = commandAsRoot(thisCommandLine(), []);
  const credentials = observeCredentials(asRoot);
  const privileges =
    credentials.effectiveUser === 0 ? 'see the capabilities and lockdown above' : `run as root: ${asRoot}`;
  const checks = [
    ...machineChecks(machine),
    ...privilegeChecks(credentials),
    ...settingChecks(observeSettings(credentials)),
  ];
  if (machine.nativeCalls === undefined) {
    checks.push(
      lockedMemoryCheck(readText('/proc/self/limits')),
      ...featureChecks(privileges),
      ...providerChecks(privileges),
    );
  } else {
    checks.push(
      short('providers', 'missing', 'not tried', 'without native calls the kernel cannot be asked', 'see koffi above'),
    );
  }
  return { ok: checks.every(({ status }) => status !== 'missing'), checks };
}

/** Prints the report on standard output; gives the exit status: 0 if tracing works, otherwise 1. */
export function doctor({ json = false }: { readonly json?: boolean } = {}): number {
  const report = examineMachine();
  process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report));
  return report.ok ? 0 : 1;
}
