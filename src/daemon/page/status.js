/*
 * status.js - asks the server how it is, every two seconds, and shows it.
 *
 * It reads `status` (how it is) and `history` (samples of 5 s, of the last 15 minutes: the server
 * keeps them), both beside the page, so that it works behind a proxy under any path. What came from
 * a peer or a certificate is text and never becomes markup: nothing here can make markup of
 * a text, and the policy of the page (Trusted Types) would not let it.
 */
"use strict";

const ASK_MS = 2000;       /* between two questions */
const PATIENCE_MS = 5000;  /* for an answer */
const SILENT_MS = 6000;    /* since the last answer: then it is said */
const SPAN_MS = 900000;    /* what the plots show */
const DAYS_WARNING = 14;   /* of a certificate */
const SVG = "http://www.w3.org/2000/svg";

const $ = id => document.getElementById(id);

/* An element with attributes and children; texts are texts. */
function make(tag, attributes = {}, ...children) {
    const svg = ["svg", "path", "line", "text", "circle"].includes(tag);
    const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);

    for (const [name, value] of Object.entries(attributes)) {
        element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
}

/* Shows what `build` makes of the data, but only when the data has changed: focus, selection and
   screen readers stay undisturbed. */
const shown = new Map();
function show(id, data, build) {
    const key = JSON.stringify(data);

    if (shown.get(id) !== key) {
        shown.set(id, key);
        $(id).replaceChildren(...build(data));
    }
}

/* ---- words ---- */

const many = (count, one, more = one + "s") => `${number(count)} ${count === 1 ? one : more}`;

function number(value) {
    return value < 100000 ? value.toLocaleString("en", {maximumFractionDigits: 0})
        : value.toLocaleString("en", {notation: "compact", maximumSignificantDigits: 3});
}

/* 12.3 and its unit: three digits, as secho-bench prints them. */
function scaled(value, units, step = 1000) {
    let unit = 0;

    while (unit + 1 < units.length && value >= step * 0.9995) {
        value /= step;
        unit++;
    }
    const text = value >= 100 || Number.isInteger(value) ? value.toFixed(0)
        : value >= 10 ? value.toFixed(1) : value.toFixed(2);

    return [text, units[unit]];
}

const rate = value => scaled(value, ["/s", "k/s", "M/s"]);
const bytes = value => scaled(value, ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"]);
const time = us => scaled(us, ["µs", "ms", "s"]);
const count = value => [number(value), ""];
const join = ([text, unit]) => unit ? `${text} ${unit}` : text;

function duration(seconds) {
    const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
    const first = parts.findIndex(([, size]) => seconds >= size);

    if (first === -1) {
        return "0 s";
    }
    let left = Math.floor(seconds);
    const words = parts.slice(first, first + 2).map(([unit, size]) => {
        const whole = Math.floor(left / size);
        left -= whole * size;
        return whole > 0 ? `${whole} ${unit}` : "";
    });
    return words.filter(word => word).join(" ");
}

const clock = (ms, options = {}) =>
    new Date(ms).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", ...options});

const day = text => text ? text.slice(0, 10) : "never";

/* A moment (RFC 3339) for people, with its day when that is not today; and the same for programs. */
function spoken(text) {
    const when = new Date(text), today = when.toDateString() === new Date().toDateString();

    return today ? clock(when) : `${day(text)} ${clock(when, {second: undefined})}`;
}

const moment = text => make("time", {datetime: text, title: text}, spoken(text));

/* ---- what the server said ---- */

let status = null;         /* the last answer */
let answered = 0;          /* when, performance.now() */
let complaint = "";        /* why there was none since */
let samples = [];          /* {at, took, open, ..., ends: {code: n}}; at: the server's clock, ms */
const reasons = new Map(); /* code -> {failure, meaning, advice} */
let lead = 0;              /* the server's clock - ours (performance.now()) */

const serverNow = () => performance.now() + lead;
const wallOf = at => Date.now() - (serverNow() - at);

async function ask(path) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE_MS);

    try {
        const reply = await fetch(path, {cache: "no-store", signal: stop.signal});

        if (!reply.ok) {
            throw new Error(reply.status === 401 || reply.status === 403
                ? "the server wants its token: load this page again"
                : `it answers ${reply.status} to ${path.split("?")[0]}`);
        }
        return await reply.json();
    } finally {
        clearTimeout(timer);
    }
}

/* Lists, one for each figure, become samples, one for each interval. */
function take(history) {
    for (const [code, end] of Object.entries(history.ends)) {
        reasons.set(code, end);
    }
    history.at_ms.forEach((at, i) => samples.push({
        at, took: history.took_ms[i],
        open: history.open[i], connections: history.connections[i], handshakes: history.handshakes[i],
        resumed: history.resumed[i], bytes: history.bytes[i],
        median: history.handshake_median_us?.[i] ?? null, p99: history.handshake_p99_us?.[i] ?? null,
        ends: Object.entries(history.ends).map(([code, end]) => [code, end.counts[i]]).filter(([, n]) => n > 0),
    }));
    lead = history.now_ms - performance.now();
    samples = samples.filter(sample => sample.at > history.now_ms - SPAN_MS);
}

async function askHistory() {
    const since = samples.length > 0 ? samples[samples.length - 1].at : 0;
    const history = await ask(`history?since=${since}`);

    if (history.now_ms < since) { /* the machine was started anew: another clock */
        samples = [];
        take(await ask("history?since=0"));
    } else {
        take(history);
    }
}

const failuresOf = sample => sample.ends.reduce((sum, [code, n]) => sum + (reasons.get(code).failure ? n : 0), 0);

/* ---- is it well: the worst thing first. bad: somebody is not served; warn: look after it ---- */

const RANK = {good: 0, warn: 1, bad: 2};

function certificateProblems(listener) {
    return listener.certificates.filter(one => one.days_left < DAYS_WARNING).map(one => ({
        level: one.days_left < 0 ? "bad" : "warn",
        text: one.days_left < 0 ? "A certificate has expired" : `A certificate expires in ${many(one.days_left, "day")}`,
        more: `Listener ${listener.name}: ${one.subject}, until ${spoken(one.not_after)}. Put a new one in place and reload.`,
    }));
}

function workerProblems(generation) {
    const missing = generation.workers.filter(one => one.state === "away" || one.state === "starts").length;

    return generation.state !== "serves" || missing === 0 ? [] : [{
        level: missing === generation.workers.length ? "bad" : "warn",
        text: `${missing} of ${many(generation.workers.length, "worker")} ${missing === 1 ? "is" : "are"} not serving`,
        more: "Others take their new connections meanwhile. The log says why (worker_exit).",
    }];
}

function reloadProblems(reload) {
    return reload === null || reload.ok ? [] : [{
        level: "warn",
        text: status.ready ? "Serving, but the last reload failed" : "The last reload failed",
        more: `That was at ${spoken(reload.when)}. ${status.ready ? "The configuration before it serves on. " : ""}What was wrong:`,
        lines: reload.lines.length > 0 ? reload.lines : ["The log says why (reload_failed)."],
    }];
}

function readinessProblems() {
    if (status.draining) {
        return [{level: "warn", text: "The server drains: it is about to end",
                 more: "It was told to stop (SIGTERM). It takes its leave of its connections; /readyz tells load balancers to go elsewhere."}];
    }
    return status.ready ? [] : [{level: "bad", text: "Nobody serves", more: "No generation of workers is ready. The log says why."}];
}

function problems() {
    return [...readinessProblems(), ...reloadProblems(status.last_reload),
            ...status.generations.flatMap(workerProblems), ...status.listeners.flatMap(certificateProblems)]
        .sort((a, b) => RANK[b.level] - RANK[a.level]);
}

/* What came in the last minute, in a sentence: no alarm, but good to know. */
function lastMinute() {
    const recent = samples.filter(sample => sample.at > serverNow() - 60000);
    const sums = new Map();

    for (const [code, n] of recent.flatMap(sample => sample.ends)) {
        if (reasons.get(code).failure) {
            sums.set(code, (sums.get(code) || 0) + n);
        }
    }
    const all = [...sums.values()].reduce((a, b) => a + b, 0);
    const worst = [...sums].sort((a, b) => b[1] - a[1]).slice(0, 3).map(([code, n]) => `${number(n)} ${code}`);

    return all === 0 ? "" : ` In the last minute ${many(all, "connection")} failed: ${worst.join(", ")}${sums.size > 3 ? " and others" : ""}.`;
}

function summary() {
    const serving = status.generations.find(one => one.state === "serves");
    const parts = [many(status.listeners.length, "listener")];

    if (serving) {
        parts.push(many(serving.workers.length, "worker"), `generation ${serving.number}`);
    }
    return `${parts.join(", ")}, up for ${duration(status.uptime_s)}.${lastMinute()}`;
}

const SIGNS = {good: "✓", warn: "!", bad: "✗", unknown: "…"};

/* The tab shows it, too: a coloured sign. */
function showSign(level) {
    const colour = {good: "#15803d", warn: "#b45309", bad: "#b91c1c", unknown: "#5b6876"}[level];
    const icon = `<svg xmlns="${SVG}" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="${colour}"/>` +
        `<text x="16" y="24" font-size="22" font-family="sans-serif" fill="#fff" text-anchor="middle">${SIGNS[level]}</text></svg>`;

    $("icon").href = "data:image/svg+xml," + encodeURIComponent(icon);
    $("sign").textContent = SIGNS[level];
}

function showVerdict(level, headline, about, list) {
    const set = (id, text) => {
        if ($(id).textContent !== text) {
            $(id).textContent = text;
        }
    };

    if (!$("verdict").classList.contains(level)) {
        $("verdict").className = `verdict ${level}`;
        showSign(level);
    }
    set("headline", headline);
    set("summary", about);
    document.title = `${SIGNS[level]} ${headline} - secho at ${location.host}`;
    show("problems", list, () => list.map(one => make("li", {},
        ...(one.text === headline ? [] : [make("strong", {}, one.text)]), one.more,
        ...(one.lines || []).map(line => make("code", {}, line)))));
}

/* Called each second: silence has no event of its own. */
function judge() {
    const silent = performance.now() - answered;

    document.body.classList.toggle("old", silent > SILENT_MS && status !== null);
    if (silent > SILENT_MS) {
        const age = Math.round(silent / 1000);

        showVerdict("bad", status ? `No answer since ${age < 120 ? `${age} s` : duration(age)}` : "No answer",
            `${complaint ? `The browser says: ${complaint}. ` : ""}` +
            (status ? `What stands below is of ${clock(Date.now() - silent)}. ` : "") +
            "Is the server gone, or the way to it? Its log says why it ended; this page goes on asking.", []);
    } else if (status !== null) {
        const list = problems();

        if (list.length === 0) {
            showVerdict("good", "Ready, and all is well", summary(), []);
        } else {
            showVerdict(list[0].level, list[0].text, summary(), list);
        }
    }
}

/* ---- plots ---- */

const perSecond = name => sample => sample[name] * 1000 / sample.took;

const PLOTS = [
    {id: "open", title: "Connections open", value: sample => sample.open, format: count, whole: true},
    {id: "connections", title: "New connections", value: perSecond("connections"), format: rate},
    {id: "failures", title: "Failures", value: sample => failuresOf(sample) * 1000 / sample.took, format: rate, wrong: true,
     beside: () => `${number(samples.reduce((sum, sample) => sum + failuresOf(sample), 0))} in 15 minutes`},
    {id: "handshakes", title: "Handshakes", value: perSecond("handshakes"), format: rate, beside: resumedShare},
    {id: "time", title: "Handshake time: median", value: sample => sample.median, second: sample => sample.p99, format: time},
    {id: "echo", title: "Echo", value: perSecond("bytes"), format: bytes},
];
const LEFT = 58, RIGHT = 8, TOP = 30, BOTTOM = 22, HEIGHT = 160, TICK_MS = 300000;
let cursor = null; /* the sample that is read, its `at`; null: the newest */

function resumedShare() {
    const all = samples.reduce((sum, sample) => sum + sample.handshakes, 0);
    const resumed = samples.reduce((sum, sample) => sum + sample.resumed, 0);

    return all === 0 ? "" : `${Math.round(resumed * 100 / all)} % resumed in 15 minutes`;
}

const indexOfCursor = () => {
    const found = samples.findIndex(sample => sample.at === cursor);

    return found === -1 ? samples.length - 1 : found;
};

/* 1, 2 or 5 times a power of ten, so that two to four lines are drawn. */
function stepOf(high, whole) {
    const rough = high / 4.5, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(factor => factor * power).find(one => one >= rough * 0.999);

    return whole ? Math.max(1, step) : step;
}

/* Each sample is as wide as its interval; where one is missing the line is broken. */
function outline(value, x, y) {
    const runs = [];
    let last = null;

    for (const sample of samples) {
        const v = value(sample);

        if (v === null) {
            last = null;
            continue;
        }
        const from = Math.max(LEFT, x(sample.at - sample.took));

        if (last === null || sample.at - sample.took > last.at + 100) {
            runs.push({from, points: ""});
        }
        const run = runs[runs.length - 1];

        run.points += `${run.points ? "L" : "M"}${from.toFixed(1)} ${y(v).toFixed(1)}H${x(sample.at).toFixed(1)}`;
        run.to = x(sample.at);
        last = sample;
    }
    return runs;
}

/* Reloads of these 15 minutes, as [ms ago, word]. */
function marks() {
    if (status === null) {
        return [];
    }
    const now = Date.parse(status.started) + status.uptime_s * 1000;
    const list = status.generations.filter(one => one.state === "serves" && one.number > 1)
        .map(one => [now - Date.parse(one.since), `generation ${one.number}`]);

    if (status.last_reload && !status.last_reload.ok) {
        list.push([now - Date.parse(status.last_reload.when), "reload failed"]);
    }
    return list.filter(([ago]) => ago >= 0 && ago < SPAN_MS);
}

function drawFrame(svg, plot, width, scale, x, y) {
    const bottom = HEIGHT - BOTTOM;

    for (let tick = 0; tick <= scale.high * 1.0001; tick += scale.step) {
        svg.append(make("line", {class: tick === 0 ? "axis" : "grid", x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick)}),
            make("text", {x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end"}, tick === 0 ? "0" : join(plot.format(tick))));
    }
    for (let back = Date.now() % TICK_MS; back < SPAN_MS; back += TICK_MS) { /* 03:05, 03:10 and so on */
        const at = x(serverNow() - back);

        svg.append(make("line", {class: "axis", x1: at, x2: at, y1: bottom, y2: bottom + 4}));
        if (at > LEFT && at < width - 18) {
            svg.append(make("text", {x: at, y: bottom + 17, "text-anchor": "middle"}, clock(Date.now() - back, {second: undefined})));
        }
    }
}

function drawMarks(svg, width, x) {
    for (const [i, [ago, word]] of marks().entries()) {
        const at = x(serverNow() - ago), late = at > width - 100;

        svg.append(make("line", {class: "mark", x1: at, x2: at, y1: 2, y2: HEIGHT - BOTTOM}),
            make("text", {class: "note", x: late ? at - 4 : at + 4, y: 11 + 13 * i, "text-anchor": late ? "end" : "start"}, word));
    }
}

function drawCursor(svg, plot, x, y) {
    const sample = samples[indexOfCursor()];

    if (cursor === null || !sample || plot.value(sample) === null) {
        return;
    }
    const at = x(sample.at - sample.took / 2);

    svg.append(make("line", {class: "cursor", x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM}),
        make("circle", {class: "dot", cx: at, cy: y(plot.value(sample)), r: 3.5}));
}

function draw(plot) {
    const width = Math.max(200, plot.box.clientWidth);
    const svg = make("svg", {viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, "aria-hidden": "true", class: plot.wrong ? "wrong" : ""});
    const most = Math.max(0, ...samples.flatMap(one => [plot.value(one) || 0, plot.second ? plot.second(one) || 0 : 0]));
    const high = most > 0 ? most : plot.format === time ? 1000 : 1;
    const scale = {high: high * 1.05, step: stepOf(high * 1.05, plot.whole)};
    const x = at => width - RIGHT - (serverNow() - at) / SPAN_MS * (width - LEFT - RIGHT);
    const y = v => HEIGHT - BOTTOM - v / scale.high * (HEIGHT - TOP - BOTTOM);

    drawFrame(svg, plot, width, scale, x, y);
    for (const run of outline(plot.value, x, y)) {
        svg.append(make("path", {class: "area", d: `${run.points}V${y(0)}H${run.from.toFixed(1)}Z`}),
            make("path", {class: "line", d: run.points}));
    }
    if (plot.second) {
        svg.append(make("path", {class: "second", d: outline(plot.second, x, y).map(run => run.points).join("")}));
    }
    drawMarks(svg, width, x);
    drawCursor(svg, plot, x, y);
    if (samples.length === 0) {
        svg.append(make("text", {class: "empty", x: (LEFT + width) / 2, y: HEIGHT / 2, "text-anchor": "middle"}, "the first sample comes in 5 s"));
    }
    plot.box.replaceChildren(svg);
}

/* The big number above a plot, and what a screen reader says of it. */
function tell(plot) {
    const sample = samples[indexOfCursor()];
    const say = (value, word = "") => value === null ? "none" + word : join(plot.format(value)) + word;

    if (!sample) {
        plot.now.replaceChildren("–");
        return;
    }
    const value = plot.value(sample), [text, unit] = value === null ? ["–", ""] : plot.format(value);
    const when = cursor === null ? "" : `at ${clock(wallOf(sample.at))}`;
    const second = plot.second ? `99 % below ${say(plot.second(sample))}` : "";

    plot.now.replaceChildren(text, ...(unit ? [make("small", {}, unit)] : []));
    plot.beside.replaceChildren(...(plot.second
        ? [make("span", {class: "key"}), "median", make("span", {class: "key thin"}), second, when ? `, ${when}` : ""]
        : [when || (plot.beside_text ? plot.beside_text() : "")]));
    plot.box.setAttribute("aria-valuenow", indexOfCursor());
    plot.box.setAttribute("aria-valuemax", Math.max(0, samples.length - 1));
    plot.box.setAttribute("aria-valuetext", `${clock(wallOf(sample.at))}: ${say(value)}${second ? `, ${second}` : ""}`);
}

function drawAll() {
    for (const plot of PLOTS) {
        draw(plot);
        tell(plot);
    }
    const first = samples[0];
    const since = first && first.at - first.took > serverNow() - SPAN_MS + 15000
        ? ` The history begins at ${clock(wallOf(first.at - first.took))}: the admin process was started then.` : "";

    $("plot-time").hidden = samples.every(sample => sample.median === null);
    show("plots-note", since, text => ["Samples of 5 seconds, all listeners together." + text]);
}

/* ---- to read single samples: one cursor for all plots ---- */

function moveTo(index) {
    cursor = samples.length > 0 ? samples[Math.min(Math.max(index, 0), samples.length - 1)].at : null;
    drawAll();
}

function onKey(event) {
    const last = samples.length - 1, at = indexOfCursor();
    const to = {ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1,
                PageDown: at - 12, PageUp: at + 12, Home: 0, End: last}[event.key];

    if (event.key === "Escape") {
        cursor = null;
        drawAll();
    } else if (to !== undefined) {
        event.preventDefault();
        moveTo(to);
    }
}

function onPointer(event) {
    const box = event.currentTarget.getBoundingClientRect();
    const at = serverNow() - (box.right - RIGHT - event.clientX) / (box.width - LEFT - RIGHT) * SPAN_MS;
    const index = samples.findIndex(sample => sample.at >= at);

    moveTo(index === -1 ? samples.length - 1 : index);
}

function forget() {
    cursor = null;
    drawAll();
}

function buildPlots() {
    for (const plot of PLOTS) {
        plot.now = make("p", {class: "now", id: `now-${plot.id}`});
        plot.beside_text = plot.beside;
        plot.beside = make("p", {class: "soft beside"});
        plot.box = make("div", {class: "plot", tabindex: 0, role: "slider", "aria-label": `${plot.title}, sample by sample`,
                                "aria-valuemin": 0, "aria-valuemax": 0, "aria-valuenow": 0, "aria-valuetext": "no sample yet"});
        plot.box.addEventListener("keydown", onKey);
        plot.box.addEventListener("pointermove", onPointer);
        plot.box.addEventListener("pointerleave", forget);
        plot.box.addEventListener("blur", forget);
        $("plots").append(make("figure", {id: `plot-${plot.id}`},
            make("figcaption", {}, make("h3", {}, plot.title), plot.now, plot.beside), plot.box));
    }
    new ResizeObserver(drawAll).observe($("plots"));
}

/* ---- tables ---- */

/* Its label stands before it where there is no head above it: on small screens. */
const cell = (text, name = "", label = "") => make("td", {class: name, role: "cell", "data-label": label}, text);
const none = text => [make("p", {class: "none"}, text)];

/* Roles are said, because small screens show rows as blocks and then browsers forget them. */
function table(caption, heads, rows) {
    return make("table", {class: "blocks", role: "table", "aria-label": caption},
        make("thead", {role: "rowgroup"}, make("tr", {role: "row"},
            ...heads.map(([text, name = ""]) => make("th", {scope: "col", role: "columnheader", class: name}, text)))),
        make("tbody", {role: "rowgroup"}, ...rows.map(cells => make("tr", {role: "row"}, ...cells))));
}

/* A reason's own small plot: its bars over the 15 minutes. */
function spark(values) {
    const most = Math.max(...values.map(([, n]) => n)), width = 150, height = 28;
    const bars = values.map(([at, n]) => {
        const x = width * (1 - (serverNow() - at) / SPAN_MS), high = Math.max(2, n / most * (height - 2));

        return `M${x.toFixed(1)} ${height - 1}v${-high.toFixed(1)}`;
    });

    return make("svg", {viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: "wrong", "aria-hidden": "true"},
        make("line", {class: "grid", x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5}),
        make("path", {class: "line", d: bars.join("")}));
}

function showFailures() {
    const rows = new Map();

    for (const sample of samples) {
        for (const [code, n] of sample.ends) {
            if (reasons.get(code).failure) {
                rows.set(code, [...(rows.get(code) || []), [sample.at, n]]);
            }
        }
    }
    const sum = values => values.reduce((total, [, n]) => total + n, 0);

    const sums = [...rows].map(([code, values]) => [code, sum(values)]).sort((a, b) => b[1] - a[1]);

    show("failures", [sums, samples.length > 0], () => sums.length === 0
        ? none(samples.length > 0 ? "None." : "No sample yet.")
        : [table("failures by reason", [["reason"], ["how many", "right"], ["when", "spark"], ["what it means, what to do"]],
            sums.map(([code, n]) => [
                make("th", {scope: "row", role: "rowheader", class: "tight"}, make("code", {class: "tag bad"}, code)),
                cell(number(n), "right"),
                make("td", {class: "spark", role: "cell", id: `spark-${code}`}),
                make("td", {class: "whole", role: "cell"}, reasons.get(code).meaning, make("span", {class: "advice"}, reasons.get(code).advice)),
            ]))]);
    for (const [code, values] of rows) {
        $(`spark-${code}`).replaceChildren(spark(values)); /* it moves while the numbers stand */
    }
}

function daysLeft(days) {
    if (days < 0) {
        return make("span", {class: "tag bad"}, `✗ expired ${many(-days, "day")} ago`);
    }
    return days < DAYS_WARNING ? make("span", {class: "tag warn"}, `! ${many(days, "day")} left`)
        : make("span", {class: "tag good"}, `✓ ${many(days, "day")} left`);
}

/* What it has counted since the server was started. */
function figuresOf(one) {
    const failed = Object.values(one.handshake_failures || {}).reduce((sum, n) => sum + n, 0);

    return one.connections_open === undefined ? "" : `${many(one.connections_open, "connection")} open, ${number(one.connections_total)} ever` +
        (one.transport === "tls" ? `; ${many(one.handshakes, "handshake")}, ${number(failed)} failed` : "");
}

function listenerEntry(one) {
    const host = one.address.includes(":") ? `[${one.address}]` : one.address;

    return make("div", {class: "entry"}, make("h3", {}, one.name, " ", make("span", {class: "soft"}, `${one.transport} on ${host}:${one.port}`)),
        make("p", {class: "soft number", id: `figures-${one.name}`}),
        ...(one.certificates.length === 0 ? [make("p", {class: "soft"}, "no certificate")]
            : [table(`certificates of ${one.name}`, [["certificate"], ["until"], ["left"]], one.certificates.map(certificate => [
                make("td", {role: "cell", class: "whole"}, certificate.subject || "(no subject)",
                    make("span", {class: "advice"}, [certificate.names, certificate.serial && `serial ${certificate.serial}`].filter(text => text).join("; "))),
                make("td", {role: "cell", class: "tight"}, make("time", {datetime: certificate.not_after, title: certificate.not_after}, day(certificate.not_after))),
                make("td", {role: "cell", class: "tight"}, daysLeft(certificate.days_left))]))]));
}

const WORDS = {serves: "✓ serves", away: "✗ away", starts: "… starts", leaves: "→ leaves"};

function generationEntry(one) {
    return make("div", {class: "entry"},
        make("h3", {}, `Generation ${one.number} `, make("span", {class: "soft"}, `${one.state} since `, moment(one.since),
            one.leader > 0 ? `, leader ${one.leader}` : "")),
        one.workers.length === 0 ? make("p", {class: "soft"}, "no workers yet")
            : table(`workers of generation ${one.number}`, [["process"], ["state"], ["since"], ["restarts", "right"]], one.workers.map(worker => [
                cell(worker.pid > 0 ? String(worker.pid) : "none", "number"),
                make("td", {role: "cell"}, make("span", {class: `tag ${worker.state === "serves" ? "good" : worker.state === "away" ? "bad" : "warn"}`},
                    WORDS[worker.state] || worker.state)),
                make("td", {role: "cell", class: "tight"}, worker.since ? moment(worker.since) : "–"),
                cell(number(worker.restarts), "right", "restarts")])));
}

/* ---- the latest ends ---- */

function endRow(one) {
    return [make("td", {role: "cell", class: "tight"}, moment(one.time)),
            make("td", {role: "cell"}, make("code", {class: `tag ${one.failure ? "bad" : "good"}`}, `${one.failure ? "✗" : "✓"} ${one.end}`)),
            cell(one.listener), cell([one.peer, one.sni].filter(text => text).join(", "), "number peer"),
            make("td", {role: "cell", class: "whole"}, one.why)];
}

function showEnds() {
    const list = (status.ends || []).filter(one => one.failure || !$("failures-only").checked);

    show("ends", list, () => list.length === 0 ? none($("failures-only").checked ? "No failure among them." : "None yet.")
        : [table("latest ends", [["when"], ["end"], ["listener"], ["peer"], ["what happened, what to do"]], list.map(endRow))]);
}

/* ---- all of it ---- */

function showStatus() {
    const order = {serves: 0, loads: 1, retires: 2, drains: 3};
    const generations = [...status.generations].sort((a, b) => order[a.state] - order[b.state] || b.number - a.number);

    show("place", status.configuration, text => [`at ${location.host}, ${text}`]);
    show("listeners", status.listeners.map(({name, transport, address, port, certificates}) => ({name, transport, address, port, certificates})),
        list => list.length > 0 ? list.map(listenerEntry) : none("None: nobody serves."));
    for (const one of status.listeners) {
        $(`figures-${one.name}`).textContent = figuresOf(one); /* they change all the time */
    }
    show("workers", [generations, status.worker_restarts], () => [...generations.map(generationEntry),
        make("p", {class: "soft entry"}, `${many(status.worker_restarts, "worker")} had to be replaced since the start.`)]);
    show("about", [status.version, status.openssl, status.pid, status.log_level, status.reloads_ok, status.reloads_failed],
        () => [`secho ${status.version}, ${status.openssl}, process ${status.pid}, log level ${status.log_level}, ` +
               `${many(status.reloads_ok, "reload")}, ${number(status.reloads_failed)} failed. Up since `, moment(status.started), "."]);
    $("latest").hidden = status.ends === undefined; /* of a server that does not keep them */
    if (!$("hold").checked) {
        showEnds();
    }
}

function showAll() {
    judge();
    if (status !== null) {
        drawAll();
        showFailures();
        showStatus();
    }
}

async function askAll() {
    try {
        const answer = await ask("status");

        await askHistory();
        status = answer;
        answered = performance.now();
        complaint = "";
        showAll();
    } catch (error) {
        complaint = error.name === "AbortError" ? `no answer within ${PATIENCE_MS / 1000} s` : error.message;
    }
    setTimeout(askAll, ASK_MS);
}

buildPlots();
showSign("unknown");
$("choices").addEventListener("change", () => status !== null && showStatus());
$("choices").addEventListener("submit", event => event.preventDefault());
setInterval(judge, 1000);
askAll();
