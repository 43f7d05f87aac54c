import { DeleteEndpointCommand } from '@aws-sdk/client-sagemaker';
import { beforeAll, expect, test } from 'vitest';
import { ownStack } from './support/own-stack.ts';
import { createPipeline, gone, inService } from './support/pipelines.ts';
import { stage } from './support/stage.ts';

const { home, stack, clients } = await ownStack();

beforeAll(async () => {
  const talks = stage(home.image, { SAY: 'a word from the first' });
  const talksToo = stage(home.image, { COMPLAIN: 'a word from the second' });
  await createPipeline(clients.sagemaker, 'talks', [talks, talksToo]);
  await inService(clients.sagemaker, 'talks');
});

function logs(endpoint: string, query = ''): Promise<Response> {
  return fetch(`${stack.gateway}/endpoints/${endpoint}/logs${query}`);
}

test('all containers of an endpoint in one text', async () => {
  const answer = await logs('talks');
  const text = await answer.text();

  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(text).toMatch(/^\d{4}-\S+Z container-1\/[0-9a-f]{8} a word from the first$/m);
  expect(text).toMatch(/^\d{4}-\S+Z container-2\/[0-9a-f]{8} a word from the second$/m);
  expect(text).toContain('headrace_router/');
});

test('one stage of it', async () => {
  const text = await (await logs('talks', '?stage=container-2')).text();

  expect(text).toMatch(/^\S+ container-2\/\S+ a word from the second\n$/);
});

test.each([
  ['talks', '?stage=third', /no logs of stage "third". It has logs of: container-1, container-2/],
  ['nobody', '', /Endpoint nobody has no logs/],
  ['talks', '?follow=yes', /follow is "yes"; it must be true or false/],
  ['talks', '?tail=5', /no member tail. They take stage and follow/],
])('%s%s is refused with the reason', async (endpoint, query, reason) => {
  const answer = await logs(endpoint, query);

  expect(answer.status).toBe(400);
  expect(answer.headers.get('x-amzn-errortype')).toBe('ValidationException');
  expect(((await answer.json()) as { message: string }).message).toMatch(reason);
});

test('followed, they go on until the endpoint is gone', async () => {
  await createPipeline(clients.sagemaker, 'followed', [stage(home.image), stage(home.image)]);
  await inService(clients.sagemaker, 'followed');
  const following = await logs('followed', '?stage=headrace_router&follow=true');
  const text = following.text();

  await clients.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'followed' }));
  await gone(clients.sagemaker, 'followed');

  // What the router says last, at its SIGTERM.
  expect(await text).toContain('"final":true');
});

test('its state changes are events, told by the gateway as they come', async () => {
  const left = new AbortController();
  const { signal } = left;
  const following = await fetch(`${stack.gateway}/events?follow=true`, { signal });
  expect(following.headers.get('content-type')).toBe('application/jsonl');
  const name = 'told';
  await createPipeline(clients.sagemaker, name, [stage(home.image), stage(home.image)]);
  await inService(clients.sagemaker, name);
  await clients.sagemaker.send(new DeleteEndpointCommand({ EndpointName: name }));
  await gone(clients.sagemaker, name);

  const told: string[] = [];
  for await (const chunk of following.body ?? []) {
    for (const line of Buffer.from(chunk).toString().split('\n')) {
      if (!line.includes(`:endpoint/${name}"`)) continue;
      const { source, detail } = JSON.parse(line);
      told.push(`${source} ${detail.EndpointStatus}`);
    }
    if (told.at(-1) === 'headrace DELETING') break;
  }
  left.abort();

  expect([...new Set(told)]).toEqual([
    'headrace CREATING',
    'headrace IN_SERVICE',
    'headrace DELETING',
  ]);
  const all = await (await fetch(`${stack.gateway}/events`)).text();
  expect(all.split('\n').filter((line) => line.includes(`:endpoint/${name}"`))).toHaveLength(
    told.length,
  );
  expect((await fetch(`${stack.gateway}/events?tail=5`)).status).toBe(400);
});
