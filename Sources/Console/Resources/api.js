// Calls of the gateway's API, as any program makes them.

/** What the gateway has answered, if it is not what was asked for. */
export class Refusal extends Error {
    constructor(status, answer) {
        super(answer.message ?? `The gateway answered ${status}.`);
        this.status = status;
        this.code = answer.code;
        this.data = answer.data;
    }
}

/** The gateway did not answer: it may or may not have done what was asked for. */
export class Unreachable extends Error {
    constructor() {
        super("The gateway cannot be reached. Nothing is lost: try again, and it is done once.");
    }
}

/** By which the gateway recognizes that a request is sent once more. */
export function newRequestID() {
    if (crypto.randomUUID) return crypto.randomUUID();
    // Only pages of secure origins have it.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * Makes a call.
 *
 * @returns the answer's data
 * @throws Refusal, Unreachable
 */
export async function call(method, path, { body, query = {}, requestID, signal } = {}) {
    const url = new URL(path, location.origin);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const headers = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET") headers.RequestId = requestID ?? newRequestID();
    let response;
    let answer;
    try {
        response = await fetch(url, {
            method, headers, signal, cache: "no-store", redirect: "error",
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        answer = await response.json();
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Unreachable();
    }
    if (response.status === 202) {
        // The same request is being answered: wait for its answer.
        await new Promise((resolve) => setTimeout(resolve, 500));
        return call(method, path, { body, query, requestID, signal });
    }
    if (!answer.success) {
        if (response.status === 401 && !path.startsWith("/v1/login")) signInAgain();
        throw new Refusal(response.status, answer);
    }
    return answer.data;
}

/** Leads to the page to sign in, and back here. */
export function signInAgain() {
    const here = location.pathname + location.search;
    location.assign(`/console/sign-in?return=${encodeURIComponent(here)}`);
}
