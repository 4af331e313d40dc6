// Tables: filters act as one types, and stand in the page's address; several rows can be selected.
import { refresh } from "./regions.js";

export function watchTables() {
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
        if (event.target.matches("[data-selects-all]")) {
            const boxes = event.target.closest("table").querySelectorAll("tbody input[type=checkbox]");
            for (const box of boxes) box.checked = event.target.checked;
        }
        if (event.target.matches("select[data-goes]")) location.assign(event.target.value);
    });
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
