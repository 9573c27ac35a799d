import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';

/** Reads an option that is a whole number. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}, in digits only.`);
  };
}

/** Reads an option that is a number above 0. */
export function positiveNumber(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= max) return value;
    throw new InvalidArgumentError(`Give a number above 0 and up to ${max}.`);
  };
}

/** Reads an option that is a number in a range. */
export function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a number from ${min} to ${max}, in digits only, such as ${Math.max(min, Math.min(max, 10_000))}.`);
  };
}

/** Reads an option that is a cloud assembly, as written by `cdk synth`. */
export function assembly(text: string): string {
  if (existsSync(join(text, 'manifest.json'))) return text;
  throw new InvalidArgumentError(
    `There is no ${join(text, 'manifest.json')}. Give a directory that cdk synth has written, such as cdk.out.`,
  );
}

/** Reads an option that is a directory to add files to: it exists, or can be created. */
export function directory(text: string): string {
  if (statSync(text, { throwIfNoEntry: false })?.isDirectory() !== false) return text;
  throw new InvalidArgumentError('It is a file. Give a directory, or a name for a new one.');
}
