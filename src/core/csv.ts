/** Tables as comma-separated values: quoted as in RFC 4180, with line feeds. */

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One row with its line feed. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(field).join(',')}\n`;
}

export function formatCsv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, ...rows].map(csvRow).join('');
}
