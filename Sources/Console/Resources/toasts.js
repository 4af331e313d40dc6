// What has happened, said in a corner for a while, and to screen readers.

/** Longer if there is something to press. In milliseconds. */
const shown = 4_000;
const shownWithAction = 15_000;

/**
 * Says what has happened.
 *
 * @param action a button beside it: `{ label, run }`
 */
export function announce(text, action) {
    const place = document.getElementById("toasts");
    const toast = document.createElement("div");
    toast.className = "toast";
    const words = document.createElement("span");
    words.textContent = text;
    toast.append(words);
    if (action) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = action.label;
        button.addEventListener("click", () => {
            toast.remove();
            action.run();
        });
        toast.append(button);
    }
    place.append(toast);
    while (place.childElementCount > 3) place.firstElementChild.remove();
    removeLater(toast, action ? shownWithAction : shown);
}

/** Not while the pointer or the focus is on it. */
function removeLater(toast, wait) {
    setTimeout(() => {
        if (toast.matches(":hover, :focus-within")) removeLater(toast, 2_000);
        else toast.remove();
    }, wait);
}

/** Says something to screen readers only: it is seen elsewhere. */
export function tell(text) {
    const place = document.getElementById("said");
    place.textContent = "";
    setTimeout(() => { place.textContent = text; }, 50);
}

/** Says it after the next page has been loaded. */
export function announceLater(text) {
    try {
        sessionStorage.setItem("announcement", text);
    } catch {
        // Without storage it is not said.
    }
}

export function announceWhatIsLeft() {
    try {
        const text = sessionStorage.getItem("announcement");
        sessionStorage.removeItem("announcement");
        if (text) announce(text);
    } catch {
        // See above.
    }
}
