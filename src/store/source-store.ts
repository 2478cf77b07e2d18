/** What files from elsewhere need from the store: kept files by path, parts of downloads, unpacked archives. */
import { canonical } from '../core/canonical.js';
import { digestOf, type ActionKey } from '../core/digest.js';
import type { SourceStore } from '../core/source.js';
import type { Blobs } from './blobs.js';
import type { Files } from './disk/files.js';
import { Partials } from './partials.js';
import type { Records } from './records.js';
import { Unpacked, type DigestTree } from './unpacked.js';

/** The output under which a record holds a downloaded file. */
const FILE = 'file';

type OldPins = { readonly md5: string; readonly size: number };

export function sourceStore(files: Files, blobs: Blobs, records: Records, digestTree: DigestTree): SourceStore {
  const partials = new Partials(files);
  const unpacked = new Unpacked(files, digestTree);
  return {
    verified: (digest) => blobs.verified(digest),
    putBlob: (chunks) => blobs.put(chunks),
    adopt: (temporary, ref) => blobs.adopt(temporary, ref),
    claimPartial: (name) => partials.claim(name),
    releasePartial: (name, path) => partials.release(name, path),
    recall: async (pins) => (await records.hit(keyOf(pins)))?.outputs[FILE],
    remember: async (pins, ref) => {
      await records.put({
        key: keyOf(pins),
        preimage: { download: { ...pins } },
        outputs: { [FILE]: ref },
        durationMs: 0,
      });
    },
    unpacked: (archive) => unpacked.open(archive),
    unpack: (archive, fill) => unpacked.build(archive, fill),
    filesOf: (archive) => unpacked.filesOf(archive),
  };
}

function keyOf({ md5, size }: OldPins): ActionKey {
  return digestOf(`pipeline-download\n${canonical({ md5, size })}`) as string as ActionKey;
}
