// Keys: `/` goes to the search, `?` shows them all, `g` and a letter goes to a place.

export function watchKeys() {
    let isGoing = false;
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.target.closest("input, select, textarea, [contenteditable]")) return;
        if (document.querySelector("dialog[open]")) return;
        if (event.key === "/") {
            const field = document.querySelector("[data-search]");
            if (field) {
                event.preventDefault();
                field.focus();
                field.select?.();
            }
        } else if (event.key === "?") {
            document.getElementById("keys")?.showModal();
        } else if (event.key === "g") {
            isGoing = true;
            setTimeout(() => { isGoing = false; }, 1_500);
            return;
        } else if (isGoing) {
            const link = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
            if (link) location.assign(link.href);
        }
        isGoing = false;
    });
}
