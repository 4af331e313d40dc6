// Loads a file by Node, and prints one line of JSON: what a user of it sees.
//
//     node load.mjs MODE URL FILE [NAME:VALUE]...
//
// MODE: buffer, blob or stream, by fetch; request, by node:http, which waits for 100 Continue. User and
// password are in the environment (LOAD_USER, LOAD_PASSWORD).
import { createReadStream, readFileSync, statSync } from "node:fs";
import http from "node:http";
import { Readable } from "node:stream";

const [mode, url, path, ...fields] = process.argv.slice(2);
const credentials = `${process.env.LOAD_USER}:${process.env.LOAD_PASSWORD}`;
const headers = { Authorization: "Basic " + Buffer.from(credentials).toString("base64") };
for (const field of fields) {
    const colon = field.indexOf(":");
    headers[field.slice(0, colon)] = field.slice(colon + 1);
}

async function byFetch() {
    const body = {
        buffer: () => readFileSync(path),
        blob: () => new Blob([readFileSync(path)]),
        stream: () => Readable.toWeb(createReadStream(path)),
    }[mode]();
    // fetch refuses to send Expect.
    delete headers.Expect;
    const answer = await fetch(url, { method: "PUT", headers, body, duplex: "half" });
    return { status: answer.status, body: await answer.text(), redirects: Number(answer.redirected) };
}

function byRequest() {
    return new Promise((resolve, reject) => {
        headers["Content-Length"] = statSync(path).size;
        const request = http.request(url, { method: "PUT", headers }, (answer) => {
            let body = "";
            answer.setEncoding("utf8");
            answer.on("data", (piece) => { body += piece; });
            answer.on("end", () => resolve({ status: answer.statusCode, body, redirects: 0 }));
            answer.on("error", reject);
        });
        request.on("error", reject);
        const send = () => createReadStream(path).pipe(request);
        if (headers.Expect) {
            request.on("continue", send);
            request.flushHeaders();
        } else {
            send();
        }
    });
}

let result;
try {
    result = await (mode === "request" ? byRequest() : byFetch());
} catch (error) {
    const cause = error.cause ? `: ${error.cause.code ?? ""} ${error.cause.message}` : "";
    result = { error: `${error.name}: ${error.code ?? ""} ${error.message}${cause}` };
}
console.log(JSON.stringify(result));
process.exit(0);
