import { InvalidArgumentError } from 'commander';

/** The exit code of a command whose options make no sense. */
export const USAGE_ERROR = 2;

/** Reads an option that is a whole number. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
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
