/** The text of a table, in UTF-8. Other encodings are recognized, so that the message can say how to save the file. */
import { failure, type PipelineError } from '../../core/problem.js';
import { streamRegular } from '../../core/regular-file.js';
import type { TableFile } from './table.js';

/** In chunks, without a byte order mark. Throws `bad-data` for anything but text in UTF-8. */
export async function* textOf({ path, where }: TableFile): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw notUtf8(where, 'is not text in UTF-8', error);
    }
  };
  let isFirst = true;
  for await (const bytes of (await streamRegular(path, { where })) as AsyncIterable<Buffer>) {
    if (isFirst && isUtf16(bytes)) throw notUtf8(where, 'is text in UTF-16');
    isFirst = false;
    if (bytes.includes(0)) throw notUtf8(where, 'contains NUL bytes, so it is not text');
    const text = decode(bytes);
    if (text !== '') yield text;
  }
  const last = decode();
  if (last !== '') yield last;
}

/** By its mark, or by the zero in every second byte of ASCII characters. */
function isUtf16(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 4);
  return /^(\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0])/s.test(start);
}

function notUtf8(where: string, found: string, cause?: unknown): PipelineError {
  return failure(
    'bad-data',
    {
      code: 'table-not-utf8',
      where,
      found,
      expected: 'text in UTF-8',
      remedy: 'save the table as UTF-8: in Excel with Save As, "CSV UTF-8"; in a shell with `iconv -f UTF-16 -t UTF-8`',
    },
    cause,
  );
}
