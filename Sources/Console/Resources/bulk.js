// Several rows at once: a box in each row (`data-selects`), one for all of this page (`data-selects-all`),
// and a bar with what can be done to them (`data-bulk`): `<button data-does="remove" data-method="DELETE"
// data-verb="Remove" data-done="Removed">`. Before it is done, a dialog says which sessions it would
// close; then the calls are made one after another.
import { call, newRequestID, Refusal, Unreachable } from "./api.js";
import { refresh } from "./regions.js";
import { announce, tell } from "./toasts.js";
import { undo } from "./undo.js";

/** As many are named; the others are counted. */
const namedLimit = 6;

export function watchSelection() {
    const bar = document.querySelector("[data-bulk]");
    const dialog = document.getElementById("bulk");
    if (!bar || !dialog) return;
    let last;
    document.addEventListener("click", (event) => {
        const box = event.target.closest("[data-selects]");
        if (box) {
            // With the shift key, all rows between.
            if (event.shiftKey && last?.isConnected) range(last, box);
            last = box;
        }
        if (event.target.closest("[data-selects-none]")) clear();
        const button = event.target.closest("[data-bulk] [data-does]");
        if (button) ask(dialog, button, selected().filter((row) => fits(button, row)));
    });
    document.addEventListener("change", (event) => {
        if (event.target.matches("[data-selects-all]")) {
            for (const box of boxes()) box.checked = event.target.checked;
        }
        if (event.target.matches("[data-selects-all], [data-selects]")) count(bar);
    });
    document.addEventListener("console:refreshed", () => count(bar));
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !bar.hidden && !document.querySelector("dialog[open]")) clear();
    });
    // A page that is reloaded remembers its boxes.
    count(bar);

    function clear() {
        for (const box of boxes()) box.checked = false;
        count(bar);
        boxes()[0]?.focus();
    }
}

function boxes() {
    return Array.from(document.querySelectorAll("[data-selects]"));
}

function selected() {
    return boxes().filter((box) => box.checked).map((box) => ({ box, ...box.dataset }));
}

function fits(button, row) {
    return !button.dataset.enabled || row.enabled !== button.dataset.enabled;
}

function range(from, to) {
    const all = boxes();
    const [first, last] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
    for (const box of all.slice(first, last + 1)) box.checked = to.checked;
}

function count(bar) {
    const all = boxes();
    const rows = selected();
    for (const box of all) box.closest("tr").classList.toggle("selected", box.checked);
    const head = document.querySelector("[data-selects-all]");
    if (head) {
        head.checked = rows.length > 0 && rows.length === all.length;
        head.indeterminate = rows.length > 0 && rows.length < all.length;
    }
    const text = `${rows.length} selected`;
    const label = bar.querySelector("[data-count]");
    if (label.textContent !== text) {
        label.textContent = text;
        if (rows.length || !bar.hidden) tell(text);
    }
    for (const button of bar.querySelectorAll("[data-does]")) {
        button.disabled = !rows.some((row) => fits(button, row));
    }
    bar.hidden = rows.length === 0;
}

/** Tries it, shows what would follow, and does it when told so. */
async function ask(dialog, button, rows) {
    const { method, verb, done, danger } = button.dataset;
    const body = button.dataset.enabled ? { enabled: button.dataset.enabled === "true" } : undefined;
    const things = (number) => `${number} ${number === 1 ? dialog.dataset.one : dialog.dataset.many}`;
    const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
    const go = part("go");
    const progress = part("progress");
    part("title").textContent = `${verb} ${things(rows.length)}?`;
    part("names").replaceChildren(...rows.slice(0, namedLimit).map((row) => item(row.name)));
    if (rows.length > namedLimit) part("names").append(item(`and ${rows.length - namedLimit} more`, false));
    part("failure").replaceChildren();
    part("consequence").replaceChildren();
    go.textContent = verb;
    go.disabled = true;
    go.classList.toggle("danger", danger === "true");
    dialog.showModal();
    part("cancel").focus();

    const closed = new AbortController();
    dialog.addEventListener("close", () => closed.abort(), { once: true });
    const step = (index, word) => {
        progress.hidden = false;
        part("step").textContent = `${word} ${index + 1} of ${rows.length}`;
        part("meter").max = rows.length;
        part("meter").value = index + 1;
    };
    try {
        if (dialog.dataset.tries !== undefined) {
            show(part("consequence"), await effects(rows, { method, body }, step, closed.signal));
        }
    } catch (error) {
        if (error.name === "AbortError") return;
        if (!(error instanceof Refusal || error instanceof Unreachable)) throw error;
        part("failure").textContent = error.message;
    }
    progress.hidden = true;
    if (closed.signal.aborted) return;
    go.disabled = false;
    go.addEventListener("click", async () => {
        go.disabled = true;
        const changes = [];
        const failures = [];
        for (const [index, row] of rows.entries()) {
            if (closed.signal.aborted) break;
            step(index, verb);
            try {
                const query = dialog.dataset.tries === undefined ? {} : { confirm: "true" };
                const answer = await call(method, row.path, { body, query, requestID: newRequestID() });
                changes.push({ method, ...row, entry: answer.entry });
                row.box.checked = false;
            } catch (error) {
                if (!(error instanceof Refusal || error instanceof Unreachable)) throw error;
                failures.push({ name: row.name, message: error.message });
            }
        }
        progress.hidden = true;
        await refresh();
        if (changes.length) {
            const canUndo = changes.every((change) => change.entry);
            announce(`${done} ${things(changes.length)}`, canUndo ? undo(changes) : undefined);
        }
        if (!failures.length) {
            dialog.close();
            focusTable();
            return;
        }
        part("failure").replaceChildren(`${things(failures.length)} could not be changed:`);
        const list = document.createElement("ul");
        list.append(...failures.map(({ name, message }) => item(`${name}: ${message}`, false)));
        part("failure").append(list);
    }, { signal: closed.signal });
}

async function effects(rows, { method, body }, step, signal) {
    const sum = { sessions: new Map(), closes: 0, reasons: new Set(), warnings: new Set() };
    for (const [index, row] of rows.entries()) {
        step(index, "Checking");
        const { effect } = await call(method, row.path, { body, query: { dryRun: "true" }, signal });
        if (!effect) continue;
        for (const { session } of effect.sessions ?? []) sum.sessions.set(session.connection, session);
        // Only the first ones are listed; the others are counted.
        sum.closes += effect.closesSessions - (effect.sessions ?? []).length;
        for (const reason of effect.needsConfirmation ?? []) sum.reasons.add(reason);
        for (const warning of effect.warnings ?? []) sum.warnings.add(warning);
    }
    sum.closes += sum.sessions.size;
    return sum;
}

function show(place, { closes, sessions, reasons, warnings }) {
    const lines = [];
    for (const reason of reasons) lines.push(strong(reason));
    if (closes) {
        lines.push(strong(`This closes ${closes} live session${closes === 1 ? "" : "s"}.`));
        const list = document.createElement("ul");
        for (const session of Array.from(sessions.values()).slice(0, 5)) {
            list.append(item(`${session.client ?? session.peer} (${session.listener})`));
        }
        if (closes > 5) list.append(item(`and ${closes - 5} more`, false));
        lines.push(list);
    }
    for (const warning of Array.from(warnings).slice(0, 5)) {
        const line = document.createElement("p");
        line.textContent = warning;
        lines.push(line);
    }
    if (!lines.length) {
        const line = document.createElement("p");
        line.className = "muted";
        line.textContent = "No live session is closed.";
        place.append(line);
        return;
    }
    const box = document.createElement("div");
    box.className = `notice ${closes || reasons.size ? "bad" : "warn"}`;
    const inside = document.createElement("div");
    inside.role = "alert";
    inside.append(...lines);
    box.append(inside);
    place.append(box);
}

function focusTable() {
    (document.querySelector("[data-selects-all]") ?? document.getElementById("main")).focus();
}

function strong(text) {
    const line = document.createElement("p");
    const words = document.createElement("strong");
    words.textContent = text.charAt(0).toUpperCase() + text.slice(1);
    line.append(words);
    return line;
}

function item(text, isCode = true) {
    const line = document.createElement("li");
    if (isCode) {
        const code = document.createElement("code");
        code.textContent = text;
        line.append(code);
    } else {
        line.textContent = text;
    }
    return line;
}
