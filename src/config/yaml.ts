/**
 * Parses YAML into plain values, remembering where everything is. Less than all of YAML is taken: one document of
 * the 1.2 core schema, text keys, no aliases, tags or merge keys, and bounded depth and size.
 */
import {
  Composer,
  CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type ParsedNode,
  Parser,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { failure, PipelineError, type Position, type Problem } from '../core/problem.js';
import { forbiddenKeys, type Mapping, newMapping, type Plain, type FieldPath } from './values.js';
import { Lines } from './positions.js';
import { showPath } from './words.js';

/** Which of a field's two sides a problem is about. */
export type Part = 'key' | 'value';

export interface ParsedYaml {
  readonly value: Plain;
  /** Problems that leave a value: keys written twice. */
  readonly problems: readonly Problem[];
  /** Where a field is, or its nearest parent that exists. */
  locate(path: FieldPath, part?: Part): Position;
}

const deepest = 64;
const mostNodes = 50_000;
const mostSyntaxErrors = 5;
const dialect = { version: '1.2', schema: 'core', resolveKnownTags: false, merge: false, stringKeys: true } as const;

/**
 * Parses the text of a file. Throws a failure with everything that is wrong: `invalid` if it is not YAML, `unsafe` for
 * aliases, forbidden keys and what is too deep or too large.
 */
export function parseYaml(text: string, file: string): ParsedYaml {
  const lines = new Lines(file, text);
  const tokens = readTokens(text, lines);
  const document = composeOne(tokens, lines);
  const problems = syntaxProblems(document, lines);
  if (problems.length > 0) throw new PipelineError('invalid', problems);
  return { ...toPlain(document, lines), locate: (path, part) => locate(document, lines, path, part) };
}

/**
 * Tokens of the text. Depth and size are watched while they are made: composing is recursive, and would run out of
 * stack.
 */
function readTokens(text: string, lines: Lines): CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let nodes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    const type = CST.tokenType(lexeme);
    if (type !== 'space' && type !== 'newline' && type !== 'comment') nodes++;
    const here = () => lines.position(Math.max(0, parser.offset - lexeme.length), parser.offset);
    if (parser.stack.length > deepest && parser.stack.filter(CST.isCollection).length > deepest) {
      throw failure('unsafe', {
        code: 'too-deep',
        position: here(),
        found: `the file is nested more than ${deepest} levels deep`,
      });
    }
    // A node makes up to three lexemes: a mark before it, itself, and a mark after it.
    if (nodes > 3 * mostNodes) {
      throw failure('unsafe', {
        code: 'too-large',
        position: here(),
        found: `the file contains more than ${mostNodes} values`,
      });
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function composeOne(tokens: readonly CST.Token[], lines: Lines): Document.Parsed {
  const directive = tokens.find((token) => token.type === 'directive');
  if (directive !== undefined) {
    const position = lines.position(directive.offset, directive.offset + directive.source.length);
    throw failure('invalid', {
      code: 'yaml-directive',
      position,
      found: 'YAML directives are not supported',
      remedy: 'remove this line',
    });
  }
  // Keys that stand twice are found by toPlain: the library compares every pair of keys, which is slow for many.
  const composer = new Composer({ ...dialect, uniqueKeys: false, prettyErrors: false });
  const [first, second] = [...composer.compose(tokens, true)];
  if (second !== undefined) {
    const start = second.contents?.range[0] ?? second.range[0];
    throw failure('invalid', {
      code: 'several-documents',
      position: lines.position(start, start + 1),
      found: 'a second YAML document starts here',
      expected: 'one pipeline per file',
      remedy: 'remove the `---` line before it, or move it into its own file',
    });
  }
  return first;
}

/** One problem per line: after the first error of a line, or after a tab, the parser reports errors that are not. */
function syntaxProblems(document: Document.Parsed, lines: Lines): Problem[] {
  const byLine = new Map<number, Problem>();
  const all = [...document.errors, ...document.warnings];
  const tabs = all.filter(({ code }) => code === 'TAB_AS_INDENT');
  for (const error of tabs.length > 0 ? tabs : all) {
    const position = lines.position(error.pos[0], error.pos[1]);
    if (!byLine.has(position.line)) byLine.set(position.line, syntaxProblem(error, position));
  }
  return withoutLater([...byLine.values()]);
}

/** Errors cause other errors: of many, only the first are shown and the others are counted. */
function withoutLater(problems: readonly Problem[]): Problem[] {
  const first = problems.slice(0, mostSyntaxErrors);
  const others = problems.length - first.length;
  if (others === 0) return first;
  const found = `${others} more ${others === 1 ? 'line is' : 'lines are'} not valid YAML, possibly because of the first`;
  return [
    ...first,
    {
      code: 'yaml-syntax',
      where: first[0].position?.file,
      found,
      remedy: 'fix the first one, or check that this is a YAML file',
    },
  ];
}

const syntaxRemedies: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'close the bracket, or align the text with its siblings',
  BLOCK_AS_IMPLICIT_KEY: 'check the indentation, and quote strings that contain `: `',
  MULTILINE_IMPLICIT_KEY: 'check the indentation, and that each name is followed by `:`',
  UNEXPECTED_TOKEN: 'check the indentation: fields of one mapping start in the same column',
  MISSING_CHAR: 'add the missing character: `:` after a name, or a closing quote or bracket',
  BAD_SCALAR_START: 'quote this string',
  BAD_DQ_ESCAPE: "write `\\\\` for a backslash, or use single quotes: 'C:\\pictures'",
  TAG_RESOLVE_FAILED: 'remove the tag: pipelines do not use tags',
  NON_STRING_KEY: 'write a name before the `:`',
};

function syntaxProblem(error: YAMLError, position: Position): Problem {
  // Some messages quote what they are about, which may be the whole file.
  const found = `this is not valid YAML: ${error.message.slice(0, 200)}`;
  const variable = position.excerpt.some(({ text }) => /[:\s]\$\{/.test(text));
  const remedy = variable
    ? 'quote the text that contains `${`: braces have a meaning in YAML'
    : syntaxRemedies[error.code];
  return { code: 'yaml-syntax', position, found, remedy };
}

/**
 * Builds plain values. Throws all that is unsafe at once; keys written twice are returned, and the first one counts.
 */
function toPlain(document: Document.Parsed, lines: Lines): { value: Plain; problems: Problem[] } {
  const problems: Problem[] = [];
  const unsafe: Problem[] = [];

  const convert = (node: Node | null, path: FieldPath): Plain => {
    if (isAlias(node)) unsafe.push(aliasProblem(positionOf(node, lines), node.source));
    if (isSeq<ParsedNode | null>(node)) return node.items.map((item, index) => convert(item, [...path, index]));
    if (isMap<ParsedNode, ParsedNode | null>(node)) return convertMap(node, path);
    return isScalar(node) ? scalar(node.value) : null;
  };

  const convertMap = (node: YAMLMap<ParsedNode, ParsedNode | null>, path: FieldPath): Mapping => {
    const mapping = newMapping();
    const first = new Map<string, Position>();
    for (const { key, value } of node.items) {
      const name = keyText(key);
      const position = positionOf(key, lines);
      const earlier = first.get(name);
      if (forbiddenKeys.has(name)) unsafe.push(forbiddenProblem(position, name));
      else if (earlier !== undefined) problems.push(duplicateProblem(position, [...path, name], earlier));
      else mapping[name] = convert(value, [...path, name]);
      if (earlier === undefined) first.set(name, position);
    }
    return mapping;
  };

  const value = convert(document.contents, []);
  if (unsafe.length > 0) throw new PipelineError('unsafe', unsafe);
  return { value, problems };
}

function scalar(value: unknown): Plain {
  return value === null || typeof value === 'boolean' || typeof value === 'number' ? value : String(value);
}

function keyText(key: Node): string {
  return isScalar(key) ? String(key.value ?? '') : '';
}

function aliasProblem(position: Position, name: string): Problem {
  const found = `\`*${name}\` refers to another part of the file`;
  const expected = 'no aliases, because a few of them can expand to gigabytes';
  return { code: 'yaml-alias', position, found, expected, remedy: 'write the value out' };
}

function forbiddenProblem(position: Position, name: string): Problem {
  return {
    code: 'forbidden-key',
    position,
    found: `\`${name}\` is not allowed as a name`,
    remedy: 'choose another name',
  };
}

function duplicateProblem(position: Position, path: FieldPath, earlier: Position): Problem {
  const found = `\`${showPath(path)}\` appears twice, first on line ${earlier.line}`;
  return { code: 'duplicate-key', position, found, expected: 'each name once', remedy: 'remove one of them' };
}

function positionOf(node: Node, lines: Lines): Position {
  const [start, end] = node.range ?? [0, 0];
  return lines.position(start, end);
}

type Pairs = ReadonlyMap<string, { readonly key: ParsedNode; readonly value: ParsedNode | null }>;

const pairsOfMaps = new WeakMap<YAMLMap<ParsedNode, ParsedNode | null>, Pairs>();

/** The pairs of a mapping by key, the first of those written twice; made once for a mapping. */
function pairsOf(map: YAMLMap<ParsedNode, ParsedNode | null>): Pairs {
  const pairs =
    pairsOfMaps.get(map) ?? new Map(map.items.toReversed().map(({ key, value }) => [keyText(key), { key, value }]));
  pairsOfMaps.set(map, pairs);
  return pairs;
}

/** Follows a path down the document as far as it exists, and returns where it ends. */
function locate(document: Document.Parsed, lines: Lines, path: FieldPath, part: Part = 'value'): Position {
  let node: Node | null = document.contents;
  let key: Node | null = null;
  for (const [depth, step] of path.entries()) {
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const pair = pairsOf(node).get(String(step));
      if (pair === undefined) break;
      key = pair.key;
      node = pair.value;
      if (depth === path.length - 1 && part === 'key') return positionOf(key, lines);
    } else if (isSeq<ParsedNode | null>(node) && typeof step === 'number' && step < node.items.length) {
      key = null;
      node = node.items[step];
    } else {
      break;
    }
  }
  return positionOfField(key, node, lines);
}

/** A value that is short enough to point at; otherwise the name that it belongs to, or that it begins with. */
function positionOfField(key: Node | null, value: Node | null, lines: Lines): Position {
  const isBlock = (isMap(value) || isSeq(value)) && value.flow !== true;
  const isEmpty = !value?.range || value.range[0] === value.range[1];
  if (key !== null && (isBlock || isEmpty)) return positionOf(key, lines);
  if (isMap<ParsedNode>(value) && isBlock && value.items.length > 0) return positionOf(value.items[0].key, lines);
  return value === null ? lines.position(0, 0) : positionOf(value, lines);
}
