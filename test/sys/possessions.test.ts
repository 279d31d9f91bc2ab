import { expect, it } from 'vitest';
import { createPossessions } from '../../src/sys/index.js';

it('what was taken over is given back, and closed once, the youngest first', () => {
  const closed: string[] = [];
  const thing = (name: string) => ({ name, close: () => closed.push(name) });
  const { own, close } = createPossessions();
  expect([own(thing('map')).name, own(thing('program')).name]).toEqual(['map', 'program']);
  close();
  expect(closed).toEqual(['program', 'map']);
  own(thing('late'));
  close();
  close();
  expect(closed).toEqual(['program', 'map', 'late']);
});

it('what cannot be closed keeps nothing else open, and is told', () => {
  const closed: string[] = [];
  const thing = (name: string, error?: string) => ({
    close: () => {
      closed.push(name);
      if (error !== undefined) throw new Error(error);
    },
  });
  const { own, close } = createPossessions();
  own(thing('map', 'second'));
  own(thing('program', 'first'));
  own(thing('link'));
  expect(close).toThrow('first');
  expect(closed).toEqual(['link', 'program', 'map']);
  close();
});
