/** The providers whose probes are tracepoints that not every kernel has. Tracing works without them. */

import { irqProvider } from '../../providers/irq.js';
import { runningKernelEvents, type TracepointProvider } from '../../providers/tracepoint.js';
import { xcallProvider } from '../../providers/xcall.js';
import { type DoctorCheck, fine, short } from './check.js';

/** What a check of a provider needs to know, and how its tracepoints are tried. */
export interface EventProvider {
  readonly what: string;
  readonly provider: Pick<TracepointProvider, 'name' | 'tracepoints'>;
  /** Why the kernel's tracepoints are unknown, if they are. */
  readonly lacking: string | undefined;
  /** Tracepoints that some machines have and others do not, as hardware and configuration have it. */
  readonly isOptional: (tracepoint: string) => boolean;
  /** What else is short: undefined where nothing is. */
  readonly shortage: () => string | undefined;
  /** Attaches a program for a moment. Throws where that is impossible. */
  readonly attach: (tracepoint: string) => void;
}

/** Vectors of thermal sensors and of errors that processors of one vendor report. */
const hardware = /^(x86_platform_ipi|thermal_apic|threshold_apic|deferred_error_apic|spurious_apic|error_apic)_/;

/** The providers xcall and irq of this machine. */
export function eventProviders(attach: EventProvider['attach']): readonly EventProvider[] {
  const events = runningKernelEvents();
  const { lacking } = events;
  return [
    {
      what: 'cross-calls',
      provider: xcallProvider,
      lacking,
      isOptional: () => false,
      shortage: () =>
        events.hasFunction('bpf_local_irq_save')
          ? undefined
          : 'arg7, whether interrupts are on, is -1: programs may read that since Linux 6.14',
      attach,
    },
    {
      what: 'interrupts',
      provider: irqProvider,
      lacking,
      isOptional: (tracepoint) => hardware.test(tracepoint),
      shortage: () => undefined,
      attach,
    },
  ];
}

/** The check of one provider; `reasonOf` is the text of an error, `advice` what to do about it. */
export function eventProviderCheck(
  { what, provider, lacking, isOptional, shortage, attach }: EventProvider,
  reasonOf: (error: unknown) => string,
  advice: (reason: string) => string,
): DoctorCheck {
  const name = `provider ${provider.name}`;
  if (lacking !== undefined) return short(name, 'limited', `${what}: no probes`, lacking, 'see kernel-btf above');
  const { present, absent } = provider.tracepoints();
  const [first] = present;
  if (first === undefined) {
    return short(
      name,
      'limited',
      `${what}: no probes`,
      `this kernel has none of its tracepoints: ${absent.join(', ')}`,
    );
  }
  try {
    attach(first);
  } catch (error) {
    const reason = reasonOf(error);
    return short(name, 'limited', `${what}: does not work`, reason, advice(reason));
  }
  const found = `${what}: ${present.length} of ${present.length + absent.length} tracepoints`;
  const missed = absent.filter((tracepoint) => !isOptional(tracepoint));
  const lost = missed.length === 0 ? [] : [`this kernel has no ${missed.join(', ')}: their probes do not exist`];
  const shortages = [...lost, ...[shortage()].flatMap((text) => text ?? [])];
  return shortages.length === 0 ? fine(name, found) : short(name, 'limited', found, shortages.join('; '));
}
