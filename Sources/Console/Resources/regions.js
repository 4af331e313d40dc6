// Parts of a page that are rendered again: `<section data-region id="ID">`.

let running;

/** Renders all regions again as the gateway has them now. Waits for one that is under way. */
export function refresh() {
    running = (running ?? Promise.resolve()).then(load).catch(() => {});
    return running;
}

async function load() {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const region of document.querySelectorAll("[data-region]")) {
        const next = page.getElementById(region.id);
        if (next && next.innerHTML !== region.innerHTML) replace(region, next);
    }
}

/** Puts in what is new, without moving what the pointer is over or taking the focus away. */
function replace(region, next) {
    const known = new Map(keyed(region).map((row) => [row.dataset.key, row.outerHTML]));
    const focused = region.contains(document.activeElement) ? path(document.activeElement) : undefined;
    if (region.matches("[data-live]:hover") || region.querySelector("[data-live]:hover")) {
        // Its turn comes when the pointer has left.
        region.addEventListener("pointerleave", () => refresh(), { once: true });
        return;
    }
    region.replaceChildren(...next.childNodes);
    for (const row of keyed(region)) {
        const before = known.get(row.dataset.key);
        if (known.size && before !== row.outerHTML) row.classList.add("changed");
    }
    if (focused) document.querySelector(focused)?.focus();
    region.dispatchEvent(new CustomEvent("console:refreshed", { bubbles: true }));
}

function keyed(region) {
    return Array.from(region.querySelectorAll("[data-key]"));
}

/** How to find an element again. */
function path(element) {
    if (element.id) return `#${CSS.escape(element.id)}`;
    const row = element.closest("[data-key]");
    const label = element.getAttribute("aria-label") ?? "";
    if (!row) return label ? `[aria-label="${CSS.escape(label)}"]` : undefined;
    return `[data-key="${CSS.escape(row.dataset.key)}"] [aria-label="${CSS.escape(label)}"]`;
}
