import { describe, expect, it } from 'vitest';
import { membarrier, offersMembarrier } from '../../src/sys/index.js';

describe('membarrier', () => {
  it.skipIf(!offersMembarrier('private-expedited'))(
    'is refused before the process has registered, and works then',
    () => {
      expect(() => membarrier('private-expedited')).toThrow(
        /^membarrier\(private-expedited\): Operation not permitted/,
      );
      membarrier('register-private-expedited');
      membarrier('private-expedited');
    },
  );

  it.skipIf(!offersMembarrier('global'))('waits for a grace period without having registered', () => {
    expect(() => membarrier('global')).not.toThrow();
  });
});
