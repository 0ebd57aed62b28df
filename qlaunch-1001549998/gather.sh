#!/bin/bash
#SBATCH --job-name=qlaunch-gather
#SBATCH --output=qlaunch-1001549998-gather.log
# After all tasks of the array, in the same folder.
cd qlaunch-1001549998 || exit 1
shards=()
missing=0
for ((i = 1; i <= 1; i++)); do
	if [ -s "shard-$i.jsonl" ]; then
		shards+=("shard-$i.jsonl")
	else
		echo "task $i of 1 left no results: see qlaunch-1001549998-$i.log" >&2
		missing=1
	fi
done
[ ${#shards[@]} -gt 0 ] || exit 1
cat "${shards[@]}" >all.jsonl.new && mv all.jsonl.new all.jsonl || exit 1
set -- /work/wt/signals/build/qlaunch report all.jsonl
"$@" >report.txt.new
status=$?
mv report.txt.new report.txt && cat report.txt
[ $status != 0 ] || status=$missing
exit $status
