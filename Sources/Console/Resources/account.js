// One's own account: signing out, and setting up one-time codes.
import { call } from "./api.js";
import { open } from "./dialogs.js";

export function watchAccount() {
    document.addEventListener("click", async (event) => {
        if (!event.target.closest("[data-signs-out]")) return;
        // Whatever is answered: the page to sign in says how it is.
        await call("POST", "/v1/logout").catch(() => {});
        location.assign("/console/sign-in");
    });
    document.addEventListener("console:done", (event) => {
        if (!("offers" in event.target.dataset)) return;
        event.target.closest("dialog").close();
        document.getElementById("factor-secret").textContent = event.detail.secret;
        const place = document.getElementById("factor-code");
        place.replaceChildren();
        if (event.detail.qrCode) place.append(picture(event.detail.qrCode));
        open(document.getElementById("confirm-factor"));
    });
}

/** In modules, as the standard wants it (ISO/IEC 18004, 9.1). */
const quietZone = 4;
const namespace = "http://www.w3.org/2000/svg";

/** A QR code: one text for each row, `1` being a dark module. */
function picture(rows) {
    const size = rows.length + 2 * quietZone;
    const svg = make("svg", { viewBox: `0 0 ${size} ${size}`, role: "img" });
    svg.setAttribute("aria-label", "The secret as a QR code, for an authenticator app");
    svg.append(make("rect", { width: size, height: size, fill: "#fff" }));
    let path = "";
    rows.forEach((row, y) => {
        for (const run of row.matchAll(/1+/g)) {
            path += `M${run.index + quietZone} ${y + quietZone}h${run[0].length}v1h-${run[0].length}z`;
        }
    });
    svg.append(make("path", { d: path, fill: "#000", "shape-rendering": "crispEdges" }));
    return svg;
}

function make(name, attributes) {
    const element = document.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
}
