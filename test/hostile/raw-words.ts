/** What libraries, the runtime and the disk say for themselves, none of which helps people: no message may pass it on. */

const raw: readonly RegExp[] = [
  /^\s+at .*:\d+:\d+\)?$/m,
  /\b(Type|Range|Reference|Syntax)Error\b/,
  /\bat Object\.|node:internal|file:\/\/\/.*\.js/,
  /Unexpected (token|end of)|is not valid JSON|in JSON at position|Maximum call stack/,
  /Cannot (read properties|convert|destructure)|is not (a function|iterable)|undefined is not/,
  /HDF5-DIAG|H5[A-Z][A-Za-z_]+\(\)|\bprotobuf\b|std::|\.(cc|cpp|hpp|h):\d+/,
  /\b(onnxruntime|tfjs|libvips|yauzl|sharp|h5wasm): /i,
  /\bE(NOENT|ISDIR|NOTDIR|ACCES|INVAL|LOOP|NXIO): [a-z]/,
  /Status Message|Non-zero status code|INVALID_ARGUMENT|RUNTIME_EXCEPTION/,
  /\bVipsJpeg|\bpngload|\bwebpload|end of central directory|invalid (stored|block|distance)/i,
];

/** The first raw words in what a command printed; undefined if there are none. */
export function rawWordsIn(text: string): string | undefined {
  return raw.map((pattern) => pattern.exec(text)?.[0]).find((found) => found !== undefined);
}
