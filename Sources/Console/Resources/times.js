// Moments (`<time datetime="…">`) in the browser's own time zone, and as short as they can be. The
// whole of it, in UTC too, is shown by the pointer.

export function watchTimes() {
    localize(document);
}

export function localize(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
        const moment = new Date(time.dateTime);
        if (Number.isNaN(moment.getTime())) continue;
        time.title = `${moment.toLocaleString()} (${time.dateTime})`;
        time.textContent = short(moment);
    }
}

function short(moment, now = new Date()) {
    const clock = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
    const day = (date) => date.toDateString();
    const after = (count) => day(new Date(now.getFullYear(), now.getMonth(), now.getDate() + count));
    if (day(moment) === after(0)) return `Today ${clock}`;
    if (day(moment) === after(-1)) return `Yesterday ${clock}`;
    if (day(moment) === after(1)) return `Tomorrow ${clock}`;
    const options = { month: "short", day: "numeric" };
    if (moment.getFullYear() !== now.getFullYear()) options.year = "numeric";
    return `${moment.toLocaleDateString("en-US", options)}, ${clock}`;
}
