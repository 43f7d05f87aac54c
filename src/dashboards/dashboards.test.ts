import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { DashboardBody, Widget } from './dashboard.ts';
import { endpointDashboard } from './endpoint-dashboard.ts';
import { stackDashboard } from './stack-dashboard.ts';

const STACK = stackDashboard({
  stack: 'headrace-dev',
  region: 'eu-west-1',
  queue: 'q-1',
  deadLetterQueue: 'q-2',
});
const ENDPOINT = endpointDashboard({
  name: 'words',
  region: 'eu-west-1',
  variants: [
    { name: 'A', stages: ['shout', 'count'] },
    { name: 'B', stages: ['primary'] },
  ],
  swaps: [{ at: Date.UTC(2026, 10, 28, 7), what: 'to words-2' }],
});

const statistic = z.string().regex(/^(Average|Sum|Minimum|Maximum|p\d+)$/);
const options = z.strictObject({ label: z.string().optional(), stat: statistic.optional() });
const metric = z
  .array(z.union([z.string().min(1), options]))
  // Namespace and name, and pairs of a dimension's name and value.
  .refine((one) => one.filter((part) => typeof part === 'string').length % 2 === 0)
  .refine((one) => one.slice(0, -1).every((part) => typeof part === 'string'));
const found = z.tuple([
  z.strictObject({
    id: z.string().regex(/^[a-z]\w*$/),
    expression: z.string().regex(/^SEARCH\('\{[\w/]+(,\w+)*\} [^']+', '(Average|Sum|p\d+)', 60\)$/),
  }),
]);
const place = {
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  width: z.int().min(1).max(24),
  height: z.int().min(1).max(1000),
};
/** The rules of CloudWatch's "Dashboard body structure and syntax" for what is used of it. */
const body = z.strictObject({
  start: z.string().regex(/^-P/),
  periodOverride: z.enum(['auto', 'inherit']),
  widgets: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          ...place,
          type: z.literal('text'),
          properties: z.strictObject({ markdown: z.string() }),
        }),
        z.strictObject({
          ...place,
          type: z.literal('metric'),
          properties: z.strictObject({
            title: z.string(),
            region: z.literal('eu-west-1'),
            view: z.literal('timeSeries'),
            stacked: z.boolean(),
            stat: statistic,
            period: z.literal(60),
            metrics: z
              .array(z.union([found, metric]))
              .min(1)
              .max(500),
            yAxis: z.strictObject({
              left: z.strictObject({
                min: z.literal(0),
                label: z.string().optional(),
                showUnits: z.literal(false),
              }),
            }),
            annotations: z
              .strictObject({
                vertical: z.array(z.strictObject({ label: z.string(), value: z.iso.datetime() })),
              })
              .optional(),
          }),
        }),
      ]),
    )
    .max(500),
});

function overlap(a: Widget, b: Widget): boolean {
  const isBeside = a.x + a.width <= b.x || b.x + b.width <= a.x;
  const isBelow = a.y + a.height <= b.y || b.y + b.height <= a.y;
  return !isBeside && !isBelow;
}

function graph({ widgets }: DashboardBody, title: string) {
  const widget = widgets.find((one) => one.type === 'metric' && one.properties.title === title);
  return widget?.type === 'metric' ? widget.properties : expect.fail(`There is no ${title}.`);
}

describe.each([
  ['a stack', STACK],
  ['an endpoint', ENDPOINT],
])('the dashboard of %s', (_, dashboard) => {
  test('is one that CloudWatch takes', () => {
    expect(body.safeParse(JSON.parse(JSON.stringify(dashboard))).error).toBeUndefined();
  });

  test('has no widget on another one, nor past the edge', () => {
    for (const widget of dashboard.widgets) {
      expect(widget.x + widget.width).toBeLessThanOrEqual(24);
      const under = dashboard.widgets.filter((other) => other !== widget && overlap(widget, other));
      expect(under).toEqual([]);
    }
  });

  test('gives the same expression no id twice in a graph', () => {
    for (const widget of dashboard.widgets) {
      if (widget.type !== 'metric') continue;
      const ids = widget.properties.metrics.flatMap(([first]) =>
        typeof first === 'object' && 'id' in first ? [first.id] : [],
      );
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});

test('a stack’s finds every endpoint, and shows the stack’s own functions and queues', () => {
  expect(graph(STACK, 'Errors by endpoint and variant').metrics[0]).toMatchObject([
    {
      expression:
        'SEARCH(\'{Headrace/Endpoints,EndpointName,VariantName} (MetricName="Invocation4XXErrors" OR MetricName="Invocation5XXErrors")\', \'Sum\', 60)',
    },
  ]);
  expect(graph(STACK, 'What waits for the reconciler').metrics[1]).toContain('q-2');
});

test.each(['Errors of the functions', 'Throttled functions'])(
  '%s leaves none out',
  async (title) => {
    const functions = (await readdir('functions')).map((file) => basename(file, '.ts')).sort();
    const shown = graph(STACK, title).metrics.map(([, , , name]) => name);

    expect(shown.sort()).toEqual(functions.map((name) => `headrace-dev-${name}`));
  },
);

test('a stack’s may be given what CloudFormation puts in, and has nothing of the kind itself', () => {
  expect(JSON.stringify(STACK)).not.toContain('${');
});

test('an endpoint’s shows the time of each stage on that of the one before, then the overhead', () => {
  const latency = graph(ENDPOINT, 'A: latency by stage');

  expect(latency.stacked).toBe(true);
  expect(latency.metrics.map((one) => one.at(-1))).toEqual([
    { label: 'shout' },
    { label: 'count' },
    { label: 'overhead' },
  ]);
  expect(latency.metrics[0]).toEqual([
    'Headrace/Endpoints',
    'ContainerLatency',
    'EndpointName',
    'words',
    'VariantName',
    'A',
    'ContainerName',
    'shout',
    { label: 'shout' },
  ]);
});

test('an endpoint’s has its updates as lines across every graph', () => {
  const vertical = [{ label: 'to words-2', value: '2026-11-28T07:00:00.000Z' }];

  for (const widget of ENDPOINT.widgets) {
    if (widget.type === 'metric') expect(widget.properties.annotations).toEqual({ vertical });
  }
});
