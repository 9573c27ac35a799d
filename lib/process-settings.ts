import * as v from 'valibot';
import { SETTINGS_VARIABLE } from '../backbone/contract.ts';

/** The settings of a process, in one variable of its environment. Each construct that it uses adds those that come with it. */
export class ProcessSettings {
  private readonly process: { addEnvironment(key: string, value: string): unknown };
  private readonly values: Record<string, unknown> = {};

  constructor(process: ProcessSettings['process']) {
    this.process = process;
  }

  /**
   * Adds settings.
   *
   * @param entries the schema by which the process reads them
   * @param values may hold others too, which are left out
   */
  add<E extends v.ObjectEntries>(entries: E, values: v.InferInput<v.ObjectSchema<E, undefined>>): void {
    Object.assign(this.values, v.parse(v.object(entries), values));
    this.process.addEnvironment(SETTINGS_VARIABLE, JSON.stringify(this.values));
  }
}
