import { createHash } from 'node:crypto';
import { type ResourceId, UnknownResourceTypeError, UnsupportedTemplateError } from './errors.ts';
import { type Evaluated, Expressions, NO_VALUE, type OtherStacks, type Value } from './expressions.ts';
import { Omissions } from './omissions.ts';
import type { Assembly, StackAssembly } from './read.ts';
import { ACCOUNT, type HandledType, type ResourceNaming, resourceType } from './resource-types.ts';

/** A resource that the local run emulates, with its properties evaluated. */
export interface Resource {
  readonly type: string;
  readonly stack: string;
  readonly logicalId: string;
  readonly region: string;
  /** The value of `Ref`. */
  readonly ref: string;
  /** Physical name. */
  readonly name: string;
  /** The values of `Fn::GetAtt`, by attribute. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, Value>>;
}

export interface ResolvedApp {
  readonly resources: readonly Resource[];
  /** Outputs by stack name and logical id. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, Value>>>>;
}

/**
 * Evaluates the templates of an assembly as CloudFormation would, across stacks. Physical ids and ARNs have
 * the same shape as on AWS and are derived from stack and logical id. So nothing has to exist yet, and the
 * same assembly always resolves to the same names.
 *
 * @param omissions records which resources are left out because of their type, or because a property cannot
 * be evaluated
 * @throws UnknownResourceTypeError in strict mode, naming each unknown type, its logical id and its stack
 * @throws UnsupportedTemplateError in strict mode, naming the function, reference or attribute
 */
export function resolveAssembly(assembly: Assembly, omissions = new Omissions({ strict: true })): ResolvedApp {
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
  for (const stack of assembly.stacks) scopes.push(new StackScope(stack, others, omissions));
  const unknown = scopes.flatMap((scope) => scope.unknownTypes());
  if (omissions.strict && unknown.length > 0) {
    throw new UnknownResourceTypeError(
      `the local run does not know ${unknown.join(', ')}: handle the type in packages/assembly-local/, or list it in packages/assembly-local/assembly/resource-types.ts with the reason why it has no effect locally`,
    );
  }
  return {
    resources: scopes.flatMap((scope) => scope.resources()),
    outputs: Object.fromEntries(scopes.map((scope) => [scope.name, scope.outputs()])),
  };
}

/** The reason for leaving out a resource whose type is not in `resource-types.ts`. */
const UNKNOWN_TYPE = 'the local run does not support this type';

class StackScope {
  readonly #stack: StackAssembly;
  readonly #expressions: Expressions;
  readonly #omissions: Omissions;

  constructor(stack: StackAssembly, others: OtherStacks, omissions: Omissions) {
    this.#stack = stack;
    this.#omissions = omissions;
    const names = { ref: (id: string) => this.#ref(id), attribute: (id: string, attribute: string) => this.#attribute(id, attribute) };
    this.#expressions = new Expressions(stack, names, others);
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
      const id = this.#describe(logicalId, resource);
      const type = resourceType(resource.Type);
      if (type === undefined) this.#omissions.leaveOut(id, UNKNOWN_TYPE);
      if (type?.kind !== 'handled') return [];
      // Evaluated even if it is left out, so that a warning can name what it refers to.
      const properties = this.#omissions.evaluate(id, () => this.#expressions.object(resource.Properties));
      if (properties === undefined || this.#omissions.has(id)) return [];
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
          properties,
        },
      ];
    });
  }

  outputs(): Record<string, Value> {
    const outputs: Record<string, Value> = {};
    for (const [id, output] of Object.entries(this.#stack.template.Outputs)) {
      const user = { stack: this.name, logicalId: id };
      this.#omissions.describe({ ...user, type: 'Output' });
      const value = this.#omissions.evaluate(user, () =>
        output.Condition === undefined || this.#expressions.condition(output.Condition) ? this.#expressions.value(output.Value) : undefined,
      );
      if (value !== undefined) outputs[id] = value;
    }
    return outputs;
  }

  #describe(logicalId: string, { Type: type, Metadata }: StackAssembly['template']['Resources'][string]): ResourceId {
    const path = Metadata?.['aws:cdk:path']?.replace(/\/Resource$/, '');
    this.#omissions.describe({ stack: this.name, logicalId, type, path });
    return { stack: this.name, logicalId };
  }

  output(id: string): Value {
    const output = this.#stack.template.Outputs[id];
    return output === undefined ? this.#expressions.fail(`there is no output ${id}`) : this.#expressions.value(output.Value);
  }

  /** The output that is exported under a name. */
  exportedBy(exportName: string): string | undefined {
    const outputs = Object.entries(this.#stack.template.Outputs);
    return outputs.find(([, { Export }]) => Export !== undefined && this.#expressions.value(Export.Name) === exportName)?.[0];
  }

  #existing() {
    return Object.entries(this.#stack.template.Resources).filter(([logicalId, resource]) => {
      const { Condition } = resource;
      if (Condition === undefined) return true;
      return this.#omissions.evaluate(this.#describe(logicalId, resource), () => this.#expressions.condition(Condition)) === true;
    });
  }

  #naming(logicalId: string, type?: HandledType): ResourceNaming {
    const { region } = this.#stack;
    const id = createHash('sha256').update(`${this.name}/${logicalId}`).digest('hex').slice(0, 10);
    const properties = this.#stack.template.Resources[logicalId]?.Properties ?? {};
    const text = (property: string) => this.#expressions.text(properties[property] ?? '', `${logicalId}.${property}`);
    const named = type?.nameProperty === undefined || properties[type.nameProperty] === undefined ? '' : text(type.nameProperty);
    return {
      region,
      id,
      name: named === '' ? `${`${this.name}-${logicalId}`.slice(0, 50)}-${id}` : named,
      text,
      arn: (service, resource) => `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`,
    };
  }

  #ref(id: string): Evaluated {
    const pseudo = this.#pseudo(id);
    if (pseudo !== undefined) return pseudo;
    const parameter = this.#stack.template.Parameters[id];
    if (parameter !== undefined) {
      if (parameter.Default === undefined) throw this.#expressions.unsupported(`parameter ${id} has no default`);
      return this.#expressions.value(parameter.Default);
    }
    const { type, naming } = this.#target(id, 'Ref');
    // A stand-in: whatever refers to a resource without effect has no effect either.
    const value = type?.kind === 'handled' ? type.ref(naming) : naming.name;
    return this.#noteUse(id, value);
  }

  #attribute(id: string, attribute: string): Value {
    const { type, naming } = this.#target(id, 'Fn::GetAtt');
    const standIn = attribute.endsWith('Arn') ? naming.arn('local', naming.name) : `${naming.name}.${attribute}`;
    if (type?.kind !== 'handled') return this.#noteUse(id, standIn);
    const value = type.attributes[attribute];
    if (value !== undefined) return this.#noteUse(id, value(naming));
    if (this.#omissions.strict) this.#expressions.fail(`Fn::GetAtt: the attribute ${id}.${attribute} is not known locally`);
    this.#omissions.leaveOutPart({
      resource: { stack: this.name, logicalId: id },
      what: `the attribute ${attribute}`,
      reason: 'is not known locally',
      consequence: 'what uses it gets a value that leads nowhere',
    });
    return standIn;
  }

  #noteUse<T extends Value>(id: string, value: T): T {
    this.#omissions.noteUse({ stack: this.name, logicalId: id }, String(value));
    return value;
  }

  #target(id: string, what: string) {
    const resource = this.#stack.template.Resources[id];
    if (resource === undefined) throw this.#expressions.unsupported(`${what}: there is no resource ${id}`);
    const type = resourceType(resource.Type);
    return { type, naming: this.#naming(id, type?.kind === 'handled' ? type : undefined) };
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
}
