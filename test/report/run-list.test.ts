/** The table of runs at several widths. */
import { expect, test } from '@jest/globals';
import { runLines, type RunRow } from '../../src/report/run-list.js';

const rows: RunRow[] = [
  {
    id: '20260901-140312-417a3',
    startedAt: new Date(2026, 8, 1, 14, 3).toISOString(),
    pipeline: 'pets',
    state: 'ok',
    durationMs: 5900,
    stages: { ran: 3, restored: 1, fresh: 4, failed: 0, interrupted: 0, skipped: 0 },
    metrics: {
      worse: { accuracy: 0.5, loss: 0.1 },
      equal: { accuracy: 0.75, loss: 0.7 },
      better: { accuracy: 0.75, loss: 0.6 },
    },
  },
  {
    id: '20260901-140000-00000',
    startedAt: new Date(2026, 8, 1, 14, 0).toISOString(),
    pipeline: 'a-very-long-name-of-pets\u001b',
    state: 'killed',
  },
  { id: '20260901-130000-00000', state: 'unreadable' },
];

test('a row per run, with the figures of the better evaluation, and what is not known left open', () => {
  expect(runLines(rows, { color: false, width: 120 })).toEqual([
    'run                    started           pipeline        state        took  ran       acc    loss',
    '20260901-140312-417a3  2026-09-01 14:03  pets            ok          5.9 s  3+1/8  0.7500  0.6000',
    '20260901-140000-00000  2026-09-01 14:00  a-very-long-n…  killed          -  -           -       -',
    '20260901-130000-00000  -                 -               unreadable      -  -           -       -',
  ]);
});

test('narrow terminals get fewer columns, never broken lines', () => {
  const at = (width: number) => runLines(rows.slice(0, 1), { color: false, width });
  expect(at(80)[1]).toBe('20260901-140312-417a3  2026-09-01 14:03  pets      ok     5.9 s  3+1/8  0.7500');
  expect(at(75)[1]).toBe('20260901-140312-417a3  09-01 14:03  pets      ok     5.9 s  3+1/8  0.7500');
  expect(at(70)).toEqual([
    'run                    pipeline  state   took  ran       acc',
    '20260901-140312-417a3  pets      ok     5.9 s  3+1/8  0.7500',
  ]);
  for (const line of runLines(rows, { color: false, width: 80 })) expect(line.length).toBeLessThanOrEqual(80);
});

test('a missed minimum is reported in the words of the file', () => {
  const [, line] = runLines([{ ...rows[0], state: 'gate-missed' }], { color: false, width: 120 });
  expect(line).toContain('pets      minimum not met  5.9 s');
});

test('names cannot write to the terminal by themselves', () => {
  const lines = runLines([{ ...rows[1], pipeline: 'x\u001b[2J' }], { color: false, width: 120 });
  expect(lines[1]).toContain('x?[2J');
});
