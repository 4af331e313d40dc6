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
