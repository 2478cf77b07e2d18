/** pipeline bases: the pretrained networks that can be named. */
import { bytesText } from '../core/bytes-text.js';
import type { CommandSpec } from './host.js';

/** A base as this command tells it; what the fields mean is said where they are made, in model/bases. */
export interface BaseRow {
  readonly name: string;
  readonly alpha: number | null;
  readonly parameters: number | null;
  readonly preprocessing: string | null;
  readonly imageSize: number | null;
  readonly published: readonly { readonly url: string; readonly md5: string | null; readonly bytes: number | null; readonly imageSize: number }[];
  readonly packaged: boolean;
}

const help = `
Where weights are published for several sizes of pictures, --json names the file for each.

Examples:
  pipeline bases
  pipeline bases --json`;

export const bases: CommandSpec = {
  register(program, host, done) {
    program
      .command('bases')
      .description('list the pretrained networks that load-base knows by name')
      .option('--json', 'print one JSON object on stdout')
      .addHelpText('after', help)
      .action(({ json }: { readonly json?: boolean }) => {
        const rows = host.bases();
        host.stdout(json ? `${JSON.stringify({ event: 'bases', bases: rows })}\n` : table(rows));
        done(0);
      });
  },
};

function table(rows: readonly BaseRow[]): string {
  const cells = rows.map((row) => [
    row.alpha === null ? row.name : `${row.name}, alpha ${row.alpha}`,
    row.parameters?.toLocaleString('en-US') ?? '-',
    row.imageSize === null ? '-' : `${row.imageSize} px`,
    row.preprocessing ?? '-',
    weightsOf(row),
  ]);
  const head = ['base', 'parameters', 'pictures', 'preprocessing', 'weights'];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column].length)));
  // Numbers stand to the right, so that their digits are under each other.
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 1 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ').trimEnd();
  return [head, ...cells].map((row) => `${line(row)}\n`).join('');
}

function weightsOf({ published, packaged }: BaseRow): string {
  if (packaged) return 'come with this tool';
  if (published.length === 0) return 'your file: .h5 or .keras by Keras, or a TF.js model.json';
  const [{ url, md5, bytes }] = published;
  const facts = [bytes === null ? '' : bytesText(bytes), md5 === null ? '' : `md5 ${md5}`].filter((fact) => fact !== '');
  return facts.length === 0 ? url : `${url} (${facts.join(', ')})`;
}
