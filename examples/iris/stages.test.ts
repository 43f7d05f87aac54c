import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type StageProcess, startStage, unpackModel } from './stage-process.ts';
import { type Training, toCsv, train } from './train.ts';

const names = ['featurise', 'predict', 'explain'] as const;
type Name = (typeof names)[number];

type Reason = { feature: string; because: string; logOdds: number };
type Explained = {
  species: string;
  probabilities: Record<string, number>;
  explanation: string;
  reasons: Reason[];
};

let folder: string;
let training: Training;
const stages = new Map<Name, StageProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-'));
  training = await train();
  await unpackModel(training.artefacts.featurise, join(folder, 'featurise'));
  await unpackModel(training.artefacts.predict, join(folder, 'predict'));
  for (const name of names) stages.set(name, await startStage(name, join(folder, name)));
});

afterAll(async () => {
  await Promise.all([...stages.values()].map((stage) => stage.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function post(name: Name, body: string, type = 'application/json', accept?: string) {
  const response = await fetch(`${stages.get(name)?.url}/invocations`, {
    method: 'POST',
    headers: { 'Content-Type': type, ...(accept && { Accept: accept }) },
    body,
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: await response.text(),
  };
}

/** What the router does: the answer and the Content-Type of one stage are the request of the next. */
async function chain(body: string, type: string, accept?: string) {
  const featurised = await post('featurise', body, type);
  const predicted = await post('predict', featurised.body, featurised.type);
  return post('explain', predicted.body, predicted.type, accept);
}

describe('the contract', () => {
  test.each(names)('%s answers /ping with 200 and nothing', async (name) => {
    const response = await fetch(`${stages.get(name)?.url}/ping`);

    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  test.each(names)('%s refuses a Content-Type it does not read, by its name', async (name) => {
    const answer = await post(name, '<flower/>', 'application/xml');

    expect(answer.status).toBe(415);
    expect(answer.body).toContain('application/xml');
  });

  test.each(names)('%s refuses what is not JSON', async (name) => {
    const answer = await post(name, '{"sepalLength":');

    expect(answer.status).toBe(400);
    expect(answer.body).toContain('the body is not JSON');
  });

  test.each(names)('%s answers 404 with the way out on any other path', async (name) => {
    const response = await fetch(`${stages.get(name)?.url}/predict`);

    expect(response.status).toBe(404);
    expect(await response.text()).toContain('POST /invocations');
  });

  test('a Content-Type may carry parameters', async () => {
    const answer = await post('featurise', '5.1,3.5,1.4,0.2', 'text/csv; charset=utf-8');

    expect(answer.status).toBe(200);
  });
});

describe('featurise', () => {
  test('reads the same flower from CSV, from JSON, and from a JSON array', async () => {
    const flower = '{"sepalLength":5.1,"sepalWidth":3.5,"petalLength":1.4,"petalWidth":0.2}';

    const csv = await post('featurise', '5.1,3.5,1.4,0.2\r\n', 'text/csv');
    const object = await post('featurise', flower);
    const array = await post('featurise', `[${flower}]`);

    expect(JSON.parse(csv.body)).toMatchObject([{ measured: JSON.parse(flower) }]);
    expect(object.body).toBe(csv.body);
    expect(array.body).toBe(csv.body);
  });

  test.each([
    ['a word', 'text/csv', '5.1,3.5,1.4,0.2\n5.1,wide,1.4,0.2', 'record 2: sepalWidth is "wide"'],
    ['an empty cell', 'text/csv', '5.1,3.5,,0.2', 'record 1: petalLength is ""'],
    ['a short line', 'text/csv', '5.1,3.5,1.4', 'record 1: petalWidth is missing'],
    ['a long line', 'text/csv', '5.1,3.5,1.4,0.2,setosa', 'record 1: 5 columns, expected sepalLen'],
    ['a header line', 'text/csv', 'sepal_length,b,c,d', 'sepalLength is "sepal_length"'],
    ['millimetres', 'text/csv', '51,35,14,2', 'sepalLength is 51, must be a number of centimetres'],
    ['nothing', 'text/csv', '\n', 'the body holds no records'],
    ['no field', 'application/json', '{"sepalLength":5.1}', 'record 1: sepalWidth is missing'],
    ['null', 'application/json', '{"sepalLength":null}', 'sepalLength is null'],
    ['text', 'application/json', '{"sepalLength":"5.1"}', 'sepalLength is "5.1"'],
    ['a number', 'application/json', '[5.1]', 'record 1 must be a JSON object'],
    ['no records', 'application/json', '[]', 'the body holds no records'],
  ])('refuses %s in %s and says where', async (_, type, body, message) => {
    const answer = await post('featurise', body, type);

    expect(answer.status).toBe(400);
    expect(answer.body).toContain(message);
  });
});

describe('predict', () => {
  test('names the field that is missing', async () => {
    const answer = await post('predict', '[{"standardised":{"sepalLength":0}}]');

    expect(answer.status).toBe(400);
    expect(answer.body).toBe('record 1: standardised.sepalWidth must be a number');
  });

  test('gives probabilities that add up to one', async () => {
    const featurised = await post('featurise', toCsv(training.heldOut), 'text/csv');

    const predicted = await post('predict', featurised.body);

    for (const record of JSON.parse(predicted.body) as Explained[]) {
      const sum = Object.values(record.probabilities).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 12);
    }
  });
});

describe('explain', () => {
  test.each([
    ['[{}]', 'record 1: probabilities must name at least two species'],
    ['[{"probabilities":{"a":1,"b":"x"}}]', 'record 1: probabilities.b must be a number'],
    [
      '[{"probabilities":{"a":0.9,"b":0.1}}]',
      'record 1: contributions.a.sepalLength must be a number',
    ],
  ])('names the field that is missing in %s', async (body, message) => {
    const answer = await post('explain', body);

    expect(answer.status).toBe(400);
    expect(answer.body).toBe(message);
  });

  test('refuses an Accept it cannot write, and says which it can', async () => {
    const answer = await post('explain', '[{}]', 'application/json', 'image/png');

    expect(answer.status).toBe(406);
    expect(answer.body).toContain('text/plain, application/json, application/jsonlines');
  });
});

describe('the pipeline by hand', () => {
  const explained = async () => {
    const answer = await chain(toCsv(training.heldOut), 'text/csv', 'application/json');
    return JSON.parse(answer.body) as Explained[];
  };

  test('names the held-out flowers as rightly as the model did in training', async () => {
    const answers = await explained();

    const right = answers.filter((answer, i) => answer.species === training.heldOut[i]?.species);
    expect(answers).toHaveLength(training.heldOut.length);
    expect(right.length / answers.length).toBe(training.accuracy);
  });

  test('the reasons add up to what the model believes', async () => {
    const answers = await explained();

    for (const { probabilities, reasons } of answers) {
      const [first = 0, second = 0] = Object.values(probabilities).sort((a, b) => b - a);
      const sum = reasons.reduce((total, reason) => total + reason.logOdds, 0);
      expect(sum).toBeCloseTo(Math.log(first / second), 9);
    }
  });

  test('the sentence tells the reasons on their own side', async () => {
    const answers = await explained();

    for (const { explanation, reasons } of answers) {
      const [, against = ''] = explanation.split('Against it:');
      const weightiest = reasons[0];
      expect(explanation).toContain(weightiest?.because);
      for (const reason of reasons.filter(({ because }) => explanation.includes(because))) {
        expect(against.includes(reason.because)).toBe(reason.logOdds < 0);
      }
    }
  });

  test('writes sentences unless asked for something else', async () => {
    const answer = await chain('5.1,3.5,1.4,0.2\n6.3,3.3,6,2.5', 'text/csv');

    expect(answer.type).toBe('text/plain');
    expect(answer.body.split('\n')).toEqual([
      'setosa (97.7 %) rather than versicolor (2.3 %). For it: short petals (1.4 cm), wide sepals (3.5 cm), ' +
        'narrow petals (0.2 cm), short sepals (5.1 cm). Against it: an average iris is more like versicolor.',
      expect.stringMatching(
        /^virginica \(9\d\.\d %\) rather than versicolor .*wide petals \(2\.5 cm\)/,
      ),
    ]);
  });

  test('writes one JSON object a line for a transform job', async () => {
    const answer = await chain(toCsv(training.heldOut), 'text/csv', 'application/jsonlines');

    const lines = answer.body.split('\n').map((line) => JSON.parse(line) as Explained);
    expect(answer.type).toBe('application/jsonlines');
    expect(lines).toEqual(await explained());
  });
});

describe('stopping and starting', () => {
  test.each(names)('%s ends with 0 on SIGTERM', async (name) => {
    const stage = await startStage(name, join(folder, name));

    const code = await stage.stop();

    expect(code).toBe(0);
  });

  test('a request in hand is answered first', async () => {
    const stage = await startStage('featurise', join(folder, 'featurise'));
    onTestFinished(async () => void (await stage.stop()));
    const call = request(`${stage.url}/invocations`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/csv', Expect: '100-continue' },
    });
    call.flushHeaders();
    await once(call, 'continue');

    const stopped = stage.stop();
    call.end('5.1,3.5,1.4,0.2');
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const body = await text(response);

    expect(response.statusCode).toBe(200);
    expect(JSON.parse(body)).toHaveLength(1);
    expect(await stopped).toBe(0);
  });

  test('without its model a stage ends at once and says what is missing', async () => {
    const starting = startStage('predict', join(folder, 'nowhere'));

    await expect(starting).rejects.toThrow(/cannot read the model .*nowhere\/predict\.json/);
  });
});
