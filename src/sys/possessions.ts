/** What is opened as one, and so closed as one. */

/** Something that is closed. */
interface Closable {
  close(): void;
}

/** Things that somebody has opened and has to close. */
export interface Possessions {
  /** Takes a thing over, and gives it back. */
  own<Thing extends Closable>(thing: Thing): Thing;
  /**
   * Closes all of them, the youngest first. Closing again closes what was taken over since. Throws the first error of a
   * close, once all are closed.
   */
  close(): void;
}

/** Nothing yet. */
export function createPossessions(): Possessions {
  const things: Closable[] = [];
  return {
    own: (thing) => {
      things.push(thing);
      return thing;
    },
    close: () => {
      let first: { readonly error: unknown } | undefined;
      for (let thing = things.pop(); thing !== undefined; thing = things.pop()) {
        try {
          thing.close();
        } catch (error) {
          first ??= { error };
        }
      }
      if (first !== undefined) throw first.error;
    },
  };
}
