#!/usr/bin/env node
// The stage of the end-to-end tests. Its Environment says how it behaves; without any it echoes.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const own = process.env;

if (own.SAY) console.log(own.SAY);
if (own.COMPLAIN) console.error(own.COMPLAIN);
if (own.EXIT_CODE) setTimeout(() => process.exit(Number(own.EXIT_CODE)), Number(own.EXIT_AFTER_MS));

const server = createServer(async (request, response) => {
  if (request.url === '/ping') return response.end();
  const body = Buffer.concat(await request.toArray());
  if (own.JOURNAL) appendFileSync(own.JOURNAL, `${body}\n`);
  if (own.DIES_OF && body.includes(own.DIES_OF)) process.exit(1);
  if (own.SLEEP_MS) await sleep(Number(own.SLEEP_MS));
  if (own.REFUSES && body.includes(own.REFUSES)) {
    const words = own.REFUSAL ?? `cannot read "${body}"`;
    return response.writeHead(400, { 'content-type': 'text/plain' }).end(words);
  }
  const type = own.CONTENT_TYPE ?? request.headers['content-type'];
  if (type) response.setHeader('content-type', type);
  if (own.ATTRIBUTES) {
    response.setHeader('x-amzn-sagemaker-custom-attributes', own.ATTRIBUTES);
  }
  if (own.ANSWER === 'stream') return stream(response, `${body}`);
  const echo = () => Buffer.concat([body, Buffer.from(own.SUFFIX ?? '')]);
  response.end(own.ANSWER === 'report' ? report(request, body) : echo());
});

let release = () => {};

/** The first half at once; the other one, or an abrupt end, when another request says so. */
function stream(response, body) {
  if (body === 'finish' || body === 'break') {
    release(body);
    return response.end('released');
  }
  response.write(`${body} first`);
  release = (how) => (how === 'break' ? response.destroy() : response.end(' second'));
}

/** All that a stage can tell about a request and about itself. */
function report({ headers }, body) {
  const { argv, env: environment, pid } = process;
  return JSON.stringify({ argv, body: `${body}`, cwd: process.cwd(), environment, headers, pid });
}

if (own.LISTEN === 'never') setInterval(() => {}, 60_000);
else server.listen(Number(own.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');
