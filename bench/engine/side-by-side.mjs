/**
 * Times rivals in turns within one process, so that what else the machine does falls on both alike. The processor time
 * is reported too: on a busy machine it shows what a rival that computes on several threads had to wait.
 */
import { cpus } from 'node:os';

/**
 * Runs each rival once to warm up, then `rounds` times in turns, and prints their medians and ratio: a line of JSON
 * and a row of a Markdown table.
 *
 * @param {string} claim what is compared
 * @param {number} bar the ratio that is expected at least
 * @param {{name: string, run: () => Promise<unknown>, repeats?: number, units?: number}[]} rivals
 *   the slow one last; `repeats` runs make one measurement; times are those of one of the `units` of work in a run
 */
export async function sideBySide(claim, bar, rivals, rounds) {
  const times = rivals.map(() => []);
  const processor = rivals.map(() => 0);
  for (const rival of rivals) await rival.run();
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run, repeats = 1, units = 1 }] of rivals.entries()) {
      const start = performance.now();
      const before = process.cpuUsage();
      for (let k = 0; k < repeats; k++) await run();
      times[i].push((performance.now() - start) / repeats / units);
      const { user, system } = process.cpuUsage(before);
      processor[i] += (user + system) / 1000 / repeats / units / rounds;
    }
  }
  const medians = times.map((list) => list.toSorted((a, b) => a - b)[list.length >> 1]);
  const ratio = medians[1] / medians[0];
  const machine = `${cpus().length} x ${cpus()[0].model}, node ${process.versions.node}`;
  const byName = (values) => Object.fromEntries(rivals.map(({ name }, i) => [name, Number(values[i].toFixed(2))]));
  const figures = { milliseconds: byName(medians), processorMilliseconds: byName(processor) };
  console.log(JSON.stringify({ claim, bar, ratio: Number(ratio.toFixed(2)), ...figures, machine }));
  const [ours, theirs] = rivals.map(({ name }, i) => `${name} ${medians[i].toFixed(1)} ms`);
  console.log(`| ${claim} | at least ${bar}x | ${ratio.toFixed(bar < 1 ? 2 : 1)}x | ${ours} against ${theirs} |`);
}
