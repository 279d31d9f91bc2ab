/**
 * What this kernel offers, established by trying: versions say little, since distributions move features and
 * configurations leave them out. Every answer is kept for the life of the process.
 */

import { errnoText } from '../sys/index.js';
import { type FeatureProbe, featureProbes } from './features/probes.js';
import { PrivilegeError, UnsupportedFeatureError } from './loader/errors.js';

/** A feature that can be asked for. */
export type FeatureName = keyof typeof featureProbes;

/** What trying a feature showed. */
export interface FeatureResult {
  readonly supported: boolean;
  /** Why not, in the words of the error that the attempt ended with. */
  readonly reason?: string;
  /** Set where the reason is a want of privileges: the kernel itself may well offer it. */
  readonly unprivileged?: true;
}

/** The features, in the order in which a report shows them. */
export const featureNames = Object.keys(featureProbes) as readonly FeatureName[];

const results = new Map<FeatureName, FeatureResult>();

const attempt = ({ attempt: run }: FeatureProbe): FeatureResult => {
  try {
    run();
    return { supported: true };
  } catch (error) {
    if (error instanceof PrivilegeError) {
      return {
        supported: false,
        reason: `${error.call}: ${errnoText(error.errno)} (${error.code})`,
        unprivileged: true,
      };
    }
    return { supported: false, reason: error instanceof Error ? error.message : String(error) };
  }
};

/** What a feature is called in a sentence, and the first version of Linux that has it. */
export const describeFeature = (name: FeatureName): { readonly title: string; readonly since: string } => {
  const { title, since } = featureProbes[name];
  return { title, since };
};

/** Whether this kernel, with the privileges of this process, offers a feature. Takes a few milliseconds the first time. */
export const probeFeature = (name: FeatureName): FeatureResult => {
  const known = results.get(name);
  if (known !== undefined) {
    return known;
  }
  const result = attempt(featureProbes[name]);
  results.set(name, result);
  return result;
};

/** Throws UnsupportedFeatureError, with the reason, if this kernel does not offer the feature. */
export const requireFeature = (name: FeatureName): void => {
  const { supported, reason } = probeFeature(name);
  if (!supported) {
    const { title, since } = featureProbes[name];
    throw new UnsupportedFeatureError(title, since, reason);
  }
};
