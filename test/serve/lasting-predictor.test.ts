import { expect, test } from '@jest/globals';
import { failure, type PipelineError } from '../../src/core/problem.js';
import type { ModelPredictor } from '../../src/predict/answers.js';
import { LastingPredictor } from '../../src/serve/lasting-predictor.js';

const image = { name: 'cat.jpg', from: { bytes: new Uint8Array(1) } };

/** Ends at its first image if requested, and by {@link ModelPredictor.close}. */
function fake(name: string, endsAtOnce = false): ModelPredictor & { running: boolean } {
  const self = {
    running: true,
    async *predict<Input>(inputs: readonly Input[]) {
      if (endsAtOnce) {
        self.running = false;
        throw failure('bad-data', {
          code: 'model-process-ended',
          found: 'the process that runs the model ended (SIGKILL)',
        });
      }
      for (const input of inputs)
        yield { kind: 'prediction' as const, input, class: name, score: 1, scores: { [name]: 1 } };
    },
    close: async () => void (self.running = false),
  };
  return self;
}

function lasting(first: ModelPredictor, open: () => Promise<ModelPredictor>) {
  const clock = { now: 0 };
  const reported: PipelineError[] = [];
  const predictor = new LastingPredictor({ first, open, onEnd: (error) => reported.push(error), now: () => clock.now });
  const ask = async (): Promise<string> => {
    try {
      for await (const answer of predictor.predict([image]))
        return answer.kind === 'prediction' && 'class' in answer ? answer.class : answer.kind;
    } catch (error) {
      return (error as PipelineError).problems[0].found;
    }
    return 'nothing';
  };
  return { predictor, clock, reported, ask };
}

test('requests after an end start one process together, and the end is reported once', async () => {
  const first = fake('first');
  let opened = 0;
  const { reported, ask } = lasting(first, async () => fake(`number ${++opened}`));
  expect(await ask()).toBe('first');
  first.running = false;
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(['number 1', 'number 1', 'number 1']);
  expect(reported.map(({ problems }) => [problems[0].found, problems[0].remedy])).toEqual([
    ['the process that runs the model ended', 'the next request starts it again'],
  ]);
});

test('after three ends within a minute, none is started until the minute is over', async () => {
  let opened = 0;
  const { clock, reported, ask } = lasting(fake('first', true), async () => fake('next', ++opened < 3));
  const ended = 'the process that runs the model ended; send the image again';
  const tooOften = 'the process that runs the model ended 3 times within a minute; try again in a minute';
  expect([await ask(), await ask(), await ask(), await ask(), await ask(), opened]).toEqual([
    ended,
    ended,
    ended,
    tooOften,
    tooOften,
    2,
  ]);
  expect(reported.map(({ problems }) => problems[0].found)).toEqual(
    Array(3).fill('the process that runs the model ended (SIGKILL)'),
  );
  expect(reported[2].problems[0].remedy).toMatch(/answered with 503 for a minute/);
  clock.now = 60_000;
  expect([await ask(), opened, reported.length]).toEqual(['next', 3, 3]);
});

test('a model that cannot be opened again counts as an end, with the reason on the terminal', async () => {
  const first = fake('first');
  const { reported, ask } = lasting(first, async () =>
    Promise.reject(failure('invalid', { code: 'no-model', found: 'is not there' })),
  );
  first.running = false;
  const closed = 'the model cannot be opened again; the terminal of the server shows why';
  expect([await ask(), await ask()]).toEqual([closed, closed]);
  expect(await ask()).toMatch(/ended 3 times/);
  expect(reported.map(({ problems }) => problems[0].found)).toEqual([
    'the process that runs the model ended',
    'is not there',
    'is not there',
  ]);
});

test('closed, it starts nothing', async () => {
  const first = fake('first');
  const { predictor, reported, ask } = lasting(first, async () => fake('next'));
  await predictor.close();
  expect([predictor.running, first.running, await ask(), reported]).toEqual([
    false,
    false,
    expect.stringMatching(/ended/),
    [],
  ]);
});
