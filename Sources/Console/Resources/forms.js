// Forms that change something: `<form data-call="PATCH" data-path="/v1/…">`.
//
// With `data-preview`, a change is first tried (dryRun=true). If it has consequences, they are shown in
// numbers, and the same button, now saying what it does, makes it (confirm=true). Each form's request
// has one id until it is answered: whatever happens to the connection, it is done once.
import { call, newRequestID, Refusal, Unreachable } from "./api.js";
import { refresh } from "./regions.js";
import { announce, announceLater, announceWhatIsLeft } from "./toasts.js";

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
    form.querySelector(".consequence")?.replaceChildren();
    const button = form.querySelector("button[type=submit], button.primary");
    if (button?.dataset.label) {
        button.textContent = button.dataset.label;
        button.classList.toggle("danger", button.dataset.danger === "true");
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
    if ("preview" in form.dataset && !form.dataset.confirmed) {
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
        for (const session of (effect.sessions ?? []).slice(0, 5)) {
            list.append(element("li", { textContent: `${session.client ?? session.peer} (${session.listener ?? ""})` }));
        }
        inside.append(list);
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
    const said = form.dataset.done;
    form.dispatchEvent(new CustomEvent("console:done", { detail: answer, bubbles: true }));
    if ("keepsOpen" in form.dataset) return;
    form.closest("dialog")?.close();
    if (form.dataset.shows && answer[form.dataset.shows]) return reveal(answer[form.dataset.shows], form);
    if (form.dataset.leads) {
        if (said) announceLater(said);
        return location.assign(form.dataset.leads);
    }
    await refresh();
    if (said) announce(said);
    form.reset();
    reset(form);
}

/** Shows what is answered only once, until the person has stored it. */
function reveal(secret, form) {
    const dialog = document.getElementById("secret");
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
    if (error.code === "ConfirmationRequired") {
        show({ needsConfirmation: error.data?.reasons ?? [error.message] }, form,
            form.querySelector("button[type=submit]"));
        return;
    }
    failure?.append(error.message);
    for (const fault of (error.data?.errors ?? []).slice(0, 20)) {
        const line = fault.line ? `Line ${fault.line}: ${fault.message}` : fault.message;
        failure?.append(element("div", { textContent: `${line}${fault.text ? ` – ${fault.text}` : ""}` }));
    }
    form.dispatchEvent(new CustomEvent("console:failed", { detail: error, bubbles: true }));
}

/** What a form's fields say, as JSON: by their names, `data-type`, and `data-empty="null"`. */
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
        default: return text;
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
