/** Where the weights of a base come from, identified by content. */
import type { Json } from '../../core/canonical.js';
import { digestOf, type Digest } from '../../core/digest.js';
import { hubUrl, isOnnxBase, packageBaseOf } from '../../core/hub-bases.js';
import { packageFile } from '../../core/package.js';
import { failure } from '../../core/problem.js';
import type { LoadBaseConfig } from '../../core/schema-types.js';
import { shellPath } from '../../core/text/shell-path.js';
import { downloadOf, nameOf, type Download } from '../../core/source.js';
import type { Survey, SurveyContext } from '../../core/stage.js';
import { bases } from '../../model/bases/index.js';
import { baseFormats } from '../../model/formats/identify.js';
import type { ExpectedDigests } from '../../model/model-folder.js';
import { modelFiles } from '../../model/read-model.js';
import { findOnnxFiles } from './onnx-files.js';
import { packagedOnnx } from './package-base.js';
import { pinPreimage } from '../../sources/pins.js';

/** Local weights: noise for tests, or a file. */
export type LocalSource = RandomWeights | WeightsFile;

interface RandomWeights {
  readonly kind: 'random';
  /** Of the file that the layers come from, if one comes with the tool. */
  readonly layers?: Digest;
}

export interface WeightsFile {
  readonly kind: 'file';
  /** What people know the file by, if not by its path: it is in the cache. */
  readonly shown?: string;
  readonly path: string;
  readonly digest: string;
  /** Of every file that is read: the base is kept under these digests, so other bytes must not become it. */
  readonly files: ExpectedDigests;
  /** For ONNX: the file that says how the network wants its images. */
  readonly preprocessor?: { readonly path: string; readonly digest: Digest };
}

/** What the survey finds; files on the web are fetched only by a run. */
export type Source = LocalSource | { readonly kind: 'download'; readonly download: Download };

export async function surveyWeights(context: SurveyContext<'load-base'>): Promise<Survey> {
  const survey = (preimage: Json, found: Source, provisional = false): Survey => ({ preimage, found, provisional });
  const { weights } = context.config;
  const download = weights === undefined ? publishedOf(context.config) : downloadOf(weights);
  if (download !== undefined) {
    const { preimage, provisional } = pinPreimage(download, context.lock);
    return survey({ weights: preimage }, { kind: 'download', download }, provisional);
  }
  const source = await locateWeights(context);
  if (source.kind === 'file') {
    const { digest, preprocessor } = source;
    return survey({ weights: digest, ...(preprocessor && { preprocessor: preprocessor.digest }) }, source);
  }
  const { packaged } = bases[context.config.architecture];
  if (packaged === undefined) return survey('random', source);
  // The layers that come with the tool are those of a file.
  const layers = await context.digestFile(packageFile(packaged.file));
  return survey({ layers }, { kind: 'random', layers });
}

/** The file that is published for a base that is named alone; undefined if the weights come with the tool. */
function publishedOf({ architecture, alpha, image_size: size }: LoadBaseConfig): Download | undefined {
  const { hub } = bases[architecture];
  if (hub !== undefined) {
    const { repository, file, sha256, bytes } = hub;
    // Nearly all of the hub's files are called model.onnx.
    return { url: hubUrl(hub), sha256, size: bytes, published: true, mirrored: `${repository}/${file}` };
  }
  const file = bases[architecture].published.find(
    (one) => one.imageSize === size && (one.alpha === null || one.alpha === alpha),
  );
  if (file === undefined) return undefined;
  return { url: file.url, md5: file.md5 ?? undefined, size: file.bytes ?? undefined, published: true };
}

/** Finds the weights files and their digest, and compares it with the pin. */
async function locateWeights({
  config,
  name,
  resolvePath,
  digestFile,
}: SurveyContext<'load-base'>): Promise<LocalSource> {
  const { weights } = config;
  if (weights === 'random') return { kind: 'random' };
  const inPackage = weights === undefined ? packageBaseOf(config.architecture) : undefined;
  if (inPackage !== undefined) {
    const { path, digest } = await packagedOnnx(inPackage, config.architecture, resolvePath('.'), digestFile);
    return { kind: 'file', shown: config.architecture, path, digest, files: new Map([[path, digest]]) };
  }
  const path =
    weights === undefined ? packageFile(bases[config.architecture].packaged!.file) : resolvePath(nameOf(weights));
  const shown = weights === undefined ? path : nameOf(weights);
  const missing =
    (where: string, remedy: string) =>
    (error: NodeJS.ErrnoException): never => {
      // Other errors of the disk are not about the file.
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
      const forShell = shellPath(shown);
      const found = `does not exist${forShell ? `: ${forShell.found}` : ''}`;
      throw failure(
        'bad-data',
        {
          code: 'weights-missing',
          where,
          field: ['weights'],
          found,
          expected: isOnnxBase(config.architecture)
            ? 'an .onnx file with its data files, or a folder that contains them'
            : baseFormats,
          remedy: forShell?.remedy ?? remedy,
        },
        error,
      );
    };
  const { files, preprocessor } = await filesOf(config, path, shown).catch(
    missing(shown, `correct \`weights\` of ${name}`),
  );
  const digests = await Promise.all(
    files.map((file) => digestFile(file).catch(missing(file, `keep all files of ${shown} in one folder`))),
  );
  // A single file is pinned by its own digest, as `sha256sum` prints it.
  const digest = digests.length === 1 ? digests[0] : digestOf(digests.map((one) => `${one}\n`).join(''));
  const pin = typeof weights === 'object' ? weights.sha256 : undefined;
  if (pin !== undefined && pin !== digest) {
    throw failure('bad-data', {
      code: 'weights-digest-mismatch',
      where: shown,
      found: `has the sha256 ${digest}`,
      expected: pin,
      remedy: 'download the file again, or correct `sha256` if the new file is the right one',
    });
  }
  const wants = typeof config.preprocessing === 'object' ? config.preprocessing.from : undefined;
  const from = wants === undefined ? preprocessor : resolvePath(wants);
  return {
    kind: 'file',
    // Of a folder, the file of the network in it.
    path: files[0],
    digest,
    files: new Map(files.map((file, i) => [file, digests[i]])),
    ...(from !== undefined && {
      preprocessor: {
        path: from,
        digest: await digestFile(from).catch(missing(from, `correct \`preprocessing.from\` of ${name}`)),
      },
    }),
  };
}

/** The files of a base, the network's first. */
async function filesOf(
  { architecture }: LoadBaseConfig,
  path: string,
  shown: string,
): Promise<{ readonly files: readonly string[]; readonly preprocessor?: string }> {
  if (!isOnnxBase(architecture)) return { files: await modelFiles(path, shown) };
  return findOnnxFiles(path, shown);
}
