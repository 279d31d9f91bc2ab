/** Files of this package, wherever it is installed. */

/** Where a file of the package is; the path is from its root. Bundled or not, this file is two folders below that. */
export const packageFile = (path: string): URL => new URL(`../../${path}`, import.meta.url);
