// Buttons that copy a value: `<button data-copy="…">`, or `data-copy-from="ID"` of an element.
import { tell } from "./toasts.js";

export function watchCopies() {
    document.addEventListener("click", async (event) => {
        const button = event.target.closest("[data-copy], [data-copy-from]");
        if (!button) return;
        const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
        const isDone = await write(source ? source.textContent : button.dataset.copy);
        say(button, isDone ? "Copied" : "Select it, and copy it with the keyboard");
    });
}

/** Beside the button, and to screen readers. */
function say(button, text) {
    button.querySelector(".copied")?.remove();
    const bubble = document.createElement("span");
    bubble.className = "copied";
    bubble.ariaHidden = "true";
    bubble.textContent = text;
    // Where there is no room at its right, at its left.
    const { right } = button.getBoundingClientRect();
    const clip = button.closest(".table-wrap, dialog, .card")?.getBoundingClientRect().right ?? innerWidth;
    if (right + 80 > Math.min(clip, innerWidth)) bubble.classList.add("before");
    button.append(bubble);
    setTimeout(() => bubble.remove(), 1_600);
    tell(text);
}

/** @returns whether it is in the clipboard. */
async function write(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        // Only pages of secure origins have a clipboard.
        const before = document.activeElement;
        const area = document.createElement("textarea");
        area.value = text;
        area.className = "visually-hidden";
        area.ariaHidden = "true";
        (document.querySelector("dialog[open]") ?? document.body).append(area);
        area.select();
        const isDone = document.execCommand("copy");
        area.remove();
        before?.focus();
        return isDone;
    }
}
