/** What a file is, by its first bytes and never by its name: a table of the formats that people name as a model. */
import { beginsLikeImage } from '../../core/image-signatures.js';

/** The formats that are read. */
export type ReadableFormat = 'hdf5' | 'zip' | 'json';

/** A format that is not read as a base: what it is, and the way out. */
export interface OtherFormat {
  /** Completes "the file is ...". */
  readonly description: string;
  readonly remedy: string;
}

const saveWhole = 'save the network in Keras with `model.save("base.keras")`, and use that file';
const byName =
  '`pipeline bases` lists the networks that are built here; or save the same network in Keras with `model.save("base.keras")`';
const unpack =
  'unpack it and use the model inside; the tool unpacks archives with a TF.js model from https URLs itself';

const again = 'download or save it again';

export const remedies = { saveWhole, byName, unpack, again } as const;

/** How many bytes the table looks at. */
export const headBytes = 1024;

type Test = (head: Buffer, size: number) => boolean;

const readable: readonly (readonly [ReadableFormat, Test])[] = [
  ['hdf5', startsWith('\x89HDF\r\n\x1a\n')],
  ['zip', startsWith('PK\x03\x04')],
  ['json', (head) => /^(\ufeff|\xef\xbb\xbf)?\s*[{[]/.test(head.toString('latin1'))],
];

const torch = { description: 'a PyTorch model (a pickle, which is code)', remedy: byName };
const archive = { description: 'a packed archive', remedy: unpack };
const onnx = { description: 'an ONNX model', remedy: 'set `architecture: onnx`' };

/** The first that fits counts: what is certain comes before what is likely. */
const others: readonly (readonly [Test, OtherFormat])[] = [
  [(_, size) => size === 0, { description: 'empty', remedy: again }],
  [
    startsWith('version https://git-lfs.github.com/spec/'),
    {
      description: 'a Git LFS pointer: the model itself was not fetched',
      remedy: 'run `git lfs pull` in the repository that it comes from, or download the file itself',
    },
  ],
  [
    at(4, 'TFL3'),
    {
      description: 'a TensorFlow Lite model, which has operations but no layers',
      remedy: `go back to the model that it was converted from: ${saveWhole}`,
    },
  ],
  [startsWith('GGUF'), { description: 'a GGUF file, of a language model', remedy: byName }],
  [at(4, 'ORTM'), { description: 'an ONNX Runtime model (.ort)', remedy: byName }],
  [
    startsWith('ftrt'),
    {
      description: 'a TensorRT engine, which is built for one GPU',
      remedy: `go back to the model that it was built from: ${saveWhole}`,
    },
  ],
  [startsWith('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19'), torch],
  [
    (head) => head[0] === 0x80 && head[1] >= 2 && head[1] <= 5,
    { description: 'a Python pickle, which is code', remedy: byName },
  ],
  [isSafetensors, { description: 'a safetensors file: weights alone, in the layout of PyTorch', remedy: byName }],
  [startsWith('PK\x05\x06'), { description: 'an empty zip', remedy: again }],
  ...['\x1f\x8b', 'BZh', '\xfd7zXZ\0', '7z\xbc\xaf\x27\x1c', 'Rar!', '\x28\xb5\x2f\xfd'].map(
    (magic) => [startsWith(magic), archive] as const,
  ),
  [at(257, 'ustar'), archive],
  [startsWith('\x93NUMPY'), { description: 'an array of NumPy (.npy)', remedy: saveWhole }],
  [beginsLikeImage, { description: 'an image', remedy: 'use the file of the network' }],
  [startsWith('%PDF'), { description: 'a PDF document', remedy: 'use the file of the network' }],
  [
    (head) => /^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)/i.test(head.toString('latin1')),
    {
      description: 'a web page (HTML): a link to a page was saved, not the model',
      remedy: 'download the file itself, for example with the link `raw` or `resolve` of the page',
    },
  ],
  [
    (head) => /^(\xef\xbb\xbf)?\s*<\?xml[^]*<net\b/.test(head.toString('latin1')),
    { description: 'an OpenVINO model', remedy: byName },
  ],
  [
    startsWith('model_checkpoint_path:'),
    { description: 'the index of TensorFlow checkpoints, which have no layers', remedy: saveWhole },
  ],
  [
    (head) => head.subarray(0, 3).equals(Buffer.of(8, 1, 0x12)) && innerByte(head, 2) === 0x0a,
    { description: 'the file of a TensorFlow SavedModel, which has operations but no layers', remedy: saveWhole },
  ],
  [
    (head) => startsWithVersion(head) && head[2] === 0x12 && [0x0a, 0xa2].includes(innerByte(head, 2)),
    { description: 'a Core ML model', remedy: byName },
  ],
  [(head) => startsWithVersion(head) && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(head[2]), onnx],
  [
    isGraphDef,
    {
      description: 'a frozen TensorFlow graph (.pb), which has operations but no layers',
      remedy: `go back to the Keras model that it was built from: ${saveWhole}`,
    },
  ],
];

/** The format of a file by its first {@link headBytes} bytes and its size; undefined for an unknown one. */
export function formatOfBytes(head: Buffer, size: number): ReadableFormat | OtherFormat | undefined {
  return readable.find(([, fits]) => fits(head, size))?.[0] ?? others.find(([fits]) => fits(head, size))?.[1];
}

function at(offset: number, text: string): Test {
  const magic = Buffer.from(text, 'latin1');
  return (head) => head.subarray(offset, offset + magic.length).equals(magic);
}

function startsWith(text: string): Test {
  return at(0, text);
}

/** An 8-byte length, then a JSON header of that length. */
function isSafetensors(head: Buffer, size: number): boolean {
  return size > 10 && head.length >= 9 && head.readBigUInt64LE(0) <= BigInt(size - 8) && head[8] === 0x7b;
}

/** Protobuf: field 1 is a small version number, as ONNX, Core ML and SavedModel begin. */
function startsWithVersion(head: Buffer): boolean {
  return head[0] === 0x08 && head[1] >= 1 && head[1] <= 32;
}

/** The first byte inside the message or text that begins at `offset` with its tag and length; 0 if it is empty. */
function innerByte(head: Buffer, offset: number): number {
  let from = offset + 1;
  if (head[from] === 0) return 0;
  while (from < head.length && head[from] >= 0x80) from++;
  return head[from + 1] ?? 0;
}

/** A GraphDef begins with a node: its name, then its operation, both text. */
function isGraphDef(head: Buffer): boolean {
  if (head[0] !== 0x0a) return false;
  let from = 1;
  while (from < 5 && head[from] >= 0x80) from++;
  const [tag, length] = [head[from + 1], head[from + 2]];
  if (tag !== 0x0a || length === 0 || length >= 0x80) return false;
  const name = head.toString('latin1', from + 3, from + 3 + length);
  return /^[A-Za-z0-9.][\w.\\/:>^-]*$/.test(name) && head[from + 3 + length] === 0x12;
}
