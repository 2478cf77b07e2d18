/** Files that are in folders of images and are neither images nor a mistake. */

/** What file managers, archives and network drives add, as files or folders; all else of theirs begins with a dot. */
const clutter = new Set([
  'Thumbs.db',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'Desktop.ini',
  'Icon\r',
  '__MACOSX',
  '@eaDir',
  '#recycle',
  '$RECYCLE.BIN',
  'System Volume Information',
]);

/** Whether a file or folder of this name is left out wherever files are listed; hidden ones are too. */
export function isClutter(name: string): boolean {
  return name.startsWith('.') || clutter.has(name);
}

/** Whether a file beside images describes them or the data set: annotations, tables, notes, licenses. */
export function isCompanion(path: string): boolean {
  return /(\.(xml|json|jsonl|ndjson|txt|csv|tsv|parquet|ya?ml|md|html?|log|url|sha256|md5)|(^|\/)(license|readme|copying))$/i.test(
    path,
  );
}
