/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plots.js - the pictures: data rows in, an SVG element out.  Knows d3 and Observable Plot, not the page around. */
"use strict";

const draw = (() => {
	const SMALL = 12; /* font size of all plots */

	const prefixes = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]];
	const times = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];

	/* Three digits, never an exponent where people read. */
	function digits(value) {
		const size = Math.abs(value);

		if (!size)
			return "0";
		if (size >= 9999.5)
			return d3.format(",.0f")(value);
		return String(Number(value.toPrecision(size >= 1000 ? 4 : 3)));
	}

	function duration(ns) {
		const [factor, unit] = times.find(([f]) => Math.abs(ns) >= f * 0.9995) || [1, "ns"];

		return `${digits(ns / factor)} ${unit}`;
	}

	/* "1.53 GB/s", "812 µs", "64.2 k" */
	function human(value, unit) {
		if (value === null || !Number.isFinite(value))
			return "n/a";
		if (unit === "ns" || unit === "s")
			return value ? duration(unit === "s" ? value * 1e9 : value) : `0 ${unit}`;
		const [factor, prefix] = prefixes.find(([f]) => Math.abs(value) >= f * 0.9995) || [1, ""];
		const name = unit === "1" ? "" : unit === "1/s" ? "/s" : /^[a-z]{3}/.test(unit) && prefix ? ` ${unit}` : unit;

		return `${digits(value / factor)} ${prefix}${name}`.trim();
	}

	/* One unit for a whole axis: that of its largest value.  {show, label}: ticks are numbers, the label has the unit. */
	function axis_of(values, unit) {
		const most = d3.max(values, (v) => Math.abs(v)) || 0;
		const is_time = unit === "ns" || unit === "s";
		const size = unit === "s" ? most * 1e9 : most;
		const [factor, name] = (is_time ? times : prefixes).find(([f]) => size >= f * 0.9995) || [1, is_time ? "ns" : ""];
		const scale = unit === "s" ? factor / 1e9 : factor;
		const label = is_time ? name : human(factor, unit).replace(/^1 ?/, "");

		return { show: (v) => digits(v / scale), label };
	}

	/* What a ratio means: "+13.2 %", "×7.4", "×0.0012". */
	function change(ratio) {
		if (ratio === null || !Number.isFinite(ratio))
			return "n/a";
		if (ratio >= 2)
			return `×${digits(ratio)}`;
		if (ratio === 0)
			return "−100 %";
		if (ratio < 0.01)
			return `×${Number(ratio.toPrecision(2))}`;
		const percent = (ratio - 1) * 100;

		if (Math.abs(percent) < 0.05)
			return "0.0 %";
		return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(1)} %`;
	}

	/* Room for the longest of the labels; longer ones are cut with an ellipsis and told in full by their title. */
	const LABEL_MAX = 34;
	const cut = (text) => text.length > LABEL_MAX ? `${text.slice(0, LABEL_MAX - 1)}…` : text;
	const room = (labels) => 16 + 6.6 * d3.max(labels, (label) => Math.min(label.length, LABEL_MAX));

	/* Ticks of a logarithmic axis: 1, 2 and 5 of each decade or powers of ten where there is room; evenly spaced in a short range. */
	function log_ticks(values, count) {
		const [low, high] = d3.extent(values);
		const decades = d3.range(Math.floor(Math.log10(low)), Math.log10(high) + 1);
		const sets = [[1, 2, 5], [1]].map((steps) => decades.flatMap((e) => steps.map((s) => s * 10 ** e)).filter((v) => v >= low && v <= high));
		const fits = sets.find((ticks) => ticks.length >= 2 && ticks.length <= count + 1);

		if (fits)
			return fits;
		const step = Math.ceil(sets[1].length / count);

		return sets[1].length > count ? sets[1].filter((_, i) => i % step === 0) : d3.ticks(low, high, count);
	}

	const frame = (options) => ({
		style: { fontSize: `${SMALL}px`, fontFamily: "inherit", background: "transparent", overflow: "visible" },
		...options,
	});

	/* One figure of one workload: single trials as dots, the median as a tick.  Latencies have a logarithmic axis.
	 * arms: [{name, verdict, median, tip, values: [{value, tip}]}] */
	function dots({ width, arms, unit, baseline, label }) {
		const points = arms.flatMap((arm) => arm.values.map((v, i) => ({
			arm: arm.name, verdict: arm.verdict, x: v.value, tip: v.tip, jitter: (i * 7 % 5) - 2,
		})));
		const known = arms.filter((arm) => arm.median !== null);
		const missing = arms.filter((arm) => arm.median === null);
		const names = arms.map((arm) => arm.name);
		const left = Math.min(room(names), width * 0.42);
		const middle = baseline === null ? undefined : baseline;
		const spread = d3.group(points, (p) => p.jitter);
		const all = [...points.map((p) => p.x), ...known.map((arm) => arm.median)];
		const is_log = unit === "ns" && d3.min(all) > 0;
		const axis = axis_of(all, unit);
		const nr_ticks = Math.max(2, Math.floor((width - left) / 90));

		return Plot.plot(frame({
			width, marginLeft: left, marginRight: 24, marginTop: 6, marginBottom: 38,
			height: 50 + 26 * arms.length,
			ariaLabel: label,
			x: { type: is_log ? "log" : "linear", grid: true, nice: !is_log, tickFormat: axis.show,
			     ticks: is_log ? log_ticks(all, nr_ticks) : nr_ticks, insetLeft: 8, insetRight: 8,
			     label: [axis.label, is_log ? "(logarithmic)" : null].filter(Boolean).join(" ") || null, labelArrow: "none" },
			y: { domain: names, label: null, tickFormat: cut, tickSize: 0, padding: 0.3 },
			marks: [
				Plot.ruleX(middle === undefined ? [] : [middle],
				           { stroke: "var(--muted)", strokeDasharray: "3,3" }),
				...Array.from(spread, ([jitter, group]) => Plot.dot(group, {
					x: "x", y: "arm", r: 2.6, dy: jitter * 1.8, fill: "var(--dot)",
					fillOpacity: 0.5, className: "trial",
				})),
				...["better", "worse", "unresolved", "none", "baseline"].map((verdict) =>
					Plot.tickX(known.filter((a) => a.verdict === verdict), {
						x: "median", y: "name", strokeWidth: 3, stroke: `var(--${verdict}-ink)`,
						className: "median",
					})),
				Plot.text(missing, { frameAnchor: "left", y: "name", dx: 10, text: () => "n/a",
				                     fill: "var(--muted)" }),
				/* one mark for both, so that only the nearest speaks */
				Plot.tip([...points, ...known.map((a) => ({ x: a.median, arm: a.name, tip: a.tip }))],
				         Plot.pointer({ x: "x", y: "arm", title: "tip", maxRadius: 14, className: "tip" })),
			],
		}));
	}

	/* The ratios of one figure with their intervals, on the ratio's own axis.
	 * arms: [{name, verdict, ratio, low, high, tip}] */
	function ratios({ width, arms, label }) {
		const names = arms.map((arm) => arm.name);
		const left = Math.min(room(names), width * 0.42);
		const ends = arms.flatMap((arm) => [arm.low, arm.high, arm.ratio, 1]).filter((v) => v > 0);
		const is_far = d3.max(ends) / d3.min(ends) > 8;
		const shown = arms.map((arm) => ({ ...arm, low: Math.max(arm.low, d3.min(ends)),
			high: arm.high ?? d3.max(ends) })); /* without a limit: to the edge */

		return Plot.plot(frame({
			width, marginLeft: left, marginRight: 24, marginTop: 6, marginBottom: 38,
			height: 50 + 18 * arms.length, ariaLabel: label,
			x: { type: "log", grid: true, insetLeft: 8, insetRight: 8, label: "change against the baseline, with its interval",
			     labelArrow: "none", ticks: log_ticks(ends, Math.max(2, Math.floor((width - left) / 90))),
			     tickFormat: (v) => is_far ? `×${digits(v)}` : v === 1 ? "0 %" : `${v < 1 ? "−" : "+"}${digits(Math.abs(v - 1) * 100)} %` },
			y: { domain: names, label: null, tickFormat: cut, tickSize: 0, padding: 0.3 },
			marks: [
				Plot.ruleX([1], { stroke: "var(--muted)", strokeDasharray: "3,3" }),
				...["better", "worse", "unresolved", "none"].flatMap((verdict) => [
					Plot.link(shown.filter((a) => a.verdict === verdict), {
						x1: "low", x2: "high", y1: "name", y2: "name", strokeWidth: 5,
						strokeOpacity: 0.75, strokeLinecap: "round", stroke: `var(--${verdict})`,
						className: "interval",
					}),
					Plot.tickX(arms.filter((a) => a.verdict === verdict && a.ratio > 0), {
						x: "ratio", y: "name", strokeWidth: 3, stroke: `var(--${verdict}-ink)`,
						className: "median",
					}),
				]),
				Plot.tip(arms.filter((a) => a.ratio > 0), Plot.pointer({ x: "ratio", y: "name", title: "tip", maxRadius: 40, className: "tip" })),
			],
		}));
	}

	const percentiles = [1, 0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6];
	const rest = (share) => share >= 1 ? "min" : `p${Number((100 * (1 - share)).toPrecision(8))}`;

	/* Distributions.  lines: [{name, colour, dash, points: [[ns, share], ...], count}]; tail: what is left above. */
	function cdf({ width, lines, tail, unit, label }) {
		const least = tail ? d3.min(lines, (l) => Math.max(1e-6, 1 / l.count)) : 0;
		const points = lines.flatMap((line) => [[line.points[0][0], 0], ...line.points].map(([x, share]) => ({
			name: line.name, x, y: tail ? Math.max(1 / line.count, least, 1 - share) : share,
			tip: `${line.name}\n${(share * 100).toPrecision(6).replace(/\.?0+$/, "")} % within ${human(x, unit)}`,
		})));
		/* a short axis has room for 2 and 5 as well; a long one for powers of ten only */
		const decades = Math.log10(d3.max(points, (p) => p.x) / d3.min(points, (p) => p.x));
		const named = decades < 2.5 ? /^[125]/ : /^1/;
		const axis = axis_of(points.map((p) => p.x), unit);
		const y = tail ? { type: "log", domain: [1, least], ticks: percentiles.filter((p) => p >= least * 0.99),
		                   tickFormat: rest, label: "percentile", grid: true }
		               : { domain: [0, 1], tickFormat: "%", label: "share of operations", grid: true };

		return Plot.plot(frame({
			width, height: Math.min(380, Math.max(260, width * 0.5)), marginLeft: 64, marginRight: 20,
			marginBottom: 40, marginTop: 24, ariaLabel: label,
			x: { type: "log", tickFormat: (v) => named.test(v.toPrecision(1)) ? axis.show(v) : "", grid: true,
			     label: `latency, ${axis.label} (logarithmic)`, labelArrow: "none", nice: false },
			y,
			marks: [
				...lines.map((line) => Plot.line(points.filter((p) => p.name === line.name), {
					x: "x", y: "y", stroke: line.colour, strokeWidth: 2, curve: "linear",
					strokeDasharray: line.dash, className: "cdf",
				})),
				Plot.tip(points, Plot.pointer({ x: "x", y: "y", title: "tip", maxRadius: 40, className: "tip" })),
			],
		}));
	}

	/* What one trial's threads did: running, and waiting for a CPU.  threads: [{name, running, waiting, tip}] (s) */
	function threads({ width, threads: list, label }) {
		const parts = list.flatMap((thread) => [
			{ name: thread.name, kind: "running", s: thread.running || 0, tip: thread.tip },
			{ name: thread.name, kind: "waiting", s: thread.waiting || 0, tip: thread.tip },
		]);
		const names = list.map((thread) => thread.name);

		return Plot.plot(frame({
			width, marginLeft: room(names), marginRight: 24, marginBottom: 36, marginTop: 4,
			height: 44 + 20 * list.length, ariaLabel: label,
			x: { label: "seconds", grid: true, ticks: Math.max(3, width / 110) },
			y: { domain: names, label: null, tickFormat: cut, tickSize: 0, padding: 0.25 },
			marks: ["running", "waiting"].map((kind) => Plot.barX(parts.filter((p) => p.kind === kind), {
				x1: (p) => p.kind === "running" ? 0 : parts.find((q) => q.name === p.name).s,
				x2: (p) => p.s + (p.kind === "running" ? 0 : parts.find((q) => q.name === p.name).s),
				y: "name", fill: `var(--${kind})`, className: "bar",
			})).concat([
				Plot.ruleX([0], { stroke: "var(--line)" }),
				Plot.tip(parts, Plot.pointerY({ x: "s", y: "name", title: "tip", className: "tip" })),
			]),
		}));
	}

	/* The same over time.  rows: [{name, t0, t1, running, waiting, switches}], shares of wall time, switches a second */
	function timeline({ width, rows, what, label }) {
		const names = Array.from(new Set(rows.map((row) => row.name)));
		const of_time = what === "time";
		const layers = of_time ? ["running", "waiting"] : ["switches"];
		const parts = rows.flatMap((row) => layers.map((kind, i) => ({
			...row, kind, y1: i ? row.running : 0, y2: (i ? row.running : 0) + row[kind],
		})));
		const top = of_time ? 1 : d3.max(parts, (p) => p.y2) || 1;
		const tip = (p) => `${p.name}, ${p.t0.toFixed(1)} to ${p.t1.toFixed(1)} s\n` +
			`running ${(p.running * 100).toFixed(1)} %\nwaiting for a CPU ${(p.waiting * 100).toFixed(1)} %\n` +
			`${digits(p.switches)} context switches a second`;

		return Plot.plot(frame({
			width, marginLeft: room(names) + 44, marginRight: 24, marginTop: 8, marginBottom: 38,
			height: 46 + 62 * names.length, ariaLabel: label,
			x: { label: "seconds since the start", grid: true },
			y: { domain: [0, top], ticks: 2, tickFormat: of_time ? "%" : (v) => human(v, "1"), label: null },
			fy: { domain: names, label: null, axis: null, padding: 0.18 },
			marks: [
				Plot.frame({ fill: "var(--well)", stroke: "none" }),
				...layers.map((kind) => Plot.rect(parts.filter((p) => p.kind === kind), {
					x1: "t0", x2: "t1", y1: "y1", y2: (p) => Math.min(p.y2, top), fy: "name",
					fill: `var(--${kind})`, className: "span",
				})),
				Plot.text(names, { fy: (n) => n, frameAnchor: "left", textAnchor: "end", dx: -44, text: cut,
				                   fill: "currentColor" }),
				Plot.tip(rows, Plot.pointerX({ x: (r) => (r.t0 + r.t1) / 2, fy: "name", title: tip,
				                               frameAnchor: "top", className: "tip" })),
			],
		}));
	}

	return { human, change, digits, dots, ratios, cdf, threads, timeline };
})();
