/** The images of a request to the endpoint: the body itself, a form, or JSON with base64. */
import type { HonoRequest } from 'hono';
import { parseBounded } from '../core/bounded-json.js';
import { isListOf, isShapedAs, isString } from '../core/guards.js';

/** Images in one request. Together they are within the limit for bodies. */
const MOST_IMAGES = 32;

export interface Upload {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Uploads {
  readonly images: readonly Upload[];
  /** Whether the response is a list. */
  readonly isBatch: boolean;
}

/** A request without images in it; `error` is the whole sentence for the response. */
export interface Unusable {
  readonly code: 'no-picture' | 'too-many-images' | 'bad-request';
  readonly error: string;
}

export async function readUploads(req: HonoRequest): Promise<Uploads | Unusable> {
  const type = req.header('content-type') ?? '';
  const uploads = /^multipart\/form-data\b/i.test(type)
    ? await readForm(req)
    : /^application\/json\b/i.test(type)
      ? readJson(await req.text())
      : await readBody(req);
  if (!('images' in uploads) || uploads.images.length <= MOST_IMAGES) return uploads;
  const error = `a request may have ${MOST_IMAGES} images, but this one has ${uploads.images.length}; send several requests`;
  return { code: 'too-many-images', error };
}

/** The bytes of one image, named by the query's `file`, or `-` as stdin is. */
async function readBody(req: HonoRequest): Promise<Uploads | Unusable> {
  const bytes = new Uint8Array(await req.arrayBuffer());
  return bytes.length === 0 ? none : { images: [{ name: req.query('file') ?? '-', bytes }], isBatch: false };
}

/** Everything but the files of a form is ignored. */
async function readForm(req: HonoRequest): Promise<Uploads | Unusable> {
  const form = await req.formData().catch(() => undefined);
  const files = [...(form?.values() ?? [])].filter((value) => typeof value !== 'string');
  if (files.length === 0) return none;
  const images = files.slice(0, MOST_IMAGES + 1).map(async (file) => ({
    name: file.name,
    bytes: new Uint8Array(await file.arrayBuffer()),
  }));
  return { images: await Promise.all(images), isBatch: files.length > 1 };
}

const isRequest = isShapedAs({ images: isListOf(isShapedAs({ file: isString, data: isString })) });

function readJson(text: string): Uploads | Unusable {
  let body: unknown;
  try {
    body = parseBounded(text);
  } catch (error) {
    return { code: 'bad-request', error: `the body is not JSON: ${(error as Error).message}` };
  }
  if (!isRequest(body))
    return { code: 'bad-request', error: 'JSON must be {"images": [{"file": "cat.jpg", "data": "<base64>"}]}' };
  if (body.images.length === 0) return none;
  const images: Upload[] = [];
  for (const { file, data } of body.images) {
    // What a browser's FileReader writes has the type in front.
    const encoded = data.replace(/^data:[^,]{0,100};base64,/, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded))
      return { code: 'bad-request', error: `\`data\` of ${JSON.stringify(file.slice(0, 100))} is not base64` };
    images.push({ name: file, bytes: Buffer.from(encoded, 'base64') });
  }
  return { images, isBatch: true };
}

const none: Unusable = {
  code: 'no-picture',
  error: 'the body must be the bytes of one image, a form with files, or JSON with `images`',
};
