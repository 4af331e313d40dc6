// The opposite of a change to a whitelist's entry.
import { call, Refusal, Unreachable } from "./api.js";
import { refresh } from "./regions.js";
import { announce } from "./toasts.js";

/**
 * What undoes a change.
 *
 * @param changes of entries, as `{ method, path, listPath, service, entry }`: the call that was made, and
 *     the entry that it answered
 */
export function undo(changes) {
    return {
        label: "Undo",
        run: async () => {
            const failures = [];
            for (const change of changes) {
                try {
                    await revert(change);
                } catch (error) {
                    if (!(error instanceof Refusal || error instanceof Unreachable)) throw error;
                    failures.push(`${change.entry.cidr}: ${error.message}`);
                }
            }
            await refresh();
            announce(failures.length ? `Not undone: ${failures.join("; ")}` : "Undone");
        },
    };
}

/** As it was before: the person was asked when it was changed. */
function revert({ method, path, listPath, service, entry }) {
    const query = { confirm: "true" };
    if (method === "PATCH") return call("PATCH", path, { body: { enabled: !entry.enabled }, query });
    const { cidr, action, enabled } = entry;
    const body = { cidr, action, enabled };
    for (const key of ["description", "expiresAt"]) if (entry[key]) body[key] = entry[key];
    if (service) body.service = service;
    return call("POST", listPath, { body, query });
}
