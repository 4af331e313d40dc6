// Buttons that copy a value: `<button data-copy="…">`, or `data-copy-from="ID"` of an element.
import { announce } from "./toasts.js";

export function watchCopies() {
    document.addEventListener("click", async (event) => {
        const button = event.target.closest("[data-copy], [data-copy-from]");
        if (!button) return;
        const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
        await write(source ? source.textContent : button.dataset.copy);
        const before = button.dataset.label ?? button.getAttribute("aria-label") ?? "";
        button.dataset.label = before;
        button.classList.add("done");
        announce("Copied");
    });
}

async function write(text) {
    try {
        await navigator.clipboard.writeText(text);
    } catch {
        // Only pages of secure origins have a clipboard.
        const area = document.createElement("textarea");
        area.value = text;
        area.className = "visually-hidden";
        (document.querySelector("dialog[open]") ?? document.body).append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
    }
}
