/**
 * `<pipeline>.lock.yaml` beside a pipeline file: what its names turned out to stand for. Its user commits it, so it is
 * written only where something changed, with sorted keys. Downloads in it are pins; bases and classes show changes.
 * Runs that write it at the same time each add what they found out.
 */
import { basename, dirname, extname, join } from 'node:path';
import { stringify } from 'yaml';
import { stateNameOf } from './state-name.js';
import type { PipelinePlace } from '../../config/project-root.js';
import { parseYaml } from '../../config/yaml.js';
import { canonical, compareCodePoints } from '../../core/canonical.js';
import { isDigest } from '../../core/digest.js';
import { isRecord } from '../../core/is-record.js';
import { failure } from '../../core/problem.js';
import { readRegular } from '../../core/regular-file.js';
import type { LockedFile } from '../../core/source.js';
import { AddedFile, type During } from './shared-file.js';

interface Content {
  readonly version: 1;
  /** By URL. */
  readonly downloads: Readonly<Record<string, LockedFile>>;
  /** Digests of weights, by stage. */
  readonly bases: Readonly<Record<string, string>>;
  /** In the order of the model's outputs, by stage. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
}

type Section = 'downloads' | 'bases' | 'classes';

const empty: Content = { version: 1, downloads: {}, bases: {}, classes: {} };
/** No lock file comes near this. */
const LARGEST = 64 * 2 ** 20;
const header = '# Written by `pipeline run`: what the names in the pipeline stand for. Commit it.\n';

/** Where the lock file of a pipeline is written: beside its file, or in its home where that is apart. */
export function lockPathOf(place: PipelinePlace): string {
  return place.home === place.root ? lockBeside(place) : join(place.home, `${stateNameOf(place)}.lock.yaml`);
}

/** The lock file that lies beside a pipeline file, which a recipe of a package may have brought. */
export function lockBeside({ file }: Pick<PipelinePlace, 'file'>): string {
  return join(dirname(file), `${basename(file, extname(file))}.lock.yaml`);
}

export class LockFile {
  private readonly file: AddedFile;
  /** What this run has set, in this order. */
  private readonly changes: ((content: Content) => Content)[] = [];
  /** Downloads that only this run knows, by URL; they are not written to the file. */
  private readonly remembered = new Map<string, LockedFile>();

  private constructor(
    readonly path: string,
    private content: Content,
    during: During,
  ) {
    this.file = new AddedFile({ path, kind: 'lock-file', label: 'writes the lock file', during });
  }

  /**
   * Reads the file; one that is not there begins with what `brought` holds, the lock file of a recipe, so that its pins
   * count. Throws `invalid` if either is there and no lock file.
   */
  static async open(path: string, during: During, brought = path): Promise<LockFile> {
    return new LockFile(path, (await read(path)) ?? (await read(brought)) ?? empty, during);
  }

  download(url: string): LockedFile | undefined {
    return Object.hasOwn(this.content.downloads, url) ? this.content.downloads[url] : this.remembered.get(url);
  }

  /** As {@link setDownload}, for this run alone. */
  rememberDownload(url: string, file: LockedFile): void {
    this.remembered.set(url, file);
  }

  setDownload(url: string, file: LockedFile): Promise<void> {
    return this.set('downloads', url, file);
  }

  setBase(stage: string, weights: string): Promise<void> {
    return this.set('bases', stage, weights);
  }

  setClasses(stage: string, classes: readonly string[]): Promise<void> {
    return this.set('classes', stage, classes);
  }

  private async set(section: Section, name: string, value: LockedFile | string | readonly string[]): Promise<void> {
    const before: Readonly<Record<string, unknown>> = this.content[section];
    if (Object.hasOwn(before, name) && canonical(before[name]) === canonical(value)) return;
    const change = (content: Content): Content => ({ ...content, [section]: { ...content[section], [name]: value } });
    this.changes.push(change);
    this.content = change(this.content);
    await this.file.change(async (write) => write(await this.text()));
  }

  /** Adds what this run has set to the current content of the file. */
  private async text(): Promise<string> {
    const found = await read(this.path);
    this.content = this.changes.reduce((content, change) => change(content), found ?? this.content);
    return textOf(this.content);
  }
}

async function read(path: string): Promise<Content | undefined> {
  const bytes = await readRegular(path, { expected: 'the lock file of a pipeline', limit: LARGEST }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  return bytes && parse(bytes.toString('utf8'), path);
}

function textOf(content: Content): string {
  const filled = Object.entries(content).filter(
    ([, section]) => typeof section !== 'object' || Object.keys(section).length > 0,
  );
  const byCodePoint = (a: { key: unknown }, b: { key: unknown }) => compareCodePoints(keyText(a.key), keyText(b.key));
  const { version, ...sections } = Object.fromEntries(filled);
  return `${header}${stringify({ version })}${stringify(sections, { sortMapEntries: byCodePoint, lineWidth: 0 })}`;
}

function keyText(key: unknown): string {
  return typeof key === 'object' && key !== null && 'value' in key ? String(key.value) : String(key);
}

function parse(text: string, path: string): Content {
  const { value, problems } = parseYaml(text, path);
  const sections = { downloads: {}, bases: {}, classes: {}, ...(isRecord(value) ? value : {}) };
  if (problems.length === 0 && isRecord(value) && isContent(sections)) return sections;
  throw failure('invalid', {
    code: 'lock-file-damaged',
    where: path,
    found: 'is not a lock file that this version can read',
    expected: 'version 1 with `downloads`, `bases` and `classes`',
    remedy: 'restore it from version control, or remove it: the next run writes it again',
  });
}

function isContent(value: Readonly<Record<string, unknown>>): value is Content & Readonly<Record<string, unknown>> {
  const { version, downloads, bases, classes } = value;
  return (
    version === 1 &&
    isRecord(downloads) &&
    Object.values(downloads).every(isLockedFile) &&
    isRecord(bases) &&
    Object.values(bases).every((weights) => weights === 'random' || isDigest(weights)) &&
    isRecord(classes) &&
    Object.values(classes).every((names) => Array.isArray(names) && names.every((name) => typeof name === 'string'))
  );
}

function isLockedFile(value: unknown): value is LockedFile {
  return isRecord(value) && isDigest(value.sha256) && Number.isSafeInteger(value.size);
}
