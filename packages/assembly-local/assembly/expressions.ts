import { UnsupportedTemplateError } from './errors.ts';
import type { StackAssembly, TemplateValue } from './read.ts';

/** A property after evaluation. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** `AWS::NoValue`: the property or list element disappears. */
export const NO_VALUE = Symbol('AWS::NoValue');
export type Evaluated = Value | typeof NO_VALUE;

/** What a template can refer to outside its own stack. */
export interface OtherStacks {
  exported(exportName: string): Value;
  output(stackName: string, outputName: string): Value;
}

/** What the names in a template stand for. */
export interface Names {
  ref(id: string): Evaluated;
  attribute(id: string, attribute: string): Value;
}

/**
 * Evaluates the intrinsic functions of one template, as far as the CDK uses them. Any other function is an
 * error that names it.
 */
export class Expressions {
  readonly #stack: StackAssembly;
  readonly #names: Names;
  readonly #others: OtherStacks;

  constructor(stack: StackAssembly, names: Names, others: OtherStacks) {
    this.#stack = stack;
    this.#names = names;
    this.#others = others;
  }

  /** Evaluates a value that must exist. */
  value(value: TemplateValue): Value {
    const evaluated = this.#evaluate(value);
    return evaluated === NO_VALUE ? null : evaluated;
  }

  text(value: TemplateValue, what: string): string {
    const evaluated = this.#evaluate(value);
    if (typeof evaluated === 'string') return evaluated;
    if (typeof evaluated === 'number' || typeof evaluated === 'boolean') return String(evaluated);
    throw this.unsupported(`${what} needs text, not ${JSON.stringify(value)}`);
  }

  #list(value: TemplateValue, what: string): readonly Value[] {
    const evaluated = this.#evaluate(value);
    if (Array.isArray(evaluated)) return evaluated;
    throw this.unsupported(`${what} needs a list, not ${JSON.stringify(value)}`);
  }

  #evaluate(value: TemplateValue): Evaluated {
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map((item) => this.#evaluate(item)).filter((item) => item !== NO_VALUE);
    const [only, ...others] = Object.entries(value);
    if (only !== undefined && others.length === 0 && (only[0] === 'Ref' || only[0].startsWith('Fn::'))) return this.#intrinsic(...only);
    return this.object(value);
  }

  object(value: { readonly [key: string]: TemplateValue }): Record<string, Value> {
    const object: Record<string, Value> = {};
    for (const [key, member] of Object.entries(value)) {
      const evaluated = this.#evaluate(member);
      if (evaluated !== NO_VALUE) object[key] = evaluated;
    }
    return object;
  }

  #intrinsic(name: string, argument: TemplateValue): Evaluated {
    const parts = isList(argument) ? argument : [argument];
    const [first = null, second = null, third = null] = parts;
    switch (name) {
      case 'Ref':
        return this.#names.ref(this.text(argument, name));
      case 'Fn::GetAtt': {
        const [id, ...attribute] = parts.length === 1 ? this.text(first, name).split('.') : parts.map((part) => this.text(part, name));
        return this.#names.attribute(id ?? '', attribute.join('.'));
      }
      case 'Fn::Sub':
        return this.#substitute(this.text(first, name), isList(argument) && isObject(second) ? second : {});
      case 'Fn::Join':
        return this.#list(second, name)
          .map((item) => String(item))
          .join(this.text(first, name));
      case 'Fn::Split':
        return this.text(second, name).split(this.text(first, name));
      case 'Fn::Select': {
        const index = Number(this.text(first, name));
        const list = this.#list(second, name);
        return list[index] ?? this.fail(`Fn::Select: no element ${index} in ${JSON.stringify(list)}`);
      }
      case 'Fn::ImportValue':
        return this.#others.exported(this.text(argument, name));
      case 'Fn::GetStackOutput': {
        const { StackName = null, OutputName = null } = isObject(argument) ? argument : {};
        return this.#others.output(this.text(StackName, name), this.text(OutputName, name));
      }
      case 'Fn::FindInMap': {
        const keys = [this.text(first, name), this.text(second, name), this.text(third, name)] as const;
        const found = this.#stack.template.Mappings[keys[0]]?.[keys[1]]?.[keys[2]];
        return found === undefined ? this.fail(`Fn::FindInMap: nothing at ${keys.join('.')}`) : this.value(found);
      }
      case 'Fn::If':
        return this.#evaluate(this.condition(this.text(first, name)) ? second : third);
      case 'Fn::GetAZs':
        return ['a', 'b', 'c'].map((zone) => `${this.#stack.region}${zone}`);
      case 'Fn::Base64':
        return Buffer.from(this.text(argument, name)).toString('base64');
      default:
        throw this.unsupported(`the function ${name} is not supported`);
    }
  }

  #substitute(text: string, variables: { readonly [key: string]: TemplateValue }): string {
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, key: string) => {
      if (literal !== '') return `\${${key}}`;
      const variable = variables[key];
      if (variable !== undefined) return this.text(variable, `Fn::Sub ${key}`);
      return this.text(key.includes('.') ? { 'Fn::GetAtt': key } : { Ref: key }, `Fn::Sub ${key}`);
    });
  }

  condition(name: string): boolean {
    const condition = this.#stack.template.Conditions[name];
    if (condition === undefined) throw this.unsupported(`there is no condition ${name}`);
    return this.#holds(condition);
  }

  #holds(expression: TemplateValue): boolean {
    const [entry, ...others] = isObject(expression) ? Object.entries(expression) : [];
    if (entry === undefined || others.length > 0) throw this.unsupported(`${JSON.stringify(expression)} is not a condition`);
    const [name, argument] = entry;
    const parts = isList(argument) ? argument : [argument];
    switch (name) {
      case 'Condition':
        return this.condition(this.text(argument, name));
      case 'Fn::Equals':
        return JSON.stringify(this.value(parts[0] ?? null)) === JSON.stringify(this.value(parts[1] ?? null));
      case 'Fn::Not':
        return !this.#holds(parts[0] ?? null);
      case 'Fn::And':
        return parts.every((part) => this.#holds(part));
      case 'Fn::Or':
        return parts.some((part) => this.#holds(part));
      default:
        throw this.unsupported(`the condition function ${name} is not supported`);
    }
  }

  unsupported(message: string): UnsupportedTemplateError {
    return new UnsupportedTemplateError(`stack ${this.#stack.name}: ${message}`, { reason: message });
  }

  fail(message: string): never {
    throw this.unsupported(message);
  }
}

function isList(value: TemplateValue): value is readonly TemplateValue[] {
  return Array.isArray(value);
}

function isObject(value: TemplateValue): value is { readonly [key: string]: TemplateValue } {
  return typeof value === 'object' && value !== null && !isList(value);
}
