// What the gateway pushes: pages say what they show by `<main data-events="status,denials">`, and are
// rendered again when it changes. A lost connection is a thin bar, not a blank page.
import { signInAgain } from "./api.js";
import { refresh } from "./regions.js";

/** Not more often than this, however much happens. In milliseconds. */
const pace = 1_500;

export function watchEvents() {
    const main = document.querySelector("main[data-events]");
    if (!main) return;
    const query = new URLSearchParams({ types: main.dataset.events });
    if (main.dataset.warehouse) query.set("warehouse", main.dataset.warehouse);
    let due;
    const changed = () => {
        due ??= setTimeout(() => {
            due = undefined;
            if (!document.hidden && !document.querySelector("dialog[open]")) refresh();
        }, pace);
    };
    let source;
    const connect = () => {
        source = new EventSource(`/v1/events?${query}`);
        let isFirst = true;
        for (const type of main.dataset.events.split(",")) {
            source.addEventListener(type, (event) => {
                document.dispatchEvent(new CustomEvent(`console:${type}`, { detail: JSON.parse(event.data) }));
                if (!isFirst || type === "changes" || type === "denials") changed();
                isFirst = false;
            });
        }
        source.addEventListener("open", () => {
            if (say("")) refresh();
        });
        source.addEventListener("end", (event) => {
            source.close();
            const { reason } = JSON.parse(event.data);
            if (/login|account|key/.test(reason)) return signInAgain();
            say("The gateway is stopping. Connecting again…");
            setTimeout(connect, 2_000);
        });
        source.addEventListener("error", () => {
            say("The connection to the gateway is lost. Connecting again…");
            if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3_000);
        });
    };
    connect();
    addEventListener("pagehide", () => source.close());
    addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) changed(); });
}

/** @returns whether the bar was shown before. */
function say(text) {
    const bar = document.getElementById("connection");
    const wasShown = !bar.hidden;
    bar.textContent = text;
    bar.hidden = text === "";
    return wasShown;
}
