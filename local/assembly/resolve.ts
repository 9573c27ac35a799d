import { createHash } from 'node:crypto';
import type { Assembly, StackAssembly, TemplateValue } from './read.ts';
import { ACCOUNT, type HandledType, type ResourceNaming, resourceType } from './resource-types.ts';

/** A property after evaluation. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** A resource that the local run brings to life, with its properties evaluated. */
export interface Resource {
  readonly type: string;
  readonly stack: string;
  readonly logicalId: string;
  readonly region: string;
  /** What `Ref` answers. */
  readonly ref: string;
  /** Physical name. */
  readonly name: string;
  /** What `Fn::GetAtt` answers, by attribute. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, Value>>;
}

export interface ResolvedApp {
  readonly resources: readonly Resource[];
  /** Outputs by stack name and logical id. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, Value>>>>;
}

/** Resource types that are neither run nor known to have no effect locally. */
export class UnknownResourceTypeError extends Error {
  override readonly name = 'UnknownResourceTypeError';
}

/** A template uses something that the local run does not do, or refers to what does not exist. */
export class UnsupportedTemplateError extends Error {
  override readonly name = 'UnsupportedTemplateError';
}

/** `AWS::NoValue`: the property or list element disappears. */
const NO_VALUE = Symbol('AWS::NoValue');
type Evaluated = Value | typeof NO_VALUE;

/**
 * Evaluates the templates of an assembly as CloudFormation would, across stacks. Physical ids and ARNs have the shape
 * that AWS gives them and are made from stack and logical id, so nothing has to exist yet, and the same assembly
 * always resolves to the same names.
 *
 * @throws UnknownResourceTypeError naming each unknown type, its logical id and its stack
 * @throws UnsupportedTemplateError naming the function, reference or attribute
 */
export function resolveAssembly(assembly: Assembly): ResolvedApp {
  const scopes: StackScope[] = [];
  const others: OtherStacks = {
    exported: (name) => {
      const exporting = scopes.find((scope) => scope.exportedBy(name) !== undefined);
      const output = exporting?.exportedBy(name);
      if (exporting === undefined || output === undefined) throw new UnsupportedTemplateError(`no stack of the assembly exports ${name}`);
      return exporting.output(output);
    },
    output: (stackName, outputName) => {
      const stack = scopes.find((scope) => scope.name === stackName);
      if (stack === undefined) throw new UnsupportedTemplateError(`there is no stack ${stackName} in the assembly`);
      return stack.output(outputName);
    },
  };
  for (const stack of assembly.stacks) scopes.push(new StackScope(stack, others));
  const unknown = scopes.flatMap((scope) => scope.unknownTypes());
  if (unknown.length > 0) {
    throw new UnknownResourceTypeError(
      `the local run does not know ${unknown.join(', ')}: handle the type in local/, or list it in local/assembly/resource-types.ts with the reason why it has no effect locally`,
    );
  }
  return {
    resources: scopes.flatMap((scope) => scope.resources()),
    outputs: Object.fromEntries(scopes.map((scope) => [scope.name, scope.outputs()])),
  };
}

/** What a template can refer to outside of its own stack. */
interface OtherStacks {
  exported(exportName: string): Value;
  output(stackName: string, outputName: string): Value;
}

class StackScope {
  readonly #stack: StackAssembly;
  readonly #others: OtherStacks;

  constructor(stack: StackAssembly, others: OtherStacks) {
    this.#stack = stack;
    this.#others = others;
  }

  get name(): string {
    return this.#stack.name;
  }

  unknownTypes(): string[] {
    return this.#existing().flatMap(([id, { Type }]) =>
      resourceType(Type) === undefined ? [`${Type} (${id} in stack ${this.name})`] : [],
    );
  }

  resources(): Resource[] {
    return this.#existing().flatMap(([logicalId, resource]) => {
      const type = resourceType(resource.Type);
      if (type?.kind !== 'handled') return [];
      const naming = this.#naming(logicalId, type);
      return [
        {
          type: resource.Type,
          stack: this.name,
          logicalId,
          region: this.#stack.region,
          ref: type.ref(naming),
          name: naming.name,
          attributes: Object.fromEntries(Object.entries(type.attributes).map(([name, attribute]) => [name, attribute(naming)])),
          properties: this.#object(resource.Properties),
        },
      ];
    });
  }

  outputs(): Record<string, Value> {
    const outputs: Record<string, Value> = {};
    for (const [id, output] of Object.entries(this.#stack.template.Outputs)) {
      if (output.Condition === undefined || this.#condition(output.Condition)) outputs[id] = this.#value(output.Value);
    }
    return outputs;
  }

  output(id: string): Value {
    const output = this.#stack.template.Outputs[id];
    return output === undefined ? this.#fail(`there is no output ${id}`) : this.#value(output.Value);
  }

  /** The output that is exported under a name. */
  exportedBy(exportName: string): string | undefined {
    const outputs = Object.entries(this.#stack.template.Outputs);
    return outputs.find(([, { Export }]) => Export !== undefined && this.#value(Export.Name) === exportName)?.[0];
  }

  #existing() {
    return Object.entries(this.#stack.template.Resources).filter(
      ([, { Condition }]) => Condition === undefined || this.#condition(Condition),
    );
  }

  #naming(logicalId: string, type?: HandledType): ResourceNaming {
    const { region } = this.#stack;
    const id = createHash('sha256').update(`${this.name}/${logicalId}`).digest('hex').slice(0, 10);
    const properties = this.#stack.template.Resources[logicalId]?.Properties ?? {};
    const text = (property: string) => this.#text(properties[property] ?? '', `${logicalId}.${property}`);
    const named = type?.nameProperty === undefined || properties[type.nameProperty] === undefined ? '' : text(type.nameProperty);
    return {
      region,
      id,
      name: named === '' ? `${`${this.name}-${logicalId}`.slice(0, 50)}-${id}` : named,
      text,
      arn: (service, resource) => `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`,
    };
  }

  /** Evaluates a value that must exist. */
  #value(value: TemplateValue): Value {
    const evaluated = this.#evaluate(value);
    return evaluated === NO_VALUE ? null : evaluated;
  }

  #text(value: TemplateValue, what: string): string {
    const evaluated = this.#evaluate(value);
    if (typeof evaluated === 'string') return evaluated;
    if (typeof evaluated === 'number' || typeof evaluated === 'boolean') return String(evaluated);
    throw this.#unsupported(`${what} needs text, not ${JSON.stringify(value)}`);
  }

  #list(value: TemplateValue, what: string): readonly Value[] {
    const evaluated = this.#evaluate(value);
    if (Array.isArray(evaluated)) return evaluated;
    throw this.#unsupported(`${what} needs a list, not ${JSON.stringify(value)}`);
  }

  #evaluate(value: TemplateValue): Evaluated {
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map((item) => this.#evaluate(item)).filter((item) => item !== NO_VALUE);
    const [only, ...others] = Object.entries(value);
    if (only !== undefined && others.length === 0 && (only[0] === 'Ref' || only[0].startsWith('Fn::'))) return this.#intrinsic(...only);
    return this.#object(value);
  }

  #object(value: { readonly [key: string]: TemplateValue }): Record<string, Value> {
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
        return this.#ref(this.#text(argument, name));
      case 'Fn::GetAtt': {
        const [id, ...attribute] = parts.length === 1 ? this.#text(first, name).split('.') : parts.map((part) => this.#text(part, name));
        return this.#attribute(id ?? '', attribute.join('.'));
      }
      case 'Fn::Sub':
        return this.#substitute(this.#text(first, name), isList(argument) && isObject(second) ? second : {});
      case 'Fn::Join':
        return this.#list(second, name)
          .map((item) => String(item))
          .join(this.#text(first, name));
      case 'Fn::Split':
        return this.#text(second, name).split(this.#text(first, name));
      case 'Fn::Select': {
        const index = Number(this.#text(first, name));
        const list = this.#list(second, name);
        return list[index] ?? this.#fail(`Fn::Select: no element ${index} in ${JSON.stringify(list)}`);
      }
      case 'Fn::ImportValue':
        return this.#others.exported(this.#text(argument, name));
      case 'Fn::GetStackOutput': {
        const { StackName = null, OutputName = null } = isObject(argument) ? argument : {};
        return this.#others.output(this.#text(StackName, name), this.#text(OutputName, name));
      }
      case 'Fn::FindInMap': {
        const keys = [this.#text(first, name), this.#text(second, name), this.#text(third, name)] as const;
        const found = this.#stack.template.Mappings[keys[0]]?.[keys[1]]?.[keys[2]];
        return found === undefined ? this.#fail(`Fn::FindInMap: nothing at ${keys.join('.')}`) : this.#value(found);
      }
      case 'Fn::If':
        return this.#evaluate(this.#condition(this.#text(first, name)) ? second : third);
      case 'Fn::GetAZs':
        return ['a', 'b', 'c'].map((zone) => `${this.#stack.region}${zone}`);
      case 'Fn::Base64':
        return Buffer.from(this.#text(argument, name)).toString('base64');
      default:
        throw this.#unsupported(`the function ${name} is not supported`);
    }
  }

  #ref(id: string): Evaluated {
    const pseudo = this.#pseudo(id);
    if (pseudo !== undefined) return pseudo;
    const parameter = this.#stack.template.Parameters[id];
    if (parameter !== undefined) {
      if (parameter.Default === undefined) throw this.#unsupported(`parameter ${id} has no default`);
      return this.#value(parameter.Default);
    }
    const { type, naming } = this.#target(id, 'Ref');
    // A stand-in: whatever refers to a resource without effect has no effect either.
    return type.kind === 'handled' ? type.ref(naming) : naming.name;
  }

  #attribute(id: string, attribute: string): Value {
    const { type, naming } = this.#target(id, 'Fn::GetAtt');
    if (type.kind === 'inert') return attribute.endsWith('Arn') ? naming.arn('local', naming.name) : `${naming.name}.${attribute}`;
    const value = type.attributes[attribute];
    return value === undefined ? this.#fail(`Fn::GetAtt: the attribute ${id}.${attribute} is not known locally`) : value(naming);
  }

  #target(id: string, what: string) {
    const resource = this.#stack.template.Resources[id];
    const type = resource === undefined ? undefined : resourceType(resource.Type);
    if (type === undefined) throw this.#unsupported(`${what}: there is no resource ${id}`);
    return { type, naming: this.#naming(id, type.kind === 'handled' ? type : undefined) };
  }

  #pseudo(id: string): Evaluated | undefined {
    const { name, region } = this.#stack;
    switch (id) {
      case 'AWS::NoValue':
        return NO_VALUE;
      case 'AWS::AccountId':
        return ACCOUNT;
      case 'AWS::Region':
        return region;
      case 'AWS::Partition':
        return 'aws';
      case 'AWS::URLSuffix':
        return 'amazonaws.com';
      case 'AWS::StackName':
        return name;
      case 'AWS::StackId':
        return `arn:aws:cloudformation:${region}:${ACCOUNT}:stack/${name}/local`;
      default:
        return undefined;
    }
  }

  #substitute(text: string, variables: { readonly [key: string]: TemplateValue }): string {
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, key: string) => {
      if (literal !== '') return `\${${key}}`;
      const variable = variables[key];
      if (variable !== undefined) return this.#text(variable, `Fn::Sub ${key}`);
      return this.#text(key.includes('.') ? { 'Fn::GetAtt': key } : { Ref: key }, `Fn::Sub ${key}`);
    });
  }

  #condition(name: string): boolean {
    const condition = this.#stack.template.Conditions[name];
    if (condition === undefined) throw this.#unsupported(`there is no condition ${name}`);
    return this.#holds(condition);
  }

  #holds(expression: TemplateValue): boolean {
    const [entry, ...others] = isObject(expression) ? Object.entries(expression) : [];
    if (entry === undefined || others.length > 0) throw this.#unsupported(`${JSON.stringify(expression)} is not a condition`);
    const [name, argument] = entry;
    const parts = isList(argument) ? argument : [argument];
    switch (name) {
      case 'Condition':
        return this.#condition(this.#text(argument, name));
      case 'Fn::Equals':
        return JSON.stringify(this.#value(parts[0] ?? null)) === JSON.stringify(this.#value(parts[1] ?? null));
      case 'Fn::Not':
        return !this.#holds(parts[0] ?? null);
      case 'Fn::And':
        return parts.every((part) => this.#holds(part));
      case 'Fn::Or':
        return parts.some((part) => this.#holds(part));
      default:
        throw this.#unsupported(`the condition function ${name} is not supported`);
    }
  }

  #unsupported(message: string): UnsupportedTemplateError {
    return new UnsupportedTemplateError(`stack ${this.name}: ${message}`);
  }

  #fail(message: string): never {
    throw this.#unsupported(message);
  }
}

function isList(value: TemplateValue): value is readonly TemplateValue[] {
  return Array.isArray(value);
}

function isObject(value: TemplateValue): value is { readonly [key: string]: TemplateValue } {
  return typeof value === 'object' && value !== null && !isList(value);
}
