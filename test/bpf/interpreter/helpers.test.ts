import { describe, expect, it } from 'vitest';
import { helperNumber, helpers, ringbufFlag } from '../../../src/bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  callHelper,
  jumpIf,
  label,
  load,
  loadConstant,
  loadMap,
  loadMapValue,
  move,
  type Register,
  store,
} from '../../../src/bpf/instruction.js';
import {
  arrayBytes,
  createSharedMemory,
  type Environment,
  errno,
  type MemoryRegion,
  mapEntries,
} from '../../../src/bpf/interpreter/index.js';
import type { MapSpec } from '../../../src/bpf/spec.js';
import { outcome, outcomeIn, type Setting } from './machine.js';

const taskAddress = 0xffff888000001000n;
const textAddress = 0xffff888000005000n;
const environment: Environment = {
  cpu: 1,
  task: {
    address: taskAddress,
    pid: 11,
    tgid: 10,
    uid: 1000,
    gid: 100,
    comm: 'a-name-of-eighteen',
    stack: [0x100n, 0x200n, 0x300n],
    namespace: { device: 4n, inode: 4026531836n, pid: 2, tgid: 1 },
  },
};
const text = (name: string, space: 'kernel' | 'user', address: bigint, content: string): MemoryRegion => ({
  name,
  space,
  address,
  bytes: Uint8Array.from(Buffer.from(content)),
});
const regions = [
  { name: 'task', space: 'kernel', address: taskAddress, bytes: new Uint8Array(64) } as const,
  text('text', 'kernel', textAddress, 'hello\0beyond it'),
  text('argument', 'user', 0x7000n, '/etc/passwd\0'),
];
const map = (type: MapSpec['type'], maxEntries = 2): MapSpec => ({
  name: 'm',
  type,
  keySize: 4,
  valueSize: 8,
  maxEntries,
});
const out: MapSpec = { name: 'out', type: 'array', keySize: 4, valueSize: 32, maxEntries: 1 };

const errorOf = (code: keyof typeof errno): bigint => BigInt.asUintN(64, BigInt(-errno[code]));

/** `register` = address of a stack copy of `value`, 8 bytes at `r10 + offset`. */
const pass = (register: Register, offset: number, value: bigint): AssemblyItem[] => [
  loadConstant('r0', value),
  store(8, 'r10', offset, 'r0'),
  move(register, 'r10'),
  alu('add', register, offset),
];
const key = (value: number): AssemblyItem[] => [loadMap('r1', 'm'), ...pass('r2', -8, BigInt(value))];
const update = (at: number, value: bigint, flags = 0): AssemblyItem[] => [
  ...key(at),
  ...pass('r3', -16, value),
  move('r4', flags),
  callHelper(helperNumber.mapUpdateElem),
];
const lookup = (at: number): AssemblyItem[] => [
  ...key(at),
  callHelper(helperNumber.mapLookupElem),
  jumpIf('eq', 'r0', 0, `none${at}`),
  load(8, 'r0', 'r0', 0),
  label(`none${at}`),
];
const remove = (at: number): AssemblyItem[] => [...key(at), callHelper(helperNumber.mapDeleteElem)];
const call = (name: keyof typeof helperNumber): AssemblyItem => callHelper(helperNumber[name]);

const storageGet = (flags: number, initial: bigint | undefined): AssemblyItem[] => [
  call('getCurrentTaskBtf'),
  move('r2', 'r0'),
  loadMap('r1', 'm'),
  ...(initial === undefined ? [move('r3', 0)] : pass('r3', -8, initial)),
  move('r4', flags),
  call('taskStorageGet'),
  jumpIf('eq', 'r0', 0, 'none'),
  load(8, 'r0', 'r0', 0),
  label('none'),
];
const storageDelete: AssemblyItem[] = [
  call('getCurrentTaskBtf'),
  move('r2', 'r0'),
  loadMap('r1', 'm'),
  call('taskStorageDelete'),
];

/** The stack of the task, into the `size` bytes below r10. */
const taskStack = (size: number): AssemblyItem[] => [
  call('getCurrentTaskBtf'),
  move('r1', 'r0'),
  move('r2', 'r10'),
  alu('add', 'r2', -size),
  move('r3', size),
  move('r4', 0),
  call('getTaskStack'),
];

/** Eight bytes into the ring buffer `m`. */
const ring: AssemblyItem[] = [
  loadMap('r1', 'm'),
  ...pass('r2', -8, 7n),
  move('r3', 8),
  move('r4', ringbufFlag.forceWakeup),
  call('ringbufOutput'),
];

interface Row {
  readonly name: string;
  readonly covers: keyof typeof helperNumber;
  readonly items: readonly AssemblyItem[];
  readonly expected: bigint | string;
  readonly maps?: readonly MapSpec[];
}

const probe = (name: keyof typeof helperNumber, size: number, address: bigint): AssemblyItem[] => [
  loadMapValue('r1', 'out'),
  move('r2', size),
  loadConstant('r3', address),
  call(name),
];
const probeRow = (covers: Row['covers'], what: string, size: number, address: bigint, expected: bigint): Row => ({
  name: `${covers}: ${what}`,
  covers,
  items: probe(covers, size, address),
  expected,
});

const rows: readonly Row[] = [
  { name: 'a lookup in an array', covers: 'mapLookupElem', items: lookup(1), expected: 0n, maps: [map('array')] },
  {
    name: 'a lookup behind the end of an array gives null',
    covers: 'mapLookupElem',
    items: [...key(2), call('mapLookupElem')],
    expected: 0n,
    maps: [map('array')],
  },
  {
    name: 'an update of an array is seen by a lookup',
    covers: 'mapUpdateElem',
    items: [...update(1, 99n), ...lookup(1)],
    expected: 99n,
    maps: [map('array')],
  },
  {
    name: 'an update behind the end of an array',
    covers: 'mapUpdateElem',
    items: update(2, 1n),
    expected: errorOf('E2BIG'),
    maps: [map('array')],
  },
  {
    name: 'NOEXIST on an array',
    covers: 'mapUpdateElem',
    items: update(0, 1n, 1),
    expected: errorOf('EEXIST'),
    maps: [map('array')],
  },
  {
    name: 'an update with unknown flags',
    covers: 'mapUpdateElem',
    items: update(0, 1n, 3),
    expected: errorOf('EINVAL'),
    maps: [map('hash')],
  },
  {
    name: 'a key that a hash does not have',
    covers: 'mapLookupElem',
    items: lookup(7),
    expected: 0n,
    maps: [map('hash')],
  },
  {
    name: 'an update of a hash is seen by a lookup',
    covers: 'mapUpdateElem',
    items: [...update(7, 5n), ...update(7, 6n), ...lookup(7)],
    expected: 6n,
    maps: [map('hash')],
  },
  {
    name: 'NOEXIST on a key that a hash has',
    covers: 'mapUpdateElem',
    items: [...update(7, 5n, 1), ...update(7, 6n, 1)],
    expected: errorOf('EEXIST'),
    maps: [map('hash')],
  },
  {
    name: 'EXIST on a key that a hash does not have',
    covers: 'mapUpdateElem',
    items: update(7, 5n, 2),
    expected: errorOf('ENOENT'),
    maps: [map('hash')],
  },
  {
    name: 'one entry more than a hash holds',
    covers: 'mapUpdateElem',
    items: [...update(1, 1n), ...update(2, 1n), ...update(3, 1n)],
    expected: errorOf('E2BIG'),
    maps: [map('hash')],
  },
  {
    name: 'an update of an entry in a full hash',
    covers: 'mapUpdateElem',
    items: [...update(1, 1n), ...update(2, 1n), ...update(2, 8n), ...lookup(2)],
    expected: 8n,
    maps: [map('hash')],
  },
  {
    name: 'a deleted key is gone',
    covers: 'mapDeleteElem',
    items: [...update(1, 1n), ...remove(1), ...lookup(1)],
    expected: 0n,
    maps: [map('hash')],
  },
  {
    name: 'deleting makes room',
    covers: 'mapDeleteElem',
    items: [...update(1, 1n), ...update(2, 1n), ...remove(1), ...update(3, 4n), ...lookup(3)],
    expected: 4n,
    maps: [map('hash')],
  },
  {
    name: 'deleting what is not there',
    covers: 'mapDeleteElem',
    items: remove(1),
    expected: errorOf('ENOENT'),
    maps: [map('hash')],
  },
  {
    name: 'deleting from an array',
    covers: 'mapDeleteElem',
    items: remove(1),
    expected: errorOf('EINVAL'),
    maps: [map('array')],
  },
  {
    name: 'a lookup in task storage is refused',
    covers: 'mapLookupElem',
    items: lookup(1),
    expected: 'bad-argument',
    maps: [map('task-storage')],
  },
  {
    name: 'the clock advances by its step',
    covers: 'ktimeGetNs',
    items: [call('ktimeGetNs'), move('r6', 'r0'), call('ktimeGetNs'), alu('lsh', 'r0', 16), alu('or', 'r0', 'r6')],
    expected: (1020n << 16n) | 1010n,
  },
  { name: 'the boot clock counts suspend', covers: 'ktimeGetBootNs', items: [call('ktimeGetBootNs')], expected: 6010n },
  { name: 'the CPU', covers: 'getSmpProcessorId', items: [call('getSmpProcessorId')], expected: 1n },
  {
    name: 'process and thread',
    covers: 'getCurrentPidTgid',
    items: [call('getCurrentPidTgid')],
    expected: (10n << 32n) | 11n,
  },
  {
    name: 'group and user',
    covers: 'getCurrentUidGid',
    items: [call('getCurrentUidGid')],
    expected: (100n << 32n) | 1000n,
  },
  {
    name: 'the name is cut to 15 bytes and terminated',
    covers: 'getCurrentComm',
    items: [
      loadMapValue('r1', 'out'),
      move('r2', 16),
      call('getCurrentComm'),
      loadMapValue('r1', 'out'),
      load(8, 'r0', 'r1', 8),
    ],
    expected: Buffer.from('f-eight\0').readBigUInt64LE(),
  },
  {
    name: 'the name in no room at all is refused',
    covers: 'getCurrentComm',
    items: [loadMapValue('r1', 'out'), move('r2', 0), call('getCurrentComm')],
    expected: 'bad-argument',
  },
  { name: 'the task as a number', covers: 'getCurrentTask', items: [call('getCurrentTask')], expected: taskAddress },
  {
    name: 'the task as a number cannot be read through',
    covers: 'getCurrentTask',
    items: [call('getCurrentTask'), load(8, 'r0', 'r0', 0)],
    expected: 'not-a-pointer',
  },
  {
    name: 'the task as a pointer can be read through',
    covers: 'getCurrentTaskBtf',
    items: [call('getCurrentTaskBtf'), load(8, 'r0', 'r0', 0)],
    expected: 0n,
  },
  probeRow('probeReadKernel', 'kernel memory', 5, textAddress, 0n),
  probeRow('probeReadKernel', 'no bytes at all', 0, 0n, 0n),
  probeRow('probeReadKernel', 'the end of what is mapped', 16, textAddress, errorOf('EFAULT')),
  probeRow('probeReadKernel', 'an address that is not mapped', 4, 0xffff888012345000n, errorOf('EFAULT')),
  probeRow('probeReadKernel', 'a user address', 4, 0x7000n, errorOf('ERANGE')),
  probeRow('probeReadUser', 'user memory', 4, 0x7000n, 0n),
  probeRow('probeReadUser', 'a kernel address', 4, textAddress, errorOf('EFAULT')),
  probeRow('probeReadKernelStr', 'a string', 32, textAddress, 6n),
  probeRow('probeReadKernelStr', 'a string that is too long', 4, textAddress, 4n),
  probeRow('probeReadKernelStr', 'an address that is not mapped', 4, 0xffff888012345000n, errorOf('EFAULT')),
  probeRow('probeReadKernelStr', 'no room', 0, textAddress, 0n),
  probeRow('probeReadUserStr', 'a string', 32, 0x7000n, 12n),
  probeRow('probeReadUserStr', 'null', 32, 0n, errorOf('EFAULT')),
  {
    name: 'the ids in the namespace',
    covers: 'getNsCurrentPidTgid',
    items: [
      move('r1', 4),
      loadConstant('r2', 4026531836n),
      loadMapValue('r3', 'out'),
      move('r4', 8),
      call('getNsCurrentPidTgid'),
      loadMapValue('r1', 'out'),
      load(8, 'r1', 'r1', 0),
      alu('add', 'r0', 'r1'),
    ],
    expected: (1n << 32n) | 2n,
  },
  {
    name: 'the ids in another namespace',
    covers: 'getNsCurrentPidTgid',
    items: [move('r1', 4), move('r2', 1), loadMapValue('r3', 'out'), move('r4', 8), call('getNsCurrentPidTgid')],
    expected: errorOf('EINVAL'),
  },
  {
    name: 'task storage that is not there',
    covers: 'taskStorageGet',
    items: storageGet(0, undefined),
    expected: 0n,
    maps: [map('task-storage')],
  },
  {
    name: 'task storage is created with its first value and kept',
    covers: 'taskStorageGet',
    items: [
      ...storageGet(1, 42n),
      call('getCurrentTaskBtf'),
      move('r2', 'r0'),
      loadMap('r1', 'm'),
      ...pass('r3', -8, 43n),
      move('r4', 1),
      call('taskStorageGet'),
      jumpIf('eq', 'r0', 0, 'end'),
      load(8, 'r0', 'r0', 0),
      label('end'),
    ],
    expected: 42n,
    maps: [map('task-storage')],
  },
  {
    name: 'a stack, from the innermost frame, as far as there is room',
    covers: 'getTaskStack',
    items: [
      ...taskStack(16),
      load(8, 'r1', 'r10', -16),
      load(8, 'r2', 'r10', -8),
      alu('sub', 'r2', 'r1'),
      alu('add', 'r0', 'r2'),
    ],
    expected: 16n + 0x100n,
  },
  {
    name: 'a stack that is shorter than the room: the rest is cleared',
    covers: 'getTaskStack',
    items: [...taskStack(32), load(8, 'r1', 'r10', -8), alu('add', 'r0', 'r1')],
    expected: 24n,
  },
  {
    name: 'the stack of a task that is a number is refused',
    covers: 'getTaskStack',
    items: [move('r1', 0), ...pass('r2', -8, 0n), move('r3', 8), move('r4', 0), call('getTaskStack')],
    expected: 'bad-argument',
  },
  {
    name: 'task storage of a task that is a number is refused',
    covers: 'taskStorageGet',
    items: [loadMap('r1', 'm'), move('r2', 0), move('r3', 0), move('r4', 1), call('taskStorageGet')],
    expected: 'bad-argument',
    maps: [map('task-storage')],
  },
  {
    name: 'task storage in a hash is refused',
    covers: 'taskStorageGet',
    items: storageGet(1, undefined),
    expected: 'bad-argument',
    maps: [map('hash')],
  },
  {
    name: 'a record for a ring buffer',
    covers: 'ringbufOutput',
    items: ring,
    expected: 0n,
    maps: [map('ring-buffer', 64)],
  },
  {
    name: 'a record that a ring buffer has no room for',
    covers: 'ringbufOutput',
    items: [...ring, ...ring, ...ring, ...ring, ...ring],
    expected: errorOf('EAGAIN'),
    maps: [map('ring-buffer', 64)],
  },
  {
    name: 'deleting task storage',
    covers: 'taskStorageDelete',
    items: [...storageGet(1, 1n), ...storageDelete],
    expected: 0n,
    maps: [map('task-storage')],
  },
  {
    name: 'deleting task storage that is not there',
    covers: 'taskStorageDelete',
    items: storageDelete,
    expected: errorOf('ENOENT'),
    maps: [map('task-storage')],
  },
];

const setting = (row: Pick<Row, 'maps'>): Setting => ({
  environment,
  regions,
  cpus: 2,
  maps: [...(row.maps ?? []), out],
  clock: { now: 1000n, step: 10n, suspended: 5000n },
});

describe('helpers', () => {
  it.each(rows)('$covers, $name', (row) => {
    expect(outcome(row.items, setting(row))).toBe(row.expected);
  });

  it('have a row above, each of them, and a name in `helperNumber`', () => {
    const covered = new Set<number>(rows.map(({ covers }) => helperNumber[covers]));
    expect(helpers.map(({ number }) => number).filter((number) => !covered.has(number))).toEqual([]);
    expect(Object.values(helperNumber).sort((a, b) => a - b)).toEqual(helpers.map(({ number }) => number));
  });

  it.each<{ what: string; items: AssemblyItem[]; expected: string }>([
    { what: 'what was there', items: probe('probeReadKernel', 5, textAddress), expected: 'hello!!!' },
    { what: 'zeros after a fault', items: probe('probeReadKernel', 4, 0n), expected: '\0\0\0\0!!!!' },
    {
      what: 'a terminated string and nothing behind it',
      items: probe('probeReadKernelStr', 8, textAddress),
      expected: 'hello\0!!',
    },
    { what: 'a cut string', items: probe('probeReadUserStr', 5, 0x7000n), expected: '/etc\0!!!' },
  ])('reading memory leaves $what in the buffer', ({ items, expected }) => {
    const options = setting({});
    const memory = createSharedMemory(options);
    arrayBytes(memory, 'out').fill('!'.charCodeAt(0));
    outcomeIn(memory, items, options);
    expect(Buffer.from(arrayBytes(memory, 'out').subarray(0, 8)).toString()).toBe(expected);
  });

  it.each(['percpu-array', 'percpu-hash'] as const)('keep the values of a %s apart by CPU', (type) => {
    const options = setting({ maps: [map(type)] });
    const memory = createSharedMemory(options);
    const on = (cpu: number): Setting => ({ ...options, environment: { ...environment, cpu } });
    expect(outcomeIn(memory, update(1, 5n), on(0))).toBe(0n);
    expect(outcomeIn(memory, lookup(1), on(1))).toBe(0n);
    expect(outcomeIn(memory, update(1, 6n), on(1))).toBe(0n);
    expect(outcomeIn(memory, lookup(1), on(0))).toBe(5n);
    const entry = mapEntries(memory, 'm').find(({ key: bytes }) => bytes[0] === 1);
    expect(entry?.values.map((value) => value[0])).toEqual([5, 6]);
  });

  it('leave a replaced value of a hash to those who hold a pointer to it', () => {
    const items = [
      ...update(1, 5n),
      ...key(1),
      call('mapLookupElem'),
      jumpIf('eq', 'r0', 0, 'none'),
      move('r6', 'r0'),
      ...update(1, 9n),
      load(8, 'r0', 'r6', 0),
      label('none'),
    ];
    expect(outcome(items, setting({ maps: [map('hash')] }))).toBe(5n);
  });
});
