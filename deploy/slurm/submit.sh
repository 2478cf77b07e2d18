#!/bin/bash
# Two steps: an array that extracts and trains, then one task that takes everything from the shared cache and delivers
# model and report into the project. Run it on the login node, in the project's folder:
#
#   bash deploy/slurm/submit.sh pets.yaml 40 [options for sbatch, such as --partition=cpu]
set -euo pipefail

file=${1:?name the pipeline file: submit.sh FILE TASKS}
tasks=${2:?say how many tasks share the work: submit.sh FILE TASKS}
options=("${@:3}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

array=$(sbatch --parsable "${options[@]}" --array="0-$((tasks - 1))" "$here/array.sh" "$file")
# The second starts even if a task failed: it computes what is missing, or shows the problem.
run=$(sbatch --parsable "${options[@]}" --dependency="afterany:${array%%;*}" "$here/run.sh" "$file")
echo "array ${array%%;*}, then run ${run%%;*}"
