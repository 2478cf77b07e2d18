/** What `doctor` finds: a fact, or something that is wrong. */

/**
 * `error` is what a run would refuse, or what makes its metrics wrong; `warning` what is worth a look; `note` a fact.
 */
export type FindingLevel = 'ok' | 'note' | 'warning' | 'error';

export interface Finding {
  readonly level: FindingLevel;
  readonly about: 'machine' | 'cache' | 'data' | 'pipeline';
  /** Stable name in kebab-case, for programs. */
  readonly code: string;
  /** A sentence for people, in one line. */
  readonly text: string;
  /** Everything that it is about: files with what is wrong. People see the first few. */
  readonly list?: readonly string[];
  readonly remedy?: string;
  /** A shell command that does what the remedy says. */
  readonly command?: string;
}
