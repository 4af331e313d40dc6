// What has happened, said in a corner for a while, and to screen readers.

/**
 * Says what has happened.
 *
 * @param action a button beside it: `{ label, run }`
 */
export function announce(text, action) {
    const place = document.getElementById("toasts");
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.append(text);
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
    setTimeout(() => toast.remove(), action ? 15_000 : 4_000);
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
