/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sections.js - the parts of the page that are words and tables.  Text goes in as text nodes only: never as HTML. */
"use strict";

const VERDICTS = {
	better: { word: "better", mark: "▲" },
	worse: { word: "worse", mark: "▼" },
	unresolved: { word: "inconclusive", mark: "≈" },
	baseline: { word: "baseline", mark: "•" },
	none: { word: "n/a", mark: "" },
};

/* make("p", {class: "x"}, "text", element, ...) */
function make(tag, attributes, ...children) {
	const element = document.createElement(tag);

	for (const [key, value] of Object.entries(attributes || {})) {
		if (key.startsWith("on"))
			element.addEventListener(key.slice(2), value);
		else if (value === true)
			element.setAttribute(key, "");
		else if (value !== false && value !== null && value !== undefined)
			element.setAttribute(key, value);
	}
	element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
	return element;
}

const plural = (n, word) => `${d3.format(",")(n)} ${word}${n === 1 ? "" : "s"}`;

function section(id, title, words, ...children) {
	return make("section", { id, "aria-labelledby": `${id}-title` },
		make("h2", { id: `${id}-title` }, title), words ? make("p", { class: "lead" }, words) : null, ...children);
}

/* How strongly a cell is coloured: the doubling or halving of a figure is full strength. */
const strength = (ratio) => ratio > 0 ? Math.min(1, Math.abs(Math.log2(ratio))) : 1;

/* The text report's numbers, with this page's minus sign. */
const with_minus = (text) => text.replace(/-(?=\d)/g, "−");

/* "62 % [48, 77]": how much of what the VM costs the configuration recovers. */
function heat_cell(row, on_pick) {
	const verdict = VERDICTS[row.verdict];
	const text = row.verdict === "baseline" ? draw.human(row.median, row.unit)
		: row.ratio === null ? "n/a" : row.change;
	const gap_text = row.gap_share ? `gap ${row.gap_share}` : row.gap_words ? `gap ${row.gap_words.split(":")[0]}` : null;
	const gap = gap_text && with_minus(gap_text);
	const says = [`${row.arm_name}, ${row.workload_name}, ${row.figure_name}: ${text}`,
		row.interval ? `${row.level} interval ${row.interval}` : null, row.verdict_word, row.reason, row.remarks, row.gap_words,
		row.moved.length ? `correlated changes: ${row.moved.join(", ")}` : null].filter(Boolean).join("; ");

	return make("td", { class: `heat heat-${row.verdict}`, style: `--strength:${(0.12 + 0.5 * strength(row.ratio)).toFixed(2)}` },
		make("button", { type: "button", title: says, "aria-label": says, onclick: () => on_pick(row) },
			make("span", { class: "mark", "aria-hidden": "true" }, verdict.mark), make("b", {}, text),
			row.interval ? make("small", {}, row.interval) : null,
			row.is_control && row.words ? make("small", {}, row.words) : null,
			gap ? make("small", { class: "gap" }, gap) : null));
}

/* Beside the map: each verdict with its correlated changes, the largest first. */
function explained(model, on_pick) {
	const rows = model.rows.filter((r) => r.primary && r.moved.length);

	if (!rows.length)
		return null;
	return make("div", { class: "explained", role: "region", "aria-label": "correlated changes", tabindex: "0" },
		make("h3", {}, "Correlated changes"), make("p", { class: "muted" }, "Figures that change together with a primary figure; this does not prove a cause."),
		make("ul", {}, rows.map((r) => make("li", {},
			make("button", { type: "button", class: `verdict-${r.verdict}`, onclick: () => on_pick(r) },
				`${VERDICTS[r.verdict].mark} ${r.arm_name} · ${r.workload_name} ${r.change}`),
			make("span", {}, r.moved.join(", "))))));
}

/* "guest: 1.63 k events/s → 224 events/s, −86.4 %, 95 % interval −91.4 % … −85.8 %" */
function finding(row) {
	const facts = [`${draw.human(row.baseline_median, row.unit)} → ${draw.human(row.median, row.unit)}`, row.change,
		row.interval ? `${row.level} interval ${row.interval}` : null,
		row.verdict === "unresolved" ? [row.verdict_word, row.reason ? `(${row.reason})` : null].filter(Boolean).join(" ") : null];

	return make("li", {}, make("b", { class: `verdict-${row.verdict}` }, `${VERDICTS[row.verdict].mark} ${row.arm_name}`),
		`: ${facts.filter(Boolean).join(", ")}`);
}

const FINDINGS_AT_ONCE = 12;

/* What each configuration changes of a workload's primary figure: the resolved ones first. */
function findings(column, rows) {
	const told = rows.filter((r) => ["better", "worse", "unresolved"].includes(r.verdict) && !r.is_control && !r.why && !r.why_ratio);
	const items = d3.sort(told, (r) => r.verdict === "unresolved" ? 1 : 0).map(finding);
	const rest = items.slice(FINDINGS_AT_ONCE);

	return items.length ? [make("h3", {}, column.workload, make("small", {}, ` ${column.figure}`)),
		make("ul", { class: "findings" }, items.slice(0, FINDINGS_AT_ONCE)),
		rest.length ? make("details", {}, make("summary", {}, plural(rest.length, "more configuration")), make("ul", { class: "findings" }, rest)) : null] : null;
}

/* Configurations down, each workload's primary figures across. */
function overview(model, on_pick) {
	const columns = [];
	const cells = new Map();

	for (const row of model.rows.filter((r) => r.primary)) {
		const key = `${row.workload}/${row.figure}`;

		if (!cells.has(key)) {
			cells.set(key, new Map());
			columns.push({ key, workload: row.workload_name, figure: row.figure_name });
		}
		cells.get(key).set(row.arm, row);
	}
	if (!columns.length)
		return section("overview", "Overview", "These lines name no primary figure: see the figures below.");
	const companions = explained(model, on_pick);
	const found = columns.map((column) => findings(column, Array.from(cells.get(column.key).values())));
	const body = model.arms.map((name, arm) => make("tr", {},
		make("th", { scope: "row", title: name }, name, arm === model.baseline ? make("em", {}, " baseline") : null,
			model.controls.has(arm) ? make("em", {}, " A/A control") : null),
		columns.map(({ key }) => cells.get(key).has(arm) ? heat_cell(cells.get(key).get(arm), on_pick)
			: make("td", { class: "heat heat-none" }, "–"))));
	const legend = make("ul", { class: "legend" }, ["better", "worse", "unresolved", "none"].map((kind) =>
		make("li", {}, make("i", { class: `swatch heat-${kind}`, "aria-hidden": "true" }, VERDICTS[kind].mark),
			kind === "none" ? "no verdict" : VERDICTS[kind].word)));

	return section("overview", "Overview", "The change of each workload’s primary figure against the baseline. "
		+ "Colour says whether it is better or worse, its strength by how much; ~ is the ratio of two medians, where too few boots or rounds pair "
		+ "for an estimate. Choose a cell to see its figure.", found,
		make("div", { class: companions && columns.length <= 4 ? "beside" : null },
			make("div", {}, make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "overview table" },
				make("table", { class: "map" }, make("thead", {}, make("tr", {}, make("td", {}),
					columns.map((c) => make("th", { scope: "col" }, c.workload, make("small", {}, c.figure))))),
				make("tbody", {}, body))), legend),
			companions));
}

/* Events took turns on the PMU: the least of the trials, never rounded up to all of the time. */
const counted = (row) => `counted ${row.share < 0.01 ? "<1" : Math.floor(row.share * 100 + 1e-9)} % of the time`;

const TABLE = [
	{ key: "workload_name", title: "Workload" },
	{ key: "figure_name", title: "Figure", name: true },
	{ key: "arm_name", title: "Configuration", name: true },
	{ key: "n", title: "n", number: true },
	{ key: "median", title: "Median", number: true, show: (r) => draw.human(r.median, r.unit) },
	{ key: "spread", title: "Spread", number: true,
	  show: (r) => r.spread === null ? "–" : `${(r.spread * 100).toFixed(1)} %` },
	{ key: "ratio", title: "Change", number: true,
	  show: (r) => r.verdict === "baseline" ? "–" : r.change },
	{ key: "low_ratio", title: "Interval", number: true, show: (r) => r.interval ?? "–" },
	{ key: "p_holm", title: "p (Holm)", number: true, show: (r) => r.p_holm === null ? "–" : r.p_holm.toPrecision(2) },
	{ key: "mde", title: "MDE", number: true,
	  show: (r) => r.mde === null ? "–" : `${(r.mde * 100).toFixed(1)} %` },
	{ key: "verdict_word", title: "Verdict" },
];

function table_row(row) {
	return make("tr", { class: row.primary ? "primary" : null }, TABLE.map((column) => {
		const text = column.show ? column.show(row) : String(row[column.key]);
		const extra = column.key === "median" && row.share !== null ? make("small", {}, counted(row))
			: column.key === "low_ratio" && row.interval ? make("small", {}, row.level)
			: column.key === "figure_name" && row.primary ? make("abbr", { title: "primary figure" }, "\u00a0★")
			: column.key === "verdict_word" ? [[row.reason, row.remarks, row.gap_words && with_minus(row.gap_words)].map((words) => words ? make("small", {}, words) : null),
				row.outliers ? make("small", {}, plural(row.outliers, "outlier")) : null] : null;

		return make("td", { class: [column.number ? "number" : column.name ? "name" : "", column.key === "verdict_word" ? `verdict-${row.verdict}` : ""]
			.join(" ").trim() || null }, column.key === "verdict_word" ? `${VERDICTS[row.verdict].mark} ` : null, text, extra);
	}));
}

function compare_rows(key, down) {
	return (a, b) => {
		const x = a[key], y = b[key];
		const order = x === y ? a.order - b.order : x === null ? 1 : y === null ? -1
			: typeof x === "string" ? x.localeCompare(y) : x - y;

		return down && x !== null && y !== null && x !== y ? -order : order;
	};
}

/* The body of the comparisons; sort: {key, down} or null for the report's own order. */
function table(rows, sort, on_sort, limit, on_more) {
	const sorted = sort ? rows.slice().sort(compare_rows(sort.key, sort.down)) : rows;
	const head = TABLE.map((column) => {
		const mine = sort && sort.key === column.key;

		return make("th", { scope: "col", class: column.number ? "number" : null,
			"aria-sort": mine ? (sort.down ? "descending" : "ascending") : "none" },
			make("button", { type: "button", "data-sort": column.key, onclick: () => on_sort(column.key) }, column.title,
				make("span", { "aria-hidden": "true" }, mine ? (sort.down ? " ↓" : " ↑") : "")));
	});

	return [make("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "comparisons" },
		make("table", { class: "rows" }, make("caption", {}, `${plural(rows.length, "comparison")} shown`),
			make("thead", {}, make("tr", {}, head)), make("tbody", {}, sorted.slice(0, limit).map(table_row)))),
	sorted.length > limit ? make("button", { type: "button", class: "more", onclick: on_more },
		`Show all ${plural(sorted.length, "row")}`) : null];
}

const REASONS = {
	exit: { title: "Exits by reason", names: ["Reason"], times: ["p50_ns", "p99_ns", "max_ns"],
		heads: ["A trial", "Share", "Time", "Mean", "p50", "p99", "Longest"] },
	preemptor: { title: "Preemptors", names: ["Preemptor", "TID", "Thread"], times: [],
		heads: ["A trial", "Share", "Time", "Mean"] },
};

/* As the terminal has it: what is more than nothing is not 0.0. */
const tenths = (value) => value > 0 && value < 0.05 ? "<0.1" : value.toFixed(1);

function reason_row(kind, row, vcpu) {
	const time = (value, unit) => value === null ? make("abbr", { title: row.why || "not recorded" }, "n/a") : draw.human(value, unit);
	const names = kind === "exit" ? [vcpu ? row.of : row.name] : [row.name, row.tid || "–", row.of || "–"];

	return make("tr", { class: vcpu ? "part" : null }, names.map((name, i) => make(i ? "td" : "th", i ? {} : { scope: "row" }, String(name))),
		[row.count < 10 && row.count % 1 ? tenths(row.count) : d3.format(",.0f")(row.count), `${tenths(row.share * 100)} %`, time(row.time_s, "s"), time(row.mean_s, "s"),
			...REASONS[kind].times.map((key) => time(row[key], "ns"))].map((cell) => make("td", { class: "number" }, cell)));
}

/* One configuration's exits, or what preempted its threads; with several vCPUs each reason vCPU by vCPU. */
function reason_table(group, arm) {
	const kind = REASONS[group.kind];
	const name = `${kind.title} of ${arm}`;

	return make("figure", { class: "plot reasons", "data-kind": group.kind },
		make("figcaption", {}, make("b", {}, kind.title), make("span", { class: "muted" }, ` ${arm}, ${plural(group.trials, "trial")}`)),
		make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
			make("table", { class: "rows" }, make("thead", {}, make("tr", {}, kind.names.map((head) => make("th", { scope: "col" }, head)),
				kind.heads.map((head) => make("th", { scope: "col", class: "number" }, head)))),
			make("tbody", {}, group.rows.map((row) => [reason_row(group.kind, row, false),
				row.by.length > 1 ? row.by.map((one) => reason_row(group.kind, one, true)) : null])))));
}

/* What --observe deep found, of the arms and workloads that the filter leaves. */
function reasons(model, rows) {
	const wanted = new Set(rows.map((r) => `${r.workload}/${r.arm}`));
	const by_workload = d3.group(model.reasons.filter((g) => wanted.has(`${g.workload}/${g.arm}`)), (g) => g.workload);

	/* as reason_sums_at_least() has it */
	const at_least = model.reasons.some((g) => g.kind === "preemptor" && g.trials > 1 && g.rows.length > 1
		&& g.rows.some((row) => row.name === "all others" && !row.of));

	if (!model.reasons.length)
		return null;
	return section("reasons", "Exits and preemptors", "Why vCPUs left the guest, and what preempted a thread: the longest time first. Counts and times are "
		+ "means over a configuration’s trials; p50 and p99 are the median trial’s, the longest is that of all."
		+ (at_least ? " All others are preemptors that a trial’s line does not name; one that another trial’s line names has at least what is shown." : ""),
		Array.from(by_workload, ([workload, groups]) => [make("h3", {}, model.data.workloads[workload]),
			make("div", { class: "grid" }, groups.map((g) => reason_table(g, model.arms[g.arm])))]),
		by_workload.size ? null : make("p", { class: "muted" }, "Nothing passes the filter."));
}

/* Any JSON value of a host record, as people read it. */
function plain(value) {
	if (value === null || value === "")
		return make("span", { class: "muted" }, value === null ? "not known" : "none");
	if (Array.isArray(value))
		return value.map(String).join(", ");
	if (typeof value === "object")
		return make("dl", { class: "inner" }, Object.entries(value).map(([k, v]) => [make("dt", {}, k), make("dd", {}, plain(v))]));
	return String(value).replaceAll("\\n", "\n").trim();
}

function host(model) {
	const data = model.data;
	const facts = [...data.summary.filter((line) => line && !is_caution(line)), ["qlaunch", data.qlaunch],
		["measured", [data.first, data.last].filter(Boolean).join(" to ")]].filter(([, text]) => text);

	return section("host", data.hosts.length > 1 ? "Hosts" : "Host", null,
		make("dl", { class: "facts" }, facts.map(([k, v]) => [make("dt", {}, k), make("dd", {}, v)])),
		data.hosts.map((record, i) => make("details", { open: data.hosts.length === 1 },
			make("summary", {}, data.hosts.length > 1 ? `Host record ${i + 1}: ${record.name ?? ""}` : "Host record"),
			make("dl", { class: "facts" }, Object.entries(record).map(([k, v]) =>
				[make("dt", {}, k.replaceAll("_", " ")), make("dd", {}, plain(v))])))));
}

/* A word of a command line as a shell takes it. */
const quote = (word) => /^[A-Za-z0-9_./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

function copyable(label, text) {
	const button = make("button", { type: "button", class: "copy" }, "Copy");

	button.addEventListener("click", () => {
		const done = () => { button.textContent = "Copied"; };

		if (navigator.clipboard)
			navigator.clipboard.writeText(text).then(done, () => { button.textContent = "Select and copy by hand"; });
	});
	return make("figure", { class: "code" }, make("figcaption", {}, label, button),
		make("pre", { tabindex: "0", "aria-label": label }, text));
}

const pretty = (value) => JSON.stringify(value, null, 2);

/* Knobs that are of a whole command, or that only the command line may set: no file of arms has them. */
const COMMAND_KNOBS = ["snapshot", "backing", "shutdown-timeout", "hold", "dry-run", "overwrite", "reboot", "confine", "user"];

function recipes(model) {
	const list = d3.sort(model.data.recipes.filter((r) => r.spec), (r) => r.arm);
	const arms = list.map((r) => ({ name: model.arms[r.arm],
		...Object.fromEntries(Object.entries(r.spec).filter(([key]) => !COMMAND_KNOBS.includes(key))) }));

	return section("recipes", "Reproduce", "Every knob of every configuration, as qlaunch sweep --arms FILE takes it, and the "
		+ "command line that QEMU was started with.",
		list.length ? make("details", {}, make("summary", {}, "arms.json: all configurations"),
			copyable("save as arms.json, then: qlaunch sweep --arms arms.json", pretty(arms))) : null,
		list.map((r) => make("details", {}, make("summary", {}, model.arms[r.arm]),
			copyable("knobs", pretty(r.spec)),
			r.vm && Array.isArray(r.vm.argv) ? copyable("QEMU", r.vm.argv.map(String).map(quote).join(" ")) : null,
			r.vm ? make("dl", { class: "facts" }, Object.entries(r.vm).filter(([k]) => k !== "argv").map(([k, v]) =>
				[make("dt", {}, k.replaceAll("_", " ")), make("dd", {}, plain(v))])) : null)));
}

/* The text report's head; what is no mere circumstance speaks against trusting the numbers, and stands before any of them. */
const CIRCUMSTANCES = ["results", "baseline", "sessions", "machine", "accelerator", "observed by"];

function is_caution([label, text]) {
	return (!CIRCUMSTANCES.includes(label) && !(label === "A/A control" && text.includes("A/A within"))) || (label === "accelerator" && text.startsWith("tcg")) ||
		(label === "sessions" && text.includes("not measured")) || (label === "observed by" && text.includes("differences between the levels"));
}

function cautions(model) {
	const data = model.data;
	const list = d3.sort(data.summary.filter(Boolean).filter(is_caution), ([label]) => label === "accelerator" ? 0 : 1)
		.map(([label, text]) => `${label}: ${text}`);

	if (data.details_left_out)
		list.push(`Details of ${plural(data.details_left_out, "line")} had no room on this page: threads, distributions or samples are incomplete.`);
	if (data.histograms_left_out)
		list.push(`${plural(data.histograms_left_out, "distribution")} had no room on this page.`);
	if (data.trial_every > 1)
		list.push(`Single trials are thinned: one of ${data.trial_every} is drawn; the comparisons are made from all.`);
	if (data.reasons_left_out)
		list.push(`${plural(data.reasons_left_out, "row")} of exits and preemptors had no room on this page: qlaunch report --format json has them.`);
	if (data.comparisons_left_out)
		list.push(`${plural(data.comparisons_left_out, "comparison")} had no room on this page: qlaunch report --format json has them.`);
	if (!list.length)
		return null;
	return make("details", { class: "cautions", open: true },
		make("summary", {}, `${plural(list.length, "thing")} to know before you trust this`), make("ul", {}, list.map((t) => make("li", {}, t))));
}

function seed_row(row) {
	const interval = row.ci95 ? `${draw.change(row.ci95[0])} … ${row.ci95[1] === null ? "no limit" : draw.change(row.ci95[1])}` : "";

	return make("tr", {}, make("th", { scope: "row" }, row.claim), make("td", { class: "number" }, row.theirs ?? "–"),
		make("td", { class: "number" }, row.ratio === null ? "n/a" : (row.ratio_of_medians ? "~" : "") + draw.change(row.ratio)), make("td", { class: "number" }, interval, interval ? make("small", {}, "95 %") : null),
		make("td", { class: row.verdict === "better" || row.verdict === "worse" ? `verdict-${row.verdict}` : null },
			row.words ?? `${row.verdict}: ${row.why}`));
}

/* What the seed study published, beside what the same question gives here. */
function seed_tables(study) {
	if (!study)
		return null;
	return section("seed", "The seed study", null, Object.entries(study.titles).map(([key, title]) => [make("h3", {}, title),
		make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, make("table", { class: "rows" },
			make("thead", {}, make("tr", {}, ["", "Theirs", "Ours", "Interval", "Verdict"].map((head, i) =>
				make("th", { scope: "col", class: i && i < 4 ? "number" : null }, head)))),
			make("tbody", {}, study[key].map(seed_row))))]),
	make("dl", { class: "facts" }, Object.entries(study.notes).map(([key, text]) => [make("dt", {}, key), make("dd", {}, text)])));
}
