/** A network as a table for a terminal: what Keras's `model.summary()` prints, without its frame. */
import { painter } from '../style.js';
import { column, columnsOf } from '../text-width.js';
import { printable } from '../words.js';
import type { Amount, Network, NetworkLayer } from './network.js';

export interface NetworkLayout {
  readonly color: boolean;
  /** Columns of the terminal; infinite in a pipe, where each layer is one line. */
  readonly width: number;
}

export function networkLines(network: Network, title: string, { color, width }: NetworkLayout): string[] {
  const paint = painter(color);
  const { layers, total, trained } = network;
  // Known only where something is trained; readers only where the network is more than a chain.
  const isChain = layers.every(({ inputs }, index) =>
    index === 0 ? inputs.length === 0 : inputs.length === 1 && inputs[0] === layers[index - 1].name,
  );
  const table: Row[] = [
    row(
      { name: 'Layer (type)' },
      'Output Shape',
      'Param #',
      trained && 'Trainable',
      isChain ? undefined : ['Connected to'],
    ),
    ...layers.map((layer) =>
      row(
        { name: printable(layer.name), type: printable(layer.type) },
        shapeText(layer),
        layer.parameters.toLocaleString('en-US'),
        trained && (layer.trainable === null ? '-' : layer.trainable ? 'yes' : 'no'),
        isChain ? undefined : layer.inputs.map(printable),
      ),
    ),
  ];
  const [head, ...rows] = tableLines(table, width);
  return [
    paint('bold', printable(title)),
    paint('dim', head),
    ...rows,
    '',
    amount('Total params', total),
    ...(trained === undefined
      ? []
      : [amount('Trainable params', trained.trainable), amount('Non-trainable params', trained.non_trainable)]),
  ];
}

interface Row {
  readonly layer: { readonly name: string; readonly type?: string };
  readonly fixed: readonly { readonly text: string; readonly right?: boolean }[];
  readonly connected: readonly string[] | undefined;
}

function row(
  layer: Row['layer'],
  shape: string,
  parameters: string,
  trainable: string | undefined,
  connected: Row['connected'],
): Row {
  const more = trainable === undefined ? [] : [{ text: trainable }];
  return { layer, fixed: [{ text: shape }, { text: parameters, right: true }, ...more], connected };
}

/** The first and the last column share what the others leave; a name that is too long has its type below it. */
function tableLines(table: readonly Row[], width: number): string[] {
  const widths = table[0].fixed.map((_, place) => widest(table.map(({ fixed }) => fixed[place].text)));
  const wholes = table.map(({ layer: { name, type } }) => (type === undefined ? name : `${name} (${type})`));
  const left = width - widths.reduce((sum, one) => sum + one + 2, 0);
  const connectedWidth = widest(table.flatMap(({ connected = [] }) => connected));
  const forConnected = connectedWidth === 0 ? 0 : Math.min(connectedWidth, Math.max(12, Math.floor(left * 0.4)));
  const first = Math.min(widest(wholes), Math.max(16, left - (forConnected === 0 ? 0 : forConnected + 2)));
  return table.flatMap(({ layer, fixed, connected = [] }, index) => {
    const whole = wholes[index];
    const names = columnsOf(whole) <= first || layer.type === undefined ? [whole] : [layer.name, `(${layer.type})`];
    const inputs = width === Infinity ? [connected.join(', ')] : connected;
    const cells = fixed.map(({ text, right }, place) =>
      right ? ' '.repeat(widths[place] - columnsOf(text)) + text : column(text, widths[place]),
    );
    const lines = Array.from({ length: Math.max(names.length, inputs.length, 1) }, (_, line) =>
      [
        column(names[line] ?? '', first),
        ...(line === 0 ? cells : widths.map((one) => ' '.repeat(one))),
        width === Infinity ? (inputs[line] ?? '') : column(inputs[line] ?? '', forConnected),
      ].join('  '),
    );
    return lines.map((line) => line.trimEnd());
  });
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, columnsOf(text)), 0);
}

function shapeText({ output_shape: shape }: NetworkLayer): string {
  if (shape === null) return '-';
  return `(${shape.map((extent) => (extent === null ? 'None' : printable(String(extent)))).join(', ')})`;
}

function amount(title: string, { parameters, bytes }: Amount): string {
  return `${title}: ${parameters.toLocaleString('en-US')} (${memory(bytes)})`;
}

/** As Keras writes it (keras/src/utils/summary_utils.py, readable_memory_size): units of 1024. */
export function memory(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let left = bytes;
  for (const unit of units) {
    if (left < 1024) return `${left.toFixed(2)} ${unit}`;
    left /= 1024;
  }
  return `${left.toFixed(2)} PB`;
}
