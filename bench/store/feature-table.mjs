/**
 * Finding 110,000 rows by digest and view: the typed-array table of a feature set against a Map of texts.
 * Run after `npm run build`.
 */
import { digestOf } from '../../dist/core/digest.js';
import { KeyTable, KeyWords } from '../../dist/store/features/key-table.js';

const ROWS = 110_000;
const ROUNDS = 7;
const digests = Array.from({ length: ROWS }, (_, i) => digestOf(`picture ${i}`));
const index = Buffer.concat(digests.map((digest) => Buffer.from(new KeyWords().set(digest, 0).bytes)));

/** What reading packs gives is bytes; what is asked for is a text and a number. */
const rivals = {
  table() {
    const table = new KeyTable();
    const words = new KeyWords();
    for (let i = 0; i < ROWS; i++) table.rows[table.place(words.copy(index, i).words)] = i;
    let found = 0;
    for (const digest of digests) if (table.find(words.set(digest, 0).words) >= 0) found++;
    return { kept: table, found };
  },
  map() {
    const map = new Map();
    for (let i = 0; i < ROWS; i++)
      map.set(`${index.toString('hex', i * 36, i * 36 + 32)}/${index.readUInt32LE(i * 36 + 32)}`, i);
    let found = 0;
    for (const digest of digests) if (map.has(`${digest}/0`)) found++;
    return { kept: map, found };
  },
};

const times = { table: [], map: [] };
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(rivals)) {
    const before = process.cpuUsage();
    const { found } = run();
    const { user, system } = process.cpuUsage(before);
    if (found !== ROWS) throw new Error(`${name} found ${found} of ${ROWS} rows`);
    times[name].push((user + system) / 1000);
  }
}
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const [table, map] = [median(times.table), median(times.map)];
console.log(JSON.stringify({ rows: ROWS, times, ratio: map / table }));
console.log('| fill and ask for 110,000 keys | processor ms |\n|---|---|');
console.log(`| typed arrays | ${table.toFixed(0)} |\n| Map of texts | ${map.toFixed(0)} |`);
