/** Answers of S3 servers in XML, which nobody vouches for: bounded, without entities of their own. */

/** What an answer says, as texts; repeated elements are lists. */
export type XmlValue = string | XmlElement | readonly XmlValue[];
export interface XmlElement {
  readonly [name: string]: XmlValue | undefined;
}

/** Elements that a page repeats; lists even if there is one. */
const lists: ReadonlySet<string> = new Set(['Contents', 'CommonPrefixes']);

/** The element with a name at the top; undefined if the text has another form. */
export async function parseXml(text: string, root: string): Promise<XmlElement | undefined> {
  // Entities are declared there, and nothing that S3 answers has it.
  if (/<!DOCTYPE/i.test(text)) return undefined;
  const { XMLParser } = await import('fast-xml-parser');
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    removeNSPrefix: true,
    // Spaces may be a part of a name.
    trimValues: false,
    processEntities: false,
    isArray: (name) => lists.has(name),
  });
  try {
    const found = (parser.parse(text) as XmlElement)[root];
    return isElement(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

export function isElement(value: XmlValue | undefined): value is XmlElement {
  return typeof value === 'object' && !Array.isArray(value);
}

/** The text of an element; undefined if it is missing or has elements of its own. */
export function textOf(element: XmlElement, name: string): string | undefined {
  const value = element[name];
  return typeof value === 'string' ? plain(value) : undefined;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** With the five entities of XML and those of characters in their place. */
function plain(text: string): string {
  return text.replace(/&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi, (whole, name, decimal, hex) => {
    if (name !== undefined) return entities[(name as string).toLowerCase()];
    const code = decimal === undefined ? parseInt(hex as string, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
