/** Tables as comma-separated values: quoted as in RFC 4180, with line feeds. */

/**
 * What a spreadsheet takes for a formula (OWASP, "CSV Injection"), also in its fullwidth form. A cell that begins so
 * gets an apostrophe in front, which spreadsheets show as text; programs that need the exact name read `--json`.
 */
const formulaStart = /^[=+\-@\t\r\n＝＋－＠]/u;
// What writes to a terminal by itself. Tabs and line ends are data, and are quoted.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

function field(text: string): string {
  const plain = text.replace(controls, '\ufffd');
  const cell = formulaStart.test(plain) ? `'${plain}` : plain;
  // Also what some countries separate cells with: without quotes, a formula could begin behind it.
  return /[",;\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** One row with its line feed. No cell is read as a formula or sends control characters. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(field).join(',')}\n`;
}

export function formatCsv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, ...rows].map(csvRow).join('');
}
