/** What `doctor` finds: a fact that is as it should be, or one that is not. */

/** `error` is what a run would refuse, or what makes its figures wrong; `warning` what is worth a look; `note` a fact. */
export type FindingLevel = 'ok' | 'note' | 'warning' | 'error';

export interface Finding {
  readonly level: FindingLevel;
  readonly about: 'machine' | 'cache' | 'data' | 'pipeline';
  /** Stable name in kebab-case, for programs. */
  readonly code: string;
  /** A sentence for people, in one line. */
  readonly text: string;
  /** All that it is about: files with what is the matter. People are shown the first few. */
  readonly list?: readonly string[];
  readonly remedy?: string;
  /** A shell command that does what the remedy says. */
  readonly command?: string;
}
