#!/bin/bash
# One task of an array: extracts its share of the images, then trains its share of the variants and folds.
#
#   sbatch --array=0-39 deploy/slurm/array.sh pets.yaml
#
# Every node has to reach the shared cache: PIPELINE_REMOTE, such as s3://bucket/prefix or a folder on a shared disk, and
# its credentials. Slurm passes the variables of your shell to the tasks.
#SBATCH --job-name=pipeline
#SBATCH --array=0-3
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --output=pipeline-%A-%a.log
# Two minutes before the time runs out: what is finished is shared, and the next submission continues from there.
#SBATCH --signal=B:TERM@120
set -euo pipefail

file=${1:?name the pipeline file: sbatch --array=0-39 deploy/slurm/array.sh FILE}
: "${PIPELINE_REMOTE:?name the shared cache: export PIPELINE_REMOTE=s3://bucket/prefix}"

# A store of its own for each task, on the disk of the node; the shared cache keeps what counts.
scratch=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/pipeline-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export PIPELINE_CACHE=$scratch/store

# Which of how many: `worker` reads SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_COUNT.
# In the background, because bash handles no signal while a command in front runs.
# shellcheck disable=SC2086
${PIPELINE:-npx pipeline} worker "$file" &
worker=$!
trap 'kill -TERM "$worker" 2> /dev/null || true' TERM
while true; do
  code=0
  wait "$worker" || code=$?
  # Interrupted by the signal, `wait` returns while the worker still drains.
  kill -0 "$worker" 2> /dev/null || break
done
exit "$code"
