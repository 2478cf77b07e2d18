/** Words that native readers stumble over stay out of what people read: messages, help, schemas, docs, and the code itself. */
import { expect, test } from '@jest/globals';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What not to write, and what to write in its place. */
const denied: readonly (readonly [RegExp, string])[] = [
  [/\bmend(s|ed|ing)?\b/i, 'fix, repair'],
  [/\banew\b/i, 'again'],
  [/\btwins?\b/i, 'duplicate'],
  // "There is no" and "is no longer" are fine.
  [/(?<!\bthere )\b(is|are|was|were) no (?!longer\b|more\b)[a-z]/i, 'is not a'],
  [/\btold\b/i, 'reported, shown'],
  [/\btells\b/i, 'reports, shows'],
  [/\b(is|are|was|were|be) said\b/i, 'is reported'],
  [/\b(goes|gone|going|went) on\b/i, 'continues'],
  [/\b(puts?|putting) out\b/i, 'outputs, produces'],
  [/rehears/i, 'dry run, simulate'],
  [/\bwhoever\b/i, 'anyone who'],
  [/\bmeanwhile\b/i, 'in the meantime'],
  [/\bsomebody\b/i, 'someone'],
  [/\bat hand\b/i, 'available'],
  [/\bby now\b/i, 'already, now'],
  [/\bamiss\b/i, 'wrong'],
  // "Where" is a place; a condition is "if".
  [/\b(undefined|null|false|infinity) where\b/i, 'if'],
  [/`(invalid|unsafe|bad-data|input-output|stage-failed)` where\b/, 'if'],
  [/\bwhere (nothing|there (is|are) (no|none))\b/i, 'if'],
  // Folders, fields and codes may be called `pictures`.
  [/\b(an?|the|each|every|one|of|bad|whole|your|\d+) pictures?\b(?![-.`':/])/i, 'image'],
  [/[a-z]Pictures?\b|\bPictures?[A-Z]/, 'image'],
  // The decoder's functions and the fixtures have British names.
  [
    /colour(?!space\b|\.png\b)|behaviour|neighbour|catalogue|favour|honour|\bgrey(?!\.png\b)|misspelt/i,
    'American spelling',
  ],
  [/\b(general|initial|normal|optim|organ|real|recogn|serial|summar)is(e[sd]?|ing|ation)\b/i, '-ize'],
];

const roots = [
  'src',
  'test',
  'bench',
  'scripts',
  'schemas',
  'docs',
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
];

/** The words themselves, and what other programs wrote. */
const exempt = /^test\/(docs\/words\.test\.ts|fixtures\/)/;

const filesBelow = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => filesBelow(join(path, name)))
    : [path];

/** Each line that has a denied word, as `file:line: word (write ...)`. */
function found(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) =>
    denied.flatMap(([pattern, instead]) => {
      const [word] = pattern.exec(line) ?? [];
      return word === undefined ? [] : [`${file}:${index + 1}: "${word}" (write ${instead})`];
    }),
  );
}

test('the patterns find what they are for, and nothing else', () => {
  const wrong = [
    ...['mend the file', 'made anew', 'twins', 'it is no image', 'numbers that are no numbers', 'is told once'],
    ...['tells its state', 'it is said once', 'the run goes on', 'puts out bytes', 'a rehearsal', 'whoever reads it'],
    ...[
      'Undefined where it fails',
      'throws `unsafe` where a link leads out',
      'where there is none',
      'where nothing is',
    ],
    ...['a picture', 'every picture', 'probePicture', 'PictureLoader', 'the colours', 'normalised'],
  ];
  expect(wrong.filter((line) => found('a', line).length !== 1)).toEqual([]);
  const right = [
    ...['recommend, amended', 'there is no file', 'where there are classes', 'is no longer here', 'cannot tell'],
    ...[
      '`pictures` has 3 classes',
      'picture-skipped',
      'probe_pictures',
      'toColourspace',
      'where it is',
      'colors, noise',
    ],
  ];
  expect(right.flatMap((line) => found('a', line))).toEqual([]);
});

test('no text or code has a denied word', () => {
  const texts = roots
    .flatMap(filesBelow)
    .filter((file) => /\.(ts|mjs|md|json|css|html)$/.test(file) && !exempt.test(file));
  expect(texts.length).toBeGreaterThan(800);
  expect(texts.flatMap((file) => found(file, readFileSync(file, 'utf8')))).toEqual([]);
});
