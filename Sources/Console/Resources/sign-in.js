// Signing in: by name and password, by a one-time code if the account has one, or by a key.
import { call, Refusal, Unreachable } from "./api.js";

const form = document.getElementById("password-form");
const keyForm = document.getElementById("key-form");

form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const { name, password, code } = form.elements;
    const body = { name: name.value, password: password.value };
    if (code.value.trim()) body.code = code.value.trim();
    send(form, body);
});

keyForm?.addEventListener("submit", (event) => {
    event.preventDefault();
    send(keyForm, { key: keyForm.elements.key.value.trim() });
});

// Whoever has followed a link of another site may be signed in: no cookie was sent with that.
// With a key in the link, it is for them to decide.
if (form && "fromElsewhere" in form.dataset && !location.hash) {
    const leads = form.dataset.leads;
    fetch("/v1/me", { cache: "no-store" }).then(({ ok }) => ok && location.replace(leads), () => {});
}

// A link may bring a key, behind the #, which is never sent to a server. It is used at once only on this
// machine, and if no page has led here, as with the address that the demo prints: otherwise somebody else
// could sign people in as themselves.
const linked = new URLSearchParams(location.hash.slice(1)).get("key");
if (linked && keyForm) {
    history.replaceState(null, "", location.pathname + location.search);
    keyForm.closest("details").open = true;
    keyForm.elements.key.value = linked;
    const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);
    if (isLocal && "openedByHand" in keyForm.dataset) send(keyForm, { key: linked });
    else keyForm.elements.key.focus();
}

async function send(form, body) {
    const failure = form.querySelector(".failure");
    const button = form.querySelector("button[type=submit]");
    failure.textContent = "";
    button.disabled = true;
    try {
        await call("POST", body.key ? "/v1/login/key" : "/v1/login", { body });
        location.assign(form.dataset.leads);
    } catch (error) {
        if (!(error instanceof Refusal || error instanceof Unreachable)) throw error;
        const asksForCode = error.code === "Unauthorized.CodeRequired";
        if (asksForCode) {
            const field = document.getElementById("code-field");
            field.hidden = false;
            form.elements.code.focus();
        }
        failure.textContent = asksForCode && !body.code ? "" : error.message;
    } finally {
        button.disabled = false;
    }
}
