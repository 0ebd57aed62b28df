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

		return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(1)} %`;
	}

	/* Room for the longest of the labels; longer ones are cut with an ellipsis and told in full by their title. */
	const LABEL_MAX = 34;
	const cut = (text) => text.length > LABEL_MAX ? `${text.slice(0, LABEL_MAX - 1)}…` : text;
	const room = (labels) => 16 + 6.6 * d3.max(labels, (label) => Math.min(label.length, LABEL_MAX));

	const frame = (options) => ({
		style: { fontSize: `${SMALL}px`, fontFamily: "inherit", background: "transparent", overflow: "visible" },
		...options,
	});

	/* One figure of one workload: single trials as dots, the median as a tick, the interval as a bar.
	 * arms: [{name, verdict, median, low, high, tip, values: [{value, tip}]}] */
	function dots({ width, arms, unit, baseline, label }) {
		const points = arms.flatMap((arm) => arm.values.map((v, i) => ({
			arm: arm.name, verdict: arm.verdict, x: v.value, tip: v.tip, jitter: (i * 7 % 5) - 2,
		})));
		const known = arms.filter((arm) => arm.median !== null);
		const missing = arms.filter((arm) => arm.median === null);
		const spans = known.filter((arm) => arm.low !== null);
		const names = arms.map((arm) => arm.name);
		const left = Math.min(room(names), width * 0.42);
		const middle = baseline === null ? undefined : baseline;
		const spread = d3.group(points, (p) => p.jitter);

		return Plot.plot(frame({
			width, marginLeft: left, marginRight: 24, marginTop: 6, marginBottom: 34,
			height: 46 + 26 * arms.length,
			ariaLabel: label,
			x: { grid: true, nice: true, ticks: Math.max(2, Math.floor((width - left) / 90)),
			     tickFormat: (v) => human(v, unit), label: null, insetLeft: 8, insetRight: 8 },
			y: { domain: names, label: null, tickFormat: cut, tickSize: 0, padding: 0.3 },
			marks: [
				Plot.ruleX(middle === undefined ? [] : [middle],
				           { stroke: "var(--muted)", strokeDasharray: "3,3" }),
				...Array.from(spread, ([jitter, group]) => Plot.dot(group, {
					x: "x", y: "arm", r: 2.6, dy: jitter * 1.8, fill: "var(--dot)",
					fillOpacity: 0.5, className: "trial",
				})),
				...["better", "worse", "unresolved", "none", "baseline"].flatMap((verdict) => [
					Plot.link(spans.filter((a) => a.verdict === verdict), {
						x1: "low", x2: "high", y1: "name", y2: "name", strokeWidth: 5,
						strokeOpacity: 0.75, strokeLinecap: "round", stroke: `var(--${verdict})`,
						className: "interval",
					}),
					Plot.tickX(known.filter((a) => a.verdict === verdict), {
						x: "median", y: "name", strokeWidth: 3, stroke: `var(--${verdict}-ink)`,
						className: "median",
					}),
				]),
				Plot.text(missing, { frameAnchor: "left", y: "name", dx: 10, text: () => "n/a",
				                     fill: "var(--muted)" }),
				/* one mark for both, so that only the nearest speaks */
				Plot.tip([...points, ...known.map((a) => ({ x: a.median, arm: a.name, tip: a.tip }))],
				         Plot.pointer({ x: "x", y: "arm", title: "tip", maxRadius: 14, className: "tip" })),
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
		const y = tail ? { type: "log", domain: [1, least], ticks: percentiles.filter((p) => p >= least * 0.99),
		                   tickFormat: rest, label: "percentile", grid: true }
		               : { domain: [0, 1], tickFormat: "%", label: "share of operations", grid: true };

		return Plot.plot(frame({
			width, height: Math.min(380, Math.max(260, width * 0.5)), marginLeft: 64, marginRight: 20,
			marginBottom: 40, marginTop: 24, ariaLabel: label,
			x: { type: "log", tickFormat: (v) => named.test(v.toPrecision(1)) ? human(v, unit) : "", grid: true,
			     label: "latency (logarithmic)", nice: false },
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

	return { human, change, digits, dots, cdf, threads, timeline };
})();
