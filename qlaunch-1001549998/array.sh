#!/bin/bash
#SBATCH --job-name=qlaunch
#SBATCH --array=1-1
#SBATCH --exclusive
#SBATCH --mem=0
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=qlaunch-1001549998-%a.log
# In the folder of sbatch, which all nodes see.  When all tasks are done (--submit does it by itself):
#   cat qlaunch-1001549998/shard-*.jsonl >qlaunch-1001549998/all.jsonl
#   qlaunch report qlaunch-1001549998/all.jsonl
mkdir -p qlaunch-1001549998
set -- /work/wt/signals/build/qlaunch sweep --policy other,fifo --seed=1001549998
exec "$@" --shard="$SLURM_ARRAY_TASK_ID/1" --resume="qlaunch-1001549998/shard-$SLURM_ARRAY_TASK_ID.jsonl"
