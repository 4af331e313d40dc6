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
        document.getElementById("factor-code").innerHTML = event.detail.qrCode ?? "";
        open(document.getElementById("confirm-factor"));
    });
}
