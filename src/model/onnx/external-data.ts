/**
 * Tensors that an ONNX file keeps in files beside it.
 * Source: https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
 */
import { failure, type PipelineError } from '../../core/problem.js';
import { isInnerPath } from '../../core/paths.js';
import { readModelProto } from './model-proto.js';
import { Message } from './protobuf.js';
import { bytesOf, fieldsOf, textOf } from './protobuf-reader.js';

/** TensorProto: external_data (13), data_location (14); 1 means external. */
const [EXTERNAL_DATA, DATA_LOCATION, RAW_DATA] = [13, 14, 9];

interface Place {
  readonly location: string;
  readonly offset: number;
  readonly length: number | undefined;
}

/** The files, by names relative to the folder, that a file's tensors lie in. Throws `unsafe` for a name that leads elsewhere. */
export function externalFiles(file: Uint8Array, where: string): string[] {
  const names = new Set<string>();
  for (const tensor of readModelProto(file).initializers.values()) {
    const place = placeOf(tensor, where);
    if (place !== undefined) names.add(place.location);
  }
  return [...names];
}

/**
 * The same model with all its tensors in it. `files` holds the bytes of each file that it names. Throws `bad-data` if one
 * is missing, RangeError for what is not ONNX.
 */
export function withoutExternal(file: Uint8Array, files: ReadonlyMap<string, Uint8Array>, where: string): Uint8Array {
  const missing = externalFiles(file, where).find((name) => !files.has(name));
  if (missing !== undefined) {
    throw failure('bad-data', {
      code: 'external-data-missing',
      where,
      found: `keeps tensors in ${missing}, which is missing`,
      expected: 'that file in the same folder',
      remedy: `download ${missing} too, from where the model is from, and keep all files of the model in one folder`,
    });
  }
  if (files.size === 0) return file;
  const copy = new Message();
  for (const field of fieldsOf(file)) {
    if (field.kind === 'bytes' && field.number === 7) copy.message(7, graphOf(field.bytes, files, where));
    else copy.encoded(field.whole);
  }
  return copy.toBytes();
}

function graphOf(graph: Uint8Array, files: ReadonlyMap<string, Uint8Array>, where: string): Message {
  const copy = new Message();
  for (const field of fieldsOf(graph)) {
    const place = field.kind === 'bytes' && field.number === 5 ? placeOf(field.bytes, where) : undefined;
    if (place === undefined || field.kind !== 'bytes') copy.encoded(field.whole);
    else copy.message(5, inside(field.bytes, place, files, where));
  }
  return copy;
}

function inside(tensor: Uint8Array, place: Place, files: ReadonlyMap<string, Uint8Array>, where: string): Message {
  const bytes = files.get(place.location)!;
  const end = place.length === undefined ? bytes.length : place.offset + place.length;
  if (end > bytes.length) {
    throw damaged(
      where,
      `needs ${end.toLocaleString('en-US')} bytes of ${place.location}, which has ${bytes.length.toLocaleString('en-US')}`,
    );
  }
  const copy = new Message();
  for (const field of fieldsOf(tensor))
    if (field.number !== EXTERNAL_DATA && field.number !== DATA_LOCATION) copy.encoded(field.whole);
  return copy.bytes(RAW_DATA, bytes.subarray(place.offset, end));
}

/** Undefined for a tensor that is in the file. */
function placeOf(tensor: Uint8Array, where: string): Place | undefined {
  const entries = bytesOf(tensor, EXTERNAL_DATA);
  if (entries.length === 0) return undefined;
  const values = new Map(entries.map((entry) => [textOf(entry, 1), textOf(entry, 2)]));
  const location = values.get('location') ?? '';
  if (!isInnerPath(location)) {
    throw failure('unsafe', {
      code: 'external-data-outside',
      where,
      found: `keeps tensors in ${JSON.stringify(location)}`,
      expected: 'the name of a file in the same folder',
      remedy: 'check the source of the file',
    });
  }
  const number = (key: string): number | undefined => {
    const text = values.get(key);
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw damaged(where, `has the ${key} ${JSON.stringify(text)} for a tensor`);
  };
  return { location, offset: number('offset') ?? 0, length: number('length') };
}

function damaged(where: string, found: string): PipelineError {
  return failure('bad-data', {
    code: 'external-data-damaged',
    where,
    found,
    expected: 'the data files that the model was saved with',
    remedy: 'download all files of the model again',
  });
}
