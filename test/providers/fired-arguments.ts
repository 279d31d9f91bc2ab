/** What a provider's probe on a tracepoint has as its arguments: its generated code, in the eBPF interpreter. */

import { assemble } from '../../src/bpf/assembly/assembler.js';
import {
  arrayBytes,
  createMachineState,
  createSharedMemory,
  linkProgram,
  type MemoryRegion,
  run,
} from '../../src/bpf/interpreter/index.js';
import { mapNames } from '../../src/d/codegen/memory/memory.js';
import type { TargetKernel } from '../../src/d/codegen/target.js';
import { dtraceProvider } from '../../src/providers/dtrace.js';
import type { Provider } from '../../src/providers/provider.js';
import { controlOf } from '../../src/session/control.js';
import { takeHalf } from '../../src/session/principal.js';
import { environmentOf, sessionMaps, viewsOf } from '../d/codegen/backend.js';
import { compile } from '../d/codegen/compile.js';
import { fixedKernel } from '../d/codegen/fixed-kernel.js';
import { readRecords, wordsOf } from '../d/codegen/outcome.js';

/** What the kernel hands a program on a tracepoint. */
export interface Event {
  /** The arguments of the tracepoint. */
  readonly context: readonly bigint[];
  /** Kernel memory that they point to. */
  readonly regions?: readonly MemoryRegion[];
  /** Where it happens; 0 unless given. */
  readonly cpu?: number;
}

/** CPUs that the machine has: more than a mask of 64 bits. */
const slots = 128;

/** A region of kernel memory at an address, with these words in it. */
export function kernelRegion(name: string, address: bigint, words: Readonly<Record<number, bigint>>): MemoryRegion {
  const bytes = new Uint8Array(Math.max(...Object.keys(words).map(Number)) + 8);
  const view = new DataView(bytes.buffer);
  for (const [offset, word] of Object.entries(words)) view.setBigUint64(Number(offset), BigInt.asUintN(64, word), true);
  return { name, space: 'kernel', address, bytes };
}

/** The tracepoint that a probe is attached to. */
export function tracepointOf(provider: Provider, probe: string): string | undefined {
  const enabled = provider
    .probes()
    .filter((each) => `${each.provider}::${each.function}:${each.name}` === probe)
    .map((each, row) => ({ row, probe: { id: row + 1, ...each } }));
  const [attachment, ...more] = provider.plan(enabled).map((plan) => plan.attachment);
  return attachment?.kind === 'typed-raw-tracepoint' && more.length === 0 ? attachment.tracepoint : undefined;
}

/** How many instructions a probe has for its arguments, where its clause reads these. */
export function argumentCode(
  provider: Provider,
  probe: string,
  read: readonly number[],
  fields: Readonly<Record<string, number>> = {},
): number {
  const bare: Provider = {
    ...provider,
    plan: (enabled) => provider.plan(enabled).map((plan) => ({ ...plan, emitArguments: () => undefined })),
  };
  const [own, none] = [provider, bare].map((each) => compileProbe(each, probe, read, fields).site.spec.items.length);
  return (own ?? 0) - (none ?? 0);
}

function compileProbe(
  provider: Provider,
  probe: string,
  read: readonly number[],
  fields: Readonly<Record<string, number>>,
) {
  const kernel: TargetKernel = {
    ...fixedKernel,
    fieldOffset: (structure, path) => fields[`${structure}.${path}`] ?? fixedKernel.fieldOffset(structure, path),
  };
  const providers = [dtraceProvider, provider];
  const shape = { slots, bufferSize: 1024, aggregationSize: 1024 };
  const text = `${probe} { ${read.map((index) => `trace(arg${index});`).join(' ')} }`;
  const enabling = compile(text, { kernel, providers, shape });
  const [site] = enabling.sites;
  if (site === undefined || enabling.sites.length > 1) throw new Error(`${probe} is not one probe`);
  return { ...enabling, site };
}

/**
 * Fires a probe and gives those of its arguments that its clause reads, signed. Whatever another firing has left in the
 * context area is there, as it is in the kernel. `fields` are offsets in structures of the kernel.
 */
export function firedArguments(
  provider: Provider,
  probe: string,
  read: readonly number[],
  { context, regions = [], cpu = 0 }: Event,
  fields: Readonly<Record<string, number>> = {},
): readonly bigint[] {
  const { program, site, maps: ownMaps, memory: layout } = compileProbe(provider, probe, read, fields);
  const cpuOfSlot = Array.from({ length: slots }, (_, slot) => slot);
  const maps = [...ownMaps, ...sessionMaps(layout.shape, cpuOfSlot)];
  const memory = createSharedMemory({ maps, cpus: 256, regions: [...regions] });
  arrayBytes(memory, mapNames.context).fill(0xa5);
  const control = controlOf(viewsOf(arrayBytes(memory, mapNames.control)));
  control.setActivity('active');
  const linked = linkProgram(assemble(site.spec.items), maps, { typedContext: true });
  const task = { pid: 40, tid: 42, ppid: 1, uid: 0, gid: 0, execname: 'any' };
  const end = run(linked, createMachineState(linked, { context, environment: environmentOf(task, cpu) }), memory);
  if (end.kind === 'fault') throw new Error(`${end.fault.code} at ${end.fault.slot}: ${end.fault.message}`);
  const principal = viewsOf(arrayBytes(memory, mapNames.principal));
  const { bytes } = takeHalf(principal, control, layout.shape, cpu, control.liveHalf('principal'));
  return readRecords(program, bytes).flatMap(({ data }) => wordsOf(data).map((word) => BigInt.asIntN(64, word)));
}
