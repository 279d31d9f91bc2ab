/**
 * The provider irq: interrupts by their vectors, the handlers of devices, and softirqs (docs/providers.md).
 *
 * Vectors are those that x86 has tracepoints for (group `irq_vectors`): its own timer, interprocessor interrupts, errors.
 * Interrupts of devices show as handlers (group `irq`), on every architecture.
 */

import { jumpIf, load } from '../bpf/instruction.js';
import type { SiteCode } from '../d/codegen/site.js';
import { type DType, integerTypes, pointerTo } from '../d/types.js';
import {
  type KernelEvents,
  runningKernelEvents,
  type TracepointProbe,
  type TracepointProvider,
  tracepointProvider,
} from './tracepoint.js';

const vectors = [
  'local_timer',
  'reschedule',
  'call_function',
  'call_function_single',
  'irq_work',
  'x86_platform_ipi',
  'thermal_apic',
  'threshold_apic',
  'deferred_error_apic',
  'spurious_apic',
  'error_apic',
] as const;

/** Softirqs run on the way out of interrupts, where tasks enable them, and in tasks of their own. */
const softirq: TracepointProbe['contexts'] = ['task', 'softirq'];

/** The number of a softirq. */
const ofSoftirq: readonly DType[] = [integerTypes['unsigned int']];

/** The number of an interrupt, the function that handles it and its name. */
const ofHandler: readonly DType[] = [integerTypes.int, integerTypes.uintptr_t, pointerTo(integerTypes.char)];

/** The provider for the probes that `events` allow. */
export function createIrqProvider(events: KernelEvents): TracepointProvider {
  const first = (code: SiteCode): void => copy(code, 0, 0);
  return tracepointProvider(
    'irq',
    [
      ...vectors.flatMap((vector): readonly TracepointProbe[] =>
        (
          [
            ['entry', 'entry'],
            ['return', 'exit'],
          ] as const
        ).map(([name, suffix]) => ({
          function: vector,
          name: `vector-${name}`,
          tracepoint: `${vector}_${suffix}`,
          contexts: ['hardirq'],
          argumentTypes: [integerTypes.int],
          emitArguments: first,
        })),
      ),
      ...(
        [
          ['irq_handler', 'handler-entry', 'irq_handler_entry', ['hardirq'], ofHandler, emitHandler],
          [
            'irq_handler',
            'handler-return',
            'irq_handler_exit',
            ['hardirq'],
            [...ofHandler, integerTypes.int],
            emitHandlerReturn,
          ],
          // Raised with interrupts off, whoever does it.
          ['softirq', 'softirq-raise', 'softirq_raise', ['hardirq'], ofSoftirq, first],
          ['softirq', 'softirq-entry', 'softirq_entry', softirq, ofSoftirq, first],
          ['softirq', 'softirq-return', 'softirq_exit', softirq, ofSoftirq, first],
        ] as const
      ).map(
        ([shown, name, tracepoint, contexts, argumentTypes, emitArguments]): TracepointProbe => ({
          function: shown,
          name,
          tracepoint,
          contexts,
          argumentTypes,
          emitArguments,
        }),
      ),
    ],
    events,
  );
}

/** The probes of the running kernel. */
export const irqProvider: TracepointProvider = createIrqProvider(runningKernelEvents());

/** Argument `from` of the tracepoint becomes argument `to`. */
function copy(code: SiteCode, from: number, to: number): void {
  if (!code.readsArgument(to)) return;
  code.emitter.emit(load(8, 'r1', code.kernelContext, 8 * from));
  code.setArgument(to, 'r1');
}

/** irq_handler_entry(irq, action): arg0 the interrupt, arg1 the handler's function, arg2 its name. */
function emitHandler(code: SiteCode): void {
  copy(code, 0, 0);
  for (const [argument, member] of [
    [1, 'handler'],
    [2, 'name'],
  ] as const) {
    if (!code.readsArgument(argument)) continue;
    const none = code.emitter.fresh('action');
    code.emitter.emit(
      load(8, 'r1', code.kernelContext, 8),
      jumpIf('eq', 'r1', 0, none),
      load(8, 'r1', 'r1', code.kernel.fieldOffset('irqaction', member)),
    );
    code.setArgument(argument, 'r1');
    code.emitter.place(none);
  }
}

/** irq_handler_exit(irq, action, ret): as on entry, and arg3 what the handler returned. */
function emitHandlerReturn(code: SiteCode): void {
  emitHandler(code);
  copy(code, 2, 3);
}
