/**
 * The model that a server has loaded. It stays the same until the server is restarted: its classes, its scores and the
 * files that the page gets belong together, also if a run replaces the model's folder in the meantime.
 */
import { canonical } from '../core/canonical.js';
import { digestOf, type Digest } from '../core/digest.js';
import { failure, type PipelineError } from '../core/problem.js';
import { folderIdentity } from '../model/model-folder.js';
import type { ServedModel } from './served-model.js';

type Files = Pick<ServedModel, 'folder' | 'files'>;

const remedy = 'restart the server to use the new model';

export class LoadedModel {
  /** Names the bytes of all its files. */
  readonly id: Digest;
  private identity: Promise<string | undefined>;
  private reported = false;

  constructor(
    private readonly model: Files,
    private readonly onReplaced: (error: PipelineError) => void,
  ) {
    this.id = idOf(model);
    this.identity = folderIdentity(model.folder);
  }

  /** Reports once if the folder is a different one now. Asked at each request: it costs one look at the disk. */
  async check(): Promise<void> {
    const now = await folderIdentity(this.model.folder);
    // While a run swaps folders there is none.
    if (now !== undefined && now !== (await this.identity)) this.report();
  }

  /** Reports once that files of the model were replaced. */
  report(): void {
    if (this.reported) return;
    this.reported = true;
    const found = 'was replaced while the server is running, which keeps using the model that it loaded';
    this.onReplaced(failure('bad-data', { code: 'model-replaced', where: this.model.folder, found, remedy }));
  }

  /** Throws `bad-data` for any model but this one. */
  require(other: Files): void {
    if (idOf(other) === this.id) return;
    const found = 'was replaced while the server was running, and the process that had loaded it ended';
    throw failure('bad-data', { code: 'model-replaced', where: this.model.folder, found, remedy });
  }
}

function idOf({ files }: Pick<ServedModel, 'files'>): Digest {
  return digestOf(canonical(Object.fromEntries(files)));
}
