import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMPARISONS, MISSING_DATA } from './alarm.ts';
import { breaches, evaluate, evaluationRange } from './evaluate.ts';

/** 0 is within the threshold, X breaches it, - is a period without a value. */
function points(drawn: string) {
  const values: Record<string, number> = { '0': 0, X: 10 };
  return [...drawn.replaceAll(' ', '')].map((one) => values[one]);
}

function rule(
  DatapointsToAlarm: number | undefined,
  TreatMissingData?: (typeof MISSING_DATA)[number],
) {
  return {
    EvaluationPeriods: 3,
    DatapointsToAlarm,
    Threshold: 5,
    ComparisonOperator: 'GreaterThanThreshold' as const,
    TreatMissingData,
  };
}

const OK = 'OK';
const ALARM = 'ALARM';
const KEPT = undefined;

describe("CloudWatch's own tables", () => {
  test.each([
    ['0 - X - X', 0, [OK, OK, OK, OK]],
    ['0 - - - -', 2, [OK, OK, OK, OK]],
    ['- - - - -', 3, ['INSUFFICIENT_DATA', KEPT, ALARM, OK]],
    ['0 X X - X', 0, [ALARM, ALARM, ALARM, ALARM]],
    ['- - X - -', 2, [ALARM, KEPT, ALARM, OK]],
  ] as const)('3 out of 3: %s', (drawn, filled, [missing, ignore, breaching, notBreaching]) => {
    const verdict = (treat: (typeof MISSING_DATA)[number]) =>
      evaluate(rule(undefined, treat), points(drawn));

    expect(MISSING_DATA.map((treat) => verdict(treat).state)).toEqual([
      breaching,
      notBreaching,
      ignore,
      missing,
    ]);
    expect(verdict('missing').filled).toBe(filled);
  });

  test.each([
    ['0 - X - X', 0, [ALARM, ALARM, ALARM, ALARM]],
    ['0 0 X 0 X', 0, [ALARM, ALARM, ALARM, ALARM]],
    ['0 - X - -', 1, [OK, OK, ALARM, OK]],
    ['- - - - 0', 2, [OK, OK, ALARM, OK]],
    ['- - - X -', 2, [ALARM, KEPT, ALARM, OK]],
  ] as const)('2 out of 3: %s', (drawn, filled, [missing, ignore, breaching, notBreaching]) => {
    const verdict = (treat: (typeof MISSING_DATA)[number]) =>
      evaluate(rule(2, treat), points(drawn));

    expect(MISSING_DATA.map((treat) => verdict(treat).state)).toEqual([
      breaching,
      notBreaching,
      ignore,
      missing,
    ]);
    expect(verdict('missing').filled).toBe(filled);
  });

  test.each(['- - - - X', '- - - X -'])('3 out of 3: %s is too young to alarm', (drawn) => {
    expect(evaluate(rule(3), points(drawn)).state).toBe(KEPT);
  });
});

test.each([
  ['GreaterThanOrEqualToThreshold', [false, true, true]],
  ['GreaterThanThreshold', [false, false, true]],
  ['LessThanThreshold', [true, false, false]],
  ['LessThanOrEqualToThreshold', [true, true, false]],
] as const)('%s', (ComparisonOperator, expected) => {
  const told = [4, 5, 6].map((value) => breaches({ ComparisonOperator, Threshold: 5 }, value));

  expect(told).toEqual(expected);
});

const anyRule = fc
  .record({
    EvaluationPeriods: fc.integer({ min: 1, max: 6 }),
    part: fc.integer({ min: 1, max: 6 }),
    Threshold: fc.constant(5),
    ComparisonOperator: fc.constantFrom(...COMPARISONS),
    TreatMissingData: fc.constantFrom(...MISSING_DATA, undefined),
  })
  .map(({ part, ...one }) => ({
    ...one,
    DatapointsToAlarm: Math.min(part, one.EvaluationPeriods),
  }));

const anyPoints = (values: fc.Arbitrary<number | undefined>) =>
  anyRule.chain((one) => {
    const length = evaluationRange(one);
    return fc.tuple(fc.constant(one), fc.array(values, { minLength: length, maxLength: length }));
  });

describe('for every alarm', () => {
  test('with a value in every period, only the newest count, and missing data plays no part', () => {
    fc.assert(
      fc.property(anyPoints(fc.integer({ min: 0, max: 10 })), ([one, all]) => {
        const newest = all.slice(-one.EvaluationPeriods);
        const enough =
          newest.filter((value) => value !== undefined && breaches(one, value)).length >=
          one.DatapointsToAlarm;

        expect(evaluate(one, all).state).toBe(enough ? ALARM : OK);
      }),
    );
  });

  test('treating missing data as breaching alarms whenever treating it otherwise does', () => {
    fc.assert(
      fc.property(
        anyPoints(fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined })),
        ([one, all]) => {
          const states = MISSING_DATA.map(
            (TreatMissingData) => evaluate({ ...one, TreatMissingData }, all).state,
          );
          const [breaching, notBreaching] = states;

          if (notBreaching === ALARM) expect(states).toEqual([ALARM, ALARM, ALARM, ALARM]);
          if (states.includes(ALARM)) expect(breaching).toBe(ALARM);
        },
      ),
    );
  });

  test('INSUFFICIENT_DATA is said only where there is no value at all', () => {
    fc.assert(
      fc.property(
        anyPoints(fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined })),
        ([one, all]) => {
          const { state, evaluated } = evaluate(one, all);

          if (state === 'INSUFFICIENT_DATA') expect(evaluated).toEqual([]);
        },
      ),
    );
  });
});
