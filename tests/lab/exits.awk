# SPDX-License-Identifier: GPL-2.0-or-later
# `perf script --ns -F tid,time,event,trace` of a `perf kvm stat record`: "REASON NS" of each exit, from kvm_exit to
# kvm_entry of its thread, that ended between the stamps -v from= and -v to= (ns; without them, of all).
$3 ~ /kvm_exit:$/ {
	for (i = 4; i < NF && $i != "reason"; i++)
		continue
	reason[$1] = $(i + 1)
	began[$1] = stamp($2)
}
$3 ~ /kvm_entry:$/ && ($1 in began) {
	ended = stamp($2)
	if ((from == "" || ended >= from) && (to == "" || ended <= to))
		printf "%s %.0f\n", reason[$1], ended - began[$1]
	delete began[$1]
}
function stamp(text) {
	gsub(/[.:]/, "", text)
	return text + 0
}
