/** Texts from outside, such as class names, as literal text in Markdown. */

// CommonMark's punctuation that can begin markup anywhere in a line; `:` and `@` also begin links in GitHub's Markdown.
const markup = /[\\`*_{}[\]<>()#|~!&$:@]/g;
// Line ends, other controls, and the marks that turn the direction of writing.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text on one line, so that no part of it is a heading, link, image, table cell or HTML. */
export function markdownText(text: string): string {
  return text
    .replace(unprintable, '\ufffd')
    .replace(markup, '\\$&')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}\\.`);
}
