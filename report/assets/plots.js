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

	/* Room for the longest of the labels, at most a share of the width; tips have each name in full. */
	const LABEL_MAX = 34, LETTER = 6.6, LABEL_GAP = 16;
	const room = (labels, most) => Math.min(most, LABEL_GAP + LETTER * d3.max(labels, (label) => Math.min(label.length, LABEL_MAX)));

	/* A name that is too long loses its middle: names of one sweep differ at their ends. */
	const cut = (pixels) => (text) => {
		const most = Math.floor((pixels - LABEL_GAP) / LETTER + 0.01), end = Math.floor((most - 1) / 2);

		return text.length > most ? `${text.slice(0, most - 1 - end)}…${text.slice(-end)}` : text;
	};

	/* The first of some sets of ticks whose labels differ and do not touch; place: a value's pixels. */
	const TICK_ROOM = 42;

	function fitting(sets, place, show, [low, high]) {
		const fits = (ticks) => ticks.length >= 2 && new Set(ticks.map(show)).size === ticks.length &&
			d3.min(d3.pairs(ticks, (a, b) => place(b) - place(a))) >= TICK_ROOM;

		return sets.find(fits) || (show(low) === show(high) ? [low] : [low, high]);
	}

	const even_ticks = (low, high) => d3.range(8, 1, -1).map((count) => d3.ticks(low, high, count));

	function linear_ticks(values, pixels, show) {
		const [low, high] = d3.extent(values);

		return fitting(even_ticks(low, high), (value) => pixels * (value - low) / (high - low), show, [low, high]);
	}

	/* 1, 2 and 5 of each decade, or fewer of each, else powers of ten, else evenly spaced. */
	function log_ticks(values, pixels, show) {
		const [low, high] = d3.extent(values);
		const of_decades = (steps) => d3.range(Math.floor(Math.log10(low)), Math.log10(high) + 1)
			.flatMap((e) => steps.map((step) => step * 10 ** e)).filter((v) => v >= low && v <= high);
		const powers = of_decades([1]);
		const sparse = [2, 3, 4, 6].map((every) => powers.filter((_, i) => i % every === 0));

		return fitting([of_decades([1, 2, 5]), of_decades([1, 3]), powers, of_decades([2]), of_decades([5]), ...sparse, ...even_ticks(low, high)],
			(value) => pixels * Math.log(value / low) / Math.log(high / low), show, [low, high]);
	}

	/* An axis with these labels: Plot's own formats leave out some of a logarithmic axis. */
	const axis_marks = (ticks, show, label) => [Plot.gridX(ticks), Plot.axisX(ticks, { text: show, label, labelArrow: "none" })];

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
		const left = room(names, width * 0.45);
		const middle = baseline === null ? undefined : baseline;
		const spread = d3.group(points, (p) => p.jitter);
		const all = [...points.map((p) => p.x), ...known.map((arm) => arm.median)];
		const above = all.filter((v) => v > 0), has_zero = above.length < all.length;
		const is_log = unit === "ns" && above.length > 0;
		const axis = axis_of(all, unit);
		const pixels = width - left - 40;
		const ticks = is_log ? log_ticks(above, pixels * (has_zero ? 0.8 : 1), axis.show).filter((v) => !has_zero || v > 2 * d3.min(above))
			: linear_ticks(all, pixels, axis.show);

		return Plot.plot(frame({
			width, marginLeft: left, marginRight: 24, marginTop: 6, marginBottom: 38,
			height: 50 + 26 * arms.length,
			ariaLabel: label,
			x: { type: !is_log ? "linear" : has_zero ? "symlog" : "log", constant: is_log && has_zero ? d3.min(above) : undefined,
			     insetLeft: 8, insetRight: 8 },
			y: { domain: names, label: null, tickFormat: cut(left), tickSize: 0, padding: 0.3 },
			marks: [
				...axis_marks(is_log && has_zero ? [0, ...ticks] : ticks, axis.show,
				              [axis.label, is_log ? "(logarithmic)" : null].filter(Boolean).join(" ") || null),
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
	 * arms: [{name, verdict, ratio, low, high, tip}]; beside: all names of the picture above, for the same margin */
	function ratios({ width, arms, beside, label }) {
		const names = arms.map((arm) => arm.name);
		const left = room(beside, width * 0.45);
		const ends = arms.flatMap((arm) => [arm.low, arm.high, arm.ratio, 1]).filter((v) => v > 0);
		const is_far = d3.max(ends) / d3.min(ends) > 8;
		const shown = arms.map((arm) => ({ ...arm, low: Math.max(arm.low, d3.min(ends)),
			high: arm.high ?? d3.max(ends) })).filter((arm) => arm.high > 0); /* without a limit: to the edge */
		const show = (v) => is_far ? `×${digits(v)}` : v === 1 ? "0 %" : `${v < 1 ? "−" : "+"}${digits(Math.abs(v - 1) * 100)} %`;

		return Plot.plot(frame({
			width, marginLeft: left, marginRight: 24, marginTop: 6, marginBottom: 38,
			height: 50 + 18 * arms.length, ariaLabel: label,
			x: { type: "log", insetLeft: 8, insetRight: 8 },
			y: { domain: names, label: null, tickFormat: cut(left), tickSize: 0, padding: 0.3 },
			marks: [
				...axis_marks(log_ticks(ends, width - left - 40, show), show, "change against the baseline, with its interval"),
				Plot.text(arms.filter((a) => a.ratio === 0), { frameAnchor: "left", y: "name", dx: 10, text: () => change(0), fill: "var(--muted)" }),
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
		const axis = axis_of(points.map((p) => p.x), unit);
		const y = tail ? { type: "log", domain: [1, least], ticks: percentiles.filter((p) => p >= least * 0.99),
		                   tickFormat: rest, label: "percentile", grid: true }
		               : { domain: [0, 1], tickFormat: "%", label: "share of operations", grid: true };

		return Plot.plot(frame({
			width, height: Math.min(380, Math.max(260, width * 0.5)), marginLeft: 64, marginRight: 20,
			marginBottom: 40, marginTop: 24, ariaLabel: label,
			x: { type: "log" },
			y,
			marks: [
				...axis_marks(log_ticks(points.map((p) => p.x), width - 84, axis.show), axis.show, `latency, ${axis.label} (logarithmic)`),
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
		const left = room(names, width * 0.55);

		return Plot.plot(frame({
			width, marginLeft: left, marginRight: 24, marginBottom: 36, marginTop: 4,
			height: 44 + 20 * list.length, ariaLabel: label,
			x: { label: "seconds", grid: true, ticks: Math.max(3, width / 110) },
			y: { domain: names, label: null, tickFormat: cut(left), tickSize: 0, padding: 0.25 },
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
		const left = room(names, width * 0.45);
		const layers = of_time ? ["running", "waiting"] : ["switches"];
		const parts = rows.flatMap((row) => layers.map((kind, i) => ({
			...row, kind, y1: i ? row.running : 0, y2: (i ? row.running : 0) + row[kind],
		})));
		const top = of_time ? 1 : d3.max(parts, (p) => p.y2) || 1;
		const tip = (p) => `${p.name}, ${p.t0.toFixed(1)} to ${p.t1.toFixed(1)} s\n` +
			`running ${(p.running * 100).toFixed(1)} %\nwaiting for a CPU ${(p.waiting * 100).toFixed(1)} %\n` +
			`${digits(p.switches)} context switches a second`;

		return Plot.plot(frame({
			width, marginLeft: left + 44, marginRight: 24, marginTop: 8, marginBottom: 38,
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
				Plot.text(names, { fy: (n) => n, frameAnchor: "left", textAnchor: "end", dx: -44, text: cut(left),
				                   fill: "currentColor" }),
				Plot.tip(rows, Plot.pointerX({ x: (r) => (r.t0 + r.t1) / 2, fy: "name", title: tip,
				                               frameAnchor: "top", className: "tip" })),
			],
		}));
	}

	return { human, change, digits, dots, ratios, cdf, threads, timeline };
})();
