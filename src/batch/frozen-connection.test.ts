import { expect, it } from 'vitest';
import { FreezeWatch } from './frozen-connection.ts';

/** As /proc/net/tcp had them when a connection stood still. */
function tables({ retransmissions = 0, probes = 0, unread = 0 }): string {
  const hex = (value: number) => value.toString(16).padStart(8, '0').toUpperCase();
  return `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   7: 0100007F:88EF 0100007F:CD4E 01 003FF2C0:01FA5765 01:00000283 ${hex(retransmissions)}     0        ${probes} 1189 2 000000005138d00b 848 4 30 1 8
   8: 0100007F:CD4E 0100007F:88EF 01 003FF31A:${hex(unread)} 01:00000268 00000005     0        0 1190 2 000000009d9eb9ac 896 4 30 1 54
`;
}

const STAGE = 0x88ef;

it('finds a socket that sends in vain what there is room for', () => {
  const watch = new FreezeWatch([8080, STAGE]);

  expect(watch.look(tables({ retransmissions: 5 }))).toBeUndefined();
  expect(watch.look(tables({ retransmissions: 5 }))).toBeUndefined();
  expect(watch.look(tables({ retransmissions: 6 }))).toBe(STAGE);
});

it('finds one that asks in vain whether there is room', () => {
  const watch = new FreezeWatch([STAGE]);

  watch.look(tables({ probes: 5 }));

  expect(watch.look(tables({ probes: 6 }))).toBe(STAGE);
});

it.each([
  [
    'has found no room since the last look',
    [{ retransmissions: 5, unread: 9 }, { retransmissions: 6 }],
  ],
  ['has none now', [{ retransmissions: 5 }, { retransmissions: 6, unread: 9 }]],
  ['was heard in between', [{ retransmissions: 7 }, {}, { retransmissions: 5 }]],
  ['has tried but a few times', [{ retransmissions: 3 }, { retransmissions: 4 }]],
])('leaves alone a socket that %s', (_, looks) => {
  const watch = new FreezeWatch([STAGE]);

  expect(looks.map((look) => watch.look(tables(look)))).not.toContain(STAGE);
});

it('leaves alone sockets that are no stage’s', () => {
  const watch = new FreezeWatch([8080]);

  watch.look(tables({ retransmissions: 5 }));

  expect(watch.look(tables({ retransmissions: 6 }))).toBeUndefined();
});
