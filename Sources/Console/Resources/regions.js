// Parts of a page that are rendered again: `<section data-region id="ID">`.
//
// What has not changed stays the same element: selection, focus, what is unfolded and where one has
// scrolled to are kept. Rows (`data-key`) that have changed are marked. While the pointer or the focus
// is on rows, they change in place, and those that come, go or move wait until it has left.
import { signInAgain } from "./api.js";
import { prepare } from "./tables.js";
import { localize } from "./times.js";

let running;

/**
 * Renders all regions again as the gateway has them now. Waits for one that is under way.
 *
 * @param asked by the person, so that nothing has to wait
 */
export function refresh({ asked = true } = {}) {
    running = (running ?? Promise.resolve()).then(() => load(asked)).catch(() => {});
    return running;
}

async function load(asked) {
    const address = location.href;
    const headers = { Accept: "text/html" };
    // What nobody has asked for does not keep a login alive.
    if (!asked) headers["X-Unattended"] = "true";
    const response = await fetch(address, { headers, cache: "no-store" });
    // The login has ended.
    if (response.redirected && new URL(response.url).pathname === "/console/sign-in") return signInAgain();
    if (!response.ok || response.redirected || address !== location.href) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    localize(page);
    for (const region of document.querySelectorAll("[data-region]")) {
        const next = page.getElementById(region.id);
        if (!next) continue;
        prepare(next);
        replace(region, next, asked);
    }
}

function replace(region, next, asked) {
    if (!asked && isBusy(region) && orderOf(region) !== orderOf(next)) {
        settle(region, next);
        if (region.dataset.waits) return;
        region.dataset.waits = "true";
        const catchUp = () => {
            if (!region.dataset.waits || isBusy(region)) return;
            delete region.dataset.waits;
            refresh({ asked: false });
        };
        region.addEventListener("pointerleave", catchUp, { once: true });
        region.addEventListener("focusout", () => setTimeout(catchUp), { once: true });
        return;
    }
    delete region.dataset.waits;
    const isFirst = !region.querySelector("[data-key]");
    children(region, next, isFirst ? undefined : mark);
    region.dispatchEvent(new CustomEvent("console:refreshed", { bubbles: true }));
}

/** Whether moving rows would move what somebody is about to press. */
function isBusy(region) {
    return region.querySelector("tr[data-key]:hover, tr[data-key]:focus-within") !== null;
}

function orderOf(region) {
    return Array.from(region.querySelectorAll("[data-key]"), (row) => row.dataset.key).join("\n");
}

/** Changes the rows that stay, and only those. */
function settle(region, next) {
    const rows = new Map(Array.from(next.querySelectorAll("[data-key]"), (row) => [row.dataset.key, row]));
    for (const row of region.querySelectorAll("[data-key]")) {
        const now = rows.get(row.dataset.key);
        row.classList.toggle("gone", !now);
        if (now) element(row, now, mark);
    }
}

function mark(row) {
    row.classList.add("changed");
    setTimeout(() => row.classList.remove("changed"), 2_000);
}

/** What a row says, but for its numbers, which change all the time. */
function said(row) {
    return Array.from(row.children).filter((cell) => !cell.matches(".number"))
        .map((cell) => cell.textContent).join("\n");
}

function children(parent, nextParent, marks) {
    const known = new Map();
    for (const child of parent.children) {
        if (child.dataset.key !== undefined) known.set(child.dataset.key, child);
    }
    let place = parent.firstChild;
    for (const next of Array.from(nextParent.childNodes)) {
        const key = next.dataset?.key;
        const match = key === undefined ? (place?.dataset?.key === undefined ? place : undefined) : known.get(key);
        if (!match || match.nodeName !== next.nodeName || match.id !== next.id) {
            parent.insertBefore(next, place);
            if (key !== undefined) marks?.(next);
            continue;
        }
        known.delete(key);
        if (match === place) place = place.nextSibling;
        else parent.insertBefore(match, place);
        if (match.nodeType === Node.ELEMENT_NODE) element(match, next, marks);
        else if (match.data !== next.data) match.data = next.data;
    }
    while (place) {
        const gone = place;
        place = place.nextSibling;
        gone.remove();
    }
}

function element(old, next, marks) {
    if (old.isEqualNode(next)) return;
    const before = old.dataset?.key === undefined ? undefined : said(old);
    for (const { name } of Array.from(old.attributes)) {
        // What the person has unfolded stays so.
        if (!next.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) {
        if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    children(old, next, marks);
    if (before !== undefined && before !== said(old)) marks?.(old);
}
