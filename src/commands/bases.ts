/** pipeline bases: lists the pretrained networks that load-base knows by name. */
import { bytesText } from '../core/text/bytes-text.js';
import { columnLines, type Column } from '../report/columns.js';
import type { BaseRow, CommandSpec } from './host.js';

const help = `
If weights are published for several image sizes, --json lists the file for each size.

Examples:
  pipeline bases
  pipeline bases --json`;

export const bases: CommandSpec = {
  register(program, host, done) {
    program
      .command('bases')
      .description('list the pretrained networks that load-base can load by name')
      .option('--json', 'print one JSON object to stdout')
      .addHelpText('after', help)
      .action(({ json }: { readonly json?: boolean }) => {
        const rows = host.bases();
        if (json) host.stdout(`${JSON.stringify({ event: 'bases', bases: rows })}\n`);
        else for (const line of columnLines(columnsOf(rows))) host.stdout(`${line}\n`);
        done(0);
      });
  },
};

function columnsOf(rows: readonly BaseRow[]): Column[] {
  return [
    { title: 'base', cells: rows.map(({ name, alpha }) => (alpha === null ? name : `${name}, alpha ${alpha}`)) },
    {
      title: 'parameters',
      numeric: true,
      cells: rows.map(({ parameters }) => parameters?.toLocaleString('en-US') ?? '-'),
    },
    { title: 'image size', cells: rows.map(({ imageSize }) => (imageSize === null ? '-' : `${imageSize} px`)) },
    { title: 'preprocessing', cells: rows.map(({ preprocessing }) => preprocessing ?? '-') },
    { title: 'weights', cells: rows.map(weightsOf) },
  ];
}

function weightsOf({ published, packaged }: BaseRow): string {
  if (packaged) return 'included in this tool';
  if (published.length === 0) return 'your own file: Keras .h5 or .keras, or TF.js model.json';
  const [{ url, md5, bytes }] = published;
  const facts = [bytes === null ? '' : bytesText(bytes), md5 === null ? '' : `md5 ${md5}`].filter(
    (fact) => fact !== '',
  );
  return facts.length === 0 ? url : `${url} (${facts.join(', ')})`;
}
