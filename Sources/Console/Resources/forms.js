// Forms that change something: `<form method="dialog" data-call="PATCH" data-path="/v1/…">`. By that method
// a browser itself sends nothing: as long as this script is missing, what was typed, such as a password,
// would otherwise get into the page's address.
//
// With `data-preview`, a change is first tried (dryRun=true). If it has consequences, they are shown in
// numbers, and the same button, now saying what it does, makes it (confirm=true). Each form's request
// has one id until it is answered: whatever happens to the connection, it is done once.
import { call, newRequestID, Refusal, Unreachable } from "./api.js";
import { refresh } from "./regions.js";
import { announce, announceLater, announceWhatIsLeft } from "./toasts.js";
import { undo } from "./undo.js";

export function watchForms() {
    announceWhatIsLeft();
    document.addEventListener("submit", async (event) => {
        const form = event.target.closest("form[data-call]");
        if (!form) return;
        event.preventDefault();
        if (form.dataset.busy) return;
        await submit(form, event.submitter);
    });
    // What was shown of consequences belongs to what was typed then.
    document.addEventListener("input", (event) => reset(event.target.closest("form[data-call]")));
    document.addEventListener("console:open", (event) => reset(event.target), true);
}

function reset(form) {
    if (!form) return;
    delete form.dataset.requestId;
    delete form.dataset.confirmed;
    form.querySelector(".failure")?.replaceChildren();
    for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    form.querySelector(".consequence")?.replaceChildren();
    const button = form.querySelector("button[type=submit], button.primary");
    if (button?.dataset.label) {
        button.textContent = button.dataset.label;
        button.classList.toggle("danger", button.dataset.danger === "true");
        delete button.dataset.label;
        delete button.dataset.danger;
    }
}

async function submit(form, submitter) {
    const failure = form.querySelector(".failure");
    failure?.replaceChildren();
    let body;
    try {
        body = contents(form);
    } catch (error) {
        return failure?.append(error.message);
    }
    form.dataset.busy = "true";
    const button = submitter ?? form.querySelector("button[type=submit]");
    button?.setAttribute("aria-busy", "true");
    try {
        await make(form, body, button);
    } catch (error) {
        fail(form, error, failure);
    } finally {
        delete form.dataset.busy;
        button?.removeAttribute("aria-busy");
    }
}

async function make(form, body, button) {
    const { call: method, path } = form.dataset;
    const query = {};
    // A request without an answer may have been done: it is sent once more as it was, and not tried.
    if ("preview" in form.dataset && !form.dataset.confirmed && !form.dataset.requestId) {
        const tried = await call(method, path, { body, query: { dryRun: "true" } });
        if (show(tried.effect, form, button)) return;
    }
    if (form.dataset.confirmed || "confirmed" in form.dataset) query.confirm = "true";
    form.dataset.requestId ??= newRequestID();
    const answer = await call(method, path, { body, query, requestID: form.dataset.requestId });
    delete form.dataset.requestId;
    await finish(form, answer);
}

/** @returns whether there is something to decide on. */
function show(effect, form, button) {
    const place = form.querySelector(".consequence");
    if (!effect || !place) return false;
    const reasons = effect.needsConfirmation ?? [];
    const warnings = effect.warnings ?? [];
    if (!effect.closesSessions && !reasons.length && !warnings.length) return false;
    place.replaceChildren();
    const box = element("div", { className: `notice ${reasons.length || effect.closesSessions ? "bad" : "warn"}` });
    const inside = element("div", { role: "alert" });
    box.append(inside);
    for (const reason of reasons) inside.append(paragraph(sentence(reason), "strong"));
    if (effect.closesSessions) {
        const number = effect.closesSessions;
        inside.append(paragraph(`This closes ${number} live session${number === 1 ? "" : "s"}.`, "strong"));
        const list = element("ul");
        const named = (effect.sessions ?? []).slice(0, 5);
        for (const { session } of named) {
            const line = element("li");
            line.append(element("code", { textContent: session.client ?? session.peer }), ` at ${session.listener}`);
            list.append(line);
        }
        if (number > named.length) list.append(element("li", { textContent: `and ${number - named.length} more` }));
        if (named.length) inside.append(list);
    }
    for (const warning of warnings) inside.append(paragraph(sentence(warning)));
    place.append(box);
    form.dataset.confirmed = "true";
    if (button) {
        button.dataset.label ??= button.textContent;
        button.dataset.danger ??= String(button.classList.contains("danger"));
        button.textContent = effect.closesSessions
            ? `${button.dataset.label} and close ${effect.closesSessions}` : `${button.dataset.label} anyway`;
        button.classList.toggle("danger", Boolean(reasons.length || effect.closesSessions));
    }
    return true;
}

async function finish(form, answer) {
    if (answer?.delivered === false) {
        throw new Refusal(200, { message: `Not delivered: ${answer.error ?? `the receiver answered ${answer.status}`}.` });
    }
    const said = saying(form, answer);
    form.dispatchEvent(new CustomEvent("console:done", { detail: answer, bubbles: true }));
    if ("keepsOpen" in form.dataset) return;
    const dialog = form.closest("dialog");
    dialog?.close();
    if (form.dataset.shows && answer[form.dataset.shows]) return reveal(answer[form.dataset.shows], form);
    if (form.dataset.leads) {
        if (said) announceLater(said);
        return location.assign(form.dataset.leads);
    }
    await refresh();
    dialog?.returnFocus?.();
    if (said) announce(said, undoing(form, answer));
    form.reset();
    reset(form);
}

/** What was done, in the past tense. */
function saying(form, answer) {
    const { done, doneEnabled, doneDisabled } = form.dataset;
    if (!doneEnabled || answer?.entry?.enabled === undefined) return done;
    return `${answer.entry.enabled ? doneEnabled : doneDisabled} ${answer.entry.cidr}`;
}

/** A button that undoes it, if an entry was disabled, enabled or removed. */
function undoing(form, answer) {
    if (!("undoable" in form.dataset) || !answer?.entry) return undefined;
    const { call: method, path, listPath, service } = form.dataset;
    return undo([{ method, path, listPath, service, entry: answer.entry }]);
}

/** Shows what is answered only once, until the person has stored it. */
function reveal(secret, form) {
    const dialog = document.getElementById("secret");
    document.getElementById("secret-title").textContent = form.dataset.secretTitle;
    dialog.querySelector("[data-secret-text]").textContent =
        `${form.dataset.secretText} Copy it now: nobody can show it again.`;
    document.getElementById("secret-value").textContent =
        Array.isArray(secret) ? secret.join("\n") : secret;
    dialog.addEventListener("close", () => {
        document.getElementById("secret-value").textContent = "";
        refresh();
    }, { once: true });
    form.reset();
    reset(form);
    dialog.showModal();
}

function fail(form, error, failure) {
    if (!(error instanceof Refusal || error instanceof Unreachable)) throw error;
    if (error instanceof Refusal) delete form.dataset.requestId;
    if (error.code === "ConfirmationRequired") {
        show({ needsConfirmation: error.data?.reasons ?? [error.message] }, form,
            form.querySelector("button[type=submit]"));
        return;
    }
    failure?.append(named(form, error.message));
    for (const fault of (error.data?.errors ?? []).slice(0, 20)) {
        const line = fault.line ? `Line ${fault.line}: ${fault.message}` : fault.message;
        failure?.append(element("div", { textContent: `${line}${fault.text ? ` – ${fault.text}` : ""}` }));
    }
    form.dispatchEvent(new CustomEvent("console:failed", { detail: error, bubbles: true }));
}

/** A message about a field, which begins with its name, with its label instead; the field gets the focus. */
function named(form, message) {
    const [, name, rest] = /^([A-Za-z]+): (.+)$/s.exec(message) ?? [];
    const field = name && form.elements.namedItem(name);
    const label = field?.labels?.[0];
    if (!label) return message;
    field.setAttribute("aria-invalid", "true");
    field.focus();
    return `${label.textContent.trim()}: ${rest}`;
}

/** What a form's fields say, as JSON: by their names, `data-type`, `data-prefix`, and `data-empty="null"`. */
export function contents(form) {
    const body = {};
    let hasAny = false;
    for (const field of form.elements) {
        if (!field.name || field.disabled || field.type === "submit") continue;
        if (field.type === "radio" && !field.checked) continue;
        hasAny = true;
        const value = read(field);
        if (value !== undefined) body[field.name] = value;
    }
    return hasAny || form.dataset.call !== "DELETE" ? (hasAny ? body : undefined) : undefined;
}

function read(field) {
    if (field.type === "checkbox") return field.checked;
    const text = field.value.trim();
    if (text === "") return field.dataset.empty === "null" ? null : undefined;
    switch (field.dataset.type ?? field.type) {
        case "number": return Number(text);
        case "boolean": return text === "true";
        case "datetime-local": return new Date(text).toISOString().replace(/\.\d+Z$/, "Z");
        case "list": return text.split(/[\s,]+/);
        case "password": return field.value;
        case "raw": return field.value;
        // An endpoint's id, which may not say of which cloud it is.
        default: return field.dataset.prefix && !text.includes(":") ? field.dataset.prefix + text : text;
    }
}

function element(name, properties = {}) {
    return Object.assign(document.createElement(name), properties);
}

function paragraph(text, inside) {
    const paragraph = element("p");
    paragraph.append(inside ? element(inside, { textContent: text }) : text);
    return paragraph;
}

function sentence(text) {
    const first = text.charAt(0).toUpperCase() + text.slice(1);
    return /[.!?)]$/.test(first) ? first : `${first}.`;
}
