#!/bin/bash
#SBATCH --job-name=qlaunch
#SBATCH --array=1-1
#SBATCH --exclusive
#SBATCH --mem=0
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=qlaunch-499949737-%a.log
# In the folder of sbatch, which all nodes see.  When all tasks are done (--submit does it by itself):
#   cat qlaunch-499949737/shard-*.jsonl >qlaunch-499949737/all.jsonl
#   qlaunch report qlaunch-499949737/all.jsonl
mkdir -p qlaunch-499949737
set -- /work/wt/signals/build/qlaunch sweep --policy other,fifo --seed=499949737
exec "$@" --shard="$SLURM_ARRAY_TASK_ID/1" --resume="qlaunch-499949737/shard-$SLURM_ARRAY_TASK_ID.jsonl"
