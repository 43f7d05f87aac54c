import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Resource, Resources } from '../../infra/resource.ts';

const database = loadAwsServiceSpecSync();

type Properties = Record<string, { type: PropertyType; required?: boolean }>;
type PropertyType = NonNullable<ReturnType<typeof schemaOf>>['properties'][string]['type'];

function schemaOf(type: string) {
  return database.lookup('resource', 'cloudFormationType', 'equals', type)[0];
}

/**
 * What is wrong with resources by the schemas that AWS publishes for CloudFormation: members that are not known,
 * not there, or of another type. An intrinsic function may stand for anything.
 */
export function schemaProblems(resources: Resources): string[] {
  return Object.entries(resources).flatMap(([name, resource]) => problemsOf(name, resource));
}

/** The attributes that Fn::GetAtt may ask of a type. */
export function attributesOf(type: string): string[] {
  return Object.keys(schemaOf(type)?.attributes ?? {});
}

function problemsOf(name: string, { Type, Properties }: Resource): string[] {
  const schema = schemaOf(Type);
  if (schema === undefined) return [`${name}: ${Type} is no type of CloudFormation`];
  return problemsOfObject(`${name} (${Type})`, Properties, schema.properties);
}

function problemsOfObject(path: string, value: unknown, properties: Properties): string[] {
  if (typeof value !== 'object' || value === null) return [`${path}: is no object`];
  const members = value as Record<string, unknown>;
  const missing = Object.entries(properties).flatMap(([name, { required }]) =>
    required && !(name in members) ? [`${path}.${name}: is missing`] : [],
  );
  const wrong = Object.entries(members).flatMap(([name, member]) => {
    const property = properties[name];
    if (property === undefined) return [`${path}.${name}: is not known`];
    return problemsOfValue(`${path}.${name}`, member, property.type);
  });
  return [...missing, ...wrong];
}

function problemsOfValue(path: string, value: unknown, type: PropertyType): string[] {
  if (isIntrinsic(value)) return [];
  const isWrong = (is: boolean) =>
    is ? [] : [`${path}: ${JSON.stringify(value)} is no ${type.type}`];
  switch (type.type) {
    case 'string':
      return [
        ...isWrong(typeof value === 'string'),
        ...(type.allowedValues !== undefined && !type.allowedValues.includes(value as string)
          ? [`${path}: ${value} is none of ${type.allowedValues.join(', ')}`]
          : []),
      ];
    case 'integer':
      return isWrong(Number.isInteger(value));
    case 'number':
      return isWrong(typeof value === 'number');
    case 'boolean':
      return isWrong(typeof value === 'boolean');
    case 'tag': {
      const { Key, Value } = value as Record<string, unknown>;
      return isWrong(typeof Key === 'string' && (typeof Value === 'string' || isIntrinsic(Value)));
    }
    case 'json':
      return isWrong(typeof value === 'object');
    case 'array':
      if (!Array.isArray(value)) return isWrong(false);
      return value.flatMap((item, at) => problemsOfValue(`${path}[${at}]`, item, type.element));
    case 'map':
      return Object.entries(value as object).flatMap(([key, item]) =>
        problemsOfValue(`${path}.${key}`, item, type.element),
      );
    case 'ref': {
      const { properties } = database.get('typeDefinition', type.reference);
      return problemsOfObject(path, value, properties);
    }
    case 'union': {
      const tries = type.types.map((one) => problemsOfValue(path, value, one));
      return tries.some((problems) => problems.length === 0) ? [] : (tries[0] ?? []);
    }
    default:
      return isWrong(false);
  }
}

/** `{ Ref: … }`, `{ 'Fn::…': … }`, or a dynamic reference. */
export function isIntrinsic(value: unknown): boolean {
  if (typeof value === 'string') return /^\{\{resolve:.*\}\}$/.test(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && /^(Ref|Condition|Fn::\w+)$/.test(keys[0] ?? '');
}
