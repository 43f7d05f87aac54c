import type { Config } from '../../src/aws/config.ts';
import { type EndpointRecord, withStatus } from '../../src/endpoints/endpoint-record.ts';
import { OPERATIONS, REST_OPERATIONS } from '../../src/operations.ts';
import { createApi } from '../../src/protocol/api.ts';
import type { GatewayEvent } from '../../src/protocol/gateway-event.ts';
import { keyOf } from '../../src/records/named-record.ts';
import { testConfig } from './config.ts';
import { type MemoryTable, startMemoryTable } from './memory-table.ts';

/** 2026-11-22T12:00:00Z, in milliseconds. */
export const NOON = 1_795_348_800_000;

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** The answer's members; `{}` for an empty body. */
  body: Record<string, unknown>;
}

export interface TestApi extends MemoryTable {
  config: Config;
  /** Set it to go to another time. */
  clock: { time: number; now(): number };
  /** The endpoints that the reconciler was told to look at. */
  woken: string[];
  /** One AWS JSON request, as an SDK sends it. */
  call(operation: string, members: unknown): Promise<Answer>;
  /** One request, as API Gateway hands it over. */
  send(event: Partial<GatewayEvent>): Promise<Answer>;
  /** Puts an endpoint into a status, as the reconciler would. */
  putEndpoint(name: string, change: Partial<EndpointRecord>): Promise<void>;
}

/** The control plane over a table of its own; nothing reconciles. */
export async function startApi(settings: Partial<Config> = {}): Promise<TestApi> {
  const memory = await startMemoryTable();
  const config = { ...testConfig, ...settings };
  const clock = { time: NOON, now: () => clock.time };
  const woken: string[] = [];
  const wake = async (endpoint: string) => {
    woken.push(endpoint);
  };
  const { table, newId } = memory;
  const api = createApi(
    OPERATIONS,
    { config, table, clock, newId, wake, wakeTransformJob: async () => undefined },
    REST_OPERATIONS,
  );

  const send = async (event: Partial<GatewayEvent>): Promise<Answer> => {
    const { statusCode, headers, body } = await api(gatewayEvent(event));
    return {
      status: statusCode,
      headers: headers as Record<string, string>,
      body: body === '' ? {} : JSON.parse(body),
    };
  };
  return {
    ...memory,
    config,
    clock,
    woken,
    send,
    call: (operation, members) =>
      send({
        headers: { 'X-Amz-Target': `SageMaker.${operation}` },
        body: JSON.stringify(members),
      }),
    putEndpoint: async (name, change) => {
      const record = await table.get<EndpointRecord>(keyOf('endpoint', name));
      if (record === undefined) throw new Error(`no endpoint ${name}`);
      const next = withStatus({ ...record, ...change }, change.status ?? record.status, NOON);
      if (!(await table.replace<EndpointRecord>(record, next))) throw new Error('not replaced');
    },
  };
}

export function gatewayEvent(event: Partial<GatewayEvent> = {}): GatewayEvent {
  return {
    httpMethod: 'POST',
    path: '/',
    headers: {},
    queryStringParameters: null,
    body: null,
    isBase64Encoded: false,
    requestContext: { requestId: 'request-1', stage: 'prod' },
    ...event,
  };
}
