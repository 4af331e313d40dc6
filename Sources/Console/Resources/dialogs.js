// Dialogs: `<button data-opens="ID">` opens `<dialog id="ID">`. The button's `data-set-NAME` fill the
// fields and the texts (`data-text="NAME"`) of the dialog.

export function watchDialogs() {
    document.addEventListener("click", (event) => {
        const opener = event.target.closest("[data-opens]");
        if (opener) open(document.getElementById(opener.dataset.opens), opener);
        const filler = event.target.closest("[data-fills]");
        if (filler) document.getElementById(filler.dataset.fills).value = filler.dataset.value;
        if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    });
    // A press beside a dialog closes it, unless something was typed.
    document.addEventListener("pointerdown", (event) => {
        if (event.target instanceof HTMLDialogElement && event.target.open
            && !event.target.querySelector("form")?.dataset.touched) event.target.close();
    });
    document.addEventListener("input", (event) => {
        const form = event.target.closest("dialog form");
        if (form) form.dataset.touched = "true";
    });
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
    const first = dialog.querySelector("[autofocus]")
        ?? dialog.querySelector("input:not([type=hidden]), select, textarea, button.primary");
    first?.focus();
}

function fill(dialog, form, data) {
    for (const [key, value] of Object.entries(data)) {
        if (!key.startsWith("set")) continue;
        const name = key[3].toLowerCase() + key.slice(4);
        if (name === "path") form.dataset.path = value;
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
