import { describe, expect, it } from 'vitest';
import type { PingResult } from './stage-client/index.ts';
import { afterPing, newStageHealth, nextPingMs, type StageHealth } from './stage-health.ts';

const PORT = 24_000;
const PACE = { everyMs: 5_000, failures: 2 };
const answered = (status: number): PingResult => ({ kind: 'answered', status });
const refused: PingResult = { kind: 'refused' };
const silent: PingResult = { kind: 'no-answer', afterMs: 2_000 };

/** One ping a second, beginning at second 1; the stage was started at second 0. */
function pinged(...pings: PingResult[]): StageHealth {
  return pings.reduce(
    (health, ping, i) => afterPing(health, ping, PORT, (i + 1) * 1_000, PACE),
    newStageHealth(0),
  );
}

describe('the state', () => {
  it.each<[string, PingResult[], StageHealth['state'], string, number]>([
    ['starts', [], 'starting', 'not pinged yet', 0],
    ['says that nothing ever listened', [refused], 'starting', 'never listened on port 24000', 0],
    ['says what /ping answered', [refused, answered(500)], 'starting', '/ping answered 500', 0],
    ['takes 200 alone', [answered(204)], 'starting', '/ping answered 204', 0],
    ['says that /ping hangs', [silent], 'starting', '/ping did not answer within 2 s', 0],
    [
      'says that it hung up',
      [{ kind: 'closed' }],
      'starting',
      '/ping closed the connection before it answered',
      0,
    ],
    [
      'says that a stage stopped to listen before it was ever healthy',
      [answered(500), refused],
      'starting',
      'stopped listening on port 24000',
      0,
    ],
    [
      'is healthy since the first 200',
      [refused, answered(200), answered(200)],
      'healthy',
      '/ping answered 200',
      2_000,
    ],
    [
      'forgives one failed ping',
      [answered(200), answered(500)],
      'healthy',
      '/ping answered 200',
      1_000,
    ],
    [
      'forgives failed pings that do not follow on one another',
      [answered(200), silent, answered(200), silent],
      'healthy',
      '/ping answered 200',
      1_000,
    ],
    [
      'is failing after two in a row',
      [answered(200), silent, refused],
      'failing',
      'stopped listening on port 24000',
      3_000,
    ],
    [
      'stays failing since then',
      [answered(200), silent, silent, answered(500)],
      'failing',
      '/ping answered 500',
      3_000,
    ],
    [
      'is healthy again',
      [answered(200), silent, silent, answered(200)],
      'healthy',
      '/ping answered 200',
      4_000,
    ],
  ])('%s', (_, pings, state, reason, since) => {
    expect(pinged(...pings)).toMatchObject({ state, reason, since });
  });

  it('is failing at once when the last ping of all is refused', () => {
    const died = afterPing(pinged(answered(200)), refused, PORT, 5_000, PACE, true);
    const slow = afterPing(pinged(answered(200)), silent, PORT, 5_000, PACE, true);

    expect(died).toMatchObject({ state: 'failing', reason: 'stopped listening on port 24000' });
    expect(slow.state).toBe('healthy');
  });
});

describe('the next ping', () => {
  it('comes after 50 ms at first, then later and later, at most after 500 ms', () => {
    const waits = Array.from({ length: 10 }, (_, i) =>
      Math.round(nextPingMs(pinged(...Array<PingResult>(i + 1).fill(refused)), PACE)),
    );

    expect(waits).toEqual([50, 75, 113, 169, 253, 380, 500, 500, 500, 500]);
  });

  it.each<[string, PingResult[], number]>([
    ['healthy', [answered(200)], 5_000],
    ['in doubt', [answered(200), silent], 500],
    ['failing', [answered(200), silent, silent], 500],
  ])('of a stage that is %s', (_, pings, ms) => {
    expect(nextPingMs(pinged(...pings), PACE)).toBe(ms);
  });
});
