/** What the two threads of a mailbox tell one another, here both sides in one. */

import { describe, expect, it } from 'vitest';
import { createStatus } from '../../../src/xcall/mailbox/status.js';

/** The owner's side and the server's of one status. */
const sides = () => {
  const owner = createStatus();
  return { owner, server: createStatus(owner.buffer) };
};

describe('the status of a server', () => {
  it('is what the server has become', () => {
    const { owner, server } = sides();
    expect([owner.state, owner.failure]).toEqual(['starting', undefined]);
    for (const state of ['serving', 'stopped'] as const) {
      server.become(state);
      expect([owner.state, owner.failure]).toEqual([state, undefined]);
    }
  });

  it.each([
    ['has ended', undefined],
    ['CPU 0 …', 0],
    ['CPU 300 …', 300],
  ])('that has failed has a text and maybe a CPU: %s', (text, cpu) => {
    const { owner, server } = sides();
    server.fail(text, cpu);
    expect([owner.state, owner.failure]).toEqual(['failed', { text, cpu }]);
  });

  it('that fails twice has failed for the first reason', () => {
    const { owner, server } = sides();
    server.fail('because of this', 3);
    owner.fail('has ended');
    expect(owner.failure).toEqual({ text: 'because of this', cpu: 3 });
  });

  it('has as much of a text as there is room for', () => {
    const { owner, server } = sides();
    server.fail('x'.repeat(5_000));
    expect(owner.failure?.text).toMatch(/^x{2000,}$/);
    expect(owner.failure?.text.length).toBeLessThan(5_000);
  });

  it('tells the server to stop, or to die, which no later stop takes back', () => {
    const { owner, server } = sides();
    expect([server.stopping, server.dying]).toEqual([false, false]);
    owner.requestStop();
    expect([server.stopping, server.dying]).toEqual([true, false]);
    owner.requestDeath();
    owner.requestStop();
    expect([server.stopping, server.dying]).toEqual([true, true]);
  });

  it('that is no longer what it was is not waited for, and one that stays is for as long as was told', () => {
    const { owner, server } = sides();
    expect(owner.awaitChange('starting', 1)).toBe(false);
    server.become('serving');
    expect(owner.awaitChange('starting', 3_600_000)).toBe(true);
  });
});
