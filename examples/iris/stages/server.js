// What every stage has to do for SageMaker: GET /ping, POST /invocations, the port it is given, SIGTERM.
// Node's own modules only, so that a stage's image needs nothing but Node.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const maxBodyBytes = 100 * 1024 * 1024; // the most a transform job may send (MaxPayloadInMB)

/** A request that the caller can put right. Its message is all the caller sees, so it names what to change. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Reads a JSON file of this stage's unpacked model.tar.gz; throws, and so ends the stage, when there is none. */
export function readModel(file, env) {
  const path = join(env.SM_MODEL_DIR ?? '/opt/ml/model', file);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`cannot read the model ${path}: give this stage its model.tar.gz`, { cause });
  }
}

/** Parses a JSON array of records; one object alone counts as an array of one. */
export function parseRecords(body) {
  let parsed;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${error.message}`);
  }
  const records = Array.isArray(parsed) ? parsed : [parsed];
  if (records.length === 0) throw new Refusal(400, 'the body holds no records');
  for (const [index, record] of records.entries()) {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw new Refusal(400, `record ${index + 1} must be a JSON object`);
    }
  }
  return records;
}

/** Returns `group[name]` for each of `names`, all of which must be numbers; `label` says where the group stands. */
export function readNumbers(group, label, names) {
  return names.map((name) => {
    const value = group?.[name];
    if (Number.isFinite(value)) return value;
    throw new Refusal(400, `${label}.${name} must be a number`);
  });
}

/**
 * Serves one stage until SIGTERM. `invoke({ type, accept, body })` takes the media type without parameters,
 * the Accept header and the body as text; it returns `{ type, body }`, or throws a Refusal.
 */
export function serve(env, invoke) {
  const server = createServer(async (request, response) => {
    const { status, type, body } = await answer(request, invoke);
    if (!server.listening) response.setHeader('Connection', 'close'); // SIGTERM came meanwhile
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  });
  // Loopback is always right: all containers of a task share one network namespace, so the router calls 127.0.0.1.
  server.listen(Number(env.SAGEMAKER_BIND_TO_PORT ?? 8080), '127.0.0.1');
  // Takes no new connections and closes idle ones; the process ends when the requests in hand are answered.
  process.once('SIGTERM', () => server.close());
}

async function answer(request, invoke) {
  const plain = (status, body) => ({ status, type: 'text/plain; charset=utf-8', body });
  const route = `${request.method} ${request.url}`;
  try {
    // Listening starts after the model is loaded, so an answer at all means "ready".
    if (route === 'GET /ping') return plain(200, '');
    if (route !== 'POST /invocations') return plain(404, `no ${route} here: use POST /invocations`);
    const type = (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
    const accept = request.headers.accept ?? '*/*';
    const result = invoke({ type, accept, body: await readBody(request) });
    return { status: 200, ...result };
  } catch (error) {
    if (error instanceof Refusal) return plain(error.status, error.message);
    console.error(error);
    return plain(500, `unexpected ${error.name}: see this stage's log`);
  }
}

async function readBody(request) {
  const chunks = [];
  let bytes = 0;
  // Refusing half-way must not destroy the connection that the refusal is to be sent on.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) {
      throw new Refusal(413, `the body is over ${maxBodyBytes} bytes: send fewer records at once`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
