/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page.js - the page: its data, its state (kept in the address after #), and what is drawn again when that changes. */
"use strict";

const problems = [];

window.addEventListener("error", (event) => problems.push(String(event.message)));

const PLOTS_AT_ONCE = 48, ROWS_AT_ONCE = 200;
const state = { filter: "", workload: "", figures: "main", verdict: "", trial: "", cdf: "tail", time: "time", theme: "" };
const view = { sort: null, limit: ROWS_AT_ONCE, plots: PLOTS_AT_ONCE, printing: false };

function read_hash() {
	for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
		if (key in state)
			state[key] = value;
	}
}

function write_hash() {
	const words = new URLSearchParams(Object.entries(state).filter(([key, value]) =>
		value && !(key === "figures" && value === "main") && !(key === "cdf" && value === "tail") &&
		!(key === "time" && value === "time")));

	history.replaceState(null, "", `#${words}`);
}

function verdict_of(row) {
	if (row.arm === row.base)
		return "baseline";
	if (["better", "worse", "unresolved"].includes(row.verdict))
		return row.verdict;
	return "none";
}

function make_row(columns, values, order, model) {
	const row = Object.fromEntries(columns.map((name, i) => [name, values[i]]));
	const [figure_name, unit, better] = model.data.figures[row.figure];
	const has_interval = typeof row.ci_low === "number"; /* without an upper end: there is no limit */

	row.verdict = verdict_of(row);
	const is_judged_control = row.is_control && row.verdict === "unresolved"; /* its words say "A/A within 0.4 %" */
	Object.assign(row, { order, figure_name, unit, better, arm_name: model.arms[row.arm],
		workload_name: model.data.workloads[row.workload],
		low_ratio: has_interval ? row.ci_low : null, high_ratio: has_interval ? row.ci_high : null,
		p_holm: row.p_holm ?? null, mde: row.mde ?? null,
		verdict_word: is_judged_control ? row.words : VERDICTS[row.verdict].word,
		reason: row.why || (row.verdict === "baseline" || is_judged_control ? null : row.why_ratio || row.why_verdict) || null,
		change: `${row.is_rough ? "~" : ""}${draw.change(row.ratio)}`,
		interval: has_interval ? `${draw.change(row.ci_low)} … ${row.ci_high === null ? "no limit" : draw.change(row.ci_high)}` : null,
		level: `${Number(((row.level ?? 0.95) * 100).toPrecision(6))} %` });
	row.text = `${row.workload_name} ${row.figure_name} ${row.arm_name} ${row.verdict_word}`.toLowerCase();
	return row;
}

function make_trial(values, index, model) {
	const [arm, workload, block, repeat, error, ...rest] = values;
	const figures = new Map(model.data.trial_figures[workload].map((figure, i) => [figure, rest[i]]));

	return { index, arm, workload, block, repeat, error, figures, threads: [], timed: null };
}

/* A verdict's correlated changes, from the baseline's median to the arm's: "run_delay_s 310 ms → 20 ms (−93.5 %)". */
function name_moved(rows, model) {
	const value = (number, unit) => draw.human(number, unit).replaceAll(" ", "\u00a0");
	const by_figure = new Map(rows.map((r) => [`${r.workload}/${r.arm}/${r.figure}`, r]));

	for (const row of rows)
		row.moved = (row.moved || []).map((figure) => {
			const r = by_figure.get(`${row.workload}/${row.arm}/${figure}`);

			return r ? `${r.figure_name} ${value(r.baseline_median, r.unit)} → ${value(r.median, r.unit)} (${draw.change(r.ratio)})`
				: model.data.figures[figure][0];
		}).slice(0, 3).concat(row.reasons.slice(0, 3).map((words) => words.replace("->", "→")));
}

function make_model(data) {
	const model = { data, arms: data.arms, baseline: data.baseline };
	model.rows = data.comparisons.map((values, i) => make_row(data.columns, values, i, model));
	name_moved(model.rows, model);
	model.controls = new Set(model.rows.filter((r) => r.is_control).map((r) => r.arm));
	model.trials = data.trials.map((values, i) => make_trial(values, i, model));
	for (const thread of data.threads)
		model.trials[thread[0]].threads.push({ key: data.thread_keys[thread[1]],
			about: data.thread_abouts[thread[2]] || {},
			...Object.fromEntries(data.metrics.map((name, i) => [name, thread[3 + i]])) });
	for (const { trial, samples } of data.timed)
		model.trials[trial].timed = samples;
	const named = (values) => Object.fromEntries(data.reason_columns.map((name, i) =>
		[name, name === "by" ? values[i].map(named) : values[i]]));
	model.reasons = data.reason_groups.map((group) => ({ ...group, rows: group.rows.map(named) }));
	model.by_cell = d3.group(model.trials, (t) => t.workload, (t) => t.arm);
	return model;
}

const model = make_model(JSON.parse(document.getElementById("data").textContent));

/* Words that all have to appear, "-word" must not. */
function passes(row) {
	return (state.workload === "" || row.workload_name === state.workload) &&
		(state.verdict === "" || row.verdict === state.verdict) &&
		(state.figures === "all" || row.primary || (state.figures === "main" && row.chosen >= 0)) &&
		state.filter.toLowerCase().split(/\s+/).filter(Boolean).every((word) =>
			word.length > 1 && word[0] === "-" ? !row.text.includes(word.slice(1)) : row.text.includes(word));
}

function trial_values(row) {
	const trials = model.by_cell.get(row.workload)?.get(row.arm) || [];

	return trials.map((trial) => [trial, trial.figures.get(row.figure)])
		.filter(([, value]) => typeof value === "number")
		.map(([trial, value]) => ({ value, tip: `${row.arm_name}\n${draw.human(value, row.unit)}\n` +
			`block ${trial.block}, repeat ${trial.repeat}` }));
}

function arm_of(row) {
	const interval = row.interval ? `\n${row.level} interval: ${row.interval}` : "";

	return { name: row.arm_name, verdict: row.verdict, median: row.median, ratio: row.ratio, low: row.low_ratio, high: row.high_ratio,
		values: trial_values(row),
		tip: `${row.arm_name}\nmedian ${draw.human(row.median, row.unit)} (n = ${row.n})` +
			(row.share === null ? "" : `\n${counted(row)}, and scaled`) +
			(row.verdict === "baseline" ? "" : `\n${row.change}, ${row.verdict_word}${interval}`) };
}

/* The mouse's place, so that a plot shows its tip there. */
function point_at(svg, box) {
	svg.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, pointerType: "mouse",
		clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 }));
}

/* What a plot shows one of, row by row, each from left to right. */
function marks_of(svg) {
	const boxes = d3.sort(Array.from(svg.querySelectorAll(".trial circle, .bar rect, .span rect"), (m) => m.getBoundingClientRect())
		.filter((box) => box.width > 0), (box) => box.y);
	let row = 0;
	const rows = boxes.map((box, i) => i && box.y - boxes[i - 1].y > 8 ? ++row : row);

	return d3.sort(boxes.map((box, i) => [rows[i], box]), (a, b) => a[0] - b[0] || a[1].x - b[1].x).map(([, box]) => box);
}

/* A plot's tips without a mouse: the arrow keys go from value to value, Escape takes the tip away. */
function by_keys(svg) {
	let at = -1;

	svg.setAttribute("tabindex", "0");
	svg.setAttribute("aria-description", "arrow keys go from value to value");
	svg.addEventListener("keydown", (event) => {
		const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];

		if (event.key === "Escape")
			svg.dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" }));
		if (!step)
			return;
		const marks = marks_of(svg);

		event.preventDefault();
		if (!marks.length)
			return;
		at = at < 0 ? (step > 0 ? 0 : marks.length - 1) : (at + step + marks.length) % marks.length;
		point_at(svg, marks[at]);
	});
	return svg;
}

const DIRECTION = { higher: "higher is better →", lower: "← lower is better", none: "" };

function figure_plot(rows, width) {
	const [first] = rows;
	const all = model.rows.filter((r) => r.workload === first.workload && r.figure === first.figure);
	const base = all.find((r) => r.arm === first.base);
	const shown = (base && !rows.includes(base) ? [base, ...rows] : rows).map(arm_of);
	const compared = shown.filter((arm) => arm.verdict !== "baseline" && arm.low !== null);
	const label = `${first.figure_name} of ${first.workload_name}, by configuration`;

	return make("figure", { class: "plot", "data-figure": `${first.workload_name}/${first.figure_name}` },
		make("figcaption", {}, make("b", {}, first.figure_name), first.primary ? make("abbr", { title: "primary figure" }, " ★") : null,
			make("span", { class: "muted" }, ` ${DIRECTION[first.better]}`)),
		by_keys(draw.dots({ width, unit: first.unit, label, arms: shown, baseline: base ? base.median : null })),
		compared.length ? by_keys(draw.ratios({ width, label: `Change of ${label}`, arms: compared, beside: shown.map((arm) => arm.name) })) : null);
}

/* Paper has two columns, and pictures small enough that their words can be read there. */
const window_width = () => view.printing ? 900 : document.documentElement.clientWidth;
const column_width = (columns) =>
	Math.max(300, Math.floor((Math.min(window_width() - 48, 1280) - 20 * (columns - 1)) / columns) - 34);
const columns_of_page = () => view.printing || matchMedia("(min-width: 980px)").matches ? 2 : 1; /* as .grid has them */

/* A figure that is the same in each trial of each arm: its value, else null. */
function constant_of(group) {
	const values = new Set(group.flatMap((row) => [row.min, row.max]).filter((v) => v !== null));

	return values.size === 1 ? values.values().next().value : null;
}

/* Figures without a picture, in words. */
function constants(groups) {
	const same = groups.filter((group) => constant_of(group) !== null);

	return same.length ? make("p", { class: "muted constants" }, "The same in each trial: ",
		same.map(([r], i) => `${i ? ", " : ""}${r.figure_name} (${draw.human(r.min ?? constant_of(same[i]), r.unit)})`), ".") : null;
}

function figures_part(rows) {
	const named = Array.from(d3.group(rows, (r) => `${r.workload}/${r.figure}`).values())
		.filter((group) => group.some((r) => r.n > 0));
	const groups = named.filter((group) => constant_of(group) === null);
	const width = column_width(columns_of_page());
	const by_workload = d3.group(groups.slice(0, view.plots), ([r]) => r.workload);

	return section("figures", "Figures", "One dot a trial, a tick at the median; the dashed line is the baseline’s median. Below, "
		+ "where there is one: the change against the baseline as a tick, with its interval as a bar. ★ is a workload’s primary figure, the others are exploratory.",
		Array.from(by_workload, ([workload, list]) => [make("h3", {}, model.data.workloads[workload]),
			constants(named.filter(([r]) => r.workload === workload)), make("div", { class: "grid" }, list.map((group) => figure_plot(group, width)))]),
		groups.length ? null : constants(named) || make("p", { class: "muted" }, "Nothing passes the filter."),
		groups.length > view.plots ? make("button", { type: "button", class: "more",
			onclick: () => { view.plots = Infinity; update(); } }, `Draw ${plural(groups.length - view.plots, "more figure")}`) : null);
}

/* Ten colours that are told apart in both themes, then the same dashed. */
const COLOURS = d3.schemeObservable10 || d3.schemeTableau10;
const colour_of = (arm) => COLOURS[arm % COLOURS.length];
const dash_of = (arm) => [null, "6,3", "2,3"][Math.floor(arm / COLOURS.length) % 3];

function switcher(key, choices, label) {
	return make("span", { class: "switch", role: "group", "aria-label": label }, choices.map(([value, word]) =>
		make("button", { type: "button", "aria-pressed": String(state[key] === value),
			onclick: () => { state[key] = value; update(); } }, word)));
}

function latency_part(rows) {
	const wanted = new Set(rows.map((r) => `${r.workload}/${r.arm}`));
	const shown = model.data.histograms.filter(([arm, workload, , , points]) =>
		points.length && (wanted.has(`${workload}/${arm}`) || (arm === model.baseline && rows.some((r) => r.workload === workload))));
	const groups = Array.from(d3.group(shown, (h) => `${h[1]}/${h[2]}`).values());
	const width = column_width(columns_of_page());

	if (!model.data.histograms.length)
		return null;
	return section("latency", "Latency", "All operations of a configuration’s trials together, from their histograms.",
		switcher("cdf", [["tail", "Tail"], ["share", "Share"]], "vertical axis"),
		make("div", { class: "grid" }, groups.map((group) => {
			const [[, workload, name]] = group;
			const label = `Latency distribution of ${model.data.histogram_names[name]}, ${model.data.workloads[workload]}, by configuration`;
			const lines = d3.sort(group, (h) => h[0]).map(([arm, , , count, points]) =>
				({ name: model.arms[arm], arm, count, points, colour: colour_of(arm), dash: dash_of(arm) }));

			return make("figure", { class: "plot" }, make("figcaption", {}, make("b", {}, model.data.histogram_names[name]),
				make("span", { class: "muted" }, ` ${model.data.workloads[workload]}`)),
			draw.cdf({ width, lines, tail: state.cdf === "tail", unit: "ns", label }),
			make("ul", { class: "legend" }, lines.map((line) => make("li", {}, make("i", { class: "line", "aria-hidden": "true",
				style: `border-color:${line.colour};border-style:${line.dash ? "dashed" : "solid"}` }), line.name))));
		})));
}

const trial_name = (t) => `${model.arms[t.arm]} · ${model.data.workloads[t.workload]} · block ${t.block}, repeat ${t.repeat}`;
const place = (p) => p ? [p.cpus ? `CPU ${p.cpus}` : null, p.policy].filter(Boolean).join(", ") : "";

function thread_tip(thread) {
	return [`${thread.key} ${thread.about.name || ""}`.trim(), place(thread.about.got),
		`running ${draw.human(thread.cpu_time_s, "s")}, waiting for a CPU ${draw.human(thread.run_delay_s, "s")}`,
		thread.context_switches === null ? null : `${draw.digits(thread.context_switches)} context switches`,
		thread.migrations === null ? null : `${draw.digits(thread.migrations)} migrations`].filter(Boolean).join("\n");
}

/* Samples hold sums since the start: a span between two of them is what is drawn. */
function spans_of(samples) {
	const keys = Array.from(new Set(samples.flatMap((s) => Object.keys(s)))).filter((k) => k !== "t_s").slice(0, 32);

	return keys.flatMap((name) => d3.pairs([{ t_s: 0 }, ...samples.filter((s) => s[name])]).map(([a, b]) => {
		const dt = b.t_s - a.t_s, from = a[name] || {}, to = b[name];
		const rate = (key) => Math.max(0, ((to[key] || 0) - (from[key] || 0)) / dt);

		return { name, t0: a.t_s, t1: b.t_s, dt, running: rate("cpu_time_s"), waiting: rate("run_delay_s"),
			switches: rate("context_switches") };
	})).filter((span) => span.dt > 0);
}

function trial_plot(trial) {
	const width = column_width(1);
	const legend = make("ul", { class: "legend" }, ["running", "waiting"].map((kind) => make("li", {},
		make("i", { class: `swatch ${kind}`, "aria-hidden": "true" }), kind === "running" ? "running" : "waiting for a CPU")));

	if (trial.timed)
		return [switcher("time", [["time", "Time"], ["switches", "Context switches"]], "what is drawn over time"),
			make("figure", { class: "plot" }, by_keys(draw.timeline({ width, rows: spans_of(trial.timed), what: state.time,
				label: `Threads over time, ${trial_name(trial)}` })), state.time === "time" ? legend : null)];
	if (!trial.threads.length)
		return make("p", { class: "muted" }, "This trial’s line has no threads, or they had no room on this page.");
	return make("figure", { class: "plot" }, by_keys(draw.threads({ width, label: `Time of each thread, ${trial_name(trial)}`,
		threads: trial.threads.map((t) => ({ name: [t.key, place(t.about.got)].filter(Boolean).join("  ·  "), tip: thread_tip(t),
			running: t.cpu_time_s, waiting: t.run_delay_s })) })), legend);
}

function trial_part() {
	const usable = model.trials.filter((t) => t.error < 0 && (t.timed || t.threads.length));
	const chosen = usable.find((t) => String(t.index) === state.trial) || usable.find((t) => t.timed) ||
		usable.find((t) => t.threads.some((x) => x.key.startsWith("vcpu"))) || usable[0];

	if (!chosen)
		return null;
	const options = Array.from(d3.group(usable, (t) => model.arms[t.arm]), ([name, list]) => make("optgroup", { label: name },
		list.map((t) => make("option", { value: t.index, selected: t === chosen }, trial_name(t)))));

	return section("trial", "One trial, thread by thread", null,
		make("label", {}, "Trial ", make("select", { id: "trial-select", onchange: (e) => { state.trial = e.target.value; update(); } }, options)),
		trial_plot(chosen));
}

function comparisons_part(rows) {
	return section("comparisons", "All comparisons", null, table(rows, view.sort, (key) => {
		view.sort = view.sort && view.sort.key === key ? (view.sort.down ? null : { key, down: true }) : { key, down: false };
		update(`[data-sort="${key}"]`);
	}, view.limit, () => { view.limit = Infinity; update(); }));
}

function pick(row) {
	state.filter = `${row.figure_name}`;
	state.workload = row.workload_name;
	update();
	document.getElementById("filter").value = state.filter;
	document.getElementById("workload").value = state.workload;
	document.getElementById("figures").scrollIntoView();
}

function dark() {
	return state.theme ? state.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function apply_theme() {
	document.documentElement.dataset.theme = dark() ? "dark" : "light";
	document.getElementById("theme").textContent = dark() ? "Light" : "Dark";
}

function choice(id, label, options) {
	return make("label", {}, `${label} `, make("select", { id, onchange: (e) => { state[id.replace("figure-choice", "figures")] = e.target.value; update(); } },
		options.map(([value, word]) => make("option", { value, selected: state[id.replace("figure-choice", "figures")] === value }, word))));
}

function controls() {
	const workloads = model.data.workload_order.map((i) => model.data.workloads[i]);

	return make("form", { class: "controls", role: "search", onsubmit: (e) => e.preventDefault() },
		make("label", {}, "Filter ", make("input", { id: "filter", type: "search", placeholder: "fifo p99 -native", value: state.filter,
			spellcheck: "false", oninput: (e) => { state.filter = e.target.value; update(); } })),
		choice("workload", "Workload", [["", "all"], ...workloads.map((w) => [w, w])]),
		choice("figure-choice", "Figures", [["primary", "primary"], ["main", "main"], ["all", "all"]]),
		choice("verdict", "Verdict", [["", "all"], ...["better", "worse", "unresolved", "none"].map((v) => [v, VERDICTS[v].word])]),
		make("button", { type: "button", onclick: () => {
			Object.assign(state, { filter: "", workload: "", figures: "main", verdict: "" });
			document.querySelector("form.controls").replaceWith(controls());
			update();
		} }, "Reset"));
}

function banner() {
	const host = model.data.hosts[0] || {};
	const where = [host.name, host.cpu_model, host.cpus ? plural(host.cpus, "CPU") : null, host.kernel ? `Linux ${host.kernel}` : null]
		.filter(Boolean).join(" · ");

	return make("header", {}, make("div", {}, make("h1", {}, "qlaunch report"), make("p", { class: "where" }, where),
		make("p", { class: "where" }, `${plural(model.data.nr_trials, "trial")} · ${plural(model.arms.length, "configuration")} · baseline `,
			make("b", {}, model.arms[model.baseline]), model.data.first ? ` · ${model.data.first.slice(0, 16).replace("T", " ")} UTC` : "")),
	make("nav", { "aria-label": "page" }, make("button", { type: "button", id: "theme",
		onclick: () => { state.theme = dark() ? "light" : "dark"; apply_theme(); write_hash(); } }, "Dark"),
	make("button", { type: "button", onclick: () => window.print() }, "Print")));
}

/* Draws what depends on the state anew; focus: where the keyboard was. */
function update(focus) {
	const rows = model.rows.filter(passes);
	const parts = { "figures-part": figures_part(rows), "latency-part": latency_part(rows), "reasons-part": reasons(model, rows), "trial-part": trial_part(),
		"comparisons-part": comparisons_part(rows) };
	const active = document.activeElement && document.activeElement.id;

	for (const [id, content] of Object.entries(parts))
		document.getElementById(id).replaceChildren(...(content ? [content] : []));
	document.getElementById("contents").replaceChildren(contents());
	document.getElementById("status").textContent = `${plural(rows.length, "comparison")} shown`;
	write_hash();
	if (focus)
		document.querySelector(focus)?.focus();
	else if (active && document.activeElement.id !== active)
		document.getElementById(active)?.focus();
}

/* A link a section; the address after # is the page's state and stays as it is. */
function contents() {
	const go = (target) => (event) => {
		event.preventDefault();
		target.scrollIntoView();
	};

	return make("ol", {}, Array.from(document.querySelectorAll("#page section[id]"), (target) =>
		make("li", {}, make("a", { href: `#${target.id}`, onclick: go(target) }, target.querySelector("h2").textContent))));
}

function build() {
	const holder = (id) => make("div", { id });

	document.getElementById("page").replaceChildren(...[banner(), cautions(model), make("nav", { id: "contents", "aria-label": "contents" }), seed_tables(model.data.seed_study), overview(model, pick), controls(),
		make("p", { id: "status", class: "visually-hidden", role: "status" }),
		holder("figures-part"), holder("latency-part"), holder("reasons-part"), holder("trial-part"), holder("comparisons-part"), host(model), recipes(model),
		make("footer", {}, `qlaunch ${model.data.qlaunch} · drawn with Observable Plot and D3 (ISC licence, in this file)`)].filter(Boolean));
	apply_theme();
	update();
}

/* What stands over the edge of its card, in a column too narrow for a word, fills no card, or has an axis that cannot be read. */
function look() {
	const texts = (selector) => Array.from(document.querySelectorAll(selector), (e) => e.textContent);
	const name = (e) => `${e.closest("[id]")?.id}: ${e.tagName} ${e.textContent.slice(0, 40)}`;
	const cards = Array.from(document.querySelectorAll("#page section, .cautions, .plot"));
	const spilled = cards.flatMap((card) => {
		const { left, right } = card.getBoundingClientRect();

		return Array.from(card.querySelectorAll("*")).filter((e) => !e.closest(".scroll, pre, [aria-label=tip]") || e.matches(".scroll, pre"))
			.filter((e) => e.getClientRects().length && (e.getBoundingClientRect().right > right + 1 || e.getBoundingClientRect().left < left - 1))
			.map(name).concat(card.scrollWidth > card.clientWidth ? [`scrolls: ${name(card)}`] : []);
	});
	const sparse = Array.from(document.querySelectorAll(".plot > svg")).filter((svg) => svg.clientWidth < 0.8 * svg.parentElement.clientWidth).map(name);
	const few_ticks = Array.from(document.querySelectorAll("#figures svg, #latency svg")).filter((svg) =>
		Array.from(svg.querySelectorAll("[aria-label='x-axis tick label'] text")).filter((t) => t.textContent.trim()).length < 2)
		.map((svg) => svg.getAttribute("aria-label"));
	const stacked = Array.from(document.querySelectorAll("#page td, #page th, #page dd, #page dt, #page li, #page figcaption"))
		.filter((e) => !e.querySelector("*") && e.textContent.trim().length > 8 && e.getClientRects().length && e.clientWidth < 45).map(name);

	return { width: document.documentElement.clientWidth, spilled, stacked, contents: texts("#contents a"), cautions: texts(".cautions li"),
		first_table: document.querySelector("#page table")?.closest("section")?.id, seed: Array.from(document.querySelectorAll("#seed tbody tr"),
			(row) => Array.from(row.children, (cell) => cell.textContent).join("|")), findings: texts(".findings li"), sparse, few_ticks,
		axes: texts("#figures [aria-label='x-axis label'] text"), constants: texts(".constants"), gaps: texts(".map .gap") };
}

/* #selftest: what a reader would do with mouse and keyboard, done by the page itself; answers are read from the DOM. */
function selftest() {
	const count = (selector) => document.querySelectorAll(selector).length;
	const report = { marks: count("#page svg circle, #page svg path, #page svg rect, #page svg line"), svgs: count("#page svg"),
		trials: count(".trial circle"), intervals: count(".interval path"), cdfs: count(".cdf path, path.cdf"),
		rows: count("#comparisons tbody tr"), heat: count(".map .heat button"), explained: document.querySelector(".explained li")?.textContent, scripts: count("#page script, #page img, #page iframe") };
	report.reasons = Array.from(document.querySelectorAll("#reasons figure"), (figure) => [figure.dataset.kind,
		figure.querySelector("figcaption").textContent, ...Array.from(figure.querySelectorAll("tbody tr"), (row) =>
			Array.from(row.children, (cell) => cell.textContent).join("|"))]);
	const plot = document.querySelector("#figures figure svg");
	const dot = plot && plot.querySelector(".trial circle");
	const input = document.getElementById("filter");

	const tip_of = () => Array.from(plot.querySelectorAll("[aria-label=tip] text"), (t) => t.textContent).join("|");

	if (dot) {
		point_at(plot, dot.getBoundingClientRect());
		report.tip = tip_of();
		plot.dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" }));
		report.no_tip = tip_of();
		plot.focus();
		plot.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown" }));
		report.key_tip = tip_of();
		plot.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
		report.key_gone = tip_of();
	}
	document.querySelector("[data-sort=median]").click();
	report.sorted = document.querySelector("[aria-sort=ascending]")?.textContent.trim();
	input.value = "no such thing";
	input.dispatchEvent(new Event("input"));
	report.filtered_rows = count("#comparisons tbody tr");
	report.hash = location.hash;
	input.value = "";
	input.dispatchEvent(new Event("input"));
	report.rows_again = count("#comparisons tbody tr");
	document.getElementById("theme").click();
	report.theme = document.documentElement.dataset.theme;
	report.unlabelled = Array.from(document.querySelectorAll("#page button, #page select, #page input, #page svg"))
		.filter((e) => !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)).length;
	report.wide = document.documentElement.scrollWidth > window.innerWidth;
	Object.assign(report, look());
	report.problems = problems;
	document.body.append(make("output", { id: "selftest" }, JSON.stringify(report)));
	if (parent !== window)
		parent.postMessage(JSON.stringify(report), "*"); /* a narrow frame: browsers have no window below 500 px */
}

const tests_itself = location.hash === "#selftest";

read_hash();
build();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply_theme);
window.addEventListener("hashchange", () => { read_hash(); build(); });
let resize = null;
window.addEventListener("resize", () => { clearTimeout(resize); resize = setTimeout(() => view.printing || update(), 150); });
window.addEventListener("beforeprint", () => { view.printing = true; update(); });
window.addEventListener("afterprint", () => { view.printing = false; update(); });
if (tests_itself)
	selftest();
