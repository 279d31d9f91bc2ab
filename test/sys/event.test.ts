import { describe, expect, it } from 'vitest';
import { clearEvent, closeDescriptor, createEvent, preparePoll, signalEvent } from '../../src/sys/index.js';

describe('an event', () => {
  it('is signalled until it is cleared, however often', () => {
    using event = createEvent();
    const wait = preparePoll([event.fd]);
    expect([wait(0), clearEvent(event.fd)]).toEqual([false, false]);
    signalEvent(event.fd);
    signalEvent(event.fd);
    expect([wait(0), wait(60_000)]).toEqual([true, true]);
    expect([clearEvent(event.fd), clearEvent(event.fd), wait(0)]).toEqual([true, false, false]);
  });

  it('of several wakes who waits for all of them', () => {
    using first = createEvent();
    using second = createEvent();
    const wait = preparePoll([first.fd, second.fd]);
    signalEvent(second.fd);
    expect(wait(60_000)).toBe(true);
  });

  it('that is closed is an error that names the call', () => {
    const event = createEvent();
    const { fd } = event;
    event.close();
    expect(() => signalEvent(fd)).toThrow(/^write\(\d+\): Bad file descriptor \(EBADF\)$/);
    expect(() => closeDescriptor(fd)).toThrow(/EBADF/);
  });
});
