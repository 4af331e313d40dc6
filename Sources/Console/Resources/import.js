// Importing a list: a preview first, bound to the version that it was made of.
import { call, newRequestID, Refusal, Unreachable } from "./api.js";
import { contents } from "./forms.js";
import { announceLater } from "./toasts.js";

/** Larger files are for `sluice whitelist import`. In bytes. */
const sizeLimit = 60 * 1024 * 1024;

export function watchImport() {
    const form = document.getElementById("import-form");
    if (!form) return;
    let pending;
    document.getElementById("import-file").addEventListener("change", async (event) => {
        const file = event.target.files[0];
        if (!file) return;
        if (file.size > sizeLimit) return fail(form, `${file.name} is larger than 60 MB.`);
        form.elements.text.value = await file.text();
        hide();
    });
    form.addEventListener("input", hide);
    form.addEventListener("change", hide);
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        pending = await preview(form);
    });
    document.getElementById("import-apply").addEventListener("click", () => {
        // Only what was seen is made.
        if (pending && pending.typed !== typed(form)) hide();
        if (pending) apply(form, pending);
    });

    function hide() {
        pending = undefined;
        document.getElementById("preview").hidden = true;
    }
}

/** What the form says, to compare. */
function typed(form) {
    return JSON.stringify({ ...contents(form), text: form.elements.text.value });
}

async function preview(form) {
    fail(form, "");
    const before = typed(form);
    const body = contents(form);
    body.text = form.elements.text.value;
    try {
        const answer = await working(form, call("POST", form.dataset.path, { body, query: { dryRun: "true" } }));
        show(answer);
        body.version = answer.effect.version;
        return { body, typed: before, requestID: newRequestID(), confirms: answer.effect.needsConfirmation.length > 0 };
    } catch (error) {
        explain(form, error);
    }
}

async function apply(form, { body, requestID, confirms }) {
    try {
        const query = confirms ? { confirm: "true" } : {};
        const answer = await working(form, call("POST", form.dataset.path, { body, query, requestID }));
        announceLater(`Imported: ${answer.added} added, ${answer.changed} changed, ${answer.removed} removed`);
        location.assign(form.dataset.leads);
    } catch (error) {
        explain(form, error);
    }
}

async function working(form, promise) {
    const progress = document.getElementById("import-progress");
    progress.hidden = false;
    try {
        return await promise;
    } finally {
        progress.hidden = true;
    }
}

function show(answer) {
    const { added, changed, removed, kept, unchanged, entries, effect } = answer;
    document.getElementById("preview-summary").textContent =
        `${added} added, ${changed} changed, ${removed} removed, ${kept} kept as they are, ${unchanged} unchanged.`;
    const consequence = document.getElementById("preview-consequence");
    consequence.replaceChildren();
    const lines = [...effect.needsConfirmation, ...effect.warnings];
    const closed = effect.closesSessions;
    if (closed) lines.unshift(`This closes ${closed} live session${closed === 1 ? "" : "s"}.`);
    for (const line of lines) {
        const box = document.createElement("p");
        box.className = "notice warn";
        box.textContent = line;
        consequence.append(box);
    }
    const rows = document.getElementById("preview-rows");
    rows.replaceChildren();
    for (const entry of entries) {
        const row = rows.insertRow();
        const { action, description = "" } = entry.imported ?? entry.listed ?? {};
        const differences = entry.differences?.length ? `: ${entry.differences.map(named).join(", ")}` : "";
        const texts = [
            entry.line ?? "", entry.cidr, action === "deny" ? "Deny" : "Allow",
            entry.outcome + differences, description ?? "",
        ];
        for (const text of texts) row.insertCell().textContent = text;
    }
    const section = document.getElementById("preview");
    section.hidden = false;
    document.getElementById("preview-title").focus();
}

/** An attribute as the page calls it. */
function named(attribute) {
    return { action: "what it does", expiresAt: "ends" }[attribute] ?? attribute;
}

function explain(form, error) {
    if (!(error instanceof Refusal || error instanceof Unreachable)) throw error;
    const faults = (error.data?.errors ?? []).slice(0, 100)
        .map((fault) => `Line ${fault.line}: ${fault.message} – ${fault.text}`);
    fail(form, [error.message, ...faults].join("\n"));
}

function fail(form, text) {
    const place = form.querySelector(".failure");
    place.replaceChildren();
    for (const line of text.split("\n").filter(Boolean)) {
        const paragraph = document.createElement("div");
        paragraph.textContent = line;
        place.append(paragraph);
    }
}
