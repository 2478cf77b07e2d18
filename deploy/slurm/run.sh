#!/bin/bash
# The second step of submit.sh: `pipeline run`, which finds what the array shared.
#SBATCH --job-name=pipeline-run
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --output=pipeline-run-%j.log
set -euo pipefail

# The words of PIPELINE are a command: `npx pipeline`, or where the tool is installed.
# shellcheck disable=SC2086
exec ${PIPELINE:-npx pipeline} run "${1:?name the pipeline file: sbatch deploy/slurm/run.sh FILE}"
