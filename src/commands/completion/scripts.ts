/**
 * The scripts that shells load. Each asks the command itself for what fits: the first line of the answer says which
 * names of files the shell adds, and each further line has a value, a tab and its description.
 */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** From bash 3.2 on. A word that bash splits at `=` is joined by the command. */
const bash = `_pipeline_completion() {
  local current="\${COMP_WORDS[COMP_CWORD]}" kind value
  COMPREPLY=()
  {
    IFS= read -r kind
    while IFS=$'\\t' read -r value _; do COMPREPLY+=("$value"); done
  } < <("\${COMP_WORDS[0]}" completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case "$kind" in
    file) while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current") ;;
    folder) while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$current") ;;
    yaml)
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(
        compgen -f -X '!*.yaml' -- "$current"
        compgen -f -X '!*.yml' -- "$current"
        compgen -d -- "$current"
      )
      ;;
    *) return ;;
  esac
  compopt -o filenames 2>/dev/null
}
complete -F _pipeline_completion pipeline
`;

const zsh = `#compdef pipeline
_pipeline() {
  local -a lines values
  local line kind
  lines=("\${(@f)$("\${(Q)words[1]}" completion zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  kind=$lines[1]
  for line in "\${(@)lines[2,-1]}"; do
    values+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#values )) && _describe -t values pipeline values
  case $kind in
    file) _files ;;
    folder) _files -/ ;;
    yaml) _files -g '*.(yaml|yml)(-.)' ;;
  esac
}
if [[ $funcstack[1] = _pipeline ]]; then
  _pipeline "$@"
else
  compdef _pipeline pipeline
fi
`;

const fish = `function __pipeline_completion
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l lines ($words[1] completion fish -- $words[2..-1] "$current" 2>/dev/null)
  for line in $lines[2..-1]
    echo $line
  end
  switch "$lines[1]"
    case file
      __fish_complete_path "$current"
    case folder
      __fish_complete_directories "$current" ''
    case yaml
      __fish_complete_path "$current" | string match -r '.*(?:/|\\.ya?ml)(?:\\t.*)?$'
  end
end
complete -c pipeline -f -a '(__pipeline_completion)'
`;

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };

export function scriptOf(shell: Shell): string {
  return scripts[shell];
}
