import { expect, it } from 'vitest';
import { type HealthReport, parseHealthReport } from './health-report.ts';

const report: HealthReport = {
  event: 'health',
  time: '2026-11-22T12:00:00.000Z',
  final: true,
  stages: [
    { name: 'container-1', state: 'healthy', reason: '/ping answered 200', seconds: 480 },
    {
      name: 'container-2',
      state: 'failing',
      reason: 'stopped listening on port 24032',
      seconds: 0,
    },
  ],
};

it('reads a report from its line', () => {
  expect(parseHealthReport(JSON.stringify(report))).toEqual(report);
});

it.each([
  ['nothing', ''],
  ['text', 'in good "health"'],
  ['another event', '{"event":"request-failed"}'],
  ['a report cut short', JSON.stringify(report).slice(0, 80)],
  ['an unknown state', JSON.stringify(report).replace('failing', 'gone')],
  ['null', 'null'],
])('does not take %s for a report', (_, line) => {
  expect(parseHealthReport(line)).toBeUndefined();
});
