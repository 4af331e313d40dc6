// Dialogs: `<button data-opens="ID">` opens `<dialog id="ID">`. The button's `data-set-NAME` fill the
// fields and the texts (`data-text="NAME"`) of the dialog.

export function watchDialogs() {
    // A secret is shown once: it stays until somebody says that it is stored.
    document.getElementById("secret")?.addEventListener("keydown", (event) => {
        if (event.key === "Escape") event.preventDefault();
    });
    document.getElementById("secret")?.addEventListener("cancel", (event) => event.preventDefault());
    document.addEventListener("click", (event) => {
        const opener = event.target.closest("[data-opens]");
        if (opener) open(document.getElementById(opener.dataset.opens), opener);
        const filler = event.target.closest("[data-fills]");
        if (filler) put(document.getElementById(filler.dataset.fills), filler.dataset.value);
        const ends = event.target.closest("[data-ends-in]");
        if (ends) {
            const moment = new Date(Date.now() + Number(ends.dataset.endsIn) * 3_600_000);
            put(ends.closest(".field").querySelector("input"), localTime(moment.toISOString()));
        }
        if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    });
    // A press beside a dialog closes it, unless something was typed.
    document.addEventListener("pointerdown", (event) => {
        if (event.target instanceof HTMLDialogElement && event.target.open
            && !event.target.querySelector("form")?.dataset.touched
            && !event.target.matches("[data-must-decide]")) event.target.close();
    });
    document.addEventListener("input", (event) => {
        const form = event.target.closest("dialog form");
        if (form) form.dataset.touched = "true";
    });
}

/** As if it had been typed. */
function put(field, value) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
}

export function open(dialog, opener) {
    const form = dialog.querySelector("form");
    if (form) {
        form.reset();
        delete form.dataset.touched;
        form.dispatchEvent(new CustomEvent("console:open"));
        fill(dialog, form, opener?.dataset ?? {});
    }
    dialog.showModal();
    remember(dialog, opener ?? document.activeElement);
    const first = dialog.querySelector("[autofocus]")
        ?? dialog.querySelector("input:not([type=hidden], [hidden], [type=radio]:not(:checked)),"
            + " select, textarea")
        ?? dialog.querySelector(".primary:not(.danger)") ?? dialog.querySelector("[data-closes]");
    first?.focus();
}

/** Where the focus was, and which row it was in, should that be gone when the dialog closes. */
function remember(dialog, opener) {
    const row = opener.closest("tr");
    const body = row?.parentElement;
    const index = row ? Array.from(body.rows).indexOf(row) : 0;
    dialog.returnFocus = () => {
        const next = opener.isConnected
            ? opener
            : body?.isConnected
                ? body.rows[Math.min(index, body.rows.length - 1)]?.querySelector("button, a")
                : undefined;
        (next ?? document.getElementById("main")).focus();
    };
}

function fill(dialog, form, data) {
    for (const [key, value] of Object.entries(data)) {
        if (!key.startsWith("set")) continue;
        const name = key[3].toLowerCase() + key.slice(4);
        if (name === "path" || name === "listPath" || name === "service") form.dataset[name] = value;
        for (const text of dialog.querySelectorAll(`[data-text="${CSS.escape(name)}"]`)) {
            text.textContent = value;
        }
        const field = form.elements.namedItem(name);
        if (!field) continue;
        if (field instanceof RadioNodeList) field.value = value;
        else if (field.type === "checkbox") field.checked = value === "true";
        else if (field.type === "datetime-local") field.value = localTime(value);
        else field.value = value;
    }
}

/** A moment as such a field wants it: in the browser's own time zone. */
export function localTime(text) {
    if (!text) return "";
    const moment = new Date(text);
    return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000)
        .toISOString().slice(0, 16);
}
