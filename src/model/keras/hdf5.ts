/**
 * Reads HDF5 files that may come from anywhere, by h5wasm. The file is put on a disk of its own in memory, so that
 * no link in it and no dataset stored outside of it can reach another file; both are refused.
 */
import h5wasm from 'h5wasm';
import { failure, PipelineError } from '../../core/problem.js';
import { sizeOf, type Tensor } from '../tensor.js';

/** More than any file that Keras publishes, and what fits into the library's memory. */
export const largestFile = 2 * 2 ** 30;
/** Keras cuts lists of names at 64 KB, far below this. */
const mostTexts = 100_000;
/** An attribute that holds references to texts has no room for more; each may be one long text over and over. */
const mostInPlace = 4096;

type Module = Awaited<typeof h5wasm.ready>;

let opened = 0;

export class Hdf5File {
  /** Bytes of all datasets that were read. */
  private taken = 0;
  /** Texts of all attributes that were read. */
  private textsRead = 0;

  private constructor(
    private readonly where: string,
    private readonly size: number,
    private readonly module: Module,
    private readonly file: InstanceType<typeof h5wasm.File>,
  ) {}

  /**
   * Opens a file, reads from it, and closes it whatever happens. `bytes` belong to the reader from then on.
   * Throws `bad-data` for what is damaged, `unsafe` for what leads out of the file; `where` names the file.
   */
  static async reading<Result>(bytes: Uint8Array, where: string, read: (file: Hdf5File) => Result): Promise<Result> {
    if (bytes.length > largestFile)
      throw damaged(where, `the file has ${bytes.length} bytes`, `at most ${largestFile}`);
    const module = await h5wasm.ready;
    // Without it, errors of the library are printed, and what could not be read is whatever the memory held.
    module.activate_throwing_error_handler();
    const name = `model-${opened++}.h5`;
    module.FS.createDataFile('/', name, bytes, true, false, true);
    try {
      const file = new h5wasm.File(`/${name}`, 'r');
      try {
        return read(new Hdf5File(where, bytes.length, module, file));
      } finally {
        file.close();
      }
    } catch (error) {
      if (error instanceof PipelineError) throw error;
      throw damaged(where, 'the HDF5 file cannot be read: it is damaged or cut off', 'a complete HDF5 file', error);
    } finally {
      module.FS.unlink(`/${name}`);
    }
  }

  has(path: string): boolean {
    return this.find(path) !== null;
  }

  /** The text of an attribute; undefined if there is none. */
  text(path: string, name: string): string | undefined {
    const value = this.attribute(path, name);
    if (value === undefined || typeof value === 'string') return value;
    throw damaged(this.where, `${name} of ${path} is not a string`, 'a string');
  }

  /**
   * The texts of an attribute; undefined if there is none. Keras cuts a long list into several attributes,
   * `name0`, `name1` and so on.
   */
  texts(path: string, name: string): string[] | undefined {
    const whole = this.list(path, name);
    if (whole !== undefined) return whole;
    const parts: string[] = [];
    let found = false;
    for (let part = this.list(path, `${name}0`), i = 1; part !== undefined; part = this.list(path, `${name}${i++}`)) {
      parts.push(...part);
      found = true;
    }
    return found ? parts : undefined;
  }

  /** A dataset of float32 (or float64, rounded). Its declared size is checked before anything is allocated. */
  tensor(path: string): Tensor {
    const dataset = this.find(path);
    if (!(dataset instanceof h5wasm.Dataset))
      throw damaged(this.where, `${path} is missing`, 'the numbers of a weight');
    const { shape, type, size, virtual_sources: virtual } = dataset.metadata;
    if (virtual !== undefined) throw this.leadsOut(path, 'is assembled from other files');
    if (dataset.filters.length > 0) {
      throw damaged(this.where, `${path} is compressed`, 'plain numbers, as Keras writes them');
    }
    if (type !== this.module.H5T_class_t.H5T_FLOAT.value || (size !== 4 && size !== 8) || shape === null) {
      throw damaged(this.where, `${path} does not contain float32 numbers`, 'weights of type float32');
    }
    this.take(path, sizeOf(shape) * size);
    // An empty dataset has nothing to allocate.
    const value = sizeOf(shape) === 0 ? new Float32Array(0) : dataset.value;
    if (typeof value === 'number') return { shape, data: Float32Array.of(value) };
    if (value instanceof Float32Array) return { shape, data: value };
    if (value instanceof Float64Array) return { shape, data: Float32Array.from(value) };
    throw damaged(this.where, `${path} does not contain float32 numbers`, 'weights of type float32');
  }

  /** What is stored plainly cannot be more than the file has, even if several names lead to the same numbers. */
  private take(path: string, bytes: number): void {
    this.taken += bytes;
    if (this.taken <= this.size) return;
    const found = `${path} declares ${bytes} bytes, more than the file has`;
    throw damaged(this.where, found, 'sizes that fit the file');
  }

  private list(path: string, name: string): string[] | undefined {
    const value = this.attribute(path, name);
    if (value === undefined) return undefined;
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (texts.every((text): text is string => typeof text === 'string')) return [...texts];
    throw damaged(this.where, `${name} of ${path} is not a list of strings`, 'a list of strings');
  }

  /** An attribute of texts; empty lists, which Keras writes as numbers, among them. */
  private attribute(path: string, name: string): unknown {
    const entity = this.find(path);
    if (!(entity instanceof h5wasm.Group))
      throw damaged(this.where, `the group ${path} is missing`, 'a file that Keras wrote');
    if (!this.module.get_attribute_names(this.file.file_id, entity.path).includes(name)) return undefined;
    const {
      total_size: count,
      size,
      type,
      vlen,
    } = this.module.get_attribute_metadata(this.file.file_id, entity.path, name);
    if (count === 0) return [];
    this.textsRead += count;
    const fits = this.textsRead <= mostTexts && (vlen ? count <= mostInPlace : count * size <= this.size);
    const isText = type === this.module.H5T_class_t.H5T_STRING.value;
    if (!isText || !fits) throw damaged(this.where, `${name} of ${path} is not a string`, 'texts');
    return entity.get_attribute(name, true);
  }

  /** The item at a path; null if there is none. Every step of the path must be there itself, not by a link. */
  private find(path: string): ReturnType<InstanceType<typeof h5wasm.Group>['get']> {
    const steps = path.split('/').filter((step) => step !== '');
    for (let depth = 1; depth <= steps.length; depth++) {
      const prefix = `/${steps.slice(0, depth).join('/')}`;
      const type = this.module.get_type(this.file.file_id, prefix);
      if (type === -1) return null;
      const link = this.module.get_symbolic_link(this.file.file_id, prefix) as string | null;
      const isLink = link !== null || type === this.module.H5G_LINK || type === this.module.H5G_UDLINK;
      if (isLink) throw this.leadsOut(prefix, 'is a link');
      // Below a dataset the library knows no paths.
      if (type !== this.module.H5G_GROUP && depth < steps.length) return null;
    }
    return steps.length === 0 ? this.file : this.file.get(`/${steps.join('/')}`);
  }

  private leadsOut(path: string, found: string): PipelineError {
    return failure('unsafe', {
      code: 'hdf5-link',
      where: this.where,
      found: `${path} ${found}`,
      expected: 'a file that contains its weights itself',
      remedy: 'do not use this file unless you know where it comes from',
    });
  }
}

export function damaged(
  where: string,
  found: string,
  expected?: string,
  cause?: unknown,
  remedy = 'check that it is the right file, or save or download it again',
): PipelineError {
  return failure('bad-data', { code: 'bad-keras-file', where, found, expected, remedy }, cause);
}
