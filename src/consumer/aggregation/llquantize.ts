/**
 * llquantize(value, factor, low, high, steps): log-linear buckets. Each magnitude m from `low` to `high` covers
 * [factor^m, factor^(m+1)) in equal buckets of factor^(m+1) / steps, so `steps - steps / factor` of them; those of
 * negative values mirror them. In order:
 *
 *     0                  at or below -factor^(high+1)
 *     1 … middle-1       negative, the greatest first
 *     middle             nearer to zero than factor^low
 *     middle+1 …         positive, the least first
 *     2 * middle         at or above factor^(high+1)
 */

/** What the arguments of llquantize() fix. */
export interface LogLinear {
  readonly factor: number;
  readonly low: number;
  readonly high: number;
  readonly steps: number;
}

/** Buckets of one magnitude. Where steps < factor its first bucket starts at the power itself. */
const perMagnitude = ({ factor, steps }: LogLinear): number => steps - Math.floor(steps / factor);

/** The bucket of values nearer to zero than factor^low. */
export function llquantizeMiddle(shape: LogLinear): number {
  return 1 + (shape.high - shape.low + 1) * perMagnitude(shape);
}

/** How many buckets there are. */
export function llquantizeBuckets(shape: LogLinear): number {
  return 2 * llquantizeMiddle(shape) + 1;
}

const power = (shape: LogLinear, magnitude: number): bigint => BigInt(shape.factor) ** BigInt(magnitude);

/**
 * The least positive value of the bucket `distance` after the middle one, or undefined if it holds none: where
 * buckets would be narrower than 1, only those that begin at an integer are real.
 */
export function llquantizeBound(shape: LogLinear, distance: number): bigint | undefined {
  const { factor, low, high, steps } = shape;
  const each = perMagnitude(shape);
  const magnitude = low + Math.floor((distance - 1) / each);
  if (magnitude > high) return power(shape, high + 1);
  const within = (distance - 1) % each;
  if (within === 0) return power(shape, magnitude);
  const scaled = BigInt(Math.floor(steps / factor) + within) * power(shape, magnitude + 1);
  return magnitude === 0 && steps > factor && scaled % BigInt(steps) !== 0n ? undefined : scaled / BigInt(steps);
}

/** The bucket that counts a value. */
export function llquantizeBucket(shape: LogLinear, value: bigint): number {
  const { factor, low, high, steps } = shape;
  const middle = llquantizeMiddle(shape);
  const size = value < 0n ? -value : value;
  if (size < power(shape, low)) return middle;
  let distance = middle;
  for (let magnitude = low; magnitude <= high; magnitude += 1) {
    const end = power(shape, magnitude + 1);
    if (size >= end) continue;
    const within = Number((size * BigInt(steps)) / end) - Math.floor(steps / factor);
    distance = 1 + (magnitude - low) * perMagnitude(shape) + within;
    break;
  }
  return value < 0n ? middle - distance : middle + distance;
}
