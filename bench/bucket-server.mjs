/**
 * An S3 server of objects that nobody stores: a list of so many, `class_7/123456.bmp`, and their bytes, each a bitmap of
 * one pixel. Checks no signatures. Prints its port, then, for each line on stdin, how many lists and objects it gave.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { bitmap } from './lib.mjs';

const CLASSES = 20;
const PAGE = 1000;
const COUNT = Number(process.argv[2]);
const each = COUNT / CLASSES;

// In the order of their names, as a bucket lists them.
const classes = Array.from({ length: CLASSES }, (_, i) => i).sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
const nameOf = (index) => {
  const name = classes[Math.floor(index / each)];
  return `class_${name}/${String(name * each + (index % each)).padStart(8, '0')}.bmp`;
};
const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');
const numberIn = (key) => Number(/(\d+)\.bmp$/.exec(key)[1]);
const given = { lists: 0, objects: 0 };

function page(from) {
  const end = Math.min(from + PAGE, COUNT);
  const entries = [];
  for (let index = from; index < end; index++) {
    const name = nameOf(index);
    const etag = md5(bitmap(numberIn(name)));
    entries.push(`<Contents><Key>photos/${name}</Key><ETag>&quot;${etag}&quot;</ETag><Size>58</Size></Contents>`);
  }
  const more = end < COUNT ? `<NextContinuationToken>${end}</NextContinuationToken>` : '';
  return `<ListBucketResult><IsTruncated>${end < COUNT}</IsTruncated>${more}${entries.join('')}</ListBucketResult>`;
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (searchParams.has('list-type')) {
    given.lists += 1;
    response.end(page(Number(searchParams.get('continuation-token') ?? 0)));
    return;
  }
  given.objects += 1;
  const bytes = bitmap(numberIn(pathname));
  response.writeHead(200, { 'content-length': bytes.length, etag: `"${md5(bytes)}"` });
  response.end(bytes);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
createInterface(process.stdin).on('line', () => console.log(JSON.stringify(given)));
process.stdin.on('end', () => process.exit(0));
