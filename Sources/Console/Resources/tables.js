// Tables: filters act as one types, and stand in the page's address. A table that has all of its rows
// (`data-sortable`) can be sorted by the columns that have `data-sort`; the order is in the address too.
import { refresh } from "./regions.js";

export function watchTables() {
    prepare(document);
    watchScrolling();
    let due;
    document.addEventListener("input", (event) => {
        const form = event.target.closest("form[data-filter]");
        if (!form) return;
        clearTimeout(due);
        due = setTimeout(() => filter(form), 250);
    });
    document.addEventListener("submit", (event) => {
        const form = event.target.closest("form[data-filter]");
        if (!form) return;
        event.preventDefault();
        clearTimeout(due);
        filter(form);
    });
    document.addEventListener("change", (event) => {
        if (event.target.matches("select[data-goes]")) location.assign(event.target.value);
    });
    document.addEventListener("click", (event) => {
        const button = event.target.closest("thead button[data-sorts]");
        if (button) sortBy(button);
    });
}

/** A table that is wider than its place can be scrolled by keyboard, and is no stop of it otherwise. */
function watchScrolling() {
    const measure = () => {
        for (const place of document.querySelectorAll(".table-wrap:not(.short)")) {
            if (place.scrollWidth > place.clientWidth) place.tabIndex = 0;
            else place.removeAttribute("tabindex");
        }
    };
    measure();
    addEventListener("resize", measure);
    document.addEventListener("console:refreshed", measure);
}

function filter(form) {
    const url = new URL(location.href);
    for (const field of form.elements) {
        if (!field.name) continue;
        if (field.value) url.searchParams.set(field.name, field.value);
        else url.searchParams.delete(field.name);
    }
    url.searchParams.delete("page");
    history.replaceState(null, "", url);
    refresh();
}

function sortBy(button) {
    const url = new URL(location.href);
    const name = button.dataset.sorts;
    const isSame = url.searchParams.get("sort") === name;
    url.searchParams.set("sort", name);
    url.searchParams.set("order", isSame && url.searchParams.get("order") !== "down" ? "down" : "up");
    history.replaceState(null, "", url);
    prepare(document);
}

/** Makes heads of columns buttons, and sorts as the address says. */
export function prepare(root) {
    const query = new URLSearchParams(location.search);
    for (const table of root.querySelectorAll("table[data-sortable]")) {
        for (const head of table.tHead.querySelectorAll("th[data-sort]")) {
            const isSorted = head.dataset.sort === query.get("sort");
            const isDown = query.get("order") === "down";
            if (isSorted) head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
            else head.removeAttribute("aria-sort");
            if (!head.querySelector("button")) {
                const button = head.ownerDocument.createElement("button");
                button.type = "button";
                button.dataset.sorts = head.dataset.sort;
                button.append(...head.childNodes);
                head.append(button);
            }
            if (isSorted) sort(table, head.cellIndex, isDown);
        }
    }
}

function sort(table, column, isDown) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const keys = new Map(rows.map((row) => {
        const cell = row.cells[column];
        const text = cell.dataset.value ?? cell.querySelector("time")?.dateTime ?? cell.textContent.trim();
        return [row, text];
    }));
    const isNumeric = rows.every((row) => /^-?[\d,.]*$/.test(keys.get(row)));
    const number = (row) => Number(keys.get(row).replaceAll(",", ""));
    const inOrder = rows.toSorted((a, b) => isNumeric
        ? number(a) - number(b)
        : keys.get(a).localeCompare(keys.get(b), "en", { numeric: true }));
    if (isDown) inOrder.reverse();
    if (inOrder.some((row, index) => row !== rows[index])) body.append(...inOrder);
}
