import { describe, expect, it } from 'vitest';
import {
  decimal,
  environment,
  flag,
  list,
  oneOf,
  only,
  structure,
  text,
  timestamp,
  unsupported,
  whole,
} from './shape.ts';
import { validate } from './validate.ts';

function refusal(schema: Parameters<typeof validate>[0], input: unknown): string {
  try {
    validate(schema, input);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

const shape = structure({
  Name: text({ min: 2, max: 4, pattern: '[a-z]+' }),
  Count: whole({ min: 1, max: 3 }).optional(),
  Parts: list(structure({ Colour: oneOf(['red', 'blue']) }), { max: 2 }).optional(),
  Old: unsupported('use Name').optional(),
});

describe('what is accepted', () => {
  it('is returned as it came, nulls left out at every depth', () => {
    const input = { Name: 'ab', Count: null, Parts: [{ Colour: 'red', Shade: null }], Old: null };

    expect(validate(shape, input)).toEqual({ Name: 'ab', Parts: [{ Colour: 'red' }] });
  });

  it.each([
    ['a text at its shortest', text({ min: 2 }), 'ab'],
    ['a text at its longest', text({ max: 2 }), 'ab'],
    ['a number at its least', whole({ min: 0 }), 0],
    ['a number at its most', decimal({ max: 0.5 }), 0.5],
    ['a flag', flag(), false],
    ['a time with a fraction', timestamp(), 1_795_348_800.123],
    ['the one value that is supported', only(false, 'leave it out'), false],
    ['an environment at its limits', environment(), { ['K'.repeat(1024)]: 'v'.repeat(1024) }],
    ['an empty environment', environment(), {}],
  ])('includes %s', (_, member, value) => {
    expect(validate(structure({ Member: member }), { Member: value })).toEqual({ Member: value });
  });

  it('goes 32 deep, and no deeper', () => {
    const nested = (depth: number): object => (depth === 0 ? {} : { a: nested(depth - 1) });

    expect(refusal(shape, nested(32))).toContain('not part of the SageMaker API');
    expect(refusal(shape, nested(33))).toBe('The body is nested too deeply.');
  });
});

describe('what is refused', () => {
  it('is told in the words of SageMaker', () => {
    expect(refusal(shape, { Name: 'ABC' })).toBe(
      "1 validation error detected: Value 'ABC' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+",
    );
  });

  it('is told all at once, with the place in lists counted from 1', () => {
    const input = { Name: 'abcde', Count: 4, Parts: [{ Colour: 'red' }, { Colour: 'green' }] };

    expect(refusal(shape, input)).toBe(
      [
        "3 validation errors detected: Value 'abcde' at 'name' failed to satisfy constraint: Member must have length less than or equal to 4",
        "Value '4' at 'count' failed to satisfy constraint: Member must have value less than or equal to 3",
        "Value 'green' at 'parts.2.member.colour' failed to satisfy constraint: Member must satisfy enum value set: [red, blue]",
      ].join('; '),
    );
  });

  it('is matched from end to end', () => {
    const anchored = structure({ M: text({ pattern: 'a|b' }) });

    for (const M of ['ax', 'xb', 'a\n', '\na', ''])
      expect(refusal(anchored, { M })).toContain("'m'");
  });

  it('shows but the beginning of a long value', () => {
    const message = refusal(shape, { Name: 'x'.repeat(10_000) });

    expect(message).toContain(`Value '${'x'.repeat(256)}…' at 'name'`);
    expect(message.length).toBeLessThan(500);
  });

  it('names a member that is unknown, and not what it holds', () => {
    const message = refusal(shape, { Name: 'ab', name: 'hunter2', Parts: [{ Key: 'hunter2' }] });

    expect(message).toContain("'name' failed to satisfy constraint: Member is not part of");
    expect(message).toContain("'parts.1.member.key' failed to satisfy constraint: Member is not");
    expect(message).not.toContain('hunter2');
  });

  it('names a member that is not supported, and the way out', () => {
    expect(refusal(shape, { Name: 'ab', Old: 1 })).toContain(
      "Value '1' at 'old' failed to satisfy constraint: Member is not supported by Headrace: use Name",
    );
  });

  it.each([undefined, null, 7, 'text', [], true])('is %s in the place of a structure', (input) => {
    expect(refusal(shape, input)).toMatch(
      input === undefined || input === null
        ? 'Member must not be null'
        : 'Member must be a structure',
    );
  });

  it('never takes the square of its length', () => {
    const url = structure({ Url: text({ max: 1024, pattern: '(https|s3)://([^/]+)/?(.*)' }) });

    expect(refusal(url, { Url: `s3://${'a'.repeat(1_000_000)}/\n` })).toContain('length less than');
  });
});
