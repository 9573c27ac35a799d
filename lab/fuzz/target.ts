import type * as fc from 'fast-check';

/** An entrance that takes input of others. */
export interface Target {
  readonly name: string;
  /** Opens it afresh. */
  open(): Promise<OpenTarget<unknown>>;
}

export interface OpenTarget<Input> {
  readonly inputs: fc.Arbitrary<Input>;
  /** Gives it one input. Rejects when something has happened that must not. */
  try(input: Input): Promise<void>;
  /** After all inputs: whether it still does its work. Rejects when it does not. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Something that must not happen, whatever comes in. */
export class Breach extends Error {
  override readonly name = 'Breach';
}
