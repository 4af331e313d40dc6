// What the gateway pushes: pages say what they show by `<main data-events="status,denials">`, and are
// rendered again when it changes. A lost connection is a thin bar, not a blank page. While the page is
// hidden there is no connection: browsers allow few to one host, and nobody looks.
import { signInAgain } from "./api.js";
import { refresh } from "./regions.js";

/** Not more often than this, however much happens. In milliseconds. */
const pace = 1_500;
/** The same for what changes all the time: counters, and the bytes of sessions. In milliseconds. */
const slowPace = 5_000;
const slow = new Set(["status", "sessions"]);

export function watchEvents() {
    const main = document.querySelector("main[data-events]");
    if (!main) {
        // Nothing is pushed to this page: whether the login has ended is seen when it is looked at again.
        const look = () => document.hidden || refresh({ asked: false });
        document.addEventListener("visibilitychange", look);
        addEventListener("pageshow", (event) => event.persisted && look());
        return;
    }
    const types = main.dataset.events.split(",");
    const query = new URLSearchParams({ types: main.dataset.events });
    if (main.dataset.warehouse) query.set("warehouse", main.dataset.warehouse);
    let source;
    let retry;
    let due;
    let refreshed = performance.now();

    const renew = () => {
        due = undefined;
        refreshed = performance.now();
        // Behind a dialog nothing changes: it would take away what its form is about.
        if (document.querySelector("dialog[open]")) return soon(pace);
        refresh({ asked: false });
    };
    const soon = (wait) => {
        const at = Math.max(performance.now(), refreshed + wait);
        if (due?.at <= at) return;
        clearTimeout(due?.timer);
        due = { at, timer: setTimeout(renew, at - performance.now()) };
    };

    const connect = () => {
        close();
        if (document.hidden) return;
        source = new EventSource(`/v1/events?${query}`);
        const current = source;
        const seen = new Set();
        for (const type of types) {
            source.addEventListener(type, (event) => {
                document.dispatchEvent(
                    new CustomEvent(`console:${type}`, { detail: JSON.parse(event.data) }));
                // The first of these is how it is now, which the page shows already.
                const isNews = seen.has(type) || type === "changes" || type === "denials";
                seen.add(type);
                if (isNews) soon(slow.has(type) ? slowPace : pace);
            });
        }
        source.addEventListener("open", () => {
            if (say("")) soon(0);
        });
        source.addEventListener("end", (event) => {
            current.close();
            const { reason } = JSON.parse(event.data);
            if (/login|account|key/.test(reason)) return signInAgain();
            say("The gateway is stopping. Connecting again… Until then, this page shows what it last knew.");
            again(2_000);
        });
        source.addEventListener("error", () => {
            say("The connection to the gateway is lost. Connecting again… Until then, this page shows what it last knew.");
            if (current.readyState !== EventSource.CLOSED) return;
            // It was answered, but not with events. If the login has ended, this leads to the sign-in.
            refresh({ asked: false });
            again(3_000);
        });
    };
    const again = (wait) => {
        clearTimeout(retry);
        retry = setTimeout(connect, wait);
    };
    const close = () => {
        clearTimeout(retry);
        source?.close();
        source = undefined;
    };

    connect();
    addEventListener("pagehide", close);
    addEventListener("pageshow", (event) => {
        if (event.persisted) {
            connect();
            soon(0);
        }
    });
    document.addEventListener("visibilitychange", () => {
        if (document.hidden) {
            close();
            clearTimeout(due?.timer);
            due = undefined;
        } else {
            connect();
            soon(0);
        }
    });
}

/** @returns whether the bar was shown before. */
function say(text) {
    const bar = document.getElementById("connection");
    const wasShown = bar.textContent !== "";
    if (bar.textContent !== text) bar.textContent = text;
    return wasShown;
}
